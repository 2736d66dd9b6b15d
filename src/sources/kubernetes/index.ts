import type { AccountSetting, AccountSightings } from '../../model/account.ts';
import { TargetError } from '../../model/errors.ts';
import type { Skipped } from '../../model/inventory.ts';
import { HttpError } from '../../support/get.ts';
import { recordOf, textOf } from '../github/fields.ts';
import type { OpenRemote, RemoteContext, RemoteSource, RemoteTarget } from '../remote.ts';
import { Cluster, metadataOf, refusalOf } from './cluster.ts';
import { findCluster } from './kubeconfig.ts';
import { ACCOUNT_TOKEN, HELM_RELEASE, manifestsOf } from './manifests.ts';
import { type ClusterObject, objectOf, podSpecOf, projectionsOf, withoutCopies } from './objects.ts';
import { type Resource, RESOURCES } from './resources.ts';

const MOST_NAMES = 20;
/** Namespaces asked one by one. */
const AT_ONCE = 6;

/**
 * Opens `kubernetes:[context][/namespace]` with the login of the kubeconfig, or of the pod this runs in. Each namespace is a target of its own, since names of keys mean
 * something within one only; before them comes the cluster itself, unless one namespace was asked for.
 *
 * @throws UsageError, TargetError when there is no way in
 */
export const openKubernetes: OpenRemote = async (rest, context) => {
  const { config, namespace } = findCluster(rest, context);
  const cluster = new Cluster(config, context);
  await knock(cluster, namespace);
  return new KubernetesSource(cluster, namespace, context);
};

/** One request, so that a login that is no good is told at once. A refusal of this very list is none of that. */
async function knock(cluster: Cluster, namespace: string | undefined): Promise<void> {
  const { context } = cluster.config;
  try {
    await cluster.get(namespace === undefined ? '/api/v1/namespaces?limit=1' : `/api/v1/namespaces/${encodeURIComponent(namespace)}`);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    if (error.status === 403) return;
    if (error.status === 401) throw new TargetError(`the cluster of ${context} does not know this login (401)`, 'Log in again (kubectl get namespaces must work), or choose another context.', { cause: error });
    if (error.status === 404 && namespace !== undefined) throw new TargetError(`the cluster of ${context} has no namespace ${namespace}`, 'kubectl get namespaces lists them.', { cause: error });
    throw new TargetError(error.message, 'See that kubectl get namespaces works from here: the address, the certificate and the network are those of the kubeconfig.', { cause: error });
  }
}

interface Space {
  readonly objects: ClusterObject[];
  readonly skipped: Skipped[];
  /** Kinds that could not be listed in it. */
  readonly unread: Set<string>;
  helm: string[];
  tokens: string[];
}

class KubernetesSource implements RemoteSource {
  readonly #cluster: Cluster;
  readonly #only: string | undefined;
  readonly #context: RemoteContext;
  readonly #spaces = new Map<string, Space>();
  readonly #settings: AccountSetting[] = [];
  readonly #skipped: Skipped[] = [];
  /** Kinds that could not be listed anywhere. */
  readonly #unread = new Set<string>();
  #reachable: readonly string[] | undefined;

  constructor(cluster: Cluster, only: string | undefined, context: RemoteContext) {
    this.#cluster = cluster;
    this.#only = only;
    this.#context = context;
  }

