/**
 * YAML as a light tree with exact positions. Every scalar is text as written (`no`, `010` and `null` stay so), tags are kept by name and
 * never acted on, aliases and merge keys are resolved, and nothing here throws: what is wrong is listed beside what could be read.
 *
 * Parsing costs about a second a megabyte, so import this file lazily.
 */
import { Composer, isAlias, isMap, isPair, isScalar, isSeq, Lexer, Parser } from 'yaml';
import type { CST, ParsedNode, Scalar } from 'yaml';
import { LineIndex } from './lines.ts';

/** Offsets in UTF-16 code units of the source text, half open. */
export interface YamlRange {
  readonly start: number;
  readonly end: number;
}

type YamlStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded';

export interface YamlScalar {
  readonly kind: 'scalar';
  /** Text after unquoting, unfolding and dedenting; '' when the value is absent. */
  readonly value: string;
  readonly style: YamlStyle;
  /** `!vault`, `!Ref`, ...; standard tags in their long form (`tag:yaml.org,2002:str`). */
  readonly tag: string | undefined;
  /** The text of the value: inside the quotes, below the block header. */
  readonly range: YamlRange;
  /** The whole token, with quotes or block header. */
  readonly outer: YamlRange;
}

export interface YamlEntry {
  readonly key: string;
  /** The text of the key, without quotes. */
  readonly keyRange: YamlRange;
  readonly value: YamlNode;
  /** Set when the value stands elsewhere: where the alias or the merge key is written. An edit through it would change other places. */
  readonly via?: { readonly kind: 'alias' | 'merge'; readonly range: YamlRange };
}

interface YamlMap {
  readonly kind: 'map';
  readonly tag: string | undefined;
  readonly range: YamlRange;
  /** In source order, then what merge keys bring; a duplicate key is listed as often as it stands. */
  readonly entries: readonly YamlEntry[];
}

interface YamlSequence {
  readonly kind: 'seq';
  readonly tag: string | undefined;
  readonly range: YamlRange;
  /** Aliased items are the anchored nodes themselves. */
  readonly items: readonly YamlNode[];
}

/** Nodes reached through aliases are shared: the "tree" is a graph without cycles. */
export type YamlNode = YamlMap | YamlSequence | YamlScalar;

interface YamlProblem {
  readonly offset: number;
  /** From 1. */
  readonly line: number;
  /** `duplicate key "env" (first at line 39)`; never holds text of a value. */
  readonly message: string;
}

export interface YamlFile {
  readonly text: string;
  readonly lines: LineIndex;
  /** One root a document; empty documents are left out. */
  readonly documents: readonly YamlNode[];
  /** At most {@link MAX_PROBLEMS}, in source order. */
  readonly problems: readonly YamlProblem[];
}

/** Characters; beyond this a file is data rather than configuration. */
const MAX_YAML_LENGTH = 4_000_000;
const MAX_PROBLEMS = 20;
/** Open collections at once: more than any configuration has, and few enough for recursive readers. */
const MAX_DEPTH = 200;
/** Entries that merge keys may add in one file: chains of merges grow with the square of their number. */
const MAX_MERGED = 50_000;
/** Nodes that one {@link walk} visits: shared nodes are visited once a path, which aliases can make exponential. */
const MAX_VISITS = 500_000;

/** Visits that several walks share, so that a file full of aliases to one large node stays cheap as a whole. */
export interface WalkBudget {
  left: number;
}

/**
 * Reads all documents of `text`. Broken parts are left out or read as well as they can be; `problems` is empty only when everything was
 * understood and every key is unique.
 *
 * @param maxLength longer texts are not parsed at all, and give one problem.
 */
