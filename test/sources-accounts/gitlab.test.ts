import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { StoredSecret } from '../../src/model/account.ts';
import { CALLS } from '../../src/sources/gitlab/calls.ts';
import { explainGitlab } from '../../src/sources/gitlab/explain.ts';
import { findPlace } from '../../src/sources/gitlab/host.ts';
import { openGitlab } from '../../src/sources/gitlab/index.ts';
import { contextOf, gapsOf, type ReadSource, readSource, scanRead } from '../e2e/accounts/cluster-scan.ts';
import { proveGitlab } from '../e2e/accounts/gitlab/prove.ts';
import type { FakeGitlabOptions } from '../e2e/accounts/gitlab/server.ts';
import { type GitlabWorld, startGitlabWorld, TOKEN } from '../e2e/accounts/gitlab/world.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function start(options: Partial<FakeGitlabOptions> & { readonly crowd?: number } = {}): Promise<GitlabWorld> {
  const world = await startGitlabWorld(options);
  stops.push(world.stop);
  return world;
}

async function read(world: GitlabWorld, rest = 'acme'): Promise<ReadSource> {
  const given = await readSource(openGitlab, rest, contextOf({ env: world.env, firstId: 2 }));
  expect(world.gitlab.violations).toEqual([]);
  return given;
}

/** Rows of a target by name: `NAME scope environment`, sorted. */
function rowsOf({ accounts }: ReadSource, target: string): readonly string[] {
  const row = ({ name, scope, environment }: StoredSecret): string => [name, scope, ...(environment === undefined ? [] : [environment])].join(' ');
  return accounts.stored.filter((one) => one.target === target).map(row).toSorted();
}

const INSTANCE_GAP = 'variables of the instance, which an administrator alone may list';

