/** Pull requests, issues, labels and comments. */
import { failure, accountOf, invalid, invalidSimply, NOT_FOUND, ok, paged, type Reply, type RepositoryCall, type RepositoryHandler, text, textList } from './reply.ts';
import { accountBy, history } from './rest-git.ts';
import { accountShape, apiUrl, commentShape, commitShape, issueShape, labelShape, pullShape } from './shapes.ts';
import { type Account, type Comment, type Issue, type Label, now, type Pull, type Repository, type World } from './state.ts';

const LONGEST_BODY = 65_536;
const LONGEST_TITLE = 256;

export interface PullWanted {
  readonly title: string;
  readonly body: string;
  /** `branch` or `owner:branch`. */
  readonly head: string;
  readonly base: string;
  readonly isDraft: boolean;
  readonly canMaintainerModify: boolean;
}

/** Why a pull request cannot be opened: a field and a message. */
export interface PullRefusal {
  readonly field: string;
  readonly code: 'invalid' | 'custom' | 'missing_field';
  readonly message?: string;
}

export function openPull(world: World, repository: Repository, author: Account, wanted: PullWanted): Pull | PullRefusal {
  const [owner, branch] = wanted.head.includes(':') ? [wanted.head.slice(0, wanted.head.indexOf(':')), wanted.head.slice(wanted.head.indexOf(':') + 1)] : [repository.owner.login, wanted.head];
  const headRepository = owner.toLowerCase() === repository.owner.login.toLowerCase() ? repository : world.repositoriesOf(owner).find(({ parent }) => parent === repository);
  const head = headRepository?.git.ref(`refs/heads/${branch}`);
  if (headRepository === undefined || head === undefined) return { field: 'head', code: 'invalid' };
  const base = repository.git.ref(`refs/heads/${wanted.base}`);
  if (base === undefined) return { field: 'base', code: 'invalid' };
  if (wanted.title.trim() === '') return { field: 'title', code: 'missing_field' };
  const tooLong = lengthProblem(wanted.title, wanted.body);
  if (tooLong !== undefined) return { field: 'body', code: 'custom', message: tooLong };
  if (repository.pulls.some((one) => one.state === 'open' && one.headRepository === headRepository && one.head === branch && one.base === wanted.base)) return { field: 'head', code: 'custom', message: `A pull request already exists for ${owner}:${branch}.` };
  if (headRepository.git.isAncestor(head, base)) return { field: 'base', code: 'custom', message: `No commits between ${wanted.base} and ${branch}` };
  if (wanted.isDraft && repository.visibility !== 'public' && world.organization(repository.owner.login)?.hasDrafts === false) return { field: 'draft', code: 'custom', message: 'Draft pull requests are not supported in this repository.' };
  const pull: Pull = { id: world.nextId, number: nextNumber(repository), title: wanted.title, body: wanted.body, state: 'open', isDraft: wanted.isDraft, base: wanted.base, head: branch, headRepository, author, created: now(), updated: now(), closed: null, canMaintainerModify: wanted.canMaintainerModify, labels: [], reviewers: [], teams: [], comments: [] };
  repository.pulls.push(pull);
  return pull;
}

export function lengthProblem(title: string, body: string): string | undefined {
  if ([...title].length > LONGEST_TITLE) return `title is too long (maximum is ${LONGEST_TITLE} characters)`;
  return [...body].length > LONGEST_BODY ? `body is too long (maximum is ${LONGEST_BODY} characters)` : undefined;
}

function nextNumber({ pulls, issues }: Repository): number {
  return pulls.length + issues.length + 1;
}

export function changeState(item: Pull | Issue, state: 'open' | 'closed'): void {
  if (item.state === state) return;
  item.state = state;
  item.closed = state === 'closed' ? now() : null;
}

export function addComment(world: World, item: Pull | Issue, author: Account, body: string): Comment {
  const comment: Comment = { id: world.nextId, body, author, created: now() };
  item.comments.push(comment);
  item.updated = now();
  return comment;
}

/** Labels that do not exist yet are made by being put on. */
function putLabels({ world, repository }: RepositoryCall, item: Pull | Issue, names: readonly string[]): void {
  for (const name of names) {
    if (!repository.labels.some((label) => label.name.toLowerCase() === name.toLowerCase())) repository.labels.push({ id: world.nextId, name, color: 'ededed', description: '' });
    if (!item.labels.some((label) => label.toLowerCase() === name.toLowerCase())) item.labels.push(name);
  }
}

