import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { expandRecipe, seededRandom } from '../support/recipes.ts';
import { TOKEN, type Loopback } from '../github/loopback.ts';
import { type FakeRepository, HEAD, startFake } from '../sources-github/fake.ts';

const ROOT = join(import.meta.dirname, '../..');
const KEY = expandRecipe('gsk_{alnum:52}', seededRandom(7)).text;

let home = '';

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'dekey-github-cli-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

async function dekey(server: Loopback, args: readonly string[], extra: Readonly<Record<string, string>> = {}): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, NO_COLOR: '1', GITHUB_TOKEN: TOKEN, GITHUB_API_URL: server.origin, DEKEY_CACHE_DIR: join(home, 'cache'), ...extra };
  return await new Promise((done) => {
    const child = spawn(process.execPath, [join(ROOT, 'bin/dekey.js'), ...args], { cwd: home, env });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
}

const APP: FakeRepository = {
  name: 'app',
  id: 1,
  files: { '.github/workflows/ci.yml': 'on: push\njobs:\n  evals:\n    runs-on: ubuntu-latest\n    steps:\n      - run: python evals.py\n        env:\n          ANTHROPIC_API_KEY: ${{ secrets.ANTHROPIC_API_KEY }}\n', '.gitignore': 'kept.env\n', 'kept.env': `GROQ_API_KEY=${KEY}\n` },
  node: { defaultBranchRef: { name: 'trunk', target: { oid: HEAD }, branchProtectionRule: null, rules: { nodes: [] } } },
  rest: { '/actions/variables': { total_count: 1, variables: [{ name: 'GROQ_KEY', value: KEY, created_at: '2023-01-01T00:00:00Z', updated_at: '2024-01-01T00:00:00Z' }] } },
};
const HOSTILE: FakeRepository = { name: 'hostile', id: 2, files: { 'README.md': 'x\n' }, rest: { '/dependabot/secrets': 403 } };

interface Scanned {
  readonly targets: readonly { readonly id: string; readonly kind: string; readonly name: string; readonly complete: boolean; readonly skipped: readonly { readonly reason: string }[] }[];
  readonly findings: readonly { readonly code: string; readonly location: { readonly target: string; readonly path: string } }[];
}

describe('dekey scan github:', () => {
  test('finds keys in files and in variables, joins them, and names what could not be read', async () => {
    const server = await startFake({ repositories: [APP, HOSTILE] });
    const { code, stdout, stderr } = await dekey(server, ['scan', 'github:acme', '--format', 'json', '--fail-on', 'none']);
    const result: Scanned = JSON.parse(stdout);
    expect(result.targets.map(({ kind, name, complete }) => [kind, name, complete])).toEqual([['github-organization', 'github:acme', true], ['github', 'github:acme/app', true], ['github', 'github:acme/hostile', false]]);
    expect(result.targets[2]?.skipped.map(({ reason }) => reason)).toEqual(['Dependabot secrets: not readable (403, needs some_permission=read)']);
    const places = result.findings.filter((finding) => finding.code.startsWith('DK-SECRET-GROQ')).map(({ location }) => `${location.target} ${location.path}`);
    // A file that an ignore rule names is in the archive because it is tracked.
    expect(places.toSorted()).toEqual(['t1 kept.env', 't1 settings/variables/actions/GROQ_KEY']);
    expect(code).toBe(3);
    expect(stderr).toContain('GitHub: acme at github.com, as octocat: 2 repositories');
    expect(`${stdout}${stderr}`).not.toContain(TOKEN);
    expect(`${stdout}${stderr}`).not.toContain(KEY);
  });

  test('is the same in a second run, and quiet when told', async () => {
    const server = await startFake({ repositories: [APP] });
    const first = await dekey(server, ['scan', 'github:acme', '--format', 'json', '--fail-on', 'none', '--quiet']);
    const second = await dekey(server, ['scan', 'github:acme', '--format', 'json', '--fail-on', 'none', '--quiet']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(second.stdout).toBe(first.stdout);
    for (const file of readdirSync(join(home, 'cache'), { recursive: true, withFileTypes: true })) if (file.isFile()) expect(readFileSync(join(file.parentPath, file.name), 'latin1')).not.toContain(TOKEN.slice(4));
  });

  test('with --offline opens no connection', async () => {
    const server = await startFake({ repositories: [APP] });
    const { code, stderr } = await dekey(server, ['scan', 'github:acme', '--offline']);
    expect(code).toBe(2);
    expect(stderr).toContain('--offline opens no connection');
    expect(server.seen).toEqual([]);
  });

  test.each([
    [['scan', 'github:acme', '--staged'], {}, 2, 'look at a repository on this disk'],
    [['scan', 'github:acme/none'], {}, 3, 'shows no acme/none to octocat'],
    [['scan', 'github:acme/a/b'], {}, 2, 'names no organisation and no repository'],
    [['scan', 'github:acme', '--github-app', '7'], {}, 2, 'belong together'],
    [['scan', 'github:acme', '--github-api', 'http://example.com'], {}, 2, 'is not an https address'],
    [['scan', 'github:acme'], { GITHUB_TOKEN: '', PATH: '/nonexistent' }, 2, 'there is no token for github.com'],
  ])('%j is refused with what to do', async (args, env, wanted, said) => {
    const server = await startFake({ repositories: [] });
    const { code, stderr } = await dekey(server, args, env);
    expect([code, stderr]).toEqual([wanted, expect.stringContaining(said)]);
  });
});

describe('dekey plan github:', () => {
  test('takes ids, subject and branch from the API, and hashes the files it fetched', async () => {
    const server = await startFake({ repositories: [APP] });
    const { code } = await dekey(server, ['plan', 'github:acme', '--quiet']);
    expect(code).toBe(0);
    const plan: { targets: readonly object[]; sources: readonly { path: string; sha256: string | null }[]; inputs: readonly { id: string; value: string | null; from: string | null }[]; identities: readonly { target: { policy: object } }[] } = JSON.parse(readFileSync(join(home, 'dekey-plan/plan.json'), 'utf8'));
    expect(plan.targets).toContainEqual({ id: 't1', kind: 'github', name: 'github:acme/app', complete: true, repository: 'github.com/acme/app', branch: 'trunk', head: HEAD });
    expect(plan.sources.map(({ path, sha256 }) => [path, sha256 === null])).toContainEqual(['.github/workflows/ci.yml', false]);
    const told = Object.fromEntries(plan.inputs.filter(({ from }) => from === 'GitHub').map(({ id, value }) => [id, value]));
    expect(told).toMatchObject({ 'github.acme.app.repository_id': '1', 'github.acme.app.repository_owner_id': '1029384', 'github.acme.app.subject_prefix': 'repo:acme@1029384/app@1' });
    expect(JSON.stringify(plan.identities)).toContain('refs/heads/trunk');
  });
});

describe('dekey explain github', () => {
  test('lists what the source asks for, and a manifest that is JSON', async () => {
    const server = await startFake({ repositories: [] });
    const { code, stdout } = await dekey(server, ['explain', 'github']);
    expect(code).toBe(0);
    writeFileSync(join(home, 'out'), stdout);
    const [reads, writes] = [...stdout.matchAll(/^ {2}\{\n[\s\S]*?^ {2}\}$/gm)].map(([block]): { default_permissions: Record<string, string> } => JSON.parse(block));
    expect(new Set(Object.values(reads?.default_permissions ?? {}))).toEqual(new Set(['read']));
    expect(reads?.default_permissions).toMatchObject({ secrets: 'read', organization_secrets: 'read', environments: 'read', contents: 'read' });
    expect(writes?.default_permissions).toEqual({ contents: 'write', metadata: 'read', pull_requests: 'write', workflows: 'write' });
    expect(server.seen).toEqual([]);
  });
});
