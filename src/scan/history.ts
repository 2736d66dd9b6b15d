import type { Skipped } from '../model/inventory.ts';
import { attributeBlobs, walkReachable } from '../sources/git/attribute.ts';
import { type ObjectStore, openObjectStore, unreadNames } from '../sources/git/pack/object-store.ts';
import type { PackPlan } from '../sources/git/pack/pack-plan.ts';
import { type ObjectEntry, type ObjectLists, listObjects, listSince } from '../sources/git/objects.ts';
import type { GitRepository } from '../sources/git/repository.ts';
import { type Place, sumSkipped } from './assemble.ts';
import { runTasks } from './pool.ts';
import type { EngineOptions, Progress, Task, TaskResult } from './tasks.ts';

/** What a scan of a repository's objects gives. */
export interface ObjectsScan {
  readonly results: readonly TaskResult[];
  /** Where each object that hit stands: paths of a blob, `commit:<id>`, `tag:<id>`. */
  readonly places: ReadonlyMap<string, readonly Place[]>;
  readonly skipped: readonly Skipped[];
  /** What read the objects: `packs` is our own reader; `git`, with the reason when there is one, the portable one. */
  readonly reader: string;
}

export interface ObjectsScanOptions {
  /** `git` reads every object through git. Default: our own reader, where it can. */
  readonly reader?: 'git' | undefined;
  /** Only objects that commits after this revision brought in. */
  readonly since: string | undefined;
  readonly engine: EngineOptions;
  readonly workers: number;
  readonly onProgress: (progress: Progress, total: Progress) => void;
}

/** An object costs about this much besides its bytes. */
const OBJECT_COST = 2048;
/** The same for our own reader, which counts compressed bytes. */
const ENTRY_COST = 512;
/** Pieces a thread takes: enough to even out packs whose ends differ, few enough that starting git stays cheap. */
const PIECES = 4;
/** Our own reader starts nothing: smaller pieces cost it nothing. */
const PACK_PIECES = 12;
const INLINE_BYTES = 4 * 2 ** 20;

/**
 * Scans every object once, by id. Only those that hit are attributed to commits and paths: that walk is the dear part of history.
 *
 * Packs and loose objects are read by our own reader; what it cannot read, and stores it does not know, are read through git.
 */
export async function scanObjects(repository: GitRepository, options: ObjectsScanOptions): Promise<ObjectsScan> {
  // Missing objects show only in the walk over what refs lead to, which runs beside the scan.
  const walking = options.since === undefined ? walkReachable(repository) : undefined;
  walking?.catch(() => {});
  const store = options.since === undefined && options.reader !== 'git' ? openObjectStore(repository) : undefined;
  const scanned = store === undefined || 'unsupported' in store ? await throughGit(repository, options) : await throughStore(repository, store, options);
  const walked = await walking;
  const places = await placesOf(repository, scanned.results);
  return {
    results: scanned.results,
    places,
    skipped: [...scanned.skipped, ...missing(walked?.missing ?? [])],
    reader: store === undefined ? 'git' : 'unsupported' in store ? `git: ${store.unsupported}` : 'packs',
  };
}

interface Scanned {
  readonly results: readonly TaskResult[];
  readonly skipped: readonly Skipped[];
}

async function throughStore(repository: GitRepository, store: ObjectStore, options: ObjectsScanOptions): Promise<Scanned> {
  const tasks: { task: Task; cost: number }[] = [];
  let stored = 0;
  for (const plan of store.packs) stored += plan.offsets.at(-1) ?? 0;
  const share = stored / (options.workers * PACK_PIECES);
  for (const plan of store.packs) tasks.push(...packTasks(plan, share));
  for (let at = 0; at < store.loose.length; at += LOOSE_AT_A_TIME) {
    const objects = store.loose.slice(at, at + LOOSE_AT_A_TIME);
    tasks.push({ task: { kind: 'loose', objects }, cost: objects.length * OBJECT_COST });
  }
  let total = store.packed + store.loose.length;
  const cost = tasks.reduce((sum, task) => sum + task.cost, 0);
  const inline = options.workers === 1 || cost < INLINE_BYTES / 4;
  // The longest first, so that no thread ends up with it alone.
  const queue = tasks.toSorted((a, b) => b.cost - a.cost).map(({ task }) => task);
  const results = await runTasks(queue, options.engine, options.workers, inline, (progress) => options.onProgress(progress, { artifacts: total, bytes: 0 }));
  const rest = [...unreadNames(store), ...results.flatMap(({ unread }) => unread)].toSorted();
  if (rest.length === 0) return { results, skipped: [] };
  total = rest.length;
  const task: Task = { kind: 'objects', repository, objects: rest };
  return { results: [...results, ...(await runTasks([task], options.engine, 1, inline, (progress) => options.onProgress(progress, { artifacts: total, bytes: 0 })))], skipped: [] };
}

