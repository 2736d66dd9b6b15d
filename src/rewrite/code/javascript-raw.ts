/** Requests that JavaScript makes by hand, with a key in a header: where they go, and whether they can wait for a token. */
import type { Splice } from '../../model/change.ts';
import { type Exchange, headerKind } from './_exchange.ts';
import { bare, isSame, type JsFile, outwards, stringOf, within } from './javascript-file.ts';
import { constantOf, type KeySource, sourceOf } from './javascript-keys.ts';
import { indentAt, lineStart, memberOf, membersOf, nameOfMember } from './javascript-splice.ts';
import type { SyntaxNode } from './syntax.ts';

/** A header that is made of the key alone. */
export interface KeyHeader {
  readonly pair: SyntaxNode;
  readonly kind: 'key' | 'bearer';
  /** The expression that is the key. */
  readonly slot: SyntaxNode;
  readonly source: KeySource;
}

type Unfit = { readonly reason: string };

/** Every header of this file that shows a key that goes by `names`. */
export function keyHeadersIn(file: JsFile, provider: string, names: ReadonlySet<string>): readonly KeyHeader[] {
  const headers = [...file.words].flatMap(([word, nodes]) => {
    const kind = headerKind(provider, word);
    return kind === undefined ? [] : nodes.flatMap((node) => keyHeaderOf(file, node, kind, names));
  });
  return headers.toSorted((a, b) => a.pair.startIndex - b.pair.startIndex);
}

function keyHeaderOf(file: JsFile, word: SyntaxNode, kind: KeyHeader['kind'], names: ReadonlySet<string>): readonly KeyHeader[] {
  const key = word.type === 'string_fragment' ? word.parent : word;
  const pair = key?.parent;
  const value = pair?.childForFieldName('value');
  if (pair?.type !== 'pair' || !isSame(pair.childForFieldName('key'), key) || value === null || value === undefined) return [];
  const slot = kind === 'key' ? value : behindBearer(bare(value));
  const source = slot === undefined ? undefined : sourceOf(file, slot, names);
  return slot === undefined || source?.kind !== 'key' ? [] : [{ pair, kind, slot, source }];
}

/** The expression in `Bearer ${...}` and in 'Bearer ' + .... */
function behindBearer(value: SyntaxNode): SyntaxNode | undefined {
  if (value.type === 'template_string') {
    const parts = value.namedChildren;
    const [said, substitution] = parts;
    if (parts.length !== 2 || !/^bearer $/i.test(said?.text ?? '') || substitution?.type !== 'template_substitution') return undefined;
    return substitution.namedChildCount === 1 ? (substitution.namedChild(0) ?? undefined) : undefined;
  }
  if (value.type !== 'binary_expression' || value.childForFieldName('operator')?.text !== '+') return undefined;
  const left = value.childForFieldName('left') ?? undefined;
  return /^bearer $/i.test(stringOf(left) ?? '') ? (value.childForFieldName('right') ?? undefined) : undefined;
}

/** Packages whose functions take headers in their options. */
const SENDERS = /^(?:axios|got|ky|node-fetch|undici|cross-fetch)$/;

