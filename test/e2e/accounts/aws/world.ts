/** An account of five hundred users in which everything is planted that an inventory has to find, and an account beside it that nobody may enter. */
import { expandRecipe, seededRandom } from '../../../support/recipes.ts';
import { type AwsAccount, type AwsKey, type AwsUser, type BedrockCredential, type Document } from './account.ts';
import { allowedByExplanation, NOW } from './read.ts';
import { type AwsServer, startAwsServer } from './server.ts';

const USERS = 500;
const ACCOUNT = '111122223333';
const DAY = 86_400_000;
const MANAGED = 'arn:aws:iam::aws:policy';
const EVERYTHING = 'call models, create keys, read secrets, change permissions';

/** What has to be said of a key, whatever else is. */
export interface PlantedKey {
  readonly provider: 'aws' | 'aws-bedrock';
  readonly status: string;
  readonly privilege: string;
  readonly owner: string;
  readonly lastUsed?: string;
  readonly expires: string;
  readonly can: string;
  readonly conditional?: string;
}

export interface Planted {
  /** By id of the key. */
  readonly keys: ReadonlyMap<string, PlantedKey>;
  /** `provider path`, once for each. */
  readonly secrets: readonly string[];
  /** `provider name path`: names whose value is elsewhere. */
  readonly references: readonly string[];
  /** `store name` */
  readonly stored: readonly string[];
  /** `kind name` */
  readonly settings: readonly string[];
  /** Reasons that have to be given for what was not read. */
  readonly gaps: readonly string[];
}

const ago = (days: number): Date => new Date(Date.parse(NOW) - days * DAY);
const allow = (Action: string | readonly string[], Resource = '*', Condition?: Document): Document => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource, ...(Condition === undefined ? {} : { Condition }) }] });
const deny = (...Action: readonly string[]): Document => ({ Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action, Resource: '*' }] });

/** A kind of user, and what its access key can do. Written down by hand from AWS's rules, not worked out. */
interface Case {
  readonly is?: Partial<AwsUser>;
  readonly keys?: number;
  readonly key?: Partial<AwsKey>;
  readonly privilege?: string;
  readonly can?: string;
  readonly conditional?: string;
  readonly status?: string;
  /** Its Bedrock API key: how it stands, and what it can do. */
  readonly bedrock?: Partial<BedrockCredential> & { readonly says: Pick<PlantedKey, 'status' | 'privilege' | 'expires' | 'can'> };
}

const CALLS_ALL = { privilege: 'account', can: 'call models' };
const CASES: readonly Case[] = [
  {},
  { keys: 1, is: { inline: { models: allow(['bedrock:InvokeModel']) } }, ...CALLS_ALL },
  { keys: 1, is: { inline: { models: allow('bedrock:Inv*') } }, key: { used: { at: ago(1), service: 'bedrock', region: 'eu-central-1' } }, ...CALLS_ALL },
  { keys: 2, is: { groups: ['admins'] }, privilege: 'admin', can: EVERYTHING },
  { keys: 1, is: { attached: [`${MANAGED}/AdministratorAccess`], passwordUsed: ago(3) }, privilege: 'admin', can: EVERYTHING },
  { keys: 1, is: { attached: [`${MANAGED}/AdministratorAccess`], inline: { no: deny('bedrock*:*', 'sagemaker:*', 'iam:*') } }, privilege: 'restricted', can: 'read secrets' },
  { keys: 1, is: { attached: [`${MANAGED}/AdministratorAccess`], boundary: `arn:aws:iam::${ACCOUNT}:policy/only-storage` }, privilege: 'restricted', can: '' },
  { keys: 1, is: { attached: [`${MANAGED}/PowerUserAccess`] }, privilege: 'account', can: 'call models, read secrets' },
  { keys: 1, is: { inline: { models: allow('bedrock:*', '*', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }) } }, privilege: 'unknown', can: 'call models', conditional: 'call models' },
  { keys: 1, is: { inline: { model: allow('bedrock:InvokeModel', 'arn:aws:bedrock:*::foundation-model/anthropic.claude-*') } }, privilege: 'restricted', can: 'call models' },
  { keys: 1, is: { inline: { models: allow('bedrock:*') }, attached: [`${MANAGED}/AWSCompromisedKeyQuarantineV3`] }, privilege: 'account', can: 'call models', status: 'leaked' },
  { keys: 1, is: { inline: { models: allow('bedrock:*') }, attached: [`${MANAGED}/AWSCompromisedKeyQuarantineV2`] }, key: { status: 'Inactive' }, privilege: 'account', can: 'call models', status: 'inactive' },
  { keys: 1, is: { inline: { storage: allow('s3:*') } }, key: { used: { at: ago(700), service: 's3', region: 'N/A' } }, privilege: 'restricted', can: '' },
  { is: { attached: [`${MANAGED}/AmazonBedrockLimitedAccess`] }, bedrock: { says: { status: 'active', privilege: 'account', expires: 'never', can: 'call models' } } },
  { is: { attached: [`${MANAGED}/AmazonBedrockLimitedAccess`] }, bedrock: { expires: new Date(Date.parse(NOW) + 36_600 * DAY), says: { status: 'active', privilege: 'account', expires: 'never', can: 'call models' } } },
  { is: { attached: [`${MANAGED}/AmazonBedrockLimitedAccess`] }, bedrock: { expires: ago(5), says: { status: 'expired', privilege: 'account', expires: ago(5).toISOString(), can: 'call models' } } },
  { is: { inline: { models: allow('bedrock:InvokeModel') } }, bedrock: { status: 'Inactive', expires: new Date(Date.parse(NOW) + 30 * DAY), says: { status: 'inactive', privilege: 'restricted', expires: new Date(Date.parse(NOW) + 30 * DAY).toISOString(), can: '' } } },
  { is: { inline: { models: allow('bedrock-mantle:*') } }, bedrock: { says: { status: 'active', privilege: 'account', expires: 'never', can: 'call models' } } },
  // A key for another service, which is none for models.
  { is: {}, bedrock: { service: 'codecommit.amazonaws.com', says: { status: '', privilege: '', expires: '', can: '' } } },
];

