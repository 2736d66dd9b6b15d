import { setTimeout as pause } from 'node:timers/promises';
import { UsageError } from '../model/errors.ts';
import { Secret } from '../model/secret.ts';
import { Answers, type KeptAnswer } from './answers.ts';
import { type Installation, installationTokens } from './app.ts';
import { cacheFolder, folderName, privateFolder } from './cache-folder.ts';
import { Connections, limitedBody, TimedOut, TooLarge } from './connection.ts';
import { type Credentials, findCredentials } from './credentials.ts';
import { GithubError, isGithubError } from './errors.ts';
import { Gate, Lanes, Pace, type Sleeper, type Wait } from './gate.ts';
import { resolveHost } from './hosts.ts';
import { type Counter, type Exchange, failureOf, Http, isRecord, Misplaced } from './http.ts';
import { makeOctokit, type Requests } from './octokit.ts';
import type { Answer, Family, GithubApi, GithubHost, GraphqlAnswer, GraphqlProblem, Limit } from './types.ts';

export interface OpenOptions {
  /** Organisation or user whose things are read or changed: the installation of an App is the one there. */
  readonly owner: string;
  /** Named in the target. */
  readonly host?: string;
  /** `--github-api`. */
  readonly api?: string;
  /** `--github-app` and `--github-app-key`. */
  readonly appId?: string;
  readonly appKeyFile?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Keeps answers under this name and takes up an interrupted run of the same name. Without it nothing is written to disk. */
  readonly keepAs?: string;
  /** Says that a limit makes the run wait. */
  readonly onWait?: (wait: Wait) => void;
  /** For tests. */
  readonly sleep?: Sleeper;
  readonly random?: () => number;
  /** Requests at a time. */
  readonly parallel?: number;
  /** Between two changes, in milliseconds. */
  readonly spacing?: number;
}

/** What every description of GitHub's REST API since 2022 says; newer ones take it too. */
const API_VERSION = '2022-11-28';
const ACCEPT = 'application/vnd.github+json';
const PARALLEL = 12;
/** "Make the requests serially, at least one second apart" (workload-platforms.md, 8.5). */
const SPACING = 1000;
/** Points in a minute for all REST endpoints together, on github.com and ghe.com; a GET is one (the same place). */
const PER_MINUTE = 900;
const MOST_PAGES = 1000;
const MOST_REDIRECTS = 3;
const DOWNLOAD_ATTEMPTS = 7;
const DAMAGED_ATTEMPTS = 3;

/**
 * Opens the API for one owner: finds where it is and who asks, and what is kept of earlier runs.
 *
 * @throws UsageError when there is no token, or an address that a token must not be sent to
 */
