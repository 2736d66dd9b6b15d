/** What the REST API says of the server's state. The published description judges every one of these when it is sent. */
import type { Fields } from '../../plan/http.ts';
import type { CommitOf } from './git.ts';
import { signatureOf } from './git-write.ts';
import { type Account, type Comment, type Environment, fullName, isEmpty, type Issue, type Organization, type Pull, type Repository, type Role, type Runner, type Shared } from './state.ts';

/** Origins, without a slash at the end. */
export interface Sites {
  readonly api: string;
  readonly web: string;
}

export function nodeId(kind: string, ...parts: readonly (number | string)[]): string {
  return `${kind}_${Buffer.from(parts.join(' ')).toString('base64url')}`;
}

/** Kind and parts of what {@link nodeId} made. */
export function fromNodeId(id: string): { readonly kind: string; readonly parts: readonly string[] } {
  const at = id.indexOf('_');
  return { kind: id.slice(0, at), parts: Buffer.from(id.slice(at + 1), 'base64url').toString('utf8').split(' ') };
}

export function accountShape({ login, id, type }: Account, { api, web }: Sites): Fields {
  const url = `${api}/users/${login}`;
  return {
    login,
    id,
    node_id: nodeId(type === 'Organization' ? 'O' : type === 'Bot' ? 'BOT' : 'U', login),
    avatar_url: `${web}/avatars/${id}`,
    gravatar_id: '',
    url,
    html_url: `${web}/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type,
    site_admin: false,
    user_view_type: 'public',
  };
}

export function userShape(account: Account, sites: Sites, repositories: number): Fields {
  const nothing = { name: null, company: null, blog: '', location: null, email: null, hireable: null, bio: null, twitter_username: null };
  return { ...accountShape(account, sites), ...nothing, public_repos: repositories, public_gists: 0, followers: 0, following: 0, created_at: '2015-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z' };
}

export function organizationShape({ account, name, created }: Organization, { api, web }: Sites, repositories: readonly Repository[], isMember: boolean): Fields {
  const url = `${api}/orgs/${account.login}`;
  const open = repositories.filter(({ visibility }) => visibility === 'public').length;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId('O', account.login),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${web}/avatars/${account.id}`,
    description: null,
    name,
    is_verified: false,
    has_organization_projects: true,
    has_repository_projects: true,
    public_repos: open,
    public_gists: 0,
    followers: 0,
    following: 0,
    html_url: `${web}/${account.login}`,
    created_at: created,
    updated_at: created,
    archived_at: null,
    type: 'Organization',
    ...(isMember ? { total_private_repos: repositories.length - open, owned_private_repos: repositories.length - open, plan: { name: 'enterprise', space: 976562499, private_repos: 999999, filled_seats: 10, seats: 20 } } : {}),
  };
}

const TEMPLATED: readonly (readonly [key: string, path: string])[] = [
  ['archive_url', '/{archive_format}{/ref}'],
  ['assignees_url', '/assignees{/user}'],
  ['blobs_url', '/git/blobs{/sha}'],
  ['branches_url', '/branches{/branch}'],
  ['collaborators_url', '/collaborators{/collaborator}'],
  ['comments_url', '/comments{/number}'],
  ['commits_url', '/commits{/sha}'],
  ['compare_url', '/compare/{base}...{head}'],
  ['contents_url', '/contents/{+path}'],
  ['contributors_url', '/contributors'],
  ['deployments_url', '/deployments'],
  ['downloads_url', '/downloads'],
  ['events_url', '/events'],
  ['forks_url', '/forks'],
  ['git_commits_url', '/git/commits{/sha}'],
  ['git_refs_url', '/git/refs{/sha}'],
  ['git_tags_url', '/git/tags{/sha}'],
  ['hooks_url', '/hooks'],
  ['issue_comment_url', '/issues/comments{/number}'],
  ['issue_events_url', '/issues/events{/number}'],
  ['issues_url', '/issues{/number}'],
  ['keys_url', '/keys{/key_id}'],
  ['labels_url', '/labels{/name}'],
  ['languages_url', '/languages'],
  ['merges_url', '/merges'],
  ['milestones_url', '/milestones{/number}'],
  ['notifications_url', '/notifications{?since,all,participating}'],
  ['pulls_url', '/pulls{/number}'],
  ['releases_url', '/releases{/id}'],
  ['stargazers_url', '/stargazers'],
  ['statuses_url', '/statuses/{sha}'],
  ['subscribers_url', '/subscribers'],
  ['subscription_url', '/subscription'],
  ['tags_url', '/tags'],
  ['teams_url', '/teams'],
  ['trees_url', '/git/trees{/sha}'],
];

