import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openGithubSource, type TargetRead } from '../../src/sources/github/index.ts';
import { json, type Loopback, temporaryFolder, TOKEN } from '../github/loopback.ts';
import { type FakeRepository, HEAD, startFake } from './fake.ts';

const WORKFLOW = 'on: push\njobs: {}\n';
const APP: FakeRepository = {
  name: 'app',
  id: 1,
  files: { '.github/workflows/ci.yml': WORKFLOW, 'src/a.ts': 'export {};\n' },
  node: { environments: { totalCount: 1 }, deployKeys: { totalCount: 1, nodes: [{ title: 'ci', readOnly: false, enabled: true, createdAt: '2024-01-01T00:00:00Z' }] } },
  rest: {
    '/actions/secrets': { total_count: 1, secrets: [{ name: 'OPENAI_API_KEY', created_at: '2023-01-01T00:00:00Z', updated_at: '2024-01-01T00:00:00Z' }] },
    '/actions/variables': { total_count: 1, variables: [{ name: 'MODEL', value: 'gpt', created_at: '2023-01-01T00:00:00Z', updated_at: '2024-01-01T00:00:00Z' }] },
    '/environments': { total_count: 1, environments: [{ name: 'prod/eu', protection_rules: [{ type: 'required_reviewers', reviewers: [{}, {}] }, { type: 'wait_timer', wait_timer: 30 }], deployment_branch_policy: { protected_branches: true, custom_branch_policies: false } }] },
    '/environments/prod%2Feu/secrets': { total_count: 1, secrets: [{ name: 'ANTHROPIC_API_KEY', created_at: '2023-01-01T00:00:00Z', updated_at: '2024-01-01T00:00:00Z' }] },
  },
};
const LIB: FakeRepository = { name: 'lib', id: 2, files: { 'README.md': '# lib\n' } };
const OLD: FakeRepository = { name: 'old', id: 3, files: { '.github/workflows/ci.yml': WORKFLOW }, node: { isArchived: true, visibility: 'PUBLIC' } };
const EMPTY: FakeRepository = { name: 'empty', id: 4 };

async function read(server: Loopback, target = 'github:acme', { cache = join(temporaryFolder(), 'cache'), quick = false } = {}) {
  const notes: string[] = [];
  const source = await openGithubSource(target, 0, new Set(), { quick, api: server.origin, env: { GITHUB_TOKEN: TOKEN, DEKEY_CACHE_DIR: cache }, version: '0.0.0', note: (line) => notes.push(line) }, () => undefined);
  const targets: TargetRead[] = [];
  for await (const one of source.read()) targets.push(one);
  await source.finish();
  const by = (name: string): TargetRead => {
    const found = targets.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };
  return { targets, by, accounts: source.accounts(), notes, cache };
}

const pathsOf = ({ seen }: Loopback): readonly string[] => seen.filter(({ url }) => url !== '/graphql').map(({ url }) => url.split('?')[0] ?? '').toSorted();

