import { type Node, parseTree } from 'jsonc-parser';
import type { Splice } from '../../model/change.ts';
import { parseJson } from '../../support/json.ts';
import { lineEnd, lineStart, nextLine } from './_lines.ts';
import { holdsName } from './_needs.ts';

export type JsonNode = Node;

/** The tree of a JSON file, comments and trailing commas allowed; undefined when it cannot be read. */
export function jsonTree(text: string): JsonNode | undefined {
  const { root, fault } = parseJson(text);
  if (root === undefined || fault !== undefined) return undefined;
  return parseTree(text.charCodeAt(0) === 0xfeff ? ` ${text.slice(1)}` : text, [], { allowTrailingComma: true, disallowComments: false });
}

/** The value of a property; undefined for anything else. */
export function jsonGet(node: JsonNode | undefined, key: string): JsonNode | undefined {
  return propertiesOf(node).findLast((property) => keyOf(property) === key)?.children?.[1];
}

export function propertiesOf(node: JsonNode | undefined): readonly JsonNode[] {
  return node?.type === 'object' ? (node.children ?? []) : [];
}

export function keyOf(property: JsonNode): string {
  return String(property.children?.[0]?.value ?? '');
}

export function jsonText(node: JsonNode | undefined): string | undefined {
  return node?.type === 'string' ? String(node.value) : undefined;
}

/** Every property named one of `keys`, wherever it stands, with its holder. */
export function jsonEntries(root: JsonNode, isWanted: (key: string) => boolean): readonly JsonNode[] {
  const found: JsonNode[] = [];
  const open: JsonNode[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.type === 'property' && isWanted(keyOf(node))) found.push(node);
    for (const child of node.children ?? []) open.push(child);
  }
  return found.toSorted((a, b) => a.offset - b.offset);
}

/**
 * Takes properties and items out; an object or list left empty goes too. `names`: a comment line above that names one of them goes with it. Undefined when
 * nothing would be left of the file.
 */
export function removeJson(text: string, nodes: readonly JsonNode[], names: readonly string[]): readonly Splice[] | undefined {
  const gone = new Set(nodes);
  for (;;) {
    const emptied = [...gone].map(({ parent }) => parent).find((parent) => parent !== undefined && (parent.children ?? []).every((child) => gone.has(child)) && isBare(text, parent, names));
    if (emptied === undefined) break;
    for (const child of emptied.children ?? []) gone.delete(child);
    const holder = emptied.parent?.type === 'property' ? emptied.parent : emptied;
    if (holder.parent === undefined) return undefined;
    gone.add(holder);
  }
  const holders = new Set([...gone].flatMap(({ parent }) => (parent === undefined ? [] : [parent])));
  return [...holders].flatMap((holder) => cutFrom(text, holder, gone, names));
}

/** Whether nothing but these names' comments stands beside the children of `holder`. */
function isBare(text: string, holder: JsonNode, names: readonly string[]): boolean {
  let at = holder.offset + 1;
  const rest: string[] = [];
  for (const child of holder.children ?? []) {
    rest.push(text.slice(at, child.offset));
    at = endOf(child);
  }
  rest.push(text.slice(at, endOf(holder) - 1));
  const left = rest.join('\n').replace(/^[ \t]*\/\/.*$/gm, (comment) => (names.some((name) => holdsName(comment, name)) ? '' : comment));
  return /^[\s,]*$/.test(left);
}

function cutFrom(text: string, holder: JsonNode, gone: ReadonlySet<JsonNode>, names: readonly string[]): readonly Splice[] {
  const children = holder.children ?? [];
  const splices: Splice[] = [];
  for (let first = 0; first < children.length; first += 1) {
    if (!gone.has(children[first] ?? holder)) continue;
    let last = first;
    while (last + 1 < children.length && gone.has(children[last + 1] ?? holder)) last += 1;
    splices.push(...cutRun(text, children, first, last, names));
    first = last;
  }
  return splices;
}

function cutRun(text: string, children: readonly JsonNode[], first: number, last: number, names: readonly string[]): readonly Splice[] {
  const start = children[first]?.offset ?? 0;
  const end = endOf(children[last]);
  const previous = children[first - 1];
  const next = children[last + 1];
  const comma = commaAfter(text, end);
  const behind = text.slice(comma === undefined ? end : comma + 1, lineEnd(text, comma ?? end));
  const ownLines = text.slice(lineStart(text, start), start).trim() === '' && /^[ \t]*(?:\/\/.*|\/\*[^*]*\*\/[ \t]*)?$/.test(behind);
  if (!ownLines) {
    if (next !== undefined) return [{ start, end: next.offset, text: '' }];
    return [{ start: previous === undefined ? start : endOf(previous), end, text: '' }];
  }
  const cut = { start: commentAbove(text, lineStart(text, start), names), end: nextLine(text, comma ?? end), text: '' };
  const before = previous === undefined || next !== undefined || comma !== undefined ? undefined : commaAfter(text, endOf(previous));
  return before === undefined ? [cut] : [{ start: before, end: before + 1, text: '' }, cut];
}

function commentAbove(text: string, start: number, names: readonly string[]): number {
  if (start <= lineStart(text, 0)) return start;
  const above = lineStart(text, start - 1);
  const line = text.slice(above, start);
  return /^[ \t]*\/\//.test(line) && names.some((name) => holdsName(line, name)) ? above : start;
}

/** The comma that follows `at`, spaces and comments between. */
function commaAfter(text: string, at: number): number | undefined {
  const gap = /^(?:\s|\/\/[^\n]*\n|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/)*/.exec(text.slice(at, at + 2000))?.[0].length ?? 0;
  return text[at + gap] === ',' ? at + gap : undefined;
}

export function endOf(node: JsonNode | undefined): number {
  return node === undefined ? 0 : node.offset + node.length;
}