function accountWith(regions: AwsAccount['regions'], random: () => number): { readonly account: AwsAccount; readonly keys: ReadonlyMap<string, PlantedKey> } {
  const keys = new Map<string, PlantedKey>();
  const users: AwsUser[] = [];
  const bedrock: BedrockCredential[] = [];
  for (let index = 0; index < USERS; index += 1) {
    const { is = {}, keys: count = 0, key, bedrock: ofBedrock, privilege = '', can = '', conditional, status } = CASES[index % CASES.length] ?? {};
    const isPhantom = ofBedrock !== undefined && ofBedrock.service === undefined && is.attached !== undefined;
    const name = isPhantom ? expandRecipe('BedrockAPIKey-{lower-alnum:4}', random).text : `user-${String(index).padStart(3, '0')}`;
    const owner = `${is.passwordUsed === undefined ? 'service-account' : 'person'} ${name}`;
    const own = Array.from({ length: count }, (): AwsKey => ({ id: expandRecipe(`${['AK', 'IA'].join('')}{base32:16}`, random).text, status: 'Active', created: ago(30 + index), ...key }));
    for (const { id, status: is_, used } of own) keys.set(id, { provider: 'aws', status: status ?? is_.toLowerCase(), privilege, owner, expires: 'never', lastUsed: used?.at.toISOString() ?? 'never', can, ...(conditional === undefined ? {} : { conditional }) });
    users.push({ name, created: ago(900), keys: own, ...is });
    if (ofBedrock === undefined) continue;
    const { says, ...rest } = ofBedrock;
    const id = `ACCA${expandRecipe('{base32:16}', random).text}`;
    bedrock.push({ id, user: name, status: 'Active', created: ago(20), ...(isPhantom ? { alias: `${name}-at-${ACCOUNT}` } : {}), ...rest });
    if (rest.service === undefined) keys.set(id, { provider: 'aws-bedrock', owner: `service-account ${name}`, ...says });
  }
  keys.set('root-access-key-1', { provider: 'aws', status: 'active', privilege: 'admin', owner: 'root root user', lastUsed: ago(40).toISOString(), expires: 'never', can: EVERYTHING });
  const account: AwsAccount = {
    id: ACCOUNT,
    alias: 'acme-prod',
    users,
    groups: [{ name: 'admins', attached: [`${MANAGED}/AdministratorAccess`] }],
    policies: {
      [`${MANAGED}/AdministratorAccess`]: allow('*'),
      [`${MANAGED}/PowerUserAccess`]: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' }, { Effect: 'Allow', Action: ['iam:ListRoles', 'organizations:DescribeOrganization'], Resource: '*' }] },
      [`${MANAGED}/AmazonBedrockLimitedAccess`]: allow(['bedrock:CallWithBearerToken', 'bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream']),
      [`${MANAGED}/AWSCompromisedKeyQuarantineV3`]: deny('bedrock:InvokeModel', 'iam:DeleteAccessKey', 'iam:UpdateAccessKey'),
      [`${MANAGED}/AWSCompromisedKeyQuarantineV2`]: deny('bedrock:InvokeModel'),
      [`arn:aws:iam::${ACCOUNT}:policy/only-storage`]: allow('s3:*'),
    },
    roles: [{ name: 'deploy', trust: { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRoleWithWebIdentity', Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/gitlab.com` } }] } }],
    bedrock,
    rootKey: { created: ago(2000), used: { at: ago(40), service: 'iam', region: 'us-east-1' } },
    reportsMore: { 'user-001': 1 },
    providers: [{ url: 'gitlab.com', clients: ['https://gitlab.com'] }],
    outbound: 'https://abc.tokens.sts.global.api.aws',
    regions,
  };
  return { account, keys };
}

/** Places of two regions, each with a key of its own. */
function places(random: () => number): { readonly regions: AwsAccount['regions']; readonly secrets: readonly string[]; readonly references: readonly string[]; readonly stored: readonly string[] } {
  const value = (): string => expandRecipe('{alnum:32}', random).text;
  const [first, second] = ['eu-central-1', 'us-east-1'];
  const functions = Array.from({ length: 7 }, (_, index) => ({ FunctionName: `worker-${index}`, Version: '$LATEST', Role: `arn:aws:iam::${ACCOUNT}:role/worker`, Environment: { Variables: { MISTRAL_API_KEY: value() } } }));
  const tasks = Array.from({ length: 5 }, (_, index) => ({ family: `task-${index}`, containerDefinitions: [{ name: 'app', environment: [{ name: 'MISTRAL_API_KEY', value: value() }], secrets: [{ name: 'OPENAI_API_KEY', valueFrom: `arn:aws:secretsmanager:${first}:${ACCOUNT}:secret:openai` }] }] }));
  const projects = [{ name: 'build', environment: { environmentVariables: [{ name: 'ANTHROPIC_API_KEY', type: 'PARAMETER_STORE', value: '/ai/anthropic' }, { name: 'MISTRAL_API_KEY', type: 'PLAINTEXT', value: value() }] } }];
  const services = [{ ServiceName: 'site', SourceConfiguration: { ImageRepository: { ImageConfiguration: { RuntimeEnvironmentVariables: { MISTRAL_API_KEY: value() } } } } }];
  const models = [{ ModelName: 'llm', PrimaryContainer: { Environment: { MISTRAL_API_KEY: value() } } }];
  const component = [{ InferenceComponentName: 'part', Specification: { Container: { Environment: { MISTRAL_API_KEY: value() } } } }];
  return {
    regions: {
      [first]: { functions, tasks, projects, services, models, components: component, secrets: { 'ai/mistral-api-key': value() }, parameters: { '/ai/MISTRAL_API_KEY': { type: 'SecureString', value: value() }, '/ai/sealed': { type: 'SecureString', value: '', isSealed: true } } },
      [second]: { functions: [{ FunctionName: 'far', Version: '$LATEST', Environment: { Variables: { MISTRAL_API_KEY: value() } } }] },
    },
    secrets: [
      ...functions.map(({ FunctionName }) => `aws/${first}/lambda/${FunctionName}.template.json`), ...tasks.map(({ family }) => `aws/${first}/ecs/${family}.template.json`), `aws/${first}/codebuild/build.template.json`, `aws/${first}/apprunner/site.template.json`,
      `aws/${first}/sagemaker-model/llm.template.json`, `aws/${first}/sagemaker-component/part.template.json`, `aws/${second}/lambda/far.template.json`, `aws/${first}/secrets-manager/ai/mistral-api-key.env`, `aws/${first}/parameter-store/ai/MISTRAL_API_KEY.env`,
    ].map((path) => `mistral ${path}`),
    references: [...tasks.map(({ family }) => `openai OPENAI_API_KEY aws/${first}/ecs/${family}.template.json`), `anthropic ANTHROPIC_API_KEY aws/${first}/codebuild/build.template.json`],
    stored: ['aws-secrets-manager ai/mistral-api-key', 'aws-parameter-store /ai/MISTRAL_API_KEY', 'aws-parameter-store /ai/sealed'],
  };
}

export interface AwsWorld {
  readonly server: AwsServer;
  /** For the program: what `aws:` needs, and nothing else. */
  readonly env: Readonly<Record<string, string>>;
  readonly planted: Planted;
  readonly stop: () => Promise<void>;
}

/** @param allowed actions the login may take; the server denies all others */
export async function startAwsWorld(allowed: readonly string[] = allowedByExplanation()): Promise<AwsWorld> {
  const random = seededRandom(7);
  const { regions, ...found } = places(random);
  const { account, keys } = accountWith(regions, random);
  const server = await startAwsServer({
    accounts: [account, { ...account, id: '222233334444', users: [], bedrock: [] }],
    closed: ['222233334444'],
    accessKeyId: expandRecipe(`${['AS', 'IA'].join('')}{base32:16}`, random).text,
    allowed,
    throttle: { 'iam:GetAccountAuthorizationDetails': 1, 'ecs:DescribeTaskDefinition': 2, 'lambda:ListFunctions': 1 },
  });
  const gaps = ['credential report: has more access keys of a user than iam:ListAccessKeys', 'ssm:GetParameters: not allowed (needs ssm:GetParameters, kms:Decrypt)'];
  return { server, env: server.env, planted: { keys, ...found, settings: ['issuer gitlab.com', 'issuer this account', 'rule deploy'], gaps }, stop: server.stop };
}
