import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const schema: object = JSON.parse(readFileSync(join(ROOT, 'schema/plan.schema.json'), 'utf8'));

let home = '';

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'dekey-plan-'));
  put('.github/workflows/evals.yml', [
    'on: { push: { branches: [main] } }',
    'jobs:',
    '  evals:',
    '    runs-on: ubuntu-latest',
    '    steps:',
    '      - run: python evals.py',
    '        env:',
    '          ANTHROPIC_API_KEY: ${{ secrets.ANTHROPIC_API_KEY }}',
    '          OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}',
    '          TAVILY_API_KEY: ${{ secrets.TAVILY_API_KEY }}',
    '',
  ].join('\n'));
  put('deploy/bot.yaml', [
    'apiVersion: apps/v1',
    'kind: Deployment',
    'metadata: { name: bot, namespace: bots }',
    'spec:',
    '  template:',
    '    spec:',
    '      containers:',
    '        - name: app',
    '          env:',
    '            - name: ANTHROPIC_API_KEY',
    '              valueFrom: { secretKeyRef: { name: ai, key: anthropic } }',
    '            - name: OPENAI_API_KEY',
    '              valueFrom: { secretKeyRef: { name: ai, key: openai } }',
    '',
  ].join('\n'));
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(home, path)), { recursive: true });
  writeFileSync(join(home, path), text);
}

function dekey(...args: readonly string[]) {
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, NO_COLOR: '1' };
  return spawnSync(process.execPath, [join(ROOT, 'bin/dekey.js'), ...args], { cwd: home, env, encoding: 'utf8' });
}

function files(folder: string): readonly string[] {
  return readdirSync(join(home, folder), { recursive: true, encoding: 'utf8' }).filter((path) => statSync(join(home, folder, path)).isFile()).map((path) => path.replaceAll('\\', '/')).toSorted();
}

const HOSTED = ['--repository', 'github.com/acme/app', '--branch', 'main'] as const;