const LOOSE_AT_A_TIME = 1000;

/** Whole families of a pack, in pieces of about `share` compressed bytes. */
function packTasks(plan: PackPlan, share: number): { task: Task; cost: number }[] {
  const tasks: { task: Task; cost: number }[] = [];
  let from = 0;
  let cost = 0;
  for (let at = 0; at < plan.order.length; at += 1) {
    const entry = plan.order[at] ?? 0;
    if (plan.parents[entry] === -1 && cost >= share) {
      tasks.push({ task: { kind: 'pack', plan, from, to: at }, cost });
      from = at;
      cost = 0;
    }
    cost += (plan.offsets[entry + 1] ?? 0) - (plan.offsets[entry] ?? 0) + ENTRY_COST;
  }
  if (from < plan.order.length) tasks.push({ task: { kind: 'pack', plan, from, to: plan.order.length }, cost });
  return tasks;
}

async function throughGit(repository: GitRepository, options: ObjectsScanOptions): Promise<Scanned> {
  const lists = options.since === undefined ? await listObjects(repository) : await listSince(repository, options.since);
  const objects = [...lists.blobs, ...lists.commits, ...lists.tags];
  const total = { artifacts: objects.length, bytes: 0 };
  for (const { size } of objects) total.bytes += size;
  const tasks = pieces(objects, total.bytes, options.workers * PIECES).map((piece): Task => ({ kind: 'objects', repository, objects: piece.map(({ oid }) => oid) }));
  const inline = options.workers === 1 || total.bytes < INLINE_BYTES;
  const results = await runTasks(tasks, options.engine, options.workers, inline, (progress) => options.onProgress(progress, total));
  return { results, skipped: notListed(lists) };
}

function pieces(objects: readonly ObjectEntry[], bytes: number, parts: number): ObjectEntry[][] {
  const share = (bytes + OBJECT_COST * objects.length) / parts;
  const result: ObjectEntry[][] = [];
  let current: ObjectEntry[] = [];
  let cost = 0;
  for (const object of objects) {
    current.push(object);
    cost += object.size + OBJECT_COST;
    if (cost < share) continue;
    result.push(current);
    current = [];
    cost = 0;
  }
  if (current.length > 0) result.push(current);
  return result;
}

async function placesOf(repository: GitRepository, results: readonly TaskResult[]): Promise<ReadonlyMap<string, readonly Place[]>> {
  const hits = results.flatMap(({ artifacts }) => artifacts);
  const wanted = hits.filter(({ type }) => type === 'blob').map(({ name }) => name);
  const others = hits.filter(({ type }) => type !== 'blob');
  const attributed = await attributeBlobs(repository, [...wanted, ...others.map(({ name }) => name)]);
  const places = new Map<string, readonly Place[]>();
  for (const name of wanted) {
    const found = attributed.get(name);
    const history = { object: name, objectType: 'blob' as const, reachable: found?.reachable ?? false };
    const known = found?.places ?? [];
    // A blob that no commit holds still has its bytes: it is named by its id.
    if (known.length === 0) places.set(name, [{ path: `blob:${name.slice(0, 12)}`, history: { ...history, inHead: false } }]);
    else {
      places.set(
        name,
        known.map((place) => ({
          path: place.path,
          history: {
            ...history,
            inHead: place.inHead,
            ...(place.firstSeen === undefined ? {} : { firstSeen: place.firstSeen }),
            ...(place.lastSeen === undefined ? {} : { lastSeen: place.lastSeen }),
          },
        })),
      );
    }
  }
  for (const { name, type } of others) {
    if (type !== 'commit' && type !== 'tag') continue;
    const stamp = attributed.get(name)?.places[0]?.firstSeen;
    places.set(name, [
      {
        path: `${type}:${name.slice(0, 12)}`,
        history: { object: name, objectType: type, reachable: attributed.get(name)?.reachable ?? false, inHead: false, ...(stamp === undefined ? {} : { firstSeen: stamp, lastSeen: stamp }) },
      },
    ]);
  }
  return places;
}

function notListed(lists: ObjectLists): Skipped[] {
  return lists.complete ? [] : [{ reason: 'damaged object store: some objects could not be listed', count: 1, examples: [], incomplete: true }];
}

function missing(names: readonly string[]): Skipped[] {
  return sumSkipped(names.map((name) => ({ name, reason: 'missing object', incomplete: true })));
}
