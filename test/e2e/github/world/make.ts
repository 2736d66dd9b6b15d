/** An organisation from a seed, with what is true about it kept beside it. */
import { seededRandom } from '../../../support/recipes.ts';
import type { Key, KeyKind } from '../../kit.ts';
import { type FileOf, GitStore } from '../server/git.ts';
import { writeCommit, writeTree } from '../server/git-write.ts';
import { type Account, type DeployKey, type Environment, isSharedWith, type Named, type Protection, type Repository, type Runner, type Shared, type Store, type Token, type Variable, World } from '../server/state.ts';
import { ADMIN, AWKWARD_NAMES, HOSTILE_BRANCHES, HOSTILE_ENVIRONMENTS, HOSTILE_TEXTS, LANGUAGES, LOGIN, WORDS } from './names.ts';
import { plainFiles, type Shape, shapes } from './trees.ts';

export interface WorldOptions {
  readonly folder: string;
  readonly repositories: number;
  readonly seed: number;
  readonly key: (kind: KeyKind) => Key;
  /** Only repositories with workflows that use keys and can be written to: for pull requests. */
  readonly isForPulls?: boolean;
  /** Only these shapes. */
  readonly shapes?: readonly string[];
}

/** A key that stands somewhere. */
export interface Planted {
  readonly key: Key;
  /** `acme/app` or `acme`. */
  readonly in: string;
  readonly where: 'file' | 'variable' | 'environment-variable' | 'organization-variable';
  /** Path of the file, or name of the variable. */
  readonly name: string;
}

export interface Truth {
  readonly planted: readonly Planted[];
  /** By full name: the shape its workflows were taken from. */
  readonly shapes: ReadonlyMap<string, Shape>;
  /** `repository NAME`: stored for Actions and used by no workflow. */
  readonly stale: ReadonlySet<string>;
  /** `repository NAME`: used by a workflow and stored nowhere that it can read. Forks and archives keep workflows that are not meant to run, and are not among them. */
  readonly missing: ReadonlySet<string>;
  /** Of those, the ones that another store holds, for Dependabot or for agents. */
  readonly elsewhere: ReadonlySet<string>;
  /** `repository NAME`: stored in an environment of the repository, which the job may or may not name. */
  readonly inEnvironments: ReadonlySet<string>;
  readonly environments: number;
  readonly repositories: number;
  readonly empty: number;
  readonly archived: number;
}

const KINDS: readonly KeyKind[] = ['openai', 'anthropic', 'groq', 'replicate', 'openrouter'];
const STALE_NAMES = ['OLD_OPENAI_KEY', 'CLAUDE_KEY_2023', 'COHERE_API_KEY', 'MISTRAL_API_KEY'];
const MANIFEST = /(?:^|\/)(?:package(?:-lock)?\.json|pyproject\.toml|requirements[^/]*\.txt|go\.(?:mod|sum)|pom\.xml|build\.gradle(?:\.kts)?|Cargo\.toml|Gemfile)$/;
const START = Date.parse('2021-03-01T00:00:00Z');
const DAY = 86_400_000;

export function makeWorld(options: WorldOptions): { readonly world: World; readonly truth: Truth } {
  return new Maker(options).make();
}

/** Everything that a scan needs, and nothing that writes. */
export const READ_PERMISSIONS = Object.fromEntries(
  [
    'metadata', 'contents', 'actions', 'administration', 'environments', 'secrets', 'actions_variables', 'dependabot_secrets', 'codespaces_secrets', 'agent_secrets', 'agent_variables', 'pull_requests', 'issues',
    'organization_secrets', 'organization_actions_variables', 'organization_dependabot_secrets', 'organization_codespaces_secrets', 'organization_agent_secrets', 'organization_agent_variables', 'organization_administration', 'organization_self_hosted_runners', 'members',
  ].map((name) => [name, 'read' as const]),
);
export const WRITE_PERMISSIONS = { ...READ_PERMISSIONS, contents: 'write', pull_requests: 'write', issues: 'write', workflows: 'write' } as const;

