import { isGithubError } from '../../github/errors.ts';
import type { GithubApi } from '../../github/types.ts';
import { listAt, oidAt, textAt } from './answers.ts';
import { markerIn, markerLine } from './content.ts';
import type { FoundPull, Step } from './decide.ts';
import { MutationRefused } from './faults.ts';
import { FAMILY, headOf, type Place, pullOf } from './look.ts';
import { branchName, fullName, inPath } from './names.ts';
import type { FileEdit } from './propose.ts';
import { readFiles } from './read.ts';

/** The words of one pull request. */
export interface PullRequestText {
  readonly title: string;
  /** With its hidden lines. */
  readonly body: string;
  /** Of the commit: first line, and the rest with its trailers. */
  readonly headline: string;
  readonly message: string;
}

/** All that is needed to make one pull request. */
export interface Publication {
  readonly place: Place;
  readonly attempt: number;
  readonly edits: readonly FileEdit[];
  readonly text: PullRequestText | null;
  readonly labels: readonly string[];
  /** Logins, and teams as `acme/ai`. */
  readonly reviewers: readonly string[];
  readonly isDraft: boolean;
  /** What a pull request is closed with. */
  readonly farewell: (why: string) => string;
}

export interface Performed {
  readonly pull: FoundPull | null;
  readonly notes: readonly string[];
}

/**
 * Carries out steps in their order. Nothing is taken back when one fails: the next look finds what was made, and the decision goes on from there; only a
 * branch of this very call that got no commit is taken away again.
 *
 * @param before called before the pull request is opened: what is written down then tells a later run that labels and reviewers may be missing
 */
export async function perform(api: GithubApi, publication: Publication, steps: readonly Step[], before: () => Promise<void>): Promise<Performed> {
  const { place, attempt } = publication;
  const branch = branchName(place.facts.name, place.provider, attempt);
  let pull: FoundPull | null = null;
  const notes: string[] = [];
  const isNew = steps.some(({ kind }) => kind === 'make-branch');
  for (const step of steps) {
    switch (step.kind) {
      case 'make-branch':
        await api.send(FAMILY, 'POST', `${repo(place)}/git/refs`, { ref: `refs/heads/${branch}`, sha: place.facts.head });
        break;
      case 'advance-branch':
        await advance(api, place, branch);
        break;
      case 'commit':
        try {
          await commit(api, publication, branch, step);
        } catch (error) {
          if (isNew && (error instanceof MutationRefused || (isGithubError(error) && !error.github.isUncertain))) await deleteBranch(api, place, branch, place.facts.head).catch(() => undefined);
          throw error;
        }
        break;
      case 'open': {
        await before();
        const opened = await open(api, publication, branch);
        pull = opened.pull;
        notes.push(...opened.notes);
        break;
      }
      case 'edit':
        await api.send(FAMILY, 'PATCH', `${base(place)}/pulls/${step.number}`, { title: step.title, body: step.body });
        break;
      case 'close':
        pull = await close(api, publication, step);
        break;
      case 'delete-branch':
        await deleteBranch(api, place, branch, step.head);
        break;
    }
  }
  return { pull, notes };
}

function repo({ owner, name }: Place): string {
  return `/repos/${owner}/${name}`;
}

function base({ facts }: Place): string {
  return `/repos/${facts.name.owner}/${facts.name.name}`;
}

async function advance(api: GithubApi, place: Place, branch: string): Promise<void> {
  if ((await headOf(api, place, branch)) === place.facts.head) return;
  await api.send(FAMILY, 'PATCH', `${repo(place)}/git/refs/heads/${inPath(branch)}`, { sha: place.facts.head, force: false });
}

const COMMIT = 'mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }';

async function commit(api: GithubApi, { place, edits, text }: Publication, branch: string, { on, restore, mergeBase }: Extract<Step, { readonly kind: 'commit' }>): Promise<void> {
  if (text === null) throw new Error('a commit without words');
  const dropped = restore.filter((path) => !edits.some((edit) => edit.path === path));
  const [before] = mergeBase === null || dropped.length === 0 ? [] : await readFiles(api, [{ repository: place.facts.name, commit: mergeBase, paths: dropped }]);
  const restored = dropped.flatMap((path): readonly FileEdit[] => {
    const state = before?.get(path)?.state;
    return state?.kind === 'text' ? [{ path, oid: '', bytes: state.bytes }] : [];
  });
  const additions = [...edits, ...restored].map(({ path, bytes }) => ({ path, contents: bytes.toString('base64') }));
  const { data, errors } = await api.mutate(FAMILY, COMMIT, {
    input: { branch: { repositoryNameWithOwner: fullName(place), branchName: branch }, expectedHeadOid: on ?? place.facts.head, message: { headline: text.headline, body: text.message }, fileChanges: { additions } },
  });
  if (oidAt(data, 'createCommitOnBranch', 'commit', 'oid') === undefined) throw new MutationRefused(errors);
}

