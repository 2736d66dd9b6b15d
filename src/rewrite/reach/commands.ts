/** What the commands of a script start: which programs of the repository, or the tests and scripts of a folder. */
import { shellWords } from '../../support/shell-words.ts';
import type { Tree } from './imports.ts';
import { joined, type Language, languageOf } from './languages.ts';

export type Start =
  | { readonly kind: 'file'; readonly path: string; readonly folder: string }
  /** A program written into the command itself. */
  | { readonly kind: 'text'; readonly language: Language; readonly text: string; readonly folder: string }
  /** More than is named: everything of a folder may be run. */
  | {
      readonly kind: 'folder';
      readonly folder: string;
      /** Undefined for any. */
      readonly language: Language | undefined;
      /** What tests it is pointed at; none for all. */
      readonly tests: readonly string[];
      /** Packages below are run too. */
      readonly deep: boolean;
    };

export interface Started {
  readonly starts: readonly Start[];
  /** The commands, and those that they lead to. */
  readonly texts: readonly string[];
}

/** Scripts that call scripts, targets that call targets. */
const DEEPEST = 8;
const MOST_COMMANDS = 2000;

/** Commands that run nothing of the repository, or only build, check or install. */
const HARMLESS = new Set(
  ('alias apk apt apt-get awk base64 basename bat bc break brew bzip2 case cat cd chmod chown clear cmp codecov comm continue corepack cp curl cut date dd declare df diff dirname dnf done du echo egrep elif else env esac exit export false fi file find fgrep fold for function gem getopts gh git git-cliff git-lfs grep gsutil gunzip gzip head hostname hub id if in jq kill less let ln local ls lsof md5sum mkdir mktemp more mount mv nc netstat nl nohup nproc openssl patch ping popd printenv printf pushd ps pwd read readlink realpath return rev rm rmdir rsync scp sed select seq set sha256sum shift sleep sort source ssh ssh-keygen stat strip sudo sync systemctl tail tar tee test then time timeout touch tr trap true truncate type typeset ulimit umask uname uniq unset until unzip uptime wait wc wget which while who whoami xxd yes yq yum zip zstd [ [[ ]] ] ! : { } . ' +
    'actionlint ansible-lint aws az bandit biome black bq cargo-deny claude ant codespell codex coderabbit conda dvc eslint flake8 flyctl gcloud gemini golangci-lint goose hadolint helm heroku hugo isort kubectl lychee mamba markdownlint mdbook micromamba mypy nvm oxlint pip pip3 pipx pre-commit prettier pylint pyright pyenv ruff rustup semgrep shellcheck shfmt snyk terraform tofu tflint trivy tsc twine typos vale vercel volta wrangler yamllint aider opencode'
  ).split(' '),
);
/** Words before a command that are not it. */
const BEFORE = new Set(['sudo', 'time', 'nohup', 'exec', 'command', 'then', 'do', 'else', 'if', 'elif', 'while', 'until', '!', 'env', 'nice', 'xvfb-run', 'timeout', 'dotenv', 'dotenvx', 'doppler', 'op', 'infisical', 'mise', 'cross-env', 'stdbuf', 'caffeinate']);
/** Options of those and of interpreters that take a word. */
const VALUED = /^(?:-n|--signal|-s|-k|-p|-f|--python|--with|--extra|--group|--only-group|--env-file|--project|--package|-X|-W|-r|--require|--import|--loader|-I|--name|--isolated-env|--with-requirements|--index|--index-url|-i|--cov|--cov-report|--tb|--durations|--timeout|-o|--maxfail|-m|--junitxml|--junit-xml|-c|--rootdir|--config|--reporter|--tsconfig|--conditions|-C|--watch-path|--allow-\w+=?)$/;

