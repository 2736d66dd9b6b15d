import { baseName } from './config-draft.ts';

const TEMPLATE = /(?:^|[._-])(?:example|examples|sample|template|tmpl|tpl|dist|default|defaults|schema|placeholder)(?:[._-]|$)/i;
const NAMED = /^(?:\.env(?:[._-].*)?|\.?env(?:[._-](?:local|dev|development|prod|production|staging|test|docker|ci))?[._-](?:example|sample|template|tmpl|tpl|dist|local|defaults?)|\.envrc(?:[._-].*)?|\.dev\.vars(?:\..*)?|\.flaskenv|.*\.env(?:\.[\w-]+)*|dotenv[._-].*)$/i;
/** `.env.ts`, `.env.yaml`: other formats that borrow the name. */
const OTHER_FORMAT = /\.(?:[cm]?[jt]sx?|py|rb|go|rs|java|json|jsonc|ya?ml|toml|md|mdx|txt|html|css|svg|png|zip|gz|gpg|asc|age|lock|snap|vault)$/i;

export function isDotenv(path: string): boolean {
  const name = baseName(path);
  return NAMED.test(name) && !OTHER_FORMAT.test(name);
}

/** Files that show what may be set, and set nothing. */
export function isDotenvTemplate(path: string): boolean {
  return TEMPLATE.test(baseName(path));
}

export interface DotenvLine {
  readonly name: string;
  readonly nameStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  /** The line is commented out. */
  readonly comment: boolean;
}

const HEAD = /[ \t]*(#[# \t]*)?(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*(?:=|:[ \t])[ \t]*/y;

/** Assignments of a dotenv file. Quoted values may run over lines. Linear. */
export function dotenvLines(text: string): DotenvLine[] {
  const lines: DotenvLine[] = [];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at < text.length) {
    const end = lineEnd(text, at);
    HEAD.lastIndex = at;
    const head = HEAD.exec(text);
    const name = head?.[2];
    let next = end + 1;
    // The pattern may not run into the following line; `[ \t]` cannot, so the head always ends on this one.
    if (head !== null && name !== undefined) {
      const from = HEAD.lastIndex;
      const comment = head[1] !== undefined;
      const nameStart = at + head[0].indexOf(name, head[1]?.length ?? 0);
      const value = valueFrom(text, from, end, !comment);
      lines.push({ name, nameStart, valueStart: value.start, valueEnd: value.end, comment });
      next = Math.max(next, value.next);
    }
    at = next;
  }
  return lines;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

function valueFrom(text: string, from: number, end: number, mayRunOn: boolean): { start: number; end: number; next: number } {
  const quote = text[from];
  if (quote === '"' || quote === "'" || quote === '`') {
    const close = closingQuote(text, from, quote);
    const onLine = close >= 0 && close < end;
    const closes = close >= 0 && /^[ \t\r]*(?:#|\n|$)/.test(text.slice(close + 1, close + 40));
    if (onLine || (mayRunOn && closes)) return { start: from + 1, end: close, next: lineEnd(text, close) + 1 };
  }
  let stop = end;
  const comment = text.slice(from, end).search(/\s#/);
  if (comment >= 0) stop = from + comment;
  else if (text[from] === '#') stop = from;
  while (stop > from && (text.charCodeAt(stop - 1) <= 32 || text[stop - 1] === ';')) stop -= 1;
  return { start: from, end: stop, next: end + 1 };
}

function closingQuote(text: string, from: number, quote: string): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\' && quote === '"') at += 1;
    else if (text[at] === quote) return at;
  }
  return -1;
}
