import type { FileRefusal, RewriteContext, Rewriting } from '../types.ts';
import { followed } from './_shared.ts';

/** Notebooks are told, not edited. */
export function notebook(text: string, context: RewriteContext): Rewriting {
  const refusals: FileRefusal[] = [];
  for (const provider of new Set(context.all.map((one) => one.provider))) {
    const follow = followed(context, [provider]);
    if (follow === undefined || follow.replacement.class === 'broker' || follow.replacement.route === 'native-step') continue;
    const name = [...follow.names].find((one) => new RegExp(`\\b${one}\\b`).test(text));
    if (name === undefined) continue;
    const line = text.slice(0, text.search(new RegExp(`\\b${name}\\b`))).split('\n').length;
    refusals.push({ code: 'unknown-shape', line, reason: `The notebook reads ${name}; cells are not edited, because their outputs and numbers would no longer be those of the code.`, byHand: `In the cell that makes the client of ${follow.replacement.title} take the key argument away, take away the cell that asks for the key, and run the notebook again.`, migrations: follow.migrations, shadows: false });
  }
  return { changes: [], refusals };
}
