/**
 * OpenAI's federation: the Admin API calls that set it up, and the token exchange. Matching is exact; a star in a matcher is refused, because it is
 * documented for another product's rules only and would silently match nothing.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { ask, type Answer, type Asked, type Fields, isFields, listen, readFields } from '../http.ts';
import { type Cel, evaluateCel, parseCel } from './_cel.ts';
import { type Configured, misshapen, type Party } from './_party.ts';
import { audiences, checkSignature, checkTimes, decode, Denial, deny, discover, type Reach, readKeys, RSA_AND_EC, subjectOf } from './_token.ts';

export interface OpenAiDocuments {
  readonly project: string;
  /** Bodies of POST .../service_accounts and of POST .../service_accounts/{id}. */
  readonly serviceAccount: Fields;
  readonly role: Fields;
  readonly provider: Fields;
  /** `project_id` and `service_account_id` are put in after they exist. */
  readonly rule: Fields;
}

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const TYPES = ['urn:ietf:params:oauth:token-type:jwt', 'urn:ietf:params:oauth:token-type:id_token'];
const LIFETIME = 3600;

interface Provider {
  readonly id: string;
  readonly body: Fields;
  readonly issuer: string;
  readonly audience: string;
  readonly transforms: readonly { readonly attribute: string; readonly expression: Cel }[];
  readonly rules: Map<string, Fields>;
}
interface State {
  readonly reach: Reach;
  readonly admin: string;
  readonly accounts: Map<string, { readonly project: string; role: string; readonly body: Fields }>;
  readonly providers: Map<string, Provider>;
  lastReason: string;
}

function fault(status: number, message: string): Answer {
  return { status, body: { error: { message, type: 'invalid_request_error', param: null, code: null } } };
}

export async function startOpenAi(reach: Reach): Promise<Party<OpenAiDocuments>> {
  const state: State = { reach, admin: randomUUID(), accounts: new Map(), providers: new Map(), lastReason: '' };
  const server = await listen(async (asked) => {
    if (asked.path === '/oauth/token') {
      try {
        return await exchange(state, asked);
      } catch (error) {
        if (!(error instanceof Denial)) throw error;
        state.lastReason = error.message;
        return { status: 401, body: { error: 'invalid_grant', error_description: 'the subject token was not accepted' } };
      }
    }
    try {
      return administer(state, asked);
    } catch (error) {
      if (error instanceof Denial) return fault(400, error.message);
      throw error;
    }
  });
  return { url: server.url, admin: state.admin, stop: server.stop, configure: (documents) => configure(server.url, state, documents) };
}

function administer(state: State, asked: Asked): Answer {
  if (asked.headers.authorization !== `Bearer ${state.admin}`) return fault(401, 'an admin key is required');
  const parts = asked.path.split('/').slice(1);
  if (parts[0] !== 'v1' || parts[1] !== 'organization') return fault(404, 'not found');
  if (asked.method === 'DELETE') return remove(state, parts.slice(2));
  if (asked.method === 'GET') return list(state, parts.slice(2));
  const body = readFields(asked.body) ?? deny('the body is no JSON object');
  if (parts[2] === 'projects' && parts[4] === 'service_accounts') return account(state, parts[3] ?? '', parts[5], body);
  if (parts[2] === 'workload_identity_providers' && parts[3] === undefined) return createProvider(state, body);
  if (parts[2] === 'workload_identity_providers' && parts[4] === 'federation_rules' && parts[5] !== undefined) return updateRule(state, parts[3] ?? '', parts[5], body);
  if (parts[2] === 'workload_identity_providers' && parts[4] === 'federation_rules') return createRule(state, parts[3] ?? '', body);
  return fault(404, 'not found');
}

