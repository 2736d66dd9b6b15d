import { describe, expect, it } from 'vitest';
import { explainOpenai } from '../../src/sources/openai/explain.ts';
import { openOpenai } from '../../src/sources/openai/index.ts';
import { ADMIN_KEY, type OpenaiWorld, startOpenai } from '../e2e/accounts/openai/server.ts';
import { kept, readAccount } from './harness.ts';

const seconds = (date: string): number => Date.parse(date) / 1000;
const USER = { type: 'user', user: { object: 'organization.project.user', id: 'user-1', name: 'Ada', email: 'ada@acme.example', role: 'owner', created_at: 1 } };
const KEY = { object: 'organization.project.api_key', name: 'worker', created_at: seconds('2025-02-03T04:05:06Z'), last_used_at: seconds('2026-11-20T10:00:00Z'), redacted_value: 'sk-proj-abc...WXYZ', owner: USER, owner_project_access: 'active', expires_at: null };
const RULE = { object: 'organization.workload_identity_federation_rule', name: 'deploy', description: null, enabled: true, project_id: 'proj_1', service_account_id: 'sa-1', workload_identity_provider_id: 'wip_1', created_at: 1, updated_at: 1, attribute_matchers: { sub: 'repo:acme/app:ref:refs/heads/main', repository_id: '42', fork: false }, permissions: { type: 'restricted', scopes: ['api.model.request', 'api.files.read'] } };
const WORLD: OpenaiWorld = {
  projects: [{ id: 'proj_1', object: 'organization.project', name: 'Shop', status: 'active', created_at: 1, archived_at: null }, { id: 'proj_2', name: null, status: 'archived', created_at: 1, archived_at: 2 }],
  keys: {
    proj_1: [
      { ...KEY, id: 'key_1' },
      { ...KEY, id: 'key_2', last_used_at: null, owner: { type: 'service_account', service_account: { id: 'sa-1', name: 'ci', role: 'member', created_at: 1 } }, redacted_value: 'sk-svcacct-**************Q9xA' },
      { ...KEY, id: 'key_3', owner_project_access: 'inactive', expires_at: seconds('2027-01-01T00:00:00Z') },
      { ...KEY, id: 'key_4', owner: {}, redacted_value: 'sk-whole-without-a-gap', expires_at: seconds('2026-01-01T00:00:00Z') },
      { ...KEY, id: 'key_5', expires_at: undefined, last_used_at: undefined },
    ],
    proj_2: [{ ...KEY, id: 'key_6' }],
  },
  adminKeys: [{ id: 'key_a1', object: 'organization.admin_api_key', name: null, redacted_value: 'sk-admin...def', created_at: seconds('2024-01-01T00:00:00Z'), expires_at: null, last_used_at: null, owner: { type: 'user', object: 'organization.user', id: 'user-1', name: 'Ada', role: 'owner', created_at: 1 } }],
  serviceAccounts: { proj_1: [{ id: 'sa-1', object: 'organization.project.service_account', name: 'ci', role: 'member', created_at: 1 }], proj_2: [] },
  providers: [{ id: 'wip_1', object: 'organization.workload_identity_provider', name: 'github', type: 'oidc', issuer: 'https://token.actions.githubusercontent.com', audience: 'https://api.openai.com/v1', enabled: true, description: null, attribute_transformations: [], verification: { type: 'discovery', discovery_url: null }, created_at: 1, updated_at: 1 }],
  rules: { wip_1: [{ ...RULE, id: 'rule_1' }, { ...RULE, id: 'rule_2', name: null, enabled: false, service_account_id: 'sa-9', permissions: { type: 'service_account_default' }, attribute_matchers: {} }] },
  costs: [{ day: 0, key: 'key_1', value: 10.004 }, { day: 29, key: 'key_1', value: '2.4' }, { day: 3, key: 'key_1', value: 1, currency: 'eur' }, { day: 2, key: null, value: 99 }, { day: 1, key: 'key_a1', value: 0.5 }],
};

