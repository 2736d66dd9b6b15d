/** GitHub-style expressions, `${{ secrets.X || vars['Y'] }}`: found in text, split into tokens, and read for the contexts they use. */

type ExpressionToken =
  | { readonly kind: 'name' | 'number' | 'operator'; readonly text: string; readonly start: number; readonly end: number }
  | { readonly kind: 'string'; readonly text: string; readonly start: number; readonly end: number };

/** Offsets into the text that was searched; `start` is at `${{` and `end` behind `}}`. */
export interface Expression {
  readonly start: number;
  readonly end: number;
  readonly tokens: readonly ExpressionToken[];
}

/** One use of a context: `secrets.X`, `github.event.inputs['key']`, `secrets[matrix.key]`, or a bare `secrets`. */
export interface ContextUse {
  /** Lower case: context names have no case. */
  readonly context: string;
  /** Properties after the context, as written, up to the first that is computed. */
  readonly path: readonly string[];
  /** Tokens inside the brackets of the first computed property. */
  readonly computed: readonly ExpressionToken[] | undefined;
  /** `.*` follows, or nothing does: every value of the context is taken. */
  readonly whole: boolean;
  readonly start: number;
  readonly end: number;
}

/** All closed expressions of `text`, in order. Linear: quotes that never close are given up after a fixed budget. */
export function findExpressions(text: string): readonly Expression[] {
  const found: Expression[] = [];
  let budget = 4 * text.length + 1000;
  let from = 0;
  for (;;) {
    const start = text.indexOf('${{', from);
    if (start === -1) return found;
    let end = -1;
    if (budget > 0) {
      const scanned = closingBraces(text, start + 3);
      budget -= scanned.read;
      end = scanned.end;
    }
    // A stray quote hides the braces behind it: take the next ones, wherever they stand.
    if (end === -1) end = text.indexOf('}}', start + 3);
    if (end === -1) return found;
    found.push({ start, end: end + 2, tokens: tokenize(text, start + 3, end) });
    from = end + 2;
  }
}

/** The whole of `text` as one expression, as `if:` has it; braces round it are optional there. */
export function bareExpression(text: string): Expression {
  return { start: 0, end: text.length, tokens: tokenize(text, 0, text.length) };
}

/** The first `}}` that is not inside a string. */
function closingBraces(text: string, from: number): { readonly end: number; readonly read: number } {
  let quoted = false;
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 39) quoted = !quoted;
    else if (!quoted && code === 125 && text.charCodeAt(at + 1) === 125) return { end: at, read: at - from };
  }
  return { end: -1, read: text.length - from };
}

function tokenize(text: string, from: number, to: number): readonly ExpressionToken[] {
  const tokens: ExpressionToken[] = [];
  let at = from;
  while (at < to) {
    const code = text.charCodeAt(at);
    const start = at;
    if (isNameStart(code)) {
      while (at < to && isNamePart(text.charCodeAt(at))) at += 1;
      tokens.push({ kind: 'name', text: text.slice(start, at), start, end: at });
    } else if (isDigit(code)) {
      while (at < to && (isNamePart(text.charCodeAt(at)) || text[at] === '.')) at += 1;
      tokens.push({ kind: 'number', text: text.slice(start, at), start, end: at });
    } else if (code === 39) {
      let value = '';
      at += 1;
      for (let chunk = at; at < to; at += 1) {
        if (text.charCodeAt(at) !== 39) continue;
        value += text.slice(chunk, at);
        if (at + 1 >= to || text.charCodeAt(at + 1) !== 39) break;
        value += "'";
        at += 1;
        chunk = at + 1;
      }
      at = Math.min(at + 1, to);
      tokens.push({ kind: 'string', text: value, start, end: at });
    } else if (code <= 32) {
      at += 1;
    } else {
      const pair = text.slice(at, Math.min(at + 2, to));
      at += pair === '==' || pair === '!=' || pair === '&&' || pair === '||' || pair === '<=' || pair === '>=' ? 2 : 1;
      tokens.push({ kind: 'operator', text: text.slice(start, at), start, end: at });
    }
  }
  return tokens;
}

/** Every context use in `tokens`, those inside computed properties included. Function names are none. */
export function contextUses(tokens: readonly ExpressionToken[]): readonly ContextUse[] {
  const closers = closingBrackets(tokens);
  const uses: ContextUse[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'name') continue;
    if (isOperator(tokens[index - 1], '.') || isOperator(tokens[index + 1], '(')) continue;
    uses.push(contextUse(tokens, index, token, closers));
  }
  return uses;
}

