import type { RemoteExplanation } from '../remote.ts';
import { groupOf, RESOURCES } from './resources.ts';

/** For `dekey explain kubernetes`: the table of rights is the table of what is listed. */
export const explainKubernetes: RemoteExplanation = {
  title: 'A Kubernetes cluster: Secrets with their values, and every workload that takes one',
  calls: [
    ...RESOURCES.map(({ plural, title }) => ({ call: `list ${plural}`, permission: `list ${plural}`, title })),
    { call: 'list namespaces', permission: 'list namespaces', title: 'namespaces, where a kind may not be listed in all of them at once' },
    { call: 'GET /.well-known/openid-configuration', permission: 'system:service-account-issuer-discovery', title: 'the issuer of the cluster' },
  ],
  login: [
    'The context of the kubeconfig that is named, or the current one: KUBECONFIG, else ~/.kube/config. A program that it names for the login (aws, gke-gcloud-auth-plugin, kubelogin) is run.',
    'Without a kubeconfig, inside a pod: its service account.',
    'Least right: the ClusterRole below, bound to a user of its own. Bound by a RoleBinding it is enough for `kubernetes:CONTEXT/NAMESPACE`.',
  ],
  policy: [
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: ClusterRole',
    'metadata:',
    '  name: dekey-inventory',
    'rules:',
    ...['', 'apps', 'batch'].flatMap((group) => [`  - apiGroups: ["${group}"]`, `    resources: [${[...RESOURCES.filter((one) => groupOf(one) === group).map(({ plural }) => plural), ...(group === '' ? ['namespaces'] : [])].join(', ')}]`, '    verbs: [list, get]']),
    '  - nonResourceURLs: ["/.well-known/openid-configuration"]',
    '    verbs: [get]',
  ],
  limits: [
    'Whoever may list Secrets reads their values: no right of Kubernetes gives names alone. Values are compared in memory and never kept.',
    'Custom resources (ExternalSecret, Rollout, SecretProviderClass, Argo workflows) are not listed; the pods and Secrets they make are.',
    'Releases of Helm are counted and not unpacked; tokens of service accounts are named and not read.',
    'Files inside images and volumes are not read.',
    'When a key was last used is nowhere in the cluster: its audit log may tell.',
    'A proxy (proxy-url) and logins that ask questions are not spoken.',
  ],
};
