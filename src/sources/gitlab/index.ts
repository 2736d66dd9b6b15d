import type { AccountSightings, StoredSecret, StoreId } from '../../model/account.ts';
import { TargetError } from '../../model/errors.ts';
import { HttpError } from '../../support/get.ts';
import { numberOf, recordOf } from '../github/fields.ts';
import type { OpenRemote, RemoteContext, RemoteSource, RemoteTarget } from '../remote.ts';
import { Gaps, GitlabApi, inPath } from './api.ts';
import { CALLS } from './calls.ts';
import { type Group, type Project, readStructure, type Structure } from './groups.ts';
import { findPlace, HOSTED } from './host.ts';
import { ProjectIds, readPipeline } from './pipeline.ts';
import { listScheduled, listVariables, type Variable, variableTexts } from './variables.ts';

/** Projects on their way. */
const AT_ONCE = 6;

/**
 * Opens `gitlab:GROUP[/SUBGROUP[/PROJECT]]`: variables of groups and projects with their values, and the pipelines that use them.
 *
 * Targets are the instance, when an administrator asks, the groups above the one that was named, those below, and the projects.
 *
 * @throws UsageError, TargetError when there is no way in
 */
export const openGitlab: OpenRemote = async (rest, context) => {
  const api = new GitlabApi(findPlace(rest, context), context);
  const isAdmin = await knock(api);
  const gaps = new Gaps();
  const structure = await readStructure(api, gaps);
  return new GitlabSource(api, { ...structure, isAdmin, gaps }, context);
};

/** Who logs in: says at once when nobody does. Only an administrator is told that they are one. */
async function knock(api: GitlabApi): Promise<boolean> {
  try {
    return recordOf(await api.get('/user'))['is_admin'] === true;
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    // A token for the API alone may not ask who it is.
    if (error.status === 403) return false;
    if (error.status === 401) throw new TargetError(`${api.place.host} does not know this login (401)`, 'Make a new token with the scope read_api or api, and set GITLAB_TOKEN; or run glab auth login.', { cause: error });
    throw new TargetError(error.message, 'Look at the address (GITLAB_HOST) and the network.', { cause: error });
  }
}

interface World extends Structure {
  readonly isAdmin: boolean;
  readonly gaps: Gaps;
}

/** What hands variables down: the instance, or a group. */
interface Holder {
  readonly id: string;
  /** Undefined for the instance. */
  readonly group: Group | undefined;
  /** Undefined where they could not be listed. */
  readonly variables: readonly Variable[] | undefined;
  readonly gaps: Gaps;
}

class GitlabSource implements RemoteSource {
  readonly #api: GitlabApi;
  readonly #world: World;
  readonly #context: RemoteContext;
  readonly #ids: ProjectIds;
  readonly #stored: StoredSecret[] = [];
  readonly #whole: Record<string, readonly StoreId[]> = {};

  constructor(api: GitlabApi, world: World, context: RemoteContext) {
    this.#api = api;
    this.#world = world;
    this.#context = context;
    this.#ids = new ProjectIds(api, world.projects);
  }

