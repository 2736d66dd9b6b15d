import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { TargetError, UsageError } from '../model/errors.ts';
import { visible } from '../support/escape.ts';
import { readText } from './files.ts';

/** A target with the folder it lies in. */
export interface Rooted {
  readonly id: string;
  readonly name: string;
  /** Absolute, links resolved. */
  readonly root: string;
}

/** What tells whether a folder is the one that was planned. */
export interface Expected {
  readonly path: string;
  /** Hashes of the file as planned and as runs of ours left it. */
  readonly hashes: ReadonlySet<string>;
}

/**
 * The folder of every target: what its name leads to from the first base where its files are as expected, else where most of them are there.
 *
 * @param bases absolute folders that names are relative to, best first.
 * @param override `--root`: the folder of the only target.
 * @throws TargetError naming the targets that are no folder on this machine.
 */
export function findRoots(targets: readonly { readonly id: string; readonly name: string }[], expected: (target: string) => readonly Expected[], bases: readonly string[], override?: string): readonly Rooted[] {
  if (override !== undefined) {
    const [only, ...others] = targets;
    if (only === undefined || others.length > 0) throw new UsageError(`--root says where one target lies, and there are ${targets.length}`, `Run dekey in the folder that their names are relative to: ${targets.map(({ name }) => visible(name)).join(', ')}.`);
    const root = folderAt(override, expected(only.id));
    if (root === undefined) throw new TargetError(`--root ${visible(override)} is not a folder`, 'Name the folder that was planned.');
    return [{ ...only, root }];
  }
  const missing: string[] = [];
  const roots = targets.flatMap(({ id, name }): Rooted[] => {
    const files = expected(id);
    const folders = [...new Set(bases.flatMap((base) => folderAt(resolve(base, name), files) ?? []))];
    const best = folders.map((root) => ({ root, score: scoreOf(root, files) })).toSorted((a, b) => b.score - a.score)[0];
    if (best !== undefined) return [{ id, name, root: best.root }];
    missing.push(name);
    return [];
  });
  if (missing.length > 0) throw new TargetError(`${missing.map(visible).join(', ')} of the plan ${missing.length === 1 ? 'is' : 'are'} no folder here`, 'Run dekey where the plan was made, or say with --root where the target lies.');
  return roots;
}

/** A target may be one file: then it is the only one of its folder. */
function folderAt(path: string, files: readonly Expected[]): string | undefined {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status?.isDirectory() === true) return realpathSync(path);
  return status?.isFile() === true && files.every((file) => file.path === basename(path)) ? realpathSync(dirname(path)) : undefined;
}

/** Files that are as expected count; those that are only there decide between folders where none is. */
function scoreOf(root: string, files: readonly Expected[]): number {
  let score = 0;
  for (const { path, hashes } of files) {
    const state = readText(root, path);
    if (state.kind !== 'missing') score += 1;
    if (state.kind === 'text' && hashes.has(state.sha256)) score += files.length + 1;
  }
  return score;
}
