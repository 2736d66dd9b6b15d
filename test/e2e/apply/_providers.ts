/**
 * The providers of AI as programs meet them, and the parties that exchange tokens for them: each takes a known key, or a token that its party gave out for the identity of one
 * workload. What they listen on is decided by whoever starts them.
 */
import { createLocalJWKSet, jwtVerify } from 'jose';
import { type Answer, type Asked, isFields, readFields } from '../plan/http.ts';
import { type Claims, startIssuer } from '../plan/issuer.ts';
import { startAnthropic } from '../plan/parties/anthropic.ts';
import { startAws } from '../plan/parties/aws-sts.ts';
import { startEntra } from '../plan/parties/entra.ts';
import { startGoogle } from '../plan/parties/google-sts.ts';
import { startOpenAi } from '../plan/parties/openai.ts';
import { answerAnthropic, answerBedrock, answerGemini, answerOpenAi } from './_answers.ts';

const ISSUER = 'https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';
const SUB = 'system:serviceaccount:ai:worker';
export const PROJECT = '1029384';
/** No key: what the APIs take for one while it is not revoked. */
export const OLD_KEY = 'the-old-key-of-this-proof';
/** Microsoft's libraries know their authority by name. */
export const LOGIN_HOST = 'login.microsoftonline.com';
const HUGGING_FACE_RESOURCE = 'acme/model';

/** Hugging Face's library looks at how a key begins. */
export function oldKeyFor(provider: Provider): string {
  return provider === 'huggingface' ? `hf_${OLD_KEY}` : OLD_KEY;
}

function isOldKey(shown: string): boolean {
  return shown === OLD_KEY || shown === oldKeyFor('huggingface');
}

export type Way = 'key' | 'token' | 'refused';

export type Provider = 'anthropic' | 'openai' | 'azure' | 'aws' | 'google' | 'huggingface';

/** What the token of the platform has to be for. */
export const AUDIENCES: Readonly<Record<Provider, string>> = {
  anthropic: 'https://api.anthropic.com',
  openai: 'https://api.openai.com/v1',
  azure: 'api://AzureADTokenExchange',
  aws: 'sts.amazonaws.com',
  google: `https://iam.googleapis.com/projects/${PROJECT}/locations/global/workloadIdentityPools/cluster-pool/providers/cluster`,
  huggingface: 'https://huggingface.co',
};

type Handler = (asked: Asked) => Promise<Answer> | Answer;

export interface Providers {
  readonly claude: Handler;
  /** OpenAI, and Azure OpenAI, which differs in its header. */
  readonly gpt: Handler;
  readonly sts: Handler;
  readonly bedrock: Handler;
  readonly vertex: Handler;
  readonly huggingFace: Handler;
  readonly login: Handler;
  /** Variables of a program with this identity; the token stands in a file. */
  readonly identity: (provider: Provider, places: { readonly tokenFile: string; readonly googleCredentials: string; readonly token: string }) => Readonly<Record<string, string>>;
  /** Text of the file that Google's libraries are pointed to. */
  readonly googleCredentials: (tokenFile: string, tokenUrl: string) => string;
  /** A token of the platform for this audience. */
  readonly mint: (audience: string, lifetime: number) => Promise<string>;
  /** How requests to the APIs were let in since the last call. */
  readonly ways: () => readonly Way[];
  /** How many exchanges the parties were asked for since the last call. */
  readonly exchanges: () => number;
  readonly stop: () => Promise<void>;
}

