import { afterEach, describe, expect, it } from 'vitest';
import { explainGcp } from '../../src/sources/gcp/explain.ts';
import { openGcp } from '../../src/sources/gcp/index.ts';
import { reachOf } from '../../src/sources/gcp/roles.ts';
import { endpoints, type GcpWorld, startGcp, TOKEN } from '../e2e/accounts/gcp/server.ts';
import { startAccountServer } from '../e2e/accounts/loopback.ts';
import { type FakeProgram, fakeProgram } from '../e2e/accounts/program.ts';
import { kept, readAccount } from './harness.ts';

const GEMINI = 'generativelanguage.googleapis.com';
const VERTEX = 'aiplatform.googleapis.com';
const CI = 'ci@acme-1.iam.gserviceaccount.com';
const OLD = 'old@acme-1.iam.gserviceaccount.com';
const apiKey = (id: string, more: object = {}): { readonly name: string } => ({ name: `projects/1/locations/global/keys/${id}`, uid: id, displayName: `key ${id}`, createTime: '2024-05-06T07:08:09.123456Z', updateTime: '2024-05-06T07:08:09Z', etag: 'x', ...more }) as { readonly name: string };
const accountKey = (email: string, id: string, more: object = {}) => ({ name: `projects/acme-1/serviceAccounts/${email}/keys/${id}`, keyType: 'USER_MANAGED', keyOrigin: 'GOOGLE_PROVIDED', validAfterTime: '2025-01-02T03:04:05Z', validBeforeTime: '9999-12-31T23:59:59Z', ...more });
const [K1, K2, K3, K4] = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(40)) as [string, string, string, string];
const POOL = 'projects/1/locations/global/workloadIdentityPools/ci';
const WORLD: GcpWorld = {
  project: 'acme-1',
  services: ['storage.googleapis.com', GEMINI, VERTEX],
  apiKeys: [
    apiKey('1'),
    apiKey('2', { restrictions: { apiTargets: [{ service: 'GenerativeLanguage.googleapis.com' }], serverKeyRestrictions: { allowedIps: ['10.0.0.0/8', '192.0.2.1'] } } }),
    apiKey('3', { restrictions: { apiTargets: [{ service: 'maps-backend.googleapis.com' }], browserKeyRestrictions: { allowedReferrers: ['*.acme.example'] } } }),
    apiKey('4', { restrictions: { apiTargets: [{ service: VERTEX }] }, serviceAccountEmail: CI }),
    apiKey('5', { restrictions: { apiTargets: [{ service: GEMINI }, { service: 'translate.googleapis.com' }], androidKeyRestrictions: { allowedApplications: [{ packageName: 'com.acme.app', sha1Fingerprint: 'AA' }] } }, displayName: '' }),
  ],
  accounts: [{ email: CI, name: `projects/acme-1/serviceAccounts/${CI}`, displayName: 'CI' }, { email: OLD, disabled: true }, { email: 'none@acme-1.iam.gserviceaccount.com' }],
  keys: {
    [CI]: [accountKey(CI, K1), accountKey(CI, K2, { validBeforeTime: '2026-01-01T00:00:00Z', keyOrigin: 'USER_PROVIDED' }), accountKey(CI, 'e'.repeat(40), { keyType: 'SYSTEM_MANAGED' }), accountKey(CI, K3, { disabled: true, disableReason: 'SERVICE_ACCOUNT_KEY_DISABLE_REASON_EXPOSED', extendedStatus: [{ key: 'SERVICE_ACCOUNT_KEY_EXTENDED_STATUS_KEY_EXPOSED', value: 'exposed at: https://example.com' }] })],
    [OLD]: [accountKey(OLD, K4)],
  },
  uses: [
    { fullResourceName: `//iam.googleapis.com/projects/acme-1/serviceAccounts/${CI}/keys/${K1}`, activityType: 'serviceAccountKeyLastAuthentication', observationPeriod: { startTime: '2024-01-01T07:00:00Z', endTime: '2026-11-28T07:00:00Z' }, activity: { lastAuthenticatedTime: '2026-11-20T07:00:00Z' } },
    { fullResourceName: `//iam.googleapis.com/projects/acme-1/serviceAccounts/${CI}/keys/${K2}`, observationPeriod: { startTime: '2024-01-01T07:00:00Z' }, activity: {} },
    { fullResourceName: `//iam.googleapis.com/projects/acme-1/serviceAccounts/${OLD}/keys/${K4}`, observationPeriod: { startTime: '2025-06-01T07:00:00Z' }, activity: {} },
  ],
  pools: [{ name: POOL, state: 'ACTIVE' }, { name: `${POOL}-off`, state: 'ACTIVE', disabled: true }],
  providers: {
    [POOL]: [
      { name: `${POOL}/providers/github`, state: 'ACTIVE', oidc: { issuerUri: 'https://token.actions.githubusercontent.com' }, attributeMapping: { 'google.subject': 'assertion.sub', 'attribute.repository': 'assertion.repository' }, attributeCondition: "assertion.repository_owner == 'acme'" },
      { name: `${POOL}/providers/aws`, aws: { accountId: '123456789012' } },
    ],
    [`${POOL}-off`]: [{ name: `${POOL}-off/providers/k8s`, oidc: { issuerUri: 'https://k8s.example', allowedAudiences: ['a', 'b'] } }],
  },
  enforced: ['iam.managed.disableServiceAccountKeyCreation'],
  policies: [
    {
      resource: '//cloudresourcemanager.googleapis.com/projects/acme-1',
      policy: {
        bindings: [
          { role: 'roles/aiplatform.user', members: [`serviceAccount:${CI}`, 'user:ann@acme.example'] },
          { role: 'projects/acme-1/roles/keyMaker', members: [`serviceAccount:${CI}`], condition: { title: 'in hours', expression: 'request.time.getHours() > 8' } },
          { role: 'roles/owner', members: ['serviceAccount:none@acme-1.iam.gserviceaccount.com', `deleted:serviceAccount:${OLD}?uid=1`] },
        ],
      },
    },
    // On another resource than its kind a role gives nothing that matters.
    { resource: '//storage.googleapis.com/a-bucket', policy: { bindings: [{ role: 'organizations/12/roles/all', members: [`serviceAccount:${CI}`] }] } },
    { resource: '//storage.googleapis.com/another', policy: {} },
  ],
  roles: {
    'roles/aiplatform.user': ['aiplatform.endpoints.list', 'aiplatform.endpoints.predict'],
    'projects/acme-1/roles/keyMaker': ['iam.serviceAccountKeys.create'],
    'organizations/12/roles/all': ['resourcemanager.projects.setIamPolicy', 'secretmanager.versions.access'],
    'roles/owner': ['resourcemanager.projects.setIamPolicy'],
  },
};

