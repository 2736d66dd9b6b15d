/**
 * One shape for the trust policies of all parties, read back from the documents themselves: who is let in is an OR of arms, and within an arm an AND of
 * conditions on the claims of one issuer's tokens. What a reader does not understand becomes `unknown`, which is never taken for a bound.
 */
import type { PartyId } from '../model/federation.ts';
import type { Severity } from '../model/levels.ts';

/** Whose configuration a document is. */
export type TrustParty = PartyId | 'kubernetes' | 'github-workflow';

/** Which characters are wild: `aws` and `azure` `*` and `?` anywhere, `vault` `*` anywhere, `trailing-star` one `*` at the very end. */
export type GlobDialect = 'aws' | 'azure' | 'vault' | 'trailing-star';

/** How a claim is compared. Several values: any of them. */
export type ClaimMatcher =
  | { readonly kind: 'exact'; readonly values: readonly string[] }
  | { readonly kind: 'glob'; readonly dialect: GlobDialect; readonly values: readonly string[] }
  /** CEL `startsWith`, `endsWith`, `contains`. */
  | { readonly kind: 'prefix' | 'suffix' | 'contains'; readonly values: readonly string[] }
  /** RE2, found anywhere in the claim unless it is anchored. */
  | { readonly kind: 'regex'; readonly values: readonly string[] }
  | { readonly kind: 'present' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'not'; readonly of: ClaimMatcher }
  | { readonly kind: 'unknown'; readonly text: string };

/** One bound on one claim. */
export interface Condition {
  /** Top-level name; parts of a nested one are joined with `/`. For what is no claim of the token (`aws:SourceIp`) the whole key. */
  readonly claim: string;
  readonly matcher: ClaimMatcher;
  /** As written: `StringEquals`, `==`, `bound_claims`. */
  readonly operator: string;
  /** JSON pointer into the document. */
  readonly place: string;
  /** True when the claim is missing: the condition holds then. */
  readonly ifExists?: true;
  /** `all`: holds for an empty set too. */
  readonly quantifier?: 'all' | 'any';
  /** AWS: the condition key as written, and the issuer it names. */
  readonly key?: string;
  readonly keyIssuer?: string;
  /** About the request rather than the token. */
  readonly isRequest?: true;
}

/** One way in: all conditions at once. */
export interface Arm {
  /** `iss`, as the document says it; undefined when it does not. */
  readonly issuer: string | undefined;
  readonly conditions: readonly Condition[];
  readonly place: string;
}

/** What a statement of an IAM trust policy says beside its conditions. */
export interface AwsStatement {
  readonly place: string;
  readonly federated: readonly string[];
  readonly others: readonly string[];
  readonly actions: readonly string[];
  /** `NotPrincipal` or `NotAction`: everyone or everything but. */
  readonly isInverted: boolean;
  /** Whether the statement lets tokens of an identity provider in. */
  readonly isWebIdentity: boolean;
}

export interface AwsFacts {
  readonly statements: readonly AwsStatement[];
  readonly maxSessionSeconds?: number;
  /** Names or ARNs of attached policies, and of inline ones that allow every action on everything. */
  readonly administrator: readonly { readonly place: string; readonly name: string }[];
}

export interface GoogleFacts {
  readonly condition: string;
  /** The condition alone, without what the bindings add. */
  readonly conditionArms: readonly Arm[];
  readonly mapping: Readonly<Record<string, string>>;
  readonly allowedAudiences: readonly string[];
  /** IAM members; undefined when they were not given. */
  readonly bindings?: readonly string[];
  /** Name of the pool, when the bindings or the caller say it. */
  readonly pool?: string;
}

export interface AzureFacts {
  readonly audiences: readonly string[];
  /** The flexible expression, when there is one instead of a subject. */
  readonly expression?: string;
}

export interface AnthropicFacts {
  readonly appliesToAllWorkspaces: boolean;
  readonly scope?: string;
  /** `fdis_...`. */
  readonly issuerId?: string;
}

/** A projected token of a pod, or another way in which the pod gets one. */
export interface KubernetesToken {
  readonly place: string;
  readonly kind: 'projected' | 'legacy-secret' | 'default-mount';
  readonly audience?: string;
  readonly expirationSeconds?: number;
}

export interface KubernetesFacts {
  readonly pods: readonly { readonly place: string; readonly name: string; readonly serviceAccount: string; readonly hasToken: boolean }[];
  readonly tokens: readonly KubernetesToken[];
}

