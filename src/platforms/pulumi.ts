import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { baseName, Draft, NO_IDENTITY } from './_shared/config-draft.ts';
import { readTrees } from './_shared/config-file.ts';
import { isPulumi } from './_shared/settings-files.ts';

/** Pulumi stack settings: `config` in clear or `secure`, and environments of Pulumi ESC. */
export const platform: Platform = {
  id: 'pulumi',
  title: 'Pulumi',
  checked: '2026-11-23',
  issuesTokens: false,
  runsOn: () => undefined,
  matches: isPulumi,
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'pulumi', names);
    for (const root of readTrees(draft)) {
      const workload = { key: 'stack', name: baseName(file.path), route: '', start: 0, end: 0, identity: NO_IDENTITY };
      bindTree(draft, workload, root, '');
    }
    return draft.done();
  },
};
