import type { StoreId } from '../../model/account.ts';

/** A permission of a fine-grained token or a GitHub App. */
export interface Permission {
  /** As the settings page of a fine-grained token calls it. */
  readonly title: string;
  readonly of: 'repository' | 'organization';
  /** As an App's manifest and `X-Accepted-GitHub-Permissions` call it; undefined where no published text of GitHub's says. */
  readonly key?: string;
}

/** Something the source asks for: a row of the budget, and of what a token has to be allowed. */
export interface Endpoint {
  readonly family: string;
  /** What is read, for a sentence that says that it could not be. */
  readonly title: string;
  /** As GitHub's documentation writes it. */
  readonly path: string;
  readonly permission: Permission;
  readonly store?: StoreId;
  /** Also with `--quick`. */
  readonly isQuick: boolean;
  /** Not on GitHub Enterprise Server. */
  readonly isCloudOnly: boolean;
}

function repository(title: string, key?: string): Permission {
  return { title, of: 'repository', ...(key === undefined ? {} : { key }) };
}

function organization(title: string, key?: string): Permission {
  return { title, of: 'organization', ...(key === undefined ? {} : { key }) };
}

const METADATA = repository('Metadata', 'metadata');
const CONTENTS = repository('Contents', 'contents');
const ADMINISTRATION = repository('Administration', 'administration');
const ORGANIZATION_ADMINISTRATION = organization('Administration', 'organization_administration');

function endpoint(family: string, title: string, path: string, permission: Permission, { store, isQuick = false, isCloudOnly = false }: Partial<Pick<Endpoint, 'store' | 'isQuick' | 'isCloudOnly'>> = {}): Endpoint {
  return { family, title, path, permission, isQuick, isCloudOnly, ...(store === undefined ? {} : { store }) };
}

/**
 * Everything that is asked, once: the source takes its paths' families and titles from here, `dekey explain github` its permissions.
 *
 * Source: workload-platforms.md 8.1 and GitHub's OpenAPI description; keys of permissions as GitHub's pages on fine-grained tokens list them (read 2026-11-29). They do
 * not list those of agents.
 */
