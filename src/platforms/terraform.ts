import type { Extraction, NameTable, Platform, TextFile, WorkloadIdentity } from '../model/reference.ts';
import { childOf, entriesOf, textOf, type DataEntry, type DataMap, type DataNode } from '../support/data-tree.ts';
import { parseJson } from '../support/json.ts';
import { bindTree } from './_shared/config-bindings.ts';
import { baseName, Draft, IDENTITY_AVAILABLE, NO_IDENTITY, type WorkloadSeed } from './_shared/config-draft.ts';
import { parseHcl } from './_shared/config-hcl.ts';

/** Terraform and OpenTofu: modules, variable files and state. */
export const platform: Platform = {
  id: 'terraform',
  title: 'Terraform',
  checked: '2026-11-23',
  issuesTokens: false,
  runsOn: (facts) => {
    const resource = facts['resource'] ?? '';
    if (/^aws_(?:lambda|ecs|instance|launch_template|batch|apprunner|codebuild|sagemaker|elastic_beanstalk|amplify|glue)/.test(resource)) return 'aws-compute';
    if (/^google_(?:cloud_run|cloudfunctions|compute_instance|cloudbuild|app_engine)/.test(resource)) return 'google-compute';
    if (/^azurerm_(?:linux_|windows_)?(?:web_app|function_app|container_app|container_group|virtual_machine|app_service|logic_app)/.test(resource)) return 'azure-identity';
    return /^kubernetes_(?:deployment|stateful_set|daemon_set|daemonset|job|cron_job|pod)/.test(resource) || resource === 'helm_release' ? 'kubernetes' : undefined;
  },
  matches(file: TextFile): boolean {
    return /\.(?:tf|tofu|tfvars|tfstate)(?:\.json|\.backup)?$/i.test(file.path) || /(?:^|\/)terragrunt\.hcl$/.test(file.path);
  },
  extract(file: TextFile, names: NameTable): Extraction {
    const draft = new Draft(file, 'terraform', names);
    const name = baseName(file.path);
    const isJson = /\.json$|\.tfstate(?:\.backup)?$/i.test(name);
    const { root, fault } = isJson ? parseJson(file.text) : parseHcl(file.text);
    draft.fault(fault, isJson ? 'JSON' : 'HCL');
    if (root === undefined) return draft.done();
    if (/\.tfstate/i.test(name)) readState(draft, root, name);
    else if (/\.tfvars/i.test(name)) bindTree(draft, seed('variables', name, root, '', NO_IDENTITY), root, '');
    else for (const block of isJson ? jsonBlocks(root) : hclBlocks(root)) readBlock(draft, block, name);
    return draft.done();
  },
};

interface Block {
  /** `resource`, `data`, `variable`, `locals`, `module`, `provider`, `output`. */
  readonly type: string;
  readonly labels: readonly string[];
  readonly header: DataEntry;
  readonly body: DataMap;
}

function seed(key: string, name: string, node: DataNode, route: string, identity: WorkloadIdentity): WorkloadSeed {
  return { key, name, route, start: node.start, end: node.end, identity };
}

function hclBlocks(root: DataNode): Block[] {
  return entriesOf(root).flatMap((header) => {
    if (header.value.kind !== 'map') return [];
    const [type = '', ...labels] = header.key.split('.');
    return [{ type, labels, header, body: header.value }];
  });
}

/** `{"resource": {"aws_lambda_function": {"bot": {...}}}}`. */
function jsonBlocks(root: DataNode): Block[] {
  const blocks: Block[] = [];
  for (const top of entriesOf(root)) {
    const levels = top.key === 'resource' || top.key === 'data' ? 2 : top.key === 'locals' || top.key === 'terraform' ? 0 : 1;
    collectBlocks(top.key, [], top, levels, blocks);
  }
  return blocks;
}

function collectBlocks(type: string, labels: readonly string[], entry: DataEntry, levels: number, blocks: Block[]): void {
  const bodies = entry.value.kind === 'list' ? entry.value.items : [entry.value];
  for (const body of bodies) {
    if (body.kind !== 'map') continue;
    if (levels === 0) blocks.push({ type, labels, header: entry, body });
    else for (const child of body.entries) collectBlocks(type, [...labels, child.key], child, levels - 1, blocks);
  }
}

/** Resource types whose instances can be given a verifiable identity by their cloud. */
const RUNS = /^(?:aws_(?:lambda|ecs|batch|apprunner|instance|launch_template|codebuild|sagemaker|sfn|elastic_beanstalk|amplify|bedrockagent)|google_(?:cloud_run|cloudfunctions|compute|cloudbuild|app_engine|composer|container)|azurerm_(?:linux|windows|function|container|app_service|kubernetes|logic_app|static_web_app|spring_cloud|virtual_machine|orchestrated)|azapi_|kubernetes_|kubectl_|helm_release|vercel_|fly_)/;
/** Resource types that are a store of secrets. */
const STORES = /secret|ssm_parameter|key_vault|vault_|parameter|doppler|infisical|onepassword|config_store/;
const CI_STORES = /^(?:github_|gitlab_|circleci_|buildkite_|bitbucket_|tfe_variable|spacelift_)/;
const VALUE_KEYS = ['value', 'value_wo', 'secret_string', 'secret_string_wo', 'secret_data', 'secret_data_wo', 'plaintext_value', 'string_value', 'secret_value', 'data_json', 'insecure_value', 'text'];

