import type { TokenSource } from './issuer.ts';
import type { Confidence } from './levels.ts';
import type { CredentialKind } from './provider.ts';
import type { Span } from './location.ts';

/** A file of the tree as it stands, decoded, as the reference readers see it. */
export interface TextFile {
  /** Path inside the target, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** Where the consumed value comes from. */
export type ReferenceStore =
  | 'ci-secret' // ${{ secrets.X }}, GitLab masked variable, CircleCI context
  | 'cluster-secret' // secretKeyRef, envFrom secretRef
  | 'vault' // external secret, Vault, 1Password, cloud secret manager
  | 'environment' // process.env.X, os.environ, ${X}, pass-through
  | 'file' // env_file, mounted file
  | 'prompt' // asked of a person (VS Code inputs)
  | 'unknown';

/** A place that consumes a key without holding it. Span offsets count UTF-16 code units of `TextFile.text`. */
export interface ReferenceDraft {
  /** Provider registry id. */
  readonly provider: string;
  readonly kind: CredentialKind;
  /** Name of the variable or secret consumed: `OPENAI_API_KEY`. The join between workloads and credentials. */
  readonly name: string;
  /** The name under which the workload receives it, when it differs: `env: { KEY: ${{ secrets.OPENAI_API_KEY }} }` has alias `KEY`. */
  readonly alias?: string;
  /** Object and entry of it, where the file names both: `claude/api-key` for the entry of a Secret. Tells entries of one name in two objects apart. */
  readonly entry?: string;
  readonly store: ReferenceStore;
  readonly confidence: Confidence;
  readonly route: string;
  readonly span: Span;
  /** Local id (`WorkloadDraft.key`) of the workload that consumes it, when the file itself says. */
  readonly workload: string;
}

/** A thing that runs and uses keys: a workflow job, a pod, a compose service, a function, a process. */
export interface WorkloadDraft {
  /** Unique within the file: `jobs.evals`, `Deployment/bot`, `services.api`. */
  readonly key: string;
  /** Platform registry id: `github-actions`, `kubernetes`, ..., `code` for a process known only by its source file. */
  readonly platform: string;
  /** For people: `ci.yml › evals`, `Deployment/bot`. */
  readonly name: string;
  readonly span: Span;
  readonly route: string;
  readonly identity: WorkloadIdentity;
  /** Facts later stages need, string to string, no secret values: `environment=production`, `triggers=push,pull_request`. */
  readonly facts: Readonly<Record<string, string>>;
}

export type WorkloadIdentity =
  /** The platform can issue a token and the workload already asks for it. */
  | { readonly kind: 'enabled'; readonly how: string }
  /** The platform can issue one; this workload does not ask yet. */
  | { readonly kind: 'available' }
  /** The platform issues none that anyone else can verify. */
  | { readonly kind: 'none' };

/** A literal that stands where only a credential belongs (`env: OPENAI_API_KEY: abc...`), without a known shape. Offsets as above. */
export interface ValueDraft {
  readonly provider: string;
  readonly kind: CredentialKind;
  readonly name: string;
  readonly route: string;
  readonly span: Span;
}

/** Something in the file that stopped a structured reader; the file is still scanned as text. */
export interface Problem {
  readonly path: string;
  readonly line: number;
  readonly message: string;
  readonly fix: string;
}

export interface Extraction {
  readonly references: readonly ReferenceDraft[];
  readonly workloads: readonly WorkloadDraft[];
  readonly values: readonly ValueDraft[];
  readonly problems: readonly Problem[];
}

/** Answers "is this name a key, and whose?". Built from the provider registry, so that platforms never name a provider. */
export interface NameTable {
  /** `OPENAI_API_KEY`, `my_openai_key`, `spring.ai.openai.api-key`: by known name (high) or by provider word + key word (medium). */
  lookup(name: string): NameMatch | undefined;
}

export interface NameMatch {
  readonly provider: string;
  readonly kind: CredentialKind;
  readonly confidence: Confidence;
}

/** One workload platform or file format that holds references: pure, one file in `platforms/`. */
export interface Platform {
  /** Kebab-case registry id, equal to the file name. */
  readonly id: string;
  readonly title: string;
  readonly checked: string;
  /** Whether this platform issues identity tokens that providers can verify. */
  readonly issuesTokens: boolean;
  /** What its tokens say, where it issues any. */
  readonly tokens?: TokenSource;
  /** Why it issues none, and what a workload there can do instead. On every platform without `tokens` and `runsOn`. */
  readonly whyNot?: { readonly reason: string; readonly unblock: string; readonly source: string };
  /**
   * A file format rather than a place to run (Terraform, Compose, Dockerfile): the id of the platform that a workload with these facts runs on, or
   * undefined when the file does not say.
   */
  readonly runsOn?: (facts: Readonly<Record<string, string>>) => string | undefined;
  /** Known as an issuer, or as a place that issues nothing: none of its files is read, so it has no findings. */
  readonly isIssuerOnly?: true;
  /** By path alone, cheap: is this file one of ours? `text` may be looked at for formats without a fixed name (Kubernetes). */
  matches(file: TextFile): boolean;
  /** Never throws on any input: broken files give `problems`. Linear in the size of the file. */
  extract(file: TextFile, names: NameTable): Extraction;
}
