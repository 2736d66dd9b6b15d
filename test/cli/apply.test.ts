import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEKEY, Kit, requireBuild, ROOT } from '../e2e/kit.ts';

const kit = new Kit(91);
beforeAll(requireBuild);
afterAll(() => kit.remove());

const HOSTED = ['--repository', 'github.com/acme/app', '--branch', 'main'] as const;

/** A workflow whose key input becomes federation inputs. `extra`: lines of the step's `with`. */
function workflow(job = 'evals', extra: readonly string[] = []): string {
  return ['on: { push: { branches: [main] } }', 'jobs:', `  ${job}:`, '    runs-on: ubuntu-latest', '    steps:', '      - uses: anthropics/claude-code-action@v1', '        with:', '          anthropic_api_key: ${{ secrets.ANTHROPIC_API_KEY }}', '          prompt: Run the evals', ...extra.map((line) => `          ${line}`), ''].join('\n');
}

const CI = '.github/workflows/ci.yml';

/** A folder with files and the plan of it. */
function planned(files: Readonly<Record<string, string | Buffer>> = { [CI]: workflow() }, name = 'apply'): string {
  const folder = kit.folder(name);
  kit.write(folder, files);
  plan(folder);
  return folder;
}

function plan(folder: string, ...more: readonly string[]): void {
  const ran = kit.dekey(['plan', ...HOSTED, ...more], { cwd: folder });
  if (ran.code !== 0) throw new Error(ran.stderr);
}

function apply(folder: string, args: readonly string[] = [], options: { readonly env?: Readonly<Record<string, string>>; readonly node?: readonly string[] } = {}) {
  return kit.dekey(['apply', ...args], { cwd: folder, ...options });
}

/** Everything but the plan, byte for byte, with modes. */
function tree(folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(kit.files(folder).filter((path) => !path.startsWith('dekey-plan/') && !path.startsWith('.git/')).toSorted().map((path) => [path, `${(statSync(join(folder, path)).mode & 0o777).toString(8)} ${readFileSync(join(folder, path)).toString('latin1')}`]));
}

function rollbacks(folder: string): readonly string[] {
  return readdirSync(join(folder, 'dekey-plan')).filter((name) => name.startsWith('rollback-')).toSorted();
}

function json(folder: string, args: readonly string[] = []) {
  const ran = apply(folder, ['--format', 'json', ...args]);
  return { ...ran, result: JSON.parse(ran.stdout) };
}

/** The awkward ones: byte-order mark, CRLF, no final line end, blanks and letters beyond ASCII in names. */
const AWKWARD = {
  [CI]: workflow(),
  '.github/workflows/win.yml': `\ufeff${workflow('win').replaceAll('\n', '\r\n')}`,
  '.github/workflows/bare.yml': workflow('bare').trimEnd(),
  '.github/workflows/wörk flow.yml': workflow('odd'),
  '.github/workflows/with blank.yml': workflow('blank'),
} as const;

