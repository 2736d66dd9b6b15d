import { type VariableMention, variableMentions } from '../../platforms/_shared/ci-shell.ts';
import type { YamlEntry, YamlNode, YamlScalar } from '../../support/yaml.ts';
import type { Replacement } from '../types.ts';
import type { YamlEdit, YamlMap, YamlSequence } from '../yaml-edit.ts';
import type { Obstacle } from './_way.ts';

/** Where a scalar hangs. */
type Held = { readonly kind: 'entry'; readonly holder: YamlMap; readonly entry: YamlEntry } | { readonly kind: 'item'; readonly holder: YamlSequence; readonly item: YamlNode };

/** A scalar with the keys above it, outermost first. */
export interface Leaf {
  readonly scalar: YamlScalar;
  readonly held: Held;
  readonly path: readonly string[];
  /** The map entry that assigns it to a variable: itself, or the one above for `NAME: { value: x }`. */
  readonly assigns: { readonly holder: YamlMap; readonly entry: YamlEntry } | undefined;
}

/** How a CI system writes variables. */
export interface Dialect {
  /** Keys whose children are variables. */
  readonly assigners: ReadonlySet<string>;
  /** Keys of maps in which a variable is handed on by its name alone. */
  readonly takers?: (leaf: Leaf) => boolean;
  /** More reads than a shell has. */
  readonly mentions?: (text: string) => readonly VariableMention[];
}

/** One place where a key is read or handed on. */
export interface Use {
  readonly leaf: Leaf;
  /** Variables of the store that it reads. */
  readonly reads: readonly string[];
  /** Variable that it sets from a store of the platform, under its name. */
  readonly gives?: string;
  /** What takes it out, or why nothing does. */
  readonly answer: { readonly edits: readonly YamlEdit[]; readonly gated: boolean } | Obstacle;
}

const MAX_DEPTH = 60;
const MAX_LEAVES = 20_000;

/** All scalars below `holder` (of its entries, those that `only` lets through), with what holds them. */
export function leavesOf(holder: YamlMap | YamlSequence, assigners: ReadonlySet<string>, path: readonly string[] = [], only?: (entry: YamlEntry) => boolean): readonly Leaf[] {
  const leaves: Leaf[] = [];
  function visit(node: YamlNode, held: Held, route: readonly string[], above: Leaf['assigns']): void {
    if (leaves.length >= MAX_LEAVES || route.length > MAX_DEPTH) return;
    if (node.kind === 'scalar') leaves.push({ scalar: node, held, path: route, assigns: above });
    else if (node.kind === 'seq') for (const item of node.items) visit(item, { kind: 'item', holder: node, item }, route, undefined);
    else {
      const assigns = assigners.has(route.at(-1) ?? '');
      for (const entry of node.entries) {
        const own = assigns ? { holder: node, entry } : above !== undefined && entry.key === 'value' ? above : undefined;
        visit(entry.value, { kind: 'entry', holder: node, entry }, [...route, entry.key], own);
      }
    }
  }
  if (holder.kind === 'seq') for (const item of holder.items) visit(item, { kind: 'item', holder, item }, path, undefined);
  else {
    const assigns = assigners.has(path.at(-1) ?? '');
    for (const entry of holder.entries) {
      if (only?.(entry) === false) continue;
      visit(entry.value, { kind: 'entry', holder, entry }, [...path, entry.key], assigns ? { holder, entry } : undefined);
    }
  }
  return leaves;
}

/** What the keys are called, and what the new identity puts in place of a test whether there is one. */
export interface KeyNames {
  readonly names: ReadonlySet<string>;
  /** Of the provider: for sentences. */
  readonly title: string;
  readonly gate: string | undefined;
}

/** Every name under which a key of this provider may stand in the file. */
export function keyNamesOf(replacement: Replacement, gate: string | undefined): KeyNames {
  return { names: new Set([...replacement.names, ...replacement.variables, ...replacement.remove]), title: replacement.title, gate };
}

/** Mentions of a key in `text`. */
export function keyMentions(text: string, keys: KeyNames, dialect: Dialect): readonly VariableMention[] {
  // `$$NAME`: uploads of pipelines halve the dollars.
  const shell = variableMentions(text).map((mention) => (text[mention.start - 1] === '$' && text[mention.start] === '$' ? { ...mention, start: mention.start - 1 } : mention));
  const own = dialect.mentions?.(text) ?? [];
  return [...shell.filter(({ start }) => !own.some((other) => other.start <= start && start < other.end)), ...own].filter(({ name, start }) => keys.names.has(name) && !isComment(text, start)).toSorted((a, b) => a.start - b.start);
}

