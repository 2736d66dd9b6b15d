import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { baseName, Draft, mayNameKey, NO_IDENTITY } from './_shared/config-draft.ts';
import { readTrees } from './_shared/config-file.ts';

/** Ansible playbooks, roles and inventories' variables, with `!vault` values. */
export const platform: Platform = {
  id: 'ansible',
  title: 'Ansible',
  checked: '2026-11-23',
  issuesTokens: false,
  runsOn: () => undefined,
  matches(file: TextFile): boolean {
    return /\.ya?ml$/i.test(file.path) && (/(?:^|\/)(?:group_vars|host_vars)\/|(?:^|\/)roles\/[^/]+\/(?:defaults|vars|tasks|handlers)\//.test(file.path) || /^[ \t]*(?:-[ \t]+)?(?:hosts|ansible\.builtin\.\w+):/m.test(file.text.slice(0, 50_000)));
  },
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'ansible', names);
    if (!mayNameKey(file.text, names)) return draft.done();
    for (const root of readTrees(draft)) {
      const workload = { key: 'play', name: baseName(file.path), route: '', start: 0, end: 0, identity: NO_IDENTITY };
      bindTree(draft, workload, root, '', { unset: 'environment' });
    }
    return draft.done();
  },
};
