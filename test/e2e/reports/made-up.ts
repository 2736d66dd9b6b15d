import type { Credential, Disposition, Finding, Inventory, RiskFactor, TargetReport, Workload } from '../../../src/model/inventory.ts';
import { SEVERITIES, type Severity } from '../../../src/model/levels.ts';
import type { Location } from '../../../src/model/location.ts';
import { migrationId } from '../../../src/model/plan.ts';
import type { ReadinessScore } from '../../../src/model/readiness.ts';
import { providers } from '../../../src/providers/index.ts';
import { summaryOf } from '../../../src/inventory/summary.ts';

/** Providers that a large organisation has keys of, the name and the head of each; the first are the most common. */
const PROVIDERS: readonly (readonly [string, string, string])[] = [
  ['openai', 'OPENAI_API_KEY', 'sk-proj-\u2026'],
  ['anthropic', 'ANTHROPIC_API_KEY', 'sk-ant-api03-\u2026'],
  ['google-gemini', 'GEMINI_API_KEY', 'AIza\u2026'],
  ['azure-openai', 'AZURE_OPENAI_API_KEY', '\u2026'],
  ['aws-bedrock', 'AWS_BEARER_TOKEN_BEDROCK', 'ABSK\u2026'],
  ['huggingface', 'HF_TOKEN', 'hf_\u2026'],
  ['mistral', 'MISTRAL_API_KEY', '\u2026'],
  ['cohere', 'COHERE_API_KEY', '\u2026'],
  ['groq', 'GROQ_API_KEY', 'gsk_\u2026'],
  ['tavily', 'TAVILY_API_KEY', 'tvly-\u2026'],
];
const DISPOSITIONS: Readonly<Record<'native' | 'after-change' | 'none', Disposition>> = { native: 'today', 'after-change': 'after-change', none: 'none' };
const PLATFORMS = ['github-actions', 'kubernetes', 'code', 'docker-compose', 'gitlab-ci', 'terraform'] as const;
const SERVICES = ['support-bot', 'search', 'billing', 'ingest', 'ranker', 'summaries', 'voice', 'catalog', 'fraud', 'mailer', 'notes', 'translate'];
const JOBS = ['evals', 'test', 'nightly', 'release', 'docs', 'embed', 'smoke', 'deploy'];

