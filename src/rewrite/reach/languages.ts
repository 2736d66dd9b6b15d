/** Languages of programs, as far as it matters which commands run which files. */
export type Language = 'python' | 'javascript' | 'go' | 'java' | 'ruby' | 'rust' | 'php' | 'csharp' | 'elixir' | 'r' | 'swift' | 'shell';

const EXTENSIONS: readonly (readonly [Language, RegExp])[] = [
  ['python', /\.(?:py|ipynb)$/],
  ['javascript', /\.(?:[cm]?[jt]sx?|vue|svelte|astro)$/],
  ['go', /\.go$/],
  ['java', /\.(?:java|kts?|groovy|scala)$/],
  ['ruby', /\.(?:rb|rake)$/],
  ['rust', /\.rs$/],
  ['php', /\.php$/],
  ['csharp', /\.(?:cs|fs|vb)$/],
  ['elixir', /\.exs?$/],
  ['r', /\.[Rr](?:md)?$/],
  ['swift', /\.swift$/],
  ['shell', /\.(?:sh|bash|zsh)$/],
];

export function languageOf(path: string): Language | undefined {
  return EXTENSIONS.find(([, pattern]) => pattern.test(path))?.[0];
}

/** Files that make a folder a package of its own, by language. */
export const PACKAGES: Readonly<Partial<Record<Language, readonly string[]>>> = {
  python: ['pyproject.toml', 'setup.py', 'setup.cfg', 'requirements.txt'],
  javascript: ['package.json', 'deno.json', 'deno.jsonc'],
  go: ['go.mod'],
  java: ['pom.xml', 'build.gradle', 'build.gradle.kts'],
  ruby: ['Gemfile'],
  rust: ['Cargo.toml'],
  php: ['composer.json'],
  elixir: ['mix.exs'],
  r: ['DESCRIPTION'],
  swift: ['Package.swift'],
};

/** `a/b/c.py` to `a/b`; '' at the root. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** `base` and then `path`, with `.` and `..` taken out; undefined when that leads out of the repository. */
export function joined(base: string, path: string): string | undefined {
  const parts: string[] = [];
  for (const part of [...base.split('/'), ...path.split('/')]) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}
