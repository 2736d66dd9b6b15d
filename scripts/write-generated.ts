import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes `files` (path from `root`, text) where they differ, or with `check` only names them and sets the exit code to 1. */
export function writeGenerated(root: string, files: ReadonlyMap<string, string>, check: boolean): void {
  for (const [path, text] of files) {
    const file = join(root, path);
    if (readOrNothing(file) === text) continue;
    if (check) {
      process.stderr.write(`${path} is not current: npm run generate\n`);
      process.exitCode = 1;
      continue;
    }
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
