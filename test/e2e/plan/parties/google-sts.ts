/**
 * Google's Security Token Service with the IAM calls that set it up: pools, providers, policies of resources. A token counts as accepted when the exchange gives a
 * federated token and a binding lets that principal in.
 */
import { randomBytes } from 'node:crypto';
import { ask, type Answer, type Asked, type Fields, isFields, listen, readFields } from '../http.ts';
import { type Cel, evaluateCel, holds, parseCel, pins } from './_cel.ts';
import { type Configured, misshapen, type Party } from './_party.ts';
import { audiences, checkSignature, checkTimes, decode, Denial, deny, discover, type Keys, type Reach, readKeys, subjectOf, withoutScheme } from './_token.ts';

export interface GoogleBinding {
  readonly role: string;
  readonly members: readonly string[];
}

export interface GoogleDocuments {
  /** Number of the project, digits. */
  readonly project: string;
  readonly poolId: string;
  readonly pool: Fields;
  readonly providerId: string;
  /** Body of the provider, as the REST API takes it. */
  readonly provider: Fields;
  /** Of one resource: a project, or a service account that is acted for. */
  readonly bindings: readonly GoogleBinding[];
  /** `projects/NAME` (default) or `projects/NAME/serviceAccounts/EMAIL`. */
  readonly resource?: string;
  /** Body of the exchange takes this where the workload does not use the provider's own name. */
  readonly audience?: string;
}

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const TYPES = ['urn:ietf:params:oauth:token-type:jwt', 'urn:ietf:params:oauth:token-type:id_token'];
const ACCESS = 'urn:ietf:params:oauth:token-type:access_token';
const LONGEST_SUBJECT = 127;
const LIFETIME = 3600;

/** Issuers that serve everybody, with the claims that name a customer. A provider for them needs a condition on one of these. */
const SHARED: Readonly<Record<string, readonly string[]>> = {
  'token.actions.githubusercontent.com': ['sub', 'repository', 'repository_id', 'repository_owner', 'repository_owner_id'],
  'gitlab.com': ['sub', 'namespace_id', 'namespace_path', 'project_id', 'project_path'],
  'app.terraform.io': ['sub', 'terraform_organization_id', 'terraform_organization_name', 'terraform_project_id', 'terraform_workspace_id'],
  'agent.buildkite.com': ['sub', 'organization_id', 'organization_slug', 'pipeline_id'],
};

interface Provider {
  readonly name: string;
  readonly issuer: string;
  readonly allowed: readonly string[];
  readonly keys: Keys | undefined;
  readonly mapping: readonly (readonly [string, Cel])[];
  readonly condition: Cel | undefined;
  readonly disabled: boolean;
}
interface Principal {
  readonly pool: string;
  readonly subject: string;
  readonly attributes: Fields;
  readonly until: number;
}
interface State {
  readonly reach: Reach;
  readonly pools: Set<string>;
  readonly providers: Map<string, Provider>;
  readonly policies: Map<string, readonly GoogleBinding[]>;
  readonly tokens: Map<string, Principal>;
  lastReason: string;
}

const PERMISSIONS: Readonly<Record<string, readonly string[]>> = {
  'roles/aiplatform.user': ['aiplatform.endpoints.predict'],
  'roles/iam.workloadIdentityUser': ['iam.serviceAccounts.getAccessToken'],
  'roles/iam.serviceAccountTokenCreator': ['iam.serviceAccounts.getAccessToken'],
  'roles/secretmanager.secretAccessor': ['secretmanager.versions.access'],
};

function invalid(message: string): Answer {
  return { status: 400, body: { error: { code: 400, message, status: 'INVALID_ARGUMENT' } } };
}

