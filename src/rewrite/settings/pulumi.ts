import { isPulumi } from '../../platforms/_shared/settings-files.ts';
import { entriesOf, get } from '../../support/yaml.ts';
import { editorOf } from '../editors.ts';
import type { FileRefusal, Rewriter } from '../types.ts';
import { needsOf, normalName } from './_needs.ts';

/** Stack settings of Pulumi: they are read by the program that makes the stack, so that an entry goes together with its code. */
export const pulumi: Rewriter = {
  id: 'pulumi',
  matches: (path, text) => isPulumi({ path, text }),
  rewrite(path, text, context) {
    const editor = editorOf(text);
    const refusals = needsOf(context).flatMap((need): readonly FileRefusal[] => {
      if (need.kept.some((kept) => kept.path !== path)) return [];
      const wanted = new Set([...need.names].map(normalName));
      const entries = editor.file.documents.flatMap((root) => entriesOf(get(root, 'config'))).filter(({ key }) => wanted.has(normalName(key.slice(key.indexOf(':') + 1))));
      return entries.map((entry) => ({
        code: 'needs-code-change',
        line: editor.lineOf(entry),
        reason: `The stack keeps the key of ${need.title} in ${entry.key}, and its program asks for it.`,
        byHand: `Take the use out of the program, then run pulumi config rm ${entry.key} on every stack.`,
        migrations: [...context.own, ...need.kept].filter(({ provider }) => provider === need.provider).map(({ migration }) => migration),
        shadows: false,
      }));
    });
    return { changes: [], refusals };
  },
};
