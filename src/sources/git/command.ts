import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { dirname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { TargetError, UsageError } from '../../model/errors.ts';
import { findProgram } from '../../support/find-program.ts';
import type { GitRepository } from './repository.ts';

/** The only subcommands that are ever run: none of them starts a program the repository chose. */
const SUBCOMMANDS = ['rev-parse', 'for-each-ref', 'rev-list', 'ls-tree', 'cat-file'] as const;
export type GitSubcommand = (typeof SUBCOMMANDS)[number];
/** A subcommand and its arguments. Values from outside come after `--end-of-options`, or as full object ids. */
export type GitArguments = readonly [GitSubcommand, ...string[]];

export interface RunOptions {
  readonly input?: Uint8Array | string;
  /** More output than this is an error. Default 256 MiB. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

export type GitProcess = ChildProcessByStdio<Writable, Readable, Readable>;

const MOST_OUTPUT = 1 << 28;
const MOST_ERROR_TEXT = 1 << 14;

/**
 * Settings that win over the repository's own. They are depth: the list of subcommands is the control. No protocol is allowed,
 * because a scan of a local repository has nothing to fetch.
 */
const SETTINGS = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.sshCommand=ssh',
  'core.pager=cat',
  'core.editor=true',
  'core.askPass=',
  'credential.helper=',
  'diff.external=',
  'gpg.program=false',
  'log.showSignature=false',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
  'core.symlinks=false',
  'protocol.allow=never',
  'uploadpack.packObjectsHook=',
  'core.attributesFile=/dev/null',
  'safe.bareRepository=explicit',
  'maintenance.auto=false',
  'gc.auto=0',
  // Mapped packs count as memory of this run; small windows keep them low at no measurable cost.
  'core.packedGitWindowSize=16m',
  'core.packedGitLimit=96m',
  // Above this git streams, and then takes a loose object's own word for its size.
  'core.bigFileThreshold=512m',
] as const;

/**
 * Absolute path of git, looked for once in `PATH`. A git inside the working directory or one of the folders in `avoid` is passed over:
 * it may have come with what is scanned.
 *
 * @throws UsageError when there is none.
 */
export function findGit(avoid: readonly string[] = []): string {
  const path = findProgram('git', avoid);
  if (path === undefined) throw new UsageError('git was not found in PATH outside the scanned folders', 'Install git 2.31 or later, or scan without --history, --staged and --since.');
  return path;
}

/**
 * Starts git on `repo` with the fixed settings and an environment made from nothing. The caller reads stdout and ends stdin.
 *
 * @throws TargetError when the repository reads objects from elsewhere and the user did not allow it.
 */
export function spawnGit(repo: GitRepository, args: GitArguments, signal?: AbortSignal): GitProcess {
  checkArguments(args);
  if (repo.alternates.length > 0 && !repo.alternatesAllowed) {
    throw new TargetError(
      `${repo.name}: the repository takes objects from ${repo.alternates.length === 1 ? 'a folder' : `${repo.alternates.length} folders`} outside itself (objects/info/alternates)`,
      'Scan a full clone of it, or allow it with --allow-alternates.',
    );
  }
  const git = findGit([repo.root ?? repo.gitDir, repo.commonDir]);
  const safe = repo.root === undefined ? [repo.gitDir] : [repo.root, repo.gitDir];
  const settings = [...SETTINGS, ...safe.map((path) => `safe.directory=${path}`)].flatMap((setting) => ['-c', setting]);
  const options = ['--no-pager', '--no-optional-locks', '--no-replace-objects', '--literal-pathspecs', `--git-dir=${repo.gitDir}`];
  return spawn(git, [...options, ...settings, ...args], {
    cwd: repo.gitDir,
    env: environment(git, repo),
    shell: false,
    windowsHide: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(signal === undefined ? {} : { signal, killSignal: 'SIGKILL' as const }),
  });
}

/**
 * Runs git to its end and returns what it wrote.
 *
 * @throws TargetError when git fails or writes more than `maxBytes`. Git's own words are left out: a repository can put text into them.
 */
export async function runGit(repo: GitRepository, args: GitArguments, options: RunOptions = {}): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  const most = options.maxBytes ?? MOST_OUTPUT;
  const child = spawnGit(repo, args, options.signal);
  const ended = endOf(child);
  child.stdout.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > most) child.kill('SIGKILL');
    else chunks.push(chunk);
  });
  child.stdin.end(options.input ?? '');
  const { code, problem } = await ended;
  options.signal?.throwIfAborted();
  if (length > most) throw new TargetError(`${repo.name}: git ${args[0]} wrote over ${most} bytes`, 'Scan a narrower target.');
  if (code !== 0) throw gitFailure(repo, args[0], problem);
  return Buffer.concat(chunks, length);
}

