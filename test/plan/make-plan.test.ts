import { describe, expect, test } from 'vitest';
import type { PartyId, RelyingParty, Route } from '../../src/model/federation.ts';
import type { Credential, Inventory, Workload } from '../../src/model/inventory.ts';
import type { TokenShape, TokenSource, WorkloadContext } from '../../src/model/issuer.ts';
import type { Provider } from '../../src/model/provider.ts';
import type { Platform } from '../../src/model/reference.ts';
import { makePlan, type PlanOptions, type Registries } from '../../src/plan/plan.ts';

const CHECKED = '2026-11-23';

function source(overrides: Partial<TokenSource> = {}, describeIt?: (workload: WorkloadContext) => TokenShape | ReturnType<TokenSource['describe']>): TokenSource {
  return {
    issuer: 'https://ci.example',
    isShared: true,
    discovery: 'public',
    subjects: [{ id: 'job', template: 'org:{org}:job:{job}' }],
    stableClaims: ['org_id'],
    audience: 'free',
    lifetime: { seconds: 300, refresh: 'ask-again' },
    arrival: { kind: 'request', how: 'ask' },
    edits: ['Ask for a token.'],
    source: 'https://example.com/ci',
    describe: describeIt ?? ((workload) => shapeOf(workload)),
    ...overrides,
  };
}

function shapeOf(workload: WorkloadContext): TokenShape {
  return {
    kind: 'shape',
    issuer: ['https://ci.example'],
    subject: { form: 'job', text: [`org:acme:job:${workload.facts['job'] ?? 'x'}`] },
    claims: [{ claim: 'org_id', value: [{ input: 'ci.org_id' }], role: 'id' }],
    inputs: [{ id: 'ci.org_id', title: 'Organization id', shape: 'digits', how: 'Look at the settings.' }],
    warnings: [],
    refusals: [{ title: 'another job', changes: { sub: ['org:acme:job:other'] } }],
  };
}

function platform(id: string, parts: Partial<Platform>): Platform {
  return { id, title: id.toUpperCase(), checked: CHECKED, issuesTokens: parts.tokens !== undefined, matches: () => false, extract: () => ({ references: [], workloads: [], values: [], problems: [] }), ...parts };
}

function party(id: PartyId, parts: Partial<RelyingParty> = {}): RelyingParty {
  return {
    id,
    title: id[0]?.toUpperCase() + id.slice(1),
    checked: CHECKED,
    audience: { free: `https://${id}.example` },
    issuers: 'any',
    uploadsKeys: false,
    subject: 'exact',
    claims: 'strings',
    lifetime: 3600,
    status: 'general',
    prerequisites: [],
    source: `https://${id}.example`,
    ...parts,
  };
}

function route(id: string, partyId: PartyId, parts: Partial<Route> = {}): Route {
  return {
    id,
    title: id,
    class: 'native',
    party: partyId,
    permission: 'inference',
    change: 'configuration',
    floors: [],
    env: { X_ID: '{ci.org_id}' },
    remove: ['X_API_KEY'],
    precedence: 'The key wins.',
    edits: [],
    probe: 'List the models.',
    status: 'general',
    note: '',
    checked: CHECKED,
    source: 'https://example.com/route',
    ...parts,
  };
}

function provider(id: string, parts: Partial<Provider> = {}): Provider {
  return {
    id,
    title: id.toUpperCase(),
    checked: CHECKED,
    words: [id],
    hosts: [],
    env: [],
    sdks: [],
    detectors: [],
    federation: parts.routes === undefined ? { kind: 'none', note: 'Nothing is known.', source: 'https://example.com' } : { kind: 'native', note: 'It takes tokens.', source: 'https://example.com' },
    spend: 'unknown',
    revoke: 'Delete it.',
    ...parts,
  };
}

function credential(id: string, providerId: string, parts: Partial<Credential> = {}): Credential {
  return {
    id,
    provider: providerId,
    kind: 'api-key',
    lifetime: 'long',
    privilege: 'account',
    preview: `${providerId.toUpperCase()}_API_KEY`,
    seen: false,
    names: [`${providerId.toUpperCase()}_API_KEY`],
    confidence: 'high',
    liveness: 'not-checked',
    facts: {},
    risk: { score: 50, level: 'medium', vector: '', factors: [] },
    findings: [],
    workloads: [],
    disposition: 'today',
    ...parts,
  };
}

function workload(id: string, platformId: string, uses: readonly string[], facts: Readonly<Record<string, string>> = {}, path = `${id}.yml`): Workload {
  return {
    id: `w-${id}`,
    platform: platformId,
    name: id,
    location: { target: 't0', path, line: 1, column: 1, endLine: 1, endColumn: 1, start: 0, end: 0 },
    uses,
    identity: { kind: 'available' },
    facts,
    federationPath: null,
  };
}

