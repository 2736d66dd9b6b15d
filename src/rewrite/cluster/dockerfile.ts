import type { Change } from '../../model/change.ts';
import { formOf } from '../../platforms/_shared/config-values.ts';
import { type Instruction, instructionsOf, isDockerfile } from '../../platforms/_shared/dockerfile-instructions.ts';
import { LineIndex } from '../../support/lines.ts';
import { assignments } from '../../support/shell-words.ts';
import type { Edit } from '../edit.ts';
import type { FileRefusal, RewriteContext, Rewriter, Rewriting } from '../types.ts';
import { keptHere, type KeyOf, keysOf } from './_keys.ts';

/** Image builds: what only hands a key on goes, because what `ENV` holds wins in every container of the image. */
export const dockerfile: Rewriter = {
  id: 'dockerfile',
  matches: (path) => isDockerfile(path),
  rewrite(path, text, context): Rewriting {
    const keys = keysOf(context).filter(({ isReplaced }) => isReplaced);
    if (keys.length === 0) return { changes: [], refusals: [] };
    const instructions = instructionsOf(text);
    const tokens = instructions.flatMap((instruction) => tokensOf(text, instruction));
    const results = keys.map((key) => rewriteKey(path, text, { instructions, tokens, key }, context));
    return { changes: results.flatMap(({ changes }) => changes), refusals: results.flatMap(({ refusals }) => refusals) };
  },
};

/** A variable that an instruction sets or takes. */
interface Token {
  readonly instruction: Instruction;
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** Undefined for `ARG NAME`. */
  readonly value: string | undefined;
  /** It is all of its instruction, which is written in the old way (`ENV NAME rest`) or has no other. */
  readonly isAlone: boolean;
}

interface Scope {
  readonly instructions: readonly Instruction[];
  readonly tokens: readonly Token[];
  readonly key: KeyOf;
}

