import { parseAllDocuments } from 'yaml';
import { HttpError } from '../../support/get.ts';
import { compileSegments, matchesSegments } from '../../support/glob.ts';
import { isRecord, listOf, numberOf, recordOf, textOf } from '../github/fields.ts';
import { type Gaps, type GitlabApi, inPath } from './api.ts';
import { CALLS } from './calls.ts';
import type { Project } from './groups.ts';

/** The files of a pipeline. */
export interface Pipeline {
  readonly texts: readonly { readonly path: string; readonly text: string }[];
  /** All that it is made of was read, but for what GitLab itself brings along. */
  readonly isWhole: boolean;
}

/** As many as GitLab allows in one pipeline. Source: docs.gitlab.com/ci/yaml/includes, as remembered. */
const MOST_FILES = 150;

/** A file of a repository: of the project itself, or of one whose templates it includes. */
interface Place {
  readonly project: number;
  /** Path of the other project; undefined for the project itself. */
  readonly other?: string;
  readonly path: string;
  readonly ref: string;
}

/** Ids of projects by their paths: by its path alone a project in a subgroup does not give up files in folders (gitlab-org/gitlab 537945). */
export class ProjectIds {
  readonly #api: GitlabApi;
  readonly #known: Map<string, Promise<number>>;

  constructor(api: GitlabApi, projects: readonly Project[]) {
    this.#api = api;
    this.#known = new Map(projects.map(({ path, id }) => [path, Promise.resolve(id)]));
  }

  /** @returns undefined for a project that may not be seen, which is noted */
  async find(path: string, gaps: Gaps): Promise<number | undefined> {
    let asked = this.#known.get(path);
    if (asked === undefined) {
      asked = this.#ask(path);
      this.#known.set(path, asked);
    }
    const wanted = asked;
    return await gaps.attempt(CALLS.project, async () => wanted, path);
  }