function inventory(credentials: readonly Credential[], workloads: readonly Workload[]): Inventory {
  return {
    schemaVersion: '1.0',
    tool: { name: 'dekey', version: '0.0.0' },
    targets: [{ id: 't0', kind: 'git', name: '.', complete: true, files: 1, objects: 0, bytes: 0, skipped: [], facts: { remote: 'github.com/acme/app', branch: 'main' } }],
    summary: { findings: 0, credentials: credentials.length, workloads: workloads.length, byLevel: { critical: 0, high: 0, medium: 0, low: 0, info: 0 }, pathToZero: { today: 0, afterChange: 0, none: 0 }, allowed: 0, baselined: 0 },
    credentials,
    findings: [],
    workloads,
    problems: [],
  };
}

const OPTIONS: PlanOptions = { version: '0.0.0', values: new Map(), runsOn: [], sources: [] };

const REGISTRIES: Registries = {
  platforms: [
    platform('ci', { tokens: source() }),
    platform('fixed', { tokens: source({ audience: { fixed: 'https://fixed.example' } }) }),
    platform('random', { tokens: source({}, (given) => ({ ...shapeOf(given), subject: { form: 'job' }, claims: [] })) }),
    platform('inner', { tokens: source({ discovery: 'network' }) }),
    platform('person', { tokens: source({}, () => ({ kind: 'refused', code: 'person', reason: 'A person runs it.', unblock: 'Log in instead.' })) }),
    platform('silent', { whyNot: { reason: 'No tokens here.', unblock: 'Move it.', source: 'https://example.com' } }),
    platform('file', { runsOn: (facts) => facts['on'] }),
    platform('aws-compute', { tokens: source({ issuer: 'https://aws.example' }, (given) => ({ ...shapeOf({ ...given, facts: { job: 'role' } }), issuer: ['https://aws.example'] })) }),
  ],
  parties: [
    party('anthropic'),
    party('openai', { audience: { fixed: 'https://openai.example' } }),
    party('azure', { claims: 'none', audience: { fixed: 'api://azure' } }),
    party('aws', { issues: 'aws-compute' }),
    party('vault', { uploadsKeys: true }),
  ],
  providers: [
    provider('anthropic', { routes: [route('native', 'anthropic'), route('bedrock', 'aws', { class: 'same-model', change: 'model', title: 'Bedrock' })] }),
    provider('openai', { routes: [route('native', 'openai', { change: 'code' })] }),
    provider('tavily'),
    provider('gone', { retired: { on: '2026-07-30', note: 'The service ended.', source: 'https://example.com' } }),
  ],
  partyInputs: {},
};

function planOf(credentials: readonly Credential[], workloads: readonly Workload[], options: Partial<PlanOptions> = {}) {
  return makePlan(inventory(credentials, workloads), REGISTRIES, { ...OPTIONS, ...options });
}

const CLAUDE = credential('c-1', 'anthropic');
const GPT = credential('c-2', 'openai');
const TAVILY = credential('c-3', 'tavily');

