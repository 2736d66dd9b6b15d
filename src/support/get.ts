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
/** Detail of an answer over the bound: a list may be asked for in smaller pages. */
export const TOO_LONG = 'the answer is too long';

/** Of certificates: they are the same a second later. Source: nodejs.org/api/tls.html, X509 certificate error codes (2026-11-30). */
const CERTIFICATE = /^(?:CERT_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|UNABLE_TO_(?:GET_ISSUER|VERIFY_LEAF)|ERR_TLS_CERT_|HOSTNAME_MISMATCH$|INVALID_(?:CA|PURPOSE)$)/;
/** What a header can hold (fetch.spec.whatwg.org, header value): of anything else Node's error quotes the whole value. */
const SENDABLE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

/** What one request came to. `isFinal`: the next one would come to the same. */
type Outcome = { readonly value: unknown } | { readonly error: HttpError; readonly after?: number; readonly isFinal?: true };

/**
 * A client that can do nothing but read: there is no way to give it another method than GET. Waits as long as `retry-after` asks for, tries again what failed on the way
 * (429, 5xx, a connection that broke), and follows no redirect.
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
      const { error, after, isFinal } = outcome;
      const isPassing = error.status === 0 || error.status === 408 || error.status === 429 || error.status >= 500;
      if (isFinal === true || !isPassing || attempt === TRIES || (after ?? 0) > LONGEST_WAIT) throw error;
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

  async #once(url: URL): Promise<Outcome> {
    const { headers, version, service } = this.#options;
    const sent = { accept: 'application/json', 'user-agent': `dekey/${version}`, ...(await headers()) };
    if (!Object.values(sent).every((value) => SENDABLE.test(value))) return { error: new HttpError(0, service, 'the login holds characters that no login has'), isFinal: true };
    let response: Response;
    let text: string;
    try {
      response = await (this.#options.fetch ?? fetch)(url, { method: 'GET', headers: sent, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT) });
      // Whoever answers so would be given the login.
      if (response.status >= 300 && response.status < 400) {
        await response.body?.cancel();
        return { error: new HttpError(0, service, `it leads to another address (${response.status}), which is not followed`), isFinal: true };
      }
      text = await limited(response);
    } catch (error) {
      const reason = error instanceof Error ? reasonOf(error) : 'unknown';
      return { error: new HttpError(0, service, reason), ...(reason === TOO_LONG || CERTIFICATE.test(reason) ? { isFinal: true } : {}) };
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

/** Reads no further than the bound, however short the answer said it was. */
async function limited({ body, headers }: Response): Promise<string> {
  if (Number(headers.get('content-length') ?? 0) > LARGEST) {
    await body?.cancel();
    throw new Error(TOO_LONG);
  }
  if (body === null) return '';
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    // Leaving the loop cancels the rest.
    if (size > LARGEST) throw new Error(TOO_LONG);
    parts.push(decoder.decode(chunk, { stream: true }));
  }
  parts.push(decoder.decode());
  return parts.join('');
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
  if (error.message === TOO_LONG) return TOO_LONG;
  // Node's fetch has the code in its cause, a plain connection in the error itself.
  const code = codeOf(error.cause) ?? codeOf(error);
  return code ?? error.message;
}

function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
