/** The start of an object in a pack (gitformat-pack, "pack-*.pack files have the following format"). `data` is where the compressed bytes begin. */
export type EntryHeader =
  | { readonly kind: 'whole'; readonly type: number; readonly size: number; readonly data: number }
  /** A delta against the object `back` bytes in front of this one. `size` is that of the delta. */
  | { readonly kind: 'offset'; readonly back: number; readonly size: number; readonly data: number }
  | { readonly kind: 'name'; readonly base: Uint8Array; readonly size: number; readonly data: number };

const OFFSET_DELTA = 6;
const NAME_DELTA = 7;

/** Ten bytes of type and size, ten of an offset or 32 of a name. */
export const LONGEST_ENTRY_HEADER = 48;

/** Reads the header at `at`; undefined when it is not whole before `end`, of an unknown type, or a number in it is beyond 2^53. */
export function entryHeader(bytes: Uint8Array, at: number, end: number, width: number): EntryHeader | undefined {
  let place = at;
  if (place >= end) return undefined;
  let byte = bytes[place++] ?? 0;
  const type = (byte >> 4) & 7;
  let size = byte & 15;
  for (let scale = 16; byte >= 0x80; scale *= 128) {
    if (place >= end || scale > 2 ** 46) return undefined;
    byte = bytes[place++] ?? 0;
    size += (byte & 0x7f) * scale;
  }
  if (type >= 1 && type <= 4) return { kind: 'whole', type, size, data: place };
  if (type === NAME_DELTA) return place + width > end ? undefined : { kind: 'name', base: bytes.subarray(place, place + width), size, data: place + width };
  if (type !== OFFSET_DELTA) return undefined;
  let back = -1;
  do {
    if (place >= end || back > 2 ** 45) return undefined;
    byte = bytes[place++] ?? 0;
    back = (back + 1) * 128 + (byte & 0x7f);
  } while (byte >= 0x80);
  return { kind: 'offset', back, size, data: place };
}

/** The two sizes in front of a delta's commands; undefined when they are not whole. */
export function deltaSizes(bytes: Uint8Array): { readonly base: number; readonly result: number; readonly commands: number } | undefined {
  const sizes: number[] = [];
  let place = 0;
  while (sizes.length < 2) {
    let size = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[place++];
      if (byte === undefined || scale > 2 ** 46) return undefined;
      size += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    sizes.push(size);
  }
  return { base: sizes[0] ?? 0, result: sizes[1] ?? 0, commands: place };
}
