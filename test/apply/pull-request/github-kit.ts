/** A small organisation on the loopback GitHub, the plan of its repositories, and runs of the command against it. */
import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';
import { readPlan } from '../../../src/apply/read-plan.ts';
import { flagsFrom, type openFor } from '../../../src/cli/campaign-shared.ts';
import { publish } from '../../../src/cli/commands/apply-pull-request.ts';
import { follow } from '../../../src/cli/commands/campaign.ts';
import { openGithub } from '../../../src/github/client.ts';
import type { CampaignResult } from '../../../src/model/pull-request.ts';
import { GitStore, type BareRepository, type FileOf } from '../../e2e/github/server/git.ts';
import { writeCommit, writeTree } from '../../e2e/github/server/git-write.ts';
import { GithubServer, type ServerOptions } from '../../e2e/github/server/server.ts';
import { type Account, type Pull, type Repository, type Token, World } from '../../e2e/github/server/state.ts';
import type { Kit } from '../../e2e/kit.ts';

export const ACME: Account = { login: 'acme', id: 1_029_384, type: 'Organization' };
export const BOT: Account = { login: 'dekey-bot', id: 501, type: 'User' };
export const ADA: Account = { login: 'ada', id: 502, type: 'User' };
export const TOKEN = `${'github'}_pat_${'11BBBBBBB0'}${'0'.repeat(72)}`;
export const PERMISSIONS = { metadata: 'read', contents: 'write', pull_requests: 'write', issues: 'write', workflows: 'write' } as const;

export type Files = Readonly<Record<string, string | { readonly text: string; readonly mode: string }>>;

/** Whoever commits here by hand. */
const ADA_AUTHOR = { name: 'Ada', email: 'ada@users.noreply.github.com' };

export class GithubKit {
  readonly kit: Kit;
  readonly world: World;
  readonly server: GithubServer;
  readonly folder: string;
  #time = 1_780_000_000;

  constructor(kit: Kit, options: ServerOptions = {}) {
    this.kit = kit;
    this.folder = kit.folder('campaign');
    this.world = new World(new GitStore(kit.folder('github')));
    for (const user of [BOT, ADA, { login: 'bob', id: 503, type: 'User' as const }]) this.world.users.set(user.login, user);
    this.world.organizations.set('acme', {
      account: ACME, name: 'Acme', created: '2015-02-03T04:05:06Z', secrets: { actions: [], dependabot: [], codespaces: [], agents: [] }, variables: [], installations: [], runners: [],
      actions: { repositories: 'all', allowed: 'all' }, workflowToken: { permissions: 'read', canApprove: false }, oidc: { claimKeys: ['repo', 'context'], useImmutable: false }, hasDrafts: true,
    });
    this.token({});
    // From here on objects are written one by one.
    this.world.store.add('blob', Buffer.from('first'));
    this.world.store.pack();
    this.server = new GithubServer(this.world, options);
  }

  token(more: Partial<Token>): void {
    this.world.tokens.set(TOKEN, { text: TOKEN, account: BOT, kind: 'fine-grained', permissions: PERMISSIONS, ...more });
  }