  async *read(): AsyncGenerator<RemoteTarget> {
    const { above, groups, projects, isAdmin, gaps } = this.#world;
    let next = this.#context.firstId;
    const claim = (): string => {
      next += 1;
      return `t${next - 1}`;
    };
    // Variables of an instance are its administrator's; gitlab.com has none.
    if (!isAdmin && !this.#isHosted) gaps.add('variables of the instance, which an administrator alone may list', undefined, false);
    const holders: Holder[] = [];
    if (isAdmin) holders.push(await this.#holder(claim(), undefined, new Gaps()));
    for (const [index, group] of [...above, ...groups].entries()) holders.push(await this.#holder(claim(), group, index === above.length ? gaps : new Gaps()));
    // What could not be listed of the group that was named counts there; for a project it counts for the project.
    const numbered = projects.map((project) => ({ id: claim(), project }));
    for (const holder of holders) {
      this.#store(holder, holders, numbered);
      yield this.#holderTarget(holder);
    }
    for (let at = 0; at < numbered.length; at += AT_ONCE) {
      yield* await Promise.all(numbered.slice(at, at + AT_ONCE).map(async ({ id, project }) => this.#project(id, project, groups.length === 0 ? gaps : new Gaps(), this.#isInherited(project, holders))));
    }
  }

  accounts(): AccountSightings {
    return { stored: this.#stored, settings: [], readWhole: this.#whole };
  }

  finish(): Promise<void> {
    return Promise.resolve();
  }

  get #isHosted(): boolean {
    return this.#api.place.base === HOSTED;
  }

  /** Whether all that reaches a project from above was listed. */
  #isInherited({ path }: Project, holders: readonly Holder[]): boolean {
    const { isAdmin, isRooted, isListed } = this.#world;
    return isRooted && isListed && (isAdmin || this.#isHosted) && holders.every(({ group, variables }) => variables !== undefined || !isWithin(path, group));
  }

  async #holder(id: string, group: Group | undefined, gaps: Gaps): Promise<Holder> {
    const call = group === undefined ? CALLS.instanceVariables : CALLS.groupVariables;
    const path = group === undefined ? '/admin/ci/variables' : `/groups/${inPath(group.id)}/variables`;
    return { id, group, gaps, variables: await gaps.attempt(call, async () => listVariables(this.#api, path)) };
  }

  #holderTarget({ id, group, variables, gaps }: Holder): RemoteTarget {
    const { host } = this.#api.place;
    const folder = group === undefined ? `gitlab/${host}` : `gitlab/${group.path}`;
    return {
      id,
      kind: 'gitlab',
      name: this.#nameOf(group?.path ?? ''),
      facts: group === undefined ? { instance: host } : { group: 'true', path: `${host}/${group.path}`, groupId: String(group.id), visibility: group.visibility },
      skipped: gaps.skipped,
      texts: variableTexts(folder, variables ?? []),
    };
  }

  /** A name that a nearer group or the project sets too does not reach there; of several environments each is asked for itself. */
  #store({ id, group, variables }: Holder, holders: readonly Holder[], projects: readonly { readonly id: string; readonly project: Project }[]): void {
    if (variables === undefined) return;
    // Of the groups above not all projects are targets.
    if (group !== undefined && this.#world.isListed && this.#world.groups.includes(group)) this.#whole[id] = ['gitlab-ci'];
    const inside = projects.filter(({ project }) => isWithin(project.path, group));
    const nearer = holders.filter((other) => other.group !== undefined && other.group !== group && isWithin(other.group.path, group));
    for (const { name, environment } of variables) {
      const hiding = nearer.filter((other) => other.variables?.some((one) => one.name === name && one.environment === '*') === true);
      const readers = inside.filter(({ project }) => !hiding.some((other) => isWithin(project.path, other.group))).map((one) => one.id);
      this.#stored.push({ target: id, store: 'gitlab-ci', scope: 'organization', ...(environment === '*' ? {} : { environment }), name, visibility: 'all', readers });
    }
  }

  async #project(id: string, project: Project, gaps: Gaps, isInherited: boolean): Promise<RemoteTarget> {
    const at = `/projects/${inPath(project.id)}`;
    const folder = `gitlab/${project.path}`;
    const variables = await gaps.attempt(CALLS.projectVariables, async () => listVariables(this.#api, `${at}/variables`));
    for (const { name, environment } of variables ?? []) {
      const scope = environment === '*' ? ({ scope: 'repository' } as const) : ({ scope: 'environment', environment } as const);
      this.#stored.push({ target: id, store: 'gitlab-ci', ...scope, name, readers: [id] });
    }
    if (variables !== undefined && isInherited) this.#whole[id] = ['gitlab-ci'];
    const scheduled = await this.#scheduled(project, gaps);
    const pipeline = await readPipeline(this.#api, project, this.#ids, gaps);
    return {
      id,
      kind: 'gitlab',
      name: this.#nameOf(project.path),
      facts: {
        remote: `${this.#api.place.host}/${project.path}`,
        projectId: String(project.id),
        ...(project.namespaceId === undefined ? {} : { namespaceId: String(project.namespaceId) }),
        ...(project.branch === undefined ? {} : { branch: project.branch }),
        visibility: project.visibility,
        ...(project.isArchived ? { archived: 'true' } : {}),
        ...(project.isFork ? { fork: 'true' } : {}),
        ...(project.subject === undefined ? {} : { subjectClaims: project.subject }),
        tree: pipeline.isWhole ? 'workflows' : 'partial',
      },
      skipped: gaps.skipped,
      texts: [...variableTexts(folder, variables ?? []), ...scheduled, ...pipeline.texts],
    };
  }

  /** Schedules have variables of their own, values and all. */
  async #scheduled({ id, path }: Project, gaps: Gaps): Promise<RemoteTarget['texts']> {
    const rows = await gaps.attempt(CALLS.schedules, async () => this.#api.list(`/projects/${inPath(id)}/pipeline_schedules`));
    const texts: { path: string; text: string }[] = [];
    for (const row of rows ?? []) {
      const schedule = numberOf(recordOf(row)['id']);
      if (schedule === undefined) continue;
      const variables = await gaps.attempt(CALLS.schedule, async () => listScheduled(this.#api, id, schedule), String(schedule));
      texts.push(...variableTexts(`gitlab/${path}/schedules/${schedule}`, variables ?? []));
    }
    return texts;
  }

  /** As it can be named on the command line. */
  #nameOf(path: string): string {
    return this.#isHosted ? `gitlab:${path}` : `gitlab:${this.#api.place.base}/${path}`;
  }
}

/** Undefined is the instance, which holds everything. */
function isWithin(path: string, outer: Group | undefined): boolean {
  return outer === undefined || path.startsWith(`${outer.path}/`);
}
