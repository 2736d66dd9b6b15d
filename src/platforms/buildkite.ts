import type { SubjectForm } from '../model/issuer.ts';
import type { Platform } from '../model/reference.ts';
import { entriesOf, get, itemsOf, textOf, textsOf, type YamlNode } from '../support/yaml.ts';
import { factList, factText } from './_shared/ci-draft.ts';
import { assignmentTarget } from './_shared/ci-shell.ts';
import { lastParents, openFile, readBroken, readParts, type Part, type VariableReader, type VariableSystem } from './_shared/ci-variables.ts';
import { asked, type ShapeSpec, shapeFrom } from './_shared/token-shape.ts';

const SYSTEM: VariableSystem = {
  store: 'ci-secret',
  assigners: new Set(['env']),
  bareName(leaf) {
    const { scalar, route, entry } = leaf;
    if (!/^[A-Za-z][\w-]{2,254}$/.test(scalar.value)) return undefined;
    const [parent, holder] = lastParents(route);
    // `secrets: [NAME]`, `secrets: { VARIABLE: name }`; plugins pass variables on by name: `environment: [NAME]`.
    if (entry === undefined && parent !== undefined && /^(?:secrets|environment|env|propagate-env)$/.test(parent)) return { name: scalar.value, store: 'ci-secret' };
    if (entry !== undefined && (parent === 'secrets' || (parent === 'variables' && holder !== undefined && /secret/.test(holder)))) return { name: scalar.value, target: entry.key, store: 'ci-secret' };
    return undefined;
  },
  mentions(text) {
    return [...text.matchAll(/(\$?\$\()?\bbuildkite-agent secret get(?: --?[a-z-]{1,30}){0,4} "?([A-Za-z]\w{2,254})/g)].map((match) => {
      const name = match[2] ?? '';
      const end = match.index + match[0].length;
      // `KEY=$(buildkite-agent secret get KEY)` is where the job gets it, and no use of what it has.
      const target = match[1] === undefined ? undefined : assignmentTarget(text, match.index);
      return { name, start: end - name.length, end, target: target === name ? name : undefined };
    });
  },
};

const FORM: SubjectForm = { id: 'pipeline-id', template: '{pipeline-id}' };

const SPEC: ShapeSpec = {
  issuer: 'https://agent.buildkite.com',
  form: FORM,
  fields: {
    'organization-id': asked('organisation', 'buildkite.organization_id', 'Buildkite organization id', 'uuid', 'buildkite-agent oidc request-token --claim organization_id, decoded; or the GraphQL API.'),
    'pipeline-id': asked('pipeline', 'buildkite.pipeline_id', 'Buildkite pipeline id', 'uuid', 'Pipeline settings: id; or the REST API.'),
    branch: asked('branch', 'buildkite.branch', 'Branch whose builds are trusted', 'path', 'Such as main.'),
  },
  claims: [
    { claim: 'organization_id', value: '{organization-id}', role: 'id' },
    { claim: 'pipeline_id', value: '{pipeline-id}', role: 'id' },
    { claim: 'build_branch', value: '{branch}', role: 'context' },
  ],
  warnings: [
    'The default subject holds the commit, so the step asks for the pipeline id as its subject.',
    'A fork can name its branch like yours: switch builds of forks off.',
  ],
  refusals: [{ title: 'another branch', claims: { build_branch: 'some-work' } }],
};

export const platform: Platform = {
  id: 'buildkite',
  title: 'Buildkite',
  checked: '2026-11-23',
  issuesTokens: true,
  tokens: {
    issuer: 'https://agent.buildkite.com',
    isShared: true,
    discovery: 'public',
    subjects: [
      { id: 'keyed-step', template: 'organization:{organization}:pipeline:{pipeline}:ref:{ref}:commit:{commit}:step:{step}' },
      { id: 'step', template: 'organization:{organization}:pipeline:{pipeline}:ref:{ref}:commit:{commit}:step:' },
      // What `--subject-claim pipeline_id` gives: the same in every build.
      FORM,
    ],
    stableClaims: ['organization_id', 'pipeline_id'],
    audience: 'free',
    lifetime: { seconds: 300, refresh: 'ask-again' },
    arrival: { kind: 'request', how: 'buildkite-agent oidc request-token --audience AUDIENCE --subject-claim pipeline_id --claim organization_id,pipeline_id' },
    edits: [
      'Ask for a token in the step: buildkite-agent oidc request-token --audience AUDIENCE --lifetime 600 --subject-claim pipeline_id --claim organization_id,pipeline_id, into a file that only the step can read.',
      'Take the variable or secret that holds the key away from the step and from agent hooks.',
    ],
    source: 'https://buildkite.com/docs/agent/cli/reference/oidc',
    describe: (workload) => shapeFrom(SPEC, workload),
  },
  matches(file) {
    return /(?:^|\/)\.buildkite\/(?:.*\/)?[^/]+\.(?:ya?ml|json)$|(?:^|\/)buildkite\.ya?ml$/.test(file.path);
  },
  extract(file, names) {
    const reader = openFile(file, 'buildkite', names, SYSTEM);
    const shared: Part[] = entriesOf(reader.root).filter((entry) => entry.key === 'env' || entry.key === 'secrets').map((entry) => ({ node: entry.value, route: entry.key }));
    const steps = reader.root?.kind === 'seq' ? reader.root : get(reader.root, 'steps');
    readSteps(reader, steps, 'steps', shared, 0);
    readBroken(reader);
    return reader.draft.finish();
  },
};

function readSteps(reader: VariableReader, steps: YamlNode | undefined, route: string, shared: readonly Part[], depth: number): void {
  for (const [index, step] of itemsOf(steps).entries()) {
    if (reader.budget.left < 0) return;
    const path = `${route}[${index}]`;
    const group = get(step, 'steps');
    if (group !== undefined && depth < 4) {
      const env = get(step, 'env');
      readSteps(reader, group, `${path}.steps`, env === undefined ? shared : [...shared, { node: env, route: `${path}.env` }], depth + 1);
      continue;
    }
    if (step.kind !== 'map') continue;
    const label = textOf(get(step, 'key')) ?? textOf(get(step, 'id')) ?? textOf(get(step, 'label')) ?? textOf(get(step, 'name')) ?? `step ${index + 1}`;
    const enabled = /buildkite-agent oidc request-token/.test(reader.yaml.text.slice(step.range.start, step.range.end));
    const job = reader.draft.declare({
      key: path,
      name: `${reader.fileName} › ${factText(label)}`,
      route: path,
      range: step.range,
      identity: enabled ? { kind: 'enabled', how: 'buildkite-agent oidc request-token' } : { kind: 'available' },
      facts: { branches: factList(textsOf(get(step, 'branches'))), if: factText(textOf(get(step, 'if')) ?? ''), plugins: factList(itemsOf(get(step, 'plugins')).flatMap((plugin) => (plugin.kind === 'scalar' ? plugin.value : entriesOf(plugin).map((entry) => entry.key)))) },
    });
    readParts(reader, job, [{ node: step, route: path }, ...shared]);
  }
}