export async function startGoogle(reach: Reach): Promise<Party<GoogleDocuments>> {
  const state: State = { reach, pools: new Set(), providers: new Map(), policies: new Map(), tokens: new Map(), lastReason: '' };
  const server = await listen(async (asked) => {
    if (asked.path === '/v1/token') {
      try {
        return await exchange(state, asked);
      } catch (error) {
        if (!(error instanceof Denial)) throw error;
        state.lastReason = error.message;
        return error.message === 'the attribute condition does not hold'
          ? { status: 401, body: { error: 'unauthorized_client', error_description: 'The given credential is rejected by the attribute condition.' } }
          : { status: 400, body: { error: 'invalid_grant', error_description: error.message } };
      }
    }
    try {
      return administer(state, asked);
    } catch (error) {
      if (error instanceof Denial) return invalid(error.message);
      throw error;
    }
  });
  return { url: server.url, stop: server.stop, configure: (documents) => configure(server.url, state, documents) };
}

function administer(state: State, asked: Asked): Answer {
  const body = readFields(asked.body) ?? deny('the body is no JSON object');
  const [, resource = '', verb] = /^\/v1\/(.+?)(?::(\w+))?$/.exec(asked.path) ?? [];
  if (verb === 'setIamPolicy') return setPolicy(state, resource, body);
  if (verb === 'testIamPermissions') return testPermissions(state, resource, body, asked);
  if (resource.endsWith('/locations/global/workloadIdentityPools')) return createPool(state, resource, asked.query.get('workloadIdentityPoolId') ?? '', body);
  if (/\/workloadIdentityPools\/[^/]+\/providers$/.test(resource)) return createProvider(state, resource, asked.query.get('workloadIdentityPoolProviderId') ?? '', body);
  return { status: 404, body: { error: { code: 404, message: 'not served here', status: 'NOT_FOUND' } } };
}

function checkId(id: string): void {
  if (!/^[a-z0-9-]{4,32}$/.test(id) || id.startsWith('gcp-')) deny(`id ${id}: 4 to 32 of [a-z0-9-], not gcp-`);
}

function checkLabels(body: Fields): void {
  for (const [name, longest] of [['displayName', 32], ['description', 256]] as const) {
    const value = body[name];
    if (value !== undefined && (typeof value !== 'string' || value.length > longest)) deny(`${name}: at most ${longest} characters`);
  }
  if (body['disabled'] !== undefined && typeof body['disabled'] !== 'boolean') deny('disabled: a boolean');
}

function createPool(state: State, parent: string, id: string, body: Fields): Answer {
  checkId(id);
  const wrong = misshapen(body, { optional: ['displayName', 'description', 'disabled', 'mode'] });
  if (wrong !== undefined) return invalid(wrong);
  checkLabels(body);
  const name = `${parent}/${id}`;
  if (state.pools.has(name)) return { status: 409, body: { error: { code: 409, message: 'already exists', status: 'ALREADY_EXISTS' } } };
  state.pools.add(name);
  return { status: 200, body: { done: true, response: { name, ...body } } };
}

function createProvider(state: State, parent: string, id: string, body: Fields): Answer {
  checkId(id);
  const pool = parent.replace(/\/providers$/, '');
  if (!state.pools.has(pool)) return invalid('no such pool');
  const wrong = misshapen(body, { required: ['oidc', 'attributeMapping'], optional: ['displayName', 'description', 'disabled', 'attributeCondition'] });
  if (wrong !== undefined) return invalid(wrong);
  checkLabels(body);
  const { oidc, attributeMapping: mapping, attributeCondition: condition = '' } = body;
  if (!isFields(oidc) || !isFields(mapping) || typeof condition !== 'string') return invalid('oidc, attributeMapping, attributeCondition');
  const odd = misshapen(oidc, { required: ['issuerUri'], optional: ['allowedAudiences', 'jwksJson'] });
  if (odd !== undefined) return invalid(`oidc.${odd}`);
  const { issuerUri: issuer, allowedAudiences: allowed = [], jwksJson: jwks } = oidc;
  if (typeof issuer !== 'string' || !URL.canParse(issuer) || new URL(issuer).protocol !== 'https:') return invalid('oidc.issuerUri: an https url');
  if (!Array.isArray(allowed) || allowed.length > 10 || allowed.some((one) => typeof one !== 'string' || one === '' || one.length > 256)) return invalid('oidc.allowedAudiences: at most 10 texts of at most 256 characters');
  if (jwks !== undefined && typeof jwks !== 'string') return invalid('oidc.jwksJson: a text');
  const expressions = readMapping(mapping);
  const parsed = condition === '' ? undefined : readCondition(condition);
  checkTenant(issuer, parsed, expressions);
  const name = `${parent}/${id}`;
  if (state.providers.has(name)) return { status: 409, body: { error: { code: 409, message: 'already exists', status: 'ALREADY_EXISTS' } } };
  const keys = jwks === undefined ? undefined : readKeys(readFields(jwks));
  state.providers.set(name, { name, issuer, allowed: allowed as string[], keys, mapping: expressions, condition: parsed, disabled: body['disabled'] === true });
  return { status: 200, body: { done: true, response: { name, ...body } } };
}

