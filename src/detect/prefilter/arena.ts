const GRAIN = 64;
/** Bytes behind each block that the module may read, and that belong to nothing. */
export const SLACK = 64;

/**
 * Hands out blocks of a WebAssembly memory from `start` up. First fit over a list of gaps: few blocks live at a time, so the list stays short.
 * Blocks are multiples of 64 bytes and include {@link SLACK}.
 */
export class Arena {
  readonly #grow: (end: number) => void;
  /** Free stretches below `#top`, by address, never touching each other. */
  readonly #gaps: { from: number; to: number }[] = [];
  readonly #sizes = new Map<number, number>();
  #top: number;
  #live = 0;

  /** `grow` makes the memory reach at least `end`. */
  constructor(start: number, grow: (end: number) => void) {
    this.#top = start;
    this.#grow = grow;
  }

  /** Bytes of the blocks handed out. */
  get live(): number {
    return this.#live;
  }

  allocate(size: number): number {
    const wanted = Math.ceil((size + SLACK) / GRAIN) * GRAIN;
    const address = this.#fromGap(wanted) ?? this.#fromTop(wanted);
    this.#sizes.set(address, wanted);
    this.#live += wanted;
    return address;
  }

  release(address: number): void {
    const size = this.#sizes.get(address);
    if (size === undefined) throw new RangeError('no block stands at this address');
    this.#sizes.delete(address);
    this.#live -= size;
    let index = this.#gaps.findIndex(({ from }) => from > address);
    if (index < 0) index = this.#gaps.length;
    const before = this.#gaps[index - 1];
    const after = this.#gaps[index];
    let gap = { from: address, to: address + size };
    let joined = 0;
    if (after?.from === gap.to) {
      gap = { from: gap.from, to: after.to };
      joined += 1;
    }
    if (before?.to === gap.from) {
      gap = { from: before.from, to: gap.to };
      index -= 1;
      joined += 1;
    }
    this.#gaps.splice(index, joined, gap);
    if (gap.to !== this.#top) return;
    this.#top = gap.from;
    this.#gaps.splice(index, 1);
  }

  #fromGap(wanted: number): number | undefined {
    const index = this.#gaps.findIndex(({ from, to }) => to - from >= wanted);
    const gap = this.#gaps[index];
    if (gap === undefined) return undefined;
    const address = gap.from;
    gap.from += wanted;
    if (gap.from === gap.to) this.#gaps.splice(index, 1);
    return address;
  }

  #fromTop(wanted: number): number {
    const address = this.#top;
    this.#grow(address + wanted);
    this.#top += wanted;
    return address;
  }
}
