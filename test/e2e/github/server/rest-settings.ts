/** What a repository is and how it is set up. */
import type { Fields } from '../../plan/http.ts';
import { acceptedPermissions, isAtLeast } from './permissions.ts';
import { failure, invalid, NOT_FOUND, ok, paged, type Reply, type RepositoryCall, type RepositoryHandler } from './reply.ts';
import { reaching } from './rest-accounts.ts';
import { apiUrl, commitShape, environmentShape, fullRepositoryShape, minimalRepositoryShape, permissionsOf, runnerShape, accountShape } from './shapes.ts';
import { type Environment, fullName, isEmpty, type Named, type Repository, roleOf, type Store, type Variable, now } from './state.ts';

function named({ name, created, updated }: Named): Fields {
  return { name, created_at: created, updated_at: updated };
}

function secretsPage(call: RepositoryCall, secrets: readonly Named[]): Reply {
  return paged(call, secrets, (page) => ({ total_count: secrets.length, secrets: page.map(named) }));
}

function variablesPage(call: RepositoryCall, variables: readonly Variable[]): Reply {
  return paged(call, variables, (page) => ({ total_count: variables.length, variables: page.map((variable) => ({ ...named(variable), value: variable.value })) }));
}

function ownSecrets(store: Store): readonly (readonly [string, RepositoryHandler])[] {
  return [[`${store}/list-repo-secrets`, (call) => secretsPage(call, call.repository.secrets[store])]];
}

function sharedWithRepository(store: Store): RepositoryHandler {
  return (call) => secretsPage(call, reaching(call.world.organization(call.repository.owner.login)?.secrets[store] ?? [], call.repository));
}

function inEnvironment(handle: (call: RepositoryCall, environment: Environment) => Reply): RepositoryHandler {
  return (call) => {
    const environment = call.repository.environments.find(({ name }) => name === call.path['environment_name']);
    return environment === undefined ? NOT_FOUND : handle(call, environment);
  };
}

function protectionShape(repository: Repository, branch: string, api: string): Fields {
  const protection = repository.protections.get(branch);
  const url = `${api}/branches/${encodeURIComponent(branch)}/protection`;
  return {
    url,
    ...(protection === undefined || protection.reviews === 0
      ? {}
      : { required_pull_request_reviews: { url: `${url}/required_pull_request_reviews`, dismiss_stale_reviews: false, require_code_owner_reviews: false, required_approving_review_count: protection.reviews } }),
    enforce_admins: { url: `${url}/enforce_admins`, enabled: protection?.isForAdmins ?? false },
    required_signatures: { url: `${url}/required_signatures`, enabled: protection?.needsSignatures ?? false },
    required_linear_history: { enabled: false },
    allow_force_pushes: { enabled: false },
    allow_deletions: { enabled: false },
    block_creations: { enabled: false },
    required_conversation_resolution: { enabled: false },
    lock_branch: { enabled: false },
    allow_fork_syncing: { enabled: false },
  };
}

function branch(call: RepositoryCall): Reply {
  const { repository, sites, world } = call;
  const name = call.path['branch'] ?? '';
  const oid = repository.git.ref(`refs/heads/${name}`);
  const commit = oid === undefined ? undefined : repository.git.commit(oid);
  if (commit === undefined) return failure(404, 'Branch not found');
  const api = apiUrl(repository, sites);
  const isProtected = repository.protections.has(name);
  return ok({
    name,
    commit: commitShape(commit, repository, sites, (email) => world.user(email.split('@')[0] ?? '')),
    _links: { self: `${api}/branches/${encodeURIComponent(name)}`, html: `${sites.web}/${fullName(repository)}/tree/${name}` },
    protected: isProtected,
    protection: { enabled: isProtected, required_status_checks: { enforcement_level: 'off', contexts: [], checks: [] } },
    protection_url: `${api}/branches/${encodeURIComponent(name)}/protection`,
  });
}

