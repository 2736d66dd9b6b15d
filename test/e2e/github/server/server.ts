/**
 * GitHub on loopback: REST, GraphQL and git over HTTP at one origin, archives at another. Every request and every answer is held against GitHub's published description, the
 * documented rules are enforced, and everything is written down.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Fields, isFields } from '../../plan/http.ts';
import { isSigned, serveGit, signedPath, tarball } from './archive.ts';
import { Contract, type Matched } from './contract.ts';
import { type Fault, Faults, type FaultSettings } from './faults.ts';
import { prepare, run } from './graphql.ts';
import { Journal } from './journal.ts';
import { LIMITS, Limits, type LimitSettings, type Refusal, type Resource } from './limits.ts';
import { isAtLeast, ruleOf, satisfies } from './permissions.ts';
import { type Call, failure, type Handler, NOT_FOUND, type Reply, type RepositoryCall, type RepositoryHandler } from './reply.ts';
import { accountHandlers, appToken } from './rest-accounts.ts';
import { gitHandlers, resolveCommit } from './rest-git.ts';
import { pullHandlers } from './rest-pulls.ts';
import { forbidden, settingsHandlers } from './rest-settings.ts';
import type { Sites } from './shapes.ts';
import { fullName, isEmpty, roleOf, type Token, type World } from './state.ts';

export interface ServerOptions {
  readonly limits?: Partial<LimitSettings>;
  readonly faults?: FaultSettings;
}

const VERSIONS = new Set(['2022-11-28', '2026-03-10']);
const LARGEST_BODY = 50 << 20;

/** An answer before it is put on the wire. */
interface Outgoing {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

interface Incoming {
  readonly request: IncomingMessage;
  readonly method: string;
  readonly url: URL;
  readonly body: Buffer;
  readonly token: Token | undefined;
  readonly holder: string;
  readonly at: number;
}

export class GithubServer {
  readonly world: World;
  readonly journal = new Journal();
  readonly limits: Limits;
  faults: Faults | undefined;
  readonly #contract = new Contract();
  readonly #key = randomBytes(16).toString('hex');
  readonly #api: Server;
  readonly #archives: Server;
  #sites: Sites = { api: '', web: '' };
  #archiveOrigin = '';

  constructor(world: World, { limits = {}, faults }: ServerOptions = {}) {
    this.world = world;
    this.limits = new Limits({ ...LIMITS, ...limits });
    this.faults = faults === undefined ? undefined : new Faults(faults);
    this.#api = createServer((request, response) => this.#guarded(response, this.#answerApi(request, response)));
    this.#archives = createServer((request, response) => this.#guarded(response, this.#answerArchive(request, response)));
  }

  /** `http://127.0.0.1:PORT`: REST at its root, GraphQL at `/graphql`, clones at `/OWNER/NAME.git`. */
  get url(): string {
    return this.#sites.api;
  }

