import { changedLines, linesOf } from './diff.ts';

/** Puts `text` in place of the bytes `[start, end)`. */
export interface ByteSplice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What has to be done to the bytes of `after` to have those of `before`. Each is as short as it can be. */
export function undoSplices(before: string, after: string): readonly ByteSplice[] {
  const oldLines = linesOf(before);
  const newLines = linesOf(after);
  const splices: ByteSplice[] = [];
  let oldLine = 0;
  let newLine = 0;
  let bytes = 0;
  for (const range of changedLines(oldLines, newLines)) {
    bytes += sizeOf(newLines, newLine, range.newFrom);
    oldLine = range.oldTo;
    newLine = range.newTo;
    const removed = oldLines.slice(range.oldFrom, oldLine).join('');
    const added = newLines.slice(range.newFrom, newLine).join('');
    const { head, tail } = sameEnds(removed, added);
    const start = bytes + Buffer.byteLength(added.slice(0, head));
    splices.push({ start, end: start + Buffer.byteLength(added.slice(head, added.length - tail)), text: removed.slice(head, removed.length - tail) });
    bytes += Buffer.byteLength(added);
  }
  return splices;
}

/** Undefined when they do not fit the bytes. */
export function spliceBytes(bytes: Buffer, splices: readonly ByteSplice[]): Buffer | undefined {
  const parts: Buffer[] = [];
  let at = 0;
  for (const { start, end, text } of splices) {
    if (start < at || end < start || end > bytes.length) return undefined;
    parts.push(bytes.subarray(at, start), Buffer.from(text, 'utf8'));
    at = end;
  }
  parts.push(bytes.subarray(at));
  return Buffer.concat(parts);
}

function sizeOf(lines: readonly string[], from: number, to: number): number {
  let size = 0;
  for (let index = from; index < to; index += 1) size += Buffer.byteLength(lines[index] ?? '');
  return size;
}

/** Half a character is none: where the two differ within one, all of it differs. */
function sameEnds(a: string, b: string): { readonly head: number; readonly tail: number } {
  const most = Math.min(a.length, b.length);
  let head = 0;
  while (head < most && a.charCodeAt(head) === b.charCodeAt(head)) head += 1;
  if (head > 0 && isHigh(a.charCodeAt(head - 1))) head -= 1;
  let tail = 0;
  while (tail < most - head && a.charCodeAt(a.length - 1 - tail) === b.charCodeAt(b.length - 1 - tail)) tail += 1;
  if (tail > 0 && isLow(a.charCodeAt(a.length - tail))) tail -= 1;
  return { head, tail };
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
