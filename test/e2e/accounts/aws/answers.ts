/** What the server answers, by `service:Operation`: the members that the SDK's models name, as plain values. Lists come in three pages. */
import { type AwsAccount, type AwsRegion, type AwsUser, credentialReport, type Document, userArn } from './account.ts';

/** An error as the service would name it. */
export class Refusal extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export interface Question {
  readonly account: AwsAccount;
  readonly region: AwsRegion;
  readonly input: Readonly<Record<string, unknown>>;
  /** Accounts of the organisation, by id. */
  readonly accounts: ReadonlyMap<string, AwsAccount>;
  readonly caller: string;
  readonly now: Date;
  /** A login in another account. */
  readonly assume: (roleArn: string) => Readonly<Record<string, unknown>>;
}

type Answers = (question: Question) => Readonly<Record<string, unknown>>;

/** How a service says that there is more: by what it is asked for, and by what it says. */
interface Paging {
  readonly ask: string;
  readonly say: string;
  readonly flag?: string;
}

const IAM: Paging = { ask: 'Marker', say: 'Marker', flag: 'IsTruncated' };
const SMALL: Paging = { ask: 'nextToken', say: 'nextToken' };
const LARGE: Paging = { ask: 'NextToken', say: 'NextToken' };

/** A third of the list, and a marker that nobody can guess. The second page is empty for `isSparse`, as AWS may do. */
function paged(items: readonly unknown[], { input }: Question, name: string, { ask, say, flag }: Paging, isSparse = false): Readonly<Record<string, unknown>> {
  const size = Math.max(1, Math.ceil(items.length / 3));
  const marker = input[ask];
  const at = typeof marker === 'string' && marker !== '' ? positionOf(marker, name) : 0;
  const isEmpty = isSparse && at > 0 && typeof marker === 'string' && !marker.endsWith('=again');
  const page = isEmpty ? [] : items.slice(at, at + size);
  const next = isEmpty ? at : at + size;
  const isMore = next < items.length;
  const token = `${Buffer.from(`${name}:${next}`).toString('base64url')}${isEmpty ? '=again' : ''}`;
  return { [name]: page, ...(flag === undefined ? {} : { [flag]: isMore }), ...(isMore ? { [say]: token } : {}) };
}

function positionOf(marker: string, name: string): number {
  const [of, at] = Buffer.from(marker.replace('=again', ''), 'base64url').toString('utf8').split(':');
  if (of !== name) throw new Refusal('ValidationError', 'the marker is of another list');
  return Number(at);
}

const encoded = (document: Document): string => encodeURIComponent(JSON.stringify(document));

function userOf({ account, input }: Question): AwsUser {
  const found = account.users.find(({ name }) => name === input['UserName']);
  if (found === undefined) throw new Refusal('NoSuchEntity', 'The user cannot be found.', 404);
  return found;
}

function named(given: Readonly<Record<string, Document>> | undefined): readonly object[] {
  return Object.entries(given ?? {}).map(([PolicyName, document]) => ({ PolicyName, PolicyDocument: encoded(document) }));
}

function attached(arns: readonly string[] | undefined): readonly object[] {
  return (arns ?? []).map((PolicyArn) => ({ PolicyArn, PolicyName: PolicyArn.slice(PolicyArn.lastIndexOf('/') + 1) }));
}

function userDetail(account: AwsAccount, user: AwsUser): object {
  return {
    UserName: user.name, UserId: `AIDA${user.name.toUpperCase()}`, Arn: userArn(account, user.name), Path: '/', CreateDate: user.created,
    UserPolicyList: named(user.inline), GroupList: user.groups ?? [], AttachedManagedPolicies: attached(user.attached),
    ...(user.boundary === undefined ? {} : { PermissionsBoundary: { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: user.boundary } }),
  };
}

