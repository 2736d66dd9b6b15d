import { readdirSync } from 'node:fs';

/** Regular files below `folder`, relative, with `/`, sorted; not those of git. */
export function listFilesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.length).replaceAll('\\', '/').replace(/^\/+/, ''))
    .filter((path) => !path.startsWith('.git/') && !path.includes('node_modules/'))
    .toSorted();
}
