/**
 * The planner on every pair of provider and platform: each pair has a path or a typed reason, everything that is emitted for the platforms goes to the judges, and every
 * identity at a party that stands on loopback is proven with real tokens.
 */
import { emitters } from '../../../src/emit/index.ts';
import type { EmittedFile } from '../../../src/model/federation.ts';
import type { Credential, Inventory, Workload } from '../../../src/model/inventory.ts';
import type { PlannedIdentity } from '../../../src/model/plan.ts';
import type { Input, Text } from '../../../src/model/text.ts';
import { parties } from '../../../src/parties/index.ts';
import { partyInputs } from '../../../src/parties/inputs.ts';
import { cellOf } from '../../../src/plan/matrix.ts';
import { type DraftPlan, emitPlan, makePlan } from '../../../src/plan/plan.ts';
import { platforms } from '../../../src/platforms/index.ts';
import { providers } from '../../../src/providers/index.ts';
import type { Claims } from './issuer.ts';
import { type PlatformPlan, planFor, SAMPLES, valueOf } from '../../support/sample-plan.ts';
import { type Proof, proveTarget } from './tokens.ts';

export interface CellLine {
  readonly platform: string;
  readonly provider: string;
  readonly outcome: string;
}

/** Every cell, in words; a cell that throws ends the run. */
export function allCells(): readonly CellLine[] {
  const world = { platforms: new Map(platforms.map((entry) => [entry.id, entry])), parties: new Map(parties.map((entry) => [entry.id, entry])) };
  return platforms.flatMap((platform) =>
    providers.map((provider): CellLine => {
      const { best, noPath } = cellOf(provider, platform, world);
      if (best === undefined && noPath === undefined) throw new Error(`${platform.id} and ${provider.id}: neither a path nor a reason`);
      return { platform: platform.id, provider: provider.id, outcome: best === undefined ? `no path: ${noPath?.code ?? ''}` : `${best.route.class} (${best.steps.map(({ party }) => party.id).join(' > ')})` };
    }),
  );
}

/** One workload on each platform that issues tokens, with a key of every provider; once with nothing filled in and once with everything. */
export function platformPlans(): readonly { readonly open: PlatformPlan; readonly filled: PlatformPlan; readonly named: PlatformPlan }[] {
  return platforms.flatMap((platform) => {
    if (platform.tokens === undefined) return [];
    const open = planFor(platform.id, new Map());
    const inputs = new Map<string, Input>([...open.draft.inputs, ...open.inputs].map((input) => [input.id, input]));
    const values = new Map([...inputs].map(([id, input]) => [id, { value: valueOf(input), from: 'sample' }]));
    // A repository that sends names in its subjects, as those made before July 2026 do.
    const names = new Map([...values].map(([id, value]) => [id, id.endsWith('.subject_prefix') ? { ...value, value: 'repo:acme/app' } : value]));
    return [{ open, filled: planFor(platform.id, values), named: planFor(platform.id, names) }];
  });
}

/** The plan of one workload on `platform` that has a key of each of `ids`; `given` fills inputs in, the rest is left open. */
export function planOne(platform: string, ids: readonly string[], given: Readonly<Record<string, string>>): PlatformPlan {
  return planFor(platform, new Map(Object.entries(given).map(([id, value]) => [id, { value, from: 'sample' }])), providers.filter(({ id }) => ids.includes(id)));
}

