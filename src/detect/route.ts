import { type DataNode, routeTo } from '../support/data-tree.ts';
import { parseJson } from '../support/json.ts';
import { parseToml } from '../support/toml.ts';
import { parseYamlDocuments } from '../platforms/_shared/config-yaml.ts';

/** Formats with a structure of their own, by the end of the name. */
const JSON_NAME = /\.(?:jsonc?|json5|ipynb|har|tfstate|webmanifest|code-workspace)$/i;
const YAML_NAME = /\.ya?ml$/i;
const TOML_NAME = /\.toml$/i;
/** A larger file is data: where its keys stand is told by line alone. */
const LONGEST_TEXT = 2_000_000;

/** Half open, in UTF-16 code units. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Routes (`jobs.a.env.OPENAI_API_KEY`, `cells[3].source[0]`) of the values that hold `ranges`, by index; undefined where the file has no structure, or
 * where the route would lead through one of the ranges: a key that is used as a name must not be shown. Never throws. Linear in the text.
 */
export function routesOf(path: string, text: string, ranges: readonly Range[]): readonly (string | undefined)[] {
  if (ranges.length === 0 || text.length > LONGEST_TEXT) return ranges.map(() => undefined);
  const roots = treesOf(path, text);
  return ranges.map((range) => roots.map((root) => routeIn(root, range, ranges)).find((route) => route !== undefined));
}

function treesOf(path: string, text: string): readonly DataNode[] {
  if (JSON_NAME.test(path)) return listOf(parseJson(text).root);
  if (TOML_NAME.test(path)) return listOf(parseToml(text).root);
  return YAML_NAME.test(path) ? parseYamlDocuments(text).documents : [];
}

function listOf(root: DataNode | undefined): readonly DataNode[] {
  return root === undefined ? [] : [root];
}

/** Walks down to the scalar that holds the start of `range`. */
function routeIn(root: DataNode, range: Range, secrets: readonly Range[]): string | undefined {
  let node = root;
  let route = '';
  while (node.kind !== 'scalar') {
    let next: { node: DataNode; part: string | number } | undefined;
    if (node.kind === 'list') {
      const index = node.items.findIndex((item) => holds(item, range));
      const item = node.items[index];
      if (item !== undefined) next = { node: item, part: index };
    } else {
      const entry = node.entries.find(({ value }) => holds(value, range));
      if (entry !== undefined && secrets.some((secret) => secret.start < entry.keyEnd && entry.keyStart < secret.end)) return undefined;
      if (entry !== undefined) next = { node: entry.value, part: entry.key };
    }
    if (next === undefined) return undefined;
    node = next.node;
    route = routeTo(route, next.part);
  }
  return route === '' ? undefined : route;
}

function holds(node: DataNode, range: Range): boolean {
  return node.start <= range.start && range.start < node.end;
}
