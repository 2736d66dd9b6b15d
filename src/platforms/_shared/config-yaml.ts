import type { DataFault, DataNode } from '../../support/data-tree.ts';
import { parseYaml, type YamlNode } from '../../support/yaml.ts';

/** Nodes that one file may expand to: aliases of aliases otherwise grow without bound. Real files stay far below. */
const MAX_NODES = 200_000;

export interface YamlDocuments {
  readonly documents: readonly DataNode[];
  readonly fault: DataFault | undefined;
}

/** Reads every document of a YAML stream as data trees, aliases and merges written out. Never throws. */
export function parseYamlDocuments(text: string): YamlDocuments {
  const file = parseYaml(text);
  const budget = { left: MAX_NODES };
  const documents = file.documents.map((document) => nodeOf(document, budget));
  const fault = file.problems.find((problem) => !problem.message.startsWith('duplicate key'));
  return { documents, fault: fault === undefined ? undefined : { offset: fault.offset, message: fault.message } };
}

function nodeOf(node: YamlNode, budget: { left: number }): DataNode {
  budget.left -= 1;
  const { start, end } = node.range;
  const tag = node.tag === undefined ? {} : { tag: node.tag };
  if (budget.left < 0) return { kind: 'scalar', value: null, start, end };
  if (node.kind === 'scalar') {
    const absent = node.value === '' && node.style === 'plain';
    return { kind: 'scalar', value: absent ? null : node.value, start, end, ...tag };
  }
  if (node.kind === 'seq') {
    const items: DataNode[] = [];
    for (const item of node.items) {
      if (budget.left < 0) break;
      items.push(nodeOf(item, budget));
    }
    return { kind: 'list', items, start, end, ...tag };
  }
  const entries = [];
  for (const entry of node.entries) {
    if (budget.left < 0) break;
    entries.push({ key: entry.key, keyStart: entry.keyRange.start, keyEnd: entry.keyRange.end, value: nodeOf(entry.value, budget) });
  }
  return { kind: 'map', entries, start, end, ...tag };
}
