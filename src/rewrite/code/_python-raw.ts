/** Requests that Python makes by hand, with a key in a header: where they go, and how they wait for a token. */
import type { Splice } from '../../model/change.ts';
import { indentAt, startsLine } from './_cuts.ts';
import { type Exchange, headerKind } from './_exchange.ts';
import { argumentsIn, argumentsOf, contains, keywordsOf, pathOf, type Python, scopeOf, stringOf } from './_python-tree.ts';
import type { SyntaxNode } from './syntax.ts';

/** A header that is made of one value. */
export interface KeyHeader {
  readonly pair: SyntaxNode;
  readonly kind: 'key' | 'bearer';
  /** The expression that is the key. */
  readonly slot: SyntaxNode;
}

type Library = 'requests' | 'httpx' | 'aiohttp';

/** How the request is sent: the exchange is sent in the same way. */
export interface Sender {
  readonly library: Library;
  readonly waits: boolean;
  /** `requests.post`. */
  readonly title: string;
}

type Unfit = { readonly reason: string };

/** Every header in a dictionary that may show a key of `provider`. */
export function keyHeadersIn(python: Python, provider: string): readonly KeyHeader[] {
  return python.pairs.flatMap((pair): readonly KeyHeader[] => {
    const name = stringOf(pair.childForFieldName('key'));
    const value = pair.childForFieldName('value');
    const kind = name === undefined ? undefined : headerKind(provider, name);
    if (kind === undefined || value === null || pair.parent?.type !== 'dictionary') return [];
    const slot = kind === 'key' ? value : behindBearer(value);
    return slot === undefined ? [] : [{ pair, kind, slot }];
  });
}

