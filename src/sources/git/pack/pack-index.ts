/** A pack's index, version 2: names in order, and where each object stands. */
export interface PackIndex {
  /** Bytes of an object id: 20 or 32. */
  readonly width: number;
  readonly count: number;
  /** Ids one after another, in ascending order. */
  readonly names: Uint8Array<SharedArrayBuffer>;
  /** Offset in the pack of each, in the order of the names. */
  readonly offsets: Float64Array;
  /** The checksum at the end of the pack that this is the index of. */
  readonly packChecksum: Buffer;
}

const HEADER = 8;
const FANOUT = 1024;
const LARGE = 0x8000_0000;

/**
 * Reads an index as `git index-pack` writes it (gitformat-pack, "Version 2 pack-*.idx files"). Undefined when it is of another version or its parts
 * do not fit together; the checksum at its end is not looked at.
 */
export function readPackIndex(bytes: Buffer, width: 20 | 32): PackIndex | undefined {
  if (bytes.length < HEADER + FANOUT + 2 * width || bytes.readUInt32BE(0) !== 0xff74_4f63 || bytes.readUInt32BE(4) !== 2) return undefined;
  const count = bytes.readUInt32BE(HEADER + FANOUT - 4);
  const namesAt = HEADER + FANOUT;
  const offsetsAt = namesAt + count * (width + 4);
  const largeAt = offsetsAt + count * 4;
  const largeEnd = bytes.length - 2 * width;
  if (largeAt > largeEnd) return undefined;
  const names = new Uint8Array(new SharedArrayBuffer(count * width));
  names.set(bytes.subarray(namesAt, namesAt + count * width));
  const offsets = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    const short = bytes.readUInt32BE(offsetsAt + 4 * index);
    if (short < LARGE) {
      offsets[index] = short;
      continue;
    }
    const at = largeAt + 8 * (short - LARGE);
    if (at + 8 > largeEnd) return undefined;
    offsets[index] = bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
  }
  return { width, count, names, offsets, packChecksum: bytes.subarray(bytes.length - 2 * width, bytes.length - width) };
}

/** Where `id` (raw bytes) stands among the names; -1 when it does not. */
export function findName(names: Uint8Array, width: number, id: Uint8Array): number {
  let low = 0;
  let high = names.length / width;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareAt(names, middle * width, id, width);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return -1;
}

function compareAt(names: Uint8Array, at: number, id: Uint8Array, width: number): number {
  for (let index = 0; index < width; index += 1) {
    const difference = (names[at + index] ?? 0) - (id[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
