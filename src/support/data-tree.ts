/**
 * One tree for every configuration syntax, with positions: what a reader of JSON, TOML, YAML or HCL hands to the code that looks for meaning.
 * Entries are lists, never objects, so that a key such as `__proto__` is a key like any other and duplicates stay visible.
 */
export type DataNode = DataMap | DataList | DataScalar;

interface Placed {
  /** Offsets in UTF-16 code units, half open. For a quoted string they lie inside the quotes. */
  readonly start: number;
  readonly end: number;
  /** A YAML tag (`!Ref`), or the name of an HCL function round the value (`jsonencode`). */
  readonly tag?: string;
}

export interface DataMap extends Placed {
  readonly kind: 'map';
  readonly entries: readonly DataEntry[];
}

export interface DataList extends Placed {
  readonly kind: 'list';
  readonly items: readonly DataNode[];
}

export interface DataScalar extends Placed {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
}

export interface DataEntry {
  readonly key: string;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly value: DataNode;
}

/** A tree, or the reason there is none. Tolerant readers give both. */
export interface DataParse {
  readonly root: DataNode | undefined;
  readonly fault: DataFault | undefined;
}

export interface DataFault {
  readonly offset: number;
  readonly message: string;
}

/** Deeper nesting than any real configuration has; readers stop there so that no stack can overflow. */
export const MAX_DEPTH = 128;

/** The last entry called `key`, as every loader that allows duplicates takes it. */
export function entryOf(node: DataNode | undefined, key: string): DataEntry | undefined {
  if (node?.kind !== 'map') return undefined;
  return node.entries.findLast((entry) => entry.key === key);
}

/** Follows `keys` down through maps. */
export function childOf(node: DataNode | undefined, ...keys: readonly string[]): DataNode | undefined {
  let at = node;
  for (const key of keys) at = entryOf(at, key)?.value;
  return at;
}

/** The text of a scalar; numbers and booleans as written by `String`. Undefined for null and for collections. */
export function textOf(node: DataNode | undefined): string | undefined {
  if (node?.kind !== 'scalar' || node.value === null) return undefined;
  return String(node.value);
}

export function itemsOf(node: DataNode | undefined): readonly DataNode[] {
  return node?.kind === 'list' ? node.items : [];
}

export function entriesOf(node: DataNode | undefined): readonly DataEntry[] {
  return node?.kind === 'map' ? node.entries : [];
}

const PLAIN_KEY = /^[\w$@/+<>*-]+$/;

/** `route.key`, or `route["odd key"]` when the key would be read as more than one. */
export function routeTo(route: string, key: string | number): string {
  if (typeof key === 'number') return `${route}[${key}]`;
  if (!PLAIN_KEY.test(key)) return `${route}[${JSON.stringify(key)}]`;
  return route === '' ? key : `${route}.${key}`;
}
