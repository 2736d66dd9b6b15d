/** Pull requests: what is planned is what real git checks out, a second run makes nothing, and a person's commit stays. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkedOut, familyTable, liveInMarkdown, liveInPlain, paced, Proof } from './checks.ts';
import { git } from './server/git.ts';
import { pullCommits } from './server/rest-pulls.ts';
import { verificationOf } from './server/shapes.ts';
import { fullName, type Repository } from './server/state.ts';
import { type Run, Session } from './session.ts';
import { shapes } from './world/trees.ts';

interface Item {
  readonly repository: string;
  readonly outcome: string;
  readonly wanted: { readonly title: string; readonly body: string } | null;
}

const PREVIEW = ['apply', '--pull-request', '--format', 'json'];
const WRITE = [...PREVIEW, '--write'];
/** Shapes whose fixture changes a file, and the hostile one. */
export const CHANGING = shapes().flatMap(({ name, expected }) => (expected.size > 0 || name === 'hostile' ? [name] : []));

/** Every repository of this organisation has something to change. */
export async function provePulls(pulls: number): Promise<Proof> {
  const proof = new Proof(`${pulls} pull requests`);
  const session = await Session.open(43, { repositories: pulls, isForPulls: true, shapes: CHANGING }, { limits: { pointsAMinute: 20_000 } });
  try {
    const before = new Map(session.world.repositoriesOf('acme').map((repository) => [fullName(repository), headOf(repository)]));
    proof.equal((await session.dekey(['plan', 'github:acme'])).code, 0, 'exit code of plan');

    const preview = await session.dekey(PREVIEW, { token: 'write' });
    proof.check(preview.records.every(({ isChange }) => !isChange), 'the preview changes something');

    const made = await session.dekey(WRITE, { token: 'write' });
    proof.equal(made.code, 0, `exit code of the first run ${made.stderr.slice(-300)}`);
    paced(proof, 'first run', made);
    const created = itemsOf(made).filter(({ outcome }) => outcome === 'created');
    proof.check(created.length >= pulls, `${created.length} pull requests created`);
    proof.say(`  ${created.length} created in ${made.seconds.toFixed(1)} s, ${(made.records.length / created.length).toFixed(1)} requests each:`);
    for (const line of familyTable(made)) proof.say(line);
    await judge(proof, session, itemsOf(preview), before);

    const state = stateOf(session);
    const again = await session.dekey(WRITE, { token: 'write' });
    proof.equal(again.code, 0, 'exit code of the second run');
    proof.check(again.records.every(({ isChange }) => !isChange), 'the second run changes something');
    proof.equal(stateOf(session), state, 'state after the second run');
    proof.check(itemsOf(again).every(({ outcome }) => outcome === 'unchanged' || outcome === 'nothing'), 'second run: an outcome other than unchanged');
    await withPeople(proof, session, created.map(({ repository }) => repository));
    proof.clean(session);
  } finally {
    await session.close();
  }
  return proof;
}

async function judge(proof: Proof, session: Session, previewed: readonly Item[], before: ReadonlyMap<string, string>): Promise<void> {
  let compared = 0;
  for (const repository of session.world.repositoriesOf('acme')) {
    const name = fullName(repository);
    proof.equal(headOf(repository), before.get(name), `default branch of ${name}`);
    const branches = repository.git.refs('refs/heads/dekey/');
    proof.equal(branches.length, repository.pulls.length, `branches of ${name}`);
    proof.check(repository.pulls.length <= 1, `${repository.pulls.length} pull requests in ${name}`);
    const [pull] = repository.pulls;
    if (pull === undefined) continue;
    const wanted = previewed.find((item) => item.repository === name)?.wanted;
    proof.equal([pull.title, pull.body], [wanted?.title, wanted?.body], `title and body of ${name} against the preview`);
    proof.check(pull.isDraft, `${name}: not a draft`);

    const commits = pullCommits(repository, pull);
    proof.equal(commits.length, 1, `commits of ${name}`);
    const [commit] = commits;
    if (commit === undefined) continue;
    proof.equal(commit.parents, [before.get(name)], `parent of the commit in ${name}`);
    proof.equal(verificationOf(commit)['verified'], true, `signature in ${name}`);
    proof.check(/^[\w./-]+$/.test(pull.head), `${name}: branch ${pull.head}`);
    for (const [what, live] of [['title', liveInPlain(pull.title)], ['first line of the commit', liveInPlain(commit.message.split('\n')[0] ?? '')], ['rest of the commit', liveInMarkdown(commit.message)], ['body', liveInMarkdown(pull.body)]] as const) {
      proof.check(live === undefined, `${name}: ${JSON.stringify(live)} is live in the ${what}`);
    }
    if (await sameAsPlanned(proof, session, repository, pull.head)) compared += 1;
  }
  proof.say(`  ${compared} branches checked out by git and equal to the files that the fixtures' reviewers approved, byte for byte`);
}

/** The whole tree: what the fixture expects where it expects something, and every other file and mode as before. */
async function sameAsPlanned(proof: Proof, session: Session, repository: Repository, branch: string): Promise<boolean> {
  const name = fullName(repository);
  const shape = session.truth.shapes.get(name);
  const now = await checkedOut(session, repository.git.folder, branch);
  const was = await checkedOut(session, repository.git.folder, repository.defaultBranch);
  const isKnown = shape !== undefined && shape.expected.size > 0 && !shape.isTold;
  for (const path of new Set([...now.keys(), ...was.keys()])) {
    const expected = shape?.expected.get(path);
    if (isKnown && expected !== undefined) proof.check(now.get(path) === `file ${Buffer.from(renamed(expected.toString('utf8'), repository)).toString('base64')}`, `${name} (${shape.name}): ${path} is not as planned`);
    else if (isKnown || !path.startsWith('.github/')) proof.check(now.get(path) === was.get(path), `${name}: ${path} was not to be changed`);
  }
  return isKnown;
}

