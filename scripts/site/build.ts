/** Builds the documentation as a static site: `npm run docs [FOLDER]` (default `site/`). It opens from the disk, and needs no network. Exit 1 when a link leads nowhere. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeSite, type Source } from './site.ts';

/** Beside `docs/`: pages of the project, and files that pages link to. */
const BESIDE = ['README.md', 'CHANGELOG.md', 'SECURITY.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md'] as const;
const FILES = ['LICENSE'] as const;
/** Marks a folder that an earlier run made: nothing else is ever removed. */
const MARK = '.made-by-npm-run-docs';

export function readParts(root: string): Parameters<typeof makeSite>[0] {
  const read = (path: string): Source => ({ path, text: readFileSync(join(root, path), 'utf8') });
  const below = (folder: string): string[] => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path.replaceAll('\\', '/')}`).toSorted();
  const docs = below('docs');
  return {
    pages: [...BESIDE, ...docs.filter((path) => path.endsWith('.md'))].map(read),
    files: [...FILES, ...docs.filter((path) => path.endsWith('.svg')), ...below('schema').filter((path) => path.endsWith('.json'))].map(read),
    style: read('scripts/site/site.css').text,
    script: read('scripts/site/search.js').text,
  };
}

/** @returns what is wrong with the pages; the site is written all the same */
export function buildSite(root: string, folder: string): { readonly count: number; readonly faults: readonly string[] } {
  const { files, faults } = makeSite(readParts(root));
  if (existsSync(folder)) {
    if (!existsSync(join(folder, MARK)) && readdirSync(folder).length > 0) throw new Error(`${folder} is there already, and was not made by this`);
    rmSync(folder, { recursive: true });
  }
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  writeFileSync(join(folder, MARK), '');
  return { count: files.size, faults };
}
