import { TargetError } from '../../model/errors.ts';
import { gitFailure, isRefusal, runGit } from './command.ts';
import { readIndex, MODE_SUBMODULE } from './index-file.ts';
import { readLines } from './lines.ts';
import { ObjectNamesBuilder } from './object-names.ts';
import type { ObjectNames } from './object-names.ts';
import type { GitRepository } from './repository.ts';

export interface ObjectEntry {
  readonly oid: string;
  /** Bytes, inflated. */
  readonly size: number;
}

/**
 * Objects by type, each once, in the order in which the packs hold them: reading them in this order is fastest.
 * Objects so damaged that git cannot tell their type stand among the blobs with size 0; `readObjects` says that they are damaged.
 */
export interface ObjectLists {
  readonly blobs: readonly ObjectEntry[];
  readonly commits: readonly ObjectEntry[];
  readonly tags: readonly ObjectEntry[];
  /** False when git came upon damage while listing: there may be objects that are not listed. */
  readonly complete: boolean;
}

export interface ListOptions {
  /** Default: blobs, commits and tags. */
  readonly types?: readonly ('blob' | 'commit' | 'tag')[];
  readonly signal?: AbortSignal | undefined;
}

/** A file as git stores it: in a tree, or as it would be committed now. */
export interface StagedBlob {
  readonly path: string;
  readonly oid: string;
  readonly mode: number;
}

/**
 * Every object of the store, packed or loose, reachable or not. Damage is not fatal: `complete` tells of it.
 *
 * @throws TargetError when git cannot be run on the repository at all.
 */
export async function listObjects(repo: GitRepository, options: ListOptions = {}): Promise<ObjectLists> {
  const collector = new Collector(options.types);
  const complete = await checkAll(repo, FORMAT, collector.onLine, collector.onDamaged, options.signal);
  return collector.finish(complete);
}

/**
 * Objects that HEAD leads to and `revision` does not: what commits since then brought in.
 *
 * @param revision as a user names a commit: `main~3`, `v1.2`, an id. A value that starts with `-` is refused.
 * @throws TargetError when there is no such commit, or no HEAD.
 */
export async function listSince(repo: GitRepository, revision: string, options: ListOptions = {}): Promise<ObjectLists> {
  const from = await resolveCommit(repo, revision, options.signal);
  const to = await resolveCommit(repo, 'HEAD', options.signal);
  const names = new ObjectNamesBuilder(from.length);
  const walked = await readLines(
    repo,
    ['rev-list', '--objects', '--no-object-names', '--missing=print', '--end-of-options', to, `^${from}`],
    (chunk, start) => {
      // `?<id>` stands for an object the store does not have.
      if (chunk[start] !== 0x3f) names.add(chunk, start);
    },
    { signal: options.signal },
  );
  if (walked.code !== 0) throw gitFailure(repo, 'rev-list', walked.problem);
  const collector = new Collector(options.types);
  const list = names.finish();
  const complete = await checkNames(repo, FORMAT, list, 0, collector.onLine, collector.onDamaged, options.signal);
  return collector.finish(complete);
}

/**
 * Blobs of the index that HEAD does not hold at the same path: new and changed files as `git commit` would take them.
 * All sides of an unresolved merge count. Submodules and files only announced (`git add -N`) do not.
 */
