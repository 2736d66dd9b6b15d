import type { AccountSetting, ListedKey } from '../../model/account.ts';
import { UsageError } from '../../model/errors.ts';
import type { HttpError } from '../../support/get.ts';
import type { OpenRemote, RemoteContext } from '../remote.ts';
import { type AccountRead, accountSource, eachOf, facts } from '../_shared/account-source.ts';
import { ApiGaps } from '../_shared/api-gaps.ts';
import { knock } from '../_shared/api-login.ts';
import { itemsByToken } from '../_shared/api-pages.ts';
import { Fields } from '../_shared/api-shape.ts';
import { apiKey, VERTEX } from './api-keys.ts';
import { CALLS } from './explain.ts';
import { CONSTRAINTS, isEnforced, policySettings, providerSettings } from './federation.ts';
import { readReach } from './roles.ts';
import { type KeyUses, readKeyUses, type ServiceAccount, serviceAccount, serviceAccountKey } from './service-account-keys.ts';
import { FIX, openServices, type Services } from './services.ts';

/**
 * Opens `gcp:PROJECT`, by the project's id or number.
 *
 * @throws UsageError, TargetError
 */
export const openGcp: OpenRemote = async (rest, context) => {
  // Ids of old may have a domain before them: `example.com:project`.
  if (!/^(?:[a-z0-9.-]{1,253}:)?[a-z0-9][a-z0-9-]{0,62}$/.test(rest)) throw new UsageError(`gcp:${rest} names no project`, 'Write gcp: and the id of a project, as in gcp:my-project.');
  const services = await openServices(context);
  await knock(services.serviceusage.getter, `/v1/projects/${encodeURIComponent(rest)}/services`, { filter: 'state:ENABLED', pageSize: 1 }, { login: FIX, address: 'Check the way to it, and CLOUDSDK_API_ENDPOINT_OVERRIDES_SERVICEUSAGE.' });
  return accountSource(context.firstId, async () => await read(services, rest, context));
};

/** What a project says that has the service not enabled. */
function isServiceOff({ detail }: HttpError): boolean {
  return /has not been used in project|is disabled/i.test(detail);
}

/** What Google says of a refusal that no permission of the project's would change. */
function alsoSaid(error: HttpError): string | undefined {
  const { detail } = error;
  if (isServiceOff(error)) return 'the service is not enabled in the project that calls are counted for';
  return /quota project/i.test(detail) ? 'set GOOGLE_CLOUD_QUOTA_PROJECT to the project that calls are counted for' : undefined;
}

async function read(services: Services, project: string, { now }: RemoteContext): Promise<AccountRead> {
  const gaps = new ApiGaps(alsoSaid);
  const at = `/v1/projects/${encodeURIComponent(project)}`;
  const enabled = await gaps.attempt(CALLS.services, async () => {
    const names = new Set<string>();
    for await (const item of itemsByToken(services.serviceusage, `${at}/services`, { filter: 'state:ENABLED', pageSize: 200 }, { items: 'services', next: 'nextPageToken', cursor: 'pageToken', isSparse: true })) names.add(item.id('name').split('/').at(-1) ?? '');
    return names;
  });
  const listed: Omit<ListedKey, 'target'>[] = [];
  const others: string[] = [];
  await gaps.attempt(CALLS.apiKeys, async () => {
    for await (const item of itemsByToken(services.apikeys, `/v2/projects/${encodeURIComponent(project)}/locations/global/keys`, { pageSize: 300 }, { items: 'keys', next: 'nextPageToken', cursor: 'pageToken', isSparse: true })) {
      const key = apiKey(item, project, enabled);
      if (key === undefined) others.push(item.maybeText('displayName') ?? item.id('name'));
      else listed.push(key);
    }
  });
  if (others.length > 0) gaps.add('API keys that reach no AI service', others, false);
  listed.push(...(await readAccountKeys(services, project, enabled, now, gaps)));
  const settings = [...(await readPolicies(services, project, gaps)), ...(await readPools(services, project, gaps))];
  return { target: { kind: 'gcp', name: `gcp:${project}`, facts: facts({ project }), skipped: gaps.skipped }, listed, settings };
}

