import type { Extraction, NameTable, Platform, ReferenceStore, TextFile, WorkloadIdentity } from '../model/reference.ts';
import { childOf, entriesOf, entryOf, itemsOf, routeTo, textOf, type DataMap, type DataNode } from '../support/data-tree.ts';
import { parseJson } from '../support/json.ts';
import { assignments } from '../support/shell-words.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { baseName, Draft, IDENTITY_AVAILABLE, mayNameKey, NO_IDENTITY, placeOf, type WorkloadSeed } from './_shared/config-draft.ts';
import { readManifestText } from './_shared/config-manifest-text.ts';
import { formOf } from './_shared/config-values.ts';
import { parseYamlDocuments } from './_shared/config-yaml.ts';
import { clusterTokens } from './_shared/cluster-token.ts';

/** Manifests of any kind that holds a pod, and the objects that bring secrets into a cluster. */
export const platform: Platform = {
  id: 'kubernetes',
  title: 'Kubernetes',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: clusterTokens({ template: '{issuer}', id: 'kubernetes.issuer', how: 'kubectl get --raw /.well-known/openid-configuration, field issuer.', discovery: 'network' }),
  matches(file: TextFile): boolean {
    if (!/\.(?:ya?ml|json)(?:\.(?:j2|tmpl|tpl|template|erb))?$/i.test(file.path)) return false;
    if (isKustomization(file.path)) return true;
    if (/(?:^|\/)templates\//.test(file.path) && file.text.includes('{{')) return false;
    if (/\.json$/i.test(file.path)) return file.text.includes('"apiVersion"') && file.text.includes('"kind"');
    return /^[\uFEFF \t"'-]*apiVersion["']?:/m.test(file.text) && /^[ \t"'-]*kind["']?:/m.test(file.text);
  },
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'kubernetes', names);
    if (isOnlySchemas(file.text) || !mayNameKey(file.text, names)) return draft.done();
    if (/\.(?:j2|tmpl|tpl|template|erb)$/i.test(file.path)) {
      readManifestText(draft);
      return draft.done();
    }
    const documents = documentsOf(draft, /\.json$/i.test(file.path));
    const objects = documents.flatMap((document, index) => objectsOf(document, documents.length > 1 ? `documents[${index}]` : '', isKustomization(file.path) ? file.path : undefined));
    const known = secretsOf(objects);
    for (const object of objects) readObject(draft, object, known);
    return draft.done();
  },
};