  async start(): Promise<void> {
    const origins: string[] = [];
    for (const server of [this.#api, this.#archives]) {
      server.keepAliveTimeout = 60_000;
      await new Promise<void>((ready, failed) => {
        server.once('error', failed);
        server.listen(0, '127.0.0.1', ready);
      });
      const { port } = server.address() as AddressInfo;
      origins.push(`http://127.0.0.1:${port}`);
    }
    const [api = '', archives = ''] = origins;
    this.#sites = { api, web: api };
    this.#archiveOrigin = archives;
  }

  async stop(): Promise<void> {
    for (const server of [this.#api, this.#archives]) {
      await new Promise<void>((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      });
    }
  }

  /** Whatever goes wrong in here is a violation of the server's own, so that it never looks like a refusal. */
  #guarded(response: ServerResponse, work: Promise<void>): void {
    this.limits.inFlight += 1;
    this.limits.highest = Math.max(this.limits.highest, this.limits.inFlight);
    work
      .catch((error: unknown) => {
        this.journal.violation(`the loopback server failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        if (!response.headersSent) response.writeHead(500);
        response.end();
      })
      .finally(() => {
        this.limits.inFlight -= 1;
      });
  }

  async #answerApi(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = Date.now();
    const body = await bodyOf(request);
    const url = new URL(request.url ?? '/', this.#sites.api);
    const token = this.#tokenOf(request);
    const incoming: Incoming = { request, method: request.method ?? 'GET', url, body, token: token === 'unknown' ? undefined : token, holder: typeof token === 'object' ? token.account.login : 'nobody', at };
    if (/^\/[^/]+\/[^/]+\.git\//.test(url.pathname)) {
      await this.#answerGit(incoming, response);
      return;
    }
    if (token === 'unknown') {
      await this.#send(response, incoming, 'unauthorized', written(failure(401, 'Bad credentials'), {}), undefined, false);
      return;
    }
    if (url.pathname === '/graphql') await this.#answerGraphql(incoming, response);
    else await this.#answerRest(incoming, response);
  }

  #tokenOf({ headers: { authorization } }: IncomingMessage): Token | 'unknown' | undefined {
    if (authorization === undefined) return undefined;
    const [scheme = '', value = ''] = authorization.split(' ');
    const text = scheme.toLowerCase() === 'basic' ? (Buffer.from(value, 'base64').toString('utf8').split(':')[1] ?? '') : value;
    return this.world.tokens.get(text) ?? (text.split('.').length === 3 ? appToken(text, this.world.apps) : undefined) ?? 'unknown';
  }

  async #answerRest(incoming: Incoming, response: ServerResponse): Promise<void> {
    const { method, url, holder } = incoming;
    const isChange = method !== 'GET' && method !== 'HEAD';
    const resource = 'core' as const;
    const matched = this.#contract.match(method, this.#pathOf(url.pathname));
    const operation = matched?.operation.id ?? 'unknown';
    const isFree = operation === 'rate-limit/get';
    const fault = this.#fault(`${method} ${url.pathname}${url.search}`, isChange);
    if (fault !== undefined && !fault.isAfter) {
      await this.#send(response, incoming, operation, undefined, fault, isChange);
      return;
    }
    const refusal = isFree ? undefined : this.limits.refusal(holder, resource, isChange);
    if (refusal !== undefined) {
      await this.#send(response, incoming, operation, this.#limited(refusal, holder, resource), undefined, isChange);
      return;
    }
    const reply = this.#judgedRest(incoming, matched);
    const body = reply.body === undefined ? '' : JSON.stringify(reply.body);
    const etag = `W/"${createHash('sha256').update(body).digest('hex')}"`;
    const isUnchanged = method === 'GET' && reply.status === 200 && incoming.request.headers['if-none-match'] === etag;
    if (!isFree && !isUnchanged) this.limits.spend(holder, resource, 1);
    const scopes: Readonly<Record<string, string>> = incoming.token?.kind === 'classic' ? { 'x-oauth-scopes': (incoming.token.scopes ?? []).join(', ') } : {};
    const headers = { ...this.limits.headers(holder, resource), ...scopes, ...(method === 'GET' && reply.status === 200 ? { etag, 'cache-control': 'private, max-age=60, s-maxage=60', vary: 'Accept, Authorization' } : {}) };
    await this.#send(response, incoming, operation, isUnchanged ? { status: 304, headers: { ...headers, ...reply.headers }, text: '' } : written(reply, headers), fault, isChange);
  }

  /** Ids in place of names, as redirects of renamed repositories use them. */
  #pathOf(pathname: string): string {
    const match = /^\/repositories\/(\d+)(\/.*)?$/.exec(pathname);
    const repository = match === null ? undefined : this.world.repositoryById(Number(match[1]));
    return repository === undefined ? pathname : `/repos/${fullName(repository)}${match?.[2] ?? ''}`;
  }

  #judgedRest(incoming: Incoming, matched: Matched | undefined): Reply {
    const { method, url, body, request } = incoming;
    const name = `${method} ${url.pathname}${url.search}`;
    if (request.headers['user-agent'] === undefined) {
      this.journal.violation(`${name}: no User-Agent`);
      return failure(403, 'Request forbidden by administrative rules. Please make sure your request has a User-Agent header.');
    }
    const version = request.headers['x-github-api-version'];
    if (version !== undefined && !VERSIONS.has(String(version))) {
      this.journal.violation(`${name}: no version ${String(version)} of the API`);
      return failure(400, `The version ${String(version)} is not supported.`);
    }
    if (matched === undefined) {
      this.journal.violation(`${name}: not one of the operations that are played`);
      return NOT_FOUND;
    }
    const sent = parsed(body);
    if (sent === 'broken') {
      this.journal.violation(`${name}: the body is not JSON`);
      return failure(400, 'Problems parsing JSON');
    }
    const { operation, path } = matched;
    const problems = operation.requestProblems(path, url.searchParams, sent);
    if (problems.length > 0) {
      this.journal.violation(`${name}: ${problems.join('; ')}`);
      return { status: 422, body: { message: `Invalid request.\n\n${problems.join('\n')}`, documentation_url: 'https://docs.github.com/rest' } };
    }
    const reply = this.#ruled(incoming, matched, isFields(sent) ? sent : {});
    const faults = operation.answerProblems(reply.status, reply.body);
    if (faults.length > 0) this.journal.violation(`the answer to ${name} (${operation.id}) is not as described: ${faults.join('; ')}`);
    return reply;
  }

  /** Who may ask, and what of. */
  #ruled({ token, url, method }: Incoming, { operation, path }: Matched, body: Fields): Reply {
    const call: Call = { world: this.world, sites: this.#sites, limits: this.limits, operation, token, path, query: url.searchParams, body, address: `${url.pathname}${url.search}` };
    const rule = ruleOf(method, operation.template);
    const ownHandler = accountHandlers[operation.id];
    if (ownHandler !== undefined) return this.#ruledAccount(call, ownHandler, rule);

    const [owner, name] = [path['owner'] ?? '', path['repo'] ?? ''];
    const renamed = this.world.renamed.get(`${owner}/${name}`.toLowerCase())?.split('/');
    const repository = this.world.repository(renamed?.[0] ?? owner, renamed?.[1] ?? name);
    const role = repository === undefined ? undefined : roleOf(token, repository);
    if (repository === undefined || role === undefined) return NOT_FOUND;
    const organization = this.world.organization(repository.owner.login);
    if (organization?.needsSignOn === true && token?.hasSignedOn !== true) return signOnRefusal(this.#sites, organization.account.login);
    if (repository.isTakenDown === true) return failure(451, 'Repository access blocked');
    if (renamed !== undefined) {
      const rest = url.pathname.slice(`/repos/${owner}/${name}`.length);
      const location = `${this.#sites.api}/repositories/${repository.id}${rest}${url.search}`;
      return { status: method === 'GET' ? 301 : 307, body: { message: 'Moved Permanently', url: location, documentation_url: 'https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects' }, headers: { location } };
    }
    const whole: RepositoryCall = { ...call, repository, role };
    if (rule === undefined) throw new Error(`no rule for ${operation.id}`);
    const isOpen = rule.isPublic === true && repository.visibility === 'public' && method === 'GET';
    if (!isOpen) {
      if (token === undefined) return failure(401, 'Requires authentication');
      if (!satisfies(token, rule)) return forbidden(whole, rule);
      if (!isAtLeast(token, repository, rule.role ?? 'read')) return method === 'GET' ? NOT_FOUND : failure(403, 'Must have push access to repository');
    }
    if (method !== 'GET' && repository.isArchived && operation.id !== 'repos/create-fork') return failure(403, 'Repository was archived so is read-only.');
    this.#watch(whole);
    if (operation.id === 'repos/download-tarball-archive') return this.#archiveAddress(whole);
    const handler: RepositoryHandler | undefined = settingsHandlers[operation.id] ?? gitHandlers[operation.id] ?? pullHandlers[operation.id];
    if (handler === undefined) throw new Error(`nothing plays ${operation.id}`);
    return handler(whole);
  }

  #ruledAccount(call: Call, handler: Handler, rule: ReturnType<typeof ruleOf>): Reply {
    const organization = call.world.organization(call.path['org'] ?? '');
    if (organization?.needsSignOn === true && call.token?.hasSignedOn !== true && call.operation.id !== 'orgs/get') return signOnRefusal(this.#sites, organization.account.login);
    if (rule !== undefined) {
      if (call.token === undefined) return failure(401, 'Requires authentication');
      if (!satisfies(call.token, rule)) return forbidden(call, rule);
      if (call.token.roles !== undefined) return failure(403, 'Must have admin rights to Repository.');
    }
    return handler(call);
  }

  /** What is allowed by GitHub and not to this client. */
  #watch({ operation, body, path, repository }: RepositoryCall): void {
    const isDefault = path['ref'] === `heads/${repository.defaultBranch}`;
    if (operation.id === 'git/update-ref' && body['force'] === true) this.journal.violation(`a force push to ${path['ref'] ?? ''} of ${fullName(repository)}`);
    if ((operation.id === 'git/update-ref' || operation.id === 'git/delete-ref') && isDefault && repository.owner.type === 'Organization') this.journal.violation(`${operation.id} on the default branch of ${fullName(repository)}`);
  }

  #archiveAddress({ repository, path, token }: RepositoryCall): Reply {
    const commit = isEmpty(repository) ? undefined : resolveCommit(repository, path['ref'] ?? '');
    if (commit === undefined || roleOf(token, repository) === undefined) return NOT_FOUND;
    return { status: 302, headers: { location: `${this.#archiveOrigin}${signedPath(repository, commit.oid, this.#key)}` } };
  }

  async #answerGraphql(incoming: Incoming, response: ServerResponse): Promise<void> {
    const { holder, token, body, method } = incoming;
    const resource = 'graphql' as const;
    const sent = parsed(body);
    const { query, variables } = isFields(sent) ? sent : { query: undefined, variables: undefined };
    if (token === undefined || typeof query !== 'string' || method !== 'POST') {
      this.journal.violation(`${method} /graphql without ${token === undefined ? 'a token' : 'a query'}`);
      await this.#send(response, incoming, 'graphql/none', written(failure(token === undefined ? 401 : 400, token === undefined ? 'This endpoint requires you to be authenticated.' : 'A query attribute must be specified and must be a string.'), {}), undefined, false);
      return;
    }
    const values = isFields(variables) ? variables : {};
    const request = prepare(query, values);
    const isChange = 'document' in request && request.isMutation;
    const operation = 'document' in request ? `graphql/${request.isMutation ? request.fields.join('+') : 'query'}` : 'graphql/invalid';
    const fault = this.#fault(`graphql ${digest(body)}`, isChange);
    if (fault !== undefined && !fault.isAfter) {
      await this.#send(response, incoming, operation, undefined, fault, isChange);
      return;
    }
    const refusal = this.limits.refusal(holder, resource, isChange);
    if (refusal !== undefined) {
      const answer = refusal.kind === 'secondary' ? this.#limited(refusal, holder, resource) : written({ status: 200, body: { errors: [{ type: 'RATE_LIMITED', message: `API rate limit exceeded for user ID ${token.account.id}.` }] } }, this.limits.headers(holder, resource));
      await this.#send(response, incoming, operation, answer, undefined, isChange);
      return;
    }
    if (!('document' in request)) {
      if (request.isViolation) this.journal.violation(`graphql: ${JSON.stringify(request.errors).slice(0, 600)}`);
      await this.#send(response, incoming, operation, written({ status: 200, body: { errors: request.errors } }, this.limits.headers(holder, resource)), fault, isChange);
      return;
    }
    this.limits.spend(holder, resource, request.cost);
    const result = await run(request, values, { world: this.world, sites: this.#sites, limits: this.limits, token, cost: request.cost, nodes: request.nodes, violation: (text) => this.journal.violation(text) });
    await this.#send(response, incoming, operation, written({ status: 200, body: result }, this.limits.headers(holder, resource)), fault, isChange);
  }

  #limited({ kind, headers }: Refusal, holder: string, resource: Resource): Outgoing {
    const message = kind === 'primary' ? `API rate limit exceeded for user ID ${holder}.` : 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
    return written(failure(403, message), { ...this.limits.headers(holder, resource), ...headers });
  }

  #fault(key: string, isChange: boolean): Fault | undefined {
    return this.faults?.draw(key, isChange);
  }

  async #send(response: ServerResponse, incoming: Incoming, operation: string, answer: Outgoing | undefined, fault: Fault | undefined, isChange: boolean): Promise<void> {
    const { method, url, body, holder, at } = incoming;
    const isGraphql = url.pathname === '/graphql';
    const status = await putOnWire(response, answer, fault, this.faults?.settings.stallMs ?? 0, this.limits.settings.retryAfter);
    this.journal.add({
      at,
      ended: Date.now(),
      method,
      address: isGraphql ? `/graphql ${digest(body)}` : `${url.pathname}${url.search}`,
      operation,
      holder,
      status,
      isChange,
      ...(fault === undefined ? {} : { fault: `${fault.kind}${fault.isAfter ? ' after' : ''}` }),
      ...(url.pathname.startsWith('/repos/') ? { repository: url.pathname.split('/').slice(2, 4).join('/') } : {}),
    });
  }

