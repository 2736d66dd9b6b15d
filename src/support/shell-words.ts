/** A use of a variable in shell text. Offsets count UTF-16 code units from the start of the text given. */
export interface VariableUse {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** Single quotes stop the shell, though not a second shell that is handed the text (`sh -c '... $X'`). */
  readonly quote: 'none' | 'single' | 'double';
  /** `x` of `${NAME:-x}`. */
  readonly fallback?: { readonly text: string; readonly start: number };
}

/** `NAME=value`, as a prefix of a command, an argument of `export` or `env`, or a `-e NAME=value` option. */
export interface Assignment {
  readonly name: string;
  readonly nameStart: number;
  /** The value without the quotes round it. */
  readonly value: string;
  readonly valueStart: number;
  readonly valueEnd: number;
  /** The command that the assignment is an argument of (`export`, `env`, `docker`); absent for a prefix. */
  readonly command?: string;
}

export interface ShellWord {
  /** As written, quotes and all. */
  readonly raw: string;
  /** Without quotes and backslashes; variables stay as written. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** True for the first word of a command, assignments before it included. */
  readonly first: boolean;
}

const NAME_START = /[A-Za-z_]/;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
/** Longest `${...}` that is read; a longer one is taken as unfinished, so that hostile text stays linear. */
const MAX_EXPANSION = 4096;
/** The same for `NAME=$(...)`, which is counted character by character. */
const MAX_COMMAND = 500;

function nameAt(text: string, at: number): string | undefined {
  NAME.lastIndex = at;
  return NAME.exec(text)?.[0];
}

/**
 * Every `$NAME`, `${NAME...}` and PowerShell `$env:NAME` in shell text, in order. `\$NAME` and `$$` are not uses; `${{ ... }}` of CI
 * systems is left to their readers. Never throws; linear.
 */
export function variableUses(text: string): VariableUse[] {
  const uses: VariableUse[] = [];
  let quote: VariableUse['quote'] = 'none';
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\\' && quote !== 'single') at += 1;
    else if (char === "'" && quote !== 'double') quote = quote === 'single' || !closesOnLine(text, at) ? 'none' : 'single';
    else if (char === '"' && quote !== 'single') quote = quote === 'double' ? 'none' : 'double';
    else if (char === '\n' && quote === 'double' && text[at + 1] === '\n') quote = 'none';
    else if (char === '$') {
      if (text[at + 1] === '$') {
        at += 1;
        continue;
      }
      const use = useAt(text, at, quote);
      if (use === undefined) continue;
      uses.push(use);
      at = (use.fallback?.start ?? use.end) - 1;
    }
  }
  return uses;
}

/** An apostrophe in prose (`don't`) opens no quote that matters. Looks ahead a bounded way only. */
function closesOnLine(text: string, at: number): boolean {
  const close = text.slice(at + 1, at + 1 + MAX_EXPANSION).indexOf("'");
  return close >= 0;
}

function useAt(text: string, at: number, quote: VariableUse['quote']): VariableUse | undefined {
  if (text[at + 1] === '{') {
    if (text[at + 2] === '{') return undefined;
    let from = at + 2;
    if (text[from] === '!' || text[from] === '#') from += 1;
    if (text.startsWith('env:', from)) from += 4;
    const name = nameAt(text, from);
    if (name === undefined) return undefined;
    const after = from + name.length;
    const close = text.slice(after, after + MAX_EXPANSION).indexOf('}');
    if (close < 0) return undefined;
    const end = after + close + 1;
    const operator = text[after] === ':' ? text.slice(after, after + 2) : (text[after] ?? '');
    if (operator !== ':-' && operator !== '-' && operator !== ':=' && operator !== '=') return { name, start: at, end, quote };
    const start = after + operator.length;
    return { name, start: at, end, quote, fallback: { text: text.slice(start, end - 1), start } };
  }
  const from = /^env:/i.test(text.slice(at + 1, at + 5)) ? at + 5 : at + 1;
  const name = nameAt(text, from);
  return name === undefined ? undefined : { name, start: at, end: from + name.length, quote };
}

/**
 * Splits shell text into words with positions: quotes, backslash line ends and comments are understood; here-documents are read as ordinary
 * lines. Meant for finding things, not for running them. Never throws; linear.
 */
