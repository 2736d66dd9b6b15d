/** GitHub Actions workflows: which jobs can ask for a token, whose code they run, and which keys they still hold. */
import { at, entriesOf, get, itemsOf, parseYaml, textOf, textsOf, type YamlNode } from '../support/yaml.ts';
import { below, type TrustReading, type WorkflowJob } from './model.ts';
import { duplicatesOf, mapsIn } from './yaml.ts';

/** Reads one workflow file. Never throws. */
export function readWorkflow(text: string): TrustReading {
  const file = parseYaml(text);
  const problems = file.problems
    .filter(({ message }) => !message.startsWith('duplicate key'))
    .map(({ line, message }) => ({ place: '', message: `line ${line}: ${message}` }));
  const root = file.documents.find((document) => document.kind === 'map');
  if (root === undefined) return { documents: [], problems: problems.length > 0 ? problems : [{ place: '', message: 'no workflow' }] };
  const grantsAll = grants(get(root, 'permissions')) === true;
  const workflowEnv = keysUnder(get(root, 'env'), '/env');
  const jobs = entriesOf(get(root, 'jobs')).map(({ key, value }) => jobOf(key, value, grantsAll, workflowEnv));
  return {
    documents: [
      { party: 'github-workflow', arms: [], duplicateKeys: duplicatesOf(root, ''), workflow: { triggers: triggersOf(get(root, 'on')), grantsAll, jobs } },
    ],
    problems,
  };
}

function triggersOf(node: YamlNode | undefined): readonly string[] {
  return node?.kind === 'map' ? node.entries.map(({ key }) => key) : textsOf(node);
}

/** Whether a permissions block gives `id-token: write`; undefined when there is no block. */
function grants(node: YamlNode | undefined): boolean | undefined {
  if (node === undefined) return undefined;
  return node.kind === 'scalar' ? node.value === 'write-all' : textOf(get(node, 'id-token')) === 'write';
}

interface StaticKey {
  readonly place: string;
  readonly vendor: string;
  readonly name: string;
}

function jobOf(name: string, job: YamlNode, grantsAll: boolean, workflowEnv: readonly StaticKey[]): WorkflowJob {
  const place = below('', 'jobs', name);
  const own = grants(get(job, 'permissions'));
  const steps = stepsOf(get(job, 'steps'), below(place, 'steps'));
  const called = textOf(get(job, 'uses'));
  const uses = steps.flatMap(({ node, place: where }) => {
    const text = textOf(get(node, 'uses'));
    return text === undefined ? [] : [{ place: below(where, 'uses'), text }];
  });
  const head = steps.map(({ node }) => headOf(node)).find((found) => found !== undefined);
  const checkouts = steps.some(
    ({ node }) => isCheckout(node) || /\bgit\s+(?:clone|fetch|checkout|pull)\b|\bgh\s+(?:pr\s+checkout|repo\s+clone)\b/.test(textOf(get(node, 'run')) ?? ''),
  );
  return {
    name,
    place,
    idToken: own === undefined ? (grantsAll ? 'workflow' : 'none') : own ? 'job' : 'none',
    condition: textOf(get(job, 'if')) ?? '',
    uses: called === undefined ? uses : [{ place: below(place, 'uses'), text: called }, ...uses],
    checksOut: checkouts,
    ...(head === undefined ? {} : { checksOutHead: head }),
    staticKeys: [...workflowEnv, ...keysUnder(job, place)],
    federates: VENDORS.filter((vendor) =>
      vendor.federates(
        job,
        steps.map(({ node }) => node),
      ),
    ).map(({ id }) => id),
  };
}

/** Steps in order, those inside `parallel` too. */
function stepsOf(node: YamlNode | undefined, place: string, depth = 0): readonly { readonly node: YamlNode; readonly place: string }[] {
  if (depth > 10) return [];
  return itemsOf(node).flatMap((step, index) => {
    const here = below(place, index);
    return [{ node: step, place: here }, ...stepsOf(get(step, 'parallel'), below(here, 'parallel'), depth + 1)];
  });
}

function isCheckout(step: YamlNode): boolean {
  return /^actions\/checkout(?:@|$)/i.test(textOf(get(step, 'uses')) ?? '');
}

/** Ways to name the code of a pull request. */
const HEAD = new RegExp(
  [
    'github\\.head_ref',
    'github\\.event\\.pull_request\\.(?:head\\.|merge_commit_sha)',
    'github\\.event\\.workflow_run\\.(?:head_(?:sha|branch|commit|repository)|pull_requests)',
    'refs/pull/',
    '\\bpull/[^\\s/]+/(?:head|merge)\\b',
  ].join('|'),
);

