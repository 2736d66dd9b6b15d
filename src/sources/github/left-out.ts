import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TargetError } from '../../model/errors.ts';
import type { Skipped } from '../../model/inventory.ts';
import { isPlainRelative } from '../../support/paths.ts';
import { runGit } from '../git/command.ts';
import { readObjects } from '../git/read-objects.ts';
import { openRepository } from '../git/repository.ts';
import { sizeWords } from '../directory/read.ts';

const MOST_EXAMPLES = 20;
const ENTRY = /^100(?:644|664|755) blob ([0-9a-f]{40}|[0-9a-f]{64}) +(\d+)\t([^]+)$/;

/**
 * Writes those files of a commit that a folder does not have, or not as it should, as git holds them.
 *
 * @param bare a bare repository of our own
 * @param root a folder of our own, which holds no links
 * @param anew files of the folder that are written again
 * @param largest bytes of one file; larger ones are named, not written
 * @returns what was left out
 * @throws TargetError when the repository does not have the commit
 */
export async function putMissing(bare: string, commit: string, root: string, anew: ReadonlySet<string>, largest: number): Promise<readonly Skipped[]> {
  const repository = await openRepository(bare, { upward: false });
  if (repository === undefined) throw new TargetError('the clone is no repository', 'Run again later.');
  const listed = await runGit(repository, ['ls-tree', '-r', '-z', '-l', '--full-tree', '--end-of-options', commit]);
  const paths = new Map<string, string[]>();
  const tooLong: string[] = [];
  for (const entry of listed.toString('utf8').split('\0')) {
    const [, oid, size, path] = ENTRY.exec(entry) ?? [];
    if (oid === undefined || path === undefined || !isPlainRelative(path) || path.includes('\\') || (!anew.has(path) && existsSync(join(root, path)))) continue;
    if (Number(size) > largest) tooLong.push(path);
    else paths.set(oid, [...(paths.get(oid) ?? []), path]);
  }
  const missing: string[] = [];
  let place = Buffer.alloc(0);
  await readObjects(repository, [...paths.keys()], {
    begin: (_, type, size) => {
      if (type !== 'blob') return undefined;
      if (place.length < size) place = Buffer.alloc(size);
      return place;
    },
    end: (oid, _, size) => {
      for (const path of paths.get(oid) ?? []) {
        const full = join(root, ...path.split('/'));
        mkdirSync(dirname(full), { recursive: true, mode: 0o700 });
        rmSync(full, { force: true });
        writeFileSync(full, place.subarray(0, size), { mode: 0o600, flag: 'wx' });
      }
    },
    missing: (oid) => missing.push(...(paths.get(oid) ?? [])),
  });
  return [skippedOf(`over ${sizeWords(largest)}`, tooLong, false), skippedOf('missing object', missing, true)].flat();
}

function skippedOf(reason: string, names: readonly string[], incomplete: boolean): readonly Skipped[] {
  return names.length === 0 ? [] : [{ reason, count: names.length, examples: names.toSorted().slice(0, MOST_EXAMPLES), incomplete }];
}