export async function startProviders(): Promise<Providers> {
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
    const way: Way = shown === undefined ? 'refused' : given.has(shown) ? 'token' : isOldKey(shown) ? 'key' : 'refused';
    ways.push(way);
    if (way === 'refused') return { status: 401, body: { type: 'error', error: { type: 'authentication_error', message: 'not let in' } } };
    return typeof answer === 'string' ? { status: 200, body: answer, headers: { 'content-type': 'text/event-stream' } } : { status: 200, body: answer };
  };
  const bearer = ({ headers }: Asked): string | undefined => /^Bearer (.+)$/.exec(String(headers.authorization ?? ''))?.[1];
  const header = (asked: Asked, name: string): string | undefined => (asked.headers[name] === undefined ? undefined : String(asked.headers[name]));

  const claude: Handler = (asked) => {
    if (asked.path === '/v1/oauth/token') return exchange(`${anthropic.url}/v1/oauth/token`, asked, 'access_token');
    return enter(header(asked, 'x-api-key') ?? bearer(asked), answerAnthropic(asked));
  };
  const gpt: Handler = (asked) => {
    if (asked.path === '/oauth/token') return exchange(`${openai.url}/oauth/token`, asked, 'access_token');
    return enter(header(asked, 'api-key') ?? bearer(asked), answerOpenAi(asked));
  };
  const sts: Handler = (asked) => exchange(aws.url, asked, 'AccessKeyId');
  // Who signs is told by the access key id in the signature.
  const bedrock: Handler = (asked) => enter(/Credential=([^/]+)\//.exec(String(asked.headers.authorization ?? ''))?.[1], answerBedrock(asked));
  const vertex: Handler = (asked) => {
    if (asked.path === '/v1/token') return exchange(`${google.url}/v1/token`, asked, 'access_token');
    // Vertex AI knows no keys of the Gemini Developer API, though its SDK would show one that it finds.
    const isVertex = asked.path.includes('/publishers/google/');
    return enter(isVertex ? bearer(asked) : (header(asked, 'x-goog-api-key') ?? asked.query.get('key') ?? undefined), answerGemini(asked));
  };
  const keys = createLocalJWKSet({ keys: [...issuer.jwks().keys] });
  /** As documented (https://huggingface.co/docs/hub/trusted-publishers): a token of the issuer, for the resource that is named. */
  const huggingFace: Handler = async (asked) => {
    if (asked.path !== '/oauth/token') return enter(bearer(asked), asked.path.startsWith('/api/whoami') ? { type: 'user', name: 'acme', auth: { type: 'access_token' } } : asked.path.startsWith('/api/models/') ? { id: 'acme/model', pipeline_tag: 'text-generation', tags: ['conversational'], inferenceProviderMapping: Object.fromEntries(['hf-inference', 'featherless-ai'].map((name) => [name, { status: 'live', providerId: 'acme/model', task: 'conversational' }])) } : answerOpenAi(asked));
    exchanges += 1;
    const body = readFields(asked.body) ?? Object.fromEntries(new URLSearchParams(asked.body));
    const subject = body['subject_token'];
    const isOurs = typeof subject === 'string' && (await jwtVerify(subject, keys, { audience: AUDIENCES.huggingface }).then(() => true, () => false));
    if (body['grant_type'] !== 'urn:ietf:params:oauth:grant-type:token-exchange' || body['resource'] !== HUGGING_FACE_RESOURCE || !isOurs) return { status: 400, body: { error: 'invalid_grant' } };
    given.add('hf_jwt_loopback');
    return { status: 200, body: { access_token: 'hf_jwt_loopback', token_type: 'bearer', expires_in: 3600 } };
  };
  const login: Handler = (asked) => {
    const tenant = entraIds.ids['azure.tenant_id'] ?? '';
    const base = `https://${LOGIN_HOST}/${tenant}`;
    if (asked.path.endsWith('/.well-known/openid-configuration')) return { status: 200, body: { issuer: `${base}/v2.0`, authorization_endpoint: `${base}/oauth2/v2.0/authorize`, token_endpoint: `${base}/oauth2/v2.0/token`, jwks_uri: `${base}/discovery/v2.0/keys` } };
    if (asked.path.endsWith('/discovery/instance')) return { status: 200, body: { tenant_discovery_endpoint: `${base}/v2.0/.well-known/openid-configuration`, 'api-version': '1.1', metadata: [{ preferred_network: LOGIN_HOST, preferred_cache: LOGIN_HOST, aliases: [LOGIN_HOST] }] } };
    return exchange(`${entra.url}${asked.path}`, asked, 'access_token');
  };
  const ids = { ...anthropicIds.ids, ...openaiIds.ids, ...awsIds.ids, ...entraIds.ids };
  const id = (name: string): string => ids[name] ?? '';
  return {
    claude, gpt, sts, bedrock, vertex, huggingFace, login,
    identity: (provider, { tokenFile, googleCredentials, token }) => {
      if (provider === 'anthropic') return { ANTHROPIC_FEDERATION_RULE_ID: id('anthropic.federation_rule_id'), ANTHROPIC_ORGANIZATION_ID: id('anthropic.organization_id'), ANTHROPIC_SERVICE_ACCOUNT_ID: id('anthropic.service_account_id'), ANTHROPIC_WORKSPACE_ID: 'wrkspc_01LoopbackLoopback', ANTHROPIC_IDENTITY_TOKEN_FILE: tokenFile };
      if (provider === 'openai') return { OPENAI_IDENTITY_PROVIDER_ID: id('openai.identity_provider_id'), OPENAI_SERVICE_ACCOUNT_ID: id('openai.service_account_id'), OPENAI_IDENTITY_TOKEN_FILE: tokenFile };
      if (provider === 'aws') return { AWS_ROLE_ARN: id('aws.role_arn'), AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile };
      if (provider === 'azure') return { AZURE_TENANT_ID: id('azure.tenant_id'), AZURE_CLIENT_ID: id('azure.client_id'), AZURE_FEDERATED_TOKEN_FILE: tokenFile, AZURE_TOKEN_CREDENTIALS: 'WorkloadIdentityCredential' };
      if (provider === 'huggingface') return { HF_OIDC_RESOURCE: HUGGING_FACE_RESOURCE, HF_OIDC_ID_TOKEN: token };
      return { GOOGLE_APPLICATION_CREDENTIALS: googleCredentials, GOOGLE_CLOUD_PROJECT: PROJECT, GOOGLE_CLOUD_LOCATION: 'global', GOOGLE_GENAI_USE_ENTERPRISE: 'true' };
    },
    googleCredentials: (tokenFile, tokenUrl) => JSON.stringify({ type: 'external_account', audience: `//iam.googleapis.com/${googleIds.ids['google.provider_name'] ?? ''}`, subject_token_type: 'urn:ietf:params:oauth:token-type:jwt', token_url: tokenUrl, credential_source: { file: tokenFile } }),
    mint: (audience, lifetime) => issuer.mint(claimsFor(audience), { lifetime }),
    ways: () => ways.splice(0),
    exchanges: () => {
      const count = exchanges;
      exchanges = 0;
      return count;
    },
    stop: async () => void (await Promise.all([issuer, anthropic, openai, aws, entra, google].map(({ stop }) => stop()))),
  };
}

function claimsFor(audience: string): Claims {
  return { sub: SUB, aud: audience, 'kubernetes.io': { namespace: 'ai', serviceaccount: { name: 'worker' } } };
}