function tokensOf(text: string, instruction: Instruction): readonly Token[] {
  const { keyword, start, end } = instruction;
  if (keyword !== 'ENV' && keyword !== 'ARG') return [];
  const body = text.slice(start, end);
  const old = keyword === 'ENV' ? /^([A-Za-z_]\w*)[ \t]+(?!=)([^\n]*)/.exec(body) : null;
  if (old?.[1] !== undefined) return [{ instruction, name: old[1], start, end, value: (old[2] ?? '').trim().replace(/^(["'])(.*)\1$/, '$2'), isAlone: true }];
  const given = assignments(body).map(({ name, nameStart, value, valueEnd }) => {
    const quote = body[valueEnd];
    return { name, value, start: start + nameStart, end: start + valueEnd + (quote === '"' || quote === "'" ? 1 : 0) };
  });
  const bare = keyword !== 'ARG' ? [] : [...body.matchAll(/(?<!\S)([A-Za-z_]\w*)(?=\s|$)/g)].flatMap(({ 1: name = '', index }) => {
    const at = start + index;
    return given.some((one) => at >= one.start && at < one.end) ? [] : [{ name, value: undefined, start: at, end: at + name.length }];
  });
  const all = [...given, ...bare].toSorted((a, b) => a.start - b.start);
  return all.map((one) => ({ ...one, instruction, isAlone: all.length === 1 }));
}

function rewriteKey(path: string, text: string, { instructions, tokens, key }: Scope, context: RewriteContext): Rewriting {
  const lines = new LineIndex(text);
  const lineOf = (at: number): number => lines.position(at).line;
  const { title, provider } = key;
  const migrations = keptHere(context, path, provider);
  const own = tokens.filter(({ name }) => key.names.has(name));
  const refuse = (code: FileRefusal['code'], at: number, reason: string, byHand: string, shadows: boolean): Rewriting => ({ changes: [], refusals: [{ code, line: lineOf(at), reason, byHand, migrations, shadows }] });
  const literal = own.find(({ value }) => value !== undefined && formOf(value).kind === 'literal');
  if (literal !== undefined) {
    return refuse('literal-key', literal.start, `A key of ${title} stands in the file itself, as ${literal.name}: it is in every image that was built.`, `Revoke that key at ${title}, take the line out, and build the image anew.`, literal.instruction.keyword === 'ENV');
  }
  const names = new Set(own.map(({ name }) => name));
  const used = instructions.find((one) => (one.keyword !== 'ENV' && one.keyword !== 'ARG' && one.keyword !== 'LABEL') && [...key.names].some((name) => mentions(text.slice(one.start, one.end), name)));
  if (used !== undefined) {
    const isRun = used.keyword === 'RUN';
    if (own.length === 0 && !isRun) return { changes: [], refusals: [] };
    const reason = isRun ? `A command of the build uses the key of ${title}, and a build has no identity of its own.` : `${used.keyword} hands the key of ${title} to the program.`;
    const byHand = isRun ? 'Take the call out of the build, or give the build a short-lived token as a secret mount (RUN --mount=type=secret) from a job that has an identity.' : `Take the key out of ${used.keyword}, so that the client of ${title} finds its own settings; then run again.`;
    return refuse('unknown-shape', used.start, reason, byHand, own.some(({ instruction }) => instruction.keyword === 'ENV'));
  }
  const handed = tokens.find(({ name, value }) => !names.has(name) && value !== undefined && [...names].some((one) => new RegExp(`\\$\\{?${one}(?!\\w)`).test(value)));
  if (handed !== undefined) return refuse('needs-code-change', handed.start, `${handed.name} is made of the key of ${title}.`, `Take ${handed.name} out where nothing reads it, and run again.`, true);
  const placeholder = own.find(({ instruction, value }) => instruction.keyword === 'ENV' && value !== undefined && formOf(value).kind === 'dummy');
  if (placeholder !== undefined && instructions.some((one) => one.keyword === 'RUN' && one.start > placeholder.end)) {
    return refuse('shadowing', placeholder.start, `${placeholder.name} is set to a placeholder in the image, which wins over the identity of every container.`, `Set it for the one command of the build that wants it (RUN ${placeholder.name}=placeholder COMMAND), and take the line out.`, true);
  }
  if (own.length === 0) return { changes: [], refusals: [] };
  const edits = [...new Set(own.map(({ instruction }) => instruction))].flatMap((instruction) => cuts(text, instruction, tokens.filter((one) => one.instruction === instruction), own));
  if (edits.includes('impossible')) return refuse('unknown-shape', own[0]?.start ?? 0, `A comment stands among the variables that the key of ${title} is one of.`, `Take ${[...names].join(' and ')} out by hand.`, own.some(({ instruction }) => instruction.keyword === 'ENV'));
  const builds = instructions.some((one) => one.keyword === 'RUN' && one.start > (own[0]?.end ?? 0));
  const listed = [...names].join(' and ');
  const change: Change<Edit> = {
    id: `image/${provider}`,
    line: lineOf(own[0]?.start ?? 0),
    title: `the image takes no key of ${title}`,
    why: `What a build is given stays in the history of the image, and ENV wins over the identity of the container.`,
    safety: 'unsafe',
    reason: `${builds ? `No command of the build names ${listed}; one that reads it without naming it would miss it. ` : ''}Builds that still hand it over (--build-arg) are told that it is not used.`,
    migrations,
    edits: edits.filter((edit) => edit !== 'impossible'),
  };
  return { changes: [change], refusals: [] };
}

function mentions(text: string, name: string): boolean {
  return new RegExp(`(?<![\\w-])${name.replace(/[^\w]/g, '\\$&')}(?![\\w-])`).test(text);
}

/** Takes tokens out of one instruction; the whole instruction, with a comment above that names one, when none is left. */
function cuts(text: string, instruction: Instruction, all: readonly Token[], gone: readonly Token[]): readonly (Edit | 'impossible')[] {
  if (all.every((token) => gone.includes(token))) {
    let start = text.lastIndexOf('\n', instruction.start - 1) + 1;
    if (text.charCodeAt(start) === 0xfeff) start += 1;
    const end = instruction.end >= text.length ? text.length : instruction.end + 1;
    const above = start === 0 ? 0 : text.lastIndexOf('\n', start - 2) + 1;
    const line = text.slice(above, start);
    const further = above === 0 ? '' : text.slice(text.lastIndexOf('\n', above - 2) + 1, above);
    const isOurs = line.trim().startsWith('#') && !further.trim().startsWith('#') && all.some(({ name }) => mentions(line, name));
    return [{ kind: 'text', start: isOurs ? above : start, end, text: '' }];
  }
  const edits: (Edit | 'impossible')[] = [];
  for (let index = 0; index < all.length; index += 1) {
    const token = all[index];
    if (token === undefined || !gone.includes(token)) continue;
    let last = index;
    while (all[last + 1] !== undefined && gone.includes(all[last + 1] ?? token)) last += 1;
    const next = all[last + 1];
    const previous = all[index - 1];
    const [start, end] = next !== undefined ? [token.start, next.start] : [previous?.end ?? token.start, all[last]?.end ?? token.end];
    edits.push(/^[ \t]*#/m.test(text.slice(start, end)) ? 'impossible' : { kind: 'text', start, end, text: '' });
    index = last;
  }
  return edits;
}
