import type { RewriteContext } from '../types.ts';
import { type Action, type Block, parseTemplate, type Template, type TemplateLine } from './_template.ts';

/** Keys of a pod whose whole value a chart may take from its values. */
const LISTS = ['env', 'envFrom', 'volumeMounts', 'volumes'] as const;
export type ListKey = (typeof LISTS)[number];

/** Longer templates are no ones that people wrote. */
const LONGEST = 100_000;

/** A value that becomes a list of the pod, as it is. */
export interface Slot {
  readonly key: ListKey;
  /** `['bot', 'extraEnv']` of `.Values.bot.extraEnv`. */
  readonly route: readonly string[];
  /** `map`: each entry becomes a variable with its text; `sources`: with its `value` or `valueFrom`. */
  readonly form: 'list' | 'map' | 'sources';
  /** Helper of a library that renders it, when it is none of the chart's own. */
  readonly by: string | undefined;
}

/** A container of a chart's pod, and what of both comes from the values. */
export interface ChartPod {
  /** File of the template. */
  readonly path: string;
  readonly slots: readonly Slot[];
  /** What names its ServiceAccount: a helper that reads `serviceAccount.create` and `serviceAccount.name`, or the value `serviceAccount.name` wherever it is set. */
  readonly account: { readonly helper: string } | 'value' | undefined;
}

/** A chart of the repository, read as text. */
export interface Chart {
  readonly folder: string;
  readonly templates: readonly Template[];
  readonly pods: readonly ChartPod[];
}

/** The chart whose own values `path` holds; undefined where there is none, or where another chart has it as a part. */
export function chartOf(path: string, { paths, read }: Pick<RewriteContext, 'paths' | 'read'>): Chart | undefined {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  if (paths === undefined || !/(?:^|\/)values\.ya?ml$/.test(path)) return undefined;
  const has = (file: string): boolean => paths.includes(`${folder}${file}`);
  const isPart = /(?:^|\/)charts\/[^/]+\/$/.test(folder) && paths.includes(`${folder.replace(/charts\/[^/]+\/$/, '')}Chart.yaml`);
  if (!has('Chart.yaml') || isPart) return undefined;
  const texts = paths.filter((file) => file.startsWith(`${folder}templates/`) && /\.(?:ya?ml|tpl)$/i.test(file)).map((file) => ({ file, text: read(file) ?? '' }));
  if (texts.some(({ text }) => text.length > LONGEST)) return undefined;
  const templates = texts.map(({ file, text }) => parseTemplate(file, text));
  return { folder, templates, pods: templates.flatMap((template) => podsIn(template, templates)) };
}

/** Other values of the chart that would win over its own: files for an environment. */
export function otherValues(chart: Chart, path: string, { paths }: Pick<RewriteContext, 'paths'>): readonly string[] {
  return (paths ?? []).filter((file) => file !== path && file.startsWith(chart.folder) && !file.startsWith(`${chart.folder}templates/`) && /values[^/]*\.ya?ml$/i.test(file));
}

/** Uses of a value anywhere in the chart but in `slot` itself and the conditions round it; also such as cannot be followed. */
export function usesBeside(chart: Chart, pod: ChartPod, { route, key }: Slot): readonly string[] {
  const whole = new RegExp(`\\.Values\\.${route.map(escaped).join('\\.')}(?![\\w-])`);
  const parents = route.slice(0, -1).map((_, index) => new RegExp(`\\.Values\\.${route.slice(0, index + 1).map(escaped).join('\\.')}(?![\\w.-])`));
  return chart.templates.flatMap((template) => {
    const own = template.path === pod.path ? new Set(slotsIn(template).filter((one) => one.slot.key === key && one.slot.route.join('.') === route.join('.')).flatMap(({ action }) => [action.start, ...action.blocks.map(({ start }) => start)])) : new Set<number>();
    const isOther = ({ start, text }: Action): boolean => (whole.test(text) && !own.has(start)) || parents.some((parent) => parent.test(text)) || /\.Values(?![\w.])/.test(text);
    return template.actions.some(isOther) ? [template.path] : [];
  });
}

