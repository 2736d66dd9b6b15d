import type { AccountSetting, KeyOwner, ListedKey } from '../../model/account.ts';
import { TargetError, UsageError } from '../../model/errors.ts';
import { HttpError } from '../../support/get.ts';
import type { OpenRemote, RemoteContext } from '../remote.ts';
import { type AccountRead, accountSource, eachOf, facts } from '../_shared/account-source.ts';
import { ApiGaps } from '../_shared/api-gaps.ts';
import { itemsByLink } from '../_shared/api-pages.ts';
import { Fields, ShapeError } from '../_shared/api-shape.ts';
import { type AiAccount, aiAccount } from './accounts.ts';
import { type Application, applicationOf, issuersOf, ownerName, ruleOf, secretOf } from './applications.ts';
import { type AzureApi, type Cloud, openCloud } from './cloud.ts';
import { CALLS } from './explain.ts';
import { type Assignment, assignmentOf, type Reach, reachOf, type Role, roleOf } from './roles.ts';

const LIST = { next: 'nextLink' } as const;
const GRAPH_LIST = { next: '@odata.nextLink' } as const;
const MOST_OWNERS = 5;
type Setting = Omit<AccountSetting, 'target'>;

interface Subscription {
  readonly id: string;
  readonly name: string | undefined;
  readonly tenant: string | undefined;
}

/**
 * Opens `azure:SUBSCRIPTION`, by its id.
 *
 * @throws UsageError, TargetError
 */
export const openAzure: OpenRemote = async (rest, context) => {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(rest)) throw new UsageError(`azure:${rest} names no subscription`, 'Write azure: and the id of a subscription; az account list --query "[].id" tells them.');
  const cloud = await openCloud(rest, context);
  const gaps = new ApiGaps();
  const subscription = await openSubscription(cloud.manager, rest, gaps);
  return accountSource(context.firstId, async () => await read(cloud, subscription, gaps, context));
};

/** @throws TargetError when there is no such subscription for this login; a role that cannot read its name may still read what is in it */
async function openSubscription({ getter, service }: AzureApi, id: string, gaps: ApiGaps): Promise<Subscription> {
  const told = await gaps.attempt(CALLS.subscription, async () => {
    try {
      const answer = new Fields(service, CALLS.subscription.call, await getter.json(`/subscriptions/${id}`, { 'api-version': '2022-12-01' }));
      return { id, name: answer.maybeText('displayName'), tenant: answer.maybeText('tenantId') };
    } catch (error) {
      const isShut = error instanceof HttpError && [0, 401, 404].includes(error.status);
      if (isShut) throw new TargetError(error.message, 'Check the id, and run az login for the tenant of the subscription.', { cause: error });
      throw error;
    }
  });
  return told ?? { id, name: undefined, tenant: undefined };
}

async function read(cloud: Cloud, subscription: Subscription, gaps: ApiGaps, { now }: RemoteContext): Promise<AccountRead> {
  const { manager, graph } = cloud;
  const at = `/subscriptions/${subscription.id}/providers`;
  const accounts: AiAccount[] = [];
  await gaps.attempt(CALLS.accounts, async () => {
    for await (const item of itemsByLink(manager, `${at}/Microsoft.CognitiveServices/accounts`, { 'api-version': '2025-06-01' }, LIST.next)) accounts.push(aiAccount(item));
  });
  const applications = await readApplications(graph, gaps);
  const reach: ReachByClient = applications.secrets.length === 0 ? async () => undefined : await readReach(cloud, subscription.id, accounts, applications.principals, gaps);
  const secrets = await readSecrets(graph, applications.secrets, reach, now, gaps);
  const rules = [...applications.rules, ...(await readIdentities(manager, `${at}/Microsoft.ManagedIdentity/userAssignedIdentities`, gaps))];
  return {
    target: { kind: 'azure', name: `azure:${subscription.id}`, facts: facts({ subscription: subscription.name, tenant: subscription.tenant }), skipped: gaps.skipped },
    listed: [...accounts.flatMap(({ key }) => key ?? []), ...secrets],
    settings: [...accounts.flatMap(({ policy }) => policy ?? []), ...issuersOf(rules), ...rules],
  };
}

interface Applications {
  /** Those that have client secrets. */
  readonly secrets: readonly Application[];
  readonly rules: readonly Setting[];
  /** Object ids of service principals, by the client id of their application; undefined: they could not be read. */
  readonly principals: ReadonlyMap<string, readonly string[]> | undefined;
}

async function readApplications(graph: AzureApi, gaps: ApiGaps): Promise<Applications> {
  const [secrets, rules, principals]: [Application[], Setting[], Map<string, string[]>] = [[], [], new Map()];
  try {
    await graph.logIn();
  } catch (error) {
    // The resource manager may be read all the same.
    if (!(error instanceof TargetError)) throw error;
    for (const { title, permission } of [CALLS.applications, CALLS.principals]) gaps.add(`${title}: not readable (az gave no login for Microsoft Graph; it needs ${permission})`);
    return { secrets, rules, principals: undefined };
  }
  await gaps.attempt(CALLS.applications, async () => {
    const wanted = { $select: 'id,appId,displayName,passwordCredentials', $expand: 'federatedIdentityCredentials', $top: 100 };
    for await (const item of itemsByLink(graph, '/v1.0/applications', wanted, GRAPH_LIST.next)) {
      const application = applicationOf(item, 'applications');
      rules.push(...application.rules);
      if (application.secrets.length > 0) secrets.push(application);
    }
  });
  const isWhole = await gaps.attempt(CALLS.principals, async () => {
    for await (const item of itemsByLink(graph, '/v1.0/servicePrincipals', { $select: 'id,appId,displayName,passwordCredentials', $top: 100 }, GRAPH_LIST.next)) {
      const principal = applicationOf(item, 'servicePrincipals');
      principals.set(principal.clientId, [...(principals.get(principal.clientId) ?? []), principal.id.toLowerCase()]);
      if (principal.secrets.length > 0) secrets.push(principal);
    }
    return true;
  });
  return { secrets, rules, principals: isWhole === true ? principals : undefined };
}