  async #answerArchive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = Date.now();
    const url = new URL(request.url ?? '/', this.#archiveOrigin);
    const [, owner = '', name = '', , oid = ''] = url.pathname.split('/');
    const repository = this.world.repository(owner, name);
    const commit = repository === undefined ? undefined : resolveCommit(repository, oid);
    if (request.headers.authorization !== undefined) this.journal.violation(`a token was sent to where archives are: ${url.pathname}`);
    const fault = this.#fault(`archive ${url.pathname}`, false);
    const isGood = isSigned(url, this.#key) && repository !== undefined && commit !== undefined;
    let status = isGood ? 200 : 404;
    if (fault === undefined || fault.kind === 'truncated' || fault.kind === 'stall') {
      const bytes = isGood ? await tarball(repository, commit) : Buffer.alloc(0);
      response.writeHead(status, { 'content-type': 'application/x-gzip', 'content-disposition': `attachment; filename=${owner}-${name}-${oid.slice(0, 7)}.tar.gz`, 'content-length': bytes.length });
      if (fault === undefined) response.end(bytes);
      else {
        response.write(bytes.subarray(0, Math.floor(bytes.length / 2)));
        await pause(fault.kind === 'stall' ? (this.faults?.settings.stallMs ?? 0) : 20);
        response.destroy();
      }
    } else status = await putOnWire(response, undefined, fault, 0, this.limits.settings.retryAfter);
    // The address differs each time; what is asked for is the path.
    this.journal.add({ at, ended: Date.now(), method: 'GET', address: `archive ${url.pathname}`, operation: 'archive', holder: 'nobody', status, isChange: false, ...(fault === undefined ? {} : { fault: fault.kind }), repository: `${owner}/${name}` });
  }

  async #answerGit(incoming: Incoming, response: ServerResponse): Promise<void> {
    const { url, request, body, token, at, method, holder } = incoming;
    const [, owner = '', name = '', ...rest] = url.pathname.split('/');
    const repository = this.world.repository(owner, name.replace(/\.git$/, ''));
    const isPush = url.searchParams.get('service') === 'git-receive-pack' || rest.at(-1) === 'git-receive-pack';
    if (isPush) this.journal.violation(`a push by git to ${url.pathname}`);
    const isAllowed = repository !== undefined && roleOf(token, repository) !== undefined && !isPush;
    let status = isAllowed ? 200 : token === undefined ? 401 : 404;
    if (isAllowed) status = await serveGit(request, response, repository, rest.join('/'), url.search.slice(1), body);
    else {
      response.writeHead(status, status === 401 ? { 'www-authenticate': 'Basic realm="GitHub"' } : {});
      response.end();
    }
    this.journal.add({ at, ended: Date.now(), method, address: `${url.pathname}${url.search} ${digest(body)}`, operation: 'git', holder, status, isChange: isPush, ...(repository === undefined ? {} : { repository: fullName(repository) }) });
  }
}

function signOnRefusal({ web }: Sites, login: string): Reply {
  return failure(403, 'Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.', { 'x-github-sso': `required; url=${web}/orgs/${login}/sso?authorization_request=AAAA` });
}

function written({ status, body, headers = {} }: Reply, more: Readonly<Record<string, string>>): Outgoing {
  const text = body === undefined ? '' : JSON.stringify(body);
  return { status, text, headers: { ...(text === '' ? {} : { 'content-type': 'application/json; charset=utf-8' }), 'x-github-media-type': 'github.v3; format=json', 'x-github-request-id': randomBytes(6).toString('hex').toUpperCase(), ...more, ...headers } };
}

/** Sends an answer, or what a fault makes of it. Gives the status that went out, 0 when none did. */
async function putOnWire(response: ServerResponse, answer: Outgoing | undefined, fault: Fault | undefined, stallMs: number, retryAfter: number): Promise<number> {
  if (fault === undefined) {
    const { status, headers, text } = answer ?? { status: 500, headers: {}, text: '' };
    response.writeHead(status, { ...headers, ...(status === 204 || status === 304 ? {} : { 'content-length': Buffer.byteLength(text) }) });
    response.end(text);
    return status;
  }
  switch (fault.kind) {
    case '500':
    case '502':
    case '503': {
      const status = Number(fault.kind);
      // Some are made by what stands in front of the API, which speaks HTML.
      const isHtml = status !== 500;
      response.writeHead(status, { 'content-type': isHtml ? 'text/html' : 'application/json; charset=utf-8' });
      response.end(isHtml ? '<html><head><title>Unicorn!</title></head></html>' : JSON.stringify({ message: 'Server Error', documentation_url: 'https://docs.github.com/rest' }));
      return status;
    }
    case '429':
    case 'secondary': {
      const status = fault.kind === '429' ? 429 : 403;
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'retry-after': String(retryAfter) });
      response.end(JSON.stringify({ message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.', documentation_url: 'https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits' }));
      return status;
    }
    case 'truncated': {
      const { status, headers, text } = answer ?? { status: 200, headers: {}, text: '' };
      response.writeHead(status, headers);
      response.end(text.slice(0, Math.floor(text.length / 2)));
      return status;
    }
    case 'stall':
      await pause(stallMs);
      response.destroy();
      return 0;
    case 'hang-up':
      response.destroy();
      return 0;
  }
}

async function pause(ms: number): Promise<void> {
  await new Promise((done) => {
    setTimeout(done, ms).unref();
  });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > LARGEST_BODY) throw new Error('a body that is too large');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function parsed(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return 'broken';
  }
}

function digest(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 16);
}