/** The expression in f"Bearer {...}", in "Bearer " + ... and in "Bearer {}".format(...). */
function behindBearer(value: SyntaxNode): SyntaxNode | undefined {
  if (value.type === 'string') {
    const [start, said, part, end, ...more] = value.namedChildren;
    if (start?.type !== 'string_start' || !/^f["']$/i.test(start.text) || !/^bearer $/i.test(said?.text ?? '') || part?.type !== 'interpolation' || end?.type !== 'string_end' || more.length > 0) return undefined;
    return part.namedChildCount === 1 ? (part.namedChild(0) ?? undefined) : undefined;
  }
  if (value.type === 'binary_operator') return value.childForFieldName('operator')?.text === '+' && /^bearer $/i.test(stringOf(value.childForFieldName('left')) ?? '') ? (value.childForFieldName('right') ?? undefined) : undefined;
  const callee = value.type === 'call' ? value.childForFieldName('function') : null;
  if (callee?.type !== 'attribute' || callee.childForFieldName('attribute')?.text !== 'format' || !/^bearer \{\}$/i.test(stringOf(callee.childForFieldName('object')) ?? '')) return undefined;
  const list = argumentsIn(argumentsOf(value));
  return list.length === 1 ? list[0] : undefined;
}

/** What sends the header, or why it stays as it is. */
export function senderOf(python: Python, { pair }: KeyHeader, { host, title }: Exchange): Sender | Unfit {
  const unknown: Unfit = { reason: 'The header is not part of one request that can be read whole.' };
  const dictionary = pair.parent;
  if (dictionary === null || dictionary.hasError) return unknown;
  const uses = usesOf(python, dictionary);
  if (uses === undefined || uses.length === 0) return unknown;
  let known: Sender | undefined;
  for (const use of uses) {
    const keyword = use.parent;
    const call = keyword?.parent?.parent;
    if (keyword?.type !== 'keyword_argument' || keyword.childForFieldName('name')?.text !== 'headers' || call?.type !== 'call') return unknown;
    const sender = callOf(python, call);
    if (sender === undefined) return unknown;
    if (scopeOf(call).id !== scopeOf(pair).id) return { reason: 'The header is made in another function than the one that sends it.' };
    if (!addressOf(python, call).startsWith(host)) return { reason: `The request goes to an address that is not written out as ${host}..., and the identity of ${title} would be shown to whoever answers there.` };
    if (known !== undefined && (known.library !== sender.library || known.waits !== sender.waits)) return unknown;
    known = sender;
  }
  if (known?.waits === true && !isAsync(scopeOf(pair))) return { reason: 'The request stands where nothing can wait for an exchange: not in an async function.' };
  return known ?? unknown;
}

function isAsync(scope: SyntaxNode): boolean {
  return scope.type === 'function_definition' && scope.children.some((child) => child?.type === 'async');
}

/** Where a dictionary goes: where it stands, or every use of the name that is bound to it once. Undefined when that is not all. */
function usesOf(python: Python, dictionary: SyntaxNode): readonly SyntaxNode[] | undefined {
  const { parent } = dictionary;
  if (parent?.type !== 'assignment') return [dictionary];
  const name = parent.childForFieldName('left');
  if (name?.type !== 'identifier' || parent.childForFieldName('right')?.id !== dictionary.id) return undefined;
  const scope = scopeOf(parent);
  const all = (python.names.get(name.text) ?? []).filter((node) => contains(scope, node));
  if (all.some((node) => node.id !== name.id && (node.parent?.type === 'global_statement' || node.parent?.type === 'nonlocal_statement'))) return undefined;
  const others = all.filter(({ id }) => id !== name.id);
  // Another assignment of the name below: which one is sent is not told.
  if (others.some((node) => scopeOf(node).id === scope.id && node.parent?.type === 'assignment' && node.parent.childForFieldName('left')?.id === node.id)) return undefined;
  const mine = others.filter((node) => scopeOf(node).id === scope.id);
  const away = others.find((node) => scopeOf(node).id !== scope.id && !isBoundBetween(python, node, scope));
  return away === undefined ? mine : [...mine, away];
}

/** Whether a function between `node` and `scope` binds the name itself. */
function isBoundBetween(python: Python, node: SyntaxNode, scope: SyntaxNode): boolean {
  for (let inner = scopeOf(node); inner.id !== scope.id && inner.type !== 'module'; inner = scopeOf(inner)) {
    const bound = (python.names.get(node.text) ?? []).some((other) => {
      if (scopeOf(other).id !== inner.id) return false;
      const { parent } = other;
      return parent !== null && ((parent.type === 'assignment' && parent.childForFieldName('left')?.id === other.id) || parent.type.endsWith('parameters') || parent.childForFieldName('name')?.id === other.id);
    });
    if (bound) return true;
  }
  return false;
}

const METHODS = '(?:get|post|put|patch|delete|head|request|stream)';
const DIRECT = new RegExp(`^(requests|httpx)\\.${METHODS}$`);
const SESSIONS: Readonly<Record<string, Pick<Sender, 'library' | 'waits'>>> = {
  'requests.Session': { library: 'requests', waits: false },
  'requests.session': { library: 'requests', waits: false },
  'httpx.Client': { library: 'httpx', waits: false },
  'httpx.AsyncClient': { library: 'httpx', waits: true },
  'aiohttp.ClientSession': { library: 'aiohttp', waits: true },
};

function callOf(python: Python, call: SyntaxNode): Sender | undefined {
  const callee = call.childForFieldName('function');
  const path = pathOf(python, callee) ?? '';
  const direct = DIRECT.exec(path);
  if (direct !== null && callee?.type === 'attribute') return { library: direct[1] === 'httpx' ? 'httpx' : 'requests', waits: false, title: callee.text };
  const object = callee?.type === 'attribute' ? callee.childForFieldName('object') : null;
  if (callee === null || object?.type !== 'identifier' || !new RegExp(`^${METHODS}$`).test(callee.childForFieldName('attribute')?.text ?? '')) return undefined;
  const scope = scopeOf(call);
  const made = (python.names.get(object.text) ?? []).flatMap((node) => (contains(scopeOf(node), call) && (scopeOf(node).id === scope.id || scopeOf(node).type === 'module') ? (boundTo(node) ?? []) : []));
  const kinds = made.map((value) => (value.type === 'call' ? SESSIONS[pathOf(python, value.childForFieldName('function')) ?? ''] : undefined));
  const [kind] = kinds;
  // An address of its own would come before what stands in the call.
  return kind === undefined || kinds.length !== 1 || /\bbase_url\b/.test(made[0]?.text ?? '') ? undefined : { ...kind, title: callee.text };
}

/** What a name is bound to where it stands: by `=` and by `with ... as`. */
function boundTo(node: SyntaxNode): SyntaxNode | undefined {
  const { parent } = node;
  if (parent?.type === 'assignment' && parent.childForFieldName('left')?.id === node.id) return parent.childForFieldName('right') ?? undefined;
  if (parent?.type === 'as_pattern_target') return parent.parent?.namedChild(0) ?? undefined;
  return undefined;
}

/** The text with which the address of a request begins. */
function addressOf(python: Python, call: SyntaxNode): string {
  const named = keywordsOf(call).find((node) => node.childForFieldName('name')?.text === 'url')?.childForFieldName('value');
  const positional = argumentsIn(argumentsOf(call)).filter(({ type }) => type !== 'keyword_argument');
  const isNamed = /^(?:request|stream)$/.test(call.childForFieldName('function')?.childForFieldName('attribute')?.text ?? '');
  const url = named ?? positional[isNamed ? 1 : 0];
  return url === null || url === undefined ? '' : startOf(python, url).text;
}

function startOf(python: Python, node: SyntaxNode, depth = 0): { readonly text: string; readonly isWhole: boolean } {
  const unknown = { text: '', isWhole: false };
  if (depth > 8) return unknown;
  const plain = stringOf(node);
  if (plain !== undefined) return { text: plain, isWhole: true };
  if (node.type === 'parenthesized_expression' && node.namedChildCount === 1) return startOf(python, node.namedChild(0) ?? node, depth + 1);
  if (node.type === 'identifier') {
    const all = python.names.get(node.text) ?? [];
    const bindings = all.filter((one) => contains(scopeOf(one), node) && ((one.parent?.type === 'assignment' && one.parent.childForFieldName('left')?.id === one.id) || (one.parent !== null && !contains(one, node) && isParameter(one))));
    const [binding, ...more] = bindings;
    const value = binding === undefined || more.length > 0 ? undefined : boundTo(binding);
    return value === undefined ? unknown : startOf(python, value, depth + 1);
  }
  let start = '';
  const parts = node.type === 'string' ? node.namedChildren.filter((part) => part?.type !== 'string_start' && part?.type !== 'string_end') : node.type === 'binary_operator' && node.childForFieldName('operator')?.text === '+' ? node.namedChildren : [];
  for (const part of parts) {
    const inner = part?.type === 'interpolation' ? part.namedChild(0) : part;
    const next = part?.type === 'string_content' ? { text: part.text, isWhole: true } : inner === null || inner === undefined || (part?.type === 'interpolation' && part.namedChildCount !== 1) ? unknown : startOf(python, inner, depth + 1);
    start += next.text;
    if (!next.isWhole) return { text: start, isWhole: false };
  }
  return { text: start, isWhole: parts.length > 0 };
}

function isParameter({ parent, id }: SyntaxNode): boolean {
  return parent !== null && (parent.type.endsWith('parameters') || parent.type === 'typed_parameter' || (/^(?:typed_)?default_parameter$/.test(parent.type) && parent.childForFieldName('name')?.id === id) || ['for_statement', 'for_in_clause', 'augmented_assignment'].includes(parent.type) && parent.childForFieldName('left')?.id === id || parent.type === 'as_pattern_target' || parent.type === 'named_expression' && parent.childForFieldName('name')?.id === id);
}

/** The header with the token of `call` in place of the key. */
export function bearerSplices({ text, pairs }: Python, { pair, kind, slot }: KeyHeader, { beta }: Exchange, call: string): readonly Splice[] | Unfit {
  const splices: Splice[] = [];
  const key = pair.childForFieldName('key');
  const quote = key?.text.at(-1) ?? '"';
  const beside = pairs.filter((other) => other.parent?.id === pair.parent?.id && other.id !== pair.id);
  const named = (name: string): SyntaxNode | undefined => beside.find((other) => stringOf(other.childForFieldName('key'))?.toLowerCase() === name);
  let behind = '';
  if (beta !== undefined) {
    const value = named('anthropic-beta')?.childForFieldName('value');
    const said = stringOf(value);
    if (value === undefined) behind = `,${startsLine(text, pair.startIndex) ? `\n${indentAt(text, pair.startIndex)}` : ' '}${quote}anthropic-beta${quote}: ${quote}${beta}${quote}`;
    else if (value === null || said === undefined) return { reason: 'The header anthropic-beta is worked out, and the token needs a word in it.' };
    else if (!said.split(/\s*,\s*/).includes(beta)) splices.push({ start: value.endIndex - 1, end: value.endIndex - 1, text: `,${beta}` });
  }
  if (kind === 'bearer') return [...splices, { start: slot.startIndex, end: slot.endIndex, text: call }, ...(behind === '' ? [] : [{ start: pair.endIndex, end: pair.endIndex, text: behind }])];
  if (named('authorization') !== undefined) return { reason: 'The request has a header Authorization beside.' };
  const isCapital = beside.some((other) => /^[A-Z]/.test(stringOf(other.childForFieldName('key')) ?? ''));
  return [...splices, { start: pair.startIndex, end: pair.endIndex, text: `${quote}${isCapital ? 'A' : 'a'}uthorization${quote}: f${quote}Bearer {${call}}${quote}${behind}` }];
}
