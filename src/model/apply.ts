import type { Change, Refusal } from './change.ts';

/** A change as it is shown: what it does to the text stands in the diff of its file. */
export interface ShownChange extends Omit<Change<never>, 'edits'> {
  readonly rewriter: string;
}

/** One line of a diff, without its line end. Nothing in it is a secret: keys are masked. */
export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
  /** '' for a last line that no line end closes. */
  readonly ending: '\n' | '\r\n' | '';
}

/** Lines that belong together, with what stands around them. Numbers from 1, as in a unified diff. */
export interface Hunk {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
  readonly lines: readonly DiffLine[];
}

/** What becomes of one file. */
export interface AppliedFile {
  /** Id of the target. */
  readonly target: string;
  readonly path: string;
  /** Of the bytes; null when the file could not be read. */
  readonly sha256: { readonly before: string | null; readonly after: string | null };
  readonly changes: readonly ShownChange[];
  /** Possible, and not chosen. */
  readonly declined: readonly ShownChange[];
  readonly refusals: readonly Omit<Refusal, 'target' | 'path'>[];
  readonly hunks: readonly Hunk[];
}

/** What a report shows of the changes of a plan: the parts of `schema/apply.schema.json` that it reads. */
export interface PlannedChanges {
  readonly files: readonly {
    readonly target: string;
    readonly path: string;
    readonly changes: readonly { readonly title: string; readonly why: string; readonly safety: string; readonly reason: string; readonly migrations: readonly string[] }[];
    readonly refusals: readonly { readonly line: number; readonly reason: string; readonly byHand: string; readonly migrations: readonly string[] }[];
    /** Unified, with keys masked; '' when nothing changes. */
    readonly diff: string;
  }[];
}

/** What `dekey apply` shows and writes. Holds no secret and no date. */
export interface ApplyResult {
  readonly schemaVersion: '1.0';
  readonly tool: { readonly name: 'dekey'; readonly version: string };
  /** SHA-256 of plan.json. */
  readonly plan: string;
  readonly targets: readonly { readonly id: string; readonly name: string }[];
  readonly files: readonly AppliedFile[];
  readonly summary: ApplySummary;
  readonly toSet: readonly ValueToSet[];
  /** Files of the plan that are no longer as they were planned, and not as an earlier run left them. */
  readonly changedSince: readonly { readonly target: string; readonly path: string }[];
  readonly written: boolean;
  /** The rollback file, as it lies in the folder of the plan; null when nothing was written. */
  readonly rollback: string | null;
}

/** A value that is no secret, and that a changed file reads from its platform. */
export interface ValueToSet {
  /** A variable of the platform (or a secret of it, as `--ids` says), or a key of the ConfigMap `dekey-identity`. */
  readonly where: 'variable' | 'config-map';
  readonly name: string;
  /** Id of the input: `anthropic.workspace_id`. */
  readonly input: string;
  readonly title: string;
  /** Where to read it. */
  readonly how: string;
  /** The identity it belongs to, where several have one of their own. */
  readonly identity: string | null;
  /** Where the plan or `--set` knows it. */
  readonly value: string | null;
}

export interface ApplySummary {
  /** With changes. */
  readonly files: number;
  readonly changes: number;
  readonly safe: number;
  readonly unsafe: number;
  readonly declined: number;
  readonly added: number;
  readonly removed: number;
  /** By code, without leftovers and what a check of ours has dropped. */
  readonly refused: Readonly<Record<string, number>>;
  readonly dropped: number;
  /** Keys that stay and would win over the new identity. */
  readonly leftovers: number;
  /** Changes of this plan that an earlier run has made. */
  readonly madeBefore: number;
}
