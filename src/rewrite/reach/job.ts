/** Which files a job of a workflow may run. On doubt it may. */
import { entriesOf, get, textOf, type YamlNode } from '../../support/yaml.ts';
import { editorOf } from '../editors.ts';
import { folderOf as actionFolderOf } from '../github/composite.ts';
import { stepsOf } from '../github/uses.ts';
import type { YamlMap } from '../yaml-edit.ts';
import { type Started, type Start, startedBy } from './commands.ts';
import { closureOf, type Tree } from './imports.ts';
import { folderOf, joined, type Language, languageOf, PACKAGES } from './languages.ts';

export interface Reach {
  readonly may: (path: string) => boolean;
}

/** Of one run over a target, whose list of paths is one: many files ask for the same jobs. */
const remembered = new WeakMap<Tree['paths'], Map<string, Reach>>();

/** Jobs of the workflow `text` with these names, all of them for none; `keys` are the names by which a step is handed the key. */
export function reachOf(text: string, jobs: readonly string[], keys: readonly string[], tree: Tree): Reach {
  const known = remembered.get(tree.paths) ?? new Map<string, Reach>();
  remembered.set(tree.paths, known);
  const key = [jobs.join(), keys.join(), text].join('\n');
  const reach = known.get(key) ?? findReach(text, jobs, keys, tree);
  known.set(key, reach);
  return reach;
}

/** What a job starts in the steps that are handed a key by one of `keys`. */
export function startsOf(root: YamlMap, job: YamlMap, keys: readonly string[], tree: Tree): readonly Start[] {
  return ofJob(root, job, keys, tree).flatMap(({ starts }) => starts);
}

function findReach(text: string, jobs: readonly string[], keys: readonly string[], tree: Tree): Reach {
  const editor = editorOf(text);
  const [root] = editor.file.documents;
  const started = entriesOf(get(root, 'jobs')).flatMap(({ key, value }) => (value.kind === 'map' && root?.kind === 'map' && (jobs.length === 0 || jobs.includes(key)) ? ofJob(root, value, keys, tree) : []));
  const starts = started.flatMap((one) => one.starts);
  const words = started.flatMap((one) => one.texts).join('\n');
  const closures = new Map<Start, ReturnType<typeof closureOf>>();
  const may = (path: string): boolean => {
    if (names(words, path)) return true;
    return starts.some((start) => {
      if (start.kind === 'folder') return inScope(start, path, words, tree);
      const language = start.kind === 'text' ? start.language : languageOf(start.path);
      const own = start.kind === 'text' ? start.text : tree.read(start.path);
      if (start.kind === 'file' && start.path === path) return true;
      if (language === undefined || own === undefined) return inScope({ kind: 'folder', folder: '', language, tests: [], deep: false }, path, words, tree);
      const closure = closures.get(start) ?? closureOf({ path: start.kind === 'file' ? start.path : '', text: own, language, folder: start.folder }, tree);
      closures.set(start, closure);
      if (closure.files.has(path) || closure.texts.some((one) => names(one, path))) return true;
      return closure.isOpen && inScope({ kind: 'folder', folder: homeOf(start, language, tree), language, tests: [], deep: false }, path, words, tree);
    });
  };
  return { may };
}

/** The package that a program belongs to. */
function homeOf(start: Start, language: Language, tree: Tree): string {
  const folder = start.kind === 'file' ? folderOf(start.path) : start.folder;
  for (let at = folder; at !== ''; at = folderOf(at)) if (isPackage(at, language, tree)) return at;
  return '';
}

function ofJob(root: YamlMap, job: YamlMap, keys: readonly string[], tree: Tree): readonly Started[] {
  const wide = [get(root, 'env'), get(job, 'env'), get(get(job, 'container'), 'env')];
  const isHanded = (node: YamlNode): boolean => scalarsOf(node).some((text) => keys.some((key) => text.includes(key)));
  const steps = stepsOf(job).map(({ step }) => step);
  const handed = wide.some((env) => env !== undefined && isHanded(env)) ? steps : steps.filter(isHanded);
  const fallback = [get(get(job, 'defaults'), 'run'), get(get(root, 'defaults'), 'run')].flatMap((run) => textOf(get(run, 'working-directory')) ?? [])[0];
  return (handed.length > 0 ? handed : steps).flatMap((step) => ofStep(step, textOf(get(step, 'working-directory')) ?? fallback ?? '', tree));
}

