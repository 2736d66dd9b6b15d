import type { Credential, Finding, Inventory, RiskFactor, TargetReport, Workload } from '../src/model/inventory.ts';
import type { Severity } from '../src/model/levels.ts';
import type { HistoryPlace, Location } from '../src/model/location.ts';
import type { Detector, Provider } from '../src/model/provider.ts';
import type { Platform } from '../src/model/reference.ts';
import type { RenderOptions } from '../src/report/index.ts';

const CHECKED = '2026-10-02';

function detector(fields: Pick<Detector, 'id' | 'title' | 'kind' | 'lifetime' | 'privilege'>): Detector {
  return {
    ...fields,
    literals: [],
    pattern: '(?<key>x)',
    boundary: 'url',
    window: { before: 0, after: 0 },
    publicPrefix: '',
    minEntropy: 0,
    confidence: { shape: 'high' },
    samples: { ok: [], ng: [] },
    evidence: { grade: 'H', source: 'sample' },
  };
}

function provider(fields: Pick<Provider, 'id' | 'title' | 'detectors' | 'federation' | 'spend' | 'revoke'>): Provider {
  return { ...fields, checked: CHECKED, words: [fields.id], hosts: [], env: [], sdks: [] };
}

export const providers: readonly Provider[] = [
  provider({
    id: 'anthropic',
    title: 'Anthropic (Claude API)',
    detectors: [detector({ id: 'anthropic-api-key', title: 'Anthropic API key', kind: 'api-key', lifetime: 'long', privilege: 'project' })],
    federation: { kind: 'native', note: 'Federation rules exchange an OIDC token for an access token', source: 'https://platform.claude.com/docs' },
    spend: 'uncapped',
    revoke: 'Delete the key in the Claude Console, settings, API keys.',
  }),
  provider({
    id: 'openai',
    title: 'OpenAI',
    detectors: [detector({ id: 'openai-project-key', title: 'OpenAI project key', kind: 'api-key', lifetime: 'long', privilege: 'project' })],
    federation: { kind: 'after-change', note: 'Reachable through Azure OpenAI or a gateway', source: 'https://platform.openai.com/docs' },
    spend: 'prepaid',
    revoke: 'Revoke the key under project settings, API keys.',
  }),
  provider({
    id: 'aws',
    title: 'AWS (Bedrock)',
    detectors: [detector({ id: 'aws-session-token', title: 'AWS session token', kind: 'session-token', lifetime: 'short', privilege: 'unknown' })],
    federation: { kind: 'native', note: 'AssumeRoleWithWebIdentity', source: 'https://docs.aws.amazon.com' },
    spend: 'uncapped',
    revoke: 'Deactivate, then delete the access key in IAM.',
  }),
  provider({
    id: 'tavily',
    title: 'Tavily',
    detectors: [],
    federation: { kind: 'none', note: 'No federation documented', source: 'https://docs.tavily.com' },
    spend: 'capped',
    revoke: 'Delete the key in the Tavily dashboard.',
  }),
];

function platform(id: string, title: string, issuesTokens: boolean): Platform {
  return { id, title, checked: CHECKED, issuesTokens, matches: () => false, extract: () => ({ references: [], workloads: [], values: [], problems: [] }) };
}

export const platforms: readonly Platform[] = [
  platform('github-actions', 'GitHub Actions', true),
  platform('kubernetes', 'Kubernetes', true),
  platform('docker-compose', 'Docker Compose', false),
];

export const plainOptions: RenderOptions = { providers, platforms, width: 80, color: false, verbose: false, failOn: 'high', elapsedMs: 1_912 };

export const emptyTarget: TargetReport = { id: 't1', kind: 'git', name: '.', complete: true, files: 1284, objects: 61_902, bytes: 5_000_000, skipped: [], facts: {} };

export function place(path: string, line: number, column: number, more: Partial<Location> = {}): Location {
  return { target: 't1', path, start: 0, end: 30, line, column, endLine: line, endColumn: column + 30, ...more };
}

const PLACE_COMMIT = { commit: 'a81c9e2f00000000000000000000000000000000', authored: '2026-03-02T10:00:00Z' };
const FIRST_COMMIT = { commit: '0d3f5b7a00000000000000000000000000000000', authored: '2026-02-11T08:30:00Z' };

export function history(fields: Partial<HistoryPlace> = {}): HistoryPlace {
  return { object: '9f3c2d1e00000000000000000000000000000000', objectType: 'blob', reachable: true, inHead: false, firstSeen: FIRST_COMMIT, lastSeen: PLACE_COMMIT, ...fields };
}

