import { stringify } from 'yaml';
import type { EmittedFile, Emitter, Target } from '../model/federation.ts';
import type { Input, Text } from '../model/text.ts';
import { partyInputs } from '../parties/inputs.ts';
import { type Block, expression, type HclValue, jsonencode, patternOf } from './_hcl.ts';
import { terraformFile } from './_hcl-party.ts';
import { Asking, byId, byIssuer, scriptFile } from './_party.ts';
import { type Command, jq, type Statement, type Word } from './_shell.ts';
import { concat, data, type Data, inputsIn, inputsOf, isTextData, jsonText, literal, parameterName, placeholder, variableName } from './_text.ts';

const ROLE_NAME: Input = { id: 'aws.role_name', title: 'Role the workload runs under', shape: 'path', how: 'The name of its execution, task or instance role.' };
const POLICY_ARN: Input = { id: 'aws.policy_arn', title: 'ARN of the managed policy to attach', shape: 'id', how: 'aws iam list-policies --scope Local --query "Policies[].Arn"; one that allows what the workload does and no more.' };
/** What a policy of the plan's own allows. */
const WRITTEN: ReadonlySet<Target['permission']> = new Set<Target['permission']>(['bedrock-invoke', 'read-secret', 'mint-token']);
const TOOLS = ['aws', 'jq'] as const;
const POLICY_NAME = 'dekey';

