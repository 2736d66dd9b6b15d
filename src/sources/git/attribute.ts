import type { CommitStamp } from '../../model/location.ts';
import { readCommitGraph } from './commit-graph.ts';
import type { CommitGraph } from './commit-graph.ts';
import { IdTable } from './id-table.ts';
import { readIndex } from './index-file.ts';
import { ObjectNames } from './object-names.ts';
import { readLines } from './lines.ts';
import { listNames } from './objects.ts';
import type { GitRepository } from './repository.ts';
import { readTreeGraph } from './tree-graph.ts';
import type { TreeGraph } from './tree-graph.ts';

/** A path at which an object stands, and from when to when. */
export interface AttributedPlace {
  /** From the root of the repository, with `/`. `commit:<short id>` for a commit, `tag:<name>` for an annotated tag. */
  readonly path: string;
  /** The earliest commit that holds it there. Absent when no commit does: the tree is dangling, or only the index has it. */
  readonly firstSeen?: CommitStamp;
  /** The latest commit that still holds it there. */
  readonly lastSeen?: CommitStamp;
  readonly inHead: boolean;
}

export interface Attribution {
  readonly type: 'blob' | 'commit' | 'tag';
  /** True when a ref or a reflog leads to it. */
  readonly reachable: boolean;
  /** Sorted: those in HEAD first, then by path. Empty for a blob that no tree of the store holds. */
  readonly places: readonly AttributedPlace[];
}

export interface AttributeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bound on what is kept in memory; for tests. */
  readonly mostEdges?: number;
}

/** A blob may stand at more paths than anyone wants to read; a hostile store makes it as many as it likes. */
const MOST_PATHS = 64;
const LONGEST_PATH = 4096;

/**
 * Where objects stand in the history: every path, with the first and the last commit that hold the object there.
 *
 * Goes up from the blobs through the trees that hold them to the commits, so the answer is exact: renames, copies, merges, stashes and
 * dangling commits need no special care. Where an object is held by commits that are reachable, only these count for the dates.
 * Reads every tree and commit of the store once, whatever the number of `oids`; blobs are not read.
 *
 * @returns an entry for each of `oids`, also for those the store does not have.
 * @throws TargetError when git cannot be run on the repository at all.
 */
export async function attributeBlobs(repo: GitRepository, oids: readonly string[], options: AttributeOptions = {}): Promise<Map<string, Attribution>> {
  if (oids.length === 0) return new Map();
  const width = repo.objectFormat === 'sha256' ? 64 : 40;
  for (const oid of oids) if (oid.length !== width || !/^[0-9a-f]+$/.test(oid)) throw new Error('not an object id of this repository');
  const wantedNames = new ObjectNames(Buffer.from(`${oids.join('\n')}\n`, 'latin1'), width);
  const wanted = new IdTable(wantedNames);

  const names = await listNames(repo, options.signal);
  const treeTable = new IdTable(names.trees);
  const [commits, trees] = await Promise.all([
    readCommitGraph(repo, names, treeTable, options.signal),
    readTreeGraph(repo, { names: names.trees, table: treeTable }, wanted, wantedNames, options),
  ]);
  const places = placesOf(commits, trees, treeTable, wanted.count);
  const staged = new Map<string, string[]>();
  if (oids.some((oid, index) => places[index] === undefined && commits.table.findName(oid) < 0 && !commits.tags.has(oid))) {
    for (const entry of await readIndex(repo.gitDir, repo.objectFormat).catch(() => [])) {
      const paths = staged.get(entry.oid);
      if (paths === undefined) staged.set(entry.oid, [entry.path]);
      else if (paths.length < MOST_PATHS) paths.push(entry.path);
    }
  }

  const result = new Map<string, Attribution>();
  for (const oid of oids) result.set(oid, attribute(oid, commits, places[wanted.findName(oid)], staged.get(oid) ?? []));
  return result;
}

/** What a walk from all refs and reflogs came upon. */
export interface Walk {
  /** Ids that commits or trees name and the store does not have, sorted. */
  readonly missing: readonly string[];
  /** False when git could not walk to the end: then more may be missing. */
  readonly complete: boolean;
}

