/** Azure Resource Manager and Microsoft Graph on this machine, told apart by their paths, each with a token of its own; `az` is a program that says where they are. */
import { fakeProgram, type FakeProgram } from '../program.ts';
import { type AccountServer, type Answer, startAccountServer } from '../loopback.ts';

/** Made in parts, so that no scanner takes them for tokens. */
export const MANAGER_TOKEN = `manager.${'loopback'.repeat(4)}`;
export const GRAPH_TOKEN = `graph.${'loopback'.repeat(4)}`;
const MANAGER_RESOURCE = 'https://management.core.windows.net/';

type Item = Readonly<Record<string, unknown>>;

export interface AzureWorld {
  readonly subscription: string;
  readonly accounts: readonly Item[];
  readonly roles: readonly Item[];
  readonly assignments: readonly Item[];
  readonly identities: readonly (Item & { readonly id: string })[];
  /** By id of the identity. */
  readonly identityRules: Readonly<Record<string, readonly Item[]>>;
  /** With `federatedIdentityCredentials`, which are given only when they are asked for. */
  readonly applications: readonly Item[];
  readonly principals: readonly Item[];
  /** By object id of the application. */
  readonly owners: Readonly<Record<string, readonly Item[]>>;
  /** Ids of groups, by object id of the service principal. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** Origin of links to next pages, where it is another. */
  readonly linkOrigin?: string;
}

const VERSIONS: Readonly<Record<string, string>> = { accounts: '2025-06-01', roleDefinitions: '2022-04-01', roleAssignments: '2022-04-01', userAssignedIdentities: '2024-11-30', federatedIdentityCredentials: '2024-11-30' };

export async function startAzure(world: AzureWorld, mostInAPage = 100): Promise<AccountServer> {
  const server: AccountServer = await startAccountServer(
    ({ path, query, headers }) => {
      const isGraph = path.startsWith('/v1.0/');
      if (headers.authorization !== `Bearer ${isGraph ? GRAPH_TOKEN : MANAGER_TOKEN}`) return refuse(401, isGraph ? 'InvalidAuthenticationToken' : 'AuthenticationFailed');
      const page = (items: readonly unknown[] | undefined, link: string, most: number): Answer => {
        if (items === undefined) return refuse(404, 'ResourceNotFound');
        const from = Number(query.get('$skiptoken') ?? 0);
        const size = Math.min(most, mostInAPage);
        const next = new URL(path, world.linkOrigin ?? server.origin);
        for (const [name, value] of query) next.searchParams.set(name, value);
        next.searchParams.set('$skiptoken', String(from + size));
        return { status: 200, body: { value: items.slice(from, from + size), ...(from + size < items.length ? { [link]: next.href } : {}) } };
      };
      return isGraph ? graph(world, path.split('/').slice(2), query, page) : manager(world, path, query, page);
    },
    (status) => refuse(status, status === 403 ? 'AuthorizationFailed' : 'refused').body,
  );
  return server;
}

type Page = (items: readonly unknown[] | undefined, link: string, most: number) => Answer;

function graph({ applications, principals, owners, groups }: AzureWorld, [family, id, below]: readonly string[], query: URLSearchParams, page: Page): Answer {
  const top = Number(query.get('$top') ?? 100);
  if (family === 'servicePrincipals' && below === 'transitiveMemberOf') return page((groups[id ?? ''] ?? []).map((group) => ({ '@odata.type': '#microsoft.graph.group', id: group })), '@odata.nextLink', top);
  if (family === 'applications' && below === 'owners') return page(owners[id ?? ''] ?? [], '@odata.nextLink', 100);
  const selected = (item: Item): Item => Object.fromEntries(Object.entries(item).filter(([name]) => [...(query.get('$select') ?? '').split(','), query.get('$expand')].includes(name)));
  if (family === 'applications') return page(applications.map(selected), '@odata.nextLink', top);
  return family === 'servicePrincipals' ? page(principals.map(selected), '@odata.nextLink', top) : refuse(400, 'no such segment');
}

function manager(world: AzureWorld, path: string, query: URLSearchParams, page: Page): Answer {
  const parts = path.split('/');
  const last = parts.at(-1) ?? '';
  if (parts[1] !== 'subscriptions' || parts[2] !== world.subscription) return refuse(404, 'SubscriptionNotFound');
  if (parts.length === 3) return { status: 200, body: { id: path, subscriptionId: world.subscription, displayName: 'Acme Production', tenantId: '72f00000-0000-4000-8000-000000000000', state: 'Enabled' } };
  if (query.get('api-version') !== VERSIONS[last]) return refuse(400, 'InvalidApiVersionParameter');
  if (last === 'accounts') return page(world.accounts, 'nextLink', 100);
  if (last === 'roleDefinitions') return page(world.roles, 'nextLink', 100);
  if (last === 'roleAssignments') return page(world.assignments, 'nextLink', 100);
  if (last === 'userAssignedIdentities') return page(world.identities, 'nextLink', 100);
  return page(world.identityRules[parts.slice(0, -1).join('/')], 'nextLink', 100);
}

function refuse(status: number, code: string): Answer {
  return { status, body: { error: { code, message: `${code}.` } } };
}

/** `az`, logged in, in a cloud whose services are at `origin`. */
export function fakeAz(origin: string, subscription: string, answers: Readonly<Record<string, string | number>> = {}): FakeProgram {
  const token = (resource: string): string => `account get-access-token --resource ${resource} --subscription ${subscription}`;
  return fakeProgram('az', {
    ...answers,
    'cloud show': JSON.stringify({ name: 'AzureCloud', isActive: true, endpoints: { resourceManager: `${origin}/`, microsoftGraphResourceId: `${origin}/`, activeDirectoryResourceId: MANAGER_RESOURCE, activeDirectory: 'https://login.microsoftonline.com' } }),
    [token(MANAGER_RESOURCE)]: JSON.stringify({ accessToken: MANAGER_TOKEN, expiresOn: '2026-11-29 13:00:00.000000', subscription, tokenType: 'Bearer' }),
    [token(`${origin}/`)]: JSON.stringify({ accessToken: GRAPH_TOKEN, expiresOn: '2026-11-29 13:00:00.000000', subscription, tokenType: 'Bearer' }),
  });
}
