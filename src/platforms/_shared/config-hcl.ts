import { MAX_DEPTH, type DataEntry, type DataFault, type DataMap, type DataNode, type DataParse } from '../../support/data-tree.ts';

interface Cursor {
  readonly text: string;
  at: number;
  fault: DataFault | undefined;
}

/**
 * Reads HCL (Terraform, OpenTofu, Nomad, Packer) as a data tree. A block is an entry whose key is its type and labels joined with dots; a
 * quoted string is a scalar; any other expression is a scalar with tag `expr` whose value is its source text; a here-document has tag
 * `heredoc`; a collection inside a function call carries the function's name as its tag. Never throws; linear; stops at the first place
 * nested too deeply.
 */
export function parseHcl(text: string): DataParse {
  const cursor: Cursor = { text, at: text.charCodeAt(0) === 0xfeff ? 1 : 0, fault: undefined };
  const entries: DataEntry[] = [];
  while (cursor.at < text.length) {
    entries.push(...bodyOf(cursor, 0).entries);
    if (cursor.at < text.length) faultAt(cursor, 'a closing brace without an opening one');
    cursor.at += 1;
  }
  return { root: { kind: 'map', entries, start: 0, end: text.length }, fault: cursor.fault };
}

function faultAt(cursor: Cursor, message: string): void {
  cursor.fault ??= { offset: Math.min(cursor.at, cursor.text.length), message };
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

/** Spaces and comments, and line ends and commas when `lines`. */
function skip(cursor: Cursor, lines: boolean): void {
  const { text } = cursor;
  for (;;) {
    const char = text[cursor.at];
    if (char === ' ' || char === '\t' || char === '\r') cursor.at += 1;
    else if (lines && (char === '\n' || char === ',' || char === ';')) cursor.at += 1;
    else if (char === '#' || (char === '/' && text[cursor.at + 1] === '/')) cursor.at = lineEnd(text, cursor.at);
    else if (char === '/' && text[cursor.at + 1] === '*') {
      const close = text.indexOf('*/', cursor.at + 2);
      if (close < 0) faultAt(cursor, 'unterminated comment');
      cursor.at = close < 0 ? text.length : close + 2;
    } else return;
  }
}

const WORD = /[A-Za-z_][\w-]*/y;
const ATOM = /[\w.*-]+/y;

function wordAt(cursor: Cursor, pattern: RegExp): string | undefined {
  pattern.lastIndex = cursor.at;
  return pattern.exec(cursor.text)?.[0];
}

/** Entries up to a closing brace, which is left in place. Blocks and objects are read alike: both have keys, `=` or `:`, and nested braces. */
function bodyOf(cursor: Cursor, depth: number): DataMap {
  const entries: DataEntry[] = [];
  const start = cursor.at;
  if (depth > MAX_DEPTH) {
    faultAt(cursor, `nested more than ${MAX_DEPTH} levels deep`);
    cursor.at = cursor.text.length;
  }
  for (;;) {
    skip(cursor, true);
    const char = cursor.text[cursor.at];
    if (char === undefined || char === '}') return { kind: 'map', entries, start, end: cursor.at };
    const entry = entryAt(cursor, depth);
    if (entry !== undefined) entries.push(entry);
  }
}

function entryAt(cursor: Cursor, depth: number): DataEntry | undefined {
  const { text } = cursor;
  const parts: string[] = [];
  const keyStart = text[cursor.at] === '"' ? cursor.at + 1 : cursor.at;
  let keyEnd = keyStart;
  for (;;) {
    skip(cursor, false);
    const char = text[cursor.at];
    if (char === '"') {
      const string = stringAt(cursor);
      parts.push(text.slice(string.start, string.end));
      keyEnd = string.end;
    } else if (char === '(') {
      const node = expressionAt(cursor, depth + 1, ':=');
      parts.push(text.slice(node.start, node.end).replace(/^\(|\)$/g, ''));
      keyEnd = node.end;
    } else {
      const word = wordAt(cursor, WORD) ?? (parts.length === 0 ? wordAt(cursor, ATOM) : undefined);
      if (word === undefined) break;
      parts.push(word);
      cursor.at += word.length;
      keyEnd = cursor.at;
    }
  }
  const key = parts.join('.');
  const next = text[cursor.at];
  if (next === '{') {
    cursor.at += 1;
    const value = bodyOf(cursor, depth + 1);
    closeWith(cursor, '}');
    return { key, keyStart, keyEnd, value: { ...value, start: value.start - 1, end: cursor.at } };
  }
  if ((next === '=' && text[cursor.at + 1] !== '=') || next === ':') {
    cursor.at += next === '=' && text[cursor.at + 1] === '>' ? 2 : 1;
    return { key, keyStart, keyEnd, value: expressionAt(cursor, depth + 1, '') };
  }
  // `for k, v in x : k => v`, or something that is no HCL: pass over one character, unless a line ended or a brace closes.
  if (next !== undefined && next !== '}' && next !== '\n' && next !== ',') cursor.at += 1;
  return undefined;
}

function closeWith(cursor: Cursor, close: string): void {
  if (cursor.text[cursor.at] === close) cursor.at += 1;
  else faultAt(cursor, `"${close}" is missing`);
}

const OPERATORS = '+-*/%<>=!&|?:';

/** One expression, up to the end of its line, a comma or a closing bracket. */
function expressionAt(cursor: Cursor, depth: number, stops: string): DataNode {
  const { text } = cursor;
  skip(cursor, false);
  const start = cursor.at;
  const collections: DataNode[] = [];
  let only: DataNode | undefined;
  let terms = 0;
  let end = start;
  let open = false;
  while (cursor.at < text.length) {
    const char = text[cursor.at] ?? '';
    if (char === '\n' && !open) break;
    if (char === '\n') {
      skip(cursor, true);
      continue;
    }
    if (char === ' ' || char === '\t' || char === '\r') {
      cursor.at += 1;
      continue;
    }
    if (char === '#' || (char === '/' && (text[cursor.at + 1] === '/' || text[cursor.at + 1] === '*'))) {
      skip(cursor, false);
      continue;
    }
    if (',}])'.includes(char) || (terms > 0 && stops.includes(char))) break;
    const isHeredoc = char === '<' && text[cursor.at + 1] === '<';
    const isOperator = !isHeredoc && OPERATORS.includes(char);
    if (isHeredoc) {
      only = heredocAt(cursor);
      terms += 1;
    } else if (char === '"') {
      const string = stringAt(cursor);
      only = { kind: 'scalar', value: text.slice(string.start, string.end), start: string.start, end: string.end };
      terms += 1;
    } else if (char === '[' || char === '{' || char === '(') {
      const node = collectionAt(cursor, char, depth);
      terms += 1;
      if (node !== undefined) collections.push(node);
      if (node !== undefined) only = node;
    } else if (isOperator) {
      cursor.at += 1;
      terms += 1;
    } else {
      const word = wordAt(cursor, WORD);
      if (word !== undefined && text[cursor.at + word.length] === '(') {
        cursor.at += word.length;
        const node = collectionAt(cursor, '(', depth);
        if (node !== undefined) {
          only = { ...node, tag: word };
          collections.push(only);
        } else terms += 1;
        terms += 1;
      } else {
        cursor.at += Math.max(1, wordAt(cursor, ATOM)?.length ?? 1);
        while (text[cursor.at] === '[') passIndex(cursor);
        terms += 2;
      }
    }
    end = Math.min(cursor.at, text.length);
    // An operator at the end of a line carries the expression to the next.
    open = isOperator;
  }
  if (terms === 1 && only !== undefined) return only;
  if (collections.length > 0) return { kind: 'list', items: collections, start, end, tag: 'expr' };
  return { kind: 'scalar', value: text.slice(start, end), start, end, tag: 'expr' };
}

/** `[0]`, `[*]`, `["name"]` behind a reference: no list. */
function passIndex(cursor: Cursor): void {
  const { text } = cursor;
  let open = 0;
  while (cursor.at < text.length) {
    const char = text[cursor.at];
    if (char === '"') {
      stringAt(cursor);
      continue;
    }
    cursor.at += 1;
    if (char === '[') open += 1;
    else if (char === ']') {
      open -= 1;
      if (open === 0) return;
    }
  }
  faultAt(cursor, '"]" is missing');
}

/** A list, an object, or the collections among the arguments of a call; undefined for a call or a parenthesis without any. */
function collectionAt(cursor: Cursor, opening: '[' | '{' | '(', depth: number): DataNode | undefined {
  const start = cursor.at;
  if (depth > MAX_DEPTH) {
    faultAt(cursor, `nested more than ${MAX_DEPTH} levels deep`);
    cursor.at = cursor.text.length;
    return undefined;
  }
  cursor.at += 1;
  if (opening === '{') {
    const body = bodyOf(cursor, depth + 1);
    closeWith(cursor, '}');
    return { ...body, start, end: Math.min(cursor.at, cursor.text.length) };
  }
  const close = opening === '[' ? ']' : ')';
  const items: DataNode[] = [];
  for (;;) {
    skip(cursor, true);
    const char = cursor.text[cursor.at];
    if (char === undefined || char === close || char === '}') break;
    const before = cursor.at;
    items.push(expressionAt(cursor, depth + 1, ''));
    if (cursor.at === before) cursor.at += 1;
  }
  closeWith(cursor, close);
  const end = Math.min(cursor.at, cursor.text.length);
  if (opening === '[') return { kind: 'list', items, start, end };
  const nested = items.filter((item) => item.kind !== 'scalar');
  const first = nested[0];
  if (first === undefined) return undefined;
  return nested.length === 1 ? first : { kind: 'list', items: nested, start, end };
}

/** The inside of a quoted template; `${ ... "nested" ... }` may hold quotes of its own. An unterminated string ends with its line. */
function stringAt(cursor: Cursor): { start: number; end: number } {
  const { text } = cursor;
  const start = cursor.at + 1;
  /** What is open round the cursor: a string or the code inside a template. */
  const stack: ('string' | 'code')[] = ['string'];
  let at = start;
  for (; at < text.length; at += 1) {
    const char = text[at];
    const inString = stack.at(-1) === 'string';
    if (char === '\n') break;
    if (inString && char === '\\') at += 1;
    else if (inString && (char === '$' || char === '%') && text[at + 1] === '{') {
      if (text[at - 1] !== char) stack.push('code');
      at += 1;
    } else if (inString && char === '"') {
      stack.pop();
      if (stack.length === 0) {
        cursor.at = at + 1;
        return { start, end: at };
      }
    } else if (!inString && char === '"') stack.push('string');
    else if (!inString && char === '{') stack.push('code');
    else if (!inString && char === '}') stack.pop();
  }
  faultAt(cursor, 'unterminated string');
  cursor.at = Math.min(at, text.length);
  return { start, end: cursor.at };
}

function heredocAt(cursor: Cursor): DataNode {
  const { text } = cursor;
  const head = /^<<-?[ \t]*"?([A-Za-z_][\w-]{0,63})"?[ \t\r]*$/.exec(text.slice(cursor.at, Math.min(lineEnd(text, cursor.at), cursor.at + 200)));
  const word = head?.[1];
  if (word === undefined) {
    cursor.at += 2;
    return { kind: 'scalar', value: null, start: cursor.at, end: cursor.at };
  }
  const start = Math.min(lineEnd(text, cursor.at) + 1, text.length);
  for (let at = start; at < text.length; ) {
    const end = lineEnd(text, at);
    if (end - at < 200 && text.slice(at, end).trim() === word) {
      cursor.at = end;
      return { kind: 'scalar', value: text.slice(start, at), start, end: at, tag: 'heredoc' };
    }
    at = end + 1;
  }
  faultAt(cursor, 'unterminated here-document');
  cursor.at = text.length;
  return { kind: 'scalar', value: text.slice(start), start, end: text.length, tag: 'heredoc' };
}
