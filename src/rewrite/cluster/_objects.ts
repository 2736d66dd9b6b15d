import { get, itemsOf, textOf, type YamlNode, type YamlScalar } from '../../support/yaml.ts';
import type { YamlEditor, YamlMap, YamlSequence } from '../yaml-edit.ts';

/** One object of a manifest. */
export interface ClusterObject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly name: string;
  readonly namespace: string;
  readonly node: YamlMap;
  /** The list that holds it (`kind: List`), when it is no document of its own. */
  readonly list: YamlSequence | undefined;
}

/** Where the pod template stands in each kind; `[]` for the object itself. Kinds of others are those whose documentation shows a pod template there. */
const TEMPLATE_AT: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  Rollout: ['spec', 'template'],
  PodTemplate: ['template'],
};

/** Whether the text may hold an object of a cluster: cheap, and true too often. */
export function looksLikeManifest(path: string, text: string): boolean {
  return /\.ya?ml$/i.test(path) && !/(?:^|\/)kustomization\.ya?ml$/i.test(path) && /^[\uFEFF \t"'-]*apiVersion["']?:/m.test(text) && /^[ \t"'-]*kind["']?:/m.test(text);
}

/** Objects of a file, in order; those of lists too. */
export function objectsOf(editor: YamlEditor): readonly ClusterObject[] {
  return editor.file.documents.flatMap((root) => objectsIn(root, undefined));
}

function objectsIn(node: YamlNode, list: YamlSequence | undefined): readonly ClusterObject[] {
  if (node.kind !== 'map') return [];
  const kind = textOf(get(node, 'kind'));
  if (kind === undefined) return [];
  const items = get(node, 'items');
  if (kind.endsWith('List') && items?.kind === 'seq') return items.items.flatMap((item) => objectsIn(item, items));
  const metadata = get(node, 'metadata');
  const name = textOf(get(metadata, 'name')) ?? textOf(get(metadata, 'generateName')) ?? '';
  return [{ kind, apiVersion: textOf(get(node, 'apiVersion')) ?? '', name, namespace: textOf(get(metadata, 'namespace')) ?? '', node, list }];
}

export interface PodTemplate {
  /** Holds `metadata` and `spec`. */
  readonly template: YamlMap;
  readonly spec: YamlMap;
}

/** The pod template of an object; undefined for kinds that have none in a place that is known. */
export function podTemplateOf({ kind, apiVersion, node }: ClusterObject): PodTemplate | undefined {
  const route = kind === 'Service' && apiVersion.startsWith('serving.knative.dev/') ? ['spec', 'template'] : TEMPLATE_AT[kind];
  if (route === undefined) return undefined;
  let current: YamlNode | undefined = node;
  for (const key of route) current = get(current, key);
  const spec = get(current, 'spec');
  return current?.kind === 'map' && spec?.kind === 'map' ? { template: current, spec } : undefined;
}

export interface Container {
  readonly name: string;
  readonly node: YamlMap;
}

export function containersOf(spec: YamlMap): readonly Container[] {
  return ['initContainers', 'containers'].flatMap((key) =>
    itemsOf(get(spec, key)).flatMap((node) => (node.kind === 'map' ? [{ name: textOf(get(node, 'name')) ?? '', node }] : [])),
  );
}

/** An entry of `env`. */
export interface Variable {
  readonly item: YamlMap;
  readonly name: string;
  readonly value: YamlScalar | undefined;
  /** `secretKeyRef` or `configMapKeyRef`. */
  readonly reference: { readonly kind: 'secret' | 'config-map'; readonly node: YamlNode; readonly holder: string; readonly key: string } | undefined;
  /** `$patch: delete` of kustomize. */
  readonly deletes: boolean;
}

export function variablesOf(container: YamlNode): readonly Variable[] {
  return itemsOf(get(container, 'env')).flatMap((item): Variable[] => {
    const name = textOf(get(item, 'name'));
    if (item.kind !== 'map' || name === undefined) return [];
    const value = get(item, 'value');
    const source = get(item, 'valueFrom');
    const secret = get(source, 'secretKeyRef');
    const node = secret ?? get(source, 'configMapKeyRef');
    return [
      {
        item,
        name,
        value: value?.kind === 'scalar' ? value : undefined,
        reference: node === undefined ? undefined : { kind: secret === undefined ? 'config-map' : 'secret', node, holder: textOf(get(node, 'name')) ?? '', key: textOf(get(node, 'key')) ?? '' },
        deletes: textOf(get(item, '$patch')) === 'delete',
      },
    ];
  });
}

/** `envFrom` entries that bring a whole Secret. */
export function wholeSecretsOf(container: YamlNode): readonly { readonly item: YamlNode; readonly holder: string; readonly prefix: string; readonly node: YamlNode }[] {
  return itemsOf(get(container, 'envFrom')).flatMap((item) => {
    const node = get(item, 'secretRef');
    const holder = textOf(get(node, 'name'));
    return node === undefined || holder === undefined ? [] : [{ item, holder, prefix: textOf(get(item, 'prefix')) ?? '', node }];
  });
}
