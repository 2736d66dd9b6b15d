import { createHash } from 'node:crypto';

/** One repository at one GitHub. */
export interface RepositoryName {
  /** `github.com`, lower case. */
  readonly host: string;
  readonly owner: string;
  readonly name: string;
}

/** Logins of users, organisations and managed users (`ada_acme`), and of Apps (`dekey[bot]`). */
const OWNER = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9_])?$/;
const NAME = /^[A-Za-z0-9._-]{1,100}$/;

/** `github.com/acme/app` in parts; undefined for what is no repository at a GitHub: the name goes into addresses, so nothing else may stand in it. */
export function repositoryName(remote: string): RepositoryName | undefined {
  const [host = '', owner = '', name = '', ...rest] = remote.split('/');
  if (rest.length > 0 || !/^[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?(?::\d{1,5})?$/i.test(host)) return undefined;
  return OWNER.test(owner) && isName(name) ? { host: host.toLowerCase(), owner, name } : undefined;
}

/** `acme/app` in parts. */
export function ownerAndName(text: string): { readonly owner: string; readonly name: string } | undefined {
  const [owner = '', name = '', ...rest] = text.split('/');
  return rest.length === 0 && OWNER.test(owner) && isName(name) ? { owner, name } : undefined;
}

function isName(name: string): boolean {
  return NAME.test(name) && name !== '.' && name !== '..';
}

export function fullName({ owner, name }: Pick<RepositoryName, 'owner' | 'name'>): string {
  return `${owner}/${name}`;
}

/** Every branch of ours begins so. */
export const BRANCH_PREFIX = 'dekey/wif-';

/**
 * The branch for one repository, or for one provider in it: `dekey/wif-anthropic-1f3a9c02`. The digest keeps it apart from branches of others, and the same
 * repository has the same branch in every run. Of the names that come from outside only letters and digits are taken, so none can lead it anywhere.
 *
 * @param attempt from 1; a pull request that was merged keeps its branch, and the next one has another.
 */
export function branchName({ host, owner, name }: RepositoryName, provider: string | null, attempt = 1): string {
  const digest = createHash('sha256').update(`${host}/${owner}/${name}`.toLowerCase()).digest('hex').slice(0, 8);
  const middle = provider === null ? '' : `${provider.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 40) || 'provider'}-`;
  return `${BRANCH_PREFIX}${middle}${digest}${attempt === 1 ? '' : `-${attempt}`}`;
}

/** A branch name from an answer in the path of an address: `/` stays. */
export function inPath(ref: string): string {
  return ref.split('/').map(encodeURIComponent).join('/');
}