/** An inventory of `count` workloads, each with its own job, for the speed of planning. */
export function planMany(count: number): { readonly seconds: number; readonly migrations: number; readonly same: boolean } {
  const make = (): DraftPlan => {
    const keys = providers.slice(0, 3).map(({ id }) => id).concat('anthropic', 'openai');
    const credentials = [...new Set(keys)].map((provider): Credential => ({ id: `c-${provider}`, provider, kind: 'api-key', lifetime: 'long', privilege: 'account', preview: 'KEY', seen: false, names: ['KEY'], confidence: 'high', liveness: 'not-checked', facts: {}, risk: { score: 1, level: 'low', vector: '', factors: [] }, findings: [], workloads: [], disposition: 'today' }));
    const workloads = Array.from({ length: count }, (_, index): Workload => ({
      id: `w-${index}`,
      platform: index % 3 === 0 ? 'kubernetes' : 'github-actions',
      name: index % 3 === 0 ? `Deployment/bot-${index}` : `ci-${index}.yml › job`,
      location: { target: 't0', path: index % 3 === 0 ? `deploy/bot-${index}.yaml` : `.github/workflows/ci-${index}.yml`, line: 1, column: 1, endLine: 1, endColumn: 1, start: 0, end: 0 },
      uses: [credentials[index % credentials.length]?.id ?? '', 'c-anthropic'],
      identity: { kind: 'available' },
      facts: index % 3 === 0 ? { namespace: `team-${index % 40}` } : { triggers: 'push', runsOn: 'ubuntu-latest' },
      federationPath: null,
    }));
    const inventory: Inventory = {
      schemaVersion: '1.0',
      tool: { name: 'dekey', version: '0.0.0' },
      targets: [{ id: 't0', kind: 'git', name: '.', complete: true, files: 1, objects: 0, bytes: 0, skipped: [], facts: { remote: 'github.com/acme/app', branch: 'main' } }],
      summary: { findings: 0, credentials: 0, workloads: 0, byLevel: { critical: 0, high: 0, medium: 0, low: 0, info: 0 }, pathToZero: { today: 0, afterChange: 0, none: 0 }, allowed: 0, baselined: 0 },
      credentials,
      findings: [],
      workloads,
      problems: [],
    };
    return makePlan(inventory, { platforms, providers, parties, partyInputs }, { version: '0.0.0', values: new Map(), runsOn: [], sources: [] });
  };
  const started = performance.now();
  const first = make();
  emitPlan(first, emitters, new Map());
  const seconds = (performance.now() - started) / 1000;
  return { seconds, migrations: first.migrations.length, same: JSON.stringify(first) === JSON.stringify(make()) };
}

// --- proofs ---

export interface IdentityProof {
  readonly platform: string;
  readonly party: string;
  readonly identity: string;
  readonly tokens: number;
  readonly failures: readonly string[];
}

/** Proves every identity of a filled plan whose party stands on loopback. Identities that the workload has already need no proof of ours. */
export async function provePlan({ platform, draft, files }: PlatformPlan): Promise<readonly IdentityProof[]> {
  const proofs: IdentityProof[] = [];
  for (const identity of draft.identities) {
    const { target } = identity;
    const isOwn = (target.party === 'aws' && target.platform === 'aws-compute') || (target.party === 'google' && target.platform === 'google-compute') || (target.party === 'azure' && target.platform === 'azure-identity');
    if (isOwn) continue;
    const proof = proofOf(identity, files);
    if (proof === undefined) continue;
    const title = `${target.id} (${target.permission})`;
    try {
      const { rows, failures } = await proveTarget(proof);
      proofs.push({ platform, party: target.party, identity: title, tokens: rows.length, failures });
    } catch (error) {
      proofs.push({ platform, party: target.party, identity: title, tokens: 0, failures: [`the documents are refused: ${error instanceof Error ? error.message : String(error)}`] });
    }
  }
  return proofs;
}

type Json = Record<string, unknown>;

function jsonAt(files: readonly EmittedFile[], path: string): Json {
  const file = files.find((each) => each.path === path);
  if (file === undefined) throw new Error(`${path} is not among the files`);
  return JSON.parse(file.text) as Json;
}

function without(value: Json, ...names: readonly string[]): Json {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}