export const ENDPOINTS = {
  repositories: endpoint('repositories', 'list of repositories', 'POST /graphql (repositories, default branch, workflow files)', METADATA, { isQuick: true }),
  branchProtection: endpoint('repositories', 'branch protection', 'POST /graphql (branchProtectionRule, rules)', ADMINISTRATION),
  deployKeys: endpoint('repositories', 'deploy keys', 'POST /graphql (deployKeys)', ADMINISTRATION),

  organizationActionsSecrets: endpoint('organization-secrets', 'Actions secrets of the organisation', 'GET /orgs/{org}/actions/secrets', organization('Secrets', 'organization_secrets'), { store: 'github-actions', isQuick: true }),
  organizationDependabotSecrets: endpoint('organization-secrets', 'Dependabot secrets of the organisation', 'GET /orgs/{org}/dependabot/secrets', organization('Dependabot secrets', 'organization_dependabot_secrets'), { store: 'github-dependabot' }),
  organizationCodespacesSecrets: endpoint('organization-secrets', 'Codespaces secrets of the organisation', 'GET /orgs/{org}/codespaces/secrets', organization('Codespaces secrets', 'organization_codespaces_secrets'), { store: 'github-codespaces', isCloudOnly: true }),
  organizationAgentsSecrets: endpoint('organization-secrets', 'agent secrets of the organisation', 'GET /orgs/{org}/agents/secrets', organization('Agent secrets'), { store: 'github-agents', isQuick: true, isCloudOnly: true }),
  organizationActionsVariables: endpoint('organization-variables', 'Actions variables of the organisation', 'GET /orgs/{org}/actions/variables', organization('Variables', 'organization_actions_variables')),
  organizationAgentsVariables: endpoint('organization-variables', 'agent variables of the organisation', 'GET /orgs/{org}/agents/variables', organization('Agent variables'), { isCloudOnly: true }),
  installations: endpoint('organization-settings', 'installed Apps', 'GET /orgs/{org}/installations', ORGANIZATION_ADMINISTRATION),
  runners: endpoint('organization-settings', 'self-hosted runners', 'GET /orgs/{org}/actions/runners', organization('Self-hosted runners', 'organization_self_hosted_runners')),
  actionsPermissions: endpoint('organization-settings', 'Actions policy of the organisation', 'GET /orgs/{org}/actions/permissions', ORGANIZATION_ADMINISTRATION),
  organizationWorkflowToken: endpoint('organization-settings', 'rights of the workflow token in the organisation', 'GET /orgs/{org}/actions/permissions/workflow', ORGANIZATION_ADMINISTRATION),
  organizationSubject: endpoint('organization-settings', 'OIDC subject of the organisation', 'GET /orgs/{org}/actions/oidc/customization/sub', ORGANIZATION_ADMINISTRATION),

  actionsSecrets: endpoint('repository-secrets', 'Actions secrets', 'GET /repos/{owner}/{repo}/actions/secrets', repository('Secrets', 'secrets'), { store: 'github-actions', isQuick: true }),
  dependabotSecrets: endpoint('repository-secrets', 'Dependabot secrets', 'GET /repos/{owner}/{repo}/dependabot/secrets', repository('Dependabot secrets', 'dependabot_secrets'), { store: 'github-dependabot' }),
  codespacesSecrets: endpoint('repository-secrets', 'Codespaces secrets', 'GET /repos/{owner}/{repo}/codespaces/secrets', repository('Codespaces secrets', 'codespaces_secrets'), { store: 'github-codespaces', isCloudOnly: true }),
  agentsSecrets: endpoint('repository-secrets', 'agent secrets', 'GET /repos/{owner}/{repo}/agents/secrets', repository('Agent secrets'), { store: 'github-agents', isQuick: true, isCloudOnly: true }),
  sharedSecrets: endpoint('repository-secrets', 'Actions secrets that the organisation shares with it', 'GET /repos/{owner}/{repo}/actions/organization-secrets', repository('Secrets', 'secrets'), { store: 'github-actions' }),
  actionsVariables: endpoint('repository-variables', 'Actions variables', 'GET /repos/{owner}/{repo}/actions/variables', repository('Variables', 'actions_variables')),
  workflowToken: endpoint('repository-settings', 'rights of the workflow token', 'GET /repos/{owner}/{repo}/actions/permissions/workflow', ADMINISTRATION),
  subject: endpoint('repository-settings', 'OIDC subject', 'GET /repos/{owner}/{repo}/actions/oidc/customization/sub', repository('Actions', 'actions')),
  environments: endpoint('environments', 'environments', 'GET /repos/{owner}/{repo}/environments', repository('Actions', 'actions')),
  environmentSecrets: endpoint('environment-secrets', 'secrets of an environment', 'GET /repos/{owner}/{repo}/environments/{environment_name}/secrets', repository('Environments', 'environments'), { store: 'github-actions' }),
  trees: endpoint('trees', 'files of the default branch', 'GET /repos/{owner}/{repo}/tarball/{ref}', CONTENTS),
  files: endpoint('workflow-files', 'workflow files', 'POST /graphql (object)', CONTENTS, { isQuick: true }),
} as const satisfies Readonly<Record<string, Endpoint>>;

/** What opening pull requests needs besides: for a second token or App, so that the one that reads everything can change nothing. */
export const PULL_REQUEST_PERMISSIONS: readonly (Permission & { readonly access: 'read' | 'write'; readonly why: string })[] = [
  { ...METADATA, access: 'read', why: 'find the repository' },
  { ...CONTENTS, access: 'write', why: 'make a branch of its own and one commit on it' },
  { ...repository('Pull requests', 'pull_requests'), access: 'write', why: 'open, update and close the pull request' },
  { ...repository('Workflows', 'workflows'), access: 'write', why: 'change files below .github/workflows; the GITHUB_TOKEN of a workflow can never have it' },
];

/** Distinct permissions of the reading table, those of organisations last, in alphabetical order. */
export function readPermissions(): readonly (Permission & { readonly reads: readonly string[] })[] {
  const byKey = new Map<string, Permission & { reads: string[] }>();
  for (const { permission, title } of Object.values<Endpoint>(ENDPOINTS)) {
    const key = `${permission.of === 'organization' ? 1 : 0} ${permission.title}`;
    const known = byKey.get(key) ?? { ...permission, reads: [] };
    known.reads.push(title);
    byKey.set(key, known);
  }
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}