export function apiUrl(repository: Repository, sites: Sites): string {
  return `${sites.api}/repos/${fullName(repository)}`;
}

/** `minimal-repository`: what lists hold. */
export function minimalRepositoryShape(repository: Repository, sites: Sites, role: Role): Fields {
  const { id, name, owner, visibility, description, parent, language, defaultBranch, created, pushed } = repository;
  const url = apiUrl(repository, sites);
  const web = `${sites.web}/${fullName(repository)}`;
  return {
    id,
    node_id: nodeId('R', id),
    name,
    full_name: fullName(repository),
    owner: accountShape(owner, sites),
    private: visibility !== 'public',
    html_url: web,
    description,
    fork: parent !== undefined,
    url,
    ...Object.fromEntries(TEMPLATED.map(([key, path]) => [key, `${url}${path}`])),
    git_url: `git:${web.replace(/^https?:/, '')}.git`,
    ssh_url: `git@github.com:${fullName(repository)}.git`,
    clone_url: `${web}.git`,
    svn_url: web,
    mirror_url: null,
    homepage: null,
    language,
    forks_count: 0,
    stargazers_count: 0,
    watchers_count: 0,
    size: isEmpty(repository) ? 0 : 12,
    default_branch: defaultBranch,
    open_issues_count: 0,
    is_template: false,
    topics: [],
    has_issues: true,
    has_projects: true,
    has_wiki: false,
    has_pages: false,
    has_downloads: true,
    has_discussions: false,
    archived: repository.isArchived,
    disabled: false,
    visibility,
    pushed_at: isEmpty(repository) ? null : pushed,
    created_at: created,
    updated_at: pushed,
    permissions: permissionsOf(role),
    forks: 0,
    open_issues: 0,
    watchers: 0,
    license: null,
    allow_forking: true,
    web_commit_signoff_required: false,
  };
}

export function permissionsOf(role: Role): Fields {
  return { admin: role === 'admin', maintain: role === 'admin', push: role !== 'read', triage: role !== 'read', pull: true };
}

/** `repository`: what pull requests and parents hold. */
export function repositoryShape(repository: Repository, sites: Sites, role: Role): Fields {
  // These it may leave out; the fields it needs are all there.
  return minimalRepositoryShape(repository, sites, role);
}

/** `full-repository`. */
export function fullRepositoryShape(repository: Repository, sites: Sites, role: Role): Fields {
  const { parent, owner } = repository;
  return {
    ...minimalRepositoryShape(repository, sites, role),
    pushed_at: repository.pushed,
    network_count: 0,
    subscribers_count: 0,
    ...(role === 'admin' ? { allow_squash_merge: true, allow_merge_commit: true, allow_rebase_merge: true, allow_auto_merge: false, delete_branch_on_merge: false } : {}),
    ...(owner.type === 'Organization' ? { organization: accountShape(owner, sites) } : {}),
    ...(parent === undefined ? {} : { parent: repositoryShape(parent, sites, 'read'), source: repositoryShape(parent, sites, 'read') }),
  };
}

export function sharedShape({ name, created, updated, visibility }: Shared, url: string): Fields {
  return { name, created_at: created, updated_at: updated, visibility, ...(visibility === 'selected' ? { selected_repositories_url: `${url}/${name}/repositories` } : {}) };
}

export function environmentShape({ id, name, created, waitMinutes, reviewers, branches }: Environment, repository: Repository, sites: Sites): Fields {
  const rules: Fields[] = [];
  if (waitMinutes !== undefined) rules.push({ id: id * 10, node_id: nodeId('GA', id, 'wait'), type: 'wait_timer', wait_timer: waitMinutes });
  if (reviewers !== undefined) rules.push({ id: id * 10 + 1, node_id: nodeId('GA', id, 'review'), prevent_self_review: false, type: 'required_reviewers', reviewers: reviewers.map((reviewer) => ({ type: 'User', reviewer: accountShape(reviewer, sites) })) });
  if (branches !== undefined) rules.push({ id: id * 10 + 2, node_id: nodeId('GA', id, 'branch'), type: 'branch_policy' });
  return {
    id,
    node_id: nodeId('EN', repository.id, name),
    name,
    url: `${apiUrl(repository, sites)}/environments/${encodeURIComponent(name)}`,
    html_url: `${sites.web}/${fullName(repository)}/deployments/activity_log?environments_filter=${encodeURIComponent(name)}`,
    created_at: created,
    updated_at: created,
    protection_rules: rules,
    deployment_branch_policy: branches === undefined ? null : { protected_branches: branches === 'protected', custom_branch_policies: branches === 'custom' },
  };
}