/** The use of a key that `leaf` is, if it is one. */
export function useOf(leaf: Leaf, keys: KeyNames, dialect: Dialect): Use | undefined {
  const { scalar, assigns } = leaf;
  const mentions = keyMentions(scalar.value, keys, dialect);
  const reads = [...new Set(mentions.map(({ name }) => name))];
  if (assigns !== undefined) {
    const { holder, entry } = assigns;
    if (keys.names.has(entry.key)) {
      // What this tool wrote itself is no key.
      if (scalar.value === '' || scalar.value.endsWith('.google-credentials.json')) return undefined;
      if (mentions.length === 0 && !/\$|<<|\{\{/.test(scalar.value)) return { leaf, reads, answer: { code: 'literal-key', reason: `A value of ${entry.key} is written out here.`, byHand: `Revoke the key if it is one, take ${entry.key} out of the file, and run again.` } };
      return { leaf, reads: reads.length > 0 ? reads : [...new Set(variableMentions(scalar.value).map(({ name }) => name))], answer: { edits: [{ kind: 'remove-entry', holder, entry, names: [...keys.names] }], gated: false } };
    }
    if (mentions.length === 0) return undefined;
    return { leaf, reads, answer: { code: 'needs-code-change', reason: `${entry.key} hands the key on under a name that no client of ${keys.title} reads by itself.`, byHand: `Let the program make its client without a key, take ${entry.key} out, and run again.` } };
  }
  if (mentions.length === 0) {
    if (!keys.names.has(scalar.value) || dialect.takers?.(leaf) !== true) return undefined;
    return { leaf, reads: [scalar.value], answer: { code: 'takes-only-a-key', reason: `${scalar.value} is handed on by its name to something that takes a key.`, byHand: 'Use a version that takes an identity token, or make the call in a command of its own; then run again.' } };
  }
  // `${A:-$B}`: the inner one goes with the outer.
  const outer = mentions.filter(({ start, end }) => !mentions.some((other) => other.start < start && end <= other.end));
  return { leaf, reads, answer: inCommand(leaf, outer, keys) };
}

/** Takes each mention out of a command, or says which cannot be. */
function inCommand({ scalar, held }: Leaf, mentions: readonly VariableMention[], keys: KeyNames): Use['answer'] {
  const edits: YamlEdit[] = [];
  let gated = false;
  for (const mention of mentions) {
    const text = scalar.value;
    const assignment = assignmentAround(text, mention, keys.names);
    if (assignment !== undefined) {
      const { from, to } = assignment;
      const rest = text.slice(0, from) + text.slice(to);
      if (rest.trim() !== '') edits.push({ kind: 'replace-within', scalar, from, to, text: '' });
      else if (held.kind === 'item') edits.push({ kind: 'remove-item', holder: held.holder, item: held.item });
      else return { code: 'unknown-shape', reason: 'The command does nothing but hand on the key.', byHand: 'Take the whole step out, and run again.' };
      continue;
    }
    if (isGate(text, mention) && keys.gate !== undefined) {
      const from = mention.start + text.slice(mention.start, mention.end).indexOf(mention.name);
      edits.push({ kind: 'replace-within', scalar, from, to: from + mention.name.length, text: keys.gate });
      gated = true;
      continue;
    }
    return obstacleOf(text, mention, keys);
  }
  return { edits, gated };
}

/** `NAME=$KEY command`, `export NAME=$KEY`: what has to go, when that is all there is to it. */
function assignmentAround(text: string, mention: VariableMention, names: ReadonlySet<string>): { readonly from: number; readonly to: number } | undefined {
  const { start, end } = mention;
  const line = lineStart(text, start);
  // `aws configure set aws_secret_access_key $KEY` does nothing else.
  if (/^[ \t]*aws configure set aws_(?:access_key_id|secret_access_key|session_token)[ \t]+"?$/.test(text.slice(line, start)) && /^"?[ \t]*$/.test(text.slice(end, lineStop(text, end)))) {
    return { from: commentAbove(text, line, names), to: Math.min(lineStop(text, end) + 1, text.length) };
  }
  const lead = /(?:^|[\s;&|({])((?:export[ \t]+)?([A-Za-z_]\w{0,127})=("?))$/.exec(text.slice(Math.max(line, start - 300), start));
  if (lead === null || !names.has(lead[2] ?? '')) return undefined;
  const [, whole = '', , quote = ''] = lead;
  const from = start - whole.length;
  if (quote !== '' && text[end] !== quote) return undefined;
  const behind = end + quote.length;
  const stop = lineStop(text, behind);
  const rest = text.slice(behind, stop);
  const prior = text.slice(line, from).trim();
  const isFirst = prior === '';
  // `docker run -e NAME=$KEY` assigns nothing here.
  if (!/(?:^|[;&|({!]|(?:^|[\s;])(?:then|do|else|env|exec|time|[A-Za-z_]\w{0,127}=(?:"[^"]*"|'[^']*'|[^\s"'`]*)))$/.test(prior.slice(-300))) return undefined;
  const isExport = whole.startsWith('export');
  if (isExport && /^[ \t]+[A-Za-z_]\w{0,127}=/.test(rest)) {
    // `export A=$KEY B=x`: the others stay.
    const name = from + (/^export[ \t]+/.exec(whole)?.[0].length ?? 0);
    return { from: name, to: behind + (/^[ \t]+/.exec(rest)?.[0].length ?? 0) };
  }
  if (rest.trim() === '' && !isFirst && /^export[ \t]/.test(prior)) return { from: line + text.slice(line, from).trimEnd().length, to: behind };
  if (rest.trim() === '' && isFirst) return { from: commentAbove(text, line, names), to: Math.min(stop + 1, text.length) };
  const next = /^[ \t]*(?:&&|;)[ \t]*(?=\S)/.exec(rest);
  if (next !== null && isFirst) return { from, to: behind + next[0].length };
  const blank = /^[ \t]+(?=[^\s&|;])/.exec(rest);
  if (blank !== null && !isExport) return { from, to: behind + blank[0].length };
  return undefined;
}

/** Whether the mention only asks if there is a key. */
function isGate(text: string, { start, end }: VariableMention): boolean {
  const before = text.slice(Math.max(lineStart(text, start), start - 200), start);
  const after = text.slice(end, end + 60);
  if (/(?:\[\[?|\btest)[ \t]+(?:![ \t]+)?-[nz][ \t]+"?$/.test(before)) return /^"?(?:[ \t]*(?:\]|;|&&|\|\||\n)|[ \t]*$)/.test(after);
  if (/\[\[?[ \t]+"$/.test(before)) return /^"[ \t]*(?:=|==|!=)[ \t]*(?:""|'')[ \t]*\]/.test(after);
  return /^\s*:[ \t]+"?$/.test(before) && /^\$\{\w+:?\?/.test(text.slice(start, end));
}

function obstacleOf(text: string, { start, end, name }: VariableMention, { title }: KeyNames): Obstacle {
  const line = text.slice(lineStart(text, start), lineStop(text, end));
  if (/x-api-key|api-key:|x-goog-api-key|authorization/i.test(line)) {
    return { code: 'needs-code-change', reason: `A request is made by hand with ${name} in a header.`, byHand: `Exchange the identity token at ${title} first and send the result as Authorization: Bearer, or make the call through an SDK; then run again.` };
  }
  if (/\b(?:docker|podman|nerdctl)\b.*(?:-e|--env|--build-arg)\b/.test(line) || /--build-arg|--secret/.test(line)) {
    return { code: 'unknown-shape', reason: `A container that the script starts gets ${name}.`, byHand: `Give the container the variables of the new identity and its token in place of ${name}, and run again.` };
  }
  return { code: 'unknown-shape', reason: `A command takes ${name} as an argument or works on it.`, byHand: `Let the command find its identity by itself, take ${name} out of it, and run again.` };
}

/** Start of the line at `line`, or of the comment above it that names the key. */
function commentAbove(text: string, line: number, names: ReadonlySet<string>): number {
  const above = lineStart(text, line - 1);
  const comment = text.slice(above, Math.max(above, line - 1));
  return line > 0 && /^[ \t]*#/.test(comment) && [...names].some((name) => new RegExp(`(?<![\\w-])${name.replace(/[^\w]/g, '\\$&')}(?![\\w-])`).test(comment)) ? above : line;
}

function isComment(text: string, at: number): boolean {
  return /^[ \t]*#/.test(text.slice(lineStart(text, at), at));
}

function lineStart(text: string, at: number): number {
  return at <= 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
}

function lineStop(text: string, at: number): number {
  const stop = text.indexOf('\n', at);
  return stop === -1 ? text.length : stop;
}