/** AWS: an OpenID Connect provider for each issuer; for each identity a role that trusts one subject, with one inline policy. */
export const emitAws: Emitter = (targets, ask, known) => {
  const asking = new Asking(ask, known);
  const account = asking.get(input('aws.account_id'));
  const isAlone = targets.filter(({ permission }) => !WRITTEN.has(permission)).length < 2;
  const items = byId(targets).map((target) => itemOf(target, account, asking, isAlone ? POLICY_ARN : policyInput(target.id)));
  const roles = items.filter(({ isInside }) => !isInside);
  const inside = items.filter(({ isInside }) => isInside);
  const roleName = inside.length === 0 ? [] : asking.get(ROLE_NAME);
  const issuers = byIssuer(roles.map(({ target }) => target));
  const used = [account, roleName, ...roles.map(({ target }) => target.policy.issuer)].flatMap(inputsIn).concat(...items.flatMap(({ trust, permissions, managed }) => [inputsOf(trust), permissions === undefined ? [] : inputsOf(permissions), inputsIn(managed)]), keyInputs(roles));
  const inputs = asking.describe(used);
  const cloudformation = roles.length > 0 && roles.every(({ target }) => literal(target.policy.issuer) !== undefined) ? [templateFile(roles, issuers, asking)] : [];
  const files: EmittedFile[] = [
    terraformFile('aws', 'Roles of AWS that workloads assume with their own tokens.', { name: 'aws', source: 'hashicorp/aws', version: '>= 6.0' }, asking, [...issuers.flatMap(({ slug, issuer }) => providerBlocks(slug, issuer)), ...roles.flatMap((item) => roleBlocks(item, issuers)), ...inside.flatMap((item) => permissionBlocks(item, data(roleName)))], issuers.map(({ slug }): Block => ({ type: 'variable', labels: [`create_oidc_provider_${slug.replaceAll('-', '_')}`], attributes: { type: expression('bool'), default: true, description: 'An account holds one OpenID Connect provider for each issuer: false when it is there already.' } }))),
    ...cloudformation,
    // Where nothing of the issuer is known, neither are the names of the conditions: there the scripts make the document.
    ...roles.filter(({ target }) => typeof target.policy.issuer[0] === 'string').map(({ target, trust }): EmittedFile => ({ path: `aws/${target.id}.trust.json`, kind: 'json', role: 'create', purpose: `Trust policy of the role ${target.id}: whose tokens may assume it.`, text: jsonText(trust) })),
    ...items.flatMap(({ target, permissions }): EmittedFile[] => (permissions === undefined ? [] : [{ path: `aws/${target.id}.permissions.json`, kind: 'json', role: 'create', purpose: `What the role ${target.id} may do.`, text: jsonText(permissions) }])),
    scriptFile('aws', 'create', 'Makes OpenID Connect providers, roles and policies where they are missing, puts right those that differ, and prints the ARNs.', {
      tools: TOOLS,
      inputs,
      body: [...issuers.flatMap(({ issuer }) => createProvider(issuer, account)), ...roles.flatMap((item) => createRole(item, account)), ...inside.flatMap((item) => putPermissions(item, { text: roleName }))],
    }),
    scriptFile('aws', 'check', 'Reads the roles and names every difference from the plan. Exit 1 when there is any.', {
      tools: TOOLS,
      inputs,
      body: [{ kind: 'set', variable: 'WRONG', value: '0' }, ...roles.flatMap(checkRole), { kind: 'when', test: ['test', { variable: 'WRONG' }, '=', '1'], body: [{ kind: 'fail', parts: ['Not as planned.'] }], otherwise: [{ kind: 'say', parts: ['As planned.'] }] }],
    }),
    scriptFile('aws', 'undo', 'Deletes the roles of this plan. OpenID Connect providers stay: other roles may use them.', {
      tools: ['aws'],
      inputs: asking.describe([...roles.flatMap(({ managed }) => inputsIn(managed)), ...inputsIn(roleName)]),
      body: [...roles.flatMap(removeRole), ...inside.map((item): Statement => ({ kind: 'run', pipe: [['aws', 'iam', 'delete-role-policy', '--role-name', { text: roleName }, '--policy-name', policyName(item)]] }))],
    }),
  ];
  return {
    files,
    manual: [
      ...(cloudformation.length === 0 && roles.length > 0 ? ['There is no CloudFormation template: the names of its conditions hold the issuer, which is not known yet. Fill the issuer in and plan again, or use Terraform or the script.'] : []),
      ...(items.some(({ target }) => target.permission === 'mint-token') ? ['Switch outbound web identity federation on for the account: aws iam enable-outbound-web-identity-federation.'] : []),
      ...(roles.some(({ target }) => target.platform === 'eks') ? ['On EKS the account’s own token is used: set AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE as the patch in kubernetes/ does, or annotate the ServiceAccount with eks.amazonaws.com/role-arn.'] : []),
      ...(items.some(({ managed }) => managed.length > 0) ? [isAlone ? 'Choose the managed policy that is attached: what the workload does in AWS is not known here, but the user of its key has policies that allow it (aws iam list-attached-user-policies, list-user-policies, list-groups-for-user).' : 'Choose the managed policy of each role: what the workloads do in AWS is not known here, and roles that may do the same separate nothing; the users of their keys have policies that allow it (aws iam list-attached-user-policies, list-user-policies, list-groups-for-user).'] : []),
    ],
  };
};

interface Item {
  readonly target: Target;
  /** It runs on AWS already: only the policy is missing. */
  readonly isInside: boolean;
  readonly trust: Data;
  readonly permissions: Data | undefined;
  /** ARN of a managed policy, when no inline one can be written. */
  readonly managed: Text;
  readonly conditions: readonly Condition[];
}

interface Condition {
  readonly operator: 'StringEquals' | 'StringLike';
  readonly claim: string;
  readonly value: Text;
}

function input(id: string): Input {
  const found = partyInputs[id];
  if (found === undefined) throw new Error(`no input ${id}`);
  return found;
}

/** Roles that may do the same would be one role in two names: each is asked for its own. */
function policyInput(id: string): Input {
  return { ...POLICY_ARN, id: `${POLICY_ARN.id}_${id.replace(/[^a-z0-9]+/g, '_')}`, title: `ARN of the managed policy to attach to the role ${id}` };
}

