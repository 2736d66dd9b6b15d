import type { Platform } from '../model/reference.ts';
import { entriesOf, get, itemsOf, joinRoute, textOf, type YamlNode } from '../support/yaml.ts';
import { factText } from './_shared/ci-draft.ts';
import { openFile, readBroken, readParts, type Part, type VariableSystem } from './_shared/ci-variables.ts';

const SYSTEM: VariableSystem = { store: 'ci-secret', assigners: new Set(['env', 'global', 'jobs', 'matrix', 'environment']) };
const SHARED_KEYS: ReadonlySet<string> = new Set(['jobs', 'matrix', 'notifications', 'addons', 'branches']);

export const platform: Platform = {
  id: 'travis',
  title: 'Travis CI',
  checked: '2026-11-23',
  issuesTokens: false,
  whyNot: {
    reason: 'Travis CI gives jobs no identity token.',
    unblock: 'Move the job to a CI system that does, or keep the key scoped, capped and rotated.',
    source: 'https://docs.travis-ci.com/user/environment-variables/',
  },
  matches(file) {
    return /(?:^|\/)\.travis\.ya?ml$/.test(file.path);
  },
  extract(file, names) {
    const reader = openFile(file, 'travis', names, SYSTEM);
    const { root, draft } = reader;
    const shared: Part[] = entriesOf(root).filter((entry) => !SHARED_KEYS.has(entry.key)).map((entry) => ({ node: entry.value, route: joinRoute('', entry.key) }));
    const included = itemsOf(get(get(root, 'jobs') ?? get(root, 'matrix'), 'include'));
    const holder = get(root, 'jobs') === undefined ? 'matrix' : 'jobs';
    const jobs: readonly { node: YamlNode | undefined; route: string; label: string }[] =
      included.length === 0 ? [{ node: undefined, route: '', label: 'build' }] : included.map((node, index) => ({ node, route: `${holder}.include[${index}]`, label: textOf(get(node, 'name')) ?? textOf(get(node, 'stage')) ?? `job ${index + 1}` }));
    for (const { node, route, label } of jobs) {
      if (reader.budget.left < 0) break;
      const job = draft.declare({ key: route === '' ? 'build' : route, name: `${reader.fileName} › ${factText(label)}`, route, range: node?.range ?? root?.range ?? { start: 0, end: 0 }, identity: { kind: 'none' }, facts: {} });
      readParts(reader, job, node === undefined ? shared : [{ node, route }, ...shared]);
    }
    readBroken(reader);
    return draft.finish();
  },
};
