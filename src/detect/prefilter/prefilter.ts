import { readFileSync } from 'node:fs';
import type { PrefilterLiteral } from '../../model/provider.ts';
import { Arena } from './arena.ts';
import { CLASS_BITS, LAYOUT, MAX_ENTRIES, classTable, inClass } from './layout.ts';

const WINDOW = 4;
const HASH_WINDOW = 3;
const BUCKETS = 8;
const BITMAP_BYTES = 8192;
const PAGE = 65_536;

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly scan: (origin: number, from: number, to: number, length: number) => number;
  readonly resume: () => number;
  readonly applyDelta: (delta: number, deltaEnd: number, base: number, baseSize: number, out: number, outSize: number, shortest: number) => number;
}

/** Called for each hit: byte offset in the input, and the index of the literal in the list given. */
export type OnHit = (offset: number, literal: number) => void;

/**
 * What a scan of an object learnt, for the scan of another that copies from it: pairs of offset and literal, in order. Undefined when
 * there were too many to be worth keeping.
 */
export type Hits = Uint32Array | undefined;

/** Bytes of an object that stand in its base as well: triples of offset in the base, offset in the object, length; in order. */
export type Copies = Uint32Array;

/**
 * A compiled set of literals in its own WebAssembly memory. Write bytes into what {@link Prefilter.reserve} returns, then scan: no copy.
 *
 * One instance serves one thread; scanning is synchronous and runs at about the speed memory is read.
 */
export class Prefilter {
  readonly #exports: Exports;
  readonly #arena: Arena;
  /** The longest literal with what has to follow it: whether one stands at a place is decided within so many bytes. */
  readonly #reach: number;
  /** The longest literal by itself: its fingerprint stands within so many bytes. */
  readonly #longest: number;
  #input = 0;
  #inputSize = -1;

