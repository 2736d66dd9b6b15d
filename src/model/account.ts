import type { CredentialKind, Privilege } from './provider.ts';

/**
 * What the API of a platform tells of its own stores and settings: names, dates and reach, never a value.
 *
 * It is a third kind of sighting, beside secrets (bytes that hold a key) and references (places that ask for one by name).
 */

/**
 * Stores of secrets by name. Registry of the sources; the titles are in `report/account-messages.ts`. `ci` hands its secrets to jobs, `vault` to who asks for one, `keychain` is a person's own and `file` one that is not encrypted.
 */
export const STORE_KINDS = {
  'github-actions': 'ci',
  'github-dependabot': 'ci',
  'github-codespaces': 'ci',
  'github-agents': 'ci',
  'gitlab-ci': 'ci',
  'aws-secrets-manager': 'vault',
  'aws-parameter-store': 'vault',
  'macos-keychain': 'keychain',
  'windows-credentials': 'keychain',
  'python-keyring': 'keychain',
  'plain-keyring': 'file',
  pass: 'keychain',
} as const;
export type StoreId = keyof typeof STORE_KINDS;

const KINDS: ReadonlyMap<string, (typeof STORE_KINDS)[StoreId]> = new Map(Object.entries(STORE_KINDS));

/** Of a store in a saved inventory; one of a newer version is taken for one of jobs. */
export function storeKind(store: string | undefined): (typeof STORE_KINDS)[StoreId] {
  return KINDS.get(store ?? '') ?? 'ci';
}

/** How far down the platform's own hierarchy a name is set: the nearer one wins at run time. `user`: in no hierarchy, a person's own. */
export type StoreScope = 'organization' | 'repository' | 'environment' | 'user';

/** A secret that a store lists. */
export interface StoredSecret {
  /** Id of the `TargetReport` that holds it: the organisation's or the repository's. */
  readonly target: string;
  readonly store: StoreId;
  readonly scope: StoreScope;
  /** Name of the environment, for that scope. */
  readonly environment?: string;
  /** As the store spells it: `OPENAI_API_KEY`. */
  readonly name: string;
  /** ISO 8601 in UTC. */
  readonly created?: string;
  /** Last time the value was set: the best there is for the age of the key. */
  readonly updated?: string;
  /** Who may read a secret of an organisation. */
  readonly visibility?: 'all' | 'private' | 'selected';
  /** Ids of the targets whose workloads can read it; for a repository or an environment its own. */
  readonly readers: readonly string[];
  /** Whose key it is, where the program that stores it is known to, and the name does not say. */
  readonly holds?: { readonly provider: string; readonly kind: CredentialKind };
}

/** A setting that bears on who may act as a workload, or on what a workload may do. */
export interface AccountSetting {
  readonly target: string;
  readonly kind: 'actions' | 'workflow-token' | 'oidc-subject' | 'environment' | 'branch-protection' | 'deploy-key' | 'app-installation' | 'runner' | FederationSetting | 'policy';
  /** What it is called there: the environment's name, the key's title, the App's slug, the branch. */
  readonly name: string;
  /**
   * String to string, no secret. What the findings read; a fact that is absent is not known, and nothing is said of it.
   *
   * | kind | facts |
   * | --- | --- |
   * | `workflow-token` | `default=write` or `read`, `canApprove=true` |
   * | `environment` | `reviewers=2` (how many), `branches=all`, `protected` or `custom`, `waitMinutes=30` |
   * | `branch-protection` | `protected=true` or `false`, `default=true` for the default branch |
   * | `deploy-key` | `readOnly=false`, `enabled=false` |
   * | `app-installation` | `permissions=contents:write,secrets:write`, `repositories=all` or `selected`, `suspended=true` |
   * | `runner` | `selfHosted=true`, `public=true` when public repositories may use it |
   * | `issuer` | an issuer that the account trusts, or that it is: `url`, `audiences=a,b` |
   * | `rule` | who may become what: `issuer`, `subject`, `audience`, `becomes` (role, service account); `name` is the role's or the rule's |
   * | `token-projection` | a workload of a cluster that has a projected token: `audience`, `seconds`, `serviceAccount` |
   * | `policy` | a policy that forbids keys, or does not: `enforced=true` or `false` |
   */
  readonly facts: Readonly<Record<string, string>>;
}

/** Federation that is there already. */
export type FederationSetting = 'issuer' | 'rule' | 'token-projection';

/** Who answers for a key. `none`: the API says that nobody does (an ownerless key of old); absent where it says nothing. */
export interface KeyOwner {
  readonly kind: 'person' | 'service-account' | 'workload' | 'root' | 'none';
  /** As people know it there: a user's name or address, the account's resource. '' for `none`. */
  readonly name: string;
}

