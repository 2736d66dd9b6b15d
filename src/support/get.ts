import { setTimeout as pause } from 'node:timers/promises';

/** An answer that says no. `status` 0: there was none. */
export class HttpError extends Error {
  readonly status: number;
  /** Of the answer, cut and for people; never what was sent. */
  readonly detail: string;

  constructor(status: number, place: string, detail: string) {
    super(status === 0 ? `${place} cannot be reached: ${detail}` : `${place} answered ${status}${detail === '' ? '' : `: ${detail}`}`);
    this.name = 'HttpError';
    this.status = status;
    this.detail = detail;
  }
}

export interface GetOptions {
  /** `https://api.example.com`, without a slash at its end. Plain http is taken for this machine alone. */
  readonly base: string;
  /** Sent with each request; holds the login, and is never part of an error. */
  readonly headers: () => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  readonly version: string;
  /** Name of the service in errors: `Anthropic's admin API`. */
  readonly service: string;
  /** For a server with a certificate of its own, where `fetch` cannot do. */
  readonly fetch?: typeof fetch;
  readonly note?: (line: string) => void;
}

const TRIES = 5;
const TIMEOUT = 30_000;
/** No API says more in one answer; what does is no API. */
const LARGEST = 64 * 2 ** 20;
const LONGEST_WAIT = 300_000;

/**
 * A client that can do nothing but read: there is no way to give it another method than GET. Waits as long as `retry-after` asks for, tries again what failed on the way
 * (429, 5xx, a connection that broke), and follows no redirect to another host.
 */
export class Getter {
  readonly #options: GetOptions;

  constructor(options: GetOptions) {
    const { protocol, hostname } = new URL(options.base);
    if (protocol !== 'https:' && !(protocol === 'http:' && /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(hostname))) throw new HttpError(0, options.service, 'only https is spoken to other machines');
    this.#options = options;
  }

  /**
   * @param path with its leading slash; parameters that are undefined are left out, lists are repeated.
   * @throws HttpError for every answer that is not 2xx, and for one that is no JSON.
   */
  async json(path: string, parameters: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>> = {}): Promise<unknown> {
    const url = this.#url(path, parameters);
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#once(url);
      if ('value' in outcome) return outcome.value;
      const { error, after } = outcome;
      const isPassing = error.status === 0 || error.status === 408 || error.status === 429 || error.status >= 500;
      if (!isPassing || attempt === TRIES || (after ?? 0) > LONGEST_WAIT) throw error;
      const wait = after ?? 250 * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
      if (wait > 5000) this.#options.note?.(`${this.#options.service}: asked to slow down; going on in ${Math.ceil(wait / 1000)} s`);
      await pause(wait);
    }
  }

  #url(path: string, parameters: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>): URL {
    const url = new URL(`${this.#options.base}${path}`);
    if (url.origin !== new URL(this.#options.base).origin) throw new HttpError(0, this.#options.service, 'the path leads to another host');
    for (const [name, value] of Object.entries(parameters)) {
      if (value === undefined) continue;
      for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(one));
    }
    return url;
  }

  async #once(url: URL): Promise<{ readonly value: unknown } | { readonly error: HttpError; readonly after?: number }> {
    const { headers, version, service } = this.#options;
    const sent = { accept: 'application/json', 'user-agent': `dekey/${version}`, ...(await headers()) };
    let response: Response;
    let text: string;
    try {
      response = await (this.#options.fetch ?? fetch)(url, { method: 'GET', headers: sent, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT) });
      text = await limited(response);
    } catch (error) {
      return { error: new HttpError(0, service, error instanceof Error ? reasonOf(error) : 'unknown') };
    }
    if (!response.ok) {
      const after = retryAfter(response.headers.get('retry-after'));
      return { error: new HttpError(response.status, service, messageOf(text)), ...(after === undefined ? {} : { after }) };
    }
    try {
      return { value: JSON.parse(text) };
    } catch {
      // A body that was cut on its way looks like this as well: it is asked for again.
      return { error: new HttpError(0, service, 'the answer is not JSON') };
    }
  }
}

async function limited(response: Response): Promise<string> {
  const length = Number(response.headers.get('content-length') ?? 0);
  if (length > LARGEST) throw new Error('the answer is too long');
  const text = await response.text();
  if (text.length > LARGEST) throw new Error('the answer is too long');
  return text;
}

/** Seconds, or a date. Milliseconds from now. */
function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  const wait = /^\d+(?:\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

/** What APIs call their message, from any of the usual shapes. */
function messageOf(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    const found = find(value, ['error', 'message']) ?? find(value, ['message']) ?? find(value, ['error_description']) ?? find(value, ['error']);
    return typeof found === 'string' ? found.replaceAll(/\s+/g, ' ').slice(0, 200) : '';
  } catch {
    return '';
  }
}

function find(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value;
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? find((value as Readonly<Record<string, unknown>>)[name], rest) : undefined;
}

function reasonOf(error: Error): string {
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT / 1000} s`;
  const { cause } = error;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  return code ?? error.message;
}
