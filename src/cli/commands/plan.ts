import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { loadConfig, type PlanConfig } from '../../config/load-config.ts';
import { suffixesByIdentity } from '../../emit/_identity-variables.ts';
import { emitters } from '../../emit/index.ts';
import { emitWorkloadSide } from '../../emit/workload-side.ts';
import { joinCredentials } from '../../inventory/build.ts';
import { maskInventory } from '../../inventory/mask.ts';
import { isInventoryFile, readInventory } from '../../inventory/read.ts';
import { nameMask } from '../../detect/mask.ts';
import { DekeyError, UsageError } from '../../model/errors.ts';
import type { Inventory, Workload } from '../../model/inventory.ts';
import type { MigrationPlan, PlannedFile, SourceFile } from '../../model/plan.ts';
import type { Input } from '../../model/text.ts';
import { parties } from '../../parties/index.ts';
import { partyInputs } from '../../parties/inputs.ts';
import { isGithubTarget } from '../../github/hosts.ts';
import { scan } from '../../pipeline.ts';
import { checkInput } from '../../plan/inputs.ts';
import { finishPlan, type FileToWrite } from '../../plan/finish.ts';
import { type DraftPlan, emitPlan, makePlan, type PlanOptions } from '../../plan/plan.ts';
import { platforms } from '../../platforms/index.ts';
import { buildNameTable } from '../../providers/_names.ts';
import { providers } from '../../providers/index.ts';
import { renderPlanMarkdown } from '../../report/plan-markdown.ts';
import { renderPlanText } from '../../report/plan-text.ts';
import type { PlanTitles } from '../../report/plan-words.ts';
import { inertJson } from '../../report/scanned.ts';
import { plainPalette } from '../../report/text-page.ts';
import { scoreInventory } from '../../risk/score-inventory.ts';
import { writeNewFile } from '../../support/atomic-write.ts';
import { visible } from '../../support/escape.ts';
import { compileGlobs } from '../../support/glob.ts';
import { isInside } from '../../support/paths.ts';
import { refuseLoosePolicies } from '../audit-plan.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { githubOptions } from '../github-options.ts';
import { remoteContext } from '../remote-options.ts';
import { print } from '../print.ts';
import { ProgressBar, type ProgressSink } from '../progress.ts';
import { hasUnicode, useColor } from '../terminal.ts';

