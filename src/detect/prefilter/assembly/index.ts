// The prefilter: finds every place where one of up to 65,535 literals stands, over raw bytes, 16 at a time.
//
// Four bytes of each literal (its fingerprint, chosen by the caller for rarity) are put in one of 8 buckets. For each of the four
// positions two 16-entry tables say, per nibble value, which buckets accept it. Eight table look-ups (`i8x16.swizzle`) and a chain of ANDs
// leave, for each of the 16 starting positions, a mask of buckets that may match there. What remains is looked up in a bitmap by a hash of its
// four bytes, then checked byte by byte, then by the class of the bytes that follow.
//
// Memory, all addresses fixed (`layout.ts` says the same; a test compares them):
//   1024  8 x 16   nibble tables (low and high for each of four positions)
//   2048  256      class bits of each byte
//   2304  256      lower-case form of each byte
//   4096  8192     hash heads, u16 each: index of the first entry, 0 for none
//  16384  entries, 16 bytes each (index from 1): next u16, literal u16, fingerprint offset u8, length u8, flags u8, follow class u8,
//                  follow count u16, unused u16, address of the bytes u32
// 262144           bytes of the literals
// 458752           hits: position u32, literal u32
//                  or, after a delta: source u32, place u32, length u32 of each copy
//  983040  8192     bitmap: one bit for each hash of four bytes that a fingerprint can have
// 1048576          inputs and the objects of packs, placed by `arena.ts`

const TABLES: usize = 1024;
const CLASSES: usize = 2048;
const LOWER: usize = 2304;
const HEADS: usize = 4096;
const ENTRIES: usize = 16384;
const HITS: usize = 458752;
const BITMAP: usize = 983040;
const MAX_HITS: u32 = 65536;

let resumeAt: u32 = 0;

/** Where the next call to `scan` has to start when the hit buffer was full; equal to its `to` when all was read. */
export function resume(): u32 {
  return resumeAt;
}

@inline
function hash(a: u32, b: u32, c: u32): u32 {
  return (((a | (b << 8) | (c << 16)) * 0x9e3779b1) >>> 20) & 4095;
}

/** Checks one candidate position (of a fingerprint's first byte) and appends its hits; returns the new number of hits. */
function verify(at: usize, origin: usize, end: usize, found: u32): u32 {
  const slot = hash(load<u8>(at), load<u8>(at + 1), load<u8>(at + 2));
  let entry: u32 = load<u16>(HEADS + (slot << 1));
  while (entry != 0) {
    const record: usize = ENTRIES + (<usize>entry << 4);
    const start: usize = at - <usize>load<u8>(record + 4);
    const length: usize = load<u8>(record + 5);
    if (start >= origin && start + length <= end) {
      const bytes: usize = load<u32>(record + 12);
      const ignoreCase = load<u8>(record + 6) != 0;
      let same: usize = 0;
      if (ignoreCase) {
        while (same < length && load<u8>(LOWER + load<u8>(start + same)) == load<u8>(bytes + same)) same++;
      } else {
        while (same < length && load<u8>(start + same) == load<u8>(bytes + same)) same++;
      }
      if (same == length) {
        const wanted: u32 = load<u16>(record + 8);
        const mask: u8 = load<u8>(record + 7);
        let after: usize = start + length;
        const last: usize = after + wanted;
        if (last <= end) {
          while (after < last && (load<u8>(CLASSES + load<u8>(after)) & mask) != 0) after++;
          if (after == last) {
            const hit: usize = HITS + (<usize>found << 3);
            store<u32>(hit, <u32>(start - origin));
            store<u32>(hit + 4, load<u16>(record + 2));
            found++;
          }
        }
      }
    }
    entry = load<u16>(record);
  }
  return found;
}

/**
 * Scans the places from `from` up to `to` of the `length` bytes that stand at `origin`; at least 32 bytes of memory must follow them, whatever they hold.
 * Returns the number of hits written, whose positions count from `origin`. A hit's fingerprint stands between `from` and `to`, rounded up to
 * a block; its literal may begin before and end after. Stops early, at a block boundary, when fewer than 4,096 places are left for hits: `resume()`
 * then says where to go on.
 */
