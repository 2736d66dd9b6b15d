/** Objects of the GraphQL schema over the server's state. A field is a value, or a function of its arguments. */
import { GraphQLError } from 'graphql';
import type { Fields } from '../../plan/http.ts';
import type { CommitOf, TreeEntry } from './git.ts';
import type { Limits } from './limits.ts';
import { hasPermission, isAtLeast, type Level } from './permissions.ts';
import { pullCommits } from './rest-pulls.ts';
import { accountBy, history, resolveCommit } from './rest-git.ts';
import { fromNodeId, nodeId, type Sites, verificationOf } from './shapes.ts';
import { type Account, fullName, isEmpty, type Organization, type Pull, type Repository, roleOf, type Token, type World } from './state.ts';

export interface GraphqlContext {
  readonly world: World;
  readonly sites: Sites;
  readonly limits: Limits;
  readonly token: Token;
  readonly cost: number;
  readonly nodes: number;
  /** Notes what no client may do. */
  readonly violation: (text: string) => void;
}

/** Texts longer than this come cut, and say so. */
const LONGEST_TEXT = 512_000;

export function failed(type: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { type } });
}

export function queryRoot(context: GraphqlContext): Fields {
  const { world, limits, token } = context;
  const organization = ({ login }: { login: string }): unknown => {
    const found = world.organization(login);
    if (found === undefined) throw failed('NOT_FOUND', `Could not resolve to an Organization with the login of '${login}'.`);
    return organizationNode(context, found);
  };
  const user = ({ login }: { login: string }): unknown => {
    const found = world.user(login);
    if (found === undefined) throw failed('NOT_FOUND', `Could not resolve to a User with the login of '${login}'.`);
    return userNode(context, found);
  };
  return {
    id: nodeId('Q', 'root'),
    organization,
    user,
    repositoryOwner: ({ login }: { login: string }) => (world.organization(login) !== undefined ? organization({ login }) : world.user(login) === undefined ? null : user({ login })),
    repository: ({ owner, name }: { owner: string; name: string }) => repositoryNamed(context, owner, name),
    viewer: () => userNode(context, token.account),
    node: ({ id }: { id: string }) => nodeOf(context, id),
    nodes: ({ ids }: { ids: readonly string[] }) => ids.map((id) => nodeOf(context, id)),
    rateLimit: () => {
      const { limit, remaining, used, reset } = limits.state(token.account.login, 'graphql');
      return { limit, remaining, used, resetAt: new Date(reset * 1000).toISOString(), cost: context.cost, nodeCount: context.nodes };
    },
  };
}

function repositoryNamed(context: GraphqlContext, owner: string, name: string): Fields {
  const renamed = context.world.renamed.get(`${owner}/${name}`.toLowerCase())?.split('/');
  const found = context.world.repository(renamed?.[0] ?? owner, renamed?.[1] ?? name);
  if (found === undefined || roleOf(context.token, found) === undefined || found.isTakenDown === true) throw failed('NOT_FOUND', `Could not resolve to a Repository with the name '${owner}/${name}'.`);
  checkSignOn(context, found.owner.login);
  return repositoryNode(context, found);
}

export function checkSignOn({ world, token }: GraphqlContext, login: string): void {
  if (world.organization(login)?.needsSignOn === true && token.hasSignedOn !== true) throw failed('FORBIDDEN', 'Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.');
}

/** The repository and number behind a node id; undefined for one that is no longer there. */
export function pullOf({ world }: GraphqlContext, id: string): { readonly repository: Repository; readonly pull: Pull } | undefined {
  const { kind, parts } = fromNodeId(id);
  const repository = kind === 'PR' ? world.repositoryById(Number(parts[0])) : undefined;
  const pull = repository?.pulls.find(({ number }) => String(number) === parts[1]);
  return repository === undefined || pull === undefined ? undefined : { repository, pull };
}

