import type { AccountInventory, AccountSightings } from './account.ts';
import type { Confidence, Severity } from './levels.ts';
import type { Location } from './location.ts';
import type { CredentialKind, Lifetime, Privilege } from './provider.ts';
import type { Problem, ReferenceStore, WorkloadIdentity } from './reference.ts';
import type { Preview } from './secret.ts';

/** Finding that a secret stands in an artefact, as it leaves a detector. Holds no secret. */
export interface SecretSighting {
  readonly class: 'secret';
  readonly provider: string;
  readonly detector: string;
  readonly kind: CredentialKind;
  readonly lifetime: Lifetime;
  readonly privilege: Privilege;
  readonly confidence: Confidence;
  /** Keyed digest, equal for equal secrets within one run; the only thing that joins places. Never written out as it is. */
  readonly identity: string;
  /** Keyed with the operator's own key, when one was given: comparable across runs. */
  readonly fingerprint?: string;
  /** Keyed digest of what a list of its issuer would show of it: joins it with a `ListedKey`. Never written out. */
  readonly hint?: string;
  readonly preview: Preview;
  readonly location: Location;
  /** Digest of the line with every secret masked, for fingerprints that survive moved lines. */
  readonly lineDigest: string;
  /** Why confidence was raised or lowered: `tail AA`, `placeholder word "example"`, `test path`. */
  readonly reasons: readonly string[];
  /** Public facts read out of the secret offline: AWS account id, expiry (ISO), service-account e-mail, user name. */
  readonly facts: Readonly<Record<string, string>>;
  /** Set by a `dekey:allow REASON` comment on or above the line. */
  readonly allowed?: string;
  /** The variable or field the key is assigned to, when one is seen: joins a value with references by name. */
  readonly assignedTo?: string;
}

/** A reference with its place, as it leaves the references stage. */
export interface ReferenceSighting {
  readonly class: 'reference';
  readonly provider: string;
  readonly kind: CredentialKind;
  readonly name: string;
  readonly alias?: string;
  /** `claude/api-key`: object and entry of it. */
  readonly entry?: string;
  readonly store: ReferenceStore;
  readonly confidence: Confidence;
  readonly location: Location;
  /** Id of a `WorkloadSighting`. */
  readonly workload: string;
  readonly allowed?: string;
}

export interface WorkloadSighting {
  /** Unique in the run: target, path and key. */
  readonly id: string;
  readonly platform: string;
  readonly name: string;
  readonly location: Location;
  readonly identity: WorkloadIdentity;
  readonly facts: Readonly<Record<string, string>>;
}

export interface Skipped {
  /** `over 20 MB`, `binary`, `missing object`, `submodule`, `symlink out of the root`, `unreadable`. */
  readonly reason: string;
  readonly count: number;
  /** Up to 20 names, sorted, so that the report can say which. */
  readonly examples: readonly string[];
  /** True when this means the target was not read whole (exit 3); false for what is left out by design. */
  readonly incomplete: boolean;
}

export const ACCOUNT_KINDS = ['aws', 'anthropic', 'openai', 'gcp', 'azure', 'kubernetes', 'gitlab', 'machine'] as const;
/** What a target `KIND:…` is. */
export type AccountKind = (typeof ACCOUNT_KINDS)[number];

export interface TargetReport {
  readonly id: string;
  /** `github`: a repository read through GitHub's API; `github-organization`: what the organisation itself holds; the others are accounts, clusters and machines. */
  readonly kind: 'directory' | 'git' | 'github' | 'github-organization' | AccountKind;
  /** As the user named it. */
  readonly name: string;
  readonly complete: boolean;
  readonly files: number;
  readonly objects: number;
  readonly bytes: number;
  readonly skipped: readonly Skipped[];
  /** Public facts that bear on risk: `remote=github.com/o/r`, `head=<commit>`, `branch=main`. */
  readonly facts: Readonly<Record<string, string>>;
}

/** Everything sources + detect + references give, before any joining. */
export interface Sightings {
  readonly targets: readonly TargetReport[];
  readonly secrets: readonly SecretSighting[];
  readonly references: readonly ReferenceSighting[];
  readonly workloads: readonly WorkloadSighting[];
  readonly problems: readonly Problem[];
  /** Absent when no target has an API. */
  readonly accounts?: AccountSightings;
}

