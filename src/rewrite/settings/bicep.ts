import type { FileRefusal, Rewriter } from '../types.ts';
import { lineNumber } from './_lines.ts';
import { listed, type Need, needsOf, normalName } from './_needs.ts';

/** Bicep: what hands a key on is named, with what takes its place. Nothing is edited, for which identity a resource has is decided elsewhere too. */
export const bicep: Rewriter = {
  id: 'bicep',
  matches: (path) => /\.bicep(?:param)?$/i.test(path),
  rewrite(_, text, context) {
    const code = withoutComments(text);
    return { changes: [], refusals: needsOf(context).flatMap((need) => (need.kept.length > 0 ? [] : refusalsOf(code, need))) };
  },
};

function refusalsOf(code: string, need: Need): readonly FileRefusal[] {
  const wanted = new Set([...need.names].map(normalName));
  const refusals: FileRefusal[] = [];
  const words = new Map<string, number>();
  for (const [word] of code.matchAll(/\b[A-Za-z_]\w*\b/g)) words.set(word, (words.get(word) ?? 0) + 1);
  const add = (offset: number, reason: string, byHand: string): void => {
    refusals.push({ code: 'unknown-shape', line: lineNumber(code, offset), reason, byHand, migrations: [], shadows: false });
  };
  for (const match of code.matchAll(/^[ \t]*param[ \t]+([A-Za-z_]\w*)\b/gm)) {
    const name = match[1] ?? '';
    const at = match.index + match[0].indexOf(name);
    if (!wanted.has(normalName(name))) continue;
    const uses = (words.get(name) ?? 1) - 1;
    add(at, `Parameter ${name} brings the key of ${need.title} into the deployment.`, `Delete it, ${uses > 0 ? `its ${uses === 1 ? 'use' : 'uses'} ` : ''}and its value in the files of parameters, once no resource needs it.`);
  }
  const named: { readonly name: string; readonly at: number }[] = [];
  for (const match of code.matchAll(/\bname[ \t]*:[ \t]*'([A-Za-z_][\w]*)'|^[ \t]*'?([A-Z][A-Z0-9_]*)'?[ \t]*:/gm)) {
    const name = match[1] ?? match[2] ?? '';
    if (need.names.has(name)) named.push({ name, at: match.index + match[0].indexOf(name) });
  }
  for (const { name, at } of named) {
    add(at, `The setting ${name} hands the key of ${need.title} to the program.`, `Give the resource a managed identity with the role of the plan, let the client find it (DefaultAzureCredential), and delete the setting in the same change.`);
  }
  if (need.provider === 'azure-openai') {
    for (const match of code.matchAll(/\blistKeys[ \t]*\(/g)) {
      if (/Microsoft\.CognitiveServices\/accounts/.test(code)) add(match.index, `listKeys() reads the keys of the account for ${listed([need.title])}.`, 'Delete the call together with the setting that takes its result.');
    }
  }
  return refusals;
}

/** The text with comments blanked out, every other character where it was. */
function withoutComments(text: string): string {
  return text.replace(/'(?:\\.|[^'\\\n])*'|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g, (part) => (part.startsWith("'") ? part : part.replace(/[^\n]/g, ' ')));
}