  /** `image` is what {@link prefilterImage} made of the same literals; without it the tables are worked out here. */
  constructor(literals: readonly PrefilterLiteral[], image?: Uint8Array) {
    const instance = new WebAssembly.Instance(compiled());
    this.#exports = asExports(instance.exports);
    this.#arena = new Arena(LAYOUT.input, (end) => this.#growTo(end));
    this.#longest = Math.max(0, ...literals.map(({ text }) => text.length));
    this.#reach = Math.max(0, ...literals.map(({ text, followedBy }) => text.length + (followedBy?.count ?? 0)));
    const memory = new Uint8Array(this.#exports.memory.buffer);
    const digest = digestOf(literals);
    if (image !== undefined && digest.equals(image.subarray(0, digest.length))) {
      memory.set(image.subarray(digest.length, digest.length + BITMAP_BYTES), LAYOUT.bitmap);
      memory.set(image.subarray(digest.length + BITMAP_BYTES), LAYOUT.tables);
      return;
    }
    memory.set(classTable(), LAYOUT.classes);
    for (let byte = 0; byte < 256; byte += 1) memory[LAYOUT.lower + byte] = byte >= 65 && byte <= 90 ? byte + 32 : byte;
    writeTables(new DataView(this.#exports.memory.buffer), literals);
  }

  /** The tables, with the digest of the literals they were made from in front: see {@link prefilterImage}. */
  image(literals: readonly PrefilterLiteral[]): Buffer {
    const memory = Buffer.from(this.#exports.memory.buffer);
    let end: number = LAYOUT.hits;
    while (end > LAYOUT.tables && memory[end - 1] === 0) end -= 1;
    return Buffer.concat([digestOf(literals), memory.subarray(LAYOUT.bitmap, LAYOUT.bitmap + BITMAP_BYTES), memory.subarray(LAYOUT.tables, end)]);
  }

  /** A view of at least `size` bytes to fill with the next input. Valid until the next call that makes room. */
  reserve(size: number): Uint8Array {
    if (size > this.#inputSize) {
      if (this.#inputSize >= 0) this.#arena.release(this.#input);
      // A quarter more than asked, so that a run of slowly growing files does not move the input each time.
      this.#inputSize = Math.ceil(size * 1.25);
      this.#input = this.#arena.allocate(this.#inputSize);
    }
    return this.view(this.#input, size);
  }

  /** Finds every literal in the first `length` bytes of the input, in order of position. */
  scan(length: number, onHit: OnHit): void {
    this.scanAt(this.#input, length, onHit);
  }

  /** Room for an object of `size` bytes; its address is good until {@link Prefilter.release}. */
  allocate(size: number): number {
    return this.#arena.allocate(size);
  }

  release(address: number): void {
    this.#arena.release(address);
  }

  /** Bytes that live objects and the input take. */
  get live(): number {
    return this.#arena.live;
  }

  /** The bytes at an address. Valid until the next call that makes room. */
  view(address: number, size: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#exports.memory.buffer, address, size);
  }

  /** Finds every literal in the `length` bytes at `address`, in order of position. What it returns serves {@link Prefilter.scanCopied}. */
  scanAt(address: number, length: number, onHit: OnHit): Hits {
    const hits = sorted(this.#collect(address, 0, length, length));
    let from = this.#exports.resume();
    report(hits, onHit);
    if (from >= length) return hits.length <= 2 * MOST_KEPT ? hits : undefined;
    while (from < length) {
      const more = sorted(this.#collect(address, from, length, length));
      from = this.#exports.resume();
      report(more, onHit);
    }
    return undefined;
  }

  /**
   * Like {@link Prefilter.scanAt}, for an object that copies from another whose hits are known: only bytes that are new, and those near a
   * seam, are looked at. Finds the same.
   */
  scanCopied(address: number, length: number, copies: Copies, known: Uint32Array, onHit: OnHit): Hits {
    const found: number[] = [];
    const keep = (offset: number, literal: number): void => {
      found.push(offset, literal);
    };
    let done = 0;
    for (let index = 0; index + 2 < copies.length; index += 3) {
      const source = copies[index] ?? 0;
      const place = copies[index + 1] ?? 0;
      // Beyond this offset of the copy a literal would reach past its end, into bytes that need not be the base's.
      const sure = (copies[index + 2] ?? 0) - this.#reach;
      if (sure <= 0) continue;
      if (!this.#scanRange(address, done, place, length, keep)) return this.scanAt(address, length, onHit);
      for (let at = firstFrom(known, source); at < known.length && (known[at] ?? 0) <= source + sure; at += 2) keep((known[at] ?? 0) - source + place, known[at + 1] ?? 0);
      done = place + sure + 1;
    }
    if (!this.#scanRange(address, done, length, length, keep) || found.length > 2 * MOST_KEPT) return this.scanAt(address, length, onHit);
    const hits = sorted(Uint32Array.from(found));
    report(hits, onHit);
    return hits;
  }

  /**
   * Writes at `out` what `delta` makes of the object at `base`. Returns its copies, those long enough to be of use; undefined when the delta
   * does not fit the sizes.
   */
  applyDelta(delta: number, deltaSize: number, base: number, baseSize: number, out: number, outSize: number): Copies | undefined {
    const count = this.#exports.applyDelta(delta, delta + deltaSize, base, baseSize, out, outSize, this.#reach + SHORTEST_GAIN);
    if (count < 0) return undefined;
    return new Uint32Array(this.#exports.memory.buffer, LAYOUT.hits, count * 3).slice();
  }

  /** Hits that begin at `from` or later and before `to`. False when there are so many that the buffer did not hold them. */
  #scanRange(address: number, from: number, to: number, length: number, keep: OnHit): boolean {
    if (from >= to) return true;
    // A fingerprint may stand anywhere in its literal.
    const last = Math.min(length, to + this.#longest);
    const hits = this.#collect(address, from, last, length);
    const whole = this.#exports.resume() >= last;
    for (let index = 0; index < hits.length; index += 2) {
      const offset = hits[index] ?? 0;
      if (offset >= from && offset < to) keep(offset, hits[index + 1] ?? 0);
    }
    return whole;
  }

  /** One call of the module: a view of the pairs it wrote. */
  #collect(address: number, from: number, to: number, length: number): Uint32Array {
    const count = this.#exports.scan(address, from, to, length);
    return new Uint32Array(this.#exports.memory.buffer, LAYOUT.hits, 2 * count);
  }

  #growTo(end: number): void {
    const have = this.#exports.memory.buffer.byteLength;
    if (end > have) this.#exports.memory.grow(Math.ceil((end - have) / PAGE));
  }
}

/** Hits of an object that are kept for those that copy from it. Below what the module's buffer holds in one call, so that both ways of scanning agree. */
const MOST_KEPT = 16_384;
/** Bytes that a copy has to spare the scan before carrying hits over pays. */
const SHORTEST_GAIN = 64;

/** In order of offset, then literal. Nearly always they are. */
function sorted(hits: Uint32Array): Uint32Array {
  for (let index = 2; index < hits.length; index += 2) {
    const before = hits[index - 2] ?? 0;
    const offset = hits[index] ?? 0;
    if (before < offset || (before === offset && (hits[index - 1] ?? 0) < (hits[index + 1] ?? 0))) continue;
    // Offset and literal (16 bits) fit a double's 53 bits.
    const joined = Float64Array.from({ length: hits.length / 2 }, (_, at) => (hits[2 * at] ?? 0) * 65_536 + (hits[2 * at + 1] ?? 0)).sort();
    const result = new Uint32Array(hits.length);
    joined.forEach((value, at) => {
      result[2 * at] = Math.floor(value / 65_536);
      result[2 * at + 1] = value % 65_536;
    });
    return result;
  }
  return hits.slice();
}

function report(hits: Uint32Array, onHit: OnHit): void {
  for (let index = 0; index < hits.length; index += 2) onHit(hits[index] ?? 0, hits[index + 1] ?? 0);
}

/** Index of the first pair whose offset is at least `offset`. */
function firstFrom(hits: Uint32Array, offset: number): number {
  let low = 0;
  let high = hits.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((hits[2 * middle] ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}

/** Working the tables out takes longer than scanning a small folder, so the build does it once for each scope. */
export function prefilterImage(literals: readonly PrefilterLiteral[]): Buffer {
  return new Prefilter(literals).image(literals);
}

/** The image the build made for `scope`; undefined in a tree that was not built. A stale one is noticed by its digest. */
export function builtImage(scope: string): Uint8Array | undefined {
  try {
    return readBeside(`prefilter-${scope}.bin`);
  } catch {
    return undefined;
  }
}

/** Tells sets of literals apart; no secret and no adversary, so a plain sum (FNV-1a, twice) will do, which takes no time. */
function digestOf(literals: readonly PrefilterLiteral[]): Buffer {
  let first = 0x811c9dc5;
  let second = 0xcbf29ce4;
  const add = (value: number): void => {
    first = Math.imul(first ^ value, 0x0100_0193);
    second = Math.imul(second ^ (value + 1), 0x0100_01b3);
  };
  for (const { text, ignoreCase, followedBy } of literals) {
    for (let index = 0; index < text.length; index += 1) add(text.charCodeAt(index));
    add(ignoreCase === true ? 257 : 256);
    add(followedBy === undefined ? 0 : CLASS_BITS[followedBy.class] * 65_536 + followedBy.count);
  }
  const digest = Buffer.alloc(12);
  digest.writeInt32LE(first, 0);
  digest.writeInt32LE(second, 4);
  digest.writeInt32LE(literals.length, 8);
  return digest;
}

let module: WebAssembly.Module | undefined;

function compiled(): WebAssembly.Module {
  module ??= new WebAssembly.Module(readBeside('prefilter.wasm'));
  return module;
}

/** From beside this file: in the sources as in the bundle. */
function readBeside(name: string): Buffer<ArrayBuffer> {
  return readFileSync(new URL(`./${name}`, import.meta.url));
}

function asExports(value: WebAssembly.Exports): Exports {
  const { memory, scan, resume, applyDelta } = value;
  if (!(memory instanceof WebAssembly.Memory) || typeof scan !== 'function' || typeof resume !== 'function' || typeof applyDelta !== 'function') {
    throw new TypeError('prefilter.wasm does not export memory, scan, resume and applyDelta: build it again (npm run build)');
  }
  return {
    memory,
    scan: (origin, from, to, length) => Number(scan(origin, from, to, length)),
    resume: () => Number(resume()),
    applyDelta: (...parts) => Number(applyDelta(...parts)),
  };
}

/** Where a literal is looked for: `WINDOW` byte sets that start at `offset`, and the variants of the first three bytes for the hash. */
interface Fingerprint {
  readonly literal: number;
  readonly offset: number;
  readonly sets: readonly (readonly number[])[];
  /** The sets as nibble masks, for the buckets. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Chance that a random position of source text matches. */
  readonly rate: number;
}

function writeTables(view: DataView, literals: readonly PrefilterLiteral[]): void {
  if (literals.length > 65_535) throw new RangeError('more than 65,535 literals');
  const offsets = sharedOffsets(literals);
  const prints = literals.map((literal, index) => fingerprint(literal, index, offsets.get(index)));
  writeNibbles(view, intoBuckets(prints));
  writeEntries(view, literals, prints);
}

/** The bytes a position accepts: one, or both cases of a letter. */
function bytesAt(literal: PrefilterLiteral, index: number): number[] {
  const character = literal.text[index];
  if (character === undefined) return followers(literal);
  const code = character.charCodeAt(0);
  if (literal.ignoreCase !== true) return [code];
  return [...new Set([character.toLowerCase().charCodeAt(0), character.toUpperCase().charCodeAt(0)])];
}

function followers(literal: PrefilterLiteral): number[] {
  const bytes: number[] = [];
  for (let byte = 0; byte < 256; byte += 1) {
    if (literal.followedBy === undefined || literal.followedBy.count === 0 || inClass(String.fromCharCode(byte), literal.followedBy.class)) bytes.push(byte);
  }
  return bytes;
}

/** Literals that share one fingerprint are compared one by one when it turns up: more than this would cost more than it saves. */
const MOST_SHARING = 48;

/**
 * Picks fingerprints that many literals have in common (`_API` of all names that end in `_API_KEY`): fewer different ones make tighter
 * buckets, and buckets decide the speed. Greedy set cover; returns offsets for the literals that share, by index.
 */
function sharedOffsets(literals: readonly PrefilterLiteral[]): ReadonlyMap<number, number> {
  const holders = new Map<string, Map<number, number>>();
  literals.forEach((literal, index) => {
    if (literal.ignoreCase === true) return;
    for (let offset = 0; offset + WINDOW <= literal.text.length; offset += 1) {
      const gram = literal.text.slice(offset, offset + WINDOW);
      let chance = 1;
      for (let position = offset; position < offset + WINDOW; position += 1) chance *= chanceAt(literal, position);
      if (chance > COMMON) continue;
      const held = holders.get(gram) ?? new Map<number, number>();
      if (!held.has(index)) held.set(index, offset);
      holders.set(gram, held);
    }
  });
  const chosen = new Map<number, number>();
  for (;;) {
    let best: { gram: string; free: [number, number][] } | undefined;
    for (const [gram, held] of holders) {
      const free = [...held].filter(([index]) => !chosen.has(index)).slice(0, MOST_SHARING);
      if (free.length < 2) holders.delete(gram);
      else if (best === undefined || free.length > best.free.length || (free.length === best.free.length && gram < best.gram)) best = { gram, free };
    }
    if (best === undefined) return chosen;
    for (const [index, offset] of best.free) chosen.set(index, offset);
  }
}

/** A fingerprint likelier than this in source text is not worth sharing. */
const COMMON = 2e-7;

function fingerprint(literal: PrefilterLiteral, index: number, shared: number | undefined): Fingerprint {
  if (literal.text.length < HASH_WINDOW || literal.text.length > 255) throw new RangeError(`literal of ${literal.text.length} bytes: 3 to 255 are possible`);
  let offset = 0;
  let lowest = Number.POSITIVE_INFINITY;
  const last = shared ?? Math.max(0, literal.text.length - WINDOW);
  for (let start = shared ?? 0; start <= last; start += 1) {
    let chance = 1;
    for (let position = start; position < start + WINDOW; position += 1) chance *= chanceAt(literal, position);
    if (chance >= lowest) continue;
    lowest = chance;
    offset = start;
  }
  const sets = [0, 1, 2, 3].map((position) => bytesAt(literal, offset + position));
  return { literal: index, offset, sets, low: sets.map((set) => mask(set, (byte) => byte & 15)), high: sets.map((set) => mask(set, (byte) => byte >> 4)), rate: lowest };
}

function chanceAt(literal: PrefilterLiteral, index: number): number {
  if (index >= literal.text.length) return 1;
  const byte = literal.text.charCodeAt(index);
  if (literal.ignoreCase !== true) return share(byte);
  const other = byte ^ 32;
  return share(byte) + (/[a-z]/i.test(literal.text[index] ?? '') ? share(other) : 0);
}

function mask(bytes: readonly number[], nibble: (byte: number) => number): number {
  let bits = 0;
  for (const byte of bytes) bits |= 1 << nibble(byte);
  return bits;
}

/** Rough share of each byte in source text, in parts per thousand: good enough to tell rare from common. */
const SHARES: Readonly<Record<string, number>> = {
  ' ': 150, e: 70, t: 55, a: 45, o: 42, n: 42, i: 42, r: 42, s: 42, l: 28, d: 25, c: 25, u: 20, p: 20, m: 18, h: 16, f: 14, g: 14, y: 12, b: 11,
  '\n': 30, '"': 25, "'": 12, '.': 18, ',': 18, '/': 14, '-': 14, '_': 10, ':': 14, '(': 10, ')': 10, '=': 8, '{': 6, '}': 6, ';': 6, '0': 12, '1': 10,
  '2': 8, '3': 6, '4': 6, '5': 6, '6': 6, '7': 6, '8': 6, '9': 6, k: 8, w: 8, v: 8, x: 6, j: 3, q: 2, z: 2,
};
const CAPITAL = 3;
const OTHER = 1;

const shares = Float64Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return (SHARES[character] ?? (/[A-Z]/.test(character) ? CAPITAL : OTHER)) / 1000;
});

function share(byte: number): number {
  return shares[byte] ?? 0;
}

/** Per position, which low and which high nibbles a bucket accepts, as 16-bit masks. */
interface Bucket {
  readonly low: number[];
  readonly high: number[];
}

/** For each row of 16 bytes and each half of a low-nibble mask, the summed shares of the bytes it selects: sums become look-ups. */
const halfSums = Float64Array.from({ length: 16 * 512 }, (_, index) => {
  const row = index >> 9;
  const first = ((index >> 8) & 1) * 8;
  let sum = 0;
  for (let bit = 0; bit < 8; bit += 1) if (((index & 255) >> bit) & 1) sum += shares[16 * row + first + bit] ?? 0;
  return sum;
});

/** Chance that a bucket with these masks lets a random position of source text through. */
function rate(low: readonly number[], high: readonly number[]): number {
  let product = 1;
  for (let position = 0; position < WINDOW; position += 1) {
    const columns = low[position] ?? 0;
    const rows = high[position] ?? 0;
    const left = columns & 255;
    const right = 256 + (columns >> 8);
    let sum = 0;
    for (let row = 0; row < 16; row += 1) {
      if (((rows >> row) & 1) === 1) sum += (halfSums[row * 512 + left] ?? 0) + (halfSums[row * 512 + right] ?? 0);
    }
    product *= sum < 1 ? sum : 1;
  }
  return product;
}

/** Puts each literal where it raises the total candidate rate least, the most common ones first. */
function intoBuckets(prints: readonly Fingerprint[]): Bucket[] {
  const buckets = Array.from({ length: BUCKETS }, (): Bucket => ({ low: [0, 0, 0, 0], high: [0, 0, 0, 0] }));
  const rates = Array.from({ length: BUCKETS }, () => 0);
  const low = [0, 0, 0, 0];
  const high = [0, 0, 0, 0];
  for (const print of prints.toSorted((a, b) => b.rate - a.rate || a.literal - b.literal)) {
    let best = 0;
    let cost = Number.POSITIVE_INFINITY;
    let bestRate = 0;
    for (let index = 0; index < BUCKETS && cost > 0; index += 1) {
      const bucket = buckets[index];
      if (bucket === undefined) continue;
      for (let position = 0; position < WINDOW; position += 1) {
        low[position] = (bucket.low[position] ?? 0) | (print.low[position] ?? 0);
        high[position] = (bucket.high[position] ?? 0) | (print.high[position] ?? 0);
      }
      const next = rate(low, high);
      if (next - (rates[index] ?? 0) >= cost) continue;
      cost = next - (rates[index] ?? 0);
      best = index;
      bestRate = next;
    }
    const chosen = buckets[best];
    for (let position = 0; chosen !== undefined && position < WINDOW; position += 1) {
      chosen.low[position] = (chosen.low[position] ?? 0) | (print.low[position] ?? 0);
      chosen.high[position] = (chosen.high[position] ?? 0) | (print.high[position] ?? 0);
    }
    rates[best] = bestRate;
  }
  return buckets;
}

function writeNibbles(view: DataView, buckets: readonly Bucket[]): void {
  for (let position = 0; position < WINDOW; position += 1) {
    for (let nibble = 0; nibble < 16; nibble += 1) {
      let low = 0;
      let high = 0;
      buckets.forEach((bucket, index) => {
        if (((bucket.low[position] ?? 0) >> nibble) & 1) low |= 1 << index;
        if (((bucket.high[position] ?? 0) >> nibble) & 1) high |= 1 << index;
      });
      view.setUint8(LAYOUT.tables + position * 32 + nibble, low);
      view.setUint8(LAYOUT.tables + position * 32 + 16 + nibble, high);
    }
  }
}

/** The same hash as in `assembly/index.ts`. */
function hash(a: number, b: number, c: number): number {
  return (Math.imul(a | (b << 8) | (c << 16), 0x9e3779b1) >>> 20) & 4095;
}

function writeEntries(view: DataView, literals: readonly PrefilterLiteral[], prints: readonly Fingerprint[]): void {
  let entry = 0;
  let address: number = LAYOUT.literals;
  for (const print of prints) {
    const literal = literals[print.literal];
    if (literal === undefined) continue;
    const bytes = Buffer.from(literal.ignoreCase === true ? literal.text.toLowerCase() : literal.text, 'latin1');
    if (address + bytes.length > LAYOUT.hits) throw new RangeError('the literals do not fit in the prefilter');
    bytes.forEach((byte, index) => view.setUint8(address + index, byte));
    for (const [a, b, c] of combinations(print.sets)) {
      entry += 1;
      if (entry > MAX_ENTRIES) throw new RangeError('too many literals for the prefilter');
      const record = LAYOUT.entries + entry * 16;
      const head = LAYOUT.heads + hash(a, b, c) * 2;
      view.setUint16(record, view.getUint16(head, true), true);
      view.setUint16(head, entry, true);
      view.setUint16(record + 2, print.literal, true);
      view.setUint8(record + 4, print.offset);
      view.setUint8(record + 5, bytes.length);
      view.setUint8(record + 6, literal.ignoreCase === true ? 1 : 0);
      view.setUint8(record + 7, CLASS_BITS[literal.followedBy?.class ?? 'any']);
      view.setUint16(record + 8, literal.followedBy?.count ?? 0, true);
      view.setUint32(record + 12, address, true);
      for (const d of print.sets[3] ?? []) {
        const bit = Math.imul(a | (b << 8) | (c << 16) | (d << 24), 0x9e3779b1) >>> 16;
        view.setUint8(LAYOUT.bitmap + (bit >>> 3), view.getUint8(LAYOUT.bitmap + (bit >>> 3)) | (1 << (bit & 7)));
      }
    }
    address += bytes.length;
  }
}

function combinations(sets: readonly (readonly number[])[]): [number, number, number][] {
  const result: [number, number, number][] = [];
  for (const a of sets[0] ?? []) for (const b of sets[1] ?? []) for (const c of sets[2] ?? []) result.push([a, b, c]);
  return result;
}
