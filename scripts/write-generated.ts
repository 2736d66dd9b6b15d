import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes `files` (path from `root`, text) where they differ, or with `check` writes nothing. Returns the paths that differed. */
export function writeGenerated(root: string, files: ReadonlyMap<string, string>, check: boolean): readonly string[] {
  const different = [...files].filter(([path, text]) => readOrNothing(join(root, path)) !== text);
  if (!check) {
    for (const [path, text] of different) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  }
  return different.map(([path]) => path);
}

/** For scripts: as {@link writeGenerated}; with `check`, what is not current is named and the exit code becomes 1. */
export function writeOrComplain(root: string, files: ReadonlyMap<string, string>, check: boolean): void {
  const different = writeGenerated(root, files, check);
  if (!check || different.length === 0) return;
  for (const path of different) process.stderr.write(`${path} is not current: npm run generate\n`);
  process.exitCode = 1;
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
