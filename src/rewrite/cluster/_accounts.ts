import type { Change } from '../../model/change.ts';
import { entry, get, textOf } from '../../support/yaml.ts';
import { CannotRewrite } from '../cannot.ts';
import type { Edit } from '../edit.ts';
import type { Replacement, RewriteContext } from '../types.ts';
import type { YamlEdit, YamlEditor, YamlMap } from '../yaml-edit.ts';
import { type ClusterObject, objectsOf, type PodTemplate } from './_objects.ts';
import { accountOf, CLUSTERS, namespaceOf, podPath, type Webhook } from './_path.ts';
import type { ClusterFiles } from './_repository.ts';
import { entries, scalar, type Shape, type Style, styleOf } from './_style.ts';

/** What becomes of the ServiceAccount of a pod. */
export interface AccountPlan {
  readonly account: string;
  /** `kept`: the pod names it already. `named`: the pod names it from now on, in place of the default one. */
  readonly state: 'kept' | 'named';
  /** Where it is defined: a document that is added here, one of the repository, or outside. */
  readonly defined: 'here' | 'repository' | 'outside';
  /** Its definition can be given annotations in this run. */
  readonly annotates: boolean;
  readonly edits: (webhook: Webhook | undefined) => readonly YamlEdit[];
}

/** @throws CannotRewrite where the pod names another account than the plan */
export function planAccount(editor: YamlEditor, object: ClusterObject, pod: PodTemplate, replacement: Replacement, files: ClusterFiles, isPatch: boolean): AccountPlan {
  const account = accountOf(replacement);
  const style = styleOf(editor.file.text, pod.template, pod.spec);
  const named = entry(pod.spec, 'serviceAccountName') ?? entry(pod.spec, 'serviceAccount');
  const current = textOf(named?.value) ?? '';
  const known = files.hasAccount(object.namespace, account);
  if (current !== '' && current !== 'default') {
    if (current !== account) {
      throw new CannotRewrite('unknown-shape', `The pod runs as ServiceAccount ${current}, and the plan trusts ${account}.`, `Plan again, so that the subject names ${current}, then apply.`, named === undefined ? {} : { line: editor.lineOf(named) });
    }
    return { account, state: 'kept', defined: known ? 'repository' : 'outside', annotates: known, edits: (webhook) => labelEdits(pod, webhook, style) };
  }
  // A second document in a patch of kustomize would be a patch of something that is not there.
  const isHere = !known && !isPatch;
  return {
    account,
    state: 'named',
    defined: isHere ? 'here' : known ? 'repository' : 'outside',
    annotates: isHere || known,
    edits: (webhook) => [...nameEdits(editor, pod, account), ...(isHere ? [documentEdit(object, account, webhook, style)] : []), ...labelEdits(pod, webhook, style)],
  };
}

function nameEdits(editor: YamlEditor, { spec }: PodTemplate, account: string): readonly YamlEdit[] {
  const named = entry(spec, 'serviceAccountName') ?? entry(spec, 'serviceAccount');
  if (named?.value.kind === 'scalar') {
    if (named.value.value === '' || editor.isShared(named.value) || named.via !== undefined) throw new CannotRewrite('unknown-shape', 'The name of the ServiceAccount is empty or comes from elsewhere.', `Write serviceAccountName: ${account}, and run again.`, { line: editor.lineOf(named) });
    return [{ kind: 'replace', scalar: named.value, text: account }];
  }
  const before = entry(spec, 'initContainers');
  const containers = entry(spec, 'containers');
  const first = before !== undefined && containers !== undefined && before.keyRange.start < containers.keyRange.start ? before : containers;
  return [{ kind: 'add-entries', holder: spec, ...(first === undefined ? {} : { before: first }), text: `serviceAccountName: ${account}\n` }];
}

function documentEdit({ kind, namespace, node, list }: ClusterObject, account: string, webhook: Webhook | undefined, style: Style): YamlEdit {
  const metadata: Shape = {
    name: account,
    ...(namespace === '' ? {} : { namespace: scalar(namespace) }),
    ...(webhook === undefined ? {} : { annotations: { [webhook.annotation]: scalar(webhook.value) } }),
  };
  const text = entries({ apiVersion: 'v1', kind: 'ServiceAccount', metadata }, style);
  if (list !== undefined) return { kind: 'add-items', holder: list, before: node, text: `- ${text.replace(/\n(?=[^\n])/g, '\n  ')}` };
  // Controllers try again until the account is there; a pod by itself is refused once and for all.
  return { kind: 'add-document', beside: node, where: kind === 'Pod' ? 'before' : 'after', text };
}

