import { dotenvText } from '../../support/dotenv-text.ts';
import { HttpError } from '../../support/get.ts';
import { listOf, recordOf, textOf } from '../github/fields.ts';
import { type GitlabApi, inPath } from './api.ts';

/** A CI/CD variable as it is listed. */
export interface Variable {
  readonly name: string;
  /** Absent when it is hidden: GitLab shows it to nobody then. Masked alone means nothing to the API. */
  readonly value?: string;
  /** `*` for all environments. */
  readonly environment: string;
}

/**
 * Source: docs.gitlab.com/api/project_level_variables. `hidden` came with 17.4 or so: where it is missing, nothing is hidden.
 *
 * @throws HttpError
 */
export async function listVariables(api: GitlabApi, path: string): Promise<readonly Variable[]> {
  return (await api.list(path)).flatMap((row) => variableOf(row) ?? []);
}

function variableOf(row: unknown): Variable | undefined {
  const record = recordOf(row);
  const name = textOf(record['key']);
  if (name === undefined || name === '') return undefined;
  const value = record['hidden'] === true ? undefined : textOf(record['value']);
  return { name, ...(value === undefined ? {} : { value }), environment: textOf(record['environment_scope']) || '*' };
}

/**
 * Variables that only the pipelines of a schedule have; whose schedule it is not, is shown none.
 *
 * @throws HttpError
 */
export async function listScheduled(api: GitlabApi, project: number, schedule: number): Promise<readonly Variable[]> {
  const answer = recordOf(await api.get(`/projects/${inPath(project)}/pipeline_schedules/${inPath(schedule)}`));
  if (!Array.isArray(answer['variables'])) throw new HttpError(403, api.place.host, 'the variables are not shown');
  return listOf(answer['variables']).flatMap((row) => variableOf(row) ?? []);
}

/**
 * Values as dotenv files, one for each environment they are limited to, so that one name that stands for several values stays several.
 *
 * @param folder `gitlab/acme/app`
 */
export function variableTexts(folder: string, variables: readonly Variable[]): readonly { readonly path: string; readonly text: string }[] {
  const byEnvironment = new Map<string, { name: string; value: string }[]>();
  for (const { name, value, environment } of variables) {
    if (value === undefined || value === '') continue;
    const list = byEnvironment.get(environment) ?? [];
    list.push({ name, value });
    byEnvironment.set(environment, list);
  }
  return [...byEnvironment].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([environment, list]) => ({
    path: environment === '*' ? `${folder}/variables.env` : `${folder}/environments/${encodeURIComponent(environment).replaceAll('*', '%2A')}/variables.env`,
    text: dotenvText(list),
  }));
}
