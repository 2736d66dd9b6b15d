import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OpenRemote } from '../../src/sources/remote.ts';
import { explainAzure } from '../../src/sources/azure/explain.ts';
import { type AzureWorld, fakeAz, startAzure } from '../e2e/accounts/azure/server.ts';
import type { FakeProgram } from '../e2e/accounts/program.ts';
import { kept, readAccount } from './harness.ts';

const SUBSCRIPTION = '11111111-2222-4333-8444-555555555555';
const ROOT = `/subscriptions/${SUBSCRIPTION}`;
const account = (name: string, properties: object, kind = 'OpenAI') => ({ id: `${ROOT}/resourceGroups/ai/providers/Microsoft.CognitiveServices/accounts/${name}`, name, kind, location: 'swedencentral', properties: { endpoint: `https://${name}.openai.azure.com/`, dateCreated: '2024-03-04T05:06:07.1234567Z', ...properties } });
const role = (id: string, roleName: string, permission: object) => ({ id: `${ROOT}/providers/Microsoft.Authorization/roleDefinitions/${id}`, properties: { roleName, permissions: [permission] } });
const assigned = (principalId: string, id: string, scope: string, principalType = 'ServicePrincipal') => ({ id: 'x', properties: { principalId, principalType, roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${id.toUpperCase()}`, scope } });
const secret = (keyId: string, more: object = {}) => ({ keyId, displayName: 'ci', hint: 'Ab8', secretText: null, startDateTime: '2025-01-01T00:00:00Z', endDateTime: '2027-01-01T00:00:00Z', ...more });
const IDENTITY = `${ROOT}/resourcegroups/ai/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deployer`;
const GITHUB = 'https://token.actions.githubusercontent.com';
const WORLD: AzureWorld = {
  subscription: SUBSCRIPTION,
  accounts: [account('chat', { publicNetworkAccess: 'Enabled', networkAcls: { defaultAction: 'Allow' } }), account('closed', { disableLocalAuth: true }), account('foundry', { disableLocalAuth: false, publicNetworkAccess: 'Disabled' }, 'AIServices')],
  roles: [
    role('aaaa', 'Cognitive Services OpenAI User', { actions: ['Microsoft.CognitiveServices/*/read'], notActions: [], dataActions: ['Microsoft.CognitiveServices/accounts/OpenAI/*/action'], notDataActions: [] }),
    role('bbbb', 'Contributor', { actions: ['*'], notActions: ['Microsoft.Authorization/*/Write'], dataActions: [], notDataActions: [] }),
    role('cccc', 'Owner', { actions: ['*'], notActions: [] }),
    role('dddd', 'Reader', { actions: ['*/read'], notActions: [] }),
  ],
  assignments: [assigned('SP-1', 'aaaa', `${ROOT}/resourceGroups/AI`), assigned('sp-1', 'dddd', ROOT), assigned('sp-2', 'cccc', '/'), assigned('sp-3', 'bbbb', `${ROOT}/resourceGroups/web`), assigned('user-1', 'cccc', ROOT), assigned('group-1', 'aaaa', '/', 'Group')],
  groups: { 'sp-5': ['role-of-the-directory', 'x', 'GROUP-1'] },
  identities: [{ id: IDENTITY, name: 'deployer', properties: { clientId: 'client-mi', principalId: 'sp-9' } }],
  identityRules: { [IDENTITY]: [{ id: `${IDENTITY}/federatedIdentityCredentials/aks`, name: 'aks', properties: { issuer: 'https://oidc.aks.example/t/', subject: 'system:serviceaccount:ai:worker', audiences: ['api://AzureADTokenExchange'] } }] },
  applications: [
    { id: 'app-1', appId: 'client-1', displayName: 'worker', passwordCredentials: [secret('k1'), secret('k2', { endDateTime: '2026-01-01T00:00:00Z', displayName: null, hint: 'a-whole-secret?' })], federatedIdentityCredentials: [{ id: 'f1', name: 'main', issuer: GITHUB, subject: 'repo:acme/app:ref:refs/heads/main', audiences: ['api://AzureADTokenExchange'] }] },
    { id: 'app-2', appId: 'client-2', displayName: 'robot', passwordCredentials: [secret('k3', { endDateTime: '2299-12-31T00:00:00Z', hint: null })], federatedIdentityCredentials: [{ id: 'f2', name: 'flexible', issuer: GITHUB, subject: null, audiences: ['other'], claimsMatchingExpression: { value: "claims['sub'] matches 'repo:acme/*'", languageVersion: 1 } }] },
    { id: 'app-3', appId: 'client-3', displayName: 'web', passwordCredentials: [secret('k4')], federatedIdentityCredentials: [] },
    { id: 'app-4', appId: 'client-4', displayName: 'without', passwordCredentials: [], federatedIdentityCredentials: [] },
    { id: 'app-5', appId: 'client-5', displayName: 'elsewhere', passwordCredentials: [secret('k5')], federatedIdentityCredentials: [] },
    { id: 'app-6', appId: 'client-6', displayName: 'of a group', passwordCredentials: [secret('k7')], federatedIdentityCredentials: [] },
  ],
  principals: [
    { id: 'sp-1', appId: 'client-1', displayName: 'worker', passwordCredentials: [] },
    { id: 'sp-2', appId: 'client-2', displayName: 'robot', passwordCredentials: [secret('k6')] },
    { id: 'sp-3', appId: 'client-3', displayName: 'web', passwordCredentials: [] },
    { id: 'sp-5', appId: 'client-6', displayName: 'of a group', passwordCredentials: [] },
  ],
  owners: { 'app-1': [{ '@odata.type': '#microsoft.graph.user', id: 'u2', displayName: 'Bob', userPrincipalName: 'bob@acme.example' }, { '@odata.type': '#microsoft.graph.user', id: 'u1', displayName: 'Ada', userPrincipalName: 'ada@acme.example' }], 'app-3': [{ '@odata.type': '#microsoft.graph.servicePrincipal', id: 'sp-7', displayName: 'terraform' }] },
};

const programs: FakeProgram[] = [];
const path = process.env['PATH'];
/** Programs are looked for once in a process: each test starts afresh. */
let openAzure: OpenRemote;
beforeEach(async () => {
  vi.resetModules();
  ({ openAzure } = await import('../../src/sources/azure/index.ts'));
});
afterEach(() => {
  process.env['PATH'] = path;
  for (const program of programs.splice(0)) program.remove();
});

async function start(world: AzureWorld = WORLD, page = 2, answers: Readonly<Record<string, string | number>> = {}) {
  const server = kept(await startAzure(world, page));
  const program = fakeAz(server.origin, SUBSCRIPTION, answers);
  programs.push(program);
  process.env['PATH'] = program.path;
  return { server, program, env: { PATH: program.path } };
}

describe.skipIf(process.platform === 'win32')('azure:', () => {
  it('lists each account whose keys work, and reads no key', async () => {
    const { server, program, env } = await start();
    const { target, accounts, key, reasons } = await readAccount(openAzure, SUBSCRIPTION, env);
    expect(target).toMatchObject({ id: 't4', kind: 'azure', name: `azure:${SUBSCRIPTION}`, facts: { subscription: 'Acme Production', tenant: '72f00000-0000-4000-8000-000000000000' } });
    expect(reasons).toEqual([]);
    const id = `${ROOT}/resourceGroups/ai/providers/Microsoft.CognitiveServices/accounts/chat`;
    expect(key(id)).toEqual({
      target: 't4',
      provider: 'azure-openai',
      kind: 'api-key',
      privilege: 'account',
      id,
      name: 'chat',
      status: 'active',
      expires: 'never',
      facts: { localAuth: 'true', accountKind: 'OpenAI', group: 'ai', location: 'swedencentral', endpoint: 'https://chat.openai.azure.com/', publicNetwork: 'enabled', networkDefault: 'allow', accountCreated: '2024-03-04T05:06:07.123Z', can: 'call models, everything else in the account', note: 'two keys; their age and last use are not told' },
    });
    expect(accounts.listed?.filter(({ provider }) => provider === 'azure-openai').map(({ name }) => name)).toEqual(['chat', 'foundry']);
    expect(accounts.settings.filter(({ kind }) => kind === 'policy')).toEqual([{ target: 't4', kind: 'policy', name: 'closed: disableLocalAuth', facts: { id: `${ROOT}/resourceGroups/ai/providers/Microsoft.CognitiveServices/accounts/closed`, enforced: 'true' } }]);
    expect(server.violations).toEqual([]);
    expect(server.asked.some(({ path: asked }) => /listKeys/i.test(asked))).toBe(false);
    expect(program.calls().map(([first, second]) => `${first} ${second}`)).toEqual(['cloud show', 'account get-access-token', 'account get-access-token']);
  });

  it('lists client secrets with their owners, and what their application may do', async () => {
    const { env } = await start();
    const { accounts, key } = await readAccount(openAzure, SUBSCRIPTION, env);
    expect(accounts.listed?.filter(({ kind }) => kind === 'client-secret').map(({ id }) => id)).toEqual(['applications/app-1/passwordCredentials/k1', 'applications/app-1/passwordCredentials/k2', 'applications/app-2/passwordCredentials/k3', 'applications/app-3/passwordCredentials/k4', 'applications/app-5/passwordCredentials/k5', 'applications/app-6/passwordCredentials/k7', 'servicePrincipals/sp-2/passwordCredentials/k6']);
    expect(key('applications/app-1/passwordCredentials/k1')).toEqual({
      target: 't4',
      provider: 'azure',
      kind: 'client-secret',
      privilege: 'account',
      id: 'applications/app-1/passwordCredentials/k1',
      name: 'ci',
      status: 'active',
      owner: { kind: 'person', name: 'ada@acme.example, bob@acme.example' },
      created: '2025-01-01T00:00:00Z',
      expires: '2027-01-01T00:00:00Z',
      hint: { head: 'Ab8', tail: '' },
      facts: { application: 'worker', clientId: 'client-1', can: 'call models', roles: `Cognitive Services OpenAI User on ${ROOT}/resourceGroups/AI, Reader on ${ROOT}`, reaches: 'azure-openai' },
    });
    const second = key('applications/app-1/passwordCredentials/k2');
    expect(second).toMatchObject({ status: 'expired', name: 'worker' });
    expect(second).not.toHaveProperty('hint');
    expect(key('applications/app-2/passwordCredentials/k3')).toMatchObject({ expires: 'never', privilege: 'admin', owner: { kind: 'none' }, facts: { ownerless: 'true', can: 'read keys of AI accounts, grant roles', reaches: 'azure-openai' } });
    // A contributor of another group reaches no account.
    expect(key('applications/app-3/passwordCredentials/k4')).toMatchObject({ privilege: 'unknown', owner: { kind: 'service-account', name: 'terraform' }, facts: { roles: `Contributor on ${ROOT}/resourceGroups/web` } });
    expect(key('applications/app-3/passwordCredentials/k4').facts).not.toHaveProperty('reaches');
    expect(key('applications/app-5/passwordCredentials/k5').facts['note']).toBe('no role in the subscription');
    expect(key('applications/app-6/passwordCredentials/k7')).toMatchObject({ privilege: 'account', facts: { can: 'call models', roles: 'Cognitive Services OpenAI User on /', reaches: 'azure-openai' } });
    expect(key('servicePrincipals/sp-2/passwordCredentials/k6')).not.toHaveProperty('owner');
  });

  it('tells the federation of applications and of managed identities', async () => {
    const { env } = await start();
    const { accounts } = await readAccount(openAzure, SUBSCRIPTION, env);
    expect(accounts.settings.filter(({ kind }) => kind !== 'policy')).toEqual([
      { target: 't4', kind: 'issuer', name: 'https://oidc.aks.example/t/', facts: { url: 'https://oidc.aks.example/t/', audiences: 'api://AzureADTokenExchange' } },
      { target: 't4', kind: 'issuer', name: GITHUB, facts: { url: GITHUB, audiences: 'api://AzureADTokenExchange,other' } },
      { target: 't4', kind: 'rule', name: 'deployer: aks', facts: { issuer: 'https://oidc.aks.example/t/', subject: 'system:serviceaccount:ai:worker', audience: 'api://AzureADTokenExchange', becomes: 'deployer', clientId: 'client-mi' } },
      { target: 't4', kind: 'rule', name: 'robot: flexible', facts: { issuer: GITHUB, audience: 'other', condition: "claims['sub'] matches 'repo:acme/*'", becomes: 'robot', clientId: 'client-2' } },
      { target: 't4', kind: 'rule', name: 'worker: main', facts: { issuer: GITHUB, subject: 'repo:acme/app:ref:refs/heads/main', audience: 'api://AzureADTokenExchange', becomes: 'worker', clientId: 'client-1' } },
    ]);
  });

  it.each([
    ['/subscriptions/*/providers/Microsoft.CognitiveServices', 'Azure AI accounts', 'Reader on the subscription', 1],
    ['/subscriptions/*/providers/Microsoft.Authorization/roleDefinitions', 'what roles allow', 'Reader on the subscription', 1],
    ['/subscriptions/*/providers/Microsoft.Authorization/roleAssignments', 'roles of applications in the subscription', 'Reader on the subscription', 1],
    ['/subscriptions/*/providers/Microsoft.ManagedIdentity', 'managed identities', 'Reader on the subscription', 1],
    ['/subscriptions/*/resourcegroups', 'federated credentials of a managed identity', 'Reader on the subscription', 1],
    ['/v1.0/applications', 'applications, with their client secrets and federated credentials', 'Application.Read.All of Microsoft Graph', 1],
    ['/v1.0/servicePrincipals', 'service principals, with their client secrets', 'Application.Read.All of Microsoft Graph', 1],
    ['/v1.0/applications/*/owners', 'owners of an application that has client secrets', 'Application.Read.All of Microsoft Graph', 5],
    ['/v1.0/servicePrincipals/*/transitiveMemberOf', 'groups of an application that has client secrets, where groups have roles', 'Application.Read.All of Microsoft Graph', 5],
  ])('names the permission when %s is refused', async (refused, title, permission, count) => {
    const { server, env } = await start();
    server.refused.set(refused, 403);
    const { target } = await readAccount(openAzure, SUBSCRIPTION, env);
    expect(target.skipped).toEqual([{ reason: expect.stringMatching(new RegExp(`^${title}: not readable \\(403, GET \\S+ needs ${permission}\\)$`)), count, examples: expect.any(Array), incomplete: true }]);
  });

  it('says that roles are not known when they were not read', async () => {
    const { server, env } = await start();
    server.refused.set('/subscriptions/*/providers/Microsoft.Authorization', 403);
    const { key } = await readAccount(openAzure, SUBSCRIPTION, env);
    expect(key('applications/app-2/passwordCredentials/k3')).toMatchObject({ privilege: 'unknown', facts: { note: 'which roles it has in the subscription was not read' } });
  });

  it('asks for groups only where a group has a role, and says when they could not be read', async () => {
    const alone = await start({ ...WORLD, assignments: WORLD.assignments.slice(0, -1) });
    await readAccount(openAzure, SUBSCRIPTION, alone.env);
    expect(alone.server.asked.some(({ path: asked }) => asked.endsWith('/transitiveMemberOf'))).toBe(false);
    vi.resetModules();
    const refused = await start();
    refused.server.refused.set('/v1.0/servicePrincipals/*/transitiveMemberOf', 403);
    const fresh = await import('../../src/sources/azure/index.ts');
    const { key } = await readAccount(fresh.openAzure, SUBSCRIPTION, refused.env);
    expect(key('applications/app-6/passwordCredentials/k7')).toMatchObject({ privilege: 'unknown', facts: { note: 'which roles it has through groups was not read' } });
  });

  it('reads the subscription when az has no login for Microsoft Graph', async () => {
    const server = kept(await startAzure(WORLD, 2));
    const program = fakeAz(server.origin, SUBSCRIPTION, { [`account get-access-token --resource ${server.origin}/`]: 1 });
    programs.push(program);
    process.env['PATH'] = program.path;
    const { accounts, target } = await readAccount(openAzure, SUBSCRIPTION, { PATH: program.path });
    expect(accounts.listed?.map(({ name }) => name)).toEqual(['chat', 'foundry']);
    expect(target.skipped).toMatchObject([{ reason: expect.stringContaining('az gave no login for Microsoft Graph; it needs Application.Read.All'), incomplete: true }, { incomplete: true }]);
  });

  it('follows no link to another host, and keeps what it had', async () => {
    const { server, env } = await start({ ...WORLD, linkOrigin: 'https://elsewhere.example' });
    const { accounts, reasons } = await readAccount(openAzure, SUBSCRIPTION, env);
    expect(accounts.listed?.filter(({ provider }) => provider === 'azure-openai').map(({ name }) => name)).toEqual(['chat']);
    expect(reasons[0]).toBe('Azure AI accounts: not readable (Azure Resource Manager answered something else than it documents: nextLink of GET /subscriptions/11111111-2222-4333-8444-555555555555/providers/Microsoft.CognitiveServices/accounts is at another host)');
    expect(server.asked.every(({ headers }) => headers.host === new URL(server.origin).host)).toBe(true);
  });

  it('waits as long as it is asked to, and asks again for what was cut or lost', async () => {
    const { server, env } = await start();
    server.faults.set('/v1.0/applications', ['throttle', 'cut']);
    server.faults.set(`${ROOT}/providers/Microsoft.CognitiveServices`, ['drop', 'html', 'busy']);
    const { accounts, reasons } = await readAccount(openAzure, SUBSCRIPTION, env);
    expect(reasons).toEqual([]);
    expect(accounts.listed).toHaveLength(9);
    expect(server.waits.every((wait) => wait >= 950)).toBe(true);
  });

  it('stops at once where az is not logged in, for another subscription and for what is none', async () => {
    const { env } = await start(WORLD, 2, { 'account get-access-token': 1 });
    await expect(readAccount(openAzure, SUBSCRIPTION, env)).rejects.toMatchObject({ name: 'TargetError', message: 'az account get-access-token gave no login: ERROR: not logged in', fix: expect.stringContaining('az login') });
    await expect(readAccount(openAzure, 'prod', env)).rejects.toMatchObject({ name: 'UsageError' });
  });

  it('stops at once for a subscription that is not there', async () => {
    const { env } = await start({ ...WORLD, subscription: '99999999-2222-4333-8444-555555555555' });
    await expect(readAccount(openAzure, SUBSCRIPTION, env)).rejects.toMatchObject({ name: 'TargetError', message: expect.stringContaining('Azure Resource Manager answered 404') });
  });

  it('stops at once without az', async () => {
    process.env['PATH'] = '';
    await expect(readAccount(openAzure, SUBSCRIPTION, {})).rejects.toMatchObject({ message: 'There is no login, and no program az to ask for one', fix: expect.stringContaining('az login') });
  });

  it('explains each call that it makes', async () => {
    const { server, env } = await start();
    await readAccount(openAzure, SUBSCRIPTION, env);
    const known = explainAzure.calls.map(({ call }) => new RegExp(`^${call.replace(/^GET [^/]*/, '').replaceAll(/\{[^}]*\}/g, '[^/]+')}$`, 'i'));
    expect(server.asked.filter(({ path: asked }) => !known.some((pattern) => pattern.test(asked))).map(({ path: asked }) => asked)).toEqual([]);
    expect(known.filter((pattern) => !server.asked.some(({ path: asked }) => pattern.test(asked)))).toEqual([]);
  });
});