export function runnerShape({ id, name, os, labels }: Runner): Fields {
  return { id, name, os, status: 'online', busy: false, labels: labels.map((label, index) => ({ id: index + 1, name: label, type: index === 0 ? 'read-only' : 'custom' })), runner_group_id: 1 };
}

export function refShape(repository: Repository, name: string, oid: string, sites: Sites): Fields {
  const url = apiUrl(repository, sites);
  const type = repository.git.read(oid)?.type ?? 'commit';
  return { ref: name, node_id: nodeId('REF', repository.id, name), url: `${url}/git/${name}`, object: { type, sha: oid, url: `${url}/git/${type}s/${oid}` } };
}

export function verificationOf({ signature }: CommitOf): Fields {
  if (signature === undefined) return { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null };
  const isGood = signature.text.trim() === signatureOf(signature.payload);
  return { verified: isGood, reason: isGood ? 'valid' : 'invalid', signature: signature.text, payload: signature.payload, verified_at: isGood ? '2026-01-01T00:00:00Z' : null };
}

export function gitCommitShape(commit: CommitOf, repository: Repository, sites: Sites): Fields {
  const url = apiUrl(repository, sites);
  return {
    sha: commit.oid,
    node_id: nodeId('C', repository.id, commit.oid),
    url: `${url}/git/commits/${commit.oid}`,
    html_url: `${sites.web}/${fullName(repository)}/commit/${commit.oid}`,
    author: commit.author,
    committer: commit.committer,
    tree: { sha: commit.tree, url: `${url}/git/trees/${commit.tree}` },
    message: commit.message,
    parents: commit.parents.map((sha) => ({ sha, url: `${url}/git/commits/${sha}`, html_url: `${sites.web}/${fullName(repository)}/commit/${sha}` })),
    verification: verificationOf(commit),
  };
}

/** `commit`: with the accounts behind it, whom the server knows by their address. */
export function commitShape(commit: CommitOf, repository: Repository, sites: Sites, byEmail: (email: string) => Account | undefined): Fields {
  const url = apiUrl(repository, sites);
  const account = (email: string): Fields | null => {
    const found = byEmail(email);
    return found === undefined ? null : accountShape(found, sites);
  };
  return {
    sha: commit.oid,
    node_id: nodeId('C', repository.id, commit.oid),
    url: `${url}/commits/${commit.oid}`,
    html_url: `${sites.web}/${fullName(repository)}/commit/${commit.oid}`,
    comments_url: `${url}/commits/${commit.oid}/comments`,
    commit: {
      url: `${url}/git/commits/${commit.oid}`,
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      comment_count: 0,
      tree: { sha: commit.tree, url: `${url}/git/trees/${commit.tree}` },
      verification: verificationOf(commit),
    },
    author: account(commit.author.email),
    committer: account(commit.committer.email),
    parents: commit.parents.map((sha) => ({ sha, url: `${url}/commits/${sha}`, html_url: `${sites.web}/${fullName(repository)}/commit/${sha}` })),
  };
}

export function labelShape(repository: Repository, name: string, sites: Sites): Fields {
  const label = repository.labels.find((one) => one.name.toLowerCase() === name.toLowerCase());
  return { id: label?.id ?? 1, node_id: nodeId('LA', repository.id, name), url: `${apiUrl(repository, sites)}/labels/${encodeURIComponent(name)}`, name: label?.name ?? name, color: label?.color ?? 'ededed', description: label?.description ?? null, default: false };
}

export function commentShape({ id, body, author, created }: Comment, number: number, repository: Repository, sites: Sites): Fields {
  const url = apiUrl(repository, sites);
  return {
    id,
    node_id: nodeId('IC', repository.id, id),
    url: `${url}/issues/comments/${id}`,
    html_url: `${sites.web}/${fullName(repository)}/issues/${number}#issuecomment-${id}`,
    issue_url: `${url}/issues/${number}`,
    body,
    user: accountShape(author, sites),
    created_at: created,
    updated_at: created,
    author_association: 'MEMBER',
  };
}