/** A credential that the API of its own issuer lists: an object with an id, never its value. */
export interface ListedKey {
  readonly target: string;
  /** Id of the provider in the registry: `aws`, `aws-bedrock`, `anthropic`, `openai`, `google-gemini`, `google-vertex`, `azure-openai`, `azure`. */
  readonly provider: string;
  readonly kind: CredentialKind;
  /** What it can do, as its permissions say; `unknown` when they could not be read. */
  readonly privilege: Privilege;
  /** Unique in the target: the id of the object, which is no secret (`AKIA…`, `apikey_01…`, `projects/1/locations/global/keys/2`). */
  readonly id: string;
  /** As people know it there. */
  readonly name: string;
  /** `leaked`: the issuer itself says that it was found in public. */
  readonly status: 'active' | 'inactive' | 'expired' | 'leaked';
  readonly owner?: KeyOwner;
  /** ISO 8601 in UTC. */
  readonly created?: string;
  /** `never` when the API says that it does not expire, or not in this century; absent when it does not say. */
  readonly expires?: string;
  /** `never` when the API says that it was not used since it is counted; absent when it does not say. */
  readonly lastUsed?: string;
  /** What the API shows of the value: its first characters with the constant prefix, and its last ones. */
  readonly hint?: { readonly head: string; readonly tail: string };
  /** Digest of the hint with the key of the run, put there by the pipeline. */
  readonly hintIdentity?: string;
  /** A part of the value that is public, as detectors read it into the fact of this name: `{ fact: 'key-id', value: 'AKIA…' }`. */
  readonly publicPart?: { readonly fact: string; readonly value: string };
  /**
   * String to string, no secret; for people, and for the findings. Well-known names: `can=call models, create keys` (what it may do), `workspace`, `project`,
   * `lastUsedBy` (service and region), `spend30d=12.40 USD`, `root=true`, `localAuth=true`, `restrictions=none` or what they are, `reaches=gemini`,
   * `ownerless=true`, `note` (a limit of what is said: service control policies were not read).
   */
  readonly facts: Readonly<Record<string, string>>;
}

/**
 * From so many days on a key that is not used is called idle: as with age, 90 unless the run says otherwise (AISF-IAM-03; OWASP NHI1:2025 asks for no number).
 * At most ten years: no list reaches further back.
 */
export const UNUSED_AFTER = { usual: 90, least: 1, most: 3650 } as const;

/** Everything that one run learnt from APIs. */
export interface AccountSightings {
  readonly stored: readonly StoredSecret[];
  /** Absent where no API lists keys. */
  readonly listed?: readonly ListedKey[];
  readonly settings: readonly AccountSetting[];
  /**
   * By target id: stores that were read whole. Only there does "not listed" mean "does not exist". A repository's is whole when its own secrets and those of
   * each of its environments were listed, and, where its organisation is no target of the run, also those of the organisation that it may read. An
   * organisation's is whole when its secrets and who may read them were listed, and every repository that may, archived ones aside, is a target of the run.
   *
   * Whether the files of a repository were read is another matter: the fact `tree` of its target says so, `whole` for all, `workflows` for the workflows alone,
   * anything else for less; without it the target's `complete` counts.
   */
  readonly readWhole: Readonly<Record<string, readonly StoreId[]>>;
}

/** Kinds of findings about an account; the code is `DK-ACCOUNT-` and the kind in upper case. Wording is in `report/account-messages.ts`. */
export const ACCOUNT_FINDINGS = [
  'stored-key',
  'unused-key',
  'missing-key',
  'old-key',
  'wide-key',
  'same-name',
  'token-write',
  'public-runner',
  'open-environment',
  'deploy-key',
  'app-write',
  'open-branch',
  'listed-key',
  'leaked-key',
  'root-key',
  'ownerless-key',
  'open-key',
  'local-auth',
  'idle-key',
  'keys-allowed',
] as const;
export type AccountFinding = (typeof ACCOUNT_FINDINGS)[number];

/** A stored secret in an inventory: only those that belong to a credential are listed. */
export interface InventoryStored extends Omit<StoredSecret, 'holds'> {
  /** Id of the credential. */
  readonly credential: string;
  /** Ids of the targets whose workloads were seen to use it. */
  readonly usedBy: readonly string[];
}

/** A listed key in an inventory. */
export interface InventoryListed extends Omit<ListedKey, 'hint' | 'hintIdentity'> {
  /** Id of the credential. */
  readonly credential: string;
}

/** What an inventory keeps of the account. Order is total. */
export interface AccountInventory {
  /** Absent where no API lists keys. */
  readonly listed?: readonly InventoryListed[];
  readonly stored: readonly InventoryStored[];
  /** Stored secrets that are no AI credentials, as far as their names and uses tell: counted, not named. */
  readonly unrelated: number;
  readonly settings: readonly AccountSetting[];
  readonly readWhole: Readonly<Record<string, readonly StoreId[]>>;
}