export function parseYaml(text: string, maxLength: number = MAX_YAML_LENGTH): YamlFile {
  const lines = new LineIndex(text);
  const builder = new TreeBuilder(text, lines);
  if (text.length > maxLength) {
    builder.complain(0, `longer than ${maxLength} characters`);
    return { text, lines, documents: [], problems: builder.problems };
  }
  const documents: YamlNode[] = [];
  try {
    const { tokens, tooDeepAt } = tokensOf(text);
    if (tooDeepAt !== undefined) builder.complain(tooDeepAt, 'nested too deeply');
    const composer = new Composer({ schema: 'failsafe', uniqueKeys: false, prettyErrors: false, logLevel: 'silent', strict: true });
    for (const document of composer.compose(tokens, false, text.length)) {
      for (const error of document.errors) builder.complain(error.pos[0], plainMessage(error.code, error.message));
      builder.startDocument();
      const root = document.contents === null ? undefined : builder.build(document.contents, 0);
      if (root !== undefined && !(root.kind === 'scalar' && root.value === '')) documents.push(root);
    }
  } catch {
    builder.complain(0, 'not readable as YAML');
  }
  const problems = builder.problems.toSorted((a, b) => a.offset - b.offset).slice(0, MAX_PROBLEMS);
  return { text, lines, documents, problems };
}

/**
 * The tokens of each document before the first that nests too deeply.
 *
 * The composer recurses over them, and running out of stack there cannot always be caught: an engine that must compile a regular expression
 * at that moment ends the process. So depth is watched while the tokens, which need no recursion, are made.
 */
function tokensOf(text: string): { readonly tokens: readonly CST.Token[]; readonly tooDeepAt: number | undefined } {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > MAX_DEPTH) return { tokens, tooDeepAt: parser.offset };
  }
  for (const token of parser.end()) tokens.push(token);
  return { tokens, tooDeepAt: undefined };
}

