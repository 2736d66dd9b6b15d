import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { keyMaker } from '../cluster-scan.ts';
import { type FakeCluster, type FakeClusterOptions, type FakeObject, startFakeCluster } from './server.ts';

export const TOKEN = 'token-of-ann';

/** A key, where it stands, and who uses it. */
export interface PlantedKey {
  readonly value: string;
  readonly namespace: string;
  readonly paths: readonly string[];
  /** `Deployment/worker`, sorted. */
  readonly users: readonly string[];
}

export interface KubernetesWorld {
  readonly env: Readonly<Record<string, string>>;
  readonly home: string;
  /** What to name on the command line. */
  readonly target: string;
  readonly planted: readonly PlantedKey[];
  readonly objects: readonly FakeObject[];
  readonly cluster: FakeCluster;
  readonly stop: () => void;
}

export function encoded(data: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, Buffer.from(value).toString('base64')]));
}

function meta(namespace: string, name: string, more: Readonly<Record<string, unknown>> = {}): FakeObject['metadata'] {
  return { name, namespace, uid: `uid-${namespace}-${name}`, resourceVersion: '7', creationTimestamp: '2026-01-02T03:04:05Z', managedFields: [{ manager: 'kubectl', operation: 'Update', fieldsV1: { 'f:data': { 'f:OPENAI_API_KEY': {} } } }], ...more };
}

export function secret(namespace: string, name: string, data: Readonly<Record<string, string>>, more: Readonly<Record<string, unknown>> = {}): FakeObject {
  return { kind: 'Secret', type: 'Opaque', metadata: meta(namespace, name, more), data: encoded(data) };
}

function container(part: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { containers: [{ name: 'main', image: 'registry.example.test/app:1', ...part }] };
}

export function deployment(namespace: string, name: string, pod: Readonly<Record<string, unknown>>, kind = 'Deployment'): FakeObject {
  return { kind, metadata: meta(namespace, name), spec: { replicas: 2, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: pod } }, status: { replicas: 2 } };
}

function keyFrom(variable: string, name: string, key: string): Readonly<Record<string, unknown>> {
  return { name: variable, valueFrom: { secretKeyRef: { name, key } } };
}

const OWNED = { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'worker-5d9', controller: true, uid: 'u' }] };
const OF_A_ROLLOUT = { ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'canary', controller: true, uid: 'u' }] };

