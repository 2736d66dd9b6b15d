import type { AccountSetting, ListedKey } from '../../../../src/model/account.ts';
import { explainAzure } from '../../../../src/sources/azure/explain.ts';
import { openAzure } from '../../../../src/sources/azure/index.ts';
import type { Proof } from '../../github/checks.ts';
import { type AccountWorld, proveAccount } from '../prove-account.ts';
import { type AzureWorld, fakeAz, startAzure } from './server.ts';

const SUBSCRIPTION = 'aaaaaaaa-0000-4000-8000-000000000001';
const ROOT = `/subscriptions/${SUBSCRIPTION}`;
const ACCOUNTS = 230;
const APPLICATIONS = 260;
const IDENTITIES = 30;
const ISSUER = 'https://token.actions.githubusercontent.com';
const AUDIENCE = 'api://AzureADTokenExchange';

type Key = Omit<ListedKey, 'target'>;
type Setting = Omit<AccountSetting, 'target'>;

function accounts(): { readonly items: AzureWorld['accounts']; readonly listed: readonly Key[]; readonly settings: readonly Setting[] } {
  const [listed, settings]: [Key[], Setting[]] = [[], []];
  const items = Array.from({ length: ACCOUNTS }, (_, index) => {
    const [name, kind, isClosed] = [`ai-${index}`, index % 2 === 0 ? 'OpenAI' : 'AIServices', index % 3 === 2];
    const id = `${ROOT}/resourceGroups/group-${index % 10}/providers/Microsoft.CognitiveServices/accounts/${name}`;
    if (isClosed) settings.push({ kind: 'policy', name: `${name}: disableLocalAuth`, facts: { id, enforced: 'true' } });
    else
      listed.push({ provider: 'azure-openai', kind: 'api-key', privilege: 'account', id, name, status: 'active', expires: 'never', facts: { localAuth: 'true', accountKind: kind, group: `group-${index % 10}`, location: 'westeurope', endpoint: `https://${name}.openai.azure.com/`, publicNetwork: 'enabled', accountCreated: '2024-01-01T00:00:00Z', can: 'call models, everything else in the account', note: 'two keys; their age and last use are not told' } });
    return { id, name, kind, location: 'westeurope', properties: { endpoint: `https://${name}.openai.azure.com/`, publicNetworkAccess: 'Enabled', dateCreated: '2024-01-01T00:00:00Z', ...(isClosed ? { disableLocalAuth: true } : {}) } };
  });
  return { items, listed, settings };
}

interface Applications extends Pick<AzureWorld, 'applications' | 'principals' | 'owners' | 'assignments' | 'groups'> {
  readonly listed: readonly Key[];
  readonly rules: readonly Setting[];
}

function assigned(principalId: string, principalType: string): Readonly<Record<string, unknown>> {
  return { id: 'x', properties: { principalId, principalType, roleDefinitionId: `${ROOT}/providers/Microsoft.Authorization/roleDefinitions/contributor`, scope: ROOT } };
}

