import type { DiffLine, Hunk } from '../model/apply.ts';

/** One file's part of a patch as `git apply` takes it. `path` is relative to the top of the repository, with `/`. */
export function gitPatch(path: string, hunks: readonly Hunk[]): string {
  if (hunks.length === 0) return '';
  return `diff --git ${quoted(`a/${path}`)} ${quoted(`b/${path}`)}\n--- ${named(`a/${path}`)}\n+++ ${named(`b/${path}`)}\n${unifiedText(hunks)}`;
}

/** A name with a blank is closed by a tab, as git does: what comes after a blank could be a date. */
function named(path: string): string {
  const text = quoted(path);
  return text === path && path.includes(' ') ? `${text}\t` : text;
}

const NAMED_BYTES: ReadonlyMap<number, string> = new Map([[7, 'a'], [8, 'b'], [9, 't'], [10, 'n'], [11, 'v'], [12, 'f'], [13, 'r'], [0x22, '"'], [0x5c, '\\']]);

/** As git quotes names that hold controls, quotes, backslashes or anything beyond ASCII (core.quotePath). */
function quoted(path: string): string {
  if (/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(path)) return path;
  let text = '';
  for (const byte of Buffer.from(path, 'utf8')) {
    const name = NAMED_BYTES.get(byte);
    if (name !== undefined) text += `\\${name}`;
    else text += byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
  }
  return `"${text}"`;
}

/** The hunks in the words of a unified diff, without the names of files. */
export function unifiedText(hunks: readonly Hunk[]): string {
  return hunks.map(({ oldStart, oldLines, newStart, newLines, lines }) => `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@\n${lines.map(unifiedLine).join('')}`).join('');
}

const SIGNS = { same: ' ', removed: '-', added: '+' } as const;

function unifiedLine({ kind, text, ending }: DiffLine): string {
  return `${SIGNS[kind]}${text}${ending === '' ? '\n\\ No newline at end of file\n' : ending}`;
}
