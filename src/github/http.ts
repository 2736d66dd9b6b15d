import type { Secret } from '../model/secret.ts';
import { type Connections, type RawAnswer, readWhole, TimedOut, TooLarge } from './connection.ts';
import { GithubError } from './errors.ts';
import type { Gate, Lanes, Pace, Sleeper } from './gate.ts';
import type { Family, GithubHost } from './types.ts';

/** A page of a hundred items is far below it. */
const LARGEST_ANSWER = 32 * 2 ** 20;
const BACKOFF = 250;
const LONGEST_RETRY_AFTER = 60;

export interface Counter {
  sent: number;
  unchanged: number;
  repeated: number;
}

/** One request with its repeats. */
export interface Exchange {
  readonly family: Family;
  readonly resource: 'core' | 'graphql' | 'integration_manifest';
  /** The body is handed on as it comes, not read. */
  readonly streams: boolean;
  attempts: number;
  /** Seconds that the last fault asked to wait. */
  pause: number;
  wasFault: boolean;
  /** Of the last answer below 400. */
  text: string;
  answer: RawAnswer | undefined;
}

export interface HttpOptions {
  readonly host: GithubHost;
  readonly gate: Gate;
  readonly pace: Pace | undefined;
  readonly lanes: Lanes;
  readonly connections: Connections;
  readonly sleep: Sleeper;
  /** 0 to below 1. */
  readonly random: () => number;
  readonly counts: Map<Family, Counter>;
  /** The value of `Authorization`, asked for with every request since those of an App last an hour. */
  readonly authorization: () => Promise<Secret | undefined>;
}

/**
 * Sends single requests, for Octokit to decide about: its `fetch`. Here are the token (put on at the last moment, and only for the API's own origin), time-outs, the
 * limits that answers tell, and the check that an answer is whole.
 */
export class Http {
  readonly #options: HttpOptions;
  readonly #origins: ReadonlySet<string>;

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#origins = new Set([new URL(options.host.rest).origin, new URL(options.host.graphql).origin]);
  }

  /**
   * One attempt. A fault (no connection, time-out, cut or broken body) throws; a limit is given in the form that Octokit's throttling knows.
   *
   * @throws Error without any text of the request: Octokit repeats it
   */
  async attempt(exchange: Exchange, address: string, init: RequestInit): Promise<Response> {
    const { gate, pace, lanes, sleep, random } = this.#options;
    const counter = this.counter(exchange.family);
    exchange.attempts += 1;
    if (exchange.attempts > 1) counter.repeated += 1;
    if (exchange.wasFault) await sleep(Math.max(exchange.pause * 1000, BACKOFF * (exchange.attempts - 1) ** 2) * (1 + random() / 2));
    exchange.wasFault = true;
    await gate.enter(exchange.resource);
    try {
      await pace?.take();
      counter.sent += 1;
      return await lanes.run(async () => await this.#send(exchange, address, init));
    } finally {
      gate.left(exchange.resource);
    }
  }

  counter(family: Family): Counter {
    const known = this.#options.counts.get(family) ?? { sent: 0, unchanged: 0, repeated: 0 };
    this.#options.counts.set(family, known);
    return known;
  }

  async #send(exchange: Exchange, address: string, init: RequestInit): Promise<Response> {
    const url = new URL(address);
    if (!this.#origins.has(url.origin)) throw new Error('an address outside the API');
    const headers: Record<string, string> = { 'accept-encoding': 'gzip' };
    new Headers(init.headers).forEach((value, name) => (headers[name] = value));
    if (headers['authorization'] === undefined) {
      const authorization = await this.#options.authorization();
      authorization?.expose((text) => (headers['authorization'] = text));
    }
    try {
      const answer = await this.#options.connections.open(url, { method: init.method ?? 'GET', headers, ...(typeof init.body === 'string' ? { body: init.body } : {}) });
      this.#options.gate.note(answer.headers, exchange.resource);
      if (exchange.streams && answer.status < 300) {
        exchange.wasFault = false;
        exchange.answer = answer;
        return new Response('', { status: answer.status });
      }
      const bytes = await readWhole(answer, LARGEST_ANSWER);
      return this.#judge(exchange, answer, bytes.toString('utf8'));
    } catch (error) {
      throw new Error(faultOf(error));
    }
  }

  #judge(exchange: Exchange, { status, headers }: RawAnswer, text: string): Response {
    const parsed = isJson(headers) && text !== '' ? parse(text) : undefined;
    const limited = isLimit(status, headers, parsed);
    if (limited !== undefined) {
      const seconds = Number(headers['retry-after']);
      if (limited === 'secondary') this.#options.gate.close(Number.isFinite(seconds) && headers['retry-after'] !== undefined ? seconds : undefined);
      exchange.wasFault = false;
      return answer(limited === 'primary' ? { message: 'API rate limit exceeded' } : { message: 'secondary rate limit' }, status === 429 ? 429 : 403, headers);
    }
    this.#options.gate.open();
    if (status >= 500) {
      const seconds = Number(headers['retry-after'] ?? 0);
      exchange.pause = Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), LONGEST_RETRY_AFTER) : 0;
      return answer({ message: messageOf(parsed) }, status, headers);
    }
    if (isBroken(status, headers, text, parsed)) throw new Error('an answer that is not whole');
    if (isPassingProblem(parsed)) return answer({ message: 'the query failed at GitHub' }, 502, headers);
    exchange.wasFault = false;
    exchange.text = text;
    if (status >= 400) return answer(parsed ?? { message: '' }, status, headers);
    return new Response(status === 204 || status === 304 ? null : '', { status, headers: bare(headers) });
  }

  /** The bytes of an archive, from where GitHub keeps it: another origin, so without the token. */
  async archive(address: string): Promise<RawAnswer> {
    if (!URL.canParse(address)) throw new Misplaced('an archive that is nowhere');
    const url = new URL(address);
    const isLocal = this.#origins.has(url.origin) || ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
    const apiIsLocal = new URL(this.#options.host.rest).protocol === 'http:';
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal && apiIsLocal)) throw new Misplaced('an archive that is not at an https address');
    const answer = await this.#options.connections.open(url, { method: 'GET', headers: { 'user-agent': 'dekey' } });
    if (answer.status >= 300) answer.body.destroy();
    return answer;
  }
}