function readMapping(mapping: Fields): readonly (readonly [string, Cel])[] {
  const entries = Object.entries(mapping);
  if (!Object.hasOwn(mapping, 'google.subject')) deny('attributeMapping: google.subject is required');
  if (entries.length > 50) deny('attributeMapping: at most 50');
  return entries.map(([key, expression]) => {
    if (!/^(?:google\.(?:subject|groups)|attribute\.[a-z0-9_]{1,100})$/.test(key)) deny(`attributeMapping: key ${key}`);
    if (typeof expression !== 'string' || expression.length > 2048) return deny(`attributeMapping: ${key}: at most 2048 characters`);
    return [key, parseCel(expression, ['assertion'])] as const;
  });
}

function readCondition(condition: string): Cel {
  if (condition.length > 4096) deny('attributeCondition: at most 4096 characters');
  return parseCel(condition, ['assertion', 'google', 'attribute']);
}

function checkTenant(issuer: string, condition: Cel | undefined, mapping: readonly (readonly [string, Cel])[]): void {
  const host = withoutScheme(issuer);
  const tenants = Object.hasOwn(SHARED, host) ? SHARED[host] : undefined;
  if (tenants === undefined) return;
  const claimOf = (parts: readonly string[]): string | undefined => {
    if (parts[0] === 'assertion') return parts.length === 2 ? parts[1] : undefined;
    const source = mapping.find(([key]) => key === parts.join('.'))?.[1];
    return source?.kind === 'path' && source.parts.length === 2 ? source.parts[1] : undefined;
  };
  const isPinned =
    condition !== undefined &&
    pins(condition, (parts, value, isPrefix) => {
      const claim = claimOf(parts);
      return claim !== undefined && tenants.includes(claim) && (!isPrefix || (claim === 'sub' && /^[^:]+:[^/:]+[/:]/.test(value)));
    });
  if (!isPinned) deny(`attributeCondition: tokens of ${host} are given to everyone; the condition has to name the tenant`);
}

function setPolicy(state: State, resource: string, body: Fields): Answer {
  const { policy } = body;
  const bindings = isFields(policy) ? policy['bindings'] : undefined;
  if (!Array.isArray(bindings)) return invalid('policy.bindings: a list');
  const read = (bindings as unknown[]).map((binding): GoogleBinding => {
    if (!isFields(binding)) return deny('a binding is no object');
    const { role, members, condition } = binding;
    if (condition !== undefined) deny('conditions of bindings are not understood');
    if (typeof role !== 'string' || !/^(?:roles|projects\/[^/]+\/roles|organizations\/[^/]+\/roles)\/[A-Za-z0-9_.]+$/.test(role)) return deny('a binding without a role');
    if (!Array.isArray(members) || members.length === 0) return deny('a binding without members');
    for (const member of members as unknown[]) checkMember(state, member);
    return { role, members: members as string[] };
  });
  state.policies.set(resource, read);
  return { status: 200, body: { bindings: read } };
}

