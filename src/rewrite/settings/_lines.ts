import type { Splice } from '../../model/change.ts';
import { LineIndex } from '../../support/lines.ts';

/** Offset of the first character of the line at `offset`; a byte-order mark is no part of the first line. */
export function lineStart(text: string, offset: number): number {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return start === 0 && text.charCodeAt(0) === 0xfeff ? 1 : start;
}

/** Offset behind the last character of the line at `offset`, its line end left out. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  if (end === -1) return text.length;
  return end > offset && text[end - 1] === '\r' ? end - 1 : end;
}

/** Offset of the line after the one at `offset`; the end of the text behind the last. */
export function nextLine(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end + 1;
}

/** From 1. */
export function lineNumber(text: string, offset: number): number {
  if (asked?.text !== text) asked = { text, index: new LineIndex(text) };
  return asked.index.position(offset).line;
}

/** Of the text that was asked about last: many questions are about one file. */
let asked: { readonly text: string; readonly index: LineIndex } | undefined;

/** Whole lines that go, from the start of one to the start of another, and what stands in their place: lines that end with `\n`, or nothing. */
export interface LineCut {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The splices of `cuts`, which do not overlap. Lines between two blank ones take one of these with them, and a file without a final line end keeps having none.
 */
export function cutLines(text: string, cuts: readonly LineCut[]): readonly Splice[] {
  const joined: { start: number; end: number; text: string }[] = [];
  for (const cut of cuts.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last?.end === cut.start) {
      last.end = cut.end;
      last.text += cut.text;
    } else joined.push({ ...cut });
  }
  const splices: Splice[] = [];
  let taken = lineStart(text, 0);
  for (const { start, end, text: put } of joined) {
    const splice = put === '' ? bareCut(text, start, end, taken) : { start, end, text: end === text.length && text[end - 1] !== '\n' ? put.replace(/\n$/, '') : put };
    taken = splice.end;
    splices.push(splice);
  }
  return splices;
}

/** `taken`: what stands before it goes already. */
function bareCut(text: string, start: number, end: number, taken: number): Splice {
  const first = start === lineStart(text, 0);
  const above = first ? start : text.lastIndexOf('\n', start - 2) + 1;
  const blankBefore = first || (above >= taken && text.slice(above, start).trim() === '');
  if (end === text.length) {
    // The last lines: a blank one above them would end the file, and the line end above goes where the last line had none.
    if (first) return { start, end, text: '' };
    const before = Math.max(blankBefore ? above : start, taken);
    return { start: text[end - 1] === '\n' || before === taken ? before : beforeLineEnd(text, before), end, text: '' };
  }
  const next = nextLine(text, end);
  return { start, end: blankBefore && text.slice(end, next).trim() === '' ? next : end, text: '' };
}

function beforeLineEnd(text: string, start: number): number {
  if (text[start - 1] !== '\n') return start;
  return text[start - 2] === '\r' ? start - 2 : start - 1;
}
