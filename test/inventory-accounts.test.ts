import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StoredSecret } from '../src/model/account.ts';
import type { Credential, Finding, Inventory, ReferenceSighting, SecretSighting, Sightings, WorkloadSighting } from '../src/model/inventory.ts';
import { nameMask } from '../src/detect/mask.ts';
import { maskInventory } from '../src/inventory/mask.ts';
import { buildNameTable } from '../src/providers/_names.ts';
import { providers } from '../src/providers/index.ts';
import { parseVector } from '../src/risk/vector.ts';
import { buildInventory } from '../src/risk/score-inventory.ts';
import { accountOf, job, madeUpOrganization, organization, repository, secretUse, setting, stored, WHOLE, world } from './support/account-world.ts';

const NOW = '2026-11-24T00:00:00Z';
const NAMES = buildNameTable(providers);

function build(sightings: Sightings, now = NOW): Inventory {
  return buildInventory(sightings, providers, { version: '0.0.0', now, public: false }, NAMES);
}

function only<T>(items: readonly T[]): T {
  const [item, ...more] = items;
  if (item === undefined || more.length > 0) throw new Error(`${items.length} instead of one`);
  return item;
}

function codes(inventory: Inventory, of: Finding['class'] = 'account'): string[] {
  return inventory.findings.filter((finding) => finding.class === of).map(({ code }) => code.replace('DK-ACCOUNT-', ''));
}

function found(inventory: Inventory, kind: string): Finding[] {
  return inventory.findings.filter(({ class: of, detector }) => of === 'account' && detector === kind);
}

/** `scope[/environment]` of the secret that each use consumes, by target and job. */
function consumed(inventory: Inventory): Record<string, string> {
  const stores = new Map<string, string>();
  for (const { credential, scope, environment, target } of inventory.accounts?.stored ?? []) stores.set(credential, `${scope}${environment === undefined ? '' : `/${environment}`} of ${target}`);
  return Object.fromEntries(
    inventory.findings.flatMap((finding) => {
      if (finding.class !== 'reference') return [];
      const user = inventory.workloads.find(({ id }) => id === finding.workload);
      return [[`${finding.location.target} ${user?.name.split(' › ')[1] ?? '?'}`, stores.get(finding.credential) ?? 'nothing stored']];
    }),
  );
}

const APP = repository('app');
const SITE = repository('site');
const CI = '.github/workflows/ci.yml';

function shared(readers: readonly string[], more: Partial<StoredSecret> = {}): StoredSecret {
  return stored('org', 'OPENAI_API_KEY', { scope: 'organization', visibility: 'selected', readers, ...more });
}

function inEnvironment(target: string, environment: string, name = 'OPENAI_API_KEY'): StoredSecret {
  return stored(target, name, { scope: 'environment', environment });
}

function scene(targets: Sightings['targets'], secrets: readonly StoredSecret[], uses: readonly (readonly [WorkloadSighting, ReferenceSighting?])[], more: Partial<NonNullable<Sightings['accounts']>> = {}): Sightings {
  const workloads = [...new Map(uses.map(([workload]) => [workload.id, workload])).values()];
  return world({ targets, workloads, references: uses.flatMap(([, reference]) => reference ?? []), accounts: accountOf(targets, { stored: secrets, ...more }) });
}

function use(target: string, key: string, facts: Readonly<Record<string, string>> = {}, name = 'OPENAI_API_KEY', path = CI): readonly [WorkloadSighting, ReferenceSighting] {
  const workload = job(target, path, key, facts);
  return [workload, secretUse(workload, name)];
}

