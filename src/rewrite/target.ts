import type { Change } from '../model/change.ts';
import type { Edit } from './edit.ts';
import { type MadeChange, rewriteText } from './run.ts';
import { isExchanged } from './code/_floors.ts';
import { staleMentions, staleReads } from './github/comments.ts';
import { staleClaims } from './github/stale-claims.ts';
import { wordsOfPrograms } from './github/program-words.ts';
import { isPublished, publishedAdvice } from './published.ts';
import { type Reach, reachOf } from './reach/job.ts';
import { languageOf } from './reach/languages.ts';
import { readIn } from './reach/reads.ts';
import type { FileRefusal, IdStyle, Kept, Replacement, RewriteContext, Rewriter } from './types.ts';

/** Everything known of one target. */
export interface TargetInput {
  /** Files that may be edited, with `/`, each once. */
  readonly paths: readonly string[];
  /** Text of a file of the target as it stands; undefined when it is not there or not text. */
  readonly read: (path: string) => string | undefined;
  readonly replacements: readonly Replacement[];
  readonly kept: readonly Kept[];
  readonly value: (input: string) => string | undefined;
  readonly ids: IdStyle;
  /** Which changes are made. */
  readonly accepts?: (change: Change<Edit>, path: string, rewriter: string) => boolean;
  /** Ids of migrations that an earlier run has carried out: nothing is left of them to name. */
  readonly done?: ReadonlySet<string>;
  /** Those of them that no program has to follow: actions alone took the key. */
  readonly idle?: ReadonlySet<string>;
}

export interface RewrittenFile {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  readonly changes: readonly (MadeChange & { readonly rewriter: string })[];
  readonly declined: readonly (Omit<Change<Edit>, 'edits'> & { readonly rewriter: string })[];
  readonly refusals: readonly FileRefusal[];
}

/** Loads the grammars that rewriting `paths` needs: {@link rewriteTarget} itself waits for nothing. */
export async function prepare(rewriters: readonly Rewriter[], paths: readonly string[]): Promise<void> {
  const wanted = new Set(rewriters.flatMap(({ grammars }) => (grammars === undefined ? [] : paths.flatMap((path) => grammars(path)))));
  if (wanted.size === 0) return;
  const { isGrammar, loadGrammars } = await import('./code/syntax.ts');
  await loadGrammars([...wanted].filter(isGrammar));
}

/**
 * Rewrites what can be rewritten of one target, in the order of `paths`, and names every migration that no file carried out. Pure once the grammars are there.
 */
export function rewriteTarget(rewriters: readonly Rewriter[], given: TargetInput): readonly RewrittenFile[] {
  const input = { ...given, paths: given.paths.filter((path) => !INSTALLED.test(path)) };
  const followers = new Set(rewriters.filter(({ follows }) => follows === true).map(({ id }) => id));
  const files = new Map<string, RewrittenFile>();
  const blocked = new Map<string, string>();
  const needless = new Set<string>();
  const served = new Set(input.replacements.filter(isExchanged).map(({ migration }) => migration));
  const accepts: TargetInput['accepts'] = (change, path, rewriter) => !blocked.has(`${path}\n${change.id}`) && !needless.has(`${path}\n${change.id}`) && (input.accepts?.(change, path, rewriter) ?? true);
  const rewrite = (paths: readonly string[]): void => {
    for (const path of paths) {
      const text = input.read(path);
      if (text !== undefined) files.set(path, withoutServed(withReads(rewriteFile(rewriters, path, text, { ...input, accepts }), input.replacements.filter(runnersOf(path, input))), served));
    }
  };
  rewrite(input.paths);
  rewrite(newlyNeedless(files, needless, input, followers));
  for (let paths = newlyBlocked(files, blocked, input, followers); paths.length > 0; paths = newlyBlocked(files, blocked, input, followers)) rewrite(paths);
  rewrite(unserved(files, needless, blocked, input.replacements, followers));
  rewrite(stillNeeded(files, needless, input));
  const results = input.paths.flatMap((path): RewrittenFile[] => {
    const rewritten = files.get(path);
    const file = rewritten === undefined ? undefined : { ...rewritten, declined: rewritten.declined.filter(({ id }) => !needless.has(`${path}\n${id}`)) };
    return file === undefined || (file.after === file.before && file.refusals.length === 0 && file.declined.length === 0) ? [] : [withBlocked(file, blocked)];
  });
  return withUnhandled(withTerms(withReaders(withoutKept(results, input.replacements).map((file) => withMentions(file, input)), followers), input.replacements), input, followers);
}

/**
 * Code, manifests and examples follow the workloads that run them. A job whose actions alone take the key runs none of them, and one that keeps its key changes nothing for them: what
 * would follow from such jobs only is needless. Gives the files that have to be rewritten without it.
 */
