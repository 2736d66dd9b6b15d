/** What the loopback servers of all account sources have in common: who asks, what goes wrong on the way, and that nothing but GET is ever sent. */
import { createServer, type IncomingHttpHeaders } from 'node:http';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `throttle` asks to come back in a second; `cut` ends the body in the middle; `drop` ends the connection; `html` is a proxy's page. */
export type Fault = 'throttle' | 'cut' | 'drop' | 'html' | 'busy';

export interface AccountServer {
  readonly origin: string;
  readonly asked: readonly Asked[];
  /** Requests that were no GET. There may be none. */
  readonly violations: readonly string[];
  /** Milliseconds between an answer that asked to wait and the next request for the same. */
  readonly waits: readonly number[];
  /** Paths that are refused, by their beginning or a pattern, with the status. */
  readonly refused: Map<string, number>;
  /** Faults for requests whose path begins so, each once, in this order. */
  readonly faults: Map<string, Fault[]>;
  stop(): Promise<void>;
}

/**
 * @param answer of the service; throttling, faults and refusals come before it
 * @param refusal body of an error as the service makes it
 */
export async function startAccountServer(answer: (asked: Asked) => Answer, refusal: (status: number, asked: Asked) => unknown): Promise<AccountServer> {
  const asked: Asked[] = [];
  const violations: string[] = [];
  const waits: number[] = [];
  const refused = new Map<string, number>();
  const faults = new Map<string, Fault[]>();
  const throttled = new Map<string, number>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const one: Asked = { method: request.method ?? '', path: url.pathname, query: url.searchParams, headers: request.headers };
    asked.push(one);
    if (one.method !== 'GET') violations.push(`${one.method} ${one.path}`);
    const send = ({ status, body, headers }: Answer, part = 1): void => {
      const text = JSON.stringify(body);
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
      response.end(part === 1 ? text : text.slice(0, Math.max(1, Math.floor(text.length * part))));
    };
    const began = throttled.get(request.url ?? '');
    if (began !== undefined) {
      waits.push(Date.now() - began);
      throttled.delete(request.url ?? '');
    }
    const fault = [...faults].find(([path, left]) => one.path.startsWith(path) && left.length > 0)?.[1].shift();
    if (fault === 'throttle') {
      throttled.set(request.url ?? '', Date.now());
      send({ status: 429, body: refusal(429, one), headers: { 'retry-after': '1' } });
    } else if (fault === 'busy') send({ status: 503, body: refusal(503, one) });
    else if (fault === 'drop') request.socket.destroy();
    else if (fault === 'html') response.writeHead(502, { 'content-type': 'text/html' }).end('<html><body>bad gateway</body></html>');
    else {
      const status = [...refused].find(([path]) => matches(path, one.path))?.[1];
      const given = status === undefined ? answer(one) : { status, body: refusal(status, one) };
      send(given, fault === 'cut' ? 0.5 : 1);
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    asked,
    violations,
    waits,
    refused,
    faults,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

/** `*` stands for one part of the path, or for the beginning of one; a path is also refused with all that is below it. */
function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return wanted.length <= given.length && wanted.every((part, index) => part === '*' || part === given[index] || (part.startsWith('*') && given[index]?.endsWith(part.slice(1)) === true));
}

/** One page of a list that goes on after an id: as Anthropic and OpenAI make them. */
export function pageAfter(items: readonly { readonly id: string }[], query: URLSearchParams, cursor: string, most: number): Answer {
  const limit = Math.min(Number(query.get('limit') ?? 20), most);
  const after = query.get(cursor);
  const from = after === null ? 0 : items.findIndex(({ id }) => id === after) + 1;
  const data = items.slice(from, from + limit);
  return { status: 200, body: { object: 'list', data, has_more: from + limit < items.length, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null } };
}

/** One page of a list that goes on by a token. */
export function pageByToken(items: readonly unknown[], query: URLSearchParams, names: { readonly items: string; readonly next: string; readonly cursor: string; readonly limit: string }, most: number, isSparse = false): Answer {
  const limit = Math.min(Number(query.get(names.limit) ?? 20), most);
  const token = query.get(names.cursor);
  const from = token === null ? 0 : Number(Buffer.from(token, 'base64url').toString('utf8').slice('from '.length));
  const data = items.slice(from, from + limit);
  const next = from + limit < items.length ? Buffer.from(`from ${from + limit}`).toString('base64url') : undefined;
  if (isSparse) return { status: 200, body: { ...(data.length === 0 ? {} : { [names.items]: data }), ...(next === undefined ? {} : { [names.next]: next }) } };
  return { status: 200, body: { [names.items]: data, [names.next]: next ?? null } };
}
