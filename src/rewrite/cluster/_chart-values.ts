import { formOf } from '../../platforms/_shared/config-values.ts';
import { at, entry, get, textOf, walk, type YamlEntry, type YamlNode } from '../../support/yaml.ts';
import { CannotRewrite } from '../cannot.ts';
import type { YamlEdit, YamlEditor, YamlMap, YamlSequence } from '../yaml-edit.ts';
import { type Chart, type ChartPod, type ListKey, makesAccount, sharersOf, type Slot } from './_chart.ts';
import type { PodTemplate } from './_objects.ts';
import type { PodPath } from './_path.ts';
import { keyNames } from './_pod.ts';
import { entries, type Style, styleOf } from './_style.ts';

/** A place in the values: the map that holds it, and the entry, where there is one. */
interface ValuePlace {
  readonly holder: YamlMap;
  readonly entry: YamlEntry | undefined;
  readonly name: string;
}

/** The lists of one pod as they stand in the values, put together as if they were the pod. */
export class ValuesPod {
  readonly pod: PodTemplate;
  readonly env: ValuePlace & { readonly entry: YamlEntry };
  readonly style: Style;
  readonly #places: ReadonlyMap<ListKey, ValuePlace>;
  readonly #container: YamlMap;

  /** `env`: the list that holds the key. */
  constructor(text: string, root: YamlMap, env: Slot, slots: readonly Slot[]) {
    const place = placeIn(root, env);
    if (place?.entry === undefined) throw new Error('the key stands in no list');
    this.env = { ...place, entry: place.entry };
    const places = new Map<ListKey, ValuePlace>([['env', place]]);
    for (const key of ['envFrom', 'volumeMounts', 'volumes'] as const) {
      // The list that is there already, or else the first that may be.
      const own = slots.filter((slot) => slot.key === key).flatMap((slot) => placeIn(root, slot) ?? []);
      const best = own.find((one) => one.entry !== undefined) ?? own[0];
      if (best !== undefined) places.set(key, best);
    }
    this.#places = places;
    const { keyRange, value } = place.entry;
    const first = value.kind === 'seq' ? (value.items[0]?.range ?? value.range) : value.range;
    const entryOf = (key: ListKey): readonly YamlEntry[] => {
      const found = places.get(key)?.entry;
      return found === undefined ? [] : [{ ...found, key }];
    };
    this.#container = { kind: 'map', tag: undefined, range: first, entries: [...entryOf('env'), ...entryOf('envFrom'), ...entryOf('volumeMounts')] };
    const containers: YamlSequence = { kind: 'seq', tag: undefined, range: first, items: [this.#container] };
    const spec: YamlMap = { kind: 'map', tag: undefined, range: first, entries: [{ key: 'containers', keyRange, value: containers }, ...entryOf('volumes')] };
    this.pod = { template: { kind: 'map', tag: undefined, range: first, entries: [{ key: 'spec', keyRange, value: spec }] }, spec };
    this.style = styleIn(text, root, styleOf(text, this.pod.template, spec), value.kind === 'seq');
  }

  has(key: ListKey): boolean {
    return this.#places.has(key);
  }

  /** Names under which its lists stand in the values. */
  get names(): readonly string[] {
    return [...this.#places.values()].map(({ name }) => name);
  }

  /** Edits of the pod as edits of the values. */
  translated(edits: readonly YamlEdit[]): readonly YamlEdit[] {
    return edits.map((edit): YamlEdit => {
      if (!('holder' in edit) || (edit.holder !== this.#container && edit.holder !== this.pod.spec)) return edit;
      const key = edit.kind === 'remove-entry' ? edit.entry.key : edit.kind === 'add-entries' ? edit.text.slice(0, edit.text.indexOf(':')) : '';
      const place = [...this.#places].find(([name]) => name === key)?.[1];
      if (place === undefined) return edit;
      if (edit.kind === 'remove-entry' && place.entry !== undefined) return { ...edit, holder: place.holder, entry: place.entry };
      if (edit.kind !== 'add-entries') return edit;
      const after = place.entry ?? (place.holder === this.env.holder ? this.#lastOwn(place.holder) : undefined);
      return { kind: 'add-entries', holder: place.holder, ...(after === undefined ? {} : { after }), text: `${place.name}${edit.text.slice(key.length)}` };
    });
  }

  /** New lists stand below the ones that are there. */
  #lastOwn(holder: YamlMap): YamlEntry {
    const own = [...this.#places.values()].flatMap((place) => (place.holder === holder && place.entry !== undefined ? [place.entry] : []));
    return own.toSorted((a, b) => a.keyRange.start - b.keyRange.start).at(-1) ?? this.env.entry;
  }
}

/** How the values are written: maps as the first of them, lists as the one with the key or, where that is none, as the first. */
function styleIn(text: string, root: YamlMap, own: Style, isOwn: boolean): Style {
  const column = (offset: number): number => offset - (text.lastIndexOf('\n', offset - 1) + 1);
  const inner = root.entries.flatMap(({ keyRange, value }) => (value.kind === 'map' && value.entries[0] !== undefined ? [column(value.entries[0].keyRange.start) - column(keyRange.start)] : []));
  const lists = root.entries.flatMap(({ keyRange, value }) => (value.kind === 'seq' && value.items[0] !== undefined && text[value.range.start] === '-' ? [column(value.range.start) - column(keyRange.start)] : []));
  const unit = inner.find((width) => width >= 1 && width <= 8) ?? 2;
  return { ...own, unit, ...(isOwn ? {} : { dash: lists.find((width) => width >= 0 && width <= 8) ?? 2, gap: 1 }) };
}

/** Where a slot stands; undefined where a map above it is not there. */
export function placeIn(root: YamlMap, { route }: Pick<Slot, 'route'>): ValuePlace | undefined {
  const holder = at(root, route.slice(0, -1));
  const name = route.at(-1) ?? '';
  return holder?.kind === 'map' ? { holder, entry: entry(holder, name), name } : undefined;
}

/** Whether the names of the key stand in the value of `entry`. */
export function namesKey(node: YamlNode, names: ReadonlySet<string>): boolean {
  const patterns = [...names].map(wordOf);
  let found = node.kind === 'map' && node.entries.some(({ key }) => names.has(key));
  walk(node, '', ({ value }) => {
    found ||= patterns.some((pattern) => pattern.test(value));
  });
  return found;
}

export function wordOf(name: string): RegExp {
  return new RegExp(`(?<![\\w-])${name.replace(/[^\w]/g, '\\$&')}(?![\\w-])`);
}

/** Puts the identity into a map whose entries become variables. @throws CannotRewrite where it cannot hold it */
export function mapEdits(editor: YamlEditor, values: ValuesPod, form: Slot['form'], path: PodPath): { readonly edits: readonly YamlEdit[]; readonly line: number; readonly configKeys: readonly string[] } {
  const { replacement, variables } = path;
  const { title } = replacement;
  const map = values.env.entry.value;
  if (map.kind !== 'map' || editor.isShared(map)) throw new CannotRewrite('shared-by-alias', `The map with the key of ${title} is reached through an anchor.`, 'Write its entries out, and run again.', { shadows: true });
  const names = keyNames(replacement);
  const gone = map.entries.filter(({ key, value }) => names.has(key) || (value.kind !== 'scalar' && namesKey(value, names)));
  const [first] = gone;
  if (first === undefined) throw new CannotRewrite('template', `No entry of ${values.env.name} is named like the key of ${title}.`, 'Take the key out by hand.');
  const literal = gone.find(({ value }) => formOf(textOf(value) ?? textOf(get(value, 'value')) ?? '').kind === 'literal');
  if (literal !== undefined) throw new CannotRewrite('literal-key', `A key of ${title} stands in the values, as ${literal.key}.`, `Revoke that key at ${title}, take the entry out, and run again.`, { line: editor.lineOf(literal), shadows: true });
  const open = variables.filter(([, value]) => value.kind === 'config');
  if (form === 'map' && open.length > 0) {
    const inputs = open.map(([name]) => /^\{(.+)\}$/.exec(replacement.set[name] ?? '')?.[1] ?? name);
    throw new CannotRewrite('template', `The chart makes texts of the entries of ${values.env.name}, and ${open.map(([name]) => name).join(', ')} ${open.length === 1 ? 'is' : 'are'} not known yet.`, `Plan again with ${inputs.map((input) => `--set ${input}=VALUE`).join(' ')}, then apply.`, { line: editor.lineOf(first), shadows: true });
  }
  const present = new Set(map.entries.filter((one) => !gone.includes(one)).map(({ key }) => key));
  const added = variables.filter(([name]) => !present.has(name));
  const style: Style = { ...values.style, quote: quoteIn(map) };
  const shapes = Object.fromEntries(added.map(([name, value]) => {
    const text = value.kind === 'literal' ? quoted(value.text, style.quote) : '';
    if (form === 'map') return [name, text] as const;
    return [name, value.kind === 'literal' ? { value: text } : { valueFrom: { configMapKeyRef: { name: 'dekey-identity', key: value.key } } }] as const;
  }));
  return {
    edits: [...gone.map((one): YamlEdit => ({ kind: 'remove-entry', holder: map, entry: one, names: [one.key] })), { kind: 'add-entries', holder: map, after: gone.at(-1) ?? first, text: entries(shapes, style) }],
    line: editor.lineOf(first),
    configKeys: added.flatMap(([, value]) => (value.kind === 'config' ? [value.key] : [])),
  };
}

function quoteIn(map: YamlMap): '' | '"' | "'" {
  const styles = map.entries.flatMap(({ value }) => (value.kind === 'scalar' && value.value !== '' ? [value.style] : []));
  return styles.includes('double') ? '"' : styles.includes('single') ? "'" : '';
}

/** Texts that YAML would read as something else have quotes whatever the style. */
function quoted(text: string, quote: '' | '"' | "'"): string {
  if (quote === "'" && !text.includes("'")) return `'${text}'`;
  return quote === '' && /^[A-Za-z/][\w./:@-]*$/.test(text) && !text.endsWith(':') && !/^(?:y|n|yes|no|on|off|true|false|null|nan|inf)$/i.test(text) ? text : JSON.stringify(text);
}

/** What becomes of the ServiceAccount. */
export interface ValuesAccount {
  readonly edits: readonly YamlEdit[];
  readonly text: string;
}

/** The account by the helper that `helm create` writes. @throws CannotRewrite where another is meant, or none can be named */
export function accountEdits(editor: YamlEditor, root: YamlMap, chart: Chart, pod: ChartPod, account: string): ValuesAccount {
  const block = entry(root, 'serviceAccount');
  const map = block?.value;
  const byHand = `Set serviceAccount.name to ${account} in the values, and let the pod of ${pod.path} name it as serviceAccountName; then run again.`;
  if (pod.account === undefined || map?.kind !== 'map' || editor.isShared(map)) throw new CannotRewrite('template', `How ${pod.path} names the ServiceAccount of its pod is not known.`, byHand);
  const name = entry(map, 'name');
  const create = entry(map, 'create');
  const current = textOf(name?.value) ?? '';
  const isMade = textOf(create?.value) === 'true';
  if ((pod.account !== 'value' && create?.value.kind !== 'scalar') || create?.via !== undefined || (name !== undefined && (name.value.kind !== 'scalar' || name.via !== undefined))) throw new CannotRewrite('template', 'serviceAccount in the values does not say what its account is.', byHand, { line: editor.lineOf(map) });
  if (current !== '' && current !== account) throw new CannotRewrite('unknown-shape', `The pod runs as ServiceAccount ${current}, and the plan trusts ${account}.`, `Plan again, so that the subject names ${current}, then apply.`, { line: editor.lineOf(name ?? map) });
  if (current === account) return { edits: [], text: `The pod keeps ServiceAccount ${account}, which the plan trusts.` };
  if (pod.account === 'value' || create?.value.kind !== 'scalar' || !makesAccount(chart, pod.account.helper)) throw new CannotRewrite('template', `No template of the chart makes the ServiceAccount by serviceAccount.create alone.`, byHand, { line: editor.lineOf(map) });
  const naming: YamlEdit[] = name === undefined ? [{ kind: 'add-entries', holder: map, text: `name: ${account}\n` }] : name.value.kind === 'scalar' && name.value.outer.start < name.value.outer.end ? [{ kind: 'replace', scalar: name.value, text: name.value.style === 'single' ? `'${account}'` : name.value.style === 'double' ? `"${account}"` : account }] : [{ kind: 'remove-entry', holder: map, entry: name }, { kind: 'add-entries', holder: map, after: name, text: `name: ${account}\n` }];
  const making: YamlEdit[] = isMade ? [] : [{ kind: 'replace', scalar: create.value, text: 'true' }];
  const sharers = sharersOf(chart, pod);
  return {
    edits: [...making, ...naming],
    text: `The chart makes ServiceAccount ${account} for it${isMade ? ', in place of the one it named after the release' : ', in place of the default one'}: roles and image pull secrets that others gave that one do not come along, two releases in one namespace cannot both have it, and it is the one that the plan trusts.${sharers.length === 0 ? '' : ` The pods of ${sharers.join(', ')} run as it too.`}`,
  };
}
