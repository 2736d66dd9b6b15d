import type { GithubApi } from '../../github/types.ts';
import { PULL_REQUEST_PERMISSIONS } from '../../sources/github/families.ts';
import { FAMILY } from './look.ts';

export interface Rights {
  /** Why it cannot be begun. */
  readonly refusal: { readonly reason: string; readonly fix: string } | null;
  /** Said before it starts. */
  readonly note: string | null;
}

/** What making pull requests needs of the token. */
export interface Needs {
  readonly workflows: boolean;
  /** Some of the repositories are not public. */
  readonly isPrivate: boolean;
}

/**
 * What the token may, as far as it can be asked: classic tokens list their scopes in every answer; an App's installation is told with its token; what a
 * fine-grained token may is told by its first refusal only.
 */
export async function rightsOf(api: GithubApi, actor: string | null, needs: Needs): Promise<Rights> {
  const { headers } = await api.get(FAMILY, '/rate_limit');
  const scopes = headers['x-oauth-scopes'];
  if (api.permissions !== undefined) return installed(api.permissions, needs);
  return scopes === undefined ? unlisted(actor, needs) : listed(scopes, needs);
}

/** Pure: the answer to what an installation of an App may. */
export function installed(permissions: Readonly<Record<string, string>>, needs: Needs): Rights {
  const wanted = PULL_REQUEST_PERMISSIONS.filter(({ key, access }) => access === 'write' && (key !== 'workflows' || needs.workflows));
  const missing = wanted.filter(({ key = '' }) => permissions[key] !== 'write').map(({ title }) => title);
  if (missing.length === 0) return { refusal: null, note: null };
  return { refusal: { reason: `The App may not write ${missing.join(', ')} here.`, fix: "Add that to the App's permissions and have the organisation accept it: dekey explain github." }, note: null };
}

/** Pure: the answer to a list of scopes. */
export function listed(text: string, needs: Needs): Rights {
  const scopes = new Set(text.split(',').map((scope) => scope.trim()).filter((scope) => scope !== ''));
  const missing = [
    ...(scopes.has('repo') || (!needs.isPrivate && scopes.has('public_repo')) ? [] : [needs.isPrivate ? 'repo' : 'public_repo']),
    ...(needs.workflows && !scopes.has('workflow') ? ['workflow'] : []),
  ];
  if (missing.length === 0) return { refusal: null, note: null };
  return { refusal: { reason: `The token has not the ${missing.length === 1 ? 'scope' : 'scopes'} ${missing.join(' and ')}.`, fix: `Make one that has, or: gh auth refresh -s ${missing.join(',')}` }, note: null };
}

function unlisted(actor: string | null, needs: Needs): Rights {
  if (actor === 'github-actions[bot]' && needs.workflows) {
    return { refusal: { reason: 'The token of a workflow run can never change workflow files.', fix: 'Use an App or a token of your own with Contents, Pull requests and Workflows: write.' }, note: null };
  }
  const what = needs.workflows ? 'Contents, Pull requests and Workflows: write' : 'Contents and Pull requests: write';
  return { refusal: null, note: `Needed of the token: ${what}. Whether this one has them cannot be asked; the first refusal stops the run.` };
}

/** GitHub wants the workflow permission for a change of these. */
export function isWorkflow(path: string): boolean {
  return path.startsWith('.github/workflows/');
}
