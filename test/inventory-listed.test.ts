import { describe, expect, test } from 'vitest';
import { hintIdentity } from '../src/detect/scan-bytes.ts';
import type { ListedKey } from '../src/model/account.ts';
import type { Inventory, SecretSighting, Sightings, TargetReport } from '../src/model/inventory.ts';
import { buildNameTable } from '../src/providers/_names.ts';
import { providers } from '../src/providers/index.ts';
import { joinCredentials } from '../src/inventory/build.ts';
import { accountSentence } from '../src/report/account-messages.ts';
import { buildInventory } from '../src/risk/score-inventory.ts';
import { job, repository, secretUse, stored } from './support/account-world.ts';

const NOW = '2026-11-24T00:00:00Z';
const RUN = new Uint8Array(32).fill(7);

function target(id: string, kind: TargetReport['kind'], facts: Readonly<Record<string, string>> = {}): TargetReport {
  return { id, kind, name: `${kind}:`, complete: true, files: 0, objects: 0, bytes: 0, skipped: [], facts };
}

function listed(more: Partial<ListedKey> = {}): ListedKey {
  return { target: 'org', provider: 'anthropic', kind: 'api-key', privilege: 'project', id: 'apikey_01', name: 'ci', status: 'active', created: '2025-01-01T00:00:00Z', expires: 'never', lastUsed: '2026-11-20T00:00:00Z', owner: { kind: 'person', name: 'ann' }, facts: {}, ...more };
}

function seen(at: string, path: string, more: Partial<SecretSighting> = {}): SecretSighting {
  return {
    class: 'secret', provider: 'anthropic', detector: 'anthropic-api-key', kind: 'api-key', lifetime: 'long', privilege: 'unknown', confidence: 'high', identity: 'one', hint: hintOf('R2D', 'igAA') ?? '', preview: 'sk-ant-api03-…igAA',
    location: { target: at, path, start: 10, end: 90, line: 2, column: 1, endLine: 2, endColumn: 81 }, lineDigest: 'line', reasons: [], facts: {}, assignedTo: 'ANTHROPIC_API_KEY', ...more,
  };
}

function hintOf(head: string, tail: string): string | undefined {
  return hintIdentity(`sk-ant-api03-${head}`, tail, 'sk-ant-api03-', RUN);
}

function build(sightings: Omit<Sightings, 'problems' | 'accounts'> & { readonly listed: readonly ListedKey[] }, more: Partial<NonNullable<Sightings['accounts']>> = {}): Inventory {
  const { listed: keys, ...rest } = sightings;
  return buildInventory({ ...rest, problems: [], accounts: { stored: [], settings: [], readWhole: {}, listed: keys, ...more } }, providers, { version: '0.0.0', now: NOW, public: false }, buildNameTable(providers));
}

function kinds({ findings }: Inventory): string[] {
  return findings.flatMap(({ class: of, detector }) => (of === 'account' ? [detector] : []));
}

