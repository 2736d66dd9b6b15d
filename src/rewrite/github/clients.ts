import { CannotRewrite } from '../cannot.ts';
import { compareVersions } from '../code/_floors.ts';
import type { Replacement, RewriteContext } from '../types.ts';

/** What a step's commands are, and where they run. */
export interface Programs {
  readonly scripts: string;
  /** Commands of the job that install packages. */
  readonly installs: string;
  /** Folders that the steps run in, as the workflow says them; none for the root. */
  readonly folders: readonly string[];
  /** They run where an image keeps its own programs. */
  readonly isElsewhere: boolean;
}

/** What runs programs of a language. */
const LANGUAGES: Readonly<Record<string, RegExp>> = {
  javascript: /\b(?:node|npm|npx|pnpm|yarn|bun|bunx|deno|tsx)\b/,
  python: /\b(?:python3?|pytest|uv|uvx|poetry|pip3?|pipx|tox|nox|hatch|pdm)\b/,
  go: /\bgo (?:run|test)\b/,
  java: /(?:\b|\.\/)(?:mvnw?|gradlew?|java)\b/,
  ruby: /\b(?:ruby|bundle exec|rake|rspec)\b/,
  php: /\b(?:php|phpunit|composer)\b/,
  csharp: /\bdotnet (?:run|test)\b/,
  rust: /\bcargo (?:run|test|nextest|llvm-cov)\b/,
  elixir: /\bmix (?:test|run|[a-z]+\.[a-z.]+)\b/,
  r: /\bRscript\b|\b(?:rcmdcheck|devtools|testthat)::/,
};

/** Which files declare the packages of a language. */
const MANIFESTS: Readonly<Record<string, RegExp>> = {
  javascript: /(?:^|\/)package\.json$/,
  python: /(?:^|\/)(?:requirements[^/]*\.txt|pyproject\.toml|setup\.(?:cfg|py)|Pipfile)$/,
  go: /(?:^|\/)go\.mod$/,
  java: /(?:^|\/)(?:pom\.xml|build\.gradle(?:\.kts)?)$/,
  ruby: /(?:^|\/)(?:Gemfile|[^/]+\.gemspec)$/,
  php: /(?:^|\/)composer\.json$/,
  csharp: /\.csproj$/,
  rust: /(?:^|\/)Cargo\.toml$/,
  elixir: /(?:^|\/)mix\.exs$/,
  r: /(?:^|\/)DESCRIPTION$/,
};

const SOURCES: Readonly<Record<string, RegExp>> = { javascript: /\.[cm]?[jt]sx?$/, python: /\.(?:py|ipynb)$/, go: /\.go$/, java: /\.(?:java|kt)$/, csharp: /\.cs$/ };

/** Clients for which a program needs other code than with a key, by party and language: what the code rewriters know. */
const CHANGED: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  azure: { javascript: ['openai', '@azure/openai', '@azure/identity', '@ai-sdk/azure'], python: ['openai', 'azure-identity', 'azure-ai-inference', 'azure-ai-projects'], go: ['github.com/Azure/azure-sdk-for-go/sdk/azidentity'], java: ['azure-identity', 'azure-ai-openai'], csharp: ['Azure.Identity', 'Azure.AI.OpenAI'] },
  google: { javascript: ['@google/genai', '@google-cloud/vertexai', '@google-cloud/aiplatform'], python: ['google-genai', 'google-cloud-aiplatform', 'google-auth', 'anthropic'], go: ['google.golang.org/genai', 'cloud.google.com/go'], java: ['google-genai', 'google-cloud-vertexai'], csharp: ['Google.GenAI', 'Google.Cloud.AIPlatform.V1'] },
};

