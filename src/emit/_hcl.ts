/** Terraform from typed blocks, laid out as `terraform fmt` lays it out. */
import type { Input, InputShape } from '../model/text.ts';
import { type Data, inputsOf, isTextData, parameterName } from './_text.ts';

/** A value of an attribute. `expression` is code written by us, never text from a scan: `aws_iam_role.this.arn`. */
export type HclValue = Data | { readonly kind: 'expression'; readonly code: string } | { readonly kind: 'jsonencode'; readonly value: HclValue } | HclList | HclMap;
type HclList = readonly HclValue[];
interface HclMap {
  readonly [key: string]: HclValue;
}

export interface Block {
  readonly type: string;
  readonly labels?: readonly string[];
  /** Written before it. */
  readonly comment?: string;
  readonly attributes?: Readonly<Record<string, HclValue>>;
  readonly blocks?: readonly Block[];
}

export function expression(code: string): HclValue {
  return { kind: 'expression', code };
}

export function jsonencode(value: HclValue): HclValue {
  return { kind: 'jsonencode', value };
}

/** What a value of each shape looks like, for `validation`; RE2. */
const PATTERNS: Readonly<Record<InputShape, string>> = {
  name: '^[A-Za-z0-9._-]+$',
  path: '^[A-Za-z0-9._/-]+$',
  digits: '^[0-9]+$',
  hex: '^[0-9a-f]+$',
  uuid: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
  url: '^https://[A-Za-z0-9._~:/-]+$',
  id: '^[A-Za-z0-9._:/-]+$',
  email: '^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+$',
  'subject-prefix': '^repo:[A-Za-z0-9._-]+(@[0-9]+)?/[A-Za-z0-9._-]+(@[0-9]+)?$',
};

/** The pattern that values of a shape match, and no wildcard ever does. */
export function patternOf(shape: InputShape): string {
  return PATTERNS[shape];
}

/** One `variable` block for an input: required, typed, and refused when it does not look right. */
export function variableBlock(input: Input): Block {
  const name = parameterName(input.id);
  return {
    type: 'variable',
    labels: [name],
    attributes: { type: expression('string'), description: `${input.title}. ${input.how}` },
    blocks: [
      {
        type: 'validation',
        attributes: {
          condition: expression(`can(regex(${quoted(PATTERNS[input.shape])}, var.${name}))`),
          error_message: `${input.title} does not look right.`,
        },
      },
    ],
  };
}

/** The whole file. Ends with a line feed. */
export function hclText(header: string, blocks: readonly Block[]): string {
  return `${[...header.split('\n').map((line) => `# ${line}`.trimEnd()), ...blocks.flatMap((block) => ['', ...blockLines(block, '')])].join('\n')}\n`;
}

/** Ids of all inputs in blocks, sorted. */
export function inputsOfBlocks(blocks: readonly Block[]): readonly string[] {
  const found = new Set<string>();
  const visit = (block: Block): void => {
    for (const value of Object.values(block.attributes ?? {})) for (const input of inputsOfValue(value)) found.add(input);
    for (const inner of block.blocks ?? []) visit(inner);
  };
  for (const block of blocks) visit(block);
  return [...found].toSorted();
}

function inputsOfValue(value: HclValue): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isTextData(value as Data)) return inputsOf(value as Data);
  return Object.values(value as HclMap).flatMap(inputsOfValue);
}

function blockLines(block: Block, indent: string): string[] {
  const head = [block.type, ...(block.labels ?? []).map(quoted)].join(' ');
  const inner = `${indent}  `;
  const attributes = attributeLines(Object.entries(block.attributes ?? {}), inner);
  const nested = (block.blocks ?? []).flatMap((child, index) => [...(index > 0 || attributes.length > 0 ? [''] : []), ...blockLines(child, inner)]);
  const before = block.comment === undefined ? [] : [`${indent}# ${block.comment}`];
  if (attributes.length + nested.length === 0) return [...before, `${indent}${head} {}`];
  return [...before, `${indent}${head} {`, ...attributes, ...nested, `${indent}}`];
}

/** Equal signs of neighbours on one line each stand under one another. */
function attributeLines(entries: readonly (readonly [string, HclValue])[], indent: string): string[] {
  const written = entries.map(([name, value]) => ({ name: keyText(name), text: valueText(value, indent) }));
  const lines: string[] = [];
  for (let at = 0; at < written.length; ) {
    let end = at;
    while (end < written.length && !(written[end]?.text ?? '').includes('\n')) end += 1;
    const group = written.slice(at, Math.max(end, at + 1));
    const width = Math.max(...group.map(({ name }) => name.length));
    for (const { name, text } of group) lines.push(`${indent}${name.padEnd(width)} = ${text}`);
    at += group.length;
  }
  return lines;
}

/** A name that begins with U+0000 is a template of ours already, for keys that hold an input. */
function keyText(name: string): string {
  if (name.startsWith('\u0000')) return name.slice(1);
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(name) ? name : quoted(name);
}

function valueText(value: HclValue, indent: string): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object') return String(value);
  if (isExpression(value)) return value.code;
  if (isJsonencode(value)) return `jsonencode(${valueText(value.value, indent)})`;
  if (isTextData(value as Data)) return template(value as Data);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = (value as HclList).map((item) => valueText(item, inner));
    if (items.length === 0) return '[]';
    if (items.every((item) => !item.includes('\n')) && items.join(', ').length < 90) return `[${items.join(', ')}]`;
    return `[\n${items.map((item) => `${inner}${item},`).join('\n')}\n${indent}]`;
  }
  const entries = Object.entries(value as HclMap);
  return entries.length === 0 ? '{}' : `{\n${attributeLines(entries, inner).join('\n')}\n${indent}}`;
}

function isExpression(value: HclValue): value is { readonly kind: 'expression'; readonly code: string } {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'expression' && 'code' in value;
}

function isJsonencode(value: HclValue): value is { readonly kind: 'jsonencode'; readonly value: HclValue } {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'jsonencode' && 'value' in value;
}

/** A `$` at the end of a part would double the one that begins the next: it is written as its number. */
function template(value: Data): string {
  if (!isTextData(value)) return '""';
  const [only, ...others] = value.text;
  if (only !== undefined && typeof only !== 'string' && others.length === 0) return `var.${parameterName(only.input)}`;
  return `"${value.text.map((part) => (typeof part === 'string' ? escaped(part).replace(/\$$/, () => '\\u0024') : `\${var.${parameterName(part.input)}}`)).join('')}"`;
}

function quoted(text: string): string {
  return `"${escaped(text)}"`;
}

/** `${` and `%{` begin templates, so they are doubled; a `$` or `%` before one of them would be read with it, and is written as its number. */
function escaped(text: string): string {
  return text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t').replace(/([$%]*)([$%])\{/g, (_, before: string, sign: string) => `${[...before].map((one) => (one === '$' ? '\\u0024' : '\\u0025')).join('')}${sign}${sign}{`);
}
