import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What is sent back. An object goes out as JSON, a text as it is. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Listening {
  /** `http://127.0.0.1:PORT`, no slash at the end. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

const LARGEST_BODY = 1 << 20;

/** A server on loopback with a port of its own. Whatever `answer` throws becomes a 500 that names it, so that a bug here never looks like a refusal. */
export async function listen(answer: (asked: Asked) => Promise<Answer> | Answer): Promise<Listening> {
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    let size = 0;
    request.on('data', (part: Buffer) => {
      size += part.length;
      if (size > LARGEST_BODY) request.destroy();
      else parts.push(part);
    });
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://loopback.invalid');
      const asked: Asked = {
        method: request.method ?? 'GET',
        path: decodeURI(url.pathname),
        query: url.searchParams,
        headers: request.headers,
        body: Buffer.concat(parts).toString('utf8'),
      };
      Promise.resolve()
        .then(() => answer(asked))
        .catch((error: unknown): Answer => ({ status: 500, body: { harness: error instanceof Error ? (error.stack ?? error.message) : String(error) } }))
        .then(({ status, body, headers }) => {
          const isText = typeof body === 'string';
          response.writeHead(status, { 'content-type': isText ? 'text/xml' : 'application/json', 'cache-control': 'no-store', ...headers });
          response.end(isText ? body : JSON.stringify(body));
        })
        .catch(() => response.destroy());
    });
  });
  await new Promise<void>((ready, failed) => {
    server.once('error', failed);
    server.listen(0, '127.0.0.1', ready);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}

export interface Reply {
  readonly status: number;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown;
}

/** One request to a loopback server. A redirect is an answer like any other. Throws on a 500 of the harness itself. */
export async function ask(method: string, url: string, body?: { readonly json?: unknown; readonly form?: Readonly<Record<string, string>> }, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
  const sent: RequestInit = { method, redirect: 'manual', headers: { ...headers } };
  if (body?.json !== undefined) {
    sent.body = JSON.stringify(body.json);
    sent.headers = { ...headers, 'content-type': 'application/json' };
  } else if (body?.form !== undefined) {
    sent.body = new URLSearchParams(body.form).toString();
    sent.headers = { ...headers, 'content-type': 'application/x-www-form-urlencoded' };
  }
  const response = await fetch(url, sent);
  const text = await response.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  if (response.status === 500) throw new Error(`the loopback server failed: ${text}`);
  return { status: response.status, text, json };
}

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON object; undefined for anything else. */
export function readFields(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