  /** A repository at the loopback GitHub, and the same files as a folder that can be planned. */
  add(name: string, files: Files, more: Partial<Pick<Repository, 'visibility' | 'isArchived' | 'parent' | 'owner'>> = {}): Repository {
    const owner = more.owner ?? ACME;
    const tree = writeTree(this.world.store, new Map(Object.entries(files).map(([path, file]): [string, FileOf] => [path, typeof file === 'string' ? this.#blob(file) : this.#blob(file.text, file.mode)])));
    const head = writeCommit(this.world.store, { tree, parents: [], author: ADA_AUTHOR, time: (this.#time += 60), message: 'First files\n' });
    const repository: Repository = {
      id: this.world.nextId, owner, name, description: null, visibility: 'private', isArchived: false, language: null, defaultBranch: 'main', created: '2024-01-01T00:00:00Z', pushed: '2024-01-02T00:00:00Z',
      git: this.world.store.create(`${owner.login}/${name}`, 'main', { 'refs/heads/main': head }), secrets: { actions: [], dependabot: [], codespaces: [], agents: [] }, variables: [], environments: [], keys: [], runners: [],
      protections: new Map(), actions: { isEnabled: true, allowed: 'all' }, workflowToken: { permissions: 'read', canApprove: false }, oidc: { useDefault: true }, labels: [], pulls: [], issues: [], ...more,
    };
    this.world.addRepository(repository);
    const folder = join(this.folder, name);
    this.kit.write(folder, Object.fromEntries(Object.entries(files).map(([path, file]) => [path, typeof file === 'string' ? file : file.text])));
    this.kit.git(folder, ['init', '-q', '-b', 'main']);
    this.kit.git(folder, ['remote', 'add', 'origin', `https://github.com/${owner.login}/${name}.git`]);
    return repository;
  }

  #blob(text: string, mode = '100644'): FileOf {
    return { mode, oid: this.world.store.add('blob', Buffer.from(text)) };
  }

  /** Plans the folders of these repositories. */
  plan(names: readonly string[], ...more: readonly string[]): void {
    const ran = this.kit.dekey(['plan', ...names, '--branch', 'main', '--overwrite', ...more], { cwd: this.folder });
    if (ran.code !== 0) throw new Error(ran.stderr);
  }

  repository(name: string, owner = 'acme'): Repository {
    const found = this.world.repository(owner, name);
    if (found === undefined) throw new Error(`there is no ${owner}/${name}`);
    return found;
  }

  /** Files of a branch as git has them: path to text. */
  files(name: string, branch: string, owner = 'acme'): Readonly<Record<string, string>> {
    const { git } = this.repository(name, owner);
    const commit = git.commit(git.ref(`refs/heads/${branch}`) ?? '');
    if (commit === undefined) throw new Error(`there is no branch ${branch}`);
    return Object.fromEntries([...git.files(commit.tree)].map(([path, { oid }]) => [path, git.read(oid)?.bytes.toString('utf8') ?? '']));
  }

  /** A commit by hand on a branch. */
  push(name: string, branch: string, changed: Readonly<Record<string, string | null>>, options: { readonly author?: Account; readonly message?: string; readonly owner?: string } = {}): string {
    const { git } = this.repository(name, options.owner);
    const before = git.ref(`refs/heads/${branch}`) ?? '';
    const files = new Map(git.files(git.commit(before)?.tree ?? ''));
    for (const [path, text] of Object.entries(changed)) {
      if (text === null) files.delete(path);
      else files.set(path, { ...this.#blob(text), mode: files.get(path)?.mode ?? '100644' });
    }
    const login = (options.author ?? ADA).login;
    const commit = writeCommit(this.world.store, { tree: writeTree(this.world.store, files), parents: [before], author: { name: login, email: `${login}@users.noreply.github.com` }, time: (this.#time += 60), message: options.message ?? 'By hand\n' });
    git.setRef(`refs/heads/${branch}`, commit, before);
    return commit;
  }

  /** What a person does with the button: the default branch gets the files of the pull request. */
  merge(name: string, pull: Pull): void {
    const { git } = this.repository(name);
    const head = git.ref(`refs/heads/${pull.head}`) ?? '';
    git.setRef('refs/heads/main', head, git.ref('refs/heads/main') ?? '');
    Object.assign(pull, { state: 'closed', closed: '2026-11-20T10:00:00Z', merged: '2026-11-20T10:00:00Z' });
  }

  pulls(name: string): readonly Pull[] {
    return this.repository(name).pulls;
  }

  branches(name: string, owner = 'acme'): readonly string[] {
    return this.repository(name, owner).git.refs('refs/heads/dekey/').map(([ref]) => ref.slice('refs/heads/'.length));
  }

  commits(repository: BareRepository, branch: string): number {
    let count = 0;
    for (let oid = repository.ref(`refs/heads/${branch}`); oid !== undefined; oid = repository.commit(oid)?.parents[0]) count += 1;
    return count;
  }

  readonly #open: typeof openFor = async (_host, names, _flags, version) => await openGithub({
    owner: names[0]?.owner ?? '', version, env: { GITHUB_TOKEN: TOKEN, PATH: '' }, api: this.server.url, spacing: 0, random: () => 0, sleep: async (milliseconds) => await pause(Math.min(milliseconds, 40)),
  });

  async publish(raw: Readonly<Record<string, unknown>> = {}): Promise<CampaignResult> {
    return await publish(readPlan(join(this.folder, 'dekey-plan'), 'dekey-plan'), flagsFrom(raw), '0.0.0', this.#open);
  }

  async campaign(verb: 'status' | 'close', raw: Readonly<Record<string, unknown>> = {}): Promise<CampaignResult> {
    return await follow(verb, readPlan(join(this.folder, 'dekey-plan'), 'dekey-plan'), flagsFrom(raw), '0.0.0', this.#open);
  }

  get violations(): readonly string[] {
    return this.server.journal.violations;
  }
}

/** A workflow whose key input becomes federation inputs. */
export function workflow(job = 'evals', step = 'prompt: Run the evals'): string {
  return ['on: { push: { branches: [main] } }', 'jobs:', `  ${job}:`, '    runs-on: ubuntu-latest', '    steps:', '      - uses: anthropics/claude-code-action@v1', '        with:', '          anthropic_api_key: ${{ secrets.ANTHROPIC_API_KEY }}', `          ${step}`, ''].join('\n');
}

export const CI = '.github/workflows/ci.yml';

export function outcomes({ items }: CampaignResult): readonly string[] {
  return items.map(({ repository, outcome, reason }) => `${repository} ${outcome}${reason === null ? '' : `: ${reason}`}`);
}
