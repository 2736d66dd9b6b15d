/**
 * Whole folders through the built program: `dekey plan`, `dekey apply`, `--write`, a second run, and `--rollback`, on a copy. What stands in the copy afterwards is compared byte by byte
 * with what was there before; nothing of it is asked of the code that edits.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

export interface FolderOutcome {
  readonly folder: string;
  readonly files: number;
  readonly changes: number;
  readonly safe: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly dropped: number;
  readonly problems: readonly string[];
}

interface Result {
  readonly files: readonly { readonly path: string; readonly changes: readonly unknown[]; readonly hunks?: unknown }[];
  readonly summary: { readonly files: number; readonly changes: number; readonly safe: number; readonly dropped: number; readonly leftovers: number; readonly refused: Readonly<Record<string, number>> };
}

/** Folders to run on: `folder` itself when it looks like a project, else those directly below it that hold files, else one level more. */
export function projectsBelow(folder: string, depth = 2): readonly string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  if (depth === 0 || entries.some((one) => one.isFile()) || entries.some((one) => one.isDirectory() && /^\.(?:git|github)$/.test(one.name))) return [folder];
  return entries.filter((one) => one.isDirectory()).map((one) => join(folder, one.name)).toSorted().flatMap((below) => projectsBelow(below, depth - 1));
}

/** Runs one folder through; `says` are arguments for `dekey plan`, such as where code runs. */
export async function runFolder(folder: string, says: readonly string[]): Promise<FolderOutcome> {
  const home = mkdtempSync(join(tmpdir(), 'dekey-apply-'));
  const copy = join(home, basename(folder));
  const nothing = { folder: basename(folder), files: 0, changes: 0, safe: 0, refused: {}, dropped: 0 };
  try {
    cpSync(folder, copy, { recursive: true, verbatimSymlinks: true, filter: (path) => !/[\\/](?:node_modules|dekey-plan)$/.test(path) });
    const before = digestAll(copy);
    const planned = await dekey(['plan', '.', '--quiet', '--format', 'json', ...says], copy);
    if (planned.status !== 0 && planned.status !== 3) return { ...nothing, problems: [`dekey plan ended with ${planned.status}: ${planned.stderr.slice(0, 300)}`] };
    if (!existsSync(join(copy, 'dekey-plan', 'plan.json'))) return { ...nothing, problems: [] };
    const problems: string[] = [];
    const shown = await apply(copy, []);
    if (shown.result === undefined) return { ...nothing, problems: [`dekey apply ended with ${shown.status}: ${shown.stderr.slice(0, 300)}`] };
    if (!isSame(before, digestAll(copy))) problems.push('dekey apply without --write changed a file');
    const written = await apply(copy, ['--write', '--allow-leftovers']);
    if (written.status !== 0) problems.push(`--write ended with ${written.status}: ${written.stderr.slice(0, 300)}`);
    const after = digestAll(copy);
    const planned2 = new Set(shown.result.files.filter(({ changes }) => changes.length > 0).map(({ path }) => path));
    for (const [path, bytes] of after) if (before.get(path)?.equals(bytes) !== true && !planned2.has(path)) problems.push(`${path} was changed, and no change was shown`);
    const again = await apply(copy, ['--write', '--allow-leftovers']);
    if (again.status !== 0 || again.result === undefined || again.result.summary.changes > 0 || !isSame(after, digestAll(copy))) problems.push(`a second run is not empty (${again.status}: ${again.result?.summary.changes ?? '?'} changes) ${again.stderr.slice(0, 200)}`);
    const rollback = readdirSync(join(copy, 'dekey-plan')).filter((name) => name.startsWith('rollback-')).at(-1);
    if (rollback !== undefined) {
      const back = await dekey(['apply', '--rollback', join('dekey-plan', rollback), '--write'], copy);
      if (back.status !== 0) problems.push(`--rollback ended with ${back.status}: ${back.stderr.slice(0, 300)}`);
      if (!isSame(before, digestAll(copy))) problems.push('the rollback did not restore every byte');
    } else if (shown.result.summary.changes > 0) problems.push('no rollback file was written');
    const { summary } = shown.result;
    return { folder: basename(folder), files: summary.files, changes: summary.changes, safe: summary.safe, refused: summary.refused, dropped: summary.dropped, problems };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function apply(cwd: string, args: readonly string[]): Promise<{ readonly status: number | null; readonly stderr: string; readonly result: Result | undefined }> {
  const run = await dekey(['apply', 'dekey-plan', '--format', 'json', ...args], cwd);
  try {
    return { status: run.status, stderr: run.stderr, result: JSON.parse(run.stdout) as Result };
  } catch {
    return { status: run.status, stderr: run.stderr, result: undefined };
  }
}

const program = join(process.cwd(), 'bin', 'dekey.js');

function dekey(args: readonly string[], cwd: string): Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'], NO_COLOR: '1', HOME: cwd } });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => err.push(bytes));
    child.on('error', failed);
    child.on('close', (status) => {
      done({ status, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') });
    });
  });
}

/** Bytes by path, but for git's own and the plan. */
function digestAll(folder: string): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1).replaceAll('\\', '/');
    if (path.startsWith('.git/') || path.startsWith('dekey-plan/') || !lstatSync(join(folder, path)).isFile()) continue;
    files.set(path, readFileSync(join(folder, path)));
  }
  return files;
}

function isSame(a: ReadonlyMap<string, Buffer>, b: ReadonlyMap<string, Buffer>): boolean {
  return a.size === b.size && [...a].every(([path, bytes]) => b.get(path)?.equals(bytes) === true);
}
