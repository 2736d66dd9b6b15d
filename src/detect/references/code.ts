/** Source code as a consumer of keys: which language a file is in, and where it reads a key, sets one or hands one to an SDK. */
import type { Language, Provider } from '../../model/provider.ts';
import type { Extraction, NameTable, ReferenceDraft, TextFile, ValueDraft } from '../../model/reference.ts';
import { LineIndex } from '../../support/lines.ts';
import { findEnvironment } from './environment.ts';
import { lookUp } from './found.ts';
import type { Findings } from './found.ts';
import { lex, Tokens } from './lexer.ts';
import { placeInFile, readNotebook } from './notebook.ts';
import { findSdkUses, hostPattern, sdksIn, sdksOf } from './sdk.ts';
import { findShell } from './shell.ts';
import type { ShellKind } from './shell.ts';

const EXTENSIONS: ReadonlyMap<string, Language | 'notebook'> = new Map(
  Object.entries({
    javascript: 'ts tsx mts cts js jsx mjs cjs vue svelte astro',
    python: 'py pyw py3 bzl star',
    go: 'go',
    java: 'java groovy gradle scala',
    kotlin: 'kt kts',
    ruby: 'rb rake gemspec ru erb podspec',
    csharp: 'cs csx cshtml razor fs vb',
    shell: 'sh bash zsh ksh fish ps1 psm1 mk mak bats envrc just',
    php: 'php phtml php5 php7',
    rust: 'rs',
  } satisfies Record<Language, string>).flatMap(([language, list]) => list.split(' ').map((extension) => [extension, asLanguage(language)] as const)),
);
const NAMES: ReadonlyMap<string, Language> = new Map([
  ...['makefile', 'gnumakefile', 'bsdmakefile', 'justfile', '.justfile', '.bashrc', '.bash_profile', '.zshrc', '.zshenv', '.zprofile', '.profile', '.bash_aliases', '.envrc'].map((name) => [name, 'shell'] as const),
  ...['rakefile', 'gemfile', 'capfile', 'fastfile', 'podfile', 'guardfile', 'vagrantfile'].map((name) => [name, 'ruby'] as const),
  ...['jenkinsfile'].map((name) => [name, 'java'] as const),
  ...['sconstruct', 'snakefile', 'tiltfile'].map((name) => [name, 'python'] as const),
]);
const INTERPRETERS: readonly (readonly [RegExp, Language])[] = [
  [/\b(?:bash|sh|zsh|dash|ksh|fish|pwsh|just|make)\b/, 'shell'],
  [/\b(?:python|uv|pypy)[\d.]*\b/, 'python'],
  [/\b(?:node|deno|bun|tsx|ts-node|zx)\b/, 'javascript'],
  [/\bruby\b/, 'ruby'],
  [/\bphp\b/, 'php'],
  [/\b(?:groovy|java)\b/, 'java'],
];
const EMPTY: Extraction = { references: [], workloads: [], values: [], problems: [] };

function asLanguage(name: string): Language | 'notebook' {
  switch (name) {
    case 'javascript':
    case 'python':
    case 'go':
    case 'java':
    case 'ruby':
    case 'csharp':
    case 'shell':
    case 'php':
    case 'rust':
    case 'kotlin':
      return name;
    default:
      return 'notebook';
  }
}

/**
 * The language of a file, by its name or, when the name has no extension, by the `#!` line in `head` (its first few hundred characters).
 * `undefined` for anything that is no code we read; type declarations (`.d.ts`) hold none either.
 */
export function languageOf(path: string, head: string): Language | 'notebook' | undefined {
  const base = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  if (/\.d\.[mc]?ts$/.test(base)) return undefined;
  if (base.endsWith('.ipynb')) return 'notebook';
  const named = NAMES.get(base);
  if (named !== undefined) return named;
  const dot = base.lastIndexOf('.');
  const byExtension = EXTENSIONS.get(base.slice(dot + 1));
  if (dot >= 0 && byExtension !== undefined) return byExtension;
  if (/^(?:gnu)?makefile\./.test(base)) return 'shell';
  if (dot > 0 || !head.startsWith('#!')) return undefined;
  const line = head.slice(0, 200).split('\n', 1)[0] ?? '';
  return INTERPRETERS.find(([pattern]) => pattern.test(line))?.[1];
}