function shownPull(call: RepositoryCall, pull: Pull, isWhole: boolean): unknown {
  return pullShape(pull, call.repository, call.sites, (login) => call.world.user(login), isWhole);
}

function withPull(handle: (call: RepositoryCall, pull: Pull) => Reply): RepositoryHandler {
  return (call) => {
    const pull = call.repository.pulls.find(({ number }) => String(number) === call.path['pull_number']);
    return pull === undefined ? NOT_FOUND : handle(call, pull);
  };
}

function withIssue(handle: (call: RepositoryCall, item: Pull | Issue) => Reply): RepositoryHandler {
  return (call) => {
    const item = [...call.repository.pulls, ...call.repository.issues].find(({ number }) => String(number) === call.path['issue_number']);
    return item === undefined ? NOT_FOUND : handle(call, item);
  };
}

function inState<T extends { readonly state: string }>(items: readonly T[], state: string): readonly T[] {
  return state === 'all' ? items : items.filter((item) => item.state === state);
}

function listPulls(call: RepositoryCall): Reply {
  const { query, repository } = call;
  const head = query.get('head');
  const base = query.get('base');
  const fits = (pull: Pull): boolean => (head === null || !head.includes(':') || `${pull.headRepository.owner.login}:${pull.head}`.toLowerCase() === head.toLowerCase()) && (base === null || pull.base === base);
  const items = inState(repository.pulls, query.get('state') ?? 'open').filter(fits);
  const sorted = [...items].sort((left, right) => (query.get('direction') === 'asc' ? left.number - right.number : right.number - left.number));
  return paged(call, sorted, (page) => page.map((pull) => shownPull(call, pull, false)));
}

function createPull(call: RepositoryCall): Reply {
  const { world, repository, body } = call;
  const made = openPull(world, repository, accountOf(call), {
    title: text(body['title']) ?? '',
    body: text(body['body']) ?? '',
    head: text(body['head']) ?? '',
    base: text(body['base']) ?? '',
    isDraft: body['draft'] === true,
    canMaintainerModify: body['maintainer_can_modify'] !== false,
  });
  if (!('number' in made)) return invalid('PullRequest', made.field, made.code, made.message);
  return { status: 201, body: shownPull(call, made, true), headers: { location: `${apiUrl(repository, call.sites)}/pulls/${made.number}` } };
}

function mayEdit(call: RepositoryCall, item: Pull | Issue): boolean {
  return item.author.login === call.token?.account.login || call.role !== 'read';
}

function edit(call: RepositoryCall, item: Pull | Issue): Reply | undefined {
  if (!mayEdit(call, item)) return failure(403, 'Must have admin rights to Repository.');
  const { body } = call;
  const title = text(body['title']) ?? item.title;
  const words = text(body['body']) ?? item.body;
  const problem = lengthProblem(title, words);
  if (problem !== undefined) return invalid('Issue', 'body', 'custom', problem);
  item.title = title;
  item.body = words;
  if (body['state'] === 'open' || body['state'] === 'closed') changeState(item, body['state']);
  if (Array.isArray(body['labels'])) {
    item.labels = [];
    putLabels(call, item, textList(body['labels']));
  }
  item.updated = now();
  return undefined;
}

function requestReviewers(call: RepositoryCall, pull: Pull): Reply {
  const { world, body, repository } = call;
  const logins = textList(body['reviewers']);
  const teams = textList(body['team_reviewers']);
  const strangers = logins.filter((login) => world.user(login) === undefined || login === pull.author.login);
  if (strangers.length > 0) return invalidSimply(strangers.includes(pull.author.login) ? 'Review cannot be requested from pull request author.' : 'Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the ' + `${repository.owner.login}/${repository.name} repository.`);
  for (const login of logins) if (!pull.reviewers.includes(login)) pull.reviewers.push(login);
  for (const team of teams) if (!pull.teams.includes(team)) pull.teams.push(team);
  return { status: 201, body: shownPull(call, pull, false) };
}

function createLabel(call: RepositoryCall): Reply {
  const { world, repository, body, sites } = call;
  const name = text(body['name']) ?? '';
  if (repository.labels.some((label) => label.name.toLowerCase() === name.toLowerCase())) return invalid('Label', 'name', 'already_exists');
  if (name === '' || [...name].length > 50) return invalid('Label', 'name', 'invalid');
  const label: Label = { id: world.nextId, name, color: text(body['color']) ?? 'ededed', description: text(body['description']) ?? '' };
  repository.labels.push(label);
  return { status: 201, body: labelShape(repository, name, sites), headers: { location: `${apiUrl(repository, sites)}/labels/${encodeURIComponent(name)}` } };
}