function ofStep(step: YamlMap, given: string, tree: Tree): readonly Started[] {
  const folder = given.includes('${{') || given.startsWith('/') ? '' : (joined('', given) ?? '');
  const run = textOf(get(step, 'run'));
  if (run !== undefined) {
    const shell = textOf(get(step, 'shell')) ?? '';
    if (shell.startsWith('python')) return [{ starts: [{ kind: 'text', language: 'python', text: run, folder }], texts: [run] }];
    return [startedBy(withoutExpressions(run), folder, tree)];
  }
  const uses = textOf(get(step, 'uses')) ?? '';
  const action = actionFolderOf(uses);
  if (action !== undefined) return ofAction(action, tree);
  const inputs = entriesOf(get(step, 'with'));
  const script = textOf(get(get(step, 'with'), 'script'));
  if (uses.startsWith('actions/github-script@') && script !== undefined) return [{ starts: [{ kind: 'text', language: 'javascript', text: script, folder: '' }], texts: [script] }];
  return inputs.flatMap(({ key, value }) => (/^(?:run|script|command|cmd|test[-_]command|start)$/i.test(key) && value.kind === 'scalar' ? [startedBy(withoutExpressions(value.value), folder, tree)] : []));
}

function ofAction(folder: string, tree: Tree): readonly Started[] {
  const text = ['action.yml', 'action.yaml'].map((file) => tree.read(joined(folder, file) ?? file)).find((one) => one !== undefined);
  const [root] = text === undefined ? [] : editorOf(text).file.documents;
  const runs = get(root, 'runs');
  if (runs?.kind === 'map' && textOf(get(runs, 'using')) === 'composite') {
    // A step of an action starts at the root, and names its own folder by an expression.
    const here = (script: string): string => withoutExpressions(script.replace(/\$\{\{\s*github\.action_path\s*\}\}|\$\{?GITHUB_ACTION_PATH\}?/g, folder === '' ? '.' : `./${folder}`));
    return stepsOf(runs).flatMap(({ step }) => {
      const run = textOf(get(step, 'run'));
      return run === undefined ? [] : [startedBy(here(run), '', tree)];
    });
  }
  return [{ starts: [{ kind: 'folder', folder, language: undefined, tests: [], deep: true }], texts: [] }];
}

/** An expression may stand for anything; here it is one word that is no path. */
function withoutExpressions(script: string): string {
  return script.replace(/\$\{\{[^}]*\}\}/g, '$EXPRESSION');
}

function scalarsOf(node: YamlNode): readonly string[] {
  if (node.kind === 'map') return node.entries.flatMap(({ key, value }) => [key, ...scalarsOf(value)]);
  if (node.kind === 'seq') return node.items.flatMap(scalarsOf);
  return [node.value];
}

/** Whether a text names a file: `evals.py`, or `python -m app.evals` for `app/evals.py`. */
export function names(text: string, path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (/^(?:index|__init__|__main__|main|mod)\./.test(name)) {
    const parts = path.split('/').slice(-2).join('/');
    return text.includes(parts);
  }
  return new RegExp(`(?<![\\w.-])${name.replace(/[^\w-]/g, '\\$&')}(?![\\w-])`).test(text);
}

/** Folders of what a repository shows, and does not run for itself. */
const SHOWN = /(?:^|\/)(examples?|docs?|documentation|samples?|cookbooks?|demos?|tutorials?|notebooks?|templates?|fixtures|benchmarks?|snippets|playground)\//;
const TEST = /(?:^|\/)(?:tests?|__tests__|spec|e2e)\/|(?:^|\/)(?:conftest|test_[^/]*|[^/]*_test)\.py$|\.(?:test|spec)\.[cm]?[jt]sx?$/;
/** What makes a folder a deployable of its own. */
const DEPLOYED = ['wrangler.toml', 'wrangler.json', 'wrangler.jsonc', 'vercel.json', 'netlify.toml', 'serverless.yml', 'serverless.yaml', 'fly.toml', 'app.yaml', 'samconfig.toml', 'host.json', 'firebase.json', 'trigger.config.ts'];
/** Functions that a service runs, wherever they lie. */
const FUNCTIONS = /(?:^|\/)(?:supabase|netlify)\/(?:edge-)?functions\//;
/** Where tests say what else they run. */
const SETTINGS = ['pyproject.toml', 'pytest.ini', 'tox.ini', 'setup.cfg', 'conftest.py', 'tests/conftest.py', 'test/conftest.py', 'noxfile.py'];
const TESTS_OF_SHOWN = ['test_docs', 'test_documentation', 'test_examples', 'test_snippets', 'test_notebooks', 'test_readme'];

