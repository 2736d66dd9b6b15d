import type { AccountSetting } from '../../model/account.ts';
import { TargetError } from '../../model/errors.ts';
import { HttpError } from '../../support/get.ts';
import type { OpenRemote, RemoteContext } from '../remote.ts';
import { type AccountRead, accountSource, facts } from '../_shared/account-source.ts';
import { ApiGaps } from '../_shared/api-gaps.ts';
import { loginFrom, openGetter } from '../_shared/api-login.ts';
import { itemsAfter, itemsByToken, type PagedApi } from '../_shared/api-pages.ts';
import { Fields, ShapeError } from '../_shared/api-shape.ts';
import { CALLS } from './explain.ts';
import { issuerOf, ruleOf } from './federation.ts';
import { type AnthropicKey, listedOf, readKey } from './keys.ts';
import { readUse, useOf } from './usage.ts';

const SERVICE = 'Anthropic’s Admin API';
/** As of this version a key says whom it acts as, and where it belongs (`@anthropic-ai/sdk` 1.12.0). */
const VERSION = '2026-10-21';
const FIX = 'Set ANTHROPIC_ADMIN_KEY to an Admin API key of the organisation, or ANTHROPIC_AUTH_TOKEN to a token with the scope org:admin (ant auth login --scope org:admin).';
const ADMIN_ROLES = ['admin', 'owner', 'primary_owner'];

interface Login {
  /** For what takes either: an Admin API key goes first. */
  readonly api: PagedApi;
  /** For what takes a token alone. */
  readonly federation: PagedApi | undefined;
  readonly organization: { readonly id: string; readonly name: string };
}

/**
 * Opens `anthropic:`, or `anthropic:ORGANIZATION-ID`, which has to be the organisation of the login.
 *
 * @throws UsageError, TargetError
 */
export const openAnthropic: OpenRemote = async (rest, context) => {
  const login = await openLogin(context);
  if (rest !== '' && rest !== login.organization.id) throw new TargetError(`The login belongs to another organisation than ${rest}`, 'Set ANTHROPIC_ADMIN_KEY to a key of that organisation, or leave its id out.');
  return accountSource(context.firstId, async () => await read(login, rest, context));
};

async function openLogin(context: RemoteContext): Promise<Login> {
  const key = loginFrom(context.env, ['ANTHROPIC_ADMIN_KEY', 'ANTHROPIC_ADMIN_API_KEY']);
  const token = loginFrom(context.env, ['ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_OAUTH_TOKEN']);
  const base = context.env['ANTHROPIC_BASE_URL']?.trim() || 'https://api.anthropic.com';
  const open = (login: Readonly<Record<string, string>>): PagedApi => {
    const headers = { 'anthropic-version': VERSION, ...login };
    return { service: SERVICE, getter: openGetter('ANTHROPIC_BASE_URL', { base, headers: () => headers, version: context.version, service: SERVICE, note: context.note }) };
  };
  const federation = token === undefined ? undefined : open({ authorization: `Bearer ${token.value}` });
  const api = key === undefined ? federation : open({ 'x-api-key': key.value });
  if (api === undefined) throw new TargetError('There is no login for Anthropic’s Admin API', FIX);
  return { api, federation, organization: await organizationOf(api) };
}

async function organizationOf({ getter, service }: PagedApi): Promise<Login['organization']> {
  try {
    const me = new Fields(service, CALLS.me.call, await getter.json('/v1/organizations/me'));
    return { id: me.id('id'), name: me.maybeText('name') ?? '' };
  } catch (error) {
    if (error instanceof HttpError || error instanceof ShapeError) throw new TargetError(error.message, error instanceof HttpError && error.status === 0 ? 'Check ANTHROPIC_BASE_URL and the way to it.' : FIX, { cause: error });
    throw error;
  }
}