describe('showing', () => {
  test('the diff, why, and what comes next; nothing is written', () => {
    const folder = planned();
    const before = tree(folder);
    const { code, stdout, stderr } = apply(folder);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`${CI}\n`);
    expect(stdout).toMatch(/^ (?:un)?safe +evals: /m);
    expect(stdout).toContain('used by  ci.yml › evals (Anthropic)');
    expect(stdout).toContain('\n-          anthropic_api_key: ${{ secrets.ANTHROPIC_API_KEY }}\n');
    expect(stdout).toContain('\n+          anthropic_federation_rule_id: ${{ vars.ANTHROPIC_FEDERATION_RULE_ID }}\n');
    expect(stdout).toContain('\ndekey apply dekey-plan --write\n');
    expect(tree(folder)).toEqual(before);
    expect(rollbacks(folder)).toEqual([]);
  });

  test('the plan is found by its file, its folder and without a word; what is not one is named', () => {
    const folder = planned();
    const shown = apply(folder).stdout;
    const body = (text: string): string => text.slice(0, text.indexOf('dekey apply'));
    for (const name of ['dekey-plan', 'dekey-plan/plan.json', './dekey-plan/']) expect(body(apply(folder, [name]).stdout)).toBe(body(shown));
    kit.write(folder, {
      'broken/plan.json': '{ "schemaVersion": "1.0", ', 'other/plan.json': '{ "name": "x" }', 'empty/x': '',
      'escape/plan.json': readFileSync(join(folder, 'dekey-plan/plan.json'), 'utf8').replaceAll(CI, '../../etc/passwd'),
      'cut/plan.json': JSON.stringify({ ...JSON.parse(readFileSync(join(folder, 'dekey-plan/plan.json'), 'utf8')), migrations: [{ id: 'm' }] }),
    });
    for (const [name, words] of [['nowhere', 'there is no plan at nowhere'], ['broken', 'broken/plan.json is not valid JSON'], ['other', 'is not a plan of dekey'], ['empty', 'holds no plan.json'], ['escape', 'leads out of its target'], ['cut', 'migrations[0].name']] as const) {
      const { code, stderr, stdout } = apply(folder, [name]);
      expect({ name, code, stdout }).toEqual({ name, code: 2, stdout: '' });
      expect(stderr).toContain(words);
      expect(stderr.trimEnd().split('\n')).toHaveLength(2);
    }
  });

  test('runs from elsewhere, and from a tree that has moved', () => {
    const folder = planned();
    expect(kit.dekey(['apply', join(folder, 'dekey-plan')], { cwd: kit.home }).stdout).toContain('anthropic_federation_rule_id');
    const moved = `${folder}-moved`;
    renameSync(folder, moved);
    expect(kit.dekey(['apply', join(moved, 'dekey-plan')], { cwd: kit.home }).stdout).toContain('anthropic_federation_rule_id');
    kit.write(kit.home, { 'plans/plan.json': readFileSync(join(moved, 'dekey-plan/plan.json')) });
    const by = kit.dekey(['apply', 'plans', '--root', moved], { cwd: kit.home });
    expect(by.stdout).toContain('anthropic_federation_rule_id');
    expect(by.stdout).toContain(`--root ${moved} --write`);
  });

  test('a target that is not there is named, with exit 3', () => {
    const home = kit.folder('targets');
    kit.write(home, { [`one/${CI}`]: workflow(), [`two/${CI}`]: workflow() });
    expect(kit.dekey(['plan', 'one', 'two', '--branch', 'main'], { cwd: home }).code).toBe(0);
    rmSync(join(home, 'two'), { recursive: true });
    const { code, stderr } = apply(home);
    expect(code).toBe(3);
    expect(stderr).toContain('two of the plan is no folder here');
    expect(apply(home, ['--root', 'one'])).toMatchObject({ code: 2, stderr: expect.stringContaining('there are 2') });
  });

  test('colour only where it is wanted; no line of prose beyond 100 columns', () => {
    const folder = planned();
    expect(apply(folder, [], { env: { FORCE_COLOR: '1' } }).stdout).toContain('\u001b[32m+');
    expect(apply(folder, [], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }).stdout).not.toContain('\u001b');
    expect(apply(folder, ['--no-color'], { env: { FORCE_COLOR: '1' } }).stdout).not.toContain('\u001b');
    for (const line of apply(folder).stdout.split('\n')) if (!/^[-+ @\\]\S|^[-+] /.test(line)) expect(line.length, line).toBeLessThanOrEqual(100);
  });

  test('JSON is what its schema says, and a result in which nothing acts', () => {
    const folder = planned(AWKWARD);
    const { code, result } = json(folder);
    expect(code).toBe(0);
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync(join(ROOT, 'schema/apply.schema.json'), 'utf8')));
    expect(validate(result), JSON.stringify(validate.errors)).toBe(true);
    expect(result.summary).toMatchObject({ files: 5, changes: 5, leftovers: 0, dropped: 0, declined: 0 });
    expect(result.files.every((file: { sha256: { before: string; after: string } }) => file.sha256.before !== file.sha256.after)).toBe(true);
    const written = json(folder, ['--write']);
    expect(written.result).toMatchObject({ written: true, rollback: 'rollback-1.json' });
    expect(written.result.files.map((file: { sha256: unknown }) => file.sha256)).toEqual(result.files.map((file: { sha256: unknown }) => file.sha256));
    const rollback = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync(join(ROOT, 'schema/rollback.schema.json'), 'utf8')));
    expect(rollback(JSON.parse(readFileSync(join(folder, 'dekey-plan/rollback-1.json'), 'utf8'))), JSON.stringify(rollback.errors)).toBe(true);
  });
});

