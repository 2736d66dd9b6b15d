import type { AccountSetting, ListedKey } from '../../../../src/model/account.ts';
import { explainGcp } from '../../../../src/sources/gcp/explain.ts';
import { openGcp } from '../../../../src/sources/gcp/index.ts';
import type { Proof } from '../../github/checks.ts';
import { type AccountWorld, proveAccount } from '../prove-account.ts';
import { endpoints, type GcpWorld, startGcp, TOKEN } from './server.ts';

const PROJECT = 'acme-prod';
const API_KEYS = 310;
const ACCOUNTS = 240;
const POOLS = 3;
const PROVIDERS = 110;
const GEMINI = 'generativelanguage.googleapis.com';
const VERTEX = 'aiplatform.googleapis.com';

const OWNER = 'organizations/12/roles/owner';
/** By the number of the account: none, and a role of each kind. */
const ROLE_OF: readonly (string | undefined)[] = [undefined, OWNER, `projects/${PROJECT}/roles/keyMaker`, 'roles/aiplatform.user', undefined];
const ROLES: Readonly<Record<string, readonly string[]>> = { [OWNER]: ['aiplatform.endpoints.predict', 'resourcemanager.projects.setIamPolicy'], [`projects/${PROJECT}/roles/keyMaker`]: ['iam.serviceAccountKeys.create'], 'roles/aiplatform.user': ['aiplatform.endpoints.predict'] };
const CAN: Readonly<Record<string, string>> = { [OWNER]: 'call models, change permissions', [`projects/${PROJECT}/roles/keyMaker`]: 'create keys', 'roles/aiplatform.user': 'call models' };

type Item = Readonly<Record<string, unknown>>;
const day = (index: number): string => new Date(Date.parse('2025-12-01T09:00:00Z') - index * 86_400_000).toISOString().replace('.000Z', 'Z');
const keyId = (account: number, index: number): string => `${account.toString(16).padStart(6, '0')}${index}`.padEnd(40, 'f');
const emailOf = (index: number): string => `job-${index}@${PROJECT}.iam.gserviceaccount.com`;

function apiKeys(): { readonly items: readonly Item[]; readonly listed: readonly Omit<ListedKey, 'target'>[] } {
  const items: Item[] = [];
  const listed: Omit<ListedKey, 'target'>[] = [];
  for (let index = 0; index < API_KEYS; index += 1) {
    const id = `projects/1/locations/global/keys/${String(index).padStart(8, '0')}-0000-4000-8000-000000000000`;
    // Nothing, Gemini alone, one that is no AI service, Vertex AI by a bound account.
    const service = [undefined, GEMINI, 'maps-backend.googleapis.com', VERTEX][index % 4];
    items.push({ name: id, uid: String(index), displayName: `key ${index}`, createTime: day(index), ...(service === undefined ? {} : { restrictions: { apiTargets: [{ service }] } }), ...(service === VERTEX ? { serviceAccountEmail: emailOf(index % ACCOUNTS) } : {}) });
    if (service !== undefined && service !== GEMINI && service !== VERTEX) continue;
    listed.push({
      provider: service === VERTEX ? 'google-vertex' : 'google-gemini',
      kind: 'api-key',
      privilege: service === undefined ? 'project' : 'restricted',
      id,
      name: `key ${index}`,
      status: 'active',
      ...(service === VERTEX ? { owner: { kind: 'service-account', name: emailOf(index % ACCOUNTS) } } : {}),
      created: day(index),
      expires: 'never',
      facts: { project: PROJECT, can: 'call models', restrictions: service === undefined ? 'none' : `services: ${service}`, reaches: service === VERTEX ? 'vertex' : 'gemini' },
    });
  }
  return { items, listed };
}

/**
 * A project with some hundreds of keys of every kind.
 *
 * @param keyIds `private_key_id`s that stand somewhere else: the first accounts have them as their first keys
 */
