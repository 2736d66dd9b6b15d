/**
 * Where something stands in an artefact: first by route (a path through the file's own structure), then by span.
 *
 * Lines and columns count from 1; columns count UTF-16 code units, as editors and SARIF do. `end*` is exclusive of the last column.
 */
export interface Span {
  /** Byte offsets into the artefact as stored, half open. */
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** A commit that a blob is attributed to. Dates are ISO 8601 in UTC. */
export interface CommitStamp {
  readonly commit: string;
  readonly authored: string;
}

/** How a found blob relates to the commits of its repository. */
export interface HistoryPlace {
  /** Object id of the blob, commit or tag that holds the bytes. */
  readonly object: string;
  readonly objectType: 'blob' | 'commit' | 'tag';
  /** False when no ref and no reflog leads to it: a dangling object, still readable by anyone with a copy. */
  readonly reachable: boolean;
  /** True when HEAD's tree still holds these bytes at this path. */
  readonly inHead: boolean;
  readonly firstSeen?: CommitStamp;
  /** The last commit whose tree still held it. */
  readonly lastSeen?: CommitStamp;
}

export interface Location extends Span {
  /** Index into the inventory's targets. */
  readonly target: string;
  /**
   * Path inside the target, with `/`, never absolute. For a commit message `commit:<short id>`, for a tag `tag:<name>`. For a thing of an account, which
   * `logical` says, its name there: `account:github-actions/environment/production/OPENAI_API_KEY`.
   */
  readonly path: string;
  /** `jobs.build.steps[2].env.OPENAI_API_KEY`, `cells[3].source[0]`, `data.api-key`; absent for plain text. */
  readonly route?: string;
  readonly history?: HistoryPlace;
  /** How the bytes are wrapped where they stand, outermost first. Absent when they stand in the clear. */
  readonly encoding?: readonly ('base64' | 'escape' | 'percent' | 'utf-16le' | 'utf-16be')[];
  /** No file: a thing in an account. Line and column are 1, the offsets 0. */
  readonly logical?: true;
}