function inScope({ folder, language, tests, deep }: Extract<Start, { readonly kind: 'folder' }>, path: string, words: string, tree: Tree): boolean {
  if (language !== undefined && languageOf(path) !== language) return false;
  // Scripts and notebooks are run by their names.
  if (languageOf(path) === 'shell' || (path.endsWith('.ipynb') && !/nbmake|nbval|papermill|nbconvert|jupyter|notebook/.test(words))) return false;
  const home = folder === '' || language === undefined || isPackage(folder, language, tree) ? folder : '';
  if (home !== '' && !path.startsWith(`${home}/`)) return false;
  const inner = home === '' ? path : path.slice(home.length + 1);
  // Tests run only what they are pointed at, and whatever of the package that uses.
  if (tests.some((one) => path === one || path.startsWith(`${one}/`))) return true;
  if (tests.length > 0 && TEST.test(inner)) return false;
  const shown = SHOWN.exec(inner)?.[1];
  if (shown !== undefined && !new RegExp(`\\b${shown}\\b`).test(words) && !runsShown(home, shown, tree)) return false;
  if (deep) return true;
  if (FUNCTIONS.test(inner)) return words.includes('functions');
  for (let at = folderOf(path); at !== home && at !== ''; at = folderOf(at)) {
    const isOther = DEPLOYED.some((file) => tree.read(`${at}/${file}`) !== undefined) || isSeparate(at, home, languageOf(path), tree);
    if (isOther && !isMentioned(at, words)) return false;
  }
  return true;
}

/** A package below one of the same language that does not take it in. */
function isSeparate(folder: string, home: string, language: Language | undefined, tree: Tree): boolean {
  if (language === undefined || !isPackage(folder, language, tree) || !isPackage(home, language, tree)) return false;
  const own = PACKAGES[language] ?? [];
  const inner = own.flatMap((file) => tree.read(joined(folder, file) ?? file) ?? []).join('\n');
  const names = [folder.slice(folder.lastIndexOf('/') + 1), /^[ \t]*"?name"?\s*[:=]\s*["']([^"'\n]+)["']/m.exec(inner)?.[1] ?? ''].filter((name) => name !== '');
  const outer = [...own, 'pnpm-workspace.yaml', 'go.work'].flatMap((file) => tree.read(joined(home, file) ?? file) ?? []).join('\n');
  return !/\bworkspaces?\b/.test(outer) && tree.read(joined(home, 'pnpm-workspace.yaml') ?? '') === undefined && !names.some((name) => outer.includes(name));
}

function isPackage(folder: string, language: Language, tree: Tree): boolean {
  return (PACKAGES[language] ?? []).some((file) => tree.read(joined(folder, file) ?? file) !== undefined);
}

function isMentioned(folder: string, words: string): boolean {
  const name = folder.slice(folder.lastIndexOf('/') + 1);
  return new RegExp(`(?<![\\w-])${name.replace(/[^\w-]/g, '\\$&')}(?![\\w-])`).test(words);
}

/** Whether the settings of tests, or tests of that name, run what lies in `shown`. */
function runsShown(home: string, shown: string, { read }: Tree): boolean {
  const word = new RegExp(`["'\\s/=,[]${shown}\\b`);
  const settings = SETTINGS.flatMap((file) => read(joined(home, file) ?? file) ?? []).flatMap((text) => text.split('\n').filter((line) => /testpaths|collect|glob|markdown|doctest|pytest/i.test(line)));
  if (settings.some((line) => word.test(line))) return true;
  return ['', 'tests', 'test'].some((folder) => TESTS_OF_SHOWN.some((name) => (read(joined(home, `${folder}/${name}.py`) ?? '') ?? '').includes(shown)));
}
