import type { Input, Text } from './text.ts';

/**
 * One way a platform writes the subject of its tokens. A subject that is in no form of the platform is no subject of it.
 */
export interface SubjectForm {
  /** Kebab-case, one per platform. */
  readonly id: string;
  /** The text with `{field}` where a value stands: `system:serviceaccount:{namespace}:{name}`. */
  readonly template: string;
  /** By field: characters that its values never hold, the one that ends it among them. A field that is not listed holds no colon. */
  readonly except?: Readonly<Record<string, string>>;
}

/** What a platform signs about a workload, and under which name. Facts with a date: `Platform.checked`. */
export interface TokenSource {
  /** `iss`, to the last slash, with `{field}` where it differs between customers. */
  readonly issuer: string;
  /** Whether all customers of the platform share the issuer: then a rule without a tenant trusts strangers. */
  readonly isShared: boolean;
  /** Whether others can fetch the signing keys: `public`; `network` when it depends on where the platform stands (then keys are uploaded). */
  readonly discovery: 'public' | 'network';
  /** In the order in which a reader should look for them. No text is in two. */
  readonly subjects: readonly SubjectForm[];
  /** Whether a colon inside a value is written `%3A`. */
  readonly escapesColons?: true;
  /** Claims that hold ids which are never given out again, so that a rule outlives a rename and refuses a namesake. */
  readonly stableClaims: readonly string[];
  /** Whether the job chooses `aud`: `free`, or it is always this (`{field}` where it differs between customers). */
  readonly audience: 'free' | { readonly fixed: string };
  /** `exp - iat` of the platform's token, seconds, and how a new one is had. */
  readonly lifetime: { readonly seconds: number; readonly refresh: 'ask-again' | 'rotated-file' | 'none' };
  /** How the token reaches the process. `file`: its path; `variable`: its name; `request`: a call that a step or the process makes. */
  readonly arrival:
    | { readonly kind: 'file'; readonly path: string }
    | { readonly kind: 'variable'; readonly name: string }
    | { readonly kind: 'request'; readonly how: string };
  /** What has to change in the workload's own files, one imperative sentence each. */
  readonly edits: readonly string[];
  /** Page the facts were read at. */
  readonly source: string;
  /** What tokens of one workload say, or why none can be trusted. Pure. */
  readonly describe: (workload: WorkloadContext) => TokenShape | TokenRefusal;
}

/** What is known of one workload. */
export interface WorkloadContext {
  readonly platform: string;
  readonly name: string;
  readonly path: string;
  readonly route: string;
  readonly facts: Readonly<Record<string, string>>;
  /** Where the scanned tree is hosted, when its git remote says: `{ host: 'github.com', owner: 'acme', name: 'app' }`. `owner` may hold slashes (GitLab groups). */
  readonly repository?: { readonly host: string; readonly owner: string; readonly name: string };
  /** The branch whose runs are trusted: the default branch of the repository. */
  readonly branch?: string;
}

/** A claim that tells this workload's tokens from others. */
export interface PinnableClaim {
  /** Top-level name, or `outer/inner` parts for a nested one in `path`. */
  readonly claim: string;
  readonly value: Text;
  /** Type of the value in the token. Default `string`. */
  readonly type?: 'string' | 'boolean';
  /** `id`: never given out again; `name`: can be reused; `context`: ref, environment, event. */
  readonly role: 'id' | 'name' | 'context';
}

/** What the tokens of one workload say. */
export interface TokenShape {
  readonly kind: 'shape';
  readonly issuer: Text;
  /** `text` when every token of the workload has this very subject; `prefix` when only its beginning is the same; neither when nothing is. */
  readonly subject: { readonly form: string; readonly text?: Text; readonly prefix?: Text };
  /** Best first. */
  readonly claims: readonly PinnableClaim[];
  /** Fixed `aud`, when the platform fixes it. */
  readonly audience?: Text;
  /** Everything that `issuer`, `subject`, `claims` and `audience` refer to. */
  readonly inputs: readonly Input[];
  /** True for what a person should know before trusting this: one sentence each. */
  readonly warnings: readonly string[];
  /** Tokens that must never be taken for this workload's, beyond what holds everywhere (other audience, expired, replayed, other issuer). */
  readonly refusals: readonly Refusal[];
  /** Runs of the same workload whose tokens say something else, so that they need an identity of their own. */
  readonly otherRuns?: readonly { readonly run: OtherRun; readonly shape: TokenShape }[];
}

/** Events whose runs may have a subject of their own, and `environment` for an environment that the run chooses. */
export const OTHER_EVENTS = ['pull_request', 'push', 'environment'] as const;

/** Runs for pull requests, pushes to one branch, or runs in one of several environments. */
export type OtherRun = { readonly event: 'pull_request'; /** Reviews too, which belong to a pull request. */ readonly reviews?: true } | { readonly event: 'push'; readonly branch: string } | { readonly event: 'environment'; readonly environment: string };

/** One kind of token that the policy has to refuse: the intended token with these claims changed. */
export interface Refusal {
  /** `another repository of the same owner`. */
  readonly title: string;
  /** By claim (`sub`, `repository_id`, ...): what it says instead. `null` takes the claim away. */
  readonly changes: Readonly<Record<string, Text | null>>;
}

/** Why tokens of this workload must not be trusted, or cannot be. */
export interface TokenRefusal {
  readonly kind: 'refused';
  readonly code: 'unsafe-trigger' | 'fork' | 'not-a-run' | 'unreadable' | 'person' | 'no-identity' | 'host-unknown';
  /** One sentence. */
  readonly reason: string;
  /** What would make it possible, imperative. */
  readonly unblock: string;
}