/**
 * Finds the places of `file` that consume a key of one of `providers`, or set one.
 *
 * Pure; never throws; time is linear in the length of the file. All references belong to one workload, `file`, which is absent when there
 * is nothing to report. Routes: the accessor of a read (`process.env`, `os.getenv()`), `write` for a place that sets the variable,
 * `new OpenAI(apiKey)` for a key handed to an SDK, `new OpenAI()` for an SDK left to find its key by itself; in notebooks `cells[3].source[0]`
 * comes first.
 */
export function extractCode(file: TextFile, language: Language | 'notebook', names: NameTable, providers: readonly Provider[]): Extraction {
  try {
    return language === 'notebook' ? extractNotebook(file, names, providers) : extractText(file, language, names, providers);
  } catch (error) {
    // Only a file beyond the engine's limits (stack, string length) leads here.
    const message = error instanceof Error ? error.message : String(error);
    return { ...EMPTY, problems: [{ path: file.path, line: 1, message: `not read for references: ${message}`, fix: 'Split the file; its text is still scanned for keys.' }] };
  }
}

function extractText(file: TextFile, language: Language, names: NameTable, providers: readonly Provider[]): Extraction {
  if (!mayHold(file.text, language, names, providers)) return EMPTY;
  const findings = emptyFindings();
  for (const [from, to] of codeRanges(file.path, file.text, language)) read(file.path, file.text, from, to, language, names, providers, findings);
  return finish(file, language, findings, (offset) => ({ offset, route: '' }));
}

function extractNotebook(file: TextFile, names: NameTable, providers: readonly Provider[]): Extraction {
  if (!mayHold(file.text, 'python', names, providers, true)) return EMPTY;
  const notebook = readNotebook(file.text);
  const language: Language = /javascript|typescript|deno/.test(notebook.language) ? 'javascript' : /c#|csharp/.test(notebook.language) ? 'csharp' : notebook.language === 'bash' ? 'shell' : 'python';
  // Cells are one program: what one imports, the next uses. So they are read as one text, and taken apart again by offset.
  const starts: number[] = [];
  const pieces: string[] = [];
  let length = 0;
  for (const cell of notebook.cells) {
    starts.push(length);
    pieces.push(cell.text, '\n');
    length += cell.text.length + 1;
  }
  const text = pieces.join('');
  const findings = emptyFindings();
  const masked = language === 'python' ? withoutMagics(text, starts, names, findings) : text;
  read(file.path, masked, 0, masked.length, language, names, providers, findings);
  return finish(file, language, findings, (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const cell = notebook.cells[low];
    return cell === undefined ? { offset: 0, route: 'cells' } : placeInFile(cell, offset - (starts[low] ?? 0));
  });
}

/** Reads `%env X=value`, `!command` and `%%bash` as shell, and gives the text with those lines blank. */
function withoutMagics(text: string, starts: readonly number[], names: NameTable, findings: Findings): string {
  if (!/^[ \t]*[%!]/m.test(text)) return text;
  const blank = (part: string): string => part.replace(/[^\n]/g, ' ');
  const pieces: string[] = [];
  for (const [index, start] of starts.entries()) {
    const end = starts[index + 1] ?? text.length;
    const cell = text.slice(start, end);
    const whole = /^\s{0,20}%%(?:bash|sh|script|!)/.exec(cell);
    if (whole !== null) {
      findShell(text, 'shell', start + whole[0].length, end, names, findings);
      pieces.push(blank(cell));
      continue;
    }
    let offset = start;
    for (const line of cell.split(/(?<=\n)/)) {
      const magic = /^[ \t]{0,40}(?:%(?:set_)?env[ \t]+|[!%])/.exec(line);
      if (magic !== null) {
        findShell(text, 'shell', offset + magic[0].length, offset + line.length, names, findings);
        pieces.push(blank(line));
      } else pieces.push(line);
      offset += line.length;
    }
  }
  return pieces.join('');
}

function read(path: string, text: string, from: number, to: number, language: Language, names: NameTable, providers: readonly Provider[], findings: Findings): void {
  if (language === 'shell') {
    findShell(text, shellKind(path), from, to, names, findings);
    return;
  }
  const tokens = new Tokens(text);
  lex(text, language, from, to, tokens);
  findEnvironment(tokens, language, names, findings);
  findSdkUses(tokens, language, names, providers, findings);
}

