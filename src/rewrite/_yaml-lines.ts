/** Where things stand in the lines of a YAML text, and cuts and insertions that respect them. */
import type { Splice } from '../model/change.ts';
import type { YamlEntry, YamlNode } from '../support/yaml.ts';

type YamlCollection = Exclude<YamlNode, { readonly kind: 'scalar' }>;

/** Why an edit is not made: caught where edits are made together. */
export class CannotEdit extends Error {}

export function outerOf(node: YamlNode): { readonly start: number; readonly end: number } {
  return node.kind === 'scalar' ? node.outer : node.range;
}

export function isFlow(text: string, node: YamlCollection): boolean {
  const open = text[node.range.start];
  return open === '{' || open === '[';
}

/** With the quote before the key. */
export function keyStart(text: string, { keyRange }: YamlEntry): number {
  const before = text[keyRange.start - 1];
  const start = (before === '"' || before === "'") && text[keyRange.end] === before ? keyRange.start - 1 : keyRange.start;
  if (/\?[ \t]*$/.test(text.slice(lineStart(text, start), start))) throw new CannotEdit('its key is written with a question mark');
  return start;
}

export function colonAfter(text: string, at: number): number {
  const rest = /^["']?[ \t]*:/.exec(text.slice(at, at + 40));
  return rest === null ? at : at + rest[0].length;
}

export function lineStart(text: string, at: number): number {
  return at <= 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
}

/** After the line end; the end of the text when there is none. */
export function lineEnd(text: string, at: number): number {
  // A block scalar's own end may be just behind its line end.
  if (at > 0 && text[at - 1] === '\n') return at;
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end + 1;
}

export function requireRestIsComment(rest: string): void {
  if (!/^[ \t]*(?:#.*)?(?:\r?\n)?$/.test(rest)) throw new CannotEdit('something else stands on its last line');
}

export function columnText(text: string, at: number): string {
  return text.slice(lineStart(text, at), at).replace(/^\uFEFF/, '').replace(/[^\t]/g, ' ');
}

export function dashOf(text: string, at: number): number {
  const start = lineStart(text, at);
  const dash = text.slice(start, at).search(/-[ \t]*(?:[&!]\S+[ \t]+)*$/);
  if (dash === -1) throw new CannotEdit('its dash stands on another line');
  return start + dash;
}

export function isBlankBefore(text: string, at: number): boolean {
  let start = at;
  for (;;) {
    const previous = lineStart(text, Math.max(0, start - 1));
    const line = text.slice(previous, start).trim();
    if (previous === start) return false;
    if (line === '') return true;
    if (!line.startsWith('#')) return false;
    start = previous;
  }
}

export function indented(text: string, indent: string): string {
  return text.replace(/^(?=[^\n])/gm, indent);
}

/** Gives `- ` of each item another width, and its further lines the indentation that follows. */
export function restyle(text: string, width: number): string {
  if (width === 1) return text;
  const pad = ' '.repeat(width - 1);
  return text.replace(/^- /gm, `- ${pad}`).replace(/^ {2}(?=\S| )/gm, `  ${pad}`);
}

/** A line of a block map as it stands between braces: no comment, and quotes round what would end the value there. */
export function flowEntry(line: string): string {
  const [, key, value] = /^([\w.-]+): (\S.*?)(?:[ \t]+#.*)?$/.exec(line) ?? [];
  if (key === undefined || value === undefined) throw new CannotEdit('it does not fit between braces');
  if (!/[[\]{},#]/.test(value) || /^(["'])[^"'\\]*\1$/.test(value)) return `${key}: ${value}`;
  if (/["\\]/.test(value)) throw new CannotEdit('it does not fit between braces');
  return `${key}: "${value}"`;
}

/** One of several between braces, with the comma that goes with it. */
export function cutFromFlow(text: string, from: number, to: number): Splice {
  const after = /^[ \t]*,[ \t]*/.exec(text.slice(to, to + 80));
  if (after !== null) return { start: from, end: to + after[0].length, text: '' };
  const before = /,[ \t]*$/.exec(text.slice(Math.max(0, from - 80), from));
  if (before === null) throw new CannotEdit('its comma stands on another line');
  return { start: from - before[0].length, end: to, text: '' };
}

/** Start of the comment lines right above the line at `start` that are indented like it; `start` when there is none. */
export function commentsAbove(text: string, start: number, indent: string): number {
  let at = start;
  while (at > 0) {
    const previous = lineStart(text, at - 1);
    const line = text.slice(previous, at);
    if (!/^[ \t]*#/.test(line) || line.slice(0, line.indexOf('#')) !== indent) break;
    at = previous;
  }
  return at;
}

/** The next line from `from` on (a line's start) that ends a document. */
export function documentMark(text: string, from: number): number | undefined {
  const mark = /^(?:---|\.\.\.)(?=[ \t\r\n]|$)/gm;
  mark.lastIndex = from;
  return mark.exec(text)?.index;
}

/** A block scalar that keeps the blank lines behind it. */
export const KEEPS_BLANKS = /[|>][0-9]?\+/;

/** Where what goes from `start` ends: of two blank lines that would meet one goes too, and one that would stand at the beginning of a list. */
export function blankBelow(text: string, start: number, end: number, isFirst: boolean): number {
  if (KEEPS_BLANKS.test(text)) return end;
  const next = lineEnd(text, end + 1);
  if (end >= text.length || text.slice(end, next).trim() !== '') return end;
  const previous = lineStart(text, Math.max(0, start - 1));
  return isFirst || text.slice(previous, start).trim() === '' ? next : end;
}

/** Where what goes up to `end` begins: at the end of a file the blank lines above go too, lest it end with them. They may be part of a block scalar that keeps them. */
export function blanksAbove(text: string, start: number, end: number): number {
  if (end < text.length || KEEPS_BLANKS.test(text)) return start;
  let at = start;
  while (at > 0) {
    const previous = lineStart(text, at - 1);
    if (previous === at || text.slice(previous, at).trim() !== '' || text.charCodeAt(previous) === 0xfeff) break;
    at = previous;
  }
  return at;
}
