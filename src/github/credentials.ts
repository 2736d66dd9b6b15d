import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from '../model/errors.ts';
import { Secret } from '../model/secret.ts';
import { visible } from '../support/escape.ts';
import { findProgram } from '../support/find-program.ts';
import type { GithubHost } from './types.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A GitHub App: its id (or client id) and the file with its private key. */
export interface AppKey {
  readonly id: string;
  readonly key: Secret;
}

/** How requests are signed. */
export type Credentials = { readonly kind: 'token'; readonly token: Secret; readonly from: string } | { readonly kind: 'app'; readonly app: AppKey };

export interface CredentialOptions {
  readonly appId?: string;
  readonly appKeyFile?: string;
  readonly env: Environment;
}

const GH_TIMEOUT = 10_000;
const MOST_OUTPUT = 4096;
const TOKEN = /^[\x21-\x7e]{8,2048}$/;
/** What gh needs to find its configuration and the keyring; nothing else of the environment reaches it. */
const GH_NEEDS = ['HOME', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA', 'SystemRoot', 'XDG_CONFIG_HOME', 'GH_CONFIG_DIR', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'] as const;

/**
 * The credentials for a host: a GitHub App when one is named, a token of the environment, or the login of GitHub's own command line.
 *
 * @throws UsageError when there are none
 */
export async function findCredentials(host: GithubHost, options: CredentialOptions): Promise<Credentials> {
  const { appId, appKeyFile, env } = options;
  if (appId !== undefined || appKeyFile !== undefined) {
    if (appId === undefined || appKeyFile === undefined) throw new UsageError('--github-app and --github-app-key belong together', 'Give the id of the App and the file with its private key.');
    return { kind: 'app', app: { id: appId, key: readKeyFile(appKeyFile) } };
  }
  for (const name of variablesFor(host, env)) {
    const token = (env[name] ?? '').trim();
    if (token === '') continue;
    if (!TOKEN.test(token)) throw new UsageError(`${name} holds no token`, 'Set it to a token, or leave it empty.');
    return { kind: 'token', token: new Secret(token), from: name };
  }
  const token = await askGh(host.host, env);
  if (token !== undefined) return { kind: 'token', token, from: 'gh auth token' };
  const [first] = variablesFor(host, env);
  throw new UsageError(`there is no token for ${visible(host.host)}`, `Set ${first ?? 'GITHUB_TOKEN'}, log in with gh auth login --hostname ${visible(host.host)}, or name a GitHub App with --github-app. What it has to be allowed: dekey explain github.`);
}

/** A token for github.com is not sent to somebody's server; in a runner of that server, GITHUB_TOKEN is the server's own. */
function variablesFor(host: GithubHost, env: Environment): readonly string[] {
  const ownServer = env['GITHUB_SERVER_URL'] ?? '';
  const isOwn = !host.isServer || (URL.canParse(ownServer) && new URL(ownServer).host === host.host);
  return isOwn ? ['GITHUB_TOKEN', 'GH_TOKEN'] : ['GH_ENTERPRISE_TOKEN', 'GITHUB_ENTERPRISE_TOKEN'];
}

function readKeyFile(path: string): Secret {
  let text: string;
  try {
    const { mode } = statSync(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) throw new UsageError(`others can read the key of the App in ${visible(path)}`, `Take that away first: chmod 600 ${visible(path)}`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read the key of the App in ${visible(path)}`, 'Name the .pem file that GitHub gave out for the App.');
  }
  if (!text.includes('PRIVATE KEY-----') || text.length > 65_536) throw new UsageError(`${visible(path)} is no private key`, 'Name the .pem file that GitHub gave out for the App.');
  return new Secret(text);
}

/** The token gh keeps for the host; undefined when there is no gh, or no login. */
async function askGh(host: string, env: Environment): Promise<Secret | undefined> {
  const gh = findProgram('gh');
  if (gh === undefined) return undefined;
  const inherited = Object.fromEntries(GH_NEEDS.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  return await new Promise((done) => {
    const child = spawn(gh, ['auth', 'token', '--hostname', host], {
      env: { ...inherited, PATH: dirname(gh), GH_PROMPT_DISABLED: '1', GH_NO_UPDATE_NOTIFIER: '1', NO_COLOR: '1' },
      shell: false,
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: GH_TIMEOUT,
      killSignal: 'SIGKILL',
    });
    let text = '';
    child.stdout.setEncoding('latin1');
    child.stdout.on('data', (chunk: string) => {
      if (text.length <= MOST_OUTPUT) text += chunk;
    });
    child.on('error', () => done(undefined));
    child.on('close', (code) => {
      const token = text.trim();
      done(code === 0 && TOKEN.test(token) ? new Secret(token) : undefined);
    });
  });
}
