import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Inventory } from '../../src/model/inventory.ts';
import { type Key, Kit, requireBuild, ROOT } from '../e2e/kit.ts';
import { CommentsServer } from './comments-server.ts';
import { type Job, type Ran, readAction, runAction } from './composite.ts';

const TOKEN = 'ghs_placeholder-of-a-job-token';
const kit = new Kit(905);
const server = new CommentsServer(TOKEN);
let api = '';
/** Full clone, on `main`, and the ids of its commits. */
let repository = '';
let keys: { readonly old: Key; readonly fresh: Key };
/** As actions/checkout leaves it for a pull request: the merge commit and its parents, nothing else. */
let merged = '';

const WORKFLOW = 'on: push\njobs:\n  evals:\n    runs-on: x\n    steps:\n      - run: npm test\n        env:\n          OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}\n';
/** The same use behind one more step, and a job that is new. */
const WORKFLOW_LATER = 'on: push\njobs:\n  evals:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v5\n      - run: npm test\n        env:\n          OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}\n  nightly:\n    runs-on: x\n    steps:\n      - run: npm run embed\n        env:\n          OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}\n';

beforeAll(async () => {
  requireBuild();
  api = await server.start();
  keys = { old: kit.key('anthropic'), fresh: kit.key('groq') };
  repository = kit.repository('action');
  kit.write(repository, { '.env.production': `ANTHROPIC_API_KEY=${keys.old.text}\n`, '.github/workflows/ci.yml': WORKFLOW, 'app/README.md': 'nothing\n' });
  kit.commit(repository, 'first');
  kit.git(repository, ['checkout', '-q', '-b', 'feature']);
  kit.write(repository, { 'src/a|\\|<img src=x>@team closes #1 `b`.py': `GROQ_API_KEY = "${keys.fresh.text}"\n`, '.github/workflows/ci.yml': WORKFLOW_LATER });
  kit.commit(repository, 'second');
  kit.git(repository, ['checkout', '-q', 'main']);
  kit.write(repository, { 'docs/more.md': 'main went on\n' });
  kit.commit(repository, 'third');
  kit.git(repository, ['merge', '-q', '--no-ff', '-m', 'merge', 'feature']);
  kit.git(repository, ['branch', 'pull-7-merge']);
  kit.git(repository, ['reset', '-q', '--hard', 'HEAD^1']);
  merged = shallowClone('pull-7-merge', 2);
});
afterAll(async () => {
  await server.stop();
  kit.remove();
});
beforeEach(() => server.reset());

function shallowClone(branch: string, depth: number): string {
  const folder = kit.folder('checkout');
  kit.git(folder, ['clone', '-q', '--depth', String(depth), '--branch', branch, `file://${repository}`, '.']);
  return folder;
}

async function act(workspace: string, event: Job['event'], inputs: Readonly<Record<string, string>> = {}, more: Partial<Job> = {}): Promise<Ran> {
  const sha = kit.git(workspace, ['rev-parse', 'HEAD']);
  const payload = event === 'push' ? { ref: 'refs/heads/main' } : { pull_request: { number: 7, base: { sha: kit.git(repository, ['rev-parse', 'main']) }, head: { sha: kit.git(repository, ['rev-parse', 'feature']) } } };
  const ran = await runAction(ROOT, { workspace, temp: kit.home, event, payload, sha, token: TOKEN, api, inputs, ...more });
  for (const [name, text] of Object.entries({ log: ran.log, summary: ran.summary, outputs: JSON.stringify(ran.outputs) })) kit.keep(name, text);
  for (const name of ['sarif-file', 'json-file']) if ((ran.outputs[name] ?? '') !== '') kit.keepFile(ran.outputs[name] ?? '');
  return ran;
}

interface Sarif {
  readonly version: string;
  readonly runs: readonly { readonly results: readonly { readonly locations: readonly { readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } } }[] }[] }[];
}

/** Where the results of a SARIF file stand, sorted. */
function resultsOf(path: string | undefined): string[] {
  const { version, runs }: Sarif = JSON.parse(readFileSync(path ?? '', 'utf8'));
  expect(version).toBe('2.1.0');
  return runs.flatMap(({ results }) => results.flatMap(({ locations }) => locations.map(({ physicalLocation }) => physicalLocation.artifactLocation.uri))).toSorted();
}

