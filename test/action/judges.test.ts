/** Our own workflows and the action, judged by others (installed by npm run judges). */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { judgeFolder } from '../../scripts/judges/install.ts';
import { offers } from '../../src/init/templates.ts';
import { blocksOf } from '../docs/blocks.ts';

const ROOT = join(import.meta.dirname, '../..');
const python = join(judgeFolder, 'python', 'bin');
const actionlint = join(judgeFolder, 'actionlint', 'actionlint');
const workflows = readdirSync(join(ROOT, '.github/workflows')).map((name) => join('.github/workflows', name));
const judged = (program: string): ReturnType<typeof test.skipIf> => test.skipIf(!existsSync(program) && process.env['DEKEY_JUDGES'] !== 'required');

function verdict(program: string, args: readonly string[]): { readonly code: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' }, timeout: 60_000 });
  return { code: status, output: stdout + stderr };
}

judged(actionlint)('actionlint finds nothing in the workflows, nor in what they give to the action', () => {
  expect(verdict(actionlint, ['-shellcheck', join(python, 'shellcheck'), '-pyflakes', '', ...workflows])).toEqual({ code: 0, output: '' });
});

judged(actionlint)('actionlint does complain about an input that the action does not have', () => {
  const wrong = readFileSync(join(ROOT, '.github/workflows/dekey.yml'), 'utf8').replace("comment: 'true'", "coment: 'true'");
  const { status, stdout } = spawnSync(actionlint, ['-shellcheck=', '-pyflakes=', '-stdin-filename', '.github/workflows/dekey.yml', '-'], { cwd: ROOT, encoding: 'utf8', input: wrong });
  expect(status).toBe(1);
  expect(stdout).toContain('"coment" is not defined in action');
});

judged(join(python, 'zizmor'))('zizmor finds nothing, at its strictest', { timeout: 60_000 }, () => {
  const { code, output } = verdict(join(python, 'zizmor'), ['--offline', '--no-config', '--persona=auditor', '--no-progress', ...workflows, 'action.yml']);
  expect(output).toMatch(/No findings to report\. Good job! \(1 ignored\)/);
  expect(code).toBe(0);
});

judged(join(python, 'check-jsonschema'))('the published schemas take the action and the workflows', { timeout: 60_000 }, () => {
  expect(verdict(join(python, 'check-jsonschema'), ['--builtin-schema', 'vendor.github-actions', 'action.yml'])).toMatchObject({ code: 0 });
  expect(verdict(join(python, 'check-jsonschema'), ['--builtin-schema', 'vendor.github-workflows', ...workflows])).toMatchObject({ code: 0 });
});

judged(actionlint)('the workflows of docs/action.md are workflows, and pin what ours pin', () => {
  const page = readFileSync(join(ROOT, 'docs/action.md'), 'utf8');
  const [smallest = '', job = '', organisation = ''] = [...page.matchAll(/^```yaml \w+\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
  const whole = [smallest, `${smallest.slice(0, smallest.indexOf('    permissions:'))}${job}`, organisation];
  const folder = mkdtempSync(join(tmpdir(), 'dekey-docs-'));
  try {
    const files = whole.map((_, index) => join(folder, `${index}.yml`));
    for (const [index, file] of files.entries()) writeFileSync(file, whole[index] ?? '');
    expect(verdict(actionlint, ['-shellcheck=', '-pyflakes=', ...files])).toEqual({ code: 0, output: '' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const pins = new Set([...workflows.map((path) => readFileSync(join(ROOT, path), 'utf8')).join('\n').matchAll(/uses: (\S+@[0-9a-f]{40} # v\S+)/g)].map(([, pin]) => pin));
  for (const [, pin = ''] of page.matchAll(/uses: (\S+@[0-9a-f]{40} # v\S+)/g)) if (!pin.startsWith('actions/create-github-app-token@')) expect(pins).toContain(pin);
  expect(pins.size).toBe(2);
});

judged(join(python, 'zizmor'))('actionlint, zizmor and the published schemas find nothing in the workflows and jobs of the guides', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'dekey-guides-'));
  try {
    const blocks = readdirSync(join(ROOT, 'docs/guides')).flatMap((name) => blocksOf(`docs/guides/${name}`, readFileSync(join(ROOT, 'docs/guides', name), 'utf8')));
    const written = (kind: string): readonly string[] => blocks.filter((block) => block.kind === kind).map(({ text }, index) => {
      const file = join(folder, kind === 'gitlab' ? `${index}.gitlab-ci.yml` : `${index}.yml`);
      writeFileSync(file, `${text}\n`);
      return file;
    });
    const [guides, jobs] = [written('workflow'), written('gitlab')];
    expect([guides.length, jobs.length]).toEqual([1, 1]);
    expect(verdict(actionlint, ['-shellcheck', join(python, 'shellcheck'), '-pyflakes=', ...guides])).toEqual({ code: 0, output: '' });
    expect(verdict(join(python, 'zizmor'), ['--offline', '--no-config', '--no-progress', ...guides])).toMatchObject({ code: 0 });
    expect(verdict(join(python, 'check-jsonschema'), ['--builtin-schema', 'vendor.gitlab-ci', ...jobs])).toMatchObject({ code: 0 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

judged(join(python, 'zizmor'))('actionlint and zizmor find nothing in the workflow that dekey init offers', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'dekey-init-'));
  try {
    const offered = offers({ hasHooks: true, isOnGithub: true, isOnGitlab: true }, '0.1.0').find(({ path }) => path === '.github/workflows/dekey.yml');
    const file = join(folder, 'dekey.yml');
    writeFileSync(file, offered?.text ?? '');
    expect(verdict(actionlint, ['-shellcheck=', '-pyflakes=', file])).toEqual({ code: 0, output: '' });
    expect(verdict(join(python, 'zizmor'), ['--offline', '--no-config', '--persona=auditor', '--no-progress', file])).toMatchObject({ code: 0 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
