import { isUtf8 } from 'node:buffer';
import { stringify } from 'yaml';
import { isRecord, recordOf, textOf } from '../github/fields.ts';
import { type ClusterObject, podSpecOf, takenWhole } from './objects.ts';

/** A manifest by the place that the report names. */
export interface Manifest {
  readonly path: string;
  readonly text: string;
}

/** A Secret of Helm's holds a whole release, packed; those of service accounts are tokens of the cluster itself. */
export const HELM_RELEASE = 'helm.sh/release.v1';
export const ACCOUNT_TOKEN = 'kubernetes.io/service-account-token';

/**
 * The objects of one namespace as manifests, each in the format that `kubectl apply` takes: `cluster/NAMESPACE/secret/NAME.yaml`.
 *
 * Values of Secrets stand in the clear where they are text (`stringData`), so that what is read in one is compared with what is read elsewhere. Behind a workload follow, in
 * the same file, the service account it runs as and, by the names of their keys alone, the Secrets and ConfigMaps it takes whole: which keys those bring is seen only
 * with both in one file.
 */
export function manifestsOf(objects: readonly ClusterObject[]): Manifest[] {
  const byName = new Map(objects.map((object) => [`${object.resource.kind}/${object.name}`, object]));
  return objects.flatMap((object): Manifest[] => {
    const { resource, name, namespace } = object;
    if (resource.kind === 'ServiceAccount') return [];
    const pod = podSpecOf(object);
    const beside = pod === undefined ? [] : neighbours(pod, byName);
    const documents = [resource.kind === 'Secret' ? plainSecret(cleaned(object)) : cleaned(object), ...beside];
    const text = documents.map((document) => stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n');
    return [{ path: `cluster/${namespace}/${resource.kind.toLowerCase()}/${name}.yaml`, text }];
  });
}

/** Without what the cluster notes for itself. Annotations stay: the last applied one holds values of its own. */
function cleaned({ resource: { kind, apiVersion }, value }: ClusterObject): Readonly<Record<string, unknown>> {
  const { managedFields: _fields, uid: _uid, resourceVersion: _version, generation: _generation, ...metadata } = recordOf(value['metadata']);
  const { status: _status, kind: _kind, apiVersion: _api, metadata: _metadata, ...rest } = value;
  return { apiVersion, kind, metadata, ...rest };
}

function plainSecret(secret: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { data, ...rest } = secret;
  const plain: [string, string][] = [];
  const encoded: [string, unknown][] = [];
  for (const [key, value] of Object.entries(recordOf(data))) {
    const text = typeof value === 'string' ? plainText(value) : undefined;
    if (text === undefined) encoded.push([key, value]);
    else plain.push([key, text]);
  }
  return { ...rest, ...(plain.length === 0 ? {} : { stringData: Object.fromEntries(plain) }), ...(encoded.length === 0 ? {} : { data: Object.fromEntries(encoded) }) };
}

/** @returns undefined for bytes that are no text */
function plainText(base64: string): string | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text) ? undefined : text;
}

function neighbours(pod: Readonly<Record<string, unknown>>, byName: ReadonlyMap<string, ClusterObject>): readonly unknown[] {
  const account = byName.get(`ServiceAccount/${textOf(pod['serviceAccountName']) ?? 'default'}`);
  const hasIdentity = account !== undefined && isRecord(recordOf(account.value['metadata'])['annotations']);
  const whole = [...takenWhole(pod)].toSorted().flatMap((name) => {
    const object = byName.get(name);
    if (object === undefined) return [];
    const { resource, value } = object;
    const keys = Object.keys(recordOf(value['data']));
    return [{ apiVersion: resource.apiVersion, kind: resource.kind, metadata: { name: object.name, namespace: object.namespace }, data: Object.fromEntries(keys.map((key) => [key, ''])) }];
  });
  return [...(hasIdentity ? [cleaned(account)] : []), ...whole];
}