describe('which stored secret a use consumes', () => {
  const targets = [organization(), APP, SITE];

  test.each([
    ['the environment wins over the repository and the organisation', [shared(['app']), stored('app', 'OPENAI_API_KEY'), inEnvironment('app', 'production')], { environment: 'production' }, 'environment/production of app'],
    ['names of environments are told apart without case', [stored('app', 'OPENAI_API_KEY'), inEnvironment('app', 'Production')], { environment: 'production' }, 'environment/Production of app'],
    ['a job without the environment gets the repository\'s', [shared(['app']), stored('app', 'OPENAI_API_KEY'), inEnvironment('app', 'production')], {}, 'repository of app'],
    ['another environment is no help', [shared(['app']), inEnvironment('app', 'production')], { environment: 'staging' }, 'organization of org'],
    ['the repository wins over the organisation', [shared(['app']), stored('app', 'OPENAI_API_KEY')], {}, 'repository of app'],
    ['the organisation\'s is for its readers', [shared(['app'])], {}, 'organization of org'],
    ['and for nobody else', [shared(['site'])], {}, 'nothing stored'],
    ['names of secrets are told apart without case', [stored('app', 'openai_api_key')], {}, 'repository of app'],
    ['the secret of another repository is not this one', [stored('site', 'OPENAI_API_KEY')], {}, 'nothing stored'],
    ['a computed environment can be any that holds it', [inEnvironment('app', 'production')], { environment: '${{ inputs.target }}' }, 'environment/production of app'],
    ['and falls back to the repository\'s', [inEnvironment('app', 'production'), stored('app', 'OPENAI_API_KEY')], { environment: '${{ inputs.target }}' }, 'repository of app'],
    ['Dependabot\'s own store comes after that of workflows', [stored('app', 'OPENAI_API_KEY', { store: 'github-dependabot' }), stored('app', 'OPENAI_API_KEY')], {}, 'repository of app'],
  ] as const)('%s', (_, secrets, facts, expected) => {
    expect(consumed(build(scene(targets, secrets, [use('app', 'test', facts)])))).toEqual({ 'app test': expected });
  });

  test('a secret that only a run of Dependabot reads is found there', () => {
    const inventory = build(scene(targets, [stored('app', 'OPENAI_API_KEY', { store: 'github-dependabot' })], [use('app', 'test')]));
    expect(only(inventory.accounts?.stored ?? [])).toMatchObject({ store: 'github-dependabot', usedBy: ['app'] });
    // Runs that people start do not get it, unless the workflow is Dependabot's own.
    expect(found(inventory, 'missing-key').map(({ arguments: said }) => said['elsewhere'])).toEqual(['github-dependabot']);
    const own = job('app', '.github/workflows/dependabot.yml', 'merge');
    expect(found(build(scene(targets, [stored('app', 'OPENAI_API_KEY', { store: 'github-dependabot' })], [[own, secretUse(own, 'OPENAI_API_KEY')]])), 'missing-key')).toEqual([]);
  });

  test('a shared secret of forty repositories is one credential, and an own secret of one of them another', () => {
    const names = Array.from({ length: 40 }, (_, index) => `r${String(index).padStart(2, '0')}`);
    const repositories = names.map((name) => repository(name));
    const inventory = build(scene([organization(), ...repositories], [shared(names), stored('r07', 'OPENAI_API_KEY')], names.map((name) => use(name, 'test'))));
    expect(inventory.credentials).toHaveLength(2);
    const big = only(inventory.credentials.filter(({ workloads }) => workloads.length > 1));
    expect(big.workloads).toHaveLength(39);
    expect(big.risk.factors.find(({ code }) => code === 'RU')?.label).toBe('readable by 40 repositories');
    expect(consumed(inventory)['r07 test']).toBe('repository of r07');
    expect(inventory.accounts?.stored.map(({ scope, usedBy }) => [scope, usedBy.length])).toEqual([
      ['organization', 39],
      ['repository', 1],
    ]);
  });

  test('a name that no table knows is what a workflow hands it on as', () => {
    const workload = job('app', CI, 'test');
    const inventory = build(scene(targets, [stored('app', 'PROD_KEY'), stored('app', 'OTHER_KEY')], [[workload, secretUse(workload, 'PROD_KEY', { alias: 'OPENAI_API_KEY' })]]));
    expect(inventory.accounts?.stored.map(({ name }) => name)).toEqual(['PROD_KEY']);
    expect(inventory.accounts?.unrelated).toBe(1);
    expect(only(inventory.credentials)).toMatchObject({ provider: 'openai', preview: 'PROD_KEY', names: ['PROD_KEY'] });
  });

  test('what is no AI key is counted and not named', () => {
    const names = ['NPM_TOKEN', 'GH_TOKEN', 'DB_PASSWORD', 'SENTRY_AUTH_TOKEN', 'GH_PAT'];
    const inventory = build(scene(targets, [...names.map((name) => stored('app', name)), stored('app', 'MISTRAL_API_KEY')], []));
    expect(inventory.accounts).toMatchObject({ unrelated: names.length, stored: [{ name: 'MISTRAL_API_KEY' }] });
    for (const name of names) expect(JSON.stringify(inventory)).not.toContain(name);
  });

  test('the halves of an access key in one place are one credential', () => {
    const secrets = [stored('app', 'AWS_ACCESS_KEY_ID'), stored('app', 'AWS_SECRET_ACCESS_KEY'), stored('site', 'AWS_ACCESS_KEY_ID')];
    const inventory = build(scene(targets, secrets, []));
    expect(Object.fromEntries(inventory.credentials.map(({ kind, names }) => [kind, names]))).toEqual({ 'access-key': ['AWS_ACCESS_KEY_ID'], pair: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] });
    expect(inventory.credentials).toHaveLength(2);
  });

  test('reads of a variable follow the one stored secret that it receives', () => {
    const code: WorkloadSighting = { ...job('app', 'src/main.py', 'main'), platform: 'code', facts: {} };
    const read = secretUse(code, 'OPENAI_API_KEY', { store: 'environment', route: 'os.environ' });
    const inventory = build(scene(targets, [shared(['app'])], [use('app', 'test'), [code, read]]));
    expect(only(inventory.credentials).findings).toHaveLength(4);
  });

  test('a value seen in the one repository that stores it is that credential; a shared one stays apart', () => {
    const secret: SecretSighting = {
      class: 'secret', provider: 'openai', detector: 'openai-project-key', kind: 'api-key', lifetime: 'long', privilege: 'project', confidence: 'high',
      identity: 'aaaa', preview: 'sk-proj-…aaaa', location: { target: 'app', path: '.env', start: 0, end: 40, line: 1, column: 1, endLine: 1, endColumn: 41 },
      lineDigest: 'l', reasons: [], facts: {}, assignedTo: 'OPENAI_API_KEY',
    };
    const own = build({ ...scene(targets, [stored('app', 'OPENAI_API_KEY')], [use('app', 'test')]), secrets: [secret] });
    expect(only(own.credentials)).toMatchObject({ seen: true, preview: 'sk-proj-…aaaa' });
    expect(only(own.accounts?.stored ?? []).credential).toBe(only(own.credentials).id);
    const apart = build({ ...scene(targets, [shared(['app', 'site'])], [use('app', 'test'), use('site', 'test')]), secrets: [secret] });
    expect(apart.credentials).toHaveLength(2);
    expect(Object.fromEntries(apart.credentials.map(({ seen, workloads }) => [String(seen), workloads.length]))).toEqual({ false: 2, true: 0 });
  });

  test('repositories that each list the secret of their organisation list one secret', () => {
    const rows = ['app', 'site'].map((name) => stored(name, 'OPENAI_API_KEY', { scope: 'organization', readers: [name] }));
    const inventory = build(scene([APP, SITE], rows, [use('app', 'test'), use('site', 'test')]));
    expect(only(inventory.credentials).workloads).toHaveLength(2);
    expect(only(inventory.accounts?.stored ?? []).readers).toEqual(['app', 'site']);
  });
});

