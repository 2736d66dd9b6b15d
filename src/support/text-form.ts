import { exactly, type Language, segment, sequence } from './text-language.ts';

/** A text with `{field}` where values stand, and by field the characters that no value holds. */
export interface TextForm {
  readonly template: string;
  readonly except?: Readonly<Record<string, string>> | undefined;
}

type Part = { readonly text: string } | { readonly field: string; readonly except: string };

/** What a field's values never hold when the form does not say. */
const SEPARATOR = ':';

/** The fields of `form`, in order. */
export function fieldsOf(form: TextForm): readonly string[] {
  return partsOf(form).flatMap((part) => ('field' in part ? [part.field] : []));
}

/** The text with every field filled in. `refused` names the first field whose value is missing, empty or would read as something else. */
export function fillForm(form: TextForm, values: Readonly<Record<string, string>>): { readonly text: string } | { readonly refused: string } {
  let text = '';
  for (const part of partsOf(form)) {
    if ('text' in part) {
      text += part.text;
      continue;
    }
    const value = Object.hasOwn(values, part.field) ? values[part.field] : undefined;
    if (value === undefined || !fits(value, part.except)) return { refused: part.field };
    text += value;
  }
  return { text };
}

/** The values in `text`, by field; undefined when it is not of this form. Linear. */
export function readForm(form: TextForm, text: string): Readonly<Record<string, string>> | undefined {
  const values: Record<string, string> = Object.create(null);
  let at = 0;
  const parts = partsOf(form);
  for (const [index, part] of parts.entries()) {
    if ('text' in part) {
      if (!text.startsWith(part.text, at)) return undefined;
      at += part.text.length;
      continue;
    }
    const next = parts[index + 1];
    // A value ends where the text after it first occurs.
    const end = next !== undefined && 'text' in next ? text.indexOf(next.text, at) : text.length;
    const value = end === -1 ? '' : text.slice(at, end);
    if (!fits(value, part.except)) return undefined;
    values[part.field] = value;
    at = end;
  }
  return at === text.length ? values : undefined;
}

/** Every text of the form whose `known` fields have these values; the others may have any. */
export function languageOfForm(form: TextForm, known: Readonly<Record<string, string>>): Language {
  return sequence(
    ...partsOf(form).map((part) => {
      if ('text' in part) return exactly(part.text);
      const value = Object.hasOwn(known, part.field) ? known[part.field] : undefined;
      return value === undefined ? segment(part.except) : exactly(value);
    }),
  );
}

function fits(value: string, except: string): boolean {
  return value !== '' && ![...value].some((character) => except.includes(character) || character <= ' ' || character === '*' || character === '?');
}

function partsOf({ template, except }: TextForm): readonly Part[] {
  return template
    .split(/(\{[a-z-]+\})/)
    .filter((piece) => piece !== '')
    .map((piece) => {
      if (!piece.startsWith('{')) return { text: piece };
      const field = piece.slice(1, -1);
      return { field, except: except?.[field] ?? SEPARATOR };
    });
}
