/** Lines and columns of byte offsets in a latin1 or UTF-8 buffer, for the few offsets that matter. */
export interface BytePlace {
  readonly line: number;
  readonly column: number;
  /** Offsets of the line's first byte and of its end (without the line break). */
  readonly lineStart: number;
  readonly lineEnd: number;
}

/** Places of ascending `offsets`. One pass over the bytes up to the last offset. Columns count UTF-16 units of the UTF-8 line. */
export function placesOf(bytes: Buffer, offsets: readonly number[]): BytePlace[] {
  const places: BytePlace[] = [];
  let line = 1;
  let lineStart = 0;
  let next = bytes.indexOf(10);
  for (const offset of offsets) {
    while (next !== -1 && next < offset) {
      line += 1;
      lineStart = next + 1;
      next = bytes.indexOf(10, lineStart);
    }
    const end = next === -1 ? bytes.length : next;
    const lineEnd = end > lineStart && bytes[end - 1] === 13 ? end - 1 : end;
    places.push({ line, column: columnOf(bytes, lineStart, offset), lineStart, lineEnd });
  }
  return places;
}

/** UTF-16 length of the bytes before `offset` in the line, plus one. A one-line file of megabytes is counted, not decoded. */
function columnOf(bytes: Buffer, lineStart: number, offset: number): number {
  let units = 0;
  const first = lineStart === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : lineStart;
  for (let index = first; index < offset; index += 1) {
    const byte = bytes[index] ?? 0;
    // Continuation bytes add nothing; a four-byte sequence is a surrogate pair.
    if (byte < 0x80 || byte >= 0xc0) units += byte >= 0xf0 ? 2 : 1;
  }
  return units + 1;
}