interface Flags {
  readonly format: 'text' | 'markdown' | 'json';
  readonly output: string;
  readonly write: boolean;
  readonly overwrite: boolean;
  readonly set: readonly string[];
  readonly runsOn: readonly string[];
  readonly repository?: string;
  readonly branch?: string;
  readonly github: boolean;
  readonly githubApi?: string;
  readonly offline: boolean;
  readonly history: boolean;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly config?: string;
  readonly color: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

const PLAN_FILE = 'plan.json';
/** Files above this are not hashed: nothing that describes a workload is so large. */
const LARGEST_SOURCE = 64 * 2 ** 20;

/** Runs `dekey plan`: scans (or reads saved inventories), plans, writes the folder, shows the plan. Returns the exit code. */
export async function runPlan(targets: readonly string[], raw: Readonly<Record<string, unknown>>, version: string): Promise<number> {
  const cwd = process.cwd();
  const flags = parseFlags(raw);
  const config = await loadConfig(cwd, flags.config);
  const folder = resolve(cwd, flags.output);
  // Before the scan: a folder that cannot be used should not cost the user the wait.
  if (flags.write) await checkFolder(folder, flags.output, flags.overwrite);
  if (flags.github && flags.offline) throw new UsageError('--github asks GitHub, and --offline opens no connection', 'Give one of the two.');
  const { inventory, incomplete, roots } = await inventoryOf(targets, raw, flags, config, version, cwd);
  const read = flags.github ? await readFromGithub(inventory, flags.githubApi) : { values: new Map<string, string>() };
  const options = planOptions(inventory, flags, config.plan, version, cwd, { ...read, values: new Map([...toldByApi(inventory), ...read.values]) }, roots);
  const { titles, json, ...finished } = completePlan(draftPlan(inventory, options), options);

  if (flags.write && finished.plan.summary.keys > 0) await writePlan(folder, flags.output, finished.files, json);
  if (flags.format === 'json') await print(json);
  else if (flags.format === 'markdown') await print(finished.readme);
  else {
    const isColored = flags.color && useColor(undefined);
    const palette = isColored ? (await import('../../report/palette.ts')).colorPalette() : plainPalette;
    const written = flags.write ? relative(cwd, folder) || '.' : undefined;
    await print(renderPlanText(finished.plan, palette, { titles, width: process.stdout.isTTY ? (process.stdout.columns ?? 80) : 100, unicode: hasUnicode(), verbose: flags.verbose, ...(written === undefined ? {} : { written }) }));
  }
  return incomplete ? EXIT_CODES.incomplete.code : EXIT_CODES.clean.code;
}

/** What can be planned, before anything is emitted. */
export function draftPlan(inventory: Inventory, options: PlanOptions): DraftPlan {
  return makePlan(inventory, { platforms, providers, parties, partyInputs }, options);
}

/** The draft with all its files, audited, and as the text of `plan.json`. */
export function completePlan(draft: DraftPlan, options: PlanOptions): ReturnType<typeof finishPlan> & { readonly titles: PlanTitles; readonly json: string } {
  const emitted = [...emitPlan(draft, emitters, options.values, suffixesByIdentity(draft)), ...emitWorkloadSide(draft, options.values)];
  checkValues(draft.inputs, emitted.flatMap(({ asked }) => asked), options.values);
  refuseLoosePolicies(emitted.flatMap(({ files }) => files), [...draft.inputs, ...emitted.flatMap(({ asked }) => asked)]);
  const titles = titlesOf();
  const finished = finishPlan(draft, emitted, options.values, { digest: sha256, readme: (plan) => renderPlanMarkdown(plan, { titles }) });
  return { ...finished, titles, json: planJson(finished.plan) };
}

/** The text of `plan.json`. */
export function planJson(plan: MigrationPlan): string {
  return inertJson(`${JSON.stringify(plan, undefined, 2)}\n`);
}

function parseFlags(raw: Readonly<Record<string, unknown>>): Flags {
  const text = (name: string): string | undefined => (typeof raw[name] === 'string' ? raw[name] : undefined);
  const list = (name: string): readonly string[] => (Array.isArray(raw[name]) ? raw[name].filter((item) => typeof item === 'string') : []);
  const repository = text('repository');
  const branch = text('branch');
  const config = text('config');
  const githubApi = text('githubApi');
  return {
    format: raw['format'] === 'markdown' || raw['format'] === 'json' ? raw['format'] : 'text',
    output: text('output') ?? 'dekey-plan',
    write: raw['write'] !== false,
    overwrite: raw['overwrite'] === true,
    set: list('set'),
    runsOn: list('runsOn'),
    ...(repository === undefined ? {} : { repository }),
    ...(branch === undefined ? {} : { branch }),
    github: raw['github'] === true,
    ...(githubApi === undefined ? {} : { githubApi }),
    offline: raw['offline'] === true,
    history: raw['history'] === true,
    include: list('include'),
    exclude: list('exclude'),
    ...(config === undefined ? {} : { config }),
    color: raw['color'] !== false,
    quiet: raw['quiet'] === true,
    verbose: raw['verbose'] === true,
  };
}

// --- what is planned ---

interface Scanned {
  readonly inventory: Inventory;
  /** By target id: where the files of a target are whose name is no path. */
  readonly roots: ReadonlyMap<string, string>;
}

async function inventoryOf(targets: readonly string[], raw: Readonly<Record<string, unknown>>, flags: Flags, config: Awaited<ReturnType<typeof loadConfig>>, version: string, cwd: string): Promise<Scanned & { readonly incomplete: boolean }> {
  const saved = targets.filter((target) => !isGithubTarget(target) && isInventoryFile(resolve(cwd, target)));
  if (saved.length > 0 && targets.length > 1) throw new UsageError('a saved inventory is planned by itself', 'Give one inventory, or the folders it was made from: one run joins what they say.');
  const [file] = saved;
  const { inventory, roots } = file === undefined ? await scanForPlan(targets, raw, flags, config, version, cwd, new ProgressBar(process.stderr, flags.quiet)) : { inventory: readInventory(resolve(cwd, file)), roots: new Map<string, string>() };
  return { inventory: withRepository(inventory, flags.repository), roots, incomplete: inventory.targets.some(({ complete }) => !complete) };
}

/** The targets as a plan is made of them: scored and masked. */
export async function scanForPlan(targets: readonly string[], raw: Readonly<Record<string, unknown>>, flags: Pick<Flags, 'history' | 'include' | 'exclude' | 'offline' | 'quiet'>, config: Awaited<ReturnType<typeof loadConfig>>, version: string, cwd: string, bar: ProgressSink): Promise<Scanned> {
  const sightings = await scan({
    targets,
    cwd,
    history: flags.history || (config.history ?? false),
    staged: false,
    include: [...(config.include ?? []), ...flags.include],
    // A plan that lies in the tree is no part of it.
    exclude: [...(config.exclude ?? []), ...flags.exclude, 'dekey-plan/**'],
    includeIgnored: false,
    maxFileSize: (config.maxFileSize ?? 20) * 2 ** 20,
    ...(config.workers === undefined ? {} : { workers: config.workers }),
    allowAlternates: false,
    offline: flags.offline,
    github: githubOptions(raw, version, flags.quiet, bar),
    remote: remoteContext(raw, version, flags.quiet, bar),
    onProgress: bar.update,
  }).finally(bar.end);
  const now = new Date().toISOString();
  const joined = joinCredentials(sightings, providers, sightings.accounts === undefined ? undefined : { names: buildNameTable(providers), now, ...(config.unusedAfter === undefined ? {} : { unusedAfter: config.unusedAfter }) });
  const scored = scoreInventory(joined, providers, { version, now, public: config.public ?? false });
  return { inventory: maskInventory(scored, nameMask(providers, sightings.isKey)), roots: sightings.roots };
}

/** `--repository HOST/OWNER/NAME`, for trees without a git remote. */
function withRepository(inventory: Inventory, repository: string | undefined): Inventory {
  if (repository === undefined) return inventory;
  if (!/^[A-Za-z0-9.-]+(?:\/[A-Za-z0-9._-]+){2,}$/.test(repository)) throw new UsageError(`--repository ${visible(repository)} is not HOST/OWNER/NAME`, 'Write it like github.com/acme/app.');
  if (inventory.targets.length > 1) throw new UsageError('--repository says where one target is hosted, and there are several', 'Plan them one by one, or clone them with their remotes.');
  return { ...inventory, targets: inventory.targets.map((target) => ({ ...target, facts: { ...target.facts, remote: repository } })) };
}

interface Read {
  readonly values: ReadonlyMap<string, string>;
  readonly branch?: string;
}

/** What targets on GitHub say of themselves already: the same ids that `--github` asks for. */
export function toldByApi(inventory: Inventory): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const { kind, facts } of inventory.targets) {
    const [, owner, name] = (facts['remote'] ?? '').split('/');
    if (kind !== 'github' || owner === undefined || name === undefined) continue;
    if (facts['subjectTemplate'] === 'true') sayTemplate(owner, name);
    const prefix = `github.${slug(owner)}.${slug(name)}`;
    for (const [id, fact] of [['repository_id', facts['repositoryId']], ['repository_owner_id', facts['ownerId']], ['subject_prefix', facts['subjectPrefix']]] as const) if (fact !== undefined) values.set(`${prefix}.${id}`, fact);
  }
  return values;
}

