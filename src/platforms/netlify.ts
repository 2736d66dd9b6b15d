import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { childOf, entriesOf, routeTo } from '../support/data-tree.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { baseName, Draft, NO_IDENTITY } from './_shared/config-draft.ts';
import { readTrees } from './_shared/config-file.ts';

/** Netlify sites: build and context environments, and variables that a template asks for. */
export const platform: Platform = {
  id: 'netlify',
  title: 'Netlify',
  checked: '2026-11-23',
  issuesTokens: false,
  whyNot: {
    reason: 'Netlify gives builds and functions no identity token.',
    unblock: 'Move the call to a platform that does, or keep the key scoped, capped and rotated.',
    source: 'https://docs.netlify.com/environment-variables/overview/',
  },
  matches(file: TextFile): boolean {
    return /^netlify(?:[._-][\w-]+)*\.toml$/.test(baseName(file.path));
  },
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'netlify', names);
    for (const root of readTrees(draft)) {
      const workload = { key: 'site', name: baseName(file.path), route: '', start: 0, end: 0, identity: NO_IDENTITY };
      for (const entry of entriesOf(childOf(root, 'template', 'environment'))) {
        const match = names.lookup(entry.key);
        const place = { start: entry.keyStart, end: entry.keyEnd };
        if (match !== undefined) draft.reference(workload, match, { name: entry.key, store: 'prompt', route: routeTo('template.environment', entry.key), place });
      }
      bindTree(draft, workload, root, '');
    }
    return draft.done();
  },
};