const MEMBER = /^(principal|principalSet):\/\/iam\.googleapis\.com\/(projects\/\d+\/locations\/global\/workloadIdentityPools\/[a-z0-9-]{4,32})\/(?:subject\/(.+)|group\/(.+)|attribute\.([a-z0-9_]{1,100})\/(.+)|(\*))$/;

function checkMember(state: State, member: unknown): void {
  const match = MEMBER.exec(String(member));
  if (match === null) return deny(`member ${String(member)} is not of a workload pool`);
  if ((match[1] === 'principal') !== (match[3] !== undefined)) deny(`member ${String(member)}: principal takes a subject, principalSet a set`);
  if (!state.pools.has(match[2] ?? '')) deny(`member ${String(member)}: no such pool`);
}

function isMember(member: string, { pool, subject, attributes }: Principal): boolean {
  const [, , where, one, group, attribute, value, all] = MEMBER.exec(member) ?? [];
  if (where !== pool) return false;
  if (all !== undefined) return true;
  if (one !== undefined) return one === subject;
  if (group !== undefined) return false;
  return attribute !== undefined && Object.hasOwn(attributes, attribute) && attributes[attribute] === value;
}

function testPermissions(state: State, resource: string, body: Fields, asked: Asked): Answer {
  const bearer = /^Bearer (.+)$/.exec(String(asked.headers.authorization ?? ''))?.[1];
  const principal = bearer === undefined ? undefined : state.tokens.get(bearer);
  if (principal === undefined || principal.until < Date.now()) return { status: 401, body: { error: { code: 401, message: 'no valid token', status: 'UNAUTHENTICATED' } } };
  const asks = Array.isArray(body['permissions']) ? (body['permissions'] as unknown[]) : [];
  const roles = (state.policies.get(resource) ?? []).filter(({ members }) => members.some((member) => isMember(member, principal))).map(({ role }) => role);
  // What a custom role holds is not known here: it is taken to hold what is asked.
  const allowed = asks.filter((permission) => roles.some((role) => PERMISSIONS[role]?.includes(String(permission)) ?? true));
  return { status: 200, body: allowed.length === 0 ? {} : { permissions: allowed } };
}

