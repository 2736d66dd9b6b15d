/** The Git data API, contents and commits, over real repositories. */
import { isFields, type Fields } from '../../plan/http.ts';
import type { CommitOf, TreeEntry } from './git.ts';
import { writeCommit, writeTree } from './git-write.ts';
import { mayChangeWorkflows } from './permissions.ts';
import { failure, invalidSimply, NOT_FOUND, ok, paged, type Reply, type RepositoryCall, type RepositoryHandler, text, textList } from './reply.ts';
import { apiUrl, commitShape, gitCommitShape, nodeId, refShape, type Sites } from './shapes.ts';
import { fullName, isEmpty, type Repository, now } from './state.ts';

const EMPTY = failure(409, 'Git Repository is empty.');
const WORKFLOWS = '.github/workflows/';

/** Empty repositories answer every question about git alike. */
function notEmpty(handle: RepositoryHandler): RepositoryHandler {
  return (call) => (isEmpty(call.repository) ? EMPTY : handle(call));
}

/** A branch, a tag, a full ref, `HEAD` or an object id, as a commit. */
export function resolveCommit(repository: Repository, name: string): CommitOf | undefined {
  const ref = name === 'HEAD' || name === '' ? `refs/heads/${repository.defaultBranch}` : name;
  const oid = repository.git.ref(`refs/heads/${ref}`) ?? repository.git.ref(`refs/tags/${ref}`) ?? (ref.startsWith('refs/') ? repository.git.ref(ref) : ref);
  return oid === undefined ? undefined : repository.git.commit(oid);
}

/** Commits from one back to its beginning, first parents only. */
export function history(repository: Repository, from: string, limit: number): readonly CommitOf[] {
  const found: CommitOf[] = [];
  for (let commit = repository.git.commit(from); commit !== undefined && found.length < limit; commit = repository.git.commit(commit.parents[0] ?? '')) found.push(commit);
  return found;
}

/** Paths whose content differs between two trees. */
export function changedPaths(repository: Repository, before: string | undefined, after: string): readonly string[] {
  const [old, young] = [before === undefined ? new Map<string, never>() : repository.git.files(before), repository.git.files(after)];
  const paths = new Set([...old.keys(), ...young.keys()]);
  return [...paths].filter((path) => old.get(path)?.oid !== young.get(path)?.oid || old.get(path)?.mode !== young.get(path)?.mode);
}

/** The refusal of a ref that would bring changed workflow files in, for a token that may not change them. */
export function workflowRefusal({ token, repository, world }: Pick<RepositoryCall, 'token' | 'repository' | 'world'>, oid: string): string | undefined {
  if (token === undefined || mayChangeWorkflows(token)) return undefined;
  const commit = repository.git.commit(oid);
  if (commit === undefined) return undefined;
  const base = repository.git.commit(commit.parents[0] ?? '');
  // What is already in the repository, or in the one it was forked from, is nobody's change.
  const known = [repository, ...(repository.parent === undefined ? [] : [repository.parent])].some((one) => one.git.refs('refs/').some(([, other]) => other === oid));
  if (known) return undefined;
  const path = changedPaths(repository, base?.tree, commit.tree).find((one) => one.startsWith(WORKFLOWS));
  return path === undefined ? undefined : workflowMessage(world.tokens.get(token.text)?.kind === 'installation' ? 'a GitHub App' : 'a Personal Access Token', path);
}

export function workflowMessage(who: string, path: string): string {
  return `refusing to allow ${who} to create or update workflow \`${path}\` without \`workflows\` permission`;
}