function escaped(text: string): string {
  return text.replace(/[^\w]/g, '\\$&');
}

// --- the pod ---

interface FoundSlot {
  readonly slot: Slot;
  readonly action: Action;
  /** Line of the item of `containers`, or undefined for one of the pod itself. */
  readonly container: number | undefined;
  readonly containers: number;
}

/** One for each container that takes its variables from the values. */
function podsIn(template: Template, all: readonly Template[]): readonly ChartPod[] {
  const found = slotsIn(template);
  const containers = [...new Map(found.flatMap((one) => (one.slot.key === 'env' ? [[one.container, one.containers] as const] : [])))];
  return containers.map(([container, list]): ChartPod => {
    const own = found.filter((one) => one.containers === list && (one.container === undefined || one.container === container));
    const account = accountOf(template, list);
    const isKnown = typeof account !== 'object' || all.some((one) => definesStandardHelper(one, account.helper));
    return { path: template.path, slots: own.map(({ slot }) => slot), account: isKnown ? account : undefined };
  });
}

function slotsIn(template: Template): readonly FoundSlot[] {
  return template.actions.flatMap((action): FoundSlot[] => {
    const rendered = renderedBy(action, template);
    if (rendered === undefined) return [];
    const place = placeOf(template, action, rendered.column);
    if (place === undefined) return [];
    const { key, container, containers } = place;
    if (!isGuardedByItself(action, template, containers, rendered.route)) return [];
    if (key !== 'env' && rendered.form !== 'list') return [];
    return [{ slot: { key, route: rendered.route, form: rendered.form, by: rendered.by }, action, container, containers }];
  });
}

interface Rendered {
  readonly route: readonly string[];
  readonly form: Slot['form'];
  readonly by: string | undefined;
  /** Where the items begin; undefined where the lines of the loop say it. */
  readonly column: number | undefined;
}

const PATH = String.raw`(\$?\.Values\.[\w.-]+|\.)`;
/** `toYaml X | nindent 12`, by itself, through `tpl`, or through the helper of the library of Bitnami, which is the two of them. */
const RENDERS: readonly { readonly pattern: RegExp; readonly by?: string }[] = [
  { pattern: new RegExp(String.raw`^toYaml ${PATH} \| nindent (\d+)$`) },
  { pattern: new RegExp(String.raw`^${PATH} \| toYaml \| nindent (\d+)$`) },
  { pattern: new RegExp(String.raw`^tpl \(toYaml ${PATH}\) [$.] \| nindent (\d+)$`) },
  // https://github.com/bitnami/charts/blob/main/bitnami/common/templates/_tplvalues.tpl (2026-11-29)
  { pattern: new RegExp(String.raw`^include "common\.tplvalues\.render" \(dict "value" ${PATH} "context" [$.]\) \| nindent (\d+)$`), by: 'common.tplvalues.render' },
];

function renderedBy(action: Action, template: Template): Rendered | undefined {
  const loop = /^range \$(\w+), \$(\w+) := (\$?\.Values\.[\w.-]+)$/.exec(action.text);
  if (loop !== null) {
    const [, name = '', value = '', path = ''] = loop;
    const form = loopForm(template, action, name, value);
    return form === undefined ? undefined : { route: routeOf(path), form, by: undefined, column: undefined };
  }
  for (const { pattern, by } of RENDERS) {
    const match = pattern.exec(action.text);
    if (match === null) continue;
    const [, path = '', column = ''] = match;
    const own = path === '.' ? dotOf(action) : path;
    return own === undefined ? undefined : { route: routeOf(own), form: 'list', by, column: Number(column) };
  }
  return undefined;
}

function routeOf(path: string): readonly string[] {
  return path.replace(/^\$?\.Values\./, '').split('.');
}

/** What `.` is: the value of the innermost `with`, where no loop stands between. */
function dotOf({ blocks }: Action): string | undefined {
  const inner = blocks.findLast(({ kind }) => kind !== 'if');
  return inner?.kind === 'with' && /^\$?\.Values\.[\w.-]+$/.test(inner.condition) ? inner.condition : undefined;
}

