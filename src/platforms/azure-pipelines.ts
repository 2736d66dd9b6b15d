import type { SubjectForm } from '../model/issuer.ts';
import type { Platform } from '../model/reference.ts';
import { at, entriesOf, get, itemsOf, textOf, textsOf, walk, type YamlNode } from '../support/yaml.ts';
import { factList, factText } from './_shared/ci-draft.ts';
import { assignmentTarget, type VariableMention } from './_shared/ci-shell.ts';
import { lastParents, openFile, readBroken, readParts, type Part, type VariableReader, type VariableSystem } from './_shared/ci-variables.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

const SYSTEM: VariableSystem = {
  store: 'ci-secret',
  assigners: new Set(['variables', 'env', 'inputs', 'parameters']),
  bareName(leaf) {
    // `AzureKeyVault@2` puts the vault's secrets into variables of the same names.
    if (leaf.entry?.key !== 'SecretsFilter' || lastParents(leaf.route)[0] !== 'inputs' || leaf.scalar.value === '*') return undefined;
    return { name: leaf.scalar.value.split(',', 1)[0]?.trim() ?? '', store: 'vault' };
  },
  mentions(text) {
    const macros = [...text.matchAll(/\$\(([A-Za-z_][\w.-]{1,127})\)/g)].map((match) => ({ name: match[1] ?? '', start: match.index, end: match.index + match[0].length, target: assignmentTarget(text, match.index) }));
    // `$[variables.NAME]`, `${{ variables['NAME'] }}`, `${{ parameters.NAME }}`: read at queue time or when templates are expanded.
    const expressions = [...text.matchAll(/\b(?:variables|parameters)(?:\.([A-Za-z_][\w-]{1,127})|\['([A-Za-z_][\w.-]{1,127})'\])/g)].flatMap((match): VariableMention[] => {
      const lead = text.slice(Math.max(0, match.index - 200), match.index);
      const open = Math.max(lead.lastIndexOf('$['), lead.lastIndexOf('${{'));
      if (open === -1 || lead.indexOf('}}', open) !== -1) return [];
      const opener = match.index - lead.length + open;
      return [{ name: match[1] ?? match[2] ?? '', start: match.index, end: match.index + match[0].length, target: assignmentTarget(text, opener) }];
    });
    return [...macros, ...expressions];
  },
};

const FORM: SubjectForm = { id: 'service-connection', template: '{connection}', except: { connection: '' } };

const SPEC: ShapeSpec = {
  issuer: 'https://login.microsoftonline.com/{tenant}/v2.0',
  form: FORM,
  fields: {
    tenant: asked('tenant', 'azure.tenant_id', 'Microsoft Entra tenant id', 'uuid', 'az account show --query tenantId --output tsv'),
    connection: asked('service connection', 'azure_devops.connection_subject', 'Subject of the service connection', 'id', 'az devops service-endpoint show: authorization.parameters.workloadIdentityFederationSubject'),
  },
  claims: [],
  warnings: [
    'Grant the connection to this pipeline only, with a branch control check.',
    'The older issuer vstoken.dev.azure.com is retired for connections on 2027-07-01: take the values from the connection.',
  ],
};

export const platform: Platform = {
  id: 'azure-pipelines',
  title: 'Azure Pipelines',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: 'https://login.microsoftonline.com/{tenant}/v2.0',
    isShared: false,
    discovery: 'public',
    subjects: [FORM],
    stableClaims: [],
    audience: { fixed: 'api://AzureADTokenExchange' },
    lifetime: { seconds: 600, refresh: 'ask-again' },
    arrival: { kind: 'request', how: 'POST $SYSTEM_OIDCREQUESTURI with SYSTEM_ACCESSTOKEN and the id of the service connection' },
    edits: [
      'Use a service connection with workload identity federation, and run the step through AzureCLI@2 with it.',
      'Remove the variable group or variable that holds the key.',
    ],
    source: 'https://learn.microsoft.com/en-us/azure/devops/pipelines/release/configure-workload-identity',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  matches(file) {
    if (/(?:^|\/)\.?azure-pipelines?[^/]*\.ya?ml$/i.test(file.path)) return true;
    return /(?:^|\/)\.(?:azuredevops|azure-pipelines|azure|pipelines|ado|vsts-ci|vsts)\/(?:.*\/)?[^/]+\.ya?ml$/i.test(file.path) && /^[ \t]*(?:- )?(?:steps|jobs|stages|variables|parameters)[ \t]*:/m.test(file.text);
  },
  extract(file, names) {
    const reader = openFile(file, 'azure-pipelines', names, SYSTEM);
    const { root } = reader;
    const shared = sharedParts(root, '');
    const groups = groupsOf(root);
    readHolder(reader, at(root, ['extends', 'parameters']), 'extends.parameters', shared, groups, 0);
    readHolder(reader, root, '', shared, groups, 0);
    readBroken(reader);
    return reader.draft.finish();
  },
};