/** Wrappers as dependency files name them. */
const WRAPPERS = /(?:^|["'\s])(litellm|langchain-(?:anthropic|google-genai)|@langchain\/(?:anthropic|google-genai)|llama-index(?:-llms-\w+)?|crewai|dspy(?:-ai)?|haystack-ai|pydantic-ai(?:-slim)?|@ai-sdk\/(?:anthropic|google)|@mastra\/core|strands-agents|promptfoo|aider-chat|llm-anthropic|shell-gpt|gptme|open-interpreter|smolagents|agno|ag2|autogen-ext|browser-use)(?=["'\s=<>~![;,]|$)/gm;

/** Programs that find an identity of their own accord, by party. */
const COMMANDS: Readonly<Record<string, RegExp>> = {
  anthropic: /(?:^|[\s;&|("'])(?:claude|ant|@anthropic-ai\/claude-code(?:@[\w.-]+)?)(?=\s|$)/m,
  azure: /(?:^|[\s;&|(])az\s/m,
  google: /(?:^|[\s;&|(])(?:gcloud|bq|gsutil)\s/m,
};

/**
 * What has to be known of the programs that run with the new identity and no key: their client has to look for it. Empty when nothing has to.
 *
 * @throws CannotRewrite where the repository declares its packages and none of them is such a client, or one stands between that may take keys only
 */
export function clientDoubt({ paths = [], read }: Pick<RewriteContext, 'paths' | 'read'>, { parties: [party], floors, change, title, hosts }: Pick<Replacement, 'parties' | 'floors' | 'change' | 'title' | 'hosts'>, { scripts, installs, folders, isElsewhere }: Programs): string {
  if (isElsewhere) throw new CannotRewrite('needs-code-change', 'What the step runs lies outside this repository: what takes the key in its place cannot be told.', `See whether it finds an identity of ${title} by itself; if so take the key out by hand.`);
  const spoken = Object.keys(LANGUAGES).filter((language) => LANGUAGES[language]?.test(scripts) === true);
  const languages = spoken.length > 0 ? spoken : Object.keys(LANGUAGES);
  const manifests = paths.filter((path) => languages.some((language) => MANIFESTS[language]?.test(path) === true));
  const homes = [...folders, ...[...scripts.matchAll(/(?:^|[;&|\s])cd\s+(?:\.\/)?([\w][\w./-]*)/g)].map(([, folder = '']) => folder.replace(/\/+$/, ''))];
  const near = manifests.filter((path) => homes.some((folder) => path.startsWith(`${folder}/`)));
  const governing = near.length > 0 ? near : manifests;
  const texts = [...governing.map((path) => read(path) ?? ''), scripts, installs];
  // What is in the way of a program stands beside it, or at the root.
  const beside = near.length > 0 ? texts : [...manifests.filter((path) => !path.includes('/')).map((path) => read(path) ?? ''), scripts, installs];
  // Of a language that the repository declares nothing in, no package has to be named.
  const shown = languages.filter((language) => governing.length === 0 || governing.some((path) => MANIFESTS[language]?.test(path) === true));
  const packages = change === 'configuration' ? floors.filter(({ language }) => languages.includes(language)).map(({ package: name }) => name) : languages.flatMap((language) => CHANGED[party ?? '']?.[language] ?? []);
  const named = [...new Set([...(change === 'configuration' ? floors.filter(({ language }) => shown.includes(language)).map(({ package: name }) => name) : shown.flatMap((language) => CHANGED[party ?? '']?.[language] ?? [])), ...packages])].slice(0, 2);
  const isDirect = packages.some((name) => texts.some((text) => declares(text, name.split(':').at(-1) ?? name)));
  const rival = party === 'google' ? /anthropic/ : /google/;
  const found = [...new Set(beside.flatMap((text) => [...text.matchAll(WRAPPERS)].map(([, name = '']) => name)))].filter((name) => !rival.test(name));
  const [first] = found;
  // A client of its own beside a wrapper: which of them the program calls stands in its text. Requests that it makes by hand are seen to where they stand.
  const run = textsOf(paths, read, scripts);
  const isImported = (isDirect && (first === undefined || importsOne(run, packages))) || run.some((text) => hosts.some((host) => text.includes(`//${host}`)));
  const locked = lockedBelow(read, homes, floors.filter(({ language }) => languages.includes(language)));
  if (isImported || COMMANDS[party ?? '']?.test(scripts) === true) return locked + (first === undefined ? '' : `; ${found.slice(0, 3).join(', ')} may ask for a key of ${found.length === 1 ? 'its' : 'their'} own: try one call without it`);
  if (first !== undefined && isDirect && floors.length > 0) {
    throw new CannotRewrite('needs-code-change', `Beside a client of ${title} the repository has ${first}, which takes a key of its own, and which of them runs here cannot be told.`, `See whether a run without the key works; if so take the key out by hand, else call ${title} by its own client.`);
  }
  if (first !== undefined && floors.length > 0) throw new CannotRewrite('needs-code-change', `The programs of the repository call ${title} by ${first}, which takes a key of its own.`, `See whether ${first} finds the identity by itself now; else call ${title} by its own client, then plan again.`);
  const isUnknown = governing.length === 0 && (change === 'configuration' || paths.some((path) => languages.some((language) => SOURCES[language]?.test(path) === true)));
  if (packages.length > 0 && isUnknown) return locked;
  if (packages.length === 0 && spoken.length === 0) return '';
  if (packages.length === 0) throw new CannotRewrite('needs-code-change', `From which release on a client of ${title} finds the identity by itself is not known here.`, 'Try a run without the key as the README of the plan says for this job; if it works, take the key out by hand.');
  const where = governing.length === 0 ? 'What the step runs is not declared in this repository' : `${governing.slice(0, 2).join(', ')}${governing.length > 2 ? ` and ${governing.length - 2} more` : ''} ${governing.length === 1 ? 'names' : 'name'} no client of ${title} that finds the identity by itself`;
  throw new CannotRewrite('needs-code-change', `${where}: what takes the key in its place cannot be told.`, `Let the program use a client of ${title} that federates (${named.join(', ')}), then plan again.`);
}

/** First version of Claude Code that takes a workspace from its environment. https://github.com/anthropics/claude-code/blob/main/CHANGELOG.md, 2026-11-23. */
const CLAUDE_CODE = 'Claude Code 2.1.141';

/**
 * First releases that find the identity by themselves, of what the steps are seen to run: packages that the repository declares or the job installs; where it declares none, those of the languages that the steps run.
 */
export function floorsNamed({ paths = [], read }: Pick<RewriteContext, 'paths' | 'read'>, { parties: [party], floors }: Pick<Replacement, 'parties' | 'floors'>, { scripts, installs }: Programs): readonly string[] {
  const spoken = floors.filter(({ language }) => LANGUAGES[language]?.test(scripts) === true);
  const manifests = paths.filter((path) => Object.values(MANIFESTS).some((manifest) => manifest.test(path)));
  // Packages of different languages may have one name.
  const textsFor = (language: string): readonly string[] => [...manifests.filter((path) => MANIFESTS[language]?.test(path) === true).map((path) => read(path) ?? ''), ...(LANGUAGES[language]?.test(`${scripts}\n${installs}`) === true ? [scripts, installs] : [])];
  const declared = (spoken.length > 0 ? spoken : floors).filter(({ language, package: name }) => textsFor(language).some((text) => declares(text, name.split(':').at(-1) ?? name)));
  const isClaude = party === 'anthropic' && COMMANDS['anthropic']?.test(scripts) === true;
  const packages = declared.length > 0 ? declared : manifests.length === 0 && !isClaude ? spoken : [];
  return [...(isClaude ? [CLAUDE_CODE] : []), ...packages.map(({ package: name, version }) => `${name} ${version}`)].slice(0, MOST_FLOORS);
}

const MOST_FLOORS = 2;

/** Lock files, with how each names the release of a package, and what brings one to the newest that its manifest allows. */
const LOCKS: Readonly<Record<string, readonly [language: string, entry: string, command: string]>> = {
  'uv.lock': ['python', 'name = "NAME"\\r?\\nversion = "([\\d.]+)"', 'uv lock --upgrade-package NAME'],
  'poetry.lock': ['python', 'name = "NAME"\\r?\\nversion = "([\\d.]+)"', 'poetry update NAME'],
  'pdm.lock': ['python', 'name = "NAME"\\r?\\nversion = "([\\d.]+)"', 'pdm update NAME'],
  'package-lock.json': ['javascript', '"node_modules/NAME": \\{\\s*"version": "([\\d.]+)"', 'npm update NAME'],
  'pnpm-lock.yaml': ['javascript', "^  '?/?NAME[@/]([\\d.]+)", 'pnpm update NAME'],
  'yarn.lock': ['javascript', '^"?NAME@[^\\n]*:\\r?\\n  version:? "?([\\d.]+)', 'yarn upgrade NAME, or yarn up NAME from Yarn 2 on'],
};

/** What a lock file installs is older than the first release that does without a key, whatever the manifest allows. */
function lockedBelow(read: RewriteContext['read'], folders: readonly string[], floors: Replacement['floors']): string {
  for (const folder of [...folders.map((one) => `${one}/`), '']) {
    for (const [file, [language, entry, command]] of Object.entries(LOCKS)) {
      const text = read(`${folder}${file}`);
      if (text === undefined) continue;
      for (const { language: own, package: name, version } of floors) {
        if (own !== language) continue;
        const held = [...text.matchAll(new RegExp(entry.replace('NAME', name.replace(/[^\w@/-]/g, '\\$&')), 'gm'))].flatMap(([, one]) => one ?? []);
        const [oldest] = held.filter((one) => compareVersions(one, version) < 0);
        if (oldest !== undefined && held.every((one) => compareVersions(one, version) < 0)) return `; ${folder}${file} holds ${name} ${oldest}: bring it to ${version} or later together with this (${command.replaceAll('NAME', name)})`;
      }
    }
  }
  return '';
}

function declares(text: string, name: string): boolean {
  return new RegExp(`(?:^|["'\\s/:>])${name.replace(/[^\w@/-]/g, '\\$&')}(?=["'\\s=<>~![;,@]|$)`, 'm').test(text);
}

/** Source files that the commands name. */
export function textsOf(paths: readonly string[], read: RewriteContext['read'], scripts: string): readonly string[] {
  return sourcesIn(paths, read, scripts).map(({ text }) => text);
}

/** The same, with their paths. */
export function sourcesIn(paths: readonly string[], read: RewriteContext['read'], scripts: string): readonly { readonly path: string; readonly text: string }[] {
  return paths.flatMap((path) => {
    if (!/\.(?:[cm]?[jt]sx?|py|go|java|rb|php|cs)$/.test(path)) return [];
    const name = path.slice(path.lastIndexOf('/') + 1);
    return new RegExp(`(?<![\\w.-])${name.replace(/[^\w-]/g, '\\$&')}(?![\\w-])`).test(scripts) ? [read(path)].flatMap((text) => (text === undefined ? [] : [{ path, text }])) : [];
  });
}

function importsOne(texts: readonly string[], packages: readonly string[]): boolean {
  return packages.some((one) => {
    const pattern = new RegExp(`(?:import|from|require\\()\\s*["']?${one.replaceAll('-', '[-_.]').replace(/[^\w@/\-[\].]/g, '\\$&')}`);
    return texts.some((text) => pattern.test(text));
  });
}