async function readAccountKeys(services: Services, project: string, enabled: ReadonlySet<string> | undefined, now: string, gaps: ApiGaps): Promise<readonly Omit<ListedKey, 'target'>[]> {
  const at = `/v1/projects/${encodeURIComponent(project)}/serviceAccounts`;
  const accounts: ServiceAccount[] = [];
  await gaps.attempt(CALLS.serviceAccounts, async () => {
    for await (const item of itemsByToken(services.iam, at, { pageSize: 100 }, { items: 'accounts', next: 'nextPageToken', cursor: 'pageToken', isSparse: true })) accounts.push(serviceAccount(item));
  });
  const found: { readonly account: ServiceAccount; readonly item: Fields }[] = [];
  await eachOf(accounts, async (account) => {
    await gaps.attempt(
      CALLS.serviceAccountKeys,
      async () => {
        // One answer holds them all: an account has ten at most.
        const answer = new Fields(services.iam.service, CALLS.serviceAccountKeys.call, await services.iam.getter.json(`${at}/${encodeURIComponent(account.email)}/keys`, { keyTypes: 'USER_MANAGED' }));
        for (const item of answer.maybeList('keys')) if (item.maybeText('keyType') !== 'SYSTEM_MANAGED') found.push({ account, item });
      },
      account.email,
    );
  });
  const none: KeyUses = new Map();
  const uses = found.length === 0 ? none : ((await gaps.attempt(CALLS.lastUse, async () => await readKeyUses(services.policyanalyzer, project))) ?? none);
  const reach = found.length === 0 ? undefined : await readReach(services, project, new Set(found.map(({ account }) => account.email)), gaps, isServiceOff);
  const keys: Omit<ListedKey, 'target'>[] = [];
  for (const { account, item } of found) {
    await gaps.attempt(CALLS.serviceAccountKeys, async () => keys.push(serviceAccountKey(item, account, { project, uses, enabled, now, vertex: VERTEX, reach: reach?.(account.email) })), account.email);
  }
  return keys;
}

async function readPolicies({ orgpolicy }: Services, project: string, gaps: ApiGaps): Promise<readonly Omit<AccountSetting, 'target'>[]> {
  const enforced = await eachOf(CONSTRAINTS, async (constraint) => {
    const path = `/v2/projects/${encodeURIComponent(project)}/policies/${constraint}:getEffectivePolicy`;
    const known = await gaps.attempt(CALLS.policies, async () => isEnforced(new Fields(orgpolicy.service, `${CALLS.policies.call}:getEffectivePolicy`, await orgpolicy.getter.json(path))), constraint);
    return [constraint, known] as const;
  });
  return policySettings(new Map(enforced));
}

async function readPools({ iam }: Services, project: string, gaps: ApiGaps): Promise<readonly Omit<AccountSetting, 'target'>[]> {
  const at = `/v1/projects/${encodeURIComponent(project)}/locations/global/workloadIdentityPools`;
  const pools: { readonly id: string; readonly isOff: boolean }[] = [];
  const pages = { next: 'nextPageToken', cursor: 'pageToken', isSparse: true } as const;
  await gaps.attempt(CALLS.pools, async () => {
    for await (const item of itemsByToken(iam, at, { pageSize: 1000 }, { ...pages, items: 'workloadIdentityPools' })) pools.push({ id: item.id('name').split('/').at(-1) ?? '', isOff: item.maybeFlag('disabled') === true });
  });
  const settings: Omit<AccountSetting, 'target'>[] = [];
  await eachOf(pools, async ({ id, isOff }) => {
    await gaps.attempt(
      CALLS.providers,
      async () => {
        for await (const item of itemsByToken(iam, `${at}/${encodeURIComponent(id)}/providers`, { pageSize: 100 }, { ...pages, items: 'workloadIdentityPoolProviders' })) settings.push(...providerSettings(item, isOff));
      },
      id,
    );
  });
  return settings;
}
