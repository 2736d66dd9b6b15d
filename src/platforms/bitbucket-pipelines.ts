import type { Platform } from '../model/reference.ts';
import { entriesOf, get, itemsOf, joinRoute, textOf, textsOf, type YamlNode } from '../support/yaml.ts';
import { factList, factText } from './_shared/ci-draft.ts';
import { openFile, readBroken, readParts, type VariableReader, type VariableSystem } from './_shared/ci-variables.ts';

const SYSTEM: VariableSystem = { store: 'ci-secret', assigners: new Set(['variables', 'environment']) };

export const platform: Platform = {
  id: 'bitbucket-pipelines',
  title: 'Bitbucket Pipelines',
  checked: '2026-11-23',
  issuesTokens: true,
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
