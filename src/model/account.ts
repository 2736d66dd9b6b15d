/**
 * What the API of a platform tells of its own stores and settings: names, dates and reach, never a value.
 *
 * It is a third kind of sighting, beside secrets (bytes that hold a key) and references (places that ask for one by name).
 */

/** A store of secrets by name. Registry of the sources; the titles are in `report/messages.ts`. */
export const STORES = ['github-actions', 'github-dependabot', 'github-codespaces', 'github-agents'] as const;
export type StoreId = (typeof STORES)[number];

/** How far down the platform's own hierarchy a name is set: the nearer one wins at run time. */
export type StoreScope = 'organization' | 'repository' | 'environment';

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
}

/** A setting that bears on who may act as a workload, or on what a workload may do. */
export interface AccountSetting {
  readonly target: string;
  readonly kind: 'actions' | 'workflow-token' | 'oidc-subject' | 'environment' | 'branch-protection' | 'deploy-key' | 'app-installation' | 'runner';
  /** What it is called there: the environment's name, the key's title, the App's slug, the branch. */
  readonly name: string;
  /** String to string, no secret: `readOnly=false`, `permissions=contents:write,secrets:write`. */
  readonly facts: Readonly<Record<string, string>>;
}

/** Everything that one run learnt from APIs. */
export interface AccountSightings {
  readonly stored: readonly StoredSecret[];
  readonly settings: readonly AccountSetting[];
  /** By target id: stores that were read whole. Only there does "not listed" mean "does not exist". */
  readonly readWhole: Readonly<Record<string, readonly StoreId[]>>;
}
