import { setTimeout as pause } from 'node:timers/promises';
import type { AccountSetting, AccountSightings, StoredSecret, StoreId } from '../../model/account.ts';
import type { Skipped } from '../../model/inventory.ts';
import { Lanes } from '../../github/gate.ts';
import { parseGithubTarget } from '../../github/hosts.ts';
import type { GithubApi } from '../../github/types.ts';
import { budgetLines, budgetOf, countLine } from './budget.ts';
import { type Endpoint, ENDPOINTS } from './families.ts';
import { Gaps } from './gaps.ts';
import { type OrganizationRead, readersOf, readOrganization } from './organization.ts';
import { listRepositories, type Listing, type RepositoryFacts } from './repositories.ts';
import { isWanted, readRepository, type ReadOptions } from './repository.ts';
import { type Tree, Trees } from './trees.ts';

/** What a run wants of GitHub. */
export interface GithubOptions {
  readonly quick: boolean;
  readonly api?: string;
  readonly appId?: string;
  readonly appKeyFile?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** A line for standard error: the budget, a wait, what was sent. */
  readonly note: (line: string) => void;
}

/** One target as it was read: a repository, or what an organisation itself holds. */
export interface TargetRead {
  readonly id: string;
  readonly kind: 'github' | 'github-organization';
  /** `github:acme/app` */
  readonly name: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly skipped: readonly Skipped[];
  /** Folder with the files of its default branch. */
  readonly root?: string;
  /** Texts that are no files: values of variables, by the place they are found at. */
  readonly texts: readonly { readonly path: string; readonly text: string }[];
  /** Fetches everything git holds; undefined where there is nothing. */
  readonly clone?: () => Promise<{ readonly path: string; remove(): void }>;
}

export interface GithubSource {
  /** How many targets there will be. */
  readonly size: number;
  /** In the order of names, the organisation first; ahead of the reader by some dozens, so that nothing waits and little is held. */
  read(): AsyncGenerator<TargetRead>;
  /** Complete when everything has been read. */
  accounts(): AccountSightings;
  /** Says that the run is whole, and what was sent. */
  finish(): Promise<void>;
}

/** Repositories on their way or read and not yet taken. */
const AHEAD = 64;
const REPOSITORIES_AT_A_TIME = 12;
const TREES_AT_A_TIME = 4;

/**
 * Opens a target `github:...`: lists its repositories and says what reading them costs.
 *
 * @param firstId number of the first target, as in `t7`
 * @param taken names of targets that the run has already; what is in it is not read a second time
 * @throws UsageError, TargetError, GithubError when there is no way in at all
 */
export async function openGithubSource(target: string, firstId: number, taken: Set<string>, options: GithubOptions, onProgress: (read: number, of: number) => void): Promise<GithubSource> {
  const { host, owner, name } = parseGithubTarget(target);
  const { openGithub } = await import('../../github/client.ts');
  const api = await openGithub({
    owner,
    ...(host === undefined ? {} : { host }),
    ...(options.api === undefined ? {} : { api: options.api }),
    ...(options.appId === undefined ? {} : { appId: options.appId }),
    ...(options.appKeyFile === undefined ? {} : { appKeyFile: options.appKeyFile }),
    env: options.env,
    version: options.version,
    keepAs: `inventory ${owner.toLowerCase()}/${(name ?? '').toLowerCase()} ${options.quick ? 'quick' : 'full'}`,
    onWait: ({ why, resource, ms }) => options.note(`GitHub: ${why === 'primary' ? `the limit of ${resource} is used up` : 'asked to slow down'}; going on in ${Math.max(1, Math.ceil(ms / 1000))} s`),
  });
  if (api.isResumed) options.note('GitHub: going on with a run that was cut short');
  const listing = await listRepositories(api, owner, name, options.quick, () => undefined);
  return new Source(api, listing, name !== undefined, host, firstId, taken, options, onProgress);
}

class Source implements GithubSource {
  readonly size: number;
  readonly #api: GithubApi;
  readonly #listing: Listing;
  readonly #options: GithubOptions;
  readonly #read: ReadOptions;
  readonly #trees: Trees;
  readonly #prefix: string;
  readonly #organizationId: string | undefined;
  readonly #repositories: readonly { readonly id: string; readonly facts: RepositoryFacts }[];
  readonly #stored: StoredSecret[] = [];
  readonly #settings: AccountSetting[] = [];
  readonly #whole: Record<string, readonly StoreId[]> = {};
  readonly #onProgress: (read: number, of: number) => void;