describe('a patch', () => {
  test.each(['repository', 'plain'] as const)('is what git apply takes, in a %s folder', (kind) => {
    const folder = kind === 'repository' ? kit.repository('patch') : kit.folder('patch');
    kit.write(folder, AWKWARD);
    plan(folder);
    const before = tree(folder);
    const patch = apply(folder, ['--format', 'patch']);
    expect(patch).toMatchObject({ code: 0, stderr: '' });
    expect(patch.stdout).toContain('"a/.github/workflows/w\\303\\266rk flow.yml"');
    expect(patch.stdout).toContain('+++ b/.github/workflows/with blank.yml\t\n');
    writeFileSync(join(kit.home, `${kind}.patch`), patch.stdout);
    kit.git(folder, ['apply', '--whitespace=nowarn', join(kit.home, `${kind}.patch`)]);
    const byGit = tree(folder);
    expect(byGit).not.toEqual(before);
    kit.write(folder, AWKWARD);
    expect(apply(folder, ['--write']).code).toBe(0);
    expect(tree(folder)).toEqual(byGit);
  });

  test('in a folder of a repository has paths from its top', () => {
    const top = kit.repository('nested');
    kit.write(top, { [`app/${CI}`]: workflow() });
    plan(join(top, 'app'));
    const { stdout } = apply(join(top, 'app'), ['--format', 'patch']);
    expect(stdout).toContain(`--- a/app/${CI}\n`);
    writeFileSync(join(kit.home, 'nested.patch'), stdout);
    kit.git(join(top, 'app'), ['apply', join(kit.home, 'nested.patch')]);
    expect(readFileSync(join(top, 'app', CI), 'utf8')).toContain('federation_rule_id');
  });
});

describe('choosing', () => {
  const two = { [CI]: workflow(), '.github/workflows/nightly.yml': workflow('nightly') };

  test('by path, id, provider, rewriter and safety; what fits nothing is refused with what there is', () => {
    const folder = planned(two);
    const paths = (...only: readonly string[]): readonly string[] => json(folder, only.flatMap((pattern) => ['--only', pattern])).result.files.filter((file: { changes: readonly unknown[] }) => file.changes.length > 0).map((file: { path: string }) => file.path);
    const [{ changes: [change] }] = json(folder).result.files;
    expect(paths('nightly.yml')).toEqual(['.github/workflows/nightly.yml']);
    expect(paths('evals/*')).toEqual([CI]);
    expect(paths('evals/*', 'nightly/*')).toHaveLength(2);
    expect(paths('evals/*', 'nightly.yml')).toEqual([]);
    expect(paths('anthropic', '.github/')).toHaveLength(2);
    expect(paths('github-actions', change.safety)).toHaveLength(2);
    expect(paths(change.safety === 'safe' ? 'unsafe' : 'safe')).toEqual([]);
    const wrong = apply(folder, ['--only', 'openai', '--write']);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('--only openai fits no change');
    for (const word of ['provider anthropic', 'rewriter github-actions', CI, 'nightly/anthropic']) expect(wrong.stderr).toContain(word);
    expect(json(folder, ['--only', 'ci.yml']).result.summary).toMatchObject({ changes: 1, declined: 1 });
  });

  test('what was left out can be written later', () => {
    const folder = planned(two);
    expect(apply(folder, ['--only', 'ci.yml', '--write']).code).toBe(0);
    expect(readFileSync(join(folder, '.github/workflows/nightly.yml'), 'utf8')).toBe(workflow('nightly'));
    const rest = apply(folder, ['--write']);
    expect(rest.stdout).toContain('Made before  1 change');
    expect(rollbacks(folder)).toEqual(['rollback-1.json', 'rollback-2.json']);
    expect(json(folder).result.summary).toMatchObject({ changes: 0, madeBefore: 2, refused: {} });
  });

  test('ids as secrets, as they are, and values that do not look right', () => {
    const folder = planned();
    expect(apply(folder, ['--ids', 'secrets']).stdout).toContain('${{ secrets.ANTHROPIC_FEDERATION_RULE_ID }}');
    const id = '11111111-2222-3333-4444-555555555555';
    const literal = apply(folder, ['--ids', 'literal', '--set', `anthropic.organization_id=${id}`]).stdout;
    expect(literal).toContain(`+          anthropic_organization_id: ${id}`);
    expect(literal).toContain(`--ids literal --set anthropic.organization_id=${id} --write`);
    expect(apply(folder, ['--set', 'anthropic.organization_id=x y'])).toMatchObject({ code: 2, stderr: expect.stringContaining('does not look right') });
    expect(apply(folder, ['--set', 'nonsense'])).toMatchObject({ code: 2, stderr: expect.stringContaining('is not ID=VALUE') });
    expect(apply(folder, ['--set', 'anthropic.nothing=1'])).toMatchObject({ code: 2, stderr: expect.stringContaining('no such input') });
  });
});

