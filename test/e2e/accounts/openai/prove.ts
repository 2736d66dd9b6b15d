import type { ListedKey } from '../../../../src/model/account.ts';
import { explainOpenai } from '../../../../src/sources/openai/explain.ts';
import { openOpenai } from '../../../../src/sources/openai/index.ts';
import type { Proof } from '../../github/checks.ts';
import { type AccountWorld, proveAccount } from '../prove-account.ts';
import { ADMIN_KEY, type OpenaiWorld, startOpenai } from './server.ts';

const PROJECTS = 8;
/** Keys of the first project, and of each of the others. */
const [MANY, FEW] = [340, 25];
const ADMINS = 210;

type Item = { readonly id: string } & Readonly<Record<string, unknown>>;
const padded = (prefix: string, index: number): string => `${prefix}${String(index).padStart(6, '0')}`;
const iso = (time: number): string => new Date(time * 1000).toISOString().replace('.000Z', 'Z');

/**
 * An organisation with some hundreds of keys of every kind.
 *
 * @param values keys that stand somewhere else: the first ones of the first project show their beginning and end
 */
export async function startOpenaiWorld({ values = [] }: { readonly values?: readonly string[] } = {}): Promise<AccountWorld> {
  const start = Date.parse('2024-01-01T00:00:00Z') / 1000;
  const projects: Item[] = Array.from({ length: PROJECTS }, (_, index) => ({ id: padded('proj_', index), object: 'organization.project', name: `Project ${index}`, status: index === PROJECTS - 1 ? 'archived' : 'active', created_at: start, archived_at: index === PROJECTS - 1 ? start + 1 : null }));
  const keys: Record<string, Item[]> = {};
  const listed: Omit<ListedKey, 'target'>[] = [];
  const costs: { day: number; key: string; value: number }[] = [];
  for (const [number, project] of projects.entries()) {
    keys[project.id] = [];
    for (let index = 0; index < (number === 0 ? MANY : FEW); index += 1) {
      const id = `key_${number}_${String(index).padStart(5, '0')}`;
      const created = start + index * 3600;
      const kind = index % 6 === 5 ? 'none' : index % 6 >= 3 ? 'service_account' : 'user';
      const access = index % 9 === 8 ? 'inactive' : 'active';
      const used = index % 4 === 3 ? null : created + 86_400;
      const value = number === 0 ? values[index] : undefined;
      const hint = value === undefined ? { head: 'sk-proj-abc', tail: String(index).padStart(4, '0') } : { head: value.slice(0, 12), tail: value.slice(-4) };
      const spent = index % 10 === 0 ? index + 0.25 : undefined;
      if (spent !== undefined) costs.push({ day: index % 30, key: id, value: spent });
      keys[project.id]?.push({
        id,
        object: 'organization.project.api_key',
        name: `key ${index}`,
        created_at: created,
        last_used_at: used,
        expires_at: null,
        redacted_value: `${hint.head}${'*'.repeat(20)}${hint.tail}`,
        owner_project_access: access,
        owner: kind === 'none' ? {} : kind === 'user' ? { type: 'user', user: { id: padded('user-', index), name: `Person ${index}`, email: `person${index}@acme.example`, role: 'member', created_at: start } } : { type: 'service_account', service_account: { id: padded('sa-', index), name: `job-${index}`, role: 'member', created_at: start } },
      });
      const note = access === 'inactive' ? 'its owner has no access to the project any more' : number === PROJECTS - 1 ? 'its project is archived' : undefined;
      listed.push({
        provider: 'openai',
        kind: 'api-key',
        privilege: 'project',
        id,
        name: `key ${index}`,
        status: 'active',
        owner: kind === 'none' ? { kind: 'none', name: '' } : kind === 'user' ? { kind: 'person', name: `person${index}@acme.example` } : { kind: 'service-account', name: `job-${index}` },
        created: iso(created),
        expires: 'never',
        lastUsed: used === null ? 'never' : iso(used),
        hint,
        facts: {
          project: `Project ${number}`,
          can: 'call models, everything else in its project',
          ownerAccess: access,
          ...(kind === 'none' || access === 'inactive' ? { ownerless: 'true' } : {}),
          ...(spent === undefined ? {} : { spend30d: `${spent.toFixed(2)} USD` }),
          ...(note === undefined ? {} : { note }),
        },
      });
    }
  }
  const adminKeys: Item[] = Array.from({ length: ADMINS }, (_, index) => ({ id: padded('key_admin_', index), object: 'organization.admin_api_key', name: `admin ${index}`, redacted_value: 'sk-admin-abc...wxyz', created_at: start, expires_at: null, last_used_at: null, owner: { type: 'user', object: 'organization.user', id: 'user-1', name: 'Ada', role: 'owner', created_at: start } }));
  for (const { id, name } of adminKeys) listed.push({ provider: 'openai', kind: 'admin-key', privilege: 'admin', id, name: String(name), status: 'active', owner: { kind: 'person', name: 'Ada' }, created: iso(start), expires: 'never', lastUsed: 'never', hint: { head: 'sk-admin-abc', tail: 'wxyz' }, facts: { can: 'manage keys, projects and members' } });
  const issuer = 'https://token.actions.githubusercontent.com';
  const world: OpenaiWorld = {
    projects,
    keys,
    adminKeys,
    serviceAccounts: { [padded('proj_', 0)]: [{ id: 'sa-deploy', object: 'organization.project.service_account', name: 'deploy', role: 'member', created_at: start }] },
    providers: [{ id: 'wip_1', name: 'github', type: 'oidc', issuer, audience: 'openai', enabled: true, attribute_transformations: [], verification: { type: 'discovery', discovery_url: null }, created_at: start, updated_at: start, description: null }],
    rules: { wip_1: Array.from({ length: 50 }, (_, index) => ({ id: padded('rule_', index), name: `rule-${index}`, enabled: true, project_id: padded('proj_', 0), service_account_id: 'sa-deploy', attribute_matchers: { sub: `repo:acme/app${index}:ref:refs/heads/main` }, permissions: { type: 'service_account_default' }, created_at: start, updated_at: start, description: null })) },
    costs,
  };
  const server = await startOpenai(world);
  return {
    env: { OPENAI_ADMIN_KEY: ADMIN_KEY, OPENAI_BASE_URL: `${server.origin}/v1` },
    target: 'openai:',
    planted: {
      listed,
      settings: [
        { kind: 'issuer', name: 'github', facts: { id: 'wip_1', url: issuer, audiences: 'openai', keys: 'discovery', enabled: 'true' } },
        ...Array.from({ length: 50 }, (_, index) => ({ kind: 'rule' as const, name: `rule-${index}`, facts: { id: padded('rule_', index), issuer, audience: 'openai', subject: `repo:acme/app${index}:ref:refs/heads/main`, becomes: 'deploy', project: 'Project 0', scope: 'service_account_default', enabled: 'true' } })),
      ],
    },
    server,
    stop: async () => await server.stop(),
  };
}

export async function proveOpenai(): Promise<Proof> {
  return await proveAccount('openai', startOpenaiWorld, openOpenai, explainOpenai, { prefix: '/v1' });
}
