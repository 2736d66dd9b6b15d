import { describe, expect, test } from 'vitest';
import { contentDigest, framed, trailers } from '../../../src/apply/pull-request/content.ts';
import { decide, type Found, type FoundBranch, type FoundCommit, type FoundPull, standing, type Wanted } from '../../../src/apply/pull-request/decide.ts';

const ME = 'dekey-bot';
const PLAN = 'a'.repeat(64);
const OLD_PLAN = 'b'.repeat(64);
const FILES = [{ path: '.github/workflows/ci.yml', oid: '1'.repeat(40) }];
const OLD_FILES = [{ path: '.github/workflows/ci.yml', oid: '2'.repeat(40) }];
const CONTENT = contentDigest(FILES);
const OLD_CONTENT = contentDigest(OLD_FILES);
const BODY = framed('What it does.', { plan: PLAN, content: CONTENT, isWithdrawn: false });

const CHANGES: Wanted = { kind: 'changes', plan: PLAN, content: CONTENT, title: 'ci: title', body: BODY };
const NOTHING: Wanted = { kind: 'nothing', plan: PLAN, why: 'Nothing is left.' };
const REFUSED: Wanted = { kind: 'refused', plan: PLAN, reason: 'Changed since the plan: ci.yml.', fix: 'Plan again.' };

function commit(content: string, more: Partial<FoundCommit> = {}): FoundCommit {
  return { oid: 'c'.repeat(40), author: ME, message: `ci: title\n\n${trailers(content, PLAN)}`, parents: 1, ...more };
}

function branch(commits: readonly FoundCommit[], files = FILES, more: Partial<FoundBranch> = {}): FoundBranch {
  return { name: 'dekey/wif-0', head: 'c'.repeat(40), mergeBase: 'd'.repeat(40), commits, isWhole: true, files, ...more };
}

function pull(state: FoundPull['state'], more: Partial<FoundPull> = {}): FoundPull {
  return { number: 7, url: 'https://github.com/acme/app/pull/7', state, isDraft: true, title: 'ci: title', body: BODY, author: ME, ...more };
}

const OURS = branch([commit(CONTENT)]);
const OURS_OLD = branch([commit(OLD_CONTENT)], OLD_FILES);
const OLD_BODY = framed('What it did.', { plan: OLD_PLAN, content: OLD_CONTENT, isWithdrawn: false });
const WITHDRAWN = framed('What it did.', { plan: OLD_PLAN, content: OLD_CONTENT, isWithdrawn: true });

