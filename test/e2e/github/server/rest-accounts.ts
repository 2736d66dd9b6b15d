/** Organisations, users, Apps and limits. */
import { createVerify } from 'node:crypto';
import { isFields, readFields } from '../../plan/http.ts';
import { type Call, failure, type Handler, invalidSimply, NOT_FOUND, ok, paged, type Reply, text, visible } from './reply.ts';
import { accountShape, minimalRepositoryShape, organizationShape, repositoryShape, runnerShape, sharedShape, userShape } from './shapes.ts';
import { type Installation, isSharedWith, type Organization, type Repository, roleOf, type Shared, type Store, type Token } from './state.ts';

function inOrganization(handle: (call: Call, organization: Organization) => Reply): Handler {
  return (call) => {
    const organization = call.world.organization(call.path['org'] ?? '');
    return organization === undefined ? NOT_FOUND : handle(call, organization);
  };
}

function sharedSecrets(store: Store): Readonly<Record<string, Handler>> {
  return {
    [`${store}/list-org-secrets`]: inOrganization((call, organization) => paged(call, organization.secrets[store], (page) => ({ total_count: organization.secrets[store].length, secrets: page.map((secret) => sharedShape(secret, `${call.sites.api}/orgs/${organization.account.login}/${store}/secrets`)) }))),
    [`${store}/list-selected-repos-for-org-secret`]: inOrganization((call, organization) => selectedOf(call, organization.secrets[store].find(({ name }) => name === call.path['secret_name']))),
  };
}

function selectedOf(call: Call, shared: Shared | undefined): Reply {
  if (shared === undefined) return NOT_FOUND;
  const chosen = shared.visibility === 'selected' ? visible(call.token, shared.selected.flatMap((id) => call.world.repositoryById(id) ?? [])) : [];
  return paged(call, chosen, (page) => ({ total_count: chosen.length, repositories: page.map((repository) => minimalRepositoryShape(repository, call.sites, 'read')) }));
}

function sharedVariables(organization: Organization, sites: Call['sites'], page: Organization['variables']): unknown {
  return page.map((variable) => ({ ...sharedShape(variable, `${sites.api}/orgs/${organization.account.login}/actions/variables`), value: variable.value }));
}

function installationShape({ id, appId, slug, permissions, selection, created }: Installation, { account }: Organization, { sites }: Call): unknown {
  return {
    id,
    app_id: appId,
    app_slug: slug,
    account: accountShape(account, sites),
    target_id: account.id,
    target_type: account.type,
    repository_selection: selection,
    access_tokens_url: `${sites.api}/app/installations/${id}/access_tokens`,
    repositories_url: `${sites.api}/installation/repositories`,
    html_url: `${sites.web}/organizations/${account.login}/settings/installations/${id}`,
    permissions,
    events: [],
    single_file_name: null,
    created_at: created,
    updated_at: created,
    suspended_by: null,
    suspended_at: null,
  };
}

function listed(call: Call, repositories: readonly Repository[]): Reply {
  const sort = call.query.get('sort') ?? 'created';
  const key = ({ name, pushed, created }: Repository): string => (sort === 'full_name' ? name : sort === 'pushed' || sort === 'updated' ? pushed : created);
  const isAscending = (call.query.get('direction') ?? (sort === 'full_name' ? 'asc' : 'desc')) === 'asc';
  const type = call.query.get('type') ?? 'all';
  const chosen = repositories.filter(({ visibility, parent }) => type === 'all' || type === 'owner' || type === visibility || (type === 'forks' && parent !== undefined) || (type === 'sources' && parent === undefined));
  const sorted = [...chosen].sort((left, right) => {
    const order = key(left) < key(right) ? -1 : key(left) > key(right) ? 1 : left.id - right.id;
    return isAscending ? order : -order;
  });
  return paged(call, visible(call.token, sorted), (page) => page.map((repository) => minimalRepositoryShape(repository, call.sites, roleOf(call.token, repository) ?? 'read')));
}

function organizationInstallation(call: Call, organization: Organization): Reply {
  const installation = organization.installations.find(({ appId }) => String(appId) === call.token?.account.login);
  return installation === undefined ? NOT_FOUND : ok(installationShape(installation, organization, call));
}

