/** The mutations of GraphQL. */
import type { Fields } from '../../plan/http.ts';
import { changedTree, writeCommit } from './git-write.ts';
import { commitNode, failed, type GraphqlContext, need, pullNode, pullOf, refNode, userNode, checkSignOn } from './graphql-query.ts';
import { isAtLeast, mayChangeWorkflows } from './permissions.ts';
import { changedPaths, isRefName, protectedRefusal, workflowMessage, workflowRefusal } from './rest-git.ts';
import { addComment, changeState, lengthProblem, openPull } from './rest-pulls.ts';
import { fromNodeId, nodeId } from './shapes.ts';
import { fullName, type Pull, type Repository, roleOf, now } from './state.ts';

interface Input {
  readonly clientMutationId?: string;
}

interface CommitInput extends Input {
  readonly branch: { readonly id?: string; readonly repositoryNameWithOwner?: string; readonly branchName?: string };
  readonly expectedHeadOid: string;
  readonly message: { readonly headline: string; readonly body?: string };
  readonly fileChanges?: { readonly additions?: readonly { readonly path: string; readonly contents: string }[]; readonly deletions?: readonly { readonly path: string }[] };
}

const WEB_FLOW = { name: 'GitHub', email: 'noreply@github.com' };

export function mutationRoot(context: GraphqlContext): Fields {
  return {
    createCommitOnBranch: ({ input }: { input: CommitInput }) => createCommit(context, input),
    createRef: ({ input }: { input: Input & { repositoryId: string; name: string; oid: string } }) => createRef(context, input),
    updateRef: ({ input }: { input: Input & { refId: string; oid: string; force?: boolean } }) => updateRef(context, input),
    deleteRef: ({ input }: { input: Input & { refId: string } }) => deleteRef(context, input),
    createPullRequest: ({ input }: { input: Input & { repositoryId: string; baseRefName: string; headRefName: string; title: string; body?: string; draft?: boolean; maintainerCanModify?: boolean } }) => {
      const repository = writable(context, input.repositoryId, 'pull_requests', 'read');
      const made = openPull(context.world, repository, context.token.account, { title: input.title, body: input.body ?? '', head: input.headRefName, base: input.baseRefName, isDraft: input.draft === true, canMaintainerModify: input.maintainerCanModify !== false });
      if (!('number' in made)) throw failed('UNPROCESSABLE', made.message ?? `${made.field} is ${made.code}`);
      return { ...input, pullRequest: () => pullNode(context, repository, made) };
    },
    updatePullRequest: ({ input }: { input: Input & { pullRequestId: string; title?: string; body?: string; state?: string; baseRefName?: string; labelIds?: readonly string[] } }) => {
      const { repository, pull } = editable(context, input.pullRequestId);
      const [title, body] = [input.title ?? pull.title, input.body ?? pull.body];
      const problem = lengthProblem(title, body);
      if (problem !== undefined) throw failed('UNPROCESSABLE', problem);
      Object.assign(pull, { title, body, updated: now() });
      if (input.state === 'OPEN' || input.state === 'CLOSED') changeState(pull, input.state === 'OPEN' ? 'open' : 'closed');
      return { ...input, pullRequest: () => pullNode(context, repository, pull) };
    },
    closePullRequest: ({ input }: { input: Input & { pullRequestId: string } }) => {
      const { repository, pull } = editable(context, input.pullRequestId);
      changeState(pull, 'closed');
      return { ...input, pullRequest: () => pullNode(context, repository, pull) };
    },
    addComment: ({ input }: { input: Input & { subjectId: string; body: string } }) => {
      const { repository, pull } = editable(context, input.subjectId);
      const { id, body, author, created } = addComment(context.world, pull, context.token.account, input.body);
      return { ...input, commentEdge: { cursor: String(id), node: { id: nodeId('IC', repository.id, id), body, createdAt: created, url: `${context.sites.web}/${fullName(repository)}/pull/${pull.number}#issuecomment-${id}`, author: () => userNode(context, author) } } };
    },
  };
}

