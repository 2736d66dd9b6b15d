import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { baseName, Draft, IDENTITY_AVAILABLE } from './_shared/config-draft.ts';
import { readTrees } from './_shared/config-file.ts';

/** Fly.io applications: `[env]`, `[build.args]` and secrets mounted as files. */
export const platform: Platform = {
  id: 'fly',
  title: 'Fly.io',
  checked: '2026-11-23',
  issuesTokens: true,
  matches(file: TextFile): boolean {
    return /^fly(?:[._-][\w-]+)*\.toml$/.test(baseName(file.path));
  },
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'fly', names);
    for (const root of readTrees(draft)) {
      const workload = { key: 'app', name: baseName(file.path), route: '', start: 0, end: 0, identity: IDENTITY_AVAILABLE };
      bindTree(draft, workload, root, '');
    }
    return draft.done();
  },
};