/** What there should be, what is there, and what is to be done. */
const TABLE: readonly [name: string, wanted: Wanted, found: Partial<Found>, expected: string][] = [
  ['nothing there', CHANGES, {}, 'created: make-branch, commit, open'],
  ['nothing there, nothing wanted', NOTHING, {}, 'nothing'],
  ['nothing there, cannot be said', REFUSED, {}, 'refused'],
  ['killed after the branch was made', CHANGES, { branch: branch([], []) }, 'created: advance-branch, commit, open'],
  ['killed after the commit', CHANGES, { branch: OURS }, 'created: open'],
  ['killed after the commit, planned anew since', CHANGES, { branch: OURS_OLD }, 'created: commit, open'],
  ['killed after the commit, nothing wanted since', NOTHING, { branch: OURS }, 'nothing: delete-branch'],
  ['all is as it should be', CHANGES, { branch: OURS, pulls: [pull('open')] }, 'unchanged'],
  ['ready by now', CHANGES, { branch: OURS, pulls: [pull('open', { isDraft: false })] }, 'unchanged'],
  ['another plan, the same files', CHANGES, { branch: OURS, pulls: [pull('open', { body: framed('What it does.', { plan: OLD_PLAN, content: CONTENT, isWithdrawn: false }) })] }, 'unchanged'],
  ['CRLF by the editor, and words of a person below', CHANGES, { branch: OURS, pulls: [pull('open', { body: `${BODY}\nPlease wait for Monday.`.replaceAll('\n', '\r\n') })] }, 'unchanged'],
  ['another description', CHANGES, { branch: OURS, pulls: [pull('open', { body: OLD_BODY })] }, 'updated: edit'],
  ['another title', CHANGES, { branch: OURS, pulls: [pull('open', { title: 'ci: other' })] }, 'updated: edit'],
  ['other files', CHANGES, { branch: OURS_OLD, pulls: [pull('open', { body: OLD_BODY })] }, 'updated: commit, edit'],
  ['nothing is left', NOTHING, { branch: OURS, pulls: [pull('open')] }, 'closed: close, delete-branch'],
  ['cannot be said while one is open', REFUSED, { branch: OURS, pulls: [pull('open')] }, 'refused'],
  ['a person pushed', CHANGES, { branch: branch([commit(CONTENT), commit(CONTENT, { author: 'ada', message: 'fix: typo' })]), pulls: [pull('open')] }, 'left'],
  ['a person pushed first', CHANGES, { branch: branch([commit(CONTENT, { author: 'ada', message: 'x' }), commit(CONTENT)]), pulls: [pull('open')] }, 'left'],
  ['the same user pushed by hand', CHANGES, { branch: branch([commit(CONTENT), commit(CONTENT, { message: 'fix: typo' })]), pulls: [pull('open')] }, 'left'],
  ['a person copied our message', CHANGES, { branch: branch([commit(CONTENT, { author: 'ada' })]), pulls: [pull('open')] }, 'left'],
  ['the same user amended our commit', CHANGES, { branch: branch([commit(CONTENT)], [{ path: '.github/workflows/ci.yml', oid: '3'.repeat(40) }]), pulls: [pull('open')] }, 'left'],
  ['an author without an account', CHANGES, { branch: branch([commit(CONTENT, { author: null })]), pulls: [pull('open')] }, 'left'],
  ['a person pressed "Update branch"', CHANGES, { branch: branch([commit(CONTENT), commit(CONTENT, { author: 'ada', message: 'Merge branch', parents: 2 })]), pulls: [pull('open')] }, 'left'],
  ['a merge with our own trailer', CHANGES, { branch: branch([commit(CONTENT, { parents: 2 })]), pulls: [pull('open')] }, 'left'],
  ['more on the branch than is listed', CHANGES, { branch: branch([commit(CONTENT)], FILES, { isWhole: false }), pulls: [pull('open')] }, 'left'],
  ['a person pushed, nothing is left', NOTHING, { branch: branch([commit(CONTENT), commit(CONTENT, { author: 'ada', message: 'x' })]), pulls: [pull('open')] }, 'left'],
  ['a person opened it from our branch', CHANGES, { branch: OURS, pulls: [pull('open', { body: 'Mine.', author: 'ada' })] }, 'left'],
  ['a person with our marker in it', CHANGES, { branch: OURS, pulls: [pull('open', { author: 'ada' })] }, 'left'],
  ['somebody else’s branch of our name', CHANGES, { branch: branch([commit(CONTENT, { author: 'ada', message: 'x' })]) }, 'left'],
  ['a person closed it', CHANGES, { branch: OURS, pulls: [pull('closed')] }, 'left'],
  ['a person closed it and deleted the branch', CHANGES, { pulls: [pull('closed')] }, 'left'],
  ['a person closed it, planned anew', CHANGES, { branch: OURS_OLD, pulls: [pull('closed', { body: OLD_BODY })] }, 'left'],
  ['a person closed it, nothing is left', NOTHING, { branch: OURS, pulls: [pull('closed')] }, 'left'],
  ['somebody else’s closed pull request', CHANGES, { pulls: [pull('closed', { author: 'ada', body: '' })] }, 'left'],
  ['we closed it, and something is to be done again', CHANGES, { pulls: [pull('closed', { body: WITHDRAWN })] }, 'created: make-branch, commit, open'],
  ['we closed it, killed before the branch went', CHANGES, { branch: OURS_OLD, pulls: [pull('closed', { body: WITHDRAWN })] }, 'created: commit, open'],
  ['we closed it, killed before the branch went, nothing wanted', NOTHING, { branch: OURS_OLD, pulls: [pull('closed', { body: WITHDRAWN })] }, 'nothing: delete-branch'],
  ['merged, and the plan finds its files changed', REFUSED, { pulls: [pull('merged')] }, 'merged'],
  ['merged, and another plan cannot say', REFUSED, { pulls: [pull('merged', { body: OLD_BODY })] }, 'refused'],
  ['merged, nothing is left', NOTHING, { branch: OURS, pulls: [pull('merged')] }, 'merged'],
  ['merged, and reverted since', CHANGES, { pulls: [pull('merged')] }, 'left'],
  ['merged, and there is more', CHANGES, { branch: OURS_OLD, pulls: [pull('merged', { body: OLD_BODY })] }, 'next'],
  ['merged, then a new one open', CHANGES, { branch: OURS, pulls: [pull('open', { number: 9 }), pull('merged', { body: OLD_BODY })] }, 'unchanged'],
];

