import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { TargetError } from '../src/model/errors.ts';
import { findCheckout } from '../src/sources/directory/checkout.ts';
import { isCredentialFile } from '../src/sources/directory/credential-files.ts';
import { addIgnoreFile, isIgnored } from '../src/sources/directory/gitignore.ts';
import { listFiles, type FileList, type ListOptions } from '../src/sources/directory/list.ts';
import { readFileSafely, readFileSafelySync } from '../src/sources/directory/read.ts';
import { readIndex } from '../src/sources/git/index-file.ts';
import { classify, decodeText } from '../src/support/binary.ts';
import { compileGlobs, compileSegments, expandBraces, matchesSegments } from '../src/support/glob.ts';
import { compareBytes } from '../src/support/paths.ts';

const made: string[] = [];

afterAll(() => {
  // Not rmSync, which cannot remove what lies deeper than a path may be long.
  spawnSync('rm', ['-rf', ...made]);
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'dekey-directory-'));
  made.push(path);
  return path;
}

function put(root: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

function git(root: string, ...args: string[]): string {
  const env = { PATH: process.env['PATH'], HOME: root, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
  return execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'protocol.file.allow=always', ...args], { cwd: root, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

function checkout(files: Readonly<Record<string, string | Buffer>>): string {
  const root = folder();
  git(root, 'init', '-q');
  put(root, files);
  return root;
}

async function list(root: string, options: ListOptions = {}): Promise<FileList> {
  const found = findCheckout(root);
  return listFiles(root, found === undefined ? options : { tracked: await readIndex(join(found.root, '.git'), 'sha1'), ...options });
}

function paths({ files }: FileList): string[] {
  return files.map((file) => file.path);
}

function skipped({ skipped: all }: FileList, reason: string): readonly string[] | undefined {
  return all.find((each) => each.reason === reason)?.examples;
}

describe('outside git', () => {
  test('lists everything but .git and node_modules, sorted by bytes, with sizes', async () => {
    const root = folder();
    put(root, { 'b.txt': '12345', 'a/x': '', 'a.txt': '', 'Z': '', '.env': '', '.hidden/deep/file': '', 'node_modules/p/index.js': '', '.git/config': '', 'é': '', '\u{1f600}': '', '\uff5e': '' });
    const listed = await listFiles(root);
    expect(paths(listed)).toEqual(['.env', '.hidden/deep/file', 'Z', 'a.txt', 'a/x', 'b.txt', 'é', '\uff5e', '\u{1f600}']);
    expect(listed.files.find((file) => file.path === 'b.txt')).toEqual({ path: 'b.txt', absolute: join(listed.root, 'b.txt'), size: 5 });
    expect(skipped(listed, 'node_modules')).toEqual(['node_modules']);
  });

  test('enters the checkouts in a folder of checkouts, never their .git', async () => {
    const root = folder();
    for (const name of ['one', 'two']) {
      mkdirSync(join(root, name));
      git(join(root, name), 'init', '-q');
      put(root, { [`${name}/main.py`]: '' });
    }
    expect(paths(await listFiles(root))).toEqual(['one/main.py', 'two/main.py']);
  });

  test('a large tree gives the same list, however its files are named', async () => {
    const root = folder();
    const names: string[] = [];
    for (let at = 0; at < 2600; at += 1) names.push(`d${at % 13}/f${at}`);
    names.push('z/node_modules/no.js', 'z/line\nend/file', 'z/name\nend', 'z/back\\slash', 'z/\u2028', 'z/[x]', 'z/__proto__', 'z/constructor', 'z/ ', 'z/$(touch M);', 'z/.git/config');
    put(root, Object.fromEntries(names.map((name) => [name, ''])));
    symlinkSync('/etc/passwd', join(root, 'z/away'));
    execFileSync('mkfifo', [join(root, 'z/pipe')]);
    const listed = await listFiles(root);
    expect(paths(listed)).toEqual(names.filter((name) => !/node_modules|\.git\//.test(name)).sort(compareBytes));
    expect(skipped(listed, 'symlink out of the root')).toEqual(['z/away']);
    expect(skipped(listed, 'not a regular file')).toEqual(['z/pipe']);
    expect(skipped(listed, 'node_modules')).toEqual(['z/node_modules']);
  });

  test('a single file is a target', async () => {
    const root = folder();
    put(root, { 'notes.txt': 'abc', 'other.txt': '' });
    expect(paths(await listFiles(join(root, 'notes.txt')))).toEqual(['notes.txt']);
  });

  test('a root that is not there is a target error with a fix', async () => {
    await expect(listFiles(join(folder(), 'nothing\u001b[2J'))).rejects.toThrow(TargetError);
    await expect(listFiles(join(folder(), 'nothing\u001b[2J'))).rejects.toThrow('nothing\\u{1b}[2J');
  });
});

describe('in a git checkout', () => {
  test('tracked, untracked and ignored files, with the credential files among the ignored', async () => {
    const root = checkout({
      '.gitignore': '*.log\n.env*\n!.env.example\n/private/\nnode_modules/\ntmp/\n',
      'src/a.ts': '', 'kept.log': '', 'lost.log': '', 'sub/.gitignore': '!wanted.log\n*.gen\n', 'sub/wanted.log': '', 'sub/x.gen': '', 'x.gen': '',
      '.env': '', '.env.example': '', '.env.production': '', 'private/notes.txt': '', 'private/prod.tfvars': '', 'private/a/b/.env': '', 'private/a/b/c/d/.env': '',
      'node_modules/p/.env': '', 'tmp/dist/.env': '', 'tmp/.claude/settings.local.json': '', 'tmp/.git/.env': '', 'untracked.txt': '', '.excluded': '',
    });
    writeFileSync(join(root, '.git/info/exclude'), '.excluded\r\n');
    git(root, 'add', '-f', 'src/a.ts', 'kept.log', 'private/notes.txt');
    const listed = await list(root);
    expect(paths(listed)).toEqual([
      '.env', '.env.example', '.env.production', '.gitignore', 'kept.log', 'private/a/b/.env', 'private/notes.txt', 'private/prod.tfvars', 'src/a.ts',
      'sub/.gitignore', 'sub/wanted.log', 'untracked.txt', 'x.gen',
    ]);
    expect(skipped(listed, 'ignored by git')).toEqual(['.excluded', 'lost.log', 'private', 'sub/x.gen', 'tmp']);
    // `tmp` holds a repository of its own, so its inside is not this one's.
    expect(skipped(listed, 'submodule')).toEqual(['tmp']);
  });

  test('a folder of the checkout goes by the rules above it', async () => {
    const root = checkout({ '.gitignore': 'drop.txt\n/pkg/also.txt\n', 'pkg/.gitignore': '/gone\n', 'pkg/drop.txt': '', 'pkg/also.txt': '', 'pkg/gone': '', 'pkg/in.txt': '', 'pkg/deep/drop.txt': '', 'out.txt': '' });
    git(root, 'add', '-f', 'pkg/deep/drop.txt');
    expect(paths(await list(join(root, 'pkg')))).toEqual(['.gitignore', 'deep/drop.txt', 'in.txt']);
  });

  test('a project in a home folder kept in git with the rule * is listed whole', async () => {
    const home = checkout({ '.gitignore': '*\n', 'work/app/main.py': '', 'work/app/key.txt': '' });
    expect(paths(await list(join(home, 'work/app')))).toEqual(['key.txt', 'main.py']);
  });

  test('includeIgnored lists everything but .git', async () => {
    const root = checkout({ '.gitignore': 'dist\nnode_modules\n', 'dist/a.js': '', 'node_modules/p/i.js': '', 'x': '' });
    expect(paths(await list(root, { includeIgnored: true }))).toEqual(['.gitignore', 'dist/a.js', 'node_modules/p/i.js', 'x']);
  });

  test('submodules are a boundary and are named, whether checked out or not', async () => {
    const inner = checkout({ 'inner.txt': '' });
    git(inner, 'add', '.');
    git(inner, 'commit', '-qm', 'x');
    const root = checkout({ 'x.txt': '', 'nested/y.txt': '' });
    git(root, 'submodule', '-q', 'add', inner, 'vendor/llm');
    git(root, 'update-index', '--add', '--cacheinfo', `160000,${git(inner, 'rev-parse', 'HEAD').trim()},absent`);
    git(join(root, 'nested'), 'init', '-q');
    const listed = await list(root);
    expect(paths(listed)).toEqual(['.gitmodules', 'x.txt']);
    expect(skipped(listed, 'submodule')).toEqual(['absent', 'nested', 'vendor/llm']);
  });

  test('a bare repository inside the tree is not entered', async () => {
    const root = checkout({ 'x.txt': '' });
    git(root, 'init', '-q', '--bare', 'fixtures/repo.git');
    const listed = await list(root);
    expect(paths(listed)).toEqual(['x.txt']);
    expect(skipped(listed, 'bare repository')).toEqual(['fixtures/repo.git']);
  });

  test('a linked work tree reads the shared info/exclude', async () => {
    const main = checkout({ 'a.txt': '' });
    git(main, 'add', '.');
    git(main, 'commit', '-qm', 'x');
    writeFileSync(join(main, '.git/info/exclude'), 'local.txt\n');
    const linked = join(folder(), 'linked');
    git(main, 'worktree', 'add', '-q', linked);
    put(linked, { 'local.txt': '', 'new.txt': '' });
    expect(paths(await listFiles(linked))).toEqual(['a.txt', 'new.txt']);
  });

  test('tracked files that are gone, and hostile index paths, are not opened', async () => {
    const root = checkout({ 'a.txt': '', 'b.txt': '', 'sub/c.txt': '' });
    git(root, 'add', '.');
    unlinkSync(join(root, 'b.txt'));
    rmSync(join(root, 'sub'), { recursive: true });
    const outside = folder();
    put(outside, { 'c.txt': 'outside' });
    symlinkSync(outside, join(root, 'sub'));
    const hostile = ['../../etc/passwd', '/etc/passwd', 'x/../../y', '.git/config', 'a//b', './a.txt', '.GIT/config'].map((path) => ({ path, mode: 0o100644 }));
    const listed = await list(root, { tracked: [...(await readIndex(join(root, '.git'), 'sha1')), ...hostile] });
    expect(paths(listed)).toEqual(['a.txt']);
    expect(skipped(listed, 'not in the work tree')).toEqual(['b.txt', 'sub/c.txt']);
    expect(skipped(listed, 'symlink out of the root')).toEqual(['sub']);
  });

  test('lists what git lists, whatever the rules', async () => {
    const part = fc.constantFrom('a', 'b', 'ab', 'a.log', '.x', 'a b');
    const pattern = fc.constantFrom('*', '**', 'a*', '*b', '?', 'a?', '[ab]', '[!a]', '*.log', 'a', 'b', 'ab', '.x', '\\a', '[[:alpha:]]', '[a-', 'a b', '***', 'a**b', '*a*b*');
    const rule = fc
      .tuple(fc.constantFrom('', '', '!'), fc.constantFrom('', '/'), fc.array(pattern, { minLength: 1, maxLength: 3 }), fc.constantFrom('', '', '/', ' ', '\r', '\\ '))
      .map(([bang, lead, parts, tail]) => bang + lead + parts.join('/') + tail);
    const rules = fc.array(rule, { maxLength: 5 }).map((lines) => lines.join('\n'));
    const tree = fc.uniqueArray(fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(tree, rules, rules, rules, fc.nat(3), async (names, top, inner, exclude, forced) => {
        const root = folder();
        git(root, 'init', '-q');
        for (const name of names) {
          try {
            put(root, { [name]: '' });
          } catch {
            // `a` and `a/b` cannot both be files.
          }
        }
        writeFileSync(join(root, '.gitignore'), top);
        if (existsSync(join(root, 'a')) && !names.includes('a')) writeFileSync(join(root, 'a/.gitignore'), inner);
        writeFileSync(join(root, '.git/info/exclude'), exclude);
        const some = names.slice(0, forced).filter((name) => git(root, 'ls-files', '-o', '--', `:(literal)${name}`).trim() !== '');
        if (some.length > 0) git(root, 'add', '-f', '--', ...some.map((name) => `:(literal)${name}`));
        const expected = git(root, 'ls-files', '-z', '-co', '--exclude-standard').split('\0').filter((name) => name !== '');
        expect(paths(await list(root))).toEqual([...new Set(expected)].sort(compareBytes));
        rmSync(root, { recursive: true });
      }),
      { numRuns: 40 },
    );
  }, 240_000);
});

describe('what is left out is counted and named', () => {
  test('large and sparse files', async () => {
    const root = folder();
    put(root, { 'small': 'x', 'exact': Buffer.alloc(2048), 'big': Buffer.alloc(2049), 'sparse': '' });
    truncateSync(join(root, 'sparse'), 10 * 2 ** 30);
    expect(paths(await listFiles(root, { maxFileSize: 2048 }))).toEqual(['exact', 'small']);
    expect((await listFiles(root, { maxFileSize: 2048 })).skipped).toEqual([{ reason: 'over 2 KB', count: 2, examples: ['big', 'sparse'], incomplete: false }]);
    expect((await listFiles(root)).skipped.map((each) => each.reason)).toEqual(['over 20 MB']);
  });

  test('links: out, broken, looping, to devices, into .git; a file behind several links is listed once', async () => {
    const root = folder();
    const outside = folder();
    put(outside, { 'secret': 'x' });
    put(root, { 'real/file': 'x', 'node_modules/p/linked.js': 'x', '.git/config': 'x' });
    const links = { away: join(outside, 'secret'), awayFolder: outside, zero: '/dev/zero', loop: 'loop', broken: 'nothing', again: 'real/file', once: 'node_modules/p/linked.js', twice: 'once', dir: 'real', config: '.git/config', up: '..' };
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(root, name));
    const listed = await listFiles(root);
    expect(paths(listed)).toEqual(['node_modules/p/linked.js', 'real/file']);
    expect(skipped(listed, 'symlink out of the root')).toEqual(['away', 'awayFolder', 'config', 'up', 'zero']);
    expect(skipped(listed, 'broken symlink')).toEqual(['broken', 'loop']);
  });

  test('include and exclude', async () => {
    const root = folder();
    put(root, { 'src/a.ts': '', 'src/a.test.ts': '', 'docs/b.md': '', 'docs/deep/c.ts': '', 'd.ts': '' });
    expect(paths(await listFiles(root, { include: ['*.ts'], exclude: ['docs', '*.test.*'] }))).toEqual(['d.ts', 'src/a.ts']);
    expect(paths(await listFiles(root, { include: ['/src/', 'docs/**/*.{md,txt}'] }))).toEqual(['docs/b.md', 'src/a.test.ts', 'src/a.ts']);
    expect(skipped(await listFiles(root, { exclude: ['docs'] }), 'left out by include or exclude')).toEqual(['docs']);
  });

  test('names that differ only in case are both listed', async () => {
    const root = folder();
    put(root, { 'README': '1', 'readme': '2', 'e\u0301': '', '\u00e9': '' });
    expect(paths(await listFiles(root))).toHaveLength(4);
  });

  test.runIf(process.platform === 'linux')('a name that is not UTF-8 is reported, not lost', async () => {
    const root = folder();
    writeFileSync(Buffer.concat([Buffer.from(`${root}/bad`), Buffer.from([0xff])]), 'x');
    const listed = await listFiles(root);
    expect(listed.skipped).toEqual([{ reason: 'name is not UTF-8', count: 1, examples: ['bad\ufffd'], incomplete: true }]);
  });

  test('folders nested 5,000 deep end in a report, not in a crash', async () => {
    const root = folder();
    // In steps, because no path longer than 4,096 bytes can be named at once.
    const script = 'part=$(printf "d/%.0s" $(seq 500)); for i in $(seq 10); do mkdir -p $part && cd -P $part || exit 1; done; echo x > bottom';
    expect(spawnSync('bash', ['-c', script], { cwd: root }).status).toBe(0);
    put(root, { 'top.txt': '' });
    const listed = await listFiles(root);
    expect(paths(listed)).toEqual(['top.txt']);
    expect(listed.skipped.map(({ reason, count, incomplete }) => ({ reason, count, incomplete }))).toEqual([{ reason: 'unreadable', count: 1, incomplete: true }]);
  });
});

describe('reading', () => {
  const readers = [
    ['async', readFileSafely],
    ['sync', async (...args: Parameters<typeof readFileSafelySync>) => readFileSafelySync(...args)],
  ] as const;

  test.each(readers)('%s: bytes of a regular file, reasons for all else', async (_, read) => {
    const root = folder();
    put(root, { 'file': 'abc', 'empty': '' });
    symlinkSync('file', join(root, 'link'));
    execFileSync('mkfifo', [join(root, 'pipe')]);
    expect(await read(join(root, 'file'), 3)).toEqual({ kind: 'bytes', bytes: Buffer.from('abc') });
    expect(await read(join(root, 'empty'), 3)).toEqual({ kind: 'bytes', bytes: Buffer.alloc(0) });
    expect(await read(join(root, 'file'), 2)).toMatchObject({ reason: 'over 2 bytes', incomplete: false });
    expect(await read(join(root, 'link'), 3)).toMatchObject({ reason: 'symlink' });
    expect(await read(join(root, 'pipe'), 3)).toMatchObject({ reason: 'not a regular file' });
    expect(await read('/dev/zero', 3)).toMatchObject({ reason: 'not a regular file' });
    expect(await read(root, 3)).toMatchObject({ reason: 'not a regular file' });
    expect(await read(join(root, 'gone'), 3)).toMatchObject({ reason: 'unreadable', incomplete: true });
  });

  test.each(readers)('%s: a folder swapped for a link after listing does not lead out', async (_, read) => {
    const root = folder();
    const outside = folder();
    put(root, { 'sub/file': 'inside' });
    put(outside, { 'file': 'outside' });
    const listed = await listFiles(root);
    const absolute = listed.files[0]?.absolute ?? '';
    expect(await read(absolute, 100, listed.root)).toMatchObject({ kind: 'bytes' });
    rmSync(join(root, 'sub'), { recursive: true });
    symlinkSync(outside, join(root, 'sub'));
    expect(await read(absolute, 100, listed.root)).toMatchObject({ kind: 'skipped', reason: 'symlink out of the root' });
    expect(readFileSync(absolute, 'utf8')).toBe('outside');
  });
});

describe('bytes and text', () => {
  const sample = 'OPENAI_API_KEY = example # größe\r\n';

  test('tells text, binary and UTF-16 apart, with and without a mark', () => {
    const little = Buffer.from(sample, 'utf16le');
    const big = Buffer.from(little).swap16();
    expect(classify(Buffer.from(sample))).toBe('text');
    expect(classify(Buffer.alloc(0))).toBe('text');
    expect(classify(Buffer.from([0xef, 0xbb, 0xbf, 0x61]))).toBe('text');
    expect(classify(little)).toBe('utf-16le');
    expect(classify(big)).toBe('utf-16be');
    expect(classify(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('你好', 'utf16le')]))).toBe('utf-16le');
    expect(classify(Buffer.from([0xfe, 0xff, 0x4f, 0x60]))).toBe('utf-16be');
    expect(classify(Buffer.from('a\0b\0'.repeat(3) + '\0\0'))).toBe('binary');
    expect(classify(Buffer.from('text with one \0 in it'))).toBe('binary');
    expect(classify(Buffer.from(Uint16Array.from({ length: 500 }, (_, at) => at % 40).buffer))).toBe('binary');
    expect(classify(Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]))).toBe('binary');
    expect(classify(readFileSync(process.execPath).subarray(0, 65536))).toBe('binary');
    expect(classify(Buffer.concat([Buffer.alloc(9000, 0x61), Buffer.from([0])]))).toBe('text');
  });

  test('a UTF-16 file found by the walk decodes to its text, with byte offsets', async () => {
    const root = folder();
    const marked = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(sample, 'utf16le')]);
    put(root, { 'env.txt': marked });
    const read = readFileSafelySync((await listFiles(root)).files[0]?.absolute ?? '', 1000);
    if (read.kind !== 'bytes') throw new Error(read.reason);
    const decoded = decodeText(read.bytes);
    expect(decoded.text).toBe(sample);
    expect(decoded.byteOffsetOf(sample.indexOf('example'))).toBe(marked.indexOf(Buffer.from('example', 'utf16le')));
    expect(decodeText(Buffer.from(sample, 'utf16le').swap16())).toMatchObject({ text: sample, encoding: 'utf-16be' });
    expect(decodeText(Buffer.concat([marked, Buffer.from([0x41])])).byteOffsetOf(1e9)).toBe(marked.length);
  });

  test('byte offsets of any bytes are where the decoder was', () => {
    const piece = fc.oneof(fc.string({ unit: 'binary' }).map((text) => [...Buffer.from(text)]), fc.array(fc.integer({ min: 1, max: 255 })), fc.constant([0xef, 0xbb, 0xbf]), fc.constant([0xf0, 0x9f, 0x98, 0x80, 0xf0, 0x9f, 0x98]));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.boolean(), (pieces, mark) => {
        const bytes = Uint8Array.from([...(mark ? [0xef, 0xbb, 0xbf] : []), ...pieces.flat().filter((byte) => byte !== 0)]);
        fc.pre(classify(bytes) === 'text');
        const decoded = decodeText(bytes);
        const { text } = decoded;
        expect(text).toBe(new TextDecoder().decode(bytes));
        // Each cut at a character's start splits the bytes just as it splits the text.
        for (let offset = 0; offset <= text.length; offset += 1) {
          if (offset > 0 && /^[\udc00-\udfff]$/.test(text[offset] ?? '') && /^[\ud800-\udbff]$/.test(text[offset - 1] ?? '')) continue;
          const at = decoded.byteOffsetOf(offset);
          expect(new TextDecoder('utf-8').decode(bytes.subarray(0, at)) + new TextDecoder('utf-8', { ignoreBOM: at > 0 }).decode(bytes.subarray(at))).toBe(text);
          if (offset === text.length) expect(at).toBe(bytes.length);
        }
      }),
    );
  });

  test('offsets far into a long text', () => {
    const text = '😀é'.repeat(5000);
    const decoded = decodeText(Buffer.from(text));
    for (const count of [0, 1, 700, 2500, 4999]) expect(decoded.byteOffsetOf(count * 3)).toBe(count * 6);
    expect(decoded.byteOffsetOf(1)).toBe(0);
    expect(decoded.byteOffsetOf(2)).toBe(4);
  });
});

