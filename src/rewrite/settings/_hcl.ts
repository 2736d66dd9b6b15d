import { isDeepStrictEqual } from 'node:util';
import type { Splice } from '../../model/change.ts';
import { parseHcl } from '../../platforms/_shared/config-hcl.ts';
import { type DataEntry, type DataMap, type DataNode, entriesOf, itemsOf, textOf } from '../../support/data-tree.ts';
import { spliceText } from '../edit.ts';
import { cutLines, type LineCut, lineEnd, lineStart, nextLine } from './_lines.ts';
import { holdsName } from './_needs.ts';

/** A block, an attribute or an item, with all that it stands in. */
export interface HclPlace {
  readonly entry: DataEntry | undefined;
  readonly node: DataNode;
  readonly holder: DataNode;
  readonly above: HclPlace | undefined;
}

export interface HclBlock {
  readonly type: string;
  readonly labels: readonly string[];
  readonly header: DataEntry;
  readonly body: DataMap;
}

/** The blocks of a module; undefined when the file cannot be read. */
export function hclBlocks(text: string): readonly HclBlock[] | undefined {
  const { root, fault } = parseHcl(text);
  if (root === undefined || fault !== undefined) return undefined;
  return entriesOf(root).flatMap((header) => {
    if (header.value.kind !== 'map' || text[header.value.start] !== '{') return [];
    const [type = '', ...labels] = header.key.split('.');
    return [{ type, labels, header, body: header.value }];
  });
}

/** Everything below `body` that hands the program one of `names`: attributes of that name, and blocks or objects that say it in `name`. */
export function hclNamed(body: DataMap, isNamed: (name: string) => boolean): readonly { readonly place: HclPlace; readonly name: string }[] {
  const found: { readonly place: HclPlace; readonly name: string }[] = [];
  const visit = (place: HclPlace): void => {
    const { node, entry } = place;
    if (entry !== undefined && isNamed(entry.key)) {
      found.push({ place, name: entry.key });
      return;
    }
    const said = node.kind === 'map' ? node.entries.find(({ key, value }) => /^(?:name|key|Name)$/.test(key) && value.kind === 'scalar' && value.tag === undefined && isNamed(textOf(value) ?? '')) : undefined;
    if (said !== undefined && isVariableHolder(place)) {
      found.push({ place, name: textOf(said.value) ?? '' });
      return;
    }
    for (const child of entriesOf(node)) visit({ entry: child, node: child.value, holder: node, above: place });
    for (const item of itemsOf(node)) visit({ entry: undefined, node: item, holder: node, above: place });
  };
  for (const entry of body.entries) visit({ entry, node: entry.value, holder: body, above: undefined });
  return found;
}

/** `env { name = ... }` and `{ name = ..., value = ... }` of a list; a resource whose own name is the key's is neither. */
function isVariableHolder({ entry, node }: HclPlace): boolean {
  return (entry === undefined || /env|variable|secret|setting/i.test(entry.key)) && entriesOf(node).some(({ key }) => /^(?:value|valueFrom|value_from|value_source|secret_name|secret|value_wo)$/i.test(key));
}

/** Takes out, and may put whole lines in place of the first. */
export interface HclRemoval {
  readonly place: HclPlace;
  /** Lines that end with `\n`. */
  readonly put?: string;
}

/**
 * Splices that take `removals` out: what is left empty goes too, attributes beside are aligned again where they were, and the text afterwards is read again and
 * compared. Undefined when a removal does not stand alone on its lines and cannot be cut, or the text would mean something else.
 *
 * @param names a comment line above that names one of them goes with it.
 */
