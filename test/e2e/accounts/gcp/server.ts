/** Seven services of Google Cloud on this machine, told apart by their paths: shapes and page sizes of their REST references. Empty lists are left out, as Google does. */
import { type AccountServer, type Answer, pageByToken, startAccountServer } from '../loopback.ts';

/** Made in two parts, so that no scanner takes it for one. */
export const TOKEN = `ya29.${'loopback'.repeat(4)}`;

type Item = Readonly<Record<string, unknown>>;

export interface GcpWorld {
  readonly project: string;
  /** Names of services that are enabled. */
  readonly services: readonly string[];
  readonly apiKeys: readonly Item[];
  readonly accounts: readonly (Item & { readonly email: string })[];
  /** By address of the account; those that Google manages, too. */
  readonly keys: Readonly<Record<string, readonly Item[]>>;
  readonly uses: readonly Item[];
  readonly pools: readonly (Item & { readonly name: string })[];
  /** By name of the pool. */
  readonly providers: Readonly<Record<string, readonly Item[]>>;
  /** Constraints that are enforced; the others are known and not. */
  readonly enforced: readonly string[];
  /** Rules of single constraints, in place of that. */
  readonly rules?: Readonly<Record<string, readonly object[]>>;
  /** Policies of the project and of what is in it. */
  readonly policies?: readonly Item[];
  /** Permissions by the name of a role. */
  readonly roles?: Readonly<Record<string, readonly string[]>>;
}

const names = (items: string) => ({ items, next: 'nextPageToken', cursor: 'pageToken', limit: 'pageSize' });

export async function startGcp(world: GcpWorld, mostInAPage = 100): Promise<AccountServer> {
  return await startAccountServer(
    ({ path, query, headers }) => {
      if (headers.authorization !== `Bearer ${TOKEN}`) return refuse(401, 'Request had invalid authentication credentials.');
      const parts = path.split('/').slice(1).map(decodeURIComponent);
      const role = parts.at(-2) === 'roles' ? world.roles?.[parts.slice(1).join('/')] : undefined;
      if (role !== undefined) return { status: 200, body: { name: parts.slice(1).join('/'), ...(role.length === 0 ? {} : { includedPermissions: role }) } };
      if (parts[1] === 'projects' && parts[2] === `${world.project}:searchAllIamPolicies`) return query.get('query') === 'memberTypes:serviceAccount' ? pageByToken(world.policies ?? [], query, names('results'), Math.min(mostInAPage, 500), true) : refuse(400, 'the test asks for those of service accounts');
      if (parts[1] !== 'projects' || parts[2] !== world.project) return refuse(403, 'Permission denied on resource project.');
      const below = parts.slice(3);
      const [family = ''] = below;
      const page = (items: readonly unknown[] | undefined, name: string, most: number): Answer => (items === undefined ? refuse(404, 'Not found') : pageByToken(items, query, names(name), Math.min(mostInAPage, most), true));
      if (parts[0] === 'v1' && family === 'services') return query.get('filter') === 'state:ENABLED' ? page(world.services.map((name) => ({ name: `projects/1/services/${name}`, state: 'ENABLED' })), 'services', 200) : refuse(400, 'the test asks for those that are enabled');
      if (parts[0] === 'v2' && below.join('/') === 'locations/global/keys') return page(world.apiKeys, 'keys', 300);
      if (family === 'serviceAccounts' && below.length === 1) return page(world.accounts, 'accounts', 100);
      if (family === 'serviceAccounts' && below[2] === 'keys') return accountKeys(world, below[1] ?? '', query.getAll('keyTypes'));
      if (below[2] === 'activityTypes') return below.slice(3).join('/') === 'serviceAccountKeyLastAuthentication/activities:query' ? page(world.uses, 'activities', 1000) : refuse(404, 'Not found');
      if (below[2] === 'workloadIdentityPools' && below.length === 3) return page(world.pools, 'workloadIdentityPools', 1000);
      if (below[2] === 'workloadIdentityPools' && below[4] === 'providers') return page(world.providers[world.pools.find(({ name }) => name.endsWith(`/${below[3]}`))?.name ?? ''], 'workloadIdentityPoolProviders', 100);
      return family === 'policies' ? policy(world, below[1] ?? '') : refuse(404, 'Not found');
    },
    (status) => refuse(status, status === 403 ? 'The caller does not have permission' : 'refused').body,
  );
}

function refuse(code: number, message: string): Answer {
  return { status: code, body: { error: { code, message, status: code === 403 ? 'PERMISSION_DENIED' : 'UNKNOWN' } } };
}

function accountKeys({ keys, accounts }: GcpWorld, email: string, types: readonly string[]): Answer {
  if (!accounts.some((account) => account.email === email)) return refuse(404, 'Unknown service account');
  const found = (keys[email] ?? []).filter(({ keyType }) => types.length === 0 || types.includes(String(keyType)));
  return { status: 200, body: found.length === 0 ? {} : { keys: found } };
}

function policy({ project, enforced, rules = {} }: GcpWorld, name: string): Answer {
  const [constraint = '', method] = name.split(':');
  if (method !== 'getEffectivePolicy') return refuse(404, 'Not found');
  return { status: 200, body: { name: `projects/${project}/policies/${constraint}`, spec: { rules: rules[constraint] ?? (enforced.includes(constraint) ? [{ enforce: true }] : []) } } };
}

/** Addresses of all services at one server. */
export function endpoints(origin: string): Readonly<Record<string, string>> {
  return Object.fromEntries(['APIKEYS', 'IAM', 'SERVICEUSAGE', 'ORGPOLICY', 'POLICYANALYZER', 'CLOUDASSET'].map((name) => [`CLOUDSDK_API_ENDPOINT_OVERRIDES_${name}`, `${origin}/`]));
}