/** What a loop over a map writes for each entry. */
function loopForm(template: Template, action: Action, name: string, value: string): Slot['form'] | undefined {
  const end = template.actions.find(({ text, start, blocks }) => text === 'end' && start > action.start && blocks.at(-1)?.start === action.start);
  if (end === undefined) return undefined;
  const body = template.text.slice(action.end, end.start).replace(/\{\{-?\s*/g, '{{').replace(/\s*-?\}\}/g, '}}').replace(/\s+/g, ' ').trim();
  const named = String.raw`^- name: (?:"\{\{\$${name}\}\}"|\{\{(?:\$${name}|\$${name} \| quote|quote \$${name})\}\}) `;
  if (new RegExp(String.raw`${named}value: (?:"\{\{\$${value}\}\}"|\{\{(?:\$${value} \| quote|quote \$${value}|\$${value} \| toString \| quote)\}\})$`).test(body)) return 'map';
  if (new RegExp(String.raw`${named}\{\{(?:toYaml \$${value}|tpl \(toYaml \$${value}\) \$) \| nindent \d+\}\}$`).test(body)) return 'sources';
  return undefined;
}

// --- where it stands ---

interface SlotPlace {
  readonly key: ListKey;
  readonly container: number | undefined;
  readonly containers: number;
}

/** Which list of which container the items at `column` become part of. */
function placeOf(template: Template, action: Action, column: number | undefined): SlotPlace | undefined {
  const { lines } = template;
  const at = lines.findIndex((line) => action.start >= line.start && action.start <= line.end);
  const line = lines[at];
  if (line === undefined) return undefined;
  const beside = /^[ \t]*([\w-]+):[ \t]*$/.exec(template.text.slice(line.start, action.start))?.[1];
  const first = column ?? lines.slice(at + 1).find(isContent)?.indent;
  if (first === undefined) return undefined;
  const keyLine = beside === undefined ? parentOfItem(lines, at, first) : at;
  const owner = keyLine === undefined ? undefined : lines[keyLine];
  const key = LISTS.find((one) => one === (beside ?? (owner === undefined ? undefined : keyOf(owner))));
  if (keyLine === undefined || owner === undefined || key === undefined || owner.indent > first) return undefined;
  if (key === 'volumes') {
    const containers = lines.findIndex((one, index) => keyOf(one) === 'containers' && one.indent === owner.indent && parentOfKey(lines, index) === parentOfKey(lines, keyLine));
    return containers !== -1 && isPodSpec(lines, containers) ? { key, container: undefined, containers } : undefined;
  }
  const container = parentOfKey(lines, keyLine);
  const item = container === undefined ? undefined : lines[container];
  if (container === undefined || item === undefined || !item.isItem) return undefined;
  const containers = parentOfItem(lines, container, item.indent);
  return containers !== undefined && keyOf(lines[containers]) === 'containers' && isPodSpec(lines, containers) ? { key, container, containers } : undefined;
}

function isContent(line: TemplateLine): boolean {
  return line.bare !== '';
}

function keyOf(line: TemplateLine | undefined): string | undefined {
  return line === undefined ? undefined : /^([\w-]+):$/.exec(line.bare)?.[1];
}

/** Line of the key whose list has an item at `column` behind line `from`. */
function parentOfItem(lines: readonly TemplateLine[], from: number, column: number): number | undefined {
  const index = lines.slice(0, from).findLastIndex((line) => isContent(line) && line.indent <= column && !(line.indent === column && line.isItem));
  return index === -1 || lines[index]?.isItem === true ? undefined : index;
}

/** Line of the key, or the first line of the item, that holds the key on line `at`. */
function parentOfKey(lines: readonly TemplateLine[], at: number): number | undefined {
  const column = lines[at]?.indent ?? 0;
  const index = lines.slice(0, at).findLastIndex((line) => isContent(line) && line.indent < column);
  const line = lines[index];
  if (line === undefined) return undefined;
  return line.isItem && line.contentAt !== column ? undefined : index;
}

