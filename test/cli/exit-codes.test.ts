import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT_CODES } from '../../src/cli/exit-codes.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { DEKEY, Kit, requireBuild, ROOT } from '../e2e/kit.ts';

const kit = new Kit(71);
let folder = '';
let clean = '';

beforeAll(() => {
  requireBuild();
  folder = kit.folder('found');
  clean = kit.folder('clean');
  kit.write(folder, { '.env': `OPENAI_API_KEY=${kit.key().text}\n`, 'ref.py': 'import os\nk = os.environ["GROQ_API_KEY"]\n' });
  kit.write(clean, { 'a.txt': 'nothing here\n', 'ref.py': 'import os\nk = os.environ["GROQ_API_KEY"]\n' });
});
afterAll(() => kit.remove());

function run(args: readonly string[], cwd = folder): { code: number; stdout: string; stderr: string } {
  return kit.dekey(args, { cwd });
}

describe('exit codes', () => {
  test.each([
    { meaning: 'clean', args: ['scan', '--fail-on', 'none'], where: () => folder },
    { meaning: 'clean', args: ['scan', '--fail-on', 'critical'], where: () => clean },
    { meaning: 'clean', args: ['scan'], where: () => clean },
    { meaning: 'clean', args: ['--help'], where: () => clean },
    { meaning: 'clean', args: ['scan', '--help'], where: () => clean },
    { meaning: 'clean', args: ['--version'], where: () => clean },
    { meaning: 'clean', args: ['explain', 'openai'], where: () => clean },
    { meaning: 'findings', args: ['scan'], where: () => folder },
    { meaning: 'findings', args: ['scan', '.env'], where: () => folder },
    { meaning: 'findings', args: ['scan', '--fail-on', 'low'], where: () => clean },
    { meaning: 'usage', args: ['scan', '--no-such-flag'], where: () => clean },
    { meaning: 'usage', args: ['scna'], where: () => clean },
    { meaning: 'usage', args: ['scan', 'no-such-folder'], where: () => clean },
    { meaning: 'usage', args: ['scan', '--format', 'xml'], where: () => clean },
    { meaning: 'usage', args: ['scan', '--fail-on', 'bad'], where: () => clean },
    { meaning: 'usage', args: ['scan', '--workers', '0'], where: () => clean },
    { meaning: 'usage', args: ['scan', '--max-file-size', 'x'], where: () => clean },
    { meaning: 'usage', args: ['scan', '--unused-after', '0'], where: () => clean },
    { meaning: 'usage', args: ['scan', '--unused-after', '3651'], where: () => clean },
    { meaning: 'usage', args: ['scan', '--unused-after', '9d'], where: () => clean },
    { meaning: 'clean', args: ['scan', '--unused-after', '3650'], where: () => clean },
    { meaning: 'usage', args: ['scan', '--update-baseline'], where: () => clean },
    { meaning: 'usage', args: ['scan', '--config', 'none.json'], where: () => clean },
    { meaning: 'usage', args: ['scan', '--fingerprint-key', 'none.key'], where: () => clean },
    { meaning: 'usage', args: ['explain', 'no-such-thing'], where: () => clean },
    { meaning: 'incomplete', args: ['scan', '--history'], where: () => clean },
    { meaning: 'incomplete', args: ['scan', '--staged'], where: () => clean },
  ] as const)('$meaning: dekey $args', ({ meaning, args, where }) => {
    const ran = run(args, where());
    expect({ code: ran.code, stderr: meaning === 'clean' || meaning === 'findings' ? ran.stderr : '' }).toEqual({ code: EXIT_CODES[meaning].code, stderr: '' });
    if (meaning === 'usage' || meaning === 'incomplete') {
      expect(ran.stdout).toBe('');
      // A sentence on what is wrong, and one on what to do.
      expect(ran.stderr.trim().split('\n').length).toBeGreaterThan(1);
      expect(ran.stderr).not.toMatch(/\n\s+at |node:internal/);
    }
  });

  test('a target that lacks objects is incomplete, says so, and still reports the rest', () => {
    const repository = kit.repository();
    const key = kit.key();
    kit.write(repository, { 'a.env': `OPENAI_API_KEY=${key.text}\n`, 'gone.txt': 'x\n' });
    kit.commit(repository, 'one');
    kit.git(repository, ['config', 'uploadpack.allowFilter', 'true']);
    const clone = join(kit.folder('partial'), 'x');
    kit.git(kit.home, ['clone', '-q', '--no-checkout', '--filter=blob:none', pathToFileURL(repository).href, clone]);
    const ran = run(['scan', '--history'], clone);
    expect(ran.code).toBe(EXIT_CODES.incomplete.code);
    expect(ran.stdout).toContain('missing object');
    kit.write(clone, { 'here.env': `OPENAI_API_KEY=${kit.key().text}\n` });
    expect(run(['scan', '--history'], clone).code).toBe(EXIT_CODES.findings.code);
  });

  test('a fault of dekey is 4, and its message quotes nothing from outside', () => {
    const preload = join(kit.home, 'fault.mjs');
    const key = kit.key();
    kit.write(kit.home, { 'fault.mjs': `Date.prototype.toISOString = () => { throw new RangeError('${key.text}'); };\n` });
    const ran = kit.dekey(['scan'], { cwd: clean, node: ['--import', pathToFileURL(preload).href] });
    expect(ran.code).toBe(EXIT_CODES.internal.code);
    expect(ran.stderr).toContain('internal error');
    expect(ran.stderr).not.toContain(key.text);
  });

  test('low confidence never fails a run', () => {
    const doubtful = kit.folder('doubtful');
    // The shape of a GitHub token whose checksum is wrong.
    kit.write(doubtful, { 'a.txt': `token ${['ghp', kit.key('groq').text.slice(4, 40)].join('_')}\n` });
    const scanned = kit.scan(['.'], { cwd: doubtful });
    expect(scanned.inventory.findings.filter(({ confidence }) => confidence === 'low').length).toBeGreaterThan(0);
    expect(run(['scan', '--fail-on', 'info'], doubtful).code).toBe(EXIT_CODES.clean.code);
  });
});