/** What git said when it failed, as one of a few known kinds. */
export type GitProblem = 'ownership' | 'configuration' | 'extension' | 'packs' | 'damaged' | 'other';

/** Waits for the end of `child` with its pipes closed. Never rejects; a program that cannot be started ends with code -1. */
export function endOf(child: GitProcess): Promise<{ code: number; problem: GitProblem }> {
  let text = '';
  child.stderr.setEncoding('latin1');
  child.stderr.on('data', (chunk: string) => {
    if (text.length < MOST_ERROR_TEXT) text += chunk;
  });
  // Git may end before it has read all its input; the exit code says what happened.
  child.stdin.on('error', () => {});
  child.stdout.on('error', () => {});
  return new Promise((done) => {
    let failed = false;
    child.on('error', () => {
      failed = true;
      if (child.pid === undefined) done({ code: -1, problem: 'other' });
    });
    child.on('close', (code) => done({ code: failed ? -1 : (code ?? -1), problem: classify(text) }));
  });
}

/** The error for a git that ended badly. */
export function gitFailure(repo: GitRepository, subcommand: GitSubcommand, problem: GitProblem): TargetError {
  const [what, fix] = WORDING[problem];
  return new TargetError(`${repo.name}: git ${subcommand} failed: ${what}`, fix);
}

const WORDING: Readonly<Record<GitProblem, readonly [string, string]>> = {
  ownership: ['the repository belongs to another user', 'Scan it as its owner, or scan a clone of it.'],
  configuration: ["the repository's configuration is not valid", 'Check .git/config and the files it includes, or scan a fresh clone.'],
  extension: ['the repository needs a newer git', 'Update git and scan again.'],
  packs: ['a pack is damaged', 'Run `git fsck` in the repository, or scan a fresh clone.'],
  damaged: ['objects are missing or damaged', 'Run `git fsck` in the repository, or scan a fresh clone.'],
  other: ['git gave no known reason', 'Run `git fsck` in the repository, or scan a fresh clone.'],
};

/** True when git does not work on the repository at all, whatever it is asked. */
export function isRefusal(problem: GitProblem): boolean {
  return problem === 'ownership' || problem === 'configuration' || problem === 'extension';
}

function classify(text: string): GitProblem {
  if (text.includes('dubious ownership')) return 'ownership';
  if (text.includes('bad config') || text.includes('bad boolean config') || text.includes('bad numeric config') || text.includes('include depth')) return 'configuration';
  if (text.includes('repository extension') || text.includes('repo version')) return 'extension';
  if (text.includes('.idx') || text.includes('.pack') || text.includes('packfile')) return 'packs';
  if (['corrupt', 'missing', 'bad object', 'unable to read', 'could not read', 'inflate', 'bad tree', 'Could not read', 'Failed to traverse'].some((word) => text.includes(word))) return 'damaged';
  return 'other';
}

function checkArguments(args: GitArguments): void {
  const [subcommand, ...rest] = args;
  if (!SUBCOMMANDS.includes(subcommand)) throw new Error(`git ${String(subcommand)} is not allowed`);
  if (subcommand === 'cat-file' && !rest.some((argument) => argument === '--batch' || argument.startsWith('--batch-check'))) throw new Error('git cat-file is only allowed in batch mode');
  if (rest.some((argument) => argument === '--textconv' || argument === '--filters')) throw new Error('git must not run filters');
}

function environment(git: string, repo: GitRepository): Record<string, string> {
  // Windows programs do not start without these two.
  const system = process.platform === 'win32' ? { SystemRoot: process.env['SystemRoot'] ?? '', TEMP: process.env['TEMP'] ?? '' } : {};
  return {
    ...system,
    PATH: dirname(git),
    // Below a device there can be no file, so nothing can be read from a home folder.
    HOME: '/dev/null',
    LANG: 'C',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'true',
    SSH_ASKPASS: 'true',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    // A list of allowed protocols beats every protocol.* setting, also one in the repository. This one names no protocol there is.
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_GRAFT_FILE: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_CEILING_DIRECTORIES: dirname(repo.root ?? repo.gitDir),
  };
}