const PYTHON_TOOLS = /^(?:pip|build|venv|virtualenv|twine|black|ruff|mypy|pylint|flake8|isort|ensurepip|http\.server|json\.tool|pre_commit|playwright|spacy|nltk|compileall|py_compile|site|sysconfig|pipx|uv|poetry|cProfile|nbstripout|codespell|bandit|interrogate|mkdocs|sphinx|zipfile|tarfile)\b/;
const NODE_TOOLS = /^(?:eslint|prettier|tsc|biome|wrangler|vercel|semantic-release|changeset|commitlint|husky|lint-staged|oxlint|markdownlint(?:-cli2?)?|knip|publint|depcheck|npm-check-updates|ncu|rimraf|serve|http-server|wait-on|kill-port|tsup|esbuild|rollup|typedoc|cspell|@anthropic-ai\/claude-code(?:@.*)?|@google\/gemini-cli(?:@.*)?|@openai\/codex(?:@.*)?|playwright(?=$))$/;
const RUNS_SCRIPTS = new Set(['node', 'nodejs', 'tsx', 'ts-node', 'ts-node-esm', 'esno', 'vite-node', 'babel-node', 'jiti', 'deno', 'bun', 'zx', 'swc-node']);
const SCRIPT_TESTS = new Set(['vitest', 'jest', 'mocha', 'ava', 'playwright', 'cypress', 'tap', 'c8', 'nyc', 'karma', 'wtr', 'uvu', 'promptfoo', 'evalite', 'braintrust']);
const PYTHON_TESTS = new Set(['pytest', 'py.test', 'tox', 'nox', 'hatch', 'poe', 'inv', 'invoke', 'coverage', 'behave', 'robot', 'deepeval', 'inspect', 'pdm', 'rye', 'pipenv', 'uvicorn', 'gunicorn', 'streamlit', 'flask', 'celery', 'jupyter', 'papermill', 'django-admin', 'airflow', 'prefect', 'dagster', 'modal', 'crewai', 'langgraph', 'snakemake']);
const BUILDS: Readonly<Record<string, readonly [Language, RegExp]>> = {
  go: ['go', /^(?:run|test|generate|tool)$/],
  cargo: ['rust', /^(?:run|test|nextest|bench|llvm-cov|tarpaulin|make|xtask)$/],
  dotnet: ['csharp', /^(?:run|test|watch|exec)$/],
  mix: ['elixir', /^(?!deps|compile|format|hex|local)./],
  bundle: ['ruby', /^exec$/],
  composer: ['php', /^(?!install|update|validate|require|dump)./],
  swift: ['swift', /^(?:run|test)$/],
};
const INTERPRETERS: Readonly<Record<string, Language>> = { ruby: 'ruby', rake: 'ruby', rspec: 'ruby', php: 'php', phpunit: 'php', artisan: 'php', pest: 'php', Rscript: 'r', java: 'java', sbt: 'java', mvn: 'java', mvnw: 'java', gradle: 'java', gradlew: 'java', kotlin: 'java', elixir: 'elixir', gotestsum: 'go', ginkgo: 'go' };

/** Reads `script` as it would run in `folder`. */
export function startedBy(script: string, folder: string, tree: Tree): Started {
  return new Commands(tree).of(script, folder);
}