/** Asks GitHub for the ids of the targets' repositories and for the form of their subjects: the one thing here that opens a connection. */
async function readFromGithub(inventory: Inventory, api: string | undefined): Promise<Read> {
  const { readRepositoryIdentity } = await import('../../sources/github/identity.ts');
  const values = new Map<string, string>();
  const branches = new Set<string>();
  const token = process.env['GITHUB_TOKEN'] || process.env['GH_TOKEN'] || undefined;
  for (const { kind, facts } of inventory.targets) {
    const [host = '', owner, name, ...rest] = (facts['remote'] ?? '').split('/');
    if (kind === 'github' || owner === undefined || name === undefined || rest.length > 0) continue;
    const identity = await readRepositoryIdentity(apiOf(host, api), owner, name, token);
    const prefix = `github.${slug(owner)}.${slug(name)}`;
    values.set(`${prefix}.repository_id`, identity.repositoryId);
    values.set(`${prefix}.repository_owner_id`, identity.ownerId);
    if (identity.subjectPrefix !== undefined) values.set(`${prefix}.subject_prefix`, identity.subjectPrefix);
    if (identity.hasTemplate) sayTemplate(owner, name);
    branches.add(identity.defaultBranch);
  }
  if (values.size === 0 && inventory.targets.every(({ kind }) => kind !== 'github')) throw new UsageError('--github found no target that is hosted on GitHub', 'Clone with the remote, or say --repository github.com/OWNER/NAME.');
  const [branch] = branches;
  return { values, ...(branches.size === 1 && branch !== undefined ? { branch } : {}) };
}