describe('writing', () => {
  test('writes all, keeps modes, leaves nothing beside, and has nothing to do when run again', () => {
    const folder = planned(AWKWARD);
    chmodSync(join(folder, CI), 0o640);
    const names = Object.keys(tree(folder));
    const first = apply(folder, ['--write']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain('dekey apply --rollback dekey-plan/rollback-1.json --write');
    const after = tree(folder);
    expect(Object.keys(after)).toEqual(names);
    expect(after[CI]?.startsWith('640 ')).toBe(true);
    expect(after['.github/workflows/win.yml']).toContain('\xef\xbb\xbfon: { push: { branches: [main] } }\r\n');
    expect(after['.github/workflows/win.yml']?.replaceAll('\r\n', '')).not.toContain('\n');
    expect(after['.github/workflows/bare.yml']?.endsWith('\n')).toBe(false);
    expect(statSync(join(folder, 'dekey-plan/rollback-1.json')).mode & 0o777).toBe(0o600);
    const again = apply(folder, ['--write']);
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout).toContain('Nothing left to do');
    expect(again.stdout).not.toContain('not done');
    expect(tree(folder)).toEqual(after);
    expect(rollbacks(folder)).toEqual(['rollback-1.json']);
  });

  test('a file that has changed since the plan stops everything, shown or written', () => {
    const folder = planned({ [CI]: workflow(), '.github/workflows/nightly.yml': workflow('nightly') });
    writeFileSync(join(folder, CI), `# mine\n${workflow()}`);
    const before = tree(folder);
    for (const args of [[], ['--write'], ['--format', 'json'], ['--format', 'patch']]) {
      const { code, stdout, stderr } = apply(folder, args);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
      expect(stderr).toContain(`${CI} has changed since the plan`);
      expect(stderr).toContain('dekey plan');
    }
    expect(tree(folder)).toEqual(before);
    // The others can be had, and what has changed is said.
    const other = apply(folder, ['--only', 'nightly.yml', '--write']);
    expect(other.code).toBe(0);
    expect(other.stdout).toContain(`since the plan: ${CI}`);
    expect(readFileSync(join(folder, CI), 'utf8')).toBe(`# mine\n${workflow()}`);
  });

  test('a file that is gone, or of which a new plan knows nothing, is not written', () => {
    const folder = planned();
    expect(apply(folder, ['--write']).code).toBe(0);
    // A rollback file of another plan vouches for nothing.
    writeFileSync(join(folder, 'dekey-plan/plan.json'), readFileSync(join(folder, 'dekey-plan/plan.json'), 'utf8').replace('"prompt"', '"prompt" ').replace(/\n$/, '\n\n'));
    expect(json(folder).result.changedSince).toEqual([{ target: 't0', path: CI }]);
    rmSync(join(folder, CI));
    const gone = json(folder, ['--write']);
    expect(gone.result).toMatchObject({ written: false, changedSince: [{ path: CI }] });
    expect(gone.result.files[0].refusals[0].reason).toBe('The file is not there any more.');
  });

  test('no symbolic link is followed: neither a file nor a folder on the way', () => {
    const outside = kit.folder('outside');
    kit.write(outside, { 'ci.yml': workflow() });
    for (const kind of ['file', 'folder'] as const) {
      const folder = planned();
      rmSync(join(folder, '.github/workflows'), { recursive: true });
      if (kind === 'folder') symlinkSync(outside, join(folder, '.github/workflows'));
      else {
        mkdirSync(join(folder, '.github/workflows'));
        symlinkSync(join(outside, 'ci.yml'), join(folder, CI));
      }
      const { stdout, result } = json(folder, ['--write']);
      expect(result.summary).toMatchObject({ changes: 0, refused: { 'not-readable': 1 } });
      expect(stdout).toContain('symbolic link');
      expect(readFileSync(join(outside, 'ci.yml'), 'utf8')).toBe(workflow());
      expect(lstatSync(join(folder, kind === 'file' ? CI : '.github/workflows')).isSymbolicLink()).toBe(true);
    }
  });

  test('text that is not UTF-8 is refused, byte for byte', () => {
    const folder = planned({ [CI]: Buffer.concat([Buffer.from('# caf'), Buffer.from([0xe9]), Buffer.from(`\n${workflow()}`)]) });
    const before = tree(folder);
    const { result } = json(folder, ['--write']);
    expect(result.files[0].refusals[0]).toMatchObject({ code: 'not-readable', reason: 'The file is not UTF-8 text.' });
    expect(tree(folder)).toEqual(before);
  });

  /** Preloads a script that breaks the N-th renaming of a workflow. */
  function onRename(number: number, action: string): readonly string[] {
    const path = join(kit.home, `rename-${number}-${action.length}.cjs`);
    writeFileSync(path, `const fs = require('node:fs/promises');\nconst { rename } = fs;\nlet seen = 0;\nfs.rename = async (from, to) => {\n  if (String(to).endsWith('.yml')) { seen += 1; if (seen === ${number}) { ${action} } }\n  return rename(from, to);\n};\n`);
    return ['--require', path];
  }

  test('a failure halfway leaves every file as it was, and no trace', () => {
    const folder = planned(AWKWARD);
    const before = tree(folder);
    const { code, stderr } = apply(folder, ['--write'], { node: onRename(3, "throw Object.assign(new Error('EACCES: no'), { code: 'EACCES' });") });
    expect(code).toBe(2);
    expect(stderr).toContain('permission denied');
    expect(stderr).toContain('All files are as they were');
    expect(tree(folder)).toEqual(before);
    expect(rollbacks(folder)).toEqual([]);
  });

  test.skipIf(process.getuid?.() === 0)('a folder that may not be written to stops it before anything is', () => {
    const folder = planned({ [CI]: workflow(), [`sub/${CI}`]: workflow() });
    const before = tree(folder);
    chmodSync(join(folder, '.github/workflows'), 0o555);
    try {
      expect(apply(folder, ['--write'])).toMatchObject({ code: 2, stderr: expect.stringContaining('permission denied') });
      expect(tree(folder)).toEqual(before);
    } finally {
      chmodSync(join(folder, '.github/workflows'), 0o755);
    }
  });

  test.each([1, 2, 5])('killed at renaming %i, it can be taken back, or finished', (number) => {
    const folder = planned(AWKWARD);
    const before = tree(folder);
    const killed = apply(folder, ['--write'], { node: onRename(number, "process.kill(process.pid, 'SIGKILL');") });
    expect(killed.code).toBe(-1);
    expect(rollbacks(folder)).toEqual(['rollback-1.json']);
    const halfway = tree(folder);
    expect(Object.keys(halfway).some((path) => path.endsWith('.tmp'))).toBe(true);
    expect(apply(folder, ['--rollback', 'dekey-plan/rollback-1.json', '--write']).code).toBe(0);
    expect(tree(folder)).toEqual(before);
    // And from the same state forwards.
    const other = planned(AWKWARD);
    apply(other, ['--write'], { node: onRename(number, "process.kill(process.pid, 'SIGKILL');") });
    expect(apply(other, ['--write'])).toMatchObject({ code: 0, stderr: '' });
    expect(json(other).result.summary).toMatchObject({ changes: 0, madeBefore: 5 });
    expect(Object.keys(tree(other)).filter((path) => path.endsWith('.tmp'))).toEqual([]);
  });
});

