/** What programs that a workflow names tell people of a secret that it no longer reads. */
import type { FileRefusal } from '../types.ts';

const NAMED = /(?<![\w./-])(?:\.\/)?((?:[\w-]+\/)*[\w.-]+\.(?:py|sh|[cm]?js|ts))(?![\w-])/g;
const MOST_PLACES = 4;

/** One entry a secret: a person has to write the words anew. */
export function wordsOfPrograms(workflow: string, names: readonly string[], read: (path: string) => string | undefined): readonly FileRefusal[] {
  const programs = [...new Set([...workflow.matchAll(NAMED)].map(([, path = '']) => path))];
  return [...new Set(names)].flatMap((name): FileRefusal[] => {
    if (new RegExp(`secrets\\.${name}(?![A-Za-z0-9_])`).test(workflow)) return [];
    const word = new RegExp(`(?<![A-Za-z0-9_])${name}(?![A-Za-z0-9_])[^\\n]*\\bsecrets?\\b|\\bsecrets?\\b[^\\n]*(?<![A-Za-z0-9_])${name}(?![A-Za-z0-9_])`, 'i');
    const places = programs.flatMap((path) => (read(path) ?? '').split('\n').flatMap((line, index) => (/["'`]/.test(line) && word.test(line) ? [`${path}:${index + 1}`] : [])));
    if (places.length === 0) return [];
    const shown = `${places.slice(0, MOST_PLACES).join(', ')}${places.length > MOST_PLACES ? ` and ${places.length - MOST_PLACES} more` : ''}`;
    return [{ code: 'unknown-shape', line: 1, reason: `${shown} ${places.length === 1 ? 'tells' : 'tell'} people of the secret ${name}, which the workflow no longer reads.`, byHand: 'Let the text name what is read now.', migrations: [], shadows: false }];
  });
}
