import { entry, get, type YamlNode } from '../../support/yaml.ts';
import { isFlow } from '../_yaml-lines.ts';
import type { YamlMap } from '../yaml-edit.ts';

/** Values to be written: scalars are YAML source already. */
export type Shape = string | readonly Shape[] | { readonly [key: string]: Shape };

/** How the manifest around is written. */
export interface Style {
  /** Spaces by which a map stands below its key. */
  readonly unit: number;
  /** Spaces by which a dash stands below its key. */
  readonly dash: number;
  /** Spaces behind a dash. */
  readonly gap: number;
  /** Quote of strings that would need none. */
  readonly quote: '' | '"' | "'";
}

/** The style of a pod template, taken from what every one has. */
export function styleOf(text: string, template: YamlMap, spec: YamlMap): Style {
  const specEntry = entry(template, 'spec');
  const first = spec.entries[0];
  const unit = specEntry === undefined || first === undefined ? 2 : column(text, first.keyRange.start) - column(text, specEntry.keyRange.start);
  const containers = entry(spec, 'containers') ?? entry(spec, 'initContainers');
  const list = containers?.value;
  const item = list?.kind === 'seq' ? list.items[0] : undefined;
  let dash = 0;
  let gap = 1;
  if (containers !== undefined && item !== undefined) {
    const start = text.lastIndexOf('\n', item.range.start - 1) + 1;
    const at = text.slice(start, item.range.start).lastIndexOf('-');
    dash = at === -1 ? 0 : at - column(text, containers.keyRange.start);
    gap = at === -1 ? 1 : item.range.start - start - at - 1;
  }
  return { unit: unit >= 1 && unit <= 8 ? unit : 2, dash: dash >= 0 && dash <= 8 ? dash : 0, gap: gap >= 1 && gap <= 4 ? gap : 1, quote: quoteOf(spec) };
}

/** The quote of the first value of a variable that has one without need. */
function quoteOf(spec: YamlMap): Style['quote'] {
  for (const key of ['containers', 'initContainers']) {
    const list = get(spec, key);
    for (const container of list?.kind === 'seq' ? list.items : []) {
      const env = get(container, 'env');
      for (const variable of env?.kind === 'seq' ? env.items : []) {
        const value = get(variable, 'value');
        if (value?.kind !== 'scalar' || !isPlain(value.value)) continue;
        return value.style === 'double' ? '"' : value.style === 'single' ? "'" : '';
      }
    }
  }
  return '';
}

function column(text: string, at: number): number {
  return at - (text.lastIndexOf('\n', at - 1) + 1);
}

/** A text as it may stand without quotes, in a block and between braces, and is read as a string. */
function isPlain(text: string): boolean {
  return /^[A-Za-z/][\w./:@+-]*$/.test(text) && !text.endsWith(':') && !/^(?:y|n|yes|no|on|off|true|false|null|nan|inf)$/i.test(text);
}

/** YAML source of a string. */
export function scalar(text: string, { quote }: Pick<Style, 'quote'> = { quote: '' }): string {
  if (quote === "'" && !text.includes("'")) return `'${text}'`;
  if (quote === '' && (isPlain(text) || /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(text))) return text;
  return JSON.stringify(text);
}

/** Entries of a map, a line each or more, without indentation. */
export function entries(map: { readonly [key: string]: Shape }, style: Style): string {
  return Object.entries(map).map(([key, value]) => block(key, value, style)).join('');
}

/** Items to be added to a list, without indentation, and with dashes as the editor takes them. */
export function items(list: readonly Shape[], style: Style): string {
  return list.map((one) => item(one, style, 1)).join('');
}

function block(key: string, value: Shape, style: Style): string {
  if (typeof value === 'string') return `${key}: ${value}\n`;
  if (isList(value)) return `${key}:\n${shifted(value.map((one) => item(one, style, style.gap)).join(''), style.dash)}`;
  return `${key}:\n${shifted(entries(value, style), style.unit)}`;
}

function item(value: Shape, style: Style, gap: number): string {
  const dash = `-${' '.repeat(gap)}`;
  if (typeof value === 'string') return `${dash}${value}\n`;
  const body = isList(value) ? items(value, style) : entries(value, style);
  return `${dash}${shifted(body, dash.length).slice(dash.length)}`;
}

function isList(value: Shape): value is readonly Shape[] {
  return Array.isArray(value);
}

function shifted(text: string, by: number): string {
  return text.replace(/^(?=[^\n])/gm, ' '.repeat(by));
}

/** One line: `{ name: x, value: y }`. */
export function flow(value: Shape, pad: string): string {
  if (typeof value === 'string') return value;
  if (isList(value)) return `[${value.map((one) => flow(one, pad)).join(', ')}]`;
  return `{${pad}${Object.entries(value).map(([key, inner]) => `${key}: ${flow(inner, pad)}`).join(', ')}${pad}}`;
}

/** Whether `node` stands between braces or brackets, and what stands behind the opening one. */
export function flowPad(text: string, node: YamlNode): string | undefined {
  if (node.kind === 'scalar' || !isFlow(text, node)) return undefined;
  return text[node.range.start + 1] === ' ' ? ' ' : '';
}