describe('a key that would win over the new identity', () => {
  const pod = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: bot, namespace: bots }\nspec:\n  template:\n    spec:\n      containers:\n        - name: app\n          env:\n            - name: ANTHROPIC_API_KEY\n              valueFrom: { secretKeyRef: { name: ai, key: anthropic } }\n';

  test('stops the writing of everything, unless it is allowed', () => {
    const folder = kit.folder('leftovers');
    kit.write(folder, { 'deploy/bot.yaml': pod, 'app.py': 'import os\nimport anthropic\n\nos.environ["ANTHROPIC_API_KEY"] = open("/run/key").read()\nclient = anthropic.Anthropic()\n' });
    expect(kit.dekey(['plan', '--repository', 'gitlab.com/acme/app', '--branch', 'main'], { cwd: folder }).code).toBe(0);
    const shown = apply(folder);
    expect(shown.code).toBe(1);
    expect(shown.stdout).toMatch(/^ leftover line \d+: /m);
    expect(shown.stdout).toContain('By hand: ');
    expect(shown.stdout).toContain('--write --allow-leftovers');
    const before = tree(folder);
    const written = apply(folder, ['--write']);
    expect(written).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing was written: 1 key is left') });
    expect(tree(folder)).toEqual(before);
    expect(rollbacks(folder)).toEqual([]);
    const allowed = apply(folder, ['--write', '--allow-leftovers']);
    expect(allowed).toMatchObject({ code: 0, stderr: '' });
    expect(tree(folder)).not.toEqual(before);
  });

  test('does not stop what has nothing to do with it', () => {
    const folder = kit.folder('leftovers-elsewhere');
    kit.write(folder, { 'deploy/bot.yaml': pod, '.gitlab-ci.yml': "ask:\n  script:\n    - 'curl -H \"x-api-key: $ANTHROPIC_API_KEY\" https://api.anthropic.com/v1/messages -d @prompt.json'\n" });
    expect(kit.dekey(['plan', '--repository', 'gitlab.com/acme/app', '--branch', 'main'], { cwd: folder }).code).toBe(0);
    expect(apply(folder, ['--write'])).toMatchObject({ code: 0, stderr: '' });
    expect(rollbacks(folder)).toEqual(['rollback-1.json']);
  });
});

