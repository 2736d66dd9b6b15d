import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { TargetError, UsageError } from '../../model/errors.ts';
import { recordOf, textOf } from '../github/fields.ts';
import type { RemoteContext } from '../remote.ts';

/** Where `gitlab:REST` is, and the login for it. */
export interface GitlabPlace {
  /** `https://gitlab.com`, without a slash at its end. */
  readonly base: string;
  /** `gitlab.com`, with the port where it is no usual one. */
  readonly host: string;
  /** Full path of a group or project. */
  readonly path: string;
  readonly token: string;
}

/** The one instance that is GitLab's own. */
export const HOSTED = 'https://gitlab.com';
/** A segment of a path as GitLab allows it. */
const SEGMENT = /^[\w.][\w.~+-]*$/;

/**
 * Reads the target and finds the login: `GITLAB_TOKEN`, else what glab has kept for that host.
 *
 * @param rest `group/sub/project`, or the address of one
 * @throws UsageError for what is no path; TargetError without a login
 */
export function findPlace(rest: string, context: RemoteContext): GitlabPlace {
  const usual = usualBase(context.env);
  const { base, path } = splitRest(rest.replace(/\/+$/, '').replace(/\.git$/, ''), usual);
  if (path === '' || !path.split('/').every((segment) => SEGMENT.test(segment))) throw new UsageError(`gitlab:${rest} names no group or project`, 'Write gitlab:GROUP, gitlab:GROUP/SUBGROUP/PROJECT, or gitlab:https://HOST/GROUP.');
  const { host } = new URL(base);
  const given = context.env['GITLAB_TOKEN'];
  const kept = keptToken(host, context);
  // The variable is for the usual host; a host that the target names has a login of its own first. Where GITLAB_HOST says whose token it is, it goes to nobody else.
  const isOthers = base !== usual && (context.env['GITLAB_HOST'] ?? '') !== '';
  const token = (base === usual ? given || kept : kept || (isOthers ? undefined : given)) ?? '';
  if (token === '') throw new TargetError(`there is no login for ${host}`, `${isOthers ? `GITLAB_TOKEN is for the host in GITLAB_HOST: set that to ${host}. ` : ''}Set GITLAB_TOKEN to a token that may read the API (scope read_api; its owner needs Owner in the group to see its variables), or run glab auth login --hostname ${host}.`);
  return { base, host, path, token };
}

function usualBase(env: RemoteContext['env']): string {
  const given = env['GITLAB_HOST'] || env['CI_SERVER_URL'] || HOSTED;
  const address = given.includes('://') ? given : `https://${given}`;
  if (!URL.canParse(address)) throw new UsageError('GITLAB_HOST is no address', 'Set it to a host name, such as gitlab.example.com.');
  return address.replace(/\/+$/, '');
}

function splitRest(rest: string, usual: string): { readonly base: string; readonly path: string } {
  if (!rest.includes('://')) return { base: usual, path: rest };
  if (rest === usual || rest.startsWith(`${usual}/`)) return { base: usual, path: rest.slice(usual.length + 1) };
  if (!URL.canParse(rest)) throw new UsageError(`gitlab:${rest} is no address`, 'Write gitlab:https://HOST/GROUP.');
  const url = new URL(rest);
  // A login in the address would end up in the report.
  if (url.username !== '' || url.password !== '') throw new UsageError('the address of the target holds a login', 'Leave it out, and set GITLAB_TOKEN.');
  try {
    return { base: url.origin, path: decodeURI(url.pathname.slice(1)) };
  } catch (error) {
    throw new UsageError(`gitlab:${rest} is no address`, 'Write gitlab:https://HOST/GROUP.', { cause: error });
  }
}

/** glab keeps tokens by host in a file, unless it was told to use the keyring. */
function keptToken(host: string, { env, home }: RemoteContext): string | undefined {
  const folders = [env['GLAB_CONFIG_DIR'], env['XDG_CONFIG_HOME'] === undefined ? undefined : join(env['XDG_CONFIG_HOME'], 'glab-cli'), join(home, '.config', 'glab-cli')];
  for (const folder of folders) {
    if (folder === undefined || folder === '') continue;
    try {
      const config: unknown = parse(readFileSync(join(folder, 'config.yml'), 'utf8'), { logLevel: 'silent' });
      const token = textOf(recordOf(recordOf(recordOf(config)['hosts'])[host])['token']);
      if (token !== undefined && token !== '') return token;
    } catch {
      // Not there, or not glab's: there are other ways to log in.
    }
  }
  return undefined;
}
