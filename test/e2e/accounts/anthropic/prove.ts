import type { ListedKey } from '../../../../src/model/account.ts';
import { explainAnthropic } from '../../../../src/sources/anthropic/explain.ts';
import { openAnthropic } from '../../../../src/sources/anthropic/index.ts';
import type { Proof } from '../../github/checks.ts';
import { type AccountWorld, proveAccount } from '../prove-account.ts';
import { ADMIN_KEY, ADMIN_TOKEN, type AnthropicWorld, startAnthropic } from './server.ts';

const KEYS = 460;
const USERS = 120;
const WORKSPACES = 24;
const ACCOUNTS = 130;

const padded = (prefix: string, index: number): string => `${prefix}01${String(index).padStart(22, '0')}`;
const day = (index: number): string => new Date(Date.parse('2026-11-29T00:00:00Z') - index * 86_400_000).toISOString().slice(0, 10);

type Item = { readonly id: string } & Readonly<Record<string, unknown>>;

/**
 * An organisation with some hundreds of keys of every kind.
 *
 * @param values keys that stand somewhere else: the first ones show their beginning and end
 */
export async function startAnthropicWorld({ values = [] }: { readonly values?: readonly string[] } = {}): Promise<AccountWorld> {
  const users: Item[] = Array.from({ length: USERS }, (_, index) => ({ id: padded('user_', index), type: 'user', email: `person${index}@acme.example`, name: `Person ${index}`, role: index % 30 === 0 ? 'admin' : 'developer' }));
  const workspaces: Item[] = Array.from({ length: WORKSPACES }, (_, index) => ({ id: padded('wrkspc_', index), type: 'workspace', name: `Team ${index}`, archived_at: index % 8 === 7 ? '2026-01-01T00:00:00Z' : null }));
  const accounts: Item[] = Array.from({ length: ACCOUNTS }, (_, index) => ({ id: padded('svac_', index), type: 'service_account', name: `job-${index}`, organization_role: 'developer', archived_at: index % 40 === 39 ? '2026-01-01T00:00:00Z' : null }));
  const use: { day: string; key: string }[] = [];
  const keys: Item[] = [];
  const listed: Omit<ListedKey, 'target'>[] = [];
  for (let index = 0; index < KEYS; index += 1) {
    const id = padded('apikey_', index);
    const status = index % 17 === 16 ? 'inactive' : index % 19 === 18 ? 'archived' : 'active';
    const [user, workspace, account] = [index % USERS, index % WORKSPACES, index % ACCOUNTS];
    const owner = index % 5 === 4 ? 'none' : index % 5 === 3 ? 'account' : 'user';
    const value = values[index];
    const shown = value === undefined ? { head: 'sk-ant-api03-abc', tail: String(index).padStart(4, '0') } : { head: value.slice(0, 16), tail: value.slice(-4) };
    const created = `${day(400 + (index % 300))}T08:00:00Z`;
    const used = index % 3 === 0 ? undefined : day(index % 200);
    if (used !== undefined) use.push({ day: used, key: id }, { day: day((index % 200) + 60), key: id });
    keys.push({
      id,
      type: 'api_key',
      name: `key ${index}`,
      status,
      created_at: created,
      expires_at: index % 7 === 6 ? '2027-06-01T00:00:00Z' : null,
      partial_key_hint: `${shown.head}...${shown.tail}`,
      created_by: owner === 'none' ? null : { id: padded('user_', user), type: 'user' },
      principal: owner === 'none' ? null : owner === 'account' ? { type: 'service_account_actor', service_account_id: padded('svac_', account) } : { type: 'user_actor', user_id: padded('user_', user) },
      scope: { type: 'workspace', workspace_id: padded('wrkspc_', workspace) },
    });
    listed.push({
      provider: 'anthropic',
      kind: 'api-key',
      privilege: 'project',
      id,
      name: `key ${index}`,
      status: status === 'active' ? 'active' : 'inactive',
      owner: owner === 'none' ? { kind: 'none', name: '' } : owner === 'account' ? { kind: 'service-account', name: `job-${account}` } : { kind: 'person', name: `person${user}@acme.example` },
      created,
      expires: index % 7 === 6 ? '2027-06-01T00:00:00Z' : 'never',
      ...(used === undefined ? {} : { lastUsed: `${used}T00:00:00Z` }),
      hint: shown,
      facts: {
        workspace: `Team ${workspace}`,
        can: 'call models, everything else in its workspace',
        ...(owner === 'none' ? { ownerless: 'true' } : { createdBy: `person${user}@acme.example` }),
        ...(status === 'archived' ? { archived: 'true' } : {}),
        ...(used === undefined ? { note: `not used for the Messages API since ${day(360)}` } : {}),
      },
    });
  }
  const world: AnthropicWorld = {
    organization: { id: '7a000000-0000-4000-8000-000000000001', name: 'Acme' },
    keys,
    users,
    workspaces,
    serviceAccounts: accounts,
    issuers: [{ id: padded('fdis_', 0), type: 'federation_issuer', name: 'github', issuer_url: 'https://token.actions.githubusercontent.com', jwks: { type: 'discovery' }, archived_at: null }],
    rules: Array.from({ length: 210 }, (_, index) => ({ id: padded('fdrl_', index), type: 'federation_rule', name: `rule-${index}`, issuer_id: padded('fdis_', 0), match: { subject_prefix: `repo:acme/app${index}:ref:refs/heads/main`, audience: null, claims: null, condition: null }, target: { type: 'service_account', service_account_id: padded('svac_', index % ACCOUNTS) }, oauth_scope: 'workspace:inference', applies_to_all_workspaces: true, workspace_ids: [], token_lifetime_seconds: 600, archived_at: null })),
    use,
  };
  const server = await startAnthropic(world);
  return {
    env: { ANTHROPIC_ADMIN_KEY: ADMIN_KEY, ANTHROPIC_AUTH_TOKEN: ADMIN_TOKEN, ANTHROPIC_BASE_URL: server.origin },
    target: 'anthropic:',
    planted: {
      listed,
      settings: [
        { kind: 'issuer', name: 'github', facts: { id: padded('fdis_', 0), url: 'https://token.actions.githubusercontent.com', keys: 'discovery' } },
        ...world.rules.map((_, index) => ({ kind: 'rule' as const, name: `rule-${index}`, facts: { id: padded('fdrl_', index), issuer: 'https://token.actions.githubusercontent.com', subject: `repo:acme/app${index}:ref:refs/heads/main`, becomes: `job-${index % ACCOUNTS}`, scope: 'workspace:inference', workspaces: 'all', seconds: '600' } })),
      ],
    },
    server,
    stop: async () => await server.stop(),
  };
}

export async function proveAnthropic(): Promise<Proof> {
  return await proveAccount('anthropic', startAnthropicWorld, openAnthropic, explainAnthropic, { door: ['GET /v1/organizations/me'] });
}
