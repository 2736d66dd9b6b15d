/** Every request, and what no client may do. */

export interface Record {
  readonly at: number;
  readonly ended: number;
  readonly method: string;
  /** Path and query as sent; for GraphQL a digest of the document and its variables. */
  readonly address: string;
  /** `actions/list-repo-secrets`, `graphql/query`, `graphql/createCommitOnBranch`, `archive`, `git`, ... */
  readonly operation: string;
  /** Who asked, by account; never the token. */
  readonly holder: string;
  readonly status: number;
  /** What was done to the answer on purpose. */
  readonly fault?: string;
  readonly isChange: boolean;
  readonly repository?: string;
}

export class Journal {
  records: Record[] = [];
  /** What a client did that it may never do, and where the server itself was not as described. */
  readonly violations: string[] = [];

  add(record: Record): void {
    this.records.push(record);
  }

  violation(text: string): void {
    if (this.violations.length < 200) this.violations.push(text);
  }

  /** Takes what was recorded so far, so that the next run starts with none. */
  take(): readonly Record[] {
    const taken = this.records;
    this.records = [];
    return taken;
  }
}

/** Requests by operation, most first. */
export function countByOperation(records: readonly Record[]): readonly (readonly [operation: string, count: number, unchanged: number])[] {
  const counts = new Map<string, [number, number]>();
  for (const { operation, status } of records) {
    const count = counts.get(operation) ?? [0, 0];
    count[0] += 1;
    if (status === 304) count[1] += 1;
    counts.set(operation, count);
  }
  return [...counts].map(([operation, [all, unchanged]]) => [operation, all, unchanged] as const).sort((left, right) => right[1] - left[1]);
}

/** Reads that were answered whole and asked again all the same. */
export function askedTwice(records: readonly Record[]): readonly string[] {
  const seen = new Set<string>();
  const twice: string[] = [];
  for (const { method, address, status, isChange, fault, holder } of records) {
    if (isChange || fault !== undefined || (status !== 200 && status !== 304 && status !== 302)) continue;
    const key = `${holder} ${method} ${address}`;
    if (seen.has(key)) twice.push(`${method} ${address}`);
    seen.add(key);
  }
  return twice;
}
