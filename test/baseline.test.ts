import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, describe, expect, test } from 'vitest';
import { applyBaseline, parseBaseline, readBaseline, renderBaseline, updateBaseline, writeBaseline, type Baseline, type BaselineEntry } from '../src/config/baseline.ts';
import { DekeyError, UsageError } from '../src/model/errors.ts';
import type { Finding } from '../src/model/inventory.ts';
import { writeNewFile } from '../src/support/atomic-write.ts';

const made: string[] = [];

afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'dekey-baseline-'));
  made.push(path);
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

function finding(fingerprint: string, more: Partial<Finding> = {}): Finding {
  return {
    id: `f-${fingerprint}`, code: 'DK-SECRET-OPENAI-API-KEY', class: 'secret', provider: 'openai', detector: 'openai-api-key', severity: 'high', confidence: 'high', credential: 'c1', arguments: {}, fingerprint,
    location: { target: 't0', path: `src/${fingerprint}.ts`, start: 0, end: 1, line: 1, column: 1, endLine: 1, endColumn: 2 },
    ...more,
  };
}

function entry(fingerprint: string, more: Partial<BaselineEntry> = {}): BaselineEntry {
  return { fingerprint, code: 'DK-SECRET-OPENAI-API-KEY', path: `src/${fingerprint}.ts`, reason: `why ${fingerprint}`, accepted: '2026-01-01', ...more };
}

function baseline(...findings: BaselineEntry[]): Baseline {
  return { schemaVersion: '1.0', findings };
}

describe('applying', () => {
  test('accepted findings carry the reason; none is removed, and the order stays', () => {
    const { findings, expired, stale } = applyBaseline([finding('b'), finding('a'), finding('new')], baseline(entry('a'), entry('b')), '2026-11-24');
    expect(findings.map(({ fingerprint, baselined }) => [fingerprint, baselined])).toEqual([['b', 'why b'], ['a', 'why a'], ['new', undefined]]);
    expect([expired, stale]).toEqual([[], []]);
  });

  test('an entry counts through its last day, then no more, and says so', () => {
    const dated = baseline(entry('a', { expires: '2026-11-24' }));
    expect(applyBaseline([finding('a')], dated, '2026-11-24')).toMatchObject({ findings: [{ baselined: 'why a' }], expired: [] });
    expect(applyBaseline([finding('a')], dated, '2026-11-24T23:59:59.999Z').expired).toEqual([]);
    const late = applyBaseline([finding('a')], dated, '2026-11-25');
    expect(late.findings[0]?.baselined).toBeUndefined();
    expect(late.expired).toEqual(dated.findings);
    expect(late.stale).toEqual([]);
  });

  test('entries whose finding is gone are stale, expired or not', () => {
    const gone = baseline(entry('a'), entry('b', { expires: '2020-01-01' }));
    expect(applyBaseline([], gone, '2026-11-24')).toEqual({ findings: [], expired: [], stale: gone.findings });
  });

  test('of two entries for one finding, as after a merge, the one that counts decides', () => {
    const { findings, expired } = applyBaseline([finding('a')], baseline(entry('a', { expires: '2020-01-01', reason: 'old' }), entry('a', { reason: 'new' })), '2026-11-24');
    expect(findings[0]?.baselined).toBe('new');
    expect(expired).toEqual([]);
  });

  test('fingerprints that are names of object members match nothing by chance', () => {
    expect(applyBaseline([finding('constructor'), finding('__proto__')], baseline(), '2026-11-24').findings.every((each) => each.baselined === undefined)).toBe(true);
  });
});

describe('updating', () => {
  test('keeps reasons, days and expiry of what is still there, adds what is new, drops what is gone', () => {
    const old = baseline(entry('kept', { expires: '2027-01-01' }), entry('gone'));
    expect(updateBaseline(old, [finding('new'), finding('kept')], 'reviewed', '2026-11-24')).toEqual(
      baseline(entry('kept', { expires: '2027-01-01' }), entry('new', { reason: 'reviewed', accepted: '2026-11-24' })),
    );
  });

  test('accepts anew what had expired', () => {
    const updated = updateBaseline(baseline(entry('a', { expires: '2026-01-31' })), [finding('a')], 'again', '2026-11-24');
    expect(updated.findings).toEqual([entry('a', { reason: 'again', accepted: '2026-11-24' })]);
    expect(applyBaseline([finding('a')], updated, '2026-11-24').findings[0]?.baselined).toBe('again');
  });

  test('one entry a fingerprint, none for what a comment allows, the same bytes in any order', () => {
    const findings = [finding('b'), finding('a'), finding('b', { id: 'other' }), finding('c', { allowed: 'a comment' })];
    const written = renderBaseline(updateBaseline(undefined, findings, 'r', '2026-11-24'));
    expect(renderBaseline(updateBaseline(undefined, findings.toReversed(), 'r', '2026-11-24'))).toBe(written);
    expect(JSON.parse(written).findings.map((each: BaselineEntry) => each.fingerprint)).toEqual(['a', 'b']);
  });
});