export interface WorkflowJob {
  readonly name: string;
  readonly place: string;
  /** Whether the job can ask for a token, and which block says so. */
  readonly idToken: 'none' | 'job' | 'workflow';
  readonly condition: string;
  /** `uses:` of the job itself and of its steps. */
  readonly uses: readonly { readonly place: string; readonly text: string }[];
  /** Checks out the pull request's own code under an event that runs with the base repository's rights. */
  readonly checksOutHead?: string;
  readonly checksOut: boolean;
  /** Names set from stored secrets, and what shows that the job federates, by vendor. */
  readonly staticKeys: readonly { readonly place: string; readonly vendor: string; readonly name: string }[];
  readonly federates: readonly string[];
}

export interface WorkflowFacts {
  readonly triggers: readonly string[];
  /** `id-token: write` (or `write-all`) for the whole workflow. */
  readonly grantsAll: boolean;
  readonly jobs: readonly WorkflowJob[];
}

/** Where the party gets the issuer's signing keys. */
export interface KeySource {
  readonly kind: 'discovery' | 'url' | 'uploaded';
  readonly url?: string;
}

/** One trust policy. Facts of other parties are absent. */
export interface TrustDocument {
  readonly party: TrustParty;
  readonly arms: readonly Arm[];
  /** Keys that stand twice in one object: two readers may take different ones. */
  readonly duplicateKeys: readonly { readonly place: string; readonly key: string }[];
  /** The identity that is let in as: a role, a service account. */
  readonly target?: string;
  readonly lifetimeSeconds?: number;
  readonly keys?: KeySource;
  readonly aws?: AwsFacts;
  readonly google?: GoogleFacts;
  readonly azure?: AzureFacts;
  readonly anthropic?: AnthropicFacts;
  readonly kubernetes?: KubernetesFacts;
  readonly workflow?: WorkflowFacts;
}

/** Why a document, or a part of one, could not be read. A document with a problem has not passed. */
export interface TrustProblem {
  readonly place: string;
  readonly message: string;
}

export interface TrustReading {
  readonly documents: readonly TrustDocument[];
  readonly problems: readonly TrustProblem[];
}

/** What is known of one repository or project. Everything is optional but where it is. */
export interface RepositoryFacts {
  readonly host: 'github' | 'gitlab';
  /** `acme/app`; for GitLab with all groups. */
  readonly path: string;
  readonly id?: string;
  readonly ownerId?: string;
  /** False when nothing answers at this path any more. */
  readonly exists?: boolean;
  /** Which subject the repository sends. */
  readonly subjectForm?: 'name' | 'immutable' | 'custom';
  /** `sub_claim_prefix` of the repository's settings: what every subject begins with. */
  readonly subjectPrefix?: string;
  /** `include_claim_keys`, when a template is in force. */
  readonly subjectTemplate?: readonly string[];
  /** By environment: whether it has protection rules. */
  readonly environments?: Readonly<Record<string, boolean>>;
  /** Full refs or patterns (`refs/heads/release/*`) that contributors cannot push to. */
  readonly protectedRefs?: readonly string[];
}

/** What is known beside the document. Nothing has to be. */
export interface TrustContext {
  readonly repositories?: readonly RepositoryFacts[];
  /** Whether the identity can change or spend anything. Not known: taken for `true` where a shape is bad on every privileged target. */
  readonly privileged?: boolean;
  /** What the identity is used for. */
  readonly use?: 'inference' | 'other';
  /** Values of `${name}` in the document. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Other documents of the same party: the same pool, the same organisation. */
  readonly siblings?: readonly TrustDocument[];
  /** Whether somebody renews uploaded signing keys. */
  readonly keysRenewed?: boolean;
  /** Azure: roles of the application and how many client secrets it still has. */
  readonly azure?: { readonly roles?: readonly string[]; readonly clientSecrets?: number };
}

/** One thing that is wrong. `unknown`: it may be, and the facts to tell are missing. */
export interface TrustFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly status: 'found' | 'unknown';
  /** JSON pointer into the document. */
  readonly place: string;
  /** One sentence that quotes the offending value. */
  readonly message: string;
  /** One imperative sentence. */
  readonly fix: string;
  /** A shortest subject that is let in and should not be. */
  readonly counterexample?: string;
}

/** One rule of the audit. `parties` is `all`, or those whose documents it can fire on. */
export interface TrustRule {
  readonly id: string;
  readonly title: string;
  readonly parties: readonly TrustParty[] | 'all';
  /** The worst it reports. */
  readonly severity: Severity;
  readonly fix: string;
  /** Set when the fact behind the rule has not been read at its source: findings say `check this`. */
  readonly unverified?: true;
  readonly check: (document: TrustDocument, context: TrustContext) => readonly TrustFinding[];
}

/** A place below `base`: a JSON pointer (RFC 6901). */
export function below(base: string, ...keys: readonly (string | number)[]): string {
  return keys.reduce<string>((place, key) => `${place}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`, base);
}
