/** A GitLab on loopback: the part of its REST API that lists groups, projects, variables, schedules and files, with its login, its pages and its errors. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';

export interface FakeVariable {
  readonly key: string;
  readonly value: string | null;
  readonly variable_type?: 'env_var' | 'file';
  readonly protected?: boolean;
  readonly masked?: boolean;
  /** Left out by a GitLab that is older than hiding. */
  readonly hidden?: boolean;
  readonly environment_scope?: string;
}

export interface FakeGroup {
  readonly id: number;
  readonly full_path: string;
  readonly variables?: readonly FakeVariable[];
}

export interface FakeProject {
  readonly id: number;
  readonly path: string;
  readonly variables?: readonly FakeVariable[];
  readonly schedules?: readonly { readonly id: number; readonly variables?: readonly FakeVariable[] }[];
  /** By path; absent for an empty repository. */
  readonly files?: Readonly<Record<string, string>>;
  readonly more?: Readonly<Record<string, unknown>>;
}

export interface FakeGitlabOptions {
  readonly token: string;
  readonly groups: readonly FakeGroup[];
  readonly projects: readonly FakeProject[];
  readonly instance?: readonly FakeVariable[];
  readonly isAdmin?: boolean;
  /** Status by path below `/api/v4`: `/groups/1/variables` → 403. */
  readonly refuse?: Readonly<Record<string, number>>;
  /** As some proxies do: no `Link`, or one to the host inside. */
  readonly links?: 'none' | 'inner' | 'nothing';
  /** Comes first; true when it has answered. */
  readonly intercept?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export interface FakeGitlab {
  readonly origin: string;
  /** `METHOD path`, in order. */
  readonly seen: readonly string[];
  /** What no client that reads by the book does. */
  readonly violations: readonly string[];
  readonly stop: () => void;
}

export async function startFakeGitlab(options: FakeGitlabOptions): Promise<FakeGitlab> {
  const seen: string[] = [];
  const violations: string[] = [];
  let origin = '';
  const { token, groups, projects, isAdmin = false } = options;
  const groupFor = (id: string): FakeGroup | undefined => groups.find((group) => String(group.id) === id || group.full_path === id);
  const projectFor = (id: string): FakeProject | undefined => projects.find((project) => String(project.id) === id || project.path === id);

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    seen.push(`${request.method ?? ''} ${url.pathname}${url.search}`);
    if (request.method !== 'GET') violations.push(`${request.method ?? ''} ${url.pathname}`);
    if (options.intercept?.(request, response) === true) return;
    const given = request.headers['private-token'] ?? /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (given !== token) return send(response, 401, { message: '401 Unauthorized' });
    const path = url.pathname.replace(/^\/api\/v4/, '');
    const refused = options.refuse?.[decodeURIComponent(path)];
    if (refused !== undefined) return send(response, refused, { message: refused === 404 ? '404 Project Not Found' : `${refused} Forbidden` });
    const [, first, id = '', ...rest] = path.split('/').map(decodeURIComponent);
    if (path === '/user') return send(response, 200, { id: 7, username: 'ann', ...(isAdmin ? { is_admin: true } : {}) });
    if (path === '/users') return send(response, 200, url.searchParams.get('username') === 'ann' ? [{ id: 7, username: 'ann' }] : []);
    if (path === '/admin/ci/variables') return isAdmin ? list(response, url, (options.instance ?? []).map(variableRow)) : send(response, 403, { message: '403 Forbidden' });
    const what = rest.join('/');
    if (first === 'groups') {
      const group = groupFor(id);
      if (group === undefined) return send(response, 404, { message: '404 Group Not Found' });
      const inside = (child: string): boolean => child.startsWith(`${group.full_path}/`);
      if (what === '') return send(response, 200, groupRow(group));
      if (what === 'descendant_groups') return list(response, url, groups.filter((child) => inside(child.full_path)).map(groupRow));
      if (what === 'projects') return list(response, url, projects.filter(({ path: child }) => (url.searchParams.get('include_subgroups') === 'true' ? inside(child) : inside(child) && !child.slice(group.full_path.length + 1).includes('/'))).map(projectRow));
      if (what === 'variables') return list(response, url, (group.variables ?? []).map(variableRow));
    }
    if (first === 'projects') {
      const project = projectFor(id);
      if (project === undefined) return send(response, 404, { message: '404 Project Not Found' });
      if (what === '') return send(response, 200, projectRow(project));
      if (what === 'variables') return list(response, url, (project.variables ?? []).map(variableRow));
      if (what === 'pipeline_schedules') return list(response, url, (project.schedules ?? []).map((one) => ({ id: one.id, cron: '0 1 * * *', active: true })));
      if (rest[0] === 'pipeline_schedules') return schedule(response, project, Number(rest[1]));
      if (what === 'repository/tree') return tree(response, url, Object.keys(project.files ?? {}));
      if (rest[0] === 'repository' && rest[1] === 'files') return file(response, url, project, rest.slice(2).join('/'));
    }
    send(response, 404, { error: '404 Not Found' });
  });

  function pageOf(url: URL): number {
    const size = Number(url.searchParams.get('per_page') ?? 20);
    if (size > 100) violations.push(`too large a page: ${url.pathname}${url.search}`);
    return Math.min(size, 100);
  }

  function list(response: ServerResponse, url: URL, rows: readonly unknown[]): void {
    const size = pageOf(url);
    const page = Number(url.searchParams.get('page') ?? 1);
    const hasMore = page * size < rows.length;
    const headers: Record<string, string> = options.links === 'nothing' ? {} : { 'x-page': String(page), 'x-per-page': String(size), 'x-next-page': hasMore ? String(page + 1) : '' };
    if (options.links !== 'none' && options.links !== 'nothing') headers['link'] = [...(hasMore ? [linkTo(url, { page: String(page + 1) }, 'next')] : []), linkTo(url, { page: '1' }, 'first')].join(', ');
    send(response, 200, rows.slice((page - 1) * size, page * size), headers);
  }

  /** Pages by key: there is no number of the next one, only a link. */
  function tree(response: ServerResponse, url: URL, paths: readonly string[]): void {
    const size = pageOf(url);
    if (url.searchParams.get('pagination') !== 'keyset') violations.push(`a tree by numbers: ${url.pathname}${url.search}`);
    const from = Number(url.searchParams.get('page_token') ?? 0);
    const rows = paths.map((path) => ({ id: 'a', name: path.split('/').at(-1), type: 'blob', path, mode: '100644' }));
    send(response, 200, rows.slice(from, from + size), from + size < rows.length ? { link: linkTo(url, { page_token: String(from + size) }, 'next') } : {});
  }

  function linkTo(url: URL, parameters: Readonly<Record<string, string>>, rel: string): string {
    const next = new URL(`${options.links === 'inner' ? 'http://gitlab.internal:8181' : origin}${url.pathname}${url.search}`);
    for (const [name, value] of Object.entries(parameters)) next.searchParams.set(name, value);
    return `<${next.href}>; rel="${rel}"`;
  }

  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  origin = `http://127.0.0.1:${address.port}`;
  return {
    origin,
    seen,
    violations,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function file(response: ServerResponse, url: URL, project: FakeProject, path: string): void {
  const text = project.files?.[path];
  if (url.searchParams.get('ref') === null) return send(response, 400, { error: 'ref is missing' });
  if (text === undefined) return send(response, 404, { message: '404 File Not Found' });
  send(response, 200, { file_name: path.split('/').at(-1), file_path: path, size: text.length, encoding: 'base64', content: Buffer.from(text).toString('base64'), ref: url.searchParams.get('ref'), blob_id: 'a', commit_id: 'b' });
}

function schedule(response: ServerResponse, project: FakeProject, id: number): void {
  const found = project.schedules?.find((one) => one.id === id);
  if (found === undefined) return send(response, 404, { message: '404 Pipeline Schedule Not Found' });
  send(response, 200, { id, cron: '0 1 * * *', ...(found.variables === undefined ? {} : { variables: found.variables.map(({ key, value, variable_type = 'env_var' }) => ({ key, value, variable_type, raw: false })) }) });
}

function variableRow(variable: FakeVariable): object {
  return { variable_type: 'env_var', protected: false, masked: false, raw: false, environment_scope: '*', description: null, ...variable, value: variable.hidden === true ? null : variable.value };
}

function groupRow({ id, full_path }: FakeGroup): object {
  return { id, name: full_path.split('/').at(-1), path: full_path.split('/').at(-1), full_path, visibility: 'private', web_url: `https://gitlab.example.test/groups/${full_path}` };
}

function projectRow({ id, path, files, more }: FakeProject): object {
  return { id, path_with_namespace: path, default_branch: files === undefined ? null : 'main', empty_repo: files === undefined, visibility: 'private', archived: false, namespace: { id: 1, full_path: path.split('/').slice(0, -1).join('/') }, ci_config_path: null, ...more };
}

function send(response: ServerResponse, code: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
