import { CLUSTERS, configKey, credentialConfigKey, POD_TOKEN_SECONDS, tokenFolder, tokenVolume } from '../../emit/_pod-token.ts';
import type { PartyId } from '../../model/federation.ts';
import { CannotRewrite } from '../cannot.ts';
import { variableOf } from '../replacements.ts';
import type { Replacement, RewriteContext } from '../types.ts';

export { CLUSTERS, CONFIG_MAP } from '../../emit/_pod-token.ts';

/** A value of a variable: as it is, or an entry of the ConfigMap. */
export type PodValue = { readonly kind: 'literal'; readonly text: string } | { readonly kind: 'config'; readonly key: string };

/** What a cluster's own webhook does once the ServiceAccount says who it is. */
export interface Webhook {
  readonly annotation: string;
  readonly value: string;
  /** Label of the pod, where the webhook asks for one. */
  readonly label: string | undefined;
  readonly title: string;
}

/** What one replacement asks of a pod. */
export interface PodPath {
  readonly replacement: Replacement;
  readonly account: string;
  readonly party: PartyId;
  /** Absent where a webhook mounts the token. */
  readonly token: { readonly volume: string; readonly folder: string; readonly audience: string; readonly seconds: number; readonly credentialConfig: string | undefined } | undefined;
  readonly variables: readonly (readonly [name: string, value: PodValue])[];
  /** Variables that may stay when they are there: they name no identity. */
  readonly general: ReadonlySet<string>;
  readonly webhook: Webhook | undefined;
}

/** Inputs that are the same whoever asks: a value that stands in the manifest already is right. */
const GENERAL: ReadonlySet<string> = new Set(['aws.region', 'azure.tenant_id', 'google.project_id', 'google.location', 'databricks.host', 'anthropic.workspace_id', 'anthropic.organization_id']);
const INPUT = /\{([a-z]+\.[a-z_]+)\}/g;

/**
 * How `replacement` reaches its party from a pod. `annotates`: the ServiceAccount can be given annotations, which is what the webhooks of the clouds read.
 *
 * @throws CannotRewrite where a manifest cannot say it
 */
export function podPath(replacement: Replacement, context: Pick<RewriteContext, 'value'>, annotates: boolean): PodPath {
  requirePossible(replacement);
  const [party] = replacement.parties;
  if (party === undefined) throw new CannotRewrite('no-path', `The path of ${replacement.title} names no party.`, 'Plan again.');
  const account = accountOf(replacement);
  const webhook = annotates ? webhookOf(replacement, context) : undefined;
  const values = Object.entries(replacement.set).flatMap(([name, template]): (readonly [string, PodValue])[] => {
    if (webhook !== undefined && BY_WEBHOOK.has(name)) return [];
    return [[name, valueOf(template, replacement, context)]];
  });
  if (webhook !== undefined) return { replacement, account, party, token: undefined, variables: values, general: generalOf(replacement), webhook };
  const folder = tokenFolder(party);
  const credentialConfig = party === 'google' ? credentialConfigKey(replacement.suffix) : undefined;
  const variables: readonly (readonly [string, PodValue])[] = credentialConfig === undefined ? values : [...values, ['GOOGLE_APPLICATION_CREDENTIALS', { kind: 'literal', text: `${folder}/credential-config.json` }]];
  return { replacement, account, party, token: { volume: tokenVolume(party), folder, audience: audienceOf(replacement, context), seconds: POD_TOKEN_SECONDS, credentialConfig }, variables, general: generalOf(replacement), webhook };
}

function requirePossible(replacement: Replacement): void {
  const { title, parties, platform } = replacement;
  const [party] = parties;
  const patch = `kubernetes/patch.${replacement.identity.id}.yaml`;
  if (!CLUSTERS.has(platform)) throw new CannotRewrite('no-path', `The plan takes the token of ${platform}, not that of the pod.`, 'Follow the README of the plan for this workload.');
  if (parties.length > 1) throw new CannotRewrite('no-path', `The path to ${title} has ${parties.length} exchanges (${parties.join(', ')}), and a manifest makes none.`, 'Make the exchanges in the program or in a sidecar, as the README of the plan says, then take the key out.');
  if (replacement.change === 'model') throw new CannotRewrite('needs-code-change', `The path of ${title} is another service (${replacement.route}), with another client and other model ids.`, `Change client and model in the program first; then mount the token as ${patch} of the plan does, and take the key out.`);
  if (replacement.class !== 'native' && replacement.class !== 'same-model') {
    throw new CannotRewrite('needs-code-change', `The path of ${title} is by ${replacement.route} (${party ?? ''}), which the program has to ask first.`, `Let the program get what it needs by the token of ${patch} of the plan, as its README says, then take the key out.`);
  }
  if (party === 'huggingface') throw new CannotRewrite('needs-code-change', 'The Hugging Face client takes a token to exchange from HF_OIDC_ID_TOKEN, and a pod has its token in a file.', `Mount the token as ${patch} of the plan does, set HF_OIDC_ID_TOKEN from that file where the program starts, then take the key out.`);
  if (party !== 'google' && !Object.values(replacement.set).includes('{token-file}')) {
    throw new CannotRewrite('needs-code-change', `No setting makes a client of ${title} take the token of a pod.`, `Mount the token as ${patch} of the plan does, exchange it in the program, then take the key out.`);
  }
}