/** Parser messages, without the excerpts of the source that some of them carry. */
function plainMessage(code: string, message: string): string {
  const known = PARSER_MESSAGES.get(code);
  if (known !== undefined) return known;
  const first = message.split('\n', 1)[0] ?? '';
  return first.length <= 100 && !/["'`]/.test(first) ? first.toLowerCase() : code.toLowerCase().replaceAll('_', ' ');
}

const PARSER_MESSAGES: ReadonlyMap<string, string> = new Map([
  ['TAB_AS_INDENT', 'a tab is used as indentation'],
  ['BAD_INDENT', 'indentation does not fit the lines above'],
  ['BAD_ALIAS', 'alias without an anchor before it'],
  ['MISSING_CHAR', 'a closing quote, bracket, colon or comma is missing'],
  ['UNEXPECTED_TOKEN', 'unexpected text'],
  ['BAD_SCALAR_START', 'a plain value cannot start with this character'],
  ['BLOCK_AS_IMPLICIT_KEY', 'nested mappings are not allowed on one line'],
  ['BLOCK_IN_FLOW', 'a block cannot stand inside brackets'],
  ['MULTILINE_IMPLICIT_KEY', 'a key spans several lines'],
  ['BAD_DQ_ESCAPE', 'unknown escape in double quotes'],
]);

/** Turns parser nodes into tree nodes, one document at a time. */
class TreeBuilder {
  readonly problems: YamlProblem[] = [];
  readonly #text: string;
  readonly #lines: LineIndex;
  #anchors = new Map<string, YamlNode>();
  #merged = 0;

  constructor(text: string, lines: LineIndex) {
    this.#text = text;
    this.#lines = lines;
  }

  startDocument(): void {
    this.#anchors = new Map();
  }

  complain(offset: number, message: string): void {
    // Hostile files give an error a character; keep enough for the sort by place to be meaningful, and no more.
    if (this.problems.length >= 1000) return;
    this.problems.push({ offset, line: this.#lines.position(offset).line, message });
  }

  build(node: ParsedNode, depth: number): YamlNode {
    const start = node.range[0];
    if (depth > MAX_DEPTH) {
      this.complain(start, 'nested too deeply');
      return emptyScalar(start);
    }
    if (isAlias(node)) return this.#anchors.get(node.source) ?? emptyScalar(start);
    const built = isMap(node)
      ? this.#map(node.items, node.tag, this.#trimmed(start, node.range[1]), depth)
      : isSeq(node)
        ? this.#sequence(node.items, node.tag, this.#trimmed(start, node.range[1]), depth)
        : this.#scalar(node);
    // Registered only once whole, so that an alias inside its own anchor finds nothing and no cycle can arise. A name may be reused.
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, built);
    return built;
  }

  #map(pairs: readonly unknown[], tag: string | undefined, range: YamlRange, depth: number): YamlMap {
    const entries: YamlEntry[] = [];
    const merges: { readonly source: YamlNode; readonly range: YamlRange }[] = [];
    const firstAt = new Map<string, number>();
    for (const pair of pairs) {
      if (!isPair<ParsedNode, ParsedNode | null>(pair)) continue;
      const { key, value } = pair;
      const keyNode = this.build(key, depth + 1);
      const keyRange = isAlias(key) ? rangeOf(key) : keyNode.kind === 'scalar' ? keyNode.range : keyNode.range;
      const built = value === null ? emptyScalar(rangeOf(key).end) : this.build(value, depth + 1);
      if (keyNode.kind === 'scalar' && keyNode.value === '<<' && keyNode.style === 'plain') {
        merges.push({ source: built, range: value === null ? keyRange : rangeOf(value) });
        continue;
      }
      const name = keyNode.kind === 'scalar' ? keyNode.value : '';
      const first = firstAt.get(name);
      if (first === undefined) firstAt.set(name, keyRange.start);
      else this.complain(keyRange.start, `duplicate key "${name.slice(0, 60)}" (first at line ${this.#lines.position(first).line})`);
      entries.push({ key: name, keyRange, value: built, ...(value !== null && isAlias(value) ? { via: { kind: 'alias', range: rangeOf(value) } as const } : {}) });
    }
    for (const merge of merges) this.#merge(entries, firstAt, merge.source, merge.range);
    return { kind: 'map', tag, range, entries };
  }

  /** Own keys win over merged ones, and earlier sources over later ones. */
  #merge(entries: YamlEntry[], seen: Map<string, number>, source: YamlNode, range: YamlRange): void {
    const sources = source.kind === 'seq' ? source.items : [source];
    for (const map of sources) {
      if (map.kind !== 'map') continue;
      for (const entry of map.entries) {
        if (seen.has(entry.key)) continue;
        if (this.#merged >= MAX_MERGED) return;
        this.#merged += 1;
        seen.set(entry.key, entry.keyRange.start);
        entries.push({ ...entry, via: { kind: 'merge', range } });
      }
    }
  }

  #sequence(nodes: readonly unknown[], tag: string | undefined, range: YamlRange, depth: number): YamlSequence {
    const items: YamlNode[] = [];
    for (const node of nodes) {
      // In `[a: b]` an item is a pair standing for a map of one.
      if (isPair(node)) items.push(this.#map([node], undefined, range, depth + 1));
      else if (isParsed(node)) items.push(this.build(node, depth + 1));
    }
    return { kind: 'seq', tag, range, items };
  }

  #scalar(node: Scalar.Parsed): YamlScalar {
    const [start, end] = node.range;
    const value = typeof node.value === 'string' ? node.value : '';
    const outer = { start, end };
    const base = { kind: 'scalar', value, tag: node.tag, outer } as const;
    switch (node.type) {
      case 'QUOTE_SINGLE':
        return { ...base, style: 'single', range: inner(outer, this.#text, "'") };
      case 'QUOTE_DOUBLE':
        return { ...base, style: 'double', range: inner(outer, this.#text, '"') };
      case 'BLOCK_LITERAL':
        return { ...base, style: 'literal', range: this.#blockBody(outer) };
      case 'BLOCK_FOLDED':
        return { ...base, style: 'folded', range: this.#blockBody(outer) };
      default:
        return { ...base, style: 'plain', range: outer };
    }
  }

  /** From the first character that is not indentation to the last that is not a line end. */
  #blockBody(outer: YamlRange): YamlRange {
    const newline = this.#text.indexOf('\n', outer.start);
    if (newline === -1 || newline >= outer.end) return { start: outer.end, end: outer.end };
    let start = newline + 1;
    while (start < outer.end && isBlank(this.#text.charCodeAt(start))) start += 1;
    return this.#trimmed(start, outer.end);
  }

  #trimmed(start: number, end: number): YamlRange {
    let last = end;
    while (last > start && isBlank(this.#text.charCodeAt(last - 1))) last -= 1;
    return { start, end: last };
  }
}

function isParsed(node: unknown): node is ParsedNode {
  return isAlias(node) || isMap(node) || isSeq(node) || isScalar(node);
}

function rangeOf(node: ParsedNode): YamlRange {
  return { start: node.range[0], end: node.range[1] };
}

function emptyScalar(at: number): YamlScalar {
  const range = { start: at, end: at };
  return { kind: 'scalar', value: '', style: 'plain', tag: undefined, range, outer: range };
}

/** A quoted scalar that never closes ends without its quote. */
function inner(outer: YamlRange, text: string, quote: string): YamlRange {
  const start = Math.min(outer.start + 1, outer.end);
  const closed = outer.end > start && text[outer.end - 1] === quote;
  return { start, end: closed ? outer.end - 1 : outer.end };
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13;
}

/** The value under `key`, the last one when the key is duplicated; `undefined` when `node` is no map or has no such key. */
export function get(node: YamlNode | undefined, key: string): YamlNode | undefined {
  return entry(node, key)?.value;
}

/** As {@link get}, with the key's own place. */
export function entry(node: YamlNode | undefined, key: string): YamlEntry | undefined {
  if (node?.kind !== 'map') return undefined;
  if (node.entries.length < WIDE) return node.entries.findLast((candidate) => candidate.key === key);
  let index = keyIndexes.get(node);
  if (index === undefined) {
    index = new Map(node.entries.map((candidate) => [candidate.key, candidate]));
    keyIndexes.set(node, index);
  }
  return index.get(key);
}

/** Maps from here on are looked up by an index: files with thousands of jobs name each other. */
const WIDE = 32;
const keyIndexes = new WeakMap<YamlMap, ReadonlyMap<string, YamlEntry>>();

/** Follows keys and indexes: `at(root, ['jobs', 'build', 'steps', 2])`. */
export function at(node: YamlNode | undefined, route: readonly (string | number)[]): YamlNode | undefined {
  let current = node;
  for (const part of route) {
    if (typeof part === 'string') current = get(current, part);
    else current = current?.kind === 'seq' ? current.items[part] : undefined;
  }
  return current;
}

export function entriesOf(node: YamlNode | undefined): readonly YamlEntry[] {
  return node?.kind === 'map' ? node.entries : [];
}

export function itemsOf(node: YamlNode | undefined): readonly YamlNode[] {
  return node?.kind === 'seq' ? node.items : [];
}

/** The text of a scalar; `undefined` for maps, sequences and nothing. */
export function textOf(node: YamlNode | undefined): string | undefined {
  return node?.kind === 'scalar' ? node.value : undefined;
}

/** A scalar's text, or those of a sequence's scalars: for the many keys that take one or several. */
export function textsOf(node: YamlNode | undefined): readonly string[] {
  if (node?.kind === 'scalar') return node.value === '' ? [] : [node.value];
  return itemsOf(node).flatMap((item) => (item.kind === 'scalar' ? [item.value] : []));
}

/** `a.b[2].c`; keys that would be ambiguous are written `["a.b"]`. */
export function joinRoute(route: string, part: string | number): string {
  if (typeof part === 'number') return `${route}[${part}]`;
  if (!/^[\w$@/+<>*-]+$/.test(part)) return `${route}[${JSON.stringify(part)}]`;
  return route === '' ? part : `${route}.${part}`;
}

/**
 * Calls `visit` for every scalar under `node`, in source order. `entry` is the map entry that directly holds the scalar, when one does.
 * A node that is aliased several times is visited once a path, until `budget` is used up.
 */
export function walk(
  node: YamlNode,
  route: string,
  visit: (scalar: YamlScalar, route: string, entry: YamlEntry | undefined) => void,
  budget: WalkBudget = { left: MAX_VISITS },
): void {
  function step(current: YamlNode, path: string, holder: YamlEntry | undefined, depth: number): void {
    budget.left -= 1;
    if (budget.left < 0 || depth > MAX_DEPTH) return;
    if (current.kind === 'scalar') return visit(current, path, holder);
    if (current.kind === 'seq') {
      for (const [index, item] of current.items.entries()) {
        if (budget.left < 0) return;
        step(item, joinRoute(path, index), undefined, depth + 1);
      }
      return;
    }
    for (const child of current.entries) {
      if (budget.left < 0) return;
      step(child.value, joinRoute(path, child.key), child, depth + 1);
    }
  }
  step(node, route, undefined, 0);
}

const offsetMaps = new WeakMap<YamlScalar, Int32Array | 'unmapped'>();

/**
 * Where the part `[from, to)` of a scalar's value stands in the source. Exact for every style, escapes and folding included; when value and
 * source cannot be matched character by character, the range of the whole value.
 */
export function sourceRange(file: YamlFile, scalar: YamlScalar, from: number, to: number): YamlRange {
  const { range, style, value } = scalar;
  if (range.end - range.start === value.length && style !== 'folded' && style !== 'literal') return { start: range.start + from, end: range.start + to };
  let map = offsetMaps.get(scalar);
  if (map === undefined) {
    map = offsetMap(file.text, scalar) ?? 'unmapped';
    offsetMaps.set(scalar, map);
  }
  if (map === 'unmapped') return range;
  const start = map[from];
  const last = map[Math.max(from, to - 1)];
  if (start === undefined || last === undefined || start < 0 || last < 0) return range;
  return { start, end: to > from ? endOfCharacter(file.text, last, style) : start };
}

/** An escape takes several source characters. */
function endOfCharacter(text: string, offset: number, style: YamlStyle): number {
  if (style === 'double' && text[offset] === '\\') return offset + escapeLength(text, offset);
  if (style === 'single' && text[offset] === "'") return offset + 2;
  return offset + 1;
}

/**
 * Source offset of each character of the value. Folding, dedenting and chomping change white space only, so the characters that are not
 * white space correspond one to one, in order; a white-space character is placed after the last one before it.
 */
function offsetMap(text: string, scalar: YamlScalar): Int32Array | undefined {
  const { value, range, style } = scalar;
  const map = new Int32Array(value.length);
  let source = range.start;
  for (let index = 0; index < value.length; index += 1) {
    const code = value.charCodeAt(index);
    if (isBlank(code)) {
      // An escaped blank (`\t`, `\n`) would otherwise be taken for the next visible character.
      if (style === 'double' && text[source] === '\\' && isBlank(decodedEscape(text, source))) {
        map[index] = source;
        source += escapeLength(text, source);
        continue;
      }
      map[index] = Math.min(source, range.end);
      if (text.charCodeAt(source) === code) source += 1;
      continue;
    }
    while (source < range.end && (isBlank(text.charCodeAt(source)) || (style === 'double' && isFoldingEscape(text, source)))) source += 1;
    if (source >= range.end) return undefined;
    map[index] = source;
    if (style === 'double' && text[source] === '\\') {
      const length = escapeLength(text, source);
      // Astral characters are one escape and two code units.
      if (decodedEscape(text, source) > 0xffff && index + 1 < value.length) {
        index += 1;
        map[index] = source;
      }
      source += length;
      continue;
    }
    if (text.charCodeAt(source) !== code) return undefined;
    source += style === 'single' && code === 39 ? 2 : 1;
  }
  return map;
}

/** A backslash before a line break joins the lines and stands for nothing. */
function isFoldingEscape(text: string, offset: number): boolean {
  return text[offset] === '\\' && (text[offset + 1] === '\n' || text[offset + 1] === '\r');
}

function escapeLength(text: string, offset: number): number {
  switch (text[offset + 1]) {
    case 'x':
      return 4;
    case 'u':
      return 6;
    case 'U':
      return 10;
    default:
      return 2;
  }
}

/** Code point of the escape at `offset`; 0 where only "not a blank" matters. */
function decodedEscape(text: string, offset: number): number {
  const letter = text[offset + 1] ?? '';
  if (letter === 't' || letter === 'n' || letter === 'r' || letter === ' ' || letter === '\t') return 32;
  if (letter !== 'x' && letter !== 'u' && letter !== 'U') return 0;
  const code = Number.parseInt(text.slice(offset + 2, offset + escapeLength(text, offset)), 16);
  return Number.isNaN(code) ? 0 : code;
}
