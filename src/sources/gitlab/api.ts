import { TargetError } from '../../model/errors.ts';
import type { Skipped } from '../../model/inventory.ts';
import { Getter, HttpError } from '../../support/get.ts';
import type { RemoteCall } from '../remote.ts';
import type { GitlabPlace } from './host.ts';

type Parameters = Readonly<Record<string, string | number | boolean | undefined>>;

const PER_PAGE = 100;
/** No list is longer; a server that always names a next page would never end. */
const MOST_PAGES = 5000;

/** GitLab's REST API, to be read. */
export class GitlabApi {
  readonly place: GitlabPlace;
  readonly #version: string;
  readonly #note: (line: string) => void;

  constructor(place: GitlabPlace, { version, note }: { readonly version: string; readonly note: (line: string) => void }) {
    this.place = place;
    this.#version = version;
    this.#note = note;
  }

  /**
   * @param path below `/api/v4`
   * @throws HttpError
   */
  async get(path: string, parameters: Parameters = {}): Promise<unknown> {
    return await this.#getter(() => undefined).json(path, parameters);
  }

  /**
   * A whole list, page by page, by the `Link` that each page has to the next (keyset and offset pages alike), or by `x-next-page` from a proxy that takes links out.
   *
   * @throws HttpError, also for an answer that is no list
   */
  async list(path: string, parameters: Parameters = {}): Promise<readonly unknown[]> {
    let headers = new Headers();
    const getter = this.#getter((given) => (headers = given));
    const items: unknown[] = [];
    let asked: Record<string, string | number | boolean | undefined> = { ...parameters, per_page: PER_PAGE };
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const answer = await getter.json(path, asked);
      if (!Array.isArray(answer)) throw new HttpError(0, this.place.host, 'the answer is no list');
      items.push(...(answer as readonly unknown[]));
      const next = nextPage(headers) ?? nextUntold(headers, asked, answer.length, page);
      if (next === undefined) return items;
      const before = JSON.stringify(asked);
      // Only the parameters are taken from the link: behind a proxy its host may be another.
      asked = { ...asked, ...next };
      if (JSON.stringify(asked) === before) break;
    }
    throw new HttpError(0, this.place.host, 'the list has no end');
  }

  #getter(onHeaders: (headers: Headers) => void): Getter {
    const { base, host, token } = this.place;
    try {
      return new Getter({
        base: `${base}/api/v4`,
        // Takes tokens of people, groups and projects as well as those of OAuth. Source: docs.gitlab.com/api/rest/authentication, as remembered.
        headers: () => ({ authorization: `Bearer ${token}` }),
        version: this.#version,
        service: host,
        note: this.#note,
        fetch: async (input, init) => {
          const response = await fetch(input, init);
          onHeaders(response.headers);
          return response;
        },
      });
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      throw new TargetError(error.message, 'Name the host with https.');
    }
  }
}

function nextPage(headers: Headers): Readonly<Record<string, string>> | undefined {
  const link = /<([^<>]+)>\s*;[^,]*\brel="?next"?/.exec(headers.get('link') ?? '')?.[1];
  if (link !== undefined && URL.canParse(link)) return Object.fromEntries(new URL(link).searchParams);
  const page = headers.get('x-next-page');
  return page === null || page === '' ? undefined : { page };
}

/**
 * Behind a proxy that takes out all that tells of pages: a page that is full may have one after it. GitLab's own last page says so by an empty `x-next-page`, or, with keyset
 * pages, by nothing at all.
 */
function nextUntold(headers: Headers, asked: Parameters, count: number, page: number): Readonly<Record<string, string>> | undefined {
  const isTold = headers.has('link') || headers.has('x-next-page');
  return isTold || count < PER_PAGE || asked['pagination'] === 'keyset' ? undefined : { page: String(page + 2) };
}

/** An id or a path as it stands in a path of the API. */
export function inPath(id: string | number): string {
  return encodeURIComponent(id);
}

/** What could not be read of one target. */
export class Gaps {
  readonly #byReason = new Map<string, { readonly examples: string[]; count: number; readonly incomplete: boolean }>();

  add(reason: string, example: string | undefined, incomplete: boolean): void {
    const gap = this.#byReason.get(reason) ?? { examples: [], count: 0, incomplete };
    gap.count += 1;
    if (example !== undefined && gap.examples.length < 20) gap.examples.push(example);
    this.#byReason.set(reason, gap);
  }

  /**
   * Runs `read`; a refusal is noted with the right that is missing, and `undefined` given.
   *
   * @throws what is no answer of GitLab's
   */
  async attempt<T>({ title, permission }: RemoteCall, read: () => Promise<T>, example?: string): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      const { status, detail } = error;
      this.add(`${title}: not readable (${status === 401 || status === 403 || status === 404 ? `${status}, needs ${permission}` : status === 0 ? detail : status})`, example, true);
      return undefined;
    }
  }

  get skipped(): Skipped[] {
    return [...this.#byReason].map(([reason, { examples, count, incomplete }]) => ({ reason, count, examples: examples.toSorted(), incomplete })).toSorted((a, b) => (a.reason < b.reason ? -1 : 1));
  }
}
