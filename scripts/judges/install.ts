/**
 * Installs the judges of generated files, pinned, into `node_modules/.cache/dekey-judges/`: two Python environments, one npm folder, and programs that are built from Go
 * modules. Only ordinary package clients are used; nothing is fetched when a judge runs. A part that cannot be had is left out here: each judge says so itself.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The tests run as a bundle from another folder, so the project is found by the folder that npm runs scripts in. */
const root = process.cwd();
export const judgeFolder = join(root, 'node_modules', '.cache', 'dekey-judges');
const sources = join(root, 'scripts', 'judges');
export const askScript = join(sources, 'ask.py');

const NPM = ['@cedar-policy/cedar-wasm@4.13.0', '@cdktf/hcl2json@0.21.0'];
export const ACTIONLINT = '1.7.12';
const OPA = '1.22.2';
const SPIRE = '1.13.3';

export interface Part {
  readonly name: string;
  /** What its contents are decided by: installed again when this changes. */
  readonly pin: string;
  /** Each a program with its arguments; environment beside. */
  readonly steps: (folder: string) => readonly Step[];
}
interface Step {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const venv = (name: string, file: string): Part => ({
  name,
  pin: readFileSync(join(sources, file), 'utf8'),
  steps: (folder) => [
    { program: 'python3', args: ['-m', 'venv', folder] },
    // Wheels only where they exist, so that nothing is built that a wheel could have brought.
    { program: join(folder, 'bin', 'python'), args: ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--prefer-binary', '--requirement', join(sources, file)] },
  ],
});

const go = (name: string, module: string, version: string): Part => ({
  name,
  pin: `${module}@${version}`,
  steps: (folder) => [{ program: 'go', args: ['install', '-trimpath', `${module}@v${version}`], env: { GOBIN: folder, GOTOOLCHAIN: 'local', GOFLAGS: '' } }],
});

const parts: readonly Part[] = [
  venv('python', 'requirements.txt'),
  venv('checkov', 'requirements-checkov.txt'),
  { name: 'npm', pin: NPM.join(' '), steps: (folder) => [{ program: 'npm', args: ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...NPM], cwd: folder }] },
  go('actionlint', 'github.com/rhysd/actionlint/cmd/actionlint', ACTIONLINT),
];

/** About a minute and four minutes to build on two cores: only when asked for. */
const slowParts: readonly Part[] = [
  go('opa', 'github.com/open-policy-agent/opa', OPA),
  {
    name: 'spire',
    pin: SPIRE,
    // Its go.mod holds replacements, so it cannot be installed by version: it is made a tool of a module of our own.
    steps: (folder) => [
      { program: 'go', args: ['mod', 'init', 'judge.invalid/spire'], cwd: folder, env: { GOFLAGS: '' } },
      { program: 'go', args: ['get', '-tool', `github.com/spiffe/spire/cmd/spire-server@v${SPIRE}`], cwd: folder, env: { GOFLAGS: '', GOTOOLCHAIN: 'local' } },
      { program: 'go', args: ['install', 'github.com/spiffe/spire/cmd/spire-server'], cwd: folder, env: { GOBIN: folder, GOFLAGS: '', GOTOOLCHAIN: 'local' } },
    ],
  },
];

export interface Installed {
  readonly name: string;
  readonly seconds: number;
  /** Last lines of what failed; undefined when it is there. */
  readonly failure?: string;
}

/** Installs what is not there yet; of `only`, those parts alone. */
export function installJudges({ slow, only }: { readonly slow: boolean; readonly only?: readonly string[] }): readonly Installed[] {
  mkdirSync(judgeFolder, { recursive: true });
  return (slow ? [...parts, ...slowParts] : parts).filter(({ name }) => only?.includes(name) ?? true).map(installPart);
}

function installPart({ name, pin, steps }: Part): Installed {
  const started = performance.now();
  const folder = join(judgeFolder, name);
  const stamp = join(folder, '.installed');
  // Python environments know their own path, so a moved folder is another one.
  const wanted = createHash('sha256').update(`${folder}\n${pin}`).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return { name, seconds: 0 };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { program, args, env, cwd } of steps(folder)) {
    const run = spawnSync(program, args, { encoding: 'utf8', cwd: cwd ?? root, env: { ...process.env, ...env }, timeout: 900_000, maxBuffer: 1 << 26, shell: process.platform === 'win32' && program === 'npm' });
    if (run.status !== 0) return { name, seconds: since(started), failure: lastLines(run.error?.message ?? `${run.stdout}\n${run.stderr}`) };
  }
  writeFileSync(stamp, wanted);
  return { name, seconds: since(started) };
}

function since(started: number): number {
  return Math.round((performance.now() - started) / 1000);
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' | ');
}
