import { basename } from 'node:path/posix';
import { formOf } from '../../platforms/_shared/config-values.ts';
import { type DotenvLine, dotenvLines, isDotenv, isDotenvTemplate } from '../../platforms/_shared/dotenv-lines.ts';
import type { Change } from '../../model/change.ts';
import type { Edit } from '../edit.ts';
import type { FileRefusal, Kept, RewriteContext, Rewriter } from '../types.ts';
import { agentConfig } from './agent-config.ts';
import { cutLines, type LineCut, lineEnd, lineNumber, lineStart, nextLine } from './_lines.ts';
import { goes, holdsName, isReadByClients, listed, type Login, loginOf, type Need, needsOf, normalName } from './_needs.ts';

/** `.env` files, real and template, and `.envrc`. */
export const dotenv: Rewriter = {
  id: 'dotenv',
  matches: (path) => isDotenv(path),
  rewrite(path, text, context) {
    const lines = dotenvLines(text);
    const changes: Change<Edit>[] = [];
    const refusals: FileRefusal[] = [];
    // One login and one setting of a name are enough, whichever keys they take the place of.
    const shown = new Set(lines.map(({ name }) => name));
    for (const need of needsOf(context)) {
      const found = decide({ path, text, lines, context, shown }, need);
      if ('edits' in found) changes.push(found);
      else refusals.push(...found);
    }
    return { changes, refusals };
  },
};

interface File {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly DotenvLine[];
  readonly context: RewriteContext;
  /** Logins and names of settings that the file shows, or will show. */
  readonly shown: Set<string>;
}

function decide(file: File, need: Need): Change<Edit> | readonly FileRefusal[] {
  const { path, text, context } = file;
  const isTemplate = isDotenvTemplate(path);
  // A line that is commented out says what may be set where the file is a template; elsewhere it says nothing.
  const lines = file.lines.filter(({ name, comment }) => need.names.has(name) && (isTemplate || !comment));
  const own = [...context.own, ...context.kept.filter((kept) => kept.path === path && lines.some(({ name }) => kept.names.includes(name) && !isLeft(file, need, name)))].filter(({ provider }) => provider === need.provider).map(({ migration }) => migration);
  const literal = lines.filter((line) => formOf(valueOf(text, line)).kind === 'literal');
  if (literal.length > 0) return literal.map((line) => literalRefusal(text, line, need, own, !isTemplate && !line.comment));
  const wanted = lines.filter((line) => (isTemplate || formOf(valueOf(text, line)).kind !== 'dummy') && !isLeft(file, need, line.name) && !isOfAnotherService(file, line));
  const held = wanted.filter((line) => need.replacements.some((replacement) => isReadByClients(line.name, replacement)));
  const [first] = held;
  const refuse = (code: FileRefusal['code'], reason: string, byHand: string, at = first): readonly FileRefusal[] => [{ code, line: lineNumber(text, at?.nameStart ?? 0), reason, byHand, migrations: own, shadows: false }];
  if (first === undefined) {
    // What was only taken for a name of this provider's is not spoken of.
    const [read] = wanted.filter((line) => need.replacements.some(({ variables }) => variables.includes(line.name)));
    return read === undefined ? [] : refuse('needs-code-change', `No client of ${need.title} reads ${read.name} by itself: the code that does has to change first.`, `Change the code that reads ${read.name}, and delete the line in the same change.`, read);
  }
  const name = listed(held.map((line) => line.name));

  const others = stillNeeding(file, need, held.map((line) => line.name));
  if (others.length > 0) return refuse('no-path', `${name} is still needed by ${listed(others.map(({ workload }) => workload))}.`, `Keep the line until ${others.length === 1 ? 'that workload has' : 'those workloads have'} another way to ${need.title}: ${decapitalised(others[0]?.unblock ?? 'plan again.')}`);
  const reduced = need.replacements.filter(({ outcome }) => outcome === 'reduced');
  if (reduced.length > 0) return refuse('no-path', `${need.title} has no federation that ${listed(reduced.map(({ workload }) => workload))} could use: the key stays, read from one place while it runs.`, `Keep ${name}, and say in a comment where a developer gets a key of their own.`);
  const model = need.replacements.filter(({ change }) => change === 'model');
  if (model.length > 0) return refuse('needs-code-change', `${listed(model.map(({ workload }) => workload))} has to call another model service first.`, `Remove the ${held.length === 1 ? 'line' : 'lines'} of ${name} together with that change.`);
  const login = need.replacements.map(loginOf)[0];
  if (login === undefined) return refuse('no-path', `On a laptop nothing takes the place of ${name}: ${need.title} has no login that programs find by themselves.`, 'Keep the line for development, with a key of each person’s own that expires soon.');
  const gateway = file.lines.find((line) => !line.comment && isGateway(line.name, valueOf(text, line), need.provider));
  if (gateway !== undefined) return refuse('unknown-shape', `${gateway.name} sends the calls to another host, which would be shown the identity token in place of ${need.title}.`, `Ask how that gateway lets callers in, and take ${name} away together with it.`);
  return changeOf(file, need, held, login, isTemplate, own);
}

