import { parse, TomlError } from 'smol-toml';
import { MAX_DEPTH, type DataEntry, type DataFault, type DataNode, type DataParse } from './data-tree.ts';

/** A table under construction: maps, not objects, so that no key can reach a prototype. */
interface Table {
  readonly kind: 'table';
  readonly entries: Map<string, Slot>;
  start: number;
  end: number;
}

interface Slot {
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly value: Table | Tables | DataNode;
}

interface Tables {
  readonly kind: 'tables';
  readonly items: Table[];
}

interface Key {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

interface Cursor {
  readonly text: string;
  at: number;
  fault: DataFault | undefined;
}

/**
 * Reads TOML as a tree with positions. Never throws; a broken line is passed over, and the first fault is given with what was read. Linear.
 * Dates and special floats come as their text.
 */
export function parseToml(text: string): DataParse {
  const cursor: Cursor = { text, at: 0, fault: undefined };
  const root = tableAt(0);
  let current = root;
  while (cursor.at < text.length) {
    skipBlank(cursor);
    if (cursor.at >= text.length) break;
    const before = cursor.at;
    if (text[cursor.at] === '[') current = readHeader(cursor, root) ?? tableAt(cursor.at);
    else readAssignment(cursor, current);
    skipLine(cursor);
    if (cursor.at === before) cursor.at += 1;
  }
  return { root: finish(root, 0), fault: strictFault(text) ?? cursor.fault };
}

/** The scanner is lenient; whether the file is TOML at all is for a real parser to say. */
function strictFault(text: string): DataFault | undefined {
  try {
    parse(text);
    return undefined;
  } catch (error) {
    if (error instanceof TomlError) return { offset: offsetOfLine(text, error.line), message: error.message.split('\n')[0] ?? 'invalid TOML' };
    if (error instanceof Error) return { offset: 0, message: 'too deeply nested or too large' };
    throw error;
  }
}

function offsetOfLine(text: string, line: number): number {
  let offset = 0;
  for (let n = 1; n < line; n += 1) {
    const next = text.indexOf('\n', offset);
    if (next < 0) return offset;
    offset = next + 1;
  }
  return offset;
}

function tableAt(offset: number): Table {
  return { kind: 'table', entries: new Map(), start: offset, end: offset };
}

function faultAt(cursor: Cursor, message: string): void {
  cursor.fault ??= { offset: cursor.at, message };
}

function skipSpace(cursor: Cursor): void {
  while (cursor.text[cursor.at] === ' ' || cursor.text[cursor.at] === '\t') cursor.at += 1;
}

/** Spaces, line ends and comments. */
function skipBlank(cursor: Cursor): void {
  for (;;) {
    const char = cursor.text[cursor.at];
    if (char === ' ' || char === '\t' || char === '\n' || char === '\r' || char === '\ufeff') cursor.at += 1;
    else if (char === '#') skipLine(cursor);
    else return;
  }
}

function skipLine(cursor: Cursor): void {
  const end = cursor.text.indexOf('\n', cursor.at);
  cursor.at = end < 0 ? cursor.text.length : end;
}

function readHeader(cursor: Cursor, root: Table): Table | undefined {
  const start = cursor.at;
  const many = cursor.text.startsWith('[[', cursor.at);
  cursor.at += many ? 2 : 1;
  const keys = readKeys(cursor);
  skipSpace(cursor);
  if (keys.length === 0 || cursor.text[cursor.at] !== ']') {
    faultAt(cursor, 'unfinished table header');
    return undefined;
  }
  const last = keys.at(-1);
  const parent = descend(root, keys.slice(0, -1));
  if (last === undefined || parent === undefined) return undefined;
  const found = parent.entries.get(last.text)?.value;
  if (many) {
    const table = tableAt(start);
    if (found?.kind === 'tables') found.items.push(table);
    else parent.entries.set(last.text, { keyStart: last.start, keyEnd: last.end, value: { kind: 'tables', items: [table] } });
    return table;
  }
  if (found?.kind === 'table') {
    // A table that only dotted children opened begins where its own header stands.
    found.start = start;
    return found;
  }
  const table = tableAt(start);
  parent.entries.set(last.text, { keyStart: last.start, keyEnd: last.end, value: table });
  return table;
}

function descend(table: Table, keys: readonly Key[]): Table | undefined {
  if (keys.length > MAX_DEPTH) return undefined;
  let at = table;
  for (const key of keys) {
    const slot = at.entries.get(key.text)?.value;
    if (slot?.kind === 'table') {
      at = slot;
      continue;
    }
    const last = slot?.kind === 'tables' ? slot.items.at(-1) : undefined;
    if (last !== undefined) {
      at = last;
      continue;
    }
    const next = tableAt(key.start);
    at.entries.set(key.text, { keyStart: key.start, keyEnd: key.end, value: next });
    at = next;
  }
  return at;
}

function readAssignment(cursor: Cursor, table: Table): void {
  const keys = readKeys(cursor);
  skipSpace(cursor);
  const last = keys.at(-1);
  if (last === undefined || cursor.text[cursor.at] !== '=') {
    faultAt(cursor, 'expected `key = value`');
    return;
  }
  cursor.at += 1;
  skipSpace(cursor);
  const value = readValue(cursor, 0);
  const parent = descend(table, keys.slice(0, -1));
  if (value === undefined || parent === undefined) return;
  parent.entries.set(last.text, { keyStart: last.start, keyEnd: last.end, value });
  table.end = Math.max(table.end, value.end);
  parent.end = Math.max(parent.end, value.end);
}

const BARE_KEY = /[A-Za-z0-9_-]+/y;

function readKeys(cursor: Cursor): Key[] {
  const keys: Key[] = [];
  for (;;) {
    skipSpace(cursor);
    const char = cursor.text[cursor.at];
    if (char === '"' || char === "'") {
      const string = readString(cursor);
      if (string === undefined) return keys;
      keys.push({ text: String(string.value), start: string.start, end: string.end });
    } else {
      BARE_KEY.lastIndex = cursor.at;
      const text = BARE_KEY.exec(cursor.text)?.[0];
      if (text === undefined) return keys;
      keys.push({ text, start: cursor.at, end: cursor.at + text.length });
      cursor.at += text.length;
    }
    skipSpace(cursor);
    if (cursor.text[cursor.at] !== '.') return keys;
    cursor.at += 1;
  }
}

const ATOM = /[^\s,\]}#]+/y;