async function exchange(state: State, asked: Asked): Promise<Answer> {
  const json = readFields(asked.body);
  const form = new URLSearchParams(asked.body);
  const field = (snake: string): string => {
    const camel = snake.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    const value = json === undefined ? form.get(snake) : (json[snake] ?? json[camel]);
    return typeof value === 'string' ? value : '';
  };
  if (field('grant_type') !== GRANT || field('requested_token_type') !== ACCESS || !TYPES.includes(field('subject_token_type'))) return { status: 400, body: { error: 'invalid_request', error_description: 'grant or token types' } };
  if (field('scope') === '') return { status: 400, body: { error: 'invalid_request', error_description: 'scope' } };
  const provider = state.providers.get(field('audience').replace(/^\/\/iam\.googleapis\.com\//, ''));
  if (provider === undefined || provider.disabled) return { status: 400, body: { error: 'invalid_target', error_description: 'The target service indicated by the "audience" parameters is invalid.' } };
  const token = field('subject_token');
  if (decode(token).claims['iss'] !== provider.issuer) return deny('iss is another');
  const { claims } = await checkSignature(token, ['RS256', 'ES256'], provider.keys ?? (await discover(provider.issuer, state.reach)));
  subjectOf(claims);
  checkTimes(claims, { leeway: 0 });
  const wanted = provider.allowed.length > 0 ? provider.allowed : [`https://iam.googleapis.com/${provider.name}`];
  if (!audiences(claims).some((one) => wanted.includes(one))) return deny('aud is another');
  const { subject, attributes, google } = mapped(provider, claims);
  if (provider.condition !== undefined && !conditionHolds(provider.condition, { assertion: claims, google, attribute: attributes })) return deny('the attribute condition does not hold');
  const access = randomBytes(40).toString('base64url');
  state.tokens.set(access, { pool: provider.name.replace(/\/providers\/.*$/, ''), subject, attributes, until: Date.now() + LIFETIME * 1000 });
  return { status: 200, body: { access_token: access, issued_token_type: ACCESS, token_type: 'Bearer', expires_in: LIFETIME } };
}

function conditionHolds(condition: Cel, scope: Fields): boolean {
  try {
    return holds(condition, scope);
  } catch (error) {
    if (error instanceof Denial) return false;
    throw error;
  }
}

function mapped(provider: Provider, claims: Fields): { readonly subject: string; readonly attributes: Fields; readonly google: Fields } {
  const values = provider.mapping.map(([key, expression]) => {
    const value = evaluateCel(expression, { assertion: claims });
    if (key === 'google.groups' ? !Array.isArray(value) : typeof value !== 'string') return deny(`the mapping of ${key} gives no text`);
    return [key, value] as const;
  });
  const pick = (prefix: string): Fields => Object.fromEntries(values.filter(([key]) => key.startsWith(prefix)).map(([key, value]) => [key.slice(prefix.length), value]));
  const google = pick('google.');
  const subject = String(google['subject']);
  if (subject === '' || Buffer.byteLength(subject) > LONGEST_SUBJECT) return deny(`google.subject is ${Buffer.byteLength(subject)} bytes, 1 to ${LONGEST_SUBJECT} are allowed`);
  return { subject, attributes: pick('attribute.'), google };
}

async function configure(url: string, state: State, documents: GoogleDocuments): Promise<Configured> {
  const create = async (path: string, json: Fields): Promise<void> => {
    const reply = await ask('POST', `${url}/v1/${path}`, { json });
    if (reply.status !== 200) throw new Error(`google refused POST ${path}: ${reply.text}`);
  };
  const pools = `projects/${documents.project}/locations/global/workloadIdentityPools`;
  const name = `${pools}/${documents.poolId}/providers/${documents.providerId}`;
  const resource = documents.resource ?? `projects/${documents.project}`;
  await create(`${pools}?workloadIdentityPoolId=${documents.poolId}`, documents.pool);
  await create(`${pools}/${documents.poolId}/providers?workloadIdentityPoolProviderId=${documents.providerId}`, documents.provider);
  await create(`${resource}:setIamPolicy`, { policy: { bindings: documents.bindings } });
  const { oidc } = documents.provider;
  const allowed = isFields(oidc) && Array.isArray(oidc['allowedAudiences']) ? (oidc['allowedAudiences'] as unknown[]) : [];
  const permission = resource.includes('/serviceAccounts/') ? 'iam.serviceAccounts.getAccessToken' : permissionOf(documents.bindings);
  return {
    refusesReplay: false,
    audience: documents.audience ?? (typeof allowed[0] === 'string' ? allowed[0] : `https://iam.googleapis.com/${name}`),
    ids: { 'google.provider_name': name },
    exchange: async (token) => {
      state.lastReason = '';
      const json = { grantType: GRANT, audience: `//iam.googleapis.com/${name}`, scope: 'https://www.googleapis.com/auth/cloud-platform', requestedTokenType: ACCESS, subjectTokenType: TYPES[0], subjectToken: token };
      const reply = await ask('POST', `${url}/v1/token`, { json });
      if (reply.status !== 200 || !isFields(reply.json)) return { accepted: false, status: reply.status, reason: state.lastReason === '' ? reply.text : state.lastReason };
      const used = await ask('POST', `${url}/v1/${resource}:testIamPermissions`, { json: { permissions: [permission] } }, { authorization: `Bearer ${String(reply.json['access_token'])}` });
      const isIn = used.status === 200 && isFields(used.json) && Array.isArray(used.json['permissions']);
      return isIn ? { accepted: true, status: 200, reason: '', expiresIn: LIFETIME } : { accepted: false, status: 403, reason: 'no binding lets the principal in' };
    },
  };
}

function permissionOf(bindings: readonly GoogleBinding[]): string {
  const known = bindings.map(({ role }) => PERMISSIONS[role]?.[0]).find((one) => one !== undefined);
  return known ?? 'aiplatform.endpoints.predict';
}
