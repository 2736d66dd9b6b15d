import { createScanner, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import { MAX_DEPTH, type DataEntry, type DataNode, type DataParse } from './data-tree.ts';

/**
 * Reads JSON, with comments and trailing commas allowed, as a tree with positions. Never throws; a broken file gives what could be
 * read and the first fault. Linear.
 */
export function parseJson(text: string): DataParse {
  const body = text.charCodeAt(0) === 0xfeff ? ` ${text.slice(1)}` : text;
  const deep = offsetOfExcessDepth(body);
  if (deep !== undefined) return { root: undefined, fault: { offset: deep, message: `nested more than ${MAX_DEPTH} levels deep` } };
  const errors: ParseError[] = [];
  const tree = parseTree(body, errors, { allowTrailingComma: true, disallowComments: false });
  const first = errors[0];
  return {
    root: tree === undefined ? undefined : nodeOf(tree),
    fault: first === undefined ? undefined : { offset: first.offset, message: printParseErrorCode(first.error) },
  };
}

/** `parseTree` recurses, so the depth is measured first. */
function offsetOfExcessDepth(text: string): number | undefined {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (;;) {
    scanner.scan();
    const offset = scanner.getTokenOffset();
    if (offset >= text.length) return undefined;
    const char = text[offset];
    if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') depth = Math.max(0, depth - 1);
    if (depth > MAX_DEPTH) return offset;
  }
}

function nodeOf(node: Node): DataNode {
  const start = node.offset;
  const end = node.offset + node.length;
  switch (node.type) {
    case 'object':
      return { kind: 'map', entries: (node.children ?? []).flatMap(entryFrom), start, end };
    case 'array':
      return { kind: 'list', items: (node.children ?? []).map(nodeOf), start, end };
    case 'string':
      return { kind: 'scalar', value: String(node.value), start: start + 1, end: Math.max(start + 1, end - 1) };
    case 'number':
      return { kind: 'scalar', value: Number(node.value), start, end };
    case 'boolean':
      return { kind: 'scalar', value: node.value === true, start, end };
    default:
      return { kind: 'scalar', value: null, start, end };
  }
}

function entryFrom(property: Node): DataEntry[] {
  const [key, value] = property.children ?? [];
  if (key === undefined) return [];
  const keyStart = key.offset + 1;
  const keyEnd = Math.max(keyStart, key.offset + key.length - 1);
  const node: DataNode = value === undefined ? { kind: 'scalar', value: null, start: keyEnd, end: keyEnd } : nodeOf(value);
  return [{ key: String(key.value), keyStart, keyEnd, value: node }];
}