/** The label by which a webhook knows which pods to serve. */
function labelEdits({ template }: PodTemplate, webhook: Webhook | undefined, style: Style): readonly YamlEdit[] {
  if (webhook?.label === undefined) return [];
  const label = { [webhook.label]: '"true"' };
  const metadata = entry(template, 'metadata');
  if (metadata?.value.kind !== 'map') {
    const spec = entry(template, 'spec');
    return [{ kind: 'add-entries', holder: template, ...(spec === undefined ? {} : { before: spec }), text: entries({ metadata: { labels: label } }, style) }];
  }
  const labels = get(metadata.value, 'labels');
  if (labels?.kind !== 'map') return [{ kind: 'add-entries', holder: metadata.value, text: entries({ labels: label }, style) }];
  return labels.entries.some(({ key }) => key === webhook.label) ? [] : [{ kind: 'add-entries', holder: labels, text: entries(label, style) }];
}

/** Accounts of this file that the webhook of a cloud is to know. */
export function annotationChanges(editor: YamlEditor, context: RewriteContext, files: ClusterFiles): readonly Change<Edit>[] {
  const accounts = objectsOf(editor).filter(({ kind }) => kind === 'ServiceAccount');
  return accounts.flatMap((object): Change<Edit>[] => {
    const metadata = get(object.node, 'metadata');
    if (metadata?.kind !== 'map') return [];
    const wanted = context.all.flatMap((replacement) => {
      const webhook = webhookFor(replacement, object, context, files);
      return webhook === undefined ? [] : [{ replacement, webhook }];
    });
    const [first] = wanted;
    // Two identities of one account at one cloud: the pods say so.
    if (first === undefined || wanted.some(({ webhook }) => webhook.value !== first.webhook.value)) return [];
    const annotations = get(metadata, 'annotations');
    if (annotations?.kind === 'map' && annotations.entries.some(({ key }) => key === first.webhook.annotation)) return [];
    const text = { [first.webhook.annotation]: scalar(first.webhook.value) };
    const edit: YamlEdit = annotations?.kind === 'map' ? { kind: 'add-entries', holder: annotations, text: entries(text, PLAIN) } : { kind: 'add-entries', holder: metadata, text: entries({ annotations: text }, styleOfMap(editor.file.text, object.node)) };
    const users = [...new Set(wanted.map(({ replacement }) => replacement.workload))];
    return [
      {
        id: `ServiceAccount/${object.name}/${first.replacement.provider}`,
        line: editor.lineOf(metadata),
        title: `ServiceAccount/${object.name}: says to ${first.webhook.title} who it is`,
        why: `${first.webhook.title.replace(/^t/, 'T')} gives pods of an account with this annotation a token and the variables for it.`,
        safety: 'unsafe',
        reason: `It goes together with the change of ${users.join(', ')}, and with the trust that the plan makes.`,
        migrations: wanted.map(({ replacement }) => replacement.migration),
        edits: [edit],
      },
    ];
  });
}

const PLAIN: Style = { unit: 2, dash: 0, gap: 1, quote: '' };

function styleOfMap(text: string, node: YamlMap): Style {
  const metadata = entry(node, 'metadata');
  const first = metadata?.value.kind === 'map' ? metadata.value.entries[0] : undefined;
  if (metadata === undefined || first === undefined) return PLAIN;
  const column = (at: number): number => at - (text.lastIndexOf('\n', at - 1) + 1);
  const unit = column(first.keyRange.start) - column(metadata.keyRange.start);
  return { ...PLAIN, unit: unit >= 1 && unit <= 8 ? unit : 2 };
}

function webhookFor(replacement: Replacement, { name, namespace }: ClusterObject, context: RewriteContext, files: ClusterFiles): Webhook | undefined {
  if (!CLUSTERS.has(replacement.platform)) return undefined;
  try {
    const wanted = namespaceOf(replacement);
    if (accountOf(replacement) !== name || (wanted !== undefined && namespace !== '' && namespace !== wanted)) return undefined;
    if (!files.hasAccount(namespace, name)) return undefined;
    return podPath(replacement, context, true).webhook;
  } catch (error) {
    if (error instanceof CannotRewrite) return undefined;
    throw error;
  }
}
