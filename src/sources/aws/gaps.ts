import type { Skipped } from '../../model/inventory.ts';
import type { AwsCall } from './calls.ts';
import { failureOf } from './failures.ts';

/** Names kept of one reason. */
const MOST_EXAMPLES = 20;

interface Entry {
  count: number;
  readonly examples: Set<string>;
  readonly incomplete: boolean;
}

/** A list as far as it could be read. */
export interface Listed<T> {
  readonly items: readonly T[];
  /** False when a page was refused or missing: what is not in `items` may be there all the same. */
  readonly whole: boolean;
}

/** One page, and where the next begins. */
export interface Page<T> {
  readonly items: readonly T[] | undefined;
  readonly next: string | undefined;
}

/** What could not be read of one account. A refusal never stops the run, and never counts for an empty answer. */
export class Gaps {
  readonly #entries = new Map<string, Entry>();

  get skipped(): readonly Skipped[] {
    return [...this.#entries].map(([reason, { count, examples, incomplete }]) => ({ reason, count, examples: [...examples].toSorted().slice(0, MOST_EXAMPLES), incomplete }));
  }

  /** @param example the region, user or function it is about; the same reason is counted up */
  add(reason: string, example?: string, incomplete = true): void {
    const entry = this.#entries.get(reason) ?? { count: 0, examples: new Set<string>(), incomplete };
    entry.count += 1;
    if (example !== undefined && entry.examples.size < MOST_EXAMPLES) entry.examples.add(example);
    this.#entries.set(reason, entry);
  }

  /**
   * Runs `read`; when AWS refuses, or does not answer, that is noted under the call's permission and `undefined` given.
   *
   * @throws whatever is no answer of AWS's: a fault of ours is not one account's failure
   */
  async attempt<T>(call: AwsCall, read: () => Promise<T>, example?: string): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      this.refused(call, error, example);
      return undefined;
    }
  }

  /** @throws `error` itself when it is no answer of AWS's */
  refused(call: AwsCall, error: unknown, example?: string): void {
    const failure = failureOf(error, call.call);
    if (failure === undefined) throw error;
    const needs = failure.isDenied && call.besides !== undefined ? ` (needs ${call.permission})` : '';
    this.add(`${call.call}: ${failure.why}${needs}`, example, failure.isIncomplete);
  }

  /** Reads all pages; those that came before a refusal are kept. */
  async all<T>(call: AwsCall, page: (marker: string | undefined) => Promise<Page<T>>, example?: string): Promise<Listed<T>> {
    const items: T[] = [];
    const seen = new Set<string>();
    let marker: string | undefined;
    for (;;) {
      const from = marker;
      const read = await this.attempt(call, async () => await page(from), example);
      if (read === undefined) return { items, whole: false };
      items.push(...(read.items ?? []));
      // The length of a page says nothing: AWS may send fewer than it was asked for, or none, and go on.
      if (read.next === undefined || read.next === '') return { items, whole: true };
      if (seen.has(read.next)) {
        this.add(`${call.call}: the pages go round in a circle`, example);
        return { items, whole: false };
      }
      seen.add(read.next);
      marker = read.next;
    }
  }
}

/** Runs `work` for each item, at most `most` at a time; results in the order of the items. */
export async function inLanes<T, R>(items: readonly T[], most: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, lane));
  return results;
}