describe('help', () => {
  test('names every command and how to go on', () => {
    const { stdout } = run(['--help']);
    for (const word of ['scan', 'explain', '--version']) expect(stdout).toContain(word);
    expect(run([]).stdout).toBe(stdout);
  });

  test('help of a command lists its options with their choices, in 80 columns', () => {
    const { stdout } = run(['scan', '--help']);
    for (const word of ['--history', '--staged', '--since', '--baseline', '--fail-on', 'sarif', 'Examples']) expect(stdout).toContain(word);
    for (const command of [[], ...buildProgram('0.0.0', () => {}).commands.map((one) => [one.name()])]) {
      const text = run([...command, '--help']).stdout;
      expect(text.split('\n').filter((line) => line.length > 80), command.join()).toEqual([]);
      // A manual page has them, and so has this.
      expect(text, command.join()).toMatch(/\nExamples:\n {2}\S/);
      expect(text, command.join()).toMatch(/\nExit codes:\n {2}0 /);
    }
  });

  test('a misspelt command or flag is met with the nearest one', () => {
    expect(run(['scna']).stderr).toContain('scan');
    expect(run(['scan', '--histroy']).stderr).toContain('--history');
  });

  test('the version is that of the package', () => {
    const { version }: { version: string } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(run(['--version']).stdout).toBe(`${version}\n`);
  });

  test('a program started through a link is the same program', () => {
    kit.write(kit.home, {});
    const { stdout, status } = spawnSync(process.execPath, ['--preserve-symlinks-main', DEKEY, '--version'], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: run(['--version']).stdout });
  });
});