function sayTemplate(owner: string, name: string): void {
  process.stderr.write(`dekey: ${visible(`${owner}/${name}`)} has a subject template of its own: take subject_prefix from a real token\n`);
}

function apiOf(host: string, api: string | undefined): string {
  if (api !== undefined) {
    const url = URL.canParse(api) ? new URL(api) : undefined;
    const isLoopback = url !== undefined && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
    // The token goes there: in the clear only to this machine itself.
    if (url === undefined || (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) || url.username !== '') throw new UsageError(`--github-api ${visible(api)} is not an https address`, 'Write it like https://ghe.example.com/api/v3.');
    return api.replace(/\/+$/, '');
  }
  if (host === 'github.com') return 'https://api.github.com';
  if (host.endsWith('.ghe.com')) return `https://api.${host}`;
  throw new UsageError(`${visible(host)} is not github.com`, 'Name its API with --github-api, such as https://HOST/api/v3: a token is sent there.');
}

function slug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9_]/g, '_');
}

/** Files of a home folder that read a key run where that folder is. */
function onMachines({ targets }: Inventory): readonly { readonly matches: (workload: Workload) => boolean; readonly platform: string }[] {
  const machines = new Set(targets.filter(({ kind }) => kind === 'machine').map(({ id }) => id));
  return machines.size === 0 ? [] : [{ matches: ({ platform, location }) => platform === 'code' && machines.has(location.target), platform: 'developer-machine' }];
}

export function planOptions(inventory: Inventory, flags: Pick<Flags, 'set' | 'branch' | 'runsOn'>, config: PlanConfig | undefined, version: string, cwd: string, read: Read, roots: ReadonlyMap<string, string>): PlanOptions {
  const values = new Map([...read.values].map(([id, value]) => [id, { value, from: 'GitHub' }]));
  for (const [id, value] of config?.inputs ?? []) values.set(id, { value, from: 'dekey.config.json' });
  for (const setting of flags.set) {
    const at = setting.indexOf('=');
    const id = setting.slice(0, at);
    if (at < 1 || !/^[a-z0-9_]+(?:\.[a-z0-9_]+)+$/.test(id)) throw new UsageError(`--set ${visible(setting)} is not ID=VALUE`, 'Write it like --set anthropic.workspace_id=wrkspc_...; the plan lists the ids.');
    values.set(id, { value: setting.slice(at + 1), from: '--set' });
  }
  const branch = flags.branch ?? config?.branch ?? read.branch;
  const rules = [...flags.runsOn.map(parseRunsOn), ...(config?.runsOn ?? [])];
  return {
    version,
    values,
    runsOn: [...rules.map(([pattern, platform]) => ({ matches: workloadMatcher(pattern), platform: knownPlatform(platform) })), ...onMachines(inventory)],
    ...(branch === undefined ? {} : { branch: checkedBranch(branch) }),
    sources: sourcesOf(inventory, cwd, roots),
  };
}

function parseRunsOn(text: string): readonly [string, string] {
  const at = text.lastIndexOf('=');
  return at < 0 ? ['code', text] : [text.slice(0, at), text.slice(at + 1)];
}

function knownPlatform(id: string): string {
  const platform = platforms.find((known) => known.id === id);
  if (platform === undefined) throw new UsageError(`there is no platform "${visible(id)}"`, `Use one of: ${platforms.filter(({ tokens, whyNot }) => tokens !== undefined || whyNot !== undefined).map((known) => known.id).join(', ')}.`);
  if (platform.tokens === undefined && platform.whyNot === undefined) throw new UsageError(`${id} is a file format, not a place where programs run`, 'Name the platform that runs them, such as gke or aws-compute.');
  return id;
}

/** A platform id takes all workloads of that platform; anything else is a path pattern. */
function workloadMatcher(pattern: string): (workload: Workload) => boolean {
  if (pattern === 'code' || platforms.some(({ id }) => id === pattern)) return ({ platform }) => platform === pattern;
  const glob = compileGlobs([pattern]);
  return ({ location }) => glob.matches(location.path);
}

function checkedBranch(branch: string): string {
  if (!/^[A-Za-z0-9._/-]{1,200}$/.test(branch)) throw new UsageError(`the branch ${visible(branch)} holds characters that a rule cannot`, 'Name one branch, without wildcards.');
  return branch;
}

