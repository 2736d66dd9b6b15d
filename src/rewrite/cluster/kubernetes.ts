import type { Change } from '../../model/change.ts';
import { CannotRewrite } from '../cannot.ts';
import type { Edit } from '../edit.ts';
import { editorOf } from '../editors.ts';
import type { FileRefusal, Replacement, RewriteContext, Rewriter, Rewriting } from '../types.ts';
import type { YamlEdit, YamlEditor } from '../yaml-edit.ts';
import { annotationChanges, planAccount } from './_accounts.ts';
import { deliveryChanges } from './_delivery.ts';
import { inOrder } from './_edits.ts';
import { type ClusterObject, looksLikeManifest, objectsOf, podTemplateOf } from './_objects.ts';
import { CLUSTERS, namespaceOf, podPath } from './_path.ts';
import { deletedVariables, type FreedEntry, type PodEdits, PodPlanner } from './_pod.ts';
import { ClusterFiles } from './_repository.ts';
import { podReason } from './_texts.ts';

/** Manifests: the key goes from the pod, and a token of its ServiceAccount comes. */
export const kubernetes: Rewriter = {
  id: 'kubernetes',
  matches: (path, text) => looksLikeManifest(path, text) && !text.includes('{{'),
  rewrite(path, text, context): Rewriting {
    const editor = editorOf(text);
    if (editor.file.problems.length > 0) return { changes: [], refusals: unreadable(editor, context.own) };
    const files = ClusterFiles.of(context, path, text);
    const pods = planPods(path, editor, context, files);
    const delivered = deliveryChanges(editor, context, files, (other) => (other === path ? pods.freed : freedIn(other, context)));
    return { changes: [...pods.changes, ...annotationChanges(editor, context, files), ...delivered.changes], refusals: [...pods.refusals, ...delivered.refusals] };
  },
  problems: (_, text) => editorOf(text).file.problems.map(({ message }) => message),
};

function unreadable(editor: YamlEditor, own: readonly Replacement[]): readonly FileRefusal[] {
  const [first] = editor.file.problems;
  const migrations = own.map(({ migration }) => migration);
  return migrations.length === 0 ? [] : [{ code: 'not-readable', line: first?.line ?? 1, reason: `The file is not readable as YAML: ${first?.message ?? 'it is broken'}.`, byHand: 'Mend the file, and run again.', migrations, shadows: false }];
}

/** What is decided for one workload and one provider. */
interface PlannedPod {
  readonly replacement: Replacement;
  readonly object: ClusterObject;
  readonly pod: PodEdits;
  readonly account: readonly YamlEdit[];
  readonly change: Omit<Change<Edit>, 'edits' | 'reason'>;
  /** What it rests on, a sentence each. */
  readonly reason: readonly string[];
}

interface PlannedPods extends Rewriting {
  readonly freed: readonly (FreedEntry & { readonly namespace: string; readonly replacement: Replacement })[];
}

