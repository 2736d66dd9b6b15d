import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TargetError } from '../../model/errors.ts';
import { visible } from '../../support/escape.ts';
import { cacheFolder, privateFolder } from '../../github/cache-folder.ts';
import type { GithubApi } from '../../github/types.ts';
import { findGit } from '../git/command.ts';

/** A bare copy with everything git holds, until it is removed. */
export interface Mirror {
  readonly path: string;
  remove(): void;
}

export interface CloneLimits {
  readonly bytes: number;
  readonly ms: number;
}

const LIMITS: CloneLimits = { bytes: 20 * 2 ** 30, ms: 60 * 60_000 };
const LOOK_EVERY = 2000;
/** Longer than any run may fetch. */
const ABANDONED = 24 * 3_600_000;

/** A clone has no configuration but its own new one; these are for what git itself would do beside fetching (threat-model.md, 1). */
const SETTINGS = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.sshCommand=false',
  'core.askPass=',
  'core.symlinks=false',
  'core.attributesFile=/dev/null',
  'credential.helper=',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
  'protocol.allow=never',
  'http.followRedirects=false',
  'http.lowSpeedLimit=1000',
  'http.lowSpeedTime=60',
  'maintenance.auto=false',
  'gc.auto=0',
] as const;

/**
 * Fetches all refs of a repository into a bare one of our own: nothing is checked out, and no program but git's own for https is started. The token goes through the
 * environment of that one process, bound to that origin, and never into its arguments or the copy's configuration.
 *
 * @throws TargetError when it cannot be fetched, or exceeds the limits
 */
export async function cloneMirror(api: GithubApi, owner: string, name: string, env: Readonly<Record<string, string | undefined>>, limits: CloneLimits = LIMITS): Promise<Mirror> {
  const problem = `the history of ${visible(`${owner}/${name}`)} cannot be fetched`;
  return await fetchBare(api, owner, name, env, { arguments: ['--mirror'], folder: 'history', problem, fix: 'leave --history out', limits });
}

/**
 * Fetches the commit at the head of the default branch, with its files and without its past, in the same way.
 *
 * @throws TargetError when it cannot be fetched, or exceeds the limits; UsageError without git
 */
export async function cloneHead(api: GithubApi, owner: string, name: string, env: Readonly<Record<string, string | undefined>>, limits: CloneLimits = LIMITS): Promise<Mirror> {
  const problem = `the files of ${visible(`${owner}/${name}`)} cannot be fetched by git`;
  return await fetchBare(api, owner, name, env, { arguments: ['--bare', '--depth=1', '--single-branch', '--no-tags'], folder: 'heads', problem, fix: 'run again later', limits });
}

interface Fetch {
  readonly arguments: readonly string[];
  /** In the cache, for copies of this kind. */
  readonly folder: string;
  readonly problem: string;
  readonly fix: string;
  readonly limits: CloneLimits;
}

async function fetchBare(api: GithubApi, owner: string, name: string, env: Readonly<Record<string, string | undefined>>, wanted: Fetch): Promise<Mirror> {
  const web = new URL(api.host.web);
  const isLocal = web.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(web.hostname);
  if (web.protocol !== 'https:' && !isLocal) throw new TargetError(`${visible(api.host.host)} is not reached by https`, `Use an https address, or ${wanted.fix}.`);
  const folder = privateFolder(cacheFolder(env), 'github', wanted.folder);
  sweep(folder);
  const path = join(folder, `${randomBytes(8).toString('hex')}.git`);
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  const protocol = isLocal ? 'http' : 'https';
  const git = findGit();
  const options = [...SETTINGS, `protocol.${protocol}.allow=always`].flatMap((setting) => ['-c', setting]);
  const child = spawn(git, [...options, 'clone', '--quiet', ...wanted.arguments, '--no-local', '--template=', '--end-of-options', `${api.host.web}/${encodeURIComponent(owner)}/${encodeURIComponent(name)}.git`, path], {
    cwd: dirname(path),
    shell: false,
    windowsHide: true,
    stdio: ['ignore', 'ignore', 'ignore'],
    env: {
      ...(process.platform === 'win32' ? { SystemRoot: process.env['SystemRoot'] ?? '', TEMP: process.env['TEMP'] ?? '' } : {}),
      PATH: dirname(git),
      HOME: '/dev/null',
      LANG: 'C',
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_SYSTEM: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ASKPASS: 'true',
      SSH_ASKPASS: 'true',
      GIT_ATTR_NOSYSTEM: '1',
      GIT_LFS_SKIP_SMUDGE: '1',
      GIT_ALLOW_PROTOCOL: protocol,
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `http.${web.origin}/.extraHeader`,
      GIT_CONFIG_VALUE_0: await api.gitAuthorization(),
    },
  });
  const problem = await ended(child, path, wanted.limits);
  if (problem === undefined) return { path, remove };
  remove();
  throw new TargetError(`${wanted.problem}: ${problem}`, `Check that the token may read its contents, or ${wanted.fix}.`);
}

/** Takes away what runs that were killed left behind. */
function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    const made = lstatSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs;
    if (made !== undefined && Date.now() - made > ABANDONED) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function ended(child: ReturnType<typeof spawn>, path: string, limits: CloneLimits): Promise<string | undefined> {
  return new Promise((done) => {
    let problem: string | undefined;
    const stop = (why: string): void => {
      problem = why;
      child.kill('SIGKILL');
    };
    const clock = setTimeout(() => stop('it takes too long'), limits.ms);
    const scales = setInterval(() => {
      if (weigh(path) > limits.bytes) stop(`it is over ${Math.round(limits.bytes / 2 ** 30)} GB`);
    }, LOOK_EVERY);
    const finish = (why: string | undefined): void => {
      clearTimeout(clock);
      clearInterval(scales);
      done(problem ?? why);
    };
    child.on('error', () => finish('git could not be started'));
    child.on('close', (code) => finish(code === 0 ? undefined : `git ended with code ${code ?? -1}`));
  });
}

function weigh(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce((sum, name) => sum + (lstatSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0);
  } catch {
    return 0;
  }
}
