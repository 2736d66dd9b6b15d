import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { completedCommands, SHELLS } from '../../src/cli/completion/model.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { DEKEY, requireBuild } from '../e2e/kit.ts';

let folder = '';
const scripts = new Map<string, string>();

beforeAll(() => {
  requireBuild();
  folder = mkdtempSync(join(tmpdir(), 'dekey-completion-'));
  mkdirSync(join(folder, 'work', 'src'), { recursive: true });
  for (const name of ['app.json', 'a b.json', '*.json']) writeFileSync(join(folder, 'work', name), '{}');
  for (const shell of SHELLS) {
    const script = execFileSync(process.execPath, [DEKEY, 'completion', shell], { encoding: 'utf8' });
    writeFileSync(join(folder, shell), script);
    scripts.set(shell, script);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function has(shell: string): boolean {
  return spawnSync(shell, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** What a real bash offers for a line whose last word is being typed. */
function bash(...words: readonly string[]): readonly string[] {
  const script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _dekey; printf "%s\\n" "${COMPREPLY[@]}"';
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-c', script, 'bash', join(folder, 'bash'), ...words], { cwd: join(folder, 'work'), encoding: 'utf8' });
  // Only outside of a completion it has no options of one to set.
  expect({ status, stderr: stderr.replace(/.*compopt.*\n/g, '') }).toEqual({ status: 0, stderr: '' });
  return stdout.split('\n').filter((line) => line !== '').toSorted();
}

describe('what is completed', () => {
  const commands = completedCommands(buildProgram('0.0.0', () => {}), { TARGET: ['github:'], PLATFORM: ['gke'], SUBJECT: ['openai'] });

  test('every command and option of the program, with what may stand behind it', () => {
    const program = buildProgram('0.0.0', () => {});
    expect(commands.map(({ name }) => name)).toEqual(program.commands.map((command) => command.name()));
    for (const command of program.commands) {
      const flags = commands.find(({ name }) => name === command.name())?.options.flatMap((option) => option.flags);
      for (const { long } of command.options) expect(flags).toContain(long);
    }
    const scan = commands.find(({ name }) => name === 'scan');
    const valueOf = (flag: string) => scan?.options.find(({ flags }) => flags.includes(flag))?.value;
    expect(valueOf('--output')).toEqual({ kind: 'files', words: [] });
    expect(valueOf('--fail-on')).toEqual({ kind: 'words', words: ['critical', 'high', 'medium', 'low', 'info', 'none'] });
    expect(valueOf('--since')).toEqual({ kind: 'anything' });
    expect(valueOf('--history')).toBeUndefined();
    expect(scan?.values).toEqual([{ kind: 'files', words: ['github:'] }]);
    expect(scan?.isVariadic).toBe(true);
  });

  test('a description is one line of plain text', () => {
    for (const { what, options } of commands) for (const text of [what, ...options.map((option) => option.what)]) expect(text).toMatch(/^[^\n]{3,}$/);
  });
});

describe('bash', () => {
  test('commands, options and choices', () => {
    expect(bash('dekey', '')).toEqual(expect.arrayContaining(['apply', 'completion', 'plan', 'scan', 'ui', '--help']));
    expect(bash('dekey', 'sc')).toEqual(['scan']);
    expect(bash('dekey', 'scan', '--for')).toEqual(['--format']);
    expect(bash('dekey', 'scan', '--format', 's')).toEqual(['sarif']);
    // As bash cuts --format=s.
    expect(bash('dekey', 'scan', '--format', '=', 's')).toEqual(['sarif']);
    expect(bash('dekey', 'campaign', '')).toEqual(['close', 'status']);
    expect(bash('dekey', 'completion', '')).toEqual(['bash', 'fish', 'zsh']);
  });

  test('files, folders, and what an option before them takes for itself', () => {
    expect(bash('dekey', 'report', 'a')).toEqual(['a b.json', 'app.json']);
    expect(bash('dekey', 'report', '--trend', '')).toEqual(['src']);
    expect(bash('dekey', 'scan', '--since', '')).toEqual([]);
    expect(bash('dekey', 'scan', '--format', 'json', 'gith')).toEqual(['github:']);
    // A name with a star is a name.
    expect(bash('dekey', 'ui', '')).toEqual(expect.arrayContaining(['*.json', 'app.json', 'src']));
  });

  test('the second place of a command is another', () => {
    expect(bash('dekey', 'explain', 'anthropi')).toEqual(['anthropic']);
    expect(bash('dekey', 'explain', 'anthropic', 'kuber')).toEqual(['kubernetes']);
    expect(bash('dekey', 'explain', '--no-color', 'anthropic', 'kuber')).toEqual(['kubernetes']);
    expect(bash('dekey', 'plan', '--runs-on', 'gk')).toEqual(['gke']);
  });
});

describe('other shells read what is printed', () => {
  test.skipIf(!has('fish'))('fish completes with it', () => {
    const fish = (line: string): readonly string[] => execFileSync('fish', ['-c', `source ${join(folder, 'fish')}; complete -C ${JSON.stringify(line)}`], { cwd: join(folder, 'work'), encoding: 'utf8' }).split('\n').flatMap((one) => one.split('\t')[0] || []).toSorted();
    expect(fish('dekey sc')).toEqual(['scan']);
    expect(fish('dekey scan --format s')).toEqual(['sarif']);
    expect(fish('dekey campaign ')).toEqual(['close', 'status']);
    expect(fish('dekey explain anthropic kuber')).toEqual(['kubernetes']);
    expect(fish('dekey report ap')).toEqual(['app.json']);
  });

  test.skipIf(!has('zsh'))('zsh takes it without a word', () => {
    const ran = spawnSync('zsh', ['-f', '-c', `autoload -U compinit; compinit -u -D; source ${join(folder, 'zsh')}; print -r -- $_comps[dekey]`], { cwd: folder, encoding: 'utf8' });
    expect({ stdout: ran.stdout, stderr: ran.stderr }).toEqual({ stdout: '_dekey\n', stderr: '' });
  });

  test('no description ends the text that it stands in', () => {
    for (const shell of SHELLS) expect((scripts.get(shell) ?? '').split('\n').filter((line) => (line.replaceAll(String.raw`'\''`, '').replaceAll(String.raw`\'`, '').match(/'/g)?.length ?? 0) % 2 === 1 && !line.includes('"\'"')), shell).toEqual([]);
  });
});
