import { readFileSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { TargetError, UsageError } from '../../model/errors.ts';
import { listOf, recordOf, textOf } from '../github/fields.ts';
import type { RemoteContext } from '../remote.ts';

/** What one context of a kubeconfig says: where the cluster is, and how to speak to it. Paths are absolute. */
export interface ClusterConfig {
  /** Name of the context; `in-cluster` for the service account of a pod. */
  readonly context: string;
  /** Of the context; undefined where it says none. */
  readonly namespace?: string;
  /** `https://host:6443`, without a slash at its end. */
  readonly server: string;
  /** PEM texts. */
  readonly authority?: string;
  readonly isInsecure: boolean;
  readonly serverName?: string;
  readonly user: UserConfig;
}

/** One way to log in, as the user's entry has it; several at once are allowed, as for a certificate beside a token. */
export interface UserConfig {
  readonly token?: string;
  /** Read again for each request: it is renewed in place. */
  readonly tokenFile?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly basic?: { readonly name: string; readonly password: string };
  readonly exec?: ExecConfig;
}

/** A program that prints a login. */
export interface ExecConfig {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly installHint?: string;
  readonly isInteractive: boolean;
  /** It wants to be told which cluster the login is for. */
  readonly wantsCluster: boolean;
  /** Folder of the file, which a command with a slash in it is relative to. */
  readonly folder: string;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
/** RFC 1123 label: what a namespace is called. */
const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

interface Entry {
  readonly value: Readonly<Record<string, unknown>>;
  readonly folder: string;
}

interface Merged {
  readonly files: readonly string[];
  readonly current?: string;
  readonly contexts: ReadonlyMap<string, Entry>;
  readonly clusters: ReadonlyMap<string, Entry>;
  readonly users: ReadonlyMap<string, Entry>;
}

/**
 * Finds the cluster of `kubernetes:REST`: a context of the kubeconfig, the current one when none is named, or the pod this runs in.
 *
 * @param rest `[context][/namespace]`; a context may hold slashes itself
 * @param serviceAccount folder where a pod finds the token of its service account
 * @returns the cluster, and the namespace that was named
 * @throws UsageError for a context that is not there; TargetError where there is no login, or a broken one: it names the fix
 */
export function findCluster(rest: string, context: RemoteContext, serviceAccount = SERVICE_ACCOUNT): { readonly config: ClusterConfig; readonly namespace?: string } {
  const merged = readFiles(context);
  const named = splitRest(rest, merged.contexts);
  if (named.namespace !== undefined && !NAMESPACE.test(named.namespace)) throw new UsageError(`${named.namespace} is no name of a namespace`, 'Write kubernetes:CONTEXT/NAMESPACE; `kubectl config get-contexts` lists the contexts.');
  const name = named.context ?? merged.current;
  const namespace = named.namespace === undefined ? {} : { namespace: named.namespace };
  if (name !== undefined) return { config: clusterOf(name, merged), ...namespace };
  const inside = insideCluster(context, serviceAccount);
  if (inside !== undefined) return { config: inside, ...namespace };
  if (merged.contexts.size > 0) throw new TargetError('the kubeconfig has no current context', `Name one: kubernetes:${[...merged.contexts.keys()][0] ?? 'CONTEXT'}, or choose one with kubectl config use-context.`);
  throw new TargetError('there is no login for a Kubernetes cluster on this machine', 'Make a kubeconfig (aws eks update-kubeconfig, gcloud container clusters get-credentials, az aks get-credentials), or name it in KUBECONFIG.');
}

function splitRest(rest: string, contexts: ReadonlyMap<string, unknown>): { readonly context?: string; readonly namespace?: string } {
  if (rest === '') return {};
  if (contexts.has(rest)) return { context: rest };
  const slash = rest.lastIndexOf('/');
  const before = slash < 0 ? rest : rest.slice(0, slash);
  if (before !== '' && !contexts.has(before)) {
    const known = [...contexts.keys()].slice(0, 10).join(', ');
    throw new UsageError(`there is no context ${before} in the kubeconfig`, known === '' ? 'No kubeconfig was found: set KUBECONFIG, or make one with the command line of your cloud.' : `Its contexts are: ${known}.`);
  }
  return { ...(before === '' ? {} : { context: before }), ...(slash < 0 || slash === rest.length - 1 ? {} : { namespace: rest.slice(slash + 1) }) };
}

/** The first file that says something wins, as for kubectl. A file that is not there says nothing. */
function readFiles({ env, home }: RemoteContext): Merged {
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  const files = listed.length > 0 ? listed.map((path) => resolve(path)) : [join(home, '.kube', 'config')];
  const merged = { contexts: new Map<string, Entry>(), clusters: new Map<string, Entry>(), users: new Map<string, Entry>() };
  let current: string | undefined;
  for (const file of files) {
    const content = readConfig(file);
    if (content === undefined) continue;
    const currentHere = textOf(content['current-context']);
    if (current === undefined && currentHere !== undefined && currentHere !== '') current = currentHere;
    for (const [list, inner, into] of [['contexts', 'context', merged.contexts], ['clusters', 'cluster', merged.clusters], ['users', 'user', merged.users]] as const) {
      for (const one of listOf(content[list])) {
        const name = textOf(recordOf(one)['name']);
        if (name !== undefined && !into.has(name)) into.set(name, { value: recordOf(recordOf(one)[inner]), folder: dirname(file) });
      }
    }
  }
  return { files, ...(current === undefined ? {} : { current }), ...merged };
}

function readConfig(file: string): Readonly<Record<string, unknown>> | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new TargetError('a kubeconfig cannot be read', `Make ${file} readable, or name another one in KUBECONFIG.`, { cause: error });
  }
  try {
    return recordOf(parse(text, { logLevel: 'silent' }));
  } catch {
    // The parser quotes the text it trips over, and that may be a token.
    throw new TargetError('a kubeconfig is not YAML', `Look at ${file}, or name another one in KUBECONFIG.`);
  }
}