function proofOf(identity: PlannedIdentity, files: readonly EmittedFile[]): Proof | undefined {
  const { target } = identity;
  const { policy, id } = target;
  const common = {
    intendedClaims: claimsOf(identity, identity.intended),
    refusals: identity.refusals
      .filter(({ refusedBy, changes }) => refusedBy !== null && !('iss' in changes))
      .map(({ title, changes }) => ({ title, changes: claimsOf(identity, changes) })),
    exactSubject: policy.subject?.kind === 'exact',
  };
  const issuer = literal(policy.issuer);
  switch (target.party) {
    case 'anthropic': {
      const rule = jsonAt(files, `anthropic/rule.${id}.json`);
      const issuers = files.filter(({ path }) => path.startsWith('anthropic/issuer.')).map(({ path }) => jsonAt(files, path));
      const own = issuers.find(({ issuer_url: url }) => url === issuer);
      if (own === undefined) throw new Error(`no issuer document for ${issuer}`);
      const workspace = String(rule['workspace_id']);
      return {
        ...common,
        party: 'anthropic',
        documents: (keys) => ({
          issuer: policy.uploadsKeys ? { ...own, jwks: { type: 'inline', keys: keys.keys } } : own,
          serviceAccount: { name: id },
          memberships: [{ workspace_id: workspace, workspace_role: 'workspace_user' }],
          rule: without(rule, 'issuer_id', 'target'),
        }),
      };
    }
    case 'openai': {
      const rule = jsonAt(files, `openai/rule.${id}.json`);
      const own = files.filter(({ path }) => path.startsWith('openai/provider.')).map(({ path }) => jsonAt(files, path)).find((each) => each['issuer'] === issuer && each['audience'] === literal(policy.audience));
      if (own === undefined) throw new Error(`no provider document for ${issuer}`);
      return {
        ...common,
        party: 'openai',
        documents: (keys) => ({
          project: String(rule['project_id']),
          serviceAccount: { name: id, create_service_account_only: true },
          role: { role: 'member' },
          provider: policy.uploadsKeys ? { ...own, verification: { type: 'uploaded_jwks', jwks: { keys: keys.keys } } } : own,
          rule: without(rule, 'project_id', 'service_account_id'),
        }),
      };
    }
    case 'aws':
      return { ...common, party: 'aws', documents: { account: SAMPLES.digits, issuer, providers: [{ Url: issuer, ClientIDList: ['sts.amazonaws.com'] }], trustPolicy: jsonAt(files, `aws/${id}.trust.json`) } };
    case 'google': {
      const provider = jsonAt(files, `google/provider.${id}.json`);
      const member = new RegExp(`member\\s*=\\s*"(principal://[^"]*workloadIdentityPools/[^"]*)"`);
      const block = files.find(({ path }) => path === 'google/main.tf')?.text.split('\nresource ').find((each) => each.includes('_iam_member"') && each.includes(`"${id}`)) ?? '';
      const found = member.exec(block)?.[1];
      if (found === undefined) throw new Error(`no binding for ${id}`);
      return {
        ...common,
        party: 'google',
        documents: (keys) => ({
          project: SAMPLES.digits,
          poolId: 'dekey',
          pool: {},
          providerId: id,
          provider: policy.uploadsKeys ? { ...provider, oidc: { ...(provider['oidc'] as Json), jwksJson: JSON.stringify({ keys: keys.keys }) } } : provider,
          bindings: [{ role: 'roles/aiplatform.user', members: [found] }],
        }),
      };
    }
    case 'azure':
      return { ...common, party: 'azure', documents: { identity: 'managed-identity', credentials: [jsonAt(files, `azure/credential.${id}.json`)] } };
    default:
      return undefined;
  }
}

function literal(text: Text): string {
  return text.map((part) => (typeof part === 'string' ? part : `\${${part.input}}`)).join('');
}

/** Claims as the token says them: booleans are booleans there. */
function claimsOf({ target }: PlannedIdentity, claims: Readonly<Record<string, Text | null>>): Claims {
  const booleans = new Set(target.policy.claims.filter(({ type }) => type === 'boolean').map(({ claim }) => claim));
  return Object.fromEntries(Object.entries(claims).map(([claim, value]) => [claim, value === null ? null : booleans.has(claim) ? literal(value) === 'true' : literal(value)]));
}
