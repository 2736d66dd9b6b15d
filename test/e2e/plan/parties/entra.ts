/**
 * Microsoft Entra's token endpoint with federated identity credentials of an application (Graph) or a user-assigned managed identity (Resource Manager). Subject,
 * issuer and audience are compared to the letter; flexible credentials are taken for applications and for the issuers and claims that are documented.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { ask, type Answer, type Fields, isFields, listen, readFields } from '../http.ts';
import { type Configured, misshapen, type Party } from './_party.ts';
import { audiences, checkSignature, checkTimes, decode, Denial, deny, discover, type Reach, subjectOf, withoutScheme } from './_token.ts';

export interface EntraDocuments {
  readonly identity: 'application' | 'managed-identity';
  /** As Graph takes them; for a managed identity the `properties` of the Resource Manager body, with `name` beside. */
  readonly credentials: readonly Fields[];
}

const AUDIENCES = ['api://AzureADTokenExchange', 'api://AzureADTokenExchangeChina', 'api://AzureADTokenExchangeUSGov'];
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const MOST = 20;
const LIFETIME = 3600;
/** Not in the same list as others: the documents name RS256 for external issuers' tokens. */
const ALGORITHMS = ['RS256'];

interface Part {
  readonly claim: string;
  readonly pattern: RegExp;
}
interface Credential {
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string | undefined;
  readonly parts: readonly Part[];
  readonly body: Fields;
}
interface State {
  readonly reach: Reach;
  readonly tenant: string;
  readonly client: string;
  readonly object: string;
  readonly credentials: Map<string, Credential>;
  lastReason: string;
}

class Refused extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export async function startEntra(reach: Reach): Promise<Party<EntraDocuments>> {
  const state: State = { reach, tenant: randomUUID(), client: randomUUID(), object: randomUUID(), credentials: new Map(), lastReason: '' };
  const server = await listen(async ({ method, path, body }) => {
    try {
      if (path === `/${state.tenant}/oauth2/v2.0/token` && method === 'POST') return await exchange(state, new URLSearchParams(body));
      const managed = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.ManagedIdentity\/userAssignedIdentities\/[^/]+\/federatedIdentityCredentials\/([^/]+)$/.exec(path);
      if (managed !== null && method === 'PUT') {
        const properties = readFields(body)?.['properties'];
        return store(state, { ...(isFields(properties) ? properties : deny('properties: required')), name: managed[1] }, true);
      }
      if (/^\/(?:v1\.0|beta)\/applications\/[^/]+\/federatedIdentityCredentials$/.test(path) && method === 'POST') return store(state, readFields(body) ?? deny('no JSON object'), false);
      return { status: 404, body: { error: { code: 'NotFound', message: 'not served here' } } };
    } catch (error) {
      if (error instanceof Refused) {
        state.lastReason = error.message;
        return { status: 401, body: { error: 'invalid_client', error_description: `AADSTS${error.code}: ${error.message}`, error_codes: [error.code] } };
      }
      if (error instanceof Denial) {
        state.lastReason = error.message;
        const isToken = path.endsWith('/oauth2/v2.0/token');
        return isToken ? { status: 401, body: { error: 'invalid_client', error_description: `AADSTS700027: ${error.message}`, error_codes: [700_027] } } : { status: 400, body: { error: { code: 'Request_BadRequest', message: error.message } } };
      }
      throw error;
    }
  });
  return { url: server.url, stop: server.stop, configure: (documents) => configure(server.url, state, documents) };
}

function store(state: State, body: Fields, isManaged: boolean): Answer {
  const wrong = misshapen(body, { required: ['name', 'issuer', 'audiences'], optional: isManaged ? ['subject'] : ['subject', 'description', 'claimsMatchingExpression'] });
  if (wrong !== undefined) deny(wrong);
  const { name, issuer, audiences: list, subject, claimsMatchingExpression: expression } = body;
  if (typeof name !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$/.test(name)) return deny('name: 3 to 120 letters, digits, - and _');
  if (typeof issuer !== 'string' || !URL.canParse(issuer) || new URL(issuer).protocol !== 'https:' || issuer.length > 600) return deny('issuer: an https url');
  const [audience, ...more] = Array.isArray(list) ? (list as unknown[]) : [];
  if (typeof audience !== 'string' || more.length > 0) return deny('audiences: exactly one');
  if (!AUDIENCES.includes(audience)) return deny(`audiences: ${AUDIENCES[0] ?? ''} is recommended and expected here`);
  if ((subject === undefined) === (expression === undefined)) return deny('either subject or claimsMatchingExpression');
  if (subject !== undefined && (typeof subject !== 'string' || subject === '' || subject.length > 600 || subject !== subject.trim())) return deny('subject: a text without blanks around it');
  if (typeof subject === 'string' && /[*?]/.test(subject)) return deny('subject: is compared to the letter, a wildcard matches nothing');
  const parts = expression === undefined ? [] : readExpression(expression, issuer);
  if (state.credentials.size >= MOST && !state.credentials.has(name)) return deny(`at most ${MOST} credentials`);
  if (!isManaged && state.credentials.has(name)) return deny('the name is taken');
  for (const [other, one] of state.credentials) {
    if (other !== name && one.issuer === issuer && one.subject !== undefined && one.subject === subject) return deny('issuer and subject are taken by another credential');
  }
  state.credentials.set(name, { issuer, audience, subject, parts, body });
  return { status: isManaged ? 200 : 201, body: isManaged ? { name, properties: body } : { id: randomUUID(), ...body } };
}

