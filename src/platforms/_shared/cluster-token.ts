import type { SubjectForm, TokenRefusal, TokenShape, TokenSource, WorkloadContext } from '../../model/issuer.ts';
import type { Input } from '../../model/text.ts';
import { serviceAccountFor } from './service-account.ts';
import { input, join } from './token-shape.ts';

const FORM: SubjectForm = { id: 'service-account', template: 'system:serviceaccount:{namespace}:{name}', except: { namespace: ':', name: ':' } };

/** Tokens of service accounts, projected into a pod: the same on every cluster but for the issuer. */
export function clusterTokens(issuer: { readonly template: string; readonly id: string; readonly how: string; readonly discovery: TokenSource['discovery'] }): TokenSource {
  return {
    issuer: issuer.template,
    isShared: false,
    discovery: issuer.discovery,
    subjects: [FORM],
    stableClaims: [],
    audience: 'free',
    lifetime: { seconds: 3600, refresh: 'rotated-file' },
    arrival: { kind: 'file', path: '/var/run/secrets/dekey/PARTY/token' },
    edits: [
      'Run the pod under a ServiceAccount of its own (serviceAccountName).',
      'Mount a projected service account token with the audience of the rule (kubernetes/ has the patch), and take the key out of env.',
    ],
    source: 'https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/',
    describe: (workload) => describe(workload, input(issuer.id, 'Issuer of the cluster', 'url', issuer.how)),
  };
}

function describe(workload: WorkloadContext, issuer: Input): TokenShape | TokenRefusal {
  const { facts } = workload;
  if (facts['role'] === 'delivery') return { kind: 'refused', code: 'not-a-run', reason: 'This object delivers a key to pods; nothing runs in it.', unblock: 'Plan the pods that use the key; when none is left, delete this object.' };
  const account = serviceAccountFor(workload);
  const given = facts['namespace'] ?? '';
  const known = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(given);
  const namespace = input('kubernetes.namespace', 'Namespace of the workload', 'name', 'kubectl get pods --all-namespaces, for the namespace it is deployed to.');
  const place = known ? given : { input: namespace.id };
  const subject = (space: typeof place, name: string) => join(['system:serviceaccount:', space, `:${name}`]);
  return {
    kind: 'shape',
    issuer: [{ input: issuer.id }],
    subject: { form: FORM.id, text: subject(place, account.name) },
    claims: [],
    inputs: [issuer, ...(known ? [] : [namespace])],
    warnings: [
      ...(account.isNew ? [`The pod has no ServiceAccount of its own: the plan makes ${account.name}, and the manifest has to name it.`] : []),
      'Everybody who can make pods in the namespace can use the ServiceAccount.',
    ],
    refusals: [
      { title: 'another service account of the namespace', changes: { sub: subject(place, `${account.name}-2`) } },
      { title: 'the default service account', changes: { sub: subject(place, 'default') } },
      { title: 'the same name in another namespace', changes: { sub: subject('somewhere-else', account.name) } },
      { title: 'the same name in another cluster', changes: { iss: ['https://other-cluster.example'] } },
    ],
  };
}