class Maker {
  readonly #options: WorldOptions;
  readonly #random: () => number;
  readonly #store: GitStore;
  readonly #world: World;
  readonly #shapes: readonly Shape[];
  readonly #organization: Account = { login: LOGIN, id: 1_029_384, type: 'Organization' };
  readonly #planted: Planted[] = [];
  readonly #shapeOf = new Map<string, Shape>();
  readonly #stale = new Set<string>();
  readonly #missing = new Set<string>();
  readonly #elsewhere = new Set<string>();
  readonly #inEnvironments = new Set<string>();
  #ids = 5_566_000;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#store = new GitStore(options.folder);
    this.#world = new World(this.#store);
    this.#shapes = shapes().filter(({ name }) => options.shapes === undefined || options.shapes.includes(name));
  }

  make(): { readonly world: World; readonly truth: Truth } {
    const { repositories: count } = this.#options;
    for (const login of [ADMIN, 'bob', 'carol']) this.#world.users.set(login, { login, id: 100 + this.#world.users.size, type: 'User' });
    const shared = this.#sharedSecrets(count);
    for (let index = 0; index < count; index += 1) this.#repository(index, shared);
    this.#store.pack();
    this.#organize(shared);
    this.#token('scan', READ_PERMISSIONS);
    this.#token('write', WRITE_PERMISSIONS);
    const all = this.#world.repositoriesOf(LOGIN);
    return {
      world: this.#world,
      truth: {
        planted: this.#planted,
        shapes: this.#shapeOf,
        stale: this.#stale,
        missing: this.#missing,
        elsewhere: this.#elsewhere,
        inEnvironments: this.#inEnvironments,
        environments: all.reduce((sum, { environments }) => sum + environments.length, 0),
        repositories: all.length,
        empty: all.filter(({ git, defaultBranch }) => git.ref(`refs/heads/${defaultBranch}`) === undefined).length,
        archived: all.filter(({ isArchived }) => isArchived).length,
      },
    };
  }

  /** Tokens are found by what they are for: `scan`, `write`. */
  #token(purpose: string, permissions: Token['permissions']): void {
    const account = this.#world.user(ADMIN);
    if (account === undefined) throw new Error('no administrator');
    const text = tokenText(purpose);
    this.#world.tokens.set(text, { text, account, kind: 'fine-grained', permissions });
  }

  #is(share: number): boolean {
    return this.#random() < share;
  }

  #one<T>(list: readonly T[]): T {
    const found = list[Math.floor(this.#random() * list.length)];
    if (found === undefined) throw new Error('nothing to choose from');
    return found;
  }

  #day(): string {
    return new Date(START + Math.floor(this.#random() * 1900) * DAY + Math.floor(this.#random() * 86_000) * 1000).toISOString().replace('.000', '');
  }

  #named(name: string): Named {
    const [created, updated] = [this.#day(), this.#day()].sort();
    return { name, created: created ?? '', updated: updated ?? '' };
  }

  get #id(): number {
    this.#ids += 1;
    return this.#ids;
  }

  /** Of the organisation, before it has repositories: who reads the selected ones is said later. */
  #sharedSecrets(count: number): readonly { secret: Shared; readonly selected: number[] }[] {
    const make = (name: string, visibility: Shared['visibility']): { secret: Shared; selected: number[] } => {
      const selected: number[] = [];
      return { secret: { ...this.#named(name), visibility, selected }, selected };
    };
    const padding = count >= 1000 ? 110 : 3;
    return [make('ANTHROPIC_API_KEY', 'private'), make('AWS_ACCESS_KEY_ID', 'selected'), make('AWS_SECRET_ACCESS_KEY', 'selected'), make('OLD_COHERE_API_KEY', 'all'), ...Array.from({ length: padding }, (_, index) => make(`DEPLOY_${String(index).padStart(3, '0')}`, 'all'))];
  }

  #repository(index: number, shared: readonly { secret: Shared; readonly selected: number[] }[]): void {
    const { isForPulls = false } = this.#options;
    const isHostile = index % 40 === 7;
    const language = this.#one(LANGUAGES);
    const awkward = isForPulls ? undefined : AWKWARD_NAMES[index - 20];
    const name = awkward ?? `${this.#one(WORDS)}-${this.#one(WORDS)}-${index}`;
    const isEmptyOne = !isForPulls && this.#is(0.04);
    const shape = isForPulls || this.#is(0.4) ? (this.#shapes[index % this.#shapes.length] ?? this.#one(this.#shapes)) : undefined;
    const visibility = this.#is(0.6) ? 'private' : this.#is(0.6) ? 'internal' : 'public';
    const drawn = this.#is(0.85) ? 'main' : this.#is(0.5) ? 'master' : isHostile ? 'a;b' : 'release/1.x';
    // Workflows that run for pushes to main alone would be refused elsewhere, as they should.
    const defaultBranch = shape !== undefined && [...shape.files.values()].some((bytes) => /branches: \[main\]/.test(bytes.toString('utf8'))) ? 'main' : drawn;
    const files = new Map<string, FileOf>();
    const put = (path: string, bytes: Buffer, mode = '100644'): void => {
      files.set(path, { mode, oid: this.#store.add('blob', bytes) });
    };
    // A manifest without the client of a shape's provider would hold its workflows back, as it should.
    for (const [path, bytes] of plainFiles(language, index)) if (shape === undefined || !MANIFEST.test(path)) put(path, bytes);
    for (const [path, bytes] of shape?.files ?? []) put(path, bytes);
    if (shape !== undefined && this.#is(0.15)) put('.github/CODEOWNERS', Buffer.from(isHostile ? '* @acme/team closes@#1 ${{ github.token }}\n.github/ @bob\n' : '* @bob\n.github/workflows/ @carol @acme/platform\n'));
    if (this.#is(0.2)) put('bin/run.sh', Buffer.from('#!/bin/sh\nexec make\n'), '100755');
    if (!isForPulls && this.#is(0.05)) put('current', Buffer.from('README.md'), '120000');
    if (!isForPulls && this.#is(0.03)) files.set('vendor/lib', { mode: '160000', oid: '1'.repeat(40) });
    // Archives leave these out; whoever reads them alone does not see the workflows.
    if (this.#is(0.03)) put('.gitattributes', Buffer.from('/.github export-ignore\n*.txt text\n'));
    if (isHostile && !isForPulls) put('.github/workflows/"$(id)" \u001b[2J.yml', Buffer.from('on: push\njobs: {}\n'));

    const full = `${LOGIN}/${name}`;
    if (shape !== undefined && !isEmptyOne) this.#shapeOf.set(full, shape);
    if (!isEmptyOne && !isForPulls && this.#is(0.03)) {
      const key = this.#options.key(this.#one(KINDS));
      put('config/settings.env', Buffer.from(`API_BASE=https://example.test\nAI_API_KEY=${key.text}\n`));
      this.#planted.push({ key, in: full, where: 'file', name: 'config/settings.env' });
    }
    const time = Math.floor((START + this.#random() * 1900 * DAY) / 1000);
    const author = { name: 'Ann', email: `${ADMIN}@users.noreply.github.com` };
    const first = isEmptyOne ? undefined : writeCommit(this.#store, { tree: writeTree(this.#store, new Map([...files].slice(0, 1))), parents: [], author, time, message: 'First files\n' });
    const head = first === undefined ? undefined : writeCommit(this.#store, { tree: writeTree(this.#store, files), parents: [first], author, time: time + 3600, message: isHostile ? `${HOSTILE_TEXTS[index % HOSTILE_TEXTS.length] ?? ''}\n` : 'More files\n' });
    const refs: Record<string, string> = head === undefined ? {} : { [`refs/heads/${defaultBranch}`]: head };
    if (isHostile && head !== undefined) for (const branch of HOSTILE_BRANCHES) refs[`refs/heads/${branch}`] ??= head;

    const used = isEmptyOne ? [] : [...(shape?.secrets ?? [])];
    const isHidden = visibility !== 'public';
    const secrets: Named[] = [];
    const id = this.#id;
    for (const secret of used) {
      const common = shared.find((one) => one.secret.name === secret);
      if (common?.secret.visibility === 'private' && isHidden && this.#is(0.5)) continue;
      if (common?.secret.visibility === 'selected' && this.#is(0.5)) common.selected.push(id);
      else if (this.#is(0.9)) secrets.push(this.#named(secret));
    }
    if (this.#is(0.12)) secrets.push(this.#named(this.#one(STALE_NAMES)));
    if (this.#is(0.3)) secrets.push(this.#named('CODECOV_TOKEN'));
    if (index === 3) for (let at = 0; at < 120; at += 1) secrets.push(this.#named(`SECRET_${String(at).padStart(3, '0')}`));
    for (const { name: stored } of secrets) if (!used.includes(stored) && (isEmptyOne || shape?.isOpaque !== true) && (stored !== 'CODECOV_TOKEN' || isEmptyOne)) this.#stale.add(`${full} ${stored}`);

    const repository: Repository = {
      id,
      owner: this.#organization,
      name,
      description: isHostile ? (HOSTILE_TEXTS[index % HOSTILE_TEXTS.length] ?? null) : this.#is(0.5) ? 'A service' : null,
      visibility,
      isArchived: !isForPulls && this.#is(0.08),
      language,
      defaultBranch,
      created: this.#day(),
      pushed: this.#day(),
      git: this.#store.create(full, defaultBranch, refs),
      secrets: { actions: secrets, dependabot: this.#is(0.05) ? [this.#named('NPM_TOKEN'), this.#named('OPENAI_API_KEY')] : [], codespaces: this.#is(0.03) ? [this.#named('ANTHROPIC_API_KEY')] : [], agents: this.#is(0.02) ? [this.#named('GEMINI_API_KEY')] : [] },
      variables: this.#variables(index, full),
      environments: isForPulls ? [] : this.#environments(index, full, isHostile),
      keys: this.#is(0.1) ? [this.#deployKey(index)] : [],
      runners: this.#is(0.02) ? [this.#runner(index)] : [],
      protections: isForPulls || this.#is(0.6) ? new Map<string, Protection>([[defaultBranch, { reviews: 1, isForAdmins: this.#is(0.5), needsSignatures: this.#is(0.1) }]]) : new Map(),
      actions: this.#is(0.95) ? { isEnabled: true, allowed: this.#is(0.8) ? 'all' : 'selected' } : { isEnabled: false, allowed: 'all' },
      workflowToken: { permissions: this.#is(0.2) ? 'write' : 'read', canApprove: this.#is(0.05) },
      oidc: this.#is(0.03) ? { useDefault: false, claimKeys: ['repository_owner_id', 'job_workflow_ref'] } : { useDefault: true, ...(this.#is(0.05) ? { useImmutable: true } : {}) },
      labels: isHostile ? [{ id: this.#id, name: '@acme closes #1', color: 'ff0000', description: '${{ github.token }}' }] : [],
      pulls: [],
      issues: [],
      ...(!isForPulls && index % 17 === 16 ? forkOf(this.#world.repository(LOGIN, this.#world.repositoriesOf(LOGIN)[0]?.name ?? '')) : {}),
    };
    this.#world.addRepository(repository);
  }

  #variables(index: number, full: string): readonly Variable[] {
    const made: Variable[] = [];
    if (this.#is(0.15)) made.push({ ...this.#named('REGION'), value: 'eu-central-1' });
    if (index === 5) for (let at = 0; at < 70; at += 1) made.push({ ...this.#named(`SETTING_${at}`), value: String(at) });
    if (this.#is(0.02)) made.push(this.#plantedVariable('AI_KEY', full, 'variable'));
    return made;
  }

  #plantedVariable(name: string, place: string, where: Planted['where']): Variable {
    const key = this.#options.key(this.#one(KINDS));
    this.#planted.push({ key, in: place, where, name });
    return { ...this.#named(name), value: key.text };
  }

  #environments(index: number, full: string, isHostile: boolean): readonly Environment[] {
    const names = isHostile ? [HOSTILE_ENVIRONMENTS[index % HOSTILE_ENVIRONMENTS.length] ?? 'x'] : this.#is(0.2) ? ['production', 'staging', 'preview'].slice(0, 1 + Math.floor(this.#random() * 3)) : [];
    return names.map((name) => ({
      id: this.#id,
      name,
      created: this.#day(),
      secrets: this.#is(0.5) ? [this.#named('OPENAI_API_KEY')] : [],
      variables: this.#is(0.05) ? [this.#plantedVariable('MODEL_KEY', full, 'environment-variable')] : this.#is(0.3) ? [{ ...this.#named('REGION'), value: 'eu' }] : [],
      ...(this.#is(0.3) ? { waitMinutes: 30 } : {}),
      ...(this.#is(0.3) ? { reviewers: [...this.#world.users.values()].slice(0, 1) } : {}),
      ...(this.#is(0.5) ? { branches: this.#is(0.5) ? ('protected' as const) : ('custom' as const) } : {}),
    }));
  }

  #deployKey(index: number): DeployKey {
    return { id: this.#id, title: this.#is(0.2) ? (HOSTILE_TEXTS[index % HOSTILE_TEXTS.length] ?? '') : 'deploy', key: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${Buffer.from(String(index)).toString('base64').padEnd(43, 'A')}`, isReadOnly: this.#is(0.5), created: this.#day() };
  }

  #runner(index: number): Runner {
    return { id: this.#id, name: `runner-${index}`, os: 'linux', labels: ['self-hosted', 'linux', 'x64'] };
  }

  #organize(shared: readonly { secret: Shared; readonly selected: number[] }[]): void {
    const installation = (appId: number, slug: string, permissions: Readonly<Record<string, string>>): { id: number; appId: number; slug: string; permissions: Readonly<Record<string, string>>; selection: 'all'; created: string } => ({ id: this.#id, appId, slug, permissions, selection: 'all', created: this.#day() });
    const variables = Array.from({ length: 35 }, (_, index): Shared & Variable => ({ ...this.#named(`COMMON_${index}`), value: `value ${index}`, visibility: 'all', selected: [] }));
    variables.push({ ...this.#plantedVariable('SHARED_AI_KEY', LOGIN, 'organization-variable'), visibility: 'all', selected: [] });
    this.#world.organizations.set(LOGIN, {
      account: this.#organization,
      name: 'Acme',
      created: '2015-02-03T04:05:06Z',
      secrets: { actions: shared.map(({ secret }) => secret), dependabot: [{ ...this.#named('OPENAI_API_KEY'), visibility: 'private', selected: [] }], codespaces: [{ ...this.#named('ANTHROPIC_API_KEY'), visibility: 'all', selected: [] }], agents: [{ ...this.#named('GEMINI_API_KEY'), visibility: 'all', selected: [] }] },
      variables,
      installations: [installation(11, 'lint-bot', { metadata: 'read', checks: 'write', pull_requests: 'write' }), installation(12, 'deploy-everything', { metadata: 'read', contents: 'write', secrets: 'write', workflows: 'write', administration: 'write', actions: 'write' }), installation(13, 'reader', { metadata: 'read', contents: 'read' })],
      runners: [this.#runner(90_000)],
      actions: { repositories: 'all', allowed: 'all' },
      workflowToken: { permissions: 'read', canApprove: false },
      oidc: { claimKeys: ['repo', 'context'], useImmutable: false },
      hasDrafts: true,
    });
    const organization = this.#world.organization(LOGIN);
    for (const [full, shape] of this.#shapeOf) {
      const repository = this.#world.repository(LOGIN, full.slice(LOGIN.length + 1));
      if (repository === undefined || organization === undefined) continue;
      const held = (store: Store): readonly string[] => [...repository.secrets[store], ...organization.secrets[store].filter((secret) => isSharedWith(secret, repository))].map(({ name }) => name);
      const inEnvironments = repository.environments.flatMap(({ secrets }) => secrets.map(({ name }) => name));
      for (const name of inEnvironments) this.#inEnvironments.add(`${full} ${name}`);
      if (repository.isArchived || repository.parent !== undefined) continue;
      for (const name of shape.asked) {
        if (held('actions').includes(name) || inEnvironments.includes(name)) continue;
        this.#missing.add(`${full} ${name}`);
        if (held('dependabot').includes(name) || held('agents').includes(name)) this.#elsewhere.add(`${full} ${name}`);
      }
    }
  }
}

function forkOf(parent: Repository | undefined): { readonly parent?: Repository } {
  return parent === undefined ? {} : { parent };
}

/** A token that exists in the made-up world only. */
export function tokenText(purpose: string): string {
  return `${'github'}_pat_${'11AAAAAAA0'}${Buffer.from(`token for ${purpose}`).toString('hex')}`.padEnd(93, '0');
}
