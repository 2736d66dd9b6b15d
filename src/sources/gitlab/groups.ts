import { TargetError } from '../../model/errors.ts';
import { HttpError } from '../../support/get.ts';
import { listOf, numberOf, recordOf, textOf } from '../github/fields.ts';
import { type Gaps, type GitlabApi, inPath } from './api.ts';
import { CALLS } from './calls.ts';

export interface Group {
  readonly id: number;
  /** `acme/ml` */
  readonly path: string;
  readonly visibility: string;
}

export interface Project {
  readonly id: number;
  /** `acme/ml/app` */
  readonly path: string;
  readonly namespaceId: number | undefined;
  readonly visibility: string;
  /** Absent for an empty repository, and for one that is switched off. */
  readonly branch: string | undefined;
  readonly isArchived: boolean;
  readonly isFork: boolean;
  /** Path of the pipeline, where it is not `.gitlab-ci.yml`; may be an address, or `path@project`. */
  readonly pipeline: string;
  /** `project_path,ref_type,ref`, where it is told. */
  readonly subject: string | undefined;
}

/** What a target names, and what it inherits from. */
export interface Structure {
  /** Groups above, the outermost first: their variables reach what is below. */
  readonly above: readonly Group[];
  /** The group that was named, and all below it; none for a project. */
  readonly groups: readonly Group[];
  readonly projects: readonly Project[];
  /** All groups above were seen. */
  readonly isRooted: boolean;
  /** All that is below was listed. */
  readonly isListed: boolean;
}

/**
 * Finds out what `path` is, and lists what is in it.
 *
 * @throws TargetError when there is no such thing, or this login may not see it
 */
export async function readStructure(api: GitlabApi, gaps: Gaps): Promise<Structure> {
  const { path, host } = api.place;
  const named = await lookUp(api, `/groups/${inPath(path)}`, { with_projects: false });
  const group = named === undefined ? undefined : groupOf(named);
  if (group === undefined) {
    const found = await lookUp(api, `/projects/${inPath(path)}`, {});
    const project = found === undefined ? undefined : projectOf(found);
    if (project === undefined) throw new TargetError(`${host} shows no group or project ${path} to this login`, 'Look at its address, and at the rights of the token: what may not be seen looks like what is not there. A person’s own namespace is read project by project.');
    return { ...(await groupsAbove(api, project.path, gaps)), groups: [], projects: [project], isListed: true };
  }
  const at = `/groups/${inPath(group.id)}`;
  const subgroups = await gaps.attempt(CALLS.subgroups, async () => api.list(`${at}/descendant_groups`));
  const projects = await gaps.attempt(CALLS.projects, async () => api.list(`${at}/projects`, { include_subgroups: true, with_shared: false, order_by: 'id', sort: 'asc' }));
  return {
    ...(await groupsAbove(api, group.path, gaps)),
    groups: unique([group, ...(subgroups ?? []).flatMap((one) => groupOf(one) ?? [])]).toSorted(byPath),
    projects: unique((projects ?? []).flatMap((one) => projectOf(one) ?? [])).toSorted(byPath),
    isListed: subgroups !== undefined && projects !== undefined,
  };
}

/** @returns undefined for 404 */
async function lookUp(api: GitlabApi, path: string, parameters: Readonly<Record<string, boolean>>): Promise<unknown> {
  try {
    return await api.get(path, parameters);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    if (error.status === 404) return undefined;
    if (error.status === 403) throw new TargetError(error.message, 'Give the token the scope read_api or api, and its owner a role in the group.', { cause: error });
    throw new TargetError(error.message, 'Look at the address and the network, and at the state of that GitLab.', { cause: error });
  }
}

/** Of a path all but the last segment are groups, or one person. */
async function groupsAbove(api: GitlabApi, path: string, gaps: Gaps): Promise<Pick<Structure, 'above' | 'isRooted'>> {
  const segments = path.split('/').slice(0, -1);
  const above: Group[] = [];
  let isRooted = true;
  for (let count = 1; count <= segments.length; count += 1) {
    const name = segments.slice(0, count).join('/');
    try {
      const group = groupOf(await api.get(`/groups/${inPath(name)}`, { with_projects: false }));
      if (group === undefined) throw new HttpError(0, api.place.host, 'the answer is no group');
      above.push(group);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      // A person is no group, and hands no variables down.
      if (error.status === 404 && segments.length === 1 && (await isPerson(api, name))) continue;
      gaps.add(`${CALLS.group.title}: not readable (${error.status === 0 ? error.detail : error.status}, needs ${CALLS.group.permission})`, name, true);
      isRooted = false;
    }
  }
  return { above, isRooted };
}

async function isPerson(api: GitlabApi, name: string): Promise<boolean> {
  try {
    return listOf(await api.get('/users', { username: name })).length > 0;
  } catch (error) {
    if (error instanceof HttpError) return false;
    throw error;
  }
}

function groupOf(value: unknown): Group | undefined {
  const record = recordOf(value);
  const id = numberOf(record['id']);
  const path = textOf(record['full_path']);
  return id === undefined || path === undefined ? undefined : { id, path, visibility: textOf(record['visibility']) ?? 'private' };
}

function projectOf(value: unknown): Project | undefined {
  const record = recordOf(value);
  const id = numberOf(record['id']);
  const path = textOf(record['path_with_namespace']);
  if (id === undefined || path === undefined) return undefined;
  const branch = textOf(record['default_branch']);
  const hasFiles = record['empty_repo'] !== true && textOf(record['repository_access_level']) !== 'disabled' && branch !== undefined && branch !== '';
  const subject = listOf(record['ci_id_token_sub_claim_components']).flatMap((one) => textOf(one) ?? []);
  return {
    id,
    path,
    namespaceId: numberOf(recordOf(record['namespace'])['id']),
    visibility: textOf(record['visibility']) ?? 'private',
    branch: hasFiles ? branch : undefined,
    isArchived: record['archived'] === true,
    isFork: record['forked_from_project'] !== undefined && record['forked_from_project'] !== null,
    pipeline: textOf(record['ci_config_path']) || '.gitlab-ci.yml',
    subject: subject.length === 0 ? undefined : subject.join(','),
  };
}

/** Pages by number move on when something is made meanwhile. */
function unique<T extends { readonly id: number }>(rows: readonly T[]): T[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : 1;
}
