/** Variables in the text of CI scripts: which are read, which are set, and what they are handed on as. No shell is emulated. */

/** A variable that is read. Offsets into the searched text; `start` is at the `$`, or at the name where there is none. */
export interface VariableMention {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** The name it is assigned to on the spot: `KEY=$NAME`, `"key": "$NAME"`, `--api-key=$NAME`. */
  readonly target: string | undefined;
}

/** Longest name looked at: longer words are data. */
const MAX_NAME = 128;

const WORD = /[A-Za-z_][A-Za-z0-9_]*/g;

/**
 * `$NAME`, `${NAME}`, `${NAME:-default}`, `$$NAME` (Buildkite), `$env:NAME`, `%NAME%`, `process.env.NAME`, `os.environ["NAME"]`,
 * `getenv("NAME")`, `ENV["NAME"]`, `-e NAME`.
 */
export function variableMentions(text: string): readonly VariableMention[] {
  const mentions: VariableMention[] = [];
  for (const match of text.matchAll(WORD)) {
    const name = match[0];
    if (name.length > MAX_NAME) continue;
    const opener = readOpener(text, match.index, match.index + name.length);
    if (opener === undefined) continue;
    const start = match.index - opener.before;
    mentions.push({ name, start, end: match.index + name.length + opener.after, target: assignmentTarget(text, start) });
  }
  return mentions;
}

/** How many characters round the name belong to the read; `undefined` when the word is not read as a variable. */
function readOpener(text: string, start: number, end: number): { readonly before: number; readonly after: number } | undefined {
  const previous = text[start - 1];
  if (previous === '$') return escaped(text, start - 1) ? undefined : { before: 1, after: 0 };
  if (previous === '{' && text[start - 2] === '$') {
    if (escaped(text, start - 2)) return undefined;
    return { before: 2, after: toBrace(text, end) };
  }
  if (previous === '!' && text[start - 2] === '{' && text[start - 3] === '$') return { before: 3, after: toBrace(text, end) };
  if (previous === '%' && text[end] === '%') return { before: 1, after: 1 };
  if (previous === ':' && endsWithIgnoringCase(text, start, '$env:')) return { before: 5, after: 0 };
  if (previous === ':' && endsWithIgnoringCase(text, start, '${env:')) return { before: 6, after: toBrace(text, end) };
  if (previous === '.' && text.endsWith('process.env.', start)) return { before: 0, after: 0 };
  return wordOpener(text, start, end);
}

/** Characters up to and with the `}` that ends `${NAME:-default}`; none when it is not near. */
function toBrace(text: string, from: number): number {
  const close = text.slice(from, from + 200).search(/[}\n]/);
  return close !== -1 && text[from + close] === '}' ? close + 1 : 0;
}

/** Reads spelt in words, where the name itself is the mention. */
function wordOpener(text: string, start: number, end: number): { readonly before: number; readonly after: number } | undefined {
  const previous = text[start - 1];
  const bare = { before: 0, after: 0 };
  if (previous === '"' || previous === "'") {
    if (text[end] !== previous) return undefined;
    const lead = text.slice(Math.max(0, start - 16), start - 1);
    return /(?:environ\[|environ\.get\(|getenv\(|Getenv\(|LookupEnv\(|ENV\[|ENV\.fetch\(|env::var\()$/.test(lead) ? bare : undefined;
  }
  if (previous === ' ' || previous === '=') {
    const lead = text.slice(Math.max(0, start - 7), start);
    // Without a value, `docker run -e NAME` hands the variable of that name on.
    const passed = /(?:^|\s)(?:-e|--env)[ =]$/.test(lead) && text[end] !== '=';
    return passed ? bare : undefined;
  }
  return undefined;
}

function endsWithIgnoringCase(text: string, end: number, suffix: string): boolean {
  return text.slice(Math.max(0, end - suffix.length), end).toLowerCase() === suffix;
}

/** `\$NAME` is not read. `$$NAME` is: pipeline uploads halve the dollars. */
function escaped(text: string, at: number): boolean {
  return text[at - 1] === '\\';
}

/** The name to which the text at `start` is assigned: a word directly before `=` or `:`, with quotes and blanks between them. */
export function assignmentTarget(text: string, start: number): string | undefined {
  let at = start;
  at = skipBack(text, at, 2, (character) => character === '"' || character === "'" || character === '\\');
  at = skipBack(text, at, 2, (character) => character === ' ');
  const sign = text[at - 1];
  if (sign !== '=' && sign !== ':') return undefined;
  at -= 1;
  // `${NAME:-$OTHER}` and `:=` are defaults, and `==` compares.
  if (text[at - 1] === '=' || text[at - 1] === '!' || text[at - 1] === ':') return undefined;
  at = skipBack(text, at, 1, (character) => character === ' ');
  at = skipBack(text, at, 2, (character) => character === '"' || character === "'" || character === '\\');
  const end = at;
  at = skipBack(text, at, MAX_NAME, (character) => /[A-Za-z0-9_.-]/.test(character));
  const name = text.slice(at, end).replace(/^-+/, '');
  // Behind a colon, lower case is mostly a header or a field of some request.
  return (sign === '=' ? /^[A-Za-z_]/ : /^[A-Z_][A-Z0-9_]*$/).test(name) ? name : undefined;
}

function skipBack(text: string, from: number, limit: number, accepts: (character: string) => boolean): number {
  let at = from;
  while (at > 0 && from - at < limit && accepts(text[at - 1] ?? '')) at -= 1;
  return at;
}

/** A value written out in a script: `export NAME=value`, `NAME: value` in a heredoc is not one. Offsets of the value. */
interface Assignment {
  readonly name: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

const ASSIGNMENT = /(?<![A-Za-z0-9_$.-])([A-Za-z_][A-Za-z0-9_]{0,127})=(["']?)([^\s"'`;|&<>()]{0,512})/g;

/** `NAME=value` at the places where a shell assigns: the start of a command, `export`, `-e`, `echo "NAME=value"`. */
export function assignments(text: string): readonly Assignment[] {
  const found: Assignment[] = [];
  for (const match of text.matchAll(ASSIGNMENT)) {
    const [, name = '', quote = '', value = ''] = match;
    const start = match.index + name.length + 1 + quote.length;
    found.push({ name, value, start, end: start + value.length });
  }
  return found;
}

/** Names that the text itself sets to something other than their own value, so that a later read needs no store. */
export function locallySet(text: string): readonly string[] {
  return assignments(text)
    .filter(({ name, value }) => !value.includes(name) && value !== '')
    .map(({ name }) => name);
}