function changeOf(file: File, need: Need, held: readonly DotenvLine[], login: Login, isTemplate: boolean, own: readonly string[]): Change<Edit> {
  const { path, text, lines } = file;
  const isShown = isTemplate || basename(path).startsWith('.envrc');
  const names = listed(held.map((line) => line.name));
  const going = new Set(held);
  const around: Around = {
    assigned: new Set(lines.filter((line) => !going.has(line)).map(({ nameStart }) => lineStart(text, nameStart))),
    commented: new Set(lines.filter(({ comment, name }) => comment && /^[A-Z_][A-Z0-9_]*$/.test(name)).map(({ nameStart }) => lineStart(text, nameStart))),
  };
  const cuts = held.map((line, index): LineCut => {
    const start = commentStart(text, line, around, need);
    const put = index === 0 && isShown ? shownInstead(file, need, line, login) : '';
    return { start, end: nextLine(text, line.valueEnd), text: put };
  });
  const needsCode = need.replacements.some(({ change }) => change === 'code');
  const rests = needsCode ? 'on the code that builds the client being changed too' : 'on the client being one that finds the new identity';
  return {
    id: `environment/${need.provider}`,
    line: lineNumber(text, held[0]?.nameStart ?? 0),
    title: `${names} ${goes(held.map((line) => line.name))}${isShown ? `: ${login.command} on a laptop` : ''}`,
    why: `No planned workload takes a key of ${need.title} any more, and wherever this file is loaded the key would win over the new identity. A person logs in with ${login.command}.`,
    safety: 'unsafe',
    reason: `Rests on every reader of this file being a planned workload that has switched, or a person who logs in, and ${rests}.`,
    migrations: own,
    edits: cutLines(text, cuts).map((splice) => ({ kind: 'text', ...splice })),
  };
}