async function read({ api, federation, organization }: Login, rest: string, { now }: RemoteContext): Promise<AccountRead> {
  const gaps = new ApiGaps();
  const keys: AnthropicKey[] = [];
  await gaps.attempt(CALLS.keys, async () => {
    for await (const item of itemsAfter(api, '/v1/organizations/api_keys', { limit: 100 }, 'after_id')) keys.push(readKey(item, now));
  });
  const workspaces = new Map<string, string>();
  if (keys.some(({ scope }) => typeof scope === 'object')) {
    await gaps.attempt(CALLS.workspaces, async () => {
      for await (const item of itemsAfter(api, '/v1/organizations/workspaces', { limit: 100, include_archived: true, include_default: true }, 'after_id')) workspaces.set(item.id('id'), item.maybeText('name') ?? item.id('id'));
    });
  }
  const users = new Map<string, { name: string; isAdmin: boolean }>();
  if (keys.some(({ principal }) => typeof principal === 'object' && principal.kind === 'user')) {
    await gaps.attempt(CALLS.users, async () => {
      for await (const item of itemsAfter(api, '/v1/organizations/users', { limit: 100 }, 'after_id')) {
        users.set(item.id('id'), { name: item.maybeText('email') ?? item.maybeText('name') ?? item.id('id'), isAdmin: ADMIN_ROLES.includes(item.maybeText('role') ?? '') });
      }
    });
  }
  const { settings, serviceAccounts } = await readFederation(federation, gaps);
  const wanted = new Map(keys.filter(({ status }) => status === 'active').map(({ id, created }) => [id, created]));
  const use = wanted.size === 0 ? undefined : await gaps.attempt(CALLS.usage, async () => await readUse(api, wanted, now));
  return {
    target: { kind: 'anthropic', name: `anthropic:${rest === '' ? organization.id : rest}`, facts: facts({ organization: organization.name, organizationId: organization.id }), skipped: gaps.skipped },
    listed: keys.map((key) => listedOf(key, { users, serviceAccounts }, workspaces, useOf(key.id, key.created, use))),
    settings,
  };
}

interface Federation {
  readonly settings: readonly Omit<AccountSetting, 'target'>[];
  readonly serviceAccounts: ReadonlyMap<string, { readonly name: string; readonly isAdmin: boolean }>;
}

async function readFederation(api: PagedApi | undefined, gaps: ApiGaps): Promise<Federation> {
  const serviceAccounts = new Map<string, { name: string; isAdmin: boolean }>();
  const settings: Omit<AccountSetting, 'target'>[] = [];
  if (api === undefined) {
    // It holds no keys, and an Admin API key can never read it: nothing that was to be read is missing.
    gaps.add('service accounts, federation issuers and rules: not asked for (an Admin API key is not accepted there; ANTHROPIC_AUTH_TOKEN with the scope org:admin is)', [], false);
    return { settings, serviceAccounts };
  }
  const pages = { items: 'data', next: 'next_page', cursor: 'page' };
  await gaps.attempt(CALLS.serviceAccounts, async () => {
    for await (const item of itemsByToken(api, '/v1/organizations/service_accounts', { limit: 100, include_archived: true }, pages)) {
      serviceAccounts.set(item.id('id'), { name: item.maybeText('name') ?? item.id('id'), isAdmin: item.maybeText('organization_role') === 'admin' });
    }
  });
  const issuers = new Map<string, string>();
  await gaps.attempt(CALLS.issuers, async () => {
    for await (const item of itemsByToken(api, '/v1/organizations/federation_issuers', { limit: 100 }, pages)) {
      const { id, url, setting } = issuerOf(item);
      issuers.set(id, url);
      settings.push(setting);
    }
  });
  await gaps.attempt(CALLS.rules, async () => {
    for await (const item of itemsByToken(api, '/v1/organizations/federation_rules', { limit: 100 }, pages)) settings.push(ruleOf(item, issuers, serviceAccounts));
  });
  return { settings, serviceAccounts };
}
