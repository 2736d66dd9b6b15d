/** Scaffolds a provider: `npm run new:provider -- ID "Title"`. Writes one file and brings the registry up to date. */
import { scaffold, titleFor } from './scaffold.ts';

const [id, title] = process.argv.slice(2);

scaffold('provider', id, (name) => {
  const shown = titleFor(name, title);
  const variable = `${name.toUpperCase().replaceAll('-', '_')}_API_KEY`;
  return new Map([
    [
      `src/providers/${name}.ts`,
      `import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: '${name}',
  title: ${JSON.stringify(shown).replaceAll("'", "\\'").replace(/^"|"$/g, "'")},
  checked: '${new Date().toISOString().slice(0, 10)}',
  words: ['${name.replaceAll('-', '')}'],
  // TODO: the host names of its API.
  hosts: [],
  env: [{ name: '${variable}', kind: 'api-key' }],
  // TODO: one record per SDK that takes a key.
  sdks: [],
  // TODO: one record per credential format, each with ok and ng samples. Leave it empty when the key has no form of its own.
  detectors: [],
  // TODO: whether workload identity federation can replace the key, and the page that says so.
  federation: { kind: 'none', note: 'TODO', source: 'TODO' },
  spend: 'unknown',
  revoke: 'TODO',
};
`,
    ],
  ]);
});