/** Files that say which versions of an SDK a program asks for. */
const MANIFEST = /^(?:package\.json|pyproject\.toml|requirements[^/]{0,64}\.txt|setup\.(?:cfg|py)|Pipfile|go\.mod|pom\.xml|build\.gradle(?:\.kts)?|Gemfile|[^/]{1,64}\.(?:gemspec|csproj)|composer\.json|Cargo\.toml|mix\.exs|DESCRIPTION)$/;

/** A hash of every file that applying the plan may edit or has to look at, so that it can see what has changed since: those a workload stands in, the actions beside workflows, which may hand on what they are given, and what declares the packages of source files and of what workflows run. */
function sourcesOf(inventory: Inventory, cwd: string, fetched: ReadonlyMap<string, string>): readonly SourceFile[] {
  const roots = new Map(inventory.targets.flatMap(({ id, kind, name }): [string, string][] => {
    const root = kind === 'directory' || kind === 'git' ? resolve(cwd, name) : fetched.get(id);
    return root === undefined ? [] : [[id, root]];
  }));
  const manifests = new Map<string, readonly string[]>();
  const pairs = new Map<string, Pick<SourceFile, 'target' | 'path'>>();
  const add = (target: string, path: string): void => {
    pairs.set(`${target}\n${path}`, { target, path });
  };
  const withWorkflows = new Set(inventory.workloads.filter(({ platform }) => platform === 'github-actions').map(({ location }) => location.target));
  for (const target of withWorkflows) {
    const root = roots.get(target);
    for (const path of actionsIn(root)) add(target, path);
    // Its pull requests run without secrets.
    for (const path of ['.github/dependabot.yml', '.github/dependabot.yaml']) if (root !== undefined && existsSync(join(root, path))) add(target, path);
  }
  // What a job may run with no key is declared at the root, or where its steps run.
  for (const { location, platform } of inventory.workloads) {
    const root = roots.get(location.target);
    if (platform !== 'github-actions' || root === undefined) continue;
    for (const folder of ['', ...workingFoldersIn(join(root, location.path))]) for (const path of manifestsIn(root, folder)) add(location.target, path);
  }
  for (const { location, platform } of inventory.workloads) {
    add(location.target, location.path);
    const root = roots.get(location.target);
    if (platform !== 'code' || root === undefined) continue;
    for (const folder of foldersAbove(location.path)) {
      const key = `${location.target}\n${folder}`;
      const found = manifests.get(key) ?? manifestsIn(root, folder);
      manifests.set(key, found);
      for (const path of found) add(location.target, path);
    }
  }
  return [...pairs.values()]
    .map(({ target, path }): SourceFile => ({ target, path, sha256: hashOf(roots.get(target), path) }))
    .toSorted((a, b) => compareText(a.target, b.target) || compareText(a.path, b.path));
}

/** `a/b/c.py` to `a/b`, `a`, ``. */
function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return Array.from({ length: parts.length + 1 }, (_, index) => parts.slice(0, parts.length - index).join('/'));
}

/** Where a repository usually keeps actions of its own; its root is looked at beside them. */
const ACTION_FOLDERS = ['.github', 'actions'] as const;
const ACTION = /^action\.ya?ml$/;

/** The repository's own actions. Links are not followed; a folder that is not there gives none. */
function actionsIn(root: string | undefined): readonly string[] {
  if (root === undefined) return [];
  return ['', ...ACTION_FOLDERS].flatMap((folder) => {
    try {
      return readdirSync(join(root, folder), { withFileTypes: true, recursive: folder !== '' })
        .filter((entry) => entry.isFile() && ACTION.test(entry.name))
        .map(({ name, parentPath }) => relative(root, join(parentPath, name)).replaceAll('\\', '/'))
        .filter((path) => !path.includes('node_modules/'));
    } catch {
      return [];
    }
  });
}

