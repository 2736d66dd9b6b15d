import { TargetError } from '../../model/errors.ts';
import type { Skipped } from '../../model/inventory.ts';
import { Getter, HttpError, TOO_LONG } from '../../support/get.ts';
import { listOf, recordOf, textOf } from '../github/fields.ts';
import type { RemoteContext } from '../remote.ts';
import { type ClusterConfig } from './kubeconfig.ts';
import { loginOf } from './login.ts';
import { listPath, type Resource } from './resources.ts';
import { fetchFor } from './transport.ts';

/** What `kubectl` asks for as well; the server may give less. */
const PAGE = 500;
/** When a page of Secrets is longer than any answer may be. */
const SMALL_PAGE = 20;
/** No list is longer; a server that always has one more page would never end. */
const MOST_PAGES = 10_000;
/** How often a list that took too long is begun anew. */
const RESTARTS = 3;

/** The names of a list without what is in it. Source: kubernetes.io/docs/reference/using-api/api-concepts (receiving resources as metadata). */
const NAMES_ALONE = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

export type Listed = { readonly kind: 'items'; readonly items: readonly unknown[] } | { readonly kind: 'refused'; readonly error: HttpError };

/** A cluster, to be read. */
export class Cluster {
  readonly config: ClusterConfig;
  readonly #getter: Getter;
  readonly #names: Getter;

  constructor(config: ClusterConfig, { env, version, note }: RemoteContext) {
    this.config = config;
    const login = loginOf(config, env);
    const fetchOwn = fetchFor(config, login);
    const make = (accept: string): Getter =>
      new Getter({
        base: config.server,
        headers: async () => ({ accept, ...(await login()).headers }),
        version,
        service: `the cluster of ${config.context}`,
        note,
        ...(fetchOwn === undefined ? {} : { fetch: fetchOwn }),
      });
    try {
      this.#getter = make('application/json');
      this.#names = make(NAMES_ALONE);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      throw new TargetError(error.message, 'Use a context whose server is an https address.');
    }
  }

  /** @throws HttpError */
  async get(path: string): Promise<unknown> {
    return await this.#getter.json(path);
  }

  /**
   * All objects of a kind, page by page. A list whose pages have expired on the way is begun anew.
   *
   * @throws HttpError for anything but a refusal
   */
  async list(resource: Resource, namespace: string | undefined, fieldSelector?: string): Promise<Listed> {
    return await this.#pages(this.#getter, listPath(resource, namespace), fieldSelector);
  }

  /** How many there are; undefined when it may not be asked. */
  async count(resource: Resource, namespace: string | undefined, fieldSelector: string): Promise<readonly string[] | undefined> {
    const listed = await this.#pages(this.#names, listPath(resource, namespace), fieldSelector);
    return listed.kind === 'refused' ? undefined : listed.items.map((item) => `${textOf(metadataOf(item)['namespace']) ?? ''}/${textOf(metadataOf(item)['name']) ?? ''}`);
  }

  /** Names of all namespaces, sorted. */
  async namespaces(): Promise<Listed> {
    return await this.#pages(this.#getter, '/api/v1/namespaces', undefined);
  }

  async #pages(getter: Getter, path: string, fieldSelector: string | undefined): Promise<Listed> {
    let items: unknown[] = [];
    let next: string | undefined;
    let limit = PAGE;
    let restarts = 0;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      let answer: Readonly<Record<string, unknown>>;
      try {
        answer = recordOf(await getter.json(path, { limit, fieldSelector, continue: next }));
      } catch (error) {
        if (!(error instanceof HttpError)) throw error;
        if (error.status === 410 && restarts < RESTARTS) {
          restarts += 1;
          items = [];
          next = undefined;
          continue;
        }
        if (error.status === 0 && error.detail === TOO_LONG && limit > SMALL_PAGE) {
          limit = SMALL_PAGE;
          continue;
        }
        return { kind: 'refused', error };
      }
      if (!Array.isArray(answer['items'])) return { kind: 'refused', error: new HttpError(0, 'the cluster', 'the answer is no list') };
      items.push(...listOf(answer['items']));
      const before = next;
      next = textOf(recordOf(answer['metadata'])['continue']);
      if (next === undefined || next === '') return { kind: 'items', items };
      if (next === before) break;
    }
    return { kind: 'refused', error: new HttpError(0, 'the cluster', 'the list has no end') };
  }
}

export function metadataOf(item: unknown): Readonly<Record<string, unknown>> {
  return recordOf(recordOf(item)['metadata']);
}

/** What could not be listed, and the right that is missing. */
export function refusalOf(error: HttpError, title: string, verb: string): Skipped {
  const why = error.status === 401 || error.status === 403 || error.status === 404 ? `${error.status}, needs ${verb}` : error.status === 0 ? error.detail : String(error.status);
  return { reason: `${title}: not readable (${why})`, count: 1, examples: [], incomplete: true };
}
