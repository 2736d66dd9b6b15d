import type { Severity } from '../model/levels.ts';

/** One key of the list. Every text in it is made inert and holds nothing of a secret beyond its preview. */
export interface UiRow {
  readonly id: string;
  readonly level: Severity;
  readonly score: number;
  /** Short title: `Anthropic`. */
  readonly provider: string;
  readonly title: string;
  /** Redacted preview, or the name of a key that is known by name only. */
  readonly label: string;
  readonly places: number;
  readonly workloads: number;
  /** `today`, `after change`, `reduced` (a broker holds it), `no path`; or why it is of no concern: `accepted`. */
  readonly state: string;
  readonly stateStyle: 'good' | 'medium' | 'dim';
  /** Small letters: what `/` is looked for in. */
  readonly search: string;
  /** True for what the text report folds away: doubtful, short-lived, accepted. They come last. */
  readonly isFolded: boolean;
  /** Ids of what would replace it, those with a path only. */
  readonly migrations: readonly string[];
}

/** What is known of one key, as lines for a pane. Texts with marks. */
export interface Detail {
  readonly lines: readonly string[];
  /** Migrations that can be chosen, with the line that each begins at. */
  readonly migrations: readonly { readonly id: string; readonly line: number }[];
}

export interface UiModel {
  /** What was scanned: `./support-bot`. */
  readonly title: string;
  readonly rows: readonly UiRow[];
  /** What could not be read; '' when everything was. */
  readonly incomplete: string;
  readonly detail: (row: UiRow, width: number) => Detail;
}

/** What a plan of some migrations would do to the files, without touching any; `lines` gives the page for a width, with marks. */
export type Preview = { readonly kind: 'page'; readonly lines: (width: number) => readonly string[] } | { readonly kind: 'failed'; readonly message: string };

export type Written =
  | { readonly kind: 'written'; readonly file: string; readonly count: number; readonly next: string }
  | { readonly kind: 'exists'; readonly file: string }
  | { readonly kind: 'failed'; readonly message: string };

/** What the screen asks of the rest of the program. */
export interface UiActions {
  readonly preview: (migrations: readonly string[]) => Promise<Preview>;
  readonly write: (file: string, migrations: readonly string[], overwrite: boolean) => Promise<Written>;
}

/** How far a scan is. */
export interface UiProgress {
  readonly phase: string;
  readonly done: { readonly artifacts: number; readonly bytes: number };
  readonly total: { readonly artifacts: number; readonly bytes: number };
  /** Since this phase began. */
  readonly elapsedMs: number;
}