export async function startGcpWorld({ keyIds = [] }: { readonly keyIds?: readonly string[] } = {}): Promise<AccountWorld> {
  const api = apiKeys();
  const listed: Omit<ListedKey, 'target'>[] = [...api.listed];
  const keys: Record<string, Item[]> = {};
  const uses: Item[] = [];
  for (let account = 0; account < ACCOUNTS; account += 1) {
    const email = emailOf(account);
    keys[email] = [{ name: `projects/${PROJECT}/serviceAccounts/${email}/keys/${'0'.repeat(40)}`, keyType: 'SYSTEM_MANAGED', validAfterTime: day(1), validBeforeTime: day(0) }];
    for (let index = 0; index < account % 3; index += 1) {
      const id = (index === 0 ? keyIds[(account - (account % 3)) / 3] : undefined) ?? keyId(account, index);
      const name = `projects/${PROJECT}/serviceAccounts/${email}/keys/${id}`;
      const isDisabled = account % 20 === 19;
      const used = account % 4 === 1 ? undefined : day(account % 90);
      keys[email].push({ name, keyType: 'USER_MANAGED', keyOrigin: 'GOOGLE_PROVIDED', validAfterTime: day(account), validBeforeTime: '9999-12-31T23:59:59Z', ...(isDisabled ? { disabled: true } : {}) });
      uses.push({ fullResourceName: `//iam.googleapis.com/${name}`, observationPeriod: { startTime: '2024-01-01T08:00:00Z' }, activity: used === undefined ? {} : { lastAuthenticatedTime: used } });
      const role = ROLE_OF[account % 5];
      const can = role === undefined ? undefined : CAN[role];
      listed.push({ provider: 'google-vertex', kind: 'service-account-key', privilege: role === OWNER ? 'admin' : 'unknown', id: name, name: `${email} ${id.slice(0, 8)}`, status: isDisabled ? 'inactive' : 'active', owner: { kind: 'service-account', name: email }, created: day(account), expires: 'never', lastUsed: used ?? 'never', publicPart: { fact: 'key-id', value: id }, facts: { project: PROJECT, reaches: 'vertex', origin: 'google provided', ...(can === undefined || role === undefined ? {} : { can, roles: `${role} on the project` }), note: 'roles given above the project or through groups were not read' } });
    }
  }
  // One policy a member, in place of one for the project: pages of them.
  const policies = Array.from({ length: ACCOUNTS }, (_, account) => {
    const role = ROLE_OF[account % 5];
    return { resource: `//cloudresourcemanager.googleapis.com/projects/${PROJECT}`, policy: role === undefined ? {} : { bindings: [{ role, members: [`serviceAccount:${emailOf(account)}`] }] } };
  });
  const { pools, providers, settings } = federation();
  const world: GcpWorld = { project: PROJECT, services: [...Array.from({ length: 250 }, (_, index) => `service${index}.googleapis.com`), GEMINI, VERTEX], apiKeys: api.items, accounts: Array.from({ length: ACCOUNTS }, (_, index) => ({ email: emailOf(index), displayName: `Job ${index}` })), keys, uses, pools, providers, enforced: ['iam.disableServiceAccountKeyCreation'], policies, roles: ROLES };
  const server = await startGcp(world);
  return { env: { GOOGLE_OAUTH_ACCESS_TOKEN: TOKEN, ...endpoints(server.origin) }, target: `gcp:${PROJECT}`, planted: { listed, settings }, server, stop: async () => await server.stop() };
}

function federation(): Pick<GcpWorld, 'pools' | 'providers'> & { readonly settings: readonly Omit<AccountSetting, 'target'>[] } {
  const pools = Array.from({ length: POOLS }, (_, index) => ({ name: `projects/1/locations/global/workloadIdentityPools/pool-${index}`, state: 'ACTIVE' }));
  const settings: Omit<AccountSetting, 'target'>[] = [
    { kind: 'policy', name: 'iam.disableServiceAccountKeyCreation', facts: { enforced: 'true', by: 'iam.disableServiceAccountKeyCreation' } },
    { kind: 'policy', name: 'iam.disableServiceAccountKeyUpload', facts: { enforced: 'false' } },
    { kind: 'policy', name: 'iam.managed.disableServiceAccountApiKeyCreation', facts: { enforced: 'false' } },
  ];
  const providers: Record<string, Item[]> = {};
  for (const [number, { name: pool }] of pools.entries()) {
    providers[pool] = Array.from({ length: PROVIDERS }, (_, index) => {
      const [id, url, condition] = [`${pool}/providers/github-${index}`, `https://issuer${index}.example`, `assertion.repository == 'acme/app${index}'`];
      const audience = `https://iam.googleapis.com/${id}`;
      const name = `pool-${number}/github-${index}`;
      settings.push({ kind: 'issuer', name, facts: { id, type: 'oidc', url, audiences: audience, enabled: 'true' } }, { kind: 'rule', name, facts: { id, issuer: url, audience, condition, mapping: 'google.subject=assertion.sub', enabled: 'true' } });
      return { name: id, state: 'ACTIVE', oidc: { issuerUri: url }, attributeMapping: { 'google.subject': 'assertion.sub' }, attributeCondition: condition };
    });
  }
  return { pools, providers, settings };
}

export async function proveGcp(): Promise<Proof> {
  return await proveAccount('gcp', startGcpWorld, openGcp, explainGcp);
}
