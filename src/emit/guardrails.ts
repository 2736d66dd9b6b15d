import { stringify } from 'yaml';
import type { EmittedFile, Emission, PartyId } from '../model/federation.ts';
import type { Input, Text } from '../model/text.ts';
import { concat, jsonText, placeholder } from './_text.ts';

const ORGANIZATION: Input = { id: 'google.organization_id', title: 'Google Cloud organization id', shape: 'digits', how: 'gcloud organizations list' };

/** Environment variables that hold keys, by provider, for the admission policy. */
const KEY_NAMES: Readonly<Record<string, readonly string[]>> = {
  anthropic: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'],
  openai: ['OPENAI_API_KEY', 'OPENAI_ADMIN_KEY'],
  'azure-openai': ['AZURE_OPENAI_API_KEY'],
  'google-gemini': ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  'aws-bedrock': ['AWS_BEARER_TOKEN_BEDROCK'],
  aws: ['AWS_SECRET_ACCESS_KEY'],
  mistral: ['MISTRAL_API_KEY'],
  openrouter: ['OPENROUTER_API_KEY'],
  huggingface: ['HF_TOKEN'],
  wandb: ['WANDB_API_KEY'],
};

/** What keeps keys from being made again, for the clouds and providers of the plan. Each is opted into: nothing here is applied by another script. */
export function emitGuardrails(parties: readonly PartyId[], providers: readonly string[], ask: (input: Input) => Text): Emission {
  const files: EmittedFile[] = [];
  const sections: string[][] = [];
  if (parties.includes('aws')) {
    files.push({ path: 'guardrails/aws-scp.json', kind: 'json', role: 'guard', purpose: 'Service control policy: no long-term Bedrock keys, no calls by one.', text: jsonText(SCP) });
    sections.push(section('AWS', ['aws organizations create-policy --type SERVICE_CONTROL_POLICY --name dekey-no-ai-keys --description "no long-term keys for models" --content file://guardrails/aws-scp.json', 'aws organizations attach-policy --policy-id ID --target-id UNIT'], ['aws organizations list-policies-for-target --filter SERVICE_CONTROL_POLICY --target-id UNIT'], ['aws organizations detach-policy --policy-id ID --target-id UNIT', 'aws organizations delete-policy --policy-id ID']));
  }
  if (parties.includes('azure')) {
    files.push({ path: 'guardrails/azure-policy.json', kind: 'json', role: 'guard', purpose: 'Azure Policy: AI resources only with local authentication switched off.', text: jsonText(AZURE_POLICY) });
    sections.push(section('Azure', ['az policy definition create --name dekey-no-local-auth --mode Indexed --rules guardrails/azure-policy.json', 'az policy assignment create --name dekey-no-local-auth --policy dekey-no-local-auth --scope SCOPE'], ['az policy state summarize --policy-assignment dekey-no-local-auth'], ['az policy assignment delete --name dekey-no-local-auth --scope SCOPE', 'az policy definition delete --name dekey-no-local-auth']));
  }
  if (parties.includes('google')) {
    const organization = ask(ORGANIZATION);
    for (const constraint of ['iam.disableServiceAccountKeyCreation', 'iam.disableServiceAccountKeyUpload']) {
      files.push({
        path: `guardrails/google-${constraint.replaceAll('.', '-').toLowerCase()}.yaml`,
        kind: 'yaml',
        role: 'guard',
        purpose: `Organisation policy ${constraint}.`,
        text: stringify({ name: placeholder(concat('organizations/', organization, `/policies/${constraint}`)), spec: { rules: [{ enforce: true }] } }, { lineWidth: 0 }),
      });
    }
    sections.push(section('Google Cloud', ['gcloud org-policies set-policy guardrails/google-iam-disableserviceaccountkeycreation.yaml', 'gcloud org-policies set-policy guardrails/google-iam-disableserviceaccountkeyupload.yaml'], ['gcloud org-policies describe iam.disableServiceAccountKeyCreation --organization ID'], ['gcloud org-policies delete iam.disableServiceAccountKeyCreation --organization ID', 'gcloud org-policies delete iam.disableServiceAccountKeyUpload --organization ID']));
  }
  const names = [...new Set(providers.flatMap((provider) => KEY_NAMES[provider] ?? []))].toSorted();
  if (names.length > 0) {
    files.push({ path: 'guardrails/deny_ai_keys.rego', kind: 'rego', role: 'guard', purpose: 'Admission or CI policy: no pod takes a key that the plan replaces.', text: regoText(names) });
    files.push({ path: 'guardrails/deny_ai_keys_test.rego', kind: 'rego', role: 'guard', purpose: 'Tests of that policy: opa test guardrails/', text: regoTestText(names[0] ?? '') });
    sections.push(section('Kubernetes', ['conftest test --policy guardrails MANIFEST, or load the policy into the admission controller'], ['opa test guardrails'], ['take the policy out of the pipeline or the admission controller']));
  }
  if (files.length > 0) files.push({ path: 'guardrails/README.md', kind: 'markdown', role: 'guard', purpose: 'How to switch the guardrails on, look at them, and take them back.', text: `${['# Guardrails', '', 'They keep new keys from being made once the old ones are gone. Switch them on last, and in a test unit first: each refuses what somebody may still do.', ...sections.flat()].join('\n')}\n` });
  return { files, manual: [] };
}

