import type { AccountSetting, StoredSecret, StoreId } from '../../model/account.ts';
import type { GithubApi } from '../../github/types.ts';
import { type Endpoint, ENDPOINTS } from './families.ts';
import { isRecord, listOf, recordOf, textOf } from './fields.ts';
import { Gaps } from './gaps.ts';
import { isWanted, type ReadOptions } from './repository.ts';
import type { RepositoryFacts } from './repositories.ts';
import { storedOf, subjectOf, variablesOf, workflowTokenOf } from './rows.ts';

/** A secret of the organisation, with the numeric ids of those that may read it when they were selected. */
export type SharedSecret = Omit<StoredSecret, 'target' | 'readers' | 'scope'> & { readonly selected?: readonly string[] };

export interface OrganizationRead {
  readonly secrets: readonly SharedSecret[];
  readonly settings: readonly Omit<AccountSetting, 'target'>[];
  /** Name and value, for the scan: variables are no secrets, but keys are found in them. */
  readonly variables: readonly { readonly path: string; readonly text: string }[];
  /** Stores whose secrets, and who may read them, were all listed. */
  readonly whole: readonly StoreId[];
  readonly gaps: Gaps;
}

const STORES: readonly Endpoint[] = [ENDPOINTS.organizationActionsSecrets, ENDPOINTS.organizationDependabotSecrets, ENDPOINTS.organizationCodespacesSecrets, ENDPOINTS.organizationAgentsSecrets];

/** Reads what the organisation itself holds: before its repositories, since it is a handful of requests for all of them. */
export async function readOrganization(api: GithubApi, login: string, options: ReadOptions): Promise<OrganizationRead> {
  const gaps = new Gaps();
  const at = `/orgs/${encodeURIComponent(login)}`;
  const wanted = (endpoint: Endpoint): boolean => isWanted(endpoint, api, options);
  const secrets: SharedSecret[] = [];
  const whole: StoreId[] = [];
  for (const endpoint of STORES.filter(wanted)) {
    const { store, family, path } = endpoint;
    if (store === undefined) continue;
    const before = gaps.skipped.length;
    const listed = await gaps.attempt(endpoint, async () => await api.all(family, `${path.replace('GET /orgs/{org}', at)}?per_page=100`, (page) => listOf(recordOf(page)['secrets'])));
    for (const item of listed ?? []) {
      const secret = storedOf(item, store);
      if (secret === undefined) continue;
      const selected = secret.visibility === 'selected' ? await selectedOf(api, endpoint, `${path.replace('GET /orgs/{org}', at)}/${encodeURIComponent(secret.name)}/repositories?per_page=100`, gaps, secret.name) : undefined;
      secrets.push({ ...secret, ...(selected === undefined ? {} : { selected }) });
    }
    if (listed !== undefined && gaps.skipped.length === before) whole.push(store);
  }
  const variables: { path: string; text: string }[] = [];
  for (const [endpoint, kind] of [[ENDPOINTS.organizationActionsVariables, 'actions'], [ENDPOINTS.organizationAgentsVariables, 'agents']] as const) {
    if (!wanted(endpoint)) continue;
    // Thirty at a time is the most there is for variables (workload-platforms.md, 8).
    const listed = await gaps.attempt(endpoint, async () => await api.all(endpoint.family, `${endpoint.path.replace('GET /orgs/{org}', at)}?per_page=30`, (page) => listOf(recordOf(page)['variables'])));
    variables.push(...variablesOf(listed ?? [], kind));
  }
  const settings = options.isQuick ? [] : await readSettings(api, at, wanted, gaps);
  return { secrets, settings, variables, whole, gaps };
}

async function selectedOf(api: GithubApi, endpoint: Endpoint, path: string, gaps: Gaps, name: string): Promise<readonly string[]> {
  const listed = await gaps.attempt(endpoint, async () => await api.all(endpoint.family, path, (page) => listOf(recordOf(page)['repositories'])), [name]);
  return (listed ?? []).flatMap((item) => {
    const { id } = recordOf(item);
    return typeof id === 'number' ? [String(id)] : [];
  });
}

async function readSettings(api: GithubApi, at: string, wanted: (endpoint: Endpoint) => boolean, gaps: Gaps): Promise<readonly Omit<AccountSetting, 'target'>[]> {
  const one = async (endpoint: Endpoint): Promise<Readonly<Record<string, unknown>> | undefined> => {
    if (!wanted(endpoint)) return undefined;
    const answer = await gaps.attempt(endpoint, async () => await api.get(endpoint.family, endpoint.path.replace('GET /orgs/{org}', at)));
    return answer === undefined ? undefined : recordOf(answer.data);
  };
  const all = async (endpoint: Endpoint, items: string): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const listed = await gaps.attempt(endpoint, async () => await api.all(endpoint.family, `${endpoint.path.replace('GET /orgs/{org}', at)}?per_page=100`, (page) => listOf(recordOf(page)[items])));
    return (listed ?? []).filter(isRecord);
  };
  const settings: Omit<AccountSetting, 'target'>[] = [];
  for (const app of await all(ENDPOINTS.installations, 'installations')) {
    const permissions = Object.entries(recordOf(app['permissions'])).flatMap(([name, access]) => (typeof access === 'string' ? [`${name}:${access}`] : [])).toSorted();
    const facts = { permissions: permissions.join(','), repositories: textOf(app['repository_selection']) ?? 'unknown', ...(typeof app['suspended_at'] === 'string' ? { suspended: 'true' } : {}) };
    settings.push({ kind: 'app-installation', name: textOf(app['app_slug']) ?? String(app['app_id']), facts });
  }
  for (const runner of await all(ENDPOINTS.runners, 'runners')) {
    const labels = listOf(runner['labels']).flatMap((label) => textOf(recordOf(label)['name']) ?? []);
    settings.push({ kind: 'runner', name: textOf(runner['name']) ?? '', facts: { selfHosted: 'true', os: textOf(runner['os']) ?? '', labels: labels.toSorted().join(','), ephemeral: String(runner['ephemeral'] === true) } });
  }
  const actions = await one(ENDPOINTS.actionsPermissions);
  if (actions !== undefined) {
    settings.push({ kind: 'actions', name: 'policy', facts: { repositories: textOf(actions['enabled_repositories']) ?? '', allowed: textOf(actions['allowed_actions']) ?? '', pinned: String(actions['sha_pinning_required'] === true) } });
  }
  const token = await one(ENDPOINTS.organizationWorkflowToken);
  if (token !== undefined) settings.push(workflowTokenOf(token));
  const subject = await one(ENDPOINTS.organizationSubject);
  if (subject !== undefined) settings.push(subjectOf(subject));
  return settings;
}

/** Ids of the targets that may read a secret of the organisation. */
export function readersOf({ visibility, selected }: SharedSecret, repositories: readonly { readonly id: string; readonly facts: RepositoryFacts }[]): readonly string[] {
  const may = (facts: RepositoryFacts): boolean => {
    if (visibility === 'selected') return facts.id !== undefined && (selected ?? []).includes(facts.id);
    return visibility !== 'private' || facts.visibility !== 'public';
  };
  return repositories.filter(({ facts }) => may(facts)).map(({ id }) => id);
}