describe('taking back', () => {
  test('restores every byte, shows it first, and does it once', () => {
    const folder = planned(AWKWARD);
    const before = tree(folder);
    apply(folder, ['--write']);
    const after = tree(folder);
    const shown = apply(folder, ['--rollback', 'dekey-plan/rollback-1.json']);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toContain('\n+          anthropic_api_key: ${{ secrets.ANTHROPIC_API_KEY }}\n');
    expect(tree(folder)).toEqual(after);
    const back = apply(folder, ['--rollback', 'dekey-plan/rollback-1.json', '--write']);
    expect(back.stdout).toContain('Every file is as it was before');
    expect(tree(folder)).toEqual(before);
    expect(apply(folder, ['--rollback', 'dekey-plan/rollback-1.json', '--write']).stdout).toContain('Nothing to take back');
    // The plan is good again.
    expect(apply(folder, ['--write']).code).toBe(0);
    expect(tree(folder)).toEqual(after);
  });

  test('works from elsewhere, in reverse order, and never over what somebody changed', () => {
    const folder = planned({ [CI]: workflow(), '.github/workflows/nightly.yml': workflow('nightly') });
    const before = tree(folder);
    apply(folder, ['--only', 'ci.yml', '--write']);
    apply(folder, ['--write']);
    const undo = (number: number, ...more: readonly string[]) => kit.dekey(['apply', '--rollback', join(folder, `dekey-plan/rollback-${number}.json`), '--write', ...more], { cwd: kit.home });
    const text = readFileSync(join(folder, CI), 'utf8');
    writeFileSync(join(folder, CI), `${text}# mine\n`);
    expect(undo(1)).toMatchObject({ code: 2, stderr: expect.stringContaining('neither as before that run nor as after it') });
    expect(readFileSync(join(folder, CI), 'utf8')).toBe(`${text}# mine\n`);
    writeFileSync(join(folder, CI), text);
    expect(undo(2).code).toBe(0);
    expect(undo(1).code).toBe(0);
    expect(tree(folder)).toEqual(before);
  });

  test('a rollback file that was tampered with writes nothing', () => {
    const folder = planned();
    apply(folder, ['--write']);
    const path = join(folder, 'dekey-plan/rollback-1.json');
    const good = readFileSync(path, 'utf8');
    const after = tree(folder);
    const cases: readonly (readonly [(rollback: { files: { path: string; temporary: string; undo: { text: string }[] }[]; targets: { root: string }[] }) => void, number, string])[] = [
      [(rollback) => { for (const file of rollback.files) for (const splice of file.undo) splice.text += 'x'; }, 2, 'does not restore'],
      [(rollback) => { for (const file of rollback.files) file.path = '../x'; }, 2, 'leads out of its target'],
      [(rollback) => { for (const file of rollback.files) file.temporary = '../../x'; }, 2, 'is not a name of ours'],
      [(rollback) => { for (const target of rollback.targets) target.root = '../../../../..'; }, 3, 'outside the folder of this run'],
    ];
    for (const [change, code, words] of cases) {
      const rollback = JSON.parse(good);
      change(rollback);
      writeFileSync(path, JSON.stringify(rollback));
      expect(apply(folder, ['--rollback', path, '--write'])).toMatchObject({ code, stderr: expect.stringContaining(words), stdout: '' });
      expect(tree(folder)).toEqual(after);
    }
    writeFileSync(path, '{');
    expect(apply(folder, ['--rollback', path])).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be read as JSON') });
    expect(apply(folder, ['--rollback', 'nowhere.json'])).toMatchObject({ code: 2 });
    expect(apply(folder, ['dekey-plan', '--rollback', path])).toMatchObject({ code: 2, stderr: expect.stringContaining('takes no plan') });
  });
});

