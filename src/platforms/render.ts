import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { childOf, itemsOf, textOf } from '../support/data-tree.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { baseName, Draft, NO_IDENTITY } from './_shared/config-draft.ts';
import { readTrees } from './_shared/config-file.ts';

/** Render blueprints: `envVars` of services and of groups. */
export const platform: Platform = {
  id: 'render',
  title: 'Render',
  checked: '2026-11-23',
  issuesTokens: false,
  matches(file: TextFile): boolean {
    return /^render\.ya?ml$/.test(baseName(file.path));
  },
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'render', names);
    for (const root of readTrees(draft)) {
      for (const list of ['services', 'envVarGroups', 'jobs']) {
        itemsOf(childOf(root, list)).forEach((service, index) => {
          const route = `${list}[${index}]`;
          const name = textOf(childOf(service, 'name')) ?? baseName(file.path);
          const workload = { key: route, name, route, start: service.start, end: service.end, identity: NO_IDENTITY };
          bindTree(draft, workload, service, route);
        });
      }
    }
    return draft.done();
  },
};
