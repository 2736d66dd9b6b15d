/** Which files of the repository a program brings in. */
import { folderOf, joined, type Language, languageOf } from './languages.ts';

/** The repository as far as it is known. */
export interface Tree {
  readonly read: (path: string) => string | undefined;
  /** Those that a plan names; more may be readable. */
  readonly paths: readonly string[];
}

/** A program written to a file, or into a command. */
export interface Program {
  readonly path: string;
  readonly text: string;
  readonly language: Language;
  /** Where it is started. */
  readonly folder: string;
}

export interface Closure {
  readonly files: ReadonlySet<string>;
  /** All texts, those of `files` that could be read. */
  readonly texts: readonly string[];
  /** Something is loaded by a name that is only known while it runs, or could not be read. */
  readonly isOpen: boolean;
}

/** A program of more files is taken to bring in anything. */
const MOST_FILES = 400;

/** Everything that `start` imports, from file to file. */
export function closureOf(start: Program, tree: Tree): Closure {
  const files = new Set(start.path === '' ? [] : [start.path]);
  const texts: string[] = [];
  let isOpen = false;
  const open: { readonly path: string; readonly text: string | undefined }[] = [{ path: start.path, text: start.text }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.text === undefined) {
      isOpen = true;
      continue;
    }
    texts.push(next.text);
    const found = start.language === 'python' ? pythonImports(next.path, next.text, start.folder, tree) : start.language === 'javascript' ? scriptImports(next.path, next.text, tree) : undefined;
    if (found === undefined || files.size > MOST_FILES) return { files, texts, isOpen: true };
    isOpen ||= found.isOpen;
    for (const path of found.files) {
      if (files.has(path)) continue;
      files.add(path);
      if (languageOf(path) === start.language) open.push({ path, text: tree.read(path) });
    }
  }
  return { files, texts, isOpen };
}

interface Imports {
  readonly files: readonly string[];
  readonly isOpen: boolean;
}

function pythonImports(path: string, text: string, started: string, tree: Tree): Imports {
  const files: string[] = [];
  const home = folderOf(path);
  const plain = text.replace(/\\\r?\n/g, ' ');
  const add = (module: string, names: readonly string[]): void => {
    const dots = /^\.*/.exec(module)?.[0].length ?? 0;
    const parts = module.slice(dots).split('.').filter((part) => part !== '');
    const bases = dots > 0 ? [joined(home, '../'.repeat(dots - 1))] : [home, started, joined(started, 'src'), '', 'src', ...foldersAbove(home)];
    const wanted = [parts, ...names.map((name) => [...parts, name])];
    for (const base of new Set(bases)) {
      if (base === undefined) continue;
      for (const one of wanted) for (let length = 1; length <= one.length; length += 1) files.push(...moduleAt(joined(base, one.slice(0, length).join('/')) ?? '', tree));
      if (parts.length === 0) files.push(...moduleAt(base, tree));
    }
    const [head] = parts;
    // A package of the same repository that is installed from where it lies.
    if (dots === 0 && head !== undefined && ![...new Set(bases)].some((base) => base !== undefined && (moduleAt(joined(base, head) ?? '', tree).length > 0 || tree.paths.some((one) => one.startsWith(`${joined(base, head) ?? ''}/`))))) {
      files.push(...tree.paths.filter((one) => one.endsWith('.py') && `/${one}`.includes(`/${head}/`)));
    }
    // A path that the program adds to those where modules are looked for.
    if (dots === 0 && parts.length > 0) files.push(...tree.paths.filter((one) => wanted.some((end) => one === `${end.join('/')}.py` || one.endsWith(`/${end.join('/')}.py`))));
  };
  for (const [, module = '', several, single] of plain.matchAll(/^[ \t]*(?:>>> )?from[ \t]+([.\w]+)[ \t]+import[ \t]+(?:\(([^)]*)\)|([^\n#;]*))/gm)) add(module, namesIn(several ?? single ?? ''));
  for (const [, modules = ''] of plain.matchAll(/^[ \t]*(?:>>> )?import[ \t]+([^\n#;]+)/gm)) for (const module of namesIn(modules)) add(module, []);
  return { files, isOpen: /\bimport_module\(|\b__import__\(|\brunpy\b|\bpkgutil\.|\bspec_from_file_location\(/.test(text) };
}

function namesIn(list: string): readonly string[] {
  return list.split(',').map((one) => one.replace(/#[^\n]*/g, '').trim().split(/\s/)[0] ?? '').filter((one) => /^[\w.]+$/.test(one));
}

function moduleAt(path: string, { paths, read }: Tree): readonly string[] {
  if (path === '') return [];
  return [`${path}.py`, `${path}/__init__.py`].filter((file) => paths.includes(file) || read(file) !== undefined);
}

function foldersAbove(folder: string): readonly string[] {
  const parts = folder.split('/');
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
}

const SCRIPT_ENDS = ['', '.ts', '.tsx', '.js', '.jsx', '.mjs', '.cjs', '.mts', '.cts', '.vue', '.svelte', '/index.ts', '/index.tsx', '/index.js', '/index.jsx', '/index.mjs', '/index.cjs'];

function scriptImports(path: string, text: string, tree: Tree): Imports {
  const files: string[] = [];
  let isOpen = /\b(?:import|require)\(\s*(?!['"`/]|$)/.test(text.replace(/\/\*[\s\S]*?\*\//g, '')) || /\b(?:import|require)\(\s*`[^`]*\$\{/.test(text);
  for (const [, name = ''] of text.matchAll(/(?:\bfrom\s*|\bimport\s*|\b(?:require|import)\(\s*)['"`]([^'"`\n]+)['"`]/g)) {
    if (name.startsWith('node:')) continue;
    if (/^\.{1,2}(?:\/|$)/.test(name)) {
      const found = scriptAt(joined(folderOf(path), name), tree);
      if (found.length === 0 && !/\.(?:json|css|scss|svg|png|wasm|md|txt|html)$/.test(name)) isOpen = true;
      files.push(...found);
      continue;
    }
    // `@/lib/x`, `~/x`, `#lib/x`, `src/x`: what they stand for is configured elsewhere.
    const alias = /^(?:@\/|~\/?|#|\$lib\/|src\/|app\/|lib\/)(.+)$/.exec(name)?.[1];
    if (alias !== undefined) {
      for (const base of ['', 'src', 'app', 'lib', 'src/lib']) files.push(...scriptAt(joined(base, alias), tree));
      files.push(...tree.paths.filter((one) => SCRIPT_ENDS.some((end) => one.endsWith(`/${alias.replace(/\.[cm]?js$/, '')}${end}`))));
      continue;
    }
    // A package of the same repository.
    const home = tree.paths.find((one) => one.endsWith('/package.json') && new RegExp(`"name"\\s*:\\s*"${name.replace(/[^\w@/-]/g, '\\$&')}"`).test(tree.read(one) ?? ''));
    if (home !== undefined) files.push(...tree.paths.filter((one) => languageOf(one) === 'javascript' && one.startsWith(`${folderOf(home)}/`)));
  }
  return { files, isOpen };
}

function scriptAt(path: string | undefined, { paths, read }: Tree): readonly string[] {
  if (path === undefined || path === '') return [];
  const bare = path.replace(/\.[cm]?jsx?$/, '');
  const names = new Set([...SCRIPT_ENDS.map((end) => `${path}${end}`), ...SCRIPT_ENDS.slice(1).map((end) => `${bare}${end}`)]);
  return [...names].filter((file) => paths.includes(file) || (/\.\w+$/.test(file) && read(file) !== undefined));
}
