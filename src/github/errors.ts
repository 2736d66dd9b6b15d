import { DekeyError } from '../model/errors.ts';

/** What is known of a refusal or a fault. */
export interface GithubFailure {
  /** 0 when there was no whole answer. */
  readonly status: number;
  readonly family: string;
  /** `GET /repos/acme/app`. */
  readonly request: string;
  /** GitHub's own words, at most 500 characters; from outside, so to be escaped where it is printed. */
  readonly said: string;
  /** `secrets=read`, from `X-Accepted-GitHub-Permissions`. */
  readonly permissions?: string;
  /** The organisation wants a single sign-on session for this token (`X-GitHub-SSO`). */
  readonly needsSso: boolean;
  /** For a request that changes something: it may have been carried out. */
  readonly isUncertain: boolean;
  /** The body of a refusal, parsed: `errors[]` of a 422. */
  readonly data?: unknown;
}

/** GitHub refused, or could not be reached. Printed like any target that cannot be read, and ends a run that needs the answer with exit code 3. */
export class GithubError extends DekeyError {
  override readonly name = 'TargetError';
  readonly github: GithubFailure;

  constructor(host: string, github: GithubFailure) {
    const said = github.said === '' ? '' : `: ${github.said}`;
    super(github.status === 0 ? `no whole answer from ${host} to ${github.request}${said}` : `${host} answered ${github.status} to ${github.request}${said}`, fixOf(github));
    this.github = github;
  }
}

/** By what it carries, not by its class: a command with a bundle of its own has a class of its own. */
export function isGithubError(error: unknown): error is GithubError {
  return error instanceof Error && 'github' in error && typeof error.github === 'object';
}

function fixOf({ status, permissions, needsSso, isUncertain }: GithubFailure): string {
  if (needsSso) return 'Authorise the token for single sign-on of the organisation.';
  if (isUncertain) return 'Run again: what is there already is found and not made twice.';
  if (status === 401) return 'The token is not valid any more: set GITHUB_TOKEN, or log in with gh auth login.';
  if (status === 403 || status === 404) return permissions === undefined ? 'Check the name, and what the token may read: dekey explain github.' : `The token needs ${permissions}: dekey explain github.`;
  if (status === 451) return 'The repository is blocked for legal reasons.';
  if (status >= 500 || status === 0) return 'Run again later: what has been read is kept.';
  return 'See dekey explain github.';
}