export function issueShape(issue: Issue | Pull, repository: Repository, sites: Sites): Fields {
  const url = `${apiUrl(repository, sites)}/issues/${issue.number}`;
  const web = `${sites.web}/${fullName(repository)}`;
  const isPull = 'head' in issue;
  const pull = `${apiUrl(repository, sites)}/pulls/${issue.number}`;
  return {
    id: issue.id,
    node_id: nodeId(isPull ? 'PR' : 'I', repository.id, issue.number),
    url,
    repository_url: apiUrl(repository, sites),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: `${web}/${isPull ? 'pull' : 'issues'}/${issue.number}`,
    number: issue.number,
    state: issue.state,
    title: issue.title,
    body: issue.body,
    user: accountShape(issue.author, sites),
    labels: issue.labels.map((name) => labelShape(repository, name, sites)),
    assignee: null,
    assignees: [],
    milestone: null,
    locked: false,
    active_lock_reason: null,
    comments: issue.comments.length,
    closed_at: issue.closed,
    created_at: issue.created,
    updated_at: issue.updated,
    author_association: 'MEMBER',
    ...(isPull ? { draft: issue.isDraft, pull_request: { url: pull, html_url: `${web}/pull/${issue.number}`, diff_url: `${web}/pull/${issue.number}.diff`, patch_url: `${web}/pull/${issue.number}.patch`, merged_at: null } } : {}),
  };
}

/** `pull-request-simple`, and with `isWhole` `pull-request`. */
export function pullShape(pull: Pull, repository: Repository, sites: Sites, users: (login: string) => Account | undefined, isWhole: boolean): Fields {
  const url = `${apiUrl(repository, sites)}/pulls/${pull.number}`;
  const issue = `${apiUrl(repository, sites)}/issues/${pull.number}`;
  const web = `${sites.web}/${fullName(repository)}/pull/${pull.number}`;
  const headOid = pull.headRepository.git.ref(`refs/heads/${pull.head}`) ?? '0'.repeat(40);
  const baseOid = repository.git.ref(`refs/heads/${pull.base}`) ?? '0'.repeat(40);
  const side = (of: Repository, ref: string, sha: string): Fields => ({ label: `${of.owner.login}:${ref}`, ref, sha, user: accountShape(of.owner, sites), repo: repositoryShape(of, sites, 'read') });
  return {
    id: pull.id,
    node_id: nodeId('PR', repository.id, pull.number),
    url,
    html_url: web,
    diff_url: `${web}.diff`,
    patch_url: `${web}.patch`,
    issue_url: issue,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${url}/comments{/number}`,
    comments_url: `${issue}/comments`,
    statuses_url: `${apiUrl(repository, sites)}/statuses/${headOid}`,
    number: pull.number,
    state: pull.state,
    locked: false,
    active_lock_reason: null,
    title: pull.title,
    body: pull.body,
    user: accountShape(pull.author, sites),
    labels: pull.labels.map((name) => labelShape(repository, name, sites)),
    milestone: null,
    assignee: null,
    assignees: [],
    requested_reviewers: pull.reviewers.flatMap((login) => users(login) ?? []).map((account) => accountShape(account, sites)),
    requested_teams: [],
    head: side(pull.headRepository, pull.head, headOid),
    base: side(repository, pull.base, baseOid),
    _links: Object.fromEntries([['self', url], ['html', web], ['issue', issue], ['comments', `${issue}/comments`], ['review_comments', `${url}/comments`], ['review_comment', `${url}/comments{/number}`], ['commits', `${url}/commits`], ['statuses', `${apiUrl(repository, sites)}/statuses/${headOid}`]].map(([name, href]) => [name, { href }])),
    author_association: 'MEMBER',
    auto_merge: null,
    draft: pull.isDraft,
    created_at: pull.created,
    updated_at: pull.updated,
    closed_at: pull.closed,
    merged_at: pull.merged ?? null,
    merge_commit_sha: null,
    ...(isWhole ? { merged: pull.merged !== undefined, mergeable: true, rebaseable: true, mergeable_state: 'clean', merged_by: null, comments: pull.comments.length, review_comments: 0, maintainer_can_modify: pull.canMaintainerModify, commits: 1, additions: 1, deletions: 1, changed_files: 1 } : {}),
  };
}
