import { describe, expect, it } from 'vitest';
import { TargetError, UsageError } from '../../src/model/errors.ts';
import { explainAnthropic } from '../../src/sources/anthropic/explain.ts';
import { openAnthropic } from '../../src/sources/anthropic/index.ts';
import { ADMIN_KEY, ADMIN_TOKEN, type AnthropicWorld, startAnthropic } from '../e2e/accounts/anthropic/server.ts';
import { kept, readAccount } from './harness.ts';

const ORGANIZATION = '6f1c0000-0000-4000-8000-00000000abcd';
const BOUND = { created_by: { id: 'user_01', type: 'user' }, principal: { type: 'user_actor', user_id: 'user_01' } };
const KEY = { type: 'api_key', name: 'worker', status: 'active', created_at: '2025-02-03T04:05:06.789Z', expires_at: null, partial_key_hint: 'sk-ant-api03-R2D...igAA', scope: { type: 'workspace', workspace_id: 'wrkspc_01' }, ...BOUND };
const WORLD: AnthropicWorld = {
  organization: { id: ORGANIZATION, name: 'Acme' },
  workspaces: [{ id: 'wrkspc_01', type: 'workspace', name: 'Production', archived_at: null }, { id: 'wrkspc_02', type: 'workspace', name: 'Old', archived_at: '2025-01-01T00:00:00Z' }],
  users: [{ id: 'user_01', type: 'user', email: 'ada@acme.example', name: 'Ada', role: 'admin' }, { id: 'user_02', type: 'user', email: 'bob@acme.example', name: 'Bob', role: 'developer' }],
  serviceAccounts: [{ id: 'svac_01', type: 'service_account', name: 'ci', organization_role: 'admin', archived_at: null }, { id: 'svac_02', type: 'service_account', name: 'gone', organization_role: 'developer', archived_at: '2026-01-01T00:00:00Z' }],
  issuers: [{ id: 'fdis_01', type: 'federation_issuer', name: 'github', issuer_url: 'https://token.actions.githubusercontent.com', jwks: { type: 'discovery' }, archived_at: null }, { id: 'fdis_02', name: 'old', issuer_url: 'https://old.example', jwks: { type: 'inline', keys: [] }, archived_at: '2026-01-01T00:00:00Z' }],
  rules: [
    { id: 'fdrl_01', type: 'federation_rule', name: 'deploy', issuer_id: 'fdis_01', issuer_name: 'github', match: { subject_prefix: 'repo:acme/app:*', audience: 'https://api.anthropic.com', claims: { repository_owner: 'acme', ref: 'refs/heads/main' }, condition: null }, target: { type: 'service_account', service_account_id: 'svac_01', service_account_name: null }, oauth_scope: 'workspace:inference', applies_to_all_workspaces: false, workspace_ids: ['wrkspc_01'], token_lifetime_seconds: 600, archived_at: null },
    { id: 'fdrl_02', type: 'federation_rule', name: 'beta-shape', issuer_id: 'fdis_01', match: { condition: 'claims.ref == "x"' }, target: { type: 'service_account', service_account_id: 'svac_09' }, oauth_scope: 'org:admin', workspace_id: 'wrkspc_02', attributes: null, archived_at: null },
  ],
  keys: [
    { ...KEY, id: 'apikey_01' },
    { ...KEY, id: 'apikey_02', name: 'legacy', principal: null, created_by: null, partial_key_hint: null, expires_at: '2027-01-01T00:00:00Z' },
    { ...KEY, id: 'apikey_03', name: 'gone', status: 'archived', scope: { type: 'organization' }, principal: { type: 'user_actor', user_id: 'user_02' } },
    { ...KEY, id: 'apikey_04', name: 'off', status: 'inactive', principal: { type: 'user_actor', user_id: 'user_77' }, scope: { type: 'workspace', workspace_id: 'wrkspc_02' } },
    { ...KEY, id: 'apikey_05', name: 'over', status: 'expired', expires_at: '2026-01-01T00:00:00Z' },
    { ...KEY, id: 'apikey_06', name: 'robot', scope: { type: 'organization' }, principal: { type: 'service_account_actor', service_account_id: 'svac_01' }, created_by: { id: 'svac_01', type: 'service_account' } },
    { ...KEY, id: 'apikey_07', name: 'new', created_at: '2026-11-01T00:00:00Z', partial_key_hint: 'no gap at all' },
    { id: 'apikey_08', type: 'api_key', name: 'of the older version', status: 'active', created_at: '2024-01-01T00:00:00Z', partial_key_hint: 'sk-ant-api03-abc...wxyz', workspace_id: null },
  ],
  use: [{ day: '2026-11-20', key: 'apikey_01' }, { day: '2026-11-18', key: 'apikey_01' }, { day: '2026-03-04', key: 'apikey_02' }, { day: '2026-11-29', key: 'apikey_06' }, { day: '2026-11-01', key: null }],
};
const START = { world: WORLD, page: 3 };

