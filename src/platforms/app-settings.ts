import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { baseName, Draft, NO_IDENTITY } from './_shared/config-draft.ts';
import { readTrees } from './_shared/config-file.ts';
import { isAppSettings } from './_shared/settings-files.ts';

/** Settings files of application frameworks: ASP.NET, Azure Functions, Spring, Streamlit. */
export const platform: Platform = {
  id: 'app-settings',
  title: 'Application settings',
  checked: '2026-11-23',
  issuesTokens: false,
  runsOn: () => 'azure-identity',
  matches: isAppSettings,
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'app-settings', names);
    for (const root of readTrees(draft)) {
      const workload = { key: 'application', name: baseName(file.path), route: '', start: 0, end: 0, identity: NO_IDENTITY };
      bindTree(draft, workload, root, '');
    }
    return draft.done();
  },
};
