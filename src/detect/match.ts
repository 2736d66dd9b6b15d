import type { Matcher } from './compile.ts';
import { inClass } from './prefilter/layout.ts';

/** A text window that a matcher may look at: one byte a character. */
export interface Window {
  readonly text: string;
  /** Offsets in `text` of the literal that opened the window. */
  readonly literalStart: number;
  readonly literalEnd: number;
}

/** Where a key stands inside a window, and the variable it is assigned to when the pattern itself says. */
export interface KeyMatch {
  readonly start: number;
  readonly end: number;
}

/** How many matches of one pattern in one window are looked at: a window is small, so more means hostile text. */
const MOST_MATCHES = 64;

/** All keys of `matcher` in the window whose match covers the literal. */
export function matchWindow(matcher: Matcher, window: Window): KeyMatch[] {
  const found: KeyMatch[] = [];
  const { pattern } = matcher;
  pattern.lastIndex = 0;
  for (let tries = 0; tries < MOST_MATCHES; tries += 1) {
    const match = pattern.exec(window.text);
    if (match === null || match.index >= window.literalEnd) break;
    const key = match.indices?.groups?.['key'];
    const end = match.index + match[0].length;
    // Go on one character later, so that a match that starts too early cannot hide the one that covers the literal.
    pattern.lastIndex = end > window.literalStart && key !== undefined && stands(window.text, key, matcher) ? Math.max(end, match.index + 1) : match.index + 1;
    if (key === undefined || end <= window.literalStart) continue;
    if (!stands(window.text, key, matcher)) continue;
    found.push({ start: key[0], end: key[1] });
  }
  return found;
}

function stands(text: string, [start, end]: [number, number], matcher: Matcher): boolean {
  return isFree(text, start, matcher) && !continues(text, end, matcher);
}

/** What a longer text goes on with, past a piece that has the shape of a key without a mark of its own: base64, a slug, an identifier. */
const GOES_ON = /^(?:[+/_-][A-Za-z0-9+/_-]{2}|={1,2}(?![A-Za-z0-9]))/;

function continues(text: string, end: number, { detector }: Matcher): boolean {
  const after = text[end];
  if (after === undefined) return false;
  return inClass(after, detector.boundary) || (detector.publicPrefix === '' && detector.proof === undefined && GOES_ON.test(text.slice(end, end + 4)));
}

/** What ends in a character of keys right before one, yet is no part of it: `\n`, `\u0022`, `\x22`, `%3D`, a terminal colour, `${NAME:-`. */
const ESCAPE_BEFORE = /(?::[-+=?]|\$\{\w{1,12}-|\\[nrtbfv]|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|%[0-9A-Fa-f]{2}|\u001b\[[0-9;]{0,12}m)$/;

/** True when nothing that belongs to a longer word stands before the key. */
function isFree(text: string, start: number, matcher: Matcher): boolean {
  const before = text[start - 1];
  if (before === undefined || !inClass(before, matcher.detector.boundary)) return true;
  return ESCAPE_BEFORE.test(text.slice(Math.max(0, start - 16), start));
}

/** `NAME = "`, `name: '`, `"NAME": "Bearer `, `--name `: the name a value is given to, read backwards from the value. */
const ASSIGNED = /([A-Za-z_][A-Za-z0-9_.-]{1,79})["'`\]\\)]{0,4}[ \t]{0,8}(?::=|=>|[:=,(]|[ \t])[ \t]{0,8}(?:[A-Za-z_.]{0,24}\()?[ \t]{0,8}(?:\\?["'`]){0,3}(?:Bearer |Token |Basic |Key )?$/;

/**
 * The name on the left of a value that starts at `at`, in the same line; undefined when none is seen.
 * @param isCut whether `text` may begin in the middle of a word
 */
export function assignedName(text: string, at: number, isCut: boolean): string | undefined {
  const from = Math.max(0, at - 160);
  const line = text.slice(from, at);
  const cut = Math.max(line.lastIndexOf('\n'), line.lastIndexOf('\\n') + 1);
  const start = cut > 0 ? cut + 1 : 0;
  const match = ASSIGNED.exec(line.slice(start));
  if (match === null) return undefined;
  // The end of a word longer than any name is no name; it may be the end of another key.
  const before = text[from + start + match.index - 1];
  return (before === undefined ? isCut : /[A-Za-z0-9_.-]/.test(before)) ? undefined : match[1];
}