/** What the application of a name and client id may do; undefined where roles could not be read. */
type ReachByClient = (clientId: string, name: string) => Promise<(Reach & { readonly isWhole: boolean }) | undefined>;

async function readReach({ manager, graph }: Cloud, subscription: string, accounts: readonly AiAccount[], principals: Applications['principals'], gaps: ApiGaps): Promise<ReachByClient> {
  const at = `/subscriptions/${subscription}/providers/Microsoft.Authorization`;
  const roles = await gaps.attempt(CALLS.roles, async () => {
    const found = new Map<string, Role>();
    for await (const item of itemsByLink(manager, `${at}/roleDefinitions`, { 'api-version': '2022-04-01' }, LIST.next)) {
      const { id, role } = roleOf(item);
      found.set(id, role);
    }
    return found;
  });
  const assignments = await gaps.attempt(CALLS.assignments, async () => {
    const found = new Map<string, Assignment[]>();
    for await (const item of itemsByLink(manager, `${at}/roleAssignments`, { 'api-version': '2022-04-01' }, LIST.next)) {
      const one = assignmentOf(item);
      found.set(one.principal, [...(found.get(one.principal) ?? []), one]);
    }
    return found;
  });
  if (roles === undefined || assignments === undefined || principals === undefined) return async () => undefined;
  const ids = accounts.map(({ id }) => id);
  const hasGroups = [...assignments.values()].flat().some(({ isGroup }) => isGroup);
  return async (clientId, name) => {
    // Without a service principal it can do nothing in this tenant.
    const own = principals.get(clientId) ?? [];
    const groups = hasGroups ? await eachOf(own, async (principal) => await gaps.attempt(CALLS.groups, async () => await readGroups(graph, principal), name)) : [];
    const holders = [...own, ...groups.flatMap((one) => one ?? [])];
    return { ...reachOf(holders.flatMap((holder) => assignments.get(holder) ?? []), roles, subscription, ids), isWhole: !groups.includes(undefined) };
  };
}

/** Object ids of all groups that a service principal is in, however deep; directory roles are among them, and match nothing. */
async function readGroups(graph: AzureApi, principal: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const item of itemsByLink(graph, `/v1.0/servicePrincipals/${encodeURIComponent(principal)}/transitiveMemberOf`, { $select: 'id', $top: 100 }, GRAPH_LIST.next)) ids.push(item.id('id').toLowerCase());
  return ids;
}

async function readSecrets(graph: AzureApi, applications: readonly Application[], reach: ReachByClient, now: string, gaps: ApiGaps): Promise<readonly Omit<ListedKey, 'target'>[]> {
  const keys: Omit<ListedKey, 'target'>[] = [];
  await eachOf(applications, async (application) => {
    const { of, id, name, clientId, secrets } = application;
    const owner = of === 'servicePrincipals' ? undefined : await gaps.attempt(CALLS.owners, async () => await readOwner(graph, id), name);
    const may = await reach(clientId, name);
    const call = of === 'applications' ? CALLS.applications : CALLS.principals;
    for (const secret of secrets) await gaps.attempt(call, async () => keys.push(secretOf(secret, application, owner, may, now)), name);
  });
  return keys;
}

async function readOwner(graph: AzureApi, id: string): Promise<KeyOwner> {
  const names: string[] = [];
  let hasPerson = false;
  for await (const item of itemsByLink(graph, `/v1.0/applications/${encodeURIComponent(id)}/owners`, {}, GRAPH_LIST.next)) {
    names.push(ownerName(item));
    if (item.maybeText('@odata.type') !== '#microsoft.graph.servicePrincipal') hasPerson = true;
  }
  if (names.length === 0) return { kind: 'none', name: '' };
  return { kind: hasPerson ? 'person' : 'service-account', name: `${names.toSorted().slice(0, MOST_OWNERS).join(', ')}${names.length > MOST_OWNERS ? ` and ${names.length - MOST_OWNERS} more` : ''}` };
}

async function readIdentities(manager: AzureApi, at: string, gaps: ApiGaps): Promise<readonly Setting[]> {
  const identities: { readonly id: string; readonly name: string; readonly clientId: string | undefined }[] = [];
  await gaps.attempt(CALLS.identities, async () => {
    for await (const item of itemsByLink(manager, at, { 'api-version': '2024-11-30' }, LIST.next)) {
      const id = item.id('id');
      if (!/^\/subscriptions\/[^?#\\]+$/i.test(id)) throw new ShapeError(manager.service, `id of GET ${at}`, 'no id of a resource');
      identities.push({ id, name: item.maybeText('name') ?? id, clientId: item.maybeWithin('properties')?.maybeText('clientId') });
    }
  });
  const rules: Setting[] = [];
  await eachOf(identities, async ({ id, name, clientId }) => {
    await gaps.attempt(
      CALLS.identityRules,
      async () => {
        for await (const item of itemsByLink(manager, `${id}/federatedIdentityCredentials`, { 'api-version': '2024-11-30' }, LIST.next)) rules.push(ruleOf(item.within('properties'), name, clientId, item));
      },
      name,
    );
  });
  return rules;
}