function planPods(path: string, editor: YamlEditor, context: RewriteContext, files: ClusterFiles): PlannedPods {
  const refusals: FileRefusal[] = [];
  const planned: PlannedPod[] = [];
  const objects = objectsOf(editor);
  for (const replacement of context.own) {
    if (!CLUSTERS.has(replacement.platform) && !/^[A-Z]\w*\//.test(replacement.workload)) continue;
    const object = objects.find((one) => isOf(one, replacement));
    try {
      if (object === undefined) continue;
      planned.push(planPod(path, editor, object, replacement, context, files));
    } catch (error) {
      if (!(error instanceof CannotRewrite)) throw error;
      const { code, byHand, shadows } = error;
      refusals.push({ code, line: error.line ?? (object === undefined ? replacement.line : editor.lineOf(object.node)), reason: error.message, byHand, migrations: [replacement.migration], shadows });
    }
  }
  return { changes: grouped(planned), refusals, freed: planned.flatMap(({ pod, object, replacement }) => pod.freed.map((one) => ({ ...one, namespace: object.namespace, replacement }))) };
}

function isOf({ kind, name, namespace }: ClusterObject, replacement: Replacement): boolean {
  const wanted = namespaceOf(replacement);
  return `${kind}/${name}` === replacement.workload && (wanted === undefined || namespace === '' || wanted === namespace);
}

function planPod(path: string, editor: YamlEditor, object: ClusterObject, replacement: Replacement, context: RewriteContext, files: ClusterFiles): PlannedPod {
  const pod = podTemplateOf(object);
  const { title } = replacement;
  if (pod === undefined) {
    if (object.apiVersion.includes('.')) {
      throw new CannotRewrite('unknown-shape', `${object.kind} is read by a controller of its own, and what that makes of the key of ${title} is not known.`, `See what ${object.apiVersion} offers in place of a key, such as a ServiceAccount for its pods; then take the key out.`);
    }
    throw new CannotRewrite('unknown-shape', `Where ${object.kind} keeps its pod is not known.`, `Mount the token as kubernetes/patch.${replacement.identity.id}.yaml of the plan does, and take the key out.`);
  }
  // Which one it is must not depend on what was done already.
  const rival = context.own.slice(0, context.own.indexOf(replacement)).find((one) => isOf(object, one) && one.parties[0] === replacement.parties[0]);
  if (rival !== undefined) {
    throw new CannotRewrite('unknown-shape', `${rival.title} and ${title} are to let this pod in at the same party, and a pod is one identity there.`, `Let the identity made for ${rival.title} do what that of ${title} may do, then take the key out.`, { shadows: true });
  }
  const deleted = deletedVariables(pod, replacement);
  if (deleted.length > 0) return planDeleted(path, editor, object, replacement, deleted, context);
  const account = planAccount(editor, object, pod, replacement, files, files.isPatch(path));
  const wanted = podPath(replacement, context, account.annotates);
  const planner = new PodPlanner(editor, pod, (holder) => files.keysOf(object.namespace, holder));
  if (files.isPatch(path) && hasOther(path, replacement, context)) return planPatch(object, replacement, planner.remove(replacement));
  const edits = planner.plan(wanted);
  const kind = `${object.kind}/${object.name}`;
  return {
    replacement,
    object,
    pod: edits,
    account: account.edits(wanted.webhook),
    change: {
      id: `${kind}/${replacement.provider}`,
      line: edits.line,
      title: `${kind}: the key of ${title} becomes a token of ServiceAccount ${wanted.account}`,
      why: wanted.webhook === undefined
        ? `The projected token names the pod's ServiceAccount, is for ${title} alone and lives ten minutes; the key leaves the pod.`
        : `The ServiceAccount says who the pod is, and ${wanted.webhook.title} gives it a token; the key leaves the pod.`,
      safety: 'unsafe',
      migrations: [replacement.migration],
    },
    reason: podReason(wanted, edits, account, object, files),
  };
}

/** Whether another file has the same object and the same key: the base of a patch. */
function hasOther(path: string, { workload, provider }: Replacement, { all }: RewriteContext): boolean {
  return all.some((other) => other.path !== path && other.workload === workload && other.provider === provider);
}

/** A patch puts another key in place of the one of its base: the base gets the identity. */
function planPatch(object: ClusterObject, replacement: Replacement, pod: PodEdits): PlannedPod {
  const kind = `${object.kind}/${object.name}`;
  const { title, provider, migration } = replacement;
  return {
    replacement,
    object,
    pod,
    account: [],
    reason: ['It goes together with the change of the base, which gives the pod its identity.'],
    change: { id: `${kind}/${provider}`, line: pod.line, title: `${kind}: the patch sets no key of ${title}`, why: 'The base has an identity in place of the key; a key that the patch sets would win over it.', safety: 'unsafe', migrations: [migration] },
  };
}

/** A patch that deletes the entry of its base has nothing left to delete. */
function planDeleted(path: string, editor: YamlEditor, object: ClusterObject, replacement: Replacement, deleted: ReturnType<typeof deletedVariables>, context: RewriteContext): PlannedPod {
  const [first] = deleted;
  if (!hasOther(path, replacement, context)) {
    throw new CannotRewrite('unknown-shape', `The patch deletes the key of ${replacement.title} from a base that is not planned here.`, 'Take the entry out of the patch when the base has it no more.', first === undefined ? {} : { line: editor.lineOf(first.variable.item) });
  }
  const kind = `${object.kind}/${object.name}`;
  const edits = deleted.map(({ list, variable }): YamlEdit => ({ kind: 'remove-item', holder: list, item: variable.item, names: [variable.name] }));
  const line = first === undefined ? 1 : editor.lineOf(first.variable.item);
  return {
    replacement,
    object,
    pod: { edits, freed: [], line, containers: [], renamed: [], unseen: [], configKeys: [], makesBlocks: false },
    account: [],
    change: {
      id: `${kind}/${replacement.provider}`,
      line,
      title: `${kind}: nothing of ${replacement.title} is left to delete`,
      why: 'The patch deletes an entry that its base has no more.',
      safety: 'unsafe',
      migrations: [replacement.migration],
    },
    reason: ['It rests on the change of the base: without it, the patch still has to delete the entry.'],
  };
}

/** One change for each, but one for all of a pod that make the same block: each alone would make it again. */
function grouped(planned: readonly PlannedPod[]): readonly Change<Edit>[] {
  const byObject = new Map<ClusterObject, PlannedPod[]>();
  for (const one of planned) byObject.set(one.object, [...(byObject.get(one.object) ?? []), one]);
  return [...byObject.values()].flatMap((group): Change<Edit>[] => {
    const [first] = group;
    if (first === undefined) return [];
    if (group.length === 1 || !group.some(({ pod }) => pod.makesBlocks)) return group.map(({ change, reason, pod, account }) => ({ ...change, reason: reason.join(' '), edits: inOrder([...pod.edits, ...account]) }));
    const kind = `${first.object.kind}/${first.object.name}`;
    const titles = group.map(({ replacement }) => replacement.title);
    return [
      {
        id: `${kind}/${group.map(({ replacement }) => replacement.provider).join('+')}`,
        line: Math.min(...group.map(({ change }) => change.line)),
        title: `${kind}: the keys of ${titles.slice(0, -1).join(', ')} and ${titles.at(-1) ?? ''} become tokens of its ServiceAccount`,
        why: first.change.why.replace(/ is for .* alone /, ' is for one party alone '),
        safety: 'unsafe',
        reason: [...new Set(group.flatMap(({ replacement, reason }) => reason.map((text, index) => (index === 0 ? `${replacement.title}: ${text}` : text))))].join(' '),
        migrations: group.flatMap(({ change }) => change.migrations),
        edits: inOrder(group.flatMap(({ pod, account }) => [...pod.edits, ...account])),
      },
    ];
  });
}

const freedBefore = new WeakMap<readonly Replacement[], Map<string, PlannedPods['freed']>>();

/** Entries of Secrets that the pods of another file read no more. Worked out once for a target. */
export function freedIn(path: string, context: RewriteContext): PlannedPods['freed'] {
  const known = freedBefore.get(context.all) ?? new Map<string, PlannedPods['freed']>();
  freedBefore.set(context.all, known);
  const made = known.get(path) ?? workOutFreed(path, context);
  known.set(path, made);
  return made;
}

function workOutFreed(path: string, context: RewriteContext): PlannedPods['freed'] {
  const text = context.read(path);
  if (text === undefined || !kubernetes.matches(path, text)) return [];
  const editor = editorOf(text);
  if (editor.file.problems.length > 0) return [];
  const own = context.all.filter((replacement) => replacement.path === path);
  return planPods(path, editor, { ...context, own }, ClusterFiles.of(context, path, text)).freed;
}