function shellKind(path: string): ShellKind {
  const base = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  if (/makefile|\.(?:mk|mak)$/.test(base)) return 'make';
  return /justfile|\.just$/.test(base) ? 'just' : 'shell';
}

/** The parts of a file that are code: the scripts of a component, the front matter of an Astro page, PHP between its tags. */
function codeRanges(path: string, text: string, language: Language): [number, number][] {
  if (language === 'php') {
    const start = text.indexOf('<?');
    return start < 0 ? [] : [[start + (text.startsWith('<?php', start) ? 5 : 2), text.length]];
  }
  if (!/\.(?:vue|svelte|astro)$/i.test(path)) return [[0, text.length]];
  const ranges: [number, number][] = [];
  let at = 0;
  if (/\.astro$/i.test(path) && text.trimStart().startsWith('---')) {
    const start = text.indexOf('---') + 3;
    const end = text.indexOf('\n---', start);
    ranges.push([start, end < 0 ? text.length : end]);
    at = end < 0 ? text.length : end + 4;
  }
  for (;;) {
    const open = text.indexOf('<script', at);
    const start = open < 0 ? -1 : text.indexOf('>', open);
    if (start < 0) return ranges;
    const end = text.indexOf('</script', start);
    ranges.push([start + 1, end < 0 ? text.length : end]);
    if (end < 0) return ranges;
    at = end + 9;
  }
}

function emptyFindings(): Findings {
  return { references: [], values: [], packages: new Set() };
}

function finish(file: TextFile, language: Language, findings: Findings, place: (offset: number) => { offset: number; route: string }): Extraction {
  if (findings.references.length + findings.values.length === 0) return EMPTY;
  const lines = new LineIndex(file.text);
  const references: ReferenceDraft[] = [];
  const placed = new Set<string>();
  for (const found of findings.references.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    // Two providers may lay claim to one place; each provider does so once.
    const identity = `${found.start} ${found.provider}`;
    if (placed.has(identity)) continue;
    placed.add(identity);
    const start = place(found.start);
    const end = place(found.end);
    references.push({
      provider: found.provider,
      kind: found.kind,
      name: found.name,
      ...(found.alias === undefined || found.alias === found.name ? {} : { alias: found.alias }),
      store: found.store,
      confidence: found.confidence,
      route: joinRoute(start.route, found.route, found.write || found.sdk === true),
      span: lines.span(start.offset, Math.max(start.offset, end.offset)),
      workload: 'file',
    });
  }
  const values: ValueDraft[] = findings.values
    .toSorted((a, b) => a.start - b.start)
    .map((found) => {
      const start = place(found.start);
      const end = place(found.end);
      return { provider: found.provider, kind: found.kind, name: found.name, route: joinRoute(start.route, found.route, true), span: lines.span(start.offset, Math.max(start.offset, end.offset)) };
    });
  const sdks = [...findings.packages].toSorted().join(',');
  const workload = {
    key: 'file',
    platform: 'code',
    name: file.path,
    span: lines.span(0, 0),
    route: '',
    identity: { kind: 'none' },
    facts: { language, ...(sdks === '' ? {} : { sdks }) },
  } as const;
  return { references, workloads: [workload], values, problems: [] };
}

/** In a notebook the cell is the route; a write or an SDK call is told after it. */
function joinRoute(cell: string, route: string, told: boolean): string {
  if (cell === '') return route;
  return told ? `${cell} ${route}` : cell;
}

/** A word that every credential's name holds, unless the registry has one without. */
const KEY_WORD = 'key|token|secret|credential|creds|password|bearer';
const patterns = new WeakMap<readonly Provider[], RegExp>();

/** Finds the words that may be part of a credential's name. */
function namePattern(providers: readonly Provider[]): RegExp {
  const known = patterns.get(providers);
  if (known !== undefined) return known;
  const words = new RegExp(KEY_WORD, 'i');
  const odd = providers.flatMap((provider) => provider.env.filter((entry) => entry.notAKey === undefined && !words.test(entry.name)).map((entry) => entry.name.replace(/[^\w]/g, '\\$&')));
  const made = new RegExp([KEY_WORD, ...odd].join('|'), 'gi');
  patterns.set(providers, made);
  return made;
}