describe('called workflows', () => {
  const LIBRARY = repository('workflows');
  const targets = [organization(), APP, SITE, LIBRARY];
  const SHARED = '.github/workflows/evals.yml';
  const CALL = 'acme/workflows/.github/workflows/evals.yml@v1';

  test('a parameter is what callers of other repositories pass for it', () => {
    const caller = job('app', CI, 'call', { calls: CALL });
    const passed = secretUse(caller, 'OPENAI_API_KEY', { alias: 'KEY', route: 'jobs.call.secrets.KEY' });
    const called = job('workflows', SHARED, 'evals', { reusable: 'true', triggers: 'workflow_call', declares: 'KEY' });
    const inventory = build(scene(targets, [shared(['app']), stored('workflows', 'KEY')], [[caller, passed], [called, secretUse(called, 'KEY')]]));
    expect(consumed(inventory)).toEqual({ 'app call': 'organization of org', 'workflows evals': 'organization of org' });
  });

  test('secrets: inherit makes the caller a user of its own secrets, even in an environment of the called job', () => {
    const caller = job('app', CI, 'call', { calls: CALL, secrets: 'inherit' });
    const called = job('workflows', SHARED, 'evals', { reusable: 'true', triggers: 'workflow_call', environment: 'production' });
    const inventory = build(scene(targets, [inEnvironment('app', 'production'), stored('app', 'OPENAI_API_KEY', { updated: '2026-11-20T00:00:00Z' })], [[caller], [called, secretUse(called, 'OPENAI_API_KEY')]]));
    expect(inventory.accounts?.stored.map(({ scope, usedBy }) => [scope, usedBy])).toEqual([
      ['environment', ['app', 'workflows']],
      ['repository', []],
    ]);
    expect(only(found(inventory, 'unused-key')).arguments).toMatchObject({ scope: 'repository' });
    expect(found(inventory, 'missing-key')).toEqual([]);
  });

  test.each([
    ['a workflow that is not in the scan', { calls: 'elsewhere/x/.github/workflows/y.yml@v1', secrets: 'inherit' }],
    ['all secrets as one text', { secrets: 'all' }],
    ['a computed name', { secrets: 'computed' }],
  ])('after %s nothing of the repository is called unused', (_, facts) => {
    const inventory = build(scene(targets, [stored('app', 'OPENAI_API_KEY'), stored('site', 'OPENAI_API_KEY')], [[job('app', CI, 'call', facts)]]));
    expect(found(inventory, 'unused-key').map(({ location }) => location.target)).toEqual(['site']);
  });
});