describe('keys', () => {
  test('beside what changes are masked everywhere, and stand in no patch and no rollback file', () => {
    const openai = kit.key().text;
    const groq = kit.key('groq').text;
    const folder = planned({ [CI]: `${workflow('evals', [`openai_key: ${openai}`])}# ${groq}\n`, '.github/workflows/far.yml': `# ${groq}\n\n\n\n\n\n\n${workflow('far')}` });
    const text = apply(folder).stdout;
    expect(text).toContain('sk-proj-…');
    const patch = apply(folder, ['--format', 'patch']);
    expect(patch.stdout).toContain('far.yml');
    json(folder);
    apply(folder, ['--write']);
    for (const name of rollbacks(folder)) kit.keepFile(join(folder, 'dekey-plan', name));
    apply(folder, ['--rollback', 'dekey-plan/rollback-1.json', '--format', 'patch']);
    apply(folder, ['--rollback', 'dekey-plan/rollback-1.json', '--write']);
    expect(kit.sweep()).toEqual([]);
    expect(kit.swept.keys).toBeGreaterThan(1);
  });

  test('context gives way so that git still takes the patch', () => {
    const key = kit.key().text;
    const text = workflow().replace('on: { push: { branches: [main] } }\n', `on: { push: { branches: [main] } }\nenv:\n  OTHER: ${key}\n`).replace('          prompt: Run the evals\n', `          prompt: Run the evals\n          x: ${key}\n`);
    const folder = kit.repository('context');
    kit.write(folder, { [CI]: text });
    plan(folder);
    const patch = apply(folder, ['--format', 'patch']);
    expect(patch.stderr).toBe('');
    expect(patch.stdout).not.toContain(key);
    writeFileSync(join(kit.home, 'context.patch'), patch.stdout);
    kit.git(folder, ['apply', join(kit.home, 'context.patch')]);
    const byGit = readFileSync(join(folder, CI), 'utf8');
    writeFileSync(join(folder, CI), text);
    apply(folder, ['--write']);
    expect(readFileSync(join(folder, CI), 'utf8')).toBe(byGit);
    expect(kit.sweep()).toEqual([]);
  });

  test('a file is left out of the patch where a key stands directly after a change', () => {
    const key = kit.key().text;
    const folder = planned({ [CI]: workflow().replace('          prompt: Run the evals\n', `          x: ${key}\n`) });
    const { stdout, stderr } = apply(folder, ['--format', 'patch']);
    expect(stdout).toBe('');
    expect(stderr).toContain(`${CI} is left out of the patch`);
    expect(kit.sweep()).toEqual([]);
  });
});

