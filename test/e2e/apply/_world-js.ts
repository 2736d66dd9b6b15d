/** Everything that a program with a real SDK talks to, on loopback: an issuer, the parties that exchange its tokens, and APIs that take a known key or a token that a party gave out. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answer, type Asked, listen } from '../plan/http.ts';
import { LOGIN_HOST, OLD_KEY, startProviders, type Way } from './_providers.ts';

export interface World {
  /** Variables for a program with the old key, and for one with the identity. */
  readonly withKey: Readonly<Record<string, string>>;
  readonly withIdentity: Readonly<Record<string, string>>;
  /** In every environment: where the servers are. */
  readonly places: Readonly<Record<string, string>>;
  /** A module to load first: it sends requests for fixed hosts to loopback. */
  readonly preload: string;
  /** Puts a fresh token of the platform, for this audience, into the token file. */
  readonly freshToken: (audience: string) => Promise<void>;
  /** A token of the platform for this audience. */
  readonly mint: (audience: string) => Promise<string>;
  /** How requests to the APIs were let in since the last call. */
  readonly ways: () => readonly Way[];
  /** How many exchanges the parties were asked for since the last call. */
  readonly exchanges: () => number;
  readonly stop: () => Promise<void>;
}

export async function startWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'dekey-proof-'));
  const providers = await startProviders();
  const claude = await listen(providers.claude);
  const gpt = await listen(providers.gpt);
  const sts = await listen(providers.sts);
  const bedrock = await listen(providers.bedrock);
  const bedrock2 = await startHttp2(bedrock.url);
  const vertex = await listen(providers.vertex);
  const login = await startLogin(folder, providers.login);

  const tokenFile = join(folder, 'token');
  const credentials = join(folder, 'credentials.json');
  writeFileSync(tokenFile, '');
  writeFileSync(credentials, providers.googleCredentials(tokenFile, `${vertex.url}/v1/token`));
  const preload = join(folder, 'preload.mjs');
  writeFileSync(
    preload,
    [
      "import https from 'node:https';",
      "import { syncBuiltinESMExports } from 'node:module';",
      'const request = https.request;',
      'https.request = (options, ...more) => {',
      `  const isLogin = [options.hostname, options.host].includes(${JSON.stringify(LOGIN_HOST)});`,
      `  return request(isLogin ? { ...options, hostname: 'localhost', host: 'localhost', port: ${new URL(login.url).port}, servername: 'localhost' } : options, ...more);`,
      '};',
      'syncBuiltinESMExports();',
      `const places = ${JSON.stringify({ 'https://auth.openai.com': gpt.url, 'https://api.anthropic.com': claude.url, 'https://api.openai.com': gpt.url, 'https://acme.openai.azure.com': gpt.url })};`,
      'const send = globalThis.fetch;',
      'globalThis.fetch = (input, init) => {',
      "  const url = typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;",
      '  const place = Object.keys(places).find((one) => url.startsWith(`${one}/`));',
      "  return place === undefined ? send(input, init) : send(places[place] + url.slice(place.length), typeof input === 'object' && 'headers' in input ? input : init);",
      '};',
      '',
    ].join('\n'),
  );
  return {
    withKey: {
      ANTHROPIC_API_KEY: OLD_KEY,
      OPENAI_API_KEY: OLD_KEY,
      AZURE_OPENAI_API_KEY: OLD_KEY,
      AWS_ACCESS_KEY_ID: OLD_KEY,
      AWS_SECRET_ACCESS_KEY: OLD_KEY,
      GEMINI_API_KEY: OLD_KEY,
    },
    withIdentity: Object.assign({}, ...(['anthropic', 'openai', 'aws', 'azure', 'google'] as const).map((provider) => providers.identity(provider, { tokenFile, googleCredentials: credentials, token: '' }))),
    places: {
      ANTHROPIC_BASE_URL: claude.url,
      OPENAI_BASE_URL: `${gpt.url}/v1`,
      AWS_REGION: 'eu-west-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ENDPOINT_URL_STS: sts.url,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock2.url,
      ANTHROPIC_BEDROCK_BASE_URL: bedrock.url,
      BEDROCK_URL: bedrock.url,
      NODE_EXTRA_CA_CERTS: login.certificate,
      GPT_URL: gpt.url,
      GOOGLE_GEMINI_BASE_URL: vertex.url,
      GOOGLE_VERTEX_BASE_URL: vertex.url,
      METADATA_SERVER_DETECTION: 'none',
      NO_PROXY: '*',
    },
    preload,
    mint: (audience) => providers.mint(audience, 300),
    freshToken: async (audience) => writeFileSync(tokenFile, await providers.mint(audience, 600)),
    ways: providers.ways,
    exchanges: providers.exchanges,
    stop: async () => {
      await Promise.all([providers, claude, gpt, sts, bedrock, bedrock2, vertex, login].map(({ stop }) => stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The AWS SDK speaks HTTP/2 to Bedrock: hands it on to a server that does not. */
async function startHttp2(to: string): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const server = createHttp2Server();
  const sessions = new Set<{ destroy: () => void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => {
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => {
      const sent = { 'content-type': String(headers['content-type'] ?? ''), authorization: String(headers['authorization'] ?? '') };
      fetch(`${to}${String(headers[':path'] ?? '/')}`, { method: String(headers[':method'] ?? 'POST'), headers: sent, body: Buffer.concat(parts) })
        .then(async (reply) => {
          stream.respond({ ':status': reply.status, 'content-type': 'application/json' });
          stream.end(await reply.text());
        })
        .catch(() => stream.close());
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((stopped) => {
        for (const session of sessions) session.destroy();
        server.close(() => stopped());
      }),
  };
}

interface Login {
  readonly url: string;
  readonly certificate: string;
  readonly stop: () => Promise<void>;
}

/** Microsoft's libraries talk to an authority by https alone: a server with a certificate that is made for this run. */
async function startLogin(folder: string, answer: (asked: Asked) => Promise<Answer> | Answer): Promise<Login> {
  const certificate = join(folder, 'certificate.pem');
  const key = join(folder, 'certificate.key');
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', certificate], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`openssl cannot make a certificate: ${made.error?.message ?? made.stderr}`);
  const plain = await listen(answer);
  const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString('utf8');
      const type = String(request.headers['content-type'] ?? 'application/json');
      fetch(`${plain.url}${request.url ?? '/'}`, { method: request.method ?? 'GET', headers: { 'content-type': type }, ...(body === '' ? {} : { body }) })
        .then(async (reply) => {
          response.writeHead(reply.status, { 'content-type': 'application/json' });
          response.end(await reply.text());
        })
        .catch(() => response.destroy());
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://localhost:${port}`,
    certificate,
    stop: async () => {
      await plain.stop();
      await new Promise<void>((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      });
    },
  };
}
