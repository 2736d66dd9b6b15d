/**
 * A small part of the Common Expression Language: `==`, `!=`, `&&`, `||`, `in`, `+` on texts, parentheses, lists, fields, `has()` and `.startsWith()`.
 * Anything else is refused when it is read, so that no condition is taken which was not understood.
 */
import { type Fields, isFields } from '../http.ts';
import { Denial, deny } from './_token.ts';

export type Cel =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'list'; readonly items: readonly Cel[] }
  | { readonly kind: 'path'; readonly parts: readonly string[] }
  | { readonly kind: 'has'; readonly parts: readonly string[] }
  | { readonly kind: 'starts'; readonly of: Cel; readonly with: Cel }
  | { readonly kind: 'binary'; readonly operator: '==' | '!=' | '&&' | '||' | 'in' | '+'; readonly left: Cel; readonly right: Cel };

type Token = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'number' | 'name' | 'sign'; readonly text: string };

const SIGNS = ['==', '!=', '&&', '||', '(', ')', '[', ']', '.', ',', '+'];
const RESERVED = new Set(['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while']);

function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const rest = source.slice(at);
    const blank = /^[ \t\r\n]+/.exec(rest);
    if (blank !== null) {
      at += blank[0].length;
      continue;
    }
    const text = /^(?:'(?:[^'\\\n]|\\['"\\])*'|"(?:[^"\\\n]|\\['"\\])*")/.exec(rest);
    const number = /^\d+(?![\w.])/.exec(rest);
    const name = /^[A-Za-z_]\w*/.exec(rest);
    const sign = SIGNS.find((one) => rest.startsWith(one));
    if (text !== null && !/^(['"])\1\1/.test(rest)) tokens.push({ kind: 'text', text: text[0].slice(1, -1).replace(/\\(.)/g, '$1') });
    else if (number !== null) tokens.push({ kind: 'number', text: number[0] });
    else if (name !== null) tokens.push({ kind: 'name', text: name[0] });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
    else deny(`condition: not understood at "${rest.slice(0, 20)}"`);
    at += (text ?? number ?? name)?.[0].length ?? sign?.length ?? 1;
    // A text right after a name is a prefixed literal (r'', b''), which reads backslashes otherwise.
    const [before, last] = tokens.slice(-2);
    if (last?.kind === 'text' && before?.kind === 'name' && before.text !== 'in') deny(`condition: ${before.text} before a text is not understood`);
  }
  return tokens;
}

/** Reads an expression over these variables. Throws a Denial for what is not understood. */
export function parseCel(source: string, variables: readonly string[]): Cel {
  const tokens = tokenize(source);
  let next = 0;
  const peek = (text: string): boolean => tokens[next]?.kind !== 'text' && tokens[next]?.text === text;
  const take = (text: string): boolean => {
    if (!peek(text)) return false;
    next += 1;
    return true;
  };
  const expect = (text: string): void => {
    if (!take(text)) deny(`condition: "${text}" expected, found "${tokens[next]?.text ?? 'the end'}"`);
  };
  const chain = (operator: '&&' | '||' | '+', part: () => Cel) => (): Cel => {
    let left = part();
    while (take(operator)) left = { kind: 'binary', operator, left, right: part() };
    return left;
  };
  const relation = (): Cel => {
    const left = sum();
    for (const operator of ['==', '!=', 'in'] as const) {
      if (!take(operator)) continue;
      const right = sum();
      if (['==', '!=', 'in'].some(peek)) deny('condition: a chain of comparisons');
      return { kind: 'binary', operator, left, right };
    }
    return left;
  };
  const list = (): readonly Cel[] => {
    const items: Cel[] = [];
    while (!take(']')) {
      if (items.length > 0) expect(',');
      items.push(disjunction());
    }
    return items;
  };
  const path = (first: string): Cel => {
    if (!variables.includes(first)) deny(`condition: unknown variable ${first}`);
    const parts = [first];
    for (;;) {
      const token = tokens[next];
      if (take('[')) {
        const key = tokens[next];
        next += 1;
        if (key?.kind !== 'text') return deny('condition: an index that is no text');
        expect(']');
        parts.push(key.text);
      } else if (token?.text === '.' && token.kind === 'sign' && tokens[next + 1]?.text !== 'startsWith') {
        next += 1;
        const field = tokens[next];
        if (field?.kind !== 'name' || RESERVED.has(field.text)) return deny('condition: a field name expected');
        next += 1;
        if (peek('(')) deny(`condition: the function ${field.text} is not understood`);
        parts.push(field.text);
      } else return { kind: 'path', parts };
    }
  };
  const primary = (): Cel => {
    const token = tokens[next];
    if (token === undefined) return deny('condition: ends too early');
    next += 1;
    if (token.kind === 'text') return { kind: 'literal', value: token.text };
    if (token.kind === 'number') return { kind: 'literal', value: Number(token.text) };
    if (token.kind === 'sign' && token.text === '(') {
      const inner = disjunction();
      expect(')');
      return inner;
    }
    if (token.kind === 'sign' && token.text === '[') return { kind: 'list', items: list() };
    if (token.kind !== 'name') return deny(`condition: "${token.text}" is not understood here`);
    if (token.text === 'true' || token.text === 'false') return { kind: 'literal', value: token.text === 'true' };
    if (token.text === 'null') return { kind: 'literal', value: null };
    if (token.text === 'has' && peek('(')) {
      expect('(');
      const inner = primary();
      expect(')');
      if (inner.kind !== 'path' || inner.parts.length < 2) return deny('condition: has() takes a field');
      return { kind: 'has', parts: inner.parts };
    }
    if (RESERVED.has(token.text)) return deny(`condition: ${token.text} is a reserved word`);
    return path(token.text);
  };
  const member = (): Cel => {
    let value = primary();
    while (peek('.') && tokens[next + 1]?.text === 'startsWith' && tokens[next + 2]?.text === '(') {
      next += 3;
      value = { kind: 'starts', of: value, with: disjunction() };
      expect(')');
    }
    return value;
  };
  const sum = chain('+', member);
  const conjunction = chain('&&', relation);
  const disjunction = chain('||', conjunction);
  const whole = disjunction();
  if (next < tokens.length) deny(`condition: "${tokens[next]?.text ?? ''}" is not understood`);
  return whole;
}

/** The value of an expression. Throws a Denial where the language reports an error: a missing field, operands of the wrong type. */
export function evaluateCel(node: Cel, scope: Fields): unknown {
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'list':
      return node.items.map((item) => evaluateCel(item, scope));
    case 'path':
      return walk(node.parts, scope);
    case 'has': {
      const holder = walk(node.parts.slice(0, -1), scope);
      return isFields(holder) ? Object.hasOwn(holder, node.parts.at(-1) ?? '') : deny('has() of no object');
    }
    case 'starts': {
      const [text, start] = [evaluateCel(node.of, scope), evaluateCel(node.with, scope)];
      return typeof text === 'string' && typeof start === 'string' ? text.startsWith(start) : deny('startsWith takes texts');
    }
    case 'binary':
      return node.operator === '&&' || node.operator === '||' ? logical(node, scope) : compare(node, scope);
  }
}

function compare({ operator, left, right }: Extract<Cel, { kind: 'binary' }>, scope: Fields): unknown {
  const [one, other] = [evaluateCel(left, scope), evaluateCel(right, scope)];
  if (operator === '==') return equal(one, other);
  if (operator === '!=') return !equal(one, other);
  if (operator === '+') return typeof one === 'string' && typeof other === 'string' ? one + other : deny('+ takes texts');
  if (Array.isArray(other)) return other.some((item) => equal(one, item));
  if (isFields(other) && typeof one === 'string') return Object.hasOwn(other, one);
  return deny('in takes a list');
}

/** An error on one side counts only when the other side does not decide: `false && error` is false. */
function logical({ operator, left, right }: Extract<Cel, { kind: 'binary' }>, scope: Fields): boolean {
  const decides = operator === '||';
  let error: Denial | undefined;
  for (const side of [left, right]) {
    try {
      const value = evaluateCel(side, scope);
      if (typeof value !== 'boolean') return deny(`${operator} takes truth values`);
      if (value === decides) return decides;
    } catch (thrown) {
      if (!(thrown instanceof Denial)) throw thrown;
      error ??= thrown;
    }
  }
  if (error !== undefined) throw error;
  return !decides;
}

function walk(parts: readonly string[], scope: Fields): unknown {
  let value: unknown = scope;
  for (const part of parts) {
    if (!isFields(value) || !Object.hasOwn(value, part)) return deny(`no ${parts.join('.')}`);
    value = value[part];
  }
  return value;
}

function equal(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((item, index) => equal(item, other[index]));
  if (isFields(one) && isFields(other)) {
    const names = Object.keys(one);
    return names.length === Object.keys(other).length && names.every((name) => Object.hasOwn(other, name) && equal(one[name], other[name]));
  }
  return one === other;
}

/** A condition as a party stores it: true or false, with an error as a denial. */
export function holds(condition: Cel, scope: Fields): boolean {
  const value = evaluateCel(condition, scope);
  return typeof value === 'boolean' ? value : deny('the condition gives no truth value');
}

/** Whether an expression reads any variable at all: one that reads none is the same for every token. */
export function readsAny(node: Cel): boolean {
  switch (node.kind) {
    case 'literal':
      return false;
    case 'list':
      return node.items.some(readsAny);
    case 'path':
    case 'has':
      return true;
    case 'starts':
      return readsAny(node.of) || readsAny(node.with);
    case 'binary':
      return readsAny(node.left) || readsAny(node.right);
  }
}

/**
 * Whether every token that satisfies the condition has one of these fields at a fixed value (or, for a field in `prefixes`, at a value that begins as its
 * test asks). `||` pins only when both sides do.
 */
export function pins(node: Cel, isIdentity: (parts: readonly string[], value: string, isPrefix: boolean) => boolean): boolean {
  if (node.kind === 'starts') return node.of.kind === 'path' && node.with.kind === 'literal' && typeof node.with.value === 'string' && isIdentity(node.of.parts, node.with.value, true);
  if (node.kind !== 'binary') return false;
  const { operator, left, right } = node;
  if (operator === '&&') return pins(left, isIdentity) || pins(right, isIdentity);
  if (operator === '||') return pins(left, isIdentity) && pins(right, isIdentity);
  if (operator === '==') {
    const [path, literal] = left.kind === 'path' ? [left, right] : [right, left];
    return path.kind === 'path' && literal.kind === 'literal' && typeof literal.value === 'string' && literal.value !== '' && isIdentity(path.parts, literal.value, false);
  }
  if (operator !== 'in' || left.kind !== 'path' || right.kind !== 'list') return false;
  return right.items.length > 0 && right.items.every((item) => item.kind === 'literal' && typeof item.value === 'string' && isIdentity(left.parts, item.value, false));
}
