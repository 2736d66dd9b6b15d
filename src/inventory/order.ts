import type { Credential } from '../model/inventory.ts';
import { CONFIDENCES } from '../model/levels.ts';
import type { Location } from '../model/location.ts';

/** Order by UTF-16 code units: the same on every machine, unlike a locale's. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Target ids in the order the user named them; ids that no target has come last. */
export type TargetOrder = ReadonlyMap<string, number>;

export function targetOrder(targets: readonly { readonly id: string }[]): TargetOrder {
  const order = new Map<string, number>();
  for (const target of targets) {
    if (!order.has(target.id)) order.set(target.id, order.size);
  }
  return order;
}

/** Order of places as a reader meets them: target, path, line, column. Offsets come late: secrets count bytes, references characters. */
export function compareLocations(a: Location, b: Location, targets: TargetOrder): number {
  return (
    (targets.get(a.target) ?? targets.size) - (targets.get(b.target) ?? targets.size) ||
    compareText(a.target, b.target) ||
    compareText(a.path, b.path) ||
    a.line - b.line ||
    a.column - b.column ||
    a.endLine - b.endLine ||
    a.endColumn - b.endColumn ||
    a.start - b.start ||
    a.end - b.end ||
    compareText(a.history?.object ?? '', b.history?.object ?? '') ||
    compareText(a.route ?? '', b.route ?? '')
  );
}

/** Credentials worst first, then surest; the id settles the rest. */
export function worstFirst(a: Credential, b: Credential): number {
  return (
    b.risk.score - a.risk.score ||
    CONFIDENCES.indexOf(a.confidence) - CONFIDENCES.indexOf(b.confidence) ||
    compareText(a.provider, b.provider) ||
    compareText(a.preview, b.preview) ||
    compareText(a.id, b.id)
  );
}

/**
 * Sorts by `compare`, then by the whole value, so that the arrival order (workers, shards) can never show.
 * `last` names a field compared after everything else, because its value differs from run to run.
 */
export function sortTotally<T extends object>(items: readonly T[], compare: (a: T, b: T) => number, last?: keyof T & string): T[] {
  const texts = new Map<T, string>();
  function textOf(item: T): string {
    let text = texts.get(item);
    if (text === undefined) {
      text = JSON.stringify(item, (key: string, value: unknown) => (key === last ? undefined : value));
      texts.set(item, text);
    }
    return text;
  }
  return items.toSorted((a, b) => compare(a, b) || compareText(textOf(a), textOf(b)));
}

/** Sorted, each once. */
export function sortedUnique(texts: Iterable<string>): string[] {
  return [...new Set(texts)].toSorted(compareText);
}

/** One map key out of several texts; never ambiguous, whatever characters they hold. */
export function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

/** The list kept under `key`, made when absent. */
export function listAt<K, V>(lists: Map<K, V[]>, key: K): V[] {
  let list = lists.get(key);
  if (list === undefined) {
    list = [];
    lists.set(key, list);
  }
  return list;
}
