import type { ObjectNames } from './object-names.ts';

/** Object ids in binary form with their positions: a map from id to a small number, of 20 (or 32) bytes and about 8 more an entry. */
export class IdTable {
  readonly #width: number;
  readonly #ids: Buffer;
  readonly #slots: Int32Array;
  readonly #mask: number;
  readonly count: number;

  /** Positions are those of `names`; of an id that stands there twice, the first. */
  constructor(names: ObjectNames) {
    this.#width = names.width / 2;
    this.count = names.count;
    this.#ids = Buffer.allocUnsafe(this.#width * names.count);
    let size = 16;
    while (size < names.count * 2) size *= 2;
    this.#mask = size - 1;
    this.#slots = new Int32Array(size).fill(-1);
    for (let index = 0; index < names.count; index += 1) this.#insert(names, index);
  }

  #insert(names: ObjectNames, index: number): void {
    const line = index * (names.width + 1);
    const start = index * this.#width;
    for (let at = 0; at < this.#width; at += 1) {
      this.#ids[start + at] = (hexDigit(names.bytes[line + 2 * at]) << 4) | hexDigit(names.bytes[line + 2 * at + 1]);
    }
    let slot = hashOf(this.#ids, start) & this.#mask;
    for (;;) {
      const held = this.#slots[slot] ?? -1;
      if (held < 0) break;
      if (this.#equals(held, this.#ids, start)) return;
      slot = (slot + 1) & this.#mask;
    }
    this.#slots[slot] = index;
  }

  /** Position of the binary id at `bytes[at]`, or -1. */
  find(bytes: Uint8Array, at: number): number {
    let slot = hashOf(bytes, at) & this.#mask;
    for (;;) {
      const held = this.#slots[slot] ?? -1;
      if (held < 0 || this.#equals(held, bytes, at)) return held;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Position of an id in hexadecimal, or -1. */
  findName(oid: string): number {
    return oid.length === 2 * this.#width ? this.find(Buffer.from(oid, 'hex'), 0) : -1;
  }

  #equals(index: number, bytes: Uint8Array, at: number): boolean {
    const start = index * this.#width;
    for (let step = 0; step < this.#width; step += 1) if (this.#ids[start + step] !== bytes[at + step]) return false;
    return true;
  }
}

/** Ids are digests, so any four bytes of them are a good hash. */
function hashOf(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;
}

function hexDigit(code: number | undefined): number {
  if (code === undefined) return 0;
  return code >= 97 ? code - 87 : code - 48;
}

/** A list of 32-bit numbers that grows. */
export class IntList {
  #items = new Int32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#items.length) {
      const larger = new Int32Array(this.#items.length * 2);
      larger.set(this.#items);
      this.#items = larger;
    }
    this.#items[this.length] = value;
    this.length += 1;
  }

  at(index: number): number {
    return this.#items[index] ?? 0;
  }

  clear(): void {
    this.length = 0;
  }
}
