import { formOf } from '../../platforms/_shared/config-values.ts';
import { entry, get, itemsOf, textOf, walk, type YamlEntry, type YamlNode } from '../../support/yaml.ts';
import { CannotRewrite } from '../cannot.ts';
import type { Replacement } from '../types.ts';
import type { YamlEdit, YamlEditor, YamlMap, YamlSequence } from '../yaml-edit.ts';
import { type Container, containersOf, type PodTemplate, type Variable, variablesOf, wholeSecretsOf } from './_objects.ts';
import { CONFIG_MAP, type PodPath, type PodValue } from './_path.ts';
import { entries, flow, flowPad, items, scalar, type Shape, type Style, styleOf } from './_style.ts';

/** An entry of a Secret that a pod reads no more. `key` is absent when the whole Secret was taken. */
export interface FreedEntry {
  readonly holder: string;
  readonly key: string | undefined;
  /** Offset of the reference in the file. */
  readonly at: number;
}

/** What a whole Secret is known to hold; undefined when it is defined nowhere in the repository. */
export type SecretKeys = (holder: string) => readonly string[] | undefined;

/** Where one container reads the key. */
interface Use {
  readonly container: Container;
  readonly removed: readonly Variable[];
  readonly whole: readonly ReturnType<typeof wholeSecretsOf>[number][];
}

/** What one replacement changes in a pod. */
export interface PodEdits {
  readonly edits: readonly YamlEdit[];
  readonly freed: readonly FreedEntry[];
  /** Of the first place. */
  readonly line: number;
  readonly containers: readonly string[];
  /** Names under which programs read the key that are not the provider's own. */
  readonly renamed: readonly string[];
  /** Secrets that the containers take whole, and that may hold the key too. */
  readonly unseen: readonly string[];
  readonly configKeys: readonly string[];
  /** It makes `volumes` or `volumeMounts`, which another change of the same pod may make too. */
  readonly makesBlocks: boolean;
}

/** Names that hold something about a provider and no key: the entry of a Secret that is named after the key may be beside it. */
const NO_KEY = /url|uri|host|endpoint|base|model|region|org|project|version|deployment|location|tenant|account/i;

/** Variables that point a client at another address, and the address that is its own. */
const ADDRESSES: Readonly<Record<string, { readonly names: RegExp; readonly own: RegExp }>> = {
  anthropic: { names: /^ANTHROPIC_(?:API_)?(?:BASE_URL|BASE|URL|HOST|ENDPOINT)$/, own: /^https:\/\/api\.anthropic\.com(?:\/|$)/ },
  openai: { names: /^OPENAI_(?:API_)?(?:BASE_URL|BASE|URL|HOST|ENDPOINT|TYPE)$/, own: /^(?:https:\/\/api\.openai\.com(?:\/|$)|open_?ai$)/ },
};

export function keyNames({ names, variables, remove }: Pick<Replacement, 'names' | 'variables' | 'remove'>): ReadonlySet<string> {
  return new Set([...names, ...variables, ...remove]);
}

/** Whether a variable of a container holds the key. */
export function holdsKey(variable: Variable, names: ReadonlySet<string>): boolean {
  const { name, reference, value } = variable;
  if (names.has(name)) return true;
  if (value !== undefined) return false;
  if (reference === undefined) return false;
  if (names.has(reference.key) || names.has(`${reference.holder}/${reference.key}`)) return true;
  return names.has(reference.holder) && !NO_KEY.test(name) && !NO_KEY.test(reference.key);
}

/** Entries that a patch of kustomize deletes from its base; none when it has others with the key. */
export function deletedVariables({ spec }: PodTemplate, replacement: Replacement): readonly { readonly list: YamlSequence; readonly variable: Variable }[] {
  const names = keyNames(replacement);
  const held = containersOf(spec).flatMap(({ node }) => {
    const list = get(node, 'env');
    return list?.kind === 'seq' ? variablesOf(node).filter((variable) => holdsKey(variable, names)).map((variable) => ({ list, variable })) : [];
  });
  return held.every(({ variable }) => variable.deletes) ? held : [];
}

export class PodPlanner {
  readonly #editor: YamlEditor;
  readonly #pod: PodTemplate;
  readonly #style: Style;
  readonly #keysOf: SecretKeys;

  constructor(editor: YamlEditor, pod: PodTemplate, keysOf: SecretKeys, style: Style = styleOf(editor.file.text, pod.template, pod.spec)) {
    this.#editor = editor;
    this.#pod = pod;
    this.#style = style;
    this.#keysOf = keysOf;
  }