/** Everything in one list, so that pages are cut across users, groups, roles and policies. */
function details(question: Question): Readonly<Record<string, unknown>> {
  const { account } = question;
  const all = [
    ...account.users.map((one) => ['UserDetailList', userDetail(account, one)] as const),
    ...account.groups.map((one) => ['GroupDetailList', { GroupName: one.name, Arn: `arn:aws:iam::${account.id}:group/${one.name}`, GroupPolicyList: named(one.inline), AttachedManagedPolicies: attached(one.attached) }] as const),
    ...account.roles.map((one) => ['RoleDetailList', { RoleName: one.name, Arn: `arn:aws:iam::${account.id}:role/${one.name}`, Path: '/', AssumeRolePolicyDocument: encoded(one.trust) }] as const),
    ...Object.entries(account.policies).map(([Arn, document]) => ['Policies', { PolicyName: Arn.slice(Arn.lastIndexOf('/') + 1), Arn, DefaultVersionId: 'v2', PolicyVersionList: [{ VersionId: 'v1', IsDefaultVersion: false, Document: encoded({ Version: '2012-10-17', Statement: [] }) }, { VersionId: 'v2', IsDefaultVersion: true, Document: encoded(document) }] }] as const),
  ];
  const { items, ...rest } = paged(all, question, 'items', IAM);
  const lists: Record<string, object[]> = {};
  for (const [list, one] of items as typeof all) (lists[list] ??= []).push(one);
  return { ...lists, ...rest };
}

function bedrock(question: Question): Readonly<Record<string, unknown>> {
  const { account, input } = question;
  if (input['AllUsers'] !== 'true') throw new Refusal('NoSuchEntity', 'The caller is no user.', 404);
  const wanted = account.bedrock.filter(({ service = 'bedrock.amazonaws.com' }) => input['ServiceName'] === undefined || service === input['ServiceName']);
  return paged(wanted.map((one) => ({
    UserName: one.user, Status: one.status, CreateDate: one.created, ServiceSpecificCredentialId: one.id, ServiceName: one.service ?? 'bedrock.amazonaws.com',
    ...(one.alias === undefined ? {} : { ServiceCredentialAlias: one.alias }), ...(one.expires === undefined ? {} : { ExpirationDate: one.expires }),
  })), question, 'ServiceSpecificCredentials', IAM);
}

function one(list: readonly Document[] | undefined, member: string, value: unknown): Document {
  const found = list?.find((each) => each[member] === value);
  if (found === undefined) throw new Refusal('ResourceNotFoundException', 'not there');
  return found;
}

const arnOf = (document: Document): string => `arn:aws:apprunner:eu-central-1:1:service/${String(document['ServiceName'])}/0`;
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value : []).filter((each): each is string => typeof each === 'string');

function parameterValues({ region, input }: Question): Readonly<Record<string, unknown>> {
  const names = texts(input['Names']);
  if (names.length > 10) throw new Refusal('ValidationException', 'at most ten names');
  if (names.some((name) => region.parameters?.[name]?.isSealed === true)) throw new Refusal('AccessDeniedException', 'The ciphertext refers to a key that may not be used.');
  return { Parameters: names.map((Name) => ({ Name, Type: region.parameters?.[Name]?.type, Value: region.parameters?.[Name]?.value })), InvalidParameters: [] };
}