function itemOf(target: Target, account: Text, asking: Asking, managed: Input): Item {
  const permissions = permissionsOf(target, asking);
  const { policy } = target;
  const { subject } = policy;
  const conditions: Condition[] = [
    { operator: 'StringEquals', claim: 'aud', value: policy.audience },
    ...(subject === undefined ? [] : [subject.kind === 'exact' ? ({ operator: 'StringEquals', claim: 'sub', value: subject.text } as const) : ({ operator: 'StringLike', claim: 'sub', value: concat(subject.text, '*') } as const)]),
    ...policy.claims.map(({ claim, value }) => ({ operator: 'StringEquals', claim, value }) as const),
  ];
  return { target, isInside: target.platform === 'aws-compute', trust: trustOf(target, account, conditions), permissions, managed: permissions === undefined ? asking.get(managed) : [], conditions };
}

/** The issuer as IAM names it: without scheme. Inputs stay. */
function issuerName(issuer: Text): Text {
  const [first, ...rest] = issuer;
  return typeof first === 'string' ? concat(first.replace(/^https:\/\//, ''), rest) : issuer;
}

function trustOf(target: Target, account: Text, conditions: readonly Condition[]): Data {
  const issuer = issuerName(target.policy.issuer);
  const byOperator = new Map<string, Record<string, Data>>();
  for (const { operator, claim, value } of conditions) {
    const entry = byOperator.get(operator) ?? {};
    entry[placeholder(concat(issuer, `:${claim}`))] = data(value);
    byOperator.set(operator, entry);
  }
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Federated: data(concat('arn:aws:iam::', account, ':oidc-provider/', issuer)) }, Action: 'sts:AssumeRoleWithWebIdentity', Condition: Object.fromEntries(byOperator) }],
  };
}

/** Inputs that stand in the names of conditions, where documents have only text. */
function keyInputs(items: readonly Item[]): readonly string[] {
  return items.flatMap(({ target }) => inputsIn(target.policy.issuer));
}

function permissionsOf(target: Target, asking: Asking): Data | undefined {
  const allow = (actions: readonly string[], resources: readonly Data[], condition?: Data): Data => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: resources, ...(condition === undefined ? {} : { Condition: condition }) }] });
  switch (target.permission) {
    case 'bedrock-invoke':
      return allow(['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'], [data(concat('arn:aws:bedrock:', asking.get(input('aws.region')), '::foundation-model/', asking.get(input('aws.bedrock_model'))))]);
    case 'read-secret':
      return allow(['secretsmanager:GetSecretValue'], target.keys.map((key) => data(asking.get(secretInput(key)))));
    case 'mint-token':
      return allow(['sts:GetWebIdentityToken'], ['*'], {
        'ForAnyValue:StringEquals': { 'sts:IdentityTokenAudience': [data(target.nextAudience ?? [])] },
        NumericLessThanEquals: { 'sts:DurationSeconds': '900' },
        StringEquals: { 'sts:SigningAlgorithm': 'RS256' },
      });
    default:
      return undefined;
  }
}

function secretInput(key: string): Input {
  return { id: `aws.secret_arn_${key.toLowerCase().replace(/[^a-z0-9]+/g, '_')}`, title: `ARN of the secret that holds ${key.replace(/[^A-Za-z0-9_]/g, '_')}`, shape: 'id', how: 'aws secretsmanager list-secrets --query "SecretList[].ARN"' };
}

// --- Terraform ---

function terraformName(slug: string): string {
  return slug.replaceAll('-', '_');
}

function providerBlocks(slug: string, issuer: Text): Block[] {
  const name = terraformName(slug);
  return [
    { type: 'resource', labels: ['aws_iam_openid_connect_provider', name], attributes: { count: expression(`var.create_oidc_provider_${name} ? 1 : 0`), url: data(issuer), client_id_list: ['sts.amazonaws.com'] } },
    { type: 'data', labels: ['aws_iam_openid_connect_provider', name], attributes: { count: expression(`var.create_oidc_provider_${name} ? 0 : 1`), url: data(issuer) } },
    { type: 'locals', attributes: { [`oidc_provider_${name}`]: expression(`one(concat(aws_iam_openid_connect_provider.${name}[*].arn, data.aws_iam_openid_connect_provider.${name}[*].arn))`) } },
  ];
}

