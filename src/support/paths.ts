import { sep } from 'node:path';

/** Orders two strings as their UTF-8 bytes would be ordered, as git does; `<` alone differs above U+FFFF. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x !== y) return sortable(x) - sortable(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above every other code unit, so they are moved behind U+E000 to U+FFFF. */
function sortable(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** True when `path` is `root` or lies below it. Both absolute and free of `..`; links are not resolved here. */
export function isInside(root: string, path: string): boolean {
  if (path === root) return true;
  return path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/** `a\b` to `a/b` where the platform separates with `\`; elsewhere `\` is an ordinary character of a name. */
export function toPosix(path: string): string {
  return sep === '\\' ? path.replaceAll('\\', '/') : path;
}

/**
 * True for a relative path with `/` that stays below its root wherever it is joined: no empty, `.` or `..` segment, no NUL, no drive,
 * and no `.git` segment in any letter case (file systems that fold case would open the real one).
 */
export function isPlainRelative(path: string): boolean {
  if (path.includes('\0') || (sep === '\\' && /[\\:]/.test(path))) return false;
  return path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..' && segment.toLowerCase() !== '.git');
}