function createIssue(call: RepositoryCall): Reply {
  const { world, repository, body, sites } = call;
  const [title, words] = [String(body['title']), text(body['body']) ?? ''];
  const problem = lengthProblem(title, words);
  if (problem !== undefined) return invalid('Issue', 'body', 'custom', problem);
  const issue: Issue = { id: world.nextId, number: nextNumber(repository), title, body: words, state: 'open', author: accountOf(call), created: now(), updated: now(), closed: null, labels: [], comments: [] };
  repository.issues.push(issue);
  putLabels(call, issue, textList(body['labels']));
  return { status: 201, body: issueShape(issue, repository, sites), headers: { location: `${apiUrl(repository, sites)}/issues/${issue.number}` } };
}

function listIssues(call: RepositoryCall): Reply {
  const { query, repository } = call;
  const labels = (query.get('labels') ?? '').split(',').filter((label) => label !== '');
  const creator = query.get('creator');
  const items = inState([...repository.issues, ...repository.pulls], query.get('state') ?? 'open')
    .filter((item) => labels.every((label) => item.labels.includes(label)) && (creator === null || item.author.login === creator))
    .sort((left, right) => (query.get('direction') === 'asc' ? left.number - right.number : right.number - left.number));
  return paged(call, items, (page) => page.map((item) => issueShape(item, repository, call.sites)));
}

/** Commits of a pull request's branch that are not on its base, oldest first. */
export function pullCommits(repository: Repository, pull: Pull): ReturnType<typeof history> {
  const head = pull.headRepository.git.ref(`refs/heads/${pull.head}`);
  const base = repository.git.ref(`refs/heads/${pull.base}`);
  if (head === undefined || base === undefined) return [];
  const known = new Set(history(repository, base, 10_000).map(({ oid }) => oid));
  return history(pull.headRepository, head, 250).filter(({ oid }) => !known.has(oid)).toReversed();
}

export const pullHandlers: Readonly<Record<string, RepositoryHandler>> = {
  'pulls/list': listPulls,
  'pulls/create': createPull,
  'pulls/get': withPull((call, pull) => ok(shownPull(call, pull, true))),
  'pulls/update': withPull((call, pull) => edit(call, pull) ?? ok(shownPull(call, pull, true))),
  'pulls/list-commits': withPull((call, pull) => paged(call, pullCommits(call.repository, pull), (page) => page.map((commit) => commitShape(commit, call.repository, call.sites, accountBy(call))))),
  'pulls/list-requested-reviewers': withPull(({ world, sites }, pull) => ok({ users: pull.reviewers.flatMap((login) => world.user(login) ?? []).map((account) => accountShape(account, sites)), teams: [] })),
  'pulls/request-reviewers': withPull(requestReviewers),
  'issues/list-for-repo': listIssues,
  'issues/create': createIssue,
  'issues/get': withIssue(({ repository, sites }, item) => ok(issueShape(item, repository, sites))),
  'issues/update': withIssue((call, item) => edit(call, item) ?? ok(issueShape(item, call.repository, call.sites))),
  'issues/list-comments': withIssue((call, item) => paged(call, item.comments, (page) => page.map((comment) => commentShape(comment, item.number, call.repository, call.sites)))),
  'issues/create-comment': withIssue((call, item) => {
    const body = text(call.body['body']) ?? '';
    if (lengthProblem('', body) !== undefined) return invalid('IssueComment', 'body', 'custom', lengthProblem('', body));
    return { status: 201, body: commentShape(addComment(call.world, item, accountOf(call), body), item.number, call.repository, call.sites) };
  }),
  'issues/list-labels-on-issue': withIssue((call, item) => paged(call, item.labels, (page) => page.map((name) => labelShape(call.repository, name, call.sites)))),
  'issues/add-labels': withIssue((call, item) => {
    putLabels(call, item, textList(call.body['labels']));
    item.updated = now();
    return ok(item.labels.map((name) => labelShape(call.repository, name, call.sites)));
  }),
  'issues/list-labels-for-repo': (call) => paged(call, call.repository.labels, (page) => page.map(({ name }) => labelShape(call.repository, name, call.sites))),
  'issues/get-label': ({ repository, path, sites }) => {
    const name = path['name'] ?? '';
    return repository.labels.some((label) => label.name.toLowerCase() === name.toLowerCase()) ? ok(labelShape(repository, name, sites)) : NOT_FOUND;
  },
  'issues/create-label': createLabel,
};