export function removeHcl(text: string, removals: readonly HclRemoval[], names: readonly string[]): readonly Splice[] | undefined {
  const gone = settle(text, removals);
  const cuts: LineCut[] = [];
  const inline: Splice[] = [];
  for (const { place, put = '' } of gone) {
    const { start, end } = extentOf(text, place);
    const from = lineStart(text, start);
    const rest = /^[ \t]*,?[ \t]*(?:(?:#|\/\/)[^\n]*|\/\*[^\n*]*\*\/[ \t]*)?\r?$/.test(text.slice(end, lineEnd(text, end)));
    if (text.slice(from, start).trim() === '' && rest) cuts.push({ start: commentAbove(text, from, names), end: nextLine(text, end), text: put });
    else if (put === '') {
      const splice = cutInline(text, place, start, end);
      if (splice === undefined) return undefined;
      inline.push(splice);
    } else return undefined;
  }
  // What is put in place has no meaning to be compared with: without it the rest has to stay what it was.
  const bare = spliceText(text, [...cutLines(text, cuts.map((cut) => ({ ...cut, text: '' }))), ...inline]);
  if (bare === undefined || !means(text, bare.text, gone)) return undefined;
  const splices = [...cutLines(text, cuts), ...inline];
  const aligned = [...splices, ...realigned(text, cuts)];
  for (const tried of [aligned, splices]) {
    const after = spliceText(text, tried);
    if (after !== undefined && (cuts.some((cut) => cut.text !== '') ? parseHcl(after.text).fault === undefined : means(text, after.text, gone))) return tried;
  }
  return undefined;
}

/** Turns the removal of all that a block, object or list holds into its own removal. */
function settle(text: string, removals: readonly HclRemoval[]): readonly HclRemoval[] {
  let current = removals;
  for (;;) {
    const nodes = new Set(current.map(({ place }) => place.node));
    const replaced = new Set(current.flatMap(({ place, put }) => (put === undefined || put === '' || place.above === undefined ? [] : [place.above.node])));
    const holders = new Map(current.flatMap(({ place: { above } }) => (above === undefined ? [] : [[above.node, above] as const])));
    const emptied = [...holders.values()].find(({ node }) => node.tag === undefined && !replaced.has(node) && isEmptied(text, node, nodes));
    if (emptied === undefined) return current;
    current = [...current.filter(({ place }) => place.above?.node !== emptied.node), { place: emptied }];
  }
}

/** Whether nothing, not even a comment, is left of `holder` without `nodes`. */
function isEmptied(text: string, holder: DataNode, nodes: ReadonlySet<DataNode>): boolean {
  const children: readonly { readonly entry: DataEntry | undefined; readonly node: DataNode }[] = [...entriesOf(holder).map((entry) => ({ entry, node: entry.value })), ...itemsOf(holder).map((node) => ({ entry: undefined, node }))];
  let at = holder.start + 1;
  for (const { entry, node } of children) {
    const { start, end } = extentOf(text, { entry, node });
    if (!nodes.has(node) || !/^[\s,]*$/.test(text.slice(at, start))) return false;
    at = end;
  }
  return /^[\s,]*$/.test(text.slice(at, holder.end - 1));
}

export function outerText(text: string, place: HclPlace): string {
  const { start, end } = extentOf(text, place);
  return text.slice(start, end);
}

/** From the first character of the key, or of the item, to behind the last of the value. */
export function extentOf(text: string, { entry, node }: Pick<HclPlace, 'entry' | 'node'>): { readonly start: number; readonly end: number } {
  const quoted = node.kind === 'scalar' && node.tag === undefined && text[node.start - 1] === '"' && text[node.end] === '"';
  const heredoc = node.tag === 'heredoc';
  const call = node.kind !== 'scalar' && node.tag !== undefined && node.tag !== 'expr';
  const end = heredoc ? lineEnd(text, node.end) : call ? closeAfter(text, node.end) : quoted ? node.end + 1 : node.end;
  if (entry === undefined) return { start: quoted ? node.start - 1 : node.start, end };
  return { start: text[entry.keyStart - 1] === '"' ? entry.keyStart - 1 : entry.keyStart, end };
}

function closeAfter(text: string, at: number): number {
  const close = /^[\s,]*\)/.exec(text.slice(at, at + 200))?.[0].length;
  return close === undefined ? at : at + close;
}

function cutInline(text: string, place: HclPlace, start: number, end: number): Splice | undefined {
  const siblings = [...entriesOf(place.holder).map((entry): HclPlace => ({ entry, node: entry.value, holder: place.holder, above: place.above })), ...itemsOf(place.holder).map((node): HclPlace => ({ entry: undefined, node, holder: place.holder, above: place.above }))];
  const index = siblings.findIndex(({ node }) => node === place.node);
  const next = siblings[index + 1];
  const previous = siblings[index - 1];
  if (next !== undefined) {
    const from = extentOf(text, next).start;
    return /^\s*,\s*$/.test(text.slice(end, from)) ? { start, end: from, text: '' } : undefined;
  }
  if (previous === undefined) return undefined;
  const to = extentOf(text, previous).end;
  return /^\s*,\s*$/.test(text.slice(to, start)) ? { start: to, end, text: '' } : undefined;
}

function commentAbove(text: string, start: number, names: readonly string[]): number {
  if (start <= lineStart(text, 0)) return start;
  const above = lineStart(text, start - 1);
  const line = text.slice(above, start);
  const further = above === 0 ? '' : text.slice(lineStart(text, above - 1), above);
  const isComment = (content: string): boolean => /^[ \t]*(?:#|\/\/)/.test(content);
  return isComment(line) && !isComment(further) && names.some((name) => holdsName(line, name)) ? above : start;
}

const ATTRIBUTE = /^([ \t]*)("?[\w.-]+"?)([ \t]+)=[ \t]\S/;

interface Attribute {
  readonly at: number;
  readonly key: string;
  readonly gap: string;
}

/** `terraform fmt` aligns the equals signs of attributes on neighbouring lines: where the longest goes, the others move left. */
function realigned(text: string, cuts: readonly LineCut[]): readonly Splice[] {
  const gone = new Set<number>();
  for (const { start, end, text: put } of cuts) {
    // Where something stands in its place, nothing moves.
    if (put !== '') return [];
    for (let at = start; at < end; at = nextLine(text, at)) gone.add(at);
  }
  const splices: Splice[] = [];
  let done = 0;
  for (const { start } of cuts.toSorted((a, b) => a.start - b.start)) {
    if (start < done || attributeAt(text, start) === undefined) continue;
    let first = start;
    while (first > lineStart(text, 0) && attributeAt(text, lineStart(text, first - 1)) !== undefined) first = lineStart(text, first - 1);
    const group: Attribute[] = [];
    for (done = first; done < text.length; done = nextLine(text, done)) {
      const attribute = attributeAt(text, done);
      if (attribute === undefined) break;
      group.push(attribute);
    }
    splices.push(...alignedAgain(group, gone));
  }
  return splices;
}

function alignedAgain(group: readonly Attribute[], gone: ReadonlySet<number>): readonly Splice[] {
  const rest = group.filter(({ at }) => !gone.has(at));
  const columns = new Set(group.map(({ key, gap }) => key.length + gap.length));
  const [column = 0] = columns;
  const longestOf = (attributes: readonly Attribute[]): number => attributes.reduce((longest, { key }) => Math.max(longest, key.length), 0);
  const longest = longestOf(rest);
  if (columns.size !== 1 || rest.length === 0 || longestOf(group) + 1 !== column || longest + 1 === column) return [];
  return rest.map(({ at, key }) => ({ start: at + key.length, end: at + key.length + column - longest - 1, text: '' }));
}

/** An attribute whose value ends on its line, and has no comment behind it. */
function attributeAt(text: string, at: number): Attribute | undefined {
  const line = text.slice(at, lineEnd(text, at));
  const [, indent = '', key, gap] = ATTRIBUTE.exec(line) ?? [];
  return key === undefined || gap === undefined || /[[{(]\s*$|<</.test(line) || /\s(?:#|\/\/)/.test(line) ? undefined : { at, key: indent + key, gap };
}

/** Whether `after` is `text` without what is gone. */
function means(text: string, after: string, gone: readonly HclRemoval[]): boolean {
  const before = parseHcl(text);
  const read = parseHcl(after);
  if (before.root === undefined || read.root === undefined || read.fault !== undefined) return false;
  const nodes = new Set(gone.map(({ place }) => `${place.node.start}-${place.node.end}`));
  return isDeepStrictEqual(plain(before.root, nodes), plain(read.root, new Set()));
}

function plain(node: DataNode, without: ReadonlySet<string>): unknown {
  const stays = (child: DataNode): boolean => !without.has(`${child.start}-${child.end}`);
  if (node.kind === 'scalar') return [node.tag, node.value];
  if (node.kind === 'list') return [node.tag, ...node.items.filter(stays).map((item) => plain(item, without))];
  return [node.tag, ...node.entries.filter(({ value }) => stays(value)).map(({ key, value }) => ({ key, value: plain(value, without) }))];
}
