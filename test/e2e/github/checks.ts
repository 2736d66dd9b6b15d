/** What every run has to hold, whatever it was for. */
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GIT_ENVIRONMENT } from './server/git.ts';
import { askedTwice, countByOperation, type Record } from './server/journal.ts';
import type { Run, Session } from './session.ts';

/** One track of the proof: what it printed, and what did not hold. */
export class Proof {
  readonly name: string;
  readonly lines: string[] = [];
  readonly failures: string[] = [];

  constructor(name: string) {
    this.name = name;
  }

  say(line: string): void {
    this.lines.push(line);
  }

  check(holds: boolean, text: string): void {
    if (!holds) this.failures.push(`${this.name}: ${text}`);
  }

  equal(actual: unknown, wanted: unknown, text: string): void {
    const [is, was] = [JSON.stringify(actual), JSON.stringify(wanted)];
    if (is === was) return;
    // Where they part, with some of what stands before.
    let at = 0;
    while (at < Math.min(is?.length ?? 0, was?.length ?? 0) && is?.[at] === was?.[at]) at += 1;
    const from = at < 600 ? 0 : at - 200;
    this.check(false, `${text}: ${is?.slice(from, from + 600) ?? 'nothing'} in place of ${was?.slice(from, from + 600) ?? 'nothing'}`);
  }

  /** The program did nothing that it may never do, and left no key anywhere. */
  clean(session: Session): void {
    for (const violation of session.server.journal.violations) this.check(false, violation);
    for (const leak of session.kit.sweep()) this.check(false, `a planted key stands in ${leak}`);
    this.check(session.server.limits.highest <= 100, `${session.server.limits.highest} requests at once`);
  }
}

/** Requests to the API; archives are at another place and count against no limit. */
export function apiRequests(records: readonly Record[]): readonly Record[] {
  return records.filter(({ operation }) => operation !== 'archive' && operation !== 'git');
}

/** Different REST requests by repository. */
export function byRepository(records: readonly Record[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const different = new Map(apiRequests(records).map((record) => [`${record.method} ${record.address}`, record]));
  for (const { repository } of different.values()) if (repository !== undefined) counts.set(decodeURIComponent(repository), (counts.get(decodeURIComponent(repository)) ?? 0) + 1);
  return counts;
}

/**
 * Nothing is asked twice, but for what the program itself says it had to repeat: on a machine that is busy with something else an answer may come too late for it. A
 * hundredth of all requests at most.
 */
export function notTwice(proof: Proof, what: string, { records, stderr }: Run): void {
  const twice = askedTwice(records);
  const repeated = Number(/(\d+) repeated/.exec(stderr)?.[1] ?? 0);
  if (repeated > 0) proof.say(`  ${what}: ${repeated} requests repeated, for want of an answer in time`);
  proof.check(twice.length <= Math.min(repeated, records.length / 100), `${what}: ${twice.length} requests made twice, such as ${twice.slice(0, 3).join(', ')}`);
}

/** GitHub asks for a second between changes. One may arrive late and the next in time, so that eight in a row are looked at. */
export function paced(proof: Proof, what: string, { records }: Run): void {
  const times = records.filter(({ isChange }) => isChange).map(({ at }) => at);
  const paces = times.flatMap((time, index) => (times[index + 8] === undefined ? [] : [((times[index + 8] ?? 0) - time) / 8]));
  const shortest = Math.min(...paces, Number.POSITIVE_INFINITY);
  if (paces.length > 0) proof.say(`  shortest time between changes, over eight: ${Math.round(shortest)} ms`);
  proof.check(shortest >= 850, `${what}: changes only ${Math.round(shortest)} ms apart`);
}

export function familyTable({ records }: Run): readonly string[] {
  return countByOperation(records).map(([operation, count, unchanged]) => `    ${operation.padEnd(72)}${String(count).padStart(7)}${unchanged === 0 ? '' : `  304: ${unchanged}`}`);
}

/** A branch as real git checks it out: contents and modes by path. */
export async function checkedOut(session: Session, gitFolder: string, branch: string): Promise<ReadonlyMap<string, string>> {
  const folder = session.kit.folder('checkout');
  mkdirSync(folder, { recursive: true });
  await promisify(execFile)('git', ['-c', 'core.autocrlf=false', 'clone', '-q', '--no-local', '--branch', branch, '--', gitFolder, folder], { env: GIT_ENVIRONMENT });
  const found = new Map<string, string>();
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (path === '.git' || path.startsWith('.git/')) continue;
    const state = lstatSync(join(folder, path));
    if (state.isSymbolicLink()) found.set(path, `link ${readlinkSync(join(folder, path))}`);
    else if (state.isFile()) found.set(path, `${(state.mode & 0o100) === 0 ? 'file' : 'program'} ${readFileSync(join(folder, path)).toString('base64')}`);
  }
  return found;
}

/** What could do something in a title or a commit's message: a mention, a closing word with a number, an expression, markup, an end of line. */
export function liveInPlain(text: string): string | undefined {
  return /[@<>`[\]{}|]|#\d|\$\{|[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/.exec(text)?.[0];
}

/** The same for the body of a pull request: what stands in code is inert. */
export function liveInMarkdown(body: string): string | undefined {
  const plain = body
    .replace(/^<!-- dekey:[^\n]*-->$/gm, '')
    .replace(/^(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1[^\n]*$/gm, '')
    .replace(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, 'code')
    .replace(/\\[\\`*_{}[\]()#+.!|<>~@$-]/g, 'escaped')
    .replace(/^- \[ \] /gm, '- ')
    .replace(/&(?:[a-z]+|#\d+|#x[0-9a-f]+);/gi, 'entity');
  return /(?:^|[^\w])@[A-Za-z][\w-]*|(?:close|fix|resolve)[sd]?:?\s+#\d+|#\d+|\$\{\{|<[a-z!/][^>]*>|\]\([^)]*\)|[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/i.exec(plain)?.[0];
}
