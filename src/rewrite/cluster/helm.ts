import type { Change } from '../../model/change.ts';
import { isHelmTemplate, isHelmValues } from '../../platforms/_shared/file-names.ts';
import { LineIndex } from '../../support/lines.ts';
import type { YamlNode } from '../../support/yaml.ts';
import { CannotRewrite } from '../cannot.ts';
import type { Edit } from '../edit.ts';
import { editorOf } from '../editors.ts';
import type { FileRefusal, Replacement, RewriteContext, Rewriter, Rewriting } from '../types.ts';
import type { YamlEdit, YamlEditor, YamlMap } from '../yaml-edit.ts';
import { type Chart, type ChartPod, chartOf, otherValues, type Slot, usesBeside } from './_chart.ts';
import { accountEdits, mapEdits, namesKey, placeIn, type ValuesAccount, ValuesPod, wordOf } from './_chart-values.ts';
import { inOrder } from './_edits.ts';
import { looksLikeManifest } from './_objects.ts';
import { CLUSTERS, CONFIG_MAP, type PodPath, podPath } from './_path.ts';
import { keyNames, PodPlanner } from './_pod.ts';
import { ClusterFiles } from './_repository.ts';
import { programText } from './_texts.ts';

/**
 * Charts. What a value becomes shows only when the chart is rendered; where the chart's own templates show that it goes into the pod as it is, the values are edited. The
 * rest is told exactly what its pod has to have.
 */
export const helm: Rewriter = {
  id: 'helm',
  matches: (path, text) => isHelmValues(path) || isHelmTemplate(path, text) || (text.includes('{{') && looksLikeManifest(path, text)) || /\.(?:ya?ml)\.(?:j2|tmpl|tpl|template|erb)$/i.test(path),
  rewrite(path, text, context): Rewriting {
    const own = context.own.filter(({ platform: runs }) => CLUSTERS.has(runs));
    if (own.length === 0) return { changes: [], refusals: [] };
    const chart = chartOf(path, context);
    const refusals: FileRefusal[] = [];
    const planned: PlannedValues[] = [];
    const pods = new Map<string, ValuesPod>();
    for (const replacement of own) {
      try {
        if (chart === undefined) throw templated(text, path, replacement);
        planned.push(planValues(path, text, chart, pods, replacement, context));
      } catch (error) {
        if (!(error instanceof CannotRewrite)) throw error;
        refusals.push(refuse(path, text, replacement, context, error));
      }
    }
    return { changes: changesOf(planned), refusals };
  },
  problems: (path, text) => (isHelmValues(path) ? editorOf(text).file.problems.map(({ message }) => message) : []),
};

function templated(text: string, path: string, replacement: Replacement): CannotRewrite {
  const reason = isHelmValues(path) ? 'What becomes of this value shows only when the chart is rendered.' : 'This is a template: no manifest until it is rendered.';
  return new CannotRewrite('template', reason, '', { line: lineOf(text, replacement) });
}

/** A refusal that is about the chart says all that the pod has to have. */
function refuse(path: string, text: string, replacement: Replacement, context: RewriteContext, error: CannotRewrite): FileRefusal {
  const base = { line: error.line ?? lineOf(text, replacement), migrations: [replacement.migration], shadows: error.shadows } as const;
  if (error.code !== 'template') return { ...base, code: error.code, reason: error.message, byHand: error.byHand };
  try {
    const whole = byHand(replacement, context, isHelmValues(path));
    return { ...base, code: 'template', reason: error.message, byHand: error.byHand === '' ? whole : `${error.byHand} Or by hand: ${whole[0]?.toLowerCase() ?? ''}${whole.slice(1)}` };
  } catch (inner) {
    if (inner instanceof CannotRewrite) return { ...base, code: inner.code, reason: inner.message, byHand: inner.byHand };
    throw inner;
  }
}

/** The line of the first name of the key; that of the workload when none stands there. */
function lineOf(text: string, replacement: Replacement): number {
  const places = [...keyNames(replacement)].flatMap((name) => {
    const at = text.search(wordOf(name));
    return at === -1 ? [] : [at];
  });
  return places.length === 0 ? replacement.line : new LineIndex(text).position(Math.min(...places)).line;
}