describe('unused', () => {
  const targets = [organization(), APP, SITE];
  const unused = (sightings: Sightings): string[] => found(build(sightings), 'unused-key').map(({ arguments: { name, scope } }) => `${scope} ${name}`);

  test('a shared secret that none of its readers names, and one that nobody may read', () => {
    expect(unused(scene(targets, [shared(['app', 'site']), stored('org', 'MISTRAL_API_KEY', { scope: 'organization', visibility: 'selected', readers: [] })], []))).toEqual(['organization MISTRAL_API_KEY', 'organization OPENAI_API_KEY']);
  });

  test.each([
    ['a reader was not read whole', scene([organization(), APP, repository('site', {}, { complete: false })], [shared(['app', 'site'])], [])],
    ['a reader is no target of the run', scene([organization(), APP], [shared(['app', 'site'])], [])],
    ['the organisation\'s store was not read whole', scene(targets, [shared(['app', 'site'])], [], { readWhole: { app: WHOLE, site: WHOLE } })],
    ['the organisation was not asked', scene([APP], [stored('app', 'OPENAI_API_KEY', { scope: 'organization', readers: ['app'] })], [])],
    ['others than workflows read that store', scene(targets, [stored('app', 'OPENAI_API_KEY', { store: 'github-codespaces' })], [], { readWhole: { app: ['github-codespaces'] } })],
  ])('is not said when %s', (_, sightings) => {
    expect(unused(sightings)).toEqual([]);
  });

  test('a tree that was read counts, whatever else of the repository was not', () => {
    const partly = repository('site', { tree: 'workflows' }, { complete: false });
    expect(unused(scene([organization(), APP, partly], [shared(['app', 'site'])], []))).toEqual(['organization OPENAI_API_KEY']);
    expect(unused(scene([organization(), APP, repository('site', { tree: 'partial' })], [shared(['app', 'site'])], []))).toEqual([]);
  });

  test('a key that nothing uses has a score and a finding, and no workload', () => {
    const inventory = build(scene(targets, [stored('app', 'OPENAI_API_KEY')], []));
    const credential = only(inventory.credentials);
    expect(credential).toMatchObject({ seen: false, confidence: 'high', workloads: [], facts: { unused: 'true' } });
    expect(codes(inventory)).toEqual(['OLD-KEY', 'STORED-KEY', 'UNUSED-KEY']);
    expect(parseVector(credential.risk.vector).score).toBe(credential.risk.score);
  });
});