export async function listStaged(repo: GitRepository, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<readonly StagedBlob[]> {
  const entries = await readIndex(repo.gitDir, repo.objectFormat);
  const head = await headCommit(repo, options.signal);
  const held = new Map(head === undefined ? [] : (await listTree(repo, head, options)).map(({ path, oid }) => [path, oid] as const));
  return entries
    .filter((entry) => entry.mode !== MODE_SUBMODULE && entry.mode !== MODE_FOLDER && !entry.intentToAdd && held.get(entry.path) !== entry.oid)
    .map(({ path, oid, mode }) => ({ path, oid, mode }));
}

/**
 * Every file of a commit's tree, links and submodules included, with paths from the root of the repository.
 *
 * @param commit full object id.
 * @throws TargetError when the tree cannot be read.
 */
export async function listTree(repo: GitRepository, commit: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<readonly StagedBlob[]> {
  const output = await runGit(repo, ['ls-tree', '-r', '-z', '--full-tree', '--end-of-options', commit], { signal: options.signal });
  return output.toString('utf8').split('\0').flatMap((line) => {
    const tab = line.indexOf('\t');
    if (tab <= 0) return [];
    const [mode = '', , oid = ''] = line.slice(0, tab).split(' ');
    return [{ path: line.slice(tab + 1), oid, mode: Number.parseInt(mode, 8) }];
  });
}

/**
 * Full id of the commit that `revision` names.
 *
 * @throws TargetError when there is none.
 */
export async function resolveCommit(repo: GitRepository, revision: string, signal?: AbortSignal): Promise<string> {
  // A revision of git's has no control characters, so one that has them is no name at all.
  // oxlint-disable-next-line no-control-regex
  if (revision === '' || revision.startsWith('-') || /[\0-\x1f\x7f]/.test(revision) || revision.length > 4096) throw noSuchCommit(repo);
  const output = await runGit(repo, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`], { signal, maxBytes: 1 << 16 }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error instanceof TargetError ? noSuchCommit(repo) : error;
  });
  // Before git 2.30 rev-parse repeats --end-of-options in its output.
  const oid = output.toString('latin1').trim().split('\n').at(-1) ?? '';
  if (!/^[0-9a-f]{40,64}$/.test(oid)) throw noSuchCommit(repo);
  return oid;
}

/** Names of all trees, commits and tags in the order of the packs, packed tightly. */
export async function listNames(repo: GitRepository, signal?: AbortSignal): Promise<{ readonly trees: ObjectNames; readonly commits: ObjectNames; readonly tags: ObjectNames }> {
  const width = repo.objectFormat === 'sha256' ? 64 : 40;
  const trees = new ObjectNamesBuilder(width);
  const commits = new ObjectNamesBuilder(width);
  const tags = new ObjectNamesBuilder(width);
  await checkAll(
    repo,
    '%(objecttype) %(objectname)',
    (chunk, from, to) => {
      const at = to - width;
      if (at <= from || chunk[at - 1] !== 0x20) return;
      // The second letter tells the types apart: bLob, tRee, cOmmit, tAg.
      const second = chunk[from + 1];
      if (second === 0x72) trees.add(chunk, at);
      else if (second === 0x6f) commits.add(chunk, at);
      else if (second === 0x61) tags.add(chunk, at);
    },
    () => {},
    signal,
  );
  return { trees: trees.finish(), commits: commits.finish(), tags: tags.finish() };
}

type OnLine = (chunk: Buffer, from: number, to: number) => void;

/** Asks git about every object of the store. `onDamaged` gets those at which git ended. False when git may not have seen all. */
async function checkAll(repo: GitRepository, format: string, onLine: OnLine, onDamaged: (oid: string) => void, signal: AbortSignal | undefined): Promise<boolean> {
  let answered = 0;
  const end = await readLines(
    repo,
    ['cat-file', '--batch-all-objects', '--unordered', `--batch-check=${format}`],
    (chunk, from, to) => {
      answered += 1;
      onLine(chunk, from, to);
    },
    { signal },
  );
  if (end.code === 0) return end.problem !== 'packs';
  if (isRefusal(end.problem)) throw gitFailure(repo, 'cat-file', end.problem);
  // Names alone are listed without a look at the objects, in the same order.
  const names = new ObjectNamesBuilder(repo.objectFormat === 'sha256' ? 64 : 40);
  const named = await readLines(repo, ['cat-file', '--batch-all-objects', '--unordered', '--batch-check=%(objectname)'], (chunk, from) => names.add(chunk, from), { signal });
  const rest = names.finish();
  if (answered >= rest.count) return false;
  onDamaged(rest.name(answered));
  const checked = await checkNames(repo, format, rest, answered + 1, onLine, onDamaged, signal);
  return checked && named.code === 0 && named.problem !== 'packs';
}

/** Asks git about `names` from `start` on, and starts it again behind each object at which it ends. */
async function checkNames(repo: GitRepository, format: string, names: ObjectNames, start: number, onLine: OnLine, onDamaged: (oid: string) => void, signal: AbortSignal | undefined): Promise<boolean> {
  let at = start;
  for (let restarts = 0; at < names.count; restarts += 1) {
    if (restarts > MOST_RESTARTS) return false;
    const end = await readLines(
      repo,
      ['cat-file', `--batch-check=${format}`],
      (chunk, from, to) => {
        at += 1;
        onLine(chunk, from, to);
      },
      { input: names.lines(at, names.count), signal },
    );
    if (end.code !== 0 && isRefusal(end.problem)) throw gitFailure(repo, 'cat-file', end.problem);
    if (at >= names.count) return end.problem !== 'packs';
    onDamaged(names.name(at));
    at += 1;
  }
  return true;
}

const MOST_RESTARTS = 2000;
const FORMAT = '%(objecttype) %(objectsize) %(objectname)';
const MODE_FOLDER = 0o040000;

async function headCommit(repo: GitRepository, signal: AbortSignal | undefined): Promise<string | undefined> {
  if (repo.head !== undefined) return repo.head;
  try {
    return await resolveCommit(repo, 'HEAD', signal);
  } catch (error) {
    if (error instanceof TargetError) return undefined;
    throw error;
  }
}

function noSuchCommit(repo: GitRepository): TargetError {
  return new TargetError(`${repo.name}: there is no such commit`, 'Name a commit, branch or tag of the repository; a shallow clone may have to be deepened first.');
}

/** Sorts the lines of a batch check by type. */
class Collector {
  readonly #lists: Readonly<Record<'blob' | 'commit' | 'tag', ObjectEntry[]>> = { blob: [], commit: [], tag: [] };
  readonly #types: readonly string[];

  constructor(types: readonly ('blob' | 'commit' | 'tag')[] = ['blob', 'commit', 'tag']) {
    this.#types = types;
  }

  readonly onLine = (chunk: Buffer, from: number, to: number): void => {
    // Most objects are trees, and a line made into a string costs more than all the rest.
    if (chunk[from] === 0x74 && chunk[from + 1] === 0x72) return;
    const [type, size, oid] = chunk.toString('latin1', from, to).split(' ');
    // `<id> missing`: git cannot open it. Listed all the same, so that who reads the list finds out and can name it.
    if (size === 'missing' && type !== undefined) this.onDamaged(type);
    if ((type !== 'blob' && type !== 'commit' && type !== 'tag') || oid === undefined || !this.#types.includes(type)) return;
    this.#lists[type].push({ oid, size: Number(size) });
  };

  readonly onDamaged = (oid: string): void => {
    if (this.#types.includes('blob')) this.#lists.blob.push({ oid, size: 0 });
  };

  finish(complete: boolean): ObjectLists {
    return { blobs: this.#lists.blob, commits: this.#lists.commit, tags: this.#lists.tag, complete };
  }
}