/** Bundles of custom resource definitions are megabytes long, and none of their property names is a use. */
function isOnlySchemas(text: string): boolean {
  const kinds = [...text.matchAll(/^kind:[ \t]*["']?(\w+)/gm)].map((match) => match[1]);
  return kinds.length > 0 && kinds.every((kind) => kind === 'CustomResourceDefinition');
}

function isKustomization(path: string): boolean {
  return /^kustomization\.ya?ml$|^Kustomization$/i.test(baseName(path));
}

function documentsOf(draft: Draft, isJson: boolean): readonly DataNode[] {
  if (isJson) {
    const { root, fault } = parseJson(draft.text);
    draft.fault(fault, 'JSON');
    return root === undefined ? [] : [root];
  }
  const { documents, fault } = parseYamlDocuments(draft.text);
  if (fault === undefined) return documents;
  // A template is no broken YAML: read what its lines say, and complain of nothing.
  if (/\{\{|\{%|<%/.test(draft.text)) {
    readManifestText(draft);
    return [];
  }
  draft.fault(fault, 'YAML');
  return documents;
}

interface KubernetesObject {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly node: DataMap;
  readonly route: string;
}

function objectsOf(node: DataNode, route: string, kustomization: string | undefined): KubernetesObject[] {
  if (node.kind === 'list') return node.items.flatMap((item, index) => objectsOf(item, routeTo(route, index), undefined));
  if (node.kind !== 'map') return [];
  const kind = textOf(childOf(node, 'kind')) ?? (kustomization === undefined ? undefined : 'Kustomization');
  if (kind === undefined || (kustomization === undefined && childOf(node, 'apiVersion') === undefined)) return [];
  if (kind.endsWith('List') && childOf(node, 'items') !== undefined) {
    const items = routeTo(route, 'items');
    return itemsOf(childOf(node, 'items')).flatMap((item, index) => objectsOf(item, routeTo(items, index), undefined));
  }
  const metadata = childOf(node, 'metadata');
  const name = textOf(childOf(metadata, 'name')) ?? textOf(childOf(metadata, 'generateName')) ?? kustomization ?? '';
  return [{ kind, name, namespace: textOf(childOf(metadata, 'namespace')) ?? '', node, route }];
}

/** What the file itself says about secrets and service accounts, for references that name only the whole Secret. */
interface Known {
  /** Keys by `namespace/name` of the Secret. */
  readonly keys: ReadonlyMap<string, readonly string[]>;
  /** Service accounts that a cloud identity is bound to, with how. */
  readonly accounts: ReadonlyMap<string, string>;
}

function secretsOf(objects: readonly KubernetesObject[]): Known {
  const keys = new Map<string, readonly string[]>();
  const accounts = new Map<string, string>();
  for (const { kind, name, namespace, node } of objects) {
    const spec = childOf(node, 'spec');
    if (kind === 'Secret' || kind === 'ConfigMap') {
      keys.set(`${kind}/${namespace}/${name}`, [...entriesOf(childOf(node, 'data')), ...entriesOf(childOf(node, 'stringData'))].map((entry) => entry.key));
    } else if (kind === 'SealedSecret') {
      keys.set(`Secret/${namespace}/${name}`, entriesOf(childOf(spec, 'encryptedData')).map((entry) => entry.key));
    } else if (kind === 'ExternalSecret') {
      const target = textOf(childOf(spec, 'target', 'name')) ?? name;
      const named = itemsOf(childOf(spec, 'data')).map((item) => textOf(childOf(item, 'secretKey')) ?? '');
      keys.set(`Secret/${namespace}/${target}`, [...named, ...entriesOf(childOf(spec, 'target', 'template', 'data')).map((entry) => entry.key)]);
    } else if (kind === 'ServiceAccount') {
      const annotations = childOf(node, 'metadata', 'annotations');
      if (childOf(annotations, 'eks.amazonaws.com/role-arn') !== undefined) accounts.set(`${namespace}/${name}`, 'IAM role for the service account');
      else if (childOf(annotations, 'iam.gke.io/gcp-service-account') !== undefined) accounts.set(`${namespace}/${name}`, 'Workload Identity for GKE');
      else if (childOf(annotations, 'azure.workload.identity/client-id') !== undefined) accounts.set(`${namespace}/${name}`, 'Microsoft Entra Workload ID');
    } else if (kind === 'Kustomization') {
      for (const generator of itemsOf(childOf(node, 'secretGenerator'))) {
        const literals = itemsOf(childOf(generator, 'literals')).map((item) => (textOf(item) ?? '').split('=', 1)[0] ?? '');
        keys.set(`Secret/${namespace}/${textOf(childOf(generator, 'name')) ?? ''}`, literals);
      }
    }
  }
  return { keys, accounts };
}

function readObject(draft: Draft, object: KubernetesObject, known: Known): void {
  switch (object.kind) {
    case 'Secret':
    case 'ConfigMap':
      return readSecret(draft, object);
    case 'CustomResourceDefinition':
      // A schema: its property names are no uses.
      return;
    case 'SealedSecret': {
      const holder = delivery(object);
      const route = routeTo(routeTo(object.route, 'spec'), 'encryptedData');
      for (const entry of entriesOf(childOf(object.node, 'spec', 'encryptedData'))) {
        const match = draft.names.lookup(entry.key);
        const place = { start: entry.keyStart, end: entry.keyEnd };
        if (match !== undefined) draft.reference(holder, match, { name: entry.key, alias: object.name, store: 'vault', route: routeTo(route, entry.key), place });
      }
      return;
    }
    case 'ExternalSecret':
    case 'ClusterExternalSecret':
    case 'PushSecret':
      return readDelivery(draft, object, object.node, object.route);
    case 'SecretProviderClass':
      return readProviderClass(draft, object);
    case 'Kustomization':
      for (const generator of ['secretGenerator', 'configMapGenerator']) {
        const list = childOf(object.node, generator);
        if (list !== undefined) bindTree(draft, delivery(object), list, routeTo(object.route, generator), { unset: 'cluster-secret' });
      }
      return;
    default:
      return readRunning(draft, object, known);
  }
}

/** An object that brings keys into the cluster: it consumes them, though it does not call any provider. */
function delivery(object: KubernetesObject): WorkloadSeed {
  const key = `${object.kind}/${object.name}`;
  return { key, name: key, route: object.route, ...placeOf(object.node), identity: NO_IDENTITY, facts: { role: 'delivery' } };
}

function readSecret(draft: Draft, object: KubernetesObject): void {
  for (const field of ['stringData', 'data']) {
    const encoded = field === 'data' && object.kind === 'Secret';
    for (const entry of entriesOf(childOf(object.node, field))) {
      const match = draft.names.lookup(entry.key) ?? draft.names.lookup(`${object.name}.${entry.key}`);
      const text = textOf(entry.value);
      if (match === undefined || text === undefined || text.length > 10_000) continue;
      const route = routeTo(routeTo(object.route, field), entry.key);
      const form = formOf(encoded ? Buffer.from(text, 'base64').toString('utf8') : draft.text.slice(entry.value.start, entry.value.end));
      if (form.kind === 'literal') draft.value(undefined, match, entry.key, route, placeOf(entry.value));
      else if (form.kind === 'taken' || form.kind === 'vault') {
        const place = { start: entry.keyStart, end: entry.keyEnd };
        draft.reference(delivery(object), match, { name: entry.key, alias: object.name, store: form.kind === 'vault' ? 'vault' : 'environment', route, place, confidence: 'medium' });
      }
    }
  }
}

/** External Secrets: `secretKey` is the name in the cluster, `remoteRef` the one in the store. */
function readDelivery(draft: Draft, object: KubernetesObject, node: DataNode, route: string): void {
  if (node.kind === 'list') {
    node.items.forEach((item, index) => readDelivery(draft, object, item, routeTo(route, index)));
    return;
  }
  if (node.kind !== 'map') return;
  const local = entryOf(node, 'secretKey');
  const remote = childOf(node, 'remoteRef') ?? childOf(node, 'extract') ?? childOf(node, 'sourceRef');
  const named = [local?.value, childOf(remote, 'property'), childOf(remote, 'key'), childOf(remote, 'remoteKey')].filter((one) => one !== undefined);
  referByFirst(draft, delivery(object), named, 'vault', route);
  for (const entry of node.entries) {
    const at = routeTo(route, entry.key);
    const match = entry.key.includes('.') ? undefined : draft.names.lookup(entry.key);
    if (match !== undefined && entry.value.kind === 'scalar' && route.endsWith('data')) {
      draft.reference(delivery(object), match, { name: entry.key, store: 'vault', route: at, place: { start: entry.keyStart, end: entry.keyEnd } });
    } else if (entry.key !== 'remoteRef' && entry.key !== 'extract') readDelivery(draft, object, entry.value, at);
  }
}

/** The first of `named` that is the name of a key is the reference, the one before or after it the alias. */
function referByFirst(draft: Draft, workload: WorkloadSeed, named: readonly DataNode[], store: ReferenceStore, route: string): boolean {
  for (const node of named) {
    const name = textOf(node);
    const match = name === undefined || name.length > 200 ? undefined : draft.names.lookup(name);
    if (name === undefined || match === undefined) continue;
    const alias = named.map(textOf).find((other) => other !== undefined && other !== name);
    draft.reference(workload, match, { name, alias, store, route, place: placeOf(node) });
    return true;
  }
  return false;
}

/** The objects are YAML inside a string, and differ by cloud: names are sought in the text. */
function readProviderClass(draft: Draft, object: KubernetesObject): void {
  const holder = delivery(object);
  const spec = childOf(object.node, 'spec');
  const objects = childOf(spec, 'parameters', 'objects');
  if (objects !== undefined) {
    const text = draft.text.slice(objects.start, objects.end);
    for (const line of text.matchAll(/\b(?:objectName|objectAlias|secretKey|fileName|resourceName|path)"?:[ \t]*["']?([\w./-]{3,200})/g)) {
      const name = line[1] ?? '';
      const match = draft.names.lookup(name);
      const end = objects.start + line.index + line[0].length;
      if (match !== undefined) draft.reference(holder, match, { name, store: 'vault', route: ['parameters', 'objects'].reduce(routeTo, routeTo(object.route, 'spec')), place: { start: end - name.length, end } });
    }
  }
  itemsOf(childOf(spec, 'secretObjects')).forEach((secret, n) => {
    itemsOf(childOf(secret, 'data')).forEach((item, m) => {
      const named = [childOf(item, 'key'), childOf(item, 'objectName')].filter((one) => one !== undefined);
      referByFirst(draft, holder, named, 'vault', `${object.route === '' ? '' : `${object.route}.`}spec.secretObjects[${n}].data[${m}]`);
    });
  });
}

/** What one pass over an object with pods has learnt. */
interface Running {
  readonly draft: Draft;
  readonly object: KubernetesObject;
  readonly known: Known;
  readonly workload: WorkloadSeed;
}

function readRunning(draft: Draft, object: KubernetesObject, known: Known): void {
  const key = object.namespace === '' ? `${object.kind}/${object.name}` : `${object.kind}/${object.namespace}/${object.name}`;
  const facts: Record<string, string> = {};
  if (object.namespace !== '') facts['namespace'] = object.namespace;
  const account = findText(object.node, 'serviceAccountName');
  if (account !== undefined) facts['serviceAccount'] = account;
  const identity = identityOf(object, known, account ?? 'default');
  const workload: WorkloadSeed = { key, name: `${object.kind}/${object.name}`, route: object.route, ...placeOf(object.node), identity, facts };
  readNode({ draft, object, known, workload }, object.node, object.route);
}

function findText(node: DataNode, key: string): string | undefined {
  if (node.kind === 'scalar') return undefined;
  const own = node.kind === 'map' ? textOf(childOf(node, key)) : undefined;
  if (own !== undefined) return own;
  for (const child of node.kind === 'map' ? node.entries.map((entry) => entry.value) : node.items) {
    const found = findText(child, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

function identityOf(object: KubernetesObject, known: Known, account: string): WorkloadIdentity {
  const audience = findAudience(object.node);
  if (audience !== undefined) return { kind: 'enabled', how: `projected service account token for ${audience}` };
  if (findText(object.node, 'azure.workload.identity/use') === 'true') return { kind: 'enabled', how: 'Microsoft Entra Workload ID' };
  const bound = known.accounts.get(`${object.namespace}/${account}`);
  return bound === undefined ? IDENTITY_AVAILABLE : { kind: 'enabled', how: bound };
}

function findAudience(node: DataNode): string | undefined {
  if (node.kind === 'scalar') return undefined;
  const own = textOf(childOf(node, 'serviceAccountToken', 'audience'));
  if (own !== undefined) return own;
  for (const child of node.kind === 'map' ? node.entries.map((entry) => entry.value) : node.items) {
    const found = findAudience(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Containers are known by what they hold rather than by the kind round them, so that custom resources with pods are read too. */
function readNode(run: Running, node: DataNode, route: string): void {
  if (node.kind === 'scalar') return;
  if (node.kind === 'list') {
    node.items.forEach((item, index) => readNode(run, item, routeTo(route, index)));
    return;
  }
  for (const entry of node.entries) {
    const at = routeTo(route, entry.key);
    const { value } = entry;
    switch (entry.key) {
      case 'env':
        if (value.kind === 'list') value.items.forEach((item, index) => readVariable(run, item, routeTo(at, index)));
        else bindTree(run.draft, run.workload, value, at);
        break;
      case 'envFrom':
        itemsOf(value).forEach((item, index) => readWholeSecret(run, item, routeTo(at, index)));
        break;
      case 'command':
      case 'args':
      case 'script':
      case 'source':
        readShell(run, value, at);
        break;
      case 'volumes':
        itemsOf(value).forEach((item, index) => readVolume(run, item, routeTo(at, index)));
        break;
      case 'annotations':
        readAnnotations(run, value, at);
        break;
      case 'labels':
      case 'matchLabels':
      case 'status':
        break;
      default:
        if (!readLooseReference(run, entry.key, value, at)) readNode(run, value, at);
    }
  }
}

function readVariable(run: Running, item: DataNode, route: string): void {
  const { draft, workload } = run;
  const nameNode = childOf(item, 'name');
  const name = textOf(nameNode);
  if (nameNode === undefined || name === undefined || name.length > 200) return;
  const value = childOf(item, 'value');
  const source = childOf(item, 'valueFrom');
  if (source === undefined) {
    const stands = value?.kind === 'scalar' && value.value !== null;
    return draft.bind(workload, { name, route, place: placeOf(nameNode), ...(stands ? { value: placeOf(value) } : {}), unset: 'environment' });
  }
  const secret = childOf(source, 'secretKeyRef');
  const config = childOf(source, 'configMapKeyRef');
  const ref = secret ?? config;
  const key = textOf(childOf(ref, 'key'));
  const holder = textOf(childOf(ref, 'name'));
  if (ref === undefined) return;
  referTo(run, { name, key, holder, store: secret === undefined ? 'environment' : 'cluster-secret', route, node: nameNode });
}

interface SecretUse {
  readonly name?: string | undefined;
  readonly key?: string | undefined;
  readonly holder?: string | undefined;
  readonly store: ReferenceStore;
  readonly route: string;
  readonly node: DataNode;
}

/** The variable's name tells most, then the key inside the Secret, then both together, then the Secret's own name. */
function referTo(run: Running, use: SecretUse): boolean {
  const { draft, workload } = run;
  const { key = '', holder = '', store, route } = use;
  const variable = use.name ?? '';
  const both = holder === '' || key === '' ? '' : `${holder}/${key}`;
  const place = placeOf(use.node);
  const choices = [
    { lookup: variable, name: variable, alias: key === '' ? holder : key },
    { lookup: key, name: key, alias: variable === '' ? holder : variable },
    { lookup: `${holder}.${key}`, name: both, alias: variable === '' ? undefined : variable },
    { lookup: holder, name: holder, alias: variable === '' ? key : variable },
  ];
  for (const choice of choices) {
    const match = choice.name === '' ? undefined : draft.names.lookup(choice.lookup);
    if (match === undefined) continue;
    draft.reference(workload, match, { name: choice.name, alias: choice.alias, ...(both === '' || store !== 'cluster-secret' ? {} : { entry: both }), store, route, place });
    return true;
  }
  return false;
}

/** `envFrom`: the keys do not show, unless the Secret stands in the same file or is named after its key. */
function readWholeSecret(run: Running, item: DataNode, route: string): void {
  const secret = childOf(item, 'secretRef');
  const ref = secret ?? childOf(item, 'configMapRef');
  const nameNode = childOf(ref, 'name') ?? ref;
  const holder = textOf(childOf(ref, 'name'));
  if (nameNode === undefined || holder === undefined) return;
  const store = secret === undefined ? 'environment' : 'cluster-secret';
  const kind = secret === undefined ? 'ConfigMap' : 'Secret';
  readKeysOf(run, kind, holder, textOf(childOf(item, 'prefix')) ?? '', { store, route, node: nameNode });
}

function readKeysOf(run: Running, kind: string, holder: string, prefix: string, use: SecretUse): void {
  const keys = run.known.keys.get(`${kind}/${run.object.namespace}/${holder}`);
  let found = false;
  for (const key of keys ?? []) {
    const match = run.draft.names.lookup(prefix + key) ?? run.draft.names.lookup(key);
    if (match === undefined) continue;
    run.draft.reference(run.workload, match, { name: prefix + key, alias: holder, ...(use.store === 'cluster-secret' ? { entry: `${holder}/${key}` } : {}), store: use.store, route: use.route, place: placeOf(use.node) });
    found = true;
  }
  const match = found ? undefined : run.draft.names.lookup(holder);
  if (match !== undefined) run.draft.reference(run.workload, match, { name: holder, store: use.store, route: use.route, place: placeOf(use.node), confidence: 'medium' });
}

function readShell(run: Running, value: DataNode, route: string): void {
  if (value.kind === 'scalar') {
    run.draft.shell(run.workload, placeOf(value), route);
    run.draft.mentions(run.workload, placeOf(value), route);
    return;
  }
  if (value.kind === 'map') return readNode(run, value, route);
  value.items.forEach((item, index) => {
    if (item.kind === 'scalar') readShell(run, item, routeTo(route, index));
    else readNode(run, item, routeTo(route, index));
  });
}

function readVolume(run: Running, volume: DataNode, route: string): void {
  const secret = childOf(volume, 'secret');
  if (secret !== undefined) readMounted(run, secret, textOf(childOf(secret, 'secretName')), routeTo(route, 'secret'));
  const sources = itemsOf(childOf(volume, 'projected', 'sources'));
  sources.forEach((source, index) => {
    const projected = childOf(source, 'secret');
    if (projected !== undefined) readMounted(run, projected, textOf(childOf(projected, 'name')), `${routeTo(route, 'projected')}.sources[${index}].secret`);
  });
  const provider = childOf(volume, 'csi', 'volumeAttributes', 'secretProviderClass');
  const name = textOf(provider);
  if (provider !== undefined && name !== undefined) referTo(run, { holder: name, store: 'vault', route: `${routeTo(route, 'csi')}.volumeAttributes.secretProviderClass`, node: provider });
}

function readMounted(run: Running, source: DataNode, holder: string | undefined, route: string): void {
  const items = itemsOf(childOf(source, 'items'));
  items.forEach((item, index) => {
    const key = childOf(item, 'key');
    if (key !== undefined) referTo(run, { key: textOf(key), holder, store: 'cluster-secret', route: `${routeTo(route, 'items')}[${index}]`, node: key });
  });
  const nameNode = childOf(source, 'secretName') ?? childOf(source, 'name');
  if (items.length === 0 && holder !== undefined && nameNode !== undefined) readKeysOf(run, 'Secret', holder, '', { store: 'cluster-secret', route, node: nameNode });
}

/** Vault's agent: `vault.hashicorp.com/agent-inject-secret-NAME`, and templates that export variables. */
function readAnnotations(run: Running, value: DataNode, route: string): void {
  const { draft, workload } = run;
  for (const entry of entriesOf(value)) {
    const injected = /^vault\.hashicorp\.com\/agent-inject-(?:secret|template)-(.+)$/.exec(entry.key);
    if (injected?.[1] === undefined) continue;
    const at = routeTo(route, entry.key);
    const match = draft.names.lookup(injected[1]);
    if (match !== undefined) draft.reference(workload, match, { name: injected[1], store: 'vault', route: at, place: { start: entry.keyStart, end: entry.keyEnd } });
    const text = draft.text.slice(entry.value.start, entry.value.end);
    for (const assignment of assignments(text)) {
      const theirs = draft.names.lookup(assignment.name);
      const start = entry.value.start + assignment.nameStart;
      if (theirs !== undefined) draft.reference(workload, theirs, { name: assignment.name, store: 'vault', route: at, place: { start, end: start + assignment.name.length } });
    }
  }
}

/** Custom resources point at secrets in ways of their own: `apiKeySecretRef: { name, key }`, `secretKeyRef`, `openaiApiKey: ...`. */
function readLooseReference(run: Running, key: string, value: DataNode, route: string): boolean {
  if (value.kind === 'map' && /secret|valueFrom|keyref/i.test(key)) {
    const name = childOf(value, 'name') ?? childOf(value, 'secretName');
    const inner = childOf(value, 'key') ?? childOf(value, 'secretKey');
    const node = inner ?? name;
    if (node === undefined) return false;
    return referTo(run, { key: textOf(inner), holder: textOf(name), store: 'cluster-secret', route, node });
  }
  if (value.kind !== 'scalar') return false;
  const match = run.draft.names.lookup(key);
  if (match === undefined || match.confidence === 'low') {
    // `apiKeySecretKey: OPENAI_API_KEY`.
    const text = textOf(value);
    if (text !== undefined && /secret/i.test(key) && text.length < 200) referTo(run, { key: text, store: 'cluster-secret', route, node: value });
    return true;
  }
  run.draft.bind(run.workload, { name: key, route, place: placeOf(value), value: placeOf(value), unset: 'skip', confidence: 'medium' });
  return true;
}
