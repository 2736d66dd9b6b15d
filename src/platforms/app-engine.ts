import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { childOf, textOf } from '../support/data-tree.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { baseName, Draft, IDENTITY_AVAILABLE } from './_shared/config-draft.ts';
import { readTrees } from './_shared/config-file.ts';
import { isAppEngine } from './_shared/settings-files.ts';

/** App Engine services: `env_variables`. */
export const platform: Platform = {
  id: 'app-engine',
  title: 'Google App Engine',
  checked: '2026-11-23',
  issuesTokens: false,
  runsOn: () => 'google-compute',
  matches: isAppEngine,
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'app-engine', names);
    for (const root of readTrees(draft)) {
      const service = textOf(childOf(root, 'service')) ?? baseName(file.path);
      const workload = { key: 'service', name: service, route: '', start: 0, end: 0, identity: IDENTITY_AVAILABLE };
      bindTree(draft, workload, root, '');
    }
    return draft.done();
  },
};
