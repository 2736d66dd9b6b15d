import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { UsageError } from '../model/errors.ts';
import { writeNewFile } from '../support/atomic-write.ts';
import { visible } from '../support/escape.ts';
import { isInside, isPlainRelative, toPosix } from '../support/paths.ts';
import { digestOf, linkOnTheWay } from './files.ts';
import { type ByteSplice, spliceBytes } from './splices.ts';
import { misfit, type Shape } from './shape.ts';
import { flushFolder, isTemporaryName } from './write.ts';

/** How to take back what one run of `dekey apply --write` has written: `rollback-1.json` in the folder of the plan. */
export interface Rollback {
  readonly schemaVersion: '1.0';
  readonly kind: 'dekey-rollback';
  readonly tool: { readonly name: 'dekey'; readonly version: string };
  /** SHA-256 of the plan.json that was applied. */
  readonly plan: string;
  /** `root` leads from the folder of this file to the target. */
  readonly targets: readonly { readonly id: string; readonly name: string; readonly root: string }[];
  readonly files: readonly RollbackFile[];
}

export interface RollbackFile {
  readonly target: string;
  readonly path: string;
  readonly sha256: { readonly before: string; readonly after: string };
  /** What gives the bytes before when it is done to those after. */
  readonly undo: readonly ByteSplice[];
  /** What a run that was killed may have left beside the file. */
  readonly temporary: string;
  readonly changes: readonly { readonly id: string; readonly rewriter: string; readonly migrations: readonly string[]; /** As in {@link Change}: a later run needs it, when the key is no longer there to tell. */ readonly standsAlone?: true }[];
}

export interface RollbackRead {
  readonly rollback: Rollback;
  readonly file: string;
  readonly folder: string;
}

const NAME = /^rollback-([1-9]\d{0,8})\.json$/;
const LARGEST = 256 * 2 ** 20;
const SHAPE: Shape = {
  fields: {
    schemaVersion: { oneOf: ['1.0'] },
    kind: { oneOf: ['dekey-rollback'] },
    plan: 'digest',
    targets: { list: { fields: { id: 'line', name: 'text', root: 'text' } } },
    files: {
      list: {
        fields: {
          target: 'line', path: 'text', temporary: 'line', sha256: { fields: { before: 'digest', after: 'digest' } },
          undo: { list: { fields: { start: 'count', end: 'count', text: 'text' } } },
          changes: { list: { fields: { id: 'text', rewriter: 'line', migrations: { list: 'line' }, standsAlone: { optional: 'boolean' } } } },
        },
      },
    },
  },
};

/**
 * Reads a rollback file.
 *
 * @throws UsageError naming the file, the part that is wrong, and what to do.
 */
