import type { Credential, Disposition, Finding, Inventory } from '../model/inventory.ts';
import type { Severity } from '../model/levels.ts';

/** What became of one credential since an earlier inventory. */
export interface CredentialChange {
  readonly state: 'new' | 'changed' | 'same';
  /** What it was, of that which differs; for `changed`. */
  readonly was?: { readonly level?: Severity; readonly score?: number; readonly disposition?: Disposition };
  /** Findings that came and went, by fingerprint. */
  readonly added: number;
  readonly removed: number;
  /** First day it is known of, `YYYY-MM-DD`: of the first commit that holds it, or of the first inventory that names it. */
  readonly opened?: string;
  /** Whole days from `opened` to the day of the report. */
  readonly daysOpen?: number;
}

export interface Comparison {
  /** What it was compared with: the file's name. Empty when only the days were worked out. */
  readonly name: string;
  /** `YYYY-MM-DD`, when it is known. */
  readonly date?: string;
  /** By id of today's credential. */
  readonly credentials: ReadonlyMap<string, CredentialChange>;
  /** Credentials of then that are gone. */
  readonly fixed: readonly Credential[];
  /** Findings of `fixed`, for their titles. */
  readonly fixedFindings: readonly Finding[];
  readonly findings: { readonly added: number; readonly removed: number };
}

/** An inventory of one day. */
export interface Dated {
  /** `YYYY-MM-DD`; absent when nobody says. */
  readonly date?: string;
  readonly inventory: Inventory;
}

/**
 * What is new, fixed and changed since `old`. A credential is the same when its id is, or the operator's fingerprint of its value, or when one of its findings has
 * the fingerprint of a finding of then: ids follow the first place, which may have gone. Pure.
 *
 * @param today `YYYY-MM-DD`
 * @param earlier further inventories that only tell since when a finding is known
 */
export function compareInventories(now: Inventory, old: Dated & { readonly name: string }, today: string, earlier: readonly Dated[] = []): Comparison {
  const before = indexOf(old.inventory);
  const openedBy = firstSeen([old, ...earlier]);
  const prints = new Map(now.findings.map((finding) => [finding.id, finding]));
  const credentials = new Map<string, CredentialChange>();
  const matched = new Set<string>();
  for (const credential of now.credentials) {
    const findings = credential.findings.flatMap((id) => prints.get(id) ?? []);
    const was = before.find(credential, findings);
    if (was !== undefined) matched.add(was.id);
    credentials.set(credential.id, { ...changeOf(credential, findings, was, before), ...openedOf(findings, openedBy, today) });
  }
  const current = new Set(now.findings.map(({ fingerprint }) => fingerprint));
  const fixed = old.inventory.credentials.filter(({ id }) => !matched.has(id));
  const gone = new Set(fixed.map(({ id }) => id));
  return {
    name: old.name,
    ...(old.date === undefined ? {} : { date: old.date }),
    credentials,
    fixed,
    fixedFindings: old.inventory.findings.filter(({ credential }) => gone.has(credential)),
    findings: {
      added: now.findings.filter(({ fingerprint }) => !before.prints.has(fingerprint)).length,
      removed: old.inventory.findings.filter(({ fingerprint }) => !current.has(fingerprint)).length,
    },
  };
}

interface Index {
  readonly prints: ReadonlySet<string>;
  printsOf(credential: Credential): ReadonlySet<string>;
  find(credential: Credential, findings: readonly Finding[]): Credential | undefined;
}

function indexOf({ credentials, findings }: Inventory): Index {
  const byId = new Map(credentials.map((credential) => [credential.id, credential]));
  const byValue = new Map(credentials.flatMap((credential) => (credential.fingerprint === undefined ? [] : [[credential.fingerprint, credential] as const])));
  const byPrint = new Map<string, Credential>();
  const prints = new Map<string, Set<string>>();
  for (const { credential, fingerprint } of findings) {
    const owner = byId.get(credential);
    if (owner === undefined) continue;
    if (!byPrint.has(fingerprint)) byPrint.set(fingerprint, owner);
    const own = prints.get(credential) ?? new Set();
    prints.set(credential, own.add(fingerprint));
  }
  return {
    prints: new Set(findings.map(({ fingerprint }) => fingerprint)),
    printsOf: ({ id }) => prints.get(id) ?? new Set(),
    find(credential, own) {
      const known = byValue.get(credential.fingerprint ?? '') ?? byId.get(credential.id);
      if (known !== undefined && known.provider === credential.provider) return known;
      for (const { fingerprint } of own) {
        const owner = byPrint.get(fingerprint);
        if (owner !== undefined && owner.provider === credential.provider) return owner;
      }
      return undefined;
    },
  };
}

function changeOf(credential: Credential, findings: readonly Finding[], was: Credential | undefined, before: Index): CredentialChange {
  if (was === undefined) return { state: 'new', added: findings.length, removed: 0 };
  const own = new Set(findings.map(({ fingerprint }) => fingerprint));
  const old = before.printsOf(was);
  const added = [...own].filter((print) => !old.has(print)).length;
  const removed = [...old].filter((print) => !own.has(print)).length;
  const differs = {
    ...(was.risk.level === credential.risk.level ? {} : { level: was.risk.level }),
    ...(was.risk.score === credential.risk.score ? {} : { score: was.risk.score }),
    ...(was.disposition === credential.disposition ? {} : { disposition: was.disposition }),
  };
  // A key grows older every day; by itself that is no news.
  const isChanged = added > 0 || removed > 0 || differs.level !== undefined || differs.disposition !== undefined;
  return { state: isChanged ? 'changed' : 'same', ...(isChanged ? { was: differs } : {}), added, removed };
}

/** The first day on which each fingerprint was in an inventory. */
function firstSeen(dated: readonly Dated[]): ReadonlyMap<string, string> {
  const first = new Map<string, string>();
  for (const { date, inventory } of dated) {
    if (date === undefined) continue;
    for (const { fingerprint } of inventory.findings) {
      const known = first.get(fingerprint);
      if (known === undefined || date < known) first.set(fingerprint, date);
    }
  }
  return first;
}

function openedOf(findings: readonly Finding[], seen: ReadonlyMap<string, string>, today: string): Pick<CredentialChange, 'opened' | 'daysOpen'> {
  let opened: string | undefined;
  for (const { fingerprint, location } of findings) {
    for (const day of [seen.get(fingerprint), location.history?.firstSeen?.authored.slice(0, 10)]) {
      if (day !== undefined && (opened === undefined || day < opened)) opened = day;
    }
  }
  if (opened === undefined) return {};
  const days = Math.floor((Date.parse(today) - Date.parse(opened)) / 86_400_000);
  return Number.isFinite(days) && days >= 0 ? { opened, daysOpen: days } : { opened };
}
