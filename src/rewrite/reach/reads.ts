import { type Language, languageOf } from './languages.ts';

/** How programs ask for a variable of their environment: `NAME` stands for it. */
const READS: Readonly<Record<Language, readonly string[]>> = {
  python: ['environ(?:\\.get\\(|\\[)\\s*[\'"]NAME[\'"]', 'getenv\\(\\s*[\'"]NAME[\'"]'],
  javascript: ['(?:process|Bun|Deno)\\.env(?:\\.NAME\\b|\\[[\'"]NAME[\'"]\\]|\\.get\\([\'"]NAME[\'"]\\))', '\\{[^}\\n]*\\bNAME\\b[^}\\n]*\\}\\s*=\\s*process\\.env\\b'],
  go: ['(?:Getenv|LookupEnv)\\("NAME"'],
  java: ['getenv\\(\\s*"NAME"', 'getenv\\(\\)(?:\\.get\\(|\\[)"NAME"'],
  ruby: ['ENV(?:\\.fetch\\(|\\[)\\s*[\'"]NAME[\'"]'],
  rust: ['env::var(?:_os)?\\(\\s*"NAME"', '\\b(?:option_)?env!\\(\\s*"NAME"'],
  php: ['\\b(?:getenv|env)\\(\\s*[\'"]NAME[\'"]', '\\$_(?:ENV|SERVER)\\[[\'"]NAME[\'"]\\]'],
  csharp: ['GetEnvironmentVariable\\(\\s*"NAME"'],
  elixir: ['System\\.(?:get_env|fetch_env!?)\\(\\s*"NAME"'],
  r: ['Sys\\.getenv\\(\\s*[\'"]NAME[\'"]'],
  swift: ['environment\\[\\s*"NAME"\\]'],
  shell: ['\\$\\{?NAME\\b'],
};

/** A program that asks for variables by names that it keeps elsewhere. */
const COMPUTED: Readonly<Partial<Record<Language, RegExp>>> = {
  python: /\b(?:getenv\(|environ(?:\.get\(|\[))\s*[A-Za-z_]/,
  javascript: /\b(?:process|Bun|Deno)\.env(?:\[|\.get\()\s*[A-Za-z_]/,
  go: /\b(?:Getenv|LookupEnv)\(\s*[A-Za-z_]/,
  java: /\bgetenv\(\s*[A-Za-z_]/,
};

/** Where a program reads one of `names` out of its environment, from 1. Being set is no read, and neither is a word in a text for people. */
export function readIn(path: string, text: string, names: readonly string[]): { readonly line: number; readonly name: string } | undefined {
  const language = languageOf(path);
  if (language === undefined) return undefined;
  for (const name of names) {
    if (!/^[A-Z][A-Z0-9_]*$/.test(name) || !text.includes(name)) continue;
    const pattern = new RegExp(`(?:${READS[language].join('|').replaceAll('NAME', name)})(?!\\)?\\]?\\s*=(?!=))`);
    // A table of names, beside a program that asks for one of them.
    const listed = COMPUTED[language]?.test(text) === true ? new RegExp(`[:=,(\\[]\\s*["']${name}["']\\s*[,)}\\]\\n]`) : undefined;
    const line = text.split('\n').findIndex((one) => !/^\s*(?:#|\/\/|\*)/.test(one) && (pattern.test(one) || listed?.test(`${one}\n`) === true));
    if (line >= 0) return { line: line + 1, name };
  }
  return undefined;
}