export function dangling(): HistoryPlace {
  return { object: '77aa01bc00000000000000000000000000000000', objectType: 'blob', reachable: false, inHead: false };
}

let serial = 0;

export function secretFinding(detectorId: string, providerId: string, location: Location, more: Partial<Finding> = {}): Finding {
  serial += 1;
  const number = String(serial).padStart(4, '0');
  return {
    id: `f-${number}`,
    code: `DK-SECRET-${detectorId.toUpperCase()}`,
    class: 'secret',
    provider: providerId,
    detector: detectorId,
    severity: 'critical',
    confidence: 'high',
    location,
    credential: '',
    arguments: { kind: 'api-key' },
    fingerprint: number.repeat(8),
    ...more,
  };
}

export function referenceFinding(workload: Workload, providerId: string, name: string, store: string, location: Location, more: Partial<Finding> = {}): Finding {
  serial += 1;
  const number = String(serial).padStart(4, '0');
  return {
    id: `f-${number}`,
    code: `DK-REF-${workload.platform.toUpperCase()}`,
    class: 'reference',
    provider: providerId,
    detector: workload.platform,
    severity: 'medium',
    confidence: 'high',
    location,
    credential: '',
    workload: workload.id,
    arguments: { kind: 'api-key', name, store },
    fingerprint: number.repeat(8),
    ...more,
  };
}

export function workload(id: string, platformId: string, name: string, location: Location): Workload {
  return { id, platform: platformId, name, location, uses: [], identity: { kind: 'available' }, facts: {}, federationPath: null };
}

export interface CredentialDraft {
  readonly credential: Omit<Credential, 'findings' | 'workloads' | 'risk'>;
  readonly score: number;
  readonly level: Severity;
  readonly factors: readonly RiskFactor[];
  readonly findings: readonly Finding[];
}

export function credential(fields: Partial<CredentialDraft['credential']> & Pick<Credential, 'id' | 'provider' | 'preview'>): CredentialDraft['credential'] {
  return {
    kind: 'api-key',
    lifetime: 'long',
    privilege: 'project',
    seen: true,
    names: [],
    confidence: 'high',
    liveness: 'not-checked',
    facts: {},
    disposition: 'today',
    ...fields,
  };
}

export function factor(code: string, value: string, points: number, label: string, evidence = 'OWASP NHI2:2025'): RiskFactor {
  return { code, value, points, label, evidence };
}

/** Joins drafts the way the real stages do: ids both ways, counts in the summary. */
export function inventoryOf(drafts: readonly CredentialDraft[], workloads: readonly Workload[], more: Partial<Inventory> = {}): Inventory {
  const findings = drafts.flatMap((draft) => draft.findings.map((finding) => ({ ...finding, credential: draft.credential.id })));
  const credentials = drafts.map((draft): Credential => ({
    ...draft.credential,
    risk: { score: draft.score, level: draft.level, vector: `DK1/${draft.factors.map(({ code, value }) => `${code}:${value}`).join('/')}`, factors: draft.factors },
    findings: draft.findings.map(({ id }) => id),
    workloads: [...new Set(draft.findings.flatMap(({ workload: id }) => id ?? []))],
  }));
  const planned = credentials.filter(({ lifetime, confidence }) => lifetime === 'long' && confidence !== 'low');
  const byLevel: Record<Severity, number> = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const { risk } of credentials) byLevel[risk.level] += 1;
  return {
    schemaVersion: '1.0',
    tool: { name: 'dekey', version: '0.1.0' },
    targets: [emptyTarget],
    summary: {
      findings: findings.length,
      credentials: credentials.length,
      workloads: workloads.length,
      byLevel,
      pathToZero: {
        today: planned.filter(({ disposition }) => disposition === 'today').length,
        afterChange: planned.filter(({ disposition }) => disposition === 'after-change').length,
        none: planned.filter(({ disposition }) => disposition === 'none').length,
      },
      allowed: findings.filter(({ allowed }) => allowed !== undefined).length,
      baselined: findings.filter(({ baselined }) => baselined !== undefined).length,
    },
    credentials,
    findings,
    workloads: workloads.map((one) => ({ ...one, uses: credentials.filter((used) => used.workloads.includes(one.id)).map(({ id }) => id) })),
    problems: [],
    ...more,
  };
}