describe('a listed key and a value that was seen', () => {
  const targets = [target('repo', 'git'), target('org', 'anthropic')];
  const withHint = (head: string, tail: string, more: Partial<ListedKey> = {}): ListedKey => {
    const identity = hintOf(head, tail);
    return listed({ hint: { head: `sk-ant-api03-${head}`, tail }, ...(identity === undefined ? {} : { hintIdentity: identity }), ...more });
  };

  test('are one credential when the list shows its beginning and its end', () => {
    const { credentials } = build({ targets, secrets: [seen('repo', 'a.env')], references: [], workloads: [], listed: [withHint('R2D', 'igAA')] });
    expect(credentials).toHaveLength(1);
    expect(credentials[0]).toMatchObject({ seen: true, liveness: 'live', privilege: 'project', names: ['ANTHROPIC_API_KEY', 'ci'], facts: { owner: 'ann', status: 'active', 'last-used': '2026-11-20T00:00:00Z' } });
    expect(credentials[0]?.risk.factors.map(({ code }) => code)).toContain('LV');
  });

  test('are two when the beginnings differ, whatever the ends are', () => {
    const { credentials } = build({ targets, secrets: [seen('repo', 'a.env')], references: [], workloads: [], listed: [withHint('X2D', 'igAA')] });
    expect(credentials).toHaveLength(2);
  });

  test('are one by the end alone only where it is the only one, and that is said', () => {
    const short = withHint('R', 'igAA');
    expect(short.hintIdentity).toBeUndefined();
    const one = build({ targets, secrets: [seen('repo', 'a.env')], references: [], workloads: [], listed: [short] });
    expect(one.credentials).toHaveLength(1);
    expect(one.credentials[0]).toMatchObject({ liveness: 'not-checked', facts: { 'joined-by': 'the end of the key alone' } });
    const two = build({ targets, secrets: [seen('repo', 'a.env')], references: [], workloads: [], listed: [short, { ...short, id: 'apikey_02' }] });
    expect(two.credentials).toHaveLength(3);
  });

  test('are one by an id that stands in the value', () => {
    const key = listed({ provider: 'aws', kind: 'pair', id: 'AKIAEXAMPLE', publicPart: { fact: 'key-id', value: 'AKIAEXAMPLE' } });
    const { credentials } = build({ targets, secrets: [seen('repo', 'a.env', { provider: 'aws', detector: 'aws-access-key-id', kind: 'access-key', facts: { 'key-id': 'AKIAEXAMPLE' }, hint: '' })], references: [], workloads: [], listed: [key] });
    expect(credentials).toHaveLength(1);
  });

  test('one that is inactive is no key any more, and one that is used is not idle', () => {
    const { credentials, findings } = build({ targets, secrets: [], references: [], workloads: [], listed: [listed({ status: 'inactive' })] });
    expect(credentials[0]).toMatchObject({ liveness: 'dead', disposition: 'not-a-key', seen: false });
    expect(findings.map(({ detector, severity }) => [detector, severity])).toEqual([['listed-key', 'info']]);
  });
});

test('each finding of a list, and no other', () => {
  const targets = [target('org', 'aws')];
  const run = (more: Partial<ListedKey>): string[] => kinds(build({ targets, secrets: [], references: [], workloads: [], listed: [listed({ created: '2026-11-01T00:00:00Z', ...more })] })).toSorted();
  expect(run({})).toEqual(['listed-key']);
  expect(run({ status: 'leaked' })).toEqual(['leaked-key', 'listed-key']);
  expect(run({ owner: { kind: 'root', name: 'root' } })).toEqual(['listed-key', 'root-key']);
  expect(run({ owner: { kind: 'none', name: '' } })).toEqual(['listed-key', 'ownerless-key']);
  expect(run({ facts: { restrictions: 'none' } })).toEqual(['listed-key', 'open-key']);
  expect(run({ facts: { localAuth: 'true' } })).toEqual(['listed-key', 'local-auth']);
  expect(run({ created: '2026-01-01T00:00:00Z' })).toEqual(['listed-key', 'old-key']);
  expect(run({ created: '2026-01-01T00:00:00Z', lastUsed: 'never' })).toEqual(['idle-key', 'listed-key', 'old-key']);
  expect(run({ lastUsed: 'never' })).toEqual(['listed-key']);
  expect(run({ lastUsed: '2026-08-01T00:00:00Z' })).toEqual(['idle-key', 'listed-key']);
});

