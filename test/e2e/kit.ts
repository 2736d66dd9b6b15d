/** What real-situation tests share: folders, git, keys made from recipes, the built program, and a sweep for keys that got out. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Finding, Inventory } from '../../src/model/inventory.ts';
import { expandRecipe, seededRandom } from '../support/recipes.ts';

/** Bundles of these tests run from another folder, so the project is found by its root, not by the module. */
export const ROOT = process.cwd();
export const DEKEY = join(ROOT, 'bin', 'dekey.js');

/** @throws when the program was not built, with what to do. */
export function requireBuild(): void {
  if (!existsSync(join(ROOT, 'dist', 'main.cjs'))) throw new Error('dist/ is missing: run `npm run build` first');
}

/** A generated key. */
export interface Key {
  readonly text: string;
  /** What a preview may show besides the public prefix. */
  readonly tail: string;
}

const RECIPES = {
  openai: 'sk-proj-{url:74}T3BlbkFJ{url:74}',
  anthropic: 'sk-ant-api03-{url:93}AA',
  groq: 'gsk_{alnum:52}',
  replicate: 'r8_{alnum:37}',
  openrouter: 'sk-or-v1-{hex:64}',
} as const;
export type KeyKind = keyof typeof RECIPES;

/** Characters of a key that in a row give it away. */
const TELLING = 12;
const PUBLIC_PARTS = ['T3BlbkFJ', 'sk-ant-api03-', 'sk-proj-', 'sk-or-v1-', 'gsk_', 'r8_'];

/** One temporary folder with everything a test makes, keys included. */
export class Kit {
  readonly home: string;
  /** Every text a command printed or wrote, by where it came from. */
  readonly #artefacts: { readonly name: string; readonly text: string }[] = [];
  readonly #keys: Key[] = [];
  readonly #random: () => number;
  #names = 0;

  constructor(seed: number) {
    this.home = realpathSync(mkdtempSync(join(tmpdir(), 'dekey-e2e-')));
    this.#random = seededRandom(seed);
  }

  /** A new empty folder. */
  folder(name = 'case'): string {
    this.#names += 1;
    const path = join(this.home, `${name}-${this.#names}`);
    mkdirSync(path);
    return path;
  }

  key(kind: KeyKind = 'openai'): Key {
    let text = '';
    // Of a base64url tail all but a few are telling apart; `-` last would be read as the end of a word.
    do ({ text } = expandRecipe(RECIPES[kind], this.#random));
    while (text.endsWith('-') || text.endsWith('_'));
    const key = { text, tail: text.slice(-4) };
    this.#keys.push(key);
    return key;
  }

  write(folder: string, files: Readonly<Record<string, string | Buffer>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  }

  repository(name = 'repo', format: 'sha1' | 'sha256' = 'sha1'): string {
    const folder = this.folder(name);
    this.git(folder, ['init', '-q', '-b', 'main', `--object-format=${format}`]);
    return folder;
  }

  git(folder: string, args: readonly string[], input?: string): string {
    const settings = ['user.name=Ann', 'user.email=ann@example.test', 'commit.gpgsign=false', 'gc.auto=0', 'protocol.file.allow=always', 'advice.detachedHead=false'];
    return execFileSync('git', [...settings.flatMap((setting) => ['-c', setting]), ...args], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 60_000,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', HOME: this.home, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_AUTHOR_DATE: '2026-02-11T10:00:00Z', GIT_COMMITTER_DATE: '2026-02-11T10:00:00Z' },
      ...(input === undefined ? {} : { input }),
    }).trim();
  }

  /** Commits everything in the work tree; returns the id. */
  commit(folder: string, message: string): string {
    this.git(folder, ['add', '-A', '-f']);
    this.git(folder, ['commit', '-q', '--allow-empty', '-m', message]);
    return this.git(folder, ['rev-parse', 'HEAD']);
  }

  /** Runs the built program; everything it prints is kept for the sweep. */
  dekey(args: readonly string[], options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>>; readonly node?: readonly string[]; readonly timeout?: number }): Ran {
    const environment = { PATH: process.env['PATH'] ?? '', HOME: this.home, LANG: 'C.UTF-8', ...options.env };
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, [...(options.node ?? []), DEKEY, ...args], { cwd: options.cwd, env: environment, encoding: 'utf8', maxBuffer: 2 ** 28, timeout: options.timeout ?? 60_000 });
    this.keep(`stdout of ${args.join(' ')}`, stdout);
    this.keep(`stderr of ${args.join(' ')}`, stderr);
    return { code: signal === null ? (status ?? -1) : -1, stdout, stderr };
  }

  /** Scans with JSON as output and nothing that fails the run. @throws when there is no inventory. */
  scan(args: readonly string[], options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> }): Scanned {
    const ran = this.dekey(['scan', ...args, '--format', 'json', '--fail-on', 'none'], options);
    if (!ran.stdout.startsWith('{')) throw new Error(`no inventory, code ${ran.code}: ${ran.stderr}`);
    const inventory: Inventory = JSON.parse(ran.stdout);
    return { ...ran, inventory, secrets: inventory.findings.filter((finding) => finding.class === 'secret' && finding.confidence !== 'low') };
  }

  keep(name: string, text: string): void {
    this.#artefacts.push({ name, text });
  }

  keepFile(path: string): string {
    const text = readFileSync(path, 'utf8');
    this.keep(path, text);
    return text;
  }

  /** Where a planted key, or any telling stretch of its random part, can be read; empty when nowhere. Clear, base64 and hex count. */
  sweep(): string[] {
    const stretches = new Set<string>();
    for (const { text } of this.#keys) {
      for (const part of randomParts(text)) addStretches(stretches, part);
      for (const shift of ['', 'x', 'xx']) addStretches(stretches, Buffer.from(shift + text).toString('base64').slice(24, -4));
      addStretches(stretches, Buffer.from(text).toString('hex').slice(32));
    }
    return this.#artefacts.filter(({ text }) => holdsAny(text, stretches)).map(({ name }) => name);
  }

  /** Number of texts looked through by {@link sweep}, and of keys looked for. */
  get swept(): { readonly artefacts: number; readonly keys: number } {
    return { artefacts: this.#artefacts.length, keys: this.#keys.length };
  }

  /** All regular files below a folder, relative. */
  files(folder: string): string[] {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => statSync(join(folder, path), { throwIfNoEntry: false })?.isFile() ?? false);
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

export interface Ran {
  /** -1 when it was ended by a signal, for instance because it hung. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Scanned extends Ran {
  readonly inventory: Inventory;
  /** Findings of class secret at confidence high or medium. */
  readonly secrets: readonly Finding[];
}

/** The findings of a key, told by the four characters a preview shows. */
export function findingsOf(key: Key, findings: readonly Finding[]): readonly Finding[] {
  return findings.filter((finding) => finding.arguments['preview']?.endsWith(key.tail) ?? false);
}

function randomParts(text: string): string[] {
  let parts = [text];
  for (const known of PUBLIC_PARTS) parts = parts.flatMap((part) => part.split(known));
  return parts;
}

function addStretches(stretches: Set<string>, text: string): void {
  for (let at = 0; at + TELLING <= text.length; at += 1) stretches.add(text.slice(at, at + TELLING));
}

function holdsAny(text: string, stretches: ReadonlySet<string>): boolean {
  for (let at = 0; at + TELLING <= text.length; at += 1) if (stretches.has(text.slice(at, at + TELLING))) return true;
  return false;
}
