import { execFile } from 'node:child_process';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { Octokit } from '@octokit/rest';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Kit } from '../kit.ts';
import { gitArchive, ownArchive } from './server/archive.ts';
import { GIT_ENVIRONMENT, git } from './server/git.ts';
import { askedTwice } from './server/journal.ts';
import { LIMITS } from './server/limits.ts';
import { Faults } from './server/faults.ts';
import { GithubServer } from './server/server.ts';
import { fullName, type Repository, type Token } from './server/state.ts';
import { makeWorld, tokenText, WRITE_PERMISSIONS } from './world/make.ts';

const kit = new Kit(11);
const { world, truth } = makeWorld({ folder: kit.folder('github'), repositories: 60, seed: 5, key: (kind) => kit.key(kind) });
const server = new GithubServer(world, { limits: { pointsAMinute: 1e6, contentAMinute: 1e6 } });
const write = tokenText('write');

beforeAll(async () => {
  await server.start();
});
beforeEach(() => {
  server.limits.settings = { ...LIMITS, primary: 1e6, pointsAMinute: 1e6, contentAMinute: 1e6 };
  server.journal.violations.length = 0;
});
afterAll(async () => {
  await server.stop();
  kit.remove();
});

interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any; // oxlint-disable-line typescript/no-explicit-any -- whatever the API says
}