function readBlock(draft: Draft, block: Block, file: string): void {
  const { type, labels, header, body } = block;
  const name = labels.join('.');
  const route = [type, ...labels].join('.');
  const module = seed('module', file, { ...body, start: 0, end: 0 }, '', NO_IDENTITY);
  switch (type) {
    case 'variable':
      return readVariable(draft, module, block, route);
    case 'resource':
    case 'ephemeral':
      return readResource(draft, block, route, name);
    case 'data':
      return declareStore(draft, module, block, route);
    case 'locals':
      return bindTree(draft, module, body, route);
    case 'output': {
      const value = childOf(body, 'value');
      if (value !== undefined) bindTree(draft, module, value, `${route}.value`, { confidence: 'medium' });
      return;
    }
    case 'module':
    case 'provider': {
      const workload = seed(route, route, { ...body, start: header.keyStart }, route, type === 'module' ? IDENTITY_AVAILABLE : NO_IDENTITY);
      const named: DataMap = { ...body, entries: body.entries };
      // `provider "openai" { api_key = ... }`: the label says whose key it is.
      return bindTree(draft, workload, type === 'provider' ? { kind: 'map', entries: [{ ...header, key: name, value: named }], start: body.start, end: body.end } : body, type === 'provider' ? 'provider' : route);
    }
    default:
      return bindTree(draft, module, body, route);
  }
}

function readVariable(draft: Draft, module: WorkloadSeed, block: Block, route: string): void {
  const name = block.labels[0] ?? '';
  const place = { start: block.header.keyStart, end: block.header.keyEnd };
  const fallback = childOf(block.body, 'default');
  if (fallback?.kind === 'scalar' && fallback.tag !== 'expr' && textOf(fallback) !== undefined) {
    draft.bind(module, { name, route: `${route}.default`, place, value: { start: fallback.start, end: fallback.end } });
    return;
  }
  draft.bind(module, { name, route, place });
  if (fallback !== undefined && fallback.kind !== 'scalar') bindTree(draft, module, fallback, `${route}.default`, { unset: 'skip' });
}

function readResource(draft: Draft, block: Block, route: string, name: string): void {
  const { header, body } = block;
  const kind = block.labels[0] ?? '';
  const identity = RUNS.test(kind) && !STORES.test(kind) ? IDENTITY_AVAILABLE : NO_IDENTITY;
  const workload: WorkloadSeed = { ...seed(name, name, { ...body, start: header.keyStart }, route, identity), facts: { resource: kind } };
  const isStore = STORES.test(kind) || CI_STORES.test(kind);
  if (isStore) declareStore(draft, workload, block, route);
  bindTree(draft, workload, body, route, { taken: 'environment' });
}

/** A secret manager entry or CI secret: its name, or its label, says which key it is to hold. */
function declareStore(draft: Draft, workload: WorkloadSeed, block: Block, route: string): void {
  const { header, body, labels } = block;
  const kind = labels[0] ?? '';
  const label = labels[1] ?? '';
  const named = ['name', 'secret_id', 'secret_name', 'key', 'variable_name', 'path', 'parameter_name', 'title'].flatMap((key) => {
    const node = childOf(body, key);
    const text = node?.kind === 'scalar' && node.tag === undefined ? textOf(node) : undefined;
    return node === undefined || text === undefined || draft.names.lookup(text) === undefined ? [] : [{ key, text, node }];
  })[0];
  if (block.type === 'data' && !STORES.test(kind) && !/environment|external|env/.test(kind)) return;
  const name = named?.text ?? label;
  const match = draft.names.lookup(name);
  if (match === undefined) return;
  const value = VALUE_KEYS.map((key) => ({ key, node: childOf(body, key) })).find((one) => one.node?.kind === 'scalar' && one.node.tag !== 'expr');
  if (value?.node !== undefined) {
    const place = { start: value.node.start, end: value.node.end };
    draft.bind(workload, { name, route: `${route}.${value.key}`, place, value: place, unset: 'skip' });
  }
  draft.reference(workload, match, {
    name,
    alias: named === undefined ? undefined : label,
    store: CI_STORES.test(kind) ? 'ci-secret' : 'vault',
    route: named === undefined ? route : `${route}.${named.key}`,
    place: named === undefined ? { start: header.keyStart, end: header.keyEnd } : { start: named.node.start, end: named.node.end },
  });
}

/** State holds every attribute in clear: only literals matter, for what consumes them is in the modules. */
function readState(draft: Draft, root: DataNode, file: string): void {
  const workload = seed('state', file, { ...root, start: 0, end: 0 }, '', NO_IDENTITY);
  bindTree(draft, workload, root, '', { unset: 'skip' });
}
