import type { SubjectForm } from '../model/issuer.ts';
import type { Platform } from '../model/reference.ts';
import { entriesOf, get, itemsOf, joinRoute, textOf, textsOf, type YamlNode } from '../support/yaml.ts';
import { factList, factText } from './_shared/ci-draft.ts';
import { openFile, readBroken, readParts, type VariableReader, type VariableSystem } from './_shared/ci-variables.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

const SYSTEM: VariableSystem = { store: 'ci-secret', assigners: new Set(['variables', 'environment']) };

const FORM: SubjectForm = { id: 'default', template: '{repository}:{step}' };

const SPEC: ShapeSpec = {
  issuer: 'https://api.bitbucket.org/2.0/workspaces/{workspace}/pipelines-config/identity/oidc',
  form: FORM,
  fields: {
    workspace: asked('workspace', 'bitbucket.workspace', 'Bitbucket workspace', 'name', 'The workspace in the address of the repository.'),
    repository: asked('repository', 'bitbucket.repository_uuid', 'UUID of the repository, braces and all', 'id', 'Repository settings, OpenID Connect: repository UUID.'),
    step: { ...asked('step', 'bitbucket.step_uuid', 'Step of the run', 'id', 'Another one in every run.'), perRun: true },
  },
  claims: [{ claim: 'repositoryUuid', value: '{repository}', role: 'id' }, { claim: 'branchName', value: 'main', role: 'context' }],
  warnings: [
    'The issuer answers only after OpenID Connect was switched on and one pipeline ran.',
    'The subject changes with every step: the repository’s UUID is compared. Decode one token before you trust branchName.',
  ],
  refusals: [{ title: 'another branch', claims: { branchName: 'some-work' } }],
};

export const platform: Platform = {
  id: 'bitbucket-pipelines',
  title: 'Bitbucket Pipelines',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: 'https://api.bitbucket.org/2.0/workspaces/{workspace}/pipelines-config/identity/oidc',
    isShared: false,
    discovery: 'public',
    subjects: [FORM],
    stableClaims: ['repositoryUuid'],
    audience: 'free',
    lifetime: { seconds: 3600, refresh: 'none' },
    arrival: { kind: 'variable', name: 'BITBUCKET_STEP_OIDC_TOKEN' },
    edits: [
      'Set oidc: { audiences: [AUDIENCE] } on the step; the token is in BITBUCKET_STEP_OIDC_TOKEN: write it to a file that only the step can read.',
      'Remove the repository, workspace or deployment variable that holds the key.',
    ],
    source: 'https://support.atlassian.com/bitbucket-cloud/docs/integrate-pipelines-with-resource-servers-using-oidc/',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  matches(file) {
    return /(?:^|\/)bitbucket-pipelines\.ya?ml$/.test(file.path);
  },
  extract(file, names) {
    const reader = openFile(file, 'bitbucket-pipelines', names, SYSTEM);
    const pipelines = get(reader.root, 'pipelines');
    for (const { key, value } of entriesOf(pipelines)) {
      const route = joinRoute('pipelines', key);
      if (value.kind === 'seq') readSteps(reader, value, route, key, '', 0);
      else for (const branch of entriesOf(value)) readSteps(reader, branch.value, joinRoute(route, branch.key), `${key} ${branch.key}`, '', 0);
    }
    readBroken(reader);
    return reader.draft.finish();
  },
};

/** A list of `step`, `parallel` and `stage` items. */
function readSteps(reader: VariableReader, list: YamlNode | undefined, route: string, pipeline: string, deployment: string, depth: number): void {
  for (const [index, item] of itemsOf(list).entries()) {
    if (reader.budget.left < 0) return;
    const path = `${route}[${index}]`;
    for (const { key, value } of entriesOf(item)) {
      const inner = value.kind === 'seq' ? value : get(value, 'steps');
      if (key === 'step') readStep(reader, value, `${path}.step`, pipeline, deployment, index);
      else if ((key === 'parallel' || key === 'stage') && depth < 4) {
        readSteps(reader, inner, value.kind === 'seq' ? `${path}.${key}` : `${path}.${key}.steps`, pipeline, textOf(get(value, 'deployment')) ?? deployment, depth + 1);
      }
    }
  }
}

function readStep(reader: VariableReader, step: YamlNode, route: string, pipeline: string, deployment: string, index: number): void {
  const label = textOf(get(step, 'name')) ?? `step ${index + 1}`;
  const oidc = get(step, 'oidc') ?? get(get(reader.root, 'options'), 'oidc');
  const enabled = textOf(oidc) === 'true' || oidc?.kind === 'map';
  const image = get(step, 'image') ?? get(reader.root, 'image');
  const job = reader.draft.declare({
    key: route,
    name: `${reader.fileName} › ${factText(pipeline)} › ${factText(label)}`,
    route,
    range: step.range,
    identity: enabled ? { kind: 'enabled', how: 'oidc' } : { kind: 'available' },
    facts: { triggers: factText(pipeline), environment: factText(textOf(get(step, 'deployment')) ?? deployment), container: factText(textOf(image) ?? textOf(get(image, 'name')) ?? ''), services: factList(textsOf(get(step, 'services'))) },
  });
  const services = textsOf(get(step, 'services')).slice(0, 20).flatMap((name) => {
    const node = get(get(get(reader.root, 'definitions'), 'services'), name);
    return node === undefined ? [] : [{ node, route: joinRoute('definitions.services', name) }];
  });
  readParts(reader, job, [{ node: step, route }, ...services]);
}
