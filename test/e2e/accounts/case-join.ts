/**
 * One key everywhere: in the history of a repository, as a secret of GitHub, in a Secret of a cluster, in the list of its issuer, and used by two workloads. The program as it is, against
 * all four servers at once, has to make one credential of it.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACCOUNT_KINDS, type Inventory } from '../../../src/model/inventory.ts';
import { Proof } from '../github/checks.ts';
import { writeCommit, writeTree } from '../github/server/git-write.ts';
import { Session } from '../github/session.ts';
import { tokenText } from '../github/world/make.ts';
import { DEKEY } from '../kit.ts';
import { startAnthropicWorld } from './anthropic/prove.ts';
import { deployment, secret, startKubernetesWorld } from './kubernetes/world.ts';

const NAME = 'ANTHROPIC_API_KEY';
const WORKFLOW = `on: push\njobs:\n  evals:\n    runs-on: ubuntu-latest\n    steps:\n      - run: npm run evals\n        env:\n          ${NAME}: \${{ secrets.${NAME} }}\n`;

export async function proveJoin(): Promise<Proof> {
  const proof = new Proof('one key everywhere');
  const session = await Session.open(73, { repositories: 3 }, { limits: { pointsAMinute: 20_000 } });
  const { kit, world } = session;
  const { text: value } = kit.key('anthropic');
  const issuer = await startAnthropicWorld({ values: [value] });
  const cluster = await startKubernetesWorld({}, 12);
  const read = { secretKeyRef: { name: 'model', key: NAME } };
  (cluster.objects as unknown[]).push(secret('ai', 'model', { [NAME]: value }), deployment('ai', 'answers', { containers: [{ name: 'main', image: 'registry.example.test/app:1', env: [{ name: NAME, valueFrom: read }] }] }));
  try {
    addRepository(session, value);
    const local = kit.folder('app');
    kit.write(local, { 'settings.py': `KEY = "${value}"\n` });
    for (const args of [['init', '-q', '-b', 'main'], ['add', '.'], ['commit', '-q', '-m', 'first']]) kit.git(local, args);
    kit.write(local, { 'settings.py': 'KEY = None\n' });
    kit.git(local, ['commit', '-q', '-am', 'without']);

    const file = join(session.folder, 'all.json');
    const env = {
      PATH: process.env['PATH'] ?? '', HOME: cluster.home, NO_COLOR: '1', GITHUB_API_URL: session.server.url, GITHUB_TOKEN: tokenText('scan'), DEKEY_CACHE_DIR: join(kit.home, 'join-cache'), ...issuer.env,
    };
    const targets = [local, 'github:acme/joined', cluster.target, issuer.target];
    const ran = await run(['scan', ...targets, '--history', '--format', 'json', '--output', file, '--fail-on', 'none'], env, session.folder);
    kit.keep('join stdout', ran.output);
    proof.equal(ran.code, 0, `exit code (${ran.output.slice(-400)})`);
    const text = readFileSync(file, 'utf8');
    kit.keep('join inventory', text);
    judge(proof, JSON.parse(text) as Inventory, value.slice(-4));
    proof.check(!issuer.server.asked.some(({ method }) => method !== 'GET'), 'the issuer was asked to write');

    const asked = issuer.server.asked.length;
    for (const kind of ACCOUNT_KINDS.filter((one) => one !== 'machine')) {
      const offline = await run(['scan', `${kind}:prod`, '--offline'], env, session.folder);
      proof.check(offline.code === 2 && offline.output.includes('--offline opens no connection'), `${kind}: with --offline: exit ${offline.code}, ${offline.output.slice(0, 200)}`);
    }
    proof.equal(issuer.server.asked.length, asked, 'requests with --offline');
    proof.clean(session);
  } finally {
    await issuer.stop();
    cluster.stop();
    await session.close();
  }
  return proof;

  function addRepository({ world: { store } }: Session, key: string): void {
    const [base] = world.repositoriesOf('acme');
    if (base === undefined) throw new Error('no repository to make one like');
    const put = (bytes: string): { mode: string; oid: string } => ({ mode: '100644', oid: store.add('blob', Buffer.from(bytes)) });
    const tree = writeTree(store, new Map([['.github/workflows/ci.yml', put(WORKFLOW)], ['.env', put(`${NAME}=${key}\n`)]]));
    const head = writeCommit(store, { tree, parents: [], author: { name: 'Ann', email: 'ann@users.noreply.github.com' }, time: 1_700_000_000, message: 'First files\n' });
    const named = { name: NAME, created: '2024-01-01T00:00:00Z', updated: '2024-01-01T00:00:00Z' };
    world.addRepository({
      ...base, id: 7_000_001, name: 'joined', description: null, visibility: 'private', isArchived: false, defaultBranch: 'main', git: store.create('acme/joined', 'main', { 'refs/heads/main': head }),
      secrets: { actions: [named], dependabot: [], codespaces: [], agents: [] }, variables: [], environments: [], keys: [], runners: [], pulls: [], issues: [], labels: [],
    });
  }
}

function judge(proof: Proof, { credentials, findings, workloads, targets }: Inventory, tail: string): void {
  const names = new Map(targets.map(({ id, kind }) => [id, kind]));
  const ours = credentials.filter(({ preview, provider }) => provider === 'anthropic' && preview.endsWith(tail));
  proof.equal(ours.length, 1, 'credentials that the key was made into');
  const [credential] = ours;
  if (credential === undefined) return;
  const of = findings.filter(({ credential: id }) => id === credential.id);
  const places = new Set(of.filter(({ class: kind, detector }) => kind === 'secret' || detector === 'stored-key' || detector === 'listed-key').map(({ location, detector }) => `${names.get(location.target) ?? ''} ${detector === 'stored-key' ? 'secret' : detector === 'listed-key' ? 'list' : location.history === undefined ? 'file' : 'history'}`));
  proof.equal([...places].sort(), ['anthropic list', 'git history', 'github history', 'github secret', 'kubernetes file'], 'places');
  const users = workloads.filter(({ id }) => credential.workloads.includes(id)).map(({ platform }) => platform);
  proof.equal(users.sort(), ['github-actions', 'kubernetes'], 'workloads');
  const why = credential.risk.factors.map(({ label, points }) => `${label} +${points}`);
  proof.say(`  ${credential.preview}: ${credential.risk.score} ${credential.risk.level}: ${why.join('; ')}`);
  proof.say(`  owner ${credential.facts['owner'] ?? '?'}, last used ${credential.facts['last-used'] ?? '?'}, may ${credential.facts['can'] ?? '?'}; ${places.size} places, ${users.length} workloads`);
  for (const code of ['EX', 'SP', 'LV', 'AG']) proof.check(credential.risk.factors.some((factor) => factor.code === code), `the score does not say ${code}`);
}

function run(args: readonly string[], env: Readonly<Record<string, string>>, cwd: string): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [DEKEY, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (output += bytes.toString('utf8')));
    child.once('error', failed);
    child.once('close', (code) => done({ code, output }));
  });
}