describe('an organisation', () => {
  it('gives the organisation and its repositories, in order, with their files and stores', async () => {
    const server = await startFake({
      repositories: [LIB, APP, OLD, EMPTY],
      organization: {
        '/actions/secrets': { total_count: 2, secrets: [{ name: 'SHARED_KEY', created_at: '2022-01-01T00:00:00Z', updated_at: '2022-06-01T00:00:00Z', visibility: 'private' }, { name: 'SOME_KEY', created_at: '2022-01-01T00:00:00Z', updated_at: '2022-06-01T00:00:00Z', visibility: 'selected', selected_repositories_url: '' }] },
        '/actions/secrets/SOME_KEY/repositories': { total_count: 1, repositories: [{ id: 2 }] },
        '/installations': { total_count: 1, installations: [{ app_slug: 'deployer', app_id: 7, repository_selection: 'all', permissions: { secrets: 'write', contents: 'read' } }] },
        '/actions/runners': { total_count: 1, runners: [{ name: 'big', os: 'linux', labels: [{ name: 'self-hosted' }], ephemeral: true }] },
      },
    });
    const { targets, by, accounts, notes } = await read(server);
    expect(targets.map(({ id, kind, name }) => [id, kind, name])).toEqual([
      ['t0', 'github-organization', 'github:acme'],
      ['t1', 'github', 'github:acme/app'],
      ['t2', 'github', 'github:acme/empty'],
      ['t3', 'github', 'github:acme/lib'],
      ['t4', 'github', 'github:acme/old'],
    ]);
    expect(targets.flatMap(({ skipped }) => skipped)).toEqual([]);
    expect(by('github:acme/app').facts).toEqual({ remote: 'github.com/acme/app', branch: 'main', head: HEAD, visibility: 'private', repositoryId: '1', ownerId: '1029384', subjectPrefix: 'repo:acme@1029384/app@1', tree: 'whole' });
    expect(by('github:acme/old').facts).toMatchObject({ archived: 'true', visibility: 'public' });
    expect(by('github:acme/empty')).toMatchObject({ facts: { tree: 'whole' }, texts: [] });
    const { root = '', texts } = by('github:acme/app');
    expect(readFileSync(join(root, '.github/workflows/ci.yml'), 'utf8')).toBe(WORKFLOW);
    expect(texts).toEqual([{ path: 'settings/variables/actions/MODEL', text: 'MODEL=gpt\n' }]);

    expect(accounts.stored).toEqual([
      { target: 't0', store: 'github-actions', scope: 'organization', name: 'SHARED_KEY', created: '2022-01-01T00:00:00Z', updated: '2022-06-01T00:00:00Z', visibility: 'private', readers: ['t1', 't2', 't3'] },
      { target: 't0', store: 'github-actions', scope: 'organization', name: 'SOME_KEY', created: '2022-01-01T00:00:00Z', updated: '2022-06-01T00:00:00Z', visibility: 'selected', readers: ['t3'] },
      { target: 't1', store: 'github-actions', scope: 'environment', environment: 'prod/eu', name: 'ANTHROPIC_API_KEY', created: '2023-01-01T00:00:00Z', updated: '2024-01-01T00:00:00Z', readers: ['t1'] },
      { target: 't1', store: 'github-actions', scope: 'repository', name: 'OPENAI_API_KEY', created: '2023-01-01T00:00:00Z', updated: '2024-01-01T00:00:00Z', readers: ['t1'] },
    ]);
    expect(accounts.settings.filter(({ target }) => target === 't0').map(({ kind, name, facts }) => [kind, name, facts])).toEqual([
      ['app-installation', 'deployer', { permissions: 'contents:read,secrets:write', repositories: 'all' }],
      ['runner', 'big', { selfHosted: 'true', os: 'linux', labels: 'self-hosted', ephemeral: 'true' }],
      ['actions', 'policy', { repositories: 'all', allowed: 'all', pinned: 'false' }],
      ['workflow-token', 'GITHUB_TOKEN', { default: 'read', canApprove: 'false' }],
      ['oidc-subject', 'sub', { useDefault: 'true', immutable: 'true', prefix: 'repo:acme@1029384/app@1' }],
    ]);
    expect(accounts.settings.filter(({ target }) => target === 't1').map(({ kind, name, facts }) => [kind, name, facts])).toEqual([
      ['branch-protection', 'main', { protected: 'false', default: 'true' }],
      ['deploy-key', 'ci', { readOnly: 'false', enabled: 'true', created: '2024-01-01T00:00:00Z' }],
      ['environment', 'prod/eu', { reviewers: '2', branches: 'protected', waitMinutes: '30' }],
      ['oidc-subject', 'sub', { useDefault: 'true', immutable: 'true', prefix: 'repo:acme@1029384/app@1' }],
      ['workflow-token', 'GITHUB_TOKEN', { default: 'read', canApprove: 'false' }],
    ]);
    const all = ['github-actions', 'github-agents', 'github-codespaces', 'github-dependabot'];
    expect({ ...accounts.readWhole, t0: accounts.readWhole['t0']?.toSorted() }).toEqual({ t0: all, t1: all, t2: all, t3: all, t4: ['github-actions'] });
    expect(notes[0]).toBe('GitHub: acme at github.com, as octocat: 4 repositories (1 archived)');
    expect(notes[1]).toMatch(/^Requests: about \d+ \(organization-secrets 4, /);
    expect(notes.at(-1)).toMatch(/^GitHub: \d+ requests sent \(.*trees 3.*\), 0 unchanged, 0 repeated$/);
  });

  it('asks for nothing twice, and not for what a repository cannot have', async () => {
    const server = await startFake({ repositories: [LIB, APP, OLD, EMPTY] });
    await read(server);
    const paths = pathsOf(server);
    expect(new Set(paths).size).toBe(paths.length);
    const of = (name: string): readonly string[] => paths.filter((path) => path.startsWith(`/repos/acme/${name}/`)).map((path) => path.slice(`/repos/acme/${name}`.length));
    expect(of('old')).toEqual(['/actions/secrets', '/actions/variables', `/tarball/${HEAD}`]);
    expect(of('lib')).toEqual(['/actions/secrets', '/actions/variables', '/agents/secrets', '/codespaces/secrets', '/dependabot/secrets', `/tarball/${HEAD}`]);
    expect(of('empty')).toHaveLength(5);
    expect(of('app').filter((path) => !path.startsWith('/environments/'))).toHaveLength(9);
    expect(of('app').filter((path) => path.startsWith('/environments/'))).toEqual(['/environments/prod%2Feu/secrets']);
  });

  it('with --quick asks two a repository, and takes the workflow files from the list', async () => {
    const server = await startFake({ repositories: [LIB, APP] });
    const { by, accounts } = await read(server, 'github:acme', { quick: true });
    expect(pathsOf(server)).toEqual(['/orgs/acme/actions/secrets', '/orgs/acme/agents/secrets', '/repos/acme/app/actions/secrets', '/repos/acme/app/agents/secrets', '/repos/acme/lib/actions/secrets', '/repos/acme/lib/agents/secrets']);
    const { root = '', facts } = by('github:acme/app');
    expect(facts['tree']).toBe('workflows');
    expect(readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted()).toEqual(['.github', '.github/workflows', '.github/workflows/ci.yml']);
    // The secrets of its environment were not listed, so a name that is missing may stand there.
    expect(accounts.readWhole).toMatchObject({ t1: ['github-agents'], t2: ['github-actions', 'github-agents'] });
  });

  it('a second run asks only whether something changed, and fetches no tree', async () => {
    const server = await startFake({ repositories: [LIB, APP] });
    const first = await read(server);
    server.seen.length = 0;
    const second = await read(server, 'github:acme', { cache: first.cache });
    expect(second.targets).toEqual(first.targets.map((one) => ({ ...one, ...(one.clone === undefined ? {} : { clone: expect.any(Function) }) })));
    expect(second.accounts).toEqual(first.accounts);
    const rest = server.seen.filter(({ url }) => url !== '/graphql');
    expect(rest.every(({ headers }) => headers['if-none-match'] !== undefined)).toBe(true);
    expect(rest.some(({ url }) => url.includes('/tarball/'))).toBe(false);
    expect(second.notes.at(-1)).toMatch(new RegExp(`, ${rest.length} unchanged, 0 repeated$`));
    for (const file of readdirSync(first.cache, { recursive: true, withFileTypes: true })) expect(statSync(join(file.parentPath, file.name)).mode & 0o077).toBe(0);
  });
});

describe('what cannot be read', () => {
  it('is named with the permission, and stops nothing', async () => {
    const server = await startFake({
      repositories: [{ ...APP, rest: { ...APP.rest, '/actions/secrets': 403, '/environments/prod%2Feu/secrets': 404 } }, LIB],
      organization: { '/dependabot/secrets': 403, '/installations': 404 },
      intercept: ({ url }, response) => {
        if (!url.startsWith(`/repos/acme/lib/tarball/`)) return false;
        json(response, 451, { message: 'Repository access blocked' });
        return true;
      },
    });
    const { by, accounts } = await read(server);
    expect(by('github:acme').skipped.map(({ reason }) => reason)).toEqual(['Dependabot secrets of the organisation: not readable (403, needs some_permission=read)', 'installed Apps: not readable (404, needs some_permission=read)']);
    expect(by('github:acme/app').skipped.map(({ reason, examples, incomplete }) => [reason, examples, incomplete] as const).toSorted(([a], [b]) => (a < b ? -1 : 1))).toEqual([
      ['Actions secrets: not readable (403, needs some_permission=read)', [], true],
      ['secrets of an environment: not readable (404, needs some_permission=read)', ['prod/eu'], true],
    ]);
    expect(by('github:acme/lib')).toMatchObject({ facts: { tree: 'none' }, skipped: [{ reason: 'files of the default branch: not readable (451, blocked for legal reasons)', incomplete: true }] });
    expect(accounts.readWhole['t0']).not.toContain('github-dependabot');
    expect(accounts.readWhole['t1']).not.toContain('github-actions');
  });

  it('single sign-on is said to be what is missing', async () => {
    const server = await startFake({
      repositories: [LIB],
      intercept: ({ url }, response) => {
        if (!url.startsWith('/orgs/')) return false;
        json(response, 403, { message: 'Resource protected by organization SAML enforcement.' }, { 'x-github-sso': 'required; url=https://github.com/orgs/acme/sso' });
        return true;
      },
    });
    const { by } = await read(server);
    expect(by('github:acme').skipped[0]?.reason).toBe('Actions secrets of the organisation: not readable (403, the token has no single sign-on session of the organisation)');
  });

  it('a repository that the list counts and does not show is counted', async () => {
    const server = await startFake({ repositories: [LIB, { name: '../evil', id: 9 }], errors: [{ type: 'FORBIDDEN', message: 'no', path: ['repositoryOwner', 'repositories', 'nodes', 1] }] });
    const { targets, by } = await read(server);
    expect(targets).toHaveLength(2);
    expect(by('github:acme').skipped).toMatchObject([{ reason: 'list of repositories: one is not shown (FORBIDDEN)', incomplete: true }]);
  });

  it('a damaged archive is one repository\'s matter', async () => {
    const server = await startFake({
      repositories: [APP, LIB],
      intercept: ({ url }, response) => {
        if (!url.startsWith('/repos/acme/app/tarball/')) return false;
        response.writeHead(200).end(Buffer.from('H4sIAAAAAAAAA6uoGAVDHQAAo+ujYAAIAAA=', 'base64'));
        return true;
      },
    });
    const { by, cache } = await read(server);
    expect(by('github:acme/app').facts['tree']).toBe('none');
    expect(by('github:acme/app').skipped[0]).toMatchObject({ incomplete: true });
    expect(by('github:acme/lib').facts['tree']).toBe('whole');
    expect(readdirSync(cache, { recursive: true, encoding: 'utf8' }).some((name) => name.includes('part-'))).toBe(false);
  });
});

describe('one repository', () => {
  it('is asked which Actions secrets its organisation shares with it', async () => {
    const server = await startFake({ repositories: [{ ...APP, rest: { ...APP.rest, '/actions/organization-secrets': { total_count: 1, secrets: [{ name: 'SHARED_KEY', created_at: '2022-01-01T00:00:00Z', updated_at: '2022-06-01T00:00:00Z' }] } } }] });
    const { targets, accounts } = await read(server, 'github:acme/app');
    expect(targets.map(({ name }) => name)).toEqual(['github:acme/app']);
    expect(accounts.stored).toContainEqual({ target: 't0', store: 'github-actions', scope: 'organization', name: 'SHARED_KEY', created: '2022-01-01T00:00:00Z', updated: '2022-06-01T00:00:00Z', readers: ['t0'] });
    expect(accounts.readWhole).toEqual({ t0: ['github-actions'] });
    expect(pathsOf(server).some((path) => path.startsWith('/orgs/'))).toBe(false);
  });

  it('that is not there is an error that says so', async () => {
    const server = await startFake({ repositories: [] });
    await expect(read(server, 'github:acme/none')).rejects.toThrow('github.com shows no acme/none to octocat');
  });

  it('workflows that attributes change or leave out are asked for by id', async () => {
    const server = await startFake({
      repositories: [{ ...LIB, node: { workflows: { entries: [{ name: 'ci.yml', type: 'blob', oid: 'a'.repeat(40) }] } } }],
      intercept: ({ url, body }, response) => {
        if (url !== '/graphql' || !body.includes('object(oid:')) return false;
        json(response, 200, { data: { repository: { f0: { isBinary: false, isTruncated: false, text: WORKFLOW } } } });
        return true;
      },
    });
    const { by } = await read(server, 'github:acme/lib');
    const { root = '', skipped, facts } = by('github:acme/lib');
    expect(skipped).toEqual([]);
    expect(facts['tree']).toBe('whole');
    expect(existsSync(join(root, '.github/workflows/ci.yml'))).toBe(true);
  });
});