export function readRollback(path: string, name: string): RollbackRead {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) throw new UsageError(`there is no rollback file ${name}`, 'Name the rollback-N.json that dekey apply --write has left in the folder of the plan.');
  if (!status.isFile() || status.size > LARGEST) throw new UsageError(`${name} is not a rollback file`, 'Name the rollback-N.json in the folder of the plan.');
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${name} cannot be read as JSON`, 'Name the rollback-N.json in the folder of the plan.', { cause: error });
  }
  const fault = misfit(value, SHAPE);
  if (fault !== undefined) throw new UsageError(`${name} is not a whole rollback file: ${fault}`, 'Restore the files from version control instead.');
  // Checked above.
  const rollback = value as Rollback;
  const odd = unsound(rollback);
  if (odd !== undefined) throw new UsageError(`${name} is not a sound rollback file: ${odd}`, 'Restore the files from version control instead.');
  return { rollback, file: resolve(path), folder: realpathSync(dirname(resolve(path))) };
}

function unsound({ targets, files }: Rollback): string | undefined {
  const ids = new Set(targets.map(({ id }) => id));
  const seen = new Set<string>();
  for (const [index, { target, path, temporary }] of files.entries()) {
    if (!ids.has(target)) return `files[${index}].target is no target of it`;
    if (!isPlainRelative(path)) return `files[${index}].path leads out of its target`;
    if (!isTemporaryName(temporary)) return `files[${index}].temporary is not a name of ours`;
    if (seen.has(`${target}\n${path}`)) return `files[${index}] is listed twice`;
    seen.add(`${target}\n${path}`);
  }
  return undefined;
}

/** Rollback files in the folder of a plan, in the order in which they were written; those that cannot be read are left out. */
export function rollbacksIn(folder: string, plan: string): readonly Rollback[] {
  return numbersIn(folder).flatMap((number): readonly Rollback[] => {
    const path = join(folder, `rollback-${number}.json`);
    try {
      const { rollback } = readRollback(path, path);
      return rollback.plan === plan ? [rollback] : [];
    } catch {
      return [];
    }
  });
}

function numbersIn(folder: string): readonly number[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const number = NAME.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  }).toSorted((a, b) => a - b);
}

/** Writes the next rollback file of `folder`, flushed. */
export async function writeRollback(folder: string, rollback: Rollback): Promise<{ readonly file: string; readonly forget: () => Promise<void> }> {
  const file = join(folder, `rollback-${(numbersIn(folder).at(-1) ?? 0) + 1}.json`);
  await writeNewFile(file, `${JSON.stringify(rollback, undefined, 2)}\n`);
  await flushFolder(folder);
  return { file, forget: () => rm(file, { force: true }) };
}

/** From the folder of a rollback file to a target, with `/`. */
export function rootFrom(folder: string, root: string): string {
  return toPosix(relative(folder, root)) || '.';
}

/**
 * Where a rollback file says that a target lies. It may come from anywhere, so it is taken on its word only for folders in the one of the run, or in the one
 * that the plan's folder lies in.
 */
export function trustedRoot(read: RollbackRead, root: string, cwd: string): string | undefined {
  const full = resolve(read.folder, root);
  return isInside(cwd, full) || isInside(dirname(read.folder), full) ? full : undefined;
}

/**
 * The bytes that were there before.
 *
 * @throws UsageError when the rollback file does not lead to them.
 */
export function restored(file: RollbackFile, bytes: Buffer): Buffer {
  const before = spliceBytes(bytes, file.undo);
  if (before !== undefined && digestOf(before) === file.sha256.before) return before;
  throw new UsageError(`the rollback file does not restore ${visible(file.path)}: it has been changed`, 'Nothing was written. Restore the files from version control instead.');
}

/** Takes away what a run that was killed has left beside the files. */
export async function removeTemporaries(root: string, files: readonly Pick<RollbackFile, 'path' | 'temporary'>[]): Promise<void> {
  for (const { path, temporary } of files) {
    const folder = dirname(path) === '.' ? '' : `${dirname(path)}/`;
    if (linkOnTheWay(root, folder + temporary) === undefined) await rm(join(root, folder + temporary), { force: true }).catch(() => undefined);
  }
}

/** What earlier runs of one plan have left, by file. */
export class History {
  readonly #entries = new Map<string, RollbackFile[]>();

  constructor(rollbacks: readonly Rollback[]) {
    for (const { files } of rollbacks) {
      for (const file of files) {
        const key = `${file.target}\n${file.path}`;
        this.#entries.set(key, [...(this.#entries.get(key) ?? []), file]);
      }
    }
  }

  /** The files of a target that runs of ours have written, each as often as it was. */
  filesOf(target: string): readonly RollbackFile[] {
    return [...this.#entries.values()].flat().filter((file) => file.target === target);
  }

  /** Every state in which a run of ours has seen or left the file. */
  hashes(target: string, path: string): readonly string[] {
    return (this.#entries.get(`${target}\n${path}`) ?? []).flatMap(({ sha256 }) => [sha256.before, sha256.after]);
  }

  /** The changes that are in the file as it is now. */
  made(target: string, path: string, current: string, planned: string | null): RollbackFile['changes'] {
    const entries = this.#entries.get(`${target}\n${path}`) ?? [];
    const made: RollbackFile['changes'][number][] = [];
    let hash = current;
    let to = entries.length;
    while (hash !== planned) {
      const at = entries.slice(0, to).findLastIndex(({ sha256 }) => sha256.after === hash);
      const entry = entries[at];
      if (entry === undefined) break;
      made.push(...entry.changes);
      hash = entry.sha256.before;
      to = at;
    }
    return made;
  }
}