  /** @throws CannotRewrite where the pod cannot be changed safely */
  plan(path: PodPath): PodEdits {
    const { replacement } = path;
    const names = keyNames(replacement);
    const uses = containersOf(this.#pod.spec).flatMap((container) => this.#useOf(container, names, replacement));
    if (uses.length === 0) this.#refuseOther(names, replacement);
    const volume = path.token === undefined ? { edits: [], makes: false } : this.#volume(path.token);
    const own = uses.map((use) => this.#container(use, path));
    const changed = [...volume.edits, ...own.flatMap(({ edits }) => edits)];
    const reads = uses.flatMap(({ removed }) => removed);
    return {
      edits: [...own.flatMap(({ edits }) => edits), ...volume.edits],
      freed: freedBy(uses),
      line: this.#lineOf(uses),
      containers: uses.map(({ container }) => container.name),
      renamed: [...new Set(reads.map(({ name }) => name).filter((name) => !replacement.variables.includes(name) && !replacement.remove.includes(name)))],
      unseen: [...new Set(uses.flatMap(({ container, whole }) => wholeSecretsOf(container.node).filter(({ item }) => !whole.some((one) => one.item === item)).map(({ holder }) => holder)))].filter((holder) => this.#keysOf(holder) === undefined),
      configKeys: [...new Set([...own.flatMap(({ added }) => added.flatMap(([, value]) => (value.kind === 'config' ? [value.key] : []))), ...(path.token?.credentialConfig === undefined ? [] : [path.token.credentialConfig])])],
      makesBlocks: changed.some((edit) => edit.kind === 'add-entries') || volume.makes,
    };
  }

  /** Takes the key out and puts nothing in its place. @throws CannotRewrite as {@link plan} */
  remove(replacement: Replacement): PodEdits {
    const names = keyNames(replacement);
    const uses = containersOf(this.#pod.spec).flatMap((container) => this.#useOf(container, names, replacement));
    if (uses.length === 0) this.#refuseOther(names, replacement);
    return {
      edits: uses.flatMap((use) => removals(use)),
      freed: freedBy(uses),
      line: this.#lineOf(uses),
      containers: uses.map(({ container }) => container.name),
      renamed: [],
      unseen: [],
      configKeys: [],
      makesBlocks: false,
    };
  }

  /** The token alone, for every container. @throws CannotRewrite where a list cannot be added to */
  token({ token }: PodPath): readonly YamlEdit[] {
    return token === undefined ? [] : [...containersOf(this.#pod.spec).flatMap(({ node }) => this.#mount(node, token)), ...this.#volume(token).edits];
  }

  #lineOf(uses: readonly Use[]): number {
    return Math.min(...uses.flatMap(({ removed, whole }) => [...removed, ...whole].map(({ item }) => this.#editor.lineOf(item))));
  }

  /** What a container reads of the key; none when it reads nothing of it. */
  #useOf(container: Container, names: ReadonlySet<string>, replacement: Replacement): Use[] {
    const all = variablesOf(container.node);
    const named = all.filter((variable) => !variable.deletes && holdsKey(variable, names));
    const literal = named.find(({ value }) => value !== undefined && formOf(value.value).kind === 'literal');
    if (literal !== undefined) {
      throw new CannotRewrite('literal-key', `A key of ${replacement.title} stands in the manifest itself, as ${literal.name}.`, `Revoke that key at ${replacement.title}, take the entry out, and run again.`, { line: this.#editor.lineOf(literal.item), shadows: true });
    }
    const whole = wholeSecretsOf(container.node).flatMap((one) => (this.#bringsKey(one, names, replacement) ? [one] : []));
    const isUse = ({ value }: Variable): boolean => value === undefined || formOf(value.value).kind !== 'dummy';
    if (!named.some(isUse) && whole.length === 0) return [];
    const removed = this.#withForwarded(all, named);
    for (const { item } of [...removed, ...whole]) this.#requireOwn(item, replacement);
    this.#requireUnused(container, removed, replacement);
    this.#requireOwnAddress(all, replacement);
    return [{ container, removed, whole }];
  }

  /** `- name: LLM_KEY`, `value: $(OPENAI_API_KEY)`: it goes where what it repeats goes. */
  #withForwarded(all: readonly Variable[], named: readonly Variable[]): readonly Variable[] {
    const removed = new Set(named);
    for (let grown = true; grown; ) {
      grown = false;
      const gone = new Set([...removed].map(({ name }) => `$(${name})`));
      for (const variable of all) {
        if (removed.has(variable) || variable.value === undefined || !gone.has(variable.value.value)) continue;
        removed.add(variable);
        grown = true;
      }
    }
    return all.filter((variable) => removed.has(variable));
  }

  /** `envFrom`: only a Secret that holds nothing but the key can go whole. */
  #bringsKey({ item, holder, prefix }: Use['whole'][number], names: ReadonlySet<string>, { title }: Replacement): boolean {
    const keys = this.#keysOf(holder);
    const found = keys?.filter((key) => names.has(prefix + key) || names.has(key)) ?? [];
    if (found.length === 0 && !(keys === undefined && names.has(holder))) return false;
    if (keys !== undefined && found.length === keys.length) return true;
    const line = this.#editor.lineOf(item);
    if (keys === undefined) {
      throw new CannotRewrite('not-named-here', `envFrom brings all of Secret ${holder}, which is not in this repository and may hold more than the key of ${title}.`, `List what the container needs of ${holder} under env, without the key, in place of envFrom; then run again.`, { line, shadows: true });
    }
    throw new CannotRewrite('not-named-here', `envFrom brings all of Secret ${holder}: ${found.join(', ')} is the key of ${title}, and ${keys.length - found.length} more ${keys.length - found.length === 1 ? 'entry is' : 'entries are'} not.`, `Take ${found.join(' and ')} out of Secret ${holder}, in the cluster too; then run again.`, { line, shadows: true });
  }

  #requireOwn(node: YamlNode, { title }: Replacement): void {
    if (!this.#editor.isShared(node)) return;
    throw new CannotRewrite('shared-by-alias', `The entry with the key of ${title} is reached through an anchor, so one edit would change several containers.`, 'Write the entries out in each container, or change the anchored ones by hand for all of them.', { line: this.#editor.lineOf(node), shadows: true });
  }

  /** A command that hands the key on would hand on nothing. */
  #requireUnused({ name, node }: Container, removed: readonly Variable[], { title }: Replacement): void {
    const gone = new Set<YamlNode>(removed.map(({ item }) => item));
    const patterns = removed.map((variable) => [variable.name, new RegExp(`\\$(?:\\(|\\{)?${variable.name.replace(/[^\w]/g, '\\$&')}(?![\\w])`)] as const);
    const check = (part: YamlNode): void => {
      walk(part, '', (found) => {
        const used = patterns.find(([, pattern]) => pattern.test(found.value));
        if (used === undefined) return;
        throw new CannotRewrite('needs-code-change', `Container ${name} hands ${used[0]} on in a command or another variable.`, `Take that use of ${used[0]} out, so that the client of ${title} finds its own settings; then run again.`, { line: this.#editor.lineOf(found), shadows: true });
      });
    };
    for (const { key, value } of node.entries) {
      if (key === 'env') for (const item of itemsOf(value)) if (!gone.has(item)) check(item);
      if (key !== 'env') check(value);
    }
  }

  /** A client that is pointed at another address would show its token there. */
  #requireOwnAddress(all: readonly Variable[], { provider, title }: Replacement): void {
    const hosts = ADDRESSES[provider];
    if (hosts === undefined) return;
    const other = all.find(({ name, value, deletes }) => hosts.names.test(name) && !deletes && !(value !== undefined && (value.value === '' || hosts.own.test(value.value))));
    if (other === undefined) return;
    throw new CannotRewrite('needs-code-change', `${other.name} points the client of ${title} at another address, so the key may be one of that service, and the token would be shown there.`, `See what ${other.name} is for: where it is ${title} itself take it out, and run again; where it is a gateway or Azure, plan for that.`, { line: this.#editor.lineOf(other.item) });
  }

  /** No container reads the key from its environment. */
  #refuseOther(names: ReadonlySet<string>, { title }: Replacement): never {
    for (const volume of itemsOf(get(this.#pod.spec, 'volumes'))) {
      const sources = [get(volume, 'secret'), ...itemsOf(get(get(volume, 'projected'), 'sources')).map((source) => get(source, 'secret'))];
      for (const secret of sources) {
        const holder = textOf(get(secret, 'secretName')) ?? textOf(get(secret, 'name')) ?? '';
        const mounted = itemsOf(get(secret, 'items')).map((one) => textOf(get(one, 'key')) ?? '');
        if (!names.has(holder) && ![...mounted, ...(this.#keysOf(holder) ?? [])].some((key) => names.has(key) || names.has(`${holder}/${key}`))) continue;
        throw new CannotRewrite('needs-code-change', `The key of ${title} is mounted as a file from Secret ${holder}, and the program reads that file.`, 'Let the program find its identity by the variables of the plan; then take volume and mount out.', { line: this.#editor.lineOf(volume) });
      }
    }
    const annotations = entry(get(this.#pod.template, 'metadata'), 'annotations');
    if (annotations?.value.kind === 'map' && annotations.value.entries.some(({ key }) => key.startsWith('vault.hashicorp.com/'))) {
      throw new CannotRewrite('unknown-shape', `The agent of Vault writes the key of ${title} into the pod.`, `Take the annotations of the key out, and mount the token as the patch in kubernetes/ of the plan does.`, { line: this.#editor.lineOf(annotations) });
    }
    throw new CannotRewrite('unknown-shape', `How the pod takes the key of ${title} is not a shape that can be edited.`, 'Mount the token as the patch in kubernetes/ of the plan does, and take the key out.');
  }

  #volume({ volume, audience, seconds, credentialConfig }: NonNullable<PodPath['token']>): { readonly edits: readonly YamlEdit[]; readonly makes: boolean } {
    const { spec } = this.#pod;
    const sources: Shape[] = [{ serviceAccountToken: { audience: scalar(audience), expirationSeconds: String(seconds), path: 'token' } }];
    if (credentialConfig !== undefined) sources.push({ configMap: { name: CONFIG_MAP, items: [{ key: credentialConfig, path: 'credential-config.json' }] } });
    const shape: Shape = { name: volume, projected: { sources } };
    const old = entry(spec, 'volumes');
    if (old === undefined) return { edits: [{ kind: 'add-entries', holder: spec, text: entries({ volumes: [shape] }, this.#style) }], makes: true };
    if (isEmpty(old)) return { edits: [{ kind: 'remove-entry', holder: spec, entry: old }, { kind: 'add-entries', holder: spec, text: entries({ volumes: [shape] }, this.#style) }], makes: true };
    if (itemsOf(old.value).some((one) => textOf(get(one, 'name')) === volume)) return { edits: [], makes: false };
    return { edits: [this.#append(old.value, shape, 'volumes')], makes: false };
  }

  #append(list: YamlNode, shape: Shape, what: string): YamlEdit {
    if (list.kind !== 'seq' || list.items.length === 0) throw new CannotRewrite('unknown-shape', `${what} is empty.`, `Take the empty ${what} out, and run again.`, { line: this.#editor.lineOf(list) });
    if (this.#editor.isShared(list)) throw new CannotRewrite('shared-by-alias', `${what} is reached through an anchor, so one edit would change several places.`, `Write ${what} out in each place, and run again.`, { line: this.#editor.lineOf(list) });
    const pad = flowPad(this.#editor.file.text, list);
    return { kind: 'add-items', holder: list, text: pad === undefined ? items([shape], this.#style) : `- ${flow(shape, pad)}\n` };
  }

  #container({ container, removed, whole }: Use, path: PodPath): { readonly edits: readonly YamlEdit[]; readonly added: PodPath['variables'] } {
    const { node } = container;
    const env = entry(node, 'env');
    const list = env?.value.kind === 'seq' ? env.value : undefined;
    const replaced = this.#replaced(node, removed, path);
    const edits = [...removals({ container, removed: [...removed, ...replaced], whole })];
    const present = new Set(variablesOf(node).filter(({ item }) => !replaced.some((one) => one.item === item)).map(({ name }) => name));
    const added = path.variables.filter(([name]) => !present.has(name));
    if (added.length > 0) edits.push(...this.#addVariables(node, list, removed, added));
    if (path.token !== undefined) edits.push(...this.#mount(node, path.token));
    return { edits, added };
  }

  /** Variables of an older identity that the new one takes the place of. */
  #replaced(node: YamlNode, removed: readonly Variable[], path: PodPath): readonly Variable[] {
    const set = new Set([...Object.keys(path.replacement.set), ...path.variables.map(([name]) => name)].filter((name) => !path.general.has(name)));
    const wanted = new Map(path.variables);
    return variablesOf(node).filter((variable) => !removed.includes(variable) && set.has(variable.name) && !isSame(variable, wanted.get(variable.name)));
  }

  #addVariables(node: YamlMap, list: YamlSequence | undefined, removed: readonly Variable[], added: readonly (readonly [string, PodValue])[]): readonly YamlEdit[] {
    const { text } = this.#editor.file;
    if (list === undefined || list.items.length === 0) {
      const after = entry(node, 'envFrom') ?? entry(node, 'image') ?? node.entries.at(-1);
      if (after === undefined || entry(node, 'env') !== undefined) throw new CannotRewrite('unknown-shape', 'env is empty.', 'Take the empty env out, and run again.', { line: this.#editor.lineOf(node) });
      return [{ kind: 'add-entries', holder: node, after, text: entries({ env: added.map((one) => this.#variable(one, 'name-first')) }, this.#style) }];
    }
    const last = removed.at(-1)?.item;
    const gone = new Set<YamlNode>(removed.map(({ item }) => item));
    const before = last === undefined ? undefined : list.items.slice(list.items.indexOf(last) + 1).find((item) => !gone.has(item));
    const model = removed.find(({ reference }) => reference !== undefined);
    const order = model?.reference !== undefined && keyFirst(model.reference.node) ? 'key-first' : 'name-first';
    const listPad = flowPad(text, list);
    const pad = listPad === undefined ? (last === undefined ? undefined : flowPad(text, last)) : last === undefined ? listPad : (flowPad(text, last) ?? listPad);
    const source = model === undefined ? undefined : get(model.item, 'valueFrom');
    const inner = source === undefined ? undefined : flowPad(text, source);
    const written =
      pad !== undefined
        ? added.map((one) => `- ${flow(this.#variable(one, order), pad)}\n`).join('')
        : items(added.map((one) => (inner === undefined ? this.#variable(one, order) : this.#flowSource(one, order, inner))), this.#style);
    return [{ kind: 'add-items', holder: list, text: written, ...(before === undefined ? {} : { before }) }];
  }

  #variable([name, value]: readonly [string, PodValue], order: 'name-first' | 'key-first'): { readonly [key: string]: Shape } {
    if (value.kind === 'literal') return { name, value: scalar(value.text, this.#style) };
    const reference: Shape = order === 'key-first' ? { key: value.key, name: CONFIG_MAP } : { name: CONFIG_MAP, key: value.key };
    return { name, valueFrom: { configMapKeyRef: reference } };
  }

  #flowSource(one: readonly [string, PodValue], order: 'name-first' | 'key-first', pad: string): Shape {
    const shape = this.#variable(one, order);
    const source = shape['valueFrom'];
    return source === undefined ? shape : { ...shape, valueFrom: flow(source, pad) };
  }

  #mount(node: YamlMap, { volume, folder }: NonNullable<PodPath['token']>): readonly YamlEdit[] {
    const shape: Shape = { name: volume, mountPath: folder, readOnly: 'true' };
    const old = entry(node, 'volumeMounts');
    if (old !== undefined && isEmpty(old)) return [{ kind: 'remove-entry', holder: node, entry: old }, { kind: 'add-entries', holder: node, text: entries({ volumeMounts: [shape] }, this.#style) }];
    if (old !== undefined) return itemsOf(old.value).some((one) => textOf(get(one, 'name')) === volume) ? [] : [this.#append(old.value, shape, 'volumeMounts')];
    return [{ kind: 'add-entries', holder: node, text: entries({ volumeMounts: [shape] }, this.#style) }];
  }
}

function removals({ container: { node }, removed, whole }: Use): readonly YamlEdit[] {
  const list = get(node, 'env');
  const from = get(node, 'envFrom');
  const names = [...new Set(removed.map(({ name }) => name))];
  return [
    ...(list?.kind === 'seq' ? removed.map(({ item }): YamlEdit => ({ kind: 'remove-item', holder: list, item, names })) : []),
    ...(from?.kind === 'seq' ? whole.map(({ item, holder }): YamlEdit => ({ kind: 'remove-item', holder: from, item, names: [holder] })) : []),
  ];
}

function freedBy(uses: readonly Use[]): readonly FreedEntry[] {
  return uses.flatMap(({ removed, whole }): FreedEntry[] => [
    ...removed.flatMap(({ reference }) => (reference?.kind === 'secret' ? [{ holder: reference.holder, key: reference.key, at: reference.node.range.start }] : [])),
    ...whole.map(({ holder, node }) => ({ holder, key: undefined, at: node.range.start })),
  ]);
}

/** `volumes: []`, or nothing behind the colon. */
function isEmpty({ value, via }: YamlEntry): boolean {
  return via === undefined && ((value.kind === 'seq' && value.items.length === 0) || (value.kind === 'scalar' && /^(?:|~|null)$/.test(value.value)));
}

function keyFirst(reference: YamlNode): boolean {
  const keys = reference.kind === 'map' ? reference.entries.map(({ key }) => key) : [];
  return keys[0] === 'key' && keys.includes('name');
}

function isSame({ value, reference }: Variable, wanted: PodValue | undefined): boolean {
  if (wanted === undefined) return false;
  return wanted.kind === 'literal' ? value?.value === wanted.text : reference?.holder === CONFIG_MAP && reference.key === wanted.key;
}
