import type { Skipped } from '../../model/inventory.ts';
import { HttpError } from '../../support/get.ts';
import type { RemoteCall } from '../remote.ts';
import { ShapeError } from './api-shape.ts';

const MOST_EXAMPLES = 20;

/** What could not be read of one account, and what was left out of it. A call that is refused never stops the others, and is never taken for "there is none". */
export class ApiGaps {
  readonly #found = new Map<string, { examples: string[]; count: number; incomplete: boolean }>();
  readonly #also: (error: HttpError) => string | undefined;

  /** @param also what the service's own words mean, for some of its refusals: what to do, beside the permission */
  constructor(also: (error: HttpError) => string | undefined = () => undefined) {
    this.#also = also;
  }

  /** @param examples names, each of which counts as one */
  add(reason: string, examples: readonly string[] = [], incomplete = true): void {
    const known = this.#found.get(reason) ?? { examples: [], count: 0, incomplete };
    known.examples.push(...examples);
    known.count += Math.max(1, examples.length);
    this.#found.set(reason, known);
  }

  /**
   * Runs `read`; when the service refuses, does not answer or answers something else than it documents, that is noted and `undefined` given. What `read` had by then
   * handed on stays.
   *
   * @param more name of what it was about; or which refusals are a limit, and leave nothing out that might hold keys
   * @throws whatever is none of these
   */
  async attempt<T>(call: RemoteCall, read: () => Promise<T>, more?: string | { readonly isLimit: (error: HttpError) => boolean }): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof HttpError) && !(error instanceof ShapeError)) throw error;
      const isLimit = typeof more === 'object' && error instanceof HttpError && more.isLimit(error);
      this.add(`${call.title}: not readable (${error instanceof ShapeError ? error.message : this.#refusal(call, error)})`, typeof more === 'string' ? [more] : [], !isLimit);
      return undefined;
    }
  }

  #refusal({ call, permission }: RemoteCall, error: HttpError): string {
    const also = this.#also(error);
    if (error.status === 0) return error.message;
    if (error.status === 401 || error.status === 403 || error.status === 404) {
      return `${error.status}, ${call} needs ${permission === '' ? 'a login' : permission}${also === undefined ? '' : `; ${also}`}`;
    }
    return `${error.status} for ${call}${error.detail === '' ? '' : `: ${error.detail}`}`;
  }

  get skipped(): readonly Skipped[] {
    return [...this.#found].map(([reason, { examples, count, incomplete }]) => ({ reason, count, examples: [...new Set(examples)].toSorted().slice(0, MOST_EXAMPLES), incomplete }));
  }
}
