/** What YAML means, without how it is written: for comparing what an edit made with what it was to make. */
import { parseYaml, type YamlEntry, type YamlNode } from '../support/yaml.ts';
import { CannotEdit } from './_yaml-lines.ts';

export interface PlainEntry {
  readonly key: string;
  readonly value: Plain;
  readonly of: YamlEntry | undefined;
}
export type Plain =
  | { readonly kind: 'scalar'; value: string | undefined; tag: string | undefined }
  | { readonly kind: 'map'; readonly tag: string | undefined; entries: readonly PlainEntry[] }
  | { readonly kind: 'seq'; readonly tag: string | undefined; items: readonly Plain[] };

export function plain(node: YamlNode, known: Map<YamlNode, Plain>): Plain {
  const made = known.get(node);
  if (made !== undefined) return made;
  const result: Plain =
    node.kind === 'scalar'
      ? { kind: 'scalar', value: node.value, tag: node.tag }
      : node.kind === 'seq'
        ? { kind: 'seq', tag: node.tag, items: node.items.map((item) => plain(item, known)) }
        : { kind: 'map', tag: node.tag, entries: node.entries.map((entry) => ({ key: entry.key, value: plain(entry.value, known), of: entry })) };
  known.set(node, result);
  return result;
}

/** The order of a map's keys says nothing, except of those that stand twice. */
export function strip(value: unknown): unknown {
  const seen = new Map<unknown, unknown>();
  function step(node: Plain): unknown {
    const done = seen.get(node);
    if (done !== undefined) return done;
    const result =
      node.kind === 'scalar' ? ['scalar', node.value, node.tag] : node.kind === 'seq' ? ['seq', node.tag, node.items.map(step)] : ['map', node.tag, node.entries.map(({ key, value: of }, index) => [key, index, step(of)] as const).toSorted((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1])).map(([key, , of]) => [key, of])];
    seen.set(node, result);
    return result;
  }
  return (value as Plain[]).map(step);
}

export function scalarValue(text: string): string {
  const root = parseYaml(`x: ${text}\n`).documents[0];
  const value = root?.kind === 'map' ? root.entries[0]?.value : undefined;
  if (value?.kind !== 'scalar') throw new CannotEdit('the new value is no scalar');
  return value.value;
}