function readValue(cursor: Cursor, depth: number): DataNode | undefined {
  if (depth > MAX_DEPTH) {
    faultAt(cursor, `nested more than ${MAX_DEPTH} levels deep`);
    cursor.at = cursor.text.length;
    return undefined;
  }
  const start = cursor.at;
  const char = cursor.text[start];
  if (char === '"' || char === "'") return readString(cursor);
  if (char === '[') {
    cursor.at += 1;
    const items: DataNode[] = [];
    for (;;) {
      skipBlank(cursor);
      const next = cursor.text[cursor.at];
      if (next === ',') {
        cursor.at += 1;
        continue;
      }
      if (next === ']') cursor.at += 1;
      else if (next !== undefined) {
        const item = readValue(cursor, depth + 1);
        if (item !== undefined) {
          items.push(item);
          continue;
        }
      }
      return { kind: 'list', items, start, end: cursor.at };
    }
  }
  if (char === '{') {
    cursor.at += 1;
    const table = tableAt(start);
    for (;;) {
      skipBlank(cursor);
      const next = cursor.text[cursor.at];
      if (next === ',') {
        cursor.at += 1;
        continue;
      }
      if (next === '}') cursor.at += 1;
      const keys = next === '}' || next === undefined ? [] : readKeys(cursor);
      const last = keys.at(-1);
      skipSpace(cursor);
      const parent = last === undefined || cursor.text[cursor.at] !== '=' ? undefined : descend(table, keys.slice(0, -1));
      if (last !== undefined && parent !== undefined) {
        cursor.at += 1;
        skipSpace(cursor);
        const value = readValue(cursor, depth + 1);
        if (value !== undefined) {
          parent.entries.set(last.text, { keyStart: last.start, keyEnd: last.end, value });
          continue;
        }
      }
      table.end = cursor.at;
      return finish(table, depth);
    }
  }
  ATOM.lastIndex = start;
  const atom = ATOM.exec(cursor.text)?.[0];
  if (atom === undefined) {
    faultAt(cursor, 'a value is missing');
    return undefined;
  }
  cursor.at += atom.length;
  const number = Number(atom.replaceAll('_', ''));
  const value = atom === 'true' || atom === 'false' ? atom === 'true' : Number.isNaN(number) ? atom : number;
  return { kind: 'scalar', value, start, end: cursor.at };
}

const SIMPLE_ESCAPES = new Map([['b', '\b'], ['t', '\t'], ['n', '\n'], ['f', '\f'], ['r', '\r'], ['e', '\u001b'], ['"', '"'], ['\\', '\\']]);

function readString(cursor: Cursor): DataNode & { kind: 'scalar' } | undefined {
  const { text } = cursor;
  const quote = text[cursor.at] ?? '"';
  const fence = quote.repeat(3);
  const many = text.startsWith(fence, cursor.at);
  const close = many ? fence : quote;
  const start = cursor.at + close.length;
  const parts: string[] = [];
  let from = start;
  let at = start;
  while (at < text.length) {
    const char = text[at];
    if (char === '\\' && quote === '"') {
      parts.push(text.slice(from, at));
      const escaped = text[at + 1] ?? '';
      const digits = escaped === 'u' ? 4 : escaped === 'U' ? 8 : 0;
      const code = digits > 0 ? Number.parseInt(text.slice(at + 2, at + 2 + digits), 16) : Number.NaN;
      if (code >= 0 && code <= 0x10ffff) parts.push(String.fromCodePoint(code));
      else parts.push(SIMPLE_ESCAPES.get(escaped) ?? escaped);
      at += 2 + digits;
      from = at;
      continue;
    }
    if (!many && (char === '\n' || char === '\r')) break;
    if (char === quote && text.startsWith(close, at)) {
      let end = at;
      // Up to two quotes may stand directly before the closing three.
      while (many && end < at + 2 && text[end + 3] === quote) end += 1;
      cursor.at = end + close.length;
      parts.push(text.slice(from, end));
      return { kind: 'scalar', value: parts.join(''), start, end };
    }
    at += 1;
  }
  cursor.at = Math.min(at, text.length);
  faultAt(cursor, 'unterminated string');
  return undefined;
}

function finish(table: Table, depth: number): DataNode {
  const entries: DataEntry[] = [];
  let end = table.end;
  for (const [key, slot] of table.entries) {
    const value = finishSlot(slot.value, depth + 1);
    end = Math.max(end, value.end);
    entries.push({ key, keyStart: slot.keyStart, keyEnd: slot.keyEnd, value });
  }
  return { kind: 'map', entries, start: table.start, end };
}

function finishSlot(value: Slot['value'], depth: number): DataNode {
  if (value.kind === 'table') return finish(value, depth);
  if (value.kind !== 'tables') return value;
  const items = value.items.map((table) => finish(table, depth));
  return { kind: 'list', items, start: items[0]?.start ?? 0, end: items.at(-1)?.end ?? 0 };
}
