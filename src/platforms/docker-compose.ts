import type { Extraction, NameTable, Platform, TextFile } from '../model/reference.ts';
import { childOf, entriesOf, itemsOf, routeTo, textOf, type DataNode } from '../support/data-tree.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { Draft, NO_IDENTITY, placeOf, type WorkloadSeed } from './_shared/config-draft.ts';
import { parseYamlDocuments } from './_shared/config-yaml.ts';
import { isComposeFile } from './_shared/file-names.ts';

/** Compose files: services on a machine that has no identity of its own to give. */
export const platform: Platform = {
  id: 'docker-compose',
  title: 'Docker Compose',
  checked: '2026-11-23',
  issuesTokens: false,
  runsOn: () => undefined,
  matches(file: TextFile): boolean {
    return isComposeFile(file.path, file.text);
  },
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'docker-compose', names);
    const { documents, fault } = parseYamlDocuments(file.text);
    if (!file.text.includes('{{')) draft.fault(fault, 'YAML');
    for (const document of documents) {
      for (const service of entriesOf(childOf(document, 'services'))) readService(draft, service.key, service.value, document);
    }
    return draft.done();
  },
};

function readService(draft: Draft, name: string, service: DataNode, document: DataNode): void {
  const route = routeTo('services', name);
  const files = envFiles(childOf(service, 'env_file'));
  const image = textOf(childOf(service, 'image'));
  const workload: WorkloadSeed = {
    key: route,
    name,
    route,
    ...placeOf(service),
    identity: NO_IDENTITY,
    facts: { ...(files.length === 0 ? {} : { env_file: files.join(',') }), ...(image === undefined ? {} : { image: image.slice(0, 200) }) },
  };
  const environment = childOf(service, 'environment');
  if (environment !== undefined) readVariables(draft, workload, environment, routeTo(route, 'environment'));
  const build = childOf(service, 'build');
  const buildRoute = routeTo(route, 'build');
  const buildArguments = childOf(build, 'args');
  if (buildArguments !== undefined) readVariables(draft, workload, buildArguments, routeTo(buildRoute, 'args'));
  readSecrets(draft, workload, childOf(service, 'secrets'), routeTo(route, 'secrets'), document);
  readSecrets(draft, workload, childOf(build, 'secrets'), routeTo(buildRoute, 'secrets'), document);
  for (const field of ['command', 'entrypoint']) readCommand(draft, workload, childOf(service, field), routeTo(route, field));
  readCommand(draft, workload, childOf(service, 'healthcheck', 'test'), `${routeTo(route, 'healthcheck')}.test`);
  const labels = childOf(service, 'labels');
  if (labels !== undefined) bindTree(draft, workload, labels, routeTo(route, 'labels'), { unset: 'skip' });
  const models = childOf(service, 'provider');
  if (models !== undefined) bindTree(draft, workload, models, routeTo(route, 'provider'));
}

/** A map, or a list of `NAME=value` and bare names that pass a variable through. */
function readVariables(draft: Draft, workload: WorkloadSeed, node: DataNode, route: string): void {
  for (const entry of entriesOf(node)) {
    const place = { start: entry.keyStart, end: entry.keyEnd };
    const stands = entry.value.kind === 'scalar' && entry.value.value !== null;
    draft.bind(workload, { name: entry.key, route: routeTo(route, entry.key), place, ...(stands ? { value: placeOf(entry.value) } : {}) });
  }
  itemsOf(node).forEach((item, index) => {
    if (item.kind !== 'scalar') return;
    const text = draft.text.slice(item.start, item.end);
    const equals = text.indexOf('=');
    const name = (equals < 0 ? text : text.slice(0, equals)).trim();
    const place = { start: item.start, end: item.start + (equals < 0 ? text.length : equals) };
    const value = equals < 0 ? {} : { value: { start: item.start + equals + 1, end: item.end } };
    draft.bind(workload, { name, route: routeTo(route, index), place, ...value });
  });
}

function envFiles(node: DataNode | undefined): string[] {
  const own = textOf(node) ?? textOf(childOf(node, 'path'));
  if (own !== undefined) return [own.slice(0, 200)];
  return itemsOf(node).flatMap((item) => envFiles(item)).slice(0, 10);
}

/** Names of top-level secrets, which say where their value comes from. */
function readSecrets(draft: Draft, workload: WorkloadSeed, node: DataNode | undefined, route: string, document: DataNode): void {
  itemsOf(node).forEach((item, index) => {
    const source = item.kind === 'scalar' ? item : childOf(item, 'source');
    const name = textOf(source);
    if (source === undefined || name === undefined) return;
    const declared = childOf(document, 'secrets', name);
    const variable = textOf(childOf(declared, 'environment'));
    const target = textOf(childOf(item, 'target'));
    const file = textOf(childOf(declared, 'file'));
    const store = variable !== undefined ? 'environment' : childOf(declared, 'external') !== undefined ? 'vault' : 'file';
    const candidates = [variable, name, target?.slice(target.lastIndexOf('/') + 1), file?.slice(file.lastIndexOf('/') + 1).replace(/\.(?:txt|key|secret)$/i, '')];
    for (const candidate of candidates) {
      const match = candidate === undefined ? undefined : draft.names.lookup(candidate);
      if (candidate === undefined || match === undefined) continue;
      draft.reference(workload, match, { name: candidate, alias: name, store, route: routeTo(route, index), place: placeOf(source) });
      return;
    }
  });
}

function readCommand(draft: Draft, workload: WorkloadSeed, node: DataNode | undefined, route: string): void {
  if (node === undefined) return;
  if (node.kind === 'scalar') {
    // Compose fills in `${NAME}` from the host, and `$$NAME` is left to the container's shell.
    draft.shell(workload, placeOf(node), route);
    const text = draft.text.slice(node.start, node.end);
    for (const use of text.matchAll(/\$\$\{?([A-Za-z_]\w{0,127})/g)) {
      const name = use[1] ?? '';
      const match = draft.names.lookup(name);
      const start = node.start + use.index;
      if (match !== undefined) draft.reference(workload, match, { name, store: 'environment', route, place: { start, end: start + use[0].length } });
    }
    return;
  }
  itemsOf(node).forEach((item, index) => readCommand(draft, workload, item, routeTo(route, index)));
}
