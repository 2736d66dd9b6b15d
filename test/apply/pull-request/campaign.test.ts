import { readFileSync, rmSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { renderCampaignJson } from '../../../src/report/campaign-json.ts';
import { Kit, requireBuild } from '../../e2e/kit.ts';
import { CI, GithubKit, outcomes, PERMISSIONS, workflow } from './github-kit.ts';

const kit = new Kit(501);
beforeAll(requireBuild);
afterAll(() => kit.remove());

let github: GithubKit;
async function start(...args: ConstructorParameters<typeof GithubKit> extends [unknown, ...infer R] ? R : never): Promise<GithubKit> {
  github = new GithubKit(kit, ...args);
  await github.server.start();
  return github;
}
afterEach(async () => {
  await github.server.stop();
  // Whatever a test is about, no request of it may be one that GitHub does not know.
  expect(github.violations).toEqual([]);
});

describe('pull requests', { timeout: 60_000 }, () => {
  test('a dry run makes nothing and shows all; a run makes one branch, one commit, one draft; the next one nothing', async () => {
    const g = await start();
    g.add('app', { [CI]: workflow(), 'README.md': '# App\n', '.github/CODEOWNERS': '* @bob\n.github/ @ada @acme/ci\n' });
    g.plan(['app']);
    const dry = await g.publish();
    expect(outcomes(dry)).toEqual(['acme/app created']);
    expect(dry.items[0]?.wanted?.files[0]?.hunks.length).toBe(1);
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync('schema/campaign.schema.json', 'utf8')));
    expect([validate(JSON.parse(renderCampaignJson(dry))), validate.errors]).toEqual([true, null]);
    expect(g.branches('app')).toEqual([]);
    expect(g.pulls('app')).toEqual([]);

    const made = await g.publish({ write: true, label: ['security'] });
    expect(outcomes(made)).toEqual(['acme/app created']);
    const [pull] = g.pulls('app');
    expect(pull).toMatchObject({ state: 'open', isDraft: true, base: 'main', title: 'ci: use workload identity federation for Anthropic in 1 workflow', labels: ['security'], reviewers: ['ada'], teams: ['ci'] });
    const branch = pull?.head ?? '';
    expect(g.branches('app')).toEqual([branch]);
    expect(branch).toMatch(/^dekey\/wif-[0-9a-f]{8}$/);
    expect(g.commits(g.repository('app').git, branch)).toBe(2);
    const files = g.files('app', branch);
    expect(files[CI]).toContain('anthropic_federation_rule_id');
    expect({ ...files, [CI]: '' }).toEqual({ ...g.files('app', 'main'), [CI]: '' });
    expect(pull?.body).toBe(made.items[0]?.wanted?.body);

    expect(outcomes(await g.publish({ write: true, label: ['security'] }))).toEqual(['acme/app unchanged']);
    expect(g.pulls('app').length).toBe(1);
    expect(g.commits(g.repository('app').git, branch)).toBe(2);
  });

  test('a person’s push is left alone; so is a pull request that a person closed; one that was merged is done', async () => {
    const g = await start();
    for (const name of ['closed', 'merged', 'pushed']) g.add(name, { [CI]: workflow() });
    g.plan(['closed', 'merged', 'pushed']);
    await g.publish({ write: true });
    const [closed, merged, pushed] = ['closed', 'merged', 'pushed'].map((name) => g.pulls(name)[0]);
    if (closed === undefined || merged === undefined || pushed === undefined) throw new Error('three pull requests were to be made');
    closed.state = 'closed';
    closed.closed = '2026-11-20T10:00:00Z';
    g.merge('merged', merged);
    const own = g.push('pushed', pushed.head, { 'README.md': 'Mine\n' });
    const again = await g.publish({ write: true });
    expect(outcomes(again)).toEqual(['acme/closed left: A person closed #1.', 'acme/merged merged', `acme/pushed left: A person pushed to the branch (${own.slice(0, 7)}).`]);
    expect(g.repository('pushed').git.ref(`refs/heads/${pushed.head}`)).toBe(own);
    expect(again.progress).toEqual({ repositories: 3, merged: 1, open: 1 });
    expect(outcomes(await g.campaign('status'))).toEqual(['acme/closed left: A person closed it.', 'acme/merged merged', `acme/pushed left: A person pushed to the branch (${own.slice(0, 7)}).`]);
    expect(outcomes(await g.campaign('close', { write: true }))[2]).toContain('left');
    expect(g.repository('pushed').git.ref(`refs/heads/${pushed.head}`)).toBe(own);
  });

  test('planned anew, it is updated in place by one commit on top; when nothing is left, closed with a word, and its branch goes', async () => {
    const g = await start();
    g.add('app', { [CI]: workflow(), '.github/workflows/b.yml': workflow('b') });
    g.plan(['app']);
    await g.publish({ write: true });
    const [pull] = g.pulls('app');
    const branch = pull?.head ?? '';
    if (pull === undefined) throw new Error('no pull request');
    pull.body = pull.body.replace('- [ ] One green run', '- [x] One green run');
    // A person does one of the two by hand, and changes the other.
    const changed = { [CI]: workflow('evals', 'prompt: Run other evals'), '.github/workflows/b.yml': 'on: { push: { branches: [main] } }\njobs: {}\n' };
    g.push('app', 'main', changed);
    expect(outcomes(await g.publish({ write: true }))).toEqual([`acme/app refused: Changed since the plan: ${CI}. #1 stays as it is.`]);
    g.kit.write(`${g.folder}/app`, changed);
    g.plan(['app']);
    expect(outcomes(await g.publish({ write: true }))).toEqual(['acme/app updated']);
    expect(g.commits(g.repository('app').git, branch)).toBe(3);
    const files = g.files('app', branch);
    expect(files[CI]).toContain('Run other evals');
    expect(files[CI]).toContain('anthropic_federation_rule_id');
    // What is no longer to be changed is as it was where the branch began.
    expect(files['.github/workflows/b.yml']).toBe(workflow('b'));
    expect(g.pulls('app')[0]?.body).toContain('- [x] One green run');
    expect(outcomes(await g.publish({ write: true }))).toEqual(['acme/app unchanged']);

    g.push('app', 'main', { [CI]: 'on: { push: { branches: [main] } }\njobs: {}\n' });
    const done = await g.publish({ write: true });
    expect(outcomes(done)).toEqual(['acme/app closed: Its files no longer name the keys.']);
    expect(pull).toMatchObject({ state: 'closed' });
    expect(pull.comments.map(({ body }) => body)).toEqual([expect.stringContaining('Closed by dekey: Its files no longer name the keys.')]);
    expect(g.branches('app')).toEqual([]);
    expect(outcomes(await g.publish({ write: true }))).toEqual(['acme/app nothing: Its files no longer name the keys.']);
    expect(pull.comments.length).toBe(1);
  });

  test('after a merge, what comes later has a branch and a pull request of its own', async () => {
    const g = await start();
    g.add('app', { [CI]: workflow() });
    g.plan(['app']);
    await g.publish({ write: true });
    const [first] = g.pulls('app');
    if (first === undefined) throw new Error('no pull request');
    g.merge('app', first);
    const later = { ...g.files('app', 'main'), '.github/workflows/new.yml': workflow('later') };
    g.push('app', 'main', later);
    g.kit.write(`${g.folder}/app`, later);
    g.plan(['app']);
    expect(outcomes(await g.publish({ write: true }))).toEqual(['acme/app created']);
    expect(g.pulls('app').map(({ head }) => head.replace(/[0-9a-f]{8}/, 'X'))).toEqual(['dekey/wif-X', 'dekey/wif-X-2']);
    expect(outcomes(await g.publish({ write: true }))).toEqual(['acme/app unchanged']);
    expect(outcomes(await g.campaign('status'))).toEqual(['acme/app unchanged']);
  });

  test('limits hold back, and say what is left', async () => {
    const g = await start();
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) g.add(name, { [CI]: workflow() });
    g.plan(names);
    const first = await g.publish({ write: true, limit: 2 });
    expect(outcomes(first)).toEqual(['acme/a created', 'acme/b created', 'acme/c held: --limit 2 is reached.', 'acme/d held: --limit 2 is reached.']);
    expect(first.limits).toEqual({ run: { limit: 2, left: 0 }, open: null, hour: null });
    expect(outcomes(await g.publish({ write: true, maxOpen: 3, repository: ['acme/[cd]'] }))).toEqual(['acme/c created', 'acme/d held: --max-open 3 is reached.']);
    const hour = await g.publish({ write: true, perHour: 3 });
    expect(outcomes(hour)).toEqual(['acme/a unchanged', 'acme/b unchanged', 'acme/c unchanged', 'acme/d held: --per-hour 3 is reached.']);
    expect(hour.limits.hour).toEqual({ limit: 3, left: 0 });
    await expect(g.publish({ repository: ['other/*'] })).rejects.toThrow(/fits no repository/);
  });

  test('one for each provider; drafts where there are none; --ready', async () => {
    const g = await start();
    const organization = g.world.organization('acme');
    g.world.organizations.set('acme', { ...organization, hasDrafts: false } as NonNullable<typeof organization>);
    g.add('app', { [CI]: workflow(), '.github/workflows/b.yml': 'on: { push: { branches: [main] } }\njobs:\n  embed:\n    runs-on: ubuntu-latest\n    steps:\n      - run: python embed.py\n        env:\n          OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}\n', 'embed.py': 'from openai import OpenAI\nclient = OpenAI()\n' });
    g.plan(['app']);
    const made = await g.publish({ write: true, group: 'provider' });
    expect(made.items.map(({ provider, outcome, notes }) => `${provider} ${outcome} ${notes.join(' ')}`)).toEqual(['anthropic created It is no draft: this repository has none.', 'openai created It is no draft: this repository has none.']);
    expect(g.pulls('app').map(({ title, isDraft }) => `${title} ${isDraft}`)).toEqual(['ci: use workload identity federation for Anthropic in 1 workflow false', 'ci: use workload identity federation for OpenAI in 1 workflow false']);
    expect(g.files('app', g.pulls('app')[0]?.head ?? '')['.github/workflows/b.yml']).toContain('secrets.OPENAI_API_KEY');
    await expect(g.publish({ write: true })).rejects.toThrow(/--group provider/);
    expect((await g.campaign('close', { write: true })).items.map(({ outcome }) => outcome)).toEqual(['closed', 'closed']);
    expect(g.branches('app')).toEqual([]);
  });

  test('what cannot be done is refused before anything is made', async () => {
    const g = await start();
    g.add('archived', { [CI]: workflow() }, { isArchived: true });
    g.add('changed', { [CI]: workflow() });
    g.add('linked', { [CI]: { text: workflow(), mode: '120000' } });
    g.add('run', { [CI]: { text: workflow(), mode: '100755' } });
    g.plan(['archived', 'changed', 'linked', 'run']);
    g.push('changed', 'main', { [CI]: workflow('other') });
    const result = await g.publish({ write: true });
    expect(outcomes(result)).toEqual(['acme/archived refused: It is archived, and so read-only.', `acme/changed refused: Changed since the plan: ${CI}.`, 'acme/linked nothing: The plan changes no file of it.', 'acme/run nothing: No change of it was chosen.']);
    expect(result.items[3]?.notes).toEqual([`${CI} is executable, which GitHub's API for commits does not promise to keep: change it by hand.`]);
    for (const name of ['archived', 'changed', 'linked', 'run']) expect(g.branches(name)).toEqual([]);
  });

  test('a token without the permission for workflows makes nothing of the first, and stops', async () => {
    const g = await start();
    for (const name of ['a', 'b', 'c']) g.add(name, { [CI]: workflow() });
    g.plan(['a', 'b', 'c']);
    g.token({ permissions: { metadata: 'read', contents: 'write', pull_requests: 'write' } });
    const result = await g.publish({ write: true });
    expect(outcomes(result)).toEqual(['acme/a failed: The token may not change workflow files.', 'acme/b held: Not tried: the token was refused at acme/a.', 'acme/c held: Not tried: the token was refused at acme/a.']);
    expect(result.items[0]?.fix).toContain('Workflows: write');
    for (const name of ['a', 'b', 'c']) expect(g.branches(name)).toEqual([]);
    g.token({ kind: 'classic', scopes: ['repo'], permissions: {} });
    await expect(g.publish({ write: true })).rejects.toThrow(/scope workflow/);
    expect((await g.publish()).notes.join(' ')).toContain('gh auth refresh -s workflow');
    g.token({});
    expect(outcomes(await g.publish({ write: true }))).toEqual(['acme/a created', 'acme/b created', 'acme/c created']);
  });

  test('without a right to push there is --fork', async () => {
    const g = await start();
    g.add('app', { [CI]: workflow() }, { visibility: 'public' });
    g.plan(['app']);
    g.token({ roles: new Map([['acme/app', 'read']]), permissions: { ...PERMISSIONS, administration: 'write' } });
    expect(outcomes(await g.publish({ write: true }))).toEqual(['acme/app refused: The token has no right to push to it.']);
    const dry = await g.publish({ fork: true });
    expect(dry.items[0]).toMatchObject({ outcome: 'created', fork: 'dekey-bot/app' });
    expect(g.world.repository('dekey-bot', 'app')).toBeUndefined();
    const made = await g.publish({ write: true, fork: true });
    expect(outcomes(made)).toEqual(['acme/app created']);
    expect(g.pulls('app')[0]).toMatchObject({ canMaintainerModify: true, state: 'open' });
    expect(g.branches('app')).toEqual([]);
    expect(g.branches('app', 'dekey-bot').length).toBe(1);
    expect(g.files('app', 'main', 'dekey-bot')).toEqual(g.files('app', 'main'));
    expect(outcomes(await g.publish({ write: true, fork: true }))).toEqual(['acme/app unchanged']);
    expect(outcomes(await g.campaign('close', { write: true }))).toEqual(['acme/app closed: The campaign was ended.']);
    expect(g.branches('app', 'dekey-bot')).toEqual([]);
  });

  test('the tracking issue is opened once and kept up to date', async () => {
    const g = await start();
    g.add('app', { [CI]: workflow() });
    const tracker = g.add('tracker', { 'README.md': '# Tracker\n' });
    g.plan(['app']);
    const made = await g.publish({ write: true, trackingIssue: 'acme/tracker' });
    expect(made.trackingIssue).toMatchObject({ repository: 'acme/tracker', number: 1 });
    expect(tracker.issues[0]?.body).toContain('0 of 1 merged');
    const [pull] = g.pulls('app');
    if (pull !== undefined) g.merge('app', pull);
    rmSync(`${g.folder}/dekey-plan/campaign.json`);
    await g.publish({ write: true, trackingIssue: 'acme/tracker' });
    expect(tracker.issues.length).toBe(1);
    expect(tracker.issues[0]?.body).toContain('1 of 1 merged');
  });

  test('answers that are lost and servers that fail end in the same state', async () => {
    const g = await start({ faults: { share: 0.2, seed: 3, inARow: 2, stallMs: 50 }, limits: { retryAfter: 1 } });
    const names = Array.from({ length: 6 }, (_, index) => `app-${index}`);
    for (const name of names) g.add(name, { [CI]: workflow(name), '.github/CODEOWNERS': '* @bob\n' });
    g.plan(names);
    let result = await g.publish({ write: true, label: ['security'] });
    for (let round = 0; round < 5 && result.items.some(({ outcome }) => outcome === 'failed'); round += 1) result = await g.publish({ write: true, label: ['security'] });
    expect(result.items.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'created' && outcome !== 'unchanged')).toEqual([]);
    for (const name of names) {
      expect(g.pulls(name).map(({ state, labels, reviewers }) => ({ state, labels, reviewers }))).toEqual([{ state: 'open', labels: ['security'], reviewers: ['bob'] }]);
      expect(g.branches(name).length).toBe(1);
      expect(g.commits(g.repository(name).git, g.branches(name)[0] ?? '')).toBe(2);
    }
  });

  test('hostile names of files, jobs and steps stay words', async () => {
    const g = await start();
    const path = '.github/workflows/closes #1 @acme ${{ github.token }} <img src=x> [x](y).yml';
    const text = workflow('evals').replace('      - uses', "      - name: 'closes #1 @ada <b>${{ github.token }}</b>'\n        uses");
    g.add('app', { [path]: text, '.github/CODEOWNERS': '* @acme/team closes@#1 ${{ github.token }}\n' });
    g.plan(['app']);
    expect(outcomes(await g.publish({ write: true }))).toEqual(['acme/app created']);
    const [pull] = g.pulls('app');
    expect(pull?.title).toBe('ci: use workload identity federation for Anthropic in 1 workflow');
    expect(pull?.head).toMatch(/^dekey\/wif-[0-9a-f]{8}$/);
    const bare = (pull?.body ?? '').replace(/`[^`]*`/g, '').replace(/<!-- dekey:(?:pull-request plan=[0-9a-f]{64} content=[0-9a-f]{64}|end) -->/g, '').replace(/- \[ \]/g, '');
    expect(bare).not.toMatch(/[@#<>[$]/);
    expect(g.files('app', pull?.head ?? '')[path]).toContain('anthropic_federation_rule_id');
    const { git } = g.repository('app');
    expect(git.commit(git.ref(`refs/heads/${pull?.head}`) ?? '')?.message).toMatch(/^ci: use workload identity federation for Anthropic in 1 workflow\n\n[A-Za-z0-9 ,.;:\n-]+\n\nDekey-Content: [0-9a-f]{64}\nDekey-Plan: [0-9a-f]{64}\n?$/);
  });

  test('bytes that are no plain UTF-8 text come through whole', async () => {
    const g = await start();
    const files = { [CI]: `\ufeff${workflow().replaceAll('\n', '\r\n')}`, '.github/workflows/bare.yml': workflow('bare').trimEnd(), '.github/workflows/wörk flow.yml': workflow('odd') };
    g.add('app', files);
    g.plan(['app']);
    expect(outcomes(await g.publish({ write: true }))).toEqual(['acme/app created']);
    const made = g.files('app', g.branches('app')[0] ?? '');
    const local = g.kit.dekey(['apply', '--root', 'app', '--write'], { cwd: g.folder });
    expect(local.code).toBe(0);
    for (const path of Object.keys(files)) expect(made[path]).toBe(readFileSync(`${g.folder}/app/${path}`, 'utf8'));
  });
});
