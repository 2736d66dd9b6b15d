import type { RiskFactor } from '../model/inventory.ts';
import { SEVERITIES, type Severity } from '../model/levels.ts';

/** One value a factor can take. `label` reads on from "this key is ...". */
export interface FactorValue {
  readonly value: string;
  readonly points: number;
  readonly label: string;
}

/** One named addend of the score. Values run from worst to least bad. */
export interface FactorScale {
  readonly code: string;
  readonly title: string;
  /** Why it counts: frameworks by id, published numbers by source and year. */
  readonly evidence: string;
  readonly values: readonly FactorValue[];
}

/**
 * Every factor of the score, in the order of the vector.
 *
 * The score is the plain sum of the points, 100 at most. No value has negative points, so a further factor never lowers a score. A
 * value that says "unknown" weighs as much as what is typical for old, unwatched keys, so that not knowing never lowers one either.
 * Confidence is no factor: how sure we are stays a field of its own.
 *
 * The weights put an admin key in public history near 100, a project key in a private tree near 70, a key in a CI secret that one
 * workflow uses near 40, and one read from a vault near 30. Changing a weight changes what old vectors mean: raise the version in
 * `vector.ts` with it. Frameworks and numbers last compared with their sources on 2026-11-23.
 */
export const FACTOR_SCALES = [
  {
    code: 'EX',
    title: 'Exposure',
    evidence: 'OWASP NHI2:2025 Secret Leakage; leaked cloud keys were probed after 17 minutes on average (Entro Labs 2025); 1,275,105 AI-service secrets in public commits of 2025 (GitGuardian 2026)',
    values: [
      { value: 'PH', points: 42, label: 'in public history' },
      { value: 'PT', points: 40, label: 'in a public tree' },
      { value: 'RH', points: 27, label: 'in private history' },
      { value: 'RT', points: 25, label: 'in a private tree' },
      { value: 'AR', points: 22, label: 'in a log, image or artifact' },
      { value: 'SS', points: 5, label: 'in a secret store that jobs read' },
      { value: 'EN', points: 5, label: 'in an environment whose source is not known' },
      { value: 'VA', points: 0, label: 'in a vault only' },
    ],
  },
  {
    code: 'PR',
    title: 'Privilege',
    evidence: 'OWASP NHI5:2025 Overprivileged NHI; AWS AI Security Framework 1.0 AISF-IAM-02',
    values: [
      { value: 'A', points: 20, label: 'administers the organisation' },
      { value: 'W', points: 12, label: 'whole account' },
      { value: 'U', points: 12, label: 'privilege not known, taken as whole account' },
      { value: 'P', points: 9, label: 'one project' },
      { value: 'R', points: 5, label: 'restricted' },
      { value: 'H', points: 3, label: 'half of a pair: names a key, does not open it' },
    ],
  },
  {
    code: 'ST',
    title: 'Storage',
    evidence: 'OWASP NHI2:2025 Secret Leakage, NHI6:2025 Insecure Cloud Deployment Configurations',
    values: [
      { value: 'P', points: 18, label: 'plain text' },
      { value: 'C', points: 9, label: 'CI secret' },
      { value: 'E', points: 9, label: 'environment or file, source not known' },
      { value: 'K', points: 8, label: 'cluster secret' },
      { value: 'A', points: 3, label: 'asked of a person' },
      { value: 'H', points: 2, label: 'plain text, without its other half' },
      { value: 'V', points: 1, label: 'vault' },
    ],
  },
  {
    code: 'AG',
    title: 'Age',
    evidence: 'OWASP NHI7:2025 Long-Lived Secrets; 90 days in CIS AWS 7.0 2.12 and CIS GCP 4.0 1.15; 64 % of secrets valid in 2022 still valid in 2026 (GitGuardian 2026)',
    values: [
      { value: 'Y', points: 10, label: 'a year old or older' },
      { value: 'Q', points: 8, label: '90 days old or older' },
      { value: 'U', points: 8, label: 'age not known' },
      { value: 'M', points: 5, label: '30 to 89 days old' },
      { value: 'N', points: 2, label: 'under 30 days old' },
    ],
  },
  {
    code: 'SP',
    title: 'Spread',
    evidence: 'OWASP NHI9:2025 NHI Reuse: every further place and workload is one more to leak from and one more to change',
    values: [
      { value: 'X', points: 10, label: '16 or more places and workloads' },
      { value: 'L', points: 7, label: '6 to 15 places and workloads' },
      { value: 'M', points: 4, label: '3 to 5 places and workloads' },
      { value: 'S', points: 1, label: '1 or 2 places and workloads' },
    ],
  },
  {
    code: 'RU',
    title: 'Reuse',
    evidence: 'OWASP NHI9:2025 NHI Reuse, NHI8:2025 Environment Isolation',
    values: [
      { value: 'X', points: 6, label: 'in 3 or more targets' },
      { value: 'M', points: 4, label: 'in 2 targets' },
    ],
  },
  {
    code: 'CB',
    title: 'Client bundle',
    evidence: 'OWASP NHI2:2025 Secret Leakage: the name makes build tools copy the value into what every visitor downloads',
    values: [{ value: 'Y', points: 20, label: 'shipped to browsers' }],
  },
  {
    code: 'FK',
    title: 'Fork code',
    evidence: 'OWASP NHI6:2025 Insecure Cloud Deployment Configurations: pull_request_target runs with secrets on pull requests of strangers',
    values: [{ value: 'Y', points: 8, label: 'within reach of pull requests from forks' }],
  },
  {
    code: 'UO',
    title: 'Unreachable objects',
    evidence: 'OWASP NHI2:2025 Secret Leakage: no branch shows the key any more, every copy of the object store still holds it',
    values: [{ value: 'Y', points: 2, label: 'left in objects no branch reaches' }],
  },
  {
    code: 'LV',
    title: 'Liveness',
    evidence: 'the provider accepted it when asked',
    values: [
      { value: 'L', points: 8, label: 'live' },
      { value: 'R', points: 6, label: 'live, with restrictions' },
      { value: 'F', points: 4, label: 'live, without funds' },
    ],
  },
  {
    code: 'SE',
    title: 'Spend',
    evidence: 'Sysdig 2024 Global Threat Report (LLMjacking): the loss is bounded by quota x price x hours, and by nothing else',
    values: [
      { value: 'U', points: 4, label: 'spend uncapped' },
      { value: 'X', points: 4, label: 'spend cap not known' },
      { value: 'C', points: 3, label: 'spend capped' },
      { value: 'P', points: 2, label: 'prepaid' },
      { value: 'N', points: 0, label: 'no spend' },
    ],
  },
  {
    code: 'RP',
    title: 'Replaceability',
    evidence: 'OWASP NHI7:2025 Long-Lived Secrets; AWS AI Security Framework 1.0 AISF-IAM-03: temporary credentials instead of long-term keys. A key that need not exist is needless risk',
    values: [
      { value: 'T', points: 4, label: 'federation could replace it today' },
      { value: 'C', points: 2, label: 'federation could replace it after a change' },
      { value: 'N', points: 0, label: 'no federation at the provider' },
    ],
  },
] as const satisfies readonly FactorScale[];

