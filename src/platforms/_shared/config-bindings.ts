import type { Confidence } from '../../model/levels.ts';
import type { ReferenceStore } from '../../model/reference.ts';
import { parseJson } from '../../support/json.ts';
import { childOf, entryOf, routeTo, textOf, type DataEntry, type DataMap, type DataNode, type DataScalar } from '../../support/data-tree.ts';
import { formOf } from './config-values.ts';
import { placeOf, type Binding, type Draft, type Place, type WorkloadSeed } from './config-draft.ts';

export interface BindingOptions {
  /** Store of a name whose value is absent, empty or to be filled in; `skip` when such a name means nothing here. */
  readonly unset?: ReferenceStore | 'skip';
  /** Store of an interpolated value when its notation does not say. */
  readonly taken?: ReferenceStore;
  /** Caps the confidence of everything found. */
  readonly confidence?: Confidence;
  /** Lists of these keys hold bare names that are passed through. */
  readonly nameLists?: readonly string[];
}

/** Keys under which a pair of name and value keeps its name. */
const NAME_KEYS = ['name', 'Name', 'key', 'Key', 'variable', 'secret_name', 'variable_name', 'env_name', 'envVar', 'env', 'binding'] as const;
const VALUE_KEYS = ['value', 'Value', 'plaintext_value', 'plaintextValue', 'secureValue', 'default', 'defaultValue', 'Default'] as const;
/** Keys whose value says in which store the real value is. */
const SOURCE_KEYS: ReadonlyMap<string, ReferenceStore> = new Map<string, ReferenceStore>([
  ['valueFrom', 'vault'], ['ValueFrom', 'vault'], ['value_source', 'vault'], ['valueSource', 'vault'], ['secretRef', 'cluster-secret'], ['secretName', 'cluster-secret'], ['secretKey', 'cluster-secret'], ['existingSecretKey', 'cluster-secret'], ['secret_name', 'cluster-secret'], ['secretKeyRef', 'cluster-secret'],
  ['secret_key_ref', 'cluster-secret'], ['fromSecret', 'cluster-secret'], ['existingSecret', 'cluster-secret'], ['fromGroup', 'environment'], ['fromService', 'environment'], ['sync', 'environment'],
  ['generateValue', 'environment'], ['secure', 'vault'], ['encrypted_value', 'vault'], ['secret', 'vault'], ['version', 'vault'], ['remoteRef', 'vault'], ['keyVaultUrl', 'vault'], ['secretManager', 'vault'],
  ['key_vault_secret_id', 'vault'], ['versionName', 'vault'], ['required', 'environment'], ['scope', 'environment'],
  ['guest_path', 'file'], ['store_id', 'vault'], ['Ref', 'environment'], ['Fn::Sub', 'environment'], ['Fn::GetAtt', 'environment'], ['Fn::ImportValue', 'environment'], ['Fn::Join', 'environment'],
  ['Fn::If', 'environment'], ['Fn::FindInMap', 'environment'],
]);

/**
 * Walks a tree for names of keys: map entries (`OPENAI_API_KEY: value`, `openai: { apiKey: value }`), pairs (`{ name: ..., value: ... }`),
 * list items (`NAME=value`) and values filled in from elsewhere.
 */
export function bindTree(draft: Draft, workload: WorkloadSeed, node: DataNode, route: string, options: BindingOptions = {}): void {
  walk(draft, workload, node, route, '', options);
}

function walk(draft: Draft, workload: WorkloadSeed, node: DataNode, route: string, parent: string, options: BindingOptions): void {
  if (node.kind === 'scalar') {
    if (node.tag === 'expr') bindExpression(draft, workload, undefined, node, placeOf(node), route, options);
    else if (!bindEmbedded(draft, workload, node, route, options)) draft.mentions(workload, node, route, options.taken);
    return;
  }
  if (node.kind === 'list') {
    node.items.forEach((item, index) => {
      const at = routeTo(route, index);
      if (item.kind === 'scalar' && item.tag !== 'expr') bindItem(draft, workload, item, at, parent, options);
      else walk(draft, workload, item, at, parent, options);
    });
    return;
  }
  const handled = bindPair(draft, workload, node, route, options);
  for (const entry of node.entries) {
    if (entry === handled || ABOUT.has(entry.key)) continue;
    const at = routeTo(route, entry.key);
    if (bindNamed(draft, workload, entry, at, options)) continue;
    const name = bindingName(draft, parent, entry);
    if (name === undefined) {
      walk(draft, workload, entry.value, at, entry.key, options);
      continue;
    }
    bindEntry(draft, workload, name, entry, at, options);
  }
}

