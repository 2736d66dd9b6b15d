/** Scaffolds a platform: `npm run new:platform -- ID "Title"`. Writes its file and a first fixture, and brings the registry up to date. */
import { scaffold, titleFor } from './scaffold.ts';

const [id, title] = process.argv.slice(2);

scaffold('platform', id, (name) => {
  const shown = JSON.stringify(titleFor(name, title)).replaceAll("'", "\\'").replace(/^"|"$/g, "'");
  return new Map([
    [
      `src/platforms/${name}.ts`,
      `import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { baseName, Draft } from './_shared/config-draft.ts';
import { readTrees } from './_shared/config-file.ts';

/** TODO: which file this is, and where in it a key is used. */
export const platform: Platform = {
  id: '${name}',
  title: ${shown},
  checked: '${new Date().toISOString().slice(0, 10)}',
  issuesTokens: false,
  matches(file: TextFile): boolean {
    return baseName(file.path) === '${name}.yml';
  },
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, '${name}', names);
    for (const root of readTrees(draft)) {
      bindTree(draft, { key: 'project', name: baseName(file.path), route: '', start: 0, end: 0, identity: { kind: 'none' } }, root, '');
    }
    return draft.done();
  },
};
`,
    ],
    [`fixtures/platforms/${name}/basic/input/${name}.yml`, 'env:\n  OPENAI_API_KEY: ${OPENAI_API_KEY}\n'],
    // Filled in by the tests with UPDATE_FIXTURES=1.
    [`fixtures/platforms/${name}/basic/expected/extraction.txt`, ''],
  ]);
});
