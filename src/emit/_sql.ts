import type { Text } from '../model/text.ts';
import { placeholder } from './_text.ts';

/** A literal of SQL; inputs stay as `${NAME}`, and their shapes hold no quote. */
export function sqlText(text: Text): string {
  return `'${placeholder(text.map((part) => (typeof part === 'string' ? part.replace(/[\\']/g, (sign) => (sign === "'" ? "''" : '\\\\')) : part)))}'`;
}

/** A name of SQL in double quotes. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