export function scan(origin: usize, from: u32, to: u32, length: u32): u32 {
  const end: usize = origin + length;
  const stop: usize = origin + to;
  const low0 = v128.load(TABLES);
  const high0 = v128.load(TABLES, 16);
  const low1 = v128.load(TABLES, 32);
  const high1 = v128.load(TABLES, 48);
  const low2 = v128.load(TABLES, 64);
  const high2 = v128.load(TABLES, 80);
  const low3 = v128.load(TABLES, 96);
  const high3 = v128.load(TABLES, 112);
  const nibble = i8x16.splat(15);
  let found: u32 = 0;
  let at: usize = origin + from;
  while (at < stop) {
    const b0 = v128.load(at);
    const b1 = v128.load(at, 1);
    const b2 = v128.load(at, 2);
    const b3 = v128.load(at, 3);
    let buckets = v128.and(i8x16.swizzle(low0, v128.and(b0, nibble)), i8x16.swizzle(high0, i8x16.shr_u(b0, 4)));
    buckets = v128.and(buckets, v128.and(i8x16.swizzle(low1, v128.and(b1, nibble)), i8x16.swizzle(high1, i8x16.shr_u(b1, 4))));
    buckets = v128.and(buckets, v128.and(i8x16.swizzle(low2, v128.and(b2, nibble)), i8x16.swizzle(high2, i8x16.shr_u(b2, 4))));
    buckets = v128.and(buckets, v128.and(i8x16.swizzle(low3, v128.and(b3, nibble)), i8x16.swizzle(high3, i8x16.shr_u(b3, 4))));
    if (v128.any_true(buckets)) {
      let lanes: u32 = 0xffff & ~i8x16.bitmask(i8x16.eq(buckets, i8x16.splat(0)));
      while (lanes != 0) {
        const place: usize = at + ctz(lanes);
        lanes &= lanes - 1;
        const bit: u32 = (load<u32>(place) * 0x9e3779b1) >>> 16;
        if (((load<u8>(BITMAP + (bit >>> 3)) >>> <u8>(bit & 7)) & 1) != 0) found = verify(place, origin, end, found);
      }
      if (found > MAX_HITS - 4096) {
        at += 16;
        break;
      }
    }
    at += 16;
  }
  resumeAt = at >= stop ? to : <u32>(at - origin);
  return found;
}

const MOST_COPIES: u32 = 43690;

/**
 * Rebuilds an object of a git pack from its base and its delta (without the two sizes in front of it). Copies of at least `shortest` bytes are
 * written down, adjoining ones as one, so that what was learnt of the base's bytes can be carried over. Returns their number, or -1 when the
 * delta does not fit the sizes: nothing outside `out` is ever written.
 */
export function applyDelta(delta: usize, deltaEnd: usize, base: usize, baseSize: u32, out: usize, outSize: u32, shortest: u32): i32 {
  let at = delta;
  let written: u32 = 0;
  let copies: u32 = 0;
  let source: u32 = 0;
  let place: u32 = 0;
  let length: u32 = 0;
  while (at < deltaEnd) {
    const command: u32 = load<u8>(at++);
    if ((command & 0x80) == 0) {
      if (command == 0 || at + command > deltaEnd || command > outSize - written) return -1;
      memory.copy(out + written, at, command);
      at += command;
      written += command;
      continue;
    }
    let from: u32 = 0;
    let count: u32 = 0;
    if (at + <usize>popcnt(command & 0x7f) > deltaEnd) return -1;
    if ((command & 0x01) != 0) from = load<u8>(at++);
    if ((command & 0x02) != 0) from |= <u32>load<u8>(at++) << 8;
    if ((command & 0x04) != 0) from |= <u32>load<u8>(at++) << 16;
    if ((command & 0x08) != 0) from |= <u32>load<u8>(at++) << 24;
    if ((command & 0x10) != 0) count = load<u8>(at++);
    if ((command & 0x20) != 0) count |= <u32>load<u8>(at++) << 8;
    if ((command & 0x40) != 0) count |= <u32>load<u8>(at++) << 16;
    if (count == 0) count = 0x10000;
    if (from > baseSize || count > baseSize - from || count > outSize - written) return -1;
    memory.copy(out + written, base + from, count);
    if (length != 0 && source + length == from && place + length == written) {
      length += count;
    } else {
      if (length >= shortest && copies < MOST_COPIES) {
        store<u32>(HITS + copies * 12, source);
        store<u32>(HITS + copies * 12, place, 4);
        store<u32>(HITS + copies * 12, length, 8);
        copies++;
      }
      source = from;
      place = written;
      length = count;
    }
    written += count;
  }
  if (length >= shortest && copies < MOST_COPIES) {
    store<u32>(HITS + copies * 12, source);
    store<u32>(HITS + copies * 12, place, 4);
    store<u32>(HITS + copies * 12, length, 8);
    copies++;
  }
  return written == outSize ? <i32>copies : -1;
}
