import type { EmittedKind, Outcome, PartyId, RouteClass, Target } from './federation.ts';
import type { OtherRun, TokenRefusal } from './issuer.ts';
import type { Preview } from './secret.ts';
import type { Input, Text } from './text.ts';

/** One step of a path: whoever holds a token of `platform` is let in by `party`. */
export interface Hop {
  readonly platform: string;
  readonly party: PartyId;
  /** Id of the identity to create at the party. */
  readonly identity: string;
  /** Identities of other runs, whose tokens say something else. */
  readonly otherRuns?: readonly { readonly run: OtherRun; readonly identity: string }[];
}

/** A way from a workload to what its key was for, without the key in the workload. */
export interface FederationPath {
  readonly hops: readonly Hop[];
  /** Route of the provider, or `broker` / `gateway` for those that serve any provider. */
  readonly route: string;
  readonly class: RouteClass;
  readonly outcome: Outcome;
  readonly change: 'configuration' | 'code' | 'model';
  readonly status: 'general' | 'preview' | 'on-request';
  /** `GitHub Actions → AWS → Claude on Amazon Bedrock`. */
  readonly title: string;
  /** Why it stands where it stands in the ranking. One sentence. */
  readonly reason: string;
}

export type NoPathCode =
  | TokenRefusal['code']
  | 'platform-issues-no-token'
  | 'where-it-runs-unknown'
  | 'issuer-not-accepted'
  | 'issuer-not-reachable'
  | 'audience-fixed'
  | 'subject-not-matchable'
  | 'tenant-not-pinnable'
  | 'service-retired'
  | 'no-route';

/** Why a workload keeps its key. */
export interface NoPath {
  readonly code: NoPathCode;
  readonly reason: string;
  /** What would make a path possible, imperative. */
  readonly unblock: string;
}

/** Id of the migration of one provider's keys in one workload. */
export function migrationId(workload: string, provider: string): string {
  return `m-${workload.replace(/^w-/, '')}-${provider}`;
}

/** What becomes of one provider's keys in one workload. */
export interface Migration {
  readonly id: string;
  readonly workload: string;
  readonly name: string;
  readonly platform: string;
  readonly target: string;
  readonly path: string;
  readonly line: number;
  readonly provider: string;
  readonly credentials: readonly string[];
  /** Names under which the workload reads the keys. */
  readonly keys: readonly string[];
  readonly chosen: FederationPath | null;
  readonly noPath: NoPath | null;
  /** Other sound paths, best first, each with the reason why it was not taken. */
  readonly runnersUp: readonly FederationPath[];
  /** Phase 2, in order: what changes in the workload's own files. */
  readonly edits: readonly string[];
  readonly environment: { readonly set: Readonly<Record<string, string>>; readonly remove: readonly string[] };
  readonly floors: readonly { readonly language: string; readonly package: string; readonly version: string }[];
  readonly probe: string | null;
  /** Source files that read the same keys and do not say where they run: the code that the edits are about. */
  readonly readers: { readonly count: number; readonly examples: readonly string[] };
  readonly warnings: readonly string[];
  /** `today`: settings only; `after-change`: code, model, or a question to answer first; `none`. */
  readonly when: 'today' | 'after-change' | 'none';
}

/** A row of the table of tokens that must be refused. */
export interface RefusalRow {
  readonly title: string;
  /** By claim, what this token says; inputs as `${NAME}`. */
  readonly changes: Readonly<Record<string, Text | null>>;
  /** Which part of the policy refuses it, or null when the policy cannot tell it from the intended one. */
  readonly refusedBy: string | null;
}

/** Whether the policy takes no subject but the intended ones. */
export type Tightness =
  | { readonly holds: true; readonly by: string }
  | { readonly holds: false; readonly counterexample: string }
  | { readonly holds: 'undecided'; readonly why: string };

/** One identity to create. */
export interface PlannedIdentity {
  readonly target: Target;
  /** The token the workload will show, claim by claim, inputs as references. */
  readonly intended: Readonly<Record<string, Text>>;
  readonly refusals: readonly RefusalRow[];
  readonly tightness: Tightness;
  readonly warnings: readonly string[];
  /** Ids of migrations that use it. */
  readonly migrations: readonly string[];
}

/** What the plan makes of one key. */
export interface PlannedKey {
  readonly credential: string;
  readonly provider: string;
  readonly preview: Preview;
  readonly names: readonly string[];
  readonly when: 'today' | 'after-change' | 'none';
  /** `reduced` when the key still exists, behind a broker. */
  readonly outcome: Outcome | 'kept';
  readonly migrations: readonly string[];
}

export interface PlannedInput extends Input {
  /** Null: to be filled in. */
  readonly value: string | null;
  /** `dekey.config.json`, `--set`, `GitHub`; null when there is no value. */
  readonly from: string | null;
}

/** A file of the scanned tree that the plan rests on. */
export interface SourceFile {
  readonly target: string;
  readonly path: string;
  /** Of its bytes, hexadecimal; null when the tree was not at hand (a plan made from a saved inventory). */
  readonly sha256: string | null;
}

export interface PlannedFile {
  readonly path: string;
  readonly kind: EmittedKind;
  readonly role: 'create' | 'check' | 'undo' | 'guard' | 'switch' | 'read';
  readonly purpose: string;
  readonly sha256: string;
}

/** Everything a reviewer approves: `plan.json`. Order is total and stable; there is no date in it. */
export interface MigrationPlan {
  readonly schemaVersion: '1.0';
  readonly tool: { readonly name: 'dekey'; readonly version: string };
  /** `head`: the commit whose files were planned, when they were read through an API. */
  readonly targets: readonly { readonly id: string; readonly kind: string; readonly name: string; readonly complete: boolean; readonly repository: string | null; readonly branch: string | null; readonly head?: string }[];
  readonly sources: readonly SourceFile[];
  readonly summary: PlanSummary;
  readonly keys: readonly PlannedKey[];
  readonly migrations: readonly Migration[];
  readonly identities: readonly PlannedIdentity[];
  readonly inputs: readonly PlannedInput[];
  /** Steps only a person can do, by party. */
  readonly manual: readonly { readonly party: string; readonly steps: readonly string[] }[];
  readonly files: readonly PlannedFile[];
}

export interface PlanSummary {
  readonly workloads: number;
  readonly keys: number;
  readonly pathToZero: { readonly today: number; readonly afterChange: number; readonly none: number };
  /** Of those that remain, how many stand behind a broker. */
  readonly reduced: number;
  readonly identities: number;
  readonly refusalsChecked: number;
  readonly inputsToFill: number;
}