function clusterOf(name: string, { contexts, clusters, users, files }: Merged): ClusterConfig {
  const context = contexts.get(name);
  const clusterName = textOf(context?.value['cluster']);
  const cluster = clusterName === undefined ? undefined : clusters.get(clusterName);
  const server = textOf(cluster?.value['server'])?.replace(/\/+$/, '');
  if (context === undefined || cluster === undefined || server === undefined || !URL.canParse(server)) throw new TargetError(`the context ${name} names no cluster with an address`, `Look at its cluster in ${files.join(', ')}.`);
  if (textOf(cluster.value['proxy-url']) !== undefined) throw new TargetError(`the cluster of ${name} is reached through a proxy`, 'proxy-url is not spoken: run dekey where the cluster can be reached, or through kubectl proxy with a kubeconfig whose server is http://127.0.0.1:8001.');
  const namespace = textOf(context.value['namespace']);
  const authority = pem(cluster, 'certificate-authority');
  const serverName = textOf(cluster.value['tls-server-name']);
  const userName = textOf(context.value['user']);
  return {
    context: name,
    ...(namespace === undefined || namespace === '' ? {} : { namespace }),
    server,
    ...(authority === undefined ? {} : { authority }),
    isInsecure: cluster.value['insecure-skip-tls-verify'] === true,
    ...(serverName === undefined ? {} : { serverName }),
    user: userOf(name, userName === undefined ? undefined : users.get(userName)),
  };
}

function userOf(context: string, entry: Entry | undefined): UserConfig {
  if (entry === undefined) return {};
  const { value, folder } = entry;
  const at = (path: string): string => (isAbsolute(path) ? path : join(folder, path));
  if (value['auth-provider'] !== undefined && value['exec'] === undefined) throw new TargetError(`the user of ${context} logs in by auth-provider`, 'Kubernetes 1.26 took it out: make the kubeconfig anew with the command line of your cloud.');
  const token = textOf(value['token']);
  const tokenFile = textOf(value['tokenFile']);
  const certificate = pem(entry, 'client-certificate');
  const key = pem(entry, 'client-key');
  const name = textOf(value['username']);
  const password = textOf(value['password']);
  const exec = value['exec'] === undefined ? undefined : execOf(recordOf(value['exec']), folder);
  return {
    // A file goes before a token that stands in the config.
    ...(tokenFile === undefined ? (token === undefined ? {} : { token }) : { tokenFile: at(tokenFile) }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(name === undefined || password === undefined ? {} : { basic: { name, password } }),
    ...(exec === undefined ? {} : { exec }),
  };
}

function execOf(value: Readonly<Record<string, unknown>>, folder: string): ExecConfig | undefined {
  const command = textOf(value['command']);
  if (command === undefined) return undefined;
  const installHint = textOf(value['installHint']);
  return {
    apiVersion: textOf(value['apiVersion']) ?? 'client.authentication.k8s.io/v1',
    command,
    args: listOf(value['args']).flatMap((one) => textOf(one) ?? []),
    env: listOf(value['env']).flatMap((one) => {
      const name = textOf(recordOf(one)['name']);
      const text = textOf(recordOf(one)['value']);
      return name === undefined || text === undefined ? [] : [{ name, value: text }];
    }),
    ...(installHint === undefined ? {} : { installHint }),
    isInteractive: value['interactiveMode'] === 'Always',
    wantsCluster: value['provideClusterInfo'] === true,
    folder,
  };
}

/** `FIELD-data` in base64 goes before the file that `FIELD` names. */
function pem({ value, folder }: Entry, field: string): string | undefined {
  const data = textOf(value[`${field}-data`]);
  if (data !== undefined && data !== '') return Buffer.from(data, 'base64').toString('utf8');
  const path = textOf(value[field]);
  if (path === undefined || path === '') return undefined;
  const absolute = isAbsolute(path) ? path : join(folder, path);
  try {
    return readFileSync(absolute, 'utf8');
  } catch (error) {
    throw new TargetError(`the ${field} of the kubeconfig cannot be read`, `Make ${absolute} readable, or make the kubeconfig anew.`, { cause: error });
  }
}

function insideCluster({ env }: RemoteContext, folder: string): ClusterConfig | undefined {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'];
  if (host === undefined || port === undefined) return undefined;
  const tokenFile = join(folder, 'token');
  try {
    const authority = readFileSync(join(folder, 'ca.crt'), 'utf8');
    const namespace = readFileSync(join(folder, 'namespace'), 'utf8').trim();
    readFileSync(tokenFile);
    return { context: 'in-cluster', namespace, server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`, authority, isInsecure: false, user: { tokenFile } };
  } catch {
    // `automountServiceAccountToken: false`: the pod has no login.
    return undefined;
  }
}
