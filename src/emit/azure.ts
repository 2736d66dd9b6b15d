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
const TOOLS = ['az'] as const;

/** Built-in roles by id: names of roles change, ids do not. */
const ROLES = {
  openai: { id: '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd', name: 'Cognitive Services OpenAI User' },
  foundry: { id: '53ca6127-db72-4b80-b1b0-d745d6d5456d', name: 'Azure AI User' },
  secret: { id: '4633458b-17de-408a-b874-0445c86b69e6', name: 'Key Vault Secrets User' },
} as const;

/** Microsoft Entra: for each identity a user-assigned managed identity, one federated credential with an exact subject, and one role on one resource. */
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
    terraformFile('azure', 'Managed identities, federated credentials and roles of Azure.', { name: 'azurerm', source: 'hashicorp/azurerm', version: '>= 5.0' }, asking, terraformBlocks(outside, inside, scopes, location, principal), [
      { type: 'provider', labels: ['azurerm'], attributes: { resource_providers_to_register: ['Microsoft.CognitiveServices', 'Microsoft.ManagedIdentity'] }, blocks: [{ type: 'features' }] },
    ]),
    ...outside.map((target): EmittedFile => ({ path: `azure/credential.${target.id}.json`, kind: 'json', role: 'create', purpose: `The federated credential of ${target.id} as the API has it.`, text: jsonText(credentialBody(target)) })),
    scriptFile('azure', 'create', 'Makes identities, federated credentials and role assignments where they are missing, and prints the client ids.', {
      tools: TOOLS,
      inputs,
      body: [...outside.flatMap((target) => createIdentity(target, scopes, location)), ...inside.flatMap((target) => assign(target, scopes, { text: principal }))],
    }),
    scriptFile('azure', 'check', 'Reads the federated credentials and names every difference from the plan. Exit 1 when there is any.', {
      tools: TOOLS,
      inputs,
      body: [{ kind: 'set', variable: 'WRONG', value: '0' }, ...outside.flatMap((target) => checkIdentity(target, group)), { kind: 'when', test: ['test', { variable: 'WRONG' }, '=', '1'], body: [{ kind: 'fail', parts: ['Not as planned.'] }], otherwise: [{ kind: 'say', parts: ['As planned.'] }] }],
    }),
    scriptFile('azure', 'undo', 'Deletes the identities of this plan; their credentials and role assignments go with them.', {
      tools: TOOLS,
      inputs: inputs.filter(({ id }) => id === GROUP.id),
      body: outside.map((target): Statement => ({ kind: 'run', pipe: [['az', 'identity', 'delete', '--name', target.id, '--resource-group', { text: group }]] })),
    }),
    ...(needsAccount
      ? [
          {
            path: 'azure/disable-keys.sh',
            kind: 'shell',
            role: 'guard',
            purpose: 'Phase 3: switches local authentication off, so that the two keys of the resource, which cannot be deleted, are worth nothing.',
            text: disableKeys(asking, group, account),
          } satisfies EmittedFile,
        ]
      : []),
  ];
  return {
    files,
    manual: ['The resource needs a custom subdomain (customSubDomainName) before it takes Entra tokens.', 'Role assignments take minutes to hold: retry a 403 before you look for a fault.', ...(needsAccount ? ['After the switch, with no request by key in the metrics: bash azure/disable-keys.sh.'] : [])],
  };
};

interface Scopes {
  readonly subscription: Text;
  readonly group: Text;
  readonly account: Text;
  readonly vault: Text;
}