/** Entries that speak about a key without passing it on. */
const ABOUT = new Set(['count', 'for_each', 'depends_on', 'condition', 'description', 'error_message', 'Description', 'DependsOn', 'Condition', '$schema', 'help', 'tags', 'labels']);

/** `var.name`, `local.name`, `data.type.name.attribute`, `type.name.attribute`, `module.name.output`. */
const ADDRESS = /\b(?:(var|local|module|each\.value|each\.key)\.|(data\.)?([a-z][a-z0-9]*_[a-z0-9_]+)\.)([A-Za-z_][\w-]*)(?:\.([A-Za-z_][\w-]*))?/g;
const MAX_EXPRESSION = 4000;

/** An HCL expression, as the value of `name` or by itself. */
function bindExpression(draft: Draft, workload: WorkloadSeed, name: string | undefined, value: DataScalar, key: Place, route: string, options: BindingOptions): void {
  const text = draft.text.slice(value.start, Math.min(value.end, value.start + MAX_EXPRESSION));
  const match = name === undefined ? undefined : draft.names.lookup(name);
  let referred = false;
  for (const address of text.matchAll(ADDRESS)) {
    const [, scope, , type, first = '', second] = address;
    const consumed = scope === 'module' && second !== undefined ? second : first;
    const theirs = draft.names.lookup(consumed);
    const found = theirs ?? match;
    if (found === undefined) continue;
    const store: ReferenceStore = type !== undefined && /secret|ssm_parameter|vault|parameter_store/.test(type) ? 'vault' : 'environment';
    const place = { start: value.start + address.index, end: value.start + address.index + address[0].length };
    const own = match !== undefined && name !== undefined;
    draft.reference(workload, found, { name: own ? name : consumed, alias: own ? consumed : undefined, store, route, place, ...grade(options) });
    referred = true;
  }
  if (referred || match === undefined || name === undefined) return;
  const bare = text.trim();
  if (bare === '' || bare === 'null') draft.bind(workload, { name, route, place: key, unset: options.unset ?? 'environment', ...grade(options) });
  else if (/[A-Za-z_]/.test(bare) && bare !== 'true' && bare !== 'false') draft.reference(workload, match, { name, store: 'unknown', route, place: key, confidence: 'low' });
}