export type Liveness = 'live' | 'live-restricted' | 'live-no-funds' | 'expired' | 'dead' | 'unknown' | 'not-checkable' | 'not-checked';

/** One addend of a risk score, with the fact it rests on. */
export interface RiskFactor {
  /** Letter code in the vector, e.g. `EX`. */
  readonly code: string;
  /** Value code in the vector, e.g. `P`. */
  readonly value: string;
  readonly points: number;
  /** `in public history`, `285 days old`. */
  readonly label: string;
  /** What it rests on: a place in the scan, or a framework id with its source (`OWASP NHI2:2025`). */
  readonly evidence: string;
}

export interface RiskScore {
  readonly score: number;
  readonly level: Severity;
  /** `DK1/EX:P/PR:W/AG:Y/...`; recomputes to `score` by itself. */
  readonly vector: string;
  readonly factors: readonly RiskFactor[];
}

/** `today` federation replaces the key with configuration alone; `after-change` code or model must change; `none` the provider has none. */
export type Disposition = 'today' | 'after-change' | 'none' | 'not-a-key';

export interface Finding {
  readonly id: string;
  readonly code: string;
  readonly class: 'secret' | 'reference' | 'account' | 'trust' | 'readiness';
  readonly provider: string;
  readonly detector: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly location: Location;
  /** Id of the credential it belongs to; '' for a finding of an account that belongs to none, whose `provider` is '' too. */
  readonly credential: string;
  /** Id of the workload, for references. */
  readonly workload?: string;
  /** Typed arguments; the wording is made by the renderers (`report/messages.ts`). */
  readonly arguments: Readonly<Record<string, string>>;
  /** Stable across runs and moved lines: the baseline and SARIF key. Cannot be turned back into a secret. */
  readonly fingerprint: string;
  readonly allowed?: string;
  readonly baselined?: string;
}

export interface Credential {
  readonly id: string;
  readonly provider: string;
  readonly kind: CredentialKind;
  readonly lifetime: Lifetime;
  readonly privilege: Privilege;
  /** A preview for a value that was seen; the name for a key known only by references. */
  readonly preview: Preview;
  /** True when the value itself was seen somewhere. */
  readonly seen: boolean;
  readonly names: readonly string[];
  readonly confidence: Confidence;
  readonly liveness: Liveness;
  readonly fingerprint?: string;
  /**
   * Public facts. Of an account: `missing=true` when workflows name it and no store holds it, `unused=true` when a store holds it and nothing uses it,
   * `same-name=37 repositories` when so many store a secret of its name.
   */
  readonly facts: Readonly<Record<string, string>>;
  readonly risk: RiskScore;
  readonly findings: readonly string[];
  readonly workloads: readonly string[];
  readonly disposition: Disposition;
}

export interface Workload {
  readonly id: string;
  readonly platform: string;
  readonly name: string;
  readonly location: Location;
  /** Credential ids. */
  readonly uses: readonly string[];
  readonly identity: WorkloadIdentity;
  readonly facts: Readonly<Record<string, string>>;
  /** Filled by the plan stage. */
  readonly federationPath: string | null;
}

export interface Summary {
  readonly findings: number;
  readonly credentials: number;
  readonly workloads: number;
  readonly byLevel: Readonly<Record<Severity, number>>;
  readonly pathToZero: { readonly today: number; readonly afterChange: number; readonly none: number };
  readonly allowed: number;
  readonly baselined: number;
}

/** The whole result of a scan; what `--format json` writes. Order is total and stable. */
export interface Inventory {
  /** `1.1` is 1.0 with what an account's API adds; without an account it says 1.0. */
  readonly schemaVersion: '1.0' | '1.1';
  readonly tool: { readonly name: 'dekey'; readonly version: string };
  readonly targets: readonly TargetReport[];
  readonly summary: Summary;
  readonly credentials: readonly Credential[];
  readonly findings: readonly Finding[];
  readonly workloads: readonly Workload[];
  readonly problems: readonly Problem[];
  /** Absent when no target has an API. */
  readonly accounts?: AccountInventory;
}