describe('patterns', () => {
  test.each([
    ['*.ts', 'a/b.ts', true], ['*.ts', 'b.tsx', false], ['src/*.ts', 'src/a.ts', true], ['src/*.ts', 'x/src/a.ts', false], ['src/*.ts', 'src/a/b.ts', false],
    ['docs', 'a/docs/b/c', true], ['/docs', 'a/docs/b', false], ['docs/', 'docs', false], ['docs/', 'docs/a', true], ['**/t/**', 'a/t/b', true], ['**/t/**', 't', false],
    ['./a/**', 'a/b', true], ['a/**/b', 'a/b', true], ['a/**/b', 'a/x/y/b/z', true], ['*.{js,ts}', 'x.ts', true], ['{a,b{c,d}}', 'bd', true], ['{a}', '{a}', true], ['[!a]b', 'cb', true],
    ['[]a]', ']', true], ['[a-c\\]]', ']', true], ['\\*', '*', true], ['\\*', 'x', false], ['*', '.env', true], ['[[:digit:]]x', '7x', true], ['a[', 'a[', false],
  ] as const)('%s on %s: %s', (pattern, path, expected) => {
    expect(compileGlobs([pattern]).matches(path)).toBe(expected);
  });

  test('a folder is entered only when something below it can match', () => {
    const globs = compileGlobs(['src/*/a.ts', 'docs/**']);
    expect(['src', 'src/x', 'docs', 'docs/y/z', 'lib', 'lib/src'].map((path) => globs.mayMatchBelow(path))).toEqual([true, true, true, true, false, false]);
  });

  test('too many alternatives are refused', () => {
    expect(() => expandBraces('{a,b}'.repeat(20))).toThrow(RangeError);
    expect(expandBraces('{a,b{c,d}}e')).toEqual(['ae', 'bce', 'bde']);
  });

  test('time is bounded on hostile patterns and names', () => {
    const started = performance.now();
    const path = Array.from({ length: 1000 }, () => 'a');
    for (const pattern of [`${'**/a/'.repeat(50)}b`, `${'*a'.repeat(50)}b`, `${'**/*a*/'.repeat(20)}b`]) {
      expect(matchesSegments(compileSegments(pattern), path, 'whole')).toBe(false);
      expect(isIgnored(addIgnoreFile(pattern, '', undefined), path.join('/'), false)).toBe(false);
      expect(compileGlobs([pattern]).matches('a'.repeat(4000))).toBe(false);
    }
    const many = addIgnoreFile(Array.from({ length: 100_000 }, (_, at) => `*${at}*x`).join('\n'), '', undefined);
    for (let at = 0; at < 100; at += 1) isIgnored(many, `file${at}`, false);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test.each(['.env', 'a/.env.local', 'prod.env', '.mcp.json', '.cursor/mcp.json', '.claude/settings.local.json', '.codex/config.toml', '.gemini/settings.json', 'x/terraform.tfstate.backup', 'a.tfvars', '.netrc', 'kubeconfig', '.streamlit/secrets.toml', 'service-account-prod.json', 'gcp_credentials.json', '.dev.vars', 'infra/.aws/credentials'])('%s is looked at although ignored', (path) => {
    expect(isCredentialFile(path)).toBe(true);
  });

  test.each(['main.js', 'environment.ts', 'bundle.js.map', 'package-lock.json', 'debug.log', 'a.env.js'])('%s is not', (path) => {
    expect(isCredentialFile(path)).toBe(false);
  });
});
