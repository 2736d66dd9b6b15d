import { isAscii } from 'node:buffer';

export type ByteKind = 'text' | 'binary' | 'utf-16le' | 'utf-16be';

/** Bytes looked at: enough for any header, little enough for every file. */
const SNIFFED = 8192;

/**
 * Says how `bytes` are to be read, from their first 8 KB. A NUL means binary, unless the NULs lie as they do in UTF-16. A byte-order mark
 * decides for UTF-16 by itself.
 */
export function classify(bytes: Uint8Array): ByteKind {
  const head = bytes.subarray(0, SNIFFED);
  if (head[0] === 0xff && head[1] === 0xfe) return head[2] === 0 && head[3] === 0 ? 'binary' : 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  if (!head.includes(0)) return 'text';
  if (head.length < 4) return 'binary';
  return looksUtf16(head, 1) ? 'utf-16le' : looksUtf16(head, 0) ? 'utf-16be' : 'binary';
}

/** @param high offset of each pair's high byte: 1 in little endian. */
function looksUtf16(head: Uint8Array, high: 0 | 1): boolean {
  const pairs = head.length >> 1;
  let latin = 0;
  let strange = 0;
  for (let pair = 0; pair < pairs; pair += 1) {
    const unit = ((head[pair * 2 + high] ?? 0) << 8) | (head[pair * 2 + 1 - high] ?? 0);
    if (unit < 0x20 && unit !== 9 && unit !== 10 && unit !== 12 && unit !== 13) strange += 1;
    else if (unit < 0x100) latin += 1;
    else if (unit >= 0xfff0 || (unit >= 0xe000 && unit < 0xf900)) strange += 1;
  }
  // Machine integers also put zeros at every other place, but most of them are controls when read as text.
  return latin * 10 >= pairs * 4 && strange * 50 <= pairs;
}

export interface DecodedText {
  /** Without the byte-order mark. */
  readonly text: string;
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be';
  /** Where the UTF-16 code unit at `offset` of `text` starts in the bytes, a byte-order mark counted; the end for offsets past it. */
  byteOffsetOf(offset: number): number;
}

/** Decodes text for readers that need lines and positions. Never fails: what is not UTF-8 becomes U+FFFD, as in every WHATWG decoder. */
export function decodeText(bytes: Uint8Array): DecodedText {
  const kind = classify(bytes);
  if (kind === 'utf-16le' || kind === 'utf-16be') return decodeUtf16(bytes, kind);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isAscii(buffer)) {
    return { text: buffer.toString('latin1'), encoding: 'utf-8', byteOffsetOf: (offset) => clamp(offset, bytes.length) };
  }
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  let marks: readonly number[] | undefined;
  return {
    text: buffer.toString('utf8', start),
    encoding: 'utf-8',
    byteOffsetOf(offset) {
      marks ??= markOffsets(bytes, start);
      return utf8Offset(bytes, start, marks, offset);
    },
  };
}

function decodeUtf16(bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be'): DecodedText {
  const marked = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const start = marked ? 2 : 0;
  const end = bytes.length - ((bytes.length - start) % 2);
  const units = Buffer.from(bytes.subarray(start, end));
  if (encoding === 'utf-16be') units.swap16();
  return {
    text: units.toString('utf16le'),
    encoding,
    byteOffsetOf: (offset) => clamp(start + Math.max(0, offset) * 2, end),
  };
}

function clamp(offset: number, length: number): number {
  return Math.max(0, Math.min(offset, length));
}

/** Code units between two remembered byte offsets: a question then walks at most this far. */
const MARK_EVERY = 1024;

/** Pairs of (code unit, byte) offsets, the first at `start`, each at a character's start. */
function markOffsets(bytes: Uint8Array, start: number): readonly number[] {
  const marks = [0, start];
  let units = 0;
  let due = MARK_EVERY;
  for (let at = start; at < bytes.length; ) {
    if (units >= due) {
      marks.push(units, at);
      due = units + MARK_EVERY;
    }
    const length = sequenceLength(bytes, at);
    units += length === 4 ? 2 : 1;
    at += length;
  }
  return marks;
}

function utf8Offset(bytes: Uint8Array, start: number, marks: readonly number[], offset: number): number {
  let low = 0;
  let high = marks.length / 2 - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((marks[middle * 2] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  let units = marks[low * 2] ?? 0;
  let at = marks[low * 2 + 1] ?? start;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    const width = length === 4 ? 2 : 1;
    // The second half of a surrogate pair belongs to the character it halves.
    if (units + width > offset) return at;
    units += width;
    at += length;
  }
  return at;
}

/** Bytes of the character at `at`; for a broken one, of the longest part that could have begun one, which decoders replace as a whole. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0xc2 || lead > 0xf4) return 1;
  const wanted = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  let low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  let high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  for (let length = 1; length < wanted; length += 1) {
    const next = bytes[at + length];
    if (next === undefined || next < low || next > high) return length;
    low = 0x80;
    high = 0xbf;
  }
  return wanted;
}