/** A made-up organisation: `findings` findings in 120 repositories. The same for the same number. */
export function madeUp(findings: number): Inventory {
  const random = seeded(findings);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const skewed = <T>(items: readonly T[]): T => items[Math.floor(random() ** 2 * items.length)] as T;
  const targets = Array.from({ length: 120 }, (_, index): TargetReport => {
    const name = `${SERVICES[index % SERVICES.length] ?? 'app'}${index < SERVICES.length ? '' : `-${Math.floor(index / SERVICES.length)}`}`;
    const incomplete = index % 41 === 40;
    return {
      id: `t${index + 1}`, kind: 'github', name: `github:acme/${name}`, complete: !incomplete, files: 400 + Math.floor(random() * 4000), objects: 0, bytes: 5_000_000,
      skipped: [...(index % 9 === 0 ? [{ reason: 'over 20 MB', count: 2, examples: ['data/corpus.bin', 'models/small.onnx'], incomplete: false }] : []), ...(incomplete ? [{ reason: 'secrets of the environment production were not readable', count: 1, examples: ['production'], incomplete: true }] : [])],
      facts: { branch: 'main', remote: `github.com/acme/${name}` },
    };
  });
  const credentials: Credential[] = [];
  const all: Finding[] = [];
  const workloads: Workload[] = [];
  const uses = new Map<string, string[]>();
  const card = scorecard();
  const most = findings - card.length;
  while (all.length < most) {
    const index = credentials.length;
    const [provider, name, head] = skewed(PROVIDERS);
    const disposition = DISPOSITIONS[providers.find((one) => one.id === provider)?.federation.kind ?? 'none'];
    const home = pick(targets);
    const isSeen = random() < 0.3;
    const id = `c-${hex(random, 12)}`;
    const isDoubtful = random() < 0.06;
    const score = Math.max(4, Math.round(100 * random() ** (isSeen ? 0.8 : 1.6)));
    const level: Severity = score >= 90 ? 'critical' : score >= 70 ? 'high' : score >= 40 ? 'medium' : 'low';
    const own: Finding[] = [];
    const users: string[] = [];
    const count = Math.min(most - all.length, 1 + Math.floor(random() ** 4 * 30));
    for (let at = 0; at < count; at += 1) {
      const isSecret = isSeen && at < Math.ceil(count / 3);
      const platform = pick(PLATFORMS);
      const location = placeOf(isSecret ? 'secret' : platform, home.id, random, pick);
      const finding: Finding = {
        id: `f-${hex(random, 12)}`, code: isSecret ? `DK-SECRET-${provider.toUpperCase()}-API-KEY` : `DK-REF-${platform.toUpperCase()}`, class: isSecret ? 'secret' : 'reference', provider, detector: isSecret ? `${provider}-api-key` : platform,
        severity: isSecret ? level : 'medium', confidence: isDoubtful ? 'low' : 'high', location, credential: id, arguments: isSecret ? { kind: 'api-key' } : { kind: 'api-key', name, store: platform === 'kubernetes' ? 'cluster-secret' : platform === 'code' ? 'environment' : 'ci-secret' },
        fingerprint: hex(random, 32), ...(random() < 0.03 ? { allowed: 'a test key without access' } : {}),
      };
      if (isSecret) {
        own.push(finding);
        continue;
      }
      const workload: Workload = { id: `w-${hex(random, 12)}`, platform, name: platform === 'code' ? location.path : platform === 'kubernetes' ? `Deployment/${pick(SERVICES)}` : `${location.path.split('/').at(-1) ?? ''} \u203a ${pick(JOBS)}`, location, uses: [], identity: platform === 'github-actions' || platform === 'kubernetes' ? { kind: 'available' } : { kind: 'none' }, facts: {}, federationPath: null };
      workloads.push(workload);
      uses.set(workload.id, [id]);
      users.push(workload.id);
      own.push({ ...finding, workload: workload.id });
    }
    all.push(...own);
    const factors: RiskFactor[] = [
      { code: 'EX', value: isSeen ? 'P' : 'S', points: Math.round(score * 0.4), label: isSeen ? 'in history of the repository' : 'in a secret store of CI', evidence: 'OWASP NHI2:2025' },
      { code: 'PR', value: 'W', points: Math.round(score * 0.25), label: 'whole workspace', evidence: 'OWASP NHI5:2025' },
      { code: 'AG', value: 'Y', points: Math.round(score * 0.2), label: `${60 + Math.floor(random() * 700)} days old`, evidence: 'OWASP NHI7:2025' },
      { code: 'SP', value: 'M', points: score - Math.round(score * 0.4) - Math.round(score * 0.25) - Math.round(score * 0.2), label: `${users.length} workloads, ${own.length} places`, evidence: 'OWASP NHI9:2025' },
    ];
    credentials.push({
      id, provider, kind: 'api-key', lifetime: 'long', privilege: 'project', preview: isSeen ? `${head}${hex(random, 4)}` : name, seen: isSeen, names: [name], confidence: isDoubtful ? 'low' : 'high', liveness: 'not-checked', facts: index % 17 === 0 ? { workspace: 'default' } : {},
      risk: { score, level, vector: `DK1/${factors.map((factor) => `${factor.code}:${factor.value}`).join('/')}`, factors }, findings: own.map((finding) => finding.id), workloads: users, disposition,
    });
  }
  credentials.sort((a, b) => SEVERITIES.indexOf(a.risk.level) - SEVERITIES.indexOf(b.risk.level) || b.risk.score - a.risk.score);
  const used = workloads.map((workload) => ({ ...workload, uses: uses.get(workload.id) ?? [] }));
  all.push(...card);
  return { schemaVersion: '1.0', tool: { name: 'dekey', version: '0.1.0' }, targets, summary: summaryOf(credentials, all, used), credentials, findings: all, workloads: used, problems: [{ path: '.github/workflows/release.yml', line: 47, message: 'duplicate key "env" (first at line 39)', fix: 'Remove one of the two and run again.' }] };
}

/** Eight earlier months, with more keys in each: only the counts matter. */
export function earlier({ summary, ...rest }: Inventory): readonly (readonly [string, Inventory])[] {
  return Array.from({ length: 8 }, (_, index): [string, Inventory] => {
    const more = 1 + (8 - index) * 0.11 + (index % 3) * 0.03;
    const { today, afterChange, none } = summary.pathToZero;
    const pathToZero = { today: Math.round(today * more * 1.25), afterChange: Math.round(afterChange * more), none: Math.round(none * (0.8 + index * 0.025)) };
    return [`2026-${String(index + 3).padStart(2, '0')}-01`, { ...rest, credentials: [], findings: [], workloads: [], problems: [], summary: { ...summary, pathToZero } }];
  });
}

