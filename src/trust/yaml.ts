/** What readers of YAML documents share. */
import { entriesOf, itemsOf, type YamlNode } from '../support/yaml.ts';
import { below, type TrustDocument } from './model.ts';

/** Nodes that one reader visits: aliases make a tree of a file larger than the file. */
const MAX_VISITS = 200_000;

/** Every map under `node` with its place, outermost first. */
export function mapsIn(node: YamlNode, place: string): readonly { readonly node: YamlNode; readonly place: string }[] {
  const found: { readonly node: YamlNode; readonly place: string }[] = [];
  let left = MAX_VISITS;
  const visit = (current: YamlNode, at: string): void => {
    left -= 1;
    if (left < 0) return;
    if (current.kind === 'map') {
      found.push({ node: current, place: at });
      for (const entry of current.entries) visit(entry.value, below(at, entry.key));
    }
    for (const [index, item] of itemsOf(current).entries()) visit(item, below(at, index));
  };
  visit(node, place);
  return found;
}

/** Keys that stand twice in one map of the file. */
export function duplicatesOf(node: YamlNode, place: string): TrustDocument['duplicateKeys'] {
  return mapsIn(node, place).flatMap((map) => {
    const seen = new Set<string>();
    return entriesOf(map.node).flatMap(({ key, via }) => {
      const isTwice = seen.has(key) && via?.kind !== 'merge';
      seen.add(key);
      return isTwice ? [{ place: below(map.place, key), key }] : [];
    });
  });
}
