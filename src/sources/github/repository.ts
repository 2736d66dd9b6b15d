import type { AccountSetting, StoredSecret, StoreId } from '../../model/account.ts';
import type { GithubApi } from '../../github/types.ts';
import { type Endpoint, ENDPOINTS } from './families.ts';
import { isRecord, listOf, numberOf, recordOf, textOf } from './fields.ts';
import type { Gaps } from './gaps.ts';
import type { RepositoryFacts } from './repositories.ts';
import { storedOf, subjectOf, variablesOf, workflowTokenOf } from './rows.ts';

export interface ReadOptions {
  /** Names of secrets and workflow files only. */
  readonly isQuick: boolean;
  /** The organisation's own lists are not read: the repository is asked which of those secrets it may read. */
  readonly isAlone: boolean;
}

export interface RepositoryRead {
  readonly stored: readonly Omit<StoredSecret, 'target' | 'readers'>[];
  readonly settings: readonly Omit<AccountSetting, 'target'>[];
  readonly variables: readonly { readonly path: string; readonly text: string }[];
  /** Stores of which everything this repository may read was listed, those of its organisation aside. */
  readonly whole: readonly StoreId[];
  /** Of its tokens' subjects, when no template of its own is in force. */
  readonly subjectPrefix?: string;
}

/** Whether a host and a run have this at all. */
export function isWanted(endpoint: Endpoint, api: Pick<GithubApi, 'host'>, { isQuick }: ReadOptions): boolean {
  return (endpoint.isQuick || !isQuick) && !(endpoint.isCloudOnly && api.host.isServer);
}

/**
 * What is asked of one repository, one request each: what it cannot have is not asked for. An archived one runs nothing, so that only what it stores is asked; one without
 * workflows has no use for the settings of their tokens; the list of repositories tells whether there are environments.
 */
export function endpointsOf(repository: RepositoryFacts, api: Pick<GithubApi, 'host'>, options: ReadOptions): readonly Endpoint[] {
  if (repository.isClosed) return [];
  const { isArchived, workflows, environments } = repository;
  const runs = !isArchived && workflows.length > 0;
  const wanted: readonly (readonly [Endpoint, boolean])[] = [
    [ENDPOINTS.actionsSecrets, true],
    [ENDPOINTS.sharedSecrets, options.isAlone],
    [ENDPOINTS.actionsVariables, true],
    [ENDPOINTS.dependabotSecrets, !isArchived],
    [ENDPOINTS.codespacesSecrets, !isArchived],
    [ENDPOINTS.agentsSecrets, !isArchived],
    [ENDPOINTS.environments, environments !== 0],
    [ENDPOINTS.workflowToken, runs],
    [ENDPOINTS.subject, runs],
  ];
  return wanted.filter(([endpoint, can]) => can && isWanted(endpoint, api, options)).map(([endpoint]) => endpoint);
}

/** The path of a request that {@link endpointsOf} lists, as it is sent. */
export function pathOf(endpoint: Endpoint, { owner, name }: RepositoryFacts): string {
  const path = endpoint.path.replace('GET ', '').replace('{owner}', encodeURIComponent(owner)).replace('{repo}', encodeURIComponent(name));
  if (endpoint === ENDPOINTS.workflowToken || endpoint === ENDPOINTS.subject) return path;
  return `${path}?per_page=${endpoint === ENDPOINTS.actionsVariables ? 30 : 100}`;
}

