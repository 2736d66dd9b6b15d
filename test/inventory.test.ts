import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinCredentials } from '../src/inventory/build.ts';
import { lastOfRoute, normalName, pairStem } from '../src/inventory/names.ts';
import type { Location } from '../src/model/location.ts';
import type { Credential, Finding, Inventory, ReferenceSighting, SecretSighting, Sightings, TargetReport, WorkloadSighting } from '../src/model/inventory.ts';
import type { Provider } from '../src/model/provider.ts';
import { buildInventory } from '../src/risk/score-inventory.ts';

const CONTEXT = { version: '0.0.0', now: '2026-11-23', public: false };

function provider(id: string, more: Partial<Provider> = {}): Provider {
  return {
    id,
    title: id,
    checked: '2026-11-23',
    words: [id],
    hosts: [],
    env: [],
    sdks: [],
    detectors: [],
    federation: { kind: 'native', note: 'has federation', source: 'docs' },
    spend: 'uncapped',
    revoke: 'Delete it.',
    ...more,
  };
}

const PROVIDERS: readonly Provider[] = [
  provider('alpha'),
  provider('beta', { federation: { kind: 'none', note: 'has none', source: 'docs' }, spend: 'prepaid' }),
  provider('cloud', { federation: { kind: 'after-change', note: 'other SDK', source: 'docs' }, env: [{ name: 'CLOUD_SECRET_ACCESS_KEY', kind: 'secret-key' }] }),
];

function target(id = 't0', facts: Readonly<Record<string, string>> = {}): TargetReport {
  return { id, kind: 'git', name: id, complete: true, files: 1, objects: 0, bytes: 1, skipped: [], facts };
}

function location(path: string, line = 1, more: Partial<Location> = {}): Location {
  return { target: 't0', path, start: line * 100, end: line * 100 + 40, line, column: 1, endLine: line, endColumn: 41, ...more };
}

function stored(object: string, first: string, last: string, more: Partial<NonNullable<Location['history']>> = {}): NonNullable<Location['history']> {
  return {
    object,
    objectType: 'blob',
    reachable: true,
    inHead: false,
    firstSeen: { commit: `c${first}`, authored: `${first}T00:00:00Z` },
    lastSeen: { commit: `c${last}`, authored: `${last}T00:00:00Z` },
    ...more,
  };
}

function secret(identity: string, where: Location, more: Partial<SecretSighting> = {}): SecretSighting {
  return {
    class: 'secret',
    provider: 'alpha',
    detector: 'alpha-api-key',
    kind: 'api-key',
    lifetime: 'long',
    privilege: 'project',
    confidence: 'high',
    identity,
    preview: `al-…${identity.slice(0, 4)}`,
    location: where,
    lineDigest: `line-of-${identity}`,
    reasons: [],
    facts: {},
    ...more,
  };
}

function reference(name: string, where: Location, more: Partial<ReferenceSighting> = {}): ReferenceSighting {
  return { class: 'reference', provider: 'alpha', kind: 'api-key', name, store: 'ci-secret', confidence: 'high', location: where, workload: `w:${where.path}`, ...more };
}

function workload(path: string, facts: Readonly<Record<string, string>> = {}, more: Partial<WorkloadSighting> = {}): WorkloadSighting {
  return { id: `w:${path}`, platform: 'github-actions', name: `${path} › job`, location: location(path, 1, { route: 'jobs.job' }), identity: { kind: 'available' }, facts, ...more };
}

function sightings(parts: Partial<Sightings>): Sightings {
  return { targets: [target()], secrets: [], references: [], workloads: [], problems: [], ...parts };
}

function build(parts: Partial<Sightings>): Inventory {
  return buildInventory(sightings(parts), PROVIDERS, CONTEXT);
}

function only<T>(items: readonly T[]): T {
  expect(items).toHaveLength(1);
  const [item] = items;
  if (item === undefined) throw new Error('none');
  return item;
}

function findingsOf(inventory: Inventory, credential: Credential): Finding[] {
  return credential.findings.map((id) => only(inventory.findings.filter((finding) => finding.id === id)));
}