describe('metadata', () => {
  const action = readAction(ROOT);

  test('no expression stands in a script, and every input and output is described and used', () => {
    expect(action.runs.using).toBe('composite');
    const text = readFileSync(join(ROOT, 'action.yml'), 'utf8');
    for (const { run, shell } of action.runs.steps) {
      expect(run).not.toContain('${{');
      expect(shell).toBe('bash');
    }
    for (const [name, { description }] of Object.entries(action.inputs)) {
      expect(description.length).toBeGreaterThan(20);
      expect(text, name).toMatch(new RegExp(`\\binputs\\.${name}\\b`));
    }
    const page = readFileSync(join(ROOT, 'docs/action.md'), 'utf8');
    for (const name of [...Object.keys(action.inputs), ...Object.keys(action.outputs)]) expect(page, name).toContain(`\`${name}\``);
  });
});

describe('a push', () => {
  test('fails for what it finds, with log, annotations, summary, SARIF and outputs in place', async () => {
    const ran = await act(repository, 'push');
    expect(ran.code).toBe(1);
    expect(ran.outputs).toMatchObject({ findings: '2', 'new-findings': '2', 'highest-severity': 'high', 'exit-code': '1' });
    expect(ran.log).toMatch(/^ HIGH \d+ +Anthropic API key/m);
    expect(ran.log).toMatch(/^::error file=\.env\.production,line=1,/m);
    expect(ran.summary).toMatch(/^### AI API keys: 1 key in plain sight · 1 key known by name · 1 workload uses them\n/);
    expect(ran.summary).toContain(`[\`.env.production:1\`](https://github.com/acme/support-bot/blob/${kit.git(repository, ['rev-parse', 'HEAD'])}/.env.production#L1)`);
    expect(resultsOf(ran.outputs['sarif-file'])).toEqual(['.env.production', '.github/workflows/ci.yml']);
    const inventory: Inventory = JSON.parse(readFileSync(ran.outputs['json-file'] ?? '', 'utf8'));
    expect(inventory.findings).toHaveLength(2);
    expect(server.requests).toEqual([]);
  });

  test('passes with fail-on none, and writes only what it is asked for', async () => {
    const ran = await act(repository, 'push', { 'fail-on': 'none', summary: 'false', annotations: 'false', comment: 'true', 'sarif-file': 'out.sarif' });
    expect(ran.code).toBe(0);
    expect(ran.summary).toBe('');
    expect(ran.log).not.toContain('::error');
    expect(realpathSync(ran.outputs['sarif-file'] ?? '')).toBe(realpathSync(join(repository, 'out.sarif')));
    expect(server.requests).toEqual([]);
  });

  test('a baseline accepts, and the working directory leads to its configuration and to paths of the repository', async () => {
    const folder = shallowClone('main', 1);
    kit.write(folder, { 'app/dekey.config.json': '{ "failOn": "none", "baseline": "b.json" }\n', 'app/b.json': '{ "schemaVersion": "1.0", "findings": [] }\n', 'app/.env': `GROQ_API_KEY=${keys.fresh.text}\n` });
    const ran = await act(folder, 'push', { 'working-directory': 'app' });
    expect(ran.code).toBe(0);
    expect(ran.outputs).toMatchObject({ findings: '1', 'highest-severity': 'high' });
    expect(ran.log).toContain('::warning file=app/.env,line=1');
    expect(resultsOf(ran.outputs['sarif-file'])).toEqual(['app/.env']);
  });

  test('the token reaches no step that does not need it', async () => {
    const ran = await act(repository, 'push');
    expect(ran.given.length).toBe(3);
    expect(JSON.stringify(ran.given)).not.toContain(TOKEN);
  });
});

describe('a pull request', () => {
  test('lists and counts only what the merge adds, in one comment, and fails for that', async () => {
    const ran = await act(merged, 'pull_request', { comment: 'true' });
    expect(ran.code).toBe(1);
    // New: the key, and the job that uses a known one. The use behind one more step is not.
    expect(ran.outputs).toMatchObject({ findings: '4', 'new-findings': '2', 'highest-severity': 'high', 'exit-code': '1' });
    expect(server.comments).toHaveLength(1);
    const [comment] = server.comments;
    expect(comment?.body).toMatch(/^<!-- dekey:new-findings [0-9a-f]{16} -->\n### New AI API keys and uses: 1 key in plain sight · 1 key known by name · 1 workload uses them\n/);
    expect(comment?.body).toContain('`ci.yml › nightly`');
    expect(comment?.body).not.toContain('evals');
    expect(comment?.body).not.toContain('.env.production');
    expect(comment?.body).toContain(`Not listed: 2 findings that \`${kit.git(merged, ['rev-parse', 'HEAD^1']).slice(0, 7)}\` has already.`);
    kit.keep('comment', comment?.body ?? '');
    expect(ran.summary.endsWith(comment?.body.split('\n').slice(1).join('\n') ?? '-')).toBe(true);
    // Code scanning compares by itself.
    expect(resultsOf(ran.outputs['sarif-file'])).toHaveLength(4);
    expect(ran.log.match(/^::(?:error|warning) file=/gm)).toEqual(['::error file=', '::warning file=']);
    expect(server.requests).toEqual(['GET /repos/acme/support-bot/issues/7/comments?per_page=100&page=1', 'POST /repos/acme/support-bot/issues/7/comments']);
  });

  test('a second run changes nothing; the comment is brought up to date in place, and says when nothing is left', async () => {
    await act(merged, 'pull_request', { comment: 'true' });
    const [first] = server.comments;
    server.requests.length = 0;
    await act(merged, 'pull_request', { comment: 'true' });
    expect(server.requests).toEqual(['GET /repos/acme/support-bot/issues/7/comments?per_page=100&page=1']);
    const ran = await act(merged, 'pull_request', { comment: 'true', base: 'HEAD' });
    expect(ran.code).toBe(0);
    expect(server.comments).toHaveLength(1);
    expect(server.comments[0]).toMatchObject({ id: first?.id, body: expect.stringContaining('### No new AI API key, and no new use of one') });
  });

  test('nothing new and no comment: none is made', async () => {
    const ran = await act(merged, 'pull_request', { comment: 'true', base: 'HEAD' });
    expect(ran.outputs['new-findings']).toBe('0');
    expect(server.requests.map((request) => request.split(' ')[0])).toEqual(['GET']);
  });

  test('a comment of somebody else is left alone, even one with our marker, and one on a later page is found', async () => {
    await act(merged, 'pull_request', { comment: 'true' });
    const body = server.comments[0]?.body ?? '';
    const noise = Array.from({ length: 130 }, (_, index) => ({ id: 1000 + index, body: `talk ${index}`, user: { login: 'ann', type: 'User' as const } }));
    const forged = { id: 3, body: `${body.split('\n')[0] ?? ''}\nmine`, user: { login: 'mallory', type: 'User' as const } };
    server.reset([forged, ...noise, { id: 5000, body: `${body.split('\n')[0] ?? ''}\nold`, user: { login: 'github-actions[bot]', type: 'Bot' } }, { id: 5001, body: `${body.split('\n')[0] ?? ''}\ntwin`, user: { login: 'github-actions[bot]', type: 'Bot' } }]);
    await act(merged, 'pull_request', { comment: 'true' });
    expect(server.comments.find(({ id }) => id === 3)?.body).toBe(forged.body);
    expect(server.comments.find(({ id }) => id === 5000)?.body).toBe(body);
    expect(server.comments.some(({ id }) => id === 5001)).toBe(false);
    expect(server.requests.filter((request) => request.startsWith('POST'))).toEqual([]);
  });

  test('a token of a person finds its own comment by its owner', async () => {
    const person = new CommentsServer('placeholder-of-a-person');
    try {
      const other = await person.start();
      person.owner = { login: 'ann', type: 'User' };
      for (let run = 0; run < 2; run += 1) await act(merged, 'pull_request', { comment: 'true', token: 'placeholder-of-a-person' }, { api: other });
      expect(person.comments).toHaveLength(1);
      expect(person.requests).toContain('GET /user');
    } finally {
      await person.stop();
    }
  });

  test('a token that may not comment gives a notice and no other failure', async () => {
    server.fault = (method) => (method === 'POST' ? { status: 403, body: { message: 'Resource not accessible by integration' } } : undefined);
    const ran = await act(merged, 'pull_request', { comment: 'true', 'fail-on': 'none' });
    expect(ran.code).toBe(0);
    expect(ran.log).toMatch(/^::notice title=dekey::No comment was made: GitHub answered 403\./m);
    expect(server.requests.filter((request) => request.startsWith('POST'))).toHaveLength(1);
  });

  test('faults that pass are tried again, and no comment is made twice', async () => {
    let faults = 0;
    server.afterStoring = true;
    // Stored, but the answer is lost; then a cut list; then well.
    server.fault = (method) => {
      if (faults >= 2 || (method === 'GET' && faults === 0)) return undefined;
      faults += 1;
      return faults === 1 ? { status: 502 } : 'cut';
    };
    const ran = await act(merged, 'pull_request', { comment: 'true', 'fail-on': 'none' });
    expect(ran.code).toBe(0);
    expect(faults).toBe(2);
    expect(server.comments).toHaveLength(1);
    server.reset();
    server.fault = () => ({ status: 429, headers: { 'retry-after': '1' } });
    const limited = await act(merged, 'pull_request', { comment: 'true', 'fail-on': 'none' });
    expect(limited.code).toBe(0);
    expect(limited.log).toMatch(/^::warning title=dekey::No comment was made: GitHub limits requests \(429\), 3 times\./m);
    expect(server.requests).toHaveLength(3);
  });

  test('without the base in the checkout everything counts, no comment is made, and the notice says what to do', async () => {
    const ran = await act(shallowClone('pull-7-merge', 1), 'pull_request', { comment: 'true' });
    expect(ran.log).toContain('`fetch-depth: 2`');
    expect(ran.outputs).toMatchObject({ findings: '4', 'new-findings': '4' });
    expect(server.requests).toEqual([]);
  });

  test('its head checked out is compared with what the two have in common', async () => {
    const folder = kit.folder('head');
    kit.git(folder, ['clone', '-q', '--branch', 'feature', `file://${repository}`, '.']);
    const ran = await act(folder, 'pull_request');
    expect(ran.outputs).toMatchObject({ findings: '4', 'new-findings': '2' });
  });

  test('with history, a key that the branch took out again is found, and what main had is not read', async () => {
    kit.git(repository, ['checkout', '-q', '-b', 'gone', 'main']);
    const lost = kit.key('openrouter');
    kit.write(repository, { 'tmp.env': `OPENROUTER_API_KEY=${lost.text}\n` });
    kit.commit(repository, 'oops');
    kit.git(repository, ['rm', '-q', 'tmp.env']);
    kit.commit(repository, 'out again');
    kit.git(repository, ['checkout', '-q', 'main']);
    const folder = kit.folder('gone');
    kit.git(folder, ['clone', '-q', '--branch', 'gone', `file://${repository}`, '.']);
    const without = await act(folder, 'pull_request', { comment: 'true' });
    expect(without.outputs['new-findings']).toBe('0');
    const ran = await act(folder, 'pull_request', { history: 'true', comment: 'true' });
    expect(ran.code).toBe(1);
    expect(ran.outputs['new-findings']).toBe('1');
    expect(server.comments[0]?.body).toContain('`history: tmp.env`');
  });
});

describe('inputs that are wrong or hostile', () => {
  test.each([
    [{ history: 'yes' }, 'the input history has to be true or false'],
    [{ version: '1.x; touch M' }, 'the input version has to be the exact number of a release'],
    [{ config: 'a\nb' }, 'the input config has to be one line'],
  ])('%o is refused with a sentence', async (inputs, sentence) => {
    const ran = await act(merged, 'push', inputs);
    expect(ran.code).toBe(2);
    expect(ran.log).toContain(`::error title=dekey::${sentence}`);
  });

  test('nothing in an input is run or taken for an option', async () => {
    const marker = join(kit.home, 'marker');
    const folder = shallowClone('main', 1);
    mkdirSync(join(folder, '--output=M'));
    writeFileSync(join(folder, '--output=M', '.env'), `GROQ_API_KEY=${keys.fresh.text}\n`);
    for (const hostile of [`"; touch ${marker}; "`, `$(touch ${marker})`, `\`touch ${marker}\``, '${{ github.token }}']) {
      for (const name of ['targets', 'working-directory', 'base', 'since', 'fail-on', 'baseline', 'config']) {
        const ran = await act(folder, 'push', { [name]: hostile });
        expect([2, 3], `${name} ${hostile}`).toContain(ran.code);
        expect(ran.log).not.toContain(TOKEN);
      }
    }
    expect(existsSync(marker)).toBe(false);
    const ran = await act(folder, 'push', { targets: '--output=M' });
    expect(ran.outputs['findings']).toBe('1');
    expect(existsSync(join(folder, 'M'))).toBe(false);
  }, 120_000);

  test('no planted key and no token is in anything that was printed, written or sent', () => {
    expect(kit.swept.artefacts).toBeGreaterThan(60);
    expect(kit.sweep()).toEqual([]);
  });
});
