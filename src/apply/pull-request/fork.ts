import { isGithubError } from '../../github/errors.ts';
import type { GithubApi } from '../../github/types.ts';
import { at, textAt } from './answers.ts';
import { FAMILY, headOf } from './look.ts';
import { fullName, ownerAndName, type RepositoryName } from './names.ts';
import type { RepositoryFacts } from './read.ts';

export interface Fork {
  readonly owner: string;
  readonly name: string;
}

/** The fork that `actor` has of a repository under the same name; undefined when there is none. Reads only. */
export async function findFork(api: GithubApi, { name, owner }: RepositoryName, actor: string): Promise<Fork | undefined> {
  try {
    const { data } = await api.get(FAMILY, `/repos/${encodeURIComponent(actor)}/${name}`);
    const parent = textAt(data, 'parent', 'full_name') ?? textAt(data, 'source', 'full_name') ?? '';
    return at(data, 'fork') === true && parent.toLowerCase() === fullName({ owner, name }).toLowerCase() ? ownerAndName(textAt(data, 'full_name') ?? '') : undefined;
  } catch (error) {
    if (isGithubError(error) && error.github.status === 404) return undefined;
    throw error;
  }
}

/** A fork takes GitHub minutes at most; then somebody should look. */
const TRIES = 12;
const FIRST_WAIT = 2000;
const LONGEST_WAIT = 30_000;

/** Makes the fork, or finds it: GitHub makes no second one. Waits until its branches are there; undefined when they are not after minutes. */
export async function makeFork(api: GithubApi, { name, base }: RepositoryFacts, wait: (milliseconds: number) => Promise<void>): Promise<Fork | undefined> {
  const { data } = await api.send(FAMILY, 'POST', `/repos/${name.owner}/${name.name}/forks`, { default_branch_only: true });
  const fork = ownerAndName(textAt(data, 'full_name') ?? '');
  if (fork === undefined) return undefined;
  for (let attempt = 0, pause = FIRST_WAIT; attempt < TRIES; attempt += 1, pause = Math.min(2 * pause, LONGEST_WAIT)) {
    if (await isThere(api, fork, base)) return fork;
    await wait(pause);
  }
  return undefined;
}

async function isThere(api: GithubApi, fork: Fork, base: string): Promise<boolean> {
  try {
    return (await headOf(api, fork, base)) !== undefined;
  } catch (error) {
    if (isGithubError(error) && (error.github.status === 404 || error.github.status === 409)) return false;
    throw error;
  }
}