function newlyNeedless(files: ReadonlyMap<string, RewrittenFile>, needless: Set<string>, { replacements, idle: before }: TargetInput, followers: ReadonlySet<string>): readonly string[] {
  const idle = new Set(replacements.filter((replacement) => before?.has(replacement.migration) === true || !concernsPrograms(files.get(replacement.path), replacement.migration, followers)).map(({ migration }) => migration));
  if (idle.size === 0) return [];
  const providers = new Set(replacements.map(({ provider }) => provider).filter((provider) => replacements.every((one) => one.provider !== provider || idle.has(one.migration))));
  const paths = new Set<string>();
  for (const { path, changes } of files.values()) {
    for (const { id, rewriter, migrations } of changes) {
      const isIdle = migrations.length > 0 ? migrations.every((migration) => idle.has(migration)) : [...providers].some((provider) => id.endsWith(`/${provider}`));
      if (!followers.has(rewriter) || !isIdle) continue;
      needless.add(`${path}\n${id}`);
      paths.add(path);
    }
  }
  return [...paths];
}

/**
 * Manifests follow what runs without a key, and a check for the key goes with the workload that had it: where all of those keep it nothing has to follow. Gives the files that have to be
 * rewritten without it.
 */
function unserved(files: ReadonlyMap<string, RewrittenFile>, needless: Set<string>, blocked: ReadonlyMap<string, string>, replacements: readonly Replacement[], followers: ReadonlySet<string>): readonly string[] {
  const homes = new Map(replacements.map(({ migration, path }) => [migration, path]));
  const all = [...files.values()].flatMap(({ path, changes }) => changes.map((change) => ({ path, change, follows: followers.has(change.rewriter) })));
  const made = new Set(all.flatMap(({ path, change, follows }) => (MANIFEST.test(path) || change.standsAlone === true ? [] : change.migrations.filter((migration) => !follows || homes.get(migration) === path))));
  // A program that can stay as it is needs the release that finds the identity all the same.
  for (const { path, refusals } of files.values()) if (SOURCE.test(path)) for (const { code, migrations } of refusals) if (code === 'not-named-here') for (const migration of migrations) if (homes.get(migration) === path) made.add(migration);
  // Where a workload waits for code, the code may go ahead of it.
  const waiting = new Set(
    [...files.values()].flatMap(({ path, refusals, declined }) => (SOURCE.test(path) || MANIFEST.test(path) ? [] : [...refusals.filter(({ code }) => code === 'needs-code-change'), ...declined.filter(({ id }) => blocked.has(`${path}\n${id}`))].flatMap(({ migrations }) => migrations))),
  );
  // What asks for variables that only the workload sets cannot.
  const anew = new Set(replacements.filter(({ change }) => change === 'code').map(({ migration }) => migration));
  const isServed = ({ migrations, safety }: MadeChange): boolean => safety === 'safe' || migrations.length === 0 || migrations.some((migration) => made.has(migration) || (waiting.has(migration) && !anew.has(migration)));
  const coded = new Set(all.flatMap(({ path, change, follows }) => (follows && SOURCE.test(path) && isServed(change) ? change.migrations : [])));
  const dropped = all.filter(({ path, change, follows }) => {
    if (!follows || (!SOURCE.test(path) && !MANIFEST.test(path))) return false;
    if (SOURCE.test(path)) return !isServed(change);
    // A package of which nothing but changed code makes use.
    const isImported = !change.id.startsWith('azure-identity/') || change.migrations.some((migration) => coded.has(migration));
    return change.migrations.length > 0 && !(isImported && change.migrations.some((migration) => made.has(migration) || coded.has(migration)));
  });
  for (const { path, change } of dropped) needless.add(`${path}\n${change.id}`);
  return [...new Set(dropped.map(({ path }) => path))];
}

/** What a package manager has put there: not the project's own programs, even where somebody has committed them. */
const INSTALLED = /(?:^|\/)(?:site-packages|dist-packages|node_modules)\//;
/** A workflow that is put aside: nothing runs it. */
const ASIDE = /^\.github\/.*\.(?:disabled|off|bak|old|orig|inactive)$/i;

/** Refusals after which no program is waited for. */
const KEEPS: ReadonlySet<FileRefusal['code']> = new Set<FileRefusal['code']>(['template', 'no-path', 'other-repository', 'takes-only-a-key', 'not-readable', 'computed-name']);

/** Examples of an environment keep the line of a key that something still takes. Gives the files that have to be rewritten with it. */
function stillNeeded(files: ReadonlyMap<string, RewrittenFile>, needless: Set<string>, { replacements, kept }: TargetInput): readonly string[] {
  const refused = new Set([...files.values()].flatMap(({ refusals }) => refusals.flatMap(({ migrations }) => migrations)));
  // The file itself is no reader of its own line.
  const providers = new Set([...replacements.filter(({ migration }) => refused.has(migration)), ...kept.filter(({ platform, path }) => platform !== 'dotenv' && !ASIDE.test(path))].map(({ provider }) => provider));
  const paths = new Set<string>();
  for (const { path, changes } of files.values()) {
    for (const { id } of changes) {
      if (!id.startsWith('environment/') || !providers.has(id.slice('environment/'.length))) continue;
      needless.add(`${path}\n${id}`);
      paths.add(path);
    }
  }
  return [...paths];
}

