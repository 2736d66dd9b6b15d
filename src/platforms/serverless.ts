import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { childOf, entriesOf, routeTo, textOf } from '../support/data-tree.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { baseName, Draft, IDENTITY_AVAILABLE } from './_shared/config-draft.ts';
import { readTrees } from './_shared/config-file.ts';
import { isServerless } from './_shared/settings-files.ts';

/** Serverless Framework services: `provider.environment` and the environment of each function. */
export const platform: Platform = {
  id: 'serverless',
  title: 'Serverless Framework',
  checked: '2026-11-23',
  issuesTokens: false,
  runsOn: () => 'aws-compute',
  matches: isServerless,
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'serverless', names);
    for (const root of readTrees(draft)) {
      const functions = childOf(root, 'functions');
      for (const entry of entriesOf(functions)) {
        const route = routeTo('functions', entry.key);
        const workload = { key: route, name: entry.key, route, start: entry.keyStart, end: entry.value.end, identity: IDENTITY_AVAILABLE };
        bindTree(draft, workload, entry.value, route);
      }
      const service = { key: 'service', name: textOf(childOf(root, 'service')) ?? baseName(file.path), route: '', start: 0, end: 0, identity: IDENTITY_AVAILABLE };
      for (const entry of entriesOf(root)) {
        if (entry.value !== functions) bindTree(draft, service, entry.value, entry.key);
      }
    }
    return draft.done();
  },
};
