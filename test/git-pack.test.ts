import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type ObjectsScan, scanObjects } from '../src/scan/history.ts';
import { openObjectStore } from '../src/sources/git/pack/object-store.ts';
import { openRepository } from '../src/sources/git/repository.ts';
import { expandRecipe, seededRandom } from './support/recipes.ts';

const home = realpathSync(mkdtempSync(join(tmpdir(), 'dekey-pack-')));
afterAll(() => rmSync(home, { recursive: true, force: true }));

function git(folder: string, args: readonly string[], input?: string | Buffer): string {
  return execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.test', '-c', 'init.defaultBranch=main', '-c', 'gc.auto=0', ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: home, GIT_CONFIG_NOSYSTEM: '1' },
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: 60_000,
    ...(input === undefined ? {} : { input }),
    maxBuffer: 1 << 28,
  })
    .toString('utf8')
    .trim();
}

let made = 0;
let seed = 1;
/** The same sequence in every run. */
function random(below: number): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return (seed >>> 8) % below;
}

const RECIPES = { openai: 'sk-proj-{url:74}T3BlbkFJ{url:74}', anthropic: 'sk-ant-api03-{url:93}AA', huggingface: 'hf_{alpha:34}' };

/** The same key for the same number. */
function keyOf(kind: keyof typeof RECIPES, number: number): string {
  return expandRecipe(RECIPES[kind], seededRandom(number + 1)).text;
}

/** A repository whose files change a line here and there for many commits, with keys that come, move and go. */
function grown(...args: string[]): string {
  const folder = join(home, `r${(made += 1)}`);
  mkdirSync(folder);
  git(folder, ['init', '-q', ...args]);
  const files = Array.from({ length: 4 }, (_, file) => Array.from({ length: 400 }, (_, line) => `line ${line} of file ${file}: ${random(1e9).toString(36)}`));
  for (let version = 0; version < 24; version += 1) {
    for (const [index, lines] of files.entries()) {
      for (let edit = 0; edit < 3; edit += 1) lines[random(lines.length)] = `changed in ${version}: ${random(1e9).toString(36)}`;
      if (random(3) === 0) lines.splice(random(lines.length), 0, `OPENAI_API_KEY=${keyOf('openai', random(5))}`);
      if (random(4) === 0) lines.splice(random(lines.length), 0, `key: "${keyOf('anthropic', random(5))}" # ${version}`);
      if (random(6) === 0) lines.splice(random(lines.length), random(40));
      writeFileSync(join(folder, `file${index}.txt`), lines.join('\n'));
    }
    git(folder, ['add', '-A']);
    git(folder, ['commit', '-q', '-m', `version ${version}${version === 7 ? ` with ${keyOf('openai', 9)}` : ''}`]);
  }
  git(folder, ['tag', '-a', 'v1', '-m', `tagged with ${keyOf('anthropic', 9)}`]);
  return folder;
}

async function scan(folder: string, reader: 'git' | undefined, workers = 1, allowAlternates = false): Promise<ObjectsScan> {
  const repository = await openRepository(folder, { allowAlternates });
  if (repository === undefined) throw new Error('no repository');
  return await scanObjects(repository, { reader, since: undefined, workers, engine: { runKey: new Uint8Array(32), scope: 'history', maxFileSize: 64 * 2 ** 20 }, onProgress: () => {} });
}

function findings(result: ObjectsScan): unknown {
  const artifacts = result.results.flatMap((one) => one.artifacts).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { artifacts, places: [...result.places].toSorted(([a], [b]) => (a < b ? -1 : 1)), skipped: result.skipped };
}

/** What both readers say, after a look that it is something. */
async function bothAgree(folder: string, reader: string, allowAlternates = false): Promise<ObjectsScan> {
  const portable = await scan(folder, 'git', 1, allowAlternates);
  const own = await scan(folder, undefined, 1, allowAlternates);
  expect(own.reader).toBe(reader);
  expect(findings(own)).toEqual(findings(portable));
  const count = (result: ObjectsScan): [number, number] => [result.results.reduce((sum, one) => sum + one.count, 0), result.results.reduce((sum, one) => sum + one.bytes, 0)];
  expect(count(own)).toEqual(count(portable));
  expect(own.results.flatMap(({ artifacts }) => artifacts).length).toBeGreaterThan(20);
  return own;
}

