import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, open, rename, rm } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { DekeyError } from '../model/errors.ts';
import { visible } from './escape.ts';
import { isInside } from './paths.ts';

/**
 * Writes a text file whole or not at all: a new file with mode 0600 beside `path`, flushed, then put in place in one step.
 *
 * An existing regular file is replaced only with `overwrite`. Links, folders and special files are never written to or through.
 *
 * @throws DekeyError naming the path and what to do.
 */
export async function writeNewFile(path: string, text: string, options: { readonly overwrite?: boolean } = {}): Promise<void> {
  const target = resolve(path);
  const folder = dirname(target);
  await refuseLinkedFolders(path, folder);
  await refuseTarget(path, target, options.overwrite ?? false);
  const temporary = join(folder, `.dekey-${randomBytes(8).toString('hex')}.tmp`);
  try {
    const handle = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0), 0o600);
    try {
      await handle.writeFile(text, 'utf8');
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (options.overwrite) await rename(temporary, target);
    else await placeNew(temporary, target);
  } catch (error) {
    throw writeError(path, error);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** A hard link fails when the name was taken meanwhile, which a rename would overwrite. */
async function placeNew(temporary: string, target: string): Promise<void> {
  try {
    await link(temporary, target);
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS' && code !== 'EXDEV') throw error;
    // File systems without hard links: claim the name, then replace our own empty file.
    await (await open(target, 'wx', 0o600)).close();
    try {
      await rename(temporary, target);
    } catch (failure) {
      await rm(target, { force: true });
      throw failure;
    }
  }
}

/** Folders inside the working directory may come from a scanned repository; a link among them could lead the file anywhere. */
async function refuseLinkedFolders(path: string, folder: string): Promise<void> {
  const base = process.cwd();
  if (!isInside(base, folder)) return;
  let current = base;
  for (const name of relative(base, folder).split(sep).filter((part) => part !== '')) {
    current = join(current, name);
    const status = await lstat(current).catch(() => undefined);
    if (status?.isSymbolicLink()) {
      throw new DekeyError(`cannot write ${visible(path)}: the folder ${visible(current)} is a symbolic link`, 'Name the folder it points to instead.');
    }
  }
}

async function refuseTarget(path: string, target: string, overwrite: boolean): Promise<void> {
  let status;
  try {
    status = await lstat(target);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw writeError(path, error);
  }
  if (status.isSymbolicLink()) throw new DekeyError(`cannot write ${visible(path)}: it is a symbolic link`, 'Remove the link, or name the file it points to.');
  if (status.isDirectory()) throw new DekeyError(`cannot write ${visible(path)}: it is a folder`, 'Name a file inside it.');
  if (!status.isFile()) throw new DekeyError(`cannot write ${visible(path)}: it is not a regular file`, 'Name another file.');
  if (!overwrite) throw existsError(path);
}

function existsError(path: string, cause?: unknown): DekeyError {
  return new DekeyError(`cannot write ${visible(path)}: it exists already`, 'Name another file, or remove this one first.', { cause });
}

const FIXES: ReadonlyMap<string, readonly [why: string, fix: string]> = new Map([
  ['ENOENT', ['the folder does not exist', 'Create the folder first.']],
  ['ENOTDIR', ['a part of the path is a file, not a folder', 'Name a file in an existing folder.']],
  ['EACCES', ['permission denied', 'Choose a folder you may write to.']],
  ['EPERM', ['permission denied', 'Choose a folder you may write to.']],
  ['EROFS', ['the file system is read-only', 'Choose a folder on a writable file system.']],
  ['ENOSPC', ['the disk is full', 'Free some space and run again; nothing was left behind.']],
  ['EDQUOT', ['the disk quota is used up', 'Free some space and run again; nothing was left behind.']],
  ['EFBIG', ['the file would be larger than allowed', 'Raise the file size limit and run again; nothing was left behind.']],
  ['ENAMETOOLONG', ['the name is too long', 'Choose a shorter name.']],
]);

function writeError(path: string, error: unknown): DekeyError {
  if (error instanceof DekeyError) return error;
  const code = codeOf(error);
  if (code === 'EEXIST') return existsError(path, error);
  const [why, fix] = FIXES.get(code) ?? [`the system said ${code || 'only that it failed'}`, 'Choose another place and run again.'];
  return new DekeyError(`cannot write ${visible(path)}: ${why}`, fix, { cause: error });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
