import { IdTable, IntList } from './id-table.ts';
import { readLines } from './lines.ts';
import { resolveCommit } from './objects.ts';
import type { ObjectNames } from './object-names.ts';
import { readObjects } from './read-objects.ts';
import type { GitRepository } from './repository.ts';
import { TargetError } from '../../model/errors.ts';

/** All commits of the store, also those nothing leads to, with what leads to them. Commits are numbered as in `names`. */
export interface CommitGraph {
  readonly names: ObjectNames;
  readonly table: IdTable;
  /** Position in the table of trees of each commit's tree, -1 when the store does not have it. */
  readonly trees: Int32Array;
  /** Author dates in seconds since 1970. */
  readonly authored: Float64Array;
  /** 1 for the commits that a ref or a reflog leads to. */
  readonly reachable: Uint8Array;
  /** Place of each commit in history: a parent always comes before its children, and else the date decides. */
  readonly rank: Int32Array;
  /** Commit by rank. */
  readonly byRank: Int32Array;
  /** The commit of HEAD, or -1. */
  readonly head: number;
  /** Ids that are no commits and that a ref leads to, by itself or through tags. */
  readonly direct: ReadonlySet<string>;
  readonly tags: ReadonlyMap<string, TagFacts>;
}

export interface TagFacts {
  readonly name: string;
  /** When it was made, in seconds since 1970. */
  readonly tagged: number;
  readonly target: string;
}

/** A commit's headers are within this many bytes, unless it has thousands of parents. */
const HEADER_BYTES = 1 << 16;

/** Reads all commits and tags and finds which of them refs and reflogs lead to. Missing and damaged ones are passed over. */
export async function readCommitGraph(repo: GitRepository, names: { readonly commits: ObjectNames; readonly tags: ObjectNames }, trees: IdTable, signal?: AbortSignal): Promise<CommitGraph> {
  const table = new IdTable(names.commits);
  const count = names.commits.count;
  const [commits, tags, tips, refs, head] = await Promise.all([
    readCommits(repo, names.commits, table, trees, signal),
    readTags(repo, names.tags, signal),
    listIds(repo, ['rev-list', '--no-walk', '--all', '--reflog', '--ignore-missing'], signal),
    listIds(repo, ['for-each-ref', '--format=%(objectname)'], signal),
    headOf(repo, signal),
  ]);

  const headIndex = head === undefined ? -1 : table.findName(head);
  const starts: number[] = headIndex < 0 ? [] : [headIndex];
  const direct = new Set<string>();
  for (const oid of tips) starts.push(table.findName(oid));
  for (const oid of refs) {
    // Tags may point to tags; the number of steps is bounded for the sake of damaged stores.
    let target: string | undefined = oid;
    for (let steps = 0; target !== undefined && steps < 100; steps += 1) {
      const commit = table.findName(target);
      if (commit >= 0) {
        starts.push(commit);
        break;
      }
      if (direct.has(target)) break;
      direct.add(target);
      target = tags.get(target)?.target;
    }
  }

  const reachable = new Uint8Array(count);
  const stack = starts.filter((commit) => commit >= 0);
  for (let commit = stack.pop(); commit !== undefined; commit = stack.pop()) {
    if (reachable[commit] === 1) continue;
    reachable[commit] = 1;
    for (let at = commits.parentStart[commit] ?? 0; at < (commits.parentStart[commit + 1] ?? 0); at += 1) stack.push(commits.parents.at(at));
  }
  const { rank, byRank } = rankCommits(names.commits, commits);
  return { names: names.commits, table, trees: commits.trees, authored: commits.authored, reachable, rank, byRank, head: headIndex, direct, tags };
}

interface Commits {
  readonly trees: Int32Array;
  readonly authored: Float64Array;
  readonly committed: Float64Array;
  readonly parents: IntList;
  readonly parentStart: Int32Array;
}

async function readCommits(repo: GitRepository, names: ObjectNames, table: IdTable, treeTable: IdTable, signal: AbortSignal | undefined): Promise<Commits> {
  const count = names.count;
  const trees = new Int32Array(count).fill(-1);
  const authored = new Float64Array(count);
  const committed = new Float64Array(count);
  const parents = new IntList();
  const parentStart = new Int32Array(count + 1);
  let next = 0;
  await eachObject(repo, names, signal, (bytes) => {
    const index = next;
    next += 1;
    if (bytes !== undefined) {
      const text = headerOf(bytes);
      for (const line of text.split('\n')) {
        const space = line.indexOf(' ');
        const value = line.slice(space + 1);
        if (line.startsWith('tree ')) trees[index] = treeTable.findName(value);
        else if (line.startsWith('author ')) authored[index] = secondsOf(value);
        else if (line.startsWith('committer ')) committed[index] = secondsOf(value);
        else if (line.startsWith('parent ')) {
          const parent = table.findName(value);
          if (parent >= 0) parents.push(parent);
        }
      }
    }
    parentStart[index + 1] = parents.length;
  });
  return { trees, authored, committed, parents, parentStart };
}

