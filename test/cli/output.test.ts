import { spawn } from 'node:child_process';
import { lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEKEY, findingsOf, type Key, Kit, requireBuild } from '../e2e/kit.ts';

const FORMATS = ['text', 'json', 'sarif', 'github', 'markdown', 'html', 'csv', 'junit'] as const;
const kit = new Kit(72);
let folder = '';
let keys: { readonly tree: Key; readonly old: Key };

beforeAll(() => {
  requireBuild();
  folder = kit.repository('output');
  keys = { tree: kit.key(), old: kit.key('groq') };
  kit.write(folder, { 'old.py': `GROQ_API_KEY = "${keys.old.text}"\n`, '.env': `OPENAI_API_KEY=${keys.tree.text}\n` });
  kit.commit(folder, 'first');
  kit.git(folder, ['rm', '-q', 'old.py']);
  kit.write(folder, {
    'src/a.ts': "import OpenAI from 'openai';\nexport const a = new OpenAI({ apiKey: process.env.OPENAI_API_KEY });\n",
    '.github/workflows/ci.yml': 'on: push\njobs:\n  evals:\n    runs-on: x\n    steps:\n      - run: npm test\n        env:\n          OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}\n',
    'broken.json': `{ "OPENAI_API_KEY": "${keys.tree.text}", `,
    '.mcp.json': '{ "mcpServers": { ',
  });
  // Enough for more than one task, so that threads do take part.
  for (let index = 0; index < 60; index += 1) kit.write(folder, { [`data/${index}.txt`]: `${`line ${index} of a file with nothing in it\n`.repeat(4000)}GROQ_API_KEY=${index % 7 === 0 ? keys.old.text : ''}\n` });
  kit.commit(folder, 'second');
});
afterAll(() => kit.remove());

describe('streams and files', () => {
  test('stdout carries the result alone, stderr stays empty', () => {
    for (const format of FORMATS) {
      const ran = kit.dekey(['scan', '--history', '--format', format], { cwd: folder });
      expect({ format, code: ran.code, stderr: ran.stderr }).toEqual({ format, code: 1, stderr: '' });
      if (format === 'json' || format === 'sarif') expect(() => JSON.parse(ran.stdout)).not.toThrow();
      expect(ran.stdout.endsWith('\n')).toBe(true);
    }
  });

  test('colour only where it is wanted', () => {
    const plain = kit.dekey(['scan', '.env'], { cwd: folder }).stdout;
    expect(plain).not.toContain('\u001b');
    expect(kit.dekey(['scan', '.env'], { cwd: folder, env: { FORCE_COLOR: '1' } }).stdout).toContain('\u001b[');
    expect(kit.dekey(['scan', '.env'], { cwd: folder, env: { FORCE_COLOR: '1', NO_COLOR: '1' } }).stdout).not.toContain('\u001b');
    expect(kit.dekey(['scan', '.env', '--no-color'], { cwd: folder, env: { FORCE_COLOR: '1' } }).stdout).not.toContain('\u001b');
  });

  test('a reader that goes away is no fault', async () => {
    const child = spawn(process.execPath, [DEKEY, 'scan', '--history', '--format', 'sarif', '--fail-on', 'none'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((done) => child.on('exit', done));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('a report is written whole, for its owner alone, and over an older one', () => {
    const path = join(kit.home, 'report.json');
    writeFileSync(path, 'older', { mode: 0o644 });
    const ran = kit.dekey(['scan', '--format', 'json', '-o', path], { cwd: folder });
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 1, stdout: '' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(kit.keepFile(path)).toBe(kit.dekey(['scan', '--format', 'json'], { cwd: folder }).stdout);
  });

  test('a report is not written through a link or into a missing folder', () => {
    const victim = join(kit.home, 'victim.txt');
    const link = join(kit.home, 'link.json');
    writeFileSync(victim, 'untouched');
    symlinkSync(victim, link);
    for (const path of [link, join(kit.home, 'no/such/folder.json'), kit.home]) {
      const ran = kit.dekey(['scan', '--format', 'json', '-o', path], { cwd: folder });
      expect(ran.code).toBe(2);
      expect(ran.stderr).toContain('cannot write');
    }
    expect(readFileSync(victim, 'utf8')).toBe('untouched');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });
});

describe('determinism', () => {
  test('the same bytes with any number of threads and on every run', () => {
    const outputs = ['1', '2', '7', '2'].map((workers) => kit.dekey(['scan', '--history', '--format', 'json', '--workers', workers], { cwd: folder }).stdout);
    expect(outputs[0]).toContain('"schemaVersion"');
    expect(new Set(outputs).size).toBe(1);
  });

  test('and in SARIF and the github format', () => {
    for (const format of ['sarif', 'github', 'markdown']) expect(new Set(['1', '7'].map((workers) => kit.dekey(['scan', '--history', '--format', format, '--workers', workers], { cwd: folder }).stdout)).size).toBe(1);
  });

  test('fingerprints with an operator key are the same between runs and name no secret', () => {
    const path = join(kit.home, 'operator.key');
    writeFileSync(path, Buffer.alloc(32, 7));
    const [first, second] = [1, 2].map(() => kit.scan(['.env', '--fingerprint-key', path], { cwd: folder }).inventory.credentials[0]?.fingerprint);
    expect(first).toMatch(/^\S{16,}$/);
    expect(second).toBe(first);
  });
});

describe('no secret leaves', () => {
  test('what is planted is found, so that the sweep has something to look for', () => {
    const scanned = kit.scan(['.', '--history'], { cwd: folder });
    expect(findingsOf(keys.tree, scanned.secrets).length).toBeGreaterThan(0);
    expect(findingsOf(keys.old, scanned.secrets).length).toBeGreaterThan(0);
  });

  test('in any format, with errors, and under --verbose', () => {
    for (const format of FORMATS) kit.dekey(['scan', '--history', '--format', format, '--verbose'], { cwd: folder });
    kit.dekey(['scan', '--config', 'broken.json'], { cwd: folder });
    kit.dekey(['scan', '--baseline', 'broken.json'], { cwd: folder });
    kit.dekey(['scan', '--baseline', 'base.json', '--update-baseline', '--verbose'], { cwd: folder });
    kit.keepFile(join(folder, 'base.json'));
    expect(kit.swept.artefacts).toBeGreaterThan(30);
    expect(kit.sweep()).toEqual([]);
  });

  test('the sweep sees a stretch of twelve characters, in the clear, base64 or hex', () => {
    for (const text of [keys.tree.text.slice(30, 42), Buffer.from(`x${keys.tree.text}`).toString('base64'), Buffer.from(keys.tree.text).toString('hex')]) {
      const other = new Kit(72);
      other.key();
      other.keep('a report', `before ${text} after`);
      expect(other.sweep()).toEqual(['a report']);
      other.remove();
    }
  });
});
