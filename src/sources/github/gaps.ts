import type { Skipped } from '../../model/inventory.ts';
import { isGithubError } from '../../github/errors.ts';
import type { Endpoint } from './families.ts';

/** What could not be read of one target, and what was left out of it. One repository's failure never stops the run. */
export class Gaps {
  readonly skipped: Skipped[] = [];

  add(reason: string, examples: readonly string[] = [], incomplete = true): void {
    this.skipped.push({ reason, count: Math.max(1, examples.length), examples, incomplete });
  }

  /**
   * Runs `read`; when GitHub refuses, or does not answer, that is noted and `undefined` given.
   *
   * @throws whatever is no refusal of GitHub's: a full disk is not one repository's failure
   */
  async attempt<T>(endpoint: Endpoint, read: () => Promise<T>, examples: readonly string[] = []): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!isGithubError(error)) throw error;
      const { status, needsSso, permissions } = error.github;
      this.add(refusal(endpoint, status, needsSso, permissions), examples);
      return undefined;
    }
  }

  /** A part of a GraphQL answer that is null because of `type`. */
  refused(endpoint: Endpoint, type: string): void {
    this.add(`${endpoint.title}: not readable (${type === '' ? 'GraphQL error' : type}, needs ${needed(endpoint)})`);
  }
}

function refusal(endpoint: Endpoint, status: number, needsSso: boolean, permissions: string | undefined): string {
  const { title } = endpoint;
  if (needsSso) return `${title}: not readable (${status}, the token has no single sign-on session of the organisation)`;
  if (status === 451) return `${title}: not readable (451, blocked for legal reasons)`;
  if (status === 401 || status === 403 || status === 404) return `${title}: not readable (${status}, needs ${permissions ?? needed(endpoint)})`;
  return `${title}: not readable (${status === 0 ? 'no answer' : status})`;
}

function needed({ permission }: Endpoint): string {
  return permission.key === undefined ? `the permission ${permission.title} of the ${permission.of === 'organization' ? 'organisation' : 'repository'}` : `${permission.key}=read`;
}
