/**
 * What a token needs for each operation. Source: "Permissions required for fine-grained personal access tokens" and "... for GitHub Apps" in GitHub's REST documentation,
 * read in November 2026; scopes of classic tokens stand in the descriptions of the operations.
 */
import { type Repository, type Role, roleOf, type Token } from './state.ts';

export type Level = 'read' | 'write';

/** Every inner list is enough by itself; all of it is needed. */
type Needs = readonly (readonly (readonly [permission: string, level: Level])[])[];

interface Rule {
  readonly needs: Needs;
  /** Any of these scopes is enough for a classic token; none: every token will do. */
  readonly scopes: readonly string[];
  /** Least role in the repository; for what a public repository tells everybody, `read`. */
  readonly role?: Role;
  /** Public repositories answer to anybody. */
  readonly isPublic?: boolean;
}

const SECRETS: Readonly<Record<string, readonly [repository: string, organization: string]>> = {
  actions: ['secrets', 'organization_secrets'],
  dependabot: ['dependabot_secrets', 'organization_dependabot_secrets'],
  codespaces: ['codespaces_secrets', 'organization_codespaces_secrets'],
  agents: ['agent_secrets', 'organization_agent_secrets'],
};
const ORGANIZATION = '/orgs/{org}';
const REPOSITORY = '/repos/{owner}/{repo}';

function rules(): ReadonlyMap<string, Rule> {
  const made = new Map<string, Rule>();
  const organization = (path: string, permission: string, scopes: readonly string[] = ['admin:org']): void => {
    made.set(`GET ${ORGANIZATION}${path}`, { needs: [[[permission, 'read']]], scopes });
  };
  const repository = (operation: string, needs: Needs, role: Role = 'read', isPublic = false): void => {
    const [method = '', path = ''] = operation.split(' ');
    made.set(`${method} ${REPOSITORY}${path}`, { needs, scopes: ['repo'], role, isPublic });
  };
  for (const [store, [ofRepository, ofOrganization]] of Object.entries(SECRETS)) {
    organization(`/${store}/secrets`, ofOrganization);
    organization(`/${store}/secrets/{secret_name}/repositories`, ofOrganization);
    repository(`GET /${store}/secrets`, [[[ofRepository, 'read']]], 'write');
  }
  organization('/actions/variables', 'organization_actions_variables');
  organization('/actions/variables/{name}/repositories', 'organization_actions_variables');
  organization('/agents/variables', 'organization_agent_variables');
  organization('/installations', 'organization_administration', ['read:org', 'admin:org']);
  organization('/actions/runners', 'organization_self_hosted_runners');
  organization('/actions/permissions', 'organization_administration');
  organization('/actions/permissions/repositories', 'organization_administration');
  organization('/actions/permissions/workflow', 'organization_administration');
  organization('/actions/oidc/customization/sub', 'organization_administration', ['read:org', 'write:org', 'admin:org']);
  organization('/rulesets', 'organization_administration');

  const either = (level: Level): Needs => [[['issues', level]], [['pull_requests', level]]];
  repository('GET ', [[['metadata', 'read']]], 'read', true);
  repository('GET /actions/organization-secrets', [[['secrets', 'read']]], 'write');
  repository('GET /agents/organization-secrets', [[['agent_secrets', 'read']]], 'write');
  repository('GET /actions/organization-variables', [[['actions_variables', 'read']]], 'write');
  repository('GET /actions/variables', [[['actions_variables', 'read']]], 'write');
  repository('GET /agents/variables', [[['agent_variables', 'read']]], 'write');
  repository('GET /actions/permissions', [[['administration', 'read']]], 'admin');
  repository('GET /actions/permissions/workflow', [[['administration', 'read']]], 'admin');
  repository('GET /actions/oidc/customization/sub', [[['actions', 'read']]]);
  repository('GET /actions/runners', [[['administration', 'read']]], 'admin');
  repository('GET /environments', [[['actions', 'read']]], 'read', true);
  repository('GET /environments/{environment_name}/secrets', [[['environments', 'read']]], 'write');
  repository('GET /environments/{environment_name}/variables', [[['environments', 'read']]], 'write');
  for (const path of ['/branches', '/branches/{branch}', '/tarball/{ref}', '/contents/{path}', '/commits', '/commits/{ref}', '/compare/{basehead}']) repository(`GET ${path}`, [[['contents', 'read']]], 'read', true);
  for (const path of ['/git/ref/{ref}', '/git/matching-refs/{ref}', '/git/commits/{commit_sha}', '/git/trees/{tree_sha}', '/git/blobs/{file_sha}']) repository(`GET ${path}`, [[['contents', 'read']]], 'read', true);
  repository('GET /branches/{branch}/protection', [[['administration', 'read']]], 'admin');
  repository('GET /rules/branches/{branch}', [[['metadata', 'read']]], 'read', true);
  repository('GET /keys', [[['administration', 'read']]], 'admin');
  for (const operation of ['POST /git/refs', 'PATCH /git/refs/{ref}', 'DELETE /git/refs/{ref}', 'POST /git/commits', 'POST /git/trees', 'POST /git/blobs', 'POST /merge-upstream']) repository(operation, [[['contents', 'write']]], 'write');
  for (const path of ['/pulls', '/pulls/{pull_number}', '/pulls/{pull_number}/commits', '/pulls/{pull_number}/requested_reviewers']) repository(`GET ${path}`, [[['pull_requests', 'read']]], 'read', true);
  repository('POST /pulls', [[['pull_requests', 'write']]]);
  repository('PATCH /pulls/{pull_number}', [[['pull_requests', 'write']]]);
  repository('POST /pulls/{pull_number}/requested_reviewers', [[['pull_requests', 'write']]], 'write');
  for (const path of ['/issues', '/issues/{issue_number}', '/issues/{issue_number}/comments', '/issues/{issue_number}/labels', '/labels', '/labels/{name}']) repository(`GET ${path}`, either('read'), 'read', true);
  repository('POST /issues', [[['issues', 'write']]]);
  repository('PATCH /issues/{issue_number}', either('write'));
  repository('POST /issues/{issue_number}/comments', either('write'));
  repository('POST /issues/{issue_number}/labels', either('write'), 'write');
  repository('POST /labels', either('write'), 'write');
  repository('GET /forks', [[['metadata', 'read']]], 'read', true);
  repository('POST /forks', [[['administration', 'write'], ['contents', 'read']]]);
  repository('GET /collaborators/{username}/permission', [[['metadata', 'read']]], 'write');
  return made;
}