export function shellWords(text: string): ShellWord[] {
  const words: ShellWord[] = [];
  let first = true;
  let at = 0;
  while (at < text.length) {
    const char = text[at] ?? '';
    if (char === '\\' && (text[at + 1] === '\n' || text[at + 1] === '\r')) at += text[at + 1] === '\r' ? 3 : 2;
    else if (char === ' ' || char === '\t' || char === '\r') at += 1;
    else if (char === '#') {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if ('\n;|&(){}'.includes(char) && !(char === '{' && text[at + 1] === '{') && !(char === '}' && text[at + 1] === '}')) {
      first = true;
      at += 1;
    } else {
      const word = wordAt(text, at, first);
      words.push(word);
      first = first && ASSIGNMENT.test(word.text);
      at = word.end;
    }
  }
  return words;
}

const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*\+?=/;

function wordAt(text: string, start: number, first: boolean): ShellWord {
  const parts: string[] = [];
  let at = start;
  let from = start;
  let quote = '';
  while (at < text.length) {
    const char = text[at] ?? '';
    if (char === '\\' && quote !== "'") {
      parts.push(text.slice(from, at));
      from = at + 1;
      at += 2;
      continue;
    }
    if (quote === '' && (' \t\r\n;|&()'.includes(char) || char === '`')) {
      // A backquote opens a command inside a word; words inside it are words of their own.
      if (char === '`' && at === start) at += 1;
      break;
    }
    if (char === '$' && text[at + 1] === '{' && quote !== "'") {
      const close = text.slice(at, at + MAX_EXPANSION).indexOf('}');
      at += close < 0 ? 2 : close + 1;
      continue;
    }
    if (quote === '' && char === '$' && text[at + 1] === '(') {
      // `NAME=$(command)` is one word; elsewhere the command's words are words of their own.
      const close = text[at - 1] === '=' ? closingParenthesis(text, at + 1) : -1;
      if (close > 0) {
        at = close + 1;
        continue;
      }
      at = Math.max(at + 1, start + 1);
      break;
    }
    if (quote === '' ? char === '"' || char === "'" : char === quote) {
      parts.push(text.slice(from, at));
      from = at + 1;
      quote = quote === '' ? char : '';
    }
    at += 1;
  }
  const end = Math.min(Math.max(at, start + 1), text.length);
  if (from < end) parts.push(text.slice(from, end));
  return { raw: text.slice(start, end), text: parts.join(''), start, end, first };
}

/** Looks a bounded way ahead only. */
function closingParenthesis(text: string, open: number): number {
  const stop = Math.min(text.length, open + MAX_COMMAND);
  let depth = 0;
  for (let at = open; at < stop; at += 1) {
    if (text[at] === '(') depth += 1;
    else if (text[at] === ')') depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

/** Every `NAME=value` word of shell text, in order. Never throws; linear. */
export function assignments(text: string): Assignment[] {
  const found: Assignment[] = [];
  let command: string | undefined;
  for (const word of shellWords(text)) {
    if (word.first) command = undefined;
    const assignment = assignmentOf(word);
    if (assignment !== undefined) found.push(command === undefined ? assignment : { ...assignment, command });
    else command ??= word.text;
  }
  return found;
}

function assignmentOf(word: ShellWord): Assignment | undefined {
  // `"NAME=value"` is one argument in quotes; `--env=NAME=value` an option with one.
  const option = /^-{1,2}[a-z][a-z-]*=/.exec(word.raw)?.[0].length ?? 0;
  const lead = option + (word.raw[option] === '"' || word.raw[option] === "'" ? 1 : 0);
  const name = nameAt(word.raw, lead);
  if (name === undefined) return undefined;
  let at = lead + name.length;
  if (word.raw[at] === '+') at += 1;
  if (word.raw[at] !== '=') return undefined;
  at += 1;
  let end = word.raw.length;
  const quote = lead > option ? word.raw[option] : word.raw[at];
  if (quote === '"' || quote === "'") {
    if (lead === option) at += 1;
    if (end > at && word.raw[end - 1] === quote) end -= 1;
  }
  if (NAME_START.test(word.raw[lead] ?? '') && end < at) end = at;
  return {
    name,
    nameStart: word.start + lead,
    value: word.raw.slice(at, end),
    valueStart: word.start + at,
    valueEnd: word.start + end,
  };
}