describe('dekey plan', () => {
  test('writes a plan that its schema knows, with every file it lists and no other', () => {
    const { status, stdout, stderr } = dekey('plan', ...HOSTED);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toContain('GitHub Actions → Anthropic');
    const plan = JSON.parse(readFileSync(join(home, 'dekey-plan/plan.json'), 'utf8'));
    const validate = new Ajv2020({ strict: false }).compile(schema);
    expect(validate(plan), JSON.stringify(validate.errors)).toBe(true);
    expect(plan.files.map((file: { path: string }) => file.path).concat('plan.json').toSorted()).toEqual(files('dekey-plan'));
    expect(plan.sources.every((source: { sha256: string | null }) => source.sha256 !== null)).toBe(true);
    expect(plan.identities.every((identity: { tightness: { holds: unknown } }) => identity.tightness.holds === true)).toBe(true);
    expect(statSync(join(home, 'dekey-plan/plan.json')).mode & 0o777).toBe(0o600);
  });

  test('is byte for byte the same when made again, and replaces only a plan of its own', () => {
    dekey('plan', ...HOSTED);
    const before = files('dekey-plan').map((path) => [path, readFileSync(join(home, 'dekey-plan', path), 'utf8')]);
    expect(dekey('plan', ...HOSTED)).toMatchObject({ status: 2 });
    expect(dekey('plan', ...HOSTED, '--overwrite').status).toBe(0);
    expect(files('dekey-plan').map((path) => [path, readFileSync(join(home, 'dekey-plan', path), 'utf8')])).toEqual(before);
    put('mine/note.txt', 'mine');
    expect(dekey('plan', ...HOSTED, '-o', 'mine', '--overwrite').stderr).toContain('holds other files');
    expect(readFileSync(join(home, 'mine/note.txt'), 'utf8')).toBe('mine');
  });

  test('what somebody changed in the folder is kept when the plan is replaced', () => {
    dekey('plan', ...HOSTED);
    put('dekey-plan/anthropic/console.md', 'my notes');
    put('dekey-plan/notes.md', 'more');
    expect(dekey('plan', ...HOSTED, '--overwrite').status).toBe(0);
    expect(readFileSync(join(home, 'dekey-plan/notes.md'), 'utf8')).toBe('more');
  });

  test('nothing of the tree is changed, and with --no-write nothing is written', () => {
    const before = files('.');
    expect(dekey('plan', '--no-write', ...HOSTED).status).toBe(0);
    expect(files('.')).toEqual(before);
    expect(existsSync(join(home, 'dekey-plan'))).toBe(false);
  });

  test('a value takes the place of its input everywhere', () => {
    const id = ['--set', 'github.acme.app.repository_id=5566778'];
    expect(dekey('plan', ...HOSTED, ...id).status).toBe(0);
    const rule = files('dekey-plan').find((path) => path.startsWith('anthropic/rule.') && !path.includes('bot')) ?? '';
    expect(JSON.parse(readFileSync(join(home, 'dekey-plan', rule), 'utf8')).match.claims.repository_id).toBe('5566778');
    expect(readFileSync(join(home, 'dekey-plan/anthropic/create.sh'), 'utf8')).not.toContain('REPOSITORY_ID:?');
  });

  test.each([
    [['--set', 'github.acme.app.repository_id=*'], 'does not look right'],
    [['--set', 'nonsense'], 'is not ID=VALUE'],
    [['--runs-on', 'code=nowhere'], 'there is no platform'],
    [['--runs-on', 'terraform'], 'is a file format'],
    [['--repository', 'acme'], 'is not HOST/OWNER/NAME'],
    [['--branch', 'feature/*'], 'holds characters'],
    [['--github-api', 'http://api.acme.example'], 'is not an https address'],
  ])('%j is refused', (args, message) => {
    const { status, stderr } = dekey('plan', '--repository', 'github.com/acme/app', ...args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(existsSync(join(home, 'dekey-plan'))).toBe(false);
  });

  test('a saved inventory gives the same paths as the tree', () => {
    const inventory = dekey('scan', '--format', 'json').stdout;
    put('inventory.json', inventory);
    const plan = (...args: readonly string[]): unknown => JSON.parse(dekey('plan', '--no-write', '--format', 'json', ...HOSTED, ...args).stdout).migrations;
    expect(plan('inventory.json')).toEqual(plan('.'));
    put('broken.json', inventory.slice(0, 900));
    expect(dekey('plan', 'broken.json')).toMatchObject({ status: 2 });
  });

  test('a Kubernetes workload gets a service account of its own and a token for the party', () => {
    dekey('plan', ...HOSTED);
    const accounts = readFileSync(join(home, 'dekey-plan/kubernetes/service-accounts.yaml'), 'utf8');
    expect(accounts).toContain('name: bot');
    const patches = files('dekey-plan').filter((path) => path.startsWith('kubernetes/patch.')).map((path) => readFileSync(join(home, 'dekey-plan', path), 'utf8'));
    const audiences = patches.map((patch) => `${/audience: (\S+)/.exec(patch)?.[1] ?? ''} ${/mountPath: (\S+)/.exec(patch)?.[1] ?? ''}`);
    // Both are of one pod: neither may take the place of the other.
    expect(new Set(audiences)).toEqual(new Set(['https://api.anthropic.com /var/run/secrets/dekey/anthropic', 'https://api.openai.com/v1 /var/run/secrets/dekey/openai']));
  });

  test('two issuers at one party have a provider each, and every rule stands under its own', () => {
    dekey('plan', ...HOSTED);
    const providers = files('dekey-plan').filter((path) => path.startsWith('openai/provider.'));
    expect(providers).toHaveLength(2);
    expect(files('dekey-plan').filter((path) => path.startsWith('openai/rule.'))).toHaveLength(2);
  });

  test('every script is a script, and asks for what it needs', () => {
    dekey('plan', ...HOSTED);
    const scripts = files('dekey-plan').filter((path) => path.endsWith('.sh'));
    expect(scripts.length).toBeGreaterThan(5);
    for (const path of scripts) {
      expect(spawnSync('bash', ['-n', join(home, 'dekey-plan', path)]).status, path).toBe(0);
      const run = spawnSync('bash', [join(home, 'dekey-plan', path)], { env: { PATH: '/nonexistent' }, encoding: 'utf8' });
      expect(run.status, path).not.toBe(0);
    }
  });

  test('an empty tree has nothing to plan', () => {
    mkdirSync(join(home, 'empty'));
    const { status, stdout } = dekey('plan', 'empty');
    expect(status).toBe(0);
    expect(stdout).toContain('Nothing to plan');
    expect(existsSync(join(home, 'dekey-plan'))).toBe(false);
  });
});

describe('dekey explain', () => {
  test('a pair is explained in either order', () => {
    const one = dekey('explain', 'anthropic', 'github-actions').stdout;
    expect(one).toBe(dekey('explain', 'github-actions', 'anthropic').stdout);
    expect(one).toContain('Anthropic trusts:');
    expect(one).toContain(':ref:refs/heads/main');
    expect(dekey('explain', 'tavily', 'heroku').stdout).toContain('No path: platform-issues-no-token');
    expect(dekey('explain', 'anthropic', 'nowhere').status).toBe(2);
  });
});