const programs: FakeProgram[] = [];
const path = process.env['PATH'];
afterEach(() => {
  process.env['PATH'] = path;
  for (const program of programs.splice(0)) program.remove();
});

async function start(world: GcpWorld = WORLD, page = 2) {
  const server = kept(await startGcp(world, page));
  return { server, env: { GOOGLE_OAUTH_ACCESS_TOKEN: TOKEN, ...endpoints(server.origin) } };
}

describe('gcp:', () => {
  it('lists API keys that reach an AI service, with what restricts them, and only counts the others', async () => {
    const { server, env } = await start();
    const { target, accounts, key } = await readAccount(openGcp, 'acme-1', env);
    expect(target).toMatchObject({ id: 't4', kind: 'gcp', name: 'gcp:acme-1', facts: { project: 'acme-1' } });
    expect(target.skipped).toEqual([{ reason: 'API keys that reach no AI service', count: 1, examples: ['key 3'], incomplete: false }]);
    const name = (id: string): string => `projects/1/locations/global/keys/${id}`;
    expect(accounts.listed?.filter(({ kind }) => kind === 'api-key').map(({ id }) => id)).toEqual(['1', '2', '4', '5'].map(name));
    expect(key(name('1'))).toEqual({ target: 't4', provider: 'google-gemini', kind: 'api-key', privilege: 'project', id: name('1'), name: 'key 1', status: 'active', created: '2024-05-06T07:08:09.123Z', expires: 'never', facts: { project: 'acme-1', can: 'call models', restrictions: 'none', reaches: 'gemini' } });
    expect(key(name('2'))).toMatchObject({ privilege: 'restricted', facts: { restrictions: 'services: generativelanguage.googleapis.com; addresses: 10.0.0.0/8, 192.0.2.1', reaches: 'gemini' } });
    expect(key(name('4'))).toMatchObject({ provider: 'google-vertex', privilege: 'restricted', owner: { kind: 'service-account', name: CI }, facts: { reaches: 'vertex' } });
    expect(key(name('5'))).toMatchObject({ name: '5', privilege: 'project', facts: { restrictions: 'services: generativelanguage.googleapis.com, translate.googleapis.com; Android apps: com.acme.app' } });
    expect(server.violations).toEqual([]);
    expect(server.asked.filter(({ path: asked }) => asked.endsWith('/locations/global/keys'))).toHaveLength(3);
    expect(server.asked.some(({ path: asked }) => asked.includes('keyString'))).toBe(false);
  });

  it('lists service account keys that people made, joined by the id that stands in the file', async () => {
    const { env } = await start();
    const { accounts, key } = await readAccount(openGcp, 'acme-1', env);
    const name = (email: string, id: string): string => `projects/acme-1/serviceAccounts/${email}/keys/${id}`;
    expect(accounts.listed?.filter(({ kind }) => kind === 'service-account-key')).toHaveLength(4);
    expect(key(name(CI, K1))).toEqual({
      target: 't4',
      provider: 'google-vertex',
      kind: 'service-account-key',
      privilege: 'unknown',
      id: name(CI, K1),
      name: `${CI} aaaaaaaa`,
      status: 'active',
      owner: { kind: 'service-account', name: CI },
      created: '2025-01-02T03:04:05Z',
      expires: 'never',
      lastUsed: '2026-11-20T07:00:00Z',
      publicPart: { fact: 'key-id', value: K1 },
      facts: { project: 'acme-1', reaches: 'vertex', origin: 'google provided', can: 'call models, create keys', conditional: 'create keys', roles: 'organizations/12/roles/all on storage.googleapis.com/a-bucket, projects/acme-1/roles/keyMaker on the project, roles/aiplatform.user on the project', note: 'roles given above the project or through groups were not read' },
    });
    expect(key(name(CI, K2))).toMatchObject({ status: 'expired', expires: '2026-01-01T00:00:00Z', lastUsed: 'never', facts: { origin: 'user provided' } });
    expect(key(name(CI, K3))).toMatchObject({ status: 'leaked', facts: { disabled: 'true' } });
    expect(key(name(CI, K3))).not.toHaveProperty('lastUsed');
    // Older than what Google has looked at: not "never used".
    expect(key(name(OLD, K4))).toMatchObject({ status: 'inactive', facts: { accountDisabled: 'true' } });
    expect(key(name(OLD, K4))).not.toHaveProperty('lastUsed');
  });

  it('tells what the account of a key may do, by its roles in the project', async () => {
    const { server, env } = await start();
    const { key, target } = await readAccount(openGcp, 'acme-1', env);
    expect(target.skipped.filter(({ incomplete }) => incomplete)).toEqual([]);
    const id = (email: string, one: string): string => `projects/acme-1/serviceAccounts/${email}/keys/${one}`;
    expect(key(id(CI, K1))).toMatchObject({
      privilege: 'unknown',
      facts: { can: 'call models, create keys', conditional: 'create keys', roles: 'organizations/12/roles/all on storage.googleapis.com/a-bucket, projects/acme-1/roles/keyMaker on the project, roles/aiplatform.user on the project', note: 'roles given above the project or through groups were not read' },
    });
    expect(key(id(OLD, K4))).toMatchObject({ privilege: 'unknown', facts: { note: 'roles given above the project or through groups were not read' } });
    expect(key(id(OLD, K4)).facts).not.toHaveProperty('can');
    // Roles of accounts without keys are nobody's business here.
    expect(server.asked.some(({ path: asked }) => asked === '/v1/roles/owner')).toBe(false);
  });

  it('says of roles no more than could be read', async () => {
    const { server, env } = await start();
    server.refused.set('/v1/projects/acme-1/roles', 403);
    const id = `projects/acme-1/serviceAccounts/${CI}/keys/${K1}`;
    expect((await readAccount(openGcp, 'acme-1', env)).key(id).facts).toMatchObject({ can: 'call models', note: 'roles given above the project or through groups were not read, nor what some of its roles allow' });
    server.refused.set('/v1/projects/acme-1:searchAllIamPolicies', 403);
    const refused = await readAccount(openGcp, 'acme-1', env);
    expect(refused.key(id)).toMatchObject({ privilege: 'unknown', facts: { note: 'which roles its service account has was not read' } });
    expect(refused.key(id).facts).not.toHaveProperty('can');
  });

  it('tells policies on keys and the federation that is there', async () => {
    const { env } = await start();
    const { accounts } = await readAccount(openGcp, 'acme-1', env);
    expect(accounts.settings.filter(({ kind }) => kind === 'policy').map(({ name, facts }) => [name, facts])).toEqual([
      // Either constraint is enough.
      ['iam.disableServiceAccountKeyCreation', { enforced: 'true', by: 'iam.managed.disableServiceAccountKeyCreation' }],
      ['iam.disableServiceAccountKeyUpload', { enforced: 'false' }],
      ['iam.managed.disableServiceAccountApiKeyCreation', { enforced: 'false' }],
    ]);
    const id = `${POOL}/providers/github`;
    const url = 'https://token.actions.githubusercontent.com';
    expect(accounts.settings.filter(({ name }) => name === 'ci/github')).toEqual([
      { target: 't4', kind: 'issuer', name: 'ci/github', facts: { id, type: 'oidc', url, audiences: `https://iam.googleapis.com/${id}`, enabled: 'true' } },
      { target: 't4', kind: 'rule', name: 'ci/github', facts: { id, issuer: url, audience: `https://iam.googleapis.com/${id}`, condition: "assertion.repository_owner == 'acme'", mapping: 'attribute.repository=assertion.repository, google.subject=assertion.sub', enabled: 'true' } },
    ]);
    expect(accounts.settings.find(({ name, kind }) => name === 'ci/aws' && kind === 'issuer')?.facts).toEqual({ id: `${POOL}/providers/aws`, type: 'aws', awsAccount: '123456789012', enabled: 'true' });
    expect(accounts.settings.find(({ name, kind }) => name === 'ci-off/k8s' && kind === 'issuer')?.facts).toMatchObject({ audiences: 'a,b', enabled: 'false' });
  });

  it('says nothing of a policy of which a part could not be read, unless another part is in force', async () => {
    const { server, env } = await start();
    server.refused.set('/v2/projects/acme-1/policies/iam.disableServiceAccountKeyCreation:getEffectivePolicy', 403);
    server.refused.set('/v2/projects/acme-1/policies/iam.managed.disableServiceAccountKeyUpload:getEffectivePolicy', 403);
    const { accounts, target } = await readAccount(openGcp, 'acme-1', env);
    expect(accounts.settings.filter(({ kind }) => kind === 'policy').map(({ name, facts }) => [name, facts['enforced']])).toEqual([['iam.disableServiceAccountKeyCreation', 'true'], ['iam.managed.disableServiceAccountApiKeyCreation', 'false']]);
    expect(target.skipped.find(({ incomplete }) => incomplete)).toMatchObject({ count: 2, examples: ['iam.disableServiceAccountKeyCreation', 'iam.managed.disableServiceAccountKeyUpload'] });
  });

  it('takes a policy that hangs on tags neither for in force nor for out of force', async () => {
    const condition = { expression: "resource.matchTag('1/env', 'prod')" };
    const off = 'iam.disableServiceAccountKeyUpload';
    const settled = async (rules: readonly object[]): Promise<string | undefined> => {
      const { env } = await start({ ...WORLD, enforced: [], rules: { [off]: rules } });
      return (await readAccount(openGcp, 'acme-1', env)).accounts.settings.find(({ kind, name }) => kind === 'policy' && name === off)?.facts['enforced'];
    };
    expect(await settled([{ enforce: true }])).toBe('true');
    expect(await settled([{ enforce: false }])).toBe('false');
    expect(await settled([{ condition, enforce: true }])).toBeUndefined();
    expect(await settled([{ condition, enforce: true }, { enforce: false }])).toBeUndefined();
    expect(await settled([{ condition, enforce: false }, { enforce: true }])).toBeUndefined();
    expect(await settled([{ condition, enforce: true }, { enforce: true }])).toBe('true');
  });

  it('says what it does not know where a service is not enabled, or the list of services is refused', async () => {
    const off = await start({ ...WORLD, services: ['storage.googleapis.com'] });
    const { accounts, target } = await readAccount(openGcp, 'acme-1', off.env);
    expect(accounts.listed?.filter(({ kind }) => kind === 'api-key').map(({ id, facts }) => [id.at(-1), facts['note']])).toEqual([['2', `${GEMINI} is not enabled in the project now`], ['4', `${VERTEX} is not enabled in the project now`], ['5', `${GEMINI} is not enabled in the project now`]]);
    expect(target.skipped[0]).toMatchObject({ count: 2, examples: ['key 1', 'key 3'] });
    const refused = await start();
    refused.server.refused.set('/v1/projects/acme-1/services', 403);
    const unknown = await readAccount(openGcp, 'acme-1', refused.env);
    const open = unknown.key('projects/1/locations/global/keys/1');
    expect(open).toMatchObject({ privilege: 'unknown', facts: { note: expect.stringContaining('could not be read') } });
    expect(open.facts).not.toHaveProperty('reaches');
    expect(open.facts).not.toHaveProperty('restrictions');
  });

  it.each([
    ['/v1/projects/acme-1/services', 'serviceusage.services.list', 1],
    ['/v2/projects/acme-1/locations/global/keys', 'apikeys.keys.list', 1],
    ['/v1/projects/acme-1/serviceAccounts', 'iam.serviceAccounts.list', 1],
    ['/v1/projects/acme-1/serviceAccounts/*/keys', 'iam.serviceAccountKeys.list', 3],
    ['/v1/projects/acme-1/locations/global/activityTypes', 'policyanalyzer.serviceAccountKeyLastAuthenticationActivities.query', 1],
    ['/v1/projects/acme-1:searchAllIamPolicies', 'cloudasset.assets.searchAllIamPolicies', 1],
    ['/v1/projects/acme-1/roles', 'iam.roles.get', 1],
    ['/v1/organizations/12/roles', 'iam.roles.get', 1],
    ['/v2/projects/acme-1/policies', 'orgpolicy.policy.get', 5],
    ['/v1/projects/acme-1/locations/global/workloadIdentityPools', 'iam.workloadIdentityPools.list', 1],
    ['/v1/projects/acme-1/locations/global/workloadIdentityPools/*/providers', 'iam.workloadIdentityPoolProviders.list', 2],
  ])('names the permission when %s is refused', async (refused, permission, count) => {
    const { server, env } = await start();
    server.refused.set(refused, 403);
    const { target } = await readAccount(openGcp, 'acme-1', env);
    expect(target.skipped.filter(({ incomplete }) => incomplete)).toEqual([{ reason: expect.stringMatching(new RegExp(`: not readable \\(403, GET \\S+ needs ${permission.replaceAll('.', String.raw`\.`)}\\)$`)), count, examples: expect.any(Array), incomplete: true }]);
  });

  it('waits as long as it is asked to, and asks again for what was cut or lost', async () => {
    const { server, env } = await start();
    server.faults.set('/v2/projects/acme-1/locations', ['throttle', 'cut', 'html']);
    server.faults.set('/v1/projects/acme-1/serviceAccounts', ['drop', 'busy']);
    const { target, accounts } = await readAccount(openGcp, 'acme-1', env);
    expect(target.skipped.filter(({ incomplete }) => incomplete)).toEqual([]);
    expect(accounts.listed).toHaveLength(8);
    expect(server.waits.every((wait) => wait >= 950)).toBe(true);
  });

  it('says what to do when there is no login, and no gcloud', async () => {
    const { server, env } = await start();
    process.env['PATH'] = '';
    await expect(readAccount(openGcp, 'acme-1', { ...env, GOOGLE_OAUTH_ACCESS_TOKEN: undefined })).rejects.toMatchObject({ name: 'TargetError', message: 'There is no login, and no program gcloud to ask for one', fix: expect.stringContaining('gcloud auth login') });
    expect(server.asked).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('takes the login of gcloud, with fixed arguments, and never shows it', async () => {
    const { server, env } = await start();
    const program = fakeProgram('gcloud', { 'auth print-access-token': TOKEN });
    programs.push(program);
    process.env['PATH'] = program.path;
    const { accounts } = await readAccount(openGcp, 'acme-1', { ...env, GOOGLE_OAUTH_ACCESS_TOKEN: undefined, GOOGLE_CLOUD_QUOTA_PROJECT: 'billing-1' });
    expect(accounts.listed).toHaveLength(8);
    expect(program.calls()).toEqual([['auth', 'print-access-token', '--quiet']]);
    expect(server.asked.every(({ headers }) => headers['x-goog-user-project'] === 'billing-1')).toBe(true);
  });

  it('stops at once without a login or with a wrong one, and for what is no project', async () => {
    const { env } = await start();
    await expect(readAccount(openGcp, 'acme-1', { ...env, GOOGLE_OAUTH_ACCESS_TOKEN: 'wrong' })).rejects.toMatchObject({ name: 'TargetError', message: expect.stringMatching(/answered 401/), fix: expect.stringContaining('GOOGLE_OAUTH_ACCESS_TOKEN') });
    for (const rest of ['', 'a/b', '../x', 'A B', 'projects/x?y']) await expect(readAccount(openGcp, rest, env)).rejects.toMatchObject({ name: 'UsageError' });
    await expect(readAccount(openGcp, 'acme-1', { ...env, CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM: 'http://iam.example' })).rejects.toMatchObject({ name: 'UsageError', message: expect.stringContaining('CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM') });
  });

  it('explains each call that it makes', async () => {
    const { server, env } = await start();
    await readAccount(openGcp, 'acme-1', env);
    const known = explainGcp.calls.map(({ call }) => new RegExp(`^${call.replace(/^GET [^/]*/, '').replaceAll(/\{[^}]*\}/g, '[^/]+')}$`));
    expect(server.asked.filter(({ path: asked }) => !known.some((pattern) => pattern.test(asked))).map(({ path: asked }) => asked)).toEqual([]);
    expect(known.filter((pattern) => !server.asked.some(({ path: asked }) => pattern.test(asked)))).toEqual([]);
  });
});

describe('gcp: reach', () => {
  const PROJECT = '//cloudresourcemanager.googleapis.com/projects/1';
  const allows = new Map([['roles/owner', new Set(['resourcemanager.projects.setIamPolicy', 'aiplatform.endpoints.predict', 'iam.serviceAccounts.getAccessToken'])], ['roles/user', new Set(['aiplatform.endpoints.predict'])], ['roles/none', new Set<string>()]]);
  const of = (...bindings: readonly (readonly [string, string, boolean?])[]) => reachOf(bindings.map(([role, resource, isConditional = false]) => ({ role, resource, isConditional })), allows);

  it.each([
    ['an owner', of(['roles/owner', PROJECT]), 'admin', 'call models, act as service accounts, change permissions'],
    // What it has from above the project is not seen.
    ['a user of models', of(['roles/user', PROJECT]), 'unknown', 'call models'],
    ['a user of one endpoint', of(['roles/user', '//aiplatform.googleapis.com/projects/1/locations/x/endpoints/2']), 'unknown', 'call models'],
    ['an owner of a bucket', of(['roles/owner', '//storage.googleapis.com/b']), 'unknown', undefined],
    ['an owner at times', of(['roles/owner', PROJECT, true]), 'unknown', 'call models, act as service accounts, change permissions'],
    ['an owner at times and always', of(['roles/owner', PROJECT, true], ['roles/owner', PROJECT]), 'admin', 'call models, act as service accounts, change permissions'],
    ['one without a role that matters', of(['roles/none', PROJECT]), 'unknown', undefined],
    ['one without a role', of(), 'unknown', undefined],
  ] as const)('of %s', (_, reach, privilege, can) => {
    expect([reach.privilege, reach.can, reach.isWhole]).toEqual([privilege, can, true]);
  });

  it('of a role whose permissions are not known', () => {
    expect(of(['roles/secret', PROJECT])).toMatchObject({ privilege: 'unknown', can: undefined, roles: 'roles/secret on the project', isWhole: false });
  });
});

it('gcp: an API that is not enabled is a limit of what is said, and no gap', async () => {
  const server = kept(await startAccountServer(({ path: asked }) => (asked.includes('searchAllIamPolicies') ? { status: 403, body: { error: { code: 403, message: 'Cloud Asset API has not been used in project 1 before or it is disabled.' } } } : { status: 200, body: asked.endsWith('/serviceAccounts') ? { accounts: [{ email: CI }] } : asked.endsWith('/keys') && asked.includes('serviceAccounts') ? { keys: [accountKey(CI, K1)] } : {} }), () => ({})));
  const { target, accounts } = await readAccount(openGcp, 'acme-1', { GOOGLE_OAUTH_ACCESS_TOKEN: TOKEN, ...endpoints(server.origin) });
  expect(accounts.listed).toHaveLength(1);
  expect(target.skipped).toEqual([{ reason: expect.stringContaining('the service is not enabled in the project that calls are counted for'), count: 1, examples: [], incomplete: false }]);
});