describe('a key is idle from the day on that the run names', () => {
  const targets = [target('org', 'aws')];
  const DAY = 86_400_000;
  const ago = (days: number): string => new Date(Date.parse(NOW) - days * DAY).toISOString();
  const isIdle = (key: Partial<ListedKey>, unusedAfter?: number): boolean => {
    const accounts = { stored: [], settings: [], readWhole: {}, listed: [listed({ created: ago(400), ...key })] };
    const { findings } = joinCredentials({ targets, secrets: [], references: [], workloads: [], problems: [], accounts }, providers, { names: buildNameTable(providers), now: NOW, ...(unusedAfter === undefined ? {} : { unusedAfter }) });
    return findings.some(({ detector, arguments: said }) => detector === 'idle-key' && said['unusedAfter'] === String(unusedAfter ?? 90));
  };

  test.each([
    { lastUsed: ago(90), unusedAfter: undefined, idle: true },
    { lastUsed: ago(89), unusedAfter: undefined, idle: false },
    { lastUsed: ago(30), unusedAfter: 30, idle: true },
    { lastUsed: ago(29), unusedAfter: 30, idle: false },
    { lastUsed: ago(180), unusedAfter: 365, idle: false },
    { lastUsed: 'never', unusedAfter: 400, idle: true },
    { lastUsed: 'never', unusedAfter: 401, idle: false },
    { lastUsed: ago(0), unusedAfter: 1, idle: false },
  ])('last used $lastUsed, from $unusedAfter on: $idle', ({ lastUsed, unusedAfter, idle }) => {
    expect(isIdle({ lastUsed }, unusedAfter)).toBe(idle);
  });

  test('what no list says is not taken for no use', () => {
    const { lastUsed: _, ...silent } = listed({ created: ago(400) });
    const accounts = { stored: [], settings: [], readWhole: {}, listed: [silent] };
    expect(kinds(buildInventory({ targets, secrets: [], references: [], workloads: [], problems: [], accounts }, providers, { version: '0.0.0', now: NOW, public: false }, buildNameTable(providers)))).not.toContain('idle-key');
  });

  test('whether anything that was scanned uses it stands beside it', () => {
    const idle = listed({ lastUsed: ago(120), hint: { head: 'sk-ant-api03-R2D', tail: 'igAA' }, hintIdentity: hintOf('R2D', 'igAA') ?? '' });
    const said = (inventory: Inventory): string | undefined => inventory.findings.flatMap((finding) => (finding.detector === 'idle-key' ? [accountSentence(finding, (text) => text) ?? ''] : []))[0];
    expect(said(build({ targets: [target('org', 'anthropic')], secrets: [], references: [], workloads: [], listed: [idle] }))).toBe('Key ci of ann was last used 120 days ago, on 2026-07-27, and nothing that was scanned uses it.');
    const app = repository('app');
    const user = job('app', '.github/workflows/ci.yml', 'evals');
    expect(said(build({ targets: [app, target('org', 'anthropic')], secrets: [seen('app', '.env')], references: [secretUse(user, 'ANTHROPIC_API_KEY')], workloads: [user], listed: [idle] }))).toBe('Key ci of ann was last used 120 days ago, on 2026-07-27, though 1 workload names it.');
  });
});

test('one key in five places with two workloads is one credential, and its score says why', () => {
  const app = repository('app');
  const cluster = target('prod', 'kubernetes');
  const workflow = job('app', '.github/workflows/ci.yml', 'evals');
  const deployment = { ...job('prod', 'cluster/ai/deployment/worker.yaml', 'worker'), platform: 'kubernetes', name: 'ai/worker' };
  const old = { inHead: false, reachable: true, firstSeen: { commit: 'c', authored: '2025-02-01T00:00:00Z' } } as const;
  const inHistory = seen('app', 'settings.py');
  const value = seen('app', '.env');
  const inCluster = seen('prod', 'cluster/ai/secret/keys.yaml', { location: { ...seen('prod', 'cluster/ai/secret/keys.yaml').location, route: 'data.ANTHROPIC_API_KEY' } });
  const { credentials, findings, workloads } = build(
    {
      targets: [app, cluster, target('org', 'anthropic')],
      secrets: [{ ...inHistory, location: { ...inHistory.location, history: old as never } }, value, inCluster],
      references: [secretUse(workflow, 'ANTHROPIC_API_KEY'), secretUse(deployment, 'ANTHROPIC_API_KEY', { store: 'cluster-secret' })],
      workloads: [workflow, deployment],
      listed: [listed({ hint: { head: 'sk-ant-api03-R2D', tail: 'igAA' }, hintIdentity: hintOf('R2D', 'igAA') ?? '' })],
    },
    { stored: [stored('app', 'ANTHROPIC_API_KEY')] },
  );
  expect(credentials).toHaveLength(1);
  const [credential] = credentials;
  const places = new Set(findings.filter(({ class: of, detector }) => of === 'secret' || detector === 'stored-key' || detector === 'listed-key').map(({ location }) => `${location.target} ${location.path}`));
  expect([...places].toSorted()).toEqual(['app .env', 'app account:github-actions/repository/ANTHROPIC_API_KEY', 'app settings.py', 'org account:keys/anthropic/apikey_01', 'prod cluster/ai/secret/keys.yaml']);
  expect(workloads.map(({ name }) => name).toSorted()).toEqual(['ai/worker', 'ci.yml › evals']);
  expect(credential?.workloads).toHaveLength(2);
  expect(credential?.risk.factors.find(({ code }) => code === 'SP')?.label).toBe('2 workloads, 5 places');
});