  constructor(api: GithubApi, listing: Listing, isOne: boolean, host: string | undefined, firstId: number, taken: Set<string>, options: GithubOptions, onProgress: (read: number, of: number) => void) {
    this.#api = api;
    this.#listing = listing;
    this.#options = options;
    this.#onProgress = onProgress;
    this.#read = { isQuick: options.quick, isAlone: isOne && listing.kind === 'organization' };
    this.#trees = new Trees(api, options.env);
    this.#prefix = host === undefined ? 'github:' : `github:${host}/`;
    let next = firstId;
    const claim = (name: string): string | undefined => {
      const key = `${api.host.host}/${name}`.toLowerCase();
      if (taken.has(key)) return undefined;
      taken.add(key);
      const id = `t${next}`;
      next += 1;
      return id;
    };
    const hasOwn = !isOne && (listing.kind === 'organization' || listing.hidden.length > 0);
    this.#organizationId = hasOwn ? claim(listing.login) : undefined;
    this.#repositories = listing.repositories.flatMap((facts) => {
      const id = claim(`${facts.owner}/${facts.name}`);
      return id === undefined ? [] : [{ id, facts }];
    });
    this.size = next - firstId;
  }

  async *read(): AsyncGenerator<TargetRead> {
    const wanted = this.#organizationId !== undefined && this.#listing.kind === 'organization' ? ORGANIZATION.filter((endpoint) => isWanted(endpoint, this.#api, this.#read)) : [];
    const organization = this.#organizationId === undefined ? undefined : await this.#readOrganization(this.#organizationId);
    // After the first answers, since those tell how much of the limit is left.
    const budget = budgetOf(this.#api, { ...this.#listing, repositories: this.#repositories.map(({ facts }) => facts) }, wanted, this.#read, (facts) => this.#trees.isKept(facts));
    for (const line of budgetLines(this.#api, this.#listing, budget, Date.now())) this.#options.note(line);
    if (organization !== undefined) yield organization;
    const sleep = async (ms: number): Promise<void> => await pause(ms);
    const lanes = new Lanes(REPOSITORIES_AT_A_TIME, 0, sleep);
    const treeLanes = new Lanes(TREES_AT_A_TIME, 0, sleep);
    const ahead: Promise<TargetRead>[] = [];
    let begun = 0;
    let done = 0;
    const begin = (): void => {
      const next = this.#repositories[begun];
      if (next === undefined) return;
      begun += 1;
      const reading = lanes.run(async () => {
        const read = await this.#readRepository(next.id, next.facts, treeLanes);
        done += 1;
        this.#onProgress(done, this.#repositories.length);
        return read;
      });
      // It is awaited in its turn; until then a failure is nobody's.
      reading.catch(() => undefined);
      ahead.push(reading);
    };
    while (ahead.length < AHEAD && begun < this.#repositories.length) begin();
    for (let next = ahead.shift(); next !== undefined; next = ahead.shift()) {
      const read = await next;
      begin();
      yield read;
    }
  }

  accounts(): AccountSightings {
    const order = new Map([this.#organizationId ?? '', ...this.#repositories.map(({ id }) => id)].map((id, index) => [id, index]));
    const byTarget = <T extends { readonly target: string }>(items: readonly T[]): readonly T[] => items.toSorted((a, b) => (order.get(a.target) ?? 0) - (order.get(b.target) ?? 0));
    return { stored: byTarget(this.#stored), settings: byTarget(this.#settings), readWhole: this.#whole };
  }

  async finish(): Promise<void> {
    await this.#api.finish();
    this.#options.note(countLine(this.#api.counts));
  }

  async #readOrganization(id: string): Promise<TargetRead> {
    const { login, kind, hidden } = this.#listing;
    const read: OrganizationRead = kind === 'organization' ? await readOrganization(this.#api, login, this.#read) : { secrets: [], settings: [], variables: [], whole: [], gaps: new Gaps() };
    if (hidden.length > 0) read.gaps.add(`${ENDPOINTS.repositories.title}: ${hidden.length === 1 ? 'one is' : 'some are'} not shown (${[...new Set(hidden)].toSorted().join(', ')})`, hidden.map((_, index) => `number ${index + 1}`));
    const ids = new Set(this.#listing.repositories.map((facts) => facts.id));
    for (const secret of read.secrets) {
      const { selected: _, ...stored } = secret;
      this.#stored.push({ ...stored, target: id, scope: 'organization', readers: readersOf(secret, this.#repositories) });
    }
    for (const setting of read.settings) this.#settings.push({ ...setting, target: id });
    const isAllThere = (store: StoreId): boolean => hidden.length === 0 && read.secrets.every((secret) => secret.store !== store || (secret.selected ?? []).every((repository) => ids.has(repository)));
    this.#whole[id] = read.whole.filter(isAllThere);
    return { id, kind: 'github-organization', name: `${this.#prefix}${login}`, facts: { remote: `${this.#api.host.host}/${login}` }, skipped: read.gaps.skipped, texts: read.variables };
  }

  async #readRepository(id: string, facts: RepositoryFacts, lanes: Lanes): Promise<TargetRead> {
    const gaps = new Gaps();
    if (facts.isClosed) gaps.add('repository that GitHub has switched off or locked');
    const [told, tree] = await Promise.all([
      facts.isClosed ? undefined : readRepository(this.#api, facts, this.#read, gaps),
      facts.isClosed || facts.head === undefined ? undefined : this.#options.quick ? this.#trees.workflows(facts, gaps) : lanes.run(async () => await this.#trees.whole(facts, gaps)),
    ]);
    for (const secret of told?.stored ?? []) this.#stored.push({ ...secret, target: id, readers: [id] });
    for (const setting of told?.settings ?? []) this.#settings.push({ ...setting, target: id });
    // Of the other stores it is not told what the organisation shares.
    this.#whole[id] = (told?.whole ?? []).filter((store) => !this.#read.isAlone || store === 'github-actions');
    const skipped = [...gaps.skipped, ...(tree?.skipped ?? [])];
    return {
      id,
      kind: 'github',
      name: `${this.#prefix}${facts.owner}/${facts.name}`,
      facts: this.#factsOf(facts, told?.subjectPrefix, told?.settings ?? [], treeState(facts, tree, this.#options.quick)),
      skipped,
      ...(tree === undefined ? {} : { root: tree.root }),
      texts: told?.variables ?? [],
      ...(facts.isClosed || facts.head === undefined ? {} : { clone: async () => await this.#clone(facts) }),
    };
  }

  #factsOf(facts: RepositoryFacts, subjectPrefix: string | undefined, settings: readonly Omit<AccountSetting, 'target'>[], tree: string): Readonly<Record<string, string>> {
    const hasTemplate = settings.some(({ kind, facts: { useDefault } }) => kind === 'oidc-subject' && useDefault === 'false');
    return {
      remote: `${this.#api.host.host}/${facts.owner}/${facts.name}`,
      ...(facts.branch === undefined ? {} : { branch: facts.branch }),
      ...(facts.head === undefined ? {} : { head: facts.head }),
      visibility: facts.visibility,
      ...(facts.isArchived ? { archived: 'true' } : {}),
      ...(facts.isFork ? { fork: 'true' } : {}),
      ...(facts.id === undefined ? {} : { repositoryId: facts.id }),
      ...(this.#listing.ownerId === undefined ? {} : { ownerId: this.#listing.ownerId }),
      ...(subjectPrefix === undefined ? {} : { subjectPrefix }),
      ...(hasTemplate ? { subjectTemplate: 'true' } : {}),
      tree,
    };
  }

  async #clone({ owner, name }: RepositoryFacts): Promise<{ readonly path: string; remove(): void }> {
    const { cloneMirror } = await import('./clone.ts');
    return await cloneMirror(this.#api, owner, name, this.#options.env);
  }
}

const ORGANIZATION: readonly Endpoint[] = [
  ENDPOINTS.organizationActionsSecrets,
  ENDPOINTS.organizationDependabotSecrets,
  ENDPOINTS.organizationCodespacesSecrets,
  ENDPOINTS.organizationAgentsSecrets,
  ENDPOINTS.organizationActionsVariables,
  ENDPOINTS.organizationAgentsVariables,
  ENDPOINTS.installations,
  ENDPOINTS.runners,
  ENDPOINTS.actionsPermissions,
  ENDPOINTS.organizationWorkflowToken,
  ENDPOINTS.organizationSubject,
];

function treeState({ head, isClosed }: RepositoryFacts, tree: Tree | undefined, isQuick: boolean): string {
  // An empty repository has been read whole.
  if (head === undefined && !isClosed) return 'whole';
  if (tree === undefined) return 'none';
  if (isQuick) return 'workflows';
  return tree.skipped.some(({ incomplete }) => incomplete) ? 'partial' : 'whole';
}
