import { basename } from 'node:path/posix';
import { formOf } from '../../platforms/_shared/config-values.ts';
import { LineIndex } from '../../support/lines.ts';
import type { FileRefusal, Rewriter } from '../types.ts';
import { holdsName, listed, loginOf, type Need, needsOf, variablesOf } from './_needs.ts';

/** Texts for people that name a key which no workload takes any more: reported, never edited. */
export const docs: Rewriter = {
  id: 'docs',
  matches: (path) => /\.(?:md|mdx|markdown|rst|adoc)$/i.test(path) && !/^(?:changelog|changes|history|releases?|news)\b/i.test(basename(path)),
  rewrite(_, text, context) {
    const refusals = needsOf(context).flatMap((need): readonly FileRefusal[] => {
      // What a workload without a path, or with a broker, still needs is rightly named.
      if (need.kept.length > 0 || need.replacements.some(({ outcome }) => outcome === 'reduced')) return [];
      const names = variablesOf(need.names).filter((name) => holdsName(text, name));
      return names.length === 0 ? [] : [refusalOf(text, need, names)].flatMap((refusal) => refusal ?? []);
    });
    return { changes: [], refusals };
  },
};

/** Of a workflow's key only what is said of a stored secret is wrong afterwards: people who run the programs themselves go on with a key of their own. */
const OF_A_SECRET = /\bsecrets?\b/i;

function refusalOf(text: string, need: Need, names: readonly string[]): FileRefusal | undefined {
  const index = new LineIndex(text);
  const isStored = need.replacements.every(({ platform }) => platform === 'github-actions');
  const all = names.flatMap((name) => [...text.matchAll(new RegExp(`(?<![\\w-])${name}(?![\\w-])`, 'g'))].map(({ index: at }) => ({ at, name })));
  const places = all.filter(({ at, name }) => !isStored || OF_A_SECRET.test(lineAt(text, at).replaceAll(name, '')) || formAt(text, at, name) === 'literal');
  if (places.length === 0) return undefined;
  const lines = [...new Set(places.map(({ at }) => index.position(at).line))].toSorted((a, b) => a - b);
  const literal = places.find(({ at, name }) => formAt(text, at, name) === 'literal');
  if (literal !== undefined) {
    return { code: 'literal-key', line: index.position(literal.at).line, reason: `${literal.name} is shown with a value that looks like a real key.`, byHand: `Revoke the key at ${need.title} first, then delete the value; it stays in the history of the repository.`, migrations: [], shadows: false };
  }
  const logins = [...new Set(need.replacements.flatMap((replacement) => loginOf(replacement)?.command ?? []))];
  const variables = [...new Set(need.replacements.flatMap(({ set }) => Object.keys(set)))];
  const instead = [
    variables.length === 0 ? 'that the workloads federate and need no key' : `that the workloads set ${listed(variables, 6)}`,
    ...(logins.length === 0 ? [] : [`that a person runs ${logins.join(' or ')}`]),
  ];
  return {
    code: 'unknown-shape',
    line: lines[0] ?? 1,
    reason: `${lines.length === 1 ? 'The text tells' : `${lines.length} lines (${listed(lines.map(String), 6)}) tell`} people to ${isStored ? 'store' : 'set'} ${listed(places.map(({ name }) => name))}, which no planned workload takes any more.`,
    byHand: isStored ? 'Name the variables there that the workflows read in its place: those that are to be set.' : `Write instead ${instead.join(', and ')}.`,
    migrations: [],
    shadows: false,
  };
}

function lineAt(text: string, at: number): string {
  const end = text.indexOf('\n', at);
  return text.slice(text.lastIndexOf('\n', at - 1) + 1, end === -1 ? text.length : end);
}

/** What is shown as the value of the variable whose name stands at `at`. */
function formAt(text: string, at: number, name: string): ReturnType<typeof formOf>['kind'] {
  return formOf(/^["']?[ \t]*[:=][ \t]*["']?([^\s"'`]*)/.exec(text.slice(at + name.length, at + name.length + 300))?.[1] ?? '').kind;
}