test('the value that a store gives joins with its entry, an entry for a whole group too', () => {
  const group = target('group', 'gitlab', { group: 'true', remote: 'gitlab.com/acme' });
  const { credentials } = build({ targets: [group], secrets: [seen('group', 'gitlab/acme/variables.env')], references: [], workloads: [], listed: [] }, { stored: [stored('group', 'ANTHROPIC_API_KEY', { store: 'gitlab-ci', scope: 'organization', readers: [] })] });
  expect(credentials).toHaveLength(1);
  expect(credentials[0]?.risk.factors.map(({ code, value }) => `${code}:${value}`)).toEqual(expect.arrayContaining(['EX:SS', 'ST:C']));
});

test('an entry of a store is not taken for a use of itself, nor a file of a repository for an entry', () => {
  const group = target('group', 'gitlab', { group: 'true', remote: 'gitlab.com/acme' });
  const file = (at: string, path: string) => ({ ...job(at, path, 'variables'), id: `${at} ${path}`, platform: 'dotenv', name: path });
  const uses = (at: string, path: string, targets: readonly TargetReport[], store: 'gitlab-ci' | 'github-actions'): number => {
    const workload = file(at, path);
    const { workloads } = build({ targets, secrets: [], references: [secretUse(workload, 'ANTHROPIC_API_KEY', { store: 'file' })], workloads: [workload], listed: [] }, { stored: [stored(at, 'ANTHROPIC_API_KEY', { store })] });
    return workloads.length;
  };
  expect(uses('group', 'gitlab/acme/variables.env', [group], 'gitlab-ci')).toBe(0);
  expect(uses('group', 'gitlab/acme/deploy.env', [group], 'gitlab-ci')).toBe(1);
  expect(uses('app', 'config/variables.env', [repository('app')], 'github-actions')).toBe(1);
});

test('an inventory shows no more of a listed key than a preview does, and holds to its schema', async () => {
  const inventory = build({ targets: [target('org', 'anthropic')], secrets: [], references: [], workloads: [], listed: [listed({ hint: { head: 'sk-ant-api03-R2D', tail: 'igAA' }, hintIdentity: hintOf('R2D', 'igAA') ?? '' })] });
  expect(JSON.stringify(inventory)).not.toMatch(/R2D|hintIdentity/);
  expect(inventory.credentials[0]?.preview).toBe('sk-ant-api03-…igAA');
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const { readFileSync } = await import('node:fs');
  const { renderJson } = await import('../src/report/json.ts');
  const schema: unknown = JSON.parse(readFileSync(new URL('../schema/inventory.schema.json', import.meta.url), 'utf8'));
  const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema as object);
  validate(JSON.parse(renderJson(inventory, { providers, platforms: [], width: 80, color: false, verbose: false, failOn: 'none', elapsedMs: 1, hyperlinks: false, cwd: '/', unicode: true })));
  expect(validate.errors).toBeNull();
  const written: unknown = JSON.parse(renderJson(inventory, { providers, platforms: [], width: 80, color: false, verbose: false, failOn: 'none', elapsedMs: 1, hyperlinks: false, cwd: '/', unicode: true }));
  expect(written).toMatchObject({ accounts: { listed: [{ id: 'apikey_01', owner: { kind: 'person', name: 'ann' }, credential: inventory.credentials[0]?.id }] } });
});
