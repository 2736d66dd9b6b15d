import type { EmittedFile, Emitter, Target } from '../model/federation.ts';
import type { Input, Text } from '../model/text.ts';
import { bicepExpression, type BicepResource, bicepText, inputsOfResources } from './_bicep.ts';
import { type Block, expression } from './_hcl.ts';
import { terraformFile } from './_hcl-party.ts';
import { Asking, byId, scriptFile } from './_party.ts';
import type { Statement, Word } from './_shell.ts';
import { concat, data, inputsIn, jsonText, parameterName } from './_text.ts';

const GROUP: Input = { id: 'azure.resource_group', title: 'Resource group', shape: 'name', how: 'az group list --query "[].name"' };
const ACCOUNT: Input = { id: 'azure.account_name', title: 'Azure OpenAI or Foundry resource', shape: 'name', how: 'az cognitiveservices account list --query "[].name"' };
const VAULT: Input = { id: 'azure.key_vault', title: 'Key vault that holds the keys', shape: 'name', how: 'az keyvault list --query "[].name"' };
const SUBSCRIPTION: Input = { id: 'azure.subscription_id', title: 'Azure subscription id', shape: 'uuid', how: 'az account show --query id --output tsv' };
const PRINCIPAL: Input = { id: 'azure.principal_id', title: 'Object id of the managed identity', shape: 'uuid', how: 'az identity show --query principalId --output tsv' };
const LOCATION: Input = { id: 'azure.location', title: 'Azure location', shape: 'name', how: 'az group show --name GROUP --query location --output tsv' };
const TOOLS = ['az', 'jq'] as const;
/** Name of the tag of identities and beginning of the description of role assignments made here, so that nothing else is changed or deleted. */
const MARK = 'dekey';

/** Built-in roles by id: names of roles change, ids do not. */
const ROLES = {
  openai: { id: '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd', name: 'Cognitive Services OpenAI User' },
  foundry: { id: '53ca6127-db72-4b80-b1b0-d745d6d5456d', name: 'Azure AI User' },
  secret: { id: '4633458b-17de-408a-b874-0445c86b69e6', name: 'Key Vault Secrets User' },
} as const;

/**
 * Microsoft Entra: for each identity a user-assigned managed identity, one federated credential with an exact subject, and one role on one resource.
 * Never Cognitive Services User: it may list the keys of the resource.
 *
 * @throws Error when a subject is not exact, a policy compares claims beside a subject that is not, or a permission is none of Azure's
 */