/** Folders that the steps of a workflow say they run in, below the root of the repository. */
function workingFoldersIn(path: string): readonly string[] {
  try {
    if (!lstatSync(path).isFile() || lstatSync(path).size > LARGEST_SOURCE) return [];
    const folders = [...readFileSync(path, 'utf8').matchAll(/^[ \t-]*working-directory:[ \t]*["']?(?:\.\/)?([\w][\w./-]{0,200})/gm)].map(([, folder = '']) => folder.replace(/\/+$/, ''));
    return [...new Set(folders)].filter((folder) => !folder.split('/').includes('..'));
  } catch {
    return [];
  }
}

/** Names of regular files only; a folder that is not there, or a link on the way to it, gives none. */
function manifestsIn(root: string, folder: string): readonly string[] {
  const full = join(root, folder);
  try {
    if (realpathSync(full) !== join(realpathSync(root), folder)) return [];
    return readdirSync(full, { withFileTypes: true }).filter((entry) => entry.isFile() && MANIFEST.test(entry.name)).map(({ name }) => (folder === '' ? name : `${folder}/${name}`));
  } catch {
    return [];
  }
}

/** Null for what is not a regular file inside the target: nothing is followed out of it. */
function hashOf(root: string | undefined, path: string): string | null {
  if (root === undefined) return null;
  try {
    const isFile = statSync(root).isFile();
    const full = isFile ? root : join(root, path);
    const status = lstatSync(full);
    if (!status.isFile() || status.size > LARGEST_SOURCE || (!isFile && !isInside(realpathSync(root), realpathSync(full)))) return null;
    return sha256(readFileSync(full));
  } catch {
    return null;
  }
}

/** Every value given has to be of its input's shape: what goes into a rule is checked before any rule is shown. */
function checkValues(planned: readonly Input[], asked: readonly Input[], values: PlanOptions['values']): void {
  const known = new Map<string, Input>([...Object.values(partyInputs), ...planned, ...asked].map((input) => [input.id, input]));
  for (const [id, { value, from }] of values) {
    const input = known.get(id);
    if (input !== undefined) checkInput(input, value, from);
    else if (from === '--set') process.stderr.write(`dekey: --set ${visible(id)}: this plan has no such input\n`);
  }
}

function titlesOf() {
  const provider = new Map(providers.map((entry) => [entry.id, entry]));
  const platform = new Map(platforms.map(({ id, title }) => [id, title]));
  const party = new Map<string, string>(parties.map(({ id, title }) => [id, title]));
  return {
    provider: (id: string) => (provider.get(id)?.title ?? id).replace(/ \(.*\)$/, ''),
    platform: (id: string) => platform.get(id) ?? id,
    party: (id: string) => party.get(id) ?? id,
    revoke: (id: string) => provider.get(id)?.revoke ?? 'Delete it at the provider.',
  };
}

// --- writing ---

/** The folder has to be new, empty, or a plan of ours that may be replaced. */
export async function checkFolder(folder: string, name: string, overwrite: boolean): Promise<void> {
  const status = lstatSync(folder, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (status.isSymbolicLink() || !status.isDirectory()) throw new DekeyError(`cannot write the plan to ${visible(name)}: it is not a folder`, 'Name another with --output.');
  if ((await readdir(folder)).length === 0) return;
  if (!existsSync(join(folder, PLAN_FILE))) throw new DekeyError(`cannot write the plan to ${visible(name)}: it holds other files`, 'Name an empty or new folder with --output.');
  if (!overwrite) throw new DekeyError(`${visible(name)} holds a plan already`, 'Give --overwrite to replace it, or --output for another folder.');
}

/** `plan.json` is written last: a folder without it is not a plan. */
export async function writePlan(folder: string, name: string, files: readonly FileToWrite[], json: string): Promise<void> {
  await removeOld(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const { path, text } of files) {
    const full = resolve(folder, path);
    if (!isInside(folder, full)) throw new DekeyError(`cannot write ${visible(path)}: it leads out of ${visible(name)}`, 'This is a defect: please report it.');
    await mkdir(resolve(full, '..'), { recursive: true, mode: 0o700 });
    await writeNewFile(full, text, { overwrite: true });
  }
  await writeNewFile(join(folder, PLAN_FILE), json, { overwrite: true });
}

/** Takes away the files that the last plan lists and that are still as it wrote them; what somebody changed or added stays. */
async function removeOld(folder: string): Promise<void> {
  const listed = join(folder, PLAN_FILE);
  if (!existsSync(listed)) return;
  let old: readonly PlannedFile[];
  try {
    old = (JSON.parse(readFileSync(listed, 'utf8')) as MigrationPlan).files;
  } catch {
    throw new DekeyError(`${visible(listed)} cannot be read`, 'Remove the folder, or name another with --output.');
  }
  await rm(listed);
  for (const { path, sha256: hash } of old) {
    if (typeof path !== 'string' || !isInside(folder, resolve(folder, path))) continue;
    if (hashOf(folder, path) === hash) await rm(join(folder, path));
  }
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