/** JSON inside a string or a here-document (`container_definitions`). */
function bindEmbedded(draft: Draft, workload: WorkloadSeed, node: DataScalar, route: string, options: BindingOptions): boolean {
  if (node.tag !== 'heredoc') return false;
  const text = draft.text.slice(node.start, node.end);
  if (!/^\s*[[{]/.test(text)) return false;
  const { root, fault } = parseJson(text);
  if (root === undefined || fault !== undefined) return false;
  walk(draft, workload, shifted(root, node.start), route, '', options);
  return true;
}

function shifted(node: DataNode, by: number): DataNode {
  const place = { start: node.start + by, end: node.end + by };
  if (node.kind === 'scalar') return { ...node, ...place };
  if (node.kind === 'list') return { ...node, ...place, items: node.items.map((item) => shifted(item, by)) };
  const entries = node.entries.map((entry) => ({ key: entry.key, keyStart: entry.keyStart + by, keyEnd: entry.keyEnd + by, value: shifted(entry.value, by) }));
  return { ...node, ...place, entries };
}

/** `apiKeySecretKey: OPENAI_API_KEY`, `existingSecret: openai-api-key`, `api_key_env: OPENAI_API_KEY`: the value is the name of what holds the key. */
const NAMES_A_HOLDER = /(?:secret|secret[_-]?(?:key|name|ref)|(?:key|env|var|variable)[_-]?(?:name|key|var|variable)|[_-]env|Env|[_-]var)$/i;

function bindNamed(draft: Draft, workload: WorkloadSeed, entry: DataEntry, route: string, options: BindingOptions): boolean {
  const { key, value } = entry;
  if (value.kind !== 'scalar' || value.tag === 'expr' || !NAMES_A_HOLDER.test(key.slice(-64))) return false;
  const own = draft.names.lookup(key);
  // A variable of this very name with a value of its own is a binding, not a pointer.
  if (own?.confidence === 'high') return false;
  const text = textOf(value) ?? '';
  const match = draft.names.lookup(text);
  const known = match !== undefined && match.confidence !== 'low';
  const points = /secret/i.test(key);
  if (/^[A-Za-z][\w.-]{0,99}$/.test(text) && (known || (points && own !== undefined && !isKeyLike(text)))) {
    const found = known ? match : own;
    if (found !== undefined) draft.reference(workload, found, { name: text, alias: known ? undefined : key, store: points ? 'cluster-secret' : 'environment', route, place: placeOf(value), ...grade(options) });
    return true;
  }
  // `openaiApiKeyExistingSecret: ""` points at nothing.
  return text === '' && points && /existing|secret[_-]?(?:key|name|ref)$/i.test(key);
}

function isKeyLike(text: string): boolean {
  return formOf(text).kind === 'literal';
}

/** The name an entry binds: its own key, or with its parent's (`openai: { apiKey }`). */
function bindingName(draft: Draft, parent: string, entry: DataEntry): string | undefined {
  const own = draft.names.lookup(entry.key);
  if (own?.confidence === 'high' || own?.confidence === 'medium') return entry.key;
  if (parent !== '' && entry.key.length < 64) {
    const joined = `${parent}.${entry.key}`;
    if (draft.names.lookup(joined) !== undefined) return joined;
  }
  return own === undefined ? undefined : entry.key;
}

function bindEntry(draft: Draft, workload: WorkloadSeed, name: string, entry: DataEntry, route: string, options: BindingOptions): void {
  const key: Place = { start: entry.keyStart, end: entry.keyEnd };
  const { value } = entry;
  if (value.kind === 'scalar') {
    bindScalar(draft, workload, name, key, value, route, options);
    return;
  }
  if (value.kind === 'map') {
    const inner = firstOf(value, VALUE_KEYS);
    if (inner?.value.kind === 'scalar') {
      bindScalar(draft, workload, name, key, inner.value, routeTo(route, inner.key), options);
      return;
    }
    const store = sourceStore(value) ?? (tagStore(value.tag) ?? undefined);
    const match = draft.names.lookup(name);
    if (store !== undefined && match !== undefined) draft.reference(workload, match, { name, alias: sourceName(value), store, route, place: key, ...grade(options) });
  }
  if (value.kind === 'list' && value.tag?.startsWith('!') === true) {
    const match = draft.names.lookup(name);
    if (match !== undefined) draft.reference(workload, match, { name, store: 'environment', route, place: key, ...grade(options) });
  }
  walk(draft, workload, value, route, entry.key, options);
}

function bindScalar(draft: Draft, workload: WorkloadSeed, name: string, key: Place, value: DataScalar, route: string, options: BindingOptions): void {
  if (value.tag === 'expr') return bindExpression(draft, workload, name, value, key, route, options);
  const store = tagStore(value.tag);
  const match = draft.names.lookup(name);
  if (store !== undefined && match !== undefined) {
    draft.reference(workload, match, { name, alias: aliasOf(value), store, route, place: key, ...grade(options) });
    return;
  }
  // Numbers and switches are settings about a key, not a key.
  if (typeof value.value === 'number' || typeof value.value === 'boolean') return;
  draft.bind(workload, binding(name, key, value, route, options));
}

function binding(name: string, key: Place, value: DataScalar, route: string, options: BindingOptions): Binding {
  return {
    name,
    route,
    place: key,
    ...(value.value === null ? {} : { value: placeOf(value) }),
    ...(options.unset === undefined ? {} : { unset: options.unset }),
    ...(options.taken === undefined ? {} : { taken: options.taken }),
    ...grade(options),
  };
}

function grade(options: BindingOptions): { confidence?: Confidence } {
  return options.confidence === undefined ? {} : { confidence: options.confidence };
}

/** `!Ref X`, `!vault ...`, `!ENV ...`: the tag, not the text, says where the value is. */
function tagStore(tag: string | undefined): ReferenceStore | undefined {
  switch (tag) {
    case '!Ref':
    case '!ImportValue':
    case '!GetAtt':
    case '!FindInMap':
      return 'environment';
    case '!vault':
    case '!secret':
      return 'vault';
    case '!env':
    case '!ENV':
    case '!env_var':
      return 'environment';
    case '!file':
      return 'file';
    default:
      return undefined;
  }
}

function aliasOf(value: DataScalar): string | undefined {
  const text = textOf(value)?.trim();
  return text !== undefined && /^[\w.:/-]{1,120}$/.test(text) && value.tag !== '!vault' ? text : undefined;
}

function bindItem(draft: Draft, workload: WorkloadSeed, item: DataScalar, route: string, parent: string, options: BindingOptions): void {
  const text = draft.text.slice(item.start, item.end);
  const head = /^([A-Za-z_][\w.-]{0,127})=/.exec(text);
  if (head?.[1] !== undefined) {
    const start = item.start + head[0].length;
    const value: DataScalar = { kind: 'scalar', value: text.slice(head[0].length), start, end: item.end };
    draft.bind(workload, binding(head[1], { start: item.start, end: item.start + head[1].length }, value, route, options));
    return;
  }
  if (options.nameLists?.includes(parent) === true && /^[A-Za-z_][\w.-]{0,127}$/.test(text) && draft.names.lookup(text) !== undefined) {
    draft.bind(workload, { name: text, route, place: placeOf(item), ...(options.unset === undefined ? {} : { unset: options.unset }), ...grade(options) });
    return;
  }
  draft.mentions(workload, item, route, options.taken);
}

/** `{ name: OPENAI_API_KEY, value: ... }`. Gives the entry that was used up. */
function bindPair(draft: Draft, workload: WorkloadSeed, node: DataMap, route: string, options: BindingOptions): DataEntry | undefined {
  for (const nameKey of NAME_KEYS) {
    const holder = entryOf(node, nameKey);
    const name = textOf(holder?.value);
    if (holder === undefined || name === undefined || name.length > 128 || !/^[A-Za-z_/][\w./-]*$/.test(name)) continue;
    const match = draft.names.lookup(name);
    const value = firstOf(node, VALUE_KEYS);
    // A name alone may be the name of anything; with a value or a source beside it, it is a variable's.
    if (value !== undefined && value !== holder && value.value.kind === 'scalar') {
      if (match === undefined && value.value.value === null) continue;
      if (match !== undefined && isStoreAddress(node)) {
        draft.reference(workload, match, { name, alias: aliasOf(value.value), store: 'vault', route, place: placeOf(holder.value), ...grade(options) });
        return value;
      }
      bindScalar(draft, workload, name, placeOf(holder.value), value.value, routeTo(route, value.key), options);
      return value;
    }
    const store = match === undefined ? undefined : sourceStore(node, nameKey);
    if (match === undefined || store === undefined) continue;
    draft.reference(workload, match, { name, alias: sourceName(node), store, route, place: placeOf(holder.value), ...grade(options) });
    return holder;
  }
  return undefined;
}

/** CodeBuild: `{ Name, Type: SECRETS_MANAGER, Value }`, where the value is the secret's name. */
function isStoreAddress(node: DataMap): boolean {
  return STORE_TYPES.has(textOf(childOf(node, 'Type') ?? childOf(node, 'type')) ?? '');
}

const STORE_TYPES = new Set(['SECRETS_MANAGER', 'PARAMETER_STORE']);

function firstOf(node: DataMap, keys: readonly string[]): DataEntry | undefined {
  for (const key of keys) {
    const entry = entryOf(node, key);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

/** Which store the other entries of a pair point into. */
export function sourceStore(node: DataNode, except = ''): ReferenceStore | undefined {
  if (node.kind !== 'map') return undefined;
  for (const entry of node.entries) {
    if (entry.key === except) continue;
    const store = SOURCE_KEYS.get(entry.key);
    if (store === undefined) continue;
    if (entryOf(entry.value, 'secretKeyRef') !== undefined || entryOf(entry.value, 'secret_key_ref') !== undefined) return 'cluster-secret';
    if (entryOf(entry.value, 'configMapKeyRef') !== undefined || entryOf(entry.value, 'config_map_key_ref') !== undefined) return 'environment';
    return store;
  }
  return undefined;
}

/** The name inside the store, where the common notations keep it. */
function sourceName(node: DataNode): string | undefined {
  for (const holder of ['valueFrom', 'value_source', 'valueSource', 'ValueFrom']) {
    const source = childOf(node, holder);
    const text = textOf(source);
    if (text !== undefined) return /^[\w.:/-]{1,160}$/.test(text) ? text : undefined;
    for (const kind of ['secretKeyRef', 'secret_key_ref', 'configMapKeyRef']) {
      const ref = childOf(source, kind);
      const found = textOf(childOf(ref, 'key')) ?? textOf(childOf(ref, 'secret')) ?? textOf(childOf(ref, 'name'));
      if (found !== undefined) return found.slice(0, 160);
    }
  }
  return textOf(childOf(node, 'secretRef')) ?? textOf(childOf(node, 'secret'));
}