/** Whether a program of the workload may have to change with it: not where its own file keeps the key, nor where actions alone take it. */
function concernsPrograms(home: RewrittenFile | undefined, migration: string, followers: ReadonlySet<string>): boolean {
  if (home === undefined || SOURCE.test(home.path)) return true;
  const own = home.changes.filter(({ migrations }) => migrations.includes(migration));
  if (own.length === 0) return !home.refusals.some(({ code, migrations }) => KEEPS.has(code) && migrations.includes(migration));
  return own.some(({ rewriter, standsAlone }) => followers.has(rewriter) || standsAlone !== true);
}

/** Blocks every change that needs one which is not made; gives the files that have to be rewritten without them. */
function newlyBlocked(files: ReadonlyMap<string, RewrittenFile>, blocked: Map<string, string>, { replacements, read, paths: known }: TargetInput, followers: ReadonlySet<string>): readonly string[] {
  const held = refusedByManifests(files.values(), replacements);
  const unchanged = withoutCode(files.values(), replacements, followers);
  const made = new Set([...files.values()].flatMap(({ path, changes }) => changes.map(({ id }) => `${path}\n${id}`)));
  const waiting = refusedAtHome(files, replacements, blocked);
  const stuck = refusedElsewhere(files.values(), blocked);
  const homes = new Map(replacements.map((one) => [one.migration, one]));
  const paths = new Set<string>();
  for (const { path, changes, before } of files.values()) {
    for (const { id, requires, migrations, standsAlone, rewriter } of changes) {
      const home = migrations.flatMap((migration) => waiting.get(migration) ?? []).find((other) => other.path !== path);
      const isOwn = home?.place === path || home?.place.startsWith(`${path}:`) === true;
      // A job cannot do without the key while a program that it runs cannot.
      const readers = standsAlone === true || followers.has(rewriter) ? [] : migrations.flatMap((migration) => stuck.get(migration) ?? []).filter((other) => other !== path);
      const reach = readers.length === 0 ? undefined : reachOfChange(path, before, id, rewriter, migrations.flatMap((migration) => homes.get(migration) ?? []), { read, paths: known });
      const runs = readers.find((other) => reach?.may(other) === true);
      const isProgram = standsAlone !== true && !followers.has(rewriter) && !SOURCE.test(path) && !MANIFEST.test(path);
      const floor = isProgram ? migrations.flatMap((migration) => held.get(migration) ?? []).find((other) => declaresFor(before, other, read)) : undefined;
      const code = isProgram ? migrations.map((migration) => unchanged.get(migration)).find((other) => other !== undefined) : undefined;
      const required = requires?.find((other) => !made.has(`${other.path}\n${other.id}`));
      const missing = (required === undefined ? undefined : (blocked.get(`${required.path}\n${required.id}`) ?? requiredPlace(required, files, replacements))) ?? (isOwn ? home?.path : home?.place) ?? (runs === undefined ? undefined : placeOf(runs, files.get(runs), migrations)) ?? floor ?? code;
      if (missing === undefined) continue;
      blocked.set(`${path}\n${id}`, missing);
      paths.add(path);
    }
  }
  return [...paths];
}

/**
 * Migrations whose own file keeps the key, with that file and what is in its way, where the program has to change with it: code that no longer takes a key would stop where the workload
 * still hands it one.
 */
function refusedAtHome(files: ReadonlyMap<string, RewrittenFile>, replacements: readonly Replacement[], blocked: ReadonlyMap<string, string>): ReadonlyMap<string, { readonly path: string; readonly place: string }> {
  const waiting = new Map<string, { readonly path: string; readonly place: string }>();
  for (const { migration, path, change } of replacements) {
    const home = files.get(path);
    if (change !== 'code' || home === undefined || home.changes.some(({ migrations }) => migrations.includes(migration))) continue;
    const refusal = home.refusals.find(({ migrations }) => migrations.includes(migration));
    const behind = home.declined.flatMap(({ id, migrations }) => (migrations.includes(migration) ? (blocked.get(`${path}\n${id}`) ?? []) : [])).at(0);
    // What the workload itself waits for is in the way of both.
    const place = refusal !== undefined ? `${path}:${refusal.line}` : behind;
    if (place !== undefined) waiting.set(migration, { path, place });
  }
  return waiting;
}

/** Files that declare packages. */
const MANIFEST = /(?:^|\/)(?:package\.json|pyproject\.toml|requirements[^/]*\.txt|setup\.cfg|Pipfile|go\.mod|pom\.xml|build\.gradle(?:\.kts)?)$/;