function fork(call: RepositoryCall): Reply {
  const { repository, world, token, body, sites } = call;
  if (token === undefined) return failure(401, 'Requires authentication');
  const name = typeof body['name'] === 'string' ? body['name'] : repository.name;
  const known = world.repository(token.account.login, name);
  if (known !== undefined && known.parent !== repository) return invalid('Fork', 'name', 'already_exists');
  if (isEmpty(repository)) return failure(403, 'The repository exists, but it contains no Git content. Empty repositories cannot be forked.');
  const made = known ?? forkOf(repository, call, name);
  return { status: 202, body: fullRepositoryShape(made, sites, roleOf(token, made) ?? 'read') };
}

function forkOf(repository: Repository, { world, token, body }: RepositoryCall, name: string): Repository {
  const owner = token?.account ?? repository.owner;
  const refs = repository.git.refs('refs/heads/').filter(([ref]) => body['default_branch_only'] !== true || ref === `refs/heads/${repository.defaultBranch}`);
  const made: Repository = {
    ...repository,
    id: world.nextId,
    owner,
    name,
    isArchived: false,
    parent: repository,
    created: now(),
    git: world.store.create(`${owner.login}/${name}`, repository.defaultBranch, Object.fromEntries(refs)),
    secrets: { actions: [], dependabot: [], codespaces: [], agents: [] },
    variables: [],
    environments: [],
    keys: [],
    runners: [],
    protections: new Map(),
    labels: [],
    pulls: [],
    issues: [],
  };
  world.addRepository(made);
  return made;
}

function mergeUpstream(call: RepositoryCall): Reply {
  const { repository, body, token } = call;
  const name = String(body['branch']);
  const theirs = repository.parent?.git.ref(`refs/heads/${name}`);
  const ours = repository.git.ref(`refs/heads/${name}`);
  if (repository.parent === undefined || theirs === undefined || ours === undefined) return { status: 422 };
  if (theirs === ours) return ok({ message: 'This branch is not behind the upstream.', merge_type: 'none', base_branch: `${repository.parent.owner.login}:${name}` });
  if (!isAtLeast(token, repository, 'write') || !repository.git.isAncestor(ours, theirs)) return { status: 409 };
  repository.git.setRef(`refs/heads/${name}`, theirs, ours);
  return ok({ message: `Successfully fetched and fast-forwarded from upstream ${repository.parent.owner.login}:${name}.`, merge_type: 'fast-forward', base_branch: `${repository.parent.owner.login}:${name}` });
}