describe('missing', () => {
  const targets = [organization(), APP, SITE];
  const missing = (sightings: Sightings): Finding[] => found(build(sightings), 'missing-key');

  test('a name that nothing holds is said at its place, and is no key to replace', () => {
    const inventory = build(scene(targets, [], [use('app', 'test'), use('app', 'more')]));
    expect(only(found(inventory, 'missing-key'))).toMatchObject({ severity: 'low', confidence: 'medium', location: { target: 'app', path: CI, line: 12 }, arguments: { name: 'OPENAI_API_KEY', places: '2' } });
    expect(only(inventory.credentials).facts).toEqual({ missing: 'true' });
    expect(inventory.summary.pathToZero).toEqual({ today: 0, afterChange: 0, none: 0 });
  });

  test('an organisation\'s secret that this repository may not read is named as such', () => {
    expect(only(missing(scene(targets, [shared(['site'])], [use('app', 'test')]))).arguments['hidden']).toBe('true');
  });

  test('a job outside the environment that holds it does not use that environment\'s', () => {
    const inventory = build(scene(targets, [inEnvironment('app', 'production')], [use('app', 'deploy', { environment: 'production' }), use('app', 'test')]));
    expect(consumed(inventory)).toEqual({ 'app deploy': 'environment/production of app', 'app test': 'nothing stored' });
    expect(found(inventory, 'missing-key')).toHaveLength(1);
  });

  const plain = use('app', 'test');
  test.each([
    ['a store of the repository was not read', scene(targets, [], [plain], { readWhole: { org: WHOLE, app: ['github-actions'] } })],
    ['the organisation\'s was not read', scene(targets, [], [plain], { readWhole: { app: WHOLE } })],
    ['the environment is computed', scene(targets, [], [use('app', 'test', { environment: '${{ matrix.env }}' })])],
    ['the workflow is called by others', scene(targets, [], [use('app', 'test', { reusable: 'true', triggers: 'workflow_call' })])],
    ['it is a parameter', scene(targets, [], [use('app', 'test', { declares: 'OPENAI_API_KEY' })])],
    ['the workflow is a template', scene(targets, [], [use('app', 'test', { active: 'false' })])],
    ['the workflow lies below the root', scene(targets, [], [use('app', 'test', { nested: 'true' })])],
    ['the repository is a fork', scene([organization(), repository('app', { fork: 'true' })], [], [plain])],
    ['the repository is archived', scene([organization(), repository('app', { archived: 'true' })], [], [plain])],
    ['the repository is a template', scene([organization(), repository('app', { template: 'true' })], [], [plain])],
    ['the name is guessed from a matrix', scene(targets, [], [[plain[0], { ...plain[1], confidence: 'low' }]])],
    ['it is the platform\'s own token', scene(targets, [], [use('app', 'test', {}, 'GITHUB_TOKEN')])],
    ['an agent has secrets of its own for it', scene(targets, [], [use('app', 'setup', {}, 'OPENAI_API_KEY', '.github/workflows/copilot-setup-steps.yml')])],
    ['nothing was asked of an account', { ...scene(targets, [], [plain]), accounts: accountOf([]) }],
  ])('is not said when %s', (_, sightings) => {
    expect(missing(sightings)).toEqual([]);
  });

  test('without the organisation as a target, the repository\'s own reading is the whole', () => {
    expect(missing(scene([APP], [], [plain]))).toHaveLength(1);
  });
});

