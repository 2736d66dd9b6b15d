import type { AppliedFile, ApplySummary, ValueToSet } from './apply.ts';

/** How the changes of one repository are cut into pull requests. */
export const GROUPINGS = ['repository', 'provider'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/**
 * What became of one pull request, or would.
 *
 * `left`: a person's decision is respected (a push to the branch, a closed pull request). `held`: a limit of the user's is reached. `nothing`: the plan
 * changes nothing there. `refused`: it cannot be made, and nothing was begun. `failed`: it was begun, and the next run goes on from what is there.
 */
export const OUTCOMES = ['created', 'updated', 'unchanged', 'closed', 'merged', 'left', 'held', 'nothing', 'refused', 'failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** A pull request as it is asked for. Nothing in it is a secret: keys are masked in the diffs. */
export interface WantedPullRequest {
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  /** Users (`ada`) and teams (`acme/ai`). */
  readonly reviewers: readonly string[];
  readonly isDraft: boolean;
  readonly base: string;
  /** The files as they are shown, with changes, refusals and diffs. */
  readonly files: readonly AppliedFile[];
  readonly summary: ApplySummary;
  readonly toSet: readonly ValueToSet[];
}

/** One row of a campaign. */
export interface CampaignItem {
  /** `acme/app`. */
  readonly repository: string;
  /** Registry id of the provider, when there is a pull request for each; else null. */
  readonly provider: string | null;
  /** What the branch is called; null when it did not come to that. */
  readonly branch: string | null;
  /** Where the branch is when it is not in the repository itself: `me/app`. */
  readonly fork: string | null;
  readonly outcome: Outcome;
  /** One sentence, when the outcome does not speak for itself. */
  readonly reason: string | null;
  /** What a person can do about it. */
  readonly fix: string | null;
  readonly number: number | null;
  readonly url: string | null;
  readonly state: 'open' | 'draft' | 'closed' | 'merged' | null;
  /** What is, or would be, in it; null when nothing is changed or the files could not be read. */
  readonly wanted: WantedPullRequest | null;
  /** What was left out on the way, one sentence each. */
  readonly notes: readonly string[];
}

/** A limit and what is left of it. */
export interface LimitLeft {
  readonly limit: number;
  readonly left: number;
}

export interface CampaignLimits {
  /** New pull requests in this run. */
  readonly run: LimitLeft | null;
  /** Open at the same time. */
  readonly open: LimitLeft | null;
  readonly hour: LimitLeft | null;
}

/** What `dekey apply --pull-request` and `dekey campaign` print. Holds no secret. */
export interface CampaignResult {
  readonly schemaVersion: '1.0';
  readonly tool: { readonly name: 'dekey'; readonly version: string };
  readonly kind: 'publish' | 'status' | 'close';
  /** SHA-256 of plan.json. */
  readonly plan: string;
  readonly host: string;
  /** False for a dry run: outcomes then are what would become. */
  readonly written: boolean;
  /** Whose token it is: a login; null when that cannot be asked. */
  readonly actor: string | null;
  readonly items: readonly CampaignItem[];
  readonly limits: CampaignLimits;
  /** Keys of the plan, and how far the repositories with a merged pull request are. */
  readonly progress: { readonly repositories: number; readonly merged: number; readonly open: number };
  readonly trackingIssue: { readonly repository: string; readonly number: number; readonly url: string } | null;
  /** Said once for the whole run: what could not be checked of the token. */
  readonly notes: readonly string[];
  /** Requests by family. */
  readonly requests: Readonly<Record<string, number>>;
}
