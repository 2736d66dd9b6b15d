/**
 * Before and after of every shape: `fixtures/rewrite/REWRITER/CASE/input/` is scanned, planned and rewritten; what becomes of it is compared with `expected/`, which holds the
 * files that change and `changes.txt`, what was decided. `UPDATE_FIXTURES=1` writes `expected/` anew: then read it as its reviewer.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listFilesBelow } from './files.ts';
import { describeFiles, rewriteFolder, type Settings } from './kit.ts';

const root = join(import.meta.dirname, '../../fixtures/rewrite');
const isUpdating = process.env['UPDATE_FIXTURES'] === '1';

for (const kind of readdirSync(root)) {
  describe(kind, () => {
    for (const name of readdirSync(join(root, kind))) {
      test(name, async () => {
        const folder = join(root, kind, name);
        const settings: Settings = existsSync(join(folder, 'case.json')) ? JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) : {};
        const files = await rewriteFolder(join(folder, 'input'), settings);
        const got = new Map<string, string>([['changes.txt', describeFiles(files)]]);
        for (const { path, before, after } of files) if (before !== after) got.set(path, after);
        const expected = join(folder, 'expected');
        if (isUpdating) {
          rmSync(expected, { recursive: true, force: true });
          for (const [path, text] of got) {
            mkdirSync(dirname(join(expected, path)), { recursive: true });
            writeFileSync(join(expected, path), text);
          }
        }
        expect(Object.fromEntries(got)).toEqual(Object.fromEntries(listFilesBelow(expected).map((path) => [path, readFileSync(join(expected, path), 'utf8')])));
      });
    }
  });
}
