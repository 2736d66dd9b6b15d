import { diffArrays } from 'diff';
import type { DiffLine, Hunk } from '../model/apply.ts';
import { type KeySpan, masked } from './keys.ts';

/** Lines that git shows on either side of a change. */
const CONTEXT = 3;

/** One file before and after, with the keys in both. */
export interface Versions {
  readonly before: string;
  readonly after: string;
  readonly keysBefore: readonly KeySpan[];
  readonly keysAfter: readonly KeySpan[];
}

/** Lines that changed: `[oldFrom, oldTo)` became `[newFrom, newTo)`, from 0. */
export interface LineRange {
  readonly oldFrom: number;
  readonly oldTo: number;
  readonly newFrom: number;
  readonly newTo: number;
}

/** Lines with their ends, as git counts them. */
export function linesOf(text: string): readonly string[] {
  const lines: string[] = [];
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf('\n', at);
    const next = end === -1 ? text.length : end + 1;
    lines.push(text.slice(at, next));
    at = next;
  }
  return lines;
}

/** Which lines differ, in order. */
export function changedLines(before: readonly string[], after: readonly string[]): readonly LineRange[] {
  // What is the same at both ends is most of a file, and comparing it costs nothing.
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < before.length - head && tail < after.length - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  const ranges: LineRange[] = [];
  let oldAt = head;
  let newAt = head;
  let open: LineRange | undefined;
  for (const { added, removed, count } of diffArrays(before.slice(head, before.length - tail), after.slice(head, after.length - tail))) {
    if (!added && !removed) {
      if (open !== undefined) ranges.push(open);
      open = undefined;
      oldAt += count;
      newAt += count;
      continue;
    }
    open ??= { oldFrom: oldAt, oldTo: oldAt, newFrom: newAt, newTo: newAt };
    if (removed) oldAt += count;
    else newAt += count;
    open = { ...open, oldTo: oldAt, newTo: newAt };
  }
  if (open !== undefined) ranges.push(open);
  return ranges.map((range, index) => slidUp(range, before, after, range.oldFrom - (ranges[index - 1]?.oldTo ?? 0)));
}

/**
 * Where a block of added (or removed) lines may stand in several places, it is taken to begin at its outermost line: a list item then is shown whole, and not
 * with the head of the next. `room`: lines that are the same directly before it.
 */
function slidUp(range: LineRange, before: readonly string[], after: readonly string[], room: number): LineRange {
  const isAdded = range.oldFrom === range.oldTo;
  if (!isAdded && range.newFrom !== range.newTo) return range;
  const lines = isAdded ? after : before;
  const from = isAdded ? range.newFrom : range.oldFrom;
  const to = isAdded ? range.newTo : range.oldTo;
  let best = 0;
  let least = indentOf(lines[from] ?? '');
  for (let by = 1; by <= room && lines[from - by] === lines[to - by]; by += 1) {
    const indent = indentOf(lines[from - by] ?? '');
    if (indent >= least) continue;
    least = indent;
    best = by;
  }
  return { oldFrom: range.oldFrom - best, oldTo: range.oldTo - best, newFrom: range.newFrom - best, newTo: range.newTo - best };
}

function indentOf(line: string): number {
  return /^[\r\n]*$/.test(line) ? Infinity : /^[ \t]*/.exec(line)?.[0].length ?? 0;
}

/** The unified diff of two versions, keys masked. */
export function hunksOf(versions: Versions): readonly Hunk[] {
  const file = fileOf(versions);
  const groups: LineRange[][] = [];
  for (const range of changedLines(file.before, file.after)) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (group !== undefined && last !== undefined && range.oldFrom - last.oldTo <= 2 * CONTEXT) group.push(range);
    else groups.push([range]);
  }
  return groups.map((group) => hunkOf(file, group, Math.min(CONTEXT, group[0]?.oldFrom ?? 0), Math.min(CONTEXT, file.before.length - (group.at(-1)?.oldTo ?? 0))));
}

/**
 * The same for a file that another program is to read: no line of it holds a key, so there is less context where a key stands near. Undefined when a key
 * stands too near: a hunk without lines after it is taken for the end of the file.
 */
