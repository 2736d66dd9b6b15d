import type { Change } from '../../model/change.ts';
import { formOf } from '../../platforms/_shared/config-values.ts';
import { entry, get, textOf, type YamlNode } from '../../support/yaml.ts';
import type { Edit } from '../edit.ts';
import type { FileRefusal, Replacement, RewriteContext, Rewriting } from '../types.ts';
import type { YamlEdit, YamlEditor, YamlMap } from '../yaml-edit.ts';
import { type ClusterObject, objectsOf } from './_objects.ts';
import { CLUSTERS } from './_path.ts';
import type { FreedEntry } from './_pod.ts';
import { type ClusterFiles, sourcesOf } from './_repository.ts';

/** Entries that the pods of a file read no more after this run. */
export type FreedIn = (path: string) => readonly (FreedEntry & { readonly namespace: string; readonly replacement: Replacement })[];

/** One entry of an object that makes a Secret. */
interface Delivered {
  /** Name in the Secret. */
  readonly key: string;
  readonly edits: readonly YamlEdit[];
  readonly node: YamlNode;
  readonly isLiteral: boolean;
}

/** Takes out of Secrets, and of what makes them, the entries that no pod of the repository reads any more. */
export function deliveryChanges(editor: YamlEditor, context: RewriteContext, files: ClusterFiles, freedIn: FreedIn): Rewriting {
  const objects = objectsOf(editor).filter((object) => sourcesOf(object).length > 0);
  if (objects.length === 0) return { changes: [], refusals: [] };
  const paths = [...new Set(context.all.filter(({ platform }) => CLUSTERS.has(platform)).map(({ path }) => path))];
  const freed = paths.flatMap((path) => freedIn(path).map((one) => ({ ...one, path })));
  const results = objects.map((object) => deliveredBy(editor, object, context, files, freed));
  return { changes: results.flatMap(({ changes }) => changes), refusals: results.flatMap(({ refusals }) => refusals) };
}

type FreedAt = ReturnType<FreedIn>[number] & { readonly path: string };

function deliveredBy(editor: YamlEditor, object: ClusterObject, context: RewriteContext, files: ClusterFiles, freed: readonly FreedAt[]): Rewriting {
  const [source] = sourcesOf(object);
  if (source === undefined) return { changes: [], refusals: [] };
  const { holder, namespace } = source;
  const near = freed.filter((one) => one.holder === holder && (one.namespace === namespace || one.namespace === '' || namespace === ''));
  if (near.length === 0) return { changes: [], refusals: [] };
  const uses = files.usesOf(namespace, holder).filter((use) => !near.some((one) => one.path === use.path && one.at === use.at));
  const all = deliveredEntries(object);
  const goes = all.filter(({ key }) => near.some((one) => one.key === key || one.key === undefined) && !uses.some((use) => use.key === undefined || use.key === key));
  const removable = goes.filter(({ isLiteral }) => !isLiteral);
  const refusals = goes.flatMap((one): FileRefusal[] => (one.isLiteral ? [literalRefusal(editor, one, object)] : []));
  if (removable.length === 0 || files.isInTemplate(holder)) return { changes: [], refusals };
  const byKey = near.filter((one) => removable.some(({ key }) => one.key === key || one.key === undefined));
  const migrations = [...new Set([...byKey.map(({ replacement }) => replacement.migration), ...deliveries(object, byKey, context)])];
  const users = [...new Set(byKey.map(({ replacement }) => replacement.workload))];
  const kind = `${object.kind}/${object.name}`;
  const isWhole = removable.length === all.length && (object.kind !== 'ExternalSecret' || get(get(object.node, 'spec'), 'dataFrom') === undefined);
  const line = Math.min(...removable.map(({ node }) => editor.lineOf(node)));
  if (isWhole && object.list === undefined && editor.file.documents.length === 1) {
    return { changes: [], refusals: [...refusals, { code: 'unknown-shape', line, reason: `Nothing is left of ${kind} once ${users.join(' and ')} run without the key, and it is all of this file.`, byHand: 'Delete this file, and its line in kustomization.yaml, when the pods run without the key.', migrations: deliveries(object, byKey, context), shadows: false }] };
  }
  const edits: readonly YamlEdit[] = isWhole && object.list === undefined ? [{ kind: 'remove-document', root: object.node }] : removable.flatMap((one) => one.edits);
  const named = removable.map(({ key }) => key).join(', ');
  const change: Change<Edit> = {
    id: `${kind}/${[...new Set(byKey.map(({ replacement }) => replacement.provider))].join('+')}`,
    line,
    title: isWhole ? `${kind} goes: it holds nothing but the key` : `${kind}: ${named} goes`,
    why: `Nothing in this repository reads it once ${users.join(' and ')} ${users.length === 1 ? 'runs' : 'run'} without the key.`,
    safety: 'unsafe',
    reason: `It goes together with the change of ${users.join(' and ')}, and rests on nothing outside this repository reading Secret ${holder}. What the cluster holds already stays until it is deleted there.`,
    migrations,
    edits,
  };
  return { changes: [change], refusals };
}

/** Migrations of the object itself, which has no path of its own. */
function deliveries({ kind, name }: ClusterObject, freed: readonly FreedAt[], { kept }: RewriteContext): readonly string[] {
  const providers = new Set(freed.map(({ replacement }) => replacement.provider));
  return kept.filter((one) => one.code === 'not-a-run' && one.workload === `${kind}/${name}` && providers.has(one.provider)).map(({ migration }) => migration);
}

function literalRefusal(editor: YamlEditor, { node }: Delivered, { kind, name }: ClusterObject): FileRefusal {
  return { code: 'literal-key', line: editor.lineOf(node), reason: `${kind}/${name} holds a key in the file itself.`, byHand: 'Revoke that key first, then take the entry out.', migrations: [], shadows: false };
}

function deliveredEntries({ kind, node }: ClusterObject): readonly Delivered[] {
  const spec = get(node, 'spec');
  if (kind === 'SealedSecret') return fieldEntries(spec, 'encryptedData', () => false);
  if (kind === 'Secret') {
    const isEncoded = (value: string): boolean => formOf(Buffer.from(value, 'base64').toString('utf8')).kind === 'literal';
    return [...fieldEntries(node, 'data', isEncoded), ...fieldEntries(node, 'stringData', (value) => formOf(value).kind === 'literal')];
  }
  const list = get(spec, 'data');
  if (list?.kind !== 'seq') return [];
  return list.items.flatMap((item): Delivered[] => {
    const key = textOf(get(item, 'secretKey'));
    return key === undefined ? [] : [{ key, node: item, isLiteral: false, edits: [{ kind: 'remove-item', holder: list, item, names: [key] }, ...templated(spec, key)] }];
  });
}

/** An ExternalSecret may write its entries by a template. */
function templated(spec: YamlNode | undefined, key: string): readonly YamlEdit[] {
  const data = get(get(get(spec, 'target'), 'template'), 'data');
  const own = entry(data, key);
  return data?.kind === 'map' && own !== undefined ? [{ kind: 'remove-entry', holder: data, entry: own, names: [key] }] : [];
}

function fieldEntries(node: YamlNode | undefined, field: string, isLiteral: (value: string) => boolean): readonly Delivered[] {
  const map = get(node, field);
  if (map?.kind !== 'map') return [];
  const holder: YamlMap = map;
  return holder.entries.map((own) => ({ key: own.key, node: own.value, isLiteral: isLiteral(textOf(own.value) ?? ''), edits: [{ kind: 'remove-entry', holder, entry: own, names: [own.key] }] }));
}