async function readTags(repo: GitRepository, names: ObjectNames, signal: AbortSignal | undefined): Promise<Map<string, TagFacts>> {
  const tags = new Map<string, TagFacts>();
  let next = 0;
  await eachObject(repo, names, signal, (bytes) => {
    const oid = names.name(next);
    next += 1;
    if (bytes === undefined) return;
    const facts = { name: '', tagged: 0, target: '' };
    for (const line of headerOf(bytes).split('\n')) {
      if (line.startsWith('object ')) facts.target = line.slice(7);
      else if (line.startsWith('tag ')) facts.name = Buffer.from(line.slice(4), 'latin1').toString('utf8');
      else if (line.startsWith('tagger ')) facts.tagged = secondsOf(line);
    }
    tags.set(oid, facts);
  });
  return tags;
}

/** Calls `use` once for every name in order, with the contents, or with undefined when they cannot be read. */
export async function eachObject(repo: GitRepository, names: ObjectNames, signal: AbortSignal | undefined, use: (bytes: Buffer | undefined) => void): Promise<void> {
  let place = Buffer.allocUnsafe(1 << 16);
  await readObjects(
    repo,
    names,
    {
      begin(_oid, _type, size) {
        if (size > LARGEST_OBJECT) {
          use(undefined);
          return undefined;
        }
        if (size > place.length) place = Buffer.allocUnsafe(size * 2);
        return place;
      },
      end: (_oid, _type, size) => use(place.subarray(0, size)),
      missing: () => use(undefined),
    },
    { signal },
  );
}

/** Trees and commits of real repositories stay far below. */
const LARGEST_OBJECT = 1 << 28;

function headerOf(bytes: Buffer): string {
  const end = bytes.indexOf('\n\n');
  return bytes.toString('latin1', 0, Math.min(end < 0 ? bytes.length : end, HEADER_BYTES));
}

/** The date in `Name <mail> 1700000000 +0100`; 0 when there is none that can be. */
function secondsOf(line: string): number {
  const words = line.slice(line.lastIndexOf('>') + 1).trim().split(' ');
  const seconds = Number(words[0]);
  return Number.isSafeInteger(seconds) && Math.abs(seconds) <= 8_640_000_000_000 ? seconds : 0;
}

/**
 * Orders commits by commit date, corrected so that no commit comes before its parents: clocks go wrong, and scripts make many
 * commits in one second. Equal dates are ordered by id, which makes the order total.
 */
function rankCommits(names: ObjectNames, commits: Commits): { rank: Int32Array; byRank: Int32Array } {
  const count = names.count;
  const date = new Float64Array(count);
  const state = new Uint8Array(count);
  const stack: number[] = [];
  for (let start = 0; start < count; start += 1) {
    if (state[start] === 2) continue;
    stack.push(start);
    while (stack.length > 0) {
      const commit = stack.at(-1) ?? 0;
      const from = commits.parentStart[commit] ?? 0;
      const to = commits.parentStart[commit + 1] ?? 0;
      if (state[commit] === 0) {
        state[commit] = 1;
        for (let at = from; at < to; at += 1) if (state[commits.parents.at(at)] === 0) stack.push(commits.parents.at(at));
        continue;
      }
      stack.pop();
      if (state[commit] === 2) continue;
      state[commit] = 2;
      let corrected = commits.committed[commit] ?? 0;
      for (let at = from; at < to; at += 1) corrected = Math.max(corrected, (date[commits.parents.at(at)] ?? 0) + 1);
      date[commit] = corrected;
    }
  }
  const line = names.width + 1;
  const byRank = new Int32Array(count);
  for (let index = 0; index < count; index += 1) byRank[index] = index;
  byRank.sort((a, b) => {
    const step = (date[a] ?? 0) - (date[b] ?? 0);
    return step !== 0 ? step : names.bytes.compare(names.bytes, b * line, b * line + line, a * line, a * line + line);
  });
  const rank = new Int32Array(count);
  for (let place = 0; place < count; place += 1) rank[byRank[place] ?? 0] = place;
  return { rank, byRank };
}

/** Object ids that a command prints, one a line. A command that fails gives those it printed before. */
async function listIds(repo: GitRepository, args: readonly ['rev-list' | 'for-each-ref', ...string[]], signal: AbortSignal | undefined): Promise<string[]> {
  const oids = new Set<string>();
  await readLines(repo, args, (chunk, from, to) => oids.add(chunk.toString('latin1', from, to)), { signal });
  return [...oids];
}

async function headOf(repo: GitRepository, signal: AbortSignal | undefined): Promise<string | undefined> {
  if (repo.head !== undefined) return repo.head;
  try {
    return await resolveCommit(repo, 'HEAD', signal);
  } catch (error) {
    if (error instanceof TargetError) return undefined;
    throw error;
  }
}