describe('gitlab: what is read', () => {
  it('finds every value, every variable and every job that uses one, in a group of many pages', async () => {
    expect((await proveGitlab(110)).failures).toEqual([]);
  });

  it('gives groups and projects as targets, with their facts', async () => {
    const world = await start();
    const given = await read(world);
    const prefix = `gitlab:${world.gitlab.origin}/`;
    expect(given.targets.map(({ id, name }) => [id, name.replace(prefix, '')])).toEqual([['t2', 'acme'], ['t3', 'acme/ml'], ['t4', 'acme/web'], ['t5', 'acme/empty'], ['t6', 'acme/ml/train'], ['t7', 'acme/web/templates']]);
    const { host } = new URL(world.gitlab.origin);
    expect(given.targets[1]?.facts).toEqual({ group: 'true', path: `${host}/acme/ml`, groupId: '2', visibility: 'private' });
    expect(given.targets[4]?.facts).toEqual({ remote: `${host}/acme/ml/train`, projectId: '11', namespaceId: '2', branch: 'main', visibility: 'internal', subjectClaims: 'project_id,ref_type,ref', tree: 'workflows' });
    expect(gapsOf(given)).toEqual([INSTANCE_GAP]);
    expect(given.targets.some(({ name }) => name.includes('other'))).toBe(false);
  });

  it('lists variables with their reach; hidden ones have no value, and a nearer one takes the place of one further up', async () => {
    const given = await read(await start());
    expect(rowsOf(given, 't2')).toEqual(['GROQ_API_KEY organization production', 'OPENAI_API_KEY organization']);
    expect(rowsOf(given, 't6')).toEqual(['ANTHROPIC_API_KEY environment review/*', 'GROQ_API_KEY repository', 'SETTINGS repository', 'WANDB_API_KEY repository']);
    const { stored } = given.accounts;
    expect(stored.find(({ target, name }) => target === 't2' && name === 'OPENAI_API_KEY')?.readers).toEqual(['t5', 't7']);
    expect(stored.find(({ target, name }) => target === 't3' && name === 'OPENAI_API_KEY')?.readers).toEqual(['t6']);
    expect(stored.find(({ target, name }) => target === 't2' && name === 'GROQ_API_KEY')?.readers).toEqual(['t5', 't6', 't7']);
    expect(given.targets[4]?.texts.some(({ text }) => text.includes('WANDB_API_KEY='))).toBe(false);
  });

  it('reads included files of the project and of others, under names that tell where they are', async () => {
    const { targets } = await read(await start());
    const paths = targets[4]?.texts.map(({ path }) => path) ?? [];
    expect(paths.filter((path) => path.endsWith('yml'))).toEqual(['.gitlab-ci.yml', 'ci/build.yml/build.gitlab-ci.yml', 'ci/jobs/extra.yml/extra.gitlab-ci.yml', 'acme/web/templates/ai.yml/ai.gitlab-ci.yml', 'acme/web/templates/more.yml/more.gitlab-ci.yml']);
  });

  it('says which includes are not seen, and does not take the pipeline for whole then', async () => {
    const files = { '.gitlab-ci.yml': 'include:\n  - https://example.test/a.yml\n  - component: gitlab.example.test/c/run@1\n  - local: $FILE\n  - missing.yml\njob:\n  script: [run]\n' };
    const given = await read(await start({ groups: [{ id: 1, full_path: 'acme' }], projects: [{ id: 5, path: 'acme/app', files }] }));
    expect(gapsOf(given)).toEqual(['included addresses, whose jobs are not seen: https://example.test/a.yml', 'included components, whose jobs are not seen: gitlab.example.test/c/run@1', 'included files that a variable names, whose jobs are not seen: $FILE', 'included files that are not there: missing.yml', INSTANCE_GAP]);
    expect(given.targets[1]?.facts['tree']).toBe('partial');
  });

  it('reads pipelines that a job starts from files, whose jobs use keys as well', async () => {
    const job = (name: string): string => `${name}:\n  script: [curl -H "Authorization: Bearer $OPENAI_API_KEY" https://api.openai.com/v1/models]\n`;
    const files = {
      '.gitlab-ci.yml': 'start:\n  trigger:\n    include: ci/child.yml\nsecond:\n  trigger:\n    include:\n      - local: ci/other.yml\n      - artifact: made.yml\n        job: make\nelsewhere:\n  trigger: acme/web\n',
      'ci/child.yml': job('inner'),
      'ci/other.yml': job('outer'),
    };
    const given = await read(await start({ groups: [{ id: 1, full_path: 'acme' }], projects: [{ id: 5, path: 'acme/app', files, variables: [{ key: 'OPENAI_API_KEY', value: 'x' }] }] }));
    expect(given.targets[1]?.texts.map(({ path }) => path).filter((path) => path.endsWith('.yml'))).toEqual(['.gitlab-ci.yml', 'ci/child.yml/child.gitlab-ci.yml', 'ci/other.yml/other.gitlab-ci.yml']);
    expect(gapsOf(given)).toContain('included files that a job makes, whose jobs are not seen: made.yml');
    const { workloads, credentials } = await scanRead(given);
    expect(workloads.map(({ name }) => name).toSorted()).toEqual(['child.gitlab-ci.yml › inner', 'other.gitlab-ci.yml › outer']);
    expect(credentials.find(({ names }) => names.includes('OPENAI_API_KEY'))?.workloads).toHaveLength(2);
  });

  it('survives a pipeline that is no YAML, and includes that go in a circle', async () => {
    const world = await start({ groups: [{ id: 1, full_path: 'acme' }], projects: [{ id: 5, path: 'acme/app', files: { '.gitlab-ci.yml': 'include: a.yml', 'a.yml': 'include: .gitlab-ci.yml' } }, { id: 6, path: 'acme/bad', files: { '.gitlab-ci.yml': '{ [ &a *a' } }] });
    const given = await read(world);
    expect(given.targets.map(({ texts }) => texts.length)).toEqual([0, 2, 1]);
    await scanRead(given);
  });

  it('reads variables of the instance for an administrator', async () => {
    const given = await read(await start({ isAdmin: true, instance: [{ key: 'MISTRAL_API_KEY', value: 'x' }] }));
    expect(rowsOf(given, 't2')).toEqual(['MISTRAL_API_KEY organization']);
    expect(given.targets[0]?.facts['instance']).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(given.accounts.stored[0]?.readers).toHaveLength(3);
    expect(Object.keys(given.accounts.readWhole)).toHaveLength(6);
  });

  it.each(['none', 'inner', 'nothing'] as const)('follows pages behind a proxy whose links are %s', async (links) => {
    const world = await start({ links, crowd: 11, isAdmin: true });
    const given = await read(world);
    expect(given.accounts.stored.filter(({ name }) => name.startsWith('SETTING_'))).toHaveLength(240);
  });

  it('reads one project with what it inherits', async () => {
    const given = await read(await start(), 'acme/ml/train');
    expect(given.targets.map(({ facts }) => facts['remote']?.split('/').slice(1).join('/') ?? facts['path']?.split('/').slice(1).join('/'))).toEqual(['acme', 'acme/ml', 'acme/ml/train']);
    expect(given.accounts.stored.find(({ target, name }) => target === 't2' && name === 'OPENAI_API_KEY')?.readers).toEqual([]);
    expect(given.accounts.stored.find(({ target, name }) => target === 't3' && name === 'OPENAI_API_KEY')?.readers).toEqual(['t4']);
    // Not all projects of the groups above were read, and variables of the instance were not.
    expect(given.accounts.readWhole).toEqual({});
  });
});

