import { stringify } from 'yaml';
import type { Emission, EmittedFile, Emitter, Target } from '../model/federation.ts';
import type { Migration } from '../model/plan.ts';
import type { Input, Text } from '../model/text.ts';
import { partyInputs } from '../parties/inputs.ts';
import { credentialConfig } from './_google-credentials.ts';
import { suffixesOf, variableOf } from './_identity-variables.ts';
import { Asking, byId, scriptFile } from './_party.ts';
import { CLUSTERS, CONFIG_MAP, configKey, credentialConfigKey, POD_TOKEN_SECONDS, tokenFolder, tokenVariable, tokenVolume } from './_pod-token.ts';
import type { Statement, Word } from './_shell.ts';
import { data, type Data, fillPlaceholders, inputsIn, literal, placeholder, shortName } from './_text.ts';

const NAMESPACE: Input = { id: 'kubernetes.namespace', title: 'Namespace of the workload', shape: 'name', how: 'kubectl get pods --all-namespaces, for the namespace it is deployed to.' };

/** Where the pod spec stands in each kind. */
const POD_AT: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  Deployment: ['template'],
  StatefulSet: ['template'],
  DaemonSet: ['template'],
  ReplicaSet: ['template'],
  Job: ['template'],
  CronJob: ['jobTemplate', 'spec', 'template'],
};
const API_VERSIONS: Readonly<Record<string, string>> = { Pod: 'v1', Job: 'batch/v1', CronJob: 'batch/v1' };

/** A ServiceAccount for each identity, for each workload the patch that mounts its token, and for each namespace the ids that edited manifests read. */
export function emitKubernetes(migrations: readonly Migration[]): Emitter {
  return (targets, ask, known) => emit(targets, migrations, ask, known);
}

function emit(targets: readonly Target[], migrations: readonly Migration[], ...[ask, known]: EmitterTools): Emission {
  const asking = new Asking(ask, known);
  const items = byId(targets).map((target) => itemOf(target, asking));
  const accounts = new Map(items.map((item) => [`${placeholder(item.namespace)}/${placeholder(item.account)}`, item]));
  const files: EmittedFile[] = [
    {
      path: 'kubernetes/service-accounts.yaml',
      kind: 'kubernetes',
      role: 'create',
      purpose: 'A ServiceAccount for each workload; accounts that exist already keep what they have.',
      text: documents([...accounts.values()].map((item) => serviceAccount(item))),
    },
    ...items.map((item): EmittedFile => ({
      path: `kubernetes/patch.${item.target.id}.yaml`,
      kind: 'yaml',
      role: 'switch',
      purpose: `Mounts the token of ${item.target.workload}: kubectl patch, or a patch of kustomize. Take the key out of env in the same change.`,
      text: document(patch(item)),
    })),
    ...configMaps(items, migrations, asking),
    scriptFile('kubernetes', 'create', 'Makes the service accounts. Workloads are changed in phase 2, in their own manifests.', {
      tools: ['kubectl'],
      inputs: asking.describe(items.flatMap(({ namespace, account }) => [...inputsIn(namespace), ...inputsIn(account)])),
      body: [...accounts.values()].map((item): Statement => ({ kind: 'unless', test: get(item), body: [{ kind: 'run', pipe: [['kubectl', 'create', 'serviceaccount', { text: item.account }, '--namespace', { text: item.namespace }]] }] })),
    }),
    scriptFile('kubernetes', 'check', 'Asks the API server for a token of each service account with the audience of the plan, and throws it away: it shows that the account exists and may have one.', {
      tools: ['kubectl'],
      inputs: asking.describe(items.flatMap(({ namespace, account, target }) => [...inputsIn(namespace), ...inputsIn(account), ...inputsIn(target.policy.audience)])),
      body: items.map(({ account, namespace, target }): Statement => ({ kind: 'run', quiet: true, pipe: [['kubectl', 'create', 'token', { text: account }, '--namespace', { text: namespace }, { join: ['--audience=', { text: target.policy.audience }] }, '--duration=10m']] })),
    }),
    scriptFile('kubernetes', 'undo', 'Deletes the service accounts that the plan made; one that pods still name is left to you.', {
      tools: ['kubectl'],
      inputs: asking.describe(items.flatMap(({ namespace, account }) => [...inputsIn(namespace), ...inputsIn(account)])),
      body: [...accounts.values()].map((item): Statement => ({ kind: 'run', pipe: [['kubectl', 'delete', 'serviceaccount', { text: item.account }, '--namespace', { text: item.namespace }, '--ignore-not-found']] })),
    }),
  ];
  return {
    files,
    manual: [
      'Let nobody but the deployer make pods in the namespace, or restrict the service account by an admission policy: whoever can name it is it.',
      ...(items.some(({ target }) => target.policy.uploadsKeys) ? ['The issuer of the cluster cannot be reached from outside: kubectl get --raw /openid/v1/jwks > jwks.json gives the public keys to upload, again after each rotation.'] : []),
    ],
  };
}

type EmitterTools = readonly [ask: Parameters<Emitter>[1], known: Parameters<Emitter>[2]];

interface Item {
  readonly target: Target;
  readonly namespace: Text;
  readonly account: Text;
  readonly kind: string;
  readonly name: string;
}

