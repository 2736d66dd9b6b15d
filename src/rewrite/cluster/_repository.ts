import { entriesOf, get, itemsOf, textOf, type YamlNode } from '../../support/yaml.ts';
import type { RewriteContext } from '../types.ts';
import { YamlEditor } from '../yaml-edit.ts';
import { type ClusterObject, looksLikeManifest, objectsOf } from './_objects.ts';

/** A place that reads a Secret. */
interface SecretUse {
  readonly path: string;
  readonly namespace: string;
  readonly holder: string;
  /** Undefined: the whole Secret. */
  readonly key: string | undefined;
  readonly at: number;
}

/** What defines a Secret, and what it will hold. */
interface SecretSource {
  readonly namespace: string;
  readonly holder: string;
  readonly keys: readonly string[];
}

interface FileFacts {
  /** `namespace/name`. */
  readonly accounts: readonly string[];
  readonly sources: readonly SecretSource[];
  readonly uses: readonly SecretUse[];
  /** Files that this kustomization takes as patches. */
  readonly patches: readonly string[];
  readonly renames: boolean;
}

/** What the manifests of the repository say together. */
export class ClusterFiles {
  readonly #files: ReadonlyMap<string, FileFacts>;
  /** Text of files that are templates: what they name cannot be told from what they mention. */
  readonly #templates: readonly string[];

  private constructor(files: ReadonlyMap<string, FileFacts>, templates: readonly string[]) {
    this.#files = files;
    this.#templates = templates;
  }

  /** As the files stand before the run; `path` with the text given. */
  static of(context: Pick<RewriteContext, 'paths' | 'read'>, path: string, text: string): ClusterFiles {
    const { facts, templates } = factsOf(context);
    const own = factsIn(path, new YamlEditor(text));
    return new ClusterFiles(new Map([...facts, [path, own]]), templates);
  }

  hasAccount(namespace: string, name: string): boolean {
    return this.#all().some(({ accounts }) => accounts.includes(`${namespace}/${name}`) || (namespace === '' ? accounts.some((one) => one.endsWith(`/${name}`)) : accounts.includes(`/${name}`)));
  }

  /** What Secret `holder` is known to hold; undefined when nothing here defines it. */
  keysOf(namespace: string, holder: string): readonly string[] | undefined {
    const sources = this.#all().flatMap(({ sources: own }) => own.filter((one) => one.holder === holder && isNear(one.namespace, namespace)));
    return sources.length === 0 ? undefined : [...new Set(sources.flatMap(({ keys }) => keys))];
  }

  usesOf(namespace: string, holder: string): readonly SecretUse[] {
    return this.#all().flatMap(({ uses }) => uses.filter((one) => one.holder === holder && isNear(one.namespace, namespace)));
  }

  /** Whether a template names `word`, for whatever purpose. */
  isInTemplate(word: string): boolean {
    return this.#templates.some((text) => text.includes(word));
  }

  isPatch(path: string): boolean {
    return this.#all().some(({ patches }) => patches.includes(path));
  }

  /** A kustomization puts something before or behind names. */
  get renames(): boolean {
    return this.#all().some(({ renames }) => renames);
  }

  #all(): readonly FileFacts[] {
    return [...this.#files.values()];
  }
}

/** A manifest without a namespace is put into one when it is applied. */
function isNear(a: string, b: string): boolean {
  return a === b || a === '' || b === '';
}

interface Known {
  readonly facts: ReadonlyMap<string, FileFacts>;
  readonly templates: readonly string[];
}
const known = new WeakMap<readonly string[], Known>();
const NOTHING: Known = { facts: new Map(), templates: [] };

/** Read once for all files of a target. */
function factsOf({ paths, read }: Pick<RewriteContext, 'paths' | 'read'>): Known {
  if (paths === undefined) return NOTHING;
  const made = known.get(paths);
  if (made !== undefined) return made;
  const facts = new Map<string, FileFacts>();
  const templates: string[] = [];
  for (const path of paths) {
    if (!/\.(?:ya?ml|tpl)$/i.test(path)) continue;
    const text = read(path);
    if (text === undefined) continue;
    if (text.includes('{{') || /\.tpl$/i.test(path)) {
      templates.push(text);
      continue;
    }
    const isKustomization = /(?:^|\/)kustomization\.ya?ml$/i.test(path);
    if (!isKustomization && !(looksLikeManifest(path, text) && /[sS]ecret|ServiceAccount/.test(text))) continue;
    facts.set(path, factsIn(path, new YamlEditor(text)));
  }
  const result = { facts, templates };
  known.set(paths, result);
  return result;
}