function contextUse(tokens: readonly ExpressionToken[], index: number, root: ExpressionToken, closers: ReadonlyMap<number, number>): ContextUse {
  const path: string[] = [];
  let computed: readonly ExpressionToken[] | undefined;
  let whole = false;
  let end = root.end;
  let at = index + 1;
  for (;;) {
    const next = tokens[at];
    const after = tokens[at + 1];
    if (isOperator(next, '.') && after !== undefined) {
      if (computed === undefined && after.kind === 'name') path.push(after.text);
      else if (computed === undefined && isOperator(after, '*') && path.length === 0) whole = true;
      else if (after.kind !== 'name' && !isOperator(after, '*')) break;
      end = after.end;
      at += 2;
      continue;
    }
    const close = isOperator(next, '[') ? closers.get(at) : undefined;
    if (close === undefined) break;
    const inside = tokens.slice(at + 1, close);
    if (computed === undefined) {
      const only = inside.length === 1 ? inside[0] : undefined;
      if (only?.kind === 'string') path.push(only.text);
      else if (isOperator(only, '*')) whole = whole || path.length === 0;
      else computed = inside;
    }
    end = tokens[close]?.end ?? end;
    at = close + 1;
  }
  return { context: root.text.toLowerCase(), path, computed, whole: whole || (path.length === 0 && computed === undefined), start: root.start, end };
}

/** Index of each `[` to that of its `]`; one pass, so that deep nesting stays linear. */
function closingBrackets(tokens: readonly ExpressionToken[]): ReadonlyMap<number, number> {
  const open: number[] = [];
  const closers = new Map<number, number>();
  for (const [index, token] of tokens.entries()) {
    if (isOperator(token, '[')) open.push(index);
    // Real expressions nest a level or two; deeper ones would make each level copy the next.
    else if (isOperator(token, ']')) {
      const opener = open.pop();
      if (opener !== undefined && open.length < 8) closers.set(opener, index);
    }
  }
  return closers;
}

/** True when the expression only asks something about its operands (`secrets.X != ''`) and so does not hand their value on. */
export function isTest(tokens: readonly ExpressionToken[]): boolean {
  let compares = false;
  for (const token of tokens) {
    if (token.kind !== 'operator') continue;
    if (token.text === '&&' || token.text === '||') return false;
    if (token.text === '==' || token.text === '!=' || token.text === '!' || token.text === '<' || token.text === '>') compares = true;
  }
  return compares;
}

/** Up to how many strings a computed property is tried with. */
const MAX_CANDIDATES = 256;

/**
 * The strings a computed property can stand for: literals, `matrix.X` by the values `matrixValues` knows, `format()` over both, and the
 * alternatives of `||` and `&&`. Empty when it cannot be told.
 */
export function candidates(tokens: readonly ExpressionToken[], valuesOf: (context: string, path: readonly string[]) => readonly string[]): readonly string[] {
  const values: string[] = [];
  let at = 0;
  while (at < tokens.length && values.length < MAX_CANDIDATES) {
    const token = tokens[at];
    if (token === undefined) break;
    if (token.kind === 'name' && token.text.toLowerCase() === 'format' && isOperator(tokens[at + 1], '(')) {
      const close = tokens.findIndex((candidate, index) => index > at && isOperator(candidate, ')'));
      const inside = tokens.slice(at + 2, close === -1 ? tokens.length : close);
      values.push(...formatted(inside, valuesOf));
      at = close === -1 ? tokens.length : close + 1;
      continue;
    }
    if (token.kind === 'string') values.push(token.text);
    else if (token.kind === 'name' && !isOperator(tokens[at - 1], '.')) {
      const path: string[] = [];
      for (let next = at + 1; isOperator(tokens[next], '.') && tokens[next + 1]?.kind === 'name'; next += 2) path.push(tokens[next + 1]?.text ?? '');
      values.push(...valuesOf(token.text.toLowerCase(), path).slice(0, MAX_CANDIDATES));
    }
    at += 1;
  }
  return values.slice(0, MAX_CANDIDATES);
}

function formatted(inside: readonly ExpressionToken[], valuesOf: (context: string, path: readonly string[]) => readonly string[]): readonly string[] {
  const [template, ...rest] = splitAtCommas(inside);
  const first = template?.[0];
  if (first?.kind !== 'string') return [];
  let results: string[] = [first.text];
  for (const [index, argument] of rest.entries()) {
    const options = argument.some((token) => isOperator(token, '(')) ? [] : candidates(argument, valuesOf);
    if (options.length === 0 || !first.text.includes(`{${index}}`)) continue;
    results = results.flatMap((result) => options.map((option) => result.replaceAll(`{${index}}`, () => option))).slice(0, MAX_CANDIDATES);
  }
  return results.filter((result) => !/\{\d+\}/.test(result));
}

function splitAtCommas(tokens: readonly ExpressionToken[]): readonly (readonly ExpressionToken[])[] {
  const parts: ExpressionToken[][] = [[]];
  for (const token of tokens) {
    if (isOperator(token, ',')) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function isOperator(token: ExpressionToken | undefined, text: string): boolean {
  return token?.kind === 'operator' && token.text === text;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isNameStart(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
}

function isNamePart(code: number): boolean {
  return isNameStart(code) || isDigit(code) || code === 45;
}
