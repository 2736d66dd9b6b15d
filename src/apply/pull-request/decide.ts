import { type FileId, contentDigest, contentIn, markerIn, mergedBody, saysTheSame } from './content.ts';

/** What there should be. */
export type Wanted =
  | {
      readonly kind: 'changes';
      /** SHA-256 of plan.json. */
      readonly plan: string;
      /** {@link contentDigest} of the files. */
      readonly content: string;
      readonly title: string;
      /** With its hidden lines. */
      readonly body: string;
    }
  /** Nothing is left to do; `why` is one sentence. */
  | { readonly kind: 'nothing'; readonly plan: string; readonly why: string }
  /** It cannot be said what there should be. */
  | { readonly kind: 'refused'; readonly plan: string; readonly reason: string; readonly fix: string };

export interface FoundCommit {
  readonly oid: string;
  /** Login of who wrote it; null when GitHub knows no account for it. */
  readonly author: string | null;
  readonly message: string;
  readonly parents: number;
}

/** A branch as it is compared with the default branch. */
export interface FoundBranch {
  readonly name: string;
  readonly head: string;
  readonly mergeBase: string;
  /** After the merge base, oldest first. */
  readonly commits: readonly FoundCommit[];
  /** False when GitHub listed only some of them, or of the files. */
  readonly isWhole: boolean;
  /** What it changes against the merge base. `oid`: of the bytes, or of what else it does (`renamed`, `removed`). */
  readonly files: readonly FileId[];
}

export interface FoundPull {
  readonly number: number;
  readonly url: string;
  readonly state: 'open' | 'closed' | 'merged';
  readonly isDraft: boolean;
  readonly title: string;
  readonly body: string;
  readonly author: string | null;
}

/** What is there, for one branch name. */
export interface Found {
  /** Which of the branch names this is, from 1. */
  readonly attempt: number;
  readonly branch: FoundBranch | undefined;
  /** With this branch as their head, newest first. */
  readonly pulls: readonly FoundPull[];
}

export type Step =
  /** A new branch at the head of the default branch. */
  | { readonly kind: 'make-branch' }
  /** Our branch without a commit goes on to the head of the default branch; never by force. */
  | { readonly kind: 'advance-branch' }
  /** One commit on top. `restore`: files of an earlier commit of ours that are no longer to change. */
  | { readonly kind: 'commit'; readonly on: string | null; readonly restore: readonly string[]; readonly mergeBase: string | null }
  | { readonly kind: 'open' }
  | { readonly kind: 'edit'; readonly number: number; readonly title: string; readonly body: string }
  | { readonly kind: 'close'; readonly number: number; readonly why: string; readonly body: string }
  /** Only while it still is at `head`. */
  | { readonly kind: 'delete-branch'; readonly head: string };

export type Decision =
  | { readonly kind: 'act'; readonly outcome: 'created' | 'updated' | 'closed' | 'nothing'; readonly steps: readonly Step[]; readonly pull: FoundPull | null; readonly reason: string | null }
  | { readonly kind: 'stay'; readonly outcome: 'unchanged' | 'merged' | 'left' | 'nothing' | 'refused'; readonly pull: FoundPull | null; readonly reason: string | null; readonly fix: string | null }
  /** This branch has had its pull request merged: look at the next name. */
  | { readonly kind: 'next' };

/**
 * What is to be done about one branch, from what should be and what is there. Pure: it knows nothing of what an earlier run meant to do, so that a run that
 * was killed anywhere, or whose answers were lost, is gone on with by looking.
 *
 * @param actor login of the token's user or App; null when it cannot be asked, and then nothing that is there counts as ours.
 */
export function decide(wanted: Wanted, found: Found, actor: string | null): Decision {
  const { branch, pulls } = found;
  const open = pulls.find(({ state }) => state === 'open');
  if (open !== undefined) return forOpen(wanted, branch, open, actor);
  const last = pulls.find((pull) => isOurs(pull, actor));
  const closed = pulls.find(({ state }) => state === 'closed');
  if (last?.state === 'merged') return forMerged(wanted, last);
  if (last?.state === 'closed' && !isWithdrawn(last)) return stay('left', last, `A person closed #${last.number}.`, 'Reopen it, or delete nothing and leave it: dekey makes no other.');
  if (last === undefined && closed !== undefined) return stay('left', closed, `#${closed.number} of this branch is somebody else's.`, 'Rename that branch, and run again.');
  return withoutPull(wanted, branch, actor);
}

function forOpen(wanted: Wanted, branch: FoundBranch | undefined, open: FoundPull, actor: string | null): Decision {
  if (!isOurs(open, actor)) return stay('left', open, `#${open.number} was opened from this branch by ${open.author === actor ? 'a person' : 'somebody else'}.`, 'Close it, or run dekey with the token that opened it.');
  if (branch === undefined) return stay('left', open, `The branch of #${open.number} is gone.`, 'Close it, and run again.');
  const foreign = strangerOn(branch, actor);
  if (foreign !== undefined) return stay('left', open, foreign, 'Merge or close it; dekey does not touch it any more.');
  switch (wanted.kind) {
    case 'refused':
      return stay('refused', open, `${wanted.reason} #${open.number} stays as it is.`, wanted.fix);
    case 'nothing':
      return act('closed', [{ kind: 'close', number: open.number, why: wanted.why, body: open.body }, { kind: 'delete-branch', head: branch.head }], open, wanted.why);
    case 'changes': {
      const body = mergedBody(open.body, wanted.body);
      const edit: readonly Step[] = open.title === wanted.title && saysTheSame(open.body, body) ? [] : [{ kind: 'edit', number: open.number, title: wanted.title, body }];
      if (branch.commits.length > 0 && contentDigest(branch.files) === wanted.content) return edit.length === 0 ? stay('unchanged', open, null, null) : act('updated', edit, open, 'Its description is new; its files are as they were.');
      return act('updated', [commitOn(branch), ...edit], open, null);
    }
  }
}

