/** Faults, drawn from a seed. A change may have been made although its answer is lost. */
import { seededRandom } from '../../../support/recipes.ts';

export type FaultKind = '500' | '502' | '503' | '429' | 'secondary' | 'hang-up' | 'stall' | 'truncated';

export interface Fault {
  readonly kind: FaultKind;
  /** For changes: it was made, and only the answer is lost. */
  readonly isAfter: boolean;
}

export interface FaultSettings {
  /** Share of requests that go wrong. */
  readonly share: number;
  readonly seed: number;
  /** After so many in a row for one method and address, one is let through. */
  readonly inARow: number;
  /** How long a stalled answer takes until the connection breaks. */
  readonly stallMs: number;
}

const KINDS: readonly FaultKind[] = ['500', '502', '503', '429', 'secondary', 'hang-up', 'stall', 'truncated'];
/** A server that failed, or that was never reached, may have done the work. One that refused has not. */
const MAY_BE_AFTER = new Set<FaultKind>(['500', '502', 'hang-up', 'stall', 'truncated']);

export class Faults {
  readonly settings: FaultSettings;
  readonly counts = new Map<FaultKind, number>();
  readonly #random: () => number;
  readonly #row = new Map<string, number>();

  constructor(settings: FaultSettings) {
    this.settings = settings;
    this.#random = seededRandom(settings.seed);
  }

  draw(key: string, isChange: boolean): Fault | undefined {
    const [chance, which, after] = [this.#random(), this.#random(), this.#random()];
    const row = this.#row.get(key) ?? 0;
    if (chance >= this.settings.share || row >= this.settings.inARow) {
      this.#row.delete(key);
      return undefined;
    }
    this.#row.set(key, row + 1);
    const kind = KINDS[Math.floor(which * KINDS.length)] ?? '500';
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    return { kind, isAfter: kind === 'truncated' || (isChange && after < 0.5 && MAY_BE_AFTER.has(kind)) };
  }
}
