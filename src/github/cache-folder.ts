import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { DekeyError, UsageError } from '../model/errors.ts';
import { visible } from '../support/escape.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The folder for what may be thrown away at any time: `$DEKEY_CACHE_DIR`, `$XDG_CACHE_HOME/dekey` or `~/.cache/dekey`. */
export function cacheFolder(env: Environment): string {
  const own = env['DEKEY_CACHE_DIR'] ?? '';
  if (own !== '') {
    if (!isAbsolute(own)) throw new UsageError('DEKEY_CACHE_DIR is not an absolute path', 'Name a folder of your own by its whole path.');
    return own;
  }
  const shared = env['XDG_CACHE_HOME'] ?? '';
  return join(isAbsolute(shared) ? shared : join(homedir(), '.cache'), 'dekey');
}

/**
 * Makes a folder below the cache folder, and sees to it that each is a real folder of this user that nobody else can look into.
 *
 * @throws DekeyError when one of them is a link or somebody else's: what is kept may hold keys
 */
export function privateFolder(base: string, ...below: readonly string[]): string {
  mkdirSync(base, { recursive: true, mode: 0o700 });
  let folder = base;
  checkOwn(folder);
  for (const part of below) {
    folder = join(folder, part);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    checkOwn(folder);
  }
  return folder;
}

function checkOwn(folder: string): void {
  const status = lstatSync(folder);
  const uid = process.getuid?.();
  if (!status.isDirectory() || (uid !== undefined && status.uid !== uid)) {
    throw new DekeyError(`the cache folder ${visible(folder)} is not a folder of yours`, 'Name another with DEKEY_CACHE_DIR.');
  }
  if (process.platform !== 'win32' && (status.mode & 0o077) !== 0) chmodSync(folder, 0o700);
}

/** A name from outside as one part of a path: equal names only for equal texts, also where letter case does not count. */
export function folderName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9._-]/g, (char) => `%${(char.codePointAt(0) ?? 0).toString(16)}.`).replace(/^\.+$/, (dots) => dots.replaceAll('.', '%2e.'));
}
