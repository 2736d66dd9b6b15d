import { isRecord, listOf, recordOf, textOf } from '../github/fields.ts';
import type { Resource } from './resources.ts';

/** An object as it was listed. */
export interface ClusterObject {
  readonly resource: Resource;
  readonly name: string;
  readonly namespace: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Kinds that are read themselves, so that what they made need not be. */
const MAKERS: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'CronJob', 'Job']);

/** @returns undefined for what has no name, or stands in no namespace: no object of a list is like that */
export function objectOf(resource: Resource, item: unknown): ClusterObject | undefined {
  const metadata = recordOf(recordOf(item)['metadata']);
  const name = textOf(metadata['name']);
  const namespace = textOf(metadata['namespace']);
  return !isRecord(item) || name === undefined || namespace === undefined ? undefined : { resource, name, namespace, value: item };
}

/** Kind and name of what made it and looks after it. */
function makerOf({ value }: ClusterObject): { readonly kind: string; readonly name: string } | undefined {
  const owners = listOf(recordOf(value['metadata'])['ownerReferences']).map(recordOf);
  const owner = owners.find(({ controller }) => controller === true);
  return owner === undefined ? undefined : { kind: textOf(owner['kind']) ?? '', name: textOf(owner['name']) ?? '' };
}

/**
 * Leaves out what another object that is read has made, and of what one unread maker has made (a Rollout, a ReplicationController, an Argo workflow) all but the first of its kind: the
 * copies say the same.
 *
 * @param unread kinds that could not be listed here
 */
export function withoutCopies(objects: readonly ClusterObject[], unread: ReadonlySet<string> = new Set()): ClusterObject[] {
  const seen = new Set<string>();
  return objects.filter((object) => {
    const { resource, namespace, value } = object;
    // A ReplicaSet of no pods is an earlier state of one that has some.
    if (resource.kind === 'ReplicaSet' && recordOf(value['spec'])['replicas'] === 0) return false;
    const maker = makerOf(object);
    if (maker === undefined || resource.kind === 'Secret' || resource.kind === 'ConfigMap' || resource.kind === 'ServiceAccount') return true;
    if (MAKERS.has(maker.kind) && !unread.has(maker.kind)) return false;
    const key = [resource.kind, namespace, maker.kind, maker.name].join('\0');
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Where the pod is described. */
export function podSpecOf({ resource, value }: ClusterObject): Readonly<Record<string, unknown>> | undefined {
  const spec = recordOf(value['spec']);
  switch (resource.kind) {
    case 'Pod':
      return spec;
    case 'CronJob':
      return recordOf(recordOf(recordOf(recordOf(spec['jobTemplate'])['spec'])['template'])['spec']);
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'ReplicaSet':
    case 'Job':
      return recordOf(recordOf(spec['template'])['spec']);
    default:
      return undefined;
  }
}

/** Secrets and ConfigMaps of which a pod takes every key without naming one. */
export function takenWhole(pod: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  const taken = new Set<string>();
  const add = (kind: string, name: unknown): void => {
    if (typeof name === 'string' && name !== '') taken.add(`${kind}/${name}`);
  };
  for (const list of ['containers', 'initContainers', 'ephemeralContainers']) {
    for (const source of listOf(pod[list]).flatMap((container) => listOf(recordOf(container)['envFrom']))) {
      add('Secret', recordOf(recordOf(source)['secretRef'])['name']);
      add('ConfigMap', recordOf(recordOf(source)['configMapRef'])['name']);
    }
  }
  for (const volume of listOf(pod['volumes']).map(recordOf)) {
    add('Secret', recordOf(volume['secret'])['secretName']);
    add('ConfigMap', recordOf(volume['configMap'])['name']);
    for (const source of listOf(recordOf(volume['projected'])['sources']).map(recordOf)) {
      add('Secret', recordOf(source['secret'])['name']);
      add('ConfigMap', recordOf(source['configMap'])['name']);
    }
  }
  return taken;
}

/** A token that a pod has of its service account, beside the one for the API server itself. */
export interface Projection {
  readonly audience: string;
  readonly seconds: string;
}

export function projectionsOf(pod: Readonly<Record<string, unknown>>): readonly Projection[] {
  return listOf(pod['volumes']).flatMap((volume) =>
    listOf(recordOf(recordOf(volume)['projected'])['sources']).flatMap((source) => {
      const token = recordOf(recordOf(source)['serviceAccountToken']);
      const audience = textOf(token['audience']);
      // Without an audience it is the token that every pod has. The default is 3600 seconds.
      return audience === undefined || audience === '' ? [] : [{ audience, seconds: String(typeof token['expirationSeconds'] === 'number' ? token['expirationSeconds'] : 3600) }];
    }),
  );
}