export async function openGithub(options: OpenOptions): Promise<GithubApi & { readonly isResumed: boolean }> {
  const host = resolveHost(options.host, options.api, options.env);
  if (options.env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') throw new UsageError('NODE_TLS_REJECT_UNAUTHORIZED=0 lets anybody read the token on its way', 'Unset it; name the certificate of your own authority with NODE_EXTRA_CA_CERTS.');
  const credentials = await findCredentials(host, {
    env: options.env,
    ...(options.appId === undefined ? {} : { appId: options.appId }),
    ...(options.appKeyFile === undefined ? {} : { appKeyFile: options.appKeyFile }),
  });
  const client = new Client(host, await makeOctokit(host, options.version), options);
  await client.signIn(credentials);
  return client;
}

class Client implements GithubApi {
  readonly host: GithubHost;
  readonly counts = new Map<Family, Counter>();
  account = '';
  isResumed = false;
  readonly #octokit: Requests;
  readonly #http: Http;
  readonly #gate: Gate;
  readonly #options: OpenOptions;
  readonly #changes: Lanes;
  readonly #sleep: Sleeper;
  #answers: Answers | undefined;
  #token: (() => Promise<Secret>) | undefined;
  #installation: Installation | undefined;

  constructor(host: GithubHost, octokit: Requests, options: OpenOptions) {
    this.host = host;
    this.#octokit = octokit;
    this.#options = options;
    const sleep = options.sleep ?? (async (ms) => await pause(ms));
    this.#sleep = sleep;
    this.#gate = new Gate(sleep, options.onWait ?? (() => undefined));
    this.#http = new Http({
      host,
      gate: this.#gate,
      pace: host.isMetered ? new Pace(PER_MINUTE, sleep) : undefined,
      lanes: new Lanes(options.parallel ?? PARALLEL, 0, sleep),
      connections: new Connections(options.parallel ?? PARALLEL),
      sleep,
      random: options.random ?? Math.random,
      counts: this.counts,
      authorization: async () => {
        const token = await this.#token?.();
        return token === undefined ? undefined : new Secret(`Bearer ${revealed(token)}`);
      },
    });
    this.#changes = new Lanes(1, options.spacing ?? SPACING, sleep);
  }

  get permissions(): Readonly<Record<string, string>> | undefined {
    return this.#installation?.permissions();
  }

  get limits(): ReadonlyMap<string, Limit> {
    return this.#gate.limits;
  }

  /** Who asks; then what is kept for that account is opened. */
  async signIn(credentials: Credentials): Promise<void> {
    if (credentials.kind === 'app') {
      const installation = await installationTokens(credentials.app, this.#options.owner, async (method, path, authorization) => (await this.#request('account', method, path, { authorization })).data);
      this.#installation = installation;
      this.#token = async () => await installation.token();
      this.account = `app ${credentials.app.id}`;
    } else {
      const { token } = credentials;
      this.#token = () => Promise.resolve(token);
      const { data } = await this.query('account', 'query { viewer { login } }', {});
      const viewer = isRecord(data) ? data['viewer'] : undefined;
      const login = isRecord(viewer) ? viewer['login'] : undefined;
      this.account = typeof login === 'string' ? login : 'unknown';
    }
    const { keepAs, env } = this.#options;
    if (keepAs === undefined) return;
    const at = credentials.kind === 'app' ? `${this.account} at ${this.#options.owner}` : this.account;
    const place = new URL(this.host.rest).host;
    this.#answers = new Answers(privateFolder(cacheFolder(env), 'github', folderName(place), 'answers', folderName(at)), keepAs, Date.now());
    this.isResumed = this.#answers.isResumed;
  }

  async get(family: Family, path: string): Promise<Answer> {
    return await this.#get(family, path);
  }

  async #get(family: Family, path: string): Promise<Answer> {
    const had = this.#answers?.ofThisRun(path);
    if (had !== undefined) return fromKept(had);
    const earlier = this.#answers?.earlier(path);
    let at = path;
    for (let redirects = 0; ; redirects += 1) {
      const answer = await this.#request(family, 'GET', at, earlier?.etag === undefined ? {} : { 'if-none-match': earlier.etag });
      if (answer.status === 304 && earlier !== undefined) {
        this.#http.counter(family).unchanged += 1;
        this.#answers?.confirm(path, Date.now());
        return fromKept(earlier);
      }
      if (answer.status >= 300) {
        at = this.#moved(family, at, answer, redirects);
        continue;
      }
      const { etag, link } = answer.headers;
      this.#answers?.keep(path, { body: answer.text, ...(etag === undefined ? {} : { etag }), ...(link === undefined ? {} : { link }) }, Date.now());
      return answer;
    }
  }

  /** Where a renamed repository is now: the same API only, since the token goes along. */
  #moved(family: Family, path: string, { status, headers }: Answer, redirects: number): string {
    const place = this.#ownPath(headers['location'] ?? '');
    if (place === undefined || redirects >= MOST_REDIRECTS) throw this.#strange(family, path, status, 'a redirect that leads away from the API');
    return place;
  }

  async all(family: Family, path: string, pick: (page: unknown) => readonly unknown[]): Promise<readonly unknown[]> {
    const items: unknown[] = [];
    const seen = new Set<string>();
    for (let at: string | undefined = path; at !== undefined; ) {
      if (seen.has(at) || seen.size >= MOST_PAGES) throw this.#strange(family, path, 200, 'pages without an end');
      seen.add(at);
      const { data, headers } = await this.#get(family, at);
      items.push(...pick(data));
      const next: string | undefined = nextOf(headers['link']);
      at = next === undefined ? undefined : this.#ownPath(next);
      if (next !== undefined && at === undefined) throw this.#strange(family, path, 200, 'a next page outside the API');
    }
    return items;
  }

  async bytes(family: Family, path: string, limit: number): Promise<Uint8Array> {
    return await this.download(family, path, limit, async (body) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      return Buffer.concat(chunks);
    });
  }

  async download<T>(family: Family, path: string, limit: number, use: (body: AsyncIterable<Uint8Array>) => Promise<T>): Promise<T> {
    const request = `GET ${withoutQuery(path)}`;
    let last = 'the connection failed';
    // Where the archive is stays good for some minutes: after a fault there the API is not asked again.
    let place: string | undefined;
    let wait = 0;
    for (let attempt = 1; attempt <= DOWNLOAD_ATTEMPTS; attempt += 1) {
      if (attempt > 1) {
        this.#http.counter(family).repeated += 1;
        await this.#sleep(Math.max(wait, 250 * (attempt - 1) ** 2) * (1 + (this.#options.random ?? Math.random)() / 2));
      }
      const exchange = newExchange(family, 'core', true);
      let body: { destroy(): unknown } | undefined;
      try {
        if (place === undefined) {
          const { status, headers } = await this.#request(family, 'GET', path, {}, exchange);
          if (status >= 300) place = headers['location'] ?? '';
        }
        const raw = place === undefined ? exchange.answer : await this.#http.archive(place);
        body = raw?.body;
        if (raw === undefined || raw.status >= 300) {
          wait = Math.min(Number(raw?.headers['retry-after'] ?? 0) || 0, 60) * 1000;
          if (raw?.status === 404 || raw?.status === 410 || raw?.status === 451) throw this.#strange(family, path, raw.status, 'the archive cannot be read');
          // The address may have run out; a server that asks to wait knows it still.
          if (raw?.status === 401 || (raw?.status === 403 && wait === 0)) place = undefined;
          throw new Passing(`the archive answered ${raw?.status ?? 0}`);
        }
        return await use(limitedBody(raw.body, limit));
      } catch (error) {
        if (error instanceof TooLarge) throw this.#strange(family, path, 200, `more than ${Math.round(limit / 2 ** 20)} MB`);
        if (error instanceof Misplaced) throw this.#strange(family, path, 302, error.message);
        if (isGithubError(error)) throw error;
        const kind = faultKind(error);
        if (kind === undefined) throw error;
        last = error instanceof Passing || error instanceof TimedOut ? error.message : kind === 'damaged' ? 'the archive is damaged' : 'the connection failed';
        if (kind === 'damaged' && attempt >= DAMAGED_ATTEMPTS) break;
      } finally {
        body?.destroy();
      }
    }
    throw new GithubError(this.host.host, { status: 0, family, request, said: last, needsSso: false, isUncertain: false });
  }

  async send(family: Family, method: 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answer> {
    return await this.#changes.run(async () => {
      const answer = await this.#request(family, method, path, {}, newExchange(family, 'core', false), body, true);
      if (answer.status >= 300) throw this.#strange(family, path, answer.status, 'a redirect of a change');
      return answer;
    });
  }

  async query(family: Family, query: string, variables: Readonly<Record<string, unknown>>, { resumable = false } = {}): Promise<GraphqlAnswer> {
    const key = `graphql ${query} ${JSON.stringify(variables)}`;
    const had = resumable ? this.#answers?.ofThisRun(key) : undefined;
    if (had !== undefined) return graphqlAnswer(JSON.parse(had.body));
    const answer = await this.#graphql(family, query, variables, false);
    if (resumable) this.#answers?.keep(key, { body: answer.text }, Date.now());
    return graphqlAnswer(answer.data);
  }

  async mutate(family: Family, query: string, variables: Readonly<Record<string, unknown>>): Promise<GraphqlAnswer> {
    return await this.#changes.run(async () => graphqlAnswer((await this.#graphql(family, query, variables, true)).data));
  }

  async #graphql(family: Family, query: string, variables: Readonly<Record<string, unknown>>, isChange: boolean): Promise<Answer & { text: string }> {
    return await this.#request(family, 'POST', this.host.graphql, {}, newExchange(family, 'graphql', false), { query, variables }, isChange);
  }

  isKept(path: string): boolean {
    return this.#answers?.has(path) === true;
  }

  async gitAuthorization(): Promise<string> {
    const token = await this.#token?.();
    return token === undefined ? '' : `Authorization: Basic ${Buffer.from(`x-access-token:${revealed(token)}`).toString('base64')}`;
  }

  finish(): Promise<void> {
    this.#answers?.end();
    return Promise.resolve();
  }

  /** One request with the repeats it may have; answers below 400 and 304. */
  async #request(
    family: Family,
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    exchange: Exchange = newExchange(family, 'core', false),
    body?: unknown,
    isChange = false,
  ): Promise<Answer & { text: string }> {
    try {
      const given = await this.#octokit.request({
        method,
        url: path.startsWith('/') ? `${this.host.rest}${path}` : path,
        headers: { accept: ACCEPT, 'x-github-api-version': API_VERSION, ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }) },
        ...(body === undefined ? {} : { data: JSON.stringify(body) }),
        request: {
          fetch: async (address: string, init: RequestInit) => await this.#http.attempt(exchange, address, init),
          // Read here, from the bytes that were checked to be whole.
          parseSuccessResponseBody: false,
          ...(isChange ? { retries: 0 } : {}),
        },
      });
      return { status: given.status, data: exchange.text === '' ? undefined : parsed(exchange.text), headers: textHeaders(given.headers), isUnchanged: false, text: exchange.text };
    } catch (error) {
      if (isRecord(error) && error['status'] === 304) return { status: 304, data: undefined, headers: {}, isUnchanged: true, text: '' };
      if (isGithubError(error)) throw error;
      throw failureOf(this.host, family, `${method} ${path.startsWith('/') ? withoutQuery(path) : 'the GraphQL API'}`, isChange, error);
    }
  }

  #ownPath(address: string): string | undefined {
    const base = `${this.host.rest}/`;
    if (!URL.canParse(address, base)) return undefined;
    const url = new URL(address, base);
    return url.href.startsWith(base) ? url.href.slice(this.host.rest.length) : undefined;
  }

  #strange(family: Family, path: string, status: number, said: string): GithubError {
    return new GithubError(this.host.host, { status, family, request: `GET ${withoutQuery(path)}`, said, needsSso: false, isUncertain: false });
  }
}