/** Identities are named after the repository and the trusted branch; in the fixtures those are `app` and `main`. */
function renamed(text: string, { name, defaultBranch }: Repository): string {
  const branch = defaultBranch.replaceAll(/[^a-z0-9]+/gi, '-');
  const upper = (part: string): string => part.replaceAll('-', '_').toUpperCase();
  return text
    .replaceAll(/\bapp-([a-z-]+?)-main\b/g, `${name}-$1-${branch}`)
    .replaceAll(/(['/])app-(pull-request|ci-develop)/g, `$1${name}-$2`)
    .replaceAll("'app-main'", `'${name}-${branch}'`)
    .replaceAll(/\b([A-Z_]+_(?:ID|ARN|RESOURCE)_[A-Z_]+?)_MAIN(?![A-Z])/g, `$1_${upper(branch)}`)
    .replaceAll(/_APP_([A-Z_]+?)_MAIN(?![A-Z])/g, `_${upper(name)}_$1_${upper(branch)}`)
    .replaceAll('_APP_', `_${upper(name)}_`);
}

/** A person pushes to one branch, closes another pull request, and makes the change of a third by hand; then everything is planned anew. */
async function withPeople(proof: Proof, session: Session, names: readonly string[]): Promise<void> {
  const [pushed, closed, done, other] = names.map((name) => repositoryOf(session, name));
  if (pushed === undefined || closed === undefined || done === undefined || other === undefined) throw new Error('too few pull requests');
  const branch = pushed.pulls[0]?.head ?? '';
  const clone = session.kit.folder('person');
  git(clone, ['clone', '-q', '--branch', branch, pushed.git.folder, '.']);
  writeFileSync(join(clone, 'by-hand.txt'), 'mine\n');
  git(clone, ['add', '.']);
  git(clone, ['-c', 'user.name=Bob', '-c', 'user.email=bob@example.test', 'commit', '-q', '-m', 'By hand']);
  git(clone, ['push', '-q', 'origin', branch]);
  const mine = pushed.git.ref(`refs/heads/${branch}`);
  const [pull] = closed.pulls;
  if (pull !== undefined) Object.assign(pull, { state: 'closed', closed: '2026-11-20T00:00:00Z' });
  const ours = done.git.ref(`refs/heads/${done.pulls[0]?.head ?? ''}`) ?? '';
  done.git.setRef(`refs/heads/${done.defaultBranch}`, ours, headOf(done));
  const otherHead = other.git.ref(`refs/heads/${other.pulls[0]?.head ?? ''}`);

  proof.equal((await session.dekey(['plan', 'github:acme', '--overwrite'])).code, 0, 'exit code of the second plan');
  const only = [pushed, closed, done, other].flatMap((repository) => ['--repository', fullName(repository)]);
  const run = await session.dekey([...WRITE, ...only], { token: 'write' });
  const outcomes = new Map(itemsOf(run).map(({ repository, outcome }) => [repository, outcome]));
  proof.say(`  pushed to: ${outcomes.get(fullName(pushed)) ?? 'nothing'}; closed: ${outcomes.get(fullName(closed)) ?? 'nothing'}; done by hand: ${outcomes.get(fullName(done)) ?? 'nothing'}; untouched: ${outcomes.get(fullName(other)) ?? 'nothing'}`);
  proof.equal(pushed.git.ref(`refs/heads/${branch}`), mine, 'head of the branch that a person pushed to');
  proof.equal([closed.pulls.length, closed.pulls[0]?.state], [1, 'closed'], 'the pull request that a person closed');
  proof.equal(done.pulls.map(({ state, comments }) => [state, comments.length > 0]), [['closed', true]], 'the pull request with nothing left to do');
  proof.equal([other.pulls.length, other.git.ref(`refs/heads/${other.pulls[0]?.head ?? ''}`)], [1, otherHead], 'the pull request that nobody touched');
}

export function itemsOf(run: Run): readonly Item[] {
  try {
    const { items }: { items: readonly Item[] } = JSON.parse(run.stdout);
    return items;
  } catch {
    throw new Error(`no outcome, code ${run.code}: ${run.stderr.slice(-1000)}`);
  }
}

/** Everything that pull requests change, without times and numbers of objects. */
export function stateOf(session: Session): unknown {
  return session.world.repositoriesOf('acme').map((repository) => ({
    name: fullName(repository),
    branches: repository.git.refs('refs/heads/').map(([name, oid]) => [name, repository.git.commit(oid)?.tree, pullLength(repository, oid)]),
    pulls: repository.pulls.map(({ title, body, state, isDraft, base, head, labels, reviewers, teams, comments }) => ({ title, body, state, isDraft, base, head, labels, reviewers, teams, comments: comments.length })),
    issues: repository.issues.length,
  }));
}

function pullLength(repository: Repository, oid: string): number {
  return Number(git(repository.git.folder, ['rev-list', '--count', oid]));
}

function headOf(repository: Repository): string {
  return repository.git.ref(`refs/heads/${repository.defaultBranch}`) ?? '';
}

function repositoryOf(session: Session, name: string): Repository | undefined {
  return session.world.repository('acme', name.slice('acme/'.length));
}
