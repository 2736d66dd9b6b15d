import { percentEncodePath } from '../support/escape.ts';
import { shortenMiddle } from './layout.ts';
import { printable } from './scanned.ts';

/** Columns of a name before its middle gives way. */
const LONGEST_NAME = 90;
/** An address longer than this is left out: the name beside it says the same. */
const LONGEST_ADDRESS = 600;

/**
 * A text from outside as a code span. In one, GitHub makes no link, no mention, no reference to an issue, no image and no HTML. Two characters could end it: a
 * backquote, and in a table a bar (a backslash before a bar is no help, since another may stand before it). Both are shown by their number, as hidden characters are,
 * so that the fence is always a single backquote: renderers give up on very long ones.
 */
export function code(scanned: string, most = LONGEST_NAME): string {
  const clean = shortenMiddle(printable(scanned), most, '…').replace(/[`|]/g, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`);
  return `\`${clean.trim() === '' ? '(empty)' : clean}\``;
}

/** Words of our own or of the registry as text: what Markdown or GitHub would act on is escaped, and what cannot be escaped is shown by its number. */
export function plain(text: string): string {
  return printable(text)
    .replace(/[@#]|www(?=\.)|:(?=\/\/)/gi, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}${sign.slice(1)}`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_[\]|~$]/g, (sign) => `&#${sign.codePointAt(0) ?? 0};`);
}

/** `text`, which is Markdown already, as a link to a line of a file of the repository; without one where there is no such address. */
export function linked(text: string, base: string | undefined, path: string, line: number): string {
  if (base === undefined || printable(path) !== path) return text;
  const address = `${base}${percentEncodePath(path)}#L${line}`;
  return address.length > LONGEST_ADDRESS || path.split('/').includes('..') ? text : `[${text}](${address})`;
}

/** A part that is folded away until somebody asks. The empty lines make what is inside Markdown again. */
export function folded(summary: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`<details><summary>${summary}</summary>`, '', ...lines, '', '</details>'];
}
