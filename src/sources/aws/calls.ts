import type { RemoteCall } from '../remote.ts';

/** When a call is made, beside always. */
type Only = 'values' | 'organization' | 'all-regions';

/** A call of the source. `call` is also the name of the IAM action, unless `permission` says otherwise. */
export interface AwsCall extends RemoteCall {
  readonly only?: Only;
  /** Actions that have to be allowed besides. */
  readonly besides?: readonly string[];
}

function call(name: string, title: string, only?: Only, besides?: readonly string[]): AwsCall {
  return {
    call: name,
    permission: [name, ...(besides ?? [])].join(', '),
    title,
    ...(only === undefined ? {} : { only }),
    ...(only === 'values' ? { onlyValues: true as const } : {}),
    ...(besides === undefined ? {} : { besides }),
  };
}

/**
 * Everything that is asked, once: the source says from here what it could not read, `dekey explain aws` its permissions and the policy.
 *
 * Read in the types of the SDK (client-iam 3.1169.0 and the others of the same day, 2026-11-29).
 */
export const CALLS = {
  identity: { call: 'sts:GetCallerIdentity', permission: '', title: 'account of the login' },
  accounts: call('organizations:ListAccounts', 'accounts of the organisation', 'organization'),
  assume: call('sts:AssumeRole', 'a login in each account of the organisation', 'organization'),
  regions: call('account:ListRegions', 'regions that are switched on', 'all-regions'),

  aliases: call('iam:ListAccountAliases', 'name of the account'),
  users: call('iam:ListUsers', 'users'),
  authorization: call('iam:GetAccountAuthorizationDetails', 'policies of users, groups and roles'),
  accessKeys: call('iam:ListAccessKeys', 'access keys of each user'),
  lastUsed: call('iam:GetAccessKeyLastUsed', 'last use of each access key'),
  bedrockKeys: call('iam:ListServiceSpecificCredentials', 'Bedrock API keys of all users'),
  summary: call('iam:GetAccountSummary', 'whether the root user has access keys'),
  makeReport: call('iam:GenerateCredentialReport', 'credential report: asks for it to be made'),
  report: call('iam:GetCredentialReport', 'credential report: passwords, keys of the root user, and a second count of keys'),
  oidcProviders: call('iam:ListOpenIDConnectProviders', 'issuers that the account trusts'),
  oidcProvider: call('iam:GetOpenIDConnectProvider', 'address and audiences of each'),
  outbound: call('iam:GetOutboundWebIdentityFederationInfo', 'whether the account issues identity tokens itself'),

  functions: call('lambda:ListFunctions', 'Lambda functions with their environments'),
  families: call('ecs:ListTaskDefinitionFamilies', 'families of ECS task definitions'),
  taskDefinition: call('ecs:DescribeTaskDefinition', 'newest active revision of each family'),
  projects: call('codebuild:ListProjects', 'CodeBuild projects'),
  projectDetails: call('codebuild:BatchGetProjects', 'their environments and build specifications'),
  services: call('apprunner:ListServices', 'App Runner services'),
  service: call('apprunner:DescribeService', 'their environments'),
  models: call('sagemaker:ListModels', 'SageMaker models'),
  model: call('sagemaker:DescribeModel', 'environments of their containers'),
  components: call('sagemaker:ListInferenceComponents', 'inference components of SageMaker endpoints'),
  component: call('sagemaker:DescribeInferenceComponent', 'environments of their containers'),
  secrets: call('secretsmanager:ListSecrets', 'names of secrets'),
  parameters: call('ssm:DescribeParameters', 'names of parameters'),
  secretValue: call('secretsmanager:GetSecretValue', 'values of secrets', 'values', ['kms:Decrypt']),
  parameterValues: call('ssm:GetParameters', 'values of parameters, decrypted', 'values', ['kms:Decrypt']),
} as const satisfies Readonly<Record<string, AwsCall>>;