describe('the path that is taken', () => {
  test('the provider itself comes first, and the others are named with their reasons', () => {
    const plan = planOf([CLAUDE], [workload('a', 'ci', ['c-1'])]);
    expect(plan.migrations[0]).toMatchObject({ when: 'today', noPath: null, chosen: { class: 'native', outcome: 'gone', title: 'CI → Anthropic', hops: [{ platform: 'ci', party: 'anthropic' }] } });
    expect(plan.migrations[0]?.runnersUp.map((other) => other.class)).toEqual(['same-model', 'broker', 'broker', 'broker']);
    expect(plan.migrations[0]?.environment.remove).toEqual(['ANTHROPIC_API_KEY', 'X_API_KEY']);
    expect(plan.summary.pathToZero).toEqual({ today: 1, afterChange: 0, none: 0 });
  });

  test('a code change is no settings change', () => {
    expect(planOf([GPT], [workload('a', 'ci', ['c-2'])]).migrations[0]?.when).toBe('after-change');
  });

  test('a preview is nothing that everybody has today, and the reason says so', () => {
    const preview = { ...REGISTRIES, providers: [provider('anthropic', { routes: [route('native', 'anthropic', { status: 'preview', note: 'The organisation has to have an Enterprise licence.' })] })] };
    const [migration] = makePlan(inventory([CLAUDE], [workload('a', 'ci', ['c-1'])]), preview, OPTIONS).migrations;
    expect(migration).toMatchObject({ when: 'after-change', chosen: { status: 'preview' } });
    expect(migration?.chosen?.reason).toContain('offers it as a preview: the organisation has to have an Enterprise licence.');
  });

  describe('a program that reaches the provider through a package that takes only a key has to change', () => {
    const sdk = { language: 'python', keyArguments: [], implicitEnv: [] } as const;
    const providers = [
      provider('anthropic', { routes: [route('native', 'anthropic')], sdks: [{ ...sdk, packages: ['anthropic'], constructors: ['Anthropic'] }, { ...sdk, packages: ['chain_anthropic', 'chain.models'], constructors: ['ChatAnthropic'], keyOnly: true }] }),
      provider('openai', { routes: [route('native', 'openai', { change: 'code' })], sdks: [{ ...sdk, packages: ['chain.models'], constructors: ['ChatOpenAI'] }] }),
    ];
    const code = (sdks: string, name = 'x'): Workload => workload(name, 'code', ['c-1'], { language: 'python', sdks }, `src/${name}.py`);
    const onCi: Partial<PlanOptions> = { runsOn: [{ matches: ({ platform: id }) => id === 'code', platform: 'ci' }] };
    const planned = (workloads: readonly Workload[], options: Partial<PlanOptions> = {}) => makePlan(inventory([CLAUDE], workloads), { ...REGISTRIES, providers }, { ...OPTIONS, ...options });

    test.each([
      ['anthropic,anthropic.Anthropic', 'today'],
      ['chain_anthropic,chain_anthropic.ChatAnthropic', 'after-change'],
      ['anthropic,chain_anthropic.ChatAnthropic', 'after-change'],
      // A package of several providers says nothing without the class.
      ['anthropic,chain.models,chain.models.ChatOpenAI', 'today'],
      ['chain.models,chain.models.ChatAnthropic', 'after-change'],
    ])('%s: %s', (sdks, when) => {
      const plan = planned([code(sdks)], onCi);
      expect(plan.migrations[0]).toMatchObject({ when, chosen: { class: 'native' } });
      expect(plan.migrations[0]?.warnings.some((text) => text.endsWith('the program has to change first.'))).toBe(when === 'after-change');
      expect(plan.summary.pathToZero).toEqual({ today: when === 'today' ? 1 : 0, afterChange: when === 'today' ? 0 : 1, none: 0 });
    });

    test('a job waits where all programs that read its key do, and not for an example beside them', () => {
      const job = workload('job', 'ci', ['c-1']);
      expect(planned([job, code('chain_anthropic')]).migrations[0]?.when).toBe('after-change');
      expect(planned([job, code('chain_anthropic'), code('anthropic', 'y')]).migrations[0]?.when).toBe('today');
    });
  });

  test('a fixed audience that the party refuses goes through a cloud', () => {
    const [migration] = planOf([GPT], [workload('a', 'fixed', ['c-2'])]).migrations;
    expect(migration?.chosen?.hops.map((hop) => `${hop.platform}>${hop.party}`)).toEqual(['fixed>aws', 'aws-compute>openai']);
  });

  test('a provider without federation is left with a broker: reduced, and never counted as gone', () => {
    const plan = planOf([TAVILY], [workload('a', 'ci', ['c-3'])]);
    expect(plan.migrations[0]).toMatchObject({ when: 'none', chosen: { class: 'broker', outcome: 'reduced' } });
    expect(plan.keys[0]).toMatchObject({ when: 'none', outcome: 'reduced' });
    expect(plan.summary).toMatchObject({ pathToZero: { today: 0, afterChange: 0, none: 1 }, reduced: 1 });
  });

  test('the key counts as gone only when every workload that uses it can do without', () => {
    const plan = planOf([CLAUDE], [workload('a', 'ci', ['c-1']), workload('b', 'silent', ['c-1'])]);
    expect(plan.keys[0]).toMatchObject({ when: 'none', outcome: 'kept' });
  });

  test('a key that nothing uses can be revoked at once', () => {
    expect(planOf([CLAUDE], []).keys[0]).toMatchObject({ when: 'today', outcome: 'gone', migrations: [] });
  });

  test('short-lived tokens and doubtful findings are not planned', () => {
    const plan = planOf([{ ...CLAUDE, lifetime: 'short' }, { ...GPT, confidence: 'low' }], [workload('a', 'ci', ['c-1', 'c-2'])]);
    expect(plan.keys).toEqual([]);
    expect(plan.migrations).toEqual([]);
  });
});