/** All that the pod has to have, in one sentence. @throws CannotRewrite where the path is none for a manifest */
function byHand(replacement: Replacement, context: RewriteContext, isValues: boolean): string {
  const path = podPath(replacement, context, false);
  const names = replacement.names.join(' and ');
  const values = path.variables.map(([name, value]) => (value.kind === 'literal' ? `${name}=${value.text}` : `${name} from ConfigMap ${CONFIG_MAP}, key ${value.key}`));
  const config = path.token?.credentialConfig === undefined ? '' : ` and key ${path.token.credentialConfig} of ConfigMap ${CONFIG_MAP} as credential-config.json`;
  const token = path.token === undefined ? '' : `mount a projected volume with serviceAccountToken (audience ${path.token.audience}, expirationSeconds ${path.token.seconds}, path token)${config} read-only at ${path.token.folder}, `;
  const account = !isValues && replacement.workload.includes('.yaml') ? 'run the pod as a ServiceAccount of its own and trust that one' : `run the pod as ServiceAccount ${path.account}`;
  return `In the template of the pod ${account}, ${token}set ${values.join(', ')}, and take ${names} out of template and values.`;
}

// --- values of a chart that shows what becomes of them ---

interface PlannedValues {
  readonly replacement: Replacement;
  readonly pod: ChartPod;
  readonly values: ValuesPod;
  readonly path: PodPath;
  /** Of the pod as the values make it up, not yet of the values. */
  readonly edits: readonly YamlEdit[];
  readonly account: ValuesAccount;
  readonly line: number;
  readonly makesBlocks: boolean;
  readonly reason: readonly string[];
}