function itemOf(target: Target, asking: Asking): Item {
  const { subject } = target.policy;
  if (subject?.kind !== 'exact') throw new Error(`a service account needs an exact subject: ${target.id}`);
  const text = literal(subject.text);
  const [, , namespace, account] = (text ?? '').split(':');
  const tail = subject.text.at(-1);
  const named = account ?? (typeof tail === 'string' ? tail.slice(1) : undefined);
  const [kind = '', ...rest] = target.workload.split('/');
  return {
    target,
    namespace: namespace === undefined ? asking.get(NAMESPACE) : [namespace],
    account: [named ?? shortName(target.id, 63)],
    kind: kind in POD_AT ? kind : 'Deployment',
    name: kind in POD_AT && rest.length > 0 ? rest.join('/') : target.workload,
  };
}

/** Values that are the whole of a variable: what is put together of several stands in the manifest itself. */
const WHOLE_INPUT = /^\{([a-z_]+\.[a-z_]+)\}$/;

/** What manifests take from the ConfigMap, whether it is known already or not: a manifest that was merged ahead goes on reading it. */
function configMaps(items: readonly Item[], migrations: readonly Migration[], asking: Asking): readonly EmittedFile[] {
  const namespaces = new Map<string, { readonly namespace: Text; readonly data: Map<string, Data> }>();
  // Once for each target, and not for each of its migrations: an organisation has thousands.
  const suffixes = new Map<string, ReturnType<typeof suffixesOf>>();
  const suffixOf = (migration: Migration): string => {
    const known = suffixes.get(migration.target) ?? suffixesOf(migrations, migration.target);
    suffixes.set(migration.target, known);
    return known(migration).own;
  };
  for (const { target, namespace } of items) {
    const key = placeholder(namespace);
    const found = namespaces.get(key) ?? { namespace, data: new Map<string, Data>() };
    namespaces.set(key, found);
    for (const migration of migrations.filter(({ chosen }) => chosen?.hops.length === 1 && chosen.hops[0]?.identity === target.id)) {
      for (const [name, value] of settingsOf(migration, target, suffixOf(migration), asking)) found.data.set(name, value);
    }
  }
  const maps = [...namespaces.values()].filter((one) => one.data.size > 0).map((one): Data => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: CONFIG_MAP, namespace: data(one.namespace), labels: { 'app.kubernetes.io/managed-by': 'dekey' } },
    data: Object.fromEntries([...one.data].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  }));
  if (maps.length === 0) return [];
  return [
    {
      path: 'kubernetes/config-map.yaml',
      kind: 'kubernetes',
      role: 'switch',
      purpose: `ConfigMap ${CONFIG_MAP}, which edited manifests read the ids from: fill in what is open, and apply it before the pods change. Where the namespace has one from another plan, add to it by kubectl patch --patch-file.`,
      text: documents(maps),
    },
  ];
}

function settingsOf({ platform, chosen, environment }: Migration, target: Target, suffix: string, asking: Asking): readonly (readonly [string, Data])[] {
  const isRead = CLUSTERS.has(platform) && chosen !== null && ['native', 'same-model'].includes(chosen.class) && (target.party === 'google' || Object.values(environment.set).includes('{token-file}'));
  if (!isRead) return [];
  const named = Object.values(environment.set).flatMap((value): (readonly [string, Data])[] => {
    const id = WHOLE_INPUT.exec(value)?.[1];
    if (id === undefined) return [];
    const variable = variableOf(id, { suffix });
    const input = partyInputs[id];
    // One value is given for an input: where several identities have one each, it says nothing of this one.
    const isOneForAll = variable === variableOf(id, { suffix: '' });
    return [[configKey(variable), input !== undefined && isOneForAll ? data(asking.get(input)) : `\${${variable}}`]];
  });
  const number = partyInputs['google.project_number'];
  const credentials = target.party === 'google' && number !== undefined ? credentialConfig(target, asking.get(number)) : undefined;
  return credentials === undefined ? named : [...named, [credentialConfigKey(suffix), credentials]];
}

function serviceAccount({ namespace, account }: Item): Data {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: data(account), namespace: data(namespace), labels: { 'app.kubernetes.io/managed-by': 'dekey' } },
    // The token of the API server is not what the workload needs.
    automountServiceAccountToken: false,
  };
}

/** A strategic merge patch: lists merge by name, so the container keeps all it has. */
function patch(item: Item): Data {
  const { target, kind } = item;
  const container = /^[a-z0-9-]{1,63}$/.test(target.facts['container'] ?? '') ? (target.facts['container'] ?? '') : dnsName(item.name);
  const volume = tokenVolume(target.party);
  const mountPath = tokenFolder(target.party);
  const pod: Data = {
    serviceAccountName: data(item.account),
    containers: [{ name: container, env: [{ name: tokenVariable(target.party), value: `${mountPath}/token` }], volumeMounts: [{ name: volume, mountPath, readOnly: true }] }],
    volumes: [{ name: volume, projected: { sources: [{ serviceAccountToken: { audience: data(target.policy.audience), expirationSeconds: POD_TOKEN_SECONDS, path: 'token' } }] } }],
  };
  const inner = [...(POD_AT[kind] ?? ['template'])].toReversed().reduce<Data>((spec, key) => (key === 'spec' ? { spec } : { [key]: key === 'template' ? { spec } : spec }), pod);
  return { apiVersion: API_VERSIONS[kind] ?? 'apps/v1', kind, metadata: { name: dnsName(item.name), namespace: data(item.namespace) }, spec: inner };
}

function dnsName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9.-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '').slice(0, 63) || 'workload';
}

function get({ account, namespace }: Item): Word[] {
  return ['kubectl', 'get', 'serviceaccount', { text: account }, '--namespace', { text: namespace }];
}

function document(value: Data): string {
  return stringify(fillPlaceholders(value), { lineWidth: 0 });
}

function documents(values: readonly Data[]): string {
  return values.map(document).join('---\n');
}

