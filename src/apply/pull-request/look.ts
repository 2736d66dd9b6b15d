import type { GithubApi } from '../../github/types.ts';
import { at, listAt, numberAt, oidAt, textAt, urlAt } from './answers.ts';
import type { FileId } from './content.ts';
import type { Found, FoundBranch, FoundCommit, FoundPull } from './decide.ts';
import { branchName, fullName, inPath, type RepositoryName } from './names.ts';
import type { RepositoryFacts } from './read.ts';

/** Where the branch of a pull request is. */
export interface Place {
  readonly facts: RepositoryFacts;
  /** Of the repository itself, or of a fork of it. */
  readonly owner: string;
  readonly name: string;
  /** Registry id; null for one pull request a repository. */
  readonly provider: string | null;
}

export const FAMILY = 'pull-requests';

/** GitHub lists so many files of a comparison, whatever is asked. */
const MOST_FILES = 300;

/** What is there for one branch name: the branch, compared with the default branch, and its pull requests. Reads only. */
export async function look(api: GithubApi, place: Place, attempt: number): Promise<Found> {
  const { facts, owner, provider } = place;
  const branch = branchName(facts.name, provider, attempt);
  const pulls = await pullsOf(api, facts.name, owner, branch);
  const head = await headOf(api, place, branch);
  return { attempt, branch: head === undefined ? undefined : await compare(api, place, branch, head), pulls };
}

async function pullsOf(api: GithubApi, { owner, name }: RepositoryName, headOwner: string, branch: string): Promise<readonly FoundPull[]> {
  const { data } = await api.get(FAMILY, `/repos/${owner}/${name}/pulls?state=all&head=${encodeURIComponent(`${headOwner}:${branch}`)}&sort=created&direction=desc&per_page=100`);
  return listAt({ data }, 'data')
    // A server that does not know the filter would give all. The repository of a head can be gone.
    .filter((pull) => textAt(pull, 'head', 'ref') === branch && [undefined, headOwner.toLowerCase()].includes(textAt(pull, 'head', 'repo', 'owner', 'login')?.toLowerCase()))
    .flatMap((pull) => pullOf(pull) ?? [])
    .toSorted((a, b) => b.number - a.number);
}

/** A pull request as REST gives it. */
export function pullOf(data: unknown): FoundPull | undefined {
  const number = numberAt(data, 'number');
  const state = textAt(data, 'state');
  if (number === undefined || (state !== 'open' && state !== 'closed')) return undefined;
  const isMerged = textAt(data, 'merged_at') !== undefined;
  return {
    number, url: urlAt(data, 'html_url') ?? '', state: isMerged ? 'merged' : state, isDraft: at(data, 'draft') === true,
    title: textAt(data, 'title') ?? '', body: textAt(data, 'body') ?? '', author: textAt(data, 'user', 'login') ?? null,
  };
}

/** Commit that the branch is at; undefined when there is none. Asked as a list: that a branch is not there is no error. */
export async function headOf(api: GithubApi, { owner, name }: Pick<Place, 'owner' | 'name'>, branch: string): Promise<string | undefined> {
  const { data } = await api.get(FAMILY, `/repos/${owner}/${name}/git/matching-refs/heads/${inPath(branch)}`);
  return oidAt(listAt({ data }, 'data').find((ref) => textAt(ref, 'ref') === `refs/heads/${branch}`), 'object', 'sha');
}

async function compare(api: GithubApi, { facts, owner, name }: Place, branch: string, head: string): Promise<FoundBranch> {
  const isFork = fullName({ owner, name }).toLowerCase() !== fullName(facts.name).toLowerCase();
  const { data } = await api.get(FAMILY, `/repos/${facts.name.owner}/${facts.name.name}/compare/${facts.head}...${isFork ? `${owner}%3A${inPath(branch)}` : head}`);
  const commits = listAt(data, 'commits').map((commit): FoundCommit => ({
    oid: textAt(commit, 'sha') ?? '', author: textAt(commit, 'author', 'login') ?? null, message: textAt(commit, 'commit', 'message') ?? '', parents: listAt(commit, 'parents').length,
  }));
  const files = listAt(data, 'files').map((file): FileId => {
    const status = textAt(file, 'status') ?? '';
    return { path: textAt(file, 'filename') ?? '', oid: status === 'modified' || status === 'added' || status === 'changed' ? (oidAt(file, 'sha') ?? status) : status };
  });
  const mergeBase = oidAt(data, 'merge_base_commit', 'sha');
  const isWhole = mergeBase !== undefined && numberAt(data, 'total_commits') === commits.length && files.length < MOST_FILES && (commits.at(-1)?.oid ?? head) === head;
  return { name: branch, head, mergeBase: mergeBase ?? facts.head, commits, isWhole, files };
}
