/**
 * What the page is given: the whole of `<script type="application/json" id="data">`. Made by `data.ts`, read by `page/`. Names and paths have no hidden character
 * left. Texts that occur often are numbers, an index into `strings`; what refers to another list is an index into it, -1 for none.
 */
export interface PageData {
  /** `dekey 0.1.0`. */
  readonly tool: string;
  /** What was scanned; '' when shared. */
  readonly title: string;
  /** Counts only: every list of names below is empty. */
  readonly share: boolean;
  readonly stats: Stats;
  readonly since?: Since;
  readonly trend: readonly Trend[];
  readonly providers: readonly PageProvider[];
  readonly platforms: readonly PagePlatform[];
  readonly edges: readonly Edge[];
  readonly targets: readonly PageTarget[];
  readonly skipped: readonly Skip[];
  readonly problems: readonly { readonly place: string; readonly message: string; readonly fix: string }[];
  readonly credentials: readonly PageCredential[];
  readonly workloads: readonly PageWorkload[];
  readonly findings: readonly FindingRow[];
  readonly strings: readonly string[];
  /** What a plan changes, by file. Absent without one. */
  readonly changes?: readonly PageFileChange[];
  /** The scorecard of what lies beyond federation. Absent when the inventory has none. */
  readonly readiness?: readonly PagePattern[];
}

export interface PagePattern {
  readonly id: string;
  readonly title: string;
  /** The lowest score of its controls. */
  readonly level: number;
  readonly controls: readonly PageControl[];
}

export interface PageControl {
  readonly id: string;
  readonly title: string;
  /** Index: absent, partial, met, not applicable, unknown. */
  readonly score: number;
  readonly says: readonly string[];
  readonly places: readonly string[];
  /** Places that are not named. */
  readonly more: number;
}

export const SCORES = ['absent', 'partial', 'met', 'not applicable', 'unknown'] as const;

export interface PageFileChange {
  readonly path: string;
  /** Unified; '' when nothing of the file changes. */
  readonly diff: string;
  readonly changes: readonly { readonly title: string; readonly why: string; readonly rests: string; readonly of: readonly number[] }[];
  readonly refusals: readonly { readonly line: number; readonly reason: string; readonly byHand: string; readonly of: readonly number[] }[];
}

/** Index: critical, high, medium, low, info. */
export type Levels = readonly [number, number, number, number, number];

export interface Stats {
  readonly credentials: number;
  readonly findings: number;
  readonly workloads: number;
  readonly targets: number;
  readonly incomplete: number;
  readonly files: number;
  readonly objects: number;
  readonly levels: Levels;
  /** Keys that are surely there and not accepted: in plain sight, in stores, known by name. */
  readonly seen: number;
  readonly stored: number;
  readonly named: number;
  readonly unused: number;
  readonly missing: number;
  readonly doubtful: number;
  readonly shortLived: number;
  readonly accepted: number;
  readonly today: number;
  readonly afterChange: number;
  readonly none: number;
}

export interface Since {
  /** File or day; '' when only days open are known. */
  readonly name: string;
  readonly added: number;
  readonly fixed: number;
  readonly changed: number;
  readonly fixedKeys: readonly { readonly title: string; readonly preview: string; readonly level: number; readonly score: number }[];
}

export interface Trend {
  readonly date: string;
  readonly today: number;
  readonly afterChange: number;
  readonly none: number;
}

export interface PageProvider {
  readonly id: string;
  readonly title: string;
  readonly keys: number;
  readonly workloads: number;
  readonly today: number;
  readonly afterChange: number;
  readonly none: number;
  readonly worst: number;
  readonly federation: string;
  readonly revoke: string;
  readonly checked: string;
}

export interface PagePlatform {
  readonly id: string;
  readonly title: string;
  readonly issuesTokens: boolean;
  readonly workloads: number;
  /** Different keys on the path to zero that workloads there use. */
  readonly keys: number;
}

/** `token`: federation with settings alone; `change`: after a change; `unknown`: what runs there shows no token yet; `stays`: the provider has no federation. */
export const FATES = ['token', 'change', 'unknown', 'stays'] as const;
export type Fate = (typeof FATES)[number];

export interface Edge {
  readonly platform: number;
  readonly provider: number;
  readonly fate: Fate;
  readonly keys: number;
  readonly workloads: number;
}

export interface Skip {
  readonly reason: string;
  readonly count: number;
  readonly target: string;
  readonly examples: readonly string[];
  readonly incomplete: boolean;
}

export interface PageTarget {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly complete: boolean;
  readonly files: number;
  readonly objects: number;
  readonly facts: readonly (readonly [string, string])[];
}

export const GROUPS = ['open', 'doubtful', 'short-lived', 'accepted', 'unused', 'missing'] as const;
export type Group = (typeof GROUPS)[number];

export interface PageCredential {
  readonly id: string;
  readonly provider: number;
  readonly title: string;
  readonly preview: string;
  readonly seen: boolean;
  readonly level: number;
  readonly score: number;
  readonly group: number;
  readonly confidence: number;
  /** Index: today, after-change, none, not-a-key. */
  readonly disposition: number;
  /** Index into `strings`, like all that follow where a list of numbers stands for texts. */
  readonly notes: readonly number[];
  readonly names: readonly number[];
  readonly facts: readonly (readonly [number, number])[];
  readonly owner: number;
  /** Label, points, evidence. */
  readonly factors: readonly (readonly [number, number, number])[];
  readonly vector: number;
  readonly steps: readonly number[];
  readonly effort: number;
  readonly findings: readonly number[];
  readonly workloads: readonly number[];
  readonly change?: { readonly state: 'new' | 'changed' | 'same'; readonly was: string; readonly opened: string; readonly days: number };
}

export interface PageWorkload {
  readonly id: string;
  readonly platform: number;
  readonly name: string;
  readonly target: number;
  readonly path: number;
  readonly line: number;
  readonly uses: readonly number[];
  /** What its identity is today: `asks for a token`, `could ask for a token`, `issues none`. */
  readonly identity: number;
}

/** Credential, class, severity, confidence, target, path, line, column, workload, title, note, state. -1 and 0 where there is none; line 0 for what is no file. */
export type FindingRow = readonly [number, number, number, number, number, number, number, number, number, number, number, number];

export const CLASSES = ['secret', 'reference', 'account', 'trust', 'readiness'] as const;
export const LEVELS = ['critical', 'high', 'medium', 'low', 'info'] as const;
export const DISPOSITIONS = ['today', 'after-change', 'none', 'not-a-key'] as const;
