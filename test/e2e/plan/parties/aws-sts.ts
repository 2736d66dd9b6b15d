/**
 * AWS IAM and STS as far as a web identity goes: CreateOpenIDConnectProvider, CreateRole and AssumeRoleWithWebIdentity over the query protocol. Trust policies are
 * read as JSON documents and evaluated with only the condition keys that AWS fills for the issuer; everything else is absent from the request, as in AWS.
 */
import { randomBytes } from 'node:crypto';
import { ask, type Answer, type Fields, isFields, listen, readFields } from '../http.ts';
import { type Configured, type Party } from './_party.ts';
import { audiences, checkSignature, checkTimes, decode, Denial, discover, type Reach, subjectOf, withoutScheme } from './_token.ts';

export interface AwsDocuments {
  /** Twelve digits: every provider ARN of the policy has to be of this account. */
  readonly account: string;
  readonly providers: readonly { readonly Url: string; readonly ClientIDList: readonly string[] }[];
  readonly trustPolicy: Fields;
  /** `iss` of the workload's tokens. */
  readonly issuer: string;
  readonly maxSessionDuration?: number;
}

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'];
const GITHUB = ['actor', 'actor_id', 'enterprise_id', 'environment', 'job_workflow_ref', 'ref', 'repository', 'repository_id', 'repository_owner_id', 'workflow'];
const GITLAB = ['namespace_id', 'project_id', 'ref_protected', 'pipeline_source', 'runner_environment', 'user_id', 'user_login', 'user_email', 'user_access_level'];
const BUILDKITE = ['organization_id', 'organization_slug', 'pipeline_id', 'pipeline_slug', 'build_branch', 'cluster_id', 'cluster_name'];

/** Claims beyond `aud` and `sub` that AWS reads, by the provider's name. */
function exposed(provider: string): readonly string[] {
  if (/^token\.actions\.githubusercontent\.com(?:\/[^/]+)?$/.test(provider) || /^token\.actions\.[^./]+\.ghe\.com$/.test(provider)) return GITHUB;
  if (provider === 'gitlab.com') return GITLAB;
  if (provider === 'agent.buildkite.com') return BUILDKITE;
  if (/^oidc\.circleci\.com\/org\/[^/]+$/.test(provider)) return ['oidc.circleci.com/project-id'];
  return [];
}

/** The claim that a trust policy has to evaluate when the issuer serves everybody. */
const FORCED: Readonly<Record<string, string>> = {
  'token.actions.githubusercontent.com': 'sub',
  'vstoken.actions.githubusercontent.com': 'sub',
  'oidc-configuration.audit-log.githubusercontent.com': 'sub',
  'gitlab.com': 'sub',
  'agent.buildkite.com': 'sub',
  'app.terraform.io': 'sub',
  'oidc.codefresh.io': 'sub',
  'studio.datachain.ai/api': 'sub',
  'scalr.io': 'sub',
  'tokens.cloud.shisho.dev': 'sub',
  'proidc.upbound.io': 'sub',
  'api.pulumi.com/oidc': 'aud',
  'sandboxes.cloud': 'aud',
  'oidc.vercel.com': 'aud',
};

interface Provider {
  readonly arn: string;
  readonly name: string;
  readonly issuer: string;
  readonly clients: readonly string[];
}

interface Test {
  readonly operator: 'StringEquals' | 'StringNotEquals' | 'StringEqualsIgnoreCase' | 'StringLike' | 'StringNotLike';
  readonly set: 'ForAllValues' | 'ForAnyValue' | undefined;
  readonly ifExists: boolean;
  /** Lower case: AWS compares key names without regard to case. */
  readonly key: string;
  readonly values: readonly string[];
}
interface Statement {
  readonly effect: 'Allow' | 'Deny';
  /** ARNs, or `*`. */
  readonly federated: readonly string[];
  readonly tests: readonly Test[];
}
interface Role {
  readonly arn: string;
  readonly statements: readonly Statement[];
  readonly longest: number;
}

interface State {
  readonly reach: Reach;
  readonly account: string;
  readonly providers: Map<string, Provider>;
  readonly roles: Map<string, Role>;
  lastReason: string;
}

/** An error that goes out as AWS's XML. */
class Fault extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