describe('no path, and why', () => {
  test.each([
    ['silent', 'platform-issues-no-token'],
    ['person', 'person'],
    ['random', 'subject-not-matchable'],
  ])('on %s: %s', (on, code) => {
    const [migration] = planOf([CLAUDE], [workload('a', on, ['c-1'])]).migrations;
    expect(migration?.chosen).toBeNull();
    expect(migration?.noPath?.code).toBe(code);
    expect(migration?.noPath?.unblock).not.toBe('');
  });

  test('an issuer that cannot be reached is taken only where its keys can be uploaded', () => {
    const [migration] = planOf([CLAUDE], [workload('a', 'inner', ['c-1'])]).migrations;
    expect(migration?.chosen).toMatchObject({ class: 'broker', hops: [{ party: 'vault' }] });
  });

  test('the keys of a dead service are to be deleted', () => {
    const plan = planOf([credential('c-4', 'gone')], [workload('a', 'ci', ['c-4'])]);
    expect(plan.migrations[0]).toMatchObject({ when: 'today', noPath: { code: 'service-retired' } });
  });
});

describe('where things run', () => {
  test('a file format takes the platform that its facts name', () => {
    expect(planOf([CLAUDE], [workload('a', 'file', ['c-1'], { on: 'ci' })]).migrations[0]).toMatchObject({ platform: 'ci', when: 'today' });
  });

  test('source files stand beside the job that has the same key', () => {
    const plan = planOf([CLAUDE], [workload('job', 'ci', ['c-1']), workload('x', 'code', ['c-1'], {}, 'src/x.ts'), workload('y', 'code', ['c-1'], {}, 'src/y.ts')]);
    expect(plan.migrations).toHaveLength(1);
    expect(plan.migrations[0]?.readers).toEqual({ count: 2, examples: ['src/x.ts', 'src/y.ts'] });
  });

  test('source files alone are one question, not one row each', () => {
    const plan = planOf([CLAUDE], [workload('x', 'code', ['c-1'], {}, 'src/x.ts'), workload('y', 'code', ['c-1'], {}, 'src/y.ts')]);
    expect(plan.migrations).toHaveLength(1);
    expect(plan.migrations[0]).toMatchObject({ when: 'after-change', noPath: { code: 'where-it-runs-unknown' } });
    const told = planOf([CLAUDE], [workload('x', 'code', ['c-1'], {}, 'src/x.ts')], { runsOn: [{ matches: ({ platform: id }) => id === 'code', platform: 'ci' }] });
    expect(told.migrations[0]).toMatchObject({ platform: 'ci', when: 'today', chosen: { class: 'native' } });
  });
});

describe('identities', () => {
  test('workloads that cannot be told apart share one; those that can do not', () => {
    const same = planOf([CLAUDE], [workload('a', 'ci', ['c-1'], { job: 'j' }), workload('b', 'ci', ['c-1'], { job: 'j' })]);
    expect(same.identities).toHaveLength(1);
    expect(same.identities[0]?.migrations).toHaveLength(2);
    const different = planOf([CLAUDE], [workload('a', 'ci', ['c-1'], { job: 'j' }), workload('b', 'ci', ['c-1'], { job: 'k' })]);
    expect(new Set(different.identities.map(({ target }) => target.id)).size).toBe(2);
  });

  test('every identity is tight and refuses every row', () => {
    const plan = planOf([CLAUDE, GPT, TAVILY], [workload('a', 'ci', ['c-1', 'c-2', 'c-3'])]);
    expect(plan.identities).toHaveLength(3);
    for (const { tightness, refusals } of plan.identities) {
      expect(tightness.holds).toBe(true);
      expect(refusals.every(({ refusedBy }) => refusedBy !== null)).toBe(true);
    }
  });

  test('values that are known stand in the policy; the others are listed to be filled in', () => {
    const open = planOf([CLAUDE], [workload('a', 'ci', ['c-1'])]);
    expect(open.inputs).toMatchObject([{ id: 'ci.org_id', value: null }]);
    const filled = planOf([CLAUDE], [workload('a', 'ci', ['c-1'])], { values: new Map([['ci.org_id', { value: '42', from: '--set' }]]) });
    expect(filled.inputs).toMatchObject([{ id: 'ci.org_id', value: '42', from: '--set' }]);
    expect(filled.identities[0]?.target.policy.claims).toEqual([{ claim: 'org_id', value: ['42'], type: 'string' }]);
  });

  test('a plan is the same however often it is made', () => {
    const make = (): string => JSON.stringify(planOf([CLAUDE, GPT, TAVILY], [workload('a', 'ci', ['c-1', 'c-2']), workload('b', 'fixed', ['c-3', 'c-2'])]));
    expect(make()).toBe(make());
  });
});