/** The names of the functions that send this header, or why it stays as it is. */
export function sendersOf(file: JsFile, { pair }: KeyHeader, { host, title }: Exchange): readonly string[] | Unfit {
  const unknown: Unfit = { reason: 'The header is not part of one request that can be read whole' };
  const object = pair.parent;
  if (object?.type !== 'object' || pair.hasError) return unknown;
  const wrapped = object.parent?.type === 'arguments' && object.parent.parent?.type === 'new_expression' && object.parent.parent.childForFieldName('constructor')?.text === 'Headers' ? object.parent.parent : object;
  const inOptions = usesOf(file, wrapped);
  if (inOptions === undefined || inOptions.length === 0) return unknown;
  const senders: string[] = [];
  for (const use of inOptions) {
    const options = optionsAround(use);
    const calls = options === undefined ? undefined : usesOf(file, options);
    if (calls === undefined || calls.length === 0) return unknown;
    for (const argument of calls) {
      const call = argument.parent?.type === 'arguments' ? argument.parent.parent : null;
      const sender = call?.type === 'call_expression' ? senderOf(file, call) : undefined;
      if (call === null || sender === undefined || options === undefined) return unknown;
      // What is made in one function and sent in another may be old by then.
      if (!isSame(functionAround(call), functionAround(pair))) return { reason: 'The header is made in another function than the one that sends it' };
      const [first] = call.childForFieldName('arguments')?.namedChildren.filter(({ type }) => type !== 'comment') ?? [];
      const url = first !== undefined && isSame(first, argument) ? memberOf(options, 'url')?.childForFieldName('value') : first;
      const base = memberOf(options, 'baseURL') ?? memberOf(options, 'prefixUrl');
      if (url === undefined || url === null || base !== undefined || !startOf(file, url).text.startsWith(host)) return { reason: `The request goes to an address that is not written out as ${host}..., and the identity of ${title} would be shown to whoever answers there` };
      senders.push(sender);
    }
  }
  return senders;
}

/** Where a value goes: where it stands, or every use of the constant that holds it. Undefined when that is not all. */
function usesOf(file: JsFile, value: SyntaxNode): readonly SyntaxNode[] | undefined {
  const { parent } = value;
  if (parent?.type !== 'variable_declarator') return [value];
  const name = parent.childForFieldName('name');
  if (name?.type !== 'identifier' || parent.parent?.child(0)?.text !== 'const' || parent.parent.parent?.type === 'export_statement') return undefined;
  const constants = (file.identifiers.get(name.text) ?? []).filter((node) => !isSame(node, name)).map((use) => ({ use, constant: constantOf(file, use) }));
  return constants.filter(({ constant }) => isSame(constant?.declarator, parent)).map(({ use }) => use);
}

/** The options whose `headers` are `use`. */
function optionsAround(use: SyntaxNode): SyntaxNode | undefined {
  const member = use.type === 'shorthand_property_identifier' ? use : use.parent;
  const isHeaders = member !== null && nameOfMember(member) === 'headers' && (isSame(member, use) || isSame(member.childForFieldName('value'), use));
  return isHeaders && member.parent?.type === 'object' ? member.parent : undefined;
}

function senderOf(file: JsFile, call: SyntaxNode): string | undefined {
  const called = call.childForFieldName('function')?.text.replace(/\s+/g, '') ?? '';
  const match = /^(?:(?:globalThis|global)\.)?([\w$]+)(?:\.(get|post|put|patch|delete|head|request))?$/.exec(called);
  const [, name = '', method] = match ?? [];
  const binding = file.bindings.get(name);
  if (binding !== undefined) return SENDERS.test(binding.package) ? called : undefined;
  return name === 'fetch' && method === undefined ? called : undefined;
}

/** The text with which an expression begins, as far as the file says it. */
function startOf(file: JsFile, value: SyntaxNode, depth = 0): { readonly text: string; readonly isWhole: boolean } {
  const node = bare(value);
  const unknown = { text: '', isWhole: false };
  if (depth > 8) return unknown;
  const text = stringOf(node);
  if (text !== undefined) return { text, isWhole: true };
  if (node.type === 'identifier') {
    const constant = constantOf(file, node);
    const bound = constant?.declarator.childForFieldName('value');
    return constant?.statement.child(0)?.text === 'const' && constant.declared.type === 'identifier' && bound !== null && bound !== undefined ? startOf(file, bound, depth + 1) : unknown;
  }
  const parts = node.type === 'template_string' ? node.namedChildren : node.type === 'binary_expression' && node.childForFieldName('operator')?.text === '+' ? node.namedChildren : [];
  let start = '';
  for (const part of parts) {
    const inner = part.type === 'template_substitution' ? part.namedChild(0) : part;
    const next = part.type === 'string_fragment' ? { text: part.text, isWhole: true } : inner === null ? unknown : startOf(file, inner, depth + 1);
    start += next.text;
    if (!next.isWhole) return { text: start, isWhole: false };
  }
  return { text: start, isWhole: parts.length > 0 };
}

