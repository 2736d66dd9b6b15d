import type { Getter } from '../../support/get.ts';
import { Fields, ShapeError } from './api-shape.ts';

type Parameters = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** A service that answers in pages. */
export interface PagedApi {
  readonly getter: Getter;
  /** As errors call it. */
  readonly service: string;
}

/** No list is longer; a service that goes on for ever is broken. */
const MOST_PAGES = 10_000;

/** What comes after a page: parameters beside those of the first, or another path. */
type Next = { readonly parameters: Parameters } | { readonly path: string } | undefined;

async function* pages(api: PagedApi, path: string, parameters: Parameters, nextOf: (page: Fields) => Next): AsyncGenerator<Fields> {
  const seen = new Set<string>();
  let [at, sent]: [string, Parameters] = [path, parameters];
  for (let count = 1; ; count += 1) {
    const page = new Fields(api.service, `GET ${path}`, await api.getter.json(at, sent));
    // Before it is looked at where the next one is: what is wrong there takes nothing from this page.
    yield page;
    const next = nextOf(page);
    if (next === undefined) return;
    const key = JSON.stringify(next);
    if (seen.has(key) || count === MOST_PAGES) throw new ShapeError(api.service, `the page after page ${count} of GET ${path}`, 'one that was there before');
    seen.add(key);
    [at, sent] = 'path' in next ? [next.path, {}] : [path, { ...parameters, ...next.parameters }];
  }
}

/** Pages that go on after the last id: `{ data, has_more, last_id }`, and `after` or `after_id` for the next. */
export async function* itemsAfter(api: PagedApi, path: string, parameters: Parameters, cursor: 'after' | 'after_id'): AsyncGenerator<Fields> {
  const paged = pages(api, path, parameters, (page) => {
    if (page.maybeFlag('has_more') !== true) return undefined;
    const last = page.maybeId('last_id') ?? page.list('data').at(-1)?.id('id');
    if (last === undefined) throw new ShapeError(api.service, `last_id of GET ${path}`, 'missing, though there is more');
    return { parameters: { [cursor]: last } };
  });
  for await (const page of paged) yield* page.list('data');
}

/** Pages that name the next one by a token of their own. A list that is empty may be left out when `isSparse`. */
export async function* itemsByToken(api: PagedApi, path: string, parameters: Parameters, names: { readonly items: string; readonly next: string; readonly cursor: string; readonly isSparse?: true }): AsyncGenerator<Fields> {
  const paged = pages(api, path, parameters, (page) => {
    const token = page.maybeId(names.next);
    return token === undefined ? undefined : { parameters: { [names.cursor]: token } };
  });
  for await (const page of paged) yield* names.isSparse ? page.maybeList(names.items) : page.list(names.items);
}

/** Pages that give the whole address of the next one. It has to stay at `origin`: the login is sent along. */
export async function* itemsByLink(api: PagedApi & { readonly origin: string }, path: string, parameters: Parameters, next: string): AsyncGenerator<Fields> {
  const paged = pages(api, path, parameters, (page) => {
    const link = page.maybeId(next);
    if (link === undefined) return undefined;
    const url = URL.canParse(link) ? new URL(link) : undefined;
    if (url?.origin !== new URL(api.origin).origin) throw new ShapeError(api.service, `${next} of GET ${path}`, 'at another host');
    return { path: `${url.pathname}${url.search}` };
  });
  for await (const page of paged) yield* page.list('value');
}
