/** One `key = value` of a git configuration file. */
export interface ConfigEntry {
  /** Lower case. */
  readonly section: string;
  /** As written: subsections keep their case. Empty when there is none. */
  readonly subsection: string;
  /** Lower case. */
  readonly key: string;
  /** `true` for a key written without `=`. */
  readonly value: string;
}

/**
 * Entries of a git configuration file, in order. Follows git-config(5): quotes, escapes, comments, continued lines.
 * Lines that git would refuse are passed over: what is wanted here are facts, and a broken file has none to give.
 */
export function parseConfig(text: string): readonly ConfigEntry[] {
  const entries: ConfigEntry[] = [];
  let section = '';
  let subsection = '';
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  while (at < text.length) {
    const character = text.charAt(at);
    if (character === '[') {
      const header = readHeader(text, at);
      at = header.end;
      section = header.section;
      subsection = header.subsection;
      continue;
    }
    if (isSpace(character)) {
      at += 1;
      continue;
    }
    if (!isKeyCharacter(character)) {
      at = endOfLine(text, at);
      continue;
    }
    const keyStart = at;
    while (at < text.length && isKeyCharacter(text.charAt(at))) at += 1;
    const key = text.slice(keyStart, at).toLowerCase();
    while (text.charAt(at) === ' ' || text.charAt(at) === '\t') at += 1;
    if (text.charAt(at) !== '=') {
      entries.push({ section, subsection, key, value: 'true' });
      at = endOfLine(text, at);
      continue;
    }
    const read = readValue(text, at + 1);
    at = read.end;
    entries.push({ section, subsection, key, value: read.value });
  }
  return entries;
}

/** The last value wins, as in git. */
export function configValue(entries: readonly ConfigEntry[], section: string, subsection: string, key: string): string | undefined {
  return entries.findLast((entry) => entry.section === section && entry.subsection === subsection && entry.key === key)?.value;
}

/** Git's reading of a boolean, false when it is none. */
export function isTrue(value: string | undefined): boolean {
  return value !== undefined && ['true', 'yes', 'on', '1'].includes(value.toLowerCase());
}

function readHeader(text: string, start: number): { section: string; subsection: string; end: number } {
  let at = start + 1;
  const nameStart = at;
  while (at < text.length && (isKeyCharacter(text.charAt(at)) || text.charAt(at) === '.')) at += 1;
  const section = text.slice(nameStart, at).toLowerCase();
  while (text.charAt(at) === ' ' || text.charAt(at) === '\t') at += 1;
  let subsection = '';
  if (text.charAt(at) === '"') {
    at += 1;
    while (at < text.length && text.charAt(at) !== '"' && text.charAt(at) !== '\n') {
      if (text.charAt(at) === '\\') at += 1;
      subsection += text.charAt(at);
      at += 1;
    }
    at += 1;
  }
  const dot = section.indexOf('.');
  if (text.charAt(at) !== ']') return { section: '', subsection: '', end: endOfLine(text, at) };
  if (dot < 0) return { section, subsection, end: at + 1 };
  return { section: section.slice(0, dot), subsection: section.slice(dot + 1), end: at + 1 };
}

function readValue(text: string, start: number): { value: string; end: number } {
  let value = '';
  // Blanks are kept only when more text follows them on the line.
  let blanks = '';
  let quoted = false;
  let at = start;
  while (at < text.length) {
    const character = text.charAt(at);
    if (character === '\n') break;
    if (!quoted && (character === '#' || character === ';')) {
      at = endOfLine(text, at);
      break;
    }
    if (!quoted && isSpace(character)) {
      if (value !== '') blanks += character;
      at += 1;
      continue;
    }
    if (character === '"') {
      quoted = !quoted;
      at += 1;
      continue;
    }
    value += blanks;
    blanks = '';
    if (character !== '\\') {
      value += character;
      at += 1;
      continue;
    }
    const escaped = text.charAt(at + 1);
    at += 2;
    if (escaped === '\n') continue;
    if (escaped === '\r' && text.charAt(at) === '\n') at += 1;
    else value += ESCAPES.get(escaped) ?? escaped;
  }
  return { value, end: at };
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['b', '\b'],
]);

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\n' || character === '\r';
}

function isKeyCharacter(character: string): boolean {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') || (character >= '0' && character <= '9') || character === '-';
}