describe('gitlab: what may not be read', () => {
  it('names each right that is missing, and takes nothing for whole that is not', async () => {
    const refuse = { '/groups/1/variables': 403, '/projects/11/variables': 403, '/projects/12/pipeline_schedules': 403, '/projects/12/repository/files/ai.yml': 404, '/projects/11/repository/tree': 403 };
    const given = await read(await start({ refuse, isAdmin: true }));
    expect(gapsOf(given)).toEqual([
      '!names of files, where an include has a wildcard: not readable (403, needs Reporter in the project)',
      '!schedules of pipelines: not readable (403, needs Developer in the project)',
      '!the pipeline, .gitlab-ci.yml and what it includes: not readable (404, needs Reporter in the project): acme/web/templates: ai.yml',
      '!variables of the group: not readable (403, needs Owner of the group)',
      '!variables of the project: not readable (403, needs Maintainer of the project)',
    ]);
    expect(given.targets.find(({ facts }) => facts['projectId'] === '11')?.facts['tree']).toBe('partial');
    // Whatever is below a group whose variables were refused may have one more.
    expect(given.accounts.readWhole).toEqual({ t4: ['gitlab-ci'], t5: ['gitlab-ci'] });
  });

  it('tells a file that is not there from one that may not be read', async () => {
    const given = await read(await start({ refuse: { '/projects/11/repository/files/.gitlab-ci.yml': 404 } }));
    expect(gapsOf(given)).toContain('!the pipeline, .gitlab-ci.yml and what it includes: not readable (404, needs Reporter in the project): .gitlab-ci.yml');
  });

  it('names a project that is included and may not be seen, once for each that includes it', async () => {
    const files = { '.gitlab-ci.yml': 'include:\n  - project: secret/templates\n    file: a.yml\n' };
    const world = await start({ groups: [{ id: 1, full_path: 'acme' }], projects: [{ id: 5, path: 'acme/a', files }, { id: 6, path: 'acme/b', files }, { id: 7, path: 'acme/c', files: {}, more: { ci_config_path: 'ci.yml@secret/templates' } }] });
    const given = await read(world);
    expect(given.targets.slice(1).map(({ facts, skipped }) => [facts['tree'], ...skipped.map(({ reason, examples }) => `${reason}: ${examples.join(', ')}`)])).toEqual(Array.from({ length: 3 }, () => ['partial', 'the project, or one that it includes: not readable (404, needs Guest in the project): secret/templates']));
    expect(world.gitlab.seen.filter((request) => request.includes('secret'))).toHaveLength(1);
  });

  it('notes schedules whose variables are not shown', async () => {
    const given = await read(await start({ groups: [{ id: 1, full_path: 'acme' }], projects: [{ id: 5, path: 'acme/app', schedules: [{ id: 3 }] }] }));
    expect(gapsOf(given)).toContain('!variables of a schedule: not readable (403, needs Owner of the schedule, or Maintainer of the project): 3');
  });

  it('does not take lists that were refused, or that are none, for empty', async () => {
    const refused = await read(await start({ refuse: { '/groups/1/projects': 403, '/groups/1/descendant_groups': 403 }, isAdmin: true }));
    expect(gapsOf(refused)).toEqual(['!projects of the group and its subgroups: not readable (403, needs Guest in the group)', '!subgroups: not readable (403, needs Guest in the group)']);
    expect(refused.accounts.readWhole).toEqual({});
    const odd = await start({
      intercept: (request, response) => {
        if (!(request.url ?? '').includes('/groups/1/variables')) return false;
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
        return true;
      },
    });
    expect(gapsOf(await read(odd))).toContain('!variables of the group: not readable (the answer is no list)');
  });

  it('names groups above that may not be seen', async () => {
    const given = await read(await start({ refuse: { '/groups/acme': 403 }, isAdmin: true }), 'acme/ml');
    expect(gapsOf(given)).toEqual(['!the group, and those above it: not readable (403, needs Guest in the group): acme']);
    expect(Object.keys(given.accounts.readWhole)).toEqual(['t3']);
  });
});

