import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, describe, expect, test } from 'vitest';
import { allowComments } from '../src/config/allow-comments.ts';
import { CONFIG_NAME, loadConfig, parseConfig } from '../src/config/load-config.ts';
import { DekeyError, UsageError } from '../src/model/errors.ts';
import { LineIndex } from '../src/support/lines.ts';

const made: string[] = [];

afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

function folder(config?: string): string {
  const path = mkdtempSync(join(tmpdir(), 'dekey-config-'));
  made.push(path);
  if (config !== undefined) writeFileSync(join(path, CONFIG_NAME), config);
  return path;
}

async function failure(run: Promise<unknown>): Promise<DekeyError> {
  try {
    await run;
  } catch (error) {
    if (error instanceof DekeyError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('loading', () => {
  test('comments and trailing commas are fine; paths come out absolute', async () => {
    const cwd = folder(`// of this repository
      { "exclude": ["docs/**",], "failOn": "none", "baseline": "sub/base.json", "maxFileSize": 5, "history": true, "workers": 2, "public": false, "unusedAfter": 30, "include": [],
        "fingerprintKeyFile": "key", "ignore": [{ "path": "test/**", "code": "DK-SECRET-OPENAI-API-KEY", "reason": "made up", "expires": "2027-01-31" }] /* end */ }`);
    expect(await loadConfig(cwd)).toEqual({
      file: join(cwd, CONFIG_NAME), include: [], exclude: ['docs/**'], failOn: 'none', baseline: join(cwd, 'sub/base.json'), maxFileSize: 5, history: true, workers: 2, public: false, unusedAfter: 30,
      fingerprintKeyFile: join(cwd, 'key'), ignore: [{ path: 'test/**', code: 'DK-SECRET-OPENAI-API-KEY', reason: 'made up', expires: '2027-01-31' }],
    });
  });

  test('only from the working directory: not from above, not from a folder below', async () => {
    const above = folder('{"failOn": "none"}');
    mkdirSync(join(above, 'cwd/target'), { recursive: true });
    writeFileSync(join(above, 'cwd/target', CONFIG_NAME), '{"failOn": "none"}');
    expect(await loadConfig(join(above, 'cwd'))).toEqual({ include: [], exclude: [], ignore: [] });
  });

  test('an explicit file is read wherever it is, and must exist', async () => {
    const elsewhere = folder('{"failOn": "low", "baseline": "../base.json", "fingerprintKeyFile": "/keys/one"}');
    const cwd = folder('{"failOn": "none"}');
    expect(await loadConfig(cwd, join(elsewhere, CONFIG_NAME))).toMatchObject({ failOn: 'low', baseline: join(elsewhere, '../base.json'), fingerprintKeyFile: '/keys/one' });
    expect(await failure(loadConfig(cwd, 'missing.json'))).toBeInstanceOf(UsageError);
  });

  test('a configuration that was only found may not lead out of its folder', async () => {
    const outside = folder();
    const cwd = folder();
    symlinkSync(outside, join(cwd, 'link'));
    for (const path of ['../base.json', '/etc/passwd', 'a/../../b', 'link/base.json']) {
      writeFileSync(join(cwd, CONFIG_NAME), JSON.stringify({ baseline: path }));
      expect((await failure(loadConfig(cwd))).message).toContain('$.baseline leads out of the folder');
    }
  });

  test('a link, a folder and a FIFO in its place are refused without reading', async () => {
    const secret = join(folder(), 'secret');
    writeFileSync(secret, 'the content of another file');
    const linked = folder();
    symlinkSync(secret, join(linked, CONFIG_NAME));
    const nested = folder();
    mkdirSync(join(nested, CONFIG_NAME));
    const piped = folder();
    execFileSync('mkfifo', [join(piped, CONFIG_NAME)]);
    for (const cwd of [linked, nested, piped]) {
      const error = await failure(loadConfig(cwd));
      expect(error.message).toContain('it is not a regular file');
      expect(error.message).not.toContain('content');
    }
  });

  test('keys that reach for prototypes are refused like any unknown key', async () => {
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      expect((await failure(loadConfig(folder(`{"${key}": {"polluted": 1}}`)))).message).toContain('is not a known setting');
      expect((await failure(loadConfig(folder(`{"ignore": [{"path": "a", "reason": "b", "${key}": {}}]}`)))).message).toContain('is not a known setting');
    }
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  test('nesting without end is an error, not a crash', async () => {
    expect(await failure(loadConfig(folder('['.repeat(200_000))))).toBeInstanceOf(UsageError);
  });

  test('an error names file, line and column, setting and fix, and repeats no value', async () => {
    const value = ['sk', 'ant', 'looks', 'secret'].join('-');
    const cwd = folder(`{\n  "failOn": "${value}"\n}`);
    const error = await failure(loadConfig(cwd));
    expect(error.message).toBe(`${join(cwd, CONFIG_NAME)}:2:14: $.failOn must be one of: critical, high, medium, low, info, none`);
    expect(error.fix).not.toBe('');
    expect(error.message + error.fix).not.toContain(value);
  });
});

describe('the schema and the validator agree', () => {
  const ajv = new Ajv({ allErrors: true, formats: { date: (text: string) => !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) && new Date(`${text}T00:00:00Z`).toISOString().startsWith(text) } });
  const validate = ajv.compile(JSON.parse(readFileSync(new URL('../schema/config.schema.json', import.meta.url), 'utf8')));
  const rule = { path: 'a/**', reason: 'why' };

  test.each<unknown>([
    {}, { $schema: './x.json' }, { include: ['a', '*.{ts,js}'], exclude: [] }, { failOn: 'critical' }, { failOn: 'none' }, { baseline: 'b.json' }, { maxFileSize: 1 }, { maxFileSize: 4096 }, { history: false },
    { ignore: [] }, { ignore: [rule, { ...rule, code: 'DK-REFERENCE-OPENAI', expires: '2028-02-29' }] }, { fingerprintKeyFile: 'k' }, { workers: 256 }, { public: true }, { unusedAfter: 1 }, { unusedAfter: 3650 },
  ])('accepted: %j', async (config) => {
    expect(validate(config)).toBe(true);
    await expect(parseConfig('/x/c.json', JSON.stringify(config), true)).resolves.toBeDefined();
  });

  test.each<unknown>([
    [], 'x', 1, null, { hosts: ['a.example'] }, { output: 'x' }, { verify: true }, { $schema: 1 }, { include: 'a' }, { include: [''] }, { include: [1] }, { exclude: ['!a'] }, { exclude: [' '] }, { failOn: 'HIGH' }, { failOn: null },
    { baseline: '' }, { baseline: 1 }, { maxFileSize: 0 }, { maxFileSize: 4097 }, { maxFileSize: 1.5 }, { maxFileSize: '20' }, { history: 'true' }, { ignore: {} }, { ignore: ['a'] }, { ignore: [{ path: 'a' }] }, { ignore: [{ reason: 'a' }] },
    { ignore: [{ ...rule, reason: ' ' }] }, { ignore: [{ ...rule, code: 'dk-x' }] }, { ignore: [{ ...rule, code: 'DK-' }] }, { ignore: [{ ...rule, expires: '2027-02-30' }] }, { ignore: [{ ...rule, expires: '1.1.2027' }] },
    { ignore: [{ ...rule, extra: 1 }] }, { fingerprintKeyFile: [] }, { workers: 0 }, { workers: 257 }, { workers: -1 }, { public: 0 }, { unusedAfter: 0 }, { unusedAfter: 3651 }, { unusedAfter: 1.5 }, { unusedAfter: '30' },
  ])('refused: %j', async (config) => {
    expect(validate(config)).toBe(false);
    await expect(parseConfig('/x/c.json', JSON.stringify(config), true)).rejects.toThrow(UsageError);
  });

  test('what only the validator can see: repeated keys, broken text, exploding braces', async () => {
    for (const text of ['{"workers": 1, "workers": 2}', '{"workers": 1', '', JSON.stringify({ include: ['{a,b}'.repeat(20)] })]) {
      await expect(parseConfig('/x/c.json', text, true)).rejects.toThrow(UsageError);
    }
  });
});

describe('dekey:allow comments', () => {
  function allowed(text: string): Record<number, string> {
    return Object.fromEntries(allowComments(text, 'x').lines);
  }

  test.each([
    'KEY=x # dekey:allow a reason', 'x = 1; // dekey:allow a reason', 'select 1 -- dekey:allow a reason', '(def k 1) ; dekey:allow a reason', '<p>x</p> <!-- dekey:allow a reason -->',
    'int x; /* dekey:allow a reason */', 'x = 1; % dekey:allow a reason', 'x  # nosec  dekey:allow: a reason', 'x //dekey:allow   a reason  ', 'x /* dekey:allow a reason */ + y', 'x // see http://a/b dekey:allow a reason', 'x # not **/ dekey:allow a reason',
  ])('after code, for its own line: %s', (line) => {
    expect(allowed(`first\n${line}\nlast`)).toEqual({ 2: 'a reason' });
  });

  test.each(['# dekey:allow a reason', '\t// dekey:allow a reason', '<!-- dekey:allow a reason -->', ' * dekey:allow a reason', '  /* dekey:allow a reason */  ', '-- dekey:allow a reason', '% dekey:allow a reason'])(
    'alone, for the next line as well: %s',
    (line) => {
      expect(allowed(`first\r\n${line}\r\nkey\r\nlast`)).toEqual({ 2: 'a reason', 3: 'a reason' });
    },
  );

  test.each(['dekey:allow a reason', 'write dekey:allow REASON on it', 'http://x/dekey:allow reason', '# dekey:allowed a reason', '# dekey:allow-all reason', 'a%20dekey:allow b', 'f(x);dekey:allow b', '/* note */ dekey:allow b', 'i--dekey:allow b'])('not a comment, or not the word: %s', (line) => {
    const { lines, problems } = allowComments(`${line}\nkey`, 'x');
    expect([...lines]).toEqual([]);
    expect(problems).toEqual([]);
  });

  test.each(['# dekey:allow', '# dekey:allow   ', '# dekey:allow: --', '<!-- dekey:allow -->', '/* dekey:allow */'])('without a reason it allows nothing and is reported: %s', (line) => {
    const { lines, problems } = allowComments(`\n${line}\nkey`, 'a/b.py');
    expect([...lines]).toEqual([]);
    expect(problems).toMatchObject([{ path: 'a/b.py', line: 2 }]);
    expect(problems[0]?.fix).toContain('dekey:allow REASON');
  });

  test('a comment on the line itself wins over the one above', () => {
    expect(allowed('# dekey:allow above\nkey # dekey:allow here')).toEqual({ 1: 'above', 2: 'here' });
    expect(allowed('# dekey:allow above\n# dekey:allow below\nkey')).toEqual({ 1: 'above', 2: 'below', 3: 'below' });
  });

  test('a reason is made safe to print and kept short', () => {
    expect(allowed('# dekey:allow be\u001b[2Jfore')[1]).toBe('be\\u{1b}[2Jfore');
    expect(allowed(`# dekey:allow ${'x'.repeat(10_000)}`)[1]).toHaveLength(300);
  });

  test('lines are counted as everywhere else', () => {
    const text = 'a\rb\r\nc\n\n\r\r\nx # dekey:allow r\rkey';
    expect(allowed(text)).toEqual({ [new LineIndex(text).position(text.indexOf('dekey')).line]: 'r' });
  });

  test('time grows with length only, on many lines and on one', () => {
    const started = performance.now();
    expect(allowComments('# dekey:allow r\n'.repeat(100_000), 'x').lines.size).toBe(100_001);
    allowComments('# dekey:allow '.repeat(100_000), 'x');
    allowComments(`${'# /* */ <!-- --> * '.repeat(50_000)}dekey:allow x`, 'x');
    allowComments(`${' '.repeat(500_000)}${'*'.repeat(2000)} dekey:allow x`, 'x');
    allowComments(`${' '.repeat(500_000)}x${' *'.repeat(200_000)} dekey:allow x`, 'x');
    allowComments(`${' '.repeat(1_000_000)}# dekey:allow${' '.repeat(1_000_000)}x`, 'x');
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
