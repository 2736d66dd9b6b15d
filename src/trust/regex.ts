/**
 * Regular expressions (RE2, as CEL `matches` takes them) as languages: literals, escapes, `.`, classes, groups, alternatives and quantifiers. A class or
 * a repeated part is taken for more than it is (any text), so that a proof of tightness stays one. Undefined for anything else.
 */
import { either, exactly, sequence, type Language } from '../support/text-language.ts';

const ANY: Language = [[{ kind: 'many', except: '' }]];
const ONE: Language = [[{ kind: 'one', except: '' }]];
/** Alternatives multiply; more than this is no list that a person wrote. */
const MOST_PATTERNS = 200;

export function languageOfRegex(source: string): Language | undefined {
  const reader = { text: source, at: 0, depth: 0 };
  try {
    const result = alternatives(reader);
    return reader.at === source.length ? result : undefined;
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

/** Whether both ends of every alternative are fixed. */
export function isAnchored(source: string): boolean {
  const body = /^\^\((?:\?:)?([^()]*)\)\$$/.exec(source);
  if (body !== null) return true;
  return /^(\^|\\A)/.test(source) && /(?<!\\)(\$|\\z)$/.test(source) && !hasBareAlternative(source);
}

function hasBareAlternative(source: string): boolean {
  let depth = 0;
  for (let at = 0; at < source.length; at += 1) {
    const character = source[at];
    if (character === '\\') at += 1;
    else if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    else if (character === '|' && depth === 0) return true;
  }
  return false;
}

class Unreadable extends Error {}

interface Reader {
  readonly text: string;
  at: number;
  depth: number;
}

function alternatives(reader: Reader): Language {
  const parts: Language[] = [branch(reader)];
  while (reader.text[reader.at] === '|') {
    reader.at += 1;
    parts.push(branch(reader));
  }
  return either(...parts);
}

/** At the outermost level a missing anchor lets any text stand there. */
function branch(reader: Reader): Language {
  const isOutermost = reader.depth === 0;
  let result: Language = exactly('');
  let starts = !isOutermost;
  let ends = !isOutermost;
  if (isOutermost && takes(reader, '^', '\\A')) starts = true;
  while (reader.at < reader.text.length) {
    const character = reader.text[reader.at];
    if (character === '|' || character === ')') break;
    if (isOutermost && takes(reader, '$', '\\z')) {
      ends = true;
      const next = reader.text[reader.at];
      if (next !== undefined && next !== '|') throw new Unreadable();
      break;
    }
    if (character === '^' || character === '$') throw new Unreadable();
    result = sequence(result, quantified(reader));
    if (result.length > MOST_PATTERNS) throw new Unreadable();
  }
  return sequence(starts ? exactly('') : ANY, result, ends ? exactly('') : ANY);
}

function takes(reader: Reader, ...texts: readonly string[]): boolean {
  const found = texts.find((text) => reader.text.startsWith(text, reader.at));
  if (found !== undefined) reader.at += found.length;
  return found !== undefined;
}

function quantified(reader: Reader): Language {
  const atom = atomOf(reader);
  const quantifier = /^(?:[*+?]|\{\d*,?\d*\})\??/.exec(reader.text.slice(reader.at));
  if (quantifier === null) return atom;
  reader.at += quantifier[0].length;
  if (quantifier[0].startsWith('?')) return either(atom, exactly(''));
  return quantifier[0].startsWith('+') ? sequence(widened(atom), ANY) : ANY;
}

/** One round of a repeated part; a part of several characters is taken for any text. */
function widened(atom: Language): Language {
  return atom.length === 1 && atom[0]?.length === 1 ? atom : ANY;
}

function atomOf(reader: Reader): Language {
  const { text } = reader;
  const character = text[reader.at] ?? '';
  reader.at += 1;
  switch (character) {
    case '.':
      return ONE;
    case '\\':
      return escape(reader);
    case '[': {
      const end = /^\^?\]?(?:\\[\s\S]|\[:\^?\w+:\]|[^\]\\])*\]/.exec(text.slice(reader.at));
      if (end === null) throw new Unreadable();
      reader.at += end[0].length;
      const single = /^([^\\^\]])\]$|^\\([^\w])\]$/.exec(end[0]);
      const only = single?.[1] ?? single?.[2];
      return only === undefined ? ONE : exactly(only);
    }
    case '(': {
      if (text.startsWith('?:', reader.at)) reader.at += 2;
      else if (text[reader.at] === '?') throw new Unreadable();
      reader.depth += 1;
      if (reader.depth > 50) throw new Unreadable();
      const inner = alternatives(reader);
      reader.depth -= 1;
      if (text[reader.at] !== ')') throw new Unreadable();
      reader.at += 1;
      return inner;
    }
    case '*':
    case '+':
    case '?':
    case '{':
    case '}':
      throw new Unreadable();
    default: {
      // A character outside the BMP is two code units and one character.
      const whole = String.fromCodePoint(text.codePointAt(reader.at - 1) ?? 0);
      reader.at += whole.length - 1;
      return exactly(whole);
    }
  }
}

function escape(reader: Reader): Language {
  const character = reader.text[reader.at];
  reader.at += 1;
  if (character === undefined) throw new Unreadable();
  if (/[dDwWsS]/.test(character)) return ONE;
  if (/[A-Za-z0-9]/.test(character)) throw new Unreadable();
  return exactly(character);
}