/** What a template says in place of the key: how a person gets in, and the settings that are no secrets. */
function shownInstead({ text, shown }: File, need: Need, line: DotenvLine, login: Login): string {
  const start = lineStart(text, line.nameStart);
  const prefix = text.slice(start, line.nameStart);
  const nameEnd = line.nameStart + line.name.length;
  const quote = /["'`]$/.exec(text.slice(nameEnd, line.valueStart))?.[0] ?? '';
  const assign = text.slice(nameEnd, line.valueStart) || '=';
  const indent = /^[ \t]*/.exec(prefix)?.[0] ?? '';
  const set = Object.assign({}, ...need.replacements.map((replacement) => replacement.set)) as Readonly<Record<string, string>>;
  const settings = Object.entries(set).flatMap(([name, value]) => {
    if (!login.settings.includes(name) || shown.has(name)) return [];
    shown.add(name);
    const input = /^\{([a-z_]+\.[a-z_]+)\}$/.exec(value)?.[1];
    // Values that are known are those of the workloads: a person has a project and a region of their own.
    return [`${prefix}${name}${assign}${input === undefined ? value : ''}${quote}\n`];
  });
  const said = shown.has(login.command) ? '' : `${indent}# Log in with "${login.command}" in place of a key.\n`;
  shown.add(login.command);
  return said + settings.join('');
}

/** Starts of lines that stay: of those that set something, and of those of them that are commented out. */
interface Around {
  readonly assigned: ReadonlySet<number>;
  readonly commented: ReadonlySet<number>;
}

/** Start of the line of `line`, or of the comment lines right above it that are about this key alone. */
function commentStart(text: string, line: DotenvLine, { assigned, commented }: Around, need: Need): number {
  const start = lineStart(text, line.nameStart);
  // A comment above several lines may be about all of them.
  const isAlone = !assigned.has(nextLine(text, line.valueEnd));
  const above: { readonly at: number; readonly isAbout: boolean }[] = [];
  for (let at = start; at > lineStart(text, 0); ) {
    at = lineStart(text, at - 1);
    const content = text.slice(at, lineEnd(text, at));
    if (commented.has(at) || !/^[ \t]*#/.test(content)) break;
    const isAbout = holdsName(content, line.name) || (ABOUT_KEY.test(content) && (isAlone || new RegExp(`\\b${need.title.split(' ')[0]?.replace(/\W/g, '') ?? ''}`, 'i').test(content)));
    above.push({ at, isAbout: isAbout && !hasHeading(text, at) });
    if (hasHeading(text, at)) break;
  }
  // Comments of one variable go whole; those above several only as far as they are about this key.
  const isWhole = isAlone && above.length <= MOST_COMMENT_LINES && above.some(({ isAbout }) => isAbout) && !hasHeading(text, above.at(-1)?.at ?? start);
  const end = isWhole ? above.length : above.findIndex(({ isAbout }) => !isAbout);
  return above[(end === -1 ? above.length : end) - 1]?.at ?? start;
}

const MOST_COMMENT_LINES = 6;

function hasHeading(text: string, at: number): boolean {
  return /^[ \t]*#+[ \t]*[-=#*─]{2}/.test(text.slice(at, lineEnd(text, at)));
}

/** `GOOGLE_API_KEY` is what keys of Maps, Sheets and others are called too: a comment beside it says which. */
function isOfAnotherService({ text }: File, line: DotenvLine): boolean {
  if (!/^GOOGLE_(?:API_KEY|CREDENTIALS|APPLICATION_CREDENTIALS)/.test(line.name)) return false;
  const start = lineStart(text, line.nameStart);
  const near = text.slice(Math.max(0, text.lastIndexOf('\n\n', start)), lineEnd(text, line.valueEnd));
  return /#.*\b(?:maps?|sheets?|youtube|calendar|drive|places|custom search|firebase|analytics|bigquery|oauth|login|speech|translate)\b/i.test(near);
}

/** A comment that says what the key is or where to get one. */
const ABOUT_KEY = /\b(?:api|secret|access)[ _-]?keys?\b|\bservice[ -]account|\bcredentials?\b|\bget (?:your|one|it|a key|the key|yours)\b|https?:\/\/\S*(?:key|token|console\.|platform\.|settings)/i;

/** A key that only this file speaks of stays, unless it would win over the identity that takes the place of the others. */
function isLeft({ path }: File, need: Need, name: string): boolean {
  return need.kept.some((kept) => kept.path === path && kept.names.some((other) => normalName(other) === normalName(name))) && !need.replacements.some(({ remove }) => remove.includes(name));
}

/** Workloads without a path that read one of `names`, leaving out those that a login replaces in this very run. */
function stillNeeding({ path, context }: File, need: Need, names: readonly string[]): readonly Kept[] {
  const wanted = new Set(names.map(normalName));
  return need.kept.filter((kept) => {
    // Of this file's own keys, those that nothing else reads are decided with the others.
    if (kept.path === path && kept.platform === 'dotenv') return false;
    if (!kept.names.some((name) => wanted.has(normalName(name)))) return false;
    if (kept.platform !== 'developer-machine') return true;
    const text = context.read(kept.path);
    if (text === undefined || !agentConfig.matches(kept.path, text)) return true;
    const own = { ...context, own: context.all.filter(({ path }) => path === kept.path) };
    return !agentConfig.rewrite(kept.path, text, own).changes.some(({ migrations }) => migrations.includes(kept.migration));
  });
}

function isGateway(name: string, value: string, provider: string): boolean {
  return provider === 'anthropic' && name === 'ANTHROPIC_BASE_URL' && value.trim() !== '' && !/^https:\/\/api\.anthropic\.com\/?$/.test(value.trim());
}

function literalRefusal(text: string, line: DotenvLine, need: Need, migrations: readonly string[], shadows: boolean): FileRefusal {
  return {
    code: 'literal-key',
    line: lineNumber(text, line.nameStart),
    reason: `${line.name} has a value that looks like a real key.`,
    byHand: `Revoke the key at ${need.title} first, then delete the line; it stays in the history of the repository.`,
    migrations,
    shadows,
  };
}

function valueOf(text: string, line: DotenvLine): string {
  return text.slice(line.valueStart, line.valueEnd);
}

function decapitalised(sentence: string): string {
  return `${sentence[0]?.toLowerCase() ?? ''}${sentence.slice(1)}`;
}
