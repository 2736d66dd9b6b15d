import type { Problem } from '../model/reference.ts';
import { visible } from '../support/escape.ts';

export interface AllowComments {
  /** Line, from 1, to the reason given for it. */
  readonly lines: ReadonlyMap<number, string>;
  /** Comments without a reason: they allow nothing. */
  readonly problems: readonly Problem[];
}

const MARKER = 'dekey:allow';
const LONGEST_REASON = 300;

/**
 * Finds `dekey:allow REASON` in comments. One after code allows its own line; one that stands alone allows the next line as well. Any comment syntax will do:
 * `#`, `//`, `--`, `;`, `%`, `<!-- -->`, and a block comment's first or further lines.
 *
 * @param path for the problems.
 */
export function allowComments(text: string, path: string): AllowComments {
  const lines = new Map<number, string>();
  const problems: Problem[] = [];
  let line = 1;
  let counted = 0;
  for (let at = text.indexOf(MARKER); at >= 0; at = text.indexOf(MARKER, at)) {
    line += countLineEnds(text, counted, at);
    counted = at;
    const start = lineStart(text, at);
    const end = lineEnd(text, at);
    const comment = readComment(text, start, at, end);
    if (comment?.reason === '') {
      problems.push({ path, line, message: `${MARKER} without a reason allows nothing`, fix: `Say why, on the same line: ${MARKER} REASON` });
    } else if (comment !== undefined) {
      // What stands on the line itself is nearer than what came from the line above.
      lines.set(line, comment.reason);
      if (comment.alone) lines.set(line + 1, comment.reason);
    }
    at = end;
  }
  return { lines, problems };
}

/** Counts the ends that `LineIndex` counts: `\n`, `\r\n`, a lone `\r`. */
function countLineEnds(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 10 || (code === 13 && text.charCodeAt(at + 1) !== 10)) count += 1;
  }
  return count;
}

function lineStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && !isLineEnd(text.charCodeAt(start - 1))) start -= 1;
  return start;
}

function lineEnd(text: string, at: number): number {
  let end = at;
  while (end < text.length && !isLineEnd(text.charCodeAt(end))) end += 1;
  return end;
}

function isLineEnd(code: number): boolean {
  return code === 10 || code === 13;
}

/** Undefined when the marker is not in a comment, or is the start of a longer word. */
function readComment(text: string, start: number, marker: number, end: number): { reason: string; alone: boolean } | undefined {
  const before = text.slice(start, marker);
  const after = text.slice(marker + MARKER.length, end);
  const opener = lastOpener(before);
  if (opener === undefined || /^[\w-]/.test(after)) return undefined;
  const close = closerAt(after);
  const said = (close < 0 ? after : after.slice(0, close)).replace(/^[\s:]+/, '').trimEnd();
  const reason = /[\p{L}\p{N}]/u.test(said) ? visible(said.slice(0, LONGEST_REASON)) : '';
  const rest = close < 0 ? '' : after.slice(close).replace(/^(?:-->|\*\/)/, '');
  return { reason, alone: before.slice(0, opener).trim() === '' && rest.trim() === '' };
}

function closerAt(text: string): number {
  const places = [text.indexOf('-->'), text.indexOf('*/')].filter((place) => place >= 0);
  return places.length === 0 ? -1 : Math.min(...places);
}

/** Where the comment that reaches to the end of `before` opens: its first opener after the last that is closed. */
function lastOpener(before: string): number | undefined {
  const first = before.search(/\S/);
  let found: number | undefined;
  let closer: string | undefined;
  for (let at = Math.max(0, first); at < before.length; at += 1) {
    if (found === undefined) {
      if (!opensAt(before, at, first)) continue;
      found = at;
      closer = before.startsWith('<!--', at) ? '-->' : before[at] === '*' || before.startsWith('/*', at) ? '*/' : undefined;
    } else if (closer !== undefined && before.startsWith(closer, at)) {
      found = undefined;
    }
  }
  return found;
}

/** Marks that also occur inside words and addresses count only after a space or at the start of the line. */
function opensAt(text: string, at: number, first: number): boolean {
  if (text.startsWith('<!--', at) || text.startsWith('/*', at)) return true;
  if (text.startsWith('//', at)) return text[at - 1] !== ':';
  const char = text[at];
  if (char === '*') return at === first;
  return (at === 0 || /\s/.test(text[at - 1] ?? '')) && (char === '#' || char === ';' || char === '%' || text.startsWith('--', at));
}