describe('gitlab: the way in', () => {
  it('says what to do without a login, with a dead one, and for what is not there', async () => {
    const world = await start();
    await expect(openGitlab('acme', contextOf({}))).rejects.toMatchObject({ name: 'TargetError', message: 'there is no login for gitlab.com', fix: expect.stringContaining('GITLAB_TOKEN') });
    await expect(openGitlab('', contextOf({ env: world.env }))).rejects.toMatchObject({ name: 'UsageError' });
    await expect(openGitlab('a b/../c', contextOf({ env: world.env }))).rejects.toMatchObject({ name: 'UsageError' });
    await expect(openGitlab('acme', contextOf({ env: { ...world.env, GITLAB_TOKEN: 'other' } }))).rejects.toMatchObject({ name: 'TargetError', message: expect.stringMatching(/does not know this login \(401\)$/) });
    await expect(openGitlab('nobody', contextOf({ env: world.env }))).rejects.toMatchObject({ name: 'TargetError', message: expect.stringContaining('shows no group or project nobody') });
    await expect(openGitlab('acme', contextOf({ env: { GITLAB_TOKEN: TOKEN, GITLAB_HOST: 'http://192.0.2.1' } }))).rejects.toMatchObject({ name: 'TargetError' });
  });

  it('finds the host in the target, in the environment, and the token for it', () => {
    const home = mkdtempSync(join(tmpdir(), 'dekey-glab-'));
    stops.push(() => rmSync(home, { recursive: true, force: true }));
    mkdirSync(join(home, '.config/glab-cli'), { recursive: true });
    writeFileSync(join(home, '.config/glab-cli/config.yml'), 'hosts:\n  git.example.test:\n    token: !!null kept\n  gitlab.com:\n    token: kept-com\n');
    const find = (rest: string, env: Readonly<Record<string, string>>) => findPlace(rest, contextOf({ home, env }));
    expect(find('acme/ml', {})).toEqual({ base: 'https://gitlab.com', host: 'gitlab.com', path: 'acme/ml', token: 'kept-com' });
    expect(find('acme', { GITLAB_TOKEN: 'given' }).token).toBe('given');
    expect(find('https://gitlab.com/acme/app.git', { GITLAB_TOKEN: 'x', GITLAB_HOST: 'git.other.test' })).toMatchObject({ host: 'gitlab.com', path: 'acme/app', token: 'kept-com' });
    expect(find('https://git.other.test/sub/acme', { GITLAB_TOKEN: 'x', CI_SERVER_URL: 'https://git.other.test/sub' })).toMatchObject({ base: 'https://git.other.test/sub', path: 'acme', token: 'x' });
    expect(() => find('https://ann:pw@git.other.test/acme', { GITLAB_TOKEN: 'x' })).toThrow(/holds a login/);
    // A token goes to the host it is for, and to no other that a target names.
    expect(() => find('https://git.third.test/acme', { GITLAB_TOKEN: 'x', GITLAB_HOST: 'git.other.test' })).toThrow('there is no login for git.third.test');
    expect(find('https://git.third.test/acme', { GITLAB_TOKEN: 'x' })).toMatchObject({ host: 'git.third.test', token: 'x' });
    expect(() => find('https://git.third.test/%E0%A4%A', { GITLAB_TOKEN: 'x' })).toThrow(/is no address/);
  });

  it('explains every call that it makes', async () => {
    const world = await start({ isAdmin: true });
    await read(world, 'acme');
    await read(world, 'acme/ml/train');
    expect(explainGitlab.calls).toEqual(Object.values(CALLS));
    const patterns = explainGitlab.calls.map(({ call }) => new RegExp(`^${call.replace('GET ', 'GET /api/v4').replaceAll(/:path$/g, '.+').replaceAll(/:\w+/g, '[^/]+')}(?:\\?.*)?$`));
    expect(world.gitlab.seen.filter((request) => !patterns.some((pattern) => pattern.test(request)))).toEqual([]);
  });
});
