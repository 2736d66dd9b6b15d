import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Inventory } from '../../src/model/inventory.ts';
import { type Key, Kit, requireBuild } from '../e2e/kit.ts';

const kit = new Kit(411);
let folder = '';
let keys: { readonly old: Key; readonly other: Key };

const USE = "import OpenAI from 'openai';\nexport const a = new OpenAI({ apiKey: process.env.OPENAI_API_KEY });\n";

beforeAll(() => {
  requireBuild();
  folder = kit.repository('base');
  keys = { old: kit.key(), other: kit.key('groq') };
  // Two equal files: one object, two places.
  kit.write(folder, { '.env': `OPENAI_API_KEY=${keys.old.text}\n`, 'app/.env': `OPENAI_API_KEY=${keys.old.text}\n`, 'app/a.ts': USE, 'moved.ts': USE });
  kit.commit(folder, 'first');
  kit.git(folder, ['branch', 'before']);
  kit.git(folder, ['mv', 'moved.ts', 'renamed.ts']);
  kit.write(folder, { '.env': `# a comment that was put in front\n\nOPENAI_API_KEY=${keys.old.text}\n`, 'app/a.ts': `// moved down\n${USE}`, 'app/b.env': `GROQ_API_KEY=${keys.other.text}\n` });
  kit.commit(folder, 'second');
});
afterAll(() => {
  kit.remove();
});

function compared(args: readonly string[], cwd = folder): { readonly code: number; readonly fresh: readonly string[]; readonly known: readonly string[]; readonly inventory: Inventory } {
  const ran = kit.dekey(['scan', '--format', 'json', ...args], { cwd });
  const inventory: Inventory = JSON.parse(ran.stdout);
  const paths = (isKnown: boolean): string[] => inventory.findings.filter(({ baselined }) => (baselined !== undefined) === isKnown).map(({ location }) => location.path);
  return { code: ran.code, fresh: paths(false), known: paths(true), inventory };
}

describe('--base', () => {
  test('what moved within its file is known; what is new, or under a new name, is not', () => {
    const { code, fresh, known, inventory } = compared(['--base', 'before']);
    expect(fresh).toEqual(['app/b.env', 'renamed.ts']);
    expect(known).toEqual(['.env', 'app/.env', 'app/a.ts']);
    const short = kit.git(folder, ['rev-parse', '--short=7', 'before']);
    expect(new Set(inventory.findings.flatMap(({ baselined }) => baselined ?? []))).toEqual(new Set([`already in before (${short})`]));
    expect(inventory.summary.baselined).toBe(3);
    expect(code).toBe(1);
    expect(compared(['--base', kit.git(folder, ['rev-parse', 'before'])]).inventory.findings[0]?.baselined).toBe(`already in ${short}`);
  });

  test('compared with itself nothing is new, and nothing fails', () => {
    expect(compared(['--base', 'HEAD'])).toMatchObject({ code: 0, fresh: [] });
  });

  test('a folder of the repository is compared with that folder', () => {
    expect(compared(['app', '--base', 'before'])).toMatchObject({ fresh: ['b.env'], known: ['.env', 'a.ts'] });
    expect(compared(['--base', 'before'], join(folder, 'app'))).toMatchObject({ fresh: ['b.env'], known: ['.env', 'a.ts'] });
    expect(compared(['app/b.env', '.env', '--base', 'before'])).toMatchObject({ fresh: ['b.env'], known: ['.env'] });
  });

  test('what a person accepted keeps the reason', () => {
    kit.dekey(['scan', '--baseline', join(kit.home, 'b.json'), '--update-baseline', '--reason', 'tests'], { cwd: folder });
    kit.keepFile(join(kit.home, 'b.json'));
    expect(new Set(compared(['--base', 'before', '--baseline', join(kit.home, 'b.json')]).inventory.findings.map(({ baselined }) => baselined))).toEqual(new Set(['tests']));
  });

  test('SARIF holds the whole state, unsuppressed; the text says what was known', () => {
    const sarif = JSON.parse(kit.dekey(['scan', '--base', 'before', '--format', 'sarif'], { cwd: folder }).stdout);
    expect(sarif.runs[0].results).toHaveLength(5);
    expect(JSON.stringify(sarif)).not.toContain('suppressions');
    expect(kit.dekey(['scan', '--base', 'before', '--verbose'], { cwd: folder }).stdout).toContain('already in before');
  });

  test('a revision that is not there, a folder without git, and options that cannot go with it', () => {
    const missing = kit.dekey(['scan', '--base', 'nowhere'], { cwd: folder });
    expect({ code: missing.code, stderr: missing.stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining('there is no such commit') });
    expect(kit.dekey(['scan', '--base', 'main'], { cwd: kit.folder('plain') })).toMatchObject({ code: 3, stderr: expect.stringContaining('not inside a git repository') });
    for (const more of [['--since', 'before'], ['--staged'], ['--update-baseline']]) expect(kit.dekey(['scan', '--base', 'before', ...more], { cwd: folder }).code).toBe(2);
    expect(kit.dekey(['scan', '--base=--output=x'], { cwd: folder }).code).toBe(3);
  });
});

describe('--also', () => {
  test('one scan, several formats, each as it would be alone', () => {
    const [json, markdown] = [join(kit.home, 'a.json'), join(kit.home, 'a=b.md')];
    const ran = kit.dekey(['scan', '--also', `json=${json}`, '--also', `markdown=${markdown}`, '--format', 'github'], { cwd: folder });
    expect(ran.code).toBe(1);
    expect(ran.stdout).toBe(kit.dekey(['scan', '--format', 'github'], { cwd: folder }).stdout);
    expect(readFileSync(json, 'utf8')).toBe(kit.dekey(['scan', '--format', 'json'], { cwd: folder }).stdout);
    expect(readFileSync(markdown, 'utf8')).toBe(kit.dekey(['scan', '--format', 'markdown'], { cwd: folder }).stdout);
    expect(statSync(markdown).mode & 0o777).toBe(0o600);
    kit.keepFile(json);
    kit.keepFile(markdown);
  });

  test.each(['nonsense=x', 'json', 'json=', '=x'])('%s is refused', (value) => {
    expect(kit.dekey(['scan', '--also', value], { cwd: folder })).toMatchObject({ code: 2, stdout: '' });
  });

  test('no planted key is anywhere', () => {
    expect(kit.sweep()).toEqual([]);
  });
});