function packOf(folder: string, ending: string): string {
  const name = readdirSync(join(folder, '.git/objects/pack')).find((entry) => entry.endsWith(ending));
  return join(folder, '.git/objects/pack', name ?? 'none');
}

describe('the reader of packs finds what git finds', () => {
  it('in loose objects', async () => {
    await bothAgree(grown(), 'packs');
  });

  it('in one pack with long chains of deltas', async () => {
    const folder = grown();
    git(folder, ['repack', '-adfq', '--depth=50', '--window=50']);
    const deltas = git(folder, ['verify-pack', '-v', packOf(folder, '.idx')]).split('\n').filter((line) => / blob +\d+ \d+ \d+ \d+ /.test(line));
    expect(deltas.length).toBeGreaterThan(50);
    const own = await bothAgree(folder, 'packs');
    // The whole of it came from our reader: nothing was left to git.
    expect(own.results.flatMap(({ unread }) => unread)).toEqual([]);
  });

  it('in deltas that name their base', async () => {
    const folder = grown();
    git(folder, ['-c', 'repack.useDeltaBaseOffset=false', 'repack', '-adfq', '--depth=50', '--window=50']);
    await bothAgree(folder, 'packs');
  });

  it('in several packs that overlap, with loose objects beside them, and objects nothing leads to', async () => {
    const folder = grown();
    git(folder, ['repack', '-dq']);
    writeFileSync(join(folder, 'late.txt'), `HF_TOKEN=${keyOf('huggingface', 1)}\n`);
    git(folder, ['add', '-A']);
    git(folder, ['commit', '-qm', 'late']);
    git(folder, ['repack', '-q']);
    const all = git(folder, ['rev-list', '--all', '--objects', '--no-object-names']);
    git(folder, ['pack-objects', '-q', '.git/objects/pack/pack'], all);
    git(folder, ['hash-object', '-w', '--stdin'], `dangling ${keyOf('openai', 8)}`);
    expect(readdirSync(join(folder, '.git/objects/pack')).filter((name) => name.endsWith('.pack')).length).toBeGreaterThan(2);
    git(folder, ['multi-pack-index', 'write']);
    await bothAgree(folder, 'packs');
  });

  it('in a repository of SHA-256', async () => {
    const folder = grown('--object-format=sha256');
    git(folder, ['repack', '-adfq']);
    await bothAgree(folder, 'packs');
  });

  it('in a repository that borrows objects', async () => {
    const folder = grown();
    git(folder, ['repack', '-adfq']);
    const borrower = join(home, `r${(made += 1)}`);
    git(home, ['clone', '-q', '--shared', folder, borrower]);
    await bothAgree(borrower, 'packs', true);
    await expect(scan(borrower, undefined)).rejects.toThrow(/alternates|outside/);
  });

  it('with any number of threads', async () => {
    const folder = grown();
    git(folder, ['repack', '-adfq']);
    const one = findings(await scan(folder, undefined, 1));
    expect(findings(await scan(folder, undefined, 2))).toEqual(one);
    expect(findings(await scan(folder, undefined, 7))).toEqual(one);
  });

  it('in UTF-16, in binary files and in files of nothing', async () => {
    const folder = grown();
    for (let version = 0; version < 6; version += 1) {
      writeFileSync(join(folder, 'wide.txt'), Buffer.concat([Buffer.from([255, 254]), Buffer.from(`${'x\n'.repeat(3000)}version ${version}\nOPENAI_API_KEY=${keyOf('openai', 3)}\n`, 'utf16le')]));
      writeFileSync(join(folder, 'app.bin'), Buffer.concat([Buffer.alloc(9000, version), Buffer.from(keyOf('anthropic', 3)), Buffer.alloc(9000)]));
      writeFileSync(join(folder, 'empty'), '');
      git(folder, ['add', '-A']);
      git(folder, ['commit', '-qm', `wide ${version}`]);
    }
    git(folder, ['repack', '-adfq']);
    await bothAgree(folder, 'packs');
  });
});