/** One of everything a report has to show. */
export function richInventory(): Inventory {
  serial = 0;
  const evals = workload('w-1', 'github-actions', 'ci.yml › evals', place('.github/workflows/ci.yml', 12, 3));
  const bot = workload('w-2', 'kubernetes', 'Deployment/bot', place('deploy/bot.yaml', 1, 1));
  const search = workload('w-3', 'code', 'scripts/search.py', place('scripts/search.py', 1, 1));
  const jobs = ['lint', 'unit', 'nightly', 'release', 'docs', 'smoke'].map((job, index) =>
    workload(`w-${10 + index}`, 'github-actions', `ci.yml › ${job}`, place('.github/workflows/ci.yml', 40 + index * 20, 3)),
  );
  const anthropic: CredentialDraft = {
    credential: credential({ id: 'c-1', provider: 'anthropic', preview: 'sk-ant-api03-…f3AA', names: ['ANTHROPIC_API_KEY'], facts: { workspace: 'default' } }),
    score: 96,
    level: 'critical',
    factors: [
      factor('EX', 'P', 38, 'in public history', 'OWASP NHI2:2025'),
      factor('PR', 'W', 22, 'whole workspace', 'OWASP NHI5:2025'),
      factor('AG', 'Y', 14, '285 days old', 'OWASP NHI7:2025'),
      factor('SP', 'F', 12, '2 workloads, 4 places', 'OWASP NHI9:2025'),
      factor('CO', 'U', 10, 'spend uncapped', 'no ceiling at the provider unless its owner sets one'),
    ],
    findings: [
      secretFinding('anthropic-api-key', 'anthropic', place('src/agent/client.ts', 14, 18, { history: history({ inHead: true }) }), { arguments: { kind: 'api-key', reasons: 'tail AA' } }),
      secretFinding('anthropic-api-key', 'anthropic', place('.env.production', 3, 19)),
      secretFinding('anthropic-api-key', 'anthropic', place('deploy/secret.yaml', 8, 12, { route: 'data.api-key', encoding: ['base64'] })),
      secretFinding('anthropic-api-key', 'anthropic', place('deploy/old.sh', 4, 9, { history: history() })),
      secretFinding('anthropic-api-key', 'anthropic', place('notes/scratch.md', 2, 1, { history: dangling() })),
      referenceFinding(evals, 'anthropic', 'ANTHROPIC_API_KEY', 'ci-secret', place('.github/workflows/ci.yml', 31, 30, { route: 'jobs.evals.steps[2].env.ANTHROPIC_API_KEY' })),
      referenceFinding(evals, 'anthropic', 'ANTHROPIC_API_KEY', 'ci-secret', place('.github/workflows/ci.yml', 36, 30, { route: 'jobs.evals.steps[3].env.ANTHROPIC_API_KEY' })),
      referenceFinding(bot, 'anthropic', 'anthropic/api-key', 'cluster-secret', place('deploy/bot.yaml', 22, 15)),
    ],
  };
  const openai: CredentialDraft = {
    credential: credential({ id: 'c-2', provider: 'openai', preview: 'OPENAI_API_KEY', seen: false, names: ['OPENAI_API_KEY'], disposition: 'after-change' }),
    score: 61,
    level: 'high',
    factors: [factor('EX', 'S', 20, 'in CI secrets'), factor('PR', 'W', 22, 'whole project'), factor('SP', 'M', 19, '7 workloads')],
    findings: [
      ...jobs.map((job, index) => referenceFinding(job, 'openai', 'OPENAI_API_KEY', 'ci-secret', place('.github/workflows/ci.yml', 44 + index * 20, 28))),
      referenceFinding(search, 'openai', 'OPENAI_API_KEY', 'environment', place('scripts/search.py', 9, 22)),
    ],
  };
  const tavily: CredentialDraft = {
    credential: credential({ id: 'c-3', provider: 'tavily', preview: 'TAVILY_API_KEY', seen: false, names: ['TAVILY_API_KEY'], disposition: 'none' }),
    score: 38,
    level: 'low',
    factors: [factor('EX', 'S', 20, 'in the environment'), factor('PR', 'U', 18, 'privilege unknown')],
    findings: [referenceFinding(search, 'tavily', 'TAVILY_API_KEY', 'environment', place('scripts/search.py', 12, 22), { severity: 'low' })],
  };
  const doubtful: CredentialDraft = {
    credential: credential({ id: 'c-4', provider: 'openai', preview: 'sk-proj-…', confidence: 'low', disposition: 'after-change' }),
    score: 55,
    level: 'medium',
    factors: [factor('EX', 'T', 33, 'in the tree'), factor('PR', 'W', 22, 'whole project')],
    findings: [
      secretFinding('openai-project-key', 'openai', place('docs/setup.md', 40, 12), {
        confidence: 'low',
        severity: 'medium',
        arguments: { kind: 'api-key', reasons: 'the word "example"; stands among tests, examples or documentation' },
      }),
    ],
  };
  const session: CredentialDraft = {
    credential: credential({ id: 'c-5', provider: 'aws', preview: 'ASIA…', kind: 'session-token', lifetime: 'short', disposition: 'not-a-key' }),
    score: 0,
    level: 'info',
    factors: [],
    findings: [secretFinding('aws-session-token', 'aws', place('logs/run.txt', 118, 40), { severity: 'info' })],
  };
  const allowed: CredentialDraft = {
    credential: credential({ id: 'c-6', provider: 'openai', preview: 'sk-proj-…9xQz', disposition: 'after-change' }),
    score: 64,
    level: 'high',
    factors: [factor('EX', 'T', 42, 'in the tree'), factor('PR', 'W', 22, 'whole project')],
    findings: [
      secretFinding('openai-project-key', 'openai', place('test/fixtures/dead-key.txt', 1, 1), { severity: 'high', allowed: 'revoked in 2024, kept for the parser test' }),
      secretFinding('openai-project-key', 'openai', place('test/fixtures/dead-key-2.txt', 1, 1), { severity: 'high', baselined: 'accepted until the fixture is rewritten' }),
    ],
  };
  return inventoryOf([anthropic, openai, allowed, doubtful, tavily, session], [evals, bot, search, ...jobs], {
    targets: [
      {
        ...emptyTarget,
        name: './support-bot',
        skipped: [
          { reason: 'over 20 MB', count: 3, examples: ['data/a.bin', 'data/b.bin', 'data/c.bin'], incomplete: false },
          { reason: 'submodule', count: 1, examples: ['vendor/llm'], incomplete: false },
        ],
        facts: { remote: 'github.com/acme/support-bot', head: 'b'.repeat(40), branch: 'main' },
      },
    ],
    problems: [
      {
        path: '.github/workflows/release.yml',
        line: 47,
        message: 'duplicate key "env" (first at line 39)',
        fix: 'The workflow was scanned as text, so keys in it are found, but it cannot be planned or edited. Remove one of the two and run again.',
      },
    ],
  });
}