describe('the file', () => {
  const validate = new Ajv({ allErrors: true, formats: { date: true } }).compile(JSON.parse(readFileSync(new URL('../schema/baseline.schema.json', import.meta.url), 'utf8')));

  test('what is written is read back, is private, and follows the schema', async () => {
    const path = join(folder(), 'base.json');
    const written = updateBaseline(baseline(entry('a', { expires: '2027-01-01' })), [finding('a'), finding('b')], 'r', '2026-11-24');
    await writeBaseline(path, written);
    await writeBaseline(path, written);
    expect(await readBaseline(path)).toEqual(written);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(validate(JSON.parse(readFileSync(path, 'utf8')))).toBe(true);
  });

  test.each<unknown>([
    {}, [], { schemaVersion: '2.0', findings: [] }, { schemaVersion: '1.0' }, { schemaVersion: '1.0', findings: {} }, { schemaVersion: '1.0', findings: [], extra: 1 },
    baseline({ ...entry('a'), reason: '' }), { schemaVersion: '1.0', findings: [{ ...entry('a'), fingerprint: 7 }] }, { schemaVersion: '1.0', findings: [{ fingerprint: 'a' }] }, baseline(entry('a', { accepted: 'today' })),
    { schemaVersion: '1.0', findings: [{ ...entry('a'), secret: 'x' }] },
  ])('schema and validator both refuse %j', async (value) => {
    expect(validate(value)).toBe(false);
    await expect(parseBaseline('b.json', JSON.stringify(value))).rejects.toThrow(UsageError);
  });

  test('an error names the place in the file', async () => {
    const path = join(folder(), 'base.json');
    writeFileSync(path, '{\n "schemaVersion": "1.0",\n "findings": [\n  {"fingerprint": "a"}\n ]\n}');
    expect((await failure(readBaseline(path))).message).toBe(`${path}:4:3: $.findings[0].code is missing`);
    expect(await failure(readBaseline(join(folder(), 'none.json')))).toBeInstanceOf(UsageError);
    expect(await failure(readBaseline(folder()))).toBeInstanceOf(UsageError);
  });
});

describe('writing a file whole or not at all', () => {
  test('a new file, with mode 0600 and nothing beside it', async () => {
    const root = folder();
    await writeNewFile(join(root, 'out.json'), 'größe');
    expect(readFileSync(join(root, 'out.json'), 'utf8')).toBe('größe');
    expect(statSync(join(root, 'out.json')).mode & 0o777).toBe(0o600);
    expect(readdirSync(root)).toEqual(['out.json']);
  });

  test('an existing file is kept unless its replacement was asked for', async () => {
    const path = join(folder(), 'out.json');
    writeFileSync(path, 'old', { mode: 0o644 });
    expect((await failure(writeNewFile(path, 'new'))).message).toContain('it exists already');
    expect(readFileSync(path, 'utf8')).toBe('old');
    await writeNewFile(path, 'new', { overwrite: true });
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('links, folders and devices are refused, even to overwrite, and what they lead to is untouched', async () => {
    const root = folder();
    writeFileSync(join(root, 'target'), 'old');
    symlinkSync('target', join(root, 'link'));
    symlinkSync('nowhere', join(root, 'dangling'));
    mkdirSync(join(root, 'dir'));
    for (const path of [join(root, 'link'), join(root, 'dangling'), join(root, 'dir'), '/dev/null']) {
      const error = await failure(writeNewFile(path, 'new', { overwrite: true }));
      expect(error.message).toContain(`cannot write ${path}`);
      expect(error.fix).not.toBe('');
    }
    expect(readFileSync(join(root, 'target'), 'utf8')).toBe('old');
    expect(lstatSync(join(root, 'link')).isSymbolicLink()).toBe(true);
    expect(readdirSync(root).sort()).toEqual(['dangling', 'dir', 'link', 'target']);
  });

  test('a missing folder and a file in place of a folder are told apart', async () => {
    const root = folder();
    writeFileSync(join(root, 'file'), '');
    expect((await failure(writeNewFile(join(root, 'no/out'), 'x'))).message).toContain('the folder does not exist');
    expect((await failure(writeNewFile(join(root, 'file/out'), 'x'))).message).toContain('is a file, not a folder');
    expect((await failure(writeNewFile(join(root, 'x'.repeat(300)), 'x'))).message).toContain('the name is too long');
  });

  test('of two writers of one new name one wins and the other is told', async () => {
    const root = folder();
    const results = await Promise.allSettled(Array.from({ length: 8 }, (_, at) => writeNewFile(join(root, 'out'), `writer ${at}`.repeat(1000))));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect(readFileSync(join(root, 'out'), 'utf8')).toMatch(/^(writer \d)\1{999}$/);
    expect(readdirSync(root)).toEqual(['out']);
  });

  test('in the working directory no folder on the way may be a link; and a write cut short leaves nothing', () => {
    const root = folder();
    const outside = folder();
    symlinkSync(outside, join(root, 'link'));
    const source = new URL('../src/support/atomic-write.ts', import.meta.url).pathname;
    const bundle = join(root, 'write.mjs');
    const build = new URL('../node_modules/esbuild/bin/esbuild', import.meta.url).pathname;
    spawnSync(build, [source, '--bundle', '--platform=node', '--format=esm', `--outfile=${bundle}`, '--log-level=error']);
    const script = `import { writeNewFile } from ${JSON.stringify(bundle)};
      for (const [path, text] of [['link/out', 'x'], ['big', 'x'.repeat(4_000_000)]]) await writeNewFile(path, text).catch((error) => console.log(error.message));`;
    // A limit on file size stands in for a full disk: both end a write half-way.
    const run = spawnSync('bash', ['-c', 'ulimit -f 1000; exec "$0" --input-type=module -e "$1"', process.execPath, script], { cwd: root, encoding: 'utf8' });
    expect(run.stdout.trim().split('\n')).toEqual([
      expect.stringContaining('link is a symbolic link'),
      'cannot write big: the file would be larger than allowed',
    ]);
    expect(readdirSync(outside)).toEqual([]);
    expect(readdirSync(root).sort()).toEqual(['link', 'write.mjs']);
  });
});