/** A redirect that leads where nothing is fetched from. */
export class Misplaced extends Error {}

const BROKEN = Symbol('not JSON');

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return BROKEN;
  }
}

function isJson(headers: Readonly<Record<string, string>>): boolean {
  return /^application\/(?:[a-z.+-]*\+)?json\b/i.test(headers['content-type'] ?? '');
}

function isBroken(status: number, headers: Readonly<Record<string, string>>, text: string, parsed: unknown): boolean {
  if (parsed === BROKEN) return true;
  // A body was announced and is not there.
  return status < 300 && status !== 204 && status !== 205 && text === '' && isJson(headers);
}

function isLimit(status: number, headers: Readonly<Record<string, string>>, parsed: unknown): 'primary' | 'secondary' | undefined {
  const message = messageOf(parsed);
  const isPrimary = headers['x-ratelimit-remaining'] === '0' && headers['x-ratelimit-reset'] !== undefined;
  if (status === 200 && problemsOf(parsed).some(({ type }) => type === 'RATE_LIMITED')) return isPrimary ? 'primary' : 'secondary';
  if (status !== 403 && status !== 429) return undefined;
  if (headers['retry-after'] !== undefined) return 'secondary';
  if (isPrimary) return 'primary';
  return status === 429 || /secondary rate|abuse detection/i.test(message) ? 'secondary' : undefined;
}

/** What GraphQL says with 200 and means as 502. */
function isPassingProblem(parsed: unknown): boolean {
  return problemsOf(parsed).some(({ message }) => /^Something went wrong while executing your query|^timedout$/i.test(message));
}

function problemsOf(parsed: unknown): readonly { readonly type: string; readonly message: string }[] {
  if (!isRecord(parsed) || !Array.isArray(parsed['errors'])) return [];
  return parsed['errors'].filter(isRecord).map(({ type, message }) => ({ type: typeof type === 'string' ? type : '', message: typeof message === 'string' ? message : '' }));
}

function messageOf(parsed: unknown): string {
  return isRecord(parsed) && typeof parsed['message'] === 'string' ? parsed['message'] : '';
}

function answer(body: unknown, status: number, from: Readonly<Record<string, string>>): Response {
  return new Response(JSON.stringify(body === BROKEN ? { message: '' } : body), { status, headers: { ...bare(from), 'content-type': 'application/json' } });
}

/** Without what was true of the bytes on the wire. */
function bare(headers: Readonly<Record<string, string>>): Record<string, string> {
  const rest: Record<string, string> = { ...headers };
  for (const name of ['content-length', 'content-encoding', 'transfer-encoding', 'set-cookie']) delete rest[name];
  return rest;
}

/** Only the system's own code: other texts may quote what was sent. */
function faultOf(error: unknown): string {
  if (error instanceof TooLarge || error instanceof TimedOut) return error.message;
  if (error instanceof Error && 'code' in error && typeof error.code === 'string' && /^[A-Z_]{3,40}$/.test(error.code)) return error.code;
  return error instanceof Error && error.message.startsWith('an a') ? error.message : 'the connection failed';
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a failed request becomes for the caller. */
export function failureOf(host: GithubHost, family: Family, request: string, isChange: boolean, error: unknown): GithubError {
  const response = isRecord(error) && isRecord(error['response']) ? error['response'] : undefined;
  const headers = isRecord(response?.['headers']) ? response['headers'] : {};
  const status = response === undefined || !isRecord(error) || typeof error['status'] !== 'number' ? 0 : error['status'];
  const data = response?.['data'];
  const accepted = headers['x-accepted-github-permissions'];
  const said = status === 0 ? (error instanceof Error ? error.message : '') : messageOf(data);
  return new GithubError(host.host, {
    status,
    family,
    request,
    said: said.slice(0, 500),
    ...(typeof accepted === 'string' && accepted !== '' ? { permissions: accepted.slice(0, 200) } : {}),
    needsSso: typeof headers['x-github-sso'] === 'string' && headers['x-github-sso'].startsWith('required'),
    isUncertain: isChange && (status === 0 || status >= 500),
    ...(data === undefined ? {} : { data }),
  });
}
