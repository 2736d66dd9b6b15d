import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DekeyError, UsageError } from '../model/errors.ts';
import { visible } from '../support/escape.ts';
import { readText } from './files.ts';

/** One file to be replaced. */
export interface Replacing {
  /** Absolute, links resolved. */
  readonly root: string;
  readonly path: string;
  /** As the user would name it. */
  readonly name: string;
  /** SHA-256 of the bytes that have to be there. */
  readonly expected: string;
  readonly before: Buffer;
  readonly after: Buffer;
  /** Name of the new file beside it until it takes its place. */
  readonly temporary: string;
}

export function temporaryName(): string {
  return `.dekey-${randomBytes(8).toString('hex')}.tmp`;
}

export function isTemporaryName(name: string): boolean {
  return /^\.dekey-[0-9a-f]{16}\.tmp$/.test(name);
}

/**
 * Replaces all files or none: every new content is flushed beside its file first, then `record` runs, then the names change. A failure undoes what was done.
 *
 * @param record writes down how to undo it all, and returns how to take that back.
 * @throws UsageError when a file is not as expected; DekeyError when something cannot be written, or, worse, not be undone.
 */
export async function replaceAll(files: readonly Replacing[], record: () => Promise<{ readonly undo: string; readonly forget: () => Promise<void> }>): Promise<void> {
  // Between the first new name and the last there is nothing to interrupt.
  const wait = (): void => undefined;
  for (const signal of SIGNALS) process.on(signal, wait);
  try {
    await replaceUndisturbed(files, record);
  } finally {
    for (const signal of SIGNALS) process.off(signal, wait);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function replaceUndisturbed(files: readonly Replacing[], record: Parameters<typeof replaceAll>[1]): Promise<void> {
  const done: Replacing[] = [];
  let recorded: Awaited<ReturnType<typeof record>> | undefined;
  try {
    for (const file of files) {
      checkUnchanged(file);
      await writeBeside(file, file.after, file.temporary);
    }
    recorded = await record();
    for (const file of files) {
      checkUnchanged(file);
      await rename(join(folderOf(file), file.temporary), join(file.root, file.path));
      done.push(file);
    }
    await flushFolders(files);
  } catch (error) {
    for (const file of files) await rm(join(folderOf(file), file.temporary), { force: true }).catch(() => undefined);
    const stuck = await undo(done);
    if (stuck.length > 0) {
      throw new DekeyError(`writing failed halfway (${reasonOf(error)}), and ${stuck.map(({ name }) => visible(name)).join(', ')} could not be put back`, `Run: dekey apply --rollback ${visible(recorded?.undo ?? '')} --write`, { cause: error });
    }
    await recorded?.forget().catch(() => undefined);
    if (error instanceof DekeyError) throw error;
    throw new DekeyError(`cannot write: ${reasonOf(error)}`, 'All files are as they were. Mend that and run again.', { cause: error });
  }
}

/** A new file with the mode and the owner of the one that it is to replace, on the disk when this returns. */
async function writeBeside(file: Replacing, bytes: Buffer, temporary: string): Promise<void> {
  const status = await lstat(join(file.root, file.path));
  const handle = await open(join(folderOf(file), temporary), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0), 0o600);
  try {
    await handle.writeFile(bytes);
    const own = await handle.stat();
    // Before the mode: a change of owner takes special bits away.
    if (own.uid !== status.uid || own.gid !== status.gid) await handle.chown(status.uid, status.gid).catch(() => undefined);
    await handle.chmod(status.mode & 0o7777);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The path may have been given to another file, or a link put on the way, since it was read. */
function checkUnchanged(file: Replacing): void {
  const state = readText(file.root, file.path);
  if (state.kind === 'text' && state.sha256 === file.expected) return;
  throw new UsageError(`${visible(file.name)} has changed while dekey ran`, 'Nothing was written. Run again.');
}

async function undo(done: readonly Replacing[]): Promise<readonly Replacing[]> {
  const stuck: Replacing[] = [];
  for (const file of done.toReversed()) {
    const temporary = temporaryName();
    try {
      await writeBeside(file, file.before, temporary);
      await rename(join(folderOf(file), temporary), join(file.root, file.path));
    } catch {
      stuck.push(file);
      await rm(join(folderOf(file), temporary), { force: true }).catch(() => undefined);
    }
  }
  return stuck;
}

/** A new name is on the disk only when its folder is. Some systems cannot open folders. */
async function flushFolders(files: readonly Replacing[]): Promise<void> {
  for (const folder of new Set(files.map(folderOf))) await flushFolder(folder);
}

export async function flushFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Windows, and file systems that do not know it.
  }
}

function folderOf({ root, path }: Replacing): string {
  return dirname(join(root, path));
}

function reasonOf(error: unknown): string {
  if (error instanceof DekeyError) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const path = error instanceof Error && 'path' in error && typeof error.path === 'string' ? ` beside ${visible(basename(dirname(error.path)))}/` : '';
  return `${WORDS.get(code) ?? `the system said ${code || 'only that it failed'}`}${path}`;
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'permission denied'], ['EPERM', 'permission denied'], ['EROFS', 'the file system is read-only'], ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'], ['ENOENT', 'a folder is not there any more'], ['EBUSY', 'the file is in use'],
]);