function malformed(message: string): never {
  throw new Fault(400, 'MalformedPolicyDocument', message);
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

export async function startAws(reach: Reach, account = '111122223333'): Promise<Party<AwsDocuments>> {
  const state: State = { reach, account, providers: new Map(), roles: new Map(), lastReason: '' };
  const server = await listen(async ({ method, body }) => {
    const fields = new URLSearchParams(body);
    try {
      if (method !== 'POST') throw new Fault(400, 'InvalidAction', 'POST only');
      switch (fields.get('Action')) {
        case 'CreateOpenIDConnectProvider':
          return createProvider(state, fields);
        case 'CreateRole':
          return createRole(state, fields);
        case 'AssumeRoleWithWebIdentity':
          return await assume(state, fields);
        default:
          throw new Fault(400, 'InvalidAction', 'not served here');
      }
    } catch (error) {
      // What the checks of the token found is told apart by STS for some causes only; the rest is "not authorized".
      const fault = error instanceof Fault ? error : error instanceof Denial ? faultOf(error) : undefined;
      if (fault === undefined) throw error;
      state.lastReason = error instanceof Error ? error.message : '';
      return { status: fault.status, body: `<ErrorResponse><Error><Type>Sender</Type><Code>${fault.code}</Code><Message>${xml(fault.message)}</Message></Error></ErrorResponse>` };
    }
  });
  return { url: server.url, stop: server.stop, configure: (documents) => configure(server.url, state, documents) };
}

function faultOf({ message }: Denial): Fault {
  return message === 'expired' ? new Fault(400, 'ExpiredTokenException', message) : new Fault(400, 'InvalidIdentityToken', message);
}

function createProvider(state: State, fields: URLSearchParams): Answer {
  const url = fields.get('Url') ?? '';
  const clients = members(fields, 'ClientIDList');
  if (!/^https:\/\/[a-z0-9.-]+(?:\/[^?#]*)?$/.test(url) || url.endsWith('/')) throw new Fault(400, 'ValidationError', 'Url: https://host/path, no slash at the end');
  if (clients.length > 100 || clients.some((one) => one === '' || one.length > 255)) throw new Fault(400, 'ValidationError', 'ClientIDList');
  const name = withoutScheme(url);
  const arn = `arn:aws:iam::${state.account}:oidc-provider/${name}`;
  if (state.providers.has(arn)) throw new Fault(409, 'EntityAlreadyExists', `Provider with url ${url} already exists.`);
  state.providers.set(arn, { arn, name, issuer: url, clients });
  return { status: 200, body: `<CreateOpenIDConnectProviderResponse><CreateOpenIDConnectProviderResult><OpenIDConnectProviderArn>${xml(arn)}</OpenIDConnectProviderArn></CreateOpenIDConnectProviderResult></CreateOpenIDConnectProviderResponse>` };
}

function members(fields: URLSearchParams, name: string): readonly string[] {
  const found: string[] = [];
  for (let index = 1; fields.has(`${name}.member.${index}`); index += 1) found.push(fields.get(`${name}.member.${index}`) ?? '');
  return found;
}

function createRole(state: State, fields: URLSearchParams): Answer {
  const name = fields.get('RoleName') ?? '';
  if (!/^[\w+=,.@-]{1,64}$/.test(name)) throw new Fault(400, 'ValidationError', 'RoleName');
  const longest = Number(fields.get('MaxSessionDuration') ?? '3600');
  if (!Number.isInteger(longest) || longest < 3600 || longest > 43_200) throw new Fault(400, 'ValidationError', 'MaxSessionDuration');
  const text = fields.get('AssumeRolePolicyDocument') ?? '';
  if (text.replaceAll(/\s/g, '').length > 2048) throw new Fault(409, 'LimitExceeded', 'Cannot exceed quota for ACLSizePerRole: 2048');
  const statements = readPolicy(readFields(text) ?? malformed('not a JSON object'), state);
  const arn = `arn:aws:iam::${state.account}:role/${name}`;
  if (state.roles.has(arn)) throw new Fault(409, 'EntityAlreadyExists', `Role with name ${name} already exists.`);
  state.roles.set(arn, { arn, statements, longest });
  return { status: 200, body: `<CreateRoleResponse><CreateRoleResult><Role><Arn>${xml(arn)}</Arn><RoleName>${xml(name)}</RoleName></Role></CreateRoleResult></CreateRoleResponse>` };
}

/** Checks a trust policy; what is not understood is refused, so that no policy is taken to mean less than it says. */
function readPolicy(policy: Fields, state: State): readonly Statement[] {
  if (policy['Version'] !== '2012-10-17') malformed('Version must be 2012-10-17');
  if (Object.keys(policy).some((name) => !['Version', 'Id', 'Statement'].includes(name))) malformed('unknown element of the policy');
  const list: readonly unknown[] = Array.isArray(policy['Statement']) ? (policy['Statement'] as unknown[]) : [policy['Statement']];
  if (list.length === 0) malformed('no statement');
  return list.map((one) => readStatement(isFields(one) ? one : malformed('a statement is no object'), state));
}

function readStatement(statement: Fields, state: State): Statement {
  const { Effect: effect, Principal: principal, Action: action, Condition: condition = {} } = statement;
  if (Object.keys(statement).some((name) => !['Sid', 'Effect', 'Principal', 'Action', 'Condition'].includes(name))) malformed('element not allowed in a trust policy');
  const { Sid: sid = 'none' } = statement;
  if (typeof sid !== 'string' || !/^[A-Za-z0-9]+$/.test(sid)) malformed('Sid: letters and digits');
  if (effect !== 'Allow' && effect !== 'Deny') return malformed('Effect');
  const actions = texts(action) ?? malformed('Action');
  const odd = actions.find((one) => one !== 'sts:AssumeRoleWithWebIdentity' && one !== 'sts:TagSession');
  if (odd !== undefined) malformed(`Action ${odd} is none of a web identity`);
  if (!actions.includes('sts:AssumeRoleWithWebIdentity')) malformed('Action lets nobody in');
  const federated = isFields(principal) && Object.keys(principal).length === 1 ? texts(principal['Federated']) : undefined;
  if (federated === undefined) return malformed('Principal: {"Federated": ARN}');
  for (const arn of federated) {
    if (arn === '*') malformed('Principal: Federated "*" is not taken');
    if (!arn.startsWith(`arn:aws:iam::${state.account}:oidc-provider/`)) malformed(`Principal: ${arn} is not of this account`);
  }
  if (!isFields(condition)) return malformed('Condition');
  const tests = Object.entries(condition).flatMap(([operator, keys]) => readTests(operator, keys));
  if (effect === 'Allow') for (const arn of federated) checkForced(arn.replace(/^[^/]+\//, ''), tests);
  return { effect, federated, tests };
}

function texts(value: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? (value as unknown[]) : [value];
  return list.length > 0 && list.every((one): one is string => typeof one === 'string') ? list : undefined;
}

function readTests(written: string, keys: unknown): readonly Test[] {
  const match = /^(?:(ForAllValues|ForAnyValue):)?(StringEquals|StringNotEquals|StringEqualsIgnoreCase|StringLike|StringNotLike)(IfExists)?$/.exec(written);
  if (match === null || !isFields(keys) || Object.keys(keys).length === 0) return malformed(`Condition operator ${written} is not understood`);
  return Object.entries(keys).map(([key, value]) => {
    const values = texts(value) ?? malformed(`Condition ${key}: texts`);
    if (!/^[^\s:]+:\S+$/.test(key)) malformed(`Condition key ${key}: provider:claim`);
    // Policy variables would be put in place before the comparison; a literal that looks like one is a mistake.
    if (values.some((one) => one.includes('${'))) malformed(`Condition ${key}: policy variables are not understood`);
    return { operator: match[2] as Test['operator'], set: match[1] as Test['set'], ifExists: match[3] !== undefined, key: key.toLowerCase(), values };
  });
}

function checkForced(provider: string, tests: readonly Test[]): void {
  const claim = Object.hasOwn(FORCED, provider) ? FORCED[provider] : undefined;
  if (claim !== undefined && !tests.some(({ key }) => key === `${provider}:${claim}`.toLowerCase())) malformed(`the trust policy has to evaluate ${provider}:${claim}`);
}

async function assume(state: State, fields: URLSearchParams): Promise<Answer> {
  const role = state.roles.get(fields.get('RoleArn') ?? '');
  const session = fields.get('RoleSessionName') ?? '';
  const token = fields.get('WebIdentityToken') ?? '';
  const duration = Number(fields.get('DurationSeconds') ?? '3600');
  if (!/^[\w+=,.@-]{2,64}$/.test(session)) throw new Fault(400, 'ValidationError', 'RoleSessionName');
  if (token.length < 4 || token.length > 20_000) throw new Fault(400, 'ValidationError', 'WebIdentityToken');
  if (!Number.isInteger(duration) || duration < 900 || duration > (role?.longest ?? 3600)) throw new Fault(400, 'ValidationError', 'DurationSeconds exceeds the MaxSessionDuration set for this role.');
  const iss = decode(token).claims['iss'];
  const provider = [...state.providers.values()].find(({ issuer }) => issuer === iss);
  if (provider === undefined) throw new Fault(400, 'InvalidIdentityToken', 'No OpenIDConnect provider found in your account for the issuer');
  const { claims } = await checkSignature(token, ALGORITHMS, await discover(provider.issuer, state.reach));
  const sub = subjectOf(claims);
  checkTimes(claims, { leeway: 0 });
  const aud = audiences(claims);
  if (!aud.some((one) => provider.clients.includes(one))) throw new Fault(400, 'InvalidIdentityToken', 'Incorrect token audience');
  const refused = new Fault(403, 'AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity');
  if (role === undefined) throw refused;
  const context = contextOf(provider, claims, sub, aud);
  const applying = role.statements.filter(({ federated, tests }) => federated.includes(provider.arn) && tests.every((test) => passes(test, context)));
  if (!applying.some(({ effect }) => effect === 'Allow') || applying.some(({ effect }) => effect === 'Deny')) throw refused;
  const expiry = new Date(Date.now() + duration * 1000).toISOString();
  const draw = (): string => xml(randomBytes(24).toString('base64url'));
  return {
    status: 200,
    body:
      `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>${draw()}</AccessKeyId><SecretAccessKey>${draw()}</SecretAccessKey>` +
      `<SessionToken>${draw()}</SessionToken><Expiration>${expiry}</Expiration></Credentials><SubjectFromWebIdentityToken>${xml(sub)}</SubjectFromWebIdentityToken>` +
      `<Provider>${xml(provider.arn)}</Provider><Audience>${xml(aud.join(','))}</Audience></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
  };
}

function contextOf({ name }: Provider, claims: Fields, sub: string, aud: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const context = new Map<string, readonly string[]>([
    [`${name}:sub`.toLowerCase(), [sub]],
    [`${name}:aud`.toLowerCase(), aud],
  ]);
  for (const claim of exposed(name)) {
    const value = claims[claim];
    if (typeof value === 'string') context.set(`${name}:${claim}`.toLowerCase(), [value]);
  }
  return context;
}

function passes({ operator, set, ifExists, key, values }: Test, context: ReadonlyMap<string, readonly string[]>): boolean {
  const found = context.get(key);
  const isNegated = operator.startsWith('StringNot');
  if (found === undefined || found.length === 0) return ifExists || set === 'ForAllValues' || (isNegated && set === undefined);
  const one = (value: string): boolean => values.some((wanted) => compare(operator, value, wanted)) !== isNegated;
  return set === 'ForAllValues' ? found.every(one) : set === 'ForAnyValue' || !isNegated ? found.some(one) : found.every(one);
}

function compare(operator: Test['operator'], value: string, wanted: string): boolean {
  if (operator === 'StringLike' || operator === 'StringNotLike') return like(value, wanted);
  return operator === 'StringEqualsIgnoreCase' ? value.toLowerCase() === wanted.toLowerCase() : value === wanted;
}

/** `*` is any number of any characters, `?` is any one. */
export function like(value: string, pattern: string): boolean {
  const source = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '[^]*').replaceAll('?', '[^]');
  return new RegExp(`^${source}$`, 'u').test(value);
}

async function configure(url: string, state: State, documents: AwsDocuments): Promise<Configured> {
  if (documents.account !== state.account) throw new Error(`aws: the documents are for account ${documents.account}, this is ${state.account}`);
  const call = async (form: Readonly<Record<string, string>>): Promise<string> => {
    const reply = await ask('POST', url, { form });
    if (reply.status !== 200) throw new Error(`aws refused ${form['Action'] ?? ''}: ${reply.text}`);
    return reply.text;
  };
  for (const { Url, ClientIDList } of documents.providers) {
    await call({ Action: 'CreateOpenIDConnectProvider', Version: '2010-05-08', Url, ...Object.fromEntries(ClientIDList.map((id, index) => [`ClientIDList.member.${index + 1}`, id])) });
  }
  const role = `proof-${state.roles.size}`;
  await call({
    Action: 'CreateRole',
    Version: '2010-05-08',
    RoleName: role,
    AssumeRolePolicyDocument: JSON.stringify(documents.trustPolicy),
    ...(documents.maxSessionDuration === undefined ? {} : { MaxSessionDuration: String(documents.maxSessionDuration) }),
  });
  const provider = documents.providers.find(({ Url }) => Url === documents.issuer);
  if (provider === undefined) throw new Error(`aws: no provider for ${documents.issuer}`);
  return {
    refusesReplay: false,
    audience: provider.ClientIDList[0] ?? '',
    ids: { 'aws.role_arn': `arn:aws:iam::${state.account}:role/${role}` },
    exchange: async (token) => {
      state.lastReason = '';
      const form = {
        Action: 'AssumeRoleWithWebIdentity',
        Version: '2011-06-15',
        RoleArn: `arn:aws:iam::${state.account}:role/${role}`,
        RoleSessionName: 'proof',
        WebIdentityToken: token,
        DurationSeconds: '900',
      };
      const reply = await ask('POST', url, { form });
      return reply.status === 200 && reply.text.includes('<Credentials>')
        ? { accepted: true, status: 200, reason: '', expiresIn: 900 }
        : { accepted: false, status: reply.status, reason: state.lastReason === '' ? reply.text : state.lastReason };
    },
  };
}