/** A fault of the archive's server, which may be over in a moment. */
class Passing extends Error {}

/** `damaged`: what came is not what a reader of archives takes, which a second look will tell from a fault on the way. Undefined: no fault of GitHub's. */
function faultKind(error: unknown): 'passing' | 'damaged' | undefined {
  if (error instanceof Passing || error instanceof TimedOut) return 'passing';
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code.startsWith('Z_')) return code === 'Z_BUF_ERROR' ? 'passing' : 'damaged';
  return /^(?:ECONN[A-Z]+|EPIPE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|ENETUNREACH|EHOSTUNREACH|EPROTO|HPE_[A-Z_]+|ERR_STREAM_PREMATURE_CLOSE|ERR_SSL_[A-Z_]+)$/.test(code) ? 'passing' : undefined;
}

function newExchange(family: Family, resource: Exchange['resource'], streams: boolean): Exchange {
  return { family, resource, streams, attempts: 0, pause: 0, wasFault: false, text: '', answer: undefined };
}

function fromKept(kept: KeptAnswer): Answer {
  return { status: 200, data: parsed(kept.body), headers: kept.link === undefined ? {} : { link: kept.link }, isUnchanged: true };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textHeaders(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' || typeof value === 'number' ? [[name.toLowerCase(), String(value)]] : [])));
}

/** The address with `rel="next"` in a Link header. */
function nextOf(link: string | undefined): string | undefined {
  if (link === undefined || link.length > 8192) return undefined;
  for (const part of link.split(',')) {
    const found = /^\s*<([^<>]{1,2048})>\s*;(.{0,256})$/.exec(part);
    if (found?.[2] !== undefined && /(?:^|;)\s*rel="?next"?\s*(?:;|$)/.test(found[2])) return found[1];
  }
  return undefined;
}

function graphqlAnswer(value: unknown): GraphqlAnswer {
  if (!isRecord(value)) return { data: undefined, errors: [] };
  const errors = Array.isArray(value['errors']) ? value['errors'].filter(isRecord) : [];
  return { data: value['data'], errors: errors.map(problemOf) };
}

function problemOf({ type, message, path }: Readonly<Record<string, unknown>>): GraphqlProblem {
  const steps = Array.isArray(path) ? path.filter((step) => typeof step === 'string' || typeof step === 'number') : undefined;
  return { message: typeof message === 'string' ? message.slice(0, 500) : '', ...(typeof type === 'string' ? { type } : {}), ...(steps === undefined ? {} : { path: steps }) };
}

function withoutQuery(path: string): string {
  return path.split('?')[0] ?? path;
}

/** For a header that is made of it; see the callers. */
function revealed(secret: Secret): string {
  return secret.expose((text) => text);
}