/** Two namespaces with the same names and other keys, keys in each place a manifest has for one, and as many Secrets of no interest as make pages. */
export async function startKubernetesWorld(options: Partial<FakeClusterOptions> & { readonly crowd?: number } = {}, seed = 815): Promise<KubernetesWorld> {
  const key = keyMaker(seed);
  const objects: FakeObject[] = [];
  const planted: PlantedKey[] = [];
  for (const namespace of ['ai', 'ai-dev']) {
    const [openai, anthropic, groq, openrouter, replicate, wandb, old] = [key('openai'), key('anthropic'), key('groq'), key('openrouter'), key('replicate'), key('wandb'), key('openai')];
    const applied = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'llm', namespace }, data: encoded({ OLD_OPENAI_KEY: old }) });
    objects.push(
      secret(namespace, 'llm', { OPENAI_API_KEY: openai, region: 'eu' }, { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': applied } }),
      secret(namespace, 'claude', { 'api-key': anthropic }),
      secret(namespace, 'all', { GROQ_API_KEY: groq }),
      secret(namespace, 'dotenv', { '.env': `# settings\nOPENROUTER_API_KEY=${openrouter}\nLOG=1\n` }),
      secret(namespace, 'wandb', { WANDB_API_KEY: wandb }),
      { kind: 'ConfigMap', metadata: meta(namespace, 'settings'), data: { 'settings.ini': `replicate=${replicate}\n`, MODEL: 'gpt' } },
      { kind: 'ServiceAccount', metadata: meta(namespace, 'worker', { annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/worker' } }) },
      { kind: 'ServiceAccount', metadata: meta(namespace, 'default') },
      deployment(namespace, 'worker', { serviceAccountName: 'worker', ...container({ env: [keyFrom('OPENAI_API_KEY', 'llm', 'OPENAI_API_KEY')] }) }),
      deployment(namespace, 'chat', container({ env: [keyFrom('ANTHROPIC_API_KEY', 'claude', 'api-key')] }), 'StatefulSet'),
      deployment(namespace, 'fast', container({ envFrom: [{ secretRef: { name: 'all' } }] }), 'DaemonSet'),
      { kind: 'CronJob', metadata: meta(namespace, 'nightly'), spec: { schedule: '0 3 * * *', jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', ...container({ env: [keyFrom('OPENAI_API_KEY', 'llm', 'OPENAI_API_KEY'), keyFrom('WANDB_API_KEY', 'wandb', 'WANDB_API_KEY')] }) } } } } } },
      { kind: 'Job', metadata: meta(namespace, 'nightly-29', { ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'nightly', controller: true, uid: 'u' }] }), spec: { template: { spec: container({ env: [keyFrom('OPENAI_API_KEY', 'llm', 'OPENAI_API_KEY')] }) } } },
      { kind: 'Pod', metadata: meta(namespace, 'worker-5d9-abcde', OWNED), spec: container({ env: [keyFrom('OPENAI_API_KEY', 'llm', 'OPENAI_API_KEY')] }) },
      { kind: 'Pod', metadata: meta(namespace, 'shell'), spec: { ...container({ env: [keyFrom('ANTHROPIC_API_KEY', 'claude', 'api-key')] }), volumes: [{ name: 'token', projected: { sources: [{ serviceAccountToken: { audience: 'https://api.anthropic.com', expirationSeconds: 600, path: 'token' } }] } }] } },
      { kind: 'ReplicaSet', metadata: meta(namespace, 'canary-1', OF_A_ROLLOUT), spec: { replicas: 1, template: { spec: container({ env: [keyFrom('GROQ_API_KEY', 'all', 'GROQ_API_KEY')] }) } } },
      { kind: 'ReplicaSet', metadata: meta(namespace, 'canary-0', OF_A_ROLLOUT), spec: { replicas: 0, template: { spec: container({ env: [keyFrom('GROQ_API_KEY', 'all', 'GROQ_API_KEY')] }) } } },
      { kind: 'Secret', type: 'helm.sh/release.v1', metadata: meta(namespace, 'sh.helm.release.v1.app.v1'), data: encoded({ release: 'H4sIAAAA' }) },
      { kind: 'Secret', type: 'kubernetes.io/service-account-token', metadata: meta(namespace, 'robot-token'), data: encoded({ token: 'eyJh.eyJz.c2ln' }) },
    );
    const at = (path: string): string => `cluster/${namespace}/${path}.yaml`;
    planted.push(
      { value: openai, namespace, paths: [at('secret/llm')], users: ['CronJob/nightly', 'Deployment/worker'] },
      { value: old, namespace, paths: [at('secret/llm')], users: [] },
      { value: anthropic, namespace, paths: [at('secret/claude')], users: ['Pod/shell', 'StatefulSet/chat'] },
      { value: groq, namespace, paths: [at('secret/all')], users: ['DaemonSet/fast', 'ReplicaSet/canary-1'] },
      { value: openrouter, namespace, paths: [at('secret/dotenv')], users: [] },
      { value: wandb, namespace, paths: [at('secret/wandb')], users: ['CronJob/nightly'] },
      { value: replicate, namespace, paths: [at('configmap/settings')], users: [] },
    );
  }
  for (let at = 0; at < (options.crowd ?? 0); at += 1) objects.push(secret(`team-${at % 7}`, `tls-${at}`, { 'tls.crt': 'none', password: `p${at}` }));
  const cluster = await startFakeCluster({ token: TOKEN, objects, ...options });
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'dekey-kube-')));
  mkdirSync(join(folder, '.kube'));
  writeFileSync(join(folder, '.kube/config'), kubeconfig(cluster.origin, { token: TOKEN }));
  return {
    env: { HOME: folder, PATH: process.env['PATH'] ?? '' },
    home: folder,
    target: 'kubernetes:prod',
    planted,
    objects,
    cluster,
    stop: () => {
      cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A kubeconfig with one context, `prod`, in namespace `ai`. */
export function kubeconfig(server: string, user: Readonly<Record<string, unknown>>, cluster: Readonly<Record<string, unknown>> = {}, name = 'prod'): string {
  return stringify({ apiVersion: 'v1', kind: 'Config', 'current-context': name, contexts: [{ name, context: { cluster: name, user: name, namespace: 'ai' } }], clusters: [{ name, cluster: { server, ...cluster } }], users: [{ name, user }] });
}