function scopeOf(permission: Target['permission']): 'account' | 'secret' | 'none' {
  if (permission === 'read-secret') return 'secret';
  return permission === 'mint-token' || permission === 'cloud-access' ? 'none' : 'account';
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

function sharedResources(targets: readonly Target[], account: Text, vault: Text): BicepResource[] {
  return [
    ...(account.length === 0 ? [] : [{ symbol: 'account', type: 'Microsoft.CognitiveServices/accounts@2024-10-01', existing: true, body: { name: data(account) } } satisfies BicepResource]),
    ...(vault.length === 0 ? [] : [{ symbol: 'vault', type: 'Microsoft.KeyVault/vaults@2023-07-01', existing: true, body: { name: data(vault) } } satisfies BicepResource]),
    ...[...new Set(targets.filter(({ permission }) => permission === 'read-secret').flatMap(({ keys }) => keys))].toSorted().map((key): BicepResource => ({ symbol: secretSymbol(key), type: 'Microsoft.KeyVault/vaults/secrets@2023-07-01', existing: true, body: { parent: bicepExpression('vault'), name: secretName(key) } })),
  ];
}

function secretSymbol(key: string): string {
  return `secret_${key.toLowerCase().replace(/[^a-z0-9]/g, '_')}`;
}

function identityResources(target: Target, location: Text): BicepResource[] {
  const name = symbol(target.id);
  const { name: credential, ...fields } = credentialBody(target);
  return [
    { symbol: `identity_${name}`, type: 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31', comment: target.workload.replace(/\s+/g, ' '), body: { name: target.id, location: data(location) } },
    { symbol: `credential_${name}`, type: 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2023-01-31', body: { parent: bicepExpression(`identity_${name}`), name: credential, properties: fields } },
  ];
}

function roleResources(target: Target, principal: Text | undefined): BicepResource[] {
  const kind = scopeOf(target.permission);
  if (kind === 'none') return [];
  const name = symbol(target.id);
  const role = roleOf(target);
  const scopes = kind === 'account' ? ['account'] : target.keys.map(secretSymbol);
  const principalId = principal === undefined ? bicepExpression(`identity_${name}.properties.principalId`) : data(principal);
  return scopes.map((scope, index): BicepResource => ({
    symbol: `role_${name}${scopes.length > 1 ? `_${index + 1}` : ''}`,
    type: 'Microsoft.Authorization/roleAssignments@2022-04-01',
    comment: role.name,
    body: {
      name: bicepExpression(`guid(${scope}.id, ${principal === undefined ? `identity_${name}.id` : `'${target.id}'`}, '${role.id}')`),
      scope: bicepExpression(scope),
      properties: { principalId, principalType: 'ServicePrincipal', roleDefinitionId: bicepExpression(`subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '${role.id}')`) },
    },
  }));
}

function scopeIds(target: Target, { subscription, group, account, vault }: Scopes): readonly Text[] {
  const base = concat('/subscriptions/', subscription, '/resourceGroups/', group, '/providers/');
  const kind = scopeOf(target.permission);
  if (kind === 'none') return [];
  return kind === 'account' ? [concat(base, 'Microsoft.CognitiveServices/accounts/', account)] : target.keys.map((key) => concat(base, 'Microsoft.KeyVault/vaults/', vault, `/secrets/${secretName(key)}`));
}

function terraformBlocks(outside: readonly Target[], inside: readonly Target[], scopes: Scopes, location: Text, principal: Text): Block[] {
  const role = (target: Target, principalId: ReturnType<typeof expression>): Block[] =>
    scopeIds(target, scopes).map((scope, index, all) => ({
      type: 'resource',
      labels: ['azurerm_role_assignment', all.length > 1 ? `${target.id}-${index + 1}` : target.id],
      comment: roleOf(target).name,
      attributes: { scope: data(scope), role_definition_id: data(concat('/subscriptions/', scopes.subscription, `/providers/Microsoft.Authorization/roleDefinitions/${roleOf(target).id}`)), principal_id: principalId, principal_type: 'ServicePrincipal' },
    }));
  return [
    ...outside.flatMap((target): Block[] => [
      { type: 'resource', labels: ['azurerm_user_assigned_identity', target.id], comment: target.workload.replace(/\s+/g, ' '), attributes: { name: target.id, resource_group_name: data(scopes.group), location: data(location) } },
      {
        type: 'resource',
        labels: ['azurerm_federated_identity_credential', target.id],
        attributes: { name: 'dekey', user_assigned_identity_id: expression(`azurerm_user_assigned_identity.${target.id}.id`), issuer: data(target.policy.issuer), subject: data(subjectOf(target)), audience: [data(target.policy.audience)] },
      },
      ...role(target, expression(`azurerm_user_assigned_identity.${target.id}.principal_id`)),
      { type: 'output', labels: [`client_id_${parameterName(symbol(target.id))}`], attributes: { value: expression(`azurerm_user_assigned_identity.${target.id}.client_id`) } },
    ]),
    ...inside.flatMap((target) => role(target, data(principal))),
  ];
}

function createIdentity(target: Target, scopes: Scopes, location: Text): Statement[] {
  const group: Word = { text: scopes.group };
  const show = (query: string): Word[] => ['az', 'identity', 'show', '--name', target.id, '--resource-group', group, '--query', query, '--output', 'tsv'];
  const credential = (verb: string): Word[] => [
    'az', 'identity', 'federated-credential', verb, '--name', 'dekey', '--identity-name', target.id, '--resource-group', group,
    '--issuer', { text: target.policy.issuer }, '--subject', { text: subjectOf(target) }, '--audiences', { text: target.policy.audience }, '--output', 'none',
  ];
  return [
    { kind: 'comment', text: `${target.id}: ${target.workload}` },
    { kind: 'unless', test: show('id'), body: [{ kind: 'run', pipe: [['az', 'identity', 'create', '--name', target.id, '--resource-group', group, '--location', { text: location }, '--output', 'none']] }] },
    { kind: 'when', test: credentialShow(target, scopes.group, 'id'), body: [{ kind: 'run', pipe: [credential('update')] }], otherwise: [{ kind: 'run', pipe: [credential('create')] }] },
    { kind: 'capture', variable: 'PRINCIPAL', pipe: [show('principalId')] },
    ...assign(target, scopes, { variable: 'PRINCIPAL' }),
    { kind: 'capture', variable: 'CLIENT', pipe: [show('clientId')] },
    { kind: 'say', parts: [`# ${target.id}`] },
    { kind: 'say', parts: ['AZURE_CLIENT_ID=', { variable: 'CLIENT' }] },
    { kind: 'blank' },
  ];
}

/** Making an assignment that is there already changes nothing. */
function assign(target: Target, scopes: Scopes, principal: Word): Statement[] {
  return scopeIds(target, scopes).map((scope) => ({
    kind: 'run',
    pipe: [['az', 'role', 'assignment', 'create', '--assignee-object-id', principal, '--assignee-principal-type', 'ServicePrincipal', '--role', roleOf(target).id, '--scope', { text: scope }, '--output', 'none']],
  }));
}

function credentialShow(target: Target, group: Text, query: string): Word[] {
  return ['az', 'identity', 'federated-credential', 'show', '--name', 'dekey', '--identity-name', target.id, '--resource-group', { text: group }, '--query', query, '--output', 'tsv'];
}

function checkIdentity(target: Target, group: Text): Statement[] {
  const same = (query: string, wanted: Text): Statement[] => [
    { kind: 'capture', variable: 'STANDS', pipe: [credentialShow(target, group, query)] },
    { kind: 'unless', test: ['test', { variable: 'STANDS' }, '=', { text: wanted }], body: [{ kind: 'say', parts: [`${target.id}: ${query} is `, { variable: 'STANDS' }, ', planned is ', { text: wanted }] }, { kind: 'set', variable: 'WRONG', value: '1' }] },
  ];
  return [
    {
      kind: 'when',
      test: credentialShow(target, group, 'id'),
      body: [...same('issuer', target.policy.issuer), ...same('subject', subjectOf(target)), ...same('audiences[0]', target.policy.audience)],
      otherwise: [{ kind: 'say', parts: [`${target.id}: missing`] }, { kind: 'set', variable: 'WRONG', value: '1' }],
    },
  ];
}

function disableKeys(asking: Asking, group: Text, account: Text): string {
  return scriptFile('azure', 'check', 'Switches local authentication off at the resource: from then on its keys are refused. Undo: the same command with false.', {
    tools: TOOLS,
    inputs: asking.describe([...inputsIn(group), ...inputsIn(account)]),
    body: [
      { kind: 'capture', variable: 'RESOURCE', pipe: [['az', 'cognitiveservices', 'account', 'show', '--name', { text: account }, '--resource-group', { text: group }, '--query', 'id', '--output', 'tsv']] },
      { kind: 'run', pipe: [['az', 'resource', 'update', '--ids', { variable: 'RESOURCE' }, '--set', 'properties.disableLocalAuth=true', '--output', 'none']] },
      { kind: 'say', parts: ['keys of ', { variable: 'RESOURCE' }, ' are refused now'] },
    ],
  }).text;
}