export function plainHunksOf(versions: Versions): readonly Hunk[] | undefined {
  const file = fileOf(versions);
  const groups: { ranges: LineRange[]; lead: number; trail: number }[] = [];
  for (const range of changedLines(file.before, file.after)) {
    if (hides(file.hiddenBefore, range.oldFrom, range.oldTo) || hides(file.hiddenAfter, range.newFrom, range.newTo)) return undefined;
    const group = groups.at(-1);
    const from = group?.ranges.at(-1)?.oldTo ?? 0;
    const gap = range.oldFrom - from;
    const open = openLines(file.hiddenBefore, from, range.oldFrom);
    if (group !== undefined && open.before === gap && gap <= 2 * CONTEXT) {
      group.ranges.push(range);
      continue;
    }
    // Lines after the hunk before are more than welcome: without them it is taken for one at the end.
    const trail = group === undefined ? 0 : Math.min(CONTEXT, open.after);
    if (group !== undefined) group.trail = trail;
    groups.push({ ranges: [range], lead: Math.min(CONTEXT, open.before, gap - trail), trail: 0 });
  }
  const last = groups.at(-1);
  if (last !== undefined) last.trail = Math.min(CONTEXT, openLines(file.hiddenBefore, last.ranges.at(-1)?.oldTo ?? 0, file.before.length).after);
  const isLost = groups.some(({ ranges, trail }) => trail === 0 && (ranges.at(-1)?.oldTo ?? 0) < file.before.length);
  return isLost ? undefined : groups.map(({ ranges, lead, trail }) => hunkOf(file, ranges, lead, trail));
}

interface FileLines {
  readonly versions: Versions;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly startsBefore: readonly number[];
  readonly startsAfter: readonly number[];
  /** Whether a key stands in the line. */
  readonly hiddenBefore: readonly boolean[];
  readonly hiddenAfter: readonly boolean[];
}

function fileOf(versions: Versions): FileLines {
  const before = linesOf(versions.before);
  const after = linesOf(versions.after);
  const startsBefore = startsOf(before);
  const startsAfter = startsOf(after);
  return { versions, before, after, startsBefore, startsAfter, hiddenBefore: hiddenIn(before, startsBefore, versions.keysBefore), hiddenAfter: hiddenIn(after, startsAfter, versions.keysAfter) };
}

function startsOf(lines: readonly string[]): readonly number[] {
  const starts: number[] = [];
  let at = 0;
  for (const line of lines) {
    starts.push(at);
    at += line.length;
  }
  return starts;
}

function hiddenIn(lines: readonly string[], starts: readonly number[], keys: readonly KeySpan[]): readonly boolean[] {
  if (keys.length === 0) return lines.map(() => false);
  return lines.map((line, index) => keys.some(({ start, end }) => start < (starts[index] ?? 0) + line.length && end > (starts[index] ?? 0)));
}

function hides(hidden: readonly boolean[], from: number, to: number): boolean {
  return hidden.slice(from, to).includes(true);
}

/** How many lines may be shown directly before `to`, and directly after `from`. */
function openLines(hidden: readonly boolean[], from: number, to: number): { readonly before: number; readonly after: number } {
  const first = hidden.indexOf(true, from);
  if (first === -1 || first >= to) return { before: to - from, after: to - from };
  const last = hidden.lastIndexOf(true, to - 1);
  return { before: to - 1 - last, after: first - from };
}

function hunkOf(file: FileLines, ranges: readonly LineRange[], lead: number, trail: number): Hunk {
  const [first] = ranges;
  const last = ranges.at(-1);
  if (first === undefined || last === undefined) return { oldStart: 0, oldLines: 0, newStart: 0, newLines: 0, lines: [] };
  const lines: DiffLine[] = [];
  let at = first.oldFrom - lead;
  for (const range of ranges) {
    for (; at < range.oldFrom; at += 1) lines.push(oldLine(file, at, 'same'));
    for (; at < range.oldTo; at += 1) lines.push(oldLine(file, at, 'removed'));
    for (let added = range.newFrom; added < range.newTo; added += 1) lines.push(lineOf(file.after[added] ?? '', file.startsAfter[added] ?? 0, file.versions.after, file.versions.keysAfter, 'added'));
  }
  for (; at < last.oldTo + trail; at += 1) lines.push(oldLine(file, at, 'same'));
  const oldLines = last.oldTo + trail - (first.oldFrom - lead);
  const newLines = last.newTo + trail - (first.newFrom - lead);
  // A side without lines is named by the line before it.
  return { oldStart: first.oldFrom - lead + (oldLines === 0 ? 0 : 1), oldLines, newStart: first.newFrom - lead + (newLines === 0 ? 0 : 1), newLines, lines };
}

function oldLine(file: FileLines, index: number, kind: DiffLine['kind']): DiffLine {
  return lineOf(file.before[index] ?? '', file.startsBefore[index] ?? 0, file.versions.before, file.versions.keysBefore, kind);
}

function lineOf(line: string, start: number, text: string, keys: readonly KeySpan[], kind: DiffLine['kind']): DiffLine {
  const ending = line.endsWith('\r\n') ? '\r\n' : line.endsWith('\n') ? '\n' : '';
  return { kind, text: masked(text, start, start + line.length - ending.length, keys), ending };
}