const FUNCTIONS: ReadonlySet<string> = new Set(['function_declaration', 'function_expression', 'arrow_function', 'method_definition', 'generator_function', 'generator_function_declaration']);
const NOT_ASYNC: ReadonlySet<string> = new Set(['field_definition', 'public_field_definition', 'class_static_block', 'formal_parameters', 'decorator']);

/** The function whose body `node` stands in; the program when it stands in none; else what keeps it from waiting. */
function functionAround(node: SyntaxNode): SyntaxNode {
  let last = node;
  for (const at of outwards(node)) {
    last = at;
    if (NOT_ASYNC.has(at.type) || FUNCTIONS.has(at.type)) return at;
  }
  return last;
}

/** Whether an expression there can wait for a promise; `topLevel` says that of the module. */
export function canWait(node: SyntaxNode, topLevel: boolean): boolean {
  const around = functionAround(node);
  if (around.type === 'program') return topLevel;
  return FUNCTIONS.has(around.type) && around.children.some(({ type }) => type === 'async') && within(around.childForFieldName('body') ?? node, node);
}

export function hasTopLevelAwait({ root }: JsFile): boolean {
  return root.descendantsOfType(['await_expression', 'for_in_statement']).some((node) => (node.type === 'await_expression' || node.children.some(({ type }) => type === 'await')) && functionAround(node).type === 'program');
}

/** The header with the token of `call` in place of the key. */
export function bearerSplices(file: JsFile, { pair, kind, slot }: KeyHeader, { beta }: Exchange, call: string): readonly Splice[] | Unfit {
  const token = `await ${call}()`;
  const object = pair.parent;
  if (object === null) return { reason: 'The header stands alone' };
  const splices: Splice[] = [];
  let behind = '';
  if (beta !== undefined) {
    const key = pair.childForFieldName('key');
    const quote = key?.type === 'string' ? key.text.charAt(0) : file.style.quote;
    const known = membersOf(object).find((member) => nameOfMember(member)?.toLowerCase() === 'anthropic-beta');
    const value = known?.childForFieldName('value') ?? undefined;
    const said = value === undefined ? undefined : stringOf(value);
    if (known === undefined) {
      const ownLine = file.text.slice(lineStart(file.text, pair.startIndex), pair.startIndex).trim() === '';
      behind = `,${ownLine ? `\n${indentAt(file.text, pair.startIndex)}` : ' '}${quote}anthropic-beta${quote}: ${quote}${beta}${quote}`;
    } else if (value === undefined || said === undefined) return { reason: 'The header anthropic-beta is worked out, and the token needs a word in it' };
    else if (!said.split(/\s*,\s*/).includes(beta)) splices.push({ start: value.endIndex - 1, end: value.endIndex - 1, text: `,${beta}` });
  }
  if (kind === 'bearer') {
    const isSum = slot.parent?.type === 'binary_expression';
    return [...splices, { start: slot.startIndex, end: slot.endIndex, text: isSum ? `(${token})` : token }, ...(behind === '' ? [] : [{ start: pair.endIndex, end: pair.endIndex, text: behind }])];
  }
  if (membersOf(object).some((member) => nameOfMember(member)?.toLowerCase() === 'authorization')) return { reason: 'The request has a header Authorization beside' };
  const keys = membersOf(object).filter((member) => member.id !== pair.id).flatMap((member) => member.childForFieldName('key') ?? []);
  const isCapital = keys.some(({ text }) => /^["']?[A-Z]/.test(text));
  const isQuoted = keys.some(({ type, text }) => type === 'string' && /^.[A-Za-z_$][\w$]*.$/.test(text));
  const name = isCapital ? 'Authorization' : 'authorization';
  const key = isQuoted ? `${file.style.quote}${name}${file.style.quote}` : name;
  return [...splices, { start: pair.startIndex, end: pair.endIndex, text: `${key}: \`Bearer \${${token}}\`${behind}` }];
}