describe('age, reach and copies', () => {
  const targets = [organization(), APP, SITE];

  test.each([
    ['2026-11-23T12:00:00Z', undefined, 'AG:N'],
    ['2026-10-01T00:00:00Z', undefined, 'AG:M'],
    ['2026-08-27T00:00:00Z', undefined, 'AG:M'],
    ['2026-08-26T00:00:00Z', 'low', 'AG:Q'],
    ['2025-11-25T00:00:00Z', 'low', 'AG:Q'],
    ['2025-11-24T00:00:00Z', 'medium', 'AG:Y'],
    ['2030-01-01T00:00:00Z', undefined, 'AG:U'],
    ['yesterday', undefined, 'AG:U'],
  ])('a value set at %s', (updated, severity, factor) => {
    const inventory = build(scene(targets, [stored('app', 'OPENAI_API_KEY', { updated })], [use('app', 'test')]));
    expect(found(inventory, 'old-key').map((finding) => finding.severity)).toEqual(severity === undefined ? [] : [severity]);
    expect(only(inventory.credentials).risk.vector).toContain(`/${factor}/`);
  });

  test('visible to all and used by two is too wide, unless those not read may use it', () => {
    const names = Array.from({ length: 20 }, (_, index) => `r${String(index).padStart(2, '0')}`);
    const uses = [use('r00', 'test'), use('r01', 'test')];
    const wide = (unread: number, visibility: StoredSecret['visibility'] = 'all'): number =>
      found(build(scene([organization(), ...names.map((name, index) => repository(name, index >= 20 - unread ? { tree: 'partial' } : {}))], [{ ...shared(names), ...(visibility === undefined ? {} : { visibility }) }], uses)), 'wide-key').length;
    expect([wide(0), wide(0, 'private'), wide(3), wide(4), wide(0, 'selected')]).toEqual([1, 1, 1, 0, 0]);
  });

  test('one name in three repositories is one doubtful finding and a fact of each', () => {
    const names = ['a', 'b', 'c'];
    const inventory = build(scene([organization(), ...names.map((name) => repository(name))], names.map((name) => stored(name, 'OPENAI_API_KEY')), []));
    expect(only(found(inventory, 'same-name'))).toMatchObject({ confidence: 'low', severity: 'info', credential: '', provider: '', location: { target: 'org' } });
    expect(inventory.credentials.map(({ facts }) => facts['same-name'])).toEqual(['3 repositories', '3 repositories', '3 repositories']);
    expect(found(build(scene([organization(), APP, SITE], [stored('app', 'OPENAI_API_KEY'), stored('site', 'OPENAI_API_KEY')], [])), 'same-name')).toEqual([]);
  });

  test('every score recomputes from its vector', () => {
    for (const { risk } of build(madeUpOrganization(60)).credentials) expect(parseVector(risk.vector).score).toBe(risk.score);
  });
});

describe('settings', () => {
  const PUBLIC = repository('app', { visibility: 'public' });

  function settingsOf(settings: ReturnType<typeof setting>[], targets: Sightings['targets'] = [organization(), PUBLIC], uses = [use('app', 'test')], secrets: readonly StoredSecret[] = []): string[] {
    return build(scene(targets, [...secrets, shared(['app'])], uses, { settings })).findings.flatMap(({ class: of, credential, code, location, arguments: said }) =>
      of === 'account' && credential === '' ? [`${code.replace('DK-ACCOUNT-', '')} ${location.target} ${said['names']}`] : [],
    );
  }

  test.each([
    ['a token that may write', setting('app', 'workflow-token', 'default', { default: 'write' }), ['TOKEN-WRITE app default']],
    ['a token that may read', setting('app', 'workflow-token', 'default', { default: 'read' }), []],
    ['a runner of a public repository', setting('app', 'runner', 'gpu', { selfHosted: 'true' }), ['PUBLIC-RUNNER app gpu']],
    ['a runner group for public repositories', setting('org', 'runner', 'gpus', { selfHosted: 'true', public: 'true' }), ['PUBLIC-RUNNER org gpus']],
    ['a runner group for others', setting('org', 'runner', 'gpus', { selfHosted: 'true', public: 'false' }), []],
    ['a deploy key that may write', setting('app', 'deploy-key', 'server', { readOnly: 'false' }), ['DEPLOY-KEY app server']],
    ['a deploy key that may read', setting('app', 'deploy-key', 'server', { readOnly: 'true' }), []],
    ['a deploy key that is switched off', setting('app', 'deploy-key', 'server', { readOnly: 'false', enabled: 'false' }), []],
    ['an App that is suspended', setting('org', 'app-installation', 'bot', { permissions: 'secrets:write', suspended: 'true' }), []],
    ['an App that may write secrets', setting('org', 'app-installation', 'bot', { permissions: 'metadata:read,secrets:write' }), ['APP-WRITE org bot']],
    ['an App that may write issues', setting('org', 'app-installation', 'bot', { permissions: 'metadata:read,issues:write' }), []],
    ['an open default branch', setting('app', 'branch-protection', 'main', { protected: 'false' }), ['OPEN-BRANCH app main']],
    ['an open other branch', setting('app', 'branch-protection', 'dev', { protected: 'false' }), []],
    ['a fact that was not read', setting('app', 'branch-protection', 'main', {}), []],
    ['an environment that holds no key', setting('app', 'environment', 'docs', { reviewers: '0', branches: 'all' }), []],
  ] as const)('%s', (_, one, expected) => {
    expect(settingsOf([one])).toEqual(expected);
  });

  test('an environment that holds a key, and has no rule', () => {
    const open = setting('app', 'environment', 'Production', { reviewers: '0', branches: 'all' });
    const guarded = setting('app', 'environment', 'production', { reviewers: '1', branches: 'all' });
    const limited = setting('app', 'environment', 'production', { reviewers: '0', branches: 'protected' });
    expect([open, guarded, limited].map((one) => settingsOf([one], undefined, undefined, [inEnvironment('app', 'production')]))).toEqual([['OPEN-ENVIRONMENT app Production'], [], []]);
  });

  test('an open branch weighs more where a job asks for identity tokens', () => {
    const [workload, reference] = use('app', 'test');
    const severities = (['available', 'enabled'] as const).map((kind) => {
      const identity = kind === 'enabled' ? { kind, how: 'permissions: id-token: write' } : { kind };
      return only(found(build(scene([organization(), PUBLIC], [], [[{ ...workload, identity }, reference]], { settings: [setting('app', 'branch-protection', 'main', { protected: 'false' })] })), 'open-branch')).severity;
    });
    expect(severities).toEqual(['low', 'medium']);
  });

  test('one finding a kind and repository, and none where no AI key is', () => {
    const keys = Array.from({ length: 9 }, (_, index) => setting('app', 'deploy-key', `key ${index}`, { readOnly: 'false' }));
    const elsewhere = setting('site', 'workflow-token', 'default', { default: 'write' });
    expect(settingsOf([...keys, elsewhere], [organization(), PUBLIC, SITE])).toEqual(['DEPLOY-KEY app key 0, key 1, key 2, key 3, key 4']);
  });
});