function list(state: State, [kind, id, below]: readonly string[]): Answer {
  const page = (data: readonly Fields[]): Answer => ({ status: 200, body: { object: 'list', data, has_more: false } });
  if (kind === 'projects') return page([...state.accounts.values()].filter(({ project }) => project === id).map(({ body, role }) => ({ ...body, role })));
  if (kind !== 'workload_identity_providers') return fault(404, 'not found');
  if (id === undefined) return page([...state.providers.values()].map(({ body }) => body));
  const provider = state.providers.get(id);
  if (provider === undefined) return fault(404, 'no such provider');
  return below === 'federation_rules' ? page([...provider.rules.values()]) : { status: 200, body: provider.body };
}

function remove(state: State, [kind, id = '', below, ruleId = '']: readonly string[]): Answer {
  if (kind === 'projects' && below === 'service_accounts') return state.accounts.get(ruleId)?.project === id && state.accounts.delete(ruleId) ? { status: 200, body: { id: ruleId, deleted: true } } : fault(404, 'no such service account');
  const provider = state.providers.get(id);
  if (kind !== 'workload_identity_providers' || provider === undefined) return fault(404, 'not found');
  if (below === 'federation_rules') return provider.rules.delete(ruleId) ? { status: 200, body: { id: ruleId, deleted: true } } : fault(404, 'no such rule');
  if (provider.rules.size > 0) return fault(400, 'delete the rules of the provider first');
  state.providers.delete(id);
  return { status: 200, body: { id, deleted: true } };
}

function account(state: State, project: string, id: string | undefined, body: Fields): Answer {
  if (id === undefined) {
    const wrong = misshapen(body, { required: ['name'], optional: ['create_service_account_only'] });
    if (wrong !== undefined) return fault(400, wrong);
    // A key made on the way would be one more long-lived key: the very thing to get rid of.
    if (body['create_service_account_only'] !== true) return fault(400, 'create_service_account_only: an API key would be created');
    const made = { object: 'organization.project.service_account', id: `user-${randomUUID()}`, name: body['name'], role: 'none', created_at: Math.floor(Date.now() / 1000) };
    state.accounts.set(made.id, { project, role: 'none', body: made });
    return { status: 200, body: made };
  }
  const one = state.accounts.get(id);
  if (one === undefined || one.project !== project) return fault(404, 'no such service account');
  const { role } = body;
  if (role !== 'member' && role !== 'owner') return fault(400, 'role: member or owner');
  one.role = role;
  return { status: 200, body: { ...one.body, role } };
}

function createProvider(state: State, body: Fields): Answer {
  const wrong = misshapen(body, { required: ['name', 'type', 'issuer', 'audience', 'verification'], optional: ['description', 'enabled', 'attribute_transformations'] });
  if (wrong !== undefined) return fault(400, wrong);
  const { name, type, issuer, audience, verification, enabled = true, attribute_transformations: transformations = [] } = body;
  if (type !== 'oidc') return fault(400, 'type: oidc');
  if (typeof name !== 'string' || name === '' || typeof issuer !== 'string' || typeof audience !== 'string' || audience === '') return fault(400, 'name, issuer and audience are texts');
  if (!URL.canParse(issuer) || new URL(issuer).protocol !== 'https:') return fault(400, 'issuer: an https url');
  if (typeof enabled !== 'boolean') return fault(400, 'enabled: a boolean');
  if (!isFields(verification)) return fault(400, 'verification: an object');
  if (verification['type'] === 'uploaded_jwks') readKeys(verification['jwks']);
  else if (verification['type'] !== 'discovery') return fault(400, 'verification.type: discovery or uploaded_jwks');
  if (!Array.isArray(transformations) || transformations.length > 20) return fault(400, 'attribute_transformations: at most 20');
  if (state.providers.size >= 50) return fault(400, 'at most 50 providers');
  const transforms = (transformations as unknown[]).map((one) => {
    const { attribute, expression } = isFields(one) ? one : {};
    if (typeof attribute !== 'string' || attribute.length > 256 || typeof expression !== 'string' || expression.length > 4096) return deny('attribute_transformations: {attribute, expression}');
    return { attribute, expression: parseCel(expression, ['assertion']) };
  });
  const id = `wip_${randomUUID()}`;
  const made = { object: 'organization.workload_identity_provider', id, enabled, ...body };
  state.providers.set(id, { id, body: made, issuer, audience, transforms, rules: new Map() });
  return { status: 200, body: made };
}