function section(title: string, create: readonly string[], check: readonly string[], undo: readonly string[]): string[] {
  const block = (label: string, lines: readonly string[]): string[] => ['', `${label}:`, '', '```sh', ...lines, '```'];
  return ['', `## ${title}`, ...block('Create', create), ...block('Check', check), ...block('Undo', undo)];
}

const SCP = {
  Version: '2012-10-17',
  Statement: [
    { Sid: 'NoBedrockKeys', Effect: 'Deny', Action: ['iam:CreateServiceSpecificCredential', 'iam:ResetServiceSpecificCredential'], Resource: '*', Condition: { StringEquals: { 'iam:ServiceSpecificCredentialServiceName': 'bedrock.amazonaws.com' } } },
    { Sid: 'NoCallsByLongTermKey', Effect: 'Deny', Action: ['bedrock:CallWithBearerToken'], Resource: '*', Condition: { StringEquals: { 'bedrock:bearerTokenType': 'LONG_TERM' } } },
  ],
} as const;

const AZURE_POLICY = Object.fromEntries([
  ['if', { allOf: [{ field: 'type', equals: 'Microsoft.CognitiveServices/accounts' }, { field: 'Microsoft.CognitiveServices/accounts/disableLocalAuth', notEquals: true }] }],
  // oxlint-disable-next-line unicorn/no-thenable -- the name is Azure's, and nothing awaits it.
  ['then', { effect: 'deny' }],
]);

/** Names are those of the table above: letters, digits and underscores. */
function regoText(names: readonly string[]): string {
  return [
    '# Denies pods that take an AI key: their workloads have identities of their own.',
    'package dekey.deny_ai_keys',
    '',
    'import rego.v1',
    '',
    `keys := {${names.map((name) => JSON.stringify(name)).join(', ')}}`,
    '',
    '# The pod specification, wherever the kind keeps it.',
    'pod := input.spec if input.kind == "Pod"',
    '',
    'pod := input.spec.template.spec if input.kind in {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"}',
    '',
    'pod := input.spec.jobTemplate.spec.template.spec if input.kind == "CronJob"',
    '',
    'containers contains container if {',
    '\tsome list in ["containers", "initContainers", "ephemeralContainers"]',
    '\tsome container in object.get(pod, list, [])',
    '}',
    '',
    'deny contains message if {',
    '\tsome container in containers',
    '\tsome entry in object.get(container, "env", [])',
    '\tentry.name in keys',
    '\tmessage := sprintf("container %s takes %s: use the workload identity instead", [container.name, entry.name])',
    '}',
    '',
  ].join('\n');
}

function regoTestText(name: string): string {
  return [
    'package dekey.deny_ai_keys_test',
    '',
    'import data.dekey.deny_ai_keys',
    'import rego.v1',
    '',
    'manifest(names) := {',
    '\t"kind": "Deployment",',
    '\t"spec": {"template": {"spec": {"containers": [{"name": "app", "env": [{"name": name} | some name in names]}]}}},',
    '}',
    '',
    'test_key_is_denied if {',
    `\tcount(deny_ai_keys.deny) == 1 with input as manifest([${JSON.stringify(name)}])`,
    '}',
    '',
    'test_identity_is_allowed if {',
    '\tcount(deny_ai_keys.deny) == 0 with input as manifest(["AI_IDENTITY_TOKEN_FILE"])',
    '}',
    '',
  ].join('\n');
}