async function open(api: GithubApi, publication: Publication, branch: string): Promise<Performed> {
  const { place, text, isDraft } = publication;
  if (text === null) throw new Error('a pull request without words');
  const isFork = fullName(place).toLowerCase() !== fullName(place.facts.name).toLowerCase();
  const request = { title: text.title, body: text.body, head: isFork ? `${place.owner}:${branch}` : branch, base: place.facts.base, ...(isFork ? { maintainer_can_modify: true } : {}) };
  const notes: string[] = [];
  let answer;
  try {
    answer = await api.send(FAMILY, 'POST', `${base(place)}/pulls`, { ...request, draft: isDraft });
  } catch (error) {
    // Private repositories of some plans have no drafts.
    if (!isDraft || !isGithubError(error) || error.github.status !== 422 || !/draft/i.test(`${error.github.said} ${JSON.stringify(error.github.data ?? '')}`)) throw error;
    answer = await api.send(FAMILY, 'POST', `${base(place)}/pulls`, { ...request, draft: false });
    notes.push('It is no draft: this repository has none.');
  }
  const pull = pullOf(answer.data) ?? null;
  return { pull, notes: pull === null ? notes : [...notes, ...(await finish(api, publication, pull))] };
}

/** Labels and reviewers: none of them is worth failing for, so what cannot be had is a note. May be done again. */
export async function finish(api: GithubApi, { place, labels, reviewers }: Publication, { number, author }: FoundPull): Promise<readonly string[]> {
  const notes: string[] = [];
  if (labels.length > 0) {
    const failed = await isRefused(() => api.send(FAMILY, 'POST', `${base(place)}/issues/${number}/labels`, { labels }));
    if (failed) notes.push('The labels could not be put on it.');
  }
  const others = reviewers.filter((reviewer) => reviewer.toLowerCase() !== author?.toLowerCase());
  if (others.length === 0) return notes;
  const ask = (some: readonly string[]): Promise<boolean> => isRefused(() => api.send(FAMILY, 'POST', `${base(place)}/pulls/${number}/requested_reviewers`, {
    reviewers: some.filter((one) => !one.includes('/')), team_reviewers: some.flatMap((one) => (one.includes('/') ? [one.slice(one.indexOf('/') + 1)] : [])),
  }));
  // One that may not review makes GitHub refuse all: then each is asked by itself.
  if (!(await ask(others))) return notes;
  for (const one of others) if (others.length === 1 || (await ask([one]))) notes.push(`${one} could not be asked for a review.`);
  return notes;
}

/** True when GitHub refused. */
async function isRefused(request: () => Promise<unknown>): Promise<boolean> {
  try {
    await request();
    return false;
  } catch (error) {
    if (isGithubError(error) && !error.github.isUncertain && error.github.status >= 400 && error.github.status < 500) return true;
    throw error;
  }
}

const FAREWELL = '<!-- dekey:withdrawn -->';

/** The word first, then the end: a run that was killed between finds its word and does not say it twice. */
async function close(api: GithubApi, { place, farewell }: Publication, { number, why, body }: Extract<Step, { readonly kind: 'close' }>): Promise<FoundPull | null> {
  const comments = await api.all(FAMILY, `${base(place)}/issues/${number}/comments?per_page=100`, (page) => listAt({ page }, 'page'));
  if (!comments.some((comment) => textAt(comment, 'body')?.includes(FAREWELL) === true)) await api.send(FAMILY, 'POST', `${base(place)}/issues/${number}/comments`, { body: `${farewell(why)}\n${FAREWELL}` });
  const marker = markerIn(body);
  const withdrawn = marker === undefined ? body : body.replace(markerLine(marker), markerLine({ ...marker, isWithdrawn: true }));
  const { data } = await api.send(FAMILY, 'PATCH', `${base(place)}/pulls/${number}`, { state: 'closed', body: withdrawn });
  return pullOf(data) ?? null;
}

/** Only while it is where it was looked at: what somebody pushes meanwhile stays. */
async function deleteBranch(api: GithubApi, place: Place, branch: string, head: string): Promise<void> {
  if ((await headOf(api, place, branch)) !== head) return;
  await api.send(FAMILY, 'DELETE', `${repo(place)}/git/refs/heads/${inPath(branch)}`);
}
