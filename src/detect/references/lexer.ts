/**
 * A light lexer for the C-like family, Python and Ruby: enough to know comments, strings and brackets, and no more. It never fails: what
 * it cannot place becomes punctuation. Every character is read a bounded number of times, so hostile input costs linear time.
 */
import type { Language } from '../../model/provider.ts';

/** Kinds of token. `STRING` is a whole literal, `CHUNK` a piece of one that holds interpolations; their offsets cover the content only. */
export const IDENTIFIER = 1;
export const STRING = 2;
export const CHUNK = 3;
export const PUNCTUATION = 4;
export const NUMBER = 5;

/** Codes of the invisible brackets round an interpolated string. */
export const TEMPLATE_OPEN = 1;
export const TEMPLATE_CLOSE = 2;

/** Parallel arrays, because files are large: token `i` has a kind, offsets, a code (punctuation only) and its partner bracket (or -1). */
export class Tokens {
  readonly text: string;
  readonly kinds: number[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly codes: number[] = [];
  readonly partners: number[] = [];
  readonly #open: number[] = [];

  constructor(text: string) {
    this.text = text;
  }

  get length(): number {
    return this.kinds.length;
  }

  push(kind: number, start: number, end: number, code = 0): void {
    this.kinds.push(kind);
    this.starts.push(start);
    this.ends.push(end);
    this.codes.push(code);
    this.partners.push(-1);
  }

  open(start: number, end: number, code: number): void {
    this.#open.push(this.kinds.length);
    this.push(PUNCTUATION, start, end, code);
  }

  close(start: number, end: number, code: number): void {
    const at = this.kinds.length;
    this.push(PUNCTUATION, start, end, code);
    // An unclosed bracket inside must not cost every pair outside it, so a few levels are forgiven.
    const floor = Math.max(0, this.#open.length - 8);
    for (let level = this.#open.length - 1; level >= floor; level -= 1) {
      const opener = this.#open[level] ?? -1;
      if (closerOf(this.codes[opener] ?? 0) !== code) continue;
      this.#open.length = level;
      this.partners[opener] = at;
      this.partners[at] = opener;
      return;
    }
  }

  kind(index: number): number {
    return this.kinds[index] ?? 0;
  }

  start(index: number): number {
    return this.starts[index] ?? 0;
  }

  end(index: number): number {
    return this.ends[index] ?? 0;
  }

  partner(index: number): number {
    return this.partners[index] ?? -1;
  }

  value(index: number): string {
    return this.text.slice(this.starts[index] ?? 0, this.ends[index] ?? 0);
  }

  /** The code of a punctuation token, 0 for anything else. */
  code(index: number): number {
    return this.codes[index] ?? 0;
  }

  is(index: number, character: string): boolean {
    return (this.codes[index] ?? 0) === character.charCodeAt(0);
  }

  identifier(index: number): string | undefined {
    return this.kinds[index] === IDENTIFIER ? this.value(index) : undefined;
  }

  /** True when token `index` is the first of its line. Looks at most 200 characters back. */
  startsLine(index: number): boolean {
    const from = Math.max(index === 0 ? 0 : this.end(index - 1), this.start(index) - 200);
    for (let at = this.start(index) - 1; at >= from; at -= 1) if (this.text.charCodeAt(at) === 10) return true;
    return index === 0;
  }
}

function closerOf(code: number): number {
  if (code === 40) return 41;
  if (code === TEMPLATE_OPEN) return TEMPLATE_CLOSE;
  return code === 0 ? -1 : code + 2;
}

interface Interpolation {
  /** What ends the string. */
  readonly close: string;
  /** What begins an interpolation: `${`, `{`, `#{`, `{$`. Its last brace opens. */
  readonly begin: string;
  readonly escapes: boolean;
  readonly multiline: boolean;
  /** A doubled `{` stands for itself. */
  readonly doubled: boolean;
  depth: number;
}

const CLASS_NONE = 0;
const CLASS_SPACE = 1;
const CLASS_NAME = 2;
const CLASS_DIGIT = 3;

const CLASSES = classTable();

function classTable(): Uint8Array {
  const table = new Uint8Array(128);
  for (let code = 0; code <= 32; code += 1) table[code] = CLASS_SPACE;
  for (let code = 0; code < 128; code += 1) {
    const character = String.fromCharCode(code);
    if (/[A-Za-z_$]/.test(character)) table[code] = CLASS_NAME;
    if (/[0-9]/.test(character)) table[code] = CLASS_DIGIT;
  }
  return table;
}

function classOf(code: number): number {
  if (code >= 128) return CLASS_NAME;
  return CLASSES[code] ?? CLASS_NONE;
}

const BEFORE_REGEX = new Set(['return', 'typeof', 'case', 'in', 'of', 'do', 'else', 'void', 'delete', 'throw', 'new', 'instanceof', 'yield', 'await', 'if', 'unless', 'when', 'and', 'or', 'not', 'then']);

/** Appends the tokens of `text` from `from` to `to` to `out`. Shell has a reader of its own. */
export function lex(text: string, language: Language, from: number, to: number, out: Tokens): void {
  const hash = language === 'python' || language === 'ruby' || language === 'php';
  const slashes = language !== 'python' && language !== 'ruby';
  const nested = language === 'rust' || language === 'kotlin';
  const regexes = language === 'javascript' || language === 'ruby';
  const stack: Interpolation[] = [];
  const heredocs: { word: string; indented: boolean }[] = [];
  // A quote that nothing closes on its line is not tried again before the end of that line: this keeps the lexer linear.
  const hopeless = [0, 0, 0];
  let at = from;

  while (at < to) {
    const code = text.charCodeAt(at);
    const kind = classOf(code);
    if (kind === CLASS_SPACE) {
      at += 1;
      if (code !== 10) continue;
      if (heredocs.length > 0) {
        at = skipHeredocs(text, at, to, heredocs);
        continue;
      }
      if (language === 'ruby' && text.startsWith('=begin', at)) at = after(text, '\n=end', at, to);
      else if (language === 'ruby' && text.startsWith('__END__', at)) return;
      continue;
    }
    if (code === 36 && language === 'csharp') {
      at = csharpString(at);
      continue;
    }
    if (kind === CLASS_NAME) {
      let end = at + 1;
      while (end < to && classOf(text.charCodeAt(end)) >= CLASS_NAME) end += 1;
      const next = text.charCodeAt(end);
      if (end - at <= 3 && (next === 34 || next === 39 || next === 35)) {
        const stop = prefixed(at, end, next);
        if (stop > at) {
          at = stop;
          continue;
        }
      }
      out.push(IDENTIFIER, at, end);
      at = end;
      continue;
    }
    if (kind === CLASS_DIGIT) {
      let end = at + 1;
      while (end < to && (classOf(text.charCodeAt(end)) >= CLASS_NAME || (text.charCodeAt(end) === 46 && classOf(text.charCodeAt(end + 1)) === CLASS_DIGIT))) end += 1;
      out.push(NUMBER, at, end);
      at = end;
      continue;
    }
    if (code === 35) {
      if (hash && !(language === 'php' && text.charCodeAt(at + 1) === 91)) {
        at = lineEnd(text, at, to);
        continue;
      }
      if (language === 'csharp' && out.length > 0 && onlySpaceBefore(text, at)) {
        at = lineEnd(text, at, to);
        continue;
      }
    }
    if (code === 47) {
      const next = text.charCodeAt(at + 1);
      if (slashes && next === 47) {
        at = lineEnd(text, at, to);
        continue;
      }
      if (slashes && next === 42) {
        at = nested ? nestedComment(text, at, to) : after(text, '*/', at + 2, to);
        continue;
      }
      if (regexes && at >= (hopeless[0] ?? 0) && regexMayStart()) {
        const end = regexEnd(text, at + 1, to);
        if (end > 0) {
          out.push(NUMBER, at, end);
          at = end;
          continue;
        }
        hopeless[0] = lineEnd(text, at, to);
      }
    }
    if (code === 34 || code === 39 || code === 96) {
      at = quoted(code, at);
      continue;
    }
    if (code === 64 && language === 'csharp' && (text.charCodeAt(at + 1) === 34 || text.charCodeAt(at + 1) === 36)) {
      at = csharpString(at);
      continue;
    }
    if (code === 37 && language === 'ruby') {
      const end = rubyPercent(at);
      if (end > at) {
        at = end;
        continue;
      }
    }
    if (code === 60 && (language === 'ruby' || language === 'php')) {
      const end = heredoc(at);
      if (end > at) {
        at = end;
        continue;
      }
    }
    if (code === 63 && language === 'php' && text.charCodeAt(at + 1) === 62) {
      const next = text.indexOf('<?', at);
      at = next < 0 || next >= to ? to : next + (text.startsWith('<?php', next) ? 5 : 2);
      continue;
    }
    if (code === 40 || code === 91 || code === 123) {
      const top = stack[stack.length - 1];
      if (code === 123 && top !== undefined) top.depth += 1;
      out.open(at, at + 1, code);
      at += 1;
      continue;
    }
    if (code === 41 || code === 93 || code === 125) {
      out.close(at, at + 1, code);
      at += 1;
      const top = stack[stack.length - 1];
      if (code !== 125 || top === undefined) continue;
      if (top.depth > 0) top.depth -= 1;
      else at = resume(top, at, at);
      continue;
    }
    out.push(PUNCTUATION, at, at + 1, code);
    at += 1;
  }

  function regexMayStart(): boolean {
    const last = out.length - 1;
    if (last < 0) return true;
    const lastKind = out.kind(last);
    if (lastKind === IDENTIFIER) return out.end(last) - out.start(last) <= 10 && BEFORE_REGEX.has(out.value(last));
    if (lastKind !== PUNCTUATION) return false;
    const code = out.code(last);
    // `</div>` in JSX is no regular expression.
    return code !== 41 && code !== 93 && code !== 125 && code !== 60 && code !== TEMPLATE_CLOSE;
  }

  /** A string whose quote stands at `at`. Returns the offset after it. */
  function quoted(quote: number, start: number): number {
    const character = String.fromCharCode(quote);
    if (quote === 96) {
      if (language === 'javascript') return begin({ close: '`', begin: '${', escapes: true, multiline: true, doubled: false, depth: 0 }, start + 1);
      if (language === 'go') return plain('`', start + 1, false, true);
      if (language === 'kotlin') return plain('`', start + 1, false, false);
      if (language === 'ruby' || language === 'php') return plain('`', start + 1, true, true);
      out.push(PUNCTUATION, start, start + 1, quote);
      return start + 1;
    }
    if (language === 'rust' && quote === 39) {
      if (text.charCodeAt(start + 1) === 92 || text.charCodeAt(start + 2) === 39) return plain("'", start + 1, true, false);
      return start + 1;
    }
    const triple = text.startsWith(character.repeat(3), start);
    if (triple && (language === 'python' || (quote === 34 && (language === 'java' || language === 'kotlin' || language === 'csharp')))) {
      const close = character.repeat(3);
      if (language === 'kotlin') return begin({ close, begin: '${', escapes: false, multiline: true, doubled: false, depth: 0 }, start + 3);
      return plain(close, start + 3, language !== 'csharp', true);
    }
    if (quote === 34 && language === 'kotlin') return begin({ close: '"', begin: '${', escapes: true, multiline: false, doubled: false, depth: 0 }, start + 1);
    if (quote === 34 && language === 'ruby') return begin({ close: '"', begin: '#{', escapes: true, multiline: true, doubled: false, depth: 0 }, start + 1);
    if (quote === 34 && language === 'php') return begin({ close: '"', begin: '{$', escapes: true, multiline: true, doubled: false, depth: 0 }, start + 1);
    return plain(character, start + 1, true, language === 'ruby' || language === 'php' || language === 'rust');
  }

  /** A string without interpolation, its content beginning at `start`. */
  function plain(close: string, start: number, escapes: boolean, multiline: boolean): number {
    const slot = close.charCodeAt(0) === 34 ? 1 : 2;
    const first = close.charCodeAt(0);
    if (start <= (hopeless[slot] ?? 0)) {
      out.push(PUNCTUATION, start - 1, start, first);
      return start;
    }
    let index = start;
    while (index < to) {
      const code = text.charCodeAt(index);
      if (code === 92 && escapes) {
        index += 2;
        continue;
      }
      if (code === 10 && !multiline) break;
      if (code === first && (close.length === 1 || text.startsWith(close, index))) {
        out.push(STRING, start, index);
        return index + close.length;
      }
      index += 1;
    }
    if (multiline && close.length > 1) {
      out.push(STRING, start, to);
      return to;
    }
    hopeless[slot] = Math.min(index, to);
    out.push(PUNCTUATION, start - 1, start, first);
    return start;
  }

  function begin(mode: Interpolation, start: number): number {
    return resume(mode, start, -1);
  }

  /** Reads string content until its end or an interpolation. `resumed` is -1 for a string that has just begun. */
  function resume(mode: Interpolation, start: number, resumed: number): number {
    const close = mode.close.charCodeAt(0);
    const opener = mode.begin.charCodeAt(0);
    let index = start;
    while (index < to) {
      const code = text.charCodeAt(index);
      if (code === 92 && mode.escapes) {
        index += 2;
        continue;
      }
      if (code === 10 && !mode.multiline) break;
      if (code === close && (mode.close.length === 1 || text.startsWith(mode.close, index))) break;
      if (code === opener && (mode.begin.length === 1 || text.startsWith(mode.begin, index))) {
        if (mode.doubled && text.charCodeAt(index + 1) === opener) {
          index += 2;
          continue;
        }
        if (resumed < 0) {
          out.open(start, start, TEMPLATE_OPEN);
          stack.push(mode);
        }
        if (index > start) out.push(CHUNK, start, index);
        const brace = text.indexOf('{', index);
        out.open(brace, brace + 1, 123);
        mode.depth = 0;
        return brace + 1;
      }
      index += 1;
    }
    const stop = Math.min(index, to);
    if (resumed < 0) out.push(STRING, start, stop);
    else {
      if (stop > start) out.push(CHUNK, start, stop);
      out.close(stop, stop, TEMPLATE_CLOSE);
      stack.pop();
    }
    return text.charCodeAt(stop) === 10 ? stop : stop + mode.close.length;
  }

  /** Python `f"..."`, Rust `r#"..."#` and their like: a short name that touches a quote. Returns `start` when it is only a name. */
  function prefixed(start: number, end: number, next: number): number {
    const prefix = text.slice(start, end).toLowerCase();
    if (language === 'python' && next !== 35 && /^[rbuft]{1,2}$/.test(prefix)) {
      const character = String.fromCharCode(next);
      const triple = text.startsWith(character.repeat(3), end);
      const close = triple ? character.repeat(3) : character;
      const content = end + close.length;
      if (/[ft]/.test(prefix)) return begin({ close, begin: '{', escapes: true, multiline: triple, doubled: true, depth: 0 }, content);
      return plain(close, content, true, triple);
    }
    if (language === 'rust' && next !== 39 && /^(?:b|r|br|c|cr)$/.test(prefix)) {
      let hashes = 0;
      while (hashes < 16 && text.charCodeAt(end + hashes) === 35) hashes += 1;
      if (text.charCodeAt(end + hashes) !== 34) return start;
      const raw = prefix.includes('r');
      if (!raw && hashes > 0) return start;
      return plain(`"${'#'.repeat(hashes)}`, end + hashes + 1, !raw, true);
    }
    return start;
  }

  /** `@"..."`, `$"..."`, `$@"..."`, `$"""..."""`, from the first sign. */
  function csharpString(start: number): number {
    let index = start;
    let signs = '';
    while (index < to && index - start < 4 && /[@$]/.test(text[index] ?? '')) {
      signs += text[index];
      index += 1;
    }
    if (text.charCodeAt(index) !== 34) {
      out.push(PUNCTUATION, start, index, text.charCodeAt(start));
      return index;
    }
    const raw = text.startsWith('"""', index);
    const close = raw ? '"""' : '"';
    const verbatim = signs.includes('@') || raw;
    if (signs.includes('$')) return begin({ close, begin: '{', escapes: !verbatim, multiline: verbatim, doubled: true, depth: 0 }, index + close.length);
    return plain(close, index + close.length, false, true);
  }

  /** `%w[A B]` gives its words, `%q(...)` and `%i` likewise; anything else is a remainder. */
  function rubyPercent(start: number): number {
    const match = /^%([wWiIqQ])([[({<|!])/.exec(text.slice(start, start + 3));
    if (match === null) return start;
    const open = match[2] ?? '';
    const close = { '[': ']', '(': ')', '{': '}', '<': '>' }[open] ?? open;
    // Bounded, because nothing may close it.
    const length = text.slice(start + 3, Math.min(to, start + 5000)).indexOf(close);
    if (length < 0) return start;
    const end = start + 3 + length;
    if (/[qQ]/.test(match[1] ?? '')) {
      out.push(STRING, start + 3, end);
      return end + 1;
    }
    out.open(start + 2, start + 3, 91);
    for (const word of text.slice(start + 3, end).matchAll(/\S+/g)) out.push(STRING, start + 3 + word.index, start + 3 + word.index + word[0].length);
    out.close(end, end + 1, 93);
    return end + 1;
  }

  function heredoc(start: number): number {
    const pattern = language === 'ruby' ? /^<<([~-]?)(["'`]?)([A-Z_][A-Za-z0-9_]{0,60})\2/ : /^<<<([ \t]?)(["']?)([A-Za-z_][A-Za-z0-9_]{0,60})\2/;
    const match = pattern.exec(text.slice(start, start + 80));
    if (match === null) return start;
    heredocs.push({ word: match[3] ?? '', indented: true });
    return start + match[0].length;
  }
}

function skipHeredocs(text: string, start: number, to: number, heredocs: { word: string; indented: boolean }[]): number {
  let at = start;
  for (const { word } of heredocs) {
    while (at < to) {
      const end = lineEnd(text, at, to);
      const line = text.slice(at, Math.min(end, at + 200)).trimStart();
      at = end + 1;
      if (line.startsWith(word) && !/^\w/.test(line.slice(word.length))) break;
    }
  }
  heredocs.length = 0;
  return Math.min(at, to);
}

function lineEnd(text: string, at: number, to: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 || end > to ? to : end;
}

function after(text: string, mark: string, at: number, to: number): number {
  const end = text.indexOf(mark, at);
  return end < 0 || end > to ? to : end + mark.length;
}

function nestedComment(text: string, start: number, to: number): number {
  let depth = 0;
  let at = start;
  while (at < to) {
    if (text.startsWith('/*', at)) {
      depth += 1;
      at += 2;
    } else if (text.startsWith('*/', at)) {
      depth -= 1;
      at += 2;
      if (depth === 0) return at;
    } else at += 1;
  }
  return to;
}

function regexEnd(text: string, start: number, to: number): number {
  let inClass = false;
  for (let at = start; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 10) return -1;
    if (code === 92) at += 1;
    else if (code === 91) inClass = true;
    else if (code === 93) inClass = false;
    else if (code === 47 && !inClass) return at + 1;
  }
  return -1;
}

function onlySpaceBefore(text: string, at: number): boolean {
  for (let index = at - 1; index >= 0 && at - index < 200; index -= 1) {
    const code = text.charCodeAt(index);
    if (code === 10) return true;
    if (code !== 32 && code !== 9) return false;
  }
  return at < 200;
}