function roleBlocks(item: Item, issuers: ReturnType<typeof byIssuer>): Block[] {
  const { target } = item;
  const slug = issuers.find((issuer) => issuer.targets.includes(target))?.slug ?? '';
  return [
    {
      type: 'resource',
      labels: ['aws_iam_role', target.id],
      comment: target.workload.replace(/\s+/g, ' '),
      attributes: { name: target.id, max_session_duration: 3600, assume_role_policy: jsonencode(trustHcl(item, terraformName(slug))) },
    },
    ...permissionBlocks(item, expression(`aws_iam_role.${target.id}.name`)),
    { type: 'output', labels: [`role_arn_${terraformName(target.id)}`], attributes: { value: expression(`aws_iam_role.${target.id}.arn`) } },
  ];
}

/** The trust policy with the provider's ARN by reference, and conditions whose names may hold an input. */
function trustHcl(item: Item, provider: string): HclValue {
  const issuer = issuerName(item.target.policy.issuer);
  const operators = [...new Set(item.conditions.map(({ operator }) => operator))];
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: expression(`local.oidc_provider_${provider}`) },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: Object.fromEntries(
          operators.map((operator): [string, HclValue] => [
            operator,
            Object.fromEntries(item.conditions.filter((condition) => condition.operator === operator).map(({ claim, value }): [string, HclValue] => [conditionKey(issuer, claim), data(value)])),
          ]),
        ),
      },
    ],
  };
}

/** A key of an object may be a template; `(trimprefix(...))` keys are written by the layout as they are. */
function conditionKey(issuer: Text, claim: string): string {
  const known = literal(issuer);
  return known === undefined ? `\u0000"\${trimprefix(${hclText(issuer)}, "https://")}:${claim}"` : `${known}:${claim}`;
}

function hclText(text: Text): string {
  const [only, ...others] = text;
  if (only !== undefined && typeof only !== 'string' && others.length === 0) return `var.${parameterName(only.input)}`;
  return `"${text.map((part) => (typeof part === 'string' ? part : `\${var.${parameterName(part.input)}}`)).join('')}"`;
}

function permissionBlocks({ target, permissions, managed }: Item, role: HclValue): Block[] {
  if (permissions === undefined) return [{ type: 'resource', labels: ['aws_iam_role_policy_attachment', target.id], attributes: { role, policy_arn: data(managed) } }];
  return [{ type: 'resource', labels: ['aws_iam_role_policy', target.id], attributes: { name: POLICY_NAME, role, policy: jsonencode(permissions) } }];
}

// --- CloudFormation ---