describe('names from outside', () => {
  const HOSTILE = ['\u001b[2J\u001b[Hcleared.yml', 'line\nbreak.yml', '::error file=x::injected.yml', '##[error]azure.yml', '\u202Evne.yml', 'zero\u200Bwidth.yml', '-rf.yml', 'quo"te\\.yml', "it's.yml"];

  test('act on nothing, are shown, and come through a patch whole', () => {
    const folder = kit.repository('hostile');
    for (const [index, name] of HOSTILE.entries()) kit.write(folder, { [`.github/workflows/${name}`]: workflow(`job${index}`, ['# \u001b[31mred ::error::x ##[error]y \u202e']).replace('Run the evals', '"\u200b::warning::x"') });
    plan(folder);
    const { stdout, stderr, code } = apply(folder);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(stdout).not.toMatch(/^\s*(?:::|##\[)/m);
    for (const word of ['cleared.yml', 'break.yml', 'injected.yml', 'azure.yml']) expect(stdout).toContain(word);
    expect(apply(folder, ['--format', 'json']).stdout).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    const patch = apply(folder, ['--format', 'patch']).stdout;
    writeFileSync(join(kit.home, 'hostile.patch'), patch);
    kit.git(folder, ['apply', '--whitespace=nowarn', join(kit.home, 'hostile.patch')]);
    expect(kit.files(folder).filter((path) => path.startsWith('.github/') && readFileSync(join(folder, path), 'utf8').includes('federation_rule_id'))).toHaveLength(HOSTILE.length);
  });
});

describe('asking', () => {
  /** Runs the program on a terminal of its own; each step waits for a text and then types. */
  function onTerminal(folder: string, args: readonly string[], steps: readonly (readonly [string, string])[], columns = 80): { readonly code: number; readonly output: string } {
    const script = [
      'import fcntl, json, os, pty, select, struct, sys, termios, time',
      'command, steps, columns = json.loads(sys.argv[1])',
      'pid, fd = pty.fork()',
      'if pid == 0: os.execvp(command[0], command)',
      "fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 40, columns, 0, 0))",
      "out, seen, deadline = b'', 0, time.time() + 30",
      'while time.time() < deadline:',
      '    ready, _, _ = select.select([fd], [], [], 0.2)',
      '    if ready:',
      '        try: chunk = os.read(fd, 65536)',
      '        except OSError: break',
      '        if not chunk: break',
      '        out += chunk',
      '    if steps and steps[0][0].encode() in out[seen:]:',
      '        seen = len(out)',
      '        os.write(fd, steps.pop(0)[1].encode())',
      '_, status = os.waitpid(pid, 0)',
      "print(json.dumps([os.waitstatus_to_exitcode(status), out.decode('utf8', 'replace')]))",
    ].join('\n');
    const ran = execFileSync('python3', ['-c', script, JSON.stringify([[process.execPath, DEKEY, 'apply', ...args], steps, columns])], { cwd: folder, encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', HOME: kit.home, LANG: 'C.UTF-8', TERM: 'xterm' } });
    const [code, output]: [number, string] = JSON.parse(ran);
    kit.keep('terminal', output);
    return { code, output };
  }
  const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0;
  const two = { [CI]: workflow(), '.github/workflows/nightly.yml': workflow('nightly') };

  test('without a terminal, or for a program, is an error', () => {
    const folder = planned();
    expect(apply(folder, ['--interactive'])).toMatchObject({ code: 2, stderr: expect.stringContaining('needs a terminal') });
    expect(apply(folder, ['--interactive', '--format', 'json'])).toMatchObject({ code: 2 });
  });

  test.skipIf(!hasPython)('writes what was accepted, after a last question', () => {
    const folder = planned(two);
    const { code, output } = onTerminal(folder, ['--interactive'], [['(1 of 2)', 'n'], ['(2 of 2)', 'y'], ['Write 1 change to 1 file?', 'y']]);
    expect(code).toBe(0);
    expect(output).toContain('\u001b[32m+');
    expect(readFileSync(join(folder, CI), 'utf8')).toBe(two[CI]);
    expect(readFileSync(join(folder, '.github/workflows/nightly.yml'), 'utf8')).toContain('federation_rule_id');
  });

  test.skipIf(!hasPython)('all the rest with a; no question more with --write', () => {
    const folder = planned(two);
    expect(onTerminal(folder, ['--interactive', '--write'], [['(1 of 2)', 'a']]).code).toBe(0);
    for (const path of Object.keys(two)) expect(readFileSync(join(folder, path), 'utf8')).toContain('federation_rule_id');
  });

  test.skipIf(!hasPython).each([['q', ['--interactive', '--write']], ['\u0003', ['--interactive', '--write']]] as const)('%j leaves without writing', (key, args) => {
    const folder = planned(two);
    const before = tree(folder);
    const { code, output } = onTerminal(folder, args, [['(1 of 2)', 'y'], ['(2 of 2)', key]]);
    expect(code).toBe(0);
    expect(output).toContain('nothing was written');
    expect(tree(folder)).toEqual(before);
  });

  test.skipIf(!hasPython)('no to the last question writes nothing', () => {
    const folder = planned(two);
    const before = tree(folder);
    onTerminal(folder, ['--interactive'], [['(1 of 2)', 'a'], ['Write 2 changes to 2 files?', 'n']]);
    expect(tree(folder)).toEqual(before);
  });
});

test('the plan lists the manifests of source files that use keys, and no link', () => {
  const folder = kit.folder('manifests');
  kit.write(folder, {
    'package.json': '{}', 'app/package.json': '{}', 'app/src/client.ts': "import OpenAI from 'openai';\nexport const client = new OpenAI({ apiKey: process.env.OPENAI_API_KEY });\n",
    'py/requirements-dev.txt': 'openai\n', 'py/job.py': 'import os\nfrom openai import OpenAI\nclient = OpenAI(api_key=os.environ["OPENAI_API_KEY"])\n', 'other/package.json': '{}', 'outside.toml': '',
  });
  symlinkSync('../outside.toml', join(folder, 'py/pyproject.toml'));
  plan(folder);
  const { sources }: { sources: { path: string; sha256: string | null }[] } = JSON.parse(readFileSync(join(folder, 'dekey-plan/plan.json'), 'utf8'));
  expect(sources.map(({ path }) => path)).toEqual(['app/package.json', 'app/src/client.ts', 'package.json', 'py/job.py', 'py/requirements-dev.txt']);
  expect(sources.every(({ sha256 }) => sha256 !== null)).toBe(true);
});

test('no output and no file of ours held a key that was planted', () => {
  expect(kit.sweep()).toEqual([]);
  expect(existsSync(join(dirname(DEKEY), '../dist/apply.cjs'))).toBe(true);
});