export const settingsHandlers: Readonly<Record<string, RepositoryHandler>> = {
  'repos/get': ({ repository, sites, role }) => ok(fullRepositoryShape(repository, sites, role)),
  ...Object.fromEntries([...ownSecrets('actions'), ...ownSecrets('dependabot'), ...ownSecrets('codespaces'), ...ownSecrets('agents')]),
  'actions/list-repo-organization-secrets': sharedWithRepository('actions'),
  'agents/list-repo-organization-secrets': sharedWithRepository('agents'),
  'actions/list-repo-organization-variables': (call) => variablesPage(call, reaching(call.world.organization(call.repository.owner.login)?.variables ?? [], call.repository)),
  'actions/list-repo-variables': (call) => variablesPage(call, call.repository.variables),
  'agents/list-repo-variables': (call) => variablesPage(call, []),
  'actions/get-github-actions-permissions-repository': ({ repository: { actions } }) => ok({ enabled: actions.isEnabled, ...(actions.isEnabled ? { allowed_actions: actions.allowed } : {}) }),
  'actions/get-github-actions-default-workflow-permissions-repository': ({ repository: { workflowToken } }) => ok({ default_workflow_permissions: workflowToken.permissions, can_approve_pull_request_reviews: workflowToken.canApprove }),
  'actions/get-custom-oidc-sub-claim-for-repo': (call) => {
    const { oidc, owner, name, id } = call.repository;
    const isImmutable = oidc.useImmutable ?? call.world.organization(owner.login)?.oidc.useImmutable ?? false;
    return ok({
      use_default: oidc.useDefault,
      ...(oidc.claimKeys === undefined ? {} : { include_claim_keys: oidc.claimKeys }),
      ...(oidc.useImmutable === undefined ? {} : { use_immutable_subject: oidc.useImmutable }),
      sub_claim_prefix: isImmutable ? `repo:${owner.login}@${owner.id}/${name}@${id}` : `repo:${owner.login}/${name}`,
    });
  },
  'actions/list-self-hosted-runners-for-repo': (call) => paged(call, call.repository.runners, (page) => ({ total_count: call.repository.runners.length, runners: page.map(runnerShape) })),
  'repos/get-all-environments': (call) => paged(call, call.repository.environments, (page) => ({ total_count: call.repository.environments.length, environments: page.map((environment) => environmentShape(environment, call.repository, call.sites)) })),
  'actions/list-environment-secrets': inEnvironment((call, { secrets }) => secretsPage(call, secrets)),
  'actions/list-environment-variables': inEnvironment((call, { variables }) => variablesPage(call, variables)),
  'repos/list-branches': (call) => {
    const all = call.repository.git.refs('refs/heads/').map(([name, oid]) => ({ name: name.slice('refs/heads/'.length), oid }));
    const wanted = call.query.get('protected') === 'true' ? all.filter(({ name }) => call.repository.protections.has(name)) : all;
    return paged(call, wanted, (page) => page.map(({ name, oid }) => ({ name, commit: { sha: oid, url: `${apiUrl(call.repository, call.sites)}/commits/${oid}` }, protected: call.repository.protections.has(name) })));
  },
  'repos/get-branch': branch,
  'repos/get-branch-protection': ({ repository, path, sites }) => {
    const name = path['branch'] ?? '';
    if (repository.git.ref(`refs/heads/${name}`) === undefined) return failure(404, 'Branch not found');
    return repository.protections.has(name) ? ok(protectionShape(repository, name, apiUrl(repository, sites))) : failure(404, 'Branch not protected');
  },
  'repos/get-branch-rules': (call) => paged(call, [], (page) => page),
  'repos/list-deploy-keys': (call) => paged(call, call.repository.keys, (page) => page.map(({ id, title, key, isReadOnly, created }) => ({ id, key, url: `${apiUrl(call.repository, call.sites)}/keys/${id}`, title, verified: true, created_at: created, read_only: isReadOnly, added_by: null, last_used: null, enabled: true }))),
  'repos/list-forks': (call) => {
    const forks = [...call.world.users.values()].flatMap(({ login }) => call.world.repositoriesOf(login)).filter(({ parent }) => parent === call.repository);
    return paged(call, forks, (page) => page.map((one) => minimalRepositoryShape(one, call.sites, 'read')));
  },
  'repos/create-fork': fork,
  'repos/merge-upstream': mergeUpstream,
  'repos/get-collaborator-permission-level': ({ world, path, sites, role, token }) => {
    const account = world.user(path['username'] ?? '');
    if (account === undefined) return NOT_FOUND;
    const held = account.login === token?.account.login ? role : 'read';
    return ok({ permission: held, role_name: held, user: { ...accountShape(account, sites), permissions: permissionsOf(held), role_name: held } });
  },
};

/** 403 for a token that lacks what the operation needs. */
export function forbidden(call: Pick<RepositoryCall, 'token'>, rule: Parameters<typeof acceptedPermissions>[0]): Reply {
  const by = call.token?.kind === 'installation' ? 'integration' : 'personal access token';
  const classic = call.token?.kind === 'classic';
  return failure(403, classic ? 'Must have admin rights to Repository.' : `Resource not accessible by ${by}`, classic ? { 'x-accepted-oauth-scopes': rule.scopes.join(', '), 'x-oauth-scopes': (call.token?.scopes ?? []).join(', ') } : { 'x-accepted-github-permissions': acceptedPermissions(rule) });
}
