import type { Comparison } from '../inventory/compare.ts';
import type { TrendPoint } from '../inventory/trend.ts';
import type { PlannedChanges } from '../model/apply.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Severity } from '../model/levels.ts';
import type { Provider } from '../model/provider.ts';
import type { Platform } from '../model/reference.ts';

/** What a renderer may know besides the inventory. It reads nothing else: no clock, no terminal, no environment. */
export interface RenderOptions {
  readonly providers: readonly Provider[];
  readonly platforms: readonly Platform[];
  /** Columns of the terminal; clamped to 60..200. */
  readonly width: number;
  readonly color: boolean;
  /** Unfolds every list and names the evidence. */
  readonly verbose: boolean;
  /** Findings at or above it are errors in `github` annotations. Never decides an exit code here. */
  readonly failOn: Severity | 'none';
  /** Wall time of the scan in milliseconds, for the header line. */
  readonly elapsedMs?: number;
  /** Makes places clickable (OSC 8). Needs `cwd` unless a target is named by an absolute path. */
  readonly hyperlinks?: boolean;
  /** Absolute folder from which relative target names start. */
  readonly cwd?: string;
  /** False on terminals without UTF-8: everything is written in ASCII. Default true. */
  readonly unicode?: boolean;
  /** What the run was compared with: findings that are baselined with its `reason` were there before. */
  readonly base?: { readonly name: string; readonly reason: string };
  /** Where a person can read the files of `commit`: an https address that a path from the folder of the run goes behind. */
  readonly permalink?: { readonly url: string; readonly commit: string };
  /** What became of each credential since an earlier inventory. */
  readonly comparison?: Comparison;
  /** Oldest first; the last point is the inventory that is rendered. */
  readonly trend?: readonly TrendPoint[];
  /** `html` only: what a plan changes, for the pages of its keys. */
  readonly changes?: PlannedChanges;
  /** `html` only: counts, and no name, path, preview or id. */
  readonly share?: boolean;
}

/** Turns an inventory into the whole text of one output format, ending in a newline. Pure. */
export type Renderer = (inventory: Inventory, options: RenderOptions) => string;

export const FORMATS = ['text', 'json', 'sarif', 'github', 'markdown', 'html', 'csv', 'junit'] as const;
export type Format = (typeof FORMATS)[number];