/** `template:` `spec:` `containers:`. */
function isPodSpec(lines: readonly TemplateLine[], containers: number): boolean {
  const spec = parentOfKey(lines, containers);
  const template = spec === undefined ? undefined : parentOfKey(lines, spec);
  return spec !== undefined && template !== undefined && keyOf(lines[spec]) === 'spec' && keyOf(lines[template]) === 'template';
}

/** Whether the value is rendered whenever it is there: by conditions on itself alone, inside those of the whole pod. */
function isGuardedByItself(action: Action, template: Template, containers: number, route: readonly string[]): boolean {
  const start = template.lines[containers]?.start ?? 0;
  const outer = blocksAt(template, start);
  if (outer.some(({ kind }) => kind !== 'if')) return false;
  const path = new RegExp(String.raw`^(?:or .*)?\$?\.Values\.${route.map(escaped).join('\\.')}(?![\w.-])`);
  return action.blocks.filter((block) => !outer.some((one) => one.start === block.start)).every(({ kind, condition }) => (kind === 'if' || kind === 'with') && path.test(condition) && (kind === 'if' || !condition.includes(' ')));
}

function blocksAt(template: Template, offset: number): readonly Block[] {
  return template.actions.find(({ start }) => start >= offset)?.blocks ?? [];
}

// --- the service account ---

const NAME = String.raw`\.Values\.serviceAccount\.name`;

function accountOf(template: Template, containers: number): ChartPod['account'] {
  const { lines, actions } = template;
  const indent = lines[containers]?.indent;
  const spec = parentOfKey(lines, containers);
  const index = lines.findIndex((line, at) => line.indent === indent && line.bare.startsWith('serviceAccountName:') && parentOfKey(lines, at) === spec);
  const line = lines[index];
  if (line === undefined) return undefined;
  const outer = blocksAt(template, lines[containers]?.start ?? 0);
  const action = actions.find(({ start }) => start >= line.start && start <= line.end);
  if (action === undefined || action.blocks.length > outer.length) return undefined;
  const helper = /^(?:include|template) "([\w.-]+)" [.$](?: \| quote)?$/.exec(action.text)?.[1];
  if (helper !== undefined) return { helper };
  return new RegExp(String.raw`^(?:${NAME}(?: \| default [^|]+)?|default [^|]+ ${NAME})(?: \| quote)?$`).test(action.text) ? 'value' : undefined;
}

const GIVEN = new RegExp(String.raw`^(?:default (?:\(.+\)|"default") ${NAME}|${NAME} \| default (?:\(.+\)|"default"))$`);

/** The helper that `helm create` writes: the name that is given, or else one of the chart's or the default account. */
function definesStandardHelper(template: Template, name: string): boolean {
  const start = template.actions.findIndex(({ text }) => text === `define "${name}"`);
  const body = start === -1 ? [] : template.actions.slice(start + 1, start + 6);
  const [test, made, other, given, end] = body.map(({ text }) => text);
  return test === 'if .Values.serviceAccount.create' && other === 'else' && end === 'end' && GIVEN.test(made ?? '') && GIVEN.test(given ?? '');
}

/** Whether the chart makes the account itself when told to, under the name of the same helper. */
export function makesAccount({ templates }: Chart, helper: string): boolean {
  return templates.some(({ lines, actions }) =>
    lines.some(({ bare }) => bare === 'kind: ServiceAccount') &&
    actions.some(({ text, blocks }) => (text === `include "${helper}" .` || text === `template "${helper}" .`) && blocks.length === 1 && blocks.every(({ kind, condition }) => kind === 'if' && condition === '.Values.serviceAccount.create')));
}

/** Other templates whose pods run as the account of `pod`. */
export function sharersOf({ templates }: Chart, pod: ChartPod): readonly string[] {
  const { account } = pod;
  if (account === undefined) return [];
  const isNaming = account === 'value' ? (text: string): boolean => text.includes('.Values.serviceAccount.name') : (text: string): boolean => text.includes(`"${account.helper}"`);
  return templates.flatMap(({ path, lines, actions }) => (path !== pod.path && lines.some((line) => line.bare.startsWith('serviceAccountName:') && actions.some(({ start, text }) => start >= line.start && start <= line.end && isNaming(text))) ? [path] : []));
}
