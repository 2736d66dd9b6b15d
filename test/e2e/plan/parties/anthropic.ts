/**
 * The Claude API's token endpoint and the part of its Admin API that sets up federation, as documented: shapes, limits, errors, the order of the checks.
 * Where the documents leave a choice the stricter reading is taken: members that are not documented are refused, and an immutable subject
 * (`repo:acme@1/app@2:`) alone does not count as naming the tenant.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { ask, type Asked, type Answer, type Fields, isFields, listen, readFields, type Reply } from '../http.ts';
import { type Cel, holds, parseCel, pins, readsAny } from './_cel.ts';
import { type Configured, misshapen, type Party, type Verdict } from './_party.ts';
import { audiences, checkSignature, checkTimes, decode, Denial, deny, discover, type Keys, type Reach, readKeys, RSA_AND_EC, subjectOf, withoutScheme } from './_token.ts';

export interface AnthropicDocuments {
  readonly issuer: Fields;
  readonly serviceAccount: Fields;
  /** Bodies of POST /service_accounts/{id}/workspaces. */
  readonly memberships: readonly Fields[];
  /** The ids in `issuer_id` and `target.service_account_id` are put in after the other two exist. */
  readonly rule: Fields;
  /** Sent with the exchange when given. */
  readonly workspace?: string;
}

const DEFAULT_AUDIENCE = 'https://api.anthropic.com';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const LARGEST_ASSERTION = 16_384;
const LEEWAY = 30;
const NAME = /^[a-z0-9-]{1,255}$/;
const TAGGED = /^(?:svac|fdis|fdrl|wrkspc)_[A-Za-z0-9]{10,40}$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SCOPES = ['workspace:inference', 'workspace:developer'];
const ROLES = ['workspace_user', 'workspace_developer', 'workspace_restricted_developer', 'workspace_admin'];

