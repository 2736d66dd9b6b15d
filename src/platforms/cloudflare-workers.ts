import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { childOf, textOf } from '../support/data-tree.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { baseName, Draft, NO_IDENTITY } from './_shared/config-draft.ts';
import { readTrees } from './_shared/config-file.ts';

/** Wrangler configuration: `vars` in every environment, and bindings to the secrets store. */
export const platform: Platform = {
  id: 'cloudflare-workers',
  title: 'Cloudflare Workers',
  checked: '2026-11-23',
  issuesTokens: false,
  whyNot: {
    reason: 'Workers get no identity token that a provider outside could verify.',
    unblock: 'Let AI Gateway keep the provider’s key (its own key store), use a binding for Workers AI, or move the call.',
    source: 'https://developers.cloudflare.com/ai-gateway/',
  },
  matches(file: TextFile): boolean {
    return /^wrangler(?:[._-][\w-]+)*\.(?:toml|jsonc?)$/.test(baseName(file.path));
  },
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'cloudflare-workers', names);
    for (const root of readTrees(draft)) {
      const worker = textOf(childOf(root, 'name')) ?? baseName(file.path);
      const workload = { key: 'worker', name: worker, route: '', start: 0, end: 0, identity: NO_IDENTITY };
      bindTree(draft, workload, root, '', { nameLists: ['required'] });
    }
    return draft.done();
  },
};
