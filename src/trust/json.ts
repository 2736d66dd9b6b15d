/** JSON documents as trees, with every key that stands twice. */
import { entriesOf, itemsOf, textOf, type DataNode } from '../support/data-tree.ts';
import { parseJson } from '../support/json.ts';
import { below, type TrustDocument, type TrustProblem } from './model.ts';

interface JsonDocument {
  readonly root: DataNode | undefined;
  readonly duplicateKeys: TrustDocument['duplicateKeys'];
  readonly problems: readonly TrustProblem[];
}

/**
 * @param foldCase whether keys that differ in case alone are the same to the party
 */
export function openJson(text: string, foldCase: (place: string) => boolean = () => false): JsonDocument {
  const { root, fault } = parseJson(text);
  const problems: TrustProblem[] =
    fault === undefined ? [] : [{ place: '', message: `not readable as JSON: ${fault.message} at character ${fault.offset + 1}` }];
  if (root === undefined) return { root, duplicateKeys: [], problems: problems.length > 0 ? problems : [{ place: '', message: 'the document is empty' }] };
  if (root.kind !== 'map') return { root: undefined, duplicateKeys: [], problems: [...problems, { place: '', message: 'not a JSON object' }] };
  return { root, duplicateKeys: duplicatesIn(root, '', foldCase), problems };
}

function duplicatesIn(node: DataNode, place: string, foldCase: (place: string) => boolean): TrustDocument['duplicateKeys'] {
  if (node.kind === 'list') return node.items.flatMap((item, index) => duplicatesIn(item, below(place, index), foldCase));
  if (node.kind !== 'map') return [];
  const seen = new Set<string>();
  return node.entries.flatMap(({ key, value }) => {
    const name = foldCase(place) ? key.toLowerCase() : key;
    const own = seen.has(name) ? [{ place: below(place, key), key }] : [];
    seen.add(name);
    return [...own, ...duplicatesIn(value, below(place, key), foldCase)];
  });
}

/** One text or a list of texts. Members that are no scalars are left out. */
export function textsOf(node: DataNode | undefined): readonly string[] {
  if (node?.kind === 'list') return itemsOf(node).flatMap((item) => textOf(item) ?? []);
  const text = textOf(node);
  return text === undefined ? [] : [text];
}

/** Whether everything in `node` was a scalar, so that {@link textsOf} left nothing out. */
export function isAllText(node: DataNode | undefined): boolean {
  return node?.kind === 'list' ? node.items.every((item) => textOf(item) !== undefined) : textOf(node) !== undefined;
}

/** The entries of a map with their places. */
export function placedEntries(
  node: DataNode | undefined,
  place: string,
): readonly { readonly key: string; readonly value: DataNode; readonly place: string }[] {
  return entriesOf(node).map(({ key, value }) => ({ key, value, place: below(place, key) }));
}

/** The first of `keys` that `node` has, with a value that is not null. */
export function firstOf(node: DataNode | undefined, ...keys: readonly string[]): { readonly key: string; readonly value: DataNode } | undefined {
  for (const key of keys) {
    const entry = entriesOf(node).findLast((candidate) => candidate.key === key);
    if (entry !== undefined && !(entry.value.kind === 'scalar' && entry.value.value === null)) return { key, value: entry.value };
  }
  return undefined;
}