/** The ServiceAccount that the plan's subject names. */
export function accountOf({ identity, title }: Pick<Replacement, 'identity' | 'title'>): string {
  const last = identity.subject?.at(-1);
  const account = typeof last === 'string' ? last.slice(last.lastIndexOf(':') + 1) : '';
  if (!/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(account)) throw new CannotRewrite('no-path', `The subject that ${title} is to trust names no ServiceAccount.`, 'Plan again.');
  return account;
}

/** The namespace that the plan's subject names; undefined while it is an input. */
export function namespaceOf({ identity }: Pick<Replacement, 'identity'>): string | undefined {
  const [first] = identity.subject ?? [];
  const parts = typeof first === 'string' ? first.split(':') : [];
  return parts.length === 4 ? parts[2] : undefined;
}

function audienceOf({ identity, title }: Replacement, { value }: Pick<RewriteContext, 'value'>): string {
  return identity.audience
    .map((part) => {
      if (typeof part === 'string') return part;
      const known = value(part.input);
      if (known === undefined) throw new CannotRewrite('no-path', `The audience of the token for ${title} holds ${part.input}, and a manifest cannot take it from elsewhere.`, `Plan again with --set ${part.input}=VALUE, then apply.`);
      return known;
    })
    .join('');
}

function valueOf(template: string, replacement: Replacement, context: Pick<RewriteContext, 'value'>): PodValue {
  const [party] = replacement.parties;
  if (template === '{token-file}') return { kind: 'literal', text: `${tokenFolder(party ?? 'anthropic')}/token` };
  const inputs = [...template.matchAll(INPUT)].map(([, input = '']) => input);
  const unknown = inputs.find((input) => knownValue(input, replacement, context) === undefined);
  if (unknown === undefined) return { kind: 'literal', text: template.replace(INPUT, (_, input: string) => knownValue(input, replacement, context) ?? '') };
  if (template !== `{${unknown}}`) throw new CannotRewrite('no-path', `A setting of ${replacement.title} is made of several values that are not known yet.`, `Plan again with --set ${unknown}=VALUE, then apply.`);
  return { kind: 'config', key: configKey(variableOf(unknown, replacement)) };
}

/** One value is given for an input; where identities of several workloads have one each, it says nothing of this one. */
function knownValue(input: string, replacement: Replacement, { value }: Pick<RewriteContext, 'value'>): string | undefined {
  return variableOf(input, replacement) === variableOf(input, { suffix: '' }) ? value(input) : undefined;
}

function generalOf({ set }: Replacement): ReadonlySet<string> {
  return new Set(Object.entries(set).flatMap(([name, template]) => (GENERAL.has(template.slice(1, -1)) || !template.includes('{') ? [name] : [])));
}

/** Variables that the webhooks of EKS and AKS put into the pod (2026-11-23). */
const BY_WEBHOOK: ReadonlySet<string> = new Set(['AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE', 'AZURE_CLIENT_ID', 'AZURE_FEDERATED_TOKEN_FILE']);

/**
 * https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html, https://azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations.html
 * (2026-11-23). GKE's own link to a Google service account is another trust than the plan's, and is not made.
 */
function webhookOf(replacement: Replacement, context: Pick<RewriteContext, 'value'>): Webhook | undefined {
  const [party] = replacement.parties;
  const { platform } = replacement;
  if (platform === 'eks' && party === 'aws') {
    const value = knownValue('aws.role_arn', replacement, context);
    return value === undefined ? undefined : { annotation: 'eks.amazonaws.com/role-arn', value, label: undefined, title: 'the webhook of EKS' };
  }
  if (platform === 'aks' && party === 'azure') {
    const value = knownValue('azure.client_id', replacement, context);
    return value === undefined ? undefined : { annotation: 'azure.workload.identity/client-id', value, label: 'azure.workload.identity/use', title: 'the webhook of AKS' };
  }
  return undefined;
}
