import type { Platform } from '../model/reference.ts';
import { get, joinRoute } from '../support/yaml.ts';
import { lastParents, openFile, readBroken, readParts, type Part, type VariableSystem } from './_shared/ci-variables.ts';

const SYSTEM: VariableSystem = {
  store: 'environment',
  assigners: new Set(['variables']),
  bareName(leaf) {
    const [parent] = lastParents(leaf.route);
    // The variable's name is on the left; on the right stands an address in the store.
    if (leaf.entry === undefined || (parent !== 'secrets-manager' && parent !== 'parameter-store')) return undefined;
    return { name: leaf.entry.key, store: 'vault', range: leaf.scalar.range };
  },
};

export const platform: Platform = {
  id: 'aws-codebuild',
  title: 'AWS CodeBuild',
  checked: '2026-11-23',
  issuesTokens: false,
  runsOn: () => 'aws-compute',
  matches(file) {
    return /(?:^|\/)(?:[^/]*[._-])?buildspec(?:[._-][^/]*)?\.ya?ml$/i.test(file.path);
  },
  extract(file, names) {
    const reader = openFile(file, 'aws-codebuild', names, SYSTEM);
    const { root, draft } = reader;
    const job = draft.declare({ key: 'build', name: `${reader.fileName} › build`, route: '', range: root?.range ?? { start: 0, end: 0 }, identity: { kind: 'available' }, facts: {} });
    const parts: Part[] = ['env', 'phases', 'batch'].flatMap((key) => {
      const node = get(root, key);
      return node === undefined ? [] : [{ node, route: joinRoute('', key) }];
    });
    readParts(reader, job, parts);
    readBroken(reader);
    return draft.finish();
  },
};