/** Walks from all refs and reflogs over every object, to find those that are not there. Takes seconds; may run beside the scan. */
export async function walkReachable(repo: GitRepository, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<Walk> {
  const missing: string[] = [];
  const end = await readLines(
    repo,
    ['rev-list', '--all', '--reflog', '--ignore-missing', '--objects', '--missing=print', '--quiet'],
    (chunk, from, to) => {
      // `?<id>` stands for an object the store does not have.
      if (chunk[from] === 0x3f) missing.push(chunk.toString('latin1', from + 1, to));
    },
    { signal: options.signal },
  );
  return { missing: missing.sort(), complete: end.code === 0 };
}

function attribute(oid: string, commits: CommitGraph, held: ReadonlyMap<string, Span> | undefined, staged: readonly string[]): Attribution {
  const direct = commits.direct.has(oid);
  const commit = commits.table.findName(oid);
  if (commit >= 0) {
    const stamp = stampOf(commits, commit);
    const inHead = commit === commits.head;
    return { type: 'commit', reachable: commits.reachable[commit] === 1, places: [{ path: `commit:${oid.slice(0, 12)}`, firstSeen: stamp, lastSeen: stamp, inHead }] };
  }
  const tag = commits.tags.get(oid);
  if (tag !== undefined) {
    const target = commits.table.findName(tag.target);
    const stamp = target < 0 ? {} : { firstSeen: stampOf(commits, target), lastSeen: stampOf(commits, target) };
    return { type: 'tag', reachable: direct, places: [{ path: `tag:${tag.name}`, ...stamp, inHead: false }] };
  }
  if (held === undefined) return { type: 'blob', reachable: direct, places: staged.map((path) => ({ path, inHead: false })) };

  let all = [...held];
  // A path below a tree that no commit holds is only a part of a path: it counts when nothing better is known.
  if (all.some(([, span]) => hasCommit(span))) all = all.filter(([, span]) => hasCommit(span));
  const places = all.map(([path, span]): AttributedPlace => {
    const [first, last] = span.last >= 0 ? [span.first, span.last] : [span.danglingFirst, span.danglingLast];
    const stamps = last < 0 ? {} : { firstSeen: stampOf(commits, commits.byRank[first] ?? 0), lastSeen: stampOf(commits, commits.byRank[last] ?? 0) };
    return { path, ...stamps, inHead: (span.flags & IN_HEAD) !== 0 };
  });
  places.sort((a, b) => Number(b.inHead) - Number(a.inHead) || compare(a.path, b.path));
  return { type: 'blob', reachable: direct || all.some(([, span]) => span.last >= 0 || (span.flags & REFERENCED) !== 0), places };
}

function hasCommit(span: Span): boolean {
  return span.last >= 0 || span.danglingLast >= 0;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function stampOf(commits: CommitGraph, commit: number): CommitStamp {
  return { commit: commits.names.name(commit), authored: new Date((commits.authored[commit] ?? 0) * 1000).toISOString().replace('.000Z', 'Z') };
}

// --- from the commits down to the blobs

/** The commits that hold something at one path, as ranks; -1 for none. */
interface Span {
  /** Number of the path in `Paths`. */
  readonly path: number;
  first: number;
  last: number;
  danglingFirst: number;
  danglingLast: number;
  flags: number;
}

const IN_HEAD = 1;
/** A ref leads to the tree itself, without a commit. */
const REFERENCED = 2;

/** For each wanted blob its paths, undefined when no tree holds it. */
function placesOf(commits: CommitGraph, graph: TreeGraph, treeTable: IdTable, wantedCount: number): (Map<string, Span> | undefined)[] {
  const paths = new Paths(graph);
  const count = graph.marked.length;
  const spans: (Span[] | undefined)[] = [];
  spans.length = count;
  for (let commit = 0; commit < commits.trees.length; commit += 1) {
    const tree = commits.trees[commit] ?? -1;
    if (tree < 0 || graph.marked[tree] !== 1) continue;
    const span = spanAt(spans, tree, ROOT);
    const rank = commits.rank[commit] ?? 0;
    if (span !== undefined) widen(span, commits.reachable[commit] === 1 ? spanOfCommit(rank, -1) : spanOfCommit(-1, rank));
    if (span !== undefined && commit === commits.head) span.flags |= IN_HEAD;
  }
  for (const oid of commits.direct) {
    const tree = treeTable.findName(oid);
    const span = tree >= 0 && graph.marked[tree] === 1 ? spanAt(spans, tree, ROOT) : undefined;
    if (span !== undefined) span.flags |= REFERENCED;
  }

  // Parents before children, so that a tree is done when all that hold it are.
  const waiting = new Int32Array(count);
  for (let tree = 0; tree < count; tree += 1) {
    if (graph.marked[tree] !== 1) continue;
    eachSubtree(graph, tree, (child) => {
      waiting[child] = (waiting[child] ?? 0) + 1;
    });
  }
  const holdsHit = new Uint8Array(count);
  for (let hit = 0; hit < graph.hitTree.length; hit += 1) holdsHit[graph.hitTree.at(hit)] = 1;
  const ready: number[] = [];
  for (let tree = 0; tree < count; tree += 1) if (graph.marked[tree] === 1 && waiting[tree] === 0) ready.push(tree);
  for (let tree = ready.pop(); tree !== undefined; tree = ready.pop()) {
    const own = spans[tree] ?? [spanOfNothing(ROOT)];
    spans[tree] = holdsHit[tree] === 1 ? own : undefined;
    eachSubtree(graph, tree, (child, name) => {
      for (const span of own) {
        const path = paths.below(span.path, name);
        const into = path === undefined ? undefined : spanAt(spans, child, path);
        if (into !== undefined) widen(into, span);
      }
      const left = (waiting[child] ?? 0) - 1;
      waiting[child] = left;
      if (left === 0) ready.push(child);
    });
  }

  const found: (Map<number, Span> | undefined)[] = [];
  found.length = wantedCount;
  for (let hit = 0; hit < graph.hitTree.length; hit += 1) {
    const blob = graph.hitBlob.at(hit);
    const held = (found[blob] ??= new Map());
    for (const span of spans[graph.hitTree.at(hit)] ?? []) {
      const path = paths.below(span.path, graph.hitName.at(hit));
      if (path === undefined) continue;
      let into = held.get(path);
      if (into === undefined) {
        if (held.size >= MOST_PATHS) continue;
        into = spanOfNothing(path);
        held.set(path, into);
      }
      widen(into, span);
    }
  }
  return found.map((held) => (held === undefined ? undefined : new Map([...held].map(([path, span]) => [paths.text(path), span]))));
}

function eachSubtree(graph: TreeGraph, tree: number, use: (child: number, name: number) => void): void {
  const end = graph.edgeStart[tree + 1] ?? 0;
  for (let edge = graph.edgeStart[tree] ?? 0; edge < end; edge += 1) {
    const child = graph.edgeChild.at(edge);
    if (graph.marked[child] === 1) use(child, graph.edgeName.at(edge));
  }
}

/** The span of `tree` at `path`, made when there is none; undefined when the tree stands at too many paths already. */
function spanAt(spans: (Span[] | undefined)[], tree: number, path: number): Span | undefined {
  const held = spans[tree];
  if (held === undefined) {
    const span = spanOfNothing(path);
    spans[tree] = [span];
    return span;
  }
  for (const span of held) if (span.path === path) return span;
  if (held.length >= MOST_PATHS) return undefined;
  const span = spanOfNothing(path);
  held.push(span);
  return span;
}

function spanOfNothing(path: number): Span {
  return { path, first: -1, last: -1, danglingFirst: -1, danglingLast: -1, flags: 0 };
}

function spanOfCommit(rank: number, dangling: number): Span {
  return { path: ROOT, first: rank, last: rank, danglingFirst: dangling, danglingLast: dangling, flags: 0 };
}

function widen(into: Span, span: Span): void {
  if (span.first >= 0 && (into.first < 0 || span.first < into.first)) into.first = span.first;
  if (span.last > into.last) into.last = span.last;
  if (span.danglingFirst >= 0 && (into.danglingFirst < 0 || span.danglingFirst < into.danglingFirst)) into.danglingFirst = span.danglingFirst;
  if (span.danglingLast > into.danglingLast) into.danglingLast = span.danglingLast;
  into.flags |= span.flags;
}

const ROOT = 0;
/** Names and paths are numbered below this, so that a pair of them is one exact number. */
const MOST_NAMES = 2 ** 26;

/** Numbers for paths, each a folder's path and a name. */
class Paths {
  readonly #graph: TreeGraph;
  readonly #numbers = new Map<number, number>();
  readonly #parent: number[] = [-1];
  readonly #name: number[] = [-1];
  readonly #length: number[] = [0];

  constructor(graph: TreeGraph) {
    this.#graph = graph;
  }

  /** The path of `name` in the folder `path`; undefined when it would be longer than any system allows. */
  below(path: number, name: number): number | undefined {
    const key = path * MOST_NAMES + name;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const length = (this.#length[path] ?? 0) + 1 + this.#graph.names.text(name).length;
    const number = this.#parent.length;
    if (length > LONGEST_PATH || number >= MOST_NAMES) return undefined;
    this.#parent.push(path);
    this.#name.push(name);
    this.#length.push(length);
    this.#numbers.set(key, number);
    return number;
  }

  text(path: number): string {
    const parts: string[] = [];
    for (let at = path; at > ROOT; at = this.#parent[at] ?? ROOT) parts.push(this.#graph.names.text(this.#name[at] ?? 0));
    return parts.reverse().join('/');
  }
}
