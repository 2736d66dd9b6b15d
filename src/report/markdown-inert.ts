import { printable } from './scanned.ts';

/** Text from outside inside a table or a sentence: no markup of its own, one line. */
export function cell(text: string): string {
  return printable(text).replace(/[\\`*_[\]<>|#!~]/g, (sign) => `\\${sign}`).replaceAll('\\`', '&#96;').replaceAll('\\<', '&lt;').replaceAll('\\>', '&gt;');
}

/** The same inside a code span; a span with a backquote needs a longer fence. */
export function code(text: string): string {
  const clean = printable(text).replaceAll('|', '\\|');
  const longest = Math.max(0, ...[...clean.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `\`${clean}\`` : `${fence} ${clean} ${fence}`;
}

/** What GitHub makes something of, in a description or a comment: markup, mentions, numbers of issues, addresses, formulas, and e-mail addresses. */
const ACTS = /[@#`<>[\]!*_|~\\$&]|:\/\/|^www\.|\bGH-\d|^[0-9a-f]{7,64}\W*$/i;

/** Whether GitHub would make something of a word of `text`. */
export function isInert(text: string): boolean {
  return !text.split(/\s+/).some((word) => ACTS.test(word));
}

/**
 * A sentence from outside for a place where GitHub reads more than Markdown: it links `@team`, `#1` and addresses wherever they stand in a text, even
 * behind a backslash, and closes issues that a text says it closes. In a code span it does none of that, so each such word becomes one. One line, at most
 * `most` characters.
 */
export function inert(text: string, most = 300): string {
  const line = shortened(printable(text), most);
  return line.split(/ +/).map((word) => (ACTS.test(word) ? spanned(word) : word)).join(' ').trim();
}

/** The code span holds the word, and not the comma behind it. */
function spanned(word: string): string {
  const [, head = '', core = '', tail = ''] = /^(["'(“‘]*)(.*?)([.,;:)"'”’]*)$/su.exec(word) ?? [];
  return core === '' ? code(word) : head + code(core) + tail;
}

/** At most `most` characters, cut at the end, without half a character. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
