import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { putMissing } from '../../src/sources/github/left-out.ts';
import { temporaryFolder } from '../github/loopback.ts';

const BINARY = Buffer.from([0, 1, 255, 254, 13, 10, 0]);

/** A bare repository of one commit, and its id. */
function bareOf(files: Readonly<Record<string, string | Buffer>>): { readonly bare: string; readonly commit: string } {
  const work = temporaryFolder();
  const git = (...args: readonly string[]): string => execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=n@example.com', '-c', 'init.defaultBranch=main', ...args], { cwd: work, encoding: 'utf8' }).trim();
  git('init', '--quiet');
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(join(work, path, '..'), { recursive: true });
    writeFileSync(join(work, path), bytes);
  }
  symlinkSync('/etc/passwd', join(work, 'link'));
  git('add', '--all');
  git('commit', '--quiet', '-m', 'one');
  const bare = join(temporaryFolder(), 'copy.git');
  git('clone', '--quiet', '--bare', work, bare);
  return { bare, commit: git('rev-parse', 'HEAD') };
}

describe('files that an archive does not have', () => {
  it('are written as git holds them, twins and binary ones too; what is there stays, links are none', async () => {
    const { bare, commit } = bareOf({ 'a.txt': 'in git\n', 'b.txt': 'lf\n', 'tests/é space.bin': BINARY, 'tests/twin': 'same\n', 'docs/twin': 'same\n', 'tests/long': 'x'.repeat(5000) });
    const root = temporaryFolder();
    writeFileSync(join(root, 'a.txt'), 'from the archive\n');
    writeFileSync(join(root, 'b.txt'), 'lf\r\n');
    expect(await putMissing(bare, commit, root, new Set(['b.txt']), 4000)).toEqual([{ reason: 'over 3.9 KB', count: 1, examples: ['tests/long'], incomplete: false }]);
    expect(readFileSync(join(root, 'a.txt'), 'utf8')).toBe('from the archive\n');
    expect(readFileSync(join(root, 'b.txt'), 'utf8')).toBe('lf\n');
    expect(readFileSync(join(root, 'tests/é space.bin'))).toEqual(BINARY);
    expect(readFileSync(join(root, 'tests/twin'), 'utf8')).toBe('same\n');
    expect(readdirSync(root, { recursive: true }).map(String).toSorted()).toEqual(['a.txt', 'b.txt', 'docs', 'docs/twin', 'tests', 'tests/twin', 'tests/é space.bin']);
  });

  it('cannot be had of a commit that the copy does not have', async () => {
    const { bare } = bareOf({ 'a.txt': 'x' });
    await expect(putMissing(bare, 'f'.repeat(40), temporaryFolder(), new Set(), 4000)).rejects.toThrow(/git ls-tree failed/);
  });
});
