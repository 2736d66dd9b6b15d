import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { json, type Loopback, type Seen, startLoopback } from '../github/loopback.ts';

/** A repository as GraphQL and REST tell it; what is left out is empty. */
export interface FakeRepository {
  readonly name: string;
  readonly id: number;
  readonly files?: Readonly<Record<string, string>>;
  readonly node?: Readonly<Record<string, unknown>>;
  /** By path below the repository: `/actions/secrets`. */
  readonly rest?: Readonly<Record<string, unknown>>;
}

export interface FakeOptions {
  readonly repositories: readonly FakeRepository[];
  /** By path below the organisation: `/actions/secrets`. */
  readonly organization?: Readonly<Record<string, unknown>>;
  /** Comes first; true when it has answered. */
  readonly intercept?: (request: Seen, response: ServerResponse<IncomingMessage>) => boolean;
  readonly kind?: 'Organization' | 'User';
  readonly errors?: readonly unknown[];
}

export const HEAD = '0123456789abcdef0123456789abcdef01234567';

/** Enough of GitHub for one organisation, `acme`: a list of repositories in pages of two, lists of names, archives. Every answer has an ETag. */
export async function startFake(options: FakeOptions): Promise<Loopback> {
  const archives = new Map<string, Buffer>();
  for (const { name, files } of options.repositories) if (files !== undefined) archives.set(name, await archiveOf(files));
  const server = await startLoopback((request, response) => {
    if (options.intercept?.(request, response) === true) return;
    const { pathname } = new URL(request.url, 'http://localhost');
    if (pathname === '/graphql') {
      json(response, 200, graphql(options, request.body));
      return;
    }
    const [, scope, owner, name = '', ...rest] = pathname.split('/');
    const repository = options.repositories.find((one) => one.name === decodeURIComponent(name));
    const path = scope === 'orgs' ? `/${[name, ...rest].join('/')}` : `/${rest.join('/')}`;
    const archive = archives.get(repository?.name ?? '');
    if (owner !== 'acme') json(response, 404, { message: 'Not Found' });
    else if (scope === 'repos' && path === `/tarball/${HEAD}` && archive !== undefined) response.writeHead(200, { 'content-type': 'application/x-gzip' }).end(archive);
    else {
      const body = (scope === 'orgs' ? options.organization : repository?.rest)?.[path] ?? EMPTY[path] ?? emptyEnvironment(path);
      const etag = `"${Buffer.from(pathname).toString('base64url')}"`;
      if (body === undefined) json(response, 404, { message: 'Not Found' });
      else if (typeof body === 'number') json(response, body, { message: 'No' }, { 'x-accepted-github-permissions': 'some_permission=read' });
      else if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
      else json(response, 200, body, { etag });
    }
  });
  return server;
}

function graphql({ repositories, kind = 'Organization', errors }: FakeOptions, body: string): unknown {
  const { query, variables } = JSON.parse(body) as { query: string; variables: { name?: string; after?: string | null } };
  const holder = { __typename: kind, login: 'acme', databaseId: 1029384 };
  if (query.includes('repository(')) {
    const found = repositories.find(({ name }) => name === variables.name);
    return { data: { repository: found === undefined ? null : { ...nodeOf(found), owner: holder } } };
  }
  const from = Number(variables.after ?? 0);
  const to = from + 2;
  const page = { totalCount: repositories.length, pageInfo: { hasNextPage: to < repositories.length, endCursor: String(to) }, nodes: repositories.slice(from, to).map(nodeOf) };
  return { data: { repositoryOwner: { ...holder, repositories: page } }, ...(errors === undefined ? {} : { errors }) };
}

function nodeOf({ name, id, files, node }: FakeRepository): object {
  const workflows = Object.entries(files ?? {}).filter(([path]) => path.startsWith('.github/workflows/'));
  return {
    databaseId: id,
    name,
    visibility: 'PRIVATE',
    isArchived: false,
    isFork: false,
    isDisabled: false,
    isLocked: false,
    isEmpty: files === undefined,
    environments: { totalCount: 0 },
    defaultBranchRef: files === undefined ? null : { name: 'main', target: { oid: HEAD }, branchProtectionRule: null, rules: { nodes: [] } },
    workflows: { entries: workflows.map(([path, text]) => ({ name: path.split('/').at(-1), type: 'blob', oid: oidOf(text), object: { isBinary: false, isTruncated: false, text } })) },
    deployKeys: { totalCount: 0, nodes: [] },
    ...node,
  };
}

function oidOf(text: string): string {
  const bytes = Buffer.from(text);
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

const EMPTY: Readonly<Record<string, unknown>> = {
  ...Object.fromEntries(['actions', 'dependabot', 'codespaces', 'agents'].map((store) => [`/${store}/secrets`, { total_count: 0, secrets: [] }])),
  '/actions/variables': { total_count: 0, variables: [] },
  '/agents/variables': { total_count: 0, variables: [] },
  '/actions/organization-secrets': { total_count: 0, secrets: [] },
  '/installations': { total_count: 0, installations: [] },
  '/actions/runners': { total_count: 0, runners: [] },
  '/actions/permissions': { enabled_repositories: 'all', allowed_actions: 'all' },
  '/actions/permissions/workflow': { default_workflow_permissions: 'read', can_approve_pull_request_reviews: false },
  '/actions/oidc/customization/sub': { use_default: true, use_immutable_subject: true, sub_claim_prefix: 'repo:acme@1029384/app@1' },
  '/environments': { total_count: 0, environments: [] },
};

function emptyEnvironment(path: string): unknown {
  return /^\/environments\/[^/]+\/secrets$/.test(path) ? { total_count: 0, secrets: [] } : undefined;
}

async function archiveOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const tar = pack();
  for (const [path, text] of Object.entries(files)) tar.entry({ name: `acme-x-0123456/${path}` }, text);
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const part of tar) if (Buffer.isBuffer(part)) parts.push(part);
  return gzipSync(Buffer.concat(parts));
}