class Commands {
  readonly #tree: Tree;
  readonly #starts: Start[] = [];
  readonly #texts: string[] = [];
  readonly #seen = new Set<string>();
  #count = 0;

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  of(script: string, folder: string): Started {
    this.#script(script, folder, 0);
    return { starts: this.#starts, texts: this.#texts };
  }

  #script(script: string, from: string, depth: number): void {
    const key = `${from}\n${script}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    if (depth > DEEPEST) return this.#anything(from, undefined);
    this.#texts.push(script);
    let folder = from;
    let command: string[] = [];
    const text = this.#withoutDocuments(script, from).replace(/`([^`]*)`/g, ' ; $1 ; ');
    const flush = (): void => {
      if (command.length > 0) folder = this.#command(command, folder, depth);
      command = [];
    };
    for (const { text: word, raw, first } of shellWords(text)) {
      this.#count += 1;
      if (this.#count > MOST_COMMANDS) return this.#anything(from, undefined);
      const inner = /\$\(([\s\S]*)\)/.exec(raw)?.[1];
      if (inner !== undefined) this.#script(inner, folder, depth + 1);
      if (first && command.some((one) => !/^[A-Za-z_]\w*\+?=/.test(one))) flush();
      command.push(word);
    }
    flush();
  }

  /** Programs that stand in the script as a here-document are taken out of it. */
  #withoutDocuments(script: string, folder: string): string {
    return script.replace(/^([^\n]*?)<<-?\s*(["']?)(\w+)\2([^\n]*)\n([\s\S]*?)^[ \t]*\3[ \t]*$/gm, (_, before: string, __: string, ___: string, after: string, body: string) => {
      const language = /\bpython[\d.]*\b/.test(before) ? 'python' : /\b(?:node|tsx|bun|deno)\b/.test(before) ? 'javascript' : undefined;
      if (language !== undefined) {
        this.#starts.push({ kind: 'text', language, text: body, folder });
        this.#texts.push(body);
        return `${before.replace(/\b(?:python[\d.]*|node|tsx|bun|deno)\b/, ':')} ${after}`;
      }
      return `${before} ${after}`;
    });
  }

  /** One command; gives the folder that the next one runs in. */
  #command(given: readonly string[], folder: string, depth: number): string {
    const words = given.filter((word, index) => !(/^[A-Za-z_]\w*\+?=/.test(word) && given.slice(0, index).every((one) => /^[A-Za-z_]\w*\+?=/.test(one))));
    const [word = '', ...rest] = words;
    if (word === 'cd' || word === 'pushd') return rest[0] === undefined || rest[0].includes('$') ? folder : (joined(rest[0].startsWith('/') ? '' : folder, rest[0]) ?? folder);
    this.#run(word, rest, folder, depth);
    return folder;
  }

  #run(word: string, rest: readonly string[], folder: string, depth: number): void {
    if (word === '' || depth > DEEPEST) return;
    const name = word.slice(word.lastIndexOf('/') + 1);
    const next = (words: readonly string[]): void => {
      const [first, ...others] = words;
      if (first !== undefined) this.#run(first, others, folder, depth + 1);
    };
    if (BEFORE.has(name)) {
      const from = rest.indexOf('--');
      return next(from >= 0 ? rest.slice(from + 1) : afterOptions(rest.filter((one) => !/^[A-Za-z_]\w*=/.test(one)).filter((one, index) => !(index === 0 && ((name === 'timeout' && /^\d/.test(one)) || /^(?:run|exec)$/.test(one))))));
    }
    if (name === 'eval') return this.#anything(folder, undefined);
    if (/^python[\d.]*$|^pypy3?$/.test(name)) return this.#python(rest, folder, depth);
    if (name === 'uv' || name === 'poetry' || name === 'pdm' || name === 'pipenv' || name === 'rye' || name === 'hatch' || name === 'conda' || name === 'micromamba') {
      const [, ...more] = rest.slice(Math.max(0, rest.findIndex((one) => one === 'run')));
      if (!rest.includes('run')) return name === 'hatch' || name === 'pdm' ? this.#anything(folder, 'python', rest.every((one) => !/^(?:test|fmt)$/.test(one)) ? undefined : []) : undefined;
      const directory = /(?:^|\s)--(?:directory|project|package)[ =](\S+)/.exec(rest.join(' '))?.[1];
      const home = directory === undefined ? folder : (joined(folder, directory) ?? folder);
      const [first, ...others] = afterOptions(more);
      if (first === '-m' || (first === undefined && more.includes('-m'))) return this.#python(['-m', ...(first === '-m' ? others : more.slice(more.indexOf('-m') + 1))], home, depth);
      if (first === undefined) return;
      return first.endsWith('.py') ? this.#python([first, ...others], home, depth) : this.#run(first, others, home, depth + 1);
    }
    if (name === 'uvx' || name === 'pipx') return;
    if (name === 'npx' || name === 'bunx' || name === 'pnpx') return this.#tool(afterOptions(rest), folder, depth);
    if (/^(?:npm|pnpm|yarn|bun)$/.test(name)) return this.#packages(name, rest, folder, depth);
    if (RUNS_SCRIPTS.has(name)) return this.#node(name, rest, folder);
    if (SCRIPT_TESTS.has(name)) return rest[0] === 'install' ? undefined : this.#tests('javascript', rest, folder);
    if (PYTHON_TESTS.has(name)) {
      if (name === 'coverage') return rest[0] === 'run' ? this.#python(afterFlags(rest.slice(1)), folder, depth) : undefined;
      return this.#tests('python', rest, folder);
    }
    if (/^(?:turbo|nx|lerna|rush|moon|run-s|run-p|npm-run-all|npm-run-all2|concurrently|wireit)$/.test(name)) return this.#anything(folder, 'javascript', [], true);
    if (/^g?make$/.test(name)) return this.#make(rest, folder, depth);
    if (/^(?:ba|z|da|k)?sh$/.test(name)) {
      const at = rest.findIndex((one) => /^-\w*c$/.test(one));
      if (at >= 0) return this.#script(rest[at + 1] ?? '', folder, depth + 1);
      const [file] = rest.filter((one) => !one.startsWith('-'));
      return file === undefined ? undefined : this.#file(file, folder, depth);
    }
    const build = Object.hasOwn(BUILDS, name) ? BUILDS[name] : undefined;
    if (build !== undefined) return build[1].test(rest[0] ?? '') ? this.#anything(folder, build[0], [], name === 'dotnet') : undefined;
    const language = Object.hasOwn(INTERPRETERS, name) ? INTERPRETERS[name] : undefined;
    if (language !== undefined) return this.#anything(folder, language, [], true);
    if (word.includes('/') && !word.startsWith('/') && !word.includes('$')) return this.#file(word, folder, depth);
    if (HARMLESS.has(name) || /^(?:docker|podman|buildah)$/.test(name) && !/\b(?:compose|run|up)\b/.test(rest.join(' '))) return;
    // A word that means nothing here may be a program that the repository declares.
    this.#anything(folder, undefined);
  }