/** Issuers that all customers of a platform share: claims that name the customer, and the beginning of a subject that does. */
const SHARED: Readonly<Record<string, { readonly claims: readonly string[]; readonly subject: RegExp }>> = {
  'token.actions.githubusercontent.com': { claims: ['repository', 'repository_id', 'repository_owner', 'repository_owner_id'], subject: /^repo:[^@/*:]+\// },
  'gitlab.com': { claims: ['namespace_id', 'namespace_path', 'project_id', 'project_path'], subject: /^project_path:[^/*:]+\// },
  'agent.buildkite.com': { claims: ['organization_id', 'organization_slug', 'pipeline_id'], subject: /^organization:[^:*]+:/ },
  'app.terraform.io': { claims: ['terraform_organization_id', 'terraform_organization_name', 'terraform_workspace_id', 'terraform_project_id'], subject: /^organization:[^:*]+:/ },
  'accounts.google.com': { claims: ['sub', 'email'], subject: /^\d+$/ },
};

interface Issuer {
  readonly body: Fields;
  readonly id: string;
  readonly url: string;
  readonly jti: Set<string>;
  readonly longest: number;
  archived: boolean;
}
interface Account {
  readonly body: Fields;
  readonly id: string;
  readonly workspaces: Set<string>;
  archived: boolean;
}
interface Rule {
  readonly body: Fields;
  readonly id: string;
  readonly issuer: Issuer;
  readonly account: Account;
  readonly match: Fields;
  readonly condition: Cel | undefined;
  readonly lifetime: number;
  readonly workspaces: Set<string>;
  archived: boolean;
}
interface State {
  readonly reach: Reach;
  readonly organization: string;
  readonly admin: string;
  readonly issuers: Map<string, Issuer>;
  readonly accounts: Map<string, Account>;
  readonly rules: Map<string, Rule>;
  readonly minted: Map<string, number>;
  /** Why the last exchange was denied: the console tells, the endpoint does not. */
  lastReason: string;
}

class Bad extends Error {
  readonly status: number;
  readonly type: string;
  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

function invalid(message: string): never {
  throw new Bad(400, 'invalid_request_error', message);
}

function tagged(prefix: string): string {
  return `${prefix}_01${randomBytes(11).toString('hex')}`;
}

function failure(status: number, type: string, message: string): Answer {
  return { status, body: { type: 'error', error: { type, message }, request_id: `req_${randomUUID()}` } };
}

export async function startAnthropic(reach: Reach): Promise<Party<AnthropicDocuments>> {
  const state: State = {
    reach,
    organization: randomUUID(),
    admin: randomUUID(),
    issuers: new Map(),
    accounts: new Map(),
    rules: new Map(),
    minted: new Map(),
    lastReason: '',
  };
  const server = await listen(async (asked) => {
    try {
      if (asked.path === '/v1/oauth/token') return await exchange(state, asked);
      if (asked.path === '/v1/models') return models(state, asked);
      return administer(state, asked);
    } catch (error) {
      if (error instanceof Bad) return failure(error.status, error.type, error.message);
      if (error instanceof Denial) {
        state.lastReason = error.message;
        return failure(401, 'authentication_error', 'Authentication failed');
      }
      throw error;
    }
  });
  return { url: server.url, admin: state.admin, stop: server.stop, configure: (documents) => configure(server.url, state, documents) };
}

function administer(state: State, asked: Asked): Answer {
  const bearer = /^Bearer (.+)$/.exec(String(asked.headers.authorization ?? ''))?.[1];
  if (asked.headers['x-api-key'] !== undefined || bearer !== state.admin) throw new Bad(401, 'authentication_error', 'an OAuth token with org:admin is required');
  if (asked.headers['anthropic-version'] === undefined) invalid('anthropic-version: header is required');
  const [collection = '', id, action, member] = asked.path.replace(/^\/v1\/organizations\//, '').split('/');
  const lists: Readonly<Record<string, Map<string, { readonly body: Fields; archived: boolean }>>> = {
    federation_issuers: state.issuers,
    federation_rules: state.rules,
    service_accounts: state.accounts,
  };
  const list = Object.hasOwn(lists, collection) ? lists[collection] : undefined;
  if (list === undefined) return failure(404, 'not_found_error', 'Not found');
  const isBeta = asked.query.get('beta') === 'true';
  if (id === undefined) {
    if (asked.method === 'GET') return { status: 200, body: { data: [...list.values()].filter((one) => !one.archived || asked.query.get('include_archived') === 'true').map(({ body }) => body), next_page: null } };
    if (asked.method !== 'POST') return failure(405, 'invalid_request_error', 'Method not allowed');
    const body = readFields(asked.body) ?? invalid('the body is no JSON object');
    checkName(body, [...list.values()].map((one) => one.body));
    if (collection === 'federation_issuers') return { status: 200, body: createIssuer(state, body) };
    if (collection === 'service_accounts') return { status: 200, body: createAccount(state, body) };
    return { status: 200, body: createRule(state, body, isBeta) };
  }
  const one = list.get(id);
  if (one === undefined) return failure(404, 'not_found_error', 'Not found');
  if (action === undefined && asked.method === 'GET') return { status: 200, body: one.body };
  if (action === undefined && asked.method === 'POST' && collection === 'federation_rules') return updateRule(state, id, one.body, readFields(asked.body) ?? invalid('the body is no JSON object'), isBeta);
  if (action === 'archive' && asked.method === 'POST') {
    if (collection !== 'federation_rules' && [...state.rules.values()].some((rule) => !rule.archived && (rule.issuer.id === id || rule.account.id === id))) invalid('a live rule references it');
    one.archived = true;
    return { status: 200, body: { ...one.body, archived_at: new Date().toISOString() } };
  }
  const workspaces = state.accounts.get(id)?.workspaces ?? state.rules.get(id)?.workspaces;
  if (action === 'workspaces' && workspaces !== undefined) return membership(asked, collection, id, workspaces, member);
  return failure(404, 'not_found_error', 'Not found');
}

const RULE_FIELDS = ['name', 'issuer_id', 'match', 'workspace_id', 'applies_to_all_workspaces', 'oauth_scope', 'token_lifetime_seconds', 'description'];

/** A partial update: what is named is replaced whole, the issuer cannot change, and the whole rule is held against the same rules as a new one. */
function updateRule(state: State, id: string, before: Fields, changes: Fields, isBeta: boolean): Answer {
  if (state.rules.get(id)?.archived === true) invalid('an archived rule cannot be updated');
  const wrong = misshapen(changes, { optional: ['name', 'match', 'target', 'oauth_scope', 'token_lifetime_seconds', 'description', 'workspace_id', 'applies_to_all_workspaces'] });
  if (wrong !== undefined) invalid(wrong);
  const old = state.rules.get(id);
  const kept = Object.fromEntries(Object.entries(before).filter(([name, value]) => RULE_FIELDS.includes(name) && value !== null && value !== undefined));
  const [workspace] = old?.workspaces ?? [];
  const target = { type: 'service_account', service_account_id: old?.account.id };
  const { applies_to_all_workspaces: all, ...rest } = kept;
  const made = createRule(state, { ...rest, ...(all === true ? { applies_to_all_workspaces: true } : { workspace_id: workspace }), target, ...changes }, isBeta);
  const fresh = state.rules.get(String(made['id']));
  if (fresh === undefined) return failure(500, 'api_error', 'the rule is lost');
  state.rules.delete(String(made['id']));
  state.rules.set(id, { ...fresh, body: { ...fresh.body, id } });
  return { status: 200, body: { ...made, id } };
}

function membership(asked: Asked, collection: string, id: string, workspaces: Set<string>, member: string | undefined): Answer {
  const own = collection === 'service_accounts' ? 'service_account_id' : 'federation_rule_id';
  const type = collection === 'service_accounts' ? 'service_account_workspace_member' : 'federation_rule_workspace';
  if (asked.method === 'GET') return { status: 200, body: { data: [...workspaces].map((workspace_id) => ({ type, [own]: id, workspace_id })), next_page: null } };
  if (asked.method === 'DELETE' && member !== undefined) {
    workspaces.delete(member);
    return { status: 200, body: { [own]: id, workspace_id: member, type: `${type}_deleted` } };
  }
  const body = readFields(asked.body) ?? invalid('the body is no JSON object');
  const wrong = misshapen(body, collection === 'service_accounts' ? { required: ['workspace_id', 'workspace_role'] } : { required: ['workspace_id'] });
  if (wrong !== undefined) invalid(wrong);
  const { workspace_id: workspace, workspace_role: role } = body;
  if (!isWorkspace(workspace)) return invalid('workspace_id: not a well-formed wrkspc_ tagged ID');
  if (role !== undefined && !(typeof role === 'string' && ROLES.includes(role))) invalid(`workspace_role: one of ${ROLES.join(', ')}`);
  workspaces.add(workspace);
  return { status: 200, body: { type, [own]: id, ...body } };
}

function isWorkspace(value: unknown): value is string {
  return typeof value === 'string' && (value === 'default' || (TAGGED.test(value) && value.startsWith('wrkspc_')));
}

function checkName(body: Fields, taken: readonly Fields[]): void {
  const { name, description } = body;
  if (typeof name !== 'string' || !NAME.test(name)) invalid('name: must match ^[a-z0-9-]+$, 1 to 255 characters');
  if (taken.some((one) => one['name'] === name)) throw new Bad(409, 'invalid_request_error', 'name: already in use');
  if (description !== undefined && description !== null && typeof description !== 'string') invalid('description: must be a string');
}

function whole(value: unknown, fallback: number, least: number, most: number, name: string): number {
  if (value === undefined) return fallback;
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most ? value : invalid(`${name}: must be ${least} to ${most}`);
}

/** Of every URL that is fetched: https, port 443, a public name. */
function checkFetchedUrl(text: unknown, name: string): void {
  if (typeof text !== 'string' || !URL.canParse(text)) return invalid(`${name}: not a url`);
  const url = new URL(text);
  if (url.protocol !== 'https:') invalid(`${name}: url must use https scheme`);
  if (url.port !== '') invalid(`${name}: url must use port 443`);
  if (url.username !== '' || url.search !== '' || url.hash !== '') invalid(`${name}: url must have no user, query or fragment`);
  if (/^[\d.]+$|^\[/.test(url.hostname)) invalid(`${name}: url must not be an IP address`);
  if (!url.hostname.includes('.') || /\.(?:local|internal|localhost)$/.test(url.hostname)) invalid(`${name}: url must be a public name`);
}

function createIssuer(state: State, body: Fields): Fields {
  const wrong = misshapen(body, { required: ['issuer_url', 'name'], optional: ['jwks', 'check_jti', 'max_jwt_lifetime_seconds'] });
  if (wrong !== undefined) invalid(wrong);
  const { issuer_url: url, jwks = { type: 'discovery' }, check_jti: checkJti = true } = body;
  if (typeof url !== 'string' || !URL.canParse(url)) return invalid('issuer_url: not a url');
  if (typeof checkJti !== 'boolean') invalid('check_jti: must be a boolean');
  if (!isFields(jwks)) return invalid('jwks: must be an object');
  if (jwks['type'] === 'discovery') {
    const odd = misshapen(jwks, { required: ['type'], optional: ['discovery_base', 'ca_cert_pem'] });
    if (odd !== undefined) invalid(`jwks.${odd}`);
    if (jwks['discovery_base'] === undefined) checkFetchedUrl(url, 'issuer_url');
    else checkFetchedUrl(jwks['discovery_base'], 'jwks.discovery_base');
  } else if (jwks['type'] === 'explicit_url') {
    const odd = misshapen(jwks, { required: ['type', 'url'], optional: ['ca_cert_pem'] });
    if (odd !== undefined) invalid(`jwks.${odd}`);
    checkFetchedUrl(jwks['url'], 'jwks.url');
  } else if (jwks['type'] === 'inline') {
    const odd = misshapen(jwks, { required: ['type', 'keys'] });
    if (odd !== undefined) invalid(`jwks.${odd}`);
    try {
      readKeys({ keys: jwks['keys'] });
    } catch (error) {
      invalid(`jwks.keys: ${error instanceof Error ? error.message : ''}`);
    }
  } else invalid('jwks.type: discovery, explicit_url or inline');
  const longest = whole(body['max_jwt_lifetime_seconds'], 3600, 1, 176_400, 'max_jwt_lifetime_seconds');
  const id = tagged('fdis');
  const answer = { type: 'federation_issuer', id, ...body, jwks, check_jti: checkJti, max_jwt_lifetime_seconds: longest, jwks_polling_disabled_at: null, poll_status: null, ...stamps() };
  state.issuers.set(id, { body: answer, id, url, jti: new Set(), longest, archived: false });
  return answer;
}

function stamps(): Fields {
  const now = new Date().toISOString();
  return { created_at: now, updated_at: now, archived_at: null, created_by_actor_id: 'user_01Loopback0000', updated_by_actor_id: null, archived_by_actor_id: null };
}

function createAccount(state: State, body: Fields): Fields {
  const wrong = misshapen(body, { required: ['name'], optional: ['description', 'organization_role'] });
  if (wrong !== undefined) invalid(wrong);
  const { organization_role: role = 'developer' } = body;
  if (role !== 'developer' && role !== 'admin') invalid('organization_role: developer or admin');
  const id = tagged('svac');
  const answer = { type: 'service_account', id, ...body, organization_role: role, ...stamps() };
  state.accounts.set(id, { body: answer, id, workspaces: new Set(['default']), archived: false });
  return answer;
}

function createRule(state: State, body: Fields, isBeta: boolean): Fields {
  const wrong = misshapen(body, {
    required: ['issuer_id', 'match', 'name', 'oauth_scope', 'target'],
    optional: ['workspace_id', 'applies_to_all_workspaces', 'token_lifetime_seconds', 'description', ...(isBeta ? ['attributes'] : [])],
  });
  if (wrong !== undefined) invalid(wrong);
  const { issuer_id: issuerId, target, match, oauth_scope: scope, workspace_id: workspace, applies_to_all_workspaces: everywhere = false, attributes } = body;
  if (isFields(attributes) && Object.keys(attributes).length > 0) invalid('attributes: not supported');
  const issuer = state.issuers.get(String(issuerId)) ?? invalid('issuer_id: unknown');
  if (!isFields(target) || target['type'] !== 'service_account' || Object.keys(target).length !== 2) return invalid('target: {type: "service_account", service_account_id}');
  const account = state.accounts.get(String(target['service_account_id'])) ?? invalid('target.service_account_id: unknown');
  if (issuer.archived || account.archived) invalid('archived objects cannot be referenced');
  if (typeof scope !== 'string' || !SCOPES.includes(scope)) throw new Bad(403, 'permission_error', 'rules of this scope are made in the Console only');
  if (typeof everywhere !== 'boolean') invalid('applies_to_all_workspaces: must be a boolean');
  if (everywhere === (workspace !== undefined)) invalid('one of workspace_id and applies_to_all_workspaces is required');
  if (workspace !== undefined && !isWorkspace(workspace)) invalid('workspace_id: not a well-formed wrkspc_ tagged ID');
  if (!isFields(match)) return invalid('match: must be an object');
  const condition = readMatch(match);
  checkTenant(issuer, match, condition);
  const id = tagged('fdrl');
  const lifetime = whole(body['token_lifetime_seconds'], 3600, 60, 86_400, 'token_lifetime_seconds');
  const workspaces = new Set(typeof workspace === 'string' ? [workspace] : []);
  const common = { type: 'federation_rule', id, ...body, issuer_name: issuer.body['name'], applies_to_all_workspaces: everywhere, token_lifetime_seconds: lifetime, workspace_ids: [...workspaces], ...stamps() };
  const { workspace_id: _legacy, ...general } = { ...common, workspace_id: null };
  const answer = isBeta ? { ...common, attributes: null } : general;
  state.rules.set(id, { body: answer, id, issuer, account, match, condition, lifetime, workspaces, archived: false });
  return answer;
}

/** Checks the form of `match`; gives its condition. */
function readMatch(match: Fields): Cel | undefined {
  const wrong = misshapen(match, { optional: ['subject_prefix', 'audience', 'claims', 'condition'] });
  if (wrong !== undefined) invalid(`match.${wrong}`);
  const { subject_prefix: subject, audience, claims, condition } = match;
  for (const [name, value] of Object.entries({ subject_prefix: subject, audience, condition })) {
    if (value !== undefined && value !== null && (typeof value !== 'string' || value === '')) invalid(`match.${name}: must be a text`);
  }
  if (claims !== undefined && claims !== null && (!isFields(claims) || Object.values(claims).some((value) => typeof value !== 'string'))) invalid('match.claims: must map claims to texts');
  const hasClaims = isFields(claims) && Object.keys(claims).length > 0;
  const hasSubject = typeof subject === 'string' && subject !== '*';
  if (!hasSubject && !hasClaims && typeof condition !== 'string') invalid('match: needs one of subject_prefix (other than *), claims, condition');
  if (typeof condition !== 'string') return undefined;
  try {
    const parsed = parseCel(condition, ['claims']);
    if (!readsAny(parsed)) invalid('match.condition: is the same for every token');
    return parsed;
  } catch (error) {
    if (error instanceof Denial) return invalid(`match.condition: ${error.message}`);
    throw error;
  }
}

function checkTenant(issuer: Issuer, match: Fields, condition: Cel | undefined): void {
  const host = withoutScheme(issuer.url);
  const shared = Object.hasOwn(SHARED, host) ? SHARED[host] : undefined;
  if (shared === undefined) return;
  const { subject_prefix: subject, claims } = match;
  const bySubject = typeof subject === 'string' && shared.subject.test(subject);
  const byClaim = isFields(claims) && shared.claims.some((name) => typeof claims[name] === 'string' && claims[name] !== '');
  const byCondition =
    condition !== undefined &&
    pins(condition, ([root, claim, ...deeper], value, isPrefix) => {
      if (root !== 'claims' || claim === undefined || deeper.length > 0) return false;
      return claim === 'sub' ? shared.subject.test(value) : !isPrefix && shared.claims.includes(claim);
    });
  if (!bySubject && !byClaim && !byCondition) invalid(`match: tokens of ${host} are given to everyone; the rule has to name the tenant`);
}

async function exchange(state: State, asked: Asked): Promise<Answer> {
  if (asked.method !== 'POST') return failure(405, 'invalid_request_error', 'Method not allowed');
  if (!String(asked.headers['content-type'] ?? '').startsWith('application/json')) invalid('content-type: must be application/json');
  const body = readFields(asked.body) ?? invalid('the body is no JSON object');
  const { grant_type: grant, assertion, federation_rule_id: ruleId, organization_id: organization, service_account_id: accountId, workspace_id: workspace } = body;
  if (grant !== GRANT) invalid('grant_type: unsupported');
  if (typeof assertion !== 'string' || assertion === '') return invalid('assertion: field required');
  if (typeof ruleId !== 'string' || !ruleId.startsWith('fdrl_') || !TAGGED.test(ruleId)) return invalid('federation_rule_id is not a well-formed fdrl_ tagged ID');
  if (typeof organization !== 'string' || !UUID.test(organization)) return invalid('organization_id: not a UUID');
  if (accountId !== undefined && (typeof accountId !== 'string' || !accountId.startsWith('svac_'))) invalid('service_account_id is not a well-formed svac_ tagged ID');
  if (workspace !== undefined && !isWorkspace(workspace)) return invalid('workspace_id is not a well-formed wrkspc_ tagged ID');
  if (Buffer.byteLength(assertion) > LARGEST_ASSERTION) return deny('the assertion is larger than 16 KiB');
  const rule = state.rules.get(ruleId);
  if (rule === undefined || organization !== state.organization) return deny('unknown rule');
  if (rule.archived || rule.issuer.archived || rule.account.archived) return deny('archived');
  if (accountId !== undefined && accountId !== rule.account.id) return deny('another service account');
  const { issuer } = rule;
  if (decode(assertion).claims['iss'] !== issuer.url) return deny('iss is not the issuer_url');
  const { claims } = await checkSignature(assertion, RSA_AND_EC, await keysOf(issuer, state.reach));
  const sub = subjectOf(claims);
  const remaining = checkTimes(claims, { leeway: LEEWAY, longest: issuer.longest });
  checkMatch(rule, sub, claims);
  const bound = bindWorkspace(rule, workspace);
  const { jti } = claims;
  if (issuer.body['check_jti'] === true && jti !== undefined) {
    if (typeof jti !== 'string') return deny('jti is no text');
    if (issuer.jti.has(jti)) return deny('jti_reused');
    issuer.jti.add(jti);
  }
  const expiresIn = Math.max(60, Math.min(rule.lifetime, 2 * remaining));
  const token = `${['sk', 'ant', 'oat01'].join('-')}-${randomBytes(60).toString('base64url')}`;
  state.minted.set(token, Date.now() + expiresIn * 1000);
  return { status: 200, body: { access_token: token, token_type: 'Bearer', expires_in: expiresIn, scope: rule.body['oauth_scope'], workspace_id: bound } };
}

async function keysOf(issuer: Issuer, reach: Reach): Promise<Keys> {
  const { jwks } = issuer.body;
  if (!isFields(jwks)) return deny('no keys');
  if (jwks['type'] === 'inline') return readKeys({ keys: jwks['keys'] });
  if (jwks['type'] === 'discovery') return discover(issuer.url, reach, typeof jwks['discovery_base'] === 'string' ? jwks['discovery_base'] : issuer.url);
  const place = reach[String(jwks['url'])];
  return place === undefined ? deny('the key set cannot be fetched') : readKeys((await ask('GET', place)).json);
}

function checkMatch({ match, condition }: Rule, sub: string, token: Fields): void {
  const { subject_prefix: subject, audience, claims } = match;
  const wanted = typeof audience === 'string' ? audience : DEFAULT_AUDIENCE;
  if (!audiences(token).includes(wanted)) deny('aud is another');
  if (typeof subject === 'string' && !(subject.endsWith('*') ? sub.startsWith(subject.slice(0, -1)) : sub === subject)) deny('match_subject_prefix');
  for (const [name, value] of Object.entries(isFields(claims) ? claims : {})) {
    if (!Object.hasOwn(token, name) || token[name] !== value) deny(`claim ${name} is another`);
  }
  if (condition !== undefined && !holds(condition, { claims: token })) deny('the condition does not hold');
}

function bindWorkspace(rule: Rule, asked: string | undefined): string {
  const everywhere = rule.body['applies_to_all_workspaces'] === true;
  const sole = rule.workspaces.size === 1 ? [...rule.workspaces][0] : undefined;
  const workspace = asked ?? sole ?? (everywhere ? 'default' : deny('workspace_id_required'));
  if (!everywhere && !rule.workspaces.has(workspace)) deny('the rule does not cover the workspace');
  if (!rule.account.workspaces.has(workspace)) deny('the service account is no member of the workspace');
  return workspace;
}

function models(state: State, asked: Asked): Answer {
  const bearer = /^Bearer (.+)$/.exec(String(asked.headers.authorization ?? ''))?.[1];
  const until = bearer === undefined ? undefined : state.minted.get(bearer);
  if (until === undefined || until < Date.now()) return failure(401, 'authentication_error', 'invalid bearer token');
  return { status: 200, body: { data: [], has_more: false, first_id: null, last_id: null } };
}

async function configure(url: string, state: State, documents: AnthropicDocuments): Promise<Configured> {
  const headers = { authorization: `Bearer ${state.admin}`, 'anthropic-version': '2023-06-01' };
  const create = async (path: string, json: unknown): Promise<string> => {
    const reply = await ask('POST', `${url}/v1/organizations/${path}`, { json }, headers);
    if (reply.status !== 200) throw new Error(`anthropic refused POST ${path}: ${reply.text}`);
    const id = isFields(reply.json) ? reply.json['id'] : undefined;
    return typeof id === 'string' ? id : '';
  };
  const issuer = await create('federation_issuers', documents.issuer);
  const account = await create('service_accounts', documents.serviceAccount);
  for (const body of documents.memberships) await create(`service_accounts/${account}/workspaces`, body);
  const rule = await create('federation_rules', { ...documents.rule, issuer_id: issuer, target: { type: 'service_account', service_account_id: account } });
  const made = state.issuers.get(issuer);
  const match = documents.rule['match'];
  return {
    refusesReplay: made?.body['check_jti'] === true,
    audience: isFields(match) && typeof match['audience'] === 'string' ? match['audience'] : DEFAULT_AUDIENCE,
    ...(made === undefined ? {} : { longest: made.longest }),
    ids: { 'anthropic.federation_rule_id': rule, 'anthropic.service_account_id': account, 'anthropic.organization_id': state.organization, ...(documents.workspace === undefined ? {} : { 'anthropic.workspace_id': documents.workspace }) },
    exchange: async (assertion) => {
      state.lastReason = '';
      const json = {
        grant_type: GRANT,
        assertion,
        federation_rule_id: rule,
        organization_id: state.organization,
        service_account_id: account,
        ...(documents.workspace === undefined ? {} : { workspace_id: documents.workspace }),
      };
      return verdictOf(url, await ask('POST', `${url}/v1/oauth/token`, { json }), state);
    },
  };
}

async function verdictOf(url: string, reply: Reply, state: State): Promise<Verdict> {
  if (reply.status !== 200 || !isFields(reply.json)) return { accepted: false, status: reply.status, reason: state.lastReason === '' ? reply.text : state.lastReason };
  const { access_token: token, expires_in: expiresIn } = reply.json;
  const used = await ask('GET', `${url}/v1/models?limit=1`, undefined, { authorization: `Bearer ${String(token)}`, 'anthropic-version': '2023-06-01' });
  if (used.status !== 200) return { accepted: false, status: used.status, reason: 'the token that was given out is not taken' };
  return { accepted: true, status: 200, reason: '', ...(typeof expiresIn === 'number' ? { expiresIn } : {}) };
}