function newInstallationToken(call: Call): Reply {
  for (const organization of call.world.organizations.values()) {
    const installation = organization.installations.find(({ id }) => String(id) === call.path['installation_id']);
    if (installation === undefined || String(installation.appId) !== call.token?.account.login) continue;
    const permissions: Record<string, 'read' | 'write'> = {};
    const asked = isFields(call.body['permissions']) ? call.body['permissions'] : installation.permissions;
    for (const [name, level] of Object.entries(asked)) {
      const held = installation.permissions[name];
      if ((level !== 'read' && level !== 'write') || held === undefined || (level === 'write' && held === 'read')) return invalidSimply('The permissions requested are not granted to this installation.');
      permissions[name] = level;
    }
    const token: Token = {
      text: `${'ghs'}_${call.world.nextId}${'x'.repeat(28)}`,
      account: { login: `${installation.slug}[bot]`, id: installation.appId + 1_000_000, type: 'Bot' },
      kind: 'installation',
      permissions,
      installationId: installation.id,
    };
    call.world.tokens.set(token.text, token);
    call.world.users.set(token.account.login.toLowerCase(), token.account);
    return { status: 201, body: { token: token.text, expires_at: new Date(Date.now() + 3_600_000).toISOString(), permissions, repository_selection: installation.selection } };
  }
  return NOT_FOUND;
}

