/**
 * The part of the Common Expression Language that trust conditions are written in, as alternatives of bounds on claims: `==`, `!=`, `&&`, `||`, `!`, `in`,
 * `has`, `startsWith`, `endsWith`, `contains`, `matches`, index syntax. Other operations parse, and become `unknown` bounds. Never throws.
 */
import type { ClaimMatcher, Condition } from './model.ts';

type Value = string | number | boolean | null;

interface Span {
  readonly start: number;
  readonly end: number;
}

type Node = Span &
  (
    | { readonly kind: 'literal'; readonly value: Value }
    /** `assertion.sub`, `claims['a.b']`. */
    | { readonly kind: 'path'; readonly parts: readonly string[] }
    | { readonly kind: 'list'; readonly items: readonly Node[] }
    | { readonly kind: 'call'; readonly target: Node | undefined; readonly name: string; readonly arguments: readonly Node[] }
    | { readonly kind: 'binary'; readonly operator: string; readonly left: Node; readonly right: Node }
    | { readonly kind: 'not'; readonly of: Node }
    | { readonly kind: 'other' }
  );

/** Turns `['assertion', 'sub']` into the claim it stands for; undefined when it stands for none. */
export type Resolve = (parts: readonly string[]) => string | undefined;

/** What an expression lets in. */
export interface CelReading {
  /** OR of ANDs; undefined when the text is no expression. An empty list lets nothing in, an empty AND everything. */
  readonly arms: readonly (readonly Condition[])[] | undefined;
}

const MAX_LENGTH = 20_000;
const MAX_DEPTH = 60;
/** Alternatives multiply when they are combined. */
const MAX_ARMS = 128;

export function readCel(text: string, resolve: Resolve, place: string): CelReading {
  if (text.length > MAX_LENGTH) return { arms: undefined };
  const tokens = tokenize(text);
  if (tokens === undefined) return { arms: undefined };
  const parser: Parser = { tokens, at: 0, depth: 0 };
  let root: Node;
  try {
    root = expression(parser);
  } catch (error) {
    if (error instanceof Unreadable) return { arms: undefined };
    throw error;
  }
  if (parser.at !== tokens.length) return { arms: undefined };
  return { arms: armsOf(root, false, { text, resolve, place }) };
}

// --- tokens ---

interface Token extends Span {
  readonly kind: 'name' | 'sign' | 'literal';
  readonly text: string;
  readonly value?: Value;
}