/** The whole rule is held against the same rules as a new one. */
function updateRule(state: State, providerId: string, ruleId: string, changes: Fields): Answer {
  const provider = state.providers.get(providerId);
  const before = provider?.rules.get(ruleId);
  if (provider === undefined || before === undefined) return fault(404, 'no such rule');
  const wrong = misshapen(changes, { optional: ['name', 'description', 'enabled', 'attribute_matchers', 'permissions'] });
  if (wrong !== undefined) return fault(400, wrong);
  const kept = Object.fromEntries(Object.entries(before).filter(([name]) => ['name', 'description', 'enabled', 'attribute_matchers', 'permissions', 'project_id', 'service_account_id'].includes(name)));
  const made = createRule(state, providerId, { ...kept, ...changes });
  if (made.status !== 200 || !isFields(made.body)) return made;
  const fresh = provider.rules.get(String(made.body['id']));
  provider.rules.delete(String(made.body['id']));
  if (fresh !== undefined) provider.rules.set(ruleId, { ...fresh, id: ruleId });
  return { status: 200, body: { ...made.body, id: ruleId } };
}

function createRule(state: State, providerId: string, body: Fields): Answer {
  const provider = state.providers.get(providerId);
  if (provider === undefined) return fault(404, 'no such provider');
  const wrong = misshapen(body, { required: ['project_id', 'service_account_id', 'attribute_matchers'], optional: ['name', 'description', 'enabled', 'permissions'] });
  if (wrong !== undefined) return fault(400, wrong);
  const { project_id: project, service_account_id: accountId, attribute_matchers: matchers, permissions = { type: 'service_account_default' } } = body;
  if (state.accounts.get(String(accountId))?.project !== project) return fault(400, 'service_account_id: not in this project');
  if (!isFields(matchers)) return fault(400, 'attribute_matchers: an object');
  const names = Object.keys(matchers).filter((name) => name !== 'aud' && name !== 'iss');
  if (names.length === 0) return fault(400, 'attribute_matchers: the audience alone is not enough');
  for (const [name, value] of Object.entries(matchers)) {
    if (!['string', 'boolean', 'number'].includes(typeof value) || value === '') return fault(400, `attribute_matchers.${name}: a text, a boolean or a number`);
    if (typeof value === 'string' && value.includes('*')) return fault(400, `attribute_matchers.${name}: matching is exact, a star matches nothing`);
  }
  if (!isFields(permissions) || !(permissions['type'] === 'service_account_default' || (permissions['type'] === 'restricted' && Array.isArray(permissions['scopes']) && permissions['scopes'].length > 0))) {
    return fault(400, 'permissions: {type: "service_account_default"} or {type: "restricted", scopes: [...]}');
  }
  if (provider.rules.size >= 50) return fault(400, 'at most 50 rules');
  const id = `wifr_${randomUUID()}`;
  const made = { object: 'organization.workload_identity_federation_rule', id, enabled: true, ...body, permissions };
  provider.rules.set(id, made);
  return { status: 200, body: made };
}

