import { UsageError } from '../model/errors.ts';
import { visible } from '../support/escape.ts';
import type { GithubHost } from './types.ts';

/** A target `github:[HOST/]OWNER[/NAME]`, taken apart. */
export interface GithubTarget {
  /** Only when the target names it. */
  readonly host?: string;
  readonly owner: string;
  readonly name?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const SCHEME = 'github:';
const OWNER = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;
const NAME = /^[A-Za-z0-9._-]{1,100}$/;
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?(?::\d{1,5})?$/;
const LOOPBACK: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

export function isGithubTarget(target: string): boolean {
  return target.startsWith(SCHEME);
}

/**
 * Takes a target apart. A first part with a dot or a port is a host: no owner's name has one.
 *
 * @throws UsageError when it is none
 */
export function parseGithubTarget(target: string): GithubTarget {
  const parts = target.slice(SCHEME.length).split('/');
  const host = parts.length > 1 && /[.:]/.test(parts[0] ?? '') ? parts.shift() : undefined;
  const [owner = '', name, ...rest] = parts;
  if ((host !== undefined && !HOST.test(host)) || !isOwnerName(owner) || (name !== undefined && !isRepositoryName(name)) || rest.length > 0) {
    throw new UsageError(`${visible(target)} names no organisation and no repository`, 'Write it like github:acme, github:acme/app or github:github.example.com/acme.');
  }
  return { ...(host === undefined ? {} : { host: host.toLowerCase() }), owner, ...(name === undefined ? {} : { name }) };
}

/** Names of repositories are put into paths and folders: what GitHub itself would not allow is refused. */
export function isRepositoryName(name: string): boolean {
  return NAME.test(name) && name !== '.' && name !== '..' && name.toLowerCase() !== '.git';
}

export function isOwnerName(name: string): boolean {
  return OWNER.test(name);
}

/**
 * Where the API of a host is. In this order: `--github-api`; the host that the target names; `GITHUB_API_URL`, `GITHUB_SERVER_URL` and `GH_HOST`, as in
 * GitHub's own runners and tools; github.com.
 *
 * @param api the value of `--github-api`
 * @throws UsageError for an address that is neither https nor on this machine: the token goes there
 */
export function resolveHost(named: string | undefined, api: string | undefined, env: Environment): GithubHost {
  const ownHost = serverOf(env);
  if (api !== undefined) return atAddress(api, '--github-api', named, ownHost);
  const fromRunner = env['GITHUB_API_URL'] ?? '';
  if (fromRunner !== '' && (named === undefined || named === ownHost)) return atAddress(fromRunner, 'GITHUB_API_URL', named, ownHost);
  const host = named ?? ownHost ?? 'github.com';
  if (host === 'github.com') return cloud(host, 'https://api.github.com');
  if (host.endsWith('.ghe.com')) return cloud(host, `https://api.${host}`);
  return { host, rest: `https://${host}/api/v3`, graphql: `https://${host}/api/graphql`, web: `https://${host}`, isServer: true, isMetered: false };
}

function serverOf(env: Environment): string | undefined {
  const server = env['GITHUB_SERVER_URL'] ?? '';
  if (server !== '' && URL.canParse(server)) return new URL(server).host;
  const host = (env['GH_HOST'] ?? '').toLowerCase();
  return HOST.test(host) ? host : undefined;
}

function cloud(host: string, rest: string): GithubHost {
  return { host, rest, graphql: `${rest}/graphql`, web: `https://${host}`, isServer: false, isMetered: true };
}

function atAddress(address: string, from: string, named: string | undefined, own: string | undefined): GithubHost {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const local = url !== undefined && LOOPBACK.includes(url.hostname);
  if (url === undefined || !(url.protocol === 'https:' || (url.protocol === 'http:' && local)) || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new UsageError(`${from} ${visible(address)} is not an https address`, 'Write it like https://ghe.example.com/api/v3.');
  }
  const path = url.pathname.replace(/\/+$/, '');
  const rest = `${url.origin}${path}`;
  const graphql = path.endsWith('/api/v3') ? `${url.origin}${path.slice(0, -'/v3'.length)}/graphql` : `${rest}/graphql`;
  const host = named ?? (local ? (own ?? 'github.com') : hostOfApi(url.host));
  const isServer = !(host === 'github.com' || host.endsWith('.ghe.com'));
  return { host, rest, graphql, web: local ? url.origin : `https://${host}`, isServer, isMetered: !isServer && !local };
}

function hostOfApi(host: string): string {
  return host === 'api.github.com' || /^api\.[a-z0-9-]+\.ghe\.com$/.test(host) ? host.slice('api.'.length) : host;
}