/** Variables of a pipeline, stage or job, as a map or as a list of name and value. */
function sharedParts(holder: YamlNode | undefined, route: string): readonly Part[] {
  const variables = get(holder, 'variables');
  if (variables === undefined) return [];
  const path = route === '' ? 'variables' : `${route}.variables`;
  if (variables.kind !== 'seq') return [{ node: variables, route: path }];
  return variables.items.flatMap((item, index) => {
    const name = textOf(get(item, 'name'));
    const value = get(item, 'value');
    // As a map would have it, so that the name counts as assigned.
    return name === undefined || value === undefined ? [] : [{ node: { kind: 'map', tag: undefined, range: item.range, entries: [{ key: name, keyRange: item.range, value }] } as const, route: `${path}[${index}].variables` }];
  });
}

function groupsOf(holder: YamlNode | undefined): readonly string[] {
  return itemsOf(get(holder, 'variables')).flatMap((item) => textOf(get(item, 'group')) ?? []);
}

/** Stages, jobs or steps, whichever `holder` has. */
function readHolder(reader: VariableReader, holder: YamlNode | undefined, route: string, shared: readonly Part[], groups: readonly string[], depth: number): void {
  if (holder?.kind !== 'map' || depth > 6 || reader.budget.left < 0) return;
  const prefix = route === '' ? '' : `${route}.`;
  for (const key of ['stages', 'jobs'] as const) {
    for (const [index, item] of itemsOf(get(holder, key)).entries()) {
      const path = `${prefix}${key}[${index}]`;
      const own = [...shared, ...sharedParts(item, path)];
      const names = [...groups, ...groupsOf(item)];
      if (get(item, 'jobs') !== undefined || key === 'stages') readHolder(reader, item, path, own, names, depth + 1);
      else readJob(reader, item, path, own, names);
      // `${{ if }}:` and `${{ each }}:` hold lists of the same kind.
      for (const entry of entriesOf(item)) if (entry.key.startsWith('${{') && entry.value.kind === 'seq') readHolder(reader, { kind: 'map', tag: undefined, range: entry.value.range, entries: [{ key, keyRange: entry.keyRange, value: entry.value }] }, path, own, names, depth + 1);
    }
  }
  if (get(holder, 'steps') !== undefined) readJob(reader, holder, route, shared, groups);
}

function readJob(reader: VariableReader, node: YamlNode, route: string, shared: readonly Part[], groups: readonly string[]): void {
  const name = textOf(get(node, 'job')) ?? textOf(get(node, 'deployment')) ?? textOf(get(node, 'template')) ?? textOf(get(node, 'stage'));
  const key = route === '' ? 'pipeline' : route;
  const steps = get(node, 'steps');
  const environment = get(node, 'environment');
  // Without jobs of its own a pipeline is one job, and its triggers and resources use no key.
  const parts: readonly Part[] = route === '' && steps !== undefined ? [{ node: steps, route: 'steps' }] : [{ node, route }];
  const job = reader.draft.declare({
    key,
    name: name === undefined ? reader.fileName : `${reader.fileName} › ${factText(name)}`,
    route,
    range: node.range,
    identity: asksForToken(parts) ? { kind: 'enabled', how: 'service connection token' } : { kind: 'available' },
    facts: {
      groups: factList(groups),
      environment: factText(textOf(environment) ?? textOf(get(environment, 'name')) ?? ''),
      pool: factText(textOf(get(node, 'pool')) ?? textOf(at(node, ['pool', 'vmImage'])) ?? textOf(at(node, ['pool', 'name'])) ?? ''),
      tasks: factList(itemsOf(steps).slice(0, 200).flatMap((step) => textsOf(get(step, 'task')))),
      calls: factText(textOf(get(node, 'template')) ?? ''),
    },
  });
  readParts(reader, job, [...parts, ...shared]);
}

function asksForToken(parts: readonly Part[]): boolean {
  let asks = false;
  for (const { node, route } of parts) {
    walk(
      node,
      route,
      (scalar, _, entry) => {
        asks ||= (entry?.key.toLowerCase() === 'addspntoenvironment' && scalar.value.toLowerCase() === 'true') || scalar.value.includes('SYSTEM_OIDCREQUESTURI');
      },
      { left: 20_000 },
    );
  }
  return asks;
}