/** A repository that the token may write to. @throws what GitHub says otherwise. */
function writable(context: GraphqlContext, id: string, permission: string, role: 'read' | 'write'): Repository {
  const { kind, parts } = fromNodeId(id);
  const repository = kind === 'R' || kind === 'REF' ? context.world.repositoryById(Number(parts[0])) : undefined;
  if (repository === undefined || roleOf(context.token, repository) === undefined) throw failed('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`);
  checkSignOn(context, repository.owner.login);
  need(context, permission, 'write');
  if (!isAtLeast(context.token, repository, role)) throw failed('FORBIDDEN', `${context.token.account.login} does not have the correct permissions to execute this mutation`);
  if (repository.isArchived) throw failed('UNPROCESSABLE', 'Repository was archived so is read-only.');
  return repository;
}

function editable(context: GraphqlContext, id: string): { readonly repository: Repository; readonly pull: Pull } {
  const found = pullOf(context, id);
  if (found === undefined) throw failed('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`);
  writable(context, nodeId('R', found.repository.id), 'pull_requests', found.pull.author.login === context.token.account.login ? 'read' : 'write');
  return found;
}

function createCommit(context: GraphqlContext, input: CommitInput): Fields {
  const { branch, expectedHeadOid, message, fileChanges } = input;
  const byId = branch.id === undefined || branch.id === null ? undefined : fromNodeId(branch.id).parts;
  const [owner = '', name = ''] = (branch.repositoryNameWithOwner ?? '').split('/');
  const target = byId === undefined ? context.world.repository(owner, name) : context.world.repositoryById(Number(byId[0]));
  const ref = byId === undefined ? `refs/heads/${branch.branchName ?? ''}` : (byId[1] ?? '');
  if (target === undefined) throw failed('NOT_FOUND', `Could not resolve to a Repository with the name '${branch.repositoryNameWithOwner ?? ''}'.`);
  const repository = writable(context, nodeId('R', target.id), 'contents', 'write');
  const head = repository.git.ref(ref);
  if (head === undefined) throw failed('NOT_FOUND', `No such branch: ${ref}`);
  if (ref === `refs/heads/${repository.defaultBranch}`) context.violation(`a commit on the default branch of ${fullName(repository)}`);
  const refusal = protectedRefusal(repository, ref, context.token.account.login);
  if (refusal !== undefined) throw failed('UNPROCESSABLE', refusal);
  if (head !== expectedHeadOid) throw failed('STALE_DATA', `Expected branch to point to "${expectedHeadOid}" but it did not. Pull and try again.`);

  const additions = new Map<string, Buffer>();
  const deletions = (fileChanges?.deletions ?? []).map(({ path }) => path);
  for (const { path, contents } of fileChanges?.additions ?? []) {
    if (additions.has(path) || deletions.includes(path)) throw failed('UNPROCESSABLE', `A path was specified twice: ${path}`);
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(contents)) throw failed('UNPROCESSABLE', `The contents of ${path} are not base64.`);
    additions.set(path, Buffer.from(contents, 'base64'));
  }
  for (const path of [...additions.keys(), ...deletions]) {
    if (path === '' || path.split('/').some((part) => part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git')) throw failed('UNPROCESSABLE', `A path was requested which is not valid: ${path}`);
  }
  const before = repository.git.commit(head);
  if (before === undefined) throw new Error(`no commit ${head}`);
  const tree = changed(repository, before.tree, additions, deletions);
  const workflow = mayChangeWorkflows(context.token) ? undefined : changedPaths(repository, before.tree, tree).find((path) => path.startsWith('.github/workflows/'));
  if (workflow !== undefined) throw failed('FORBIDDEN', workflowMessage(context.token.kind === 'installation' ? 'a GitHub App' : 'a Personal Access Token', workflow));
  const { login, id } = context.token.account;
  const body = message.body ?? '';
  const oid = writeCommit(repository.git.store, {
    tree,
    parents: [head],
    author: { name: login, email: `${id}+${login}@users.noreply.github.com` },
    committer: WEB_FLOW,
    time: Math.floor(Date.now() / 1000),
    message: body === '' ? message.headline : `${message.headline}\n\n${body}`,
    isSigned: true,
  });
  repository.git.setRef(ref, oid, head);
  repository.pushed = now();
  const commit = repository.git.commit(oid);
  return { clientMutationId: input.clientMutationId, commit: () => (commit === undefined ? null : commitNode(context, repository, commit)), ref: () => refNode(context, repository, ref) };
}

function changed(repository: Repository, tree: string, additions: ReadonlyMap<string, Buffer>, deletions: readonly string[]): string {
  try {
    return changedTree(repository.git, tree, additions, deletions);
  } catch (error) {
    throw failed('UNPROCESSABLE', error instanceof Error ? error.message : 'the changes cannot be made');
  }
}

function createRef(context: GraphqlContext, input: Input & { repositoryId: string; name: string; oid: string }): Fields {
  const repository = writable(context, input.repositoryId, 'contents', 'write');
  if (!isRefName(input.name)) throw failed('UNPROCESSABLE', `${input.name} is not a valid ref name.`);
  if (repository.git.commit(input.oid) === undefined) throw failed('UNPROCESSABLE', `Object does not exist: ${input.oid}`);
  const refusal = workflowRefusal({ token: context.token, repository, world: context.world }, input.oid);
  if (refusal !== undefined) throw failed('FORBIDDEN', refusal);
  if (repository.git.ref(input.name) !== undefined) throw failed('UNPROCESSABLE', `A ref named "${input.name}" already exists in the repository.`);
  try {
    repository.git.setRef(input.name, input.oid, '');
  } catch {
    throw failed('UNPROCESSABLE', 'The ref cannot be created: its name conflicts with another.');
  }
  return { ...input, ref: () => refNode(context, repository, input.name) };
}

function updateRef(context: GraphqlContext, input: Input & { refId: string; oid: string; force?: boolean }): Fields {
  const repository = writable(context, input.refId, 'contents', 'write');
  const ref = fromNodeId(input.refId).parts[1] ?? '';
  const before = repository.git.ref(ref);
  if (before === undefined) throw failed('NOT_FOUND', 'Reference does not exist');
  if (input.force === true) context.violation(`a force push to ${ref} of ${fullName(repository)}`);
  if (ref === `refs/heads/${repository.defaultBranch}`) context.violation(`an update of the default branch of ${fullName(repository)}`);
  const refusal = protectedRefusal(repository, ref, context.token.account.login) ?? workflowRefusal({ token: context.token, repository, world: context.world }, input.oid);
  if (refusal !== undefined) throw failed('FORBIDDEN', refusal);
  if (input.force !== true && !repository.git.isAncestor(before, input.oid)) throw failed('UNPROCESSABLE', 'Update is not a fast forward');
  repository.git.setRef(ref, input.oid, before);
  return { ...input, ref: () => refNode(context, repository, ref) };
}

function deleteRef(context: GraphqlContext, input: Input & { refId: string }): Fields {
  const repository = writable(context, input.refId, 'contents', 'write');
  const ref = fromNodeId(input.refId).parts[1] ?? '';
  if (ref === `refs/heads/${repository.defaultBranch}`) context.violation(`a deletion of the default branch of ${fullName(repository)}`);
  if (repository.git.ref(ref) === undefined) throw failed('NOT_FOUND', 'Reference does not exist');
  repository.git.deleteRef(ref);
  for (const pull of repository.pulls) if (pull.headRepository === repository && `refs/heads/${pull.head}` === ref) changeState(pull, 'closed');
  return { ...input };
}