function forMerged(wanted: Wanted, last: FoundPull): Decision {
  const marker = markerIn(last.body);
  if (wanted.kind === 'nothing') return stay('merged', last, null, null);
  // The same plan finds its files changed, because its own pull request changed them.
  if (wanted.kind === 'refused') return marker?.plan === wanted.plan ? stay('merged', last, null, null) : stay('refused', last, wanted.reason, wanted.fix);
  if (marker?.content === wanted.content) return stay('left', last, `#${last.number} was merged, and what it changed was taken back since.`, 'Find out why before it is made again.');
  return { kind: 'next' };
}

function withoutPull(wanted: Wanted, branch: FoundBranch | undefined, actor: string | null): Decision {
  if (wanted.kind === 'refused') return stay('refused', null, wanted.reason, wanted.fix);
  if (branch === undefined) return wanted.kind === 'nothing' ? stay('nothing', null, wanted.why, null) : act('created', [{ kind: 'make-branch' }, { kind: 'commit', on: null, restore: [], mergeBase: null }, { kind: 'open' }], null, null);
  const foreign = strangerOn(branch, actor);
  if (foreign !== undefined) return stay('left', null, `${foreign} It has no pull request.`, `Rename or delete the branch ${branch.name}, and run again.`);
  if (wanted.kind === 'nothing') return act('nothing', [{ kind: 'delete-branch', head: branch.head }], null, wanted.why);
  // Left by a run that did not come to its end.
  if (branch.commits.length === 0) return act('created', [{ kind: 'advance-branch' }, { kind: 'commit', on: null, restore: [], mergeBase: null }, { kind: 'open' }], null, null);
  if (contentDigest(branch.files) === wanted.content) return act('created', [{ kind: 'open' }], null, null);
  return act('created', [commitOn(branch), { kind: 'open' }], null, null);
}

function commitOn(branch: FoundBranch): Step {
  return { kind: 'commit', on: branch.head, restore: branch.files.map(({ path }) => path), mergeBase: branch.mergeBase };
}

/**
 * Who else has been on the branch, as a sentence; undefined when all that is on it is ours. A commit of ours is written by the token's user or App, names its
 * content, and has one parent; and what the branch holds is exactly what its last commit says. So neither a copied message nor the same user's own push passes.
 */
export function strangerOn(branch: FoundBranch, actor: string | null): string | undefined {
  if (!branch.isWhole) return 'The branch has more on it than dekey would put there.';
  const stranger = branch.commits.find(({ author, message, parents }) => actor === null || author?.toLowerCase() !== actor.toLowerCase() || contentIn(message) === undefined || parents !== 1);
  if (stranger !== undefined) return `A person pushed to the branch (${stranger.oid.slice(0, 7)}).`;
  const last = branch.commits.at(-1);
  return last === undefined || contentIn(last.message) === contentDigest(branch.files) ? undefined : `A person changed what is on the branch (${last.oid.slice(0, 7)}).`;
}

function isOurs({ author, body }: FoundPull, actor: string | null): boolean {
  return actor !== null && author?.toLowerCase() === actor.toLowerCase() && markerIn(body) !== undefined;
}

function isWithdrawn({ body }: FoundPull): boolean {
  return markerIn(body)?.isWithdrawn === true;
}

function act(outcome: 'created' | 'updated' | 'closed' | 'nothing', steps: readonly Step[], pull: FoundPull | null, reason: string | null): Decision {
  return { kind: 'act', outcome, steps, pull, reason };
}

function stay(outcome: 'unchanged' | 'merged' | 'left' | 'nothing' | 'refused', pull: FoundPull | null, reason: string | null, fix: string | null): Decision {
  return { kind: 'stay', outcome, pull, reason, fix };
}

/** How one branch stands, whatever the plan wants of it. Pure. */
export function standing(found: Found, actor: string | null): { readonly outcome: 'unchanged' | 'merged' | 'left' | 'held' | 'nothing'; readonly pull: FoundPull | null; readonly reason: string | null } {
  const { branch, pulls } = found;
  const pull = pulls.find(({ state }) => state === 'open') ?? pulls.find((one) => isOurs(one, actor)) ?? pulls[0] ?? null;
  if (pull === null) return branch === undefined ? { outcome: 'nothing', pull, reason: 'No pull request yet.' } : { outcome: 'held', pull, reason: 'A branch without a pull request: the next run goes on with it.' };
  if (!isOurs(pull, actor)) return { outcome: 'left', pull, reason: `#${pull.number} is somebody else's.` };
  if (pull.state === 'merged') return { outcome: 'merged', pull, reason: null };
  if (pull.state === 'closed') return isWithdrawn(pull) ? { outcome: 'nothing', pull, reason: 'Closed by dekey: nothing was left to do.' } : { outcome: 'left', pull, reason: 'A person closed it.' };
  const foreign = branch === undefined ? 'Its branch is gone.' : strangerOn(branch, actor);
  return foreign === undefined ? { outcome: 'unchanged', pull, reason: null } : { outcome: 'left', pull, reason: foreign };
}
