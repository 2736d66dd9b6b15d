import type { Change, Refusal } from '../model/change.ts';
import type { Outcome, PartyId, Permission, RouteClass } from '../model/federation.ts';
import type { OtherRun } from '../model/issuer.ts';
import type { NoPathCode } from '../model/plan.ts';
import type { Text } from '../model/text.ts';
import type { Edit } from './edit.ts';

/** A migration with a path, as the files that carry it out need it. */
export interface Replacement {
  /** Id of the migration. */
  readonly migration: string;
  readonly provider: string;
  /** Of the provider: `Anthropic`. */
  readonly title: string;
  /** `ci.yml › evals`. */
  readonly workload: string;
  readonly platform: string;
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** Every name under which the workload reads the keys: variables, secrets, inputs. */
  readonly names: readonly string[];
  /** Names that hold a key of this provider in the file of the workload and say nothing of it anywhere else: `API_KEY`. */
  readonly localNames?: readonly string[];
  /** The names of variables that hold a key of this provider, wherever they stand. */
  readonly variables: readonly string[];
  /** Those of them that clients read by themselves: no code has to name one. */
  readonly readByClients: readonly string[];
  /** Host names of the provider's own API. */
  readonly hosts: readonly string[];
  /** Who is shown a token, in order; the first takes the platform's own. */
  readonly parties: readonly PartyId[];
  readonly route: string;
  readonly class: RouteClass;
  readonly outcome: Outcome;
  readonly change: 'configuration' | 'code' | 'model';
  /** Of the first hop. */
  readonly identity: { readonly id: string; readonly audience: Text; readonly permission: Permission; readonly subject: Text | undefined };
  /** Several identities of this target are let in by the same party: what names one of them (its role, its rule) has this at the end of its variable. Else ''. */
  readonly suffix: string;
  /** The same for other runs, whose tokens say something else. */
  readonly otherRuns?: readonly { readonly run: OtherRun; readonly id: string; readonly audience: Text; readonly suffix: string; /** The expression that gives the environment of the run, as the job has it. */ readonly chosenBy?: string }[];
  /** Variables to set; values may hold `{party.field}`, `{token-file}` (path of the platform's token), `{token}`. */
  readonly set: Readonly<Record<string, string>>;
  /** Variables that would win over the new identity. */
  readonly remove: readonly string[];
  readonly floors: readonly { readonly language: string; readonly package: string; readonly version: string }[];
  /** What an account at the provider has to have first; absent where it is open to all. `W&B offers this ...`. */
  readonly terms?: string;
}

/** A migration without a path: the key stays. */
export interface Kept {
  readonly migration: string;
  readonly provider: string;
  readonly title: string;
  readonly workload: string;
  readonly platform: string;
  readonly path: string;
  readonly line: number;
  readonly names: readonly string[];
  readonly code: NoPathCode;
  /** One sentence. */
  readonly reason: string;
  /** Imperative, one sentence. */
  readonly unblock: string;
}

/** How ids that are no secrets are written where a file can name a variable of its platform: by that variable's name, as a secret of that name, or as they are (where known). */
export const ID_STYLES = ['vars', 'secrets', 'literal'] as const;
export type IdStyle = (typeof ID_STYLES)[number];

/** What surrounds a file. */
export interface RewriteContext {
  /** Of this file's own workloads. */
  readonly own: readonly Replacement[];
  /** Of the whole target: code, examples and settings follow the workloads that run them. */
  readonly all: readonly Replacement[];
  /** Of the whole target. A rewriter that finds a way after all (a called workflow follows its callers) lists the migration in its change. */
  readonly kept: readonly Kept[];
  /** Every path of the target that may be read, with `/`; absent when it is not known. */
  readonly paths?: readonly string[];
  /** Text of another file of the target, as it stands before the run; undefined when it is not there. */
  readonly read: (path: string) => string | undefined;
  /** Value of an input (`anthropic.organization_id`) when it is known. */
  readonly value: (input: string) => string | undefined;
  readonly ids: IdStyle;
}

/** What is to be done in one file. Refusals leave out what the caller knows. */
export interface Rewriting {
  readonly changes: readonly Change<Edit>[];
  readonly refusals: readonly FileRefusal[];
}
export type FileRefusal = Omit<Refusal, 'target' | 'path'>;

/**
 * One kind of file. Pure; never throws on any text. Run on its own result it finds nothing to do.
 */
export interface Rewriter {
  /** Kebab-case: `github-actions`. */
  readonly id: string;
  /** Whether it is for this path (with `/`). */
  readonly matches: (path: string, text: string) => boolean;
  readonly rewrite: (path: string, text: string, context: RewriteContext) => Rewriting;
  /** Languages whose grammars have to be loaded before `rewrite` runs on this path. */
  readonly grammars?: (path: string) => readonly string[];
  /** Its files follow the workloads that run or read them: a change here carries out no migration of another file. */
  readonly follows?: true;
  /** Problems that the text has for programs that read it; those that the text after an edit has and the one before has not are a reason to drop it. */
  readonly problems?: (path: string, text: string) => readonly string[];
}