/** Imports by a pattern, for the check before lexing: comments and strings are not told apart, which costs time but no result. */
const IMPORTS: Readonly<Record<Language, RegExp | undefined>> = {
  javascript: /(?:\bfrom|\bimport|\brequire)[ \t]*(?:\([ \t\n]*)?["']([^"'\n]{1,200})["']/g,
  python: /(?:\b|\\n)(?:from|import)[ \t]+([\w.]{1,200})/g,
  go: /"([^"\s]{4,200})"/g,
  java: /\bimport[ \t]+(?:static[ \t]+)?([\w.]{1,200})/g,
  kotlin: /\bimport[ \t]+([\w.]{1,200})/g,
  ruby: /\b(?:require|gem)[ \t(]+["']([^"'\n]{1,200})["']|\b([A-Z]\w{1,60}::[A-Z]\w{1,60})/g,
  csharp: /\busing[ \t]+(?:static[ \t]+)?(?:\w{1,60}[ \t]*=[ \t]*)?([\w.]{1,200})/g,
  php: /\buse[ \t]+\\?([\w\\]{1,200})|\b([A-Z]\w{1,60}::\w{1,60})/g,
  rust: /\b(?:use|crate)[ \t]+([\w:]{1,200})|\b([a-z_]\w{1,60}::[\w:]{1,100})/g,
  shell: undefined,
};

/**
 * Whether a file has any chance of a reference: a name that the table knows, an import of an SDK, or an API host beside a header. Cheap,
 * because most files have none and are then never lexed.
 */
function mayHold(text: string, language: Language, names: NameTable, providers: readonly Provider[], escaped = false): boolean {
  const pattern = namePattern(providers);
  pattern.lastIndex = 0;
  for (let hit = pattern.exec(text); hit !== null; hit = pattern.exec(text)) {
    const [start, end] = wordRound(text, hit.index, pattern.lastIndex);
    pattern.lastIndex = Math.max(pattern.lastIndex, end);
    if (end - start > 100) continue;
    const word = text.slice(start, end);
    if (lookUp(names, word) !== undefined) return true;
    // In JSON text an escape may touch the name: `\nOPENAI_API_KEY`.
    if (escaped && text.charCodeAt(start - 1) === 92 && lookUp(names, word.slice(1)) !== undefined) return true;
    const code = text.charCodeAt(start - 1);
    if (code !== 45 && code !== 46 && code !== 58) continue;
    // `openai.api-key`, `OpenAI:ApiKey`: the provider stands in an earlier part.
    let from = start;
    while (from > 0 && start - from < 80 && isWordOrJoin(text.charCodeAt(from - 1))) from -= 1;
    if (lookUp(names, text.slice(from, end)) !== undefined) return true;
  }
  const table = sdksOf(language, providers);
  const imports = IMPORTS[language];
  if (imports !== undefined) {
    imports.lastIndex = 0;
    const tried = new Set<string>();
    for (let hit = imports.exec(text); hit !== null; hit = imports.exec(text)) {
      const name = hit[1] ?? hit[2] ?? '';
      if (tried.has(name) || tried.size > 2000) continue;
      tried.add(name);
      if (sdksIn(name, table).length > 0 || table.parents.has(name)) return true;
      if (hit[2] !== undefined && table.qualified.some(({ sdk }) => sdk.constructors.some((constructor) => constructor === name || constructor.startsWith(`${name}::`)))) return true;
    }
  }
  if (!/api-key|authorization/i.test(text)) return false;
  const hosts = hostPattern(providers).pattern;
  hosts.lastIndex = 0;
  return hosts.test(text);
}

function wordRound(text: string, start: number, end: number): [number, number] {
  let from = start;
  let to = end;
  while (from > 0 && start - from <= 100 && isWord(text.charCodeAt(from - 1))) from -= 1;
  while (to < text.length && to - end <= 4000 && isWord(text.charCodeAt(to))) to += 1;
  return [from, to];
}

function isWord(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 95;
}

function isWordOrJoin(code: number): boolean {
  return isWord(code) || code === 45 || code === 46 || code === 58 || code === 47;
}