/** `claims['sub'] matches 'repo:acme/app:*' and claims['job_workflow_ref'] eq '...'`: one space around everything. */
function readExpression(expression: unknown, issuer: string): readonly Part[] {
  if (!isFields(expression) || expression['languageVersion'] !== 1 || typeof expression['value'] !== 'string') return deny('claimsMatchingExpression: {value, languageVersion: 1}');
  const host = withoutScheme(issuer);
  const allowed = host === 'token.actions.githubusercontent.com' ? ['sub', 'job_workflow_ref'] : ['gitlab.com', 'app.terraform.io', 'app.eu.terraform.io'].includes(host) ? ['sub'] : [];
  const parts = expression['value'].split(' and ').map((text): Part => {
    const match = /^claims\['(\w+)'\] (eq|matches) '([^']+)'$/.exec(text);
    if (match === null) return deny(`claimsMatchingExpression: not understood: ${text}`);
    const [, claim = '', operator, comparand = ''] = match;
    if (!allowed.includes(claim)) return deny(`claimsMatchingExpression: claim ${claim} of ${host} cannot be used`);
    const source = comparand.replaceAll(/[.+^${}()|[\]\\*?]/g, String.raw`\$&`);
    // Whether a star stops at a separator is not documented: it is taken to cross them, so that what is proven holds either way.
    return { claim, pattern: new RegExp(`^${operator === 'matches' ? source.replaceAll(String.raw`\*`, '[^]*').replaceAll(String.raw`\?`, '[^]') : source}$`, 'u') };
  });
  return parts.some(({ claim }) => claim === 'sub') ? parts : deny('claimsMatchingExpression: has to name sub');
}

async function exchange(state: State, form: URLSearchParams): Promise<Answer> {
  if (form.get('grant_type') !== 'client_credentials' || form.get('client_assertion_type') !== ASSERTION || !(form.get('scope') ?? '').endsWith('/.default')) {
    return { status: 400, body: { error: 'invalid_request', error_description: 'AADSTS900144: grant_type, client_assertion_type or scope', error_codes: [900_144] } };
  }
  if (form.get('client_id') !== state.client) throw new Refused(700_016, 'the application is not in the directory');
  const token = form.get('client_assertion') ?? '';
  const { claims: unchecked } = decode(token);
  const ofIssuer = [...state.credentials.values()].filter(({ issuer }) => issuer === unchecked['iss']);
  const [first] = ofIssuer;
  if (first === undefined) throw new Refused(700_211, 'No matching federated identity record found for presented assertion issuer');
  const { claims } = await checkSignature(token, ALGORITHMS, await discover(first.issuer, state.reach));
  const sub = subjectOf(claims);
  checkTimes(claims, { leeway: 0 });
  const bySubject = ofIssuer.filter(({ subject, parts }) => (subject === undefined ? parts.every(({ claim, pattern }) => typeof claims[claim] === 'string' && pattern.test(claims[claim])) : subject === sub));
  if (bySubject.length === 0) throw new Refused(700_213, 'No matching federated identity record found for presented assertion subject');
  if (!bySubject.some(({ audience }) => audiences(claims).includes(audience))) throw new Refused(700_212, 'No matching federated identity record found for presented assertion audience');
  return { status: 200, body: { token_type: 'Bearer', expires_in: LIFETIME - 1, ext_expires_in: LIFETIME - 1, access_token: randomBytes(60).toString('base64url') } };
}

async function configure(url: string, state: State, { identity, credentials }: EntraDocuments): Promise<Configured> {
  for (const credential of credentials) {
    const { name, ...properties } = credential;
    const reply =
      identity === 'application'
        ? await ask('POST', `${url}/beta/applications/${state.object}/federatedIdentityCredentials`, { json: credential })
        : await ask('PUT', `${url}/subscriptions/${state.tenant}/resourceGroups/proof/providers/Microsoft.ManagedIdentity/userAssignedIdentities/proof/federatedIdentityCredentials/${String(name)}`, { json: { properties } });
    if (reply.status !== 200 && reply.status !== 201) throw new Error(`azure refused credential ${String(name)}: ${reply.text}`);
  }
  const list = credentials[0]?.['audiences'];
  return {
    refusesReplay: false,
    audience: Array.isArray(list) ? String(list[0]) : '',
    ids: { 'azure.tenant_id': state.tenant, 'azure.client_id': state.client },
    exchange: async (token) => {
      state.lastReason = '';
      const form = { client_id: state.client, scope: 'https://cognitiveservices.azure.com/.default', grant_type: 'client_credentials', client_assertion_type: ASSERTION, client_assertion: token };
      const { status, json, text } = await ask('POST', `${url}/${state.tenant}/oauth2/v2.0/token`, { form });
      const lives = isFields(json) ? json['expires_in'] : undefined;
      if (status !== 200 || typeof lives !== 'number') return { accepted: false, status, reason: state.lastReason === '' ? text : state.lastReason };
      return { accepted: true, status, reason: '', expiresIn: lives };
    },
  };
}