export function isRefName(name: string): boolean {
  return /^refs\/(heads|tags)\/[^\s~^:?*[\\\u0000-\u001f\u007f]+$/.test(name) && !name.includes('..') && !name.includes('@{') && !name.includes('//') && !/(^|\/)\.|\.lock(\/|$)|[./]$/.test(name) && Buffer.byteLength(name) < 250;
}

function createRef(call: RepositoryCall): Reply {
  const { repository, body, sites } = call;
  const [ref, sha] = [text(body['ref']) ?? '', text(body['sha']) ?? ''];
  if (!ref.startsWith('refs/') || ref.split('/').length < 3) return invalidSimply("Reference name must start with 'refs/'.");
  if (!isRefName(ref)) return invalidSimply(`${ref} is not a valid ref name.`);
  if (repository.git.commit(sha) === undefined) return invalidSimply('Object does not exist');
  const refusal = workflowRefusal(call, sha);
  if (refusal !== undefined) return failure(403, refusal);
  if (repository.git.ref(ref) !== undefined) return invalidSimply('Reference already exists');
  try {
    repository.git.setRef(ref, sha, '');
  } catch {
    return invalidSimply('Reference cannot be created: its name conflicts with another.');
  }
  return { status: 201, body: refShape(repository, ref, sha, sites), headers: { location: `${apiUrl(repository, sites)}/git/${ref}` } };
}

function updateRef(call: RepositoryCall): Reply {
  const { repository, body, path, sites, token } = call;
  const ref = `refs/${path['ref'] ?? ''}`;
  const sha = text(body['sha']) ?? '';
  const before = repository.git.ref(ref);
  if (before === undefined) return invalidSimply('Reference does not exist');
  if (repository.git.commit(sha) === undefined) return invalidSimply('Object does not exist');
  const refusal = workflowRefusal(call, sha) ?? protectedRefusal(repository, ref, token?.account.login ?? '');
  if (refusal !== undefined) return failure(403, refusal);
  if (body['force'] !== true && !repository.git.isAncestor(before, sha)) return invalidSimply('Update is not a fast forward');
  repository.git.setRef(ref, sha, before);
  return ok(refShape(repository, ref, sha, sites));
}

/** A protected branch takes changes by pull request only. */
export function protectedRefusal(repository: Repository, ref: string, _login: string): string | undefined {
  const name = ref.replace('refs/heads/', '');
  return ref.startsWith('refs/heads/') && repository.protections.has(name) ? `Protected branch update failed for ${ref}. Changes must be made through a pull request.` : undefined;
}

function deleteRef({ repository, path }: RepositoryCall): Reply {
  const ref = `refs/${path['ref'] ?? ''}`;
  if (repository.git.ref(ref) === undefined) return invalidSimply('Reference does not exist');
  if (repository.protections.has(ref.replace('refs/heads/', ''))) return invalidSimply('Cannot delete a protected branch');
  repository.git.deleteRef(ref);
  for (const pull of repository.pulls) if (pull.state === 'open' && pull.headRepository === repository && `refs/heads/${pull.head}` === ref) Object.assign(pull, { state: 'closed', closed: now(), updated: now() });
  return { status: 204 };
}

function treeShape(repository: Repository, oid: string, call: RepositoryCall, isRecursive: boolean): Fields {
  const url = apiUrl(repository, call.sites);
  const shape = ({ mode, oid: sha }: Pick<TreeEntry, 'mode' | 'oid'>, path: string): Fields => {
    const type = mode === '040000' ? 'tree' : mode === '160000' ? 'commit' : 'blob';
    return { path, mode, type, sha, ...(type === 'blob' ? { size: repository.git.read(sha)?.bytes.length ?? 0 } : {}), ...(type === 'commit' ? {} : { url: `${url}/git/${type}s/${sha}` }) };
  };
  const entries: Fields[] = [];
  const walk = (tree: string, folder: string): void => {
    for (const entry of repository.git.entries(tree)) {
      entries.push(shape(entry, `${folder}${entry.name}`));
      if (isRecursive && entry.mode === '040000') walk(entry.oid, `${folder}${entry.name}/`);
    }
  };
  walk(oid, '');
  // The published limit of one answer.
  return { sha: oid, url: `${url}/git/trees/${oid}`, tree: entries.slice(0, 100_000), truncated: entries.length > 100_000 };
}

function createTree(call: RepositoryCall): Reply {
  const { repository, body } = call;
  const base = text(body['base_tree']);
  const top = base === undefined ? undefined : (repository.git.commit(base)?.tree ?? base);
  if (top !== undefined && repository.git.read(top)?.type !== 'tree') return invalidSimply('base_tree is not a tree');
  const files = new Map(top === undefined ? [] : repository.git.files(top));
  for (const entry of Array.isArray(body['tree']) ? body['tree'].filter(isFields) : []) {
    const path = text(entry['path']) ?? '';
    const mode = text(entry['mode']) ?? '100644';
    if (path === '' || path.split('/').some((part) => part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git')) return invalidSimply('tree.path contains a malformed path component');
    if (entry['sha'] === null) files.delete(path);
    else files.set(path, { mode, oid: text(entry['sha']) ?? repository.git.store.add('blob', Buffer.from(text(entry['content']) ?? '')) });
  }
  const oid = writeTree(repository.git.store, files);
  return { status: 201, body: treeShape(repository, oid, call, false) };
}

function createCommit(call: RepositoryCall): Reply {
  const { repository, body, token, sites } = call;
  const tree = text(body['tree']) ?? '';
  const parents = textList(body['parents']);
  if (repository.git.read(tree)?.type !== 'tree') return invalidSimply('Tree SHA does not exist');
  if (parents.some((parent) => repository.git.commit(parent) === undefined)) return invalidSimply('Parent SHA does not exist or is not a commit object');
  const login = token?.account.login ?? '';
  const person = (value: unknown): { name: string; email: string } | undefined => (isFields(value) && typeof value['name'] === 'string' && typeof value['email'] === 'string' ? { name: value['name'], email: value['email'] } : undefined);
  const author = person(body['author']) ?? { name: login, email: `${login}@users.noreply.github.test` };
  // Only what an App commits in its own name is signed.
  const isSigned = token?.kind === 'installation' && body['author'] === undefined && body['committer'] === undefined;
  const oid = writeCommit(repository.git.store, { tree, parents, author, committer: person(body['committer']) ?? author, time: Math.floor(Date.now() / 1000), message: text(body['message']) ?? '', isSigned });
  const commit = repository.git.commit(oid);
  return commit === undefined ? NOT_FOUND : { status: 201, body: gitCommitShape(commit, repository, sites) };
}

function contents(call: RepositoryCall): Reply {
  const { repository, path: { path = '' }, query, sites } = call;
  if (isEmpty(repository)) return failure(404, 'This repository is empty.');
  const ref = query.get('ref') ?? repository.defaultBranch;
  const commit = resolveCommit(repository, ref);
  if (commit === undefined) return failure(404, `No commit found for the ref ${ref}`);
  const found = repository.git.at(commit.tree, path);
  if (found === undefined) return NOT_FOUND;
  const shape = (entry: TreeEntry, at: string): Fields => {
    const url = `${apiUrl(repository, sites)}/contents/${at}?ref=${encodeURIComponent(ref)}`;
    const html = `${sites.web}/${fullName(repository)}/blob/${ref}/${at}`;
    const isFolder = entry.mode === '040000';
    const gitUrl = `${apiUrl(repository, sites)}/git/${isFolder ? 'trees' : 'blobs'}/${entry.oid}`;
    return {
      type: isFolder ? 'dir' : entry.mode === '120000' ? 'symlink' : 'file',
      size: isFolder ? 0 : (repository.git.read(entry.oid)?.bytes.length ?? 0),
      name: at.slice(at.lastIndexOf('/') + 1),
      path: at,
      sha: entry.oid,
      url,
      git_url: gitUrl,
      html_url: html,
      download_url: isFolder ? null : `${sites.web}/raw/${fullName(repository)}/${ref}/${at}`,
      _links: { self: url, git: gitUrl, html },
    };
  };
  if (found.mode === '040000') return ok(repository.git.entries(found.oid).map((entry) => shape(entry, path === '' ? entry.name : `${path}/${entry.name}`)));
  const bytes = repository.git.read(found.oid)?.bytes ?? Buffer.alloc(0);
  // Beyond a megabyte only the size is told.
  const isSmall = bytes.length <= 1 << 20;
  return ok({ ...shape(found, path), content: isSmall ? bytes.toString('base64').replace(/.{60}/g, '$&\n') : '', encoding: isSmall ? 'base64' : 'none' });
}

export const gitHandlers: Readonly<Record<string, RepositoryHandler>> = {
  'git/get-ref': notEmpty(({ repository, path, sites }) => {
    const name = `refs/${path['ref'] ?? ''}`;
    const oid = repository.git.ref(name);
    return oid === undefined ? NOT_FOUND : ok(refShape(repository, name, oid, sites));
  }),
  'git/list-matching-refs': notEmpty(({ repository, path, sites }) => ok(repository.git.refs(`refs/${path['ref'] ?? ''}`).map(([name, oid]) => refShape(repository, name, oid, sites)))),
  'git/create-ref': notEmpty(createRef),
  'git/update-ref': notEmpty(updateRef),
  'git/delete-ref': notEmpty(deleteRef),
  'git/get-commit': notEmpty(({ repository, path, sites }) => {
    const commit = repository.git.commit(path['commit_sha'] ?? '');
    return commit === undefined ? NOT_FOUND : ok(gitCommitShape(commit, repository, sites));
  }),
  'git/create-commit': notEmpty(createCommit),
  'git/get-tree': notEmpty((call) => {
    const { repository, path: { tree_sha: name = '' } } = call;
    const oid = resolveCommit(repository, name)?.tree ?? name;
    return repository.git.read(oid)?.type === 'tree' ? ok(treeShape(repository, oid, call, call.query.has('recursive'))) : NOT_FOUND;
  }),
  'git/create-tree': notEmpty(createTree),
  'git/get-blob': notEmpty(({ repository, path: { file_sha: oid = '' }, sites }) => {
    const object = repository.git.read(oid);
    return object?.type === 'blob' ? ok({ sha: oid, node_id: nodeId('B', repository.id, oid), size: object.bytes.length, url: `${apiUrl(repository, sites)}/git/blobs/${oid}`, content: object.bytes.toString('base64'), encoding: 'base64' }) : NOT_FOUND;
  }),
  'git/create-blob': notEmpty(({ repository, body, sites }) => {
    const oid = repository.git.store.add('blob', Buffer.from(text(body['content']) ?? '', body['encoding'] === 'base64' ? 'base64' : 'utf8'));
    return { status: 201, body: { url: `${apiUrl(repository, sites)}/git/blobs/${oid}`, sha: oid } };
  }),
  'repos/get-content': contents,
  'repos/list-commits': notEmpty((call) => {
    const commit = resolveCommit(call.repository, call.query.get('sha') ?? call.repository.defaultBranch);
    return commit === undefined ? NOT_FOUND : paged(call, history(call.repository, commit.oid, 10_000), (page) => page.map((one) => commitShape(one, call.repository, call.sites, accountBy(call))));
  }),
  'repos/get-commit': notEmpty((call) => {
    const commit = resolveCommit(call.repository, call.path['ref'] ?? '');
    return commit === undefined ? invalidSimply(`No commit found for SHA: ${call.path['ref'] ?? ''}`) : ok(commitShape(commit, call.repository, call.sites, accountBy(call)));
  }),
  'repos/compare-commits-with-basehead': notEmpty((call) => {
    const { repository, sites } = call;
    const [base = '', head = ''] = (call.path['basehead'] ?? '').split('...');
    const [from, to] = [resolveCommit(repository, base), resolveAnywhere(call, head)];
    if (from === undefined || to === undefined) return NOT_FOUND;
    const [theirs, ours] = [history(repository, from.oid, 10_000), history(repository, to.oid, 10_000)];
    const common = ours.find(({ oid }) => theirs.some((one) => one.oid === oid));
    if (common === undefined) return NOT_FOUND;
    const ahead = ours.slice(0, ours.indexOf(common)).toReversed();
    const behind = theirs.findIndex(({ oid }) => oid === common.oid);
    const url = `${apiUrl(repository, sites)}/compare/${base}...${head}`;
    const html = `${sites.web}/${fullName(repository)}/compare/${base}...${head}`;
    const shape = (commit: CommitOf): Fields => commitShape(commit, repository, sites, accountBy(call));
    return ok({ url, html_url: html, permalink_url: html, diff_url: `${html}.diff`, patch_url: `${html}.patch`, base_commit: shape(from), merge_base_commit: shape(common), status: ahead.length > 0 && behind > 0 ? 'diverged' : ahead.length > 0 ? 'ahead' : behind > 0 ? 'behind' : 'identical', ahead_by: ahead.length, behind_by: behind, total_commits: ahead.length, commits: ahead.map(shape), files: comparedFiles(repository, common.tree, to.tree, to.oid, sites) });
  }),
};

/** `OWNER:BRANCH` is a branch of another repository of the same network. */
function resolveAnywhere({ repository, world }: RepositoryCall, name: string): CommitOf | undefined {
  const [owner, branch] = name.includes(':') ? name.split(':') : [];
  const other = owner === undefined ? repository : world.repository(owner, repository.name);
  return other === undefined ? undefined : resolveCommit(other, branch ?? name);
}

/** What a comparison says of each file: GitHub lists 300 at most. */
function comparedFiles(repository: Repository, before: string, after: string, commit: string, sites: Sites): readonly Fields[] {
  const [old, young] = [repository.git.files(before), repository.git.files(after)];
  return changedPaths(repository, before, after).toSorted().slice(0, 300).map((path) => {
    const lines = (oid: string | undefined): number => (oid === undefined ? 0 : (repository.git.read(oid)?.bytes.toString('latin1').split('\n').length ?? 0));
    const [was, is] = [old.get(path)?.oid, young.get(path)?.oid];
    const [additions, deletions] = [lines(is), lines(was)];
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    return {
      sha: is ?? was ?? null, filename: path, status: was === undefined ? 'added' : is === undefined ? 'removed' : was === is ? 'changed' : 'modified', additions, deletions, changes: additions + deletions,
      blob_url: `${sites.web}/${fullName(repository)}/blob/${commit}/${encoded}`, raw_url: `${sites.web}/${fullName(repository)}/raw/${commit}/${encoded}`, contents_url: `${apiUrl(repository, sites)}/contents/${encoded}?ref=${commit}`,
    };
  });
}

export function accountBy({ world }: Pick<RepositoryCall, 'world'>): (email: string) => ReturnType<typeof world.user> {
  return (email) => world.user((email.split('@')[0] ?? '').replace(/^\d+\+/, ''));
}