function nodeOf(context: GraphqlContext, id: string): unknown {
  const { kind, parts } = fromNodeId(id);
  const repository = context.world.repositoryById(Number(parts[0]));
  if (repository !== undefined && roleOf(context.token, repository) !== undefined) {
    if (kind === 'R') return repositoryNode(context, repository);
    if (kind === 'REF') return refNode(context, repository, parts[1] ?? '');
    const pull = pullOf(context, id);
    if (pull !== undefined) return pullNode(context, repository, pull.pull);
    const commit = kind === 'C' ? repository.git.commit(parts[1] ?? '') : undefined;
    if (commit !== undefined) return commitNode(context, repository, commit);
  }
  const organization = kind === 'O' ? context.world.organization(parts[0] ?? '') : undefined;
  if (organization !== undefined) return organizationNode(context, organization);
  throw failed('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`);
}

/** A connection: nodes, edges, cursors that are positions. */
export function connection<T>(all: readonly T[], { first, last, after, before }: { first?: number; last?: number; after?: string; before?: string }, node: (item: T) => unknown): Fields {
  const start = after === undefined || after === null ? 0 : Number(Buffer.from(after, 'base64url').toString('utf8'));
  const end = before === undefined || before === null ? all.length : Number(Buffer.from(before, 'base64url').toString('utf8')) - 1;
  const from = last === undefined || last === null ? start : Math.max(start, end - last);
  const to = first === undefined || first === null ? end : Math.min(end, from + first);
  const cursor = (at: number): string => Buffer.from(String(at)).toString('base64url');
  const page = all.slice(from, to);
  // Made when asked for, and once for both ways to read a page.
  let made: unknown[] | undefined;
  const nodes = (): unknown[] => (made ??= page.map(node));
  return {
    totalCount: all.length,
    totalDiskUsage: 0,
    nodes,
    edges: () => nodes().map((one, index) => ({ node: one, cursor: cursor(from + index + 1) })),
    pageInfo: { hasNextPage: to < all.length, hasPreviousPage: from > 0, startCursor: page.length === 0 ? null : cursor(from + 1), endCursor: page.length === 0 ? null : cursor(to) },
  };
}

interface RepositoriesArguments {
  readonly first?: number;
  readonly after?: string;
  readonly isArchived?: boolean;
  readonly isFork?: boolean;
  readonly visibility?: string;
  readonly privacy?: string;
  readonly orderBy?: { readonly field: string; readonly direction: string };
}

function repositoriesOf(context: GraphqlContext, login: string, wanted: RepositoriesArguments): Fields {
  const fits = (repository: Repository): boolean =>
    roleOf(context.token, repository) !== undefined &&
    repository.isTakenDown !== true &&
    (wanted.isArchived === undefined || wanted.isArchived === null || repository.isArchived === wanted.isArchived) &&
    (wanted.isFork === undefined || wanted.isFork === null || (repository.parent !== undefined) === wanted.isFork) &&
    (wanted.visibility === undefined || wanted.visibility === null || repository.visibility.toUpperCase() === wanted.visibility) &&
    (wanted.privacy === undefined || wanted.privacy === null || (repository.visibility === 'public') === (wanted.privacy === 'PUBLIC'));
  const { field = 'NAME', direction = 'ASC' } = wanted.orderBy ?? {};
  const key = ({ name, created, pushed }: Repository): string => (field === 'NAME' ? name : field === 'CREATED_AT' ? created : pushed);
  const sorted = context.world.repositoriesOf(login).filter(fits).sort((left, right) => {
    const order = key(left) < key(right) ? -1 : key(left) > key(right) ? 1 : left.id - right.id;
    return direction === 'ASC' ? order : -order;
  });
  return connection(sorted, wanted, (repository) => repositoryNode(context, repository));
}

function accountFields({ sites }: GraphqlContext, { login, id }: Account): Fields {
  return { login, databaseId: id, url: `${sites.web}/${login}`, resourcePath: `/${login}`, avatarUrl: `${sites.web}/avatars/${id}` };
}

function organizationNode(context: GraphqlContext, { account, name, created }: Organization): Fields {
  checkSignOn(context, account.login);
  return {
    __typename: 'Organization',
    id: nodeId('O', account.login),
    ...accountFields(context, account),
    name,
    createdAt: created,
    description: null,
    viewerCanAdminister: context.token.roles === undefined,
    viewerIsAMember: true,
    repositories: (wanted: RepositoriesArguments) => repositoriesOf(context, account.login, wanted),
    repository: ({ name: wanted }: { name: string }) => repositoryNamed(context, account.login, wanted),
  };
}

export function userNode(context: GraphqlContext, account: Account): Fields {
  return {
    __typename: account.type === 'Bot' ? 'Bot' : 'User',
    id: nodeId(account.type === 'Bot' ? 'BOT' : 'U', account.login),
    ...accountFields(context, account),
    name: null,
    isSiteAdmin: false,
    repositories: (wanted: RepositoriesArguments) => repositoriesOf(context, account.login, wanted),
    repository: ({ name }: { name: string }) => repositoryNamed(context, account.login, name),
  };
}

/** @throws FORBIDDEN, as GitHub says it, for a token without the permission. */
export function need({ token, world }: GraphqlContext, permission: string, level: Level, repository?: Repository): void {
  if (permission === 'contents' && level === 'read' && repository?.visibility === 'public') return;
  const isKnown = world.tokens.has(token.text);
  if (!isKnown || !hasPermission(token, permission, level)) throw failed('FORBIDDEN', `Resource not accessible by ${token.kind === 'installation' ? 'integration' : 'personal access token'}`);
}

export function repositoryNode(context: GraphqlContext, repository: Repository): Fields {
  const { sites, world, token } = context;
  const role = roleOf(token, repository) ?? 'read';
  const isAdmin = role === 'admin';
  return {
    __typename: 'Repository',
    id: nodeId('R', repository.id),
    databaseId: repository.id,
    name: repository.name,
    nameWithOwner: fullName(repository),
    owner: () => {
      const organization = world.organization(repository.owner.login);
      return organization === undefined ? userNode(context, repository.owner) : organizationNode(context, organization);
    },
    url: `${sites.web}/${fullName(repository)}`,
    resourcePath: `/${fullName(repository)}`,
    sshUrl: `git@github.com:${fullName(repository)}.git`,
    visibility: repository.visibility.toUpperCase(),
    isPrivate: repository.visibility !== 'public',
    isArchived: repository.isArchived,
    archivedAt: repository.isArchived ? repository.pushed : null,
    isFork: repository.parent !== undefined,
    isEmpty: () => isEmpty(repository),
    isDisabled: false,
    isLocked: false,
    isMirror: false,
    isTemplate: false,
    isInOrganization: repository.owner.type === 'Organization',
    description: repository.description,
    homepageUrl: null,
    hasIssuesEnabled: true,
    forkingAllowed: true,
    forkCount: 0,
    stargazerCount: 0,
    diskUsage: () => (isEmpty(repository) ? 0 : 12),
    primaryLanguage: repository.language === null ? null : { id: nodeId('L', repository.language), name: repository.language, color: null },
    parent: repository.parent === undefined ? null : () => (repository.parent === undefined ? null : repositoryNode(context, repository.parent)),
    createdAt: repository.created,
    pushedAt: () => (isEmpty(repository) ? null : repository.pushed),
    updatedAt: repository.pushed,
    viewerPermission: role.toUpperCase(),
    viewerCanAdminister: isAdmin,
    defaultBranchRef: () => refNode(context, repository, `refs/heads/${repository.defaultBranch}`),
    ref: ({ qualifiedName }: { qualifiedName: string }) => {
      const names = qualifiedName.startsWith('refs/') ? [qualifiedName] : [`refs/heads/${qualifiedName}`, `refs/tags/${qualifiedName}`, `refs/${qualifiedName}`];
      const name = names.find((one) => repository.git.ref(one) !== undefined);
      return name === undefined ? null : refNode(context, repository, name);
    },
    refs: (wanted: { refPrefix: string; first?: number; after?: string; query?: string }) => {
      const names = repository.git.refs(wanted.refPrefix).map(([name]) => name).filter((name) => wanted.query === undefined || wanted.query === null || name.slice(wanted.refPrefix.length).includes(wanted.query));
      return connection(names, wanted, (name) => refNode(context, repository, name));
    },
    object: ({ expression, oid }: { expression?: string; oid?: string }) => {
      need(context, 'contents', 'read', repository);
      return objectAt(context, repository, expression ?? oid ?? '');
    },
    branchProtectionRules: (wanted: { first?: number }) => {
      need(context, 'administration', 'read');
      // Who does not administer a repository is told of none.
      return connection(isAdmin ? [...repository.protections.keys()] : [], wanted, (pattern) => protectionNode(context, repository, pattern));
    },
    deployKeys: (wanted: { first?: number }) => {
      need(context, 'administration', 'read');
      return connection(isAdmin ? repository.keys : [], wanted, ({ id, title, key, isReadOnly, created }) => ({ id: nodeId('DK', repository.id, id), title, key, readOnly: isReadOnly, verified: true, enabled: true, createdAt: created }));
    },
    environments: (wanted: { first?: number; after?: string; names?: readonly string[] }) => {
      need(context, 'actions', 'read');
      const names = wanted.names ?? [];
      return connection(repository.environments.filter(({ name }) => names.length === 0 || names.includes(name)), wanted, ({ id, name, waitMinutes, reviewers, branches }) => ({
        id: nodeId('EN', repository.id, name),
        databaseId: id,
        name,
        isPinned: false,
        protectionRules: (page: { first?: number }) => {
          const rules = [
            ...(waitMinutes === undefined ? [] : [{ databaseId: id * 10, type: 'WAIT_TIMER', timeout: waitMinutes, preventSelfReview: null }]),
            ...(reviewers === undefined ? [] : [{ databaseId: id * 10 + 1, type: 'REQUIRED_REVIEWERS', timeout: 0, preventSelfReview: false }]),
            ...(branches === undefined ? [] : [{ databaseId: id * 10 + 2, type: 'BRANCH_POLICY', timeout: 0, preventSelfReview: null }]),
          ];
          return connection(rules, page, (rule) => rule);
        },
      }));
    },
    label: ({ name }: { name: string }) => (repository.labels.some((label) => label.name.toLowerCase() === name.toLowerCase()) ? labelNode(context, repository, name) : null),
    labels: (wanted: { first?: number }) => connection(repository.labels, wanted, ({ name }) => labelNode(context, repository, name)),
    pullRequest: ({ number }: { number: number }) => {
      const pull = repository.pulls.find((one) => one.number === number);
      if (pull === undefined) throw failed('NOT_FOUND', `Could not resolve to a PullRequest with the number of ${number}.`);
      return pullNode(context, repository, pull);
    },
    pullRequests: (wanted: PullArguments) => pullsOf(context, repository, repository.pulls, wanted),
  };
}

interface PullArguments {
  readonly first?: number;
  readonly last?: number;
  readonly after?: string;
  readonly states?: readonly string[];
  readonly headRefName?: string;
  readonly baseRefName?: string;
  readonly labels?: readonly string[];
  readonly orderBy?: { readonly field: string; readonly direction: string };
}

function pullsOf(context: GraphqlContext, repository: Repository, pulls: readonly Pull[], wanted: PullArguments): Fields {
  need(context, 'pull_requests', 'read');
  const fits = (pull: Pull): boolean =>
    (wanted.states === undefined || wanted.states === null || wanted.states.includes(pull.state.toUpperCase())) &&
    (wanted.headRefName === undefined || wanted.headRefName === null || pull.head === wanted.headRefName) &&
    (wanted.baseRefName === undefined || wanted.baseRefName === null || pull.base === wanted.baseRefName) &&
    (wanted.labels === undefined || wanted.labels === null || wanted.labels.some((label) => pull.labels.includes(label)));
  const sorted = pulls.filter(fits).sort((left, right) => (wanted.orderBy?.direction === 'DESC' ? right.number - left.number : left.number - right.number));
  return connection(sorted, wanted, (pull) => pullNode(context, repository, pull));
}

export function pullNode(context: GraphqlContext, repository: Repository, pull: Pull): Fields {
  const { sites } = context;
  return {
    __typename: 'PullRequest',
    id: nodeId('PR', repository.id, pull.number),
    databaseId: pull.id,
    number: pull.number,
    title: pull.title,
    body: pull.body,
    state: pull.merged === undefined ? pull.state.toUpperCase() : 'MERGED',
    isDraft: pull.isDraft,
    merged: pull.merged !== undefined,
    mergedAt: pull.merged ?? null,
    closed: pull.state === 'closed',
    closedAt: pull.closed,
    createdAt: pull.created,
    updatedAt: pull.updated,
    url: `${sites.web}/${fullName(repository)}/pull/${pull.number}`,
    baseRefName: pull.base,
    baseRefOid: () => repository.git.ref(`refs/heads/${pull.base}`) ?? '0'.repeat(40),
    headRefName: pull.head,
    headRefOid: () => pull.headRepository.git.ref(`refs/heads/${pull.head}`) ?? '0'.repeat(40),
    headRepository: () => repositoryNode(context, pull.headRepository),
    baseRepository: () => repositoryNode(context, repository),
    repository: () => repositoryNode(context, repository),
    isCrossRepository: pull.headRepository !== repository,
    author: () => userNode(context, pull.author),
    labels: (wanted: { first?: number }) => connection(pull.labels, wanted, (name) => labelNode(context, repository, name)),
    commits: (wanted: { first?: number }) => connection(pullCommits(repository, pull), wanted, (commit) => ({ id: nodeId('PRC', repository.id, commit.oid), commit: () => commitNode(context, pull.headRepository, commit) })),
  };
}

function labelNode({ sites }: GraphqlContext, repository: Repository, name: string): Fields {
  const label = repository.labels.find((one) => one.name.toLowerCase() === name.toLowerCase());
  return { id: nodeId('LA', repository.id, name), name: label?.name ?? name, color: label?.color ?? 'ededed', description: label?.description ?? null, isDefault: false, url: `${sites.web}/${fullName(repository)}/labels/${encodeURIComponent(name)}` };
}

function protectionNode(context: GraphqlContext, repository: Repository, pattern: string): Fields {
  const rule = repository.protections.get(pattern);
  return {
    id: nodeId('BPR', repository.id, pattern),
    databaseId: repository.id,
    pattern,
    allowsDeletions: false,
    allowsForcePushes: false,
    blocksCreations: false,
    isAdminEnforced: rule?.isForAdmins ?? false,
    lockBranch: false,
    requiredApprovingReviewCount: rule?.reviews ?? 0,
    requiresApprovingReviews: (rule?.reviews ?? 0) > 0,
    requiresCodeOwnerReviews: false,
    requiresCommitSignatures: rule?.needsSignatures ?? false,
    requiresConversationResolution: false,
    requiresLinearHistory: false,
    requiresStatusChecks: false,
    requiresStrictStatusChecks: false,
    restrictsPushes: false,
    dismissesStaleReviews: false,
    requireLastPushApproval: false,
    repository: () => repositoryNode(context, repository),
  };
}

export function refNode(context: GraphqlContext, repository: Repository, name: string): Fields | null {
  const oid = repository.git.ref(name);
  if (oid === undefined) return null;
  const prefix = name.startsWith('refs/heads/') ? 'refs/heads/' : name.startsWith('refs/tags/') ? 'refs/tags/' : 'refs/';
  const short = name.slice(prefix.length);
  return {
    __typename: 'Ref',
    id: nodeId('REF', repository.id, name),
    name: short,
    prefix,
    repository: () => repositoryNode(context, repository),
    target: () => {
      need(context, 'contents', 'read', repository);
      return objectNode(context, repository, oid);
    },
    branchProtectionRule: () => (repository.protections.has(short) && isAtLeast(context.token, repository, 'admin') ? protectionNode(context, repository, short) : null),
    // Rulesets come by REST and GraphQL alike to whoever can read the repository; this organisation has none but the old kind of protection.
    rules: (wanted: { first?: number }) => connection([], wanted, (rule) => rule),
    associatedPullRequests: (wanted: PullArguments) => pullsOf(context, repository, repository.pulls.filter((pull) => pull.headRepository === repository && pull.head === short), wanted),
  };
}

/** `HEAD`, `main`, an object id, or one of them, a colon and a path. */
function objectAt(context: GraphqlContext, repository: Repository, expression: string): unknown {
  const colon = expression.indexOf(':');
  const commit = resolveCommit(repository, colon < 0 ? expression : expression.slice(0, colon));
  if (colon < 0) return commit === undefined ? objectNode(context, repository, expression) : commitNode(context, repository, commit);
  const found = commit === undefined ? undefined : repository.git.at(commit.tree, expression.slice(colon + 1));
  return found === undefined || found.mode === '160000' ? null : objectNode(context, repository, found.oid);
}

function objectNode(context: GraphqlContext, repository: Repository, oid: string): Fields | null {
  const object = repository.git.read(oid);
  if (object === undefined) return null;
  const common = { id: nodeId(object.type.slice(0, 1).toUpperCase(), repository.id, oid), oid, abbreviatedOid: oid.slice(0, 7), repository: () => repositoryNode(context, repository) };
  if (object.type === 'commit') {
    const commit = repository.git.commit(oid);
    return commit === undefined ? null : commitNode(context, repository, commit);
  }
  if (object.type === 'tree') return { __typename: 'Tree', ...common, entries: () => repository.git.entries(oid).map((entry) => entryNode(context, repository, entry, '')) };
  if (object.type === 'tag') return { __typename: 'Tag', ...common, name: '', message: null, target: null };
  const isBinary = object.bytes.subarray(0, 8000).includes(0);
  return { __typename: 'Blob', ...common, byteSize: object.bytes.length, isBinary, isTruncated: object.bytes.length > LONGEST_TEXT, text: isBinary ? null : object.bytes.toString('utf8', 0, LONGEST_TEXT) };
}

function entryNode(context: GraphqlContext, repository: Repository, { mode, name, oid }: TreeEntry, folder: string): Fields {
  const type = mode === '040000' ? 'tree' : mode === '160000' ? 'commit' : 'blob';
  return {
    mode: Number.parseInt(mode, 8),
    name,
    oid,
    path: `${folder}${name}`,
    type,
    size: type === 'blob' ? (repository.git.read(oid)?.bytes.length ?? 0) : 0,
    extension: name.includes('.') ? name.slice(name.lastIndexOf('.')) : '',
    lineCount: null,
    object: () => (type === 'commit' ? null : objectNode(context, repository, oid)),
    repository: () => repositoryNode(context, repository),
  };
}

export function commitNode(context: GraphqlContext, repository: Repository, commit: CommitOf): Fields {
  const { sites } = context;
  const [headline = '', ...rest] = commit.message.split('\n');
  const actor = ({ name, email, date }: CommitOf['author']): Fields => {
    const account = accountBy(context)(email);
    return { name, email, date, user: account?.type === 'User' ? () => userNode(context, account) : null };
  };
  const { verified, signature, payload } = verificationOf(commit);
  return {
    __typename: 'Commit',
    id: nodeId('C', repository.id, commit.oid),
    oid: commit.oid,
    abbreviatedOid: commit.oid.slice(0, 7),
    repository: () => repositoryNode(context, repository),
    message: commit.message,
    messageHeadline: headline,
    messageBody: rest.join('\n').trim(),
    author: actor(commit.author),
    committer: actor(commit.committer),
    authoredDate: commit.author.date,
    committedDate: commit.committer.date,
    url: `${sites.web}/${fullName(repository)}/commit/${commit.oid}`,
    treeUrl: `${sites.web}/${fullName(repository)}/tree/${commit.oid}`,
    signature: signature === null ? null : { __typename: 'GpgSignature', email: commit.committer.email, isValid: verified, state: verified === true ? 'VALID' : 'INVALID', signature, payload, wasSignedByGitHub: verified, verifiedAt: null, signer: null, keyId: null },
    tree: () => objectNode(context, repository, commit.tree),
    parents: (wanted: { first?: number }) => connection(commit.parents, wanted, (oid) => objectNode(context, repository, oid)),
    file: ({ path }: { path: string }) => {
      const entry = repository.git.at(commit.tree, path);
      return entry === undefined ? null : entryNode(context, repository, entry, path.slice(0, path.length - entry.name.length));
    },
    history: (wanted: { first?: number; after?: string }) => connection(history(repository, commit.oid, 10_000), wanted, (one) => commitNode(context, repository, one)),
  };
}