/** File names of threat-model tests 27 to 32. */
export const HOSTILE_NAMES: readonly string[] = [
  '\u001b]52;c;aGk=\u0007',
  '\u001b[2Jx',
  'a\rb',
  'a\nb',
  '\u202egnp.exe',
  '\u009b31mred',
  'zero\u200bwidth',
  '::error::x',
  '::add-mask::e',
  '##vso[task.setvariable variable=x]y',
  '##[add-mask]e',
  '<img src=x onerror=alert(1)>',
  '[x](javascript:alert(1))',
  "=cmd|' /C calc'!A0",
  '@channel',
  '__proto__',
  'constructor',
  'toString',
  '../../x',
  'C:\\x',
  'CON',
  'a:b',
  '.GIT/config',
  'caf\u00e9',
  'cafe\u0301',
  '100% #1? of it.txt',
  'lone\ud800surrogate',
];

/** One key that stands in, and is used from, files with every hostile name. */
export function hostileInventory(): Inventory {
  serial = 0;
  const workloads = HOSTILE_NAMES.map((name, index) => workload(`w-${index}`, 'github-actions', `${name} › ${name}`, place(name, 1, 1)));
  const draft: CredentialDraft = {
    credential: credential({ id: 'c-1', provider: 'anthropic', preview: 'sk-ant-api03-…f3AA', facts: { ['__proto__']: 'x', user: '\u001b[31m::error::' } }),
    score: 96,
    level: 'critical',
    factors: [factor('EX', 'P', 96, 'in public history')],
    findings: [
      ...HOSTILE_NAMES.map((name) => secretFinding('anthropic-api-key', 'anthropic', place(name, 2, 3, { route: name }))),
      ...HOSTILE_NAMES.map((name) => secretFinding('anthropic-api-key', 'anthropic', place(name, 2, 3, { history: history() }), { allowed: name })),
      ...workloads.map((one, index) => referenceFinding(one, 'anthropic', HOSTILE_NAMES[index] ?? '', 'ci-secret', place(one.location.path, 7, 5))),
    ],
  };
  return inventoryOf([draft], workloads, {
    targets: [
      {
        ...emptyTarget,
        name: '::error::target',
        complete: false,
        skipped: [{ reason: 'unreadable', count: HOSTILE_NAMES.length, examples: HOSTILE_NAMES.slice(0, 20), incomplete: true }],
        facts: { remote: 'javascript:alert(1)', branch: '\u001b[2J' },
      },
    ],
    problems: HOSTILE_NAMES.map((name) => ({ path: name, line: 1, message: `bad ${name}`, fix: `mend ${name}` })),
  });
}