describe('one credential per secret', () => {
  test('however many places hold it', () => {
    const inventory = build({ secrets: [secret('aaaa', location('a.ts')), secret('aaaa', location('b.ts', 7)), secret('bbbb', location('a.ts', 3))] });
    expect(inventory.credentials.map(({ preview, findings }) => [preview, findings.length])).toEqual([
      ['al-…aaaa', 2],
      ['al-…bbbb', 1],
    ]);
    expect(inventory.summary).toMatchObject({ findings: 3, credentials: 2, workloads: 0 });
  });

  test('across targets, which counts as reuse', () => {
    const inventory = build({ targets: [target('t0'), target('t1')], secrets: [secret('aaaa', location('a.ts')), secret('aaaa', location('a.ts', 1, { target: 't1' }))] });
    const credential = only(inventory.credentials);
    expect(credential.findings).toHaveLength(2);
    expect(credential.risk.factors.map(({ code, value }) => `${code}:${value}`)).toContain('RU:M');
    expect(new Set(inventory.findings.map(({ id }) => id)).size).toBe(2);
  });

  test('two detectors on one span are one finding, the surer one', () => {
    const inventory = build({ secrets: [secret('aaaa', location('a.ts'), { detector: 'alpha-loose', confidence: 'medium' }), secret('aaaa', location('a.ts'), { allowed: 'rotated' })] });
    expect(only(inventory.findings)).toMatchObject({ code: 'DK-SECRET-ALPHA-API-KEY', confidence: 'high', allowed: 'rotated' });
    expect(inventory.summary.allowed).toBe(1);
  });

  test('confidence is the highest, privilege the widest of the sure sightings', () => {
    const inventory = build({
      secrets: [
        secret('aaaa', location('a.ts'), { confidence: 'medium', privilege: 'project' }),
        secret('aaaa', location('b.ts'), { confidence: 'medium', privilege: 'account' }),
        secret('aaaa', location('test/c.ts'), { confidence: 'low', privilege: 'admin' }),
      ],
    });
    expect(only(inventory.credentials)).toMatchObject({ confidence: 'medium', privilege: 'account' });
  });
});

describe('history', () => {
  test('many versions of one file are one place with the first and the last date', () => {
    const secrets = Array.from({ length: 60 }, (_, index) => {
      const day = `2026-0${1 + (index % 3)}-${String(10 + (index % 15)).padStart(2, '0')}`;
      return secret('aaaa', location('old.sh', 1 + (index % 5), { history: stored(`o${index}`, day, day) }), { lineDigest: `l${index % 7}` });
    });
    const inventory = build({ secrets });
    const finding = only(inventory.findings);
    expect(finding.location.history?.firstSeen?.authored).toBe('2026-01-10T00:00:00Z');
    expect(finding.location.history?.lastSeen?.authored).toBe('2026-03-24T00:00:00Z');
    expect(finding.arguments['versions']).toBe('60');
  });

  test('the work tree and the stored blob of one line are one finding, dated', () => {
    const inventory = build({
      secrets: [
        secret('aaaa', location('a.ts', 9)),
        secret('aaaa', location('a.ts', 9, { history: stored('o2', '2026-02-01', '2026-03-01', { inHead: true }) })),
        secret('aaaa', location('a.ts', 4, { history: stored('o1', '2026-01-01', '2026-01-31') }), { lineDigest: 'older line' }),
      ],
    });
    const finding = only(inventory.findings);
    expect(finding.location).toMatchObject({ line: 9, history: { object: 'o2', inHead: true, firstSeen: { commit: 'c2026-01-01' }, lastSeen: { commit: 'c2026-03-01' } } });
    expect(only(inventory.credentials).risk.factors.find(({ code }) => code === 'EX')?.value).toBe('RH');
  });

  test('dates go to the spot with the same line', () => {
    const inventory = build({
      secrets: [
        secret('aaaa', location('a.ts', 2), { lineDigest: 'first' }),
        secret('aaaa', location('a.ts', 5), { lineDigest: 'second' }),
        secret('aaaa', location('a.ts', 4, { history: stored('o1', '2026-01-01', '2026-01-31') }), { lineDigest: 'second' }),
      ],
    });
    expect(inventory.findings.map(({ location: { line, history } }) => [line, history?.object])).toEqual([
      [2, undefined],
      [5, 'o1'],
    ]);
  });

  test('another path in history is another place, after those of the tree', () => {
    const inventory = build({ secrets: [secret('aaaa', location('a-old.sh', 1, { history: stored('o1', '2026-01-01', '2026-01-31') })), secret('aaaa', location('b.ts', 2))] });
    expect(findingsOf(inventory, only(inventory.credentials)).map(({ location: { path } }) => path)).toEqual(['b.ts', 'a-old.sh']);
  });

  test('an object no branch reaches is said, and a broken date is no date', () => {
    const dangling = { object: 'o1', objectType: 'blob' as const, reachable: false, inHead: false, firstSeen: { commit: 'c', authored: 'yesterday' } };
    const inventory = build({ secrets: [secret('aaaa', location('x.sh', 1, { history: dangling }))] });
    const credential = only(inventory.credentials);
    expect(credential.risk.vector).toContain('/AG:U/');
    expect(credential.risk.vector).toContain('/UO:Y/');
    expect(only(inventory.findings).location.history?.firstSeen).toBeUndefined();
  });
});

