import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { childOf, entriesOf, routeTo } from '../support/data-tree.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { Draft, NO_IDENTITY, type WorkloadSeed } from './_shared/config-draft.ts';
import { readTrees } from './_shared/config-file.ts';

/** Development containers: variables are taken from the developer's machine or from Codespaces secrets. */
export const platform: Platform = {
  id: 'devcontainer',
  title: 'Development container',
  checked: '2026-11-23',
  issuesTokens: false,
  runsOn: () => 'developer-machine',
  matches(file: TextFile): boolean {
    return /(?:^|\/)\.?devcontainer\.json$/.test(file.path);
  },
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'devcontainer', names);
    for (const root of readTrees(draft)) {
      const workload: WorkloadSeed = { key: 'devcontainer', name: file.path, route: '', start: root.start, end: root.end, identity: NO_IDENTITY };
      for (const entry of entriesOf(childOf(root, 'secrets'))) {
        const match = names.lookup(entry.key);
        const place = { start: entry.keyStart, end: entry.keyEnd };
        if (match !== undefined) draft.reference(workload, match, { name: entry.key, store: 'prompt', route: routeTo('secrets', entry.key), place });
      }
      bindTree(draft, workload, root, '', { nameLists: ['runArgs', 'secrets'] });
    }
    return draft.done();
  },
};