async function exchange(state: State, asked: Asked): Promise<Answer> {
  const malformed = (text: string): Answer => ({ status: 400, body: { error: 'invalid_request', error_description: text } });
  if (!String(asked.headers['content-type'] ?? '').startsWith('application/json')) return malformed('JSON is required');
  const body = readFields(asked.body);
  if (body === undefined || body['grant_type'] !== GRANT || !TYPES.includes(String(body['subject_token_type']))) return malformed('grant_type or subject_token_type');
  const { subject_token: token, identity_provider_id: providerId, service_account_id: accountId } = body;
  if (typeof token !== 'string' || typeof providerId !== 'string' || typeof accountId !== 'string') return malformed('subject_token, identity_provider_id, service_account_id');
  const provider = state.providers.get(providerId) ?? deny('unknown provider');
  if (provider.body['enabled'] !== true) return deny('the provider is off');
  if (decode(token).claims['iss'] !== provider.issuer) return deny('iss is another');
  const { verification } = provider.body;
  const keys = isFields(verification) && verification['type'] === 'uploaded_jwks' ? readKeys(verification['jwks']) : await discover(provider.issuer, state.reach, baseOf(verification, provider.issuer));
  const { claims } = await checkSignature(token, RSA_AND_EC, keys);
  subjectOf(claims);
  const remaining = checkTimes(claims, { leeway: 0 });
  if (!audiences(claims).includes(provider.audience)) return deny('aud is another');
  const attributes = { ...claims, ...Object.fromEntries(provider.transforms.map(({ attribute, expression }) => [attribute, evaluateCel(expression, { assertion: claims })])) };
  const reasons: string[] = [];
  const matching = [...provider.rules.values()].filter((rule) => {
    if (rule['enabled'] !== true || rule['service_account_id'] !== accountId) return false;
    const off = Object.entries(isFields(rule['attribute_matchers']) ? rule['attribute_matchers'] : {}).find(([name, value]) => !Object.hasOwn(attributes, name) || (attributes as Fields)[name] !== value);
    if (off !== undefined) reasons.push(`${off[0]} is another`);
    return off === undefined;
  });
  if (matching.length === 0) return deny(reasons[0] ?? 'no rule for the service account');
  if (state.accounts.get(accountId)?.role === 'none') return deny('the service account has no role in the project');
  return { status: 200, body: { access_token: randomBytes(40).toString('base64url'), issued_token_type: 'urn:ietf:params:oauth:token-type:access_token', token_type: 'Bearer', expires_in: Math.min(LIFETIME, remaining) } };
}

function baseOf(verification: unknown, issuer: string): string {
  const url = isFields(verification) ? verification['discovery_url'] : undefined;
  return typeof url === 'string' ? url.replace(/\/\.well-known\/openid-configuration$/, '') : issuer;
}

async function configure(url: string, state: State, documents: OpenAiDocuments): Promise<Configured> {
  const create = async (path: string, json: Fields): Promise<string> => {
    const reply = await ask('POST', `${url}/v1/organization/${path}`, { json }, { authorization: `Bearer ${state.admin}` });
    if (reply.status !== 200) throw new Error(`openai refused POST ${path}: ${reply.text}`);
    return isFields(reply.json) ? String(reply.json['id']) : '';
  };
  const accountId = await create(`projects/${documents.project}/service_accounts`, documents.serviceAccount);
  await create(`projects/${documents.project}/service_accounts/${accountId}`, documents.role);
  const provider = await create('workload_identity_providers', documents.provider);
  await create(`workload_identity_providers/${provider}/federation_rules`, { ...documents.rule, project_id: documents.project, service_account_id: accountId });
  return {
    refusesReplay: false,
    audience: String(documents.provider['audience']),
    ids: { 'openai.identity_provider_id': provider, 'openai.service_account_id': accountId },
    exchange: async (token) => {
      state.lastReason = '';
      const json = { grant_type: GRANT, subject_token: token, subject_token_type: TYPES[0], identity_provider_id: provider, service_account_id: accountId };
      const { status, json: answer, text } = await ask('POST', `${url}/oauth/token`, { json });
      const lives = isFields(answer) ? answer['expires_in'] : undefined;
      if (status !== 200 || typeof lives !== 'number') return { accepted: false, status, reason: state.lastReason === '' ? text : state.lastReason };
      return { accepted: true, status, reason: '', expiresIn: lives };
    },
  };
}
