/** An API server on loopback: as much of the Kubernetes API as lists of objects take, with its login, its rights, its pages and its errors. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

/** An object as a manifest; `kind` says in which list it is. */
export interface FakeObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly [field: string]: unknown };
  readonly type?: string;
  readonly [field: string]: unknown;
}

/** Rights: `list secrets` for all namespaces, `list secrets in ai` for one. */
export type Grant = string;

export interface FakeClusterOptions {
  readonly token: string;
  readonly objects: readonly FakeObject[];
  /** Absent: everything. */
  readonly grants?: readonly Grant[];
  readonly issuer?: string;
  /** So many lists have their second page expire. */
  readonly expiring?: number;
  /** The largest page the server gives, whatever is asked for. */
  readonly largestPage?: number;
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca?: string };
  /** Comes first; true when it has answered. */
  readonly intercept?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export interface FakeCluster {
  readonly origin: string;
  /** `METHOD path`, in order. */
  readonly seen: readonly string[];
  /** What no client that reads by the book does. */
  readonly violations: readonly string[];
  readonly stop: () => void;
}

const PLURALS: Readonly<Record<string, string>> = {
  secrets: 'Secret', configmaps: 'ConfigMap', serviceaccounts: 'ServiceAccount', pods: 'Pod', deployments: 'Deployment', statefulsets: 'StatefulSet', daemonsets: 'DaemonSet', replicasets: 'ReplicaSet', jobs: 'Job', cronjobs: 'CronJob',
};
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  '/api/v1': ['secrets', 'configmaps', 'serviceaccounts', 'pods'],
  '/apis/apps/v1': ['deployments', 'statefulsets', 'daemonsets', 'replicasets'],
  '/apis/batch/v1': ['jobs', 'cronjobs'],
};

export async function startFakeCluster(options: FakeClusterOptions): Promise<FakeCluster> {
  const seen: string[] = [];
  const violations: string[] = [];
  let toExpire = options.expiring ?? 0;
  const { token, objects, issuer = 'https://issuer.example.test/cluster-1', largestPage = 500 } = options;
  const may = (grant: Grant): boolean => options.grants === undefined || options.grants.includes(grant);
  const namespaces = [...new Set(objects.map(({ metadata }) => metadata.namespace))].toSorted();

  const answer: RequestListener = (request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    seen.push(`${request.method ?? ''} ${url.pathname}${url.search}`);
    if (request.method !== 'GET') violations.push(`${request.method ?? ''} ${url.pathname}`);
    if (options.intercept?.(request, response) === true) return;
    const isKnown = request.headers.authorization === `Bearer ${token}` || hasCertificate(request);
    if (!isKnown) return status(response, 401, 'Unauthorized', 'Unauthorized');
    if (url.pathname === '/.well-known/openid-configuration') return may('issuer') ? send(response, 200, { issuer, jwks_uri: `${issuer}/openid/v1/jwks`, id_token_signing_alg_values_supported: ['RS256'] }) : forbidden(response, 'get', url.pathname);
    const one = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(url.pathname)?.[1];
    if (one !== undefined) {
      if (!may('list namespaces')) return forbidden(response, 'get', `namespaces "${one}"`);
      return namespaces.includes(one) ? send(response, 200, namespaceObject(one)) : status(response, 404, 'NotFound', `namespaces "${one}" not found`);
    }
    if (url.pathname === '/api/v1/namespaces') return may('list namespaces') ? list(response, url, 'NamespaceList', namespaces.map(namespaceObject), request) : forbidden(response, 'list', 'namespaces');
    const route = /^(\/api\/v1|\/apis\/[a-z]+\/v1)(?:\/namespaces\/([^/]+))?\/([a-z]+)$/.exec(url.pathname);
    const [, group = '', namespace, plural = ''] = route ?? [];
    if (GROUPS[group]?.includes(plural) !== true) return status(response, 404, 'NotFound', 'the server could not find the requested resource');
    // A right in all namespaces is one in each.
    if (!may(`list ${plural}`) && (namespace === undefined || !may(`list ${plural} in ${namespace}`))) return forbidden(response, 'list', plural);
    const kind = PLURALS[plural] ?? '';
    const selected = objects.filter((object) => object.kind === kind && (namespace === undefined || object.metadata.namespace === namespace) && matchesSelector(object, url.searchParams.get('fieldSelector')));
    // A real server leaves kind and version out of the items of a list.
    list(response, url, `${kind}List`, selected.map(({ kind: _kind, ...rest }) => rest), request);
  };

  function list(response: ServerResponse, url: URL, kind: string, items: readonly object[], request: IncomingMessage): void {
    const limit = Number(url.searchParams.get('limit') ?? 0);
    if (limit === 0 || limit > 500) violations.push(`no page or too large a one: ${url.pathname}${url.search}`);
    const page = Math.min(limit === 0 ? items.length : limit, largestPage);
    const continued = url.searchParams.get('continue');
    let from = 0;
    if (continued !== null && continued !== '') {
      const [path, offset] = Buffer.from(continued, 'base64url').toString().split(' ');
      if (path !== url.pathname || offset === undefined) return status(response, 400, 'BadRequest', 'continue key is not valid');
      if (toExpire > 0) {
        toExpire -= 1;
        return status(response, 410, 'Expired', 'The provided continue parameter is too old to display a consistent list result.');
      }
      from = Number(offset);
    }
    const to = from + page;
    const isNamesOnly = (request.headers.accept ?? '').includes('as=PartialObjectMetadataList');
    const given = items.slice(from, to).map((item) => (isNamesOnly ? { metadata: 'metadata' in item ? item.metadata : {} } : item));
    const more = to < items.length ? { continue: Buffer.from(`${url.pathname} ${to}`).toString('base64url'), remainingItemCount: items.length - to } : {};
    send(response, 200, { kind: isNamesOnly ? 'PartialObjectMetadataList' : kind, apiVersion: 'v1', metadata: { resourceVersion: '1', ...more }, items: given });
  }

  const { tls } = options;
  const server = tls === undefined ? createServer(answer) : createTlsServer({ key: tls.key, cert: tls.cert, ...(tls.ca === undefined ? {} : { ca: tls.ca, requestCert: true, rejectUnauthorized: false }) }, answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}`,
    seen,
    violations,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function hasCertificate({ socket }: IncomingMessage): boolean {
  return 'authorized' in socket && socket.authorized === true;
}

function matchesSelector({ type }: FakeObject, selector: string | null): boolean {
  const parts = /^type(!?=)(.+)$/.exec(selector ?? '');
  if (parts === null) return true;
  return parts[1] === '=' ? type === parts[2] : type !== parts[2];
}

function namespaceObject(name: string): object {
  return { kind: 'Namespace', apiVersion: 'v1', metadata: { name, uid: `uid-${name}` }, status: { phase: 'Active' } };
}

function send(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function status(response: ServerResponse, code: number, reason: string, message: string): void {
  send(response, code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code });
}

function forbidden(response: ServerResponse, verb: string, what: string): void {
  status(response, 403, 'Forbidden', `${what} is forbidden: User "ann" cannot ${verb} resource at the cluster scope`);
}
