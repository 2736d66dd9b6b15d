import type { InputRef, Text } from '../model/text.ts';

/** A value of a document, with texts in it that may hold inputs. */
export type Data = string | number | boolean | null | TextData | readonly Data[] | { readonly [key: string]: Data };

/** A `Text` inside a document; see `data`. */
export interface TextData {
  readonly kind: 'text';
  readonly text: Text;
}

/** Wraps a text for use inside a document: the plain string when every part is known. */
export function data(text: Text): string | TextData {
  return literal(text) ?? { kind: 'text', text };
}

export function isTextData(value: Data): value is TextData {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && 'kind' in value && 'text' in value && value.kind === 'text' && Array.isArray(value.text);
}

/** The string, when nothing in it is still to be filled in. */
export function literal(text: Text): string | undefined {
  let result = '';
  for (const part of text) {
    if (typeof part !== 'string') return undefined;
    result += part;
  }
  return result;
}

/** With `${NAME}` where an input stands: for documents that are filled in by hand or by envsubst, and for people. */
export function placeholder(text: Text): string {
  return text.map((part) => (typeof part === 'string' ? part : `\${${variableName(part.input)}}`)).join('');
}

/** Ids of the inputs in `text`, in order, repeats kept. */
export function inputsIn(text: Text): readonly string[] {
  return text.flatMap((part) => (typeof part === 'string' ? [] : [part.input]));
}

/** `anthropic.organization_id` as an environment variable: `ANTHROPIC_ORGANIZATION_ID`. */
export function variableName(input: string): string {
  return input.toUpperCase().replaceAll('.', '_');
}

/** The same as a variable of Terraform or a parameter of Bicep: `anthropic_organization_id`. */
export function parameterName(input: string): string {
  return input.replaceAll('.', '_');
}

/** Adjacent strings joined, empty ones dropped. */
export function concat(...parts: readonly (string | InputRef | Text)[]): Text {
  const result: (string | InputRef)[] = [];
  for (const part of parts.flat()) {
    const last = result.at(-1);
    if (part === '') continue;
    if (typeof part === 'string' && typeof last === 'string') result[result.length - 1] = last + part;
    else result.push(part);
  }
  return result;
}

/** A document as JSON, two spaces, `${NAME}` where an input stands. Ends with a line feed. */
export function jsonText(value: Data): string {
  return `${JSON.stringify(fillPlaceholders(value), undefined, 2)}\n`;
}

/** The document with every text as a plain string, inputs as `${NAME}`. */
export function fillPlaceholders(value: Data): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isTextData(value)) return placeholder(value.text);
  if (Array.isArray(value)) return value.map((item: Data) => fillPlaceholders(item));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillPlaceholders(item as Data)]));
}

/** Ids of all inputs in a document, sorted, each once. */
export function inputsOf(value: Data): readonly string[] {
  const found = new Set<string>();
  const visit = (item: Data): void => {
    if (typeof item !== 'object' || item === null) return;
    if (isTextData(item)) for (const input of inputsIn(item.text)) found.add(input);
    else for (const inner of Object.values(item)) visit(inner as Data);
  };
  visit(value);
  return [...found].toSorted();
}

/** A name of at most `most` characters of `[a-z0-9-]` that differs wherever `text` differs. */
export function shortName(text: string, most: number): string {
  const clean = text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
  if (clean === text && clean.length <= most && clean !== '') return clean;
  const mark = digest(text);
  return `${clean.slice(0, most - mark.length - 1).replace(/-+$/, '')}-${mark}`.replace(/^-+/, '');
}

/** Six characters that tell texts apart: names, not security. FNV-1a over code units, both halves. */
function digest(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let at = 0; at < text.length; at += 1) {
    a = Math.imul(a ^ text.charCodeAt(at), 0x01000193) >>> 0;
    b = Math.imul(b ^ text.charCodeAt(text.length - 1 - at), 0x85ebca6b) >>> 0;
  }
  return ((a ^ (b >>> 7)) >>> 0).toString(36).padStart(6, '0').slice(-6);
}