/**
 * Why something is no key to score: a factor of its own kind, which stands alone in a vector. A key known to be dead is not a key with
 * a discount. Taking points off for it would let a further fact lower a score, and what opens nothing has no exposure to add up.
 */
export const NOT_A_KEY = {
  code: 'NK',
  title: 'Not a key',
  evidence: 'what expires by itself, or opens nothing, is reported and not scored',
  values: [
    { value: 'S', points: 5, label: 'expires by itself within hours' },
    { value: 'E', points: 5, label: 'past its expiry date' },
    { value: 'D', points: 5, label: 'no longer accepted by the provider' },
  ],
} as const satisfies FactorScale;

type Scale = (typeof FACTOR_SCALES)[number] | typeof NOT_A_KEY;

/** A factor code with one of its values: what the score is computed from. */
export type FactorChoice = { [S in Scale as S['code']]: { readonly code: S['code']; readonly value: S['values'][number]['value'] } }[Scale['code']];

/** All scales by code, `NK` among them, in the order of the vector. */
export const SCALES: ReadonlyMap<string, FactorScale> = new Map<string, FactorScale>([...FACTOR_SCALES, NOT_A_KEY].map((scale) => [scale.code, scale]));

/**
 * The factor a choice stands for.
 *
 * @param label what this key makes of the value (`285 days old`); the scale's own wording when absent.
 * @param place where in the scan it was seen, put before the scale's evidence.
 */
export function factorOf(choice: FactorChoice, label?: string, place?: string): RiskFactor {
  const factor = findFactor(choice.code, choice.value);
  if (factor === undefined) throw new RangeError(`no factor ${choice.code}:${choice.value}`);
  return { ...factor, label: label ?? factor.label, evidence: place === undefined ? factor.evidence : `${place}; ${factor.evidence}` };
}

/** The factor with this code and value, in its general wording; undefined when there is none. */
export function findFactor(code: string, value: string): RiskFactor | undefined {
  const scale = SCALES.get(code);
  const chosen = scale?.values.find((one) => one.value === value);
  if (scale === undefined || chosen === undefined) return undefined;
  return { code, value, points: chosen.points, label: chosen.label, evidence: scale.evidence };
}

const MOST = 100;

/** The score of these factors, 0 to 100, and its level. */
export function scoreOf(factors: readonly { readonly points: number }[]): { score: number; level: Severity } {
  let sum = 0;
  for (const { points } of factors) sum += points;
  const score = Math.min(MOST, sum);
  return { score, level: levelOf(score) };
}

/** Lowest score of each level: 80 critical, 60 high, 40 medium, 20 low, 0 info. */
const FLOORS: Readonly<Record<Severity, number>> = { critical: 80, high: 60, medium: 40, low: 20, info: 0 };

export function levelOf(score: number): Severity {
  return SEVERITIES.find((severity) => score >= FLOORS[severity]) ?? 'info';
}