function factsIn(path: string, editor: YamlEditor): FileFacts {
  if (/(?:^|\/)kustomization\.ya?ml$/i.test(path)) return kustomizationFacts(path, editor);
  const objects = objectsOf(editor);
  return {
    accounts: objects.flatMap(({ kind, namespace, name }) => (kind === 'ServiceAccount' ? [`${namespace}/${name}`] : [])),
    sources: objects.flatMap(sourcesOf),
    uses: objects.flatMap((object) => usesIn(path, object)),
    patches: [],
    renames: false,
  };
}

function kustomizationFacts(path: string, editor: YamlEditor): FileFacts {
  const [root] = editor.file.documents;
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const namespace = textOf(get(root, 'namespace')) ?? '';
  const patches = ['patches', 'patchesStrategicMerge', 'patchesJson6902'].flatMap((key) => itemsOf(get(root, key)).flatMap((item) => textOf(item) ?? textOf(get(item, 'path')) ?? []));
  return {
    accounts: [],
    sources: itemsOf(get(root, 'secretGenerator')).map((generator) => ({ namespace: textOf(get(generator, 'namespace')) ?? namespace, holder: textOf(get(generator, 'name')) ?? '', keys: generatedKeys(generator) })),
    uses: [],
    patches: patches.filter((patch) => !patch.includes('\n')).map((patch) => resolvePath(folder, patch)),
    renames: ['namePrefix', 'nameSuffix'].some((key) => (textOf(get(root, key)) ?? '') !== ''),
  };
}

/** Entries that a generator names itself; those of its files and env files are not among them, and a mark says so. */
function generatedKeys(generator: YamlNode): readonly string[] {
  const literals = itemsOf(get(generator, 'literals')).map((item) => (textOf(item) ?? '').split('=', 1)[0] ?? '');
  const files = itemsOf(get(generator, 'files')).map((item) => (textOf(item) ?? '').split('=', 1)[0] ?? '');
  const elsewhere = [...itemsOf(get(generator, 'envs')), get(generator, 'env')].flatMap((item) => textOf(item) ?? []);
  return [...literals, ...files, ...elsewhere.map((file) => `entries of ${file}`)];
}

/** `overlays/../base/x.yaml` from the folder of a file. */
export function resolvePath(folder: string, relative: string): string {
  const parts: string[] = [];
  for (const part of `${folder}${relative}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

/** What an object puts into a Secret. */
export function sourcesOf({ kind, name, namespace, node }: ClusterObject): readonly SecretSource[] {
  const spec = get(node, 'spec');
  switch (kind) {
    case 'Secret':
      return [{ namespace, holder: name, keys: [...entriesOf(get(node, 'data')), ...entriesOf(get(node, 'stringData'))].map(({ key }) => key) }];
    case 'SealedSecret':
      return [{ namespace, holder: name, keys: entriesOf(get(spec, 'encryptedData')).map(({ key }) => key) }];
    case 'ExternalSecret': {
      const named = itemsOf(get(spec, 'data')).flatMap((item) => textOf(get(item, 'secretKey')) ?? []);
      const templated = entriesOf(get(get(get(spec, 'target'), 'template'), 'data')).map(({ key }) => key);
      const whole = itemsOf(get(spec, 'dataFrom')).map(() => 'entries of dataFrom');
      return [{ namespace, holder: textOf(get(get(spec, 'target'), 'name')) ?? name, keys: [...named, ...templated, ...whole] }];
    }
    default:
      return [];
  }
}

function usesIn(path: string, object: ClusterObject): readonly SecretUse[] {
  const { kind, namespace, node } = object;
  if (['Secret', 'SealedSecret', 'ExternalSecret', 'ServiceAccount', 'ConfigMap'].includes(kind)) return [];
  const found: SecretUse[] = [];
  const visit = (current: YamlNode): void => {
    if (current.kind === 'scalar') return;
    if (current.kind === 'seq') return current.items.forEach(visit);
    for (const { key, value } of current.entries) {
      const holder = textOf(get(value, 'name'));
      if (key === 'secretKeyRef' && holder !== undefined) {
        found.push({ path, namespace, holder, key: textOf(get(value, 'key')) ?? '', at: value.range.start });
      } else if (/secret/i.test(key) && holder !== undefined) {
        found.push({ path, namespace, holder, key: undefined, at: value.range.start });
      } else if (/secret/i.test(key) && value.kind === 'scalar') {
        found.push({ path, namespace, holder: value.value, key: undefined, at: value.range.start });
      } else visit(value);
    }
  };
  visit(node);
  return found;
}