  async #ask(path: string): Promise<number> {
    const id = numberOf(recordOf(await this.#api.get(`/projects/${inPath(path)}`))['id']);
    if (id === undefined) throw new HttpError(0, this.#api.place.host, 'the answer is no project');
    return id;
  }
}

/**
 * Reads `.gitlab-ci.yml`, or what the project has in its place, and the files it includes from this GitLab, theirs as well.
 *
 * A file that the reader of pipelines does not know by its name is given one more part: `ci/build.yml/build.gitlab-ci.yml`.
 */
export async function readPipeline(api: GitlabApi, project: Project, ids: ProjectIds, gaps: Gaps): Promise<Pipeline> {
  const { branch } = project;
  if (branch === undefined) return { texts: [], isWhole: true };
  const first = await firstPlace(project, branch, ids, gaps);
  if (first === undefined) return { texts: [], isWhole: false };
  const texts: { path: string; text: string }[] = [];
  const state = { isWhole: true };
  const pending: Place[] = [first];
  const seen = new Set<string>();
  while (pending.length > 0) {
    const place = pending.shift();
    if (place === undefined) break;
    const key = `${place.other ?? ''}\0${place.path}\0${place.ref}`;
    if (seen.has(key)) continue;
    if (seen.size >= MOST_FILES) {
      gaps.add(`more than ${MOST_FILES} files of a pipeline`, undefined, true);
      return { texts, isWhole: false };
    }
    seen.add(key);
    const read = await readFile(api, place, place === first, gaps);
    if (read === undefined) state.isWhole = false;
    if (read === undefined || read === 'absent') continue;
    texts.push({ path: shownPath(place), text: read.text });
    const found = await includesOf(api, ids, place, read.text, gaps);
    pending.push(...found.places);
    state.isWhole &&= found.isWhole;
  }
  return { texts, isWhole: state.isWhole };
}

/** `path`, `path@group/project:ref`, or an address. What is not read is noted. */
async function firstPlace({ id, path, pipeline }: Project, branch: string, ids: ProjectIds, gaps: Gaps): Promise<Place | undefined> {
  if (/^https?:/i.test(pipeline)) {
    gaps.add('pipelines that are kept elsewhere', pipeline, false);
    return undefined;
  }
  const [file = '', other = ''] = pipeline.split('@', 2);
  if (other === '') return { project: id, path: plain(file), ref: branch };
  const [name = '', ref = 'HEAD'] = other.split(':', 2);
  const project = await ids.find(name, gaps);
  return project === undefined ? undefined : { project, ...(name === path ? {} : { other: name }), path: plain(file), ref };
}

function plain(path: string): string {
  return path.replace(/^\/+/, '');
}

/** The path that the report names, with an ending by which the reader of pipelines knows it. */
function shownPath({ other, path }: Place): string {
  const place = other === undefined ? path : `${other}/${path}`;
  const isKnown = /(?:^|\/|\.)\.?gitlab-ci\.ya?ml$/.test(place) || (other === undefined && /(?:^|\/)\.gitlab\/.*\.ya?ml$/.test(place));
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.ya?ml$/i, '');
  return isKnown ? place : `${place}/${name}.gitlab-ci.yml`;
}

/** @returns undefined for a file that may not be read, which is noted; what is not there is noted as well where something includes it */
async function readFile(api: GitlabApi, { project, path, ref, other }: Place, isFirst: boolean, gaps: Gaps): Promise<{ readonly text: string } | 'absent' | undefined> {
  const example = other === undefined ? path : `${other}: ${path}`;
  return await gaps.attempt(
    CALLS.files,
    async () => {
      let answer: Readonly<Record<string, unknown>>;
      try {
        answer = recordOf(await api.get(`/projects/${inPath(project)}/repository/files/${inPath(path)}`, { ref }));
      } catch (error) {
        // Most projects have no pipeline. The same status without these words is a refusal.
        if (error instanceof HttpError && error.status === 404 && /file not found/i.test(error.detail)) {
          if (!isFirst) gaps.add('included files that are not there', example, false);
          return 'absent' as const;
        }
        throw error;
      }
      const content = textOf(answer['content']);
      if (content === undefined) throw new HttpError(0, api.place.host, 'the answer is no file');
      return { text: answer['encoding'] === 'base64' ? Buffer.from(content, 'base64').toString('utf8') : content };
    },
    example,
  );
}

interface Includes {
  readonly places: readonly Place[];
  readonly isWhole: boolean;
}

async function includesOf(api: GitlabApi, ids: ProjectIds, from: Place, text: string, gaps: Gaps): Promise<Includes> {
  const places: Place[] = [];
  let isWhole = true;
  const leaveOut = (kind: string, name: string): void => {
    gaps.add(`included ${kind}, whose jobs are not seen`, name, false);
    isWhole = false;
  };
  const local = async (path: string): Promise<void> => {
    if (path.includes('$')) return leaveOut('files that a variable names', path);
    if (/[*?]/.test(path)) {
      const matching = await expandWildcard(api, from, plain(path), gaps);
      if (matching === undefined) isWhole = false;
      else places.push(...matching);
    } else places.push({ ...from, path: plain(path) });
  };
  for (const entry of includeEntries(text)) {
    if (typeof entry === 'string') {
      if (/^https?:/i.test(entry)) leaveOut('addresses', entry);
      else await local(entry);
      continue;
    }
    const { local: path, project, file, ref, remote, component, artifact } = entry;
    if (typeof path === 'string') await local(path);
    else if (typeof project === 'string') {
      const name = plain(project);
      const id = name.includes('$') ? undefined : await ids.find(name, gaps);
      if (id === undefined && !name.includes('$')) isWhole = false;
      for (const one of Array.isArray(file) ? listOf(file) : [file]) {
        if (typeof one !== 'string') continue;
        if (/\$/.test(name + one)) leaveOut('files that a variable names', `${name}: ${one}`);
        else if (id !== undefined) places.push({ project: id, other: name, path: plain(one), ref: textOf(ref) ?? 'HEAD' });
      }
    } else if (typeof remote === 'string') leaveOut('addresses', remote);
    else if (typeof component === 'string') leaveOut('components', component);
    else if (typeof artifact === 'string') leaveOut('files that a job makes', artifact);
    // `template:` is GitLab's own and knows nothing of this project's keys but by the names they document.
  }
  return { places, isWhole };
}

/**
 * Entries of `include:` in all documents of the file, and those of jobs that trigger a pipeline of such files (docs.gitlab.com/ci/pipelines/downstream_pipelines, parent-child pipelines). A file that cannot be read as
 * YAML has none, and its reader says so.
 */
function includeEntries(text: string): readonly (string | Readonly<Record<string, unknown>>)[] {
  try {
    return parseAllDocuments(text, { logLevel: 'silent', uniqueKeys: false }).flatMap((document) => {
      const value: unknown = document.toJS({ maxAliasCount: 100 });
      const root = recordOf(value);
      const includes = [root['include'], ...Object.values(root).map((job) => recordOf(recordOf(job)['trigger'])['include'])];
      return includes.flatMap((include) => (Array.isArray(include) ? listOf(include) : [include])).flatMap((one) => (typeof one === 'string' || isRecord(one) ? [one] : []));
    });
  } catch {
    return [];
  }
}

async function expandWildcard(api: GitlabApi, from: Place, pattern: string, gaps: Gaps): Promise<readonly Place[] | undefined> {
  const segments = compileSegments(pattern);
  const rows = await gaps.attempt(CALLS.tree, async () => api.list(`/projects/${inPath(from.project)}/repository/tree`, { recursive: true, ref: from.ref, pagination: 'keyset' }));
  return rows?.flatMap((row) => {
    const path = textOf(recordOf(row)['path']);
    if (path === undefined || recordOf(row)['type'] !== 'blob' || !/\.ya?ml$/i.test(path)) return [];
    return matchesSegments(segments, path.split('/'), 'whole') ? [{ ...from, path }] : [];
  });
}
