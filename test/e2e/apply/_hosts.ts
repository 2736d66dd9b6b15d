/**
 * The providers under their own names: a proxy that ends TLS with a certificate of a throw-away authority and answers on loopback, so that a program reaches them with nothing in it,
 * nor in its libraries, changed. What is asked of any other host is refused and told. Nothing leaves loopback.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createProxy } from 'node:http';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Answer, Asked } from '../plan/http.ts';
import { LOGIN_HOST, OLD_KEY, type Providers } from './_providers.ts';

export interface Seen {
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** The old key stood in it: as a header, in the address or in the body. */
  readonly hasKey: boolean;
}

export interface Hosts {
  /** `http://127.0.0.1:PORT` for HTTPS_PROXY. */
  readonly proxy: string;
  /** A module to load first in Node, whose fetch knows no proxy: what is connected to port 443 goes to the same server. */
  readonly preload: string;
  /** The authority's certificate. */
  readonly certificate: string;
  /** Requests since the last call. */
  readonly seen: () => readonly Seen[];
  readonly stop: () => Promise<void>;
}

/** The forge is no provider, but programs of jobs report to it. */
const FORGE = 'api.github.com';
/** Left-most labels that stand for any: what a certificate can say. */
const NAMES = ['api.anthropic.com', 'api.openai.com', 'auth.openai.com', LOGIN_HOST, '*.openai.azure.com', '*.cognitiveservices.azure.com', 'sts.amazonaws.com', '*.us-east-1.amazonaws.com', '*.us-west-2.amazonaws.com', '*.eu-west-1.amazonaws.com', '*.googleapis.com', 'huggingface.co', '*.huggingface.co', FORGE];

/** Who answers for a host. */
function answererOf(host: string, providers: Providers): ((asked: Asked) => Promise<Answer> | Answer) | undefined {
  if (host === 'api.anthropic.com') return providers.claude;
  if (host === 'api.openai.com' || host === 'auth.openai.com' || host.endsWith('.openai.azure.com') || host.endsWith('.cognitiveservices.azure.com')) return providers.gpt;
  if (host === LOGIN_HOST) return providers.login;
  if (/^sts\.(?:[a-z0-9-]+\.)?amazonaws\.com$/.test(host)) return providers.sts;
  if (/^bedrock-runtime\.[a-z0-9-]+\.amazonaws\.com$/.test(host)) return providers.bedrock;
  if (host === 'sts.googleapis.com' || host === 'generativelanguage.googleapis.com' || host.endsWith('aiplatform.googleapis.com')) return providers.vertex;
  if (host === 'huggingface.co' || host.endsWith('.huggingface.co')) return providers.huggingFace;
  if (host === FORGE) return ({ method }) => ({ status: 200, body: method === 'GET' ? [] : {} });
  return undefined;
}

export async function startHosts(folder: string, providers: Providers): Promise<Hosts> {
  const { certificate, leaf, key } = makeAuthority(folder);
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  const server = createSecureServer({ allowHTTP1: true, cert: readFileSync(leaf), key: readFileSync(key) }, (request, response) => {
    answer(request, providers)
      .then(({ said, sight }) => {
        seen.push(sight);
        send(response, said);
      })
      .catch((error: unknown) => send(response, { status: 500, body: { harness: String(error) } }));
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  const proxy = createProxy((request, response) => {
    seen.push({ host: request.url ?? '', method: request.method ?? '', path: '', status: 403, hasKey: false });
    response.writeHead(403).end();
  });
  proxy.on('connection', (socket: Socket) => sockets.add(socket));
  proxy.on('connect', (request, client: Socket, head: Buffer) => {
    const [host = '', asked = ''] = (request.url ?? '').split(':');
    if (asked !== '443' || answererOf(host, providers) === undefined) {
      seen.push({ host: request.url ?? '', method: 'CONNECT', path: '', status: 403, hasKey: false });
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    sockets.add(upstream);
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  await new Promise<void>((ready) => proxy.listen(0, '127.0.0.1', ready));
  const preload = join(folder, 'redirect.mjs');
  writeFileSync(preload, redirecting(port));
  return {
    proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    preload,
    certificate,
    seen: () => seen.splice(0),
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all([server, proxy].map((one) => new Promise<void>((stopped) => one.close(() => stopped()))));
    },
  };
}

/** One authority and one certificate below it for all names, as openssl makes them. */
function makeAuthority(folder: string): { readonly certificate: string; readonly leaf: string; readonly key: string } {
  const [certificate, authorityKey, leaf, key, request, extensions] = ['ca.pem', 'ca.key', 'leaf.pem', 'leaf.key', 'leaf.csr', 'leaf.cnf'].map((name) => join(folder, name)) as [string, string, string, string, string, string];
  writeFileSync(extensions, `subjectAltName=${NAMES.map((name) => `DNS:${name}`).join(',')}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nauthorityKeyIdentifier=keyid\n`);
  for (const args of [
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=dekey proof authority', '-addext', 'keyUsage=critical,keyCertSign', '-keyout', authorityKey, '-out', certificate],
    ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=dekey proof', '-keyout', key, '-out', request],
    ['x509', '-req', '-in', request, '-CA', certificate, '-CAkey', authorityKey, '-CAcreateserial', '-days', '2', '-extfile', extensions, '-out', leaf],
  ]) {
    const made = spawnSync('openssl', args, { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`openssl cannot make a certificate: ${made.error?.message ?? made.stderr}`);
  }
  return { certificate, leaf, key };
}

async function answer(request: Http2ServerRequest, providers: Providers): Promise<{ readonly said: Answer; readonly sight: Seen }> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  const body = Buffer.concat(parts).toString('utf8');
  const host = String(request.authority ?? request.headers.host ?? '').replace(/:443$/, '');
  const url = new URL(request.url, `https://${host}`);
  const asked: Asked = { method: request.method, path: decodeURIComponent(url.pathname), query: url.searchParams, headers: request.headers, body };
  const answerer = answererOf(host, providers);
  const said = answerer === undefined ? { status: 403, body: { harness: `nobody answers for ${host}` } } : await answerer(asked);
  const hasKey = [request.url, body, JSON.stringify(request.headers)].some((text) => text.includes(OLD_KEY));
  return { said, sight: { host, method: request.method, path: url.pathname, status: said.status, hasKey } };
}

function send(response: Http2ServerResponse, { status, body, headers }: Answer): void {
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/xml' : 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(isText ? body : JSON.stringify(body));
}

/** Sockets to port 443 go to `port` on loopback, whoever opens them; certificates are still checked against the name that was asked for. Others than loopback are refused. */
function redirecting(port: number): string {
  return `import { Socket } from 'node:net';
const connect = Socket.prototype.connect;
Socket.prototype.connect = function (first, ...rest) {
  const options = Array.isArray(first) ? first[0] : first;
  const isAddress = typeof options === 'object' && options !== null && !options.path;
  const isLoopback = isAddress && ['127.0.0.1', '::1', 'localhost'].includes(options.host ?? 'localhost');
  if (!isAddress || isLoopback) return connect.call(this, first, ...rest);
  if (Number(options.port) !== 443) {
    process.nextTick(() => this.destroy(new Error('refused by the proof: ' + options.host + ':' + options.port)));
    return this;
  }
  const moved = { ...options, host: '127.0.0.1', port: ${port} };
  if (!Array.isArray(first)) return connect.call(this, moved, ...rest);
  first[0] = moved;
  return connect.call(this, first, ...rest);
};
`;
}