  async *read(): AsyncGenerator<RemoteTarget> {
    const { config } = this.#cluster;
    const issuer = await this.#issuer();
    for (const resource of RESOURCES) await this.#list(resource);
    let next = this.#context.firstId;
    const facts = { context: config.context, ...(issuer === undefined ? {} : { issuer }) };
    if (this.#only === undefined) {
      const id = `t${next}`;
      next += 1;
      if (issuer !== undefined) this.#settings.push(issuerSetting(id, issuer));
      yield { id, kind: 'kubernetes', name: `kubernetes:${config.context}`, facts, skipped: this.#skipped, texts: [] };
    }
    for (const [namespace, space] of [...this.#spaces].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const id = `t${next}`;
      next += 1;
      if (this.#only !== undefined && issuer !== undefined) this.#settings.push(issuerSetting(id, issuer));
      const objects = withoutCopies(space.objects, new Set([...this.#unread, ...space.unread]));
      this.#settings.push(...objects.flatMap((object) => projectionSettings(id, object)));
      const skipped = [...(this.#only === undefined ? [] : this.#skipped), ...space.skipped, ...leftOut(space)];
      yield { id, kind: 'kubernetes', name: `kubernetes:${config.context}/${namespace}`, facts: { ...facts, namespace }, skipped, texts: manifestsOf(objects) };
      this.#spaces.delete(namespace);
    }
  }

  accounts(): AccountSightings {
    return { stored: [], settings: this.#settings, readWhole: {} };
  }

  finish(): Promise<void> {
    return Promise.resolve();
  }

  /** The cluster as an issuer. Not being told says nothing of keys. */
  async #issuer(): Promise<string | undefined> {
    const title = 'issuer of the cluster';
    try {
      const issuer = textOf(recordOf(await this.#cluster.get('/.well-known/openid-configuration'))['issuer']);
      if (issuer !== undefined) return issuer;
      this.#skipped.push({ reason: `${title}: the answer names none`, count: 1, examples: [], incomplete: false });
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      this.#skipped.push({ ...refusalOf(error, title, 'get /.well-known/openid-configuration (system:service-account-issuer-discovery)'), incomplete: false });
    }
    return undefined;
  }

  /** In the whole cluster, or else in each namespace by itself. */
  async #list(resource: Resource): Promise<void> {
    const isSecret = resource.kind === 'Secret';
    // Releases of Helm are megabytes long: their names alone are asked for.
    const selector = isSecret ? `type!=${HELM_RELEASE}` : undefined;
    if (this.#only === undefined) {
      const listed = await this.#cluster.list(resource, undefined, selector);
      if (listed.kind === 'items') {
        this.#take(resource, listed.items);
        if (isSecret) await this.#countHelm(resource, undefined);
        return;
      }
      if (listed.error.status !== 403) {
        this.#skipped.push(refusalOf(listed.error, resource.title, `list ${resource.plural} in all namespaces`));
        this.#unread.add(resource.kind);
        return;
      }
    }
    const namespaces = await this.#namespaces();
    for (let at = 0; at < namespaces.length; at += AT_ONCE) await Promise.all(namespaces.slice(at, at + AT_ONCE).map(async (namespace) => this.#listIn(resource, namespace, selector)));
  }

  async #listIn(resource: Resource, namespace: string, selector: string | undefined): Promise<void> {
    const listed = await this.#cluster.list(resource, namespace, selector);
    const space = this.#space(namespace);
    if (listed.kind === 'refused') {
      space.skipped.push(refusalOf(listed.error, resource.title, `list ${resource.plural} in namespace ${namespace}`));
      space.unread.add(resource.kind);
      return;
    }
    this.#take(resource, listed.items);
    if (selector !== undefined) await this.#countHelm(resource, namespace);
  }

  /** Namespaces to look into one by one; only that of the context where they cannot be listed. */
  async #namespaces(): Promise<readonly string[]> {
    if (this.#only !== undefined) return [this.#only];
    if (this.#reachable !== undefined) return this.#reachable;
    const listed = await this.#cluster.namespaces();
    if (listed.kind === 'items') this.#reachable = listed.items.flatMap((item) => textOf(metadataOf(item)['name']) ?? []).toSorted();
    else {
      const { namespace = 'default' } = this.#cluster.config;
      this.#reachable = [namespace];
      this.#skipped.push({ ...refusalOf(listed.error, `namespaces other than ${namespace}`, 'list namespaces'), examples: [] });
    }
    return this.#reachable;
  }

  #space(namespace: string): Space {
    let space = this.#spaces.get(namespace);
    if (space === undefined) this.#spaces.set(namespace, (space = { objects: [], skipped: [], unread: new Set(), helm: [], tokens: [] }));
    return space;
  }

  #take(resource: Resource, items: readonly unknown[]): void {
    const seen = new Set<string>();
    for (const item of items) {
      const object = objectOf(resource, item);
      // A list that goes on after a change may say one thing twice.
      if (object === undefined || seen.has(`${object.namespace}/${object.name}`)) continue;
      seen.add(`${object.namespace}/${object.name}`);
      const space = this.#space(object.namespace);
      const type = resource.kind === 'Secret' ? textOf(object.value['type']) : undefined;
      if (type === HELM_RELEASE) space.helm.push(object.name);
      else if (type === ACCOUNT_TOKEN) space.tokens.push(object.name);
      else space.objects.push(object);
    }
  }

  async #countHelm(resource: Resource, namespace: string | undefined): Promise<void> {
    for (const place of (await this.#cluster.count(resource, namespace, `type=${HELM_RELEASE}`)) ?? []) {
      const [space = '', name = ''] = place.split('/');
      this.#space(space).helm.push(name);
    }
  }
}

function leftOut({ helm, tokens }: Space): Skipped[] {
  const skip = (names: readonly string[], reason: string): Skipped[] => {
    const different = [...new Set(names)].toSorted();
    return different.length === 0 ? [] : [{ reason, count: different.length, examples: different.slice(0, MOST_NAMES), incomplete: false }];
  };
  return [...skip(helm, 'releases of Helm, which hold values that were given at install'), ...skip(tokens, 'tokens of service accounts that do not expire, for the cluster itself')];
}

function issuerSetting(target: string, url: string): AccountSetting {
  return { target, kind: 'issuer', name: url, facts: { url } };
}

function projectionSettings(target: string, object: ClusterObject): AccountSetting[] {
  const pod = podSpecOf(object);
  if (pod === undefined) return [];
  const serviceAccount = textOf(pod['serviceAccountName']) ?? 'default';
  return projectionsOf(pod).map(({ audience, seconds }) => ({ target, kind: 'token-projection', name: `${object.resource.kind}/${object.namespace}/${object.name}`, facts: { audience, seconds, serviceAccount } }));
}