describe('pairs', () => {
  const id = { provider: 'cloud', detector: 'cloud-id', kind: 'access-key', privilege: 'unknown' } as const;
  const key = { provider: 'cloud', detector: 'cloud-secret', kind: 'secret-key', privilege: 'unknown' } as const;

  test('an id and the secret next to it are one credential with both findings', () => {
    const inventory = build({ secrets: [secret('idid', location('.env', 1), id), secret('keyy', location('.env', 2), key)] });
    const credential = only(inventory.credentials);
    expect(credential).toMatchObject({ kind: 'pair', preview: 'al-…idid', seen: true });
    expect(credential.findings).toHaveLength(2);
  });

  test('rows of id, secret, id, secret pair within the row', () => {
    const inventory = build({
      secrets: [secret('id1_', location('c', 1), id), secret('key1', location('c', 2), key), secret('id2_', location('c', 3), id), secret('key2', location('c', 4), key)],
    });
    expect(inventory.credentials.map((credential) => findingsOf(inventory, credential).map(({ location: { line } }) => line))).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test('names decide before nearness', () => {
    const inventory = build({
      secrets: [
        secret('id1_', location('c', 1), { ...id, assignedTo: 'DEV_ACCESS_KEY_ID' }),
        secret('id2_', location('c', 2), { ...id, assignedTo: 'PROD_ACCESS_KEY_ID' }),
        secret('key1', location('c', 3), { ...key, assignedTo: 'DEV_SECRET_ACCESS_KEY' }),
        secret('key2', location('c', 4), { ...key, assignedTo: 'PROD_SECRET_ACCESS_KEY' }),
      ],
    });
    expect(inventory.credentials.map(({ names }) => names)).toEqual([
      ['DEV_ACCESS_KEY_ID', 'DEV_SECRET_ACCESS_KEY'],
      ['PROD_ACCESS_KEY_ID', 'PROD_SECRET_ACCESS_KEY'],
    ]);
  });

  test('halves far apart, in other files or of unequal certainty stay apart', () => {
    const inventory = build({
      secrets: [
        secret('id1_', location('a', 1), id),
        secret('key1', location('a', 60), key),
        secret('id2_', location('b', 1), id),
        secret('key2', location('c', 1), key),
        secret('id3_', location('d', 1), id),
        secret('key3', location('d', 2), { ...key, confidence: 'low' }),
      ],
    });
    expect(inventory.credentials.map(({ kind }) => kind).toSorted()).toEqual(['access-key', 'access-key', 'access-key', 'secret-key', 'secret-key', 'secret-key']);
  });

  test('a detector that names the pair is believed', () => {
    const inventory = build({ secrets: [secret('id1_', location('a', 1), { ...id, facts: { pair: '1' } }), secret('key1', location('b', 60), { ...key, facts: { pair: '1' } })] });
    expect(only(inventory.credentials).kind).toBe('pair');
  });

  test('an id alone weighs less than a whole key', () => {
    const alone = only(build({ secrets: [secret('id1_', location('a', 1), id)] }).credentials);
    const whole = only(build({ secrets: [secret('id1_', location('a', 1), id), secret('key1', location('a', 2), key)] }).credentials);
    expect(alone.risk.level).toBe('medium');
    expect(whole.risk.level).toBe('high');
  });

  test('a pair known by name is one credential', () => {
    const path = 'ci.yml';
    const inventory = build({
      references: [
        reference('CLOUD_SECRET_ACCESS_KEY', location(path, 3), { provider: 'cloud', kind: 'secret-key' }),
        reference('CLOUD_ACCESS_KEY_ID', location(path, 2), { provider: 'cloud', kind: 'access-key' }),
        reference('PROD_CLOUD_ACCESS_KEY_ID', location(path, 5), { provider: 'cloud', kind: 'access-key' }),
      ],
      workloads: [workload(path)],
    });
    expect(inventory.credentials.map(({ kind, preview, names }) => [kind, preview, names])).toEqual([
      ['pair', 'CLOUD_ACCESS_KEY_ID', ['CLOUD_ACCESS_KEY_ID', 'CLOUD_SECRET_ACCESS_KEY']],
      ['access-key', 'PROD_CLOUD_ACCESS_KEY_ID', ['PROD_CLOUD_ACCESS_KEY_ID']],
    ]);
  });

  test('thousands of halves in one line cost no more than their number', () => {
    const secrets = Array.from({ length: 6000 }, (_, index) => secret(`x${index}`, location('min.js', 1, { start: index * 50, end: index * 50 + 40 }), index < 3000 ? id : key));
    const started = performance.now();
    expect(joinCredentials(sightings({ secrets }), PROVIDERS).credentials.length).toBeLessThan(6000);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('names', () => {
  test('spellings of one name are one credential per provider and target', () => {
    const inventory = build({
      targets: [target('t0'), target('t1')],
      references: [
        reference('ALPHA_API_KEY', location('a.yml')),
        reference('alpha-api-key', location('b.yml'), { store: 'cluster-secret' }),
        reference('alphaApiKey', location('c.yml'), { store: 'environment' }),
        reference('ALPHA_API_KEY', location('a.yml', 1, { target: 't1' })),
        reference('ALPHA_API_KEY', location('d.yml'), { provider: 'beta' }),
      ],
      workloads: [workload('a.yml'), workload('b.yml'), workload('c.yml'), workload('d.yml')],
    });
    expect(inventory.credentials.map(({ provider: id, seen, workloads }) => [id, seen, workloads.length])).toEqual([
      ['alpha', false, 3],
      // The same workload id serves both targets here, as it would never in a real run.
      ['alpha', false, 1],
      ['beta', false, 1],
    ]);
  });

  test('a variable fed by one stored secret is that secret', () => {
    const inventory = build({
      references: [
        reference('PROD_ALPHA', location('ci.yml'), { alias: 'ALPHA_API_KEY' }),
        reference('ALPHA_API_KEY', location('main.py'), { store: 'environment' }),
      ],
      workloads: [workload('ci.yml'), workload('main.py')],
    });
    expect(only(inventory.credentials)).toMatchObject({ preview: 'PROD_ALPHA', names: ['ALPHA_API_KEY', 'PROD_ALPHA'] });
  });

  test('a variable fed by two stays apart, and so does one with a value of its own', () => {
    const fedByTwo = build({
      references: [
        reference('PROD_ALPHA', location('ci.yml', 1), { alias: 'ALPHA_API_KEY' }),
        reference('DEV_ALPHA', location('ci.yml', 2), { alias: 'ALPHA_API_KEY' }),
        reference('ALPHA_API_KEY', location('main.py'), { store: 'environment' }),
      ],
    });
    expect(fedByTwo.credentials).toHaveLength(3);
    const ownValue = build({ references: [reference('PROD_ALPHA', location('ci.yml', 1), { alias: 'ALPHA_API_KEY' }), reference('ALPHA_API_KEY', location('old.yml'))] });
    expect(ownValue.credentials).toHaveLength(2);
  });

  test('a name belongs to the provider that is surest of it; equal claims stay apart', () => {
    const name = 'BETA_API_KEY';
    const parts = [reference(name, location('a.py'), { confidence: 'medium', store: 'environment' }), reference(name, location('b.py'), { provider: 'beta', store: 'environment' })];
    expect(only(build({ references: parts }).credentials)).toMatchObject({ provider: 'beta', names: [name], confidence: 'high' });
    expect(build({ references: parts.map((part) => ({ ...part, confidence: 'medium' as const })) }).credentials).toHaveLength(2);
  });

  test('aliases that go round in a circle end', () => {
    const inventory = build({
      references: [
        reference('A_ALPHA', location('x', 1), { alias: 'B_ALPHA', store: 'environment' }),
        reference('B_ALPHA', location('x', 2), { alias: 'A_ALPHA', store: 'environment' }),
      ],
    });
    expect(only(inventory.credentials).findings).toHaveLength(2);
  });

  test('a value seen under the name takes its references', () => {
    const inventory = build({
      secrets: [secret('aaaa', location('.env'), { assignedTo: 'ALPHA_API_KEY' })],
      references: [reference('ALPHA_API_KEY', location('ci.yml'))],
      workloads: [workload('ci.yml')],
    });
    const credential = only(inventory.credentials);
    expect(credential).toMatchObject({ seen: true, preview: 'al-…aaaa', names: ['ALPHA_API_KEY'] });
    expect(credential.workloads).toEqual([only(inventory.workloads).id]);
    expect(only(inventory.workloads).uses).toEqual([credential.id]);
  });

  test('so does one whose route ends in the name, and not one of another target', () => {
    const joined = build({ secrets: [secret('aaaa', location('compose.yml', 2, { route: 'services.api.environment.ALPHA_API_KEY' }))], references: [reference('ALPHA_API_KEY', location('ci.yml'))] });
    expect(joined.credentials).toHaveLength(1);
    const elsewhere = build({
      targets: [target('t0'), target('t1')],
      secrets: [secret('aaaa', location('.env', 1, { target: 't1' }), { assignedTo: 'ALPHA_API_KEY' })],
      references: [reference('ALPHA_API_KEY', location('ci.yml'))],
    });
    expect(elsewhere.credentials).toHaveLength(2);
  });

  test('a key of another provider under a name that is one provider’s own', () => {
    const inventory = build({ secrets: [secret('aaaa', location('.env'), { provider: 'beta', assignedTo: 'ALPHA_API_KEY' })], references: [reference('ALPHA_API_KEY', location('main.py'))] });
    expect(only(inventory.credentials)).toMatchObject({ provider: 'beta', names: ['ALPHA_API_KEY'] });
    expect(inventory.findings.map(({ provider: id }) => id)).toEqual(['beta', 'alpha']);
  });

  test('doubtful and short-lived values take no references', () => {
    const inventory = build({
      secrets: [
        secret('aaaa', location('.env.example'), { assignedTo: 'ALPHA_API_KEY', confidence: 'low' }),
        secret('bbbb', location('.env'), { assignedTo: 'ALPHA_API_KEY', lifetime: 'short' }),
      ],
      references: [reference('ALPHA_API_KEY', location('ci.yml'))],
    });
    expect(inventory.credentials.filter(({ seen }) => !seen)).toHaveLength(1);
    expect(inventory.credentials).toHaveLength(3);
  });

  test('of several values the one in the tree, then the surest, then the newest takes the references; all are marked', () => {
    const name = { assignedTo: 'ALPHA_API_KEY' };
    const old = secret('old_', location('a', 1, { history: stored('o1', '2026-01-01', '2026-01-02') }), name);
    const newer = secret('newr', location('b', 1, { history: stored('o2', '2026-02-01', '2026-02-02') }), name);
    const tree = secret('tree', location('c', 1), { ...name, confidence: 'medium' });
    const references = [reference('ALPHA_API_KEY', location('ci.yml'))];
    function taker(secrets: readonly SecretSighting[]): string {
      const inventory = build({ secrets, references, workloads: [workload('ci.yml')] });
      expect(inventory.credentials.every(({ facts }) => facts['ambiguous'] === 'true')).toBe(true);
      return only(inventory.credentials.filter(({ workloads }) => workloads.length === 1)).preview;
    }
    expect(taker([old, newer, tree])).toBe('al-…tree');
    expect(taker([old, newer])).toBe('al-…newr');
    expect(taker([tree, secret('sure', location('z', 1), name)])).toBe('al-…sure');
  });

  test('one place read for two jobs is a reference of each; the same twice is one', () => {
    const where = location('ci.yml', 2);
    const inventory = build({
      references: [reference('ALPHA_API_KEY', where, { workload: 'one' }), reference('ALPHA_API_KEY', where, { workload: 'two' }), reference('ALPHA_API_KEY', where, { workload: 'two' })],
      workloads: [workload('ci.yml', {}, { id: 'one', name: 'ci.yml › one' }), workload('ci.yml', {}, { id: 'two', name: 'ci.yml › two' })],
    });
    expect(inventory.findings.map(({ workload: id }) => id)).toEqual(inventory.workloads.map(({ id }) => id));
    expect(only(inventory.credentials).workloads).toHaveLength(2);
  });

  test('two readers of one place are one reference: the surer, else the less guarded store', () => {
    const where = location('ci.yml', 2);
    function storeOf(...more: readonly Partial<ReferenceSighting>[]): string | undefined {
      return only(build({ references: more.map((one) => reference('ALPHA_API_KEY', { ...where, route: `r.${one.store}` }, one)) }).findings).arguments['store'];
    }
    expect(storeOf({ store: 'cluster-secret' }, { store: 'file' })).toBe('file');
    expect(storeOf({ store: 'vault' }, { store: 'file', confidence: 'medium' })).toBe('vault');
  });

  test('a reference of a workload nobody reported is kept', () => {
    const inventory = build({ references: [reference('ALPHA_API_KEY', location('ci.yml'), { workload: 'gone' })] });
    expect(only(inventory.findings)).toMatchObject({ code: 'DK-REF-UNKNOWN', severity: 'medium' });
    expect(only(inventory.findings)).not.toHaveProperty('workload');
  });

  test('words of names', () => {
    expect(normalName('__--__')).toBe('__--__');
    expect(normalName('spring.ai.alpha.api-key')).toBe('SPRINGAIALPHAAPIKEY');
    expect(pairStem('awsSecretAccessKey')).toBe(pairStem('AWS_ACCESS_KEY_ID'));
    expect(pairStem('AWSAccessKeyId')).toBe('AWS');
    expect(lastOfRoute('a.env["ALPHA_API_KEY"]')).toBe('ALPHA_API_KEY');
    expect(lastOfRoute('cells[3].source[0]')).toBe('source');
  });
});

describe('reusable workflows', () => {
  const callee = '.github/workflows/callee.yml';
  const caller = '.github/workflows/caller.yml';

  test('a caller that passes everything on uses what the called jobs use, at any depth', () => {
    const inventory = build({
      references: [reference('ALPHA_API_KEY', location(callee, 4))],
      workloads: [
        workload(callee, { declares: 'ALPHA_API_KEY' }),
        workload('middle.yml', { calls: `./${callee}`, secrets: 'inherit' }),
        workload(caller, { calls: './middle.yml', secrets: 'inherit' }),
        workload('apart.yml', { calls: './elsewhere.yml', secrets: 'inherit' }),
        workload('mute.yml', { calls: `./${callee}`, secrets: '' }),
      ],
    });
    const credential = only(inventory.credentials);
    expect(inventory.workloads.map(({ location: { path } }) => path)).toEqual([callee, caller, 'middle.yml']);
    expect(credential.workloads).toHaveLength(3);
    expect(inventory.workloads.every(({ uses }) => uses[0] === credential.id)).toBe(true);
  });

  test('a call by the repository’s own name is local, one by another name is not', () => {
    function users(remote: string): number {
      return build({
        targets: [target('t0', { remote })],
        references: [reference('ALPHA_API_KEY', location(callee, 4))],
        workloads: [workload(callee), workload(caller, { calls: `acme/bot/${callee}@main`, secrets: 'inherit' })],
      }).workloads.length;
    }
    expect(users('git.example/Acme/bot')).toBe(2);
    expect(users('git.example/other/bot')).toBe(1);
  });

  test('a secret passed by name is the stored one, where the called file declares the parameter', () => {
    const inventory = build({
      references: [reference('PROD_ALPHA', location(caller, 4), { alias: 'ALPHA_API_KEY' }), reference('ALPHA_API_KEY', location(callee, 9))],
      workloads: [workload(callee, { declares: 'ALPHA_API_KEY,OTHER' }), workload(caller, { calls: `./${callee}` })],
    });
    expect(only(inventory.credentials)).toMatchObject({ preview: 'PROD_ALPHA' });
    expect(inventory.workloads).toHaveLength(2);
  });

  test('workflows that call each other end', () => {
    const inventory = build({
      references: [reference('ALPHA_API_KEY', location('a.yml', 4))],
      workloads: [workload('a.yml', { calls: './b.yml', secrets: 'inherit' }), workload('b.yml', { calls: './a.yml', secrets: 'inherit' })],
    });
    expect(inventory.workloads).toHaveLength(2);
  });
});

describe('fingerprints and ids', () => {
  test('survive moved lines and other findings before them', () => {
    const before = build({ secrets: [secret('aaaa', location('a.ts', 3))], references: [reference('ALPHA_API_KEY', location('ci.yml', 5, { route: 'jobs.x.env.K' }))], workloads: [workload('ci.yml')] });
    const after = build({
      secrets: [secret('aaaa', location('a.ts', 40)), secret('zzzz', location('a.ts', 2), { lineDigest: 'z' })],
      references: [reference('ALPHA_API_KEY', location('ci.yml', 50, { route: 'jobs.x.env.K' }))],
      workloads: [workload('ci.yml')],
    });
    expect(after.findings.map(({ fingerprint }) => fingerprint)).toEqual(expect.arrayContaining(before.findings.map(({ fingerprint }) => fingerprint)));
    expect(after.credentials.map(({ id }) => id)).toEqual(expect.arrayContaining(before.credentials.map(({ id }) => id)));
  });

  test('have their form and tell equal lines apart', () => {
    const inventory = build({ secrets: [secret('aaaa', location('a.ts', 3)), secret('aaaa', location('a.ts', 4))], references: [reference('K', location('b'))], workloads: [workload('b')] });
    expect(new Set(inventory.findings.map(({ fingerprint }) => fingerprint)).size).toBe(3);
    for (const { id, fingerprint } of inventory.findings) {
      expect(id).toMatch(/^f-[0-9a-f]{12}$/);
      expect(fingerprint).toMatch(/^[0-9a-f]{32}$/);
    }
    for (const { id } of inventory.credentials) expect(id).toMatch(/^c-[0-9a-f]{12}$/);
    expect(only(inventory.workloads).id).toMatch(/^w-[0-9a-f]{12}$/);
  });

  test('do not depend on the run’s key', () => {
    const once = build({ secrets: [secret('aaaa', location('a'), { preview: 'p1' }), secret('bbbb', location('b'), { preview: 'p2' })] });
    const again = build({ secrets: [secret('zzzz', location('a'), { preview: 'p1', lineDigest: 'line-of-aaaa' }), secret('cccc', location('b'), { preview: 'p2', lineDigest: 'line-of-bbbb' })] });
    expect(JSON.stringify(again)).toBe(JSON.stringify(once));
    expect(JSON.stringify(once)).not.toContain('zzzz');
  });
});

describe('severity', () => {
  test('of references goes by store and confidence, of secrets by the credential', () => {
    function severityOf(more: Partial<ReferenceSighting>): string {
      return only(build({ references: [reference('ALPHA_API_KEY', location('ci.yml'), more)] }).findings).severity;
    }
    expect(severityOf({})).toBe('medium');
    expect(severityOf({ store: 'vault' })).toBe('low');
    expect(severityOf({ store: 'prompt' })).toBe('low');
    expect(severityOf({ confidence: 'low' })).toBe('info');
    expect(severityOf({ kind: 'session-token' })).toBe('info');
    const inventory = build({ secrets: [secret('aaaa', location('a'))] });
    expect(only(inventory.findings).severity).toBe(only(inventory.credentials).risk.level);
  });

  test('what expires by itself is info, not a key, and not on the path to zero', () => {
    const inventory = build({ secrets: [secret('aaaa', location('a'), { lifetime: 'short' }), secret('bbbb', location('b'), { facts: { expires: '2025-01-01T00:00:00Z' } })] });
    expect(inventory.credentials.map(({ disposition, risk, liveness }) => [disposition, risk.level, risk.vector, liveness])).toEqual([
      ['not-a-key', 'info', 'DK1/NK:S', 'not-checked'],
      ['not-a-key', 'info', 'DK1/NK:E', 'expired'],
    ]);
    expect(inventory.summary.pathToZero).toEqual({ today: 0, afterChange: 0, none: 0 });
  });
});

test('the path to zero counts sure keys by what their provider offers', () => {
  const inventory = build({
    secrets: [secret('aaaa', location('a')), secret('bbbb', location('b'), { provider: 'beta' }), secret('cccc', location('c'), { provider: 'nobody' }), secret('dddd', location('d'), { confidence: 'low' })],
    references: [reference('CLOUD_KEY', location('ci.yml'), { provider: 'cloud' })],
  });
  expect(inventory.summary.pathToZero).toEqual({ today: 1, afterChange: 1, none: 2 });
  expect(Object.values(inventory.summary.byLevel).reduce((sum, count) => sum + count, 0)).toBe(5);
});

test('hostile names are only names', () => {
  const hostile = ['__proto__', 'constructor', 'toString', '', '\u001b[31m', '\ud800', 'a'.repeat(100_000)];
  const started = performance.now();
  const inventory = build({
    targets: [target('__proto__')],
    secrets: hostile.map((name, index) => secret(`i${index}`, location(name, index + 1, { target: '__proto__', route: name }), { assignedTo: name, facts: Object.fromEntries([[name, name]]) })),
    references: hostile.map((name, index) => reference(name, location(name, index + 50, { target: '__proto__' }), { alias: name, workload: name, provider: '__proto__' })),
    workloads: hostile.map((name) => workload(name, Object.fromEntries([[name, name], ['calls', name], ['secrets', 'inherit']]), { id: name, platform: name })),
    problems: [
      { path: '__proto__', line: 1, message: 'm', fix: 'f' },
      { path: '__proto__', line: 1, message: 'm', fix: 'f' },
    ],
  });
  expect(performance.now() - started).toBeLessThan(3000);
  expect(inventory.findings).toHaveLength(2 * hostile.length);
  expect(inventory.problems).toHaveLength(1);
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  expect(inventory.credentials.flatMap(({ facts }) => Object.keys(facts))).toContain('__proto__');
});

test('the order of arrival never shows, and no identity comes out', () => {
  const paths = ['a.ts', 'b.ts', '.github/workflows/ci.yml', '__proto__'];
  const names = ['ALPHA_API_KEY', 'PROD_ALPHA', 'CLOUD_ACCESS_KEY_ID', 'CLOUD_SECRET_ACCESS_KEY'];
  const where = fc
    .record({ path: fc.constantFrom(...paths), line: fc.integer({ min: 1, max: 6 }), target: fc.constantFrom('t0', 't1'), past: fc.constantFrom(undefined, '2026-01-01', '2026-05-01') })
    .map(({ path, line, target: id, past }) => location(path, line, { target: id, ...(past === undefined ? {} : { history: stored(`o${past}`, past, past) }) }));
  const anySecret = fc
    .record({ identity: fc.constantFrom('IDENTITY-1', 'IDENTITY-2', 'IDENTITY-3'), at: where, name: fc.constantFrom(undefined, ...names), confidence: fc.constantFrom('high' as const, 'medium' as const, 'low' as const), kind: fc.constantFrom('api-key' as const, 'access-key' as const, 'secret-key' as const) })
    .map(({ identity, at, name, confidence, kind }) =>
      // The same span holds the same text, so the preview follows from the identity; its digits do not appear in it.
      secret(identity, at, { confidence, kind, preview: `…${identity.charCodeAt(9)}`, lineDigest: `d${at.line}`, ...(name === undefined ? {} : { assignedTo: name }) }),
    );
  const anyReference = fc
    .record({ name: fc.constantFrom(...names), at: where, provider: fc.constantFrom('alpha', 'cloud'), confidence: fc.constantFrom('high' as const, 'low' as const), alias: fc.constantFrom(undefined, ...names), store: fc.constantFrom('ci-secret' as const, 'vault' as const, 'environment' as const), kind: fc.constantFrom('api-key' as const, 'access-key' as const, 'secret-key' as const) })
    .map(({ name, at, provider: id, confidence, alias, store, kind }) => reference(name, at, { provider: id, confidence, store, kind, ...(alias === undefined ? {} : { alias }) }));
  const everything = fc.record({ secrets: fc.array(anySecret, { maxLength: 14 }), references: fc.array(anyReference, { maxLength: 14 }) });
  const workloads = paths.map((path) => workload(path, { calls: './b.ts', secrets: 'inherit', declares: 'ALPHA_API_KEY' }));
  fc.assert(
    fc.property(everything, fc.infiniteStream(fc.nat()), ({ secrets, references }, random) => {
      function shuffled<T>(items: readonly T[]): T[] {
        return items.map((item) => ({ item, at: random.next().value ?? 0 })).toSorted((a, b) => a.at - b.at).map(({ item }) => item);
      }
      const targets = [target('t0'), target('t1')];
      const once = JSON.stringify(build({ targets, secrets, references, workloads }));
      const again = JSON.stringify(build({ targets, secrets: shuffled(secrets), references: shuffled(references), workloads: shuffled(workloads) }));
      expect(again).toBe(once);
      expect(once).not.toContain('IDENTITY-');
      const inventory = build({ targets, secrets, references, workloads });
      const identities = new Set(secrets.map(({ identity }) => identity)).size;
      const pairs = inventory.credentials.filter(({ kind, seen }) => kind === 'pair' && seen).length;
      expect(inventory.credentials.filter(({ seen }) => seen).length + pairs).toBe(identities);
      // Every finding belongs to exactly one credential, and every link has its counterpart.
      expect(inventory.credentials.flatMap(({ findings }) => findings).toSorted()).toEqual(inventory.findings.map(({ id }) => id).toSorted());
      for (const credential of inventory.credentials) {
        for (const id of credential.workloads) expect(only(inventory.workloads.filter((one) => one.id === id)).uses).toContain(credential.id);
      }
    }),
    { numRuns: 150 },
  );
});
