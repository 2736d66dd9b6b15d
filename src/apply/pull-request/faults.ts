import { isGithubError } from '../../github/errors.ts';
import type { GraphqlProblem } from '../../github/types.ts';

/** What a failed request means for what was being done. */
export type Fault =
  /** It may have been carried out, or something has changed meanwhile: look what is there, and go on from that. */
  | { readonly kind: 'again'; readonly reason: string; readonly fix: string }
  /** The token may not. */
  | { readonly kind: 'permission'; readonly reason: string; readonly fix: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly fix: string };

/** GitHub's answer to a mutation that it did not carry out. */
export class MutationRefused extends Error {
  override readonly name = 'MutationRefused';
  readonly problems: readonly GraphqlProblem[];

  constructor(problems: readonly GraphqlProblem[]) {
    super('a mutation was refused');
    this.problems = problems;
  }
}

/** Everything that making pull requests takes. */
export const RIGHTS = 'Contents, Pull requests and Workflows: write (a classic token: the scopes repo and workflow)';

/** @throws `error` itself when it is none of GitHub's */
export function faultOf(error: unknown): Fault {
  if (error instanceof MutationRefused) return faultOfProblems(error.problems);
  if (!isGithubError(error)) throw error;
  const { status, said, permissions, needsSso, isUncertain, data, request } = error.github;
  const words = `${said} ${JSON.stringify(data ?? '')}`;
  if (needsSso) return { kind: 'permission', reason: 'The organisation wants a single sign-on session for this token.', fix: error.fix };
  if (isUncertain || status === 0 || status >= 500 || status === 409 || (status === 422 && /already exists/i.test(words))) return { kind: 'again', reason: error.message, fix: error.fix };
  if (request.startsWith('GET ')) return { kind: 'failed', reason: error.message, fix: error.fix };
  // A repository that may be read but not written answers 404, too.
  if (status === 401 || status === 403 || status === 404) return permissionFault(words, permissions);
  return { kind: 'failed', reason: error.message, fix: error.fix };
}

function faultOfProblems(problems: readonly GraphqlProblem[]): Fault {
  const words = problems.map(({ message }) => message).join(' ').slice(0, 500);
  if (problems.some(({ type }) => type === 'STALE_DATA') || /expected branch to point to|is at [0-9a-f]{40} but expected/i.test(words)) return { kind: 'again', reason: 'The branch has moved meanwhile.', fix: 'Run again.' };
  if (problems.some(({ type }) => type === 'FORBIDDEN' || type === 'INSUFFICIENT_SCOPES') || /\bworkflows?\b.{0,40}\b(?:permission|scope)|resource not accessible/i.test(words)) return permissionFault(words, undefined);
  return { kind: 'failed', reason: `GitHub did not take the commit: ${words}`, fix: 'See what the branch rules of the repository ask for.' };
}

function permissionFault(words: string, permissions: string | undefined): Fault {
  const isWorkflows = /workflow/i.test(words);
  const missing = permissions !== undefined ? permissions.replaceAll('_', ' ') : isWorkflows ? 'Workflows: write' : undefined;
  return {
    kind: 'permission',
    reason: isWorkflows ? 'The token may not change workflow files.' : 'The token may not write here.',
    fix: `It needs ${missing === undefined ? '' : `${missing}; for all of this, `}${RIGHTS}.`,
  };
}
