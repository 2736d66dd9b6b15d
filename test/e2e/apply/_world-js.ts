/** Everything that a program with a real SDK talks to, on loopback: an issuer, the parties that exchange its tokens, and APIs that take a known key or a token that a party gave out. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answer, type Asked, isFields, listen } from '../plan/http.ts';
import { type Claims, startIssuer } from '../plan/issuer.ts';
import { startAnthropic } from '../plan/parties/anthropic.ts';
import { startAws } from '../plan/parties/aws-sts.ts';
import { startEntra } from '../plan/parties/entra.ts';
import { startGoogle } from '../plan/parties/google-sts.ts';
import { startOpenAi } from '../plan/parties/openai.ts';

const ISSUER = 'https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';
const SUB = 'system:serviceaccount:ai:worker';
const PROJECT = '1029384';
/** No key: what the APIs take for one while it is not revoked. */
export const OLD_KEY = 'the-old-key-of-this-proof';

export type Way = 'key' | 'token' | 'refused';

/** Microsoft's libraries know their authority by name. */
const LOGIN_HOST = 'login.microsoftonline.com';

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
  const issuer = await startIssuer(ISSUER);
  const reach = { [ISSUER]: issuer.url };
  const [anthropic, openai, aws, entra, google] = await Promise.all([startAnthropic(reach), startOpenAi(reach), startAws(reach), startEntra(reach), startGoogle(reach)]);
  const host = ISSUER.slice('https://'.length);
  const given = new Set<string>();
  const ways: Way[] = [];
  let exchanges = 0;

  const anthropicIds = await anthropic.configure({
    issuer: { issuer_url: ISSUER, name: 'cluster' },
    serviceAccount: { name: 'worker' },
    memberships: [{ workspace_id: 'wrkspc_01LoopbackLoopback', workspace_role: 'workspace_developer' }],
    rule: { name: 'worker', match: { subject_prefix: SUB, audience: 'https://api.anthropic.com' }, workspace_id: 'wrkspc_01LoopbackLoopback', oauth_scope: 'workspace:inference', token_lifetime_seconds: 600 },
  });
  const openaiIds = await openai.configure({
    project: 'proj_loopback',
    serviceAccount: { name: 'worker', create_service_account_only: true },
    role: { role: 'member' },
    provider: { name: 'cluster', type: 'oidc', issuer: ISSUER, audience: 'https://api.openai.com/v1', verification: { type: 'discovery', discovery_url: null } },
    rule: { attribute_matchers: { sub: SUB } },
  });
  const awsIds = await aws.configure({
    account: '111122223333',
    issuer: ISSUER,
    providers: [{ Url: ISSUER, ClientIDList: ['sts.amazonaws.com'] }],
    trustPolicy: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${host}` }, Action: 'sts:AssumeRoleWithWebIdentity', Condition: { StringEquals: { [`${host}:aud`]: 'sts.amazonaws.com', [`${host}:sub`]: SUB } } }],
    },
  });
  const entraIds = await entra.configure({ identity: 'managed-identity', credentials: [{ name: 'worker', issuer: ISSUER, subject: SUB, audiences: ['api://AzureADTokenExchange'] }] });
  const pool = `projects/${PROJECT}/locations/global/workloadIdentityPools/cluster-pool`;
  const googleIds = await google.configure({
    project: PROJECT,
    poolId: 'cluster-pool',
    pool: {},
    providerId: 'cluster',
    provider: { attributeMapping: { 'google.subject': 'assertion.sub' }, oidc: { issuerUri: ISSUER, allowedAudiences: [] } },
    bindings: [{ role: 'roles/aiplatform.user', members: [`principal://iam.googleapis.com/${pool}/subject/${SUB}`] }],
  });

  /** Hands a request on to a party and remembers the token that it gives out. */
  const exchange = async (url: string, asked: Asked, field: string): Promise<Answer> => {
    exchanges += 1;
    const response = await fetch(url, { method: asked.method, headers: { 'content-type': String(asked.headers['content-type'] ?? '') }, body: asked.body });
    const text = await response.text();
    const found = text.startsWith('<') ? new RegExp(`<${field}>([^<]+)<`).exec(text)?.[1] : undefined;
    const json: unknown = text.startsWith('{') ? JSON.parse(text) : undefined;
    const token = found ?? (isFields(json) && typeof json[field] === 'string' ? json[field] : undefined);
    if (response.status === 200 && token !== undefined) given.add(token);
    return { status: response.status, body: json ?? text };
  };
  const enter = (shown: string | undefined, answer: unknown): Answer => {
    const way: Way = shown === undefined ? 'refused' : given.has(shown) ? 'token' : shown === OLD_KEY ? 'key' : 'refused';
    ways.push(way);
    return way === 'refused' ? { status: 401, body: { type: 'error', error: { type: 'authentication_error', message: 'not let in' } } } : { status: 200, body: answer };
  };
  const bearer = ({ headers }: Asked): string | undefined => /^Bearer (.+)$/.exec(String(headers.authorization ?? ''))?.[1];
  const header = (asked: Asked, name: string): string | undefined => (asked.headers[name] === undefined ? undefined : String(asked.headers[name]));
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [{ type: 'text', text: 'pong' }], stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } };
  const completion = { id: 'c', object: 'chat.completion', created: 1, model: 'm', choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'pong', refusal: null } }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } };

  const claude = await listen((asked) => {
    if (asked.path === '/v1/oauth/token') return exchange(`${anthropic.url}/v1/oauth/token`, asked, 'access_token');
    return enter(header(asked, 'x-api-key') ?? bearer(asked), message);
  });
  const gpt = await listen((asked) => {
    if (asked.path === '/oauth/token') return exchange(`${openai.url}/oauth/token`, asked, 'access_token');
    return enter(header(asked, 'api-key') ?? bearer(asked), completion);
  });
  const sts = await listen((asked) => exchange(aws.url, asked, 'AccessKeyId'));
  const bedrock = await listen((asked) => {
    // Who signs is told by the access key id in the signature.
    const id = /Credential=([^/]+)\//.exec(String(asked.headers.authorization ?? ''))?.[1];
    return enter(id, asked.path.endsWith('/converse') ? { output: { message: { role: 'assistant', content: [{ text: 'pong' }] } }, stopReason: 'end_turn', usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 }, metrics: { latencyMs: 1 } } : message);
  });
  const bedrock2 = await startHttp2(bedrock.url);
  const vertex = await listen((asked) => {
    if (asked.path === '/v1/token') return exchange(`${google.url}/v1/token`, asked, 'access_token');
    return enter(header(asked, 'x-goog-api-key') ?? asked.query.get('key') ?? bearer(asked), { candidates: [{ content: { role: 'model', parts: [{ text: 'pong' }] }, finishReason: 'STOP' }], usageMetadata: {} });
  });
  const login = await startLogin(folder, (asked) => {
    const tenant = entraIds.ids['azure.tenant_id'] ?? '';
    const base = `https://${LOGIN_HOST}/${tenant}`;
    if (asked.path.endsWith('/.well-known/openid-configuration')) return { status: 200, body: { issuer: `${base}/v2.0`, authorization_endpoint: `${base}/oauth2/v2.0/authorize`, token_endpoint: `${base}/oauth2/v2.0/token`, jwks_uri: `${base}/discovery/v2.0/keys` } };
    if (asked.path.endsWith('/discovery/instance')) return { status: 200, body: { tenant_discovery_endpoint: `${base}/v2.0/.well-known/openid-configuration`, 'api-version': '1.1', metadata: [{ preferred_network: LOGIN_HOST, preferred_cache: LOGIN_HOST, aliases: [LOGIN_HOST] }] } };
    return exchange(`${entra.url}${asked.path}`, asked, 'access_token');
  });

  const tokenFile = join(folder, 'token');
  const credentials = join(folder, 'credentials.json');
  writeFileSync(tokenFile, '');
  writeFileSync(credentials, JSON.stringify({ type: 'external_account', audience: `//iam.googleapis.com/${googleIds.ids['google.provider_name'] ?? ''}`, subject_token_type: 'urn:ietf:params:oauth:token-type:jwt', token_url: `${vertex.url}/v1/token`, credential_source: { file: tokenFile } }));
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
  const identity = { ...anthropicIds.ids, ...openaiIds.ids, ...awsIds.ids, ...entraIds.ids };
  const id = (name: string): string => identity[name] ?? '';
  return {
    withKey: {
      ANTHROPIC_API_KEY: OLD_KEY,
      OPENAI_API_KEY: OLD_KEY,
      AZURE_OPENAI_API_KEY: OLD_KEY,
      AWS_ACCESS_KEY_ID: OLD_KEY,
      AWS_SECRET_ACCESS_KEY: OLD_KEY,
      GEMINI_API_KEY: OLD_KEY,
    },
    withIdentity: {
      ANTHROPIC_FEDERATION_RULE_ID: id('anthropic.federation_rule_id'),
      ANTHROPIC_ORGANIZATION_ID: id('anthropic.organization_id'),
      ANTHROPIC_SERVICE_ACCOUNT_ID: id('anthropic.service_account_id'),
      ANTHROPIC_WORKSPACE_ID: 'wrkspc_01LoopbackLoopback',
      ANTHROPIC_IDENTITY_TOKEN_FILE: tokenFile,
      OPENAI_IDENTITY_PROVIDER_ID: id('openai.identity_provider_id'),
      OPENAI_SERVICE_ACCOUNT_ID: id('openai.service_account_id'),
      OPENAI_IDENTITY_TOKEN_FILE: tokenFile,
      AWS_ROLE_ARN: id('aws.role_arn'),
      AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
      AZURE_TENANT_ID: id('azure.tenant_id'),
      AZURE_CLIENT_ID: id('azure.client_id'),
      AZURE_FEDERATED_TOKEN_FILE: tokenFile,
      AZURE_TOKEN_CREDENTIALS: 'WorkloadIdentityCredential',
      GOOGLE_APPLICATION_CREDENTIALS: credentials,
      GOOGLE_CLOUD_PROJECT: PROJECT,
      GOOGLE_CLOUD_LOCATION: 'global',
      GOOGLE_GENAI_USE_ENTERPRISE: 'true',
    },
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
    mint: (audience) => issuer.mint(claimsFor(audience), { lifetime: 300 }),
    freshToken: async (audience) => writeFileSync(tokenFile, await issuer.mint(claimsFor(audience), { lifetime: 600 })),
    ways: () => ways.splice(0),
    exchanges: () => {
      const count = exchanges;
      exchanges = 0;
      return count;
    },
    stop: async () => {
      await Promise.all([issuer, anthropic, openai, aws, entra, google, claude, gpt, sts, bedrock, bedrock2, vertex, login].map(({ stop }) => stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function claimsFor(audience: string): Claims {
  return { sub: SUB, aud: audience, 'kubernetes.io': { namespace: 'ai', serviceaccount: { name: 'worker' } } };
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
