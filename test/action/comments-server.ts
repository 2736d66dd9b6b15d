/** The part of GitHub's API that keeps comments, on this machine: https://docs.github.com/en/rest/issues/comments (2022-11-28). */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Comment {
  readonly id: number;
  body: string;
  readonly user: { readonly login: string; readonly type: 'Bot' | 'User' };
}

type Answer = { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> };
/** Takes the place of the answer to one request; undefined lets it through. */
export type Fault = (method: string, path: string) => Answer | 'cut' | undefined;

const COMMENTS = /^\/repos\/acme\/support-bot\/issues\/7\/comments$/;
const COMMENT = /^\/repos\/acme\/support-bot\/issues\/comments\/(\d+)$/;
const LONGEST = 65_536;

export class CommentsServer {
  comments: Comment[] = [];
  /** `GET /…` of each request, in order. */
  readonly requests: string[] = [];
  /** Called before an answer; a fault on POST strikes after the comment was stored when `afterStoring` is set. */
  fault: Fault | undefined;
  afterStoring = false;
  /** Who the token belongs to. */
  owner: Comment['user'] = { login: 'github-actions[bot]', type: 'Bot' };
  readonly #server: Server;
  readonly #token: string;
  #next = 100;

  constructor(token: string) {
    this.#token = token;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  async start(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await new Promise((done) => this.#server.close(done));
  }

  reset(comments: readonly Comment[] = []): void {
    this.comments = [...comments];
    this.requests.length = 0;
    this.fault = undefined;
    this.afterStoring = false;
    this.owner = { login: 'github-actions[bot]', type: 'Bot' };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const method = request.method ?? '';
    const url = new URL(request.url ?? '', 'http://host');
    this.requests.push(`${method} ${url.pathname}${url.search}`);
    const fault = this.fault?.(method, url.pathname);
    if (fault !== undefined && this.afterStoring && method === 'POST') this.#serve(method, url, Buffer.concat(chunks).toString('utf8'), request);
    const answer = fault ?? this.#serve(method, url, Buffer.concat(chunks).toString('utf8'), request);
    if (answer === 'cut') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('[{"id":');
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8', ...answer.headers });
    response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
  }

  #serve(method: string, { pathname, searchParams }: URL, text: string, { headers }: IncomingMessage): Answer {
    if (headers.authorization !== `Bearer ${this.#token}`) return { status: 401, body: { message: 'Bad credentials' } };
    if (headers['user-agent'] === undefined || headers.accept !== 'application/vnd.github+json' || headers['x-github-api-version'] !== '2022-11-28') return { status: 400, body: { message: 'headers' } };
    if (method === 'GET' && pathname === '/user') return this.owner.type === 'Bot' ? { status: 403, body: { message: 'Resource not accessible by integration' } } : { status: 200, body: this.owner };
    if (COMMENTS.test(pathname)) {
      if (method === 'GET') {
        const [size, page] = [Number(searchParams.get('per_page')), Number(searchParams.get('page'))];
        return { status: 200, body: this.comments.slice(size * (page - 1), size * page) };
      }
      if (method !== 'POST') return { status: 404, body: {} };
      const body = bodyOf(text);
      if (body === undefined) return { status: 422, body: { message: 'Validation Failed' } };
      const comment = { id: (this.#next += 1), body, user: this.owner };
      this.comments.push(comment);
      return { status: 201, body: comment };
    }
    const comment = this.comments.find(({ id }) => String(id) === COMMENT.exec(pathname)?.[1]);
    if (comment === undefined) return { status: 404, body: { message: 'Not Found' } };
    if (method === 'DELETE') {
      this.comments = this.comments.filter((one) => one !== comment);
      return { status: 204 };
    }
    const body = bodyOf(text);
    if (method !== 'PATCH' || body === undefined) return { status: 422, body: { message: 'Validation Failed' } };
    comment.body = body;
    return { status: 200, body: comment };
  }
}

function bodyOf(text: string): string | undefined {
  const { body } = JSON.parse(text) as { readonly body?: unknown };
  return typeof body === 'string' && body.trim() !== '' && body.length <= LONGEST ? body : undefined;
}
