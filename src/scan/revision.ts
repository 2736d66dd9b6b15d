import { listTree } from '../sources/git/objects.ts';
import type { GitRepository } from '../sources/git/repository.ts';
import type { Place } from './assemble.ts';
import { runTasks } from './pool.ts';
import type { ArtifactResult, EngineOptions, Task, TaskResult } from './tasks.ts';

/** One file of a commit's tree, and what was found in it. */
export interface RevisionFile {
  readonly artifact: ArtifactResult;
  readonly place: Place;
}

/** What could not be read, by object. */
type Unread = TaskResult['skipped'];

/**
 * Scans the files that the tree of `commit` holds at `paths`, as they are stored: no work tree, no filters. Paths it does not hold are passed over.
 *
 * @param commit full object id.
 * @param tree what is asked about: paths with `/` from a folder of the repository, and how that folder begins (`app/`, or nothing for the root). A file is read
 *   under its path from there, as a scan of that folder reads it.
 */
export async function scanRevision(repository: GitRepository, commit: string, tree: { readonly prefix: string; readonly paths: ReadonlySet<string> }, engine: EngineOptions): Promise<{ readonly files: readonly RevisionFile[]; readonly unread: Unread }> {
  const { prefix, paths } = tree;
  const held = (await listTree(repository, commit)).flatMap(({ path, oid }) => {
    const inside = path.slice(prefix.length);
    return path.startsWith(prefix) && paths.has(inside) ? [{ path: inside, oid }] : [];
  });
  const files: RevisionFile[] = [];
  const unread: Unread[number][] = [];
  for (const round of rounds(held)) {
    const task: Task = { kind: 'objects', repository, objects: [...round.keys()], paths: [...round.values()] };
    for (const result of await runTasks([task], engine, 1, true, () => {})) {
      files.push(...result.artifacts.map((artifact) => ({ artifact, place: { path: round.get(artifact.name) ?? '' } })));
      unread.push(...result.skipped.map((one) => ({ ...one, name: round.get(one.name) ?? one.name })));
    }
  }
  return { files, unread };
}

/** Equal files are one object, but what a file means also depends on its path: each round has every object at most once. */
function rounds(files: readonly { readonly path: string; readonly oid: string }[]): Map<string, string>[] {
  const result: Map<string, string>[] = [];
  for (const { path, oid } of files) {
    let round = result.find((one) => !one.has(oid));
    if (round === undefined) result.push((round = new Map()));
    round.set(oid, path);
  }
  return result;
}