async function start(world: OpenaiWorld = WORLD, page = 2) {
  const server = kept(await startOpenai(world, page));
  return { server, env: { OPENAI_ADMIN_KEY: ADMIN_KEY, OPENAI_BASE_URL: `${server.origin}/v1` } };
}

describe('openai:', () => {
  it('lists the keys of every project and the admin keys, over several pages, and sends nothing but GET', async () => {
    const { server, env } = await start();
    const { target, accounts, key, reasons } = await readAccount(openOpenai, '', env);
    expect(target).toMatchObject({ id: 't4', kind: 'openai', name: 'openai:', facts: { projects: '2' } });
    expect(reasons).toEqual([]);
    expect(accounts.listed?.map(({ id }) => id)).toEqual(['key_1', 'key_2', 'key_3', 'key_4', 'key_5', 'key_6', 'key_a1']);
    expect(key('key_1')).toEqual({
      target: 't4',
      provider: 'openai',
      kind: 'api-key',
      privilege: 'project',
      id: 'key_1',
      name: 'worker',
      status: 'active',
      owner: { kind: 'person', name: 'ada@acme.example' },
      created: '2025-02-03T04:05:06Z',
      expires: 'never',
      lastUsed: '2026-11-20T10:00:00Z',
      hint: { head: 'sk-proj-abc', tail: 'WXYZ' },
      facts: { project: 'Shop', can: 'call models, everything else in its project', ownerAccess: 'active', spend30d: '1.00 EUR, 12.40 USD' },
    });
    expect(key('key_2')).toMatchObject({ lastUsed: 'never', owner: { kind: 'service-account', name: 'ci' }, hint: { head: 'sk-svcacct-', tail: 'Q9xA' } });
    expect(key('key_3')).toMatchObject({ expires: '2027-01-01T00:00:00Z', owner: { kind: 'person' }, facts: { ownerless: 'true', ownerAccess: 'inactive' } });
    expect(key('key_4')).toMatchObject({ status: 'expired', owner: { kind: 'none', name: '' }, facts: { ownerless: 'true' } });
    expect(key('key_4')).not.toHaveProperty('hint');
    expect(key('key_5')).not.toHaveProperty('expires');
    expect(key('key_5')).not.toHaveProperty('lastUsed');
    expect(key('key_6').facts).toMatchObject({ project: 'proj_2', note: 'its project is archived' });
    expect(key('key_a1')).toMatchObject({ kind: 'admin-key', privilege: 'admin', name: '', owner: { kind: 'person', name: 'Ada' }, hint: { head: 'sk-admin', tail: 'def' }, facts: { spend30d: '0.50 USD' } });
    expect(server.violations).toEqual([]);
    expect(server.asked.filter(({ path }) => path.endsWith('/proj_1/api_keys'))).toHaveLength(3);
  });

  it('tells the federation that is there', async () => {
    const { server, env } = await start();
    const { accounts } = await readAccount(openOpenai, '', env);
    const issuer = 'https://token.actions.githubusercontent.com';
    expect(accounts.settings).toEqual([
      { target: 't4', kind: 'issuer', name: 'github', facts: { id: 'wip_1', url: issuer, audiences: 'https://api.openai.com/v1', keys: 'discovery', enabled: 'true' } },
      { target: 't4', kind: 'rule', name: 'deploy', facts: { id: 'rule_1', issuer, audience: 'https://api.openai.com/v1', subject: 'repo:acme/app:ref:refs/heads/main', claims: 'fork=false,repository_id=42', becomes: 'ci', project: 'Shop', scope: 'api.model.request api.files.read', enabled: 'true' } },
      { target: 't4', kind: 'rule', name: 'rule_2', facts: { id: 'rule_2', issuer, audience: 'https://api.openai.com/v1', becomes: 'sa-9', project: 'Shop', scope: 'service_account_default', enabled: 'false' } },
    ]);
    // Service accounts are asked for only where a rule names one.
    expect(server.asked.filter(({ path }) => path.endsWith('/service_accounts')).map(({ path }) => path)).toEqual(['/v1/organization/projects/proj_1/service_accounts']);
  });

  it.each([
    ['projects', 'projects', 1],
    ['projects/*/api_keys', 'API keys of a project', 2],
    ['admin_api_keys', 'admin keys', 1],
    ['costs', 'costs by key', 1],
    ['workload_identity_providers', 'workload identity providers', 1],
    ['workload_identity_providers/*/federation_rules', 'federation rules of a provider', 1],
    ['projects/*/service_accounts', 'service accounts that federation rules name', 1],
  ])('names the call and the permission when %s is refused', async (path, title, count) => {
    const { server, env } = await start();
    server.refused.set(`/v1/organization/${path}`, 403);
    const { target } = await readAccount(openOpenai, '', env);
    const gap = target.skipped.find(({ reason }) => reason.startsWith(`${title}: `));
    expect(gap).toMatchObject({ count, incomplete: true, reason: expect.stringMatching(/not readable \(403, GET \/organization\/\S+ needs (?:an admin key that may read it|the scope api\.(?:usage|management)\.read); OpenAI asks for api\.(?:usage|management)\.read\)$/) });
    if (path === 'projects/*/api_keys') expect(gap?.examples).toEqual(['Shop', 'proj_2']);
  });

  it('waits as long as it is asked to, and asks again for what was cut or lost', async () => {
    const { server, env } = await start();
    server.faults.set('/v1/organization/projects/proj_1/api_keys', ['throttle', 'cut', 'drop']);
    const { accounts, reasons } = await readAccount(openOpenai, '', env);
    expect(reasons).toEqual([]);
    expect(accounts.listed).toHaveLength(7);
    expect(server.waits.every((wait) => wait >= 950)).toBe(true);
  });

  it('says which service answered what it does not document', async () => {
    const { env } = await start({ ...WORLD, adminKeys: [{ id: 'key_a1', created_at: { seconds: 1 } }], providers: [{ id: 'wip_1', issuer: 7 }] });
    const { reasons } = await readAccount(openOpenai, '', env);
    expect(reasons).toEqual([
      'admin keys: not readable (OpenAI’s administration API answered something else than it documents: created_at of data[0] of GET /organization/admin_api_keys is no time)',
      'workload identity providers: not readable (OpenAI’s administration API answered something else than it documents: issuer of data[0] of GET /organization/workload_identity_providers is no text)',
    ]);
  });

  it('stops at once without a login or with a wrong one, and takes no name', async () => {
    const { env } = await start();
    await expect(readAccount(openOpenai, '', { ...env, OPENAI_ADMIN_KEY: undefined })).rejects.toMatchObject({ name: 'TargetError', fix: expect.stringContaining('OPENAI_ADMIN_KEY') });
    await expect(readAccount(openOpenai, '', { ...env, OPENAI_ADMIN_KEY: 'sk-wrong' })).rejects.toMatchObject({ name: 'TargetError', message: expect.stringMatching(/answered 401: Incorrect API key provided$/) });
    await expect(readAccount(openOpenai, 'acme', env)).rejects.toMatchObject({ name: 'UsageError' });
    await expect(readAccount(openOpenai, '', { ...env, OPENAI_BASE_URL: 'http://proxy.example/v1' })).rejects.toMatchObject({ name: 'UsageError' });
  });

  it('explains each call that it makes', async () => {
    const { server, env } = await start();
    await readAccount(openOpenai, '', env);
    const known = explainOpenai.calls.map(({ call }) => new RegExp(`^${call.replace(/^GET /, '/v1').replaceAll(/\{[^}]*\}/g, '[^/]+')}$`));
    expect(server.asked.filter(({ path }) => !known.some((pattern) => pattern.test(path)))).toEqual([]);
    expect(known.filter((pattern) => !server.asked.some(({ path }) => pattern.test(path)))).toEqual([]);
  });
});