export const emitAzure: Emitter = (targets, ask, known) => {
  const asking = new Asking(ask, known);
  const group = asking.get(GROUP);
  const location = asking.get(LOCATION);
  const subscription = asking.get(SUBSCRIPTION);
  const outside = byId(targets).filter(({ platform }) => platform !== 'azure-identity');
  const inside = byId(targets).filter(({ platform }) => platform === 'azure-identity');
  const needsAccount = targets.some(({ permission }) => scopeOf(permission) === 'account');
  const account = needsAccount ? asking.get(ACCOUNT) : [];
  const vault = targets.some(({ permission }) => permission === 'read-secret') ? asking.get(VAULT) : [];
  const principal = inside.length > 0 ? asking.get(PRINCIPAL) : [];
  const scopes: Scopes = { subscription, group, account, vault };
  const resources = [...sharedResources(targets, account, vault), ...outside.flatMap((target) => identityResources(target, location)), ...[...outside, ...inside].flatMap((target) => roleResources(target, inside.includes(target) ? principal : undefined))];
  const used = [group, location, subscription, account, vault, principal, ...outside.map(subjectOf), ...outside.map(({ policy }) => policy.issuer)].flatMap(inputsIn);
  const inputs = asking.describe(used);
  const files: EmittedFile[] = [
    {
      path: 'azure/main.bicep',
      kind: 'bicep',
      role: 'create',
      purpose: 'Managed identities, federated credentials and roles: az deployment group create --resource-group GROUP --template-file main.bicep',
      text: bicepText({
        header: 'Managed identities that take tokens of the workloads in place of keys.\naz deployment group what-if checks it, az deployment group create makes it.',
        inputs: asking.describe(inputsOfResources(resources)),
        resources,
        outputs: outside.map((target) => ({ name: `clientId_${symbol(target.id)}`, code: `identity_${symbol(target.id)}.properties.clientId` })),
      }),
    },
    terraformFile('azure', 'Managed identities, federated credentials and roles of Azure.', { name: 'azurerm', source: 'hashicorp/azurerm', version: '>= 5.0' }, asking, [
      { type: 'provider', labels: ['azurerm'], attributes: { subscription_id: data(subscription), resource_providers_to_register: ['Microsoft.CognitiveServices', 'Microsoft.ManagedIdentity'] }, blocks: [{ type: 'features' }] },
      ...terraformBlocks(outside, inside, scopes, location, principal),
    ]),
    ...outside.map((target): EmittedFile => ({ path: `azure/credential.${target.id}.json`, kind: 'json', role: 'create', purpose: `The federated credential of ${target.id} as the API has it.`, text: jsonText(credentialBody(target)) })),
    scriptFile('azure', 'create', 'Makes identities, federated credentials and role assignments where they are missing, and prints the client ids.', {
      tools: TOOLS,
      inputs,
      body: [...outside.flatMap((target) => createIdentity(target, scopes, location)), ...inside.flatMap((target) => assign(target, scopes, { text: principal }))],
    }),
    scriptFile('azure', 'check', 'Reads identities, federated credentials and role assignments and names every difference from the plan. Exit 1 when there is any.', {
      tools: TOOLS,
      inputs,
      body: [
        { kind: 'set', variable: 'WRONG', value: '0' },
        ...(needsAccount ? checkAccount(scopes) : []),
        ...outside.flatMap((target) => checkIdentity(target, scopes)),
        ...inside.flatMap((target) => checkRoles(target, scopes, { text: principal }, 'among others')),
        { kind: 'when', test: ['test', { variable: 'WRONG' }, '=', '1'], body: [{ kind: 'fail', parts: ['Not as planned.'] }], otherwise: [{ kind: 'say', parts: ['As planned.'] }] },
      ],
    }),
    scriptFile('azure', 'undo', 'Deletes the role assignments that this plan made, then its identities with their credentials. An assignment would outlive its identity.', {
      tools: TOOLS,
      inputs,
      body: [...outside.flatMap((target) => undoIdentity(target, scopes)), ...inside.flatMap((target) => unassign(target, scopes, { text: principal }))],
    }),
    ...(needsAccount
      ? [
          {
            path: 'azure/disable-keys.sh',
            kind: 'shell',
            role: 'guard',
            purpose: 'Phase 3: switches local authentication off, so that the two keys of the resource, which cannot be deleted, are worth nothing.',
            text: disableKeys(asking, scopes),
          } satisfies EmittedFile,
        ]
      : []),
  ];
  const granting = byId(targets).filter(({ permission }) => permission === 'cloud-access');
  return {
    files,
    manual: [
      ...granting.map(({ id }) => `Grant ${id} the role that its secret had, no wider: which one that is, is not known here; az role assignment list --assignee CLIENT_ID --all lists those of the application.`),
      'The resource needs a custom subdomain (customSubDomainName) before it takes Entra tokens.', 'Role assignments take minutes to hold: retry a 403 before you look for a fault.', ...(needsAccount ? ['After the switch, with no request by key in the metrics: bash azure/disable-keys.sh.'] : [])],
  };
};

interface Scopes {
  readonly subscription: Text;
  readonly group: Text;
  readonly account: Text;
  readonly vault: Text;
}

function scopeOf(permission: Target['permission']): 'account' | 'secret' | 'none' {
  switch (permission) {
    case 'read-secret':
      return 'secret';
    case 'mint-token':
    case 'cloud-access':
      return 'none';
    case 'azure-openai':
    case 'azure-ai':
    case 'inference':
      return 'account';
    default:
      throw new Error(`Azure has no role for ${permission}`);
  }
}

function roleOf({ permission }: Target): (typeof ROLES)[keyof typeof ROLES] {
  return permission === 'read-secret' ? ROLES.secret : permission === 'azure-ai' ? ROLES.foundry : ROLES.openai;
}

/** Entra compares subjects as a whole: the planner gives it nothing else. */
function subjectOf({ id, policy }: Target): Text {
  if (policy.subject?.kind !== 'exact') throw new Error(`Entra needs an exact subject for ${id}`);
  return policy.subject.text;
}