export const accountHandlers: Readonly<Record<string, Handler>> = {
  'orgs/get': inOrganization((call, organization) => ok(organizationShape(organization, call.sites, call.world.repositoriesOf(organization.account.login), call.token !== undefined))),
  'users/get-by-username': ({ world, path, sites }) => {
    const login = path['username'] ?? '';
    const account = world.user(login) ?? world.organization(login)?.account;
    return account === undefined ? NOT_FOUND : ok(userShape(account, sites, world.repositoriesOf(account.login).filter(({ visibility }) => visibility === 'public').length));
  },
  'users/get-authenticated': ({ world, token, sites }) => {
    if (token === undefined) return failure(401, 'Requires authentication');
    if (token.kind === 'installation' || token.kind === 'app') return failure(403, 'Resource not accessible by integration');
    return ok(userShape(token.account, sites, world.repositoriesOf(token.account.login).length));
  },
  'repos/list-for-org': inOrganization((call, organization) => listed(call, call.world.repositoriesOf(organization.account.login))),
  'repos/list-for-user': (call) => listed(call, call.world.repositoriesOf(call.path['username'] ?? '')),
  'rate-limit/get': ({ limits, token }) => {
    const holder = token?.account.login ?? 'nobody';
    const core = limits.state(holder, 'core');
    return ok({ resources: { core, graphql: limits.state(holder, 'graphql'), search: { limit: 30, remaining: 30, used: 0, reset: core.reset } }, rate: core });
  },
  ...sharedSecrets('actions'),
  ...sharedSecrets('dependabot'),
  ...sharedSecrets('codespaces'),
  ...sharedSecrets('agents'),
  'actions/list-org-variables': inOrganization((call, organization) => paged(call, organization.variables, (page) => ({ total_count: organization.variables.length, variables: sharedVariables(organization, call.sites, page) }))),
  'actions/list-selected-repos-for-org-variable': inOrganization((call, organization) => selectedOf(call, organization.variables.find(({ name }) => name === call.path['name']))),
  'agents/list-org-variables': inOrganization((call) => paged(call, [], (page) => ({ total_count: 0, variables: page }))),
  'orgs/list-app-installations': inOrganization((call, organization) => paged(call, organization.installations, (page) => ({ total_count: organization.installations.length, installations: page.map((installation) => installationShape(installation, organization, call)) }))),
  'actions/list-self-hosted-runners-for-org': inOrganization((call, organization) => paged(call, organization.runners, (page) => ({ total_count: organization.runners.length, runners: page.map(runnerShape) }))),
  'actions/get-github-actions-permissions-organization': inOrganization((_, { actions }) => ok({ enabled_repositories: actions.repositories, allowed_actions: actions.allowed })),
  'actions/list-selected-repositories-enabled-github-actions-organization': inOrganization((call) => paged(call, [], (page) => ({ total_count: 0, repositories: page }))),
  'actions/get-github-actions-default-workflow-permissions-organization': inOrganization((_, { workflowToken }) => ok({ default_workflow_permissions: workflowToken.permissions, can_approve_pull_request_reviews: workflowToken.canApprove })),
  'oidc/get-oidc-custom-sub-template-for-org': inOrganization((_, { oidc }) => ok({ include_claim_keys: oidc.claimKeys, use_immutable_subject: oidc.useImmutable })),
  'repos/get-org-rulesets': inOrganization((call) => paged(call, [], (page) => page)),
  'apps/get-authenticated': ({ world, token, sites }) => {
    const app = world.apps.get(Number(token?.account.login));
    if (token?.kind !== 'app' || app === undefined) return failure(401, 'A JSON web token could not be decoded');
    const owner = [...world.organizations.values()][0]?.account;
    return ok({
      id: Number(token.account.login),
      slug: app.slug,
      node_id: `A_${token.account.login}`,
      owner: owner === undefined ? null : accountShape(owner, sites),
      name: app.slug,
      description: null,
      external_url: 'https://dekey.example',
      html_url: `${sites.web}/apps/${app.slug}`,
      created_at: '2026-01-01T00:00:00Z',
      updated_at: '2026-01-01T00:00:00Z',
      permissions: { metadata: 'read' },
      events: [],
    });
  },
  'apps/list-installations': (call) => {
    const all = [...call.world.organizations.values()].flatMap((organization) => organization.installations.filter(({ appId }) => String(appId) === call.token?.account.login).map((installation) => ({ installation, organization })));
    return paged(call, all, (page) => page.map(({ installation, organization }) => installationShape(installation, organization, call)));
  },
  'apps/get-org-installation': inOrganization(organizationInstallation),
  'apps/get-user-installation': (call) => {
    const organization = call.world.organization(call.path['username'] ?? '');
    return organization === undefined ? NOT_FOUND : organizationInstallation(call, organization);
  },
  'apps/get-repo-installation': (call) => {
    const organization = call.world.organization(call.path['owner'] ?? '');
    return organization === undefined ? NOT_FOUND : organizationInstallation(call, organization);
  },
  'apps/create-installation-access-token': newInstallationToken,
  'apps/list-repos-accessible-to-installation': (call) => {
    const all = [...call.world.organizations.values()].filter(({ installations }) => installations.some(({ id }) => id === call.token?.installationId)).flatMap(({ account }) => call.world.repositoriesOf(account.login));
    return paged(call, all, (page) => ({ total_count: all.length, repositories: page.map((repository) => repositoryShape(repository, call.sites, 'read')) }));
  },
};

/** A JSON Web Token of an App, RS256 and at most ten minutes long, becomes a token of that App; undefined when it is none. */
export function appToken(jwt: string, apps: ReadonlyMap<number, { readonly publicKey: string }>): Token | undefined {
  const [head = '', claims = '', signature = ''] = jwt.split('.');
  const said = readFields(Buffer.from(claims, 'base64url').toString('utf8'));
  const issuer = said?.['iss'];
  const id = typeof issuer === 'number' ? String(issuer) : (text(issuer) ?? '');
  const app = apps.get(Number(id));
  if (app === undefined || text(readFields(Buffer.from(head, 'base64url').toString('utf8'))?.['alg']) !== 'RS256') return undefined;
  if (!createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(app.publicKey, Buffer.from(signature, 'base64url'))) return undefined;
  const [from, until, time] = [Number(said?.['iat']), Number(said?.['exp']), Date.now() / 1000];
  if (!(from <= time + 5 && until > time && until <= time + 605)) return undefined;
  return { text: jwt, account: { login: id, id: Number(id), type: 'Bot' }, kind: 'app', permissions: {} };
}

/** Whether an organisation's secret or variable reaches a repository. */
export function reaching<T extends Shared>(shared: readonly T[], repository: Repository): readonly T[] {
  return shared.filter((one) => isSharedWith(one, repository));
}