function planValues(path: string, text: string, chart: Chart, pods: Map<string, ValuesPod>, replacement: Replacement, context: RewriteContext): PlannedValues {
  const editor = editorOf(text);
  const [root, ...others] = editor.file.documents;
  if (editor.file.problems.length > 0 || root?.kind !== 'map' || others.length > 0 || /^[ \t]*\{\{/m.test(text)) throw templated(text, path, replacement);
  const { title } = replacement;
  const rival = context.own.slice(0, context.own.indexOf(replacement)).find((one) => CLUSTERS.has(one.platform) && one.parties[0] === replacement.parties[0]);
  if (rival !== undefined) {
    throw new CannotRewrite('unknown-shape', `${rival.title} and ${title} are to let this pod in at the same party, and a pod is one identity there.`, `Let the identity made for ${rival.title} do what that of ${title} may do, then take the key out.`, { shadows: true });
  }
  const names = keyNames(replacement);
  const { pod, slot } = slotOf(text, path, chart, root, names, replacement);
  const wanted = podPath(replacement, context, false);
  const known = `${pod.path} ${slot.route.join('.')}`;
  const values = pods.get(known) ?? new ValuesPod(text, root, slot, slotsAlone(chart, pod));
  pods.set(known, values);
  const need = (['volumeMounts', 'volumes'] as const).find((key) => wanted.token !== undefined && !values.has(key));
  if (need !== undefined) throw new CannotRewrite('template', `${pod.path} takes no ${need} from the values as they are.`, '', { line: editor.lineOf(values.env.entry) });
  requireNoOther(path, chart, editor, root, values, names, replacement, context);
  const files = ClusterFiles.of(context, path, text);
  const planner = new PodPlanner(editor, values.pod, (holder) => files.keysOf('', holder), values.style);
  const account = accountEdits(editor, root, chart, pod, wanted.account);
  const made = slot.form === 'list' ? planner.plan(wanted) : { ...mapEdits(editor, values, slot.form, wanted), renamed: [], unseen: [] };
  const token = slot.form === 'list' ? [] : planner.token(wanted);
  const library = slot.by === undefined ? '' : `, by ${slot.by} of its library`;
  const configKeys = [...new Set([...made.configKeys, ...(wanted.token?.credentialConfig === undefined ? [] : [wanted.token.credentialConfig])])];
  return {
    replacement,
    pod,
    values,
    path: wanted,
    edits: [...made.edits, ...token],
    account,
    line: made.line,
    makesBlocks: [...made.edits, ...token].some((edit) => edit.kind === 'add-entries'),
    reason: [
      programText(wanted, made.renamed),
      `It rests on the templates of the chart: ${pod.path} puts ${values.env.name} and the volumes into the pod as they are${library}. Values that are given with -f or --set, or by another chart, would win over these.`,
      configKeys.length === 0 ? '' : `ConfigMap ${CONFIG_MAP} has to exist in the namespace of the release with ${configKeys.join(', ')}: until then the pod says which is missing, and does not start.`,
      account.text,
      made.unseen.length === 0 ? '' : `What Secret ${made.unseen.join(', ')} brings by envFrom is not in this repository: a key of ${title} in it would still win.`,
    ].filter((part) => part !== ''),
  };
}

/** The pod and the value that hold the key. */
function slotOf(text: string, path: string, chart: Chart, root: YamlMap, names: ReadonlySet<string>, replacement: Replacement): { readonly pod: ChartPod; readonly slot: Slot } {
  const found = chart.pods.flatMap((pod) => pod.slots.flatMap((slot) => {
    const value = placeIn(root, slot)?.entry?.value;
    const fits = slot.form === 'list' ? value?.kind === 'seq' : value?.kind === 'map';
    return slot.key === 'env' && value !== undefined && fits && namesKey(value, names) ? [{ pod, slot }] : [];
  }));
  const [first, second] = found;
  if (first === undefined) throw templated(text, path, replacement);
  const beside = second === undefined ? usesBeside(chart, first.pod, first.slot) : [second.pod.path];
  if (beside.length > 0) throw new CannotRewrite('template', `.Values.${first.slot.route.join('.')} is read in ${[...new Set(beside)].join(', ')} too, or in a way that cannot be followed.`, '');
  return first;
}

/** Values that this pod alone has. */
function slotsAlone(chart: Chart, pod: ChartPod): readonly Slot[] {
  return pod.slots.filter((slot) => slot.key === 'env' || usesBeside(chart, pod, slot).length === 0);
}

/** The key, or the lists that are edited, stand nowhere else. */
function requireNoOther(path: string, chart: Chart, editor: YamlEditor, root: YamlMap, values: ValuesPod, names: ReadonlySet<string>, { title }: Replacement, context: RewriteContext): void {
  const template = chart.templates.find(({ text }) => [...names].some((name) => wordOf(name).test(text)));
  if (template !== undefined) throw new CannotRewrite('template', `${template.path} names the key of ${title} itself.`, '');
  const other = otherEntries(root, values.env.entry.value).find((node) => namesKey(node, names));
  if (other !== undefined) throw new CannotRewrite('template', `The key of ${title} is named in other values too, and what becomes of them shows only when the chart is rendered.`, '', { line: editor.lineOf(other), shadows: true });
  const lists = [...values.names, 'serviceAccount'];
  const rival = otherValues(chart, path, context).find((file) => lists.some((name) => new RegExp(`^[ \\t]*["']?${name}["']?:`, 'm').test(context.read(file) ?? '')));
  if (rival !== undefined) throw new CannotRewrite('template', `${rival} may put other lists in place of those of ${path}.`, '', { line: editor.lineOf(values.env.entry) });
}

/** Values beside the one that holds the key, each as a whole. */
function otherEntries(node: YamlNode, own: YamlNode): readonly YamlNode[] {
  if (node === own || node.kind !== 'map') return node === own ? [] : [node];
  return node.entries.flatMap(({ value }) => otherEntries(value, own));
}

/** One change for each provider; one for all where they make the same lists. */
function changesOf(planned: readonly PlannedValues[]): readonly Change<Edit>[] {
  const byPod = [...new Set(planned.map(({ values }) => values))].map((values) => planned.filter((one) => one.values === values));
  const groups = byPod.flatMap((group) => (group.some(({ makesBlocks, account }) => makesBlocks || account.edits.length > 0) ? [group] : group.map((one) => [one])));
  return groups.flatMap((group): Change<Edit>[] => {
    const [first] = group;
    if (first === undefined) return [];
    const titles = group.map(({ replacement }) => replacement.title);
    const named = titles.length === 1 ? `the key of ${titles.join('')} becomes a token` : `the keys of ${titles.slice(0, -1).join(', ')} and ${titles.at(-1) ?? ''} become tokens`;
    return [
      {
        id: `values/${group.map(({ replacement }) => replacement.provider).join('+')}`,
        line: Math.min(...group.map(({ line }) => line)),
        title: `${first.values.env.name}: ${named} of ServiceAccount ${first.path.account}`,
        why: `The projected token names the pod's ServiceAccount, is for ${group.length === 1 ? `${first.replacement.title} alone` : 'one party alone'} and lives ten minutes; the key leaves the pod.`,
        safety: 'unsafe',
        reason: [...new Set(group.flatMap(({ replacement, reason }) => reason.map((text, index) => (index === 0 && group.length > 1 ? `${replacement.title}: ${text}` : text))))].join(' '),
        migrations: group.map(({ replacement }) => replacement.migration),
        edits: first.values.translated(inOrder(group.flatMap(({ edits }) => edits))).concat(first.account.edits),
      },
    ];
  });
}
