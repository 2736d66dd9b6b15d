import type { AccountSetting, ListedKey } from '../../model/account.ts';
import { TargetError, UsageError } from '../../model/errors.ts';
import type { HttpError } from '../../support/get.ts';
import type { OpenRemote, RemoteContext } from '../remote.ts';
import { type AccountRead, accountSource, eachOf } from '../_shared/account-source.ts';
import { ApiGaps } from '../_shared/api-gaps.ts';
import { knock, loginFrom, openGetter } from '../_shared/api-login.ts';
import { itemsAfter, type PagedApi } from '../_shared/api-pages.ts';
import { readCosts } from './costs.ts';
import { CALLS } from './explain.ts';
import { type Provider, providerOf, type Rule, ruleOf, settingOf } from './federation.ts';
import { adminKey, projectKey } from './keys.ts';

const SERVICE = 'OpenAI’s administration API';
const FIX = 'Set OPENAI_ADMIN_KEY to an admin key of the organisation (platform.openai.com, Settings, Organization, Admin keys); a key of a project is not enough.';

interface Project {
  readonly id: string;
  readonly name: string;
  readonly isArchived: boolean;
}

/**
 * Opens `openai:`: the organisation of the admin key.
 *
 * @throws UsageError, TargetError
 */
export const openOpenai: OpenRemote = async (rest, context) => {
  if (rest !== '') throw new UsageError('openai: takes nothing after the colon', 'Write openai: alone; the admin key says which organisation it is.');
  const login = loginFrom(context.env, ['OPENAI_ADMIN_KEY']);
  if (login === undefined) throw new TargetError(`There is no login for ${SERVICE}`, FIX);
  const headers = { authorization: `Bearer ${login.value}` };
  const base = context.env['OPENAI_BASE_URL']?.trim() || 'https://api.openai.com/v1';
  const getter = openGetter('OPENAI_BASE_URL', { base, headers: () => headers, version: context.version, service: SERVICE, note: context.note });
  await knock(getter, '/organization/projects', { limit: 1 }, { login: FIX, address: 'Check OPENAI_BASE_URL and the way to it.' });
  return accountSource(context.firstId, async () => await read({ getter, service: SERVICE }, context));
};

/** A refusal names the scope that the key lacks. */
function alsoSaid({ detail }: HttpError): string | undefined {
  const scopes = /Missing scopes: ([a-z0-9._, ]{1,80})/.exec(detail)?.[1]?.replace(/[. ]+$/, '');
  return scopes === undefined ? undefined : `OpenAI asks for ${scopes}`;
}

async function read(api: PagedApi, { now }: RemoteContext): Promise<AccountRead> {
  const gaps = new ApiGaps(alsoSaid);
  const projects: Project[] = [];
  await gaps.attempt(CALLS.projects, async () => {
    for await (const item of itemsAfter(api, '/organization/projects', { limit: 100, include_archived: true }, 'after')) {
      const id = item.id('id');
      projects.push({ id, name: item.maybeText('name') ?? id, isArchived: item.maybeText('status') === 'archived' || item.maybeTime('archived_at') !== undefined });
    }
  });
  const costs = (await gaps.attempt(CALLS.costs, async () => await readCosts(api, now))) ?? new Map<string, string>();
  const listed: Omit<ListedKey, 'target'>[] = [];
  await eachOf(projects, async ({ id, name, isArchived }) => {
    await gaps.attempt(
      CALLS.keys,
      async () => {
        // Without `any`, keys whose owner has lost access may be left out: just those nobody answers for.
        for await (const item of itemsAfter(api, `/organization/projects/${encodeURIComponent(id)}/api_keys`, { limit: 100, owner_project_access: 'any' }, 'after')) {
          listed.push(projectKey(item, name, isArchived, costs.get(item.id('id')), now));
        }
      },
      name,
    );
  });
  await gaps.attempt(CALLS.adminKeys, async () => {
    for await (const item of itemsAfter(api, '/organization/admin_api_keys', { limit: 100 }, 'after')) listed.push(adminKey(item, costs.get(item.id('id')), now));
  });
  const settings = await readFederation(api, projects, gaps);
  return { target: { kind: 'openai', name: 'openai:', facts: { projects: String(projects.length) }, skipped: gaps.skipped }, listed, settings };
}

async function readFederation(api: PagedApi, projects: readonly Project[], gaps: ApiGaps): Promise<readonly Omit<AccountSetting, 'target'>[]> {
  const at = '/organization/workload_identity_providers';
  const providers: Provider[] = [];
  await gaps.attempt(CALLS.providers, async () => {
    for await (const item of itemsAfter(api, at, { limit: 100 }, 'after')) providers.push(providerOf(item));
  });
  const rules: { readonly rule: Rule; readonly provider: Provider }[] = [];
  await eachOf(providers, async (provider) => {
    await gaps.attempt(
      CALLS.rules,
      async () => {
        for await (const item of itemsAfter(api, `${at}/${encodeURIComponent(provider.id)}/federation_rules`, { limit: 100 }, 'after')) rules.push({ rule: ruleOf(item), provider });
      },
      provider.setting.name,
    );
  });
  const names = new Map(projects.map(({ id, name }) => [id, name]));
  const accounts = new Map<string, string>();
  // Only where a rule names one: elsewhere their keys say whose they are.
  await eachOf([...new Set(rules.flatMap(({ rule }) => rule.project ?? []))], async (project) => {
    await gaps.attempt(
      CALLS.serviceAccounts,
      async () => {
        for await (const item of itemsAfter(api, `/organization/projects/${encodeURIComponent(project)}/service_accounts`, { limit: 100 }, 'after')) accounts.set(item.id('id'), item.maybeText('name') ?? item.id('id'));
      },
      names.get(project) ?? project,
    );
  });
  return [...providers.map(({ setting }) => setting), ...rules.map(({ rule, provider }) => settingOf(rule, provider, names, accounts))];
}