/** What `dekey apply --format json` would say of every tenth workload on GitHub Actions, and a refusal of every other. */
export function madeUpChanges({ credentials, workloads, targets }: Inventory): object {
  const migrations = credentials.flatMap(({ provider, workloads: own }) => own.map((workload) => ({ id: migrationId(workload, provider), workload })));
  const of = new Map(migrations.map(({ workload, id }) => [workload, id]));
  const files = workloads.filter(({ id, platform }) => platform === 'github-actions' && of.has(id)).map(({ id, location }, index) => ({
    target: location.target,
    path: location.path,
    sha256: { before: '0'.repeat(64), after: '1'.repeat(64) },
    changes: index % 10 > 0 ? [] : [{ id: 'evals/anthropic', rewriter: 'github-actions', line: 14, title: 'evals: an identity in place of the key', why: 'The job asks GitHub for a token, and the SDK shows it.', safety: 'unsafe', reason: 'that the program makes its client without a key', migrations: [of.get(id)] }],
    declined: [],
    refusals: index % 10 === 0 ? [] : [{ code: 'takes-only-a-key', line: 31, reason: 'The action takes a key and nothing else.', byHand: 'Ask its makers for an input for tokens.', migrations: [of.get(id)], shadows: false }],
    diff: index % 10 > 0 ? '' : '@@ -9,6 +9,9 @@\n jobs:\n   evals:\n     runs-on: ubuntu-24.04\n+    permissions:\n+      contents: read\n+      id-token: write\n     env:\n-      ANTHROPIC_API_KEY: ${{ secrets.ANTHROPIC_API_KEY }}\n+      ANTHROPIC_FEDERATION_RULE_ID: ${{ vars.ANTHROPIC_FEDERATION_RULE_ID }}\n     steps:\n',
  }));
  return { schemaVersion: '1.0', tool: { name: 'dekey', version: '0.1.0' }, plan: '0'.repeat(64), targets: targets.map(({ id, name }) => ({ id, name })), files };
}

/** What a look beyond federation says of it: some controls met, some not, some not to be told. */
function scorecard(): readonly Finding[] {
  const said: readonly (readonly [control: string, score: ReadinessScore, path: string, about: Readonly<Record<string, string>>])[] = [
    ['P1.1', '1', '.github/workflows/ci.yml', { issuer: 'token.actions.githubusercontent.com', tenant: 'pinned' }], ['P1.2', '0', 'deploy/search/deployment.yaml', { account: 'default', workloads: '4' }],
    ['P1.2', '2', 'deploy/billing/deployment.yaml', { account: 'billing' }], ['P1.4', '2', 'deploy/billing/deployment.yaml', { audience: 'https://api.anthropic.com' }], ['P1.6', '2', 'infra/search.tf', { seconds: '600' }],
    ['P1.7', '0', '.mcp.json', { server: 'search', variable: 'TAVILY_API_KEY' }], ['P1.8', 'n/a', '.mcp.json', {}], ['P2.1', 'unknown', 'src/search/agent12.py', {}], ['P2.3', '2', 'src/search/agent12.py', {}],
    ['P3.1', '1', 'src/search/agent12.py', { tools: '3 of 7' }], ['P3.4', '2', 'infra/search.tf', {}], ['P4.5', '2', 'infra/search.tf', { rules: '4' }],
  ];
  return said.map(([control, score, path, about], index) => ({
    id: `f-ready-${index}`, code: `DK-READY-${control.replace('.', '-')}`, class: 'readiness', provider: 'anthropic', detector: 'readiness', severity: 'info', confidence: 'high', credential: '',
    location: { target: 't1', path, start: 0, end: 1, line: 3 + index, column: 1, endLine: 3 + index, endColumn: 2 }, arguments: { control, score, ...about }, fingerprint: `ready-${index}`,
  }));
}

function placeOf(kind: string, target: string, random: () => number, pick: <T>(items: readonly T[]) => T): Location {
  const line = 1 + Math.floor(random() * 300);
  const column = 3 + Math.floor(random() * 40);
  const service = pick(SERVICES);
  const paths: Readonly<Record<string, string>> = {
    secret: pick([`${service}/.env`, `src/${service}/client.ts`, `config/${service}.yaml`, `notebooks/${service}.ipynb`, 'deploy/old.sh']),
    'github-actions': `.github/workflows/${pick(['ci', 'release', 'nightly', service])}.yml`,
    kubernetes: `deploy/${service}/deployment.yaml`,
    code: `src/${service}/${pick(['agent', 'client', 'worker', 'embed'])}${Math.floor(random() * 40)}.py`,
    'docker-compose': 'compose.yaml',
    'gitlab-ci': '.gitlab-ci.yml',
    terraform: `infra/${service}.tf`,
  };
  const history = kind === 'secret' && random() < 0.5 ? { history: { object: hex(random, 40), objectType: 'blob' as const, reachable: true, inHead: false, firstSeen: { commit: hex(random, 40), authored: '2026-02-11T08:30:00Z' }, lastSeen: { commit: hex(random, 40), authored: '2026-03-02T10:00:00Z' } } } : {};
  return { target, path: paths[kind] ?? 'README.md', start: 0, end: 30, line, column, endLine: line, endColumn: column + 30, ...history };
}

function hex(random: () => number, digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
}

function seeded(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