function templateFile(roles: readonly Item[], issuers: ReturnType<typeof byIssuer>, asking: Asking): EmittedFile {
  const ids = [...new Set(roles.flatMap(({ trust, permissions, managed }) => [...inputsOf(trust), ...(permissions === undefined ? [] : inputsOf(permissions)), ...inputsIn(managed)]))].toSorted();
  const resources: Record<string, unknown> = {};
  for (const { slug, issuer } of issuers) resources[`Provider${logical(slug)}`] = { Type: 'AWS::IAM::OIDCProvider', Condition: 'CreateProviders', DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain', Properties: { Url: literal(issuer), ClientIdList: ['sts.amazonaws.com'] } };
  for (const { target, trust, permissions, managed } of roles) {
    resources[`Role${logical(target.id)}`] = {
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: target.id,
        MaxSessionDuration: 3600,
        AssumeRolePolicyDocument: template(trust),
        ...(permissions === undefined ? { ManagedPolicyArns: [template(data(managed))] } : { Policies: [{ PolicyName: POLICY_NAME, PolicyDocument: template(permissions) }] }),
      },
    };
  }
  const text = stringify(
    {
      AWSTemplateFormatVersion: '2010-09-09',
      Description: 'Roles that workloads assume with their own tokens in place of keys.',
      Parameters: {
        CreateOidcProviders: { Type: 'String', AllowedValues: ['true', 'false'], Default: 'true', Description: 'false when the account has the OpenID Connect providers already.' },
        ...Object.fromEntries(asking.describe(ids).map(({ id, title, shape, how }) => [logical(id), { Type: 'String', AllowedPattern: patternOf(shape), Description: `${title}. ${how}`.slice(0, 4000) }])),
      },
      Conditions: { CreateProviders: { 'Fn::Equals': [{ Ref: 'CreateOidcProviders' }, 'true'] } },
      Resources: resources,
      Outputs: Object.fromEntries(roles.map(({ target }) => [`Arn${logical(target.id)}`, { Value: { 'Fn::GetAtt': [`Role${logical(target.id)}`, 'Arn'] }, Description: target.workload.replace(/[^\x20-\x7e]/g, '-') }])),
    },
    { lineWidth: 0, version: '1.2', aliasDuplicateObjects: false },
  );
  return { path: 'aws/template.yaml', kind: 'cloudformation', role: 'create', purpose: 'The same as a CloudFormation template: aws cloudformation deploy --capabilities CAPABILITY_NAMED_IAM.', text };
}

/** Names of CloudFormation hold letters and digits only. */
function logical(id: string): string {
  return id.split(/[^A-Za-z0-9]+/).map((part) => `${part.slice(0, 1).toUpperCase()}${part.slice(1)}`).join('');
}

function template(value: Data): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isTextData(value)) {
    const [only, ...others] = value.text;
    if (only !== undefined && typeof only !== 'string' && others.length === 0) return { Ref: logical(only.input) };
    // `${` of our own text would be a substitution.
    return { 'Fn::Sub': value.text.map((part) => (typeof part === 'string' ? part.replaceAll('${', '${!') : `\${${logical(part.input)}}`)).join('') };
  }
  if (Array.isArray(value)) return value.map((item: Data) => template(item));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, template(item as Data)]));
}

// --- AWS CLI ---

function createProvider(issuer: Text, account: Text): Statement[] {
  return [
    { kind: 'capture', variable: 'ISSUER_NAME', pipe: [['printf', '%s', { text: issuer }], ['sed', 's#^https://##']] },
    {
      kind: 'unless',
      test: ['aws', 'iam', 'get-open-id-connect-provider', '--open-id-connect-provider-arn', { join: [{ text: concat('arn:aws:iam::', account, ':oidc-provider/') }, { variable: 'ISSUER_NAME' }] }],
      body: [{ kind: 'run', quiet: true, pipe: [['aws', 'iam', 'create-open-id-connect-provider', '--url', { text: issuer }, '--client-id-list', 'sts.amazonaws.com']] }],
    },
    { kind: 'blank' },
  ];
}

/** The trust policy as `jq` makes it. Where the issuer holds an input, so do the names of conditions: there it is put in place as a value, never as code. */
function trustCommand(item: Item): Statement[] {
  const { issuer } = item.target.policy;
  const made = jq(item.trust);
  const names = [...new Set(inputsIn(issuer))].map(variableName);
  if (names.length === 0) return [{ kind: 'capture', variable: 'TRUST', pipe: [made] }];
  const filled = names.map((name) => `split("$" + "{${name}}") | join($${name} | ltrimstr("https://"))`).join(' | ');
  const fill: Command = [
    'jq', '--compact-output', ...names.flatMap((name): Word[] => ['--arg', name, { variable: name }]),
    `.Statement[0].Condition |= map_values(with_entries(.key |= (${filled}))) | .Statement[0].Principal.Federated |= sub("oidc-provider/https://"; "oidc-provider/")`,
  ];
  return [{ kind: 'capture', variable: 'TRUST', pipe: [made, fill] }];
}