describe('what stays as it was', () => {
  const base = madeUpOrganization(12);

  test('without an account an inventory says 1.0 and has no trace of one', () => {
    const { accounts: _, ...without } = base;
    const inventory = build(without);
    expect(inventory.schemaVersion).toBe('1.0');
    expect(inventory).not.toHaveProperty('accounts');
    expect(codes(inventory)).toEqual([]);
  });

  test('an account that lists nothing changes nothing else', () => {
    const use = fc.record({ target: fc.constantFrom('a', 'b'), key: fc.constantFrom('x', 'y', 'z'), name: fc.constantFrom('OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'PROD_KEY'), alias: fc.constantFrom(undefined, 'OPENAI_API_KEY'), store: fc.constantFrom('ci-secret', 'environment', 'file'), line: fc.integer({ min: 1, max: 30 }), facts: fc.constantFrom({}, { declares: 'PROD_KEY' }, { secrets: 'inherit', calls: './.github/workflows/ci.yml' }) } as const);
    const targets = ['a', 'b'].map((name) => ({ ...repository(name), kind: 'git' as const }));
    fc.assert(
      fc.property(fc.array(use, { maxLength: 12 }), (uses) => {
        const workloads = uses.map(({ target, key, facts }) => job(target, CI, key, facts));
        const references = uses.flatMap(({ name, alias, store, line }, index) => {
          const user = workloads[index];
          return user === undefined ? [] : [secretUse(user, name, { line, store, ...(alias === undefined ? {} : { alias }) })];
        });
        const without = world({ targets, workloads, references });
        const { accounts, schemaVersion, ...rest } = build({ ...without, accounts: { stored: [], settings: [], readWhole: {} } });
        const { schemaVersion: before, ...expected } = build(without);
        expect(rest).toEqual(expected);
        expect([before, schemaVersion, accounts]).toEqual(['1.0', '1.1', { stored: [], unrelated: 0, settings: [], readWhole: {} }]);
      }),
      { numRuns: 200 },
    );
  });

  test('sightings of an account are never dropped in silence', () => {
    expect(() => buildInventory(base, providers, { version: '0', now: NOW, public: false })).toThrow(RangeError);
  });
});

test('a value in a repository that the platform calls public is exposed to the public, whatever the others are', () => {
  const place = { target: 'open', path: '.env', start: 0, end: 40, line: 1, column: 1, endLine: 1, endColumn: 41 };
  const secret: SecretSighting = { class: 'secret', provider: 'openai', detector: 'openai-project-key', kind: 'api-key', lifetime: 'long', privilege: 'project', confidence: 'high', identity: 'a', preview: 'sk-…a', location: place, lineDigest: 'l', reasons: [], facts: {} };
  const targets = [repository('open', { visibility: 'public' }), APP];
  const exposures = ['open', 'app'].map((target) => only(build(world({ targets, secrets: [{ ...secret, location: { ...place, target } }], accounts: accountOf(targets) })).credentials).risk.vector.split('/')[1]);
  expect(exposures).toEqual(['EX:PT', 'EX:RT']);
});

test('the order in which things were listed never shows', () => {
  const base = madeUpOrganization(90);
  const expected = JSON.stringify(build(base));
  const { accounts } = base;
  if (accounts === undefined) throw new Error('no account');
  const shuffled = <T>(items: readonly T[]): fc.Arbitrary<T[]> => fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length });
  fc.assert(
    fc.property(shuffled(base.references), shuffled(base.workloads), shuffled(accounts.stored), shuffled(accounts.settings), fc.boolean(), (references, workloads, secrets, settings, isReversed) => {
      const listed = secrets.map((secret) => ({ ...secret, readers: isReversed ? secret.readers.toReversed() : secret.readers }));
      expect(JSON.stringify(build({ ...base, references, workloads, accounts: { ...accounts, stored: listed, settings } }))).toBe(expected);
    }),
    { numRuns: 8 },
  );
});

test('ids and fingerprints of a repository do not depend on what else was read', () => {
  const [all, some] = [build(madeUpOrganization(30)), build(madeUpOrganization(27))];
  const known = new Map(all.findings.map((finding) => [finding.id, finding.fingerprint]));
  const own = (finding: Finding): boolean => finding.location.target.startsWith('service-');
  expect(some.findings.filter(own).length).toBeGreaterThan(20);
  for (const finding of some.findings.filter(own)) expect(known.get(finding.id)).toBe(finding.fingerprint);
  const fingerprints = all.findings.map(({ fingerprint }) => fingerprint);
  expect(new Set(fingerprints).size).toBe(fingerprints.length);
});

test('a hostile name is a name and nothing else', () => {
  const names = ['__proto__', 'constructor', 'OPENAI_API_KEY\u001b[2J', 'toString', 'OPENAI_API_KEY\n::error::x'];
  const key = `sk-proj-${'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0z'.repeat(4)}`;
  const targets = [organization(), repository('__proto__'), APP];
  const secrets = [...names.map((name) => stored('__proto__', name)), inEnvironment('app', key), inEnvironment('app', '__proto__')];
  const settings = [setting('app', 'environment', key, { reviewers: '0', branches: 'all', __proto__x: 'y' }), setting('app', 'deploy-key', '__proto__', { readOnly: 'false' })];
  const sightings = scene(targets, secrets, [use('app', 'test', { environment: '__proto__' }), use('__proto__', 'test')], { settings });
  const inventory = maskInventory(build(sightings), nameMask(providers, () => false));
  expect(consumed(inventory)['app test']).toBe('environment/__proto__ of app');
  expect(JSON.stringify(inventory)).not.toContain(key.slice(0, 40));
  expect(found(inventory, 'deploy-key').map(({ arguments: said }) => said['names'])).toEqual(['__proto__']);
});

test('credentials name each stored secret once, and every finding but those of settings belongs to one', () => {
  const inventory = build(madeUpOrganization(120));
  const ids = new Set(inventory.credentials.map(({ id }) => id));
  const listed = (credential: Credential): Finding[] => inventory.findings.filter(({ id }) => credential.findings.includes(id));
  for (const { credential } of inventory.accounts?.stored ?? []) expect(ids).toContain(credential);
  for (const credential of inventory.credentials) expect(listed(credential).every((finding) => finding.credential === credential.id)).toBe(true);
  const loose = new Set(inventory.findings.filter(({ credential }) => !ids.has(credential)).map(({ detector }) => detector));
  expect([...loose].toSorted()).toEqual(['app-write', 'deploy-key', 'open-branch', 'open-environment', 'public-runner', 'same-name', 'token-write']);
});
