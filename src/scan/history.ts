import type { Skipped } from '../model/inventory.ts';
import { attributeBlobs, walkReachable } from '../sources/git/attribute.ts';
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
}

export interface ObjectsScanOptions {
  /** Only objects that commits after this revision brought in. */
  readonly since: string | undefined;
  readonly engine: EngineOptions;
  readonly workers: number;
  readonly onProgress: (progress: Progress, total: Progress) => void;
}

/** An object costs about this much besides its bytes. */
const OBJECT_COST = 2048;
/** Pieces a thread takes: enough to even out packs whose ends differ, few enough that starting git stays cheap. */
const PIECES = 4;

/**
 * Scans every object once, by id. Only those that hit are attributed to commits and paths: that walk is the dear part of history.
 */
export async function scanObjects(repository: GitRepository, options: ObjectsScanOptions): Promise<ObjectsScan> {
  const lists = options.since === undefined ? await listObjects(repository) : await listSince(repository, options.since);
  const objects = [...lists.blobs, ...lists.commits, ...lists.tags];
  const total = { artifacts: objects.length, bytes: 0 };
  for (const { size } of objects) total.bytes += size;
  const tasks = pieces(objects, total.bytes, options.workers * PIECES).map((piece): Task => ({ kind: 'objects', repository, objects: piece.map(({ oid }) => oid) }));
  const inline = options.workers === 1 || total.bytes < 4 * 2 ** 20;
  // Missing objects show only in the walk over what refs lead to, which runs beside the scan.
  const walking = options.since === undefined ? walkReachable(repository) : undefined;
  walking?.catch(() => {});
  const results = await runTasks(tasks, options.engine, options.workers, inline, (progress) => options.onProgress(progress, total));
  const walked = await walking;
  const places = await placesOf(repository, lists, results);
  return { results, places, skipped: [...notListed(lists), ...missing(walked?.missing ?? [])] };
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

async function placesOf(repository: GitRepository, lists: ObjectLists, results: readonly TaskResult[]): Promise<ReadonlyMap<string, readonly Place[]>> {
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