export const ANSWERS: Readonly<Record<string, Answers>> = {
  'sts:GetCallerIdentity': ({ account, caller }) => ({ Account: account.id, Arn: caller, UserId: 'AROA:dekey' }),
  'sts:AssumeRole': ({ input, assume }) => assume(String(input['RoleArn'])),
  'organizations:ListAccounts': (question) => paged([...question.accounts.values()].map(({ id, alias }) => ({ Id: id, Name: alias ?? id, State: 'ACTIVE' })), question, 'Accounts', LARGE),
  'account:ListRegions': (question) => paged(Object.keys(question.account.regions).map((RegionName) => ({ RegionName, RegionOptStatus: 'ENABLED_BY_DEFAULT' })), question, 'Regions', LARGE),

  'iam:ListAccountAliases': ({ account }) => ({ AccountAliases: account.alias === undefined ? [] : [account.alias], IsTruncated: false }),
  'iam:ListUsers': (question) => paged(question.account.users.map((user) => ({ UserName: user.name, UserId: `AIDA${user.name}`, Arn: userArn(question.account, user.name), Path: '/', CreateDate: user.created, ...(user.passwordUsed === undefined ? {} : { PasswordLastUsed: user.passwordUsed }) })), question, 'Users', IAM),
  'iam:GetAccountAuthorizationDetails': details,
  'iam:ListAccessKeys': (question) => paged(userOf(question).keys.map(({ id, status, created }) => ({ UserName: question.input['UserName'], AccessKeyId: id, Status: status, CreateDate: created })), question, 'AccessKeyMetadata', IAM),
  'iam:GetAccessKeyLastUsed': ({ account, input }) => {
    const key = account.users.flatMap(({ keys }) => keys).find(({ id }) => id === input['AccessKeyId']);
    if (key === undefined) throw new Refusal('AccessDenied', 'no such key', 403);
    return { AccessKeyLastUsed: key.used === undefined ? { ServiceName: 'N/A', Region: 'N/A' } : { LastUsedDate: key.used.at, ServiceName: key.used.service, Region: key.used.region } };
  },
  'iam:ListServiceSpecificCredentials': bedrock,
  'iam:GetAccountSummary': ({ account }) => ({ SummaryMap: new Map([['Users', account.users.length], ['AccountAccessKeysPresent', account.rootKey === undefined ? 0 : 1]]) }),
  'iam:GenerateCredentialReport': () => ({ State: 'COMPLETE', Description: 'made' }),
  'iam:GetCredentialReport': ({ account, now }) => ({ Content: Buffer.from(credentialReport(account)).toString('base64'), ReportFormat: 'text/csv', GeneratedTime: now }),
  'iam:ListOpenIDConnectProviders': ({ account }) => ({ OpenIDConnectProviderList: account.providers.map(({ url }) => ({ Arn: `arn:aws:iam::${account.id}:oidc-provider/${url}` })) }),
  'iam:GetOpenIDConnectProvider': ({ account, input }) => {
    const found = account.providers.find(({ url }) => String(input['OpenIDConnectProviderArn']).endsWith(`/${url}`));
    return { Url: found?.url, ClientIDList: found?.clients ?? [] };
  },
  'iam:GetOutboundWebIdentityFederationInfo': ({ account }) => {
    if (account.outbound === undefined) throw new Refusal('FeatureDisabled', 'not switched on', 404);
    return { IssuerIdentifier: account.outbound, JwtVendingEnabled: true };
  },

  'lambda:ListFunctions': (question) => paged(question.region.functions ?? [], question, 'Functions', { ask: 'Marker', say: 'NextMarker' }),
  'ecs:ListTaskDefinitionFamilies': (question) => paged((question.region.tasks ?? []).map(({ family }) => family), question, 'families', SMALL, true),
  'ecs:DescribeTaskDefinition': ({ region, input }) => ({ taskDefinition: one(region.tasks, 'family', input['taskDefinition']) }),
  'codebuild:ListProjects': (question) => paged((question.region.projects ?? []).map(({ name }) => name), question, 'projects', SMALL),
  'codebuild:BatchGetProjects': ({ region, input }) => ({ projects: texts(input['names']).map((name) => one(region.projects, 'name', name)) }),
  'apprunner:ListServices': (question) => paged((question.region.services ?? []).map((each) => ({ ServiceName: each['ServiceName'], ServiceArn: arnOf(each) })), question, 'ServiceSummaryList', LARGE),
  'apprunner:DescribeService': ({ region, input }) => ({ Service: region.services?.find((each) => arnOf(each) === input['ServiceArn']) }),
  'sagemaker:ListModels': (question) => paged((question.region.models ?? []).map(({ ModelName }) => ({ ModelName })), question, 'Models', LARGE),
  'sagemaker:DescribeModel': ({ region, input }) => one(region.models, 'ModelName', input['ModelName']),
  'sagemaker:ListInferenceComponents': (question) => paged((question.region.components ?? []).map(({ InferenceComponentName }) => ({ InferenceComponentName })), question, 'InferenceComponents', LARGE),
  'sagemaker:DescribeInferenceComponent': ({ region, input }) => one(region.components, 'InferenceComponentName', input['InferenceComponentName']),
  'secretsmanager:ListSecrets': (question) => paged(Object.keys(question.region.secrets ?? {}).map((Name) => ({ ARN: `arn:aws:secretsmanager:eu-central-1:1:secret:${Name}`, Name, CreatedDate: 1_700_000_000, LastChangedDate: 1_750_000_000.5 })), question, 'SecretList', LARGE),
  'secretsmanager:GetSecretValue': ({ region, input }) => {
    const name = String(input['SecretId']).replace(/^arn:.*:secret:/, '');
    return { Name: name, SecretString: region.secrets?.[name] };
  },
  'ssm:DescribeParameters': (question) => paged(Object.entries(question.region.parameters ?? {}).map(([Name, { type }]) => ({ Name, Type: type, LastModifiedDate: 1_750_000_000 })), question, 'Parameters', LARGE),
  'ssm:GetParameters': parameterValues,
};
