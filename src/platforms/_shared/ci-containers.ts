import type { Extraction, NameTable, TextFile } from '../../model/reference.ts';
import { entriesOf, get, itemsOf, joinRoute, textOf, type YamlNode } from '../../support/yaml.ts';
import { factText } from './ci-draft.ts';
import { lastParents, openFile, readBroken, readParts, type Part, type VariableReader, type VariableSystem } from './ci-variables.ts';

/** Pipelines of containers, in the grammar that Drone began and Woodpecker went on with. */
const SYSTEM: VariableSystem = {
  store: 'environment',
  assigners: new Set(['environment', 'settings']),
  bareName({ scalar, route, entry }) {
    const [parent, holder] = lastParents(route);
    // `KEY: { from_secret: name }`
    if (entry?.key === 'from_secret') return { name: scalar.value, ...(parent === undefined || parent.startsWith('[') ? {} : { target: parent }), store: 'ci-secret' };
    // `secrets: [name]`, `secrets: [{ source: name, target: KEY }]`
    if (entry === undefined && parent === 'secrets') return { name: scalar.value, store: 'ci-secret' };
    if (entry?.key === 'source' && holder === 'secrets') return { name: scalar.value, store: 'ci-secret' };
    return undefined;
  },
};

export function extractContainers(file: TextFile, platform: string, names: NameTable): Extraction {
  const reader = openFile(file, platform, names, SYSTEM);
  for (const document of reader.yaml.documents) {
    const pipeline = textOf(get(document, 'name')) ?? '';
    const shared: Part[] = entriesOf(document).filter((entry) => entry.key === 'environment').map((entry) => ({ node: entry.value, route: entry.key }));
    for (const key of ['steps', 'pipeline', 'services'] as const) readSteps(reader, get(document, key), key, pipeline, shared);
  }
  readBroken(reader);
  return reader.draft.finish();
}

function readSteps(reader: VariableReader, holder: YamlNode | undefined, route: string, pipeline: string, shared: readonly Part[]): void {
  const listed = itemsOf(holder).map((node, index) => ({ node, route: `${route}[${index}]`, label: textOf(get(node, 'name')) ?? `step ${index + 1}` }));
  const keyed = entriesOf(holder).map((entry) => ({ node: entry.value, route: joinRoute(route, entry.key), label: entry.key }));
  for (const step of [...listed, ...keyed]) {
    if (reader.budget.left < 0) return;
    const title = pipeline === '' ? step.label : `${pipeline} › ${step.label}`;
    const job = reader.draft.declare({
      // Documents of one file may repeat routes.
      key: `${pipeline === '' ? '' : `${pipeline}/`}${step.route}`,
      name: `${reader.fileName} › ${factText(title)}`,
      route: step.route,
      range: step.node.range,
      identity: { kind: 'none' },
      facts: { container: factText(textOf(get(step.node, 'image')) ?? '') },
    });
    readParts(reader, job, [{ node: step.node, route: step.route }, ...shared]);
  }
}
