/** Plans of workloads that nobody has: one on a platform, with keys of chosen providers. For tests that need everything that can be emitted, and for the samples of the documentation. */
import { emitters } from '../../src/emit/index.ts';
import { emitWorkloadSide } from '../../src/emit/workload-side.ts';
import type { EmittedFile } from '../../src/model/federation.ts';
import type { Credential, Finding, Inventory, Workload } from '../../src/model/inventory.ts';
import type { Provider } from '../../src/model/provider.ts';
import type { Input } from '../../src/model/text.ts';
import { parties } from '../../src/parties/index.ts';
import { partyInputs } from '../../src/parties/inputs.ts';
import { exampleWorkload } from '../../src/plan/matrix.ts';
import { type DraftPlan, emitPlan, makePlan, type PlanOptions } from '../../src/plan/plan.ts';
import { platforms } from '../../src/platforms/index.ts';
import { providers } from '../../src/providers/index.ts';

/** What every input of a shape is filled with: right looking, and nobody's. */
export const SAMPLES = {
  name: 'acme',
  path: 'acme/app',
  digits: '111122223333',
  hex: 'abcdef',
  uuid: '00000000-0000-4000-8000-000000000001',
  url: 'https://issuer.acme.example',
  id: 'acme-id-1',
  email: 'bot@acme.iam.gserviceaccount.com',
  'subject-prefix': 'repo:acme@1029384/app@5566778',
} as const;

/** Where a sample has to agree with another, or with a form. */
const VALUES: Readonly<Record<string, string>> = {
  'github.acme.app.repository_id': '5566778',
  'github.acme.app.repository_owner_id': '1029384',
  'anthropic.workspace_id': 'wrkspc_01LoopbackLoopback',
  'openai.project_id': 'proj_loopback',
  'aws.region': 'eu-central-1',
  'azure.location': 'westeurope',
  'aws.policy_arn': 'arn:aws:iam::aws:policy/ReadOnlyAccess',
  'auth0.domain': 'acme.eu.auth0.com',
  'okta.domain': 'acme.okta.com',
  'aks.issuer': 'https://westeurope.oic.prod-aks.azure.com/00000000-0000-4000-8000-000000000001/00000000-0000-4000-8000-000000000002/',
};

export interface PlatformPlan {
  readonly platform: string;
  readonly draft: DraftPlan;
  readonly files: readonly EmittedFile[];
  /** What the emitters asked for, beside what the draft lists. */
  readonly inputs: readonly Input[];
  /** Steps that only a person can do. */
  readonly manual: readonly string[];
}

/** The value that an input of a sample has. */
export function valueOf({ id, shape }: Input): string {
  return id.startsWith('aws.secret_arn_') ? `arn:aws:secretsmanager:eu-central-1:${SAMPLES.digits}:secret:ai/key-AbCdEf` : sampleOf({ id, shape });
}

/** A value for an input that is to be filled in when a script runs. */
export function sampleOf({ id, shape }: Pick<Input, 'id' | 'shape'>): string {
  return VALUES[id.replace(/^(aws\.policy_arn)_.*$/, '$1')] ?? SAMPLES[shape];
}

/**
 * The plan of one workload on `platform` that has a key of each of `which`; a provider with other routes than those of the registry is planned with its own. With `isInUse` the
 * tree shows that each of them is there already, which is what gateways are preferred for; with `uses` that a job logs in by this action.
 */
export function planFor(platform: string, values: PlanOptions['values'], which: readonly Provider[] = providers, { isInUse = false, uses = '' }: { readonly isInUse?: boolean; readonly uses?: string } = {}): PlatformPlan {
  const context = exampleWorkload(platform);
  const credentials = which.map((provider): Credential => ({
    id: `c-${provider.id}`,
    provider: provider.id,
    kind: 'api-key',
    lifetime: 'long',
    privilege: 'account',
    preview: 'KEY',
    seen: false,
    names: [provider.env.find(({ notAKey }) => notAKey !== true)?.name ?? `${provider.id.toUpperCase().replaceAll('-', '_')}_API_KEY`],
    confidence: 'high',
    liveness: 'not-checked',
    facts: {},
    risk: { score: 50, level: 'medium', vector: '', factors: [] },
    findings: isInUse ? [`f-${provider.id}`] : [],
    workloads: ['w-1'],
    disposition: 'today',
  }));
  const workload: Workload = {
    id: 'w-1',
    platform,
    name: context.name,
    location: { target: 't0', path: context.path, line: 1, column: 1, endLine: 1, endColumn: 1, start: 0, end: 0, route: context.route },
    uses: credentials.map(({ id }) => id),
    identity: { kind: 'available' },
    facts: { ...context.facts, ...(uses === '' ? {} : { uses }) },
    federationPath: null,
  };
  const inventory: Inventory = {
    schemaVersion: '1.0',
    tool: { name: 'dekey', version: '0.0.0' },
    targets: [{ id: 't0', kind: 'git', name: '.', complete: true, files: 1, objects: 0, bytes: 0, skipped: [], facts: { remote: `${context.repository?.host ?? ''}/acme/app`, branch: 'main' } }],
    summary: { findings: 0, credentials: 0, workloads: 0, byLevel: { critical: 0, high: 0, medium: 0, low: 0, info: 0 }, pathToZero: { today: 0, afterChange: 0, none: 0 }, allowed: 0, baselined: 0 },
    credentials,
    findings: isInUse ? credentials.map(findingOf) : [],
    workloads: [workload],
    problems: [],
  };
  const known = providers.map((provider) => which.find(({ id }) => id === provider.id) ?? provider);
  const draft = makePlan(inventory, { platforms, providers: known, parties, partyInputs }, { version: '0.0.0', values, runsOn: [], sources: [] });
  const emitted = [...emitPlan(draft, emitters, values), ...emitWorkloadSide(draft, values)];
  return { platform, draft, files: emitted.flatMap(({ files }) => files), inputs: emitted.flatMap(({ asked }) => asked), manual: emitted.flatMap(({ manual }) => manual) };
}

/** The one place where the key of `credential` is seen. */
function findingOf({ id, provider, findings }: Credential): Finding {
  return {
    id: findings[0] ?? '', code: 'DK-REF-CODE', class: 'reference', provider, detector: 'reference', severity: 'medium', confidence: 'high', credential: id, arguments: {}, fingerprint: '',
    location: { target: 't0', path: 'src/client.ts', line: 1, column: 1, endLine: 1, endColumn: 1, start: 0, end: 0 },
  };
}
