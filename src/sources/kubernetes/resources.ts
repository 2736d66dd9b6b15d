/** A kind of object that is listed. */
export interface Resource {
  readonly kind: string;
  /** As RBAC spells it. */
  readonly plural: string;
  readonly apiVersion: string;
  /** For a sentence. */
  readonly title: string;
}

function resource(kind: string, plural: string, apiVersion: string, title: string): Resource {
  return { kind, plural, apiVersion, title };
}

/** Everything that is listed in a namespace, once: the source asks for these, `dekey explain kubernetes` prints them. */
export const RESOURCES: readonly Resource[] = [
  resource('Secret', 'secrets', 'v1', 'Secrets with their values'),
  resource('ConfigMap', 'configmaps', 'v1', 'ConfigMaps'),
  resource('ServiceAccount', 'serviceaccounts', 'v1', 'service accounts and the cloud identities bound to them'),
  resource('Deployment', 'deployments', 'apps/v1', 'Deployments'),
  resource('StatefulSet', 'statefulsets', 'apps/v1', 'StatefulSets'),
  resource('DaemonSet', 'daemonsets', 'apps/v1', 'DaemonSets'),
  resource('ReplicaSet', 'replicasets', 'apps/v1', 'ReplicaSets that no Deployment made'),
  resource('CronJob', 'cronjobs', 'batch/v1', 'CronJobs'),
  resource('Job', 'jobs', 'batch/v1', 'Jobs that no CronJob made'),
  resource('Pod', 'pods', 'v1', 'Pods that none of these made'),
];

/** Path of a list: of a namespace, or of all of them. */
export function listPath({ apiVersion, plural }: Resource, namespace: string | undefined): string {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${group}${namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`}/${plural}`;
}

/** For RBAC: the group is '' for what is in the core. */
export function groupOf({ apiVersion }: Resource): string {
  return apiVersion.includes('/') ? (apiVersion.split('/', 1)[0] ?? '') : '';
}