/** By migration of a workflow whose clients have to find the identity by themselves: files that hold such a client back at a release that does not. */
function refusedByManifests(files: Iterable<RewrittenFile>, replacements: readonly Replacement[]): ReadonlyMap<string, readonly string[]> {
  const own = new Set(replacements.filter((one) => one.platform === 'github-actions' && !isExchanged(one)).map(({ migration }) => migration));
  const held = new Map<string, string[]>();
  for (const { path, refusals } of files) {
    if (!MANIFEST.test(path) || SHOWN.test(path)) continue;
    for (const { code, migrations } of refusals) if (code === 'needs-code-change') for (const migration of migrations) if (own.has(migration)) held.set(migration, [...(held.get(migration) ?? []), path]);
  }
  return held;
}

/** Whether the packages that `manifest` declares are those of a workflow's programs: at the root, where its steps run, or named. */
function declaresFor(workflow: string, manifest: string, read: TargetInput['read']): boolean {
  const folder = manifest.slice(0, Math.max(0, manifest.lastIndexOf('/')));
  const homes = [...workflow.matchAll(/working-directory:\s*["']?(?:\.\/)?([\w./-]+)/g)].map(([, home = '']) => home.replace(/\/+$/, '')).filter((home) => PACKAGES.some((file) => read(`${home}/${file}`) !== undefined));
  return homes.length === 0 ? folder === '' || workflow.includes(manifest) : homes.includes(folder);
}

/** Code that asks for an identity at the parties whose clients need other code than with a key. */
const ASKS: Readonly<Record<string, RegExp>> = {
  azure: /(?:DefaultAzure|WorkloadIdentity|ManagedIdentity)Credential\(|azure_ad_token_provider\s*=|azureADTokenProvider\s*[,:}]|getBearerTokenProvider\(/,
  google: /vertexai\s*[=:]\s*true|enterprise\s*[=:]\s*true|google\.auth\.default\(/i,
};

/** By migration of a workflow for which the program needs other code: what would have to change, where nothing of it does and nothing has been written for it yet. */
function withoutCode(files: Iterable<RewrittenFile>, replacements: readonly Replacement[], followers: ReadonlySet<string>): ReadonlyMap<string, string> {
  const open = replacements.filter((one) => one.platform === 'github-actions' && one.change === 'code' && !isExchanged(one) && (one.parties[0] === 'azure' || one.parties[0] === 'google'));
  if (open.length === 0) return new Map();
  const all = [...files].filter(({ path }) => SOURCE.test(path));
  return new Map(
    open
      .filter(({ migration, parties: [party = 'azure'] }) => !all.some(({ after, changes }) => ASKS[party]?.test(after) === true || changes.some((change) => followers.has(change.rewriter) && change.migrations.includes(migration))))
      .map(({ migration, names }) => [migration, all.find(({ before }) => names.some((name) => before.includes(name)))?.path ?? 'the program'] as const),
  );
}

/** By migration: source files that still take the key, because what they do with it could not be changed, or not all of it. */
function refusedElsewhere(files: Iterable<RewrittenFile>, blocked: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const stuck = new Map<string, string[]>();
  for (const { path, refusals, declined } of files) {
    if (languageOf(path) === undefined) continue;
    const left = [...refusals.filter(({ code }) => STAYS.has(code)), ...declined.filter(({ id }) => blocked.has(`${path}\n${id}`))].flatMap(({ migrations }) => migrations);
    for (const migration of new Set(left)) stuck.set(migration, [...(stuck.get(migration) ?? []), path]);
  }
  return stuck;
}

/** `llm.py:5`: where a file is refused. */
function placeOf(path: string, file: RewrittenFile | undefined, migrations: readonly string[]): string {
  const line = file?.refusals.find(({ code, migrations: own }) => STAYS.has(code) && own.some((migration) => migrations.includes(migration)))?.line;
  return line === undefined ? path : `${path}:${line}`;
}

/** Where what a change requires is refused: by its line, where a job of a workflow is. */
function requiredPlace({ path, id }: { readonly path: string; readonly id: string }, files: ReadonlyMap<string, RewrittenFile>, replacements: readonly Replacement[]): string {
  const [job = '', provider] = id.split('/');
  const own = new Set(replacements.filter((one) => one.path === path && one.provider === provider && one.workload.endsWith(` › ${job}`)).map(({ migration }) => migration));
  const line = files.get(path)?.refusals.find(({ migrations }) => migrations.some((migration) => own.has(migration)))?.line;
  return line === undefined ? path : `${path}:${line}`;
}

/** What a change of a workflow is about: the jobs of its id, or the whole file for other kinds. */
function reachOfChange(path: string, text: string, id: string, rewriter: string, replacements: readonly Replacement[], tree: Pick<TargetInput, 'read' | 'paths'>): Reach {
  if (rewriter !== 'github-actions' || !WORKFLOW.test(path)) return { may: (other) => names(text, other) || reaches(text, other, tree.read) };
  const [job = ''] = id.split('/');
  const jobs = job === 'called' ? [] : job === 'workflow' ? replacements.map(({ workload }) => workload.slice(workload.lastIndexOf(' › ') + 3)) : [job];
  return reachOf(text, jobs, replacements.flatMap((one) => one.names), tree);
}

/** Whether a workload may run the file: a job by its commands, what is deployed from a folder by lying in it. */
function runnersOf(path: string, { read, paths, replacements }: TargetInput): (one: Pick<Kept, 'platform' | 'path' | 'workload' | 'names'>) => boolean {
  return (one) => {
    if (one.path === path) return true;
    if (one.platform === 'cloudflare-workers') return !one.path.includes('/') || path.startsWith(one.path.slice(0, one.path.lastIndexOf('/') + 1));
    if (one.platform !== 'github-actions' || !WORKFLOW.test(one.path) || languageOf(path) === undefined) return true;
    const text = read(one.path);
    return text === undefined || knownReach(replacements, text, one, { read, paths }).may(path);
  };
}

/** What a job may run is the same for every file that is looked at. */
const knownReaches = new WeakMap<readonly Replacement[], Map<string, Reach>>();

function knownReach(run: readonly Replacement[], text: string, { path, workload, names }: Pick<Kept, 'path' | 'workload' | 'names'>, tree: Pick<TargetInput, 'read' | 'paths'>): Reach {
  const known = knownReaches.get(run) ?? new Map<string, Reach>();
  knownReaches.set(run, known);
  const key = JSON.stringify([path, workload, names]);
  const reach = known.get(key) ?? reachOf(text, [workload.slice(workload.lastIndexOf(' › ') + 3)], names, tree);
  known.set(key, reach);
  return reach;
}

const WORKFLOW = /^\.github\/workflows\/[^/]+\.ya?ml$/i;

/** Refusals after which a source file takes the key as before. */
const STAYS: ReadonlySet<FileRefusal['code']> = new Set<FileRefusal['code']>(['needs-code-change', 'unknown-shape', 'shadowing']);

/** Files that a job runs, rather than reads. */
const SOURCE = /\.(?:[cm]?[jt]sx?|py|sh|go|java)$/;

/** Whether a workflow or a script names a file that it runs: `evals.py`, or `python -m app.evals` for `app/evals.py`. */
function names(text: string, path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (new RegExp(`(?<![\\w.-])${name.replace(/[^\w-]/g, '\\$&')}(?![\\w-])`).test(text)) return true;
  if (!path.endsWith('.py')) return false;
  const modules = [...text.matchAll(/\bpython[\d.]*\s+(?:-[a-zA-Z]\s+)*-m\s+([\w.]+)/g)].map(([, module = '']) => module.replaceAll('.', '/'));
  return modules.some((module) => [`${module}.py`, `${module}/__main__.py`].some((file) => path === file || path.endsWith(`/${file}`)));
}

/** Folders of what a repository shows, and does not run for itself. */
const SHOWN = /(?:^|\/)(?:examples?|docs?|samples?|cookbook|demos?|tutorials?|notebooks?|templates?|fixtures|benchmarks?)\//;
/** Commands that run more of a repository than they name: tests, scripts of a package, targets. */
const RUNNERS = /(?:^|[\s;&|"'(])(?:(pytest|tox|nox|hatch|poe|just|task)\b([^\n|;&]*)|(?:npm|pnpm|yarn|bun)\b([^\n|;&]*?)\s(?:run(?:-script)?\s+)?([\w:.-]+)|make\b|go\s+test\b|cargo\s+test\b|(?:\.\/)?mvnw?\b[^\n|;&]*\s(?:test|verify|install|deploy|package)\b|(?:\.\/)?gradlew?\b[^\n|;&]*\s\S*(?:test|check|build)\b)/gim;
const PACKAGES = ['package.json', 'pyproject.toml', 'setup.py', 'setup.cfg', 'requirements.txt', 'go.mod', 'Cargo.toml', 'pom.xml', 'build.gradle', 'build.gradle.kts'];
const INSTALLERS = /^(?:ci|i|install|add|dlx|exec|audit|config|cache|store|link|pack|publish|version|view|set|corepack|import|fetch|rebuild|prune|lint|format|build|typecheck)/;

/**
 * Whether commands that do not name `path` may run it all the same: tests of its folder, or a script of its package. Examples and documents are not taken to be run.
 */
function reaches(text: string, path: string, read: TargetInput['read']): boolean {
  if (SHOWN.test(path) || path.endsWith('.sh')) return false;
  // Only a package of its own runs nothing of what lies beside it.
  const homes = [...text.matchAll(/working-directory:\s*["']?(?:\.\/)?([\w./-]+)/g)].map(([, folder = '']) => folder.replace(/\/+$/, '')).map((folder) => (PACKAGES.some((file) => read(`${folder}/${file}`) !== undefined) ? folder : ''));
  for (const [command, tests, given = '', options = '', script] of text.matchAll(RUNNERS)) {
    if ((script !== undefined && INSTALLERS.test(script)) || !speaks(command, path)) continue;
    const named = tests === undefined ? /(?:-C|--prefix|--cwd)[ =](?:\.\/)?([\w./-]+)/.exec(options)?.[1] : undefined;
    const paths = tests === undefined ? [] : given.split(/\s+/).filter((word) => !word.startsWith('-') && /[/]|\.py$/.test(word));
    const folders = named === undefined ? (homes.length > 0 ? homes : ['']) : [named.replace(/\/+$/, '')];
    if (script !== undefined && folders.some((folder) => names(scriptText(folder, script, read), path))) return true;
    const isTest = /(?:^|\/)(?:tests?|__tests__|spec)\/|(?:^|\/)(?:conftest|test_[^/]*|[^/]*_test)\.py$|\.(?:test|spec)\.[cm]?[jt]sx?$/.test(path);
    // Tests run only what they are pointed at, and whatever of the package that uses.
    if (isTest && paths.length > 0 ? paths.some((one) => path.startsWith(one.replace(/^\.\//, ''))) : folders.some((folder) => folder === '' || path.startsWith(`${folder}/`))) return true;
  }
  return false;
}

/** Whether a command runs programs of the language that `path` is written in; targets of a Makefile run any. */
function speaks(command: string, path: string): boolean {
  const kinds: readonly (readonly [command: RegExp, files: RegExp])[] = [
    [/\b(?:pytest|tox|nox|hatch|poe)\b/, /\.py$/],
    [/\b(?:npm|pnpm|yarn|bun)\b/, /\.[cm]?[jt]sx?$/],
    [/\bgo\s+test\b/, /\.go$/],
    [/\b(?:mvnw?|gradlew?)\b/i, /\.(?:java|kt|groovy|scala)$/],
    [/\bcargo\s+test\b/, /\.rs$/],
  ];
  const kind = kinds.find(([one]) => one.test(command));
  return kind === undefined || kind[1].test(path);
}

function scriptText(folder: string, script: string, read: TargetInput['read']): string {
  const text = read(folder === '' ? 'package.json' : `${folder}/package.json`) ?? '';
  return new RegExp(`"${script.replace(/[^\w-]/g, '\\$&')}"\\s*:\\s*"([^"]*)"`).exec(text)?.[1] ?? '';
}

/** Code takes what a step of the workflow exchanged as it took the key: there is nothing for it to change. */
function withoutServed(file: RewrittenFile, served: ReadonlySet<string>): RewrittenFile {
  if (!SOURCE.test(file.path)) return file;
  const refusals = file.refusals.filter(({ code, migrations }) => !STAYS.has(code) || migrations.length === 0 || !migrations.every((migration) => served.has(migration)));
  return refusals.length === file.refusals.length ? file : { ...file, refusals };
}

/** A file that reads the variable itself, and that nobody has changed or refused: without the key it stops. */
function withReads(file: RewrittenFile, replacements: readonly Replacement[]): RewrittenFile {
  if (languageOf(file.path) === undefined) return file;
  const named = new Set(file.refusals.filter(({ code }) => STAYS.has(code)).flatMap(({ migrations }) => migrations));
  const told = new Set(replacements.filter(({ migration }) => named.has(migration)).map(({ provider }) => provider));
  const found: FileRefusal[] = [];
  const adopted = new Map<FileRefusal, readonly string[]>();
  for (const replacement of replacements) {
    if (told.has(replacement.provider)) continue;
    const half = replacement.parties[0] === 'aws' && replacement.outcome === 'gone' && !/session[_-]?token/i.test(file.after) ? readIn(file.path, file.after, ['AWS_SECRET_ACCESS_KEY']) : undefined;
    if (half !== undefined) addTo(found, { code: 'needs-code-change', line: half.line, reason: 'The program takes AWS_SECRET_ACCESS_KEY by itself and no AWS_SESSION_TOKEN, without which AWS refuses the credentials of a role.', byHand: 'Let it make its client without keys, so that the default chain of AWS finds all three, then plan again.', migrations: [replacement.migration], shadows: false });
    // Said already: what stands under the name is decided where it is run.
    const isLeft = file.refusals.some(({ code, migrations }) => code === 'not-named-here' && migrations.includes(replacement.migration));
    if (isLeft || !losesVariable(replacement)) continue;
    const read = readIn(file.path, file.after, replacement.path === file.path ? [...replacement.names, ...(replacement.localNames ?? [])] : replacement.names);
    if (read === undefined) continue;
    // A script is told of by itself, whoever runs it.
    const own = file.refusals.filter(({ code, migrations, reason }) => STAYS.has(code) && migrations.length === 0 && (reason.includes(read.name) || languageOf(file.path) === 'shell'));
    if (own.length > 0) for (const refusal of own) adopted.set(refusal, [...(adopted.get(refusal) ?? []), replacement.migration]);
    else addTo(found, { code: 'needs-code-change', line: read.line, reason: `The program reads ${read.name} itself, which nothing sets once its workload has switched.`, byHand: `Let it make its client without a key (${replacement.title}), then plan again.`, migrations: [replacement.migration], shadows: false });
  }
  if (found.length === 0 && adopted.size === 0) return file;
  const refusals = file.refusals.map((refusal) => ({ ...refusal, migrations: adopted.get(refusal) ?? refusal.migrations }));
  return { ...file, refusals: [...refusals, ...found].toSorted((a, b) => a.line - b.line) };
}

/** One refusal for all workloads that are refused for the same. */
function addTo(found: FileRefusal[], refusal: FileRefusal): void {
  const at = found.findIndex(({ line, reason }) => line === refusal.line && reason === refusal.reason);
  const known = found[at];
  if (known === undefined) found.push(refusal);
  else found[at] = { ...known, migrations: [...known.migrations, ...refusal.migrations] };
}

/** Whether nothing stands under the key's name once the workload has switched: no exchange puts its result there. */
function losesVariable({ parties: [party], outcome, change, set }: Replacement): boolean {
  return outcome === 'gone' && change !== 'model' && (party === 'anthropic' || party === 'google' || Object.values(set).includes('{token-file}'));
}

const MOST_READERS = 3;

/** Says in a change which source files still take the key: whether this workload runs them cannot be told. */
function withReaders(files: readonly RewrittenFile[], followers: ReadonlySet<string>): readonly RewrittenFile[] {
  const stuck = refusedElsewhere(files, new Map());
  if (stuck.size === 0) return files;
  return files.map((file) => ({
    ...file,
    changes: file.changes.map((change) => {
      // Of a job it is known what it may run.
      const readers = followers.has(change.rewriter) || change.standsAlone === true || WORKFLOW.test(file.path) ? [] : [...new Set(change.migrations.flatMap((migration) => stuck.get(migration) ?? []))].filter((path) => path !== file.path).toSorted();
      if (readers.length === 0) return change;
      const shown = `${readers.slice(0, MOST_READERS).join(', ')}${readers.length > MOST_READERS ? ` and ${readers.length - MOST_READERS} more` : ''}`;
      const note = `${shown} still ${readers.length === 1 ? 'takes' : 'take'} the key: see that ${readers.length === 1 ? 'it is' : 'they are'} not run here`;
      return withNotes(change, [note]);
    }),
  }));
}

/** Says in a change what the account at the provider has to have before it can work. */
function withTerms(files: readonly RewrittenFile[], replacements: readonly Replacement[]): readonly RewrittenFile[] {
  const terms = new Map(replacements.flatMap(({ migration, terms: words }) => (words === undefined ? [] : [[migration, words] as const])));
  if (terms.size === 0) return files;
  return files.map((file) => ({ ...file, changes: file.changes.map((change) => withNotes(change, [...new Set(change.migrations.flatMap((migration) => terms.get(migration) ?? []))])) }));
}

function withNotes<C extends Pick<MadeChange, 'safety' | 'reason'>>(change: C, notes: readonly string[]): C {
  if (notes.length === 0) return change;
  return { ...change, safety: 'unsafe' as const, reason: change.safety === 'safe' ? `Look at this: ${notes.join('; ')}.` : change.reason.startsWith('Look at this: ') ? `${change.reason.replace(/\.$/, '')}; ${notes.join('; ')}.` : `${change.reason} Look at this too: ${notes.join('; ')}.` };
}

function withBlocked(file: RewrittenFile, blocked: ReadonlyMap<string, string>): RewrittenFile {
  const waiting = file.declined.filter(({ id }) => blocked.has(`${file.path}\n${id}`));
  if (waiting.length === 0) return file;
  const refusals = waiting.map((change): FileRefusal => ({
    code: 'needs-other-change',
    line: change.line,
    reason: `${change.title}: ${blocked.get(`${file.path}\n${change.id}`) ?? ''} has to change together with it, and does not.`,
    byHand: `Do by hand what is said of ${blocked.get(`${file.path}\n${change.id}`) ?? 'that file'}, then plan again.`,
    migrations: change.migrations,
    shadows: false,
  }));
  return { ...file, declined: file.declined.filter((change) => !waiting.includes(change)), refusals: [...file.refusals, ...refusals].toSorted((a, b) => a.line - b.line) };
}

function rewriteFile(rewriters: readonly Rewriter[], path: string, text: string, input: TargetInput): RewrittenFile {
  const mayRun = SOURCE.test(path) ? runnersOf(path, input) : () => true;
  const context: RewriteContext = {
    own: input.replacements.filter((replacement) => replacement.path === path),
    // A program follows those that run it, and no other.
    all: input.replacements.filter(mayRun),
    kept: input.kept.filter((one) => !ASIDE.test(one.path) && mayRun(one)),
    paths: input.paths,
    read: input.read,
    value: input.value,
    ids: input.ids,
  };
  let after = text;
  const changes: RewrittenFile['changes'][number][] = [];
  const declined: RewrittenFile['declined'][number][] = [];
  const refusals: FileRefusal[] = [];
  for (const rewriter of rewriters) {
    if (!rewriter.matches(path, after)) continue;
    const result = rewriteText(rewriter, path, after, context, (change) => input.accepts?.(change, path, rewriter.id) ?? true);
    after = result.after;
    changes.push(...result.made.map((change) => ({ ...change, rewriter: rewriter.id })));
    declined.push(...result.declined.map((change) => ({ ...change, rewriter: rewriter.id })));
    refusals.push(...result.refusals);
  }
  return { path, before: text, after, changes, declined, refusals: refusals.toSorted((a, b) => a.line - b.line) };
}

/** Texts for people rightly name a key that a workload keeps, because its own file was refused. */
function withoutKept(files: readonly RewrittenFile[], replacements: readonly Replacement[]): readonly RewrittenFile[] {
  const refused = new Set(files.flatMap(({ refusals }) => refusals.flatMap(({ migrations }) => migrations)));
  const providers = new Set(replacements.filter(({ migration }) => refused.has(migration)).map(({ provider }) => provider));
  const names = [...new Set(replacements.filter(({ provider }) => providers.has(provider)).flatMap((one) => [...one.names, ...one.variables]))];
  return files.flatMap((file): readonly RewrittenFile[] => {
    if (!TEXT.test(file.path)) return [file];
    const refusals = file.refusals.filter(({ code, reason }) => code !== 'unknown-shape' || !names.some((name) => new RegExp(`\\b${name.replace(/[^\w-]/g, '\\$&')}\\b`).test(reason)));
    return refusals.length === 0 && file.changes.length === 0 ? [] : [{ ...file, refusals }];
  });
}

/** Texts for people. */
const TEXT = /\.(?:md|mdx|markdown|rst|adoc)$/i;

/** Lines of a changed workflow or action that still tell people of the secret it read. */
function withMentions(file: RewrittenFile, { replacements, read }: TargetInput): RewrittenFile {
  if (file.after === file.before || !/^\.github\/|(?:^|\/)action\.ya?ml$/.test(file.path)) return file;
  const made = new Set(file.changes.flatMap(({ migrations }) => migrations));
  const own = replacements.filter(({ migration, path }) => made.has(migration) || path === file.path);
  // A job that keeps its key says so itself.
  const open = new Set([...file.refusals, ...file.declined].flatMap(({ migrations }) => migrations));
  const keeping = new Set(replacements.filter(({ migration, path }) => path === file.path && (open.has(migration) || !made.has(migration))).flatMap(({ names }) => names));
  const found = [
    ...staleMentions(file.before, file.after, own.flatMap(({ names }) => names)),
    ...staleReads(file.before, file.after, replacements.filter(({ migration }) => made.has(migration)).flatMap(({ names }) => names.filter((name) => !keeping.has(name)))),
    ...wordsOfPrograms(file.after, replacements.filter(({ migration }) => made.has(migration)).flatMap(({ names }) => names), read),
    ...staleClaims(file.before, file.after, own.filter(({ migration }) => made.has(migration))),
  ];
  return found.length === 0 ? file : { ...file, refusals: [...file.refusals, ...found].toSorted((a, b) => a.line - b.line) };
}

/** A migration that no change and no refusal names is named here: nothing is passed over in silence. */
function withUnhandled(files: readonly RewrittenFile[], input: TargetInput, followers: ReadonlySet<string>): readonly RewrittenFile[] {
  const homes = new Map([...input.replacements, ...input.kept].map(({ migration, path }) => [migration, path]));
  const handled = new Set(input.done);
  for (const { path, changes, declined, refusals } of files) {
    for (const { migrations } of refusals) for (const id of migrations) handled.add(id);
    for (const { migrations, rewriter } of [...changes, ...declined]) for (const id of migrations) if (!followers.has(rewriter) || homes.get(id) === path) handled.add(id);
  }
  const missing = new Map<string, FileRefusal[]>();
  const add = (path: string, refusal: FileRefusal): void => {
    missing.set(path, [...(missing.get(path) ?? []), refusal]);
  };
  for (const { migration, path, line, code, reason, unblock, names: own, platform } of input.kept) {
    const published = platform === 'github-actions' ? own.find(isPublished) : undefined;
    const said = published === undefined ? { reason, byHand: unblock } : publishedAdvice(published);
    if (!handled.has(migration)) add(path, { code: code === 'unreadable' ? 'not-readable' : 'no-path', line, ...said, migrations: [migration], shadows: false });
  }
  for (const { migration, path, line, workload, title } of input.replacements) {
    if (handled.has(migration)) continue;
    add(path, { code: 'unknown-shape', line, reason: `How ${workload} takes the key of ${title} is not a shape that can be edited.`, byHand: 'Follow the README of the plan for this workload.', migrations: [migration], shadows: false });
  }
  if (missing.size === 0) return files;
  const byPath = new Map(files.map((file) => [file.path, file]));
  for (const [path, refusals] of missing) {
    const file = byPath.get(path);
    const text = file?.before ?? input.read(path) ?? '';
    byPath.set(path, file === undefined ? { path, before: text, after: text, changes: [], declined: [], refusals } : { ...file, refusals: [...file.refusals, ...refusals].toSorted((a, b) => a.line - b.line) });
  }
  return [...byPath.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