  #python(rest: readonly string[], folder: string, depth: number): void {
    for (let at = 0; at < rest.length; at += 1) {
      const word = rest[at] ?? '';
      if (word === '-m') return this.#module(rest[at + 1] ?? '', rest.slice(at + 2), folder, depth);
      if (word === '-c') return void this.#starts.push({ kind: 'text', language: 'python', text: rest[at + 1] ?? '', folder });
      if (word === '-X' || word === '-W') at += 1;
      else if (!word.startsWith('-')) return this.#file(word, folder, depth);
    }
  }

  #module(module: string, rest: readonly string[], folder: string, depth: number): void {
    if (PYTHON_TESTS.has(module) || module === 'unittest' || module === 'nose') {
      if (module === 'coverage') return rest[0] === 'run' ? this.#python(afterFlags(rest.slice(1)), folder, depth) : undefined;
      return this.#tests('python', rest, folder);
    }
    if (PYTHON_TOOLS.test(module) || module === '') return;
    const path = module.replaceAll('.', '/');
    for (const base of new Set([folder, joined(folder, 'src') ?? '', '', 'src'])) {
      const file = [`${path}.py`, `${path}/__main__.py`].flatMap((one) => joined(base, one) ?? []).find((one) => this.#has(one));
      if (file !== undefined) return void this.#starts.push({ kind: 'file', path: file, folder });
    }
    this.#anything(folder, 'python');
  }

  #node(name: string, rest: readonly string[], folder: string): void {
    if (name === 'deno' && !/^(?:run|test|task|bench|eval|serve)$/.test(rest[0] ?? '')) return;
    if (name === 'deno' && /^(?:task|test|bench)$/.test(rest[0] ?? '')) return this.#anything(folder, 'javascript');
    if (rest.includes('--test')) return this.#tests('javascript', rest, folder);
    const evaluated = rest.findIndex((one) => /^(?:-e|--eval|-p|--print|-pe|eval)$/.test(one));
    if (evaluated >= 0) return void this.#starts.push({ kind: 'text', language: 'javascript', text: rest[evaluated + 1] ?? '', folder });
    const file = afterOptions(name === 'deno' || rest[0] === 'watch' ? rest.slice(1) : rest).find((one) => !one.startsWith('-'));
    if (file !== undefined) this.#file(file, folder, 0);
  }

  /** A tool of a package, by its name. */
  #tool(words: readonly string[], folder: string, depth: number): void {
    const [first = '', ...rest] = words;
    if (first === '' || NODE_TOOLS.test(first)) return;
    const name = first.replace(/(?<=.)@[^/]*$/, '');
    if (RUNS_SCRIPTS.has(name) || SCRIPT_TESTS.has(name)) return this.#run(name, rest, folder, depth + 1);
    this.#anything(folder, 'javascript', [], /^(?:turbo|nx|lerna)$/.test(name));
  }

  #packages(manager: string, rest: readonly string[], folder: string, depth: number): void {
    let home = folder;
    let deep = false;
    const words: string[] = [];
    for (let at = 0; at < rest.length; at += 1) {
      const word = rest[at] ?? '';
      if (word === '--') break;
      const [, option, value] = /^(-C|--prefix|--cwd|--dir|--filter|-F|-w|--workspace)(?:=(.*))?$/.exec(word) ?? [];
      if (option !== undefined && words.length < 2) {
        const given = value ?? rest[at + 1] ?? '';
        if (value === undefined && !(manager === 'pnpm' && option === '-w')) at += 1;
        if (/^(?:-C|--prefix|--cwd|--dir)$/.test(option)) home = joined(folder, given) ?? folder;
        else deep = true;
      } else if (/^(?:-r|--recursive|--workspaces|-ws)$/.test(word)) deep = true;
      else if (!word.startsWith('-') || words.length > 0) words.push(word);
    }
    const [first = '', second = '', ...more] = words;
    if (manager === 'yarn' && (first === 'workspace' || first === 'workspaces')) return this.#anything(home, 'javascript', [], true);
    if (/^(?:exec|x|dlx)$/.test(first)) return this.#tool([second, ...more], home, depth);
    if (manager === 'bun' && /\.[cm]?[jt]sx?$/.test(first)) return this.#file(first, home, depth);
    if (manager === 'bun' && first === 'test') return this.#tests('javascript', words.slice(1), home);
    const script = /^(?:run|run-script)$/.test(first) ? second : /^(?:t|tst)$/.test(first) ? 'test' : first;
    if (manager === 'bun' && first === 'run' && /\.[cm]?[jt]sx?$/.test(second)) return this.#file(second, home, depth);
    if (script === '' || (first === script && INSTALLERS.test(first))) return;
    if (deep) return this.#anything(home, 'javascript', [], true);
    const known = this.#scripts(home);
    const text = known?.[script];
    if (text === undefined) {
      // What is no script of the package is a tool of it.
      if (known !== undefined && /^(?:pnpm|yarn|bun)$/.test(manager)) return this.#tool([script, ...(first === script ? words.slice(1) : more)], home, depth);
      return this.#anything(home, 'javascript');
    }
    for (const one of [known?.[`pre${script}`], text, known?.[`post${script}`]]) if (one !== undefined) this.#script(one, home, depth + 1);
  }

  #scripts(folder: string): Readonly<Record<string, string>> | undefined {
    const text = this.#tree.read(joined(folder, 'package.json') ?? '');
    if (text === undefined) return undefined;
    const block = /"scripts"\s*:\s*\{([^}]*)\}/.exec(text)?.[1] ?? '';
    return Object.fromEntries([...block.matchAll(/"((?:[^"\\]|\\.)+)"\s*:\s*"((?:[^"\\]|\\.)*)"/g)].map(([, name = '', value = '']) => [name, value.replace(/\\(["\\/])/g, '$1')]));
  }

  #tests(language: Language, rest: readonly string[], folder: string): void {
    const given = afterFlags(rest).filter((one) => !one.startsWith('-') && !one.includes('$') && (/\//.test(one) || /\.(?:py|[cm]?[jt]sx?)(?:::|$)/.test(one) || this.#tree.paths.some((path) => path.startsWith(`${joined(folder, one) ?? one}/`))));
    const tests = given.flatMap((one) => joined(folder, one.replace(/::.*$/, '')) ?? []);
    // Tests that are named one by one bring in what they import, and what is prepared for them on the way there.
    if (language === 'python' && tests.length > 0 && tests.every((one) => one.endsWith('.py') && this.#has(one))) {
      const prepared = tests.flatMap((one) => one.split('/').map((_, index, parts) => [...parts.slice(0, index), 'conftest.py'].join('/')));
      for (const path of new Set(tests)) this.#starts.push({ kind: 'file', path, folder });
      const asked = tests.map((one) => this.#tree.read(one) ?? '').join('\n');
      for (const path of new Set(prepared)) {
        const text = this.#tree.read(path);
        if (text !== undefined) this.#starts.push({ kind: 'text', language: 'python', text: withoutOthers(text, asked), folder });
      }
      return;
    }
    this.#starts.push({ kind: 'folder', folder, language, tests, deep: false });
  }

  #make(rest: readonly string[], from: string, depth: number): void {
    const at = rest.findIndex((one) => one === '-C' || one === '--directory');
    const folder = at >= 0 ? (joined(from, rest[at + 1] ?? '') ?? from) : from;
    const targets = rest.filter((one, index) => !one.startsWith('-') && !one.includes('=') && (at < 0 || index !== at + 1));
    const text = ['Makefile', 'makefile', 'GNUmakefile'].map((file) => this.#tree.read(joined(folder, file) ?? file)).find((one) => one !== undefined);
    if (text === undefined) return this.#anything(folder, undefined);
    const rules = rulesOf(text);
    const [first] = rules.keys();
    const wanted = targets.length > 0 ? [...targets] : first === undefined ? [] : [first];
    const done = new Set<string>();
    for (let target = wanted.pop(); target !== undefined; target = wanted.pop()) {
      if (done.has(target)) continue;
      done.add(target);
      const rule = rules.get(target);
      if (rule === undefined) {
        if (targets.includes(target)) this.#anything(folder, undefined);
        continue;
      }
      wanted.push(...rule.needs);
      this.#script(withVariables(rule.recipe, text), folder, depth + 1);
    }
  }

  #file(word: string, folder: string, depth: number): void {
    if (word.startsWith('/') || word.includes('$')) return this.#anything(folder, undefined);
    const path = joined(folder, word);
    if (path === undefined) return;
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name === 'gradlew' || name === 'mvnw') return this.#anything(folder, 'java', [], true);
    const text = this.#tree.read(path);
    const language = languageOf(path) ?? (text === undefined ? undefined : interpreterOf(text));
    if (language === 'shell' || (language === undefined && text !== undefined)) {
      if (text !== undefined) this.#script(text, folder, depth + 1);
      else this.#anything(folder, undefined);
    } else if (language === undefined) {
      const file = ['.ts', '.js', '.mjs', '/index.ts', '/index.js'].map((end) => `${path}${end}`).find((one) => this.#has(one));
      if (file !== undefined) this.#starts.push({ kind: 'file', path: file, folder });
      else if (!/^(?:node_modules|\.venv|venv)\//.test(path)) this.#anything(folder, undefined);
    } else if (text === undefined && !this.#tree.paths.includes(path)) {
      // It lies elsewhere, or is made while the job runs.
      this.#anything(folder, language);
    } else this.#starts.push({ kind: 'file', path, folder });
  }

  #has(path: string): boolean {
    return this.#tree.paths.includes(path) || this.#tree.read(path) !== undefined;
  }

  #anything(folder: string, language: Language | undefined, tests: readonly string[] = [], deep = false): void {
    this.#starts.push({ kind: 'folder', folder, language, tests, deep });
  }
}

const INSTALLERS = /^(?:ci|i|install|add|audit|config|cache|store|link|pack|publish|version|view|set|import|fetch|rebuild|prune|remove|uninstall|update|upgrade|up|why|list|ls|outdated|login|whoami|init|create|dedupe|pm)$/;

/** The words from the first that is neither an option nor an option's value. */
function afterOptions(words: readonly string[]): readonly string[] {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '-m') return words.slice(at);
    if (word === '--') return words.slice(at + 1);
    if (VALUED.test(word)) at += 1;
    else if (!word.startsWith('-')) return words.slice(at);
  }
  return [];
}

/** The words without options and their values; `-m MODULE` stays where it is what is run. */
function afterFlags(words: readonly string[]): readonly string[] {
  const left: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '-m' && left.length === 0 && /^[a-z_.]+$/.test(words[at + 1] ?? '') && PYTHON_TESTS.has(words[at + 1] ?? '')) return words.slice(at);
    if (VALUED.test(word)) at += 1;
    else if (!word.startsWith('-')) left.push(word);
  }
  return left;
}

interface Rule {
  readonly needs: readonly string[];
  readonly recipe: string;
}

function rulesOf(text: string): ReadonlyMap<string, Rule> {
  const rules = new Map<string, Rule>();
  let current: readonly string[] = [];
  for (const line of text.replace(/\\\r?\n/g, ' ').split(/\r?\n/)) {
    const recipe = /^\t[@+-]*(.*)$/.exec(line)?.[1];
    if (recipe !== undefined) {
      for (const target of current) {
        const rule = rules.get(target);
        if (rule !== undefined) rules.set(target, { ...rule, recipe: `${rule.recipe}${recipe}\n` });
      }
      continue;
    }
    const [, names, needs = ''] = /^([\w.\-/ ]+?)\s*::?(?!=)\s*([^#;]*)/.exec(line) ?? [];
    if (names === undefined) {
      if (line.trim() !== '' && !line.startsWith('#')) current = [];
      continue;
    }
    current = names.split(/\s+/).filter((name) => !name.startsWith('.'));
    for (const target of current) rules.set(target, { needs: [...(rules.get(target)?.needs ?? []), ...needs.split(/\s+/).filter((one) => /^[\w.\-/]+$/.test(one))], recipe: rules.get(target)?.recipe ?? '' });
  }
  return rules;
}

/** `$(PYTHON) x.py` as the Makefile sets PYTHON. */
function withVariables(recipe: string, text: string): string {
  return recipe.replace(/\$[({](\w+)[)}]/g, (whole, name: string) => (name === 'MAKE' ? 'make' : (new RegExp(`^${name}\\s*[:?]?=\\s*([^\\n#]*)`, 'm').exec(text)?.[1] ?? whole).trim()));
}

function interpreterOf(text: string): Language | undefined {
  const [line = ''] = text.split('\n', 1);
  if (!line.startsWith('#!')) return undefined;
  return /python/.test(line) ? 'python' : /node|bun|deno|tsx/.test(line) ? 'javascript' : /\b(?:ba|z|da)?sh\b/.test(line) ? 'shell' : undefined;
}

/** What is prepared for tests (`conftest.py`) without the functions that none of them asks for. */
function withoutOthers(text: string, tests: string): string {
  return text.replace(/^(?:@[^\n]*\n)*(?:async )?def (\w+)[^\n]*\n(?:(?:[ \t][^\n]*)?\n)*/gm, (whole, name: string) => (/autouse\s*=\s*True|^def pytest_/m.test(whole) || new RegExp(`\\b${name}\\b`).test(tests) ? whole : ''));
}
