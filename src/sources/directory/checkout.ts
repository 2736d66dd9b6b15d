import { lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { isInside, toPosix } from '../../support/paths.ts';
import { readFileSafelySync } from './read.ts';

/** The git work tree that a folder belongs to. */
export interface Checkout {
  /** Absolute, resolved: the folder that holds `.git`. */
  readonly root: string;
  /** The folder of `info/exclude`: the shared one, in a linked work tree. */
  readonly commonDir: string;
  /** The asked folder below `root`, with `/`; '' for the root itself. */
  readonly prefix: string;
}

const POINTER_SIZE = 64 * 1024;

/** Looks for `.git` in `folder` and above it, to the root of the file system. No git is run and no configuration is read. */
export function findCheckout(folder: string): Checkout | undefined {
  const start = realpathSync(folder);
  for (let at = start; ; at = dirname(at)) {
    const gitDir = gitDirOf(at, at === start);
    if (gitDir !== undefined) return { root: at, commonDir: commonDirOf(gitDir), prefix: toPosix(relative(at, start)) };
    if (dirname(at) === at) return undefined;
  }
}

/** The git folder that `folder/.git` is, or, being a file, points to. */
function gitDirOf(folder: string, named: boolean): string | undefined {
  const dotGit = join(folder, '.git');
  const status = lstatSync(dotGit, { throwIfNoEntry: false });
  if (status === undefined) return undefined;
  // Above the folder that was named, another user's repository has no say about what is looked at.
  if (!named && process.getuid !== undefined && status.uid !== process.getuid()) return undefined;
  if (status.isDirectory()) return isFile(join(dotGit, 'HEAD')) ? dotGit : undefined;
  if (status.isSymbolicLink()) return linkedInside(folder, dotGit);
  const pointer = firstLine(dotGit);
  if (pointer === undefined || !pointer.startsWith('gitdir:')) return undefined;
  const target = resolve(folder, pointer.slice('gitdir:'.length).trim());
  return isFile(join(target, 'HEAD')) ? target : undefined;
}

/** A link is taken for a git folder only while it stays in its own work tree. */
function linkedInside(folder: string, dotGit: string): string | undefined {
  try {
    const target = realpathSync(dotGit);
    return isInside(folder, target) && isFile(join(target, 'HEAD')) ? target : undefined;
  } catch {
    return undefined;
  }
}

function commonDirOf(gitDir: string): string {
  const pointer = firstLine(join(gitDir, 'commondir'));
  return pointer === undefined || pointer === '' ? gitDir : resolve(gitDir, pointer);
}

/** HEAD may be a link in very old repositories, so links are followed here; nothing is read. */
function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  } catch {
    return false;
  }
}

function firstLine(path: string): string | undefined {
  const read = readFileSafelySync(path, POINTER_SIZE);
  return read.kind === 'bytes' ? (read.bytes.toString('utf8').split('\n')[0] ?? '').trim() : undefined;
}