async function ask(method: string, path: string, { body, token = write, headers = {} }: { body?: unknown; token?: string | null; headers?: Readonly<Record<string, string>> } = {}): Promise<Got> {
  const sent = { 'user-agent': 'test', ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers };
  const response = await fetch(`${server.url}${path}`, { method, redirect: 'manual', headers: sent, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

async function graphql(query: string, variables: unknown = {}, token = write): Promise<any> { // oxlint-disable-line typescript/no-explicit-any -- whatever the API says
  return (await ask('POST', '/graphql', { body: { query, variables }, token })).body;
}

/** Repositories with workflows that use keys, by what they are like. */
function some(fits: (repository: Repository) => boolean): Repository {
  const found = world.repositoriesOf('acme').find((repository) => truth.shapes.has(fullName(repository)) && fits(repository));
  if (found === undefined) throw new Error('no such repository');
  return found;
}

function addToken(name: string, token: Partial<Token>): string {
  const text = tokenText(name);
  const account = world.user('ann');
  if (account === undefined) throw new Error('nobody');
  world.tokens.set(text, { text, account, kind: 'fine-grained', permissions: WRITE_PERMISSIONS, ...token });
  return text;
}

const COMMIT = 'mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid signature { isValid } parents(first: 2) { nodes { oid } } } ref { name } } }';

function commitInput(repository: Repository, branch: string, head: string, additions: Readonly<Record<string, string>>, deletions: readonly string[] = []): unknown {
  return {
    input: {
      branch: { repositoryNameWithOwner: fullName(repository), branchName: branch },
      expectedHeadOid: head,
      message: { headline: 'Change', body: 'Why' },
      fileChanges: { additions: Object.entries(additions).map(([path, text]) => ({ path, contents: Buffer.from(text).toString('base64') })), deletions: deletions.map((path) => ({ path })) },
    },
  };
}

function headOf(repository: Repository): string {
  return repository.git.ref(`refs/heads/${repository.defaultBranch}`) ?? '';
}

describe('reads', () => {
  test('every list of every repository is as described, and an unchanged one is 304 and free', async () => {
    const paths = ['/actions/secrets', '/actions/organization-secrets', '/dependabot/secrets', '/codespaces/secrets', '/agents/secrets', '/actions/variables', '/environments', '/keys', '/actions/runners', '/branches'];
    for (const repository of world.repositoriesOf('acme').slice(0, 25)) for (const path of paths) expect((await ask('GET', `/repos/acme/${repository.name}${path}?per_page=30`)).status).toBe(200);
    const first = await ask('GET', '/orgs/acme/actions/secrets?per_page=100');
    const again = await ask('GET', '/orgs/acme/actions/secrets?per_page=100', { headers: { 'if-none-match': first.headers.get('etag') ?? '' } });
    expect(again.status).toBe(304);
    expect(again.headers.get('x-ratelimit-used')).toBe(first.headers.get('x-ratelimit-used'));
    expect(server.journal.violations).toEqual([]);
  });

  test('pages are linked, and variables come thirty at a time whatever is asked', async () => {
    const first = await ask('GET', '/orgs/acme/actions/variables?per_page=100');
    expect(first.body.variables).toHaveLength(30);
    expect(first.headers.get('link')).toContain('page=2>; rel="next"');
    const names = new Set<string>();
    for (let url: string | undefined = '/orgs/acme/repos?per_page=25'; url !== undefined; ) {
      const { body, headers } = await ask('GET', url);
      for (const { name } of body) names.add(name);
      const next = /<[^>]*(\/orgs[^>]*)>; rel="next"/.exec(headers.get('link') ?? '');
      url = next?.[1];
    }
    expect(names.size).toBe(60);
  });

  test('a field, a parameter or an operation that is not described is a violation', async () => {
    expect((await ask('GET', '/orgs/acme/repos?sorted=x')).status).toBe(422);
    expect((await ask('PUT', '/repos/acme/app/pulls/1/merge', { body: {} })).status).toBe(404);
    expect((await ask('POST', `/repos/acme/${some(() => true).name}/git/refs`, { body: { ref: 'refs/heads/x' } })).status).toBe(422);
    expect(server.journal.violations).toHaveLength(3);
  });

  test('what a token may not is refused with the permission it lacks; what it cannot see is not there', async () => {
    const poor = addToken('poor', { permissions: { metadata: 'read', contents: 'read' } });
    const hidden = some(({ visibility }) => visibility === 'private');
    const refused = await ask('GET', `/repos/acme/${hidden.name}/actions/secrets`, { token: poor });
    expect([refused.status, refused.headers.get('x-accepted-github-permissions')]).toEqual([403, 'secrets=read']);
    expect((await ask('GET', `/repos/acme/${hidden.name}`, { token: addToken('guest', { roles: new Map() }) })).status).toBe(404);
    expect((await ask('GET', '/user', { token: 'wrong' })).status).toBe(401);
    const { data, errors } = await graphql(`{ repository(owner: "acme", name: "${hidden.name}") { deployKeys(first: 1) { totalCount } } }`, {}, poor);
    expect([data.repository, errors[0].type, errors[0].path]).toEqual([null, 'FORBIDDEN', ['repository', 'deployKeys']]);
  });

  test('a tarball is at another origin, and is what git makes of the tree', async () => {
    for (const repository of [some(({ git: { folder } }) => folder !== ''), some((one) => one.git.files(one.git.commit(headOf(one))?.tree ?? '').has('bin/run.sh'))]) {
      const { status, headers } = await ask('GET', `/repos/acme/${repository.name}/tarball/${headOf(repository)}`);
      expect(status).toBe(302);
      const location = headers.get('location') ?? '';
      expect(new URL(location).origin).not.toBe(server.url);
      const bytes = Buffer.from(await (await fetch(location)).arrayBuffer());
      expect((await entries(bytes)).size).toBeGreaterThan(2);
      expect((await fetch(location.replace(/token=./, 'token=_'))).status).toBe(404);
      const commit = repository.git.commit(headOf(repository));
      if (commit === undefined) throw new Error('no commit');
      expect(await entries(await ownArchive(repository, commit, 'p/'))).toEqual(await entries(await gitArchive(repository, commit, 'p/')));
    }
  });

  test('limits: the primary one until it resets, a secondary one with retry-after', async () => {
    const token = addToken('limited', { account: { login: 'bob', id: 101, type: 'User' } });
    server.limits.settings = { ...server.limits.settings, primary: 3, primaryWindowMs: 1000 };
    const statuses: number[] = [];
    for (let index = 0; index < 5; index += 1) statuses.push((await ask('GET', '/user', { token })).status);
    expect(statuses).toEqual([200, 200, 200, 403, 403]);
    await new Promise((done) => setTimeout(done, 1100));
    expect((await ask('GET', '/user', { token })).status).toBe(200);
    expect(server.limits.crossed).toBe(1);
    server.limits.settings = { ...LIMITS, minuteMs: 500, pointsAMinute: 2, retryAfter: 1 };
    const answers = await Promise.all([1, 2, 3, 4].map(async () => await ask('GET', '/user', { token })));
    expect(answers.filter(({ status, headers }) => status === 403 && headers.get('retry-after') === '1').length).toBeGreaterThanOrEqual(2);
  });

  test('renamed, archived, taken down, behind a sign-on, empty', async () => {
    const repository = some(({ isArchived }) => isArchived);
    world.renamed.set('acme/old-name', fullName(repository));
    const moved = await ask('GET', '/repos/acme/old-name/actions/secrets');
    expect([moved.status, moved.headers.get('location')]).toEqual([301, `${server.url}/repositories/${repository.id}/actions/secrets`]);
    expect((await ask('GET', new URL(moved.headers.get('location') ?? '').pathname)).status).toBe(200);
    expect((await ask('POST', `/repos/acme/${repository.name}/git/refs`, { body: { ref: 'refs/heads/x', sha: headOf(repository) } })).status).toBe(403);
    const empty = world.repositoriesOf('acme').find((one) => headOf(one) === '');
    expect((await ask('GET', `/repos/acme/${empty?.name ?? ''}/git/ref/heads/main`)).status).toBe(409);
    const organization = world.organization('acme');
    if (organization === undefined) throw new Error('no organisation');
    world.organizations.set('acme', { ...organization, needsSignOn: true });
    const blocked = await ask('GET', '/orgs/acme/actions/secrets');
    expect([blocked.status, blocked.headers.get('x-github-sso')?.startsWith('required; url=')]).toEqual([403, true]);
    expect((await graphql('{ organization(login: "acme") { login } }')).errors[0].type).toBe('FORBIDDEN');
    world.organizations.set('acme', organization);
    expect(server.journal.violations).toEqual([]);
  });

  test('GraphQL: pages of at most a hundred, nodes of at most half a million, points by the published formula', async () => {
    const ask100 = (query: string): Promise<{ errors?: { type?: string }[]; data: { rateLimit: { cost: number; nodeCount: number } } }> => graphql(query);
    expect((await ask100('{ organization(login: "acme") { repositories { totalCount } } }')).errors?.[0]?.type).toBe('MISSING_PAGINATION_BOUNDARIES');
    expect((await ask100('{ organization(login: "acme") { repositories(first: 101) { totalCount } } }')).errors?.[0]?.type).toBe('EXCESSIVE_PAGINATION');
    expect((await ask100('{ organization(login: "acme") { repositories(first: 100) { nodes { refs(refPrefix: "refs/heads/", first: 100) { nodes { associatedPullRequests(first: 100) { totalCount } } } } } } }')).errors?.[0]?.type).toBe('MAX_NODE_LIMIT_EXCEEDED');
    const { data } = await ask100('{ organization(login: "acme") { repositories(first: 100) { nodes { environments(first: 10) { totalCount } } } } rateLimit { cost nodeCount } }');
    expect(data.rateLimit).toEqual({ cost: 1, nodeCount: 1100 });
  });
});

describe('pull requests', () => {
  test('a branch, a signed commit that keeps modes, a draft; real git checks out what was sent', async () => {
    const repository = some((one) => !one.isArchived && one.git.files(one.git.commit(headOf(one))?.tree ?? '').has('bin/run.sh'));
    const api = new Octokit({ auth: write, baseUrl: server.url, request: { fetch }, log: { debug() {}, info() {}, warn() {}, error() {} } });
    const target = { owner: 'acme', repo: repository.name };
    await api.rest.git.createRef({ ...target, ref: 'refs/heads/dekey/one', sha: headOf(repository) });
    await expect(api.rest.git.createRef({ ...target, ref: 'refs/heads/dekey/one', sha: headOf(repository) })).rejects.toMatchObject({ status: 422, message: expect.stringContaining('Reference already exists') });

    const made = await graphql(COMMIT, commitInput(repository, 'dekey/one', headOf(repository), { 'bin/run.sh': '#!/bin/sh\ntrue\n', '.github/workflows/new.yml': 'on: push\njobs: {}\n' }, ['README.md']));
    const { oid, signature, parents } = made.data.createCommitOnBranch.commit;
    expect([signature.isValid, parents.nodes]).toEqual([true, [{ oid: headOf(repository) }]]);
    expect((await graphql(COMMIT, commitInput(repository, 'dekey/one', headOf(repository), { a: 'b' }))).errors[0].type).toBe('STALE_DATA');

    const pull = await api.rest.pulls.create({ ...target, title: 'Move', body: 'Why', head: 'dekey/one', base: repository.defaultBranch, draft: true });
    expect([pull.data.draft, pull.data.head.sha, pull.data.changed_files]).toEqual([true, oid, 1]);
    await expect(api.rest.pulls.create({ ...target, title: 'Move', head: 'dekey/one', base: repository.defaultBranch })).rejects.toMatchObject({ status: 422, message: expect.stringContaining('A pull request already exists') });
    expect((await api.rest.pulls.list({ ...target, head: 'acme:dekey/one', state: 'all' })).data).toHaveLength(1);
    await api.rest.issues.addLabels({ ...target, issue_number: pull.data.number, labels: ['dekey'] });
    await api.rest.pulls.requestReviewers({ ...target, pull_number: pull.data.number, reviewers: ['bob'] });
    await api.rest.issues.createComment({ ...target, issue_number: pull.data.number, body: 'Done' });
    await api.rest.pulls.update({ ...target, pull_number: pull.data.number, state: 'closed' });
    expect(server.journal.violations).toEqual([]);

    const clone = kit.folder('clone');
    const header = `http.extraheader=Authorization: Basic ${Buffer.from(`x-access-token:${write}`).toString('base64')}`;
    // Not synchronously: the server runs in this very process.
    await promisify(execFile)('git', ['-c', header, 'clone', '-q', '--branch', 'dekey/one', `${server.url}/${fullName(repository)}.git`, clone], { env: GIT_ENVIRONMENT });
    expect(readFileSync(join(clone, 'bin/run.sh'), { encoding: 'utf8' })).toBe('#!/bin/sh\ntrue\n');
    expect(git(clone, ['ls-files', '-s', 'bin/run.sh'])).toMatch(/^100755 /);
    expect(git(clone, ['ls-files', 'README.md'])).toBe('');
    expect(git(repository.git.folder, ['fsck', '--connectivity-only', '--no-dangling'])).toBe('');
  });

  test('workflows need their own permission, protected and default branches take nothing, a force push is a violation', async () => {
    const repository = some((one) => !one.isArchived && one.protections.size > 0);
    const head = headOf(repository);
    const poor = addToken('no workflows', { permissions: { metadata: 'read', contents: 'write', pull_requests: 'write' } });
    await ask('POST', `/repos/acme/${repository.name}/git/refs`, { body: { ref: 'refs/heads/dekey/two', sha: head } });
    const refused = await graphql(COMMIT, commitInput(repository, 'dekey/two', head, { '.github/workflows/test.yml': 'x' }), poor);
    expect(refused.errors[0].message).toContain('without `workflows` permission');
    expect((await graphql(COMMIT, commitInput(repository, repository.defaultBranch, head, { a: 'b' }))).errors[0].type).toBe('UNPROCESSABLE');
    await ask('PATCH', `/repos/acme/${repository.name}/git/refs/heads/dekey/two`, { body: { sha: head, force: true } });
    expect(server.journal.violations).toHaveLength(2);
  });

  test('blobs, trees and commits one by one; forks for who may not push', async () => {
    const repository = some((one) => !one.isArchived && one.visibility === 'public');
    const outsider = addToken('outsider', { account: { login: 'carol', id: 102, type: 'User' }, roles: new Map([[fullName(repository), 'read']]) });
    const base = repository.git.commit(headOf(repository));
    expect((await ask('POST', `/repos/acme/${repository.name}/git/refs`, { token: outsider, body: { ref: 'refs/heads/x', sha: base?.oid } })).status).toBe(403);
    expect((await ask('POST', `/repos/acme/${repository.name}/forks`, { token: addToken('forker', { account: { login: 'carol', id: 102, type: 'User' }, roles: new Map(), permissions: { ...WRITE_PERMISSIONS, administration: 'write' } }), body: {} })).status).toBe(202);
    const path = `/repos/carol/${repository.name}`;
    const blob = await ask('POST', `${path}/git/blobs`, { token: outsider, body: { content: 'hello', encoding: 'utf-8' } });
    const tree = await ask('POST', `${path}/git/trees`, { token: outsider, body: { base_tree: base?.tree, tree: [{ path: 'docs/deep/a.txt', mode: '100644', type: 'blob', sha: blob.body.sha }] } });
    const commit = await ask('POST', `${path}/git/commits`, { token: outsider, body: { message: 'm', tree: tree.body.sha, parents: [base?.oid] } });
    expect((await ask('POST', `${path}/git/refs`, { token: outsider, body: { ref: 'refs/heads/dekey/x', sha: commit.body.sha } })).status).toBe(201);
    const pull = await ask('POST', `/repos/acme/${repository.name}/pulls`, { token: outsider, body: { title: 't', head: 'carol:dekey/x', base: repository.defaultBranch } });
    expect([pull.status, pull.body.head.repo.full_name]).toEqual([201, `carol/${repository.name}`]);
    const fork = world.repository('carol', repository.name);
    expect(git(fork?.git.folder ?? '', ['show', 'dekey/x:docs/deep/a.txt'])).toBe('hello');
    expect(git(fork?.git.folder ?? '', ['diff', '--stat', `${base?.oid ?? ''}`, 'dekey/x'])).toContain('1 file changed');
    expect(server.journal.violations).toEqual([]);
  });

  test('what somebody pushed with git is there for the API', async () => {
    const repository = some((one) => !one.isArchived && !one.protections.has('dekey/human'));
    const clone = kit.folder('human');
    git(clone, ['clone', '-q', repository.git.folder, '.']);
    mkdirSync(join(clone, 'more'));
    writeFileSync(join(clone, 'more', 'file'), 'by hand\n');
    git(clone, ['-c', 'user.name=Bob', '-c', 'user.email=bob@example.test', 'checkout', '-q', '-b', 'dekey/human']);
    git(clone, ['add', '.']);
    git(clone, ['-c', 'user.name=Bob', '-c', 'user.email=bob@example.test', 'commit', '-q', '-m', 'Mine']);
    git(clone, ['push', '-q', 'origin', 'dekey/human']);
    const { data } = await graphql(`{ repository(owner: "acme", name: "${repository.name}") { ref(qualifiedName: "refs/heads/dekey/human") { target { ... on Commit { message author { email } signature { isValid } } } } } }`);
    expect(data.repository.ref.target).toMatchObject({ message: 'Mine\n', author: { email: 'bob@example.test' }, signature: null });
  });
});

describe('Apps and faults', () => {
  test('an App signs a token, gets one for its installation, and commits as itself', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    world.apps.set(12, { slug: 'deploy-everything', publicKey: String(publicKey.export({ type: 'spki', format: 'pem' })) });
    const time = Math.floor(Date.now() / 1000);
    const text = [{ alg: 'RS256', typ: 'JWT' }, { iat: time - 30, exp: time + 500, iss: '12' }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const jwt = `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey).toString('base64url')}`;
    const { body: installation } = await ask('GET', '/orgs/acme/installation', { token: jwt });
    const { status, body } = await ask('POST', `/app/installations/${installation.id}/access_tokens`, { token: jwt, body: { permissions: { contents: 'write', metadata: 'read' } } });
    expect([status, body.permissions]).toEqual([201, { contents: 'write', metadata: 'read' }]);
    expect((await ask('GET', `/repos/acme/${some(() => true).name}`, { token: body.token })).status).toBe(200);
    expect((await ask('POST', `/app/installations/${installation.id}/access_tokens`, { token: jwt, body: { permissions: { issues: 'write' } } })).status).toBe(422);
    expect(server.journal.violations).toEqual([]);
  });

  test('a share of requests goes wrong, from a seed; what was done although the answer is lost can be seen', async () => {
    const repository = some(({ isArchived }) => !isArchived);
    server.faults = new Faults({ share: 0.5, seed: 3, inARow: 2, stallMs: 50 });
    let conflicts = 0;
    for (let index = 0; index < 30; index += 1) {
      for (;;) {
        const answer = await ask('POST', `/repos/acme/${repository.name}/git/refs`, { body: { ref: `refs/heads/f/${index}`, sha: headOf(repository) } }).catch(() => undefined);
        if (answer?.status === 422) conflicts += 1;
        if (answer?.status === 201 || answer?.status === 422) break;
      }
    }
    server.faults = undefined;
    expect(conflicts).toBeGreaterThan(2);
    expect(repository.git.refs('refs/heads/f/')).toHaveLength(30);
    server.journal.take();
    await ask('GET', '/user');
    await ask('GET', '/user');
    expect(askedTwice(server.journal.take())).toEqual(['GET /user']);
  });
});

async function entries(gzipped: Buffer): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const tar = extract();
  tar.end(gunzipSync(gzipped));
  for await (const entry of tar) {
    const parts: Buffer[] = [];
    for await (const part of entry as AsyncIterable<Buffer>) parts.push(part);
    const { name, type, mode, linkname } = entry.header;
    found.set(name, `${type} ${type === 'symlink' ? '' : mode} ${linkname ?? ''} ${Buffer.concat(parts).toString('base64')}`);
  }
  return found;
}