describe('what is to be done about a branch', () => {
  test.each(TABLE)('%s', (_name, wanted, found, expected) => {
    expect(words(decide(wanted, { attempt: 1, branch: undefined, pulls: [], ...found }, ME))).toBe(expected);
  });

  test('whoever the token is, what is there is not ours when it cannot be asked', () => {
    expect(words(decide(CHANGES, { attempt: 1, branch: OURS, pulls: [pull('open')] }, null))).toBe('left');
    expect(words(decide(CHANGES, { attempt: 1, branch: OURS, pulls: [] }, null))).toBe('left');
    expect(words(decide(CHANGES, { attempt: 1, branch: OURS, pulls: [pull('open')] }, 'DEKEY-Bot'))).toBe('unchanged');
  });

  test('a commit on top goes on the head that was looked at, and files of an earlier one go back', () => {
    const decision = decide(CHANGES, { attempt: 1, branch: branch([commit(OLD_CONTENT)], OLD_FILES), pulls: [pull('open', { body: OLD_BODY })] }, ME);
    expect(decision).toMatchObject({ steps: [{ kind: 'commit', on: 'c'.repeat(40), restore: ['.github/workflows/ci.yml'], mergeBase: 'd'.repeat(40) }, { kind: 'edit', number: 7, title: 'ci: title' }] });
  });

  test('nothing is ever forced, merged or dispatched: there is no step for it', () => {
    const kinds = new Set(TABLE.flatMap(([, wanted, found]) => {
      const decision = decide(wanted, { attempt: 1, branch: undefined, pulls: [], ...found }, ME);
      return decision.kind === 'act' ? decision.steps.map(({ kind }) => kind) : [];
    }));
    expect([...kinds].toSorted()).toEqual(['advance-branch', 'close', 'commit', 'delete-branch', 'edit', 'make-branch', 'open']);
  });

  test('no step touches a branch on which a person has been', () => {
    const foreign = branch([commit(CONTENT), commit(CONTENT, { author: 'ada', message: 'x' })]);
    for (const wanted of [CHANGES, NOTHING, REFUSED]) {
      for (const pulls of [[], [pull('open')], [pull('closed')], [pull('closed', { body: WITHDRAWN })], [pull('merged')]]) expect(decide(wanted, { attempt: 1, branch: foreign, pulls }, ME).kind).toBe('stay');
    }
  });

  test.each<[string, Partial<Found>, string]>([
    ['none', {}, 'nothing'], ['a branch only', { branch: OURS }, 'held'], ['open', { branch: OURS, pulls: [pull('open')] }, 'unchanged'], ['merged', { pulls: [pull('merged')] }, 'merged'],
    ['closed by a person', { pulls: [pull('closed')] }, 'left'], ['closed by us', { pulls: [pull('closed', { body: WITHDRAWN })] }, 'nothing'], ['not ours', { pulls: [pull('open', { author: 'ada' })] }, 'left'],
    ['pushed to', { branch: branch([commit(CONTENT, { author: 'ada' })]), pulls: [pull('open')] }, 'left'],
  ])('how it stands: %s', (_name, found, outcome) => {
    expect(standing({ attempt: 1, branch: undefined, pulls: [], ...found }, ME).outcome).toBe(outcome);
  });
});

function words(decision: ReturnType<typeof decide>): string {
  if (decision.kind === 'next') return 'next';
  return decision.kind === 'stay' ? decision.outcome : `${decision.outcome}: ${decision.steps.map(({ kind }) => kind).join(', ')}`;
}
