import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, parse } from 'node:path';
import { isInside } from './paths.ts';

const found = new Map<string, string>();

/**
 * Absolute path of a program, looked for once in `PATH`. One inside the working directory or a folder of `avoid` is passed over: it may have come with what
 * is scanned. Undefined when there is none.
 */
export function findProgram(name: string, avoid: readonly string[] = []): string | undefined {
  const key = [name, ...avoid].join('\0');
  const known = found.get(key);
  if (known !== undefined) return known;
  // A root folder holds everything there is, so it can rule nothing out.
  const shunned = [process.cwd(), ...avoid].map(realpathOrSame).filter((folder) => parse(folder).root !== folder);
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const path = join(folder, file);
    if (!isProgram(path) || [path, realpathOrSame(path)].some((place) => shunned.some((bad) => isInside(bad, place)))) continue;
    found.set(key, path);
    return path;
  }
  return undefined;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function realpathOrSame(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
