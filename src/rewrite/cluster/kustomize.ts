import type { Change } from '../../model/change.ts';
import { formOf } from '../../platforms/_shared/config-values.ts';
import { dotenvLines } from '../../platforms/_shared/dotenv-lines.ts';
import { get, itemsOf, textOf, type YamlNode } from '../../support/yaml.ts';
import type { Edit } from '../edit.ts';
import { editorOf } from '../editors.ts';
import type { FileRefusal, RewriteContext, Rewriter, Rewriting } from '../types.ts';
import type { YamlEdit, YamlEditor, YamlSequence } from '../yaml-edit.ts';
import { CLUSTERS } from './_path.ts';
import { keyNames } from './_pod.ts';
import { ClusterFiles, resolvePath } from './_repository.ts';
import { freedIn } from './kubernetes.ts';

/** Kustomizations: what a generator puts into a Secret goes with its last reader. Manifests and patches that stand in files of their own are edited there. */
export const kustomize: Rewriter = {
  id: 'kustomize',
  matches: (path) => /(?:^|\/)kustomization\.ya?ml$/i.test(path),
  rewrite(path, text, context): Rewriting {
    const editor = editorOf(text);
    const [root] = editor.file.documents;
    if (editor.file.problems.length > 0 || root === undefined) return { changes: [], refusals: [] };
    const list = get(root, 'secretGenerator');
    const files = ClusterFiles.of(context, path, text);
    const made = list?.kind === 'seq' ? list.items.map((generator) => rewriteGenerator(path, editor, list, generator, context, files)) : [];
    return { changes: made.flatMap(({ changes }) => changes), refusals: [...made.flatMap(({ refusals }) => refusals), ...inlinePatches(path, editor, root, context)] };
  },
  problems: (_, text) => editorOf(text).file.problems.map(({ message }) => message),
};

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

function rewriteGenerator(path: string, editor: YamlEditor, list: YamlSequence, generator: YamlNode, context: RewriteContext, files: ClusterFiles): Rewriting {
  const holder = textOf(get(generator, 'name')) ?? '';
  const paths = [...new Set(context.all.filter(({ platform }) => CLUSTERS.has(platform)).map((one) => one.path))];
  const freed = paths.flatMap((from) => freedIn(from, context).filter((one) => one.holder === holder).map((one) => ({ ...one, from })));
  if (freed.length === 0) return { changes: [], refusals: [] };
  const uses = files.usesOf('', holder).filter((use) => !freed.some((one) => one.from === use.path && one.at === use.at));
  const isFree = (key: string): boolean => freed.some((one) => one.key === key || one.key === undefined) && !uses.some((use) => use.key === undefined || use.key === key);
  const providers = new Set(freed.map(({ replacement }) => replacement.provider));
  const migrations = context.kept.filter((one) => one.path === path && one.code === 'not-a-run' && providers.has(one.provider)).map(({ migration }) => migration);
  const users = [...new Set(freed.map(({ replacement }) => replacement.workload))].join(' and ');
  const refusals: FileRefusal[] = [];
  const edits: YamlEdit[] = [];
  const gone: { readonly key: string; readonly node: YamlNode }[] = [];
  const literals = get(generator, 'literals');
  let left = 0;
  for (const item of itemsOf(literals)) {
    const [key = '', ...rest] = (textOf(item) ?? '').split('=');
    if (!isFree(key)) {
      left += 1;
      continue;
    }
    if (formOf(rest.join('=')).kind === 'literal') {
      left += 1;
      refusals.push({ code: 'literal-key', line: editor.lineOf(item), reason: `The generator of Secret ${holder} holds the key ${key} in the file itself.`, byHand: 'Revoke that key first, then take the entry out.', migrations, shadows: false });
      continue;
    }
    gone.push({ key, node: item });
    if (literals?.kind === 'seq') edits.push({ kind: 'remove-item', holder: literals, item, names: [key] });
  }
  const named = new Set(gone.map(({ key }) => key));
  const env = get(generator, 'env');
  for (const item of [...itemsOf(get(generator, 'envs')), ...(env === undefined ? [] : [env])]) {
    left += 1;
    const text = context.read(resolvePath(folderOf(path), textOf(item) ?? ''));
    const inside = text === undefined ? [] : dotenvLines(text).map(({ name }) => name);
    const wanted = freed.flatMap(({ key }) => (key === undefined || named.has(key) || (text !== undefined && !inside.includes(key)) || !isFree(key) ? [] : [key]));
    if (wanted.length === 0) continue;
    refusals.push({ code: 'not-named-here', line: editor.lineOf(item), reason: `The generator of Secret ${holder} takes its entries from ${textOf(item) ?? ''}${text === undefined ? ', which is not in this repository' : ''}.`, byHand: `Take ${[...new Set(wanted)].join(' and ')} out of that file: nothing reads it once ${users} run without the key.`, migrations, shadows: false });
  }
  left += itemsOf(get(generator, 'files')).length;
  if (gone.length === 0) return { changes: [], refusals };
  const isWhole = left === 0 && uses.length === 0;
  const change: Change<Edit> = {
    id: `secretGenerator/${holder}`,
    line: Math.min(...gone.map(({ node }) => editor.lineOf(node))),
    title: isWhole ? `Secret ${holder} is generated no more: it held nothing but the key` : `Secret ${holder}: ${[...named].join(', ')} goes`,
    why: `Nothing in this repository reads it once ${users} run without the key.`,
    safety: 'unsafe',
    reason: `It goes together with the change of ${users}, and rests on nothing outside this repository reading Secret ${holder}.`,
    migrations: [...new Set([...migrations, ...freed.map(({ replacement }) => replacement.migration)])],
    edits: isWhole ? [{ kind: 'remove-item', holder: list, item: generator, names: [holder] }] : edits,
  };
  return { changes: [change], refusals };
}

/** Patches inside the kustomization, and JSON patches in files: text in a text, or operations without a name of what they touch. */
function inlinePatches(path: string, editor: YamlEditor, root: YamlNode, context: RewriteContext): readonly FileRefusal[] {
  const own = context.all.filter(({ platform }) => CLUSTERS.has(platform));
  if (own.length === 0) return [];
  return ['patches', 'patchesStrategicMerge', 'patchesJson6902'].flatMap((field) =>
    itemsOf(get(root, field)).flatMap((item): FileRefusal[] => {
      const inline = textOf(get(item, 'patch')) ?? textOf(item) ?? '';
      const file = textOf(get(item, 'path')) ?? '';
      const outside = file === '' ? '' : (context.read(resolvePath(folderOf(path), file)) ?? '');
      const text = inline.includes('\n') ? inline : /^[ \t]*(?:-[ \t]+op:|\[)/m.test(outside.slice(0, 400)) && !/^kind:/m.test(outside) ? outside : '';
      if (text === '') return [];
      return own.flatMap((replacement): FileRefusal[] => {
        const name = [...keyNames(replacement)].find((one) => new RegExp(`(?<![\\w-])${one.replace(/[^\w]/g, '\\$&')}(?![\\w-])`).test(text));
        if (name === undefined) return [];
        const where = text === inline ? 'this patch' : `the patch ${file}`;
        return [{ code: 'unknown-shape', line: editor.lineOf(item), reason: `${where.replace(/^t/, 'T')} names ${name}, and what it makes of ${replacement.workload} shows only when kustomize runs.`, byHand: `Take what concerns ${name} out of ${where}, and build: the key must not be in what comes out.`, migrations: [], shadows: true }];
      }).slice(0, 1);
    }),
  );
}
