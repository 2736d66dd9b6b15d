import type { Splice } from '../model/change.ts';
import type { YamlEdit } from './yaml-edit.ts';

/** A splice, or an edit of a YAML node that becomes splices once all edits of the file are known. */
export type Edit = ({ readonly kind: 'text' } & Splice) | YamlEdit;

export interface Spliced {
  readonly text: string;
  /** Those that were made, in order, none overlapping. */
  readonly splices: readonly Splice[];
}

/**
 * Makes `splices` in `text`. Equal ones are made once; insertions at one place stand in the order given; what is inserted gets the line ends of the file.
 * Undefined when two overlap or one lies outside the text.
 */
export function spliceText(text: string, splices: readonly Splice[]): Spliced | undefined {
  const ending = lineEnding(text);
  const unique = new Map<string, Splice>();
  for (const { start, end, text: inserted } of splices) {
    const adapted = ending === '\r\n' ? inserted.replace(/\r?\n/g, '\r\n') : inserted;
    if (start < 0 || end < start || end > text.length) return undefined;
    if (start === end && adapted === '') continue;
    const key = `${start}\n${end}\n${adapted}`;
    if (!unique.has(key)) unique.set(key, { start, end, text: adapted });
  }
  // A stable sort: insertions come before what is replaced from the same place on, and keep their order.
  const sorted = [...unique.values()].toSorted((a, b) => a.start - b.start || a.end - b.end);
  const parts: string[] = [];
  let at = 0;
  for (const splice of sorted) {
    if (splice.start < at) return undefined;
    parts.push(text.slice(at, splice.start), splice.text);
    at = splice.end;
  }
  parts.push(text.slice(at));
  return { text: parts.join(''), splices: sorted };
}

/** The line ends of most lines. */
export function lineEnding(text: string): '\n' | '\r\n' {
  let windows = 0;
  let all = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    all += 1;
    if (text.charCodeAt(at - 1) === 13) windows += 1;
  }
  return windows * 2 > all ? '\r\n' : '\n';
}
