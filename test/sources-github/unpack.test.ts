import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { BadArchive, unpack, UNPACK_LIMITS, type UnpackLimits } from '../../src/sources/github/unpack.ts';
import { temporaryFolder } from '../github/loopback.ts';

interface Entry extends Partial<Header> {
  readonly name: string;
  readonly body?: string | Buffer;
}

async function archiveOf(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { body, ...header } of entries) tar.entry({ ...header }, body ?? '');
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const part of tar) if (Buffer.isBuffer(part)) parts.push(part);
  return gzipSync(Buffer.concat(parts));
}

async function* inPieces(bytes: Uint8Array, size = 700): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function unpacked(bytes: Uint8Array, limits: UnpackLimits = UNPACK_LIMITS) {
  const base = temporaryFolder();
  const folder = join(base, 'tree');
  mkdirSync(folder);
  const result = await unpack(inPieces(bytes), folder, limits);
  const files = readdirSync(base, { recursive: true, encoding: 'utf8' }).filter((name) => lstatSync(join(base, name)).isFile()).toSorted();
  return { ...result, folder, files };
}

const reasonsOf = ({ skipped }: { skipped: readonly { reason: string; count: number; incomplete: boolean }[] }) => skipped.map(({ reason, count, incomplete }) => `${reason} ${count}${incomplete ? ' !' : ''}`);

describe('unpacking an archive', () => {
  it('writes regular files without the first folder, for the user alone', async () => {
    const big = Buffer.alloc(300_000, 'x');
    const result = await unpacked(await archiveOf([
      { name: 'acme-app-abc/', type: 'directory' },
      { name: 'acme-app-abc/a.txt', body: 'one' },
      { name: 'acme-app-abc/run.sh', body: 'two', mode: 0o4777 },
      { name: `acme-app-abc/${'deep/'.repeat(40)}b.txt`, body: big },
      { name: 'acme-app-abc/empty', body: '' },
    ]));
    expect(result).toMatchObject({ files: expect.arrayContaining(['tree/a.txt', 'tree/run.sh', 'tree/empty']), bytes: 300_006, skipped: [] });
    expect(readFileSync(join(result.folder, 'deep/'.repeat(40), 'b.txt'))).toEqual(big);
    expect(statSync(join(result.folder, 'run.sh')).mode & 0o7777).toBe(0o600);
  });

  it('writes nothing outside, whatever names say', async () => {
    const names = ['acme/../../M', '/etc/M', '../M', 'acme//M', 'acme/./M', 'acme/a/../../M', 'acme/.git/config', 'acme/.GIT/hooks/pre-commit', 'M', 'acme/C:\\M', 'acme/..'];
    const result = await unpacked(await archiveOf([...names.map((name) => ({ name, body: 'x' })), { name: 'acme/ok', body: 'y' }]));
    expect(result.files).toEqual(['tree/ok']);
    expect(reasonsOf(result)).toEqual([`archive entry with a name that leads elsewhere ${names.length} !`]);
  });

  it('takes names from PAX headers, and checks those too', async () => {
    const long = `acme/${'n'.repeat(240)}`;
    const result = await unpacked(await archiveOf([{ name: long, body: 'x' }, { name: 'acme/x', pax: { path: 'acme/../../M' }, body: 'x' }, { name: `acme/${'m'.repeat(300)}`, body: 'x' }, { name: `acme/${'d/'.repeat(300)}f`, body: 'x' }]));
    expect(result.files).toEqual([`tree/${'n'.repeat(240)}`]);
    expect(reasonsOf(result)).toEqual(['archive entry with a name that leads elsewhere 1 !', 'name too long 2 !']);
  });

  it('makes no links, devices or pipes, and writes through none', async () => {
    const result = await unpacked(await archiveOf([
      { name: 'acme/link', type: 'symlink', linkname: '/etc' },
      { name: 'acme/link/passwd', body: 'evil' },
      { name: 'acme/hard', type: 'link', linkname: '/etc/passwd' },
      { name: 'acme/pipe', type: 'fifo' },
      { name: 'acme/null', type: 'character-device', devmajor: 1, devminor: 3 },
      { name: 'acme/disk', type: 'block-device' },
    ]));
    expect(result.files).toEqual(['tree/link/passwd']);
    expect(lstatSync(join(result.folder, 'link')).isDirectory()).toBe(true);
    expect(reasonsOf(result)).toEqual(['symlink 1', 'not a regular file 4']);
  });

  it('keeps the first of two files with one name, and a file that stands in the way of a folder', async () => {
    const result = await unpacked(await archiveOf([{ name: 'acme/a', body: 'first' }, { name: 'acme/a', body: 'second' }, { name: 'acme/a/b', body: 'third' }, { name: 'acme/d/e', body: 'x' }, { name: 'acme/d', body: 'y' }]));
    expect(readFileSync(join(result.folder, 'a'), 'utf8')).toBe('first');
    expect(result.files).toEqual(['tree/a', 'tree/d/e']);
    expect(reasonsOf(result)).toEqual(['name twice in the archive 3 !']);
  });

  it('stops at the limits', async () => {
    const limits = { file: 1000, archive: 100_000, entries: 50 };
    const large = await unpacked(await archiveOf([{ name: 'acme/large', body: Buffer.alloc(2000) }, { name: 'acme/small', body: 'x' }]), limits);
    expect(large.files).toEqual(['tree/small']);
    expect(reasonsOf(large)).toEqual(['over 1000 bytes 1']);
    await expect(unpacked(await archiveOf([{ name: 'acme/bomb', body: Buffer.alloc(5_000_000) }]), limits)).rejects.toThrow(BadArchive);
    await expect(unpacked(await archiveOf(Array.from({ length: 60 }, (_, n) => ({ name: `acme/${n}`, body: '' }))), limits)).rejects.toThrow('over 50 entries');
  });

  it('takes what is cut or no archive for what it is', async () => {
    const whole = await archiveOf([{ name: 'acme/a', body: Buffer.alloc(50_000, 'abc') }]);
    await expect(unpacked(whole.subarray(0, whole.length - 20))).rejects.toThrow();
    await expect(unpacked(Buffer.from('<html>'))).rejects.toThrow();
    await expect(unpacked(gzipSync(Buffer.alloc(2048, 'x')))).rejects.toThrow(BadArchive);
  });
});
