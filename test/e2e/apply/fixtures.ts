import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The inputs of all golden cases as projects of their own below `scratch`; gives that folder. */
export function copyFixtures(scratch: string): string {
  const root = join(process.cwd(), 'fixtures', 'rewrite');
  const folder = join(scratch, 'projects');
  mkdirSync(folder, { recursive: true });
  for (const kind of readdirSync(root)) {
    for (const name of readdirSync(join(root, kind))) {
      const input = join(root, kind, name, 'input');
      if (existsSync(input)) cpSync(input, join(folder, `${kind}--${name}`), { recursive: true });
    }
  }
  return folder;
}