function applications(values: readonly string[]): Applications {
  const [listed, rules]: [Key[], Setting[]] = [[], []];
  const owners: Record<string, Readonly<Record<string, unknown>>[]> = {};
  const [principals, assignments]: [Readonly<Record<string, unknown>>[], Readonly<Record<string, unknown>>[]] = [[], []];
  const groups: Record<string, readonly string[]> = {};
  assignments.push(assigned('group-1', 'Group'));
  const items = Array.from({ length: APPLICATIONS }, (_, index) => {
    const [id, appId, name] = [`app-${String(index).padStart(4, '0')}`, `client-${index}`, `service ${index}`];
    const isFederated = index % 4 === 0;
    const hasRole = index % 5 === 0;
    principals.push({ id: `sp-${index}`, appId, displayName: name, passwordCredentials: [] });
    if (hasRole && index % 2 === 0) assignments.push(assigned(`sp-${index}`, 'ServicePrincipal'));
    else if (hasRole) groups[`sp-${index}`] = [...Array.from({ length: 120 }, (_unused, number) => `group-of-nothing-${number}`), 'group-1'];
    if (index % 3 !== 0) owners[id] = [{ '@odata.type': '#microsoft.graph.user', id: `u-${index}`, userPrincipalName: `person${index}@acme.example` }];
    // Each application with secrets costs a request for its owners.
    const secrets = Array.from({ length: index % 7 === 4 ? 2 : index % 7 === 2 ? 1 : 0 }, (__, number) => {
      const hint = (number === 0 ? values[Math.floor(index / 7)] : undefined)?.slice(0, 3) ?? 'Xy8';
      const isOver = index % 10 === 1;
      const keyId = `k-${number}`;
      const owner = index % 3 === 0 ? undefined : `person${index}@acme.example`;
      listed.push({
        provider: 'azure',
        kind: 'client-secret',
        privilege: hasRole ? 'account' : 'unknown',
        id: `applications/${id}/passwordCredentials/${keyId}`,
        name: `secret ${number}`,
        status: isOver ? 'expired' : 'active',
        owner: owner === undefined ? { kind: 'none', name: '' } : { kind: 'person', name: owner },
        created: '2025-01-01T00:00:00Z',
        expires: isOver ? '2026-01-01T00:00:00Z' : '2027-01-01T00:00:00Z',
        hint: { head: hint, tail: '' },
        facts: { application: name, clientId: appId, ...(owner === undefined ? { ownerless: 'true' } : {}), ...(hasRole ? { can: 'read keys of AI accounts', roles: `Contributor on ${ROOT}`, reaches: 'azure-openai' } : { note: 'no role in the subscription' }) },
      });
      return { keyId, displayName: `secret ${number}`, hint, startDateTime: '2025-01-01T00:00:00Z', endDateTime: isOver ? '2026-01-01T00:00:00Z' : '2027-01-01T00:00:00Z' };
    });
    const subject = `repo:acme/app${index}:ref:refs/heads/main`;
    if (isFederated) rules.push({ kind: 'rule', name: `${name}: main`, facts: { issuer: ISSUER, subject, audience: AUDIENCE, becomes: name, clientId: appId } });
    return { id, appId, displayName: name, passwordCredentials: secrets, federatedIdentityCredentials: isFederated ? [{ id: `f-${index}`, name: 'main', issuer: ISSUER, subject, audiences: [AUDIENCE] }] : [] };
  });
  return { applications: items, principals, owners, assignments, groups, listed, rules };
}

/**
 * A subscription and its tenant, with some hundreds of keys of every kind, and a program `az` that gives the login.
 *
 * @param values client secrets that stand somewhere else: the first applications show the beginning of them
 */
export async function startAzureWorld({ values = [] }: { readonly values?: readonly string[] } = {}): Promise<AccountWorld> {
  const ai = accounts();
  const tenant = applications(values);
  const identities = Array.from({ length: IDENTITIES }, (_, index) => ({ id: `${ROOT}/resourceGroups/group-1/providers/Microsoft.ManagedIdentity/userAssignedIdentities/identity-${index}`, name: `identity-${index}`, properties: { clientId: `mi-${index}` } }));
  const identityRules: Record<string, Readonly<Record<string, unknown>>[]> = {};
  const rules: Setting[] = [...tenant.rules];
  for (const [index, { id, name }] of identities.entries()) {
    const properties = { issuer: 'https://oidc.aks.example/tenant/', subject: `system:serviceaccount:ai:worker-${index}`, audiences: [AUDIENCE] };
    identityRules[id] = [{ id: `${id}/federatedIdentityCredentials/aks`, name: 'aks', properties }];
    rules.push({ kind: 'rule', name: `${name}: aks`, facts: { issuer: properties.issuer, subject: properties.subject, audience: AUDIENCE, becomes: name, clientId: `mi-${index}` } });
  }
  const world: AzureWorld = {
    subscription: SUBSCRIPTION,
    accounts: ai.items,
    roles: [{ id: `${ROOT}/providers/Microsoft.Authorization/roleDefinitions/contributor`, properties: { roleName: 'Contributor', permissions: [{ actions: ['*'], notActions: ['Microsoft.Authorization/*/Write'], dataActions: [], notDataActions: [] }] } }],
    identities,
    identityRules,
    applications: tenant.applications,
    principals: tenant.principals,
    owners: tenant.owners,
    assignments: tenant.assignments,
    groups: tenant.groups,
  };
  const server = await startAzure(world);
  const az = fakeAz(server.origin, SUBSCRIPTION);
  const issuers: Setting[] = [ISSUER, 'https://oidc.aks.example/tenant/'].map((url) => ({ kind: 'issuer', name: url, facts: { url, audiences: AUDIENCE } }));
  return {
    env: { PATH: az.path },
    target: `azure:${SUBSCRIPTION}`,
    planted: { listed: [...ai.listed, ...tenant.listed], settings: [...ai.settings, ...issuers, ...rules] },
    server,
    stop: async () => {
      await server.stop();
      az.remove();
    },
  };
}

/** Not on Windows: there `az` is a script, which is never run. */
export async function proveAzure(): Promise<Proof> {
  return await proveAccount('azure', startAzureWorld, openAzure, explainAzure);
}