/** The words with which the step fetches the code of a pull request. */
function headOf(step: YamlNode): string | undefined {
  const run = textOf(get(step, 'run')) ?? '';
  const checkout = /\bgh\s+pr\s+checkout\b/.exec(run)?.[0];
  if (checkout !== undefined) return checkout;
  if (/\bgit\s+(?:fetch|checkout|pull|switch|clone)\b/.test(run)) return HEAD.exec(run)?.[0];
  if (!isCheckout(step)) return undefined;
  return ['ref', 'repository'].map((key) => HEAD.exec(textOf(at(step, ['with', key])) ?? '')?.[0]).find((found) => found !== undefined);
}

interface Vendor {
  readonly id: string;
  readonly keys: RegExp;
  readonly federates: (job: YamlNode, steps: readonly YamlNode[]) => boolean;
}

function usesWith(steps: readonly YamlNode[], action: RegExp, input: string, value: RegExp = /./): boolean {
  return steps.some((step) => action.test(textOf(get(step, 'uses')) ?? '') && value.test(textOf(at(step, ['with', input])) ?? ''));
}

function mentions(job: YamlNode, key: RegExp, value: RegExp = /./): boolean {
  return mapsIn(job, '').some(({ node }) => entriesOf(node).some((entry) => key.test(entry.key) && value.test(textOf(entry.value) ?? '')));
}

/** A job that shows the sign of a vendor's federation needs none of that vendor's keys. */
const VENDORS: readonly Vendor[] = [
  {
    id: 'AWS',
    keys: /^(?:aws[_-]access[_-]key[_-]id|aws[_-]secret[_-]access[_-]key|aws_bearer_token_bedrock)$/i,
    federates: (_job, steps) => usesWith(steps, /^aws-actions\/configure-aws-credentials@/, 'role-to-assume'),
  },
  {
    id: 'Google Cloud',
    keys: /^(?:credentials_json|google_credentials|gcp_sa_key|gcp_credentials|google_application_credentials_json|gemini_api_key|google_api_key)$/i,
    federates: (_job, steps) => usesWith(steps, /^google-github-actions\/auth@/, 'workload_identity_provider'),
  },
  {
    id: 'Azure',
    keys: /^(?:creds|azure_credentials|azure[_-]client[_-]secret|arm_client_secret|azure_openai_(?:api_)?key)$/i,
    federates: (_job, steps) => usesWith(steps, /^azure\/login@/i, 'client-id'),
  },
  {
    id: 'Anthropic',
    keys: /^(?:anthropic[_-]api[_-]key|anthropic[_-]auth[_-]token|claude[_-]code[_-]oauth[_-]token)$/i,
    federates: (job) => mentions(job, /^anthropic[_-](?:federation[_-]rule[_-]id|identity[_-]token(?:[_-]file)?)$/i),
  },
  {
    id: 'OpenAI',
    keys: /^(?:openai[_-](?:api|admin)[_-]key|codex[_-](?:api[_-]key|access[_-]token))$/i,
    federates: (job) => mentions(job, /^openai[_-](?:federation[_-]rule[_-]id|identity[_-]token(?:[_-]file)?)$/i),
  },
  { id: 'Hugging Face', keys: /^(?:hf_token|hugging_?face(?:_hub)?_(?:api_)?token)$/i, federates: (job) => mentions(job, /^hf_oidc_(?:resource|id_token)$/i) },
  { id: 'Databricks', keys: /^databricks_(?:token|client_secret)$/i, federates: (job) => mentions(job, /^databricks_auth_type$/i, /oidc/) },
  {
    id: 'Snowflake',
    keys: /^snowflake_(?:password|private_key(?:_raw)?)$/i,
    federates: (_job, steps) => usesWith(steps, /^snowflakedb\//i, 'use-oidc', /^true$/),
  },
  { id: 'Vault', keys: /^vault_token$/i, federates: (_job, steps) => usesWith(steps, /^hashicorp\/vault-action@/, 'method', /^jwt$/) },
];

const STORED = /\$\{\{[^}]*\bsecrets(?:\.([A-Za-z_][\w-]*)|\[\s*['"]([\w-]+)['"]\s*\])/;

/** Entries whose value comes from a stored secret with a key's name, or that have such a name themselves. */
function keysUnder(node: YamlNode | undefined, place: string): readonly StaticKey[] {
  if (node === undefined) return [];
  return mapsIn(node, place).flatMap((map) =>
    entriesOf(map.node).flatMap(({ key, value }) => {
      const stored = STORED.exec(textOf(value) ?? '');
      if (stored === null) return [];
      const secret = stored[1] ?? stored[2] ?? '';
      const vendor = VENDORS.find(({ keys }) => keys.test(key)) ?? VENDORS.find(({ keys }) => keys.test(secret));
      return vendor === undefined ? [] : [{ place: below(map.place, key), vendor: vendor.id, name: vendor.keys.test(key) ? key : secret }];
    }),
  );
}