function credentialBody(target: Target) {
  return { name: 'dekey', issuer: data(target.policy.issuer), subject: data(subjectOf(target)), audiences: [data(target.policy.audience)] };
}

function symbol(id: string): string {
  return id.replaceAll('-', '_');
}

function secretName(key: string): string {
  return key.replace(/[^A-Za-z0-9-]/g, '-');
}

/** Names of secrets that the keys stand under, each once: Key Vault does not tell upper case from lower. */
function secretsOf(keys: readonly string[]): readonly string[] {
  return [...new Map(keys.map(secretName).toReversed().map((name) => [name.toLowerCase(), name])).values()].toSorted();
}

/** A name in Terraform begins with a letter or an underscore. */
function label(id: string): string {
  return /^[0-9]/.test(id) ? `_${id}` : id;
}

function markOf({ id }: Target): string {
  return `${MARK}:${id}`;
}

function sharedResources(targets: readonly Target[], account: Text, vault: Text): BicepResource[] {
  return [
    ...(account.length === 0 ? [] : [{ symbol: 'account', type: 'Microsoft.CognitiveServices/accounts@2024-10-01', existing: true, body: { name: data(account) } } satisfies BicepResource]),
    ...(vault.length === 0 ? [] : [{ symbol: 'vault', type: 'Microsoft.KeyVault/vaults@2023-07-01', existing: true, body: { name: data(vault) } } satisfies BicepResource]),
    ...secretsOf(targets.filter(({ permission }) => permission === 'read-secret').flatMap(({ keys }) => keys)).map((name): BicepResource => ({ symbol: secretSymbol(name), type: 'Microsoft.KeyVault/vaults/secrets@2023-07-01', existing: true, body: { parent: bicepExpression('vault'), name } })),
  ];
}

function secretSymbol(key: string): string {
  return `secret_${key.toLowerCase().replace(/[^a-z0-9]/g, '_')}`;
}

