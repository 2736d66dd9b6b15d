import type { Splice } from '../../model/change.ts';
import type { FileRefusal } from '../types.ts';

/** What a file says of a stored secret that its workflow no longer reads: people would go on setting it. */

/** `secrets.NAME` and `secrets['NAME']`, and `vars.NAME`. */
const READ = /\b(secrets|vars)(?:\.|\[['"])([A-Za-z_][A-Za-z0-9_]{0,254})/g;
/** Words that make a mention of a variable one of a stored secret. */
const OF_A_SECRET = /\bsecrets?\b|\brequire[sd]?\b|\bneed(?:s|ed)?\b|\bmissing\b|\bnot (?:set|configured|found)\b|\b(?:set|add|configure|define|store|provide)\b/i;

/** Lines that tell people something. */
const TOLD = /^\s*(?:- )?name:|\becho\b|::(?:error|warning|notice)/;

interface Line {
  readonly start: number;
  readonly text: string;
  /** Without what a comment says. */
  readonly code: string;
}

function linesOf(text: string): readonly Line[] {
  let at = 0;
  return text.split('\n').map((line) => {
    const start = at;
    at += line.length + 1;
    return { start, text: line.replace(/\r$/, ''), code: line.replace(/(?:^|\s)#.*$/, '') };
  });
}

/** Secrets and variables that the lines of a file read, comments apart. */
function readsOf(text: string): ReadonlyMap<string, string> {
  return new Map(linesOf(text).flatMap(({ code }) => [...code.matchAll(READ)].map(([, context = '', name = '']) => [`${context}.${name}`, name] as const)));
}

/** Secrets of `names` that `before` reads and `after` does not, and what `after` reads that `before` did not. */
function turnOf(before: string, after: string, names: readonly string[]): { readonly gone: readonly string[]; readonly came: readonly string[] } {
  const [old, now] = [readsOf(before), readsOf(after)];
  return {
    gone: [...new Set(names)].filter((name) => /^[A-Z][A-Z0-9_]*_[A-Z0-9_]+$/.test(name) && old.has(`secrets.${name}`) && !now.has(`secrets.${name}`)),
    came: [...now].filter(([read]) => !old.has(read)).map(([, name]) => name).toSorted(),
  };
}

const VERB = '(?:please[ \\t]+)?(?:set|add|configure|define|store|create|put|provide)';
const PLACE = '(?:(?:the|your|this)[ \\t]+)?(?:github[ \\t]+)?(?:repo(?:sitory)?(?:[’\']s)?[ \\t]+)?(?:actions[ \\t]+)?secrets?(?:[ \\t]+settings)?';
/** A comment that says nothing but that one secret has to be there. `NAME` is its name; groups: what stands before and what ends it. */
const STATEMENTS = [
  `^([ \\t]*#+[ \\t]*(?:[-*][ \\t]+)?)(?:required|needed|necessary|prerequisite)?[ \\t]*(?:github|repo(?:sitory)?|actions)?[ \\t]*secrets?(?:[ \\t]+(?:required|needed))?:[ \\t]*\`?NAME\`?(\\.?)[ \\t]*$`,
  `^([ \\t]*#+[ \\t]*(?:[-*][ \\t]+)?)${VERB}[ \\t]+(?:the[ \\t]+)?(?:secret[ \\t]+)?\`?NAME\`?(?:[ \\t]+secret)?[ \\t]+(?:in|to|as|under)[ \\t]+(?:an?[ \\t]+)?${PLACE}(\\.?)[ \\t]*$`,
  '^([ \\t]*#+[ \\t]*(?:[-*][ \\t]+)?)(?:requires?|needs?)[ \\t]+(?:the[ \\t]+)?(?:secret[ \\t]+`?NAME`?|`?NAME`?[ \\t]+(?:repo(?:sitory)?[ \\t]+)?secret)(?:[ \\t]+(?:to[ \\t]+be[ \\t]+set|set))?(\\.?)[ \\t]*$',
  `^([ \\t]*#+[ \\t]*(?:[-*][ \\t]+)?)\`?NAME\`?[ \\t]+(?:has[ \\t]+to|must|needs[ \\t]+to|should)[ \\t]+be[ \\t]+(?:set|added|configured|stored)[ \\t]+(?:in|to|as|under)[ \\t]+(?:an?[ \\t]+)?${PLACE}(\\.?)[ \\t]*$`,
];

/**
 * Splices that let plain comments name what the file reads now. Only a line of its own that says nothing else is written anew, and never one inside a script.
 *
 * @param scripts what scalars of the file cover: a comment in one belongs to a program.
 */
export function commentSplices(before: string, after: string, names: readonly string[], scripts: readonly { readonly start: number; readonly end: number }[]): readonly Splice[] {
  const { gone, came } = turnOf(before, after, names);
  if (gone.length === 0 || came.length === 0) return [];
  const kept = new Set(linesOf(after).map(({ text }) => text));
  const word = [...readsOf(after).keys()].some((read) => read === `vars.${came[0] ?? ''}`) ? 'variables' : 'secrets';
  return linesOf(before).flatMap(({ start, text }): Splice[] => {
    if (!kept.has(text) || scripts.some((script) => script.start <= start && start < script.end)) return [];
    for (const name of gone) {
      const found = STATEMENTS.map((statement) => new RegExp(statement.replace('NAME', name).replaceAll('NAME', name), 'i').exec(text)).find((match) => match !== null);
      if (found === undefined) continue;
      const [, head = '', end = ''] = found;
      return [{ start, end: start + text.length, text: `${head}Required repository ${word}: ${came.join(', ')}${end}` }];
    }
    return [];
  });
}

/** Lines that still speak of a secret which the file no longer reads, for a person to write anew: one entry a secret. */
export function staleMentions(before: string, after: string, names: readonly string[]): readonly FileRefusal[] {
  const { gone, came } = turnOf(before, after, names);
  // What a step is called and what a script prints set nothing.
  const code = linesOf(after).map((line) => line.code).filter((line) => !TOLD.test(line)).join('\n');
  const left = new Map<string, number>();
  for (const { text } of linesOf(after)) left.set(text, (left.get(text) ?? 0) + 1);
  return gone.flatMap((name): FileRefusal[] => {
    const word = new RegExp(`(?<![A-Za-z0-9_])${name}(?![A-Za-z0-9_])`);
    // An exchange puts its token where the key was: then a line may rightly speak of the variable.
    const isStillSet = word.test(code);
    const lines = linesOf(before).flatMap(({ text, code: bare }, index) => {
      if (!word.test(text) || !left.has(text)) return [];
      const isSaid = !word.test(bare) || TOLD.test(bare);
      const isRead = /\bsecrets(?:\.|\[)/.test(text.slice(bare.length));
      return isSaid && (!isStillSet || isRead || OF_A_SECRET.test(text.replace(word, ''))) ? [index + 1] : [];
    });
    const [line] = lines;
    if (line === undefined) return [];
    const own = cameFor(name, came);
    return [
      {
        code: 'unknown-shape',
        line,
        reason: `${lines.length === 1 ? 'The line still speaks' : `Lines ${listed(lines.map(String))} still speak`} of the secret ${name}, which the workflow no longer reads.`,
        byHand: own.length === 0 ? `Say there that no secret is needed, or take ${lines.length === 1 ? 'it' : 'them'} out.` : `Let ${lines.length === 1 ? 'it' : 'them'} name what is read now: ${listed(own)}.`,
        migrations: [],
        shadows: false,
      },
    ];
  });
}

/** What is read in place of one secret: other providers of the file have variables of their own. */
function cameFor(name: string, came: readonly string[]): readonly string[] {
  const alike = came.filter((one) => one.split('_')[0] === name.split('_')[0]);
  return alike.length > 0 ? alike : came;
}

/** Lines that still ask for a secret which other places of the file no longer read: what is decided there changes with the day on which it is deleted. One entry a secret. */
export function staleReads(before: string, after: string, names: readonly string[]): readonly FileRefusal[] {
  const { came } = turnOf(before, after, names);
  const placesIn = (text: string, name: string): readonly number[] => linesOf(text).flatMap(({ code }, index) => ([...code.matchAll(READ)].some(([, context, read]) => context === 'secrets' && read === name) ? [index + 1] : []));
  return [...new Set(names)].flatMap((name): FileRefusal[] => {
    const left = placesIn(after, name).length;
    const kept = new Set(linesOf(after).map(({ text }) => text));
    const lines = placesIn(before, name).filter((line) => kept.has(linesOf(before)[line - 1]?.text ?? ''));
    const [line] = lines;
    const own = cameFor(name, came);
    if (line === undefined || left === 0 || left >= placesIn(before, name).length) return [];
    return [{
      code: 'unknown-shape',
      line,
      reason: `${lines.length === 1 ? 'The line still asks' : `Lines ${listed(lines.map(String))} still ask`} for the secret ${name}, which other places of the file no longer read: what is decided there changes when it is deleted.`,
      byHand: own.length === 0 ? `Take ${lines.length === 1 ? 'it' : 'them'} out, if nothing else needs the secret.` : `Let ${lines.length === 1 ? 'it' : 'them'} ask for what is read now: ${listed(own)}.`,
      migrations: [],
      shadows: false,
    }];
  });
}

function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}