/** Reads what the API tells of one repository. Whatever is refused becomes a gap. */
export async function readRepository(api: GithubApi, repository: RepositoryFacts, options: ReadOptions, gaps: Gaps): Promise<RepositoryRead> {
  const stored: Omit<StoredSecret, 'target' | 'readers'>[] = [];
  const settings: Omit<AccountSetting, 'target'>[] = [];
  const variables: { readonly path: string; readonly text: string }[] = [];
  const failed = new Set<StoreId>();
  let subjectPrefix: string | undefined;

  const all = async (endpoint: Endpoint, items: string): Promise<readonly unknown[] | undefined> =>
    await gaps.attempt(endpoint, async () => await api.all(endpoint.family, pathOf(endpoint, repository), (page) => listOf(recordOf(page)[items])));
  const read = async (endpoint: Endpoint): Promise<void> => {
    if (endpoint.store !== undefined) {
      const listed = await all(endpoint, 'secrets');
      if (listed === undefined) failed.add(endpoint.store);
      const scope = endpoint === ENDPOINTS.sharedSecrets ? 'organization' : 'repository';
      for (const item of listed ?? []) stored.push(...withScope(item, endpoint.store, scope));
    } else if (endpoint === ENDPOINTS.actionsVariables) {
      variables.push(...variablesOf((await all(endpoint, 'variables')) ?? [], 'actions'));
    } else if (endpoint === ENDPOINTS.environments) {
      const listed = await all(endpoint, 'environments');
      if (listed === undefined) failed.add('github-actions');
      await Promise.all((listed ?? []).filter(isRecord).map(async (item) => await readEnvironment(item)));
    } else {
      const answer = await gaps.attempt(endpoint, async () => await api.get(endpoint.family, pathOf(endpoint, repository)));
      if (answer === undefined) return;
      const data = recordOf(answer.data);
      if (endpoint === ENDPOINTS.workflowToken) settings.push(workflowTokenOf(data));
      else {
        settings.push(subjectOf(data));
        const prefix = textOf(data['sub_claim_prefix']);
        if (data['use_default'] !== false && prefix !== undefined) subjectPrefix = prefix;
      }
    }
  };
  const readEnvironment = async (item: Readonly<Record<string, unknown>>): Promise<void> => {
    const environment = textOf(item['name']);
    if (environment === undefined || environment === '') return;
    settings.push({ kind: 'environment', name: environment, facts: environmentFacts(item) });
    const { environmentSecrets } = ENDPOINTS;
    const path = `${pathOf(ENDPOINTS.environments, repository).split('?')[0] ?? ''}/${encodeURIComponent(environment)}/secrets?per_page=100`;
    const listed = await gaps.attempt(environmentSecrets, async () => await api.all(environmentSecrets.family, path, (page) => listOf(recordOf(page)['secrets'])), [environment]);
    if (listed === undefined) failed.add('github-actions');
    for (const secret of listed ?? []) stored.push(...withScope(secret, 'github-actions', 'environment').map((one) => ({ ...one, environment })));
  };

  const endpoints = endpointsOf(repository, api, options);
  await Promise.all(endpoints.map(read));
  settings.push(...factSettings(repository));
  for (const { part, type } of repository.refused) gaps.refused(part === 'deployKeys' ? ENDPOINTS.deployKeys : part === 'workflows' ? ENDPOINTS.files : part === 'environments' ? ENDPOINTS.environments : part === '' || part === 'target' ? ENDPOINTS.repositories : ENDPOINTS.branchProtection, type);
  const asked = endpoints.flatMap(({ store }) => store ?? []);
  // Without a look at its environments, a name that is not listed may stand there.
  const hasUnread = options.isQuick && repository.environments !== 0;
  const whole = [...new Set(asked)].filter((store) => !failed.has(store) && !(store === 'github-actions' && hasUnread)).toSorted();
  return {
    stored: stored.toSorted((a, b) => compare(a.store, b.store) || compare(a.scope, b.scope) || compare(a.environment ?? '', b.environment ?? '') || compare(a.name, b.name)),
    settings: settings.toSorted((a, b) => compare(a.kind, b.kind) || compare(a.name, b.name)),
    variables,
    whole,
    ...(subjectPrefix === undefined ? {} : { subjectPrefix }),
  };
}

function withScope(item: unknown, store: StoreId, scope: StoredSecret['scope']): readonly Omit<StoredSecret, 'target' | 'readers'>[] {
  const secret = storedOf(item, store);
  return secret === undefined ? [] : [{ ...secret, scope }];
}

function factSettings({ branch, protection, deployKeys }: RepositoryFacts): readonly Omit<AccountSetting, 'target'>[] {
  return [
    ...(branch === undefined || protection === undefined ? [] : [{ kind: 'branch-protection' as const, name: branch, facts: protection }]),
    ...(deployKeys ?? []).map(({ title, facts }) => ({ kind: 'deploy-key' as const, name: title, facts })),
  ];
}

/** How many reviewers, which branches, how long a wait: `protection_rules` and `deployment_branch_policy` of GitHub's description. */
function environmentFacts(item: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const rules = listOf(item['protection_rules']).filter(isRecord);
  const reviewers = rules.filter(({ type }) => type === 'required_reviewers').reduce((sum, rule) => sum + listOf(rule['reviewers']).length, 0);
  const wait = rules.map((rule) => numberOf(rule['wait_timer']) ?? 0).reduce((most, minutes) => Math.max(most, minutes), 0);
  const policy = item['deployment_branch_policy'];
  const branches = isRecord(policy) ? (policy['protected_branches'] === true ? 'protected' : 'custom') : 'all';
  return { reviewers: String(reviewers), branches, ...(wait > 0 ? { waitMinutes: String(wait) } : {}), ...(rules.some((rule) => rule['prevent_self_review'] === true) ? { preventSelfReview: 'true' } : {}) };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
