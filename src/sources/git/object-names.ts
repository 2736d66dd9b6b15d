/**
 * Object ids packed as the lines git reads: hexadecimal and a newline each, so that no string is made for an object nobody asks about.
 * Half a million of them take 21 MB.
 */
export class ObjectNames {
  readonly count: number;
  /** `count` lines of `width + 1` bytes. */
  readonly bytes: Buffer;
  /** Characters of an id: 40 or 64. */
  readonly width: number;

  constructor(bytes: Buffer, width: number) {
    this.bytes = bytes;
    this.width = width;
    this.count = Math.floor(bytes.length / (width + 1));
  }

  name(index: number): string {
    const at = index * (this.width + 1);
    return this.bytes.toString('latin1', at, at + this.width);
  }

  lines(from: number, to: number): Buffer {
    return this.bytes.subarray(from * (this.width + 1), to * (this.width + 1));
  }
}

/** Collects lines for {@link ObjectNames}, growing as needed. */
export class ObjectNamesBuilder {
  #bytes: Buffer = Buffer.allocUnsafe(1 << 16);
  #length = 0;
  readonly #width: number;

  constructor(width: number) {
    this.#width = width;
  }

  /** Adds the id that stands in `chunk` at `from`. */
  add(chunk: Buffer, from: number): void {
    const line = this.#width + 1;
    if (this.#length + line > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(this.#bytes.length * 2);
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    chunk.copy(this.#bytes, this.#length, from, from + this.#width);
    this.#bytes[this.#length + this.#width] = 10;
    this.#length += line;
  }

  finish(): ObjectNames {
    return new ObjectNames(this.#bytes.subarray(0, this.#length), this.#width);
  }
}
