/** What a part of outside data has to be. */
export type Shape =
  | 'text'
  | 'line'
  | 'digest'
  | 'boolean'
  /** A whole number from 0. */
  | 'count'
  | { readonly oneOf: readonly string[] }
  | { readonly list: Shape }
  | { readonly byName: Shape }
  | { readonly orNull: Shape }
  | { readonly optional: Shape }
  /** A text some of whose parts are inputs (`model/text.ts`). */
  | 'parts'
  | { readonly fields: Readonly<Record<string, Shape>> };

/** The first part of `value` that is not of `shape`, in words (`migrations[3].path is not a text`); undefined when all is. Fields that are not asked for are left alone. */
export function misfit(value: unknown, shape: Shape, route = ''): string | undefined {
  const at = route === '' ? 'it' : route;
  if (typeof shape === 'string') return isPlain(value, shape) ? undefined : `${at} is not ${WORDS[shape]}`;
  if ('oneOf' in shape) return typeof value === 'string' && shape.oneOf.includes(value) ? undefined : `${at} is not one of ${shape.oneOf.join(', ')}`;
  if ('orNull' in shape) return value === null ? undefined : misfit(value, shape.orNull, route);
  if ('optional' in shape) return value === undefined ? undefined : misfit(value, shape.optional, route);
  if ('list' in shape) {
    if (!Array.isArray(value)) return `${at} is not a list`;
    return first(value.entries(), ([index, item]) => misfit(item, shape.list, `${route}[${index}]`));
  }
  if (!isRecord(value)) return `${at} is not an object`;
  if ('byName' in shape) return first(Object.entries(value), ([name, item]) => misfit(item, shape.byName, `${route}.${name.slice(0, 80)}`));
  return first(Object.entries(shape.fields), ([name, field]) => misfit(Object.hasOwn(value, name) ? value[name] : undefined, field, route === '' ? name : `${route}.${name}`));
}

const WORDS = {
  text: 'a text',
  line: 'a text on one line',
  digest: 'a SHA-256 in hexadecimal',
  boolean: 'true or false',
  count: 'a whole number',
  parts: 'a text with inputs',
} as const;

function isPlain(value: unknown, shape: keyof typeof WORDS): boolean {
  switch (shape) {
    case 'text':
      return typeof value === 'string';
    case 'line':
      return typeof value === 'string' && !/[\r\n\u2028\u2029]/.test(value);
    case 'digest':
      return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'count':
      return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
    case 'parts':
      return Array.isArray(value) && value.every((part) => typeof part === 'string' || (isRecord(part) && typeof part['input'] === 'string'));
  }
}

function first<T>(items: Iterable<T>, of: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = of(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