const RULES = rules();

export function ruleOf(method: string, template: string): Rule | undefined {
  return RULES.get(`${method} ${template}`);
}

/** `contents=write; pull_requests=write`: the header of GitHub's refusals. */
export function acceptedPermissions({ needs }: Rule): string {
  return needs.map((set) => set.map(([permission, level]) => `${permission}=${level}`).join(',')).join('; ');
}

export function hasPermission(token: Token, permission: string, level: Level): boolean {
  if (token.kind === 'classic') return true;
  if (permission === 'metadata') return Object.keys(token.permissions).length > 0;
  const held = token.permissions[permission];
  return held === 'admin' || held === 'write' || (held === 'read' && level === 'read');
}

export function satisfies(token: Token, rule: Rule): boolean {
  if (token.kind === 'classic') return rule.scopes.length === 0 || rule.scopes.some((scope) => token.scopes?.includes(scope) ?? false);
  return rule.needs.some((set) => set.every(([permission, level]) => hasPermission(token, permission, level)));
}

const RANKS: readonly Role[] = ['read', 'write', 'admin'];

export function isAtLeast(token: Token | undefined, repository: Repository, role: Role): boolean {
  const held = roleOf(token, repository);
  return held !== undefined && RANKS.indexOf(held) >= RANKS.indexOf(role);
}

/** Whether a token may change files below `.github/workflows/`. */
export function mayChangeWorkflows(token: Token): boolean {
  return token.kind === 'classic' ? (token.scopes?.includes('workflow') ?? false) : hasPermission(token, 'workflows', 'write');
}