async function start({ world, page }: { world: AnthropicWorld; page: number } = START) {
  const server = kept(await startAnthropic(world, page));
  return { server, env: { ANTHROPIC_ADMIN_KEY: ADMIN_KEY, ANTHROPIC_AUTH_TOKEN: ADMIN_TOKEN, ANTHROPIC_BASE_URL: `${server.origin}/` } };
}

describe('anthropic:', () => {
  it('lists every key with what is told of it, over several pages, and sends nothing but GET', async () => {
    const { server, env } = await start();
    const { target, accounts, key, reasons } = await readAccount(openAnthropic, '', env);
    expect(target).toMatchObject({ id: 't4', kind: 'anthropic', name: `anthropic:${ORGANIZATION}`, facts: { organization: 'Acme', organizationId: ORGANIZATION }, texts: [] });
    expect(reasons).toEqual([]);
    expect(accounts.listed?.map(({ id }) => id)).toEqual(WORLD.keys.map(({ id }) => id));
    expect(key('apikey_01')).toEqual({
      target: 't4',
      provider: 'anthropic',
      kind: 'api-key',
      privilege: 'project',
      id: 'apikey_01',
      name: 'worker',
      status: 'active',
      owner: { kind: 'person', name: 'ada@acme.example' },
      created: '2025-02-03T04:05:06.789Z',
      expires: 'never',
      lastUsed: '2026-11-20T00:00:00Z',
      hint: { head: 'sk-ant-api03-R2D', tail: 'igAA' },
      facts: { workspace: 'Production', can: 'call models, everything else in its workspace', createdBy: 'ada@acme.example' },
    });
    expect(key('apikey_02')).toMatchObject({ owner: { kind: 'none', name: '' }, expires: '2027-01-01T00:00:00Z', lastUsed: '2026-03-04T00:00:00Z', facts: { ownerless: 'true' } });
    expect(key('apikey_02')).not.toHaveProperty('hint');
    expect(key('apikey_03')).toMatchObject({ status: 'inactive', privilege: 'account', owner: { kind: 'person', name: 'bob@acme.example' }, facts: { archived: 'true' } });
    expect(key('apikey_04')).toMatchObject({ status: 'inactive', owner: { kind: 'person', name: 'user_77' }, facts: { workspace: 'Old' } });
    expect(key('apikey_05').status).toBe('expired');
    expect(key('apikey_06')).toMatchObject({ privilege: 'admin', owner: { kind: 'service-account', name: 'ci' }, lastUsed: '2026-11-29T00:00:00Z', facts: { can: 'call models, manage keys and members' } });
    expect(key('apikey_07')).toMatchObject({ lastUsed: 'never' });
    expect(key('apikey_07')).not.toHaveProperty('hint');
    // Older than what is looked at, and never seen: not "never used".
    expect(key('apikey_08')).not.toHaveProperty('lastUsed');
    expect(key('apikey_08')).not.toHaveProperty('owner');
    expect(key('apikey_08').facts).toMatchObject({ workspace: 'default', note: 'not used for the Messages API since 2025-12-04' });
    expect(server.violations).toEqual([]);
    expect(server.asked.filter(({ path }) => path.endsWith('/api_keys'))).toHaveLength(3);
    expect(server.asked.filter(({ path }) => path.endsWith('/usage_report/messages'))).toHaveLength(12);
  });

  it('tells the issuers and rules that are there, archived ones aside', async () => {
    const { env } = await start();
    const { accounts } = await readAccount(openAnthropic, ORGANIZATION, env);
    expect(accounts.settings).toEqual([
      { target: 't4', kind: 'issuer', name: 'github', facts: { id: 'fdis_01', url: 'https://token.actions.githubusercontent.com', keys: 'discovery' } },
      { target: 't4', kind: 'rule', name: 'beta-shape', facts: { id: 'fdrl_02', issuer: 'https://token.actions.githubusercontent.com', condition: 'claims.ref == "x"', becomes: 'svac_09', scope: 'org:admin', workspaces: 'wrkspc_02' } },
      {
        target: 't4',
        kind: 'rule',
        name: 'deploy',
        facts: { id: 'fdrl_01', issuer: 'https://token.actions.githubusercontent.com', subject: 'repo:acme/app:*', audience: 'https://api.anthropic.com', claims: 'ref=refs/heads/main,repository_owner=acme', becomes: 'ci', scope: 'workspace:inference', workspaces: 'wrkspc_01', seconds: '600' },
      },
    ]);
  });

  it('reads all with a token alone, and says what an Admin API key cannot read', async () => {
    const { server, env } = await start();
    const alone = await readAccount(openAnthropic, '', { ...env, ANTHROPIC_ADMIN_KEY: undefined });
    expect(alone.reasons).toEqual([]);
    expect(alone.accounts.listed).toHaveLength(8);
    expect(server.asked.every(({ headers }) => headers['x-api-key'] === undefined)).toBe(true);
    const key = await readAccount(openAnthropic, '', { ...env, ANTHROPIC_AUTH_TOKEN: undefined });
    expect(key.target.skipped).toEqual([{ reason: expect.stringContaining('an Admin API key is not accepted there'), count: 1, examples: [], incomplete: false }]);
    expect(key.accounts.settings).toEqual([]);
    expect(key.key('apikey_06')).toMatchObject({ privilege: 'account', owner: { kind: 'service-account', name: 'svac_01' } });
  });

  it.each([
    ['api_keys', 'API keys', 403],
    ['workspaces', 'names of workspaces', 403],
    ['users', 'people that keys belong to', 404],
    ['usage_report', 'use of the Messages API by key', 403],
    ['service_accounts', 'service accounts', 401],
    ['federation_issuers', 'federation issuers', 403],
    ['federation_rules', 'federation rules', 403],
  ])('names the call and the permission when %s is refused', async (path, title, status) => {
    const { server, env } = await start();
    server.refused.set(`/v1/organizations/${path}`, status);
    const { target } = await readAccount(openAnthropic, '', env);
    expect(target.skipped).toEqual([{ reason: expect.stringMatching(new RegExp(`^${title}: not readable \\(${status}, GET /v1/organizations/${path}\\S* needs .*org:admin`)), count: 1, examples: [], incomplete: true }]);
  });

  it('waits as long as it is asked to, and asks again for what was cut, dropped or not JSON', async () => {
    const { server, env } = await start();
    server.faults.set('/v1/organizations/api_keys', ['throttle', 'cut', 'drop', 'html']);
    server.faults.set('/v1/organizations/federation_rules', ['busy']);
    const { accounts, reasons } = await readAccount(openAnthropic, '', env);
    expect(reasons).toEqual([]);
    expect(accounts.listed).toHaveLength(8);
    expect(accounts.settings).toHaveLength(3);
    expect(server.waits.every((wait) => wait >= 950)).toBe(true);
    expect(server.waits).toHaveLength(1);
  });

  it('keeps what it had when a later page cannot be read, and says so', async () => {
    const { env } = await start({ world: { ...WORLD, keys: WORLD.keys.map((key, index) => (index === 4 ? { ...key, created_at: ['no time'] } : key)) }, page: 3 });
    const { accounts, target } = await readAccount(openAnthropic, '', env);
    expect(accounts.listed?.map(({ id }) => id)).toEqual(['apikey_01', 'apikey_02', 'apikey_03', 'apikey_04']);
    expect(target.skipped).toEqual([{ reason: expect.stringContaining('Anthropic’s Admin API answered something else than it documents: created_at of data[1] of GET /v1/organizations/api_keys is no time'), count: 1, examples: [], incomplete: true }]);
  });

  it('keeps names as they are, but cuts long ones', async () => {
    const name = `\u001b[31m${'x'.repeat(400)}`;
    const { env } = await start({ world: { ...WORLD, keys: [{ ...KEY, id: 'apikey_01', name }] }, page: 3 });
    const { key } = await readAccount(openAnthropic, '', env);
    expect(key('apikey_01').name).toBe(`${name.slice(0, 299)}…`);
  });

  it('stops at once without a login, with a wrong one, another organisation or a wrong address; no error holds the login', async () => {
    const { server, env } = await start();
    const failure = async (rest: string, over: Readonly<Record<string, string | undefined>>): Promise<Error> => {
      try {
        await readAccount(openAnthropic, rest, { ...env, ...over });
      } catch (error) {
        if (error instanceof Error) return error;
      }
      throw new Error('it did not stop');
    };
    const none = await failure('', { ANTHROPIC_ADMIN_KEY: ' ', ANTHROPIC_AUTH_TOKEN: undefined });
    expect(none).toBeInstanceOf(TargetError);
    expect(none).toMatchObject({ message: 'There is no login for Anthropic’s Admin API', fix: expect.stringContaining('ANTHROPIC_ADMIN_KEY') });
    expect(await failure('', { ANTHROPIC_ADMIN_KEY: 'sk-wrong-login' })).toMatchObject({ name: 'TargetError', message: expect.stringMatching(/answered 401: invalid x-api-key$/) });
    expect(await failure('other-org', {})).toMatchObject({ name: 'TargetError', message: 'The login belongs to another organisation than other-org' });
    expect(await failure('', { ANTHROPIC_BASE_URL: 'http://proxy.example' })).toBeInstanceOf(UsageError);
    expect(await failure('', { ANTHROPIC_BASE_URL: 'nonsense' })).toBeInstanceOf(UsageError);
    const broken = await failure('', { ANTHROPIC_ADMIN_KEY: `${ADMIN_KEY}\nsecond-line` });
    expect(broken.message).toBe('ANTHROPIC_ADMIN_KEY holds characters that no login has, or nothing');
    expect(server.asked.every(({ path }) => path === '/v1/organizations/me')).toBe(true);
  });

  it('explains each call that it makes', async () => {
    const { server, env } = await start();
    await readAccount(openAnthropic, '', env);
    const asked = [...new Set(server.asked.map(({ path }) => `GET ${path}`))].toSorted();
    expect(explainAnthropic.calls.map(({ call }) => call).toSorted()).toEqual(asked);
  });
});