const SPACE = /(?:[ \t\r\n\f]|\/\/[^\n]*)+/y;
const STRING =
  /(?<prefix>[rRbB]{0,2})(?:"""(?<a>(?:\\[\s\S]|(?!""")[^\\])*)"""|'''(?<b>(?:\\[\s\S]|(?!''')[^\\])*)'''|"(?<c>(?:\\.|[^"\\\n])*)"|'(?<d>(?:\\.|[^'\\\n])*)')/y;
const RAW_STRING = /(?<prefix>[rR])(?:"""(?<a>(?:(?!""")[\s\S])*)"""|'''(?<b>(?:(?!''')[\s\S])*)'''|"(?<c>[^"\n]*)"|'(?<d>[^'\n]*)')/y;
const NUMBER = /(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)[uU]?/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const SIGN = /==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()[\]{}]/y;

function tokenize(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  while (at < text.length) {
    const space = match(SPACE);
    if (space !== null) {
      at += space[0].length;
      continue;
    }
    const found = match(RAW_STRING) ?? match(STRING);
    if (found !== null) {
      const groups = found.groups ?? {};
      const body = groups['a'] ?? groups['b'] ?? groups['c'] ?? groups['d'] ?? '';
      const isRaw = /r/i.test(groups['prefix'] ?? '');
      const value = isRaw ? body : unescape(body);
      if (value === undefined) return undefined;
      tokens.push({ kind: 'literal', text: found[0], value, start: at, end: at + found[0].length });
      at += found[0].length;
      continue;
    }
    const number = match(NUMBER);
    const name = match(NAME);
    const sign = match(SIGN);
    const token = number ?? name ?? sign;
    if (token === null) return undefined;
    const span = { start: at, end: at + token[0].length };
    if (number !== null) tokens.push({ kind: 'literal', text: number[0], value: Number(number[0].replace(/[uU]$/, '')), ...span });
    else if (name !== null) {
      const constant = CONSTANTS.get(name[0]);
      tokens.push(constant === undefined ? { kind: 'name', text: name[0], ...span } : { kind: 'literal', text: name[0], value: constant, ...span });
    } else tokens.push({ kind: 'sign', text: token[0], ...span });
    at += token[0].length;
  }
  return tokens;
}

const CONSTANTS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['true', true],
  ['false', false],
  ['null', null],
]);
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
  '?': '?',
};

function unescape(body: string): string | undefined {
  let failed = false;
  const value = body.replace(/\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([\s\S]))/g, (_whole, x, u, big, octal, simple) => {
    const hex: string | undefined = x ?? u ?? big;
    const code = hex === undefined ? (octal === undefined ? undefined : Number.parseInt(octal, 8)) : Number.parseInt(hex, 16);
    if (code !== undefined && code <= 0x10ffff) return String.fromCodePoint(code);
    const plain = typeof simple === 'string' ? ESCAPES[simple] : undefined;
    if (plain === undefined) failed = true;
    return plain ?? '';
  });
  return failed ? undefined : value;
}

// --- grammar ---

class Unreadable extends Error {}

interface Parser {
  readonly tokens: readonly Token[];
  at: number;
  depth: number;
}

function next(parser: Parser): Token {
  const token = parser.tokens[parser.at];
  if (token === undefined) throw new Unreadable();
  parser.at += 1;
  return token;
}

function takes(parser: Parser, ...signs: readonly string[]): string | undefined {
  const token = parser.tokens[parser.at];
  if (token === undefined || token.kind === 'literal' || !signs.includes(token.text)) return undefined;
  parser.at += 1;
  return token.text;
}

function expect(parser: Parser, sign: string): Token {
  const token = next(parser);
  if (token.kind !== 'sign' || token.text !== sign) throw new Unreadable();
  return token;
}

function expression(parser: Parser): Node {
  parser.depth += 1;
  if (parser.depth > MAX_DEPTH) throw new Unreadable();
  const left = chain(parser, 0);
  parser.depth -= 1;
  if (takes(parser, '?') === undefined) return left;
  expression(parser);
  expect(parser, ':');
  const last = expression(parser);
  return { kind: 'other', start: left.start, end: last.end };
}

const LEVELS: readonly (readonly string[])[] = [['||'], ['&&'], ['==', '!=', '<', '<=', '>', '>=', 'in'], ['+', '-'], ['*', '/', '%']];

function chain(parser: Parser, level: number): Node {
  const operators = LEVELS[level];
  if (operators === undefined) return unary(parser);
  let left = chain(parser, level + 1);
  for (let operator = takes(parser, ...operators); operator !== undefined; operator = takes(parser, ...operators)) {
    const right = chain(parser, level + 1);
    left = { kind: 'binary', operator, left, right, start: left.start, end: right.end };
  }
  return left;
}

function unary(parser: Parser): Node {
  const signs: Token[] = [];
  for (let token = parser.tokens[parser.at]; token?.kind === 'sign' && (token.text === '!' || token.text === '-'); token = parser.tokens[parser.at]) {
    signs.push(token);
    parser.at += 1;
  }
  return signs.reduceRight<Node>((of, sign) => {
    const span = { start: sign.start, end: of.end };
    if (sign.text === '!') return { kind: 'not', of, ...span };
    return of.kind === 'literal' && typeof of.value === 'number' ? { kind: 'literal', value: -of.value, ...span } : { kind: 'other', ...span };
  }, member(parser));
}

function member(parser: Parser): Node {
  let node = primary(parser);
  for (;;) {
    if (takes(parser, '.') !== undefined) {
      takes(parser, '?');
      const name = next(parser);
      if (name.kind !== 'name') throw new Unreadable();
      if (takes(parser, '(') !== undefined)
        node = { kind: 'call', target: node, name: name.text, arguments: list(parser, ')'), start: node.start, end: endOf(parser) };
      else node = node.kind === 'path' ? { ...node, parts: [...node.parts, name.text], end: name.end } : { kind: 'other', start: node.start, end: name.end };
    } else if (takes(parser, '[') !== undefined) {
      takes(parser, '?');
      const index = expression(parser);
      const end = expect(parser, ']').end;
      if (node.kind === 'path' && index.kind === 'literal' && typeof index.value === 'string') node = { ...node, parts: [...node.parts, index.value], end };
      else node = { kind: 'other', start: node.start, end };
    } else return node;
  }
}

function primary(parser: Parser): Node {
  const token = next(parser);
  const span = { start: token.start, end: token.end };
  if (token.kind === 'literal') return { kind: 'literal', value: token.value ?? null, ...span };
  if (token.kind === 'name') {
    if (takes(parser, '(') !== undefined)
      return { kind: 'call', target: undefined, name: token.text, arguments: list(parser, ')'), start: token.start, end: endOf(parser) };
    return { kind: 'path', parts: [token.text], ...span };
  }
  if (token.text === '(') {
    const inner = expression(parser);
    expect(parser, ')');
    return inner;
  }
  if (token.text === '[') return { kind: 'list', items: list(parser, ']'), start: token.start, end: endOf(parser) };
  if (token.text === '{') {
    while (takes(parser, '}') === undefined) {
      expression(parser);
      expect(parser, ':');
      expression(parser);
      if (takes(parser, ',') === undefined) {
        expect(parser, '}');
        break;
      }
    }
    return { kind: 'other', start: token.start, end: endOf(parser) };
  }
  throw new Unreadable();
}

function list(parser: Parser, close: string): readonly Node[] {
  const items: Node[] = [];
  while (takes(parser, close) === undefined) {
    items.push(expression(parser));
    if (takes(parser, ',') === undefined) {
      expect(parser, close);
      break;
    }
  }
  return items;
}

function endOf(parser: Parser): number {
  return parser.tokens[parser.at - 1]?.end ?? 0;
}

// --- meaning ---

interface Meaning {
  readonly text: string;
  readonly resolve: Resolve;
  readonly place: string;
}

type Arms = readonly (readonly Condition[])[];

function armsOf(node: Node, negated: boolean, meaning: Meaning): Arms {
  if (node.kind === 'not') return armsOf(node.of, !negated, meaning);
  if (node.kind === 'literal' && typeof node.value === 'boolean') return node.value === negated ? [] : [[]];
  if (node.kind === 'binary' && (node.operator === '&&' || node.operator === '||')) {
    const left = armsOf(node.left, negated, meaning);
    const right = armsOf(node.right, negated, meaning);
    // De Morgan: a negated OR is an AND.
    const isOr = (node.operator === '||') !== negated;
    const size = isOr ? left.length + right.length : left.length * right.length;
    if (size > MAX_ARMS) return [[unknownOf(node, meaning)]];
    return isOr ? [...left, ...right] : left.flatMap((one) => right.map((other) => [...one, ...other]));
  }
  return [[atom(node, negated, meaning)]];
}

function unknownOf(node: Node, meaning: Meaning): Condition {
  const text = meaning.text.slice(node.start, node.end);
  return { claim: '', matcher: { kind: 'unknown', text }, operator: text, place: meaning.place };
}

function atom(node: Node, negated: boolean, meaning: Meaning): Condition {
  const unknown = unknownOf(node, meaning);
  const bound = boundOf(node, meaning.resolve);
  if (bound === undefined) return unknown;
  const isNegated = negated !== (bound.isNegated ?? false);
  const matcher: ClaimMatcher = !isNegated ? bound.matcher : bound.matcher.kind === 'present' ? { kind: 'absent' } : { kind: 'not', of: bound.matcher };
  return { claim: bound.claim, matcher, operator: unknown.operator, place: meaning.place, ...(bound.isElement ? { quantifier: 'any' } : {}) };
}

interface Bound {
  readonly claim: string;
  readonly matcher: ClaimMatcher;
  readonly isNegated?: boolean;
  readonly isElement?: boolean;
}

const TESTS: Readonly<Record<string, 'prefix' | 'suffix' | 'contains' | 'regex'>> = {
  startsWith: 'prefix',
  endsWith: 'suffix',
  contains: 'contains',
  matches: 'regex',
};

function boundOf(node: Node, resolve: Resolve): Bound | undefined {
  const claimOf = (of: Node | undefined): string | undefined => (of?.kind === 'path' ? resolve(of.parts) : undefined);
  if (node.kind === 'path') {
    const claim = claimOf(node);
    return claim === undefined ? undefined : { claim, matcher: { kind: 'exact', values: ['true'] } };
  }
  if (node.kind === 'call') {
    const [first, second] = node.arguments;
    if (node.target === undefined && node.name === 'has' && first?.kind === 'path') {
      const claim = claimOf(first);
      return claim === undefined ? undefined : { claim, matcher: { kind: 'present' } };
    }
    const kind = Object.hasOwn(TESTS, node.name) ? TESTS[node.name] : undefined;
    // `matches` may also be called as a function.
    const [subject, operand] = node.target === undefined ? [first, second] : [node.target, first];
    const claim = claimOf(subject);
    if (kind === undefined || claim === undefined || operand?.kind !== 'literal' || typeof operand.value !== 'string') return undefined;
    return { claim, matcher: { kind, values: [operand.value] } };
  }
  if (node.kind !== 'binary') return undefined;
  const { operator, left, right } = node;
  if (operator === '==' || operator === '!=') {
    const [path, literal] = left.kind === 'literal' ? [right, left] : [left, right];
    const claim = claimOf(path);
    if (claim === undefined || literal.kind !== 'literal') return undefined;
    // `x == null` says that there is no such claim.
    if (literal.value === null) return { claim, matcher: { kind: 'present' }, isNegated: operator === '==' };
    return { claim, matcher: { kind: 'exact', values: [String(literal.value)] }, isNegated: operator === '!=' };
  }
  if (operator === 'in') {
    const claim = claimOf(left);
    if (claim !== undefined && right.kind === 'list') {
      const values = right.items.flatMap((item) => (item.kind === 'literal' && item.value !== null ? [String(item.value)] : []));
      return values.length === right.items.length ? { claim, matcher: { kind: 'exact', values } } : undefined;
    }
    if (left.kind === 'literal' && left.value !== null && right.kind === 'path') {
      // `'sub' in claims` asks whether there is one.
      if (right.parts.length === 1) {
        const named = resolve([...right.parts, String(left.value)]);
        return named === undefined ? undefined : { claim: named, matcher: { kind: 'present' } };
      }
      const list = claimOf(right);
      return list === undefined ? undefined : { claim: list, matcher: { kind: 'exact', values: [String(left.value)] }, isElement: true };
    }
  }
  return undefined;
}