function createRole(item: Item, account: Text): Statement[] {
  const { target } = item;
  return [
    { kind: 'comment', text: `${target.id}: ${target.workload}` },
    ...trustCommand(item),
    {
      kind: 'when',
      test: ['aws', 'iam', 'get-role', '--role-name', target.id],
      body: [{ kind: 'run', pipe: [['aws', 'iam', 'update-assume-role-policy', '--role-name', target.id, '--policy-document', { variable: 'TRUST' }]] }],
      otherwise: [{ kind: 'run', quiet: true, pipe: [['aws', 'iam', 'create-role', '--role-name', target.id, '--max-session-duration', '3600', '--assume-role-policy-document', { variable: 'TRUST' }]] }],
    },
    ...putPermissions(item, target.id),
    { kind: 'say', parts: [`# ${target.id}`] },
    { kind: 'say', parts: [`AWS_ROLE_ARN${target.suffix ?? ''}=`, { text: concat('arn:aws:iam::', account, `:role/${target.id}`) }] },
    { kind: 'blank' },
  ];
}

/** Roles that the plan makes hold one policy; a role that was there before holds one for each identity. */
function policyName({ target, isInside }: Item): string {
  return isInside ? `${POLICY_NAME}-${target.id}` : POLICY_NAME;
}

function putPermissions(item: Item, role: Word): Statement[] {
  const { permissions, managed } = item;
  if (permissions === undefined) return [{ kind: 'run', pipe: [['aws', 'iam', 'attach-role-policy', '--role-name', role, '--policy-arn', { text: managed }]] }];
  return [
    { kind: 'capture', variable: 'PERMISSIONS', pipe: [jq(permissions)] },
    { kind: 'run', pipe: [['aws', 'iam', 'put-role-policy', '--role-name', role, '--policy-name', policyName(item), '--policy-document', { variable: 'PERMISSIONS' }]] },
  ];
}

function checkRole(item: Item): Statement[] {
  const { target } = item;
  return [
    {
      kind: 'when',
      test: ['aws', 'iam', 'get-role', '--role-name', target.id],
      body: [
        ...trustCommand(item),
        { kind: 'capture', variable: 'WANTED', pipe: [['printf', '%s', { variable: 'TRUST' }], ['jq', '--sort-keys', '--compact-output', '.']] },
        { kind: 'capture', variable: 'STANDS', pipe: [['aws', 'iam', 'get-role', '--role-name', target.id, '--output', 'json', '--query', 'Role.AssumeRolePolicyDocument'], ['jq', '--sort-keys', '--compact-output', '.']] },
        { kind: 'unless', test: ['test', { variable: 'WANTED' }, '=', { variable: 'STANDS' }], body: [{ kind: 'say', parts: [`${target.id}: trusts `, { variable: 'STANDS' }, ', planned is ', { variable: 'WANTED' }] }, { kind: 'set', variable: 'WRONG', value: '1' }] },
      ],
      otherwise: [{ kind: 'say', parts: [`${target.id}: missing`] }, { kind: 'set', variable: 'WRONG', value: '1' }],
    },
  ];
}

function removeRole({ target, permissions, managed }: Item): Statement[] {
  const detach: Word[] = permissions === undefined ? ['aws', 'iam', 'detach-role-policy', '--role-name', target.id, '--policy-arn', { text: managed }] : ['aws', 'iam', 'delete-role-policy', '--role-name', target.id, '--policy-name', POLICY_NAME];
  return [
    {
      kind: 'when',
      test: ['aws', 'iam', 'get-role', '--role-name', target.id],
      body: [{ kind: 'run', pipe: [detach] }, { kind: 'run', pipe: [['aws', 'iam', 'delete-role', '--role-name', target.id]] }],
      otherwise: [{ kind: 'say', parts: [`${target.id}: not there`] }],
    },
  ];
}