function identityResources(target: Target, location: Text): BicepResource[] {
  const name = symbol(target.id);
  const { name: credential, ...fields } = credentialBody(target);
  return [
    { symbol: `identity_${name}`, type: 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31', comment: target.workload.replace(/\s+/g, ' '), body: { name: target.id, location: data(location), tags: { [MARK]: target.id } } },
    { symbol: `credential_${name}`, type: 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2023-01-31', body: { parent: bicepExpression(`identity_${name}`), name: credential, properties: fields } },
  ];
}

function roleResources(target: Target, principal: Text | undefined): BicepResource[] {
  const kind = scopeOf(target.permission);
  if (kind === 'none') return [];
  const name = symbol(target.id);
  const role = roleOf(target);
  const scopes = kind === 'account' ? ['account'] : secretsOf(target.keys).map(secretSymbol);
  const principalId = principal === undefined ? bicepExpression(`identity_${name}.properties.principalId`) : data(principal);
  return scopes.map((scope, index): BicepResource => ({
    symbol: `role_${name}${scopes.length > 1 ? `_${index + 1}` : ''}`,
    type: 'Microsoft.Authorization/roleAssignments@2022-04-01',
    comment: role.name,
    body: {
      name: bicepExpression(`guid(${scope}.id, ${principal === undefined ? `identity_${name}.id` : `'${target.id}'`}, '${role.id}')`),
      scope: bicepExpression(scope),
      properties: { description: markOf(target), principalId, principalType: 'ServicePrincipal', roleDefinitionId: bicepExpression(`subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '${role.id}')`) },
    },
  }));
}

function scopeIds(target: Target, { subscription, group, account, vault }: Scopes): readonly Text[] {
  const base = concat('/subscriptions/', subscription, '/resourceGroups/', group, '/providers/');
  const kind = scopeOf(target.permission);
  if (kind === 'none') return [];
  return kind === 'account' ? [concat(base, 'Microsoft.CognitiveServices/accounts/', account)] : secretsOf(target.keys).map((name) => concat(base, 'Microsoft.KeyVault/vaults/', vault, `/secrets/${name}`));
}

function terraformBlocks(outside: readonly Target[], inside: readonly Target[], scopes: Scopes, location: Text, principal: Text): Block[] {
  const role = (target: Target, principalId: ReturnType<typeof expression>): Block[] =>
    scopeIds(target, scopes).map((scope, index, all) => ({
      type: 'resource',
      labels: ['azurerm_role_assignment', all.length > 1 ? `${label(target.id)}-${index + 1}` : label(target.id)],
      comment: roleOf(target).name,
      attributes: { scope: data(scope), description: markOf(target), role_definition_id: data(concat('/subscriptions/', scopes.subscription, `/providers/Microsoft.Authorization/roleDefinitions/${roleOf(target).id}`)), principal_id: principalId, principal_type: 'ServicePrincipal' },
    }));
  return [
    ...outside.flatMap((target): Block[] => [
      { type: 'resource', labels: ['azurerm_user_assigned_identity', label(target.id)], comment: target.workload.replace(/\s+/g, ' '), attributes: { name: target.id, resource_group_name: data(scopes.group), location: data(location), tags: { [MARK]: target.id } } },
      {
        type: 'resource',
        labels: ['azurerm_federated_identity_credential', label(target.id)],
        attributes: { name: 'dekey', user_assigned_identity_id: expression(`azurerm_user_assigned_identity.${label(target.id)}.id`), issuer: data(target.policy.issuer), subject: data(subjectOf(target)), audience: [data(target.policy.audience)] },
      },
      ...role(target, expression(`azurerm_user_assigned_identity.${label(target.id)}.principal_id`)),
      { type: 'output', labels: [`client_id_${parameterName(symbol(target.id))}`], attributes: { value: expression(`azurerm_user_assigned_identity.${label(target.id)}.client_id`) } },
    ]),
    ...inside.flatMap((target) => role(target, data(principal))),
  ];
}

function inSubscription({ subscription }: Scopes): Word[] {
  return ['--subscription', { text: subscription }];
}

function show(target: Target, scopes: Scopes, query: string): Word[] {
  return ['az', 'identity', 'show', '--name', target.id, '--resource-group', { text: scopes.group }, ...inSubscription(scopes), '--query', query, '--output', 'tsv'];
}

function createIdentity(target: Target, scopes: Scopes, location: Text): Statement[] {
  const group: Word = { text: scopes.group };
  const credential = (verb: string): Word[] => [
    'az', 'identity', 'federated-credential', verb, '--name', 'dekey', '--identity-name', target.id, '--resource-group', group, ...inSubscription(scopes),
    '--issuer', { text: target.policy.issuer }, '--subject', { text: subjectOf(target) }, '--audiences', { text: target.policy.audience }, '--output', 'none',
  ];
  return [
    { kind: 'comment', text: `${target.id}: ${target.workload}` },
    {
      kind: 'when',
      test: show(target, scopes, 'id'),
      body: [
        { kind: 'capture', variable: 'MADE', pipe: [show(target, scopes, `tags.${MARK}`)] },
        { kind: 'unless', test: ['test', { variable: 'MADE' }, '=', target.id], body: [{ kind: 'fail', parts: [`${target.id}: an identity of this name is there and was not made by this plan; nothing was changed`] }] },
      ],
      otherwise: [
        { kind: 'run', pipe: [['az', 'identity', 'create', '--name', target.id, '--resource-group', group, ...inSubscription(scopes), '--location', { text: location }, '--tags', `${MARK}=${target.id}`, '--output', 'none']] },
      ],
    },
    { kind: 'when', test: credentialShow(target, scopes, 'id'), body: [{ kind: 'run', pipe: [credential('update')] }], otherwise: [{ kind: 'run', pipe: [credential('create')] }] },
    { kind: 'capture', variable: 'PRINCIPAL', pipe: [show(target, scopes, 'principalId')] },
    ...assign(target, scopes, { variable: 'PRINCIPAL' }),
    { kind: 'capture', variable: 'CLIENT', pipe: [show(target, scopes, 'clientId')] },
    { kind: 'say', parts: [`# ${target.id}`] },
    { kind: 'say', parts: [`AZURE_CLIENT_ID${target.suffix ?? ''}=`, { variable: 'CLIENT' }] },
    { kind: 'blank' },
  ];
}

const ARE_THESE = '.principalId == $principal and (.roleDefinitionId | endswith("/" + $role))';

/** What `program` makes of the role assignments that stand on `scope` itself, in `FOUND`. It has `$principal`, `$role` and `$mark`. */
function readAssignments(target: Target, scopes: Scopes, scope: Text, principal: Word, program: string): Statement {
  return {
    kind: 'capture',
    variable: 'FOUND',
    pipe: [
      ['az', 'role', 'assignment', 'list', '--scope', { text: scope }, ...inSubscription(scopes), '--output', 'json'],
      ['jq', '--raw-output', '--arg', 'principal', principal, '--arg', 'role', roleOf(target).id, '--arg', 'mark', markOf(target), program],
    ],
  };
}

/** Where the role is there already, it stays whose it is. */
function assign(target: Target, scopes: Scopes, principal: Word): Statement[] {
  return scopeIds(target, scopes).flatMap((scope): Statement[] => [
    readAssignments(target, scopes, scope, principal, `any(.[]; ${ARE_THESE} and .condition == null)`),
    {
      kind: 'unless',
      test: ['test', { variable: 'FOUND' }, '=', 'true'],
      body: [
        {
          kind: 'run',
          pipe: [['az', 'role', 'assignment', 'create', '--assignee-object-id', principal, '--assignee-principal-type', 'ServicePrincipal', '--role', roleOf(target).id, '--scope', { text: scope }, ...inSubscription(scopes), '--description', markOf(target), '--output', 'none']],
        },
      ],
    },
  ]);
}

/** Only assignments that carry the plan's mark. */
function unassign(target: Target, scopes: Scopes, principal: Word): Statement[] {
  return scopeIds(target, scopes).flatMap((scope): Statement[] => [
    readAssignments(target, scopes, scope, principal, `[.[] | select(${ARE_THESE} and .description == $mark) | .id] | first // ""`),
    { kind: 'unless', test: ['test', '-z', { variable: 'FOUND' }], body: [{ kind: 'run', pipe: [['az', 'role', 'assignment', 'delete', '--ids', { variable: 'FOUND' }, ...inSubscription(scopes)]] }] },
  ]);
}

function undoIdentity(target: Target, scopes: Scopes): Statement[] {
  return [
    {
      kind: 'when',
      test: show(target, scopes, 'id'),
      body: [
        { kind: 'capture', variable: 'MADE', pipe: [show(target, scopes, `tags.${MARK}`)] },
        {
          kind: 'when',
          test: ['test', { variable: 'MADE' }, '=', target.id],
          body: [
            { kind: 'capture', variable: 'PRINCIPAL', pipe: [show(target, scopes, 'principalId')] },
            ...unassign(target, scopes, { variable: 'PRINCIPAL' }),
            { kind: 'run', pipe: [['az', 'identity', 'delete', '--name', target.id, '--resource-group', { text: scopes.group }, ...inSubscription(scopes)]] },
          ],
          otherwise: [{ kind: 'say', parts: [`${target.id}: not made by this plan, left alone`] }],
        },
      ],
    },
  ];
}

function credentialShow(target: Target, scopes: Scopes, query: string): Word[] {
  return ['az', 'identity', 'federated-credential', 'show', '--name', 'dekey', '--identity-name', target.id, '--resource-group', { text: scopes.group }, ...inSubscription(scopes), '--query', query, '--output', 'tsv'];
}

function differs(wanted: Word, what: string): Statement {
  return { kind: 'unless', test: ['test', { variable: 'STANDS' }, '=', wanted], body: [{ kind: 'say', parts: [`${what} is `, { variable: 'STANDS' }, ', planned is ', wanted] }, { kind: 'set', variable: 'WRONG', value: '1' }] };
}

function checkAccount(scopes: Scopes): Statement[] {
  return [
    {
      kind: 'capture',
      variable: 'STANDS',
      pipe: [
        ['az', 'cognitiveservices', 'account', 'show', '--name', { text: scopes.account }, '--resource-group', { text: scopes.group }, ...inSubscription(scopes), '--output', 'json'],
        ['jq', '--raw-output', 'if (.properties.customSubDomainName // "") == "" then "missing" else "set" end'],
      ],
    },
    differs('set', 'custom subdomain of the resource'),
  ];
}

function checkIdentity(target: Target, scopes: Scopes): Statement[] {
  const same = (query: string, wanted: Text): Statement[] => [{ kind: 'capture', variable: 'STANDS', pipe: [credentialShow(target, scopes, query)] }, differs({ text: wanted }, `${target.id}: ${query}`)];
  const missing = (what: string): Statement[] => [{ kind: 'say', parts: [`${target.id}: ${what} missing`] }, { kind: 'set', variable: 'WRONG', value: '1' }];
  return [
    {
      kind: 'when',
      test: show(target, scopes, 'id'),
      body: [
        { kind: 'capture', variable: 'STANDS', pipe: [show(target, scopes, `tags.${MARK}`)] },
        differs(target.id, `${target.id}: tag`),
        {
          kind: 'when',
          test: credentialShow(target, scopes, 'id'),
          body: [...same('issuer', target.policy.issuer), ...same('subject', subjectOf(target)), ...same("join(' ', audiences)", target.policy.audience)],
          otherwise: missing('federated credential'),
        },
        { kind: 'comment', text: 'Any other credential is another way in.' },
        { kind: 'capture', variable: 'STANDS', pipe: [['az', 'identity', 'federated-credential', 'list', '--identity-name', target.id, '--resource-group', { text: scopes.group }, ...inSubscription(scopes), '--query', "join(' ', sort([].name))", '--output', 'tsv']] },
        differs('dekey', `${target.id}: federated credentials`),
        { kind: 'capture', variable: 'PRINCIPAL', pipe: [show(target, scopes, 'principalId')] },
        ...checkRoles(target, scopes, { variable: 'PRINCIPAL' }, 'only'),
      ],
      otherwise: missing('identity'),
    },
  ];
}

/** `only`: the identity is this plan's, so any other role in the subscription is a difference. */
function checkRoles(target: Target, scopes: Scopes, principal: Word, mode: 'only' | 'among others'): Statement[] {
  const planned = scopeIds(target, scopes);
  if (planned.length === 0 && mode === 'among others') return [];
  // Azure does not tell upper case from lower in ids.
  const wanted = planned.map((_, index) => `($scope${index} + " " + $role | ascii_downcase)`).join(', ');
  const found = '[.[] | select(.principalId == $principal) | .scope + " " + (.roleDefinitionId | split("/") | last) + (if .condition then " (conditional)" else "" end) | ascii_downcase]';
  const program = `${found} as $found | [${wanted}] as $wanted | (${mode === 'only' ? '$found + $wanted | unique' : '$wanted'}) | map(. as $each | if ($wanted | index($each)) == null then "unplanned " + $each elif ($found | index($each)) == null then "missing " + $each else empty end) | join("; ")`;
  return [
    {
      kind: 'capture',
      variable: 'STANDS',
      pipe: [
        ['az', 'role', 'assignment', 'list', '--all', ...inSubscription(scopes), '--output', 'json'],
        ['jq', '--raw-output', '--arg', 'principal', principal, '--arg', 'role', planned.length === 0 ? '' : roleOf(target).id, ...planned.flatMap((scope, index): Word[] => ['--arg', `scope${index}`, { text: scope }]), program],
      ],
    },
    { kind: 'unless', test: ['test', '-z', { variable: 'STANDS' }], body: [{ kind: 'say', parts: [`${target.id}: roles: `, { variable: 'STANDS' }] }, { kind: 'set', variable: 'WRONG', value: '1' }] },
  ];
}

function disableKeys(asking: Asking, scopes: Scopes): string {
  const { subscription, group, account } = scopes;
  return scriptFile('azure', 'check', 'Switches local authentication off at the resource: from then on its keys are refused. Undo: the same command with false.', {
    tools: ['az'],
    inputs: asking.describe([subscription, group, account].flatMap(inputsIn)),
    body: [
      { kind: 'capture', variable: 'RESOURCE', pipe: [['az', 'cognitiveservices', 'account', 'show', '--name', { text: account }, '--resource-group', { text: group }, ...inSubscription(scopes), '--query', 'id', '--output', 'tsv']] },
      { kind: 'run', pipe: [['az', 'resource', 'update', '--ids', { variable: 'RESOURCE' }, '--set', 'properties.disableLocalAuth=true', '--output', 'none']] },
      { kind: 'say', parts: ['keys of ', { variable: 'RESOURCE' }, ' are refused now'] },
    ],
  }).text;
}