describe('what it cannot read goes to git', () => {
  it('an index of version 1', async () => {
    const folder = grown();
    git(folder, ['-c', 'pack.indexVersion=1', 'repack', '-adfq']);
    await bothAgree(folder, 'git: a pack of another version, or one that does not go with its index');
  });

  it('a pack that is a link', async () => {
    const folder = grown();
    git(folder, ['repack', '-adfq']);
    const pack = packOf(folder, '.pack');
    renameSync(pack, join(folder, '.git/moved'));
    symlinkSync(join(folder, '.git/moved'), pack);
    const own = await bothAgree(folder, 'git: a pack cannot be read (ELOOP)');
    expect(existsSync(pack)).toBe(true);
    expect(own.results.length).toBeGreaterThan(0);
  });

  it('objects whose bytes are damaged, and what is made from them: named as git names them', async () => {
    const folder = grown();
    git(folder, ['repack', '-adfq']);
    const pack = packOf(folder, '.pack');
    const bytes = readFileSync(pack);
    // In the middle of the largest whole blob.
    const largest = git(folder, ['verify-pack', '-v', packOf(folder, '.idx')]).split('\n').map((line) => line.split(/ +/)).filter((parts) => parts[1] === 'blob' && parts.length === 5).toSorted((a, b) => Number(b[3]) - Number(a[3]))[0];
    const at = Number(largest?.[4]) + 60;
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    chmodSync(pack, 0o644);
    writeFileSync(pack, bytes);
    const own = await scan(folder, undefined);
    const portable = await scan(folder, 'git');
    expect(own.reader).toBe('packs');
    expect(own.results.flatMap(({ unread }) => unread)).toContain(largest?.[0]);
    expect(findings(own)).toEqual(findings(portable));
    expect(own.results.flatMap(({ skipped }) => skipped).map(({ name }) => name)).toContain(largest?.[0]);
  });

  it('random bytes in place of a pack or an index, of any length', async () => {
    const folder = grown();
    git(folder, ['repack', '-adfq']);
    const repository = await openRepository(folder);
    if (repository === undefined) throw new Error('no repository');
    for (const ending of ['.pack', '.idx']) {
      const path = packOf(folder, ending);
      const whole = readFileSync(path);
      chmodSync(path, 0o644);
      for (const length of [0, 3, 11, 100, 1100, whole.length - 7]) {
        writeFileSync(path, whole.subarray(0, length));
        expect(openObjectStore(repository)).toHaveProperty('unsupported');
        writeFileSync(path, randomBytes(length));
        expect(openObjectStore(repository)).toHaveProperty('unsupported');
      }
      writeFileSync(path, whole);
      expect(openObjectStore(repository)).toHaveProperty('packs');
    }
  });

  it('a pack with bytes changed anywhere: the scan ends, and never with other findings than git has', async () => {
    const folder = grown();
    git(folder, ['repack', '-adfq']);
    const path = packOf(folder, '.pack');
    const whole = readFileSync(path);
    chmodSync(path, 0o644);
    for (let round = 0; round < 12; round += 1) {
      const bytes = Buffer.from(whole);
      const at = 12 + random(bytes.length - 40);
      bytes[at] = random(256);
      writeFileSync(path, bytes);
      const own = await scan(folder, undefined);
      const portable = await scan(folder, 'git');
      const damaged = new Set(portable.results.flatMap(({ skipped }) => skipped).map(({ name }) => name));
      const keys = (result: ObjectsScan): string[] => result.results.flatMap(({ artifacts }) => artifacts).filter(({ name }) => !damaged.has(name)).flatMap(({ name, sightings }) => sightings.map((one) => `${name} ${one.start} ${one.identity}`)).toSorted();
      expect(keys(own)).toEqual(keys(portable));
    }
  });
});
