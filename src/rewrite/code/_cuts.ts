/** Takes arguments, statements and imports out of source as a person would: commas, comments and blank lines that belonged to them go too. */
import type { Splice } from '../../model/change.ts';
import { argumentsIn, type Imported } from './_python-tree.ts';
import { ABOUT_DEFAULT } from './_shared.ts';
import type { SyntaxNode } from './syntax.ts';

/** A comment about a key: it says nothing any more once the key is gone. */
const ABOUT_KEYS = /\b(?:api|access|secret|auth)[ _-]?(?:keys?|tokens?)\b|_(?:KEY|TOKEN|SECRET)\b|\bcredentials?\b/i;

function speaksOfKey(comment: string): boolean {
  return ABOUT_KEYS.test(comment) || ABOUT_DEFAULT.test(comment);
}

/** What a language writes comments with, and which nodes hold statements. */
export interface Layout {
  readonly comment: '#' | '//';
  readonly blocks: ReadonlySet<string>;
  /** Whether a block may be left without a statement. */
  readonly mayBeEmpty: boolean;
}

export const PYTHON: Layout = { comment: '#', blocks: new Set(['block', 'module']), mayBeEmpty: false };
export const GO: Layout = { comment: '//', blocks: new Set(['block', 'source_file', 'import_spec_list', 'statement_list']), mayBeEmpty: true };
export const JAVA: Layout = { comment: '//', blocks: new Set(['block', 'program']), mayBeEmpty: true };

export function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

/** After the line break of the line that holds `at`, or the end of the text. */
export function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
}

/** White space at the start of the line that holds `at`. */
export function indentAt(text: string, at: number): string {
  return /^[ \t\f]*/.exec(text.slice(lineStart(text, at), at + 200))?.[0] ?? '';
}

/** Whether nothing but white space stands before `at` in its line. */
export function startsLine(text: string, at: number): boolean {
  return /^[ \t\f\uFEFF]*$/.test(text.slice(lineStart(text, at), at));
}

/** Whether nothing but white space and a comment stands behind `at` in its line. */
function endsLine(text: string, at: number, { comment }: Layout): boolean {
  return (comment === '#' ? /^[ \t\f]*(?:#[^\n]*)?\r?(?:\n|$)/ : /^[ \t\f]*(?:\/\/[^\n]*)?\r?(?:\n|$)/).test(text.slice(at, lineEnd(text, at)));
}

/** Takes `removed` (arguments of `list`, in order) away. Undefined where no clean cut is possible. */
export function withoutArguments(text: string, list: SyntaxNode, removed: readonly SyntaxNode[], layout: Layout = PYTHON): readonly Splice[] | undefined {
  const all = argumentsIn(list);
  const gone = new Set(removed.map(({ id }) => id));
  if (all.every(({ id }) => gone.has(id))) {
    const inner = text.slice(list.startIndex + 1, list.endIndex - 1);
    if (/\S/.test(commentsLeft(list, removed))) return undefined;
    return inner === '' ? [] : [{ start: list.startIndex + 1, end: list.endIndex - 1, text: '' }];
  }
  const splices: Splice[] = [];
  for (let at = 0; at < all.length; at += 1) {
    if (!gone.has(all[at]?.id ?? -1)) continue;
    let last = at;
    while (last + 1 < all.length && gone.has(all[last + 1]?.id ?? -1)) last += 1;
    const run = cut(text, list, all[at - 1], all[at], all[last], all[last + 1], layout);
    if (run === undefined) return undefined;
    splices.push(...run);
    at = last;
  }
  return splices;
}

/** Text of comments in `list` that are not about what is removed. */
function commentsLeft(list: SyntaxNode, removed: readonly SyntaxNode[]): string {
  const comments = list.namedChildren.filter((node): node is SyntaxNode => node?.type === 'comment');
  return comments
    .filter(({ startPosition, text }) => !removed.some((node) => node.endPosition.row === startPosition.row) && !speaksOfKey(text))
    .map(({ text }) => text)
    .join('');
}

function cut(text: string, list: SyntaxNode, before: SyntaxNode | undefined, first: SyntaxNode | undefined, last: SyntaxNode | undefined, after: SyntaxNode | undefined, layout: Layout): readonly Splice[] | undefined {
  if (first === undefined || last === undefined) return [];
  const owns = startsLine(text, first.startIndex);
  const comma = commaBehind(text, list, last.endIndex, layout);
  const commaBefore = before === undefined ? undefined : commaBehind(text, list, before.endIndex, layout);
  if (after !== undefined) {
    if (comma === undefined) return undefined;
    if (owns && after.startPosition.row > last.endPosition.row) return endsLine(text, comma + 1, layout) ? [{ start: withComment(text, first.startIndex, layout), end: lineEnd(text, comma), text: '' }] : undefined;
    if (!owns && before !== undefined && commaBefore !== undefined && after.startPosition.row > last.endPosition.row) return [{ start: commaBefore + 1, end: comma + 1, text: '' }];
    if (text.slice(comma + 1, after.startIndex).includes(layout.comment)) return undefined;
    return [{ start: first.startIndex, end: after.startIndex, text: '' }];
  }
  if (before === undefined || commaBefore === undefined) return undefined;
  const end = comma === undefined ? last.endIndex : comma + 1;
  if (!owns) return [{ start: comma === undefined ? commaBefore : commaBefore + 1, end, text: '' }];
  if (endsLine(text, end, layout)) {
    const lines: Splice = { start: withComment(text, first.startIndex, layout), end: lineEnd(text, end), text: '' };
    return comma === undefined ? [{ start: commaBefore, end: commaBefore + 1, text: '' }, lines] : [lines];
  }
  // The bracket closes on this line: it moves up to the argument before.
  return text.slice(commaBefore, first.startIndex).includes(layout.comment) ? undefined : [{ start: commaBefore, end, text: '' }];
}

/** Offset of the comma that follows `at`, past white space and comments, inside the list. */
function commaBehind(text: string, list: SyntaxNode, at: number, { comment }: Layout): number | undefined {
  const between = comment === '#' ? /^(?:\s|#[^\n]*\n|\\\r?\n)*$/ : /^(?:\s|\/\/[^\n]*\n)*$/;
  const comma = list.children.find((node) => node?.type === ',' && node.startIndex >= at);
  return comma === undefined || comma === null || !between.test(text.slice(at, comma.startIndex)) ? undefined : comma.startIndex;
}

/** Start of the line of `at`, or of one own-line comment above it that is about a key and about nothing else around. */
function withComment(text: string, at: number, { comment }: Layout): number {
  const own = comment === '#' ? /^([ \t]*)#(.*?)\r?\n$/ : /^([ \t]*)\/\/(.*?)\r?\n$/;
  const start = lineStart(text, at);
  const above = lineStart(text, start - 1);
  if (start === 0) return start;
  const match = own.exec(text.slice(above, start));
  if (match === null || match[1] !== indentAt(text, at) || !speaksOfKey(match[2] ?? '')) return start;
  // The last line of a longer comment is part of what the others say.
  const further = text.slice(lineStart(text, above - 1), above);
  return above > 0 && further.trimStart().startsWith(comment) ? start : above;
}

/** Takes away what is said of the argument at `node`, in the line above it and behind it: another stands in its place. */
export function withoutRemarks(text: string, node: SyntaxNode): readonly Splice[] {
  const start = lineStart(text, node.startIndex);
  const above = startsLine(text, node.startIndex) ? withComment(text, node.startIndex, PYTHON) : start;
  const [whole = '', comma = '', remark = ''] = /^(,?)([ \t]*#[^\r\n]*)/.exec(text.slice(node.endIndex, lineEnd(text, node.endIndex))) ?? [];
  const end = node.endIndex + whole.length;
  return [...(above < start ? [{ start: above, end: start, text: '' }] : []), ...(speaksOfKey(remark) ? [{ start: node.endIndex + comma.length, end, text: '' }] : [])];
}

/**
 * Takes whole statements away, with their lines. Undefined when one shares its line with something else, or when a block would be left empty.
 */
export function withoutStatements(text: string, statements: readonly SyntaxNode[], layout: Layout = PYTHON): readonly Splice[] | undefined {
  const gone = new Set(statements.map(({ id }) => id));
  const ranges: { start: number; end: number; indent: string }[] = [];
  for (const statement of [...new Map(statements.map((one) => [one.id, one])).values()].toSorted((a, b) => a.startIndex - b.startIndex)) {
    const { parent } = statement;
    if (parent === null || !layout.blocks.has(parent.type)) return undefined;
    if (!layout.mayBeEmpty && parent.type === 'block' && parent.namedChildren.every((node) => node === null || node.type === 'comment' || gone.has(node.id))) return undefined;
    if (!startsLine(text, statement.startIndex) || !endsLine(text, statement.endIndex, layout)) return undefined;
    const byteOrderMark = text.charCodeAt(lineStart(text, statement.startIndex)) === 0xfeff ? 1 : 0;
    const start = withComment(text, statement.startIndex, layout) + byteOrderMark;
    const end = lineEnd(text, Math.max(statement.endIndex - 1, statement.startIndex));
    const last = ranges.at(-1);
    if (last !== undefined && /^\s*$/.test(text.slice(last.end, start))) last.end = end;
    else ranges.push({ start, end, indent: indentAt(text, statement.startIndex) });
  }
  return ranges.map(({ start, end }) => ({ start, end: end + blanksToTake(text, start, end), text: '' }));
}

/** Characters of the blank lines after a removed part that would stand beside those before it: the longer run of the two stays. */
function blanksToTake(text: string, start: number, end: number): number {
  const before = /(?:^|\n)((?:[ \t]*\r?\n)*)$/.exec(text.slice(Math.max(0, start - 200), start))?.[1] ?? '';
  const after = /^(?:[ \t]*\r?\n)*/.exec(text.slice(end, end + 200))?.[0] ?? '';
  const countBefore = before.split('\n').length - 1;
  const countAfter = after.split('\n').length - 1;
  const above = text.slice(0, start).trimEnd();
  const opensBlock = above === '' || above === '\uFEFF' || /[:({][ \t]*(?:(?:#|\/\/)[^\n]*)?$/.test(above.slice(above.lastIndexOf('\n') + 1));
  const taken = opensBlock ? countAfter : Math.min(countBefore, countAfter);
  let length = 0;
  for (let line = 0; line < taken; line += 1) length = after.indexOf('\n', length) + 1;
  return length;
}

/** Takes imported names away that nothing uses any more: the whole statement, or its part. */
export function withoutImports(text: string, removed: readonly Imported[], all: readonly Imported[]): { readonly splices: readonly Splice[]; readonly statements: readonly SyntaxNode[] } | undefined {
  const statements: SyntaxNode[] = [];
  const splices: Splice[] = [];
  const byStatement = new Map<number, Imported[]>();
  for (const one of removed) byStatement.set(one.statement.id, [...(byStatement.get(one.statement.id) ?? []), one]);
  for (const [id, gone] of byStatement) {
    const names = all.filter(({ statement }) => statement.id === id);
    const [first] = gone;
    if (first === undefined) continue;
    if (gone.length === names.length) {
      statements.push(first.statement);
      continue;
    }
    const nodes = names.map(({ node }) => node);
    const out = new Set(gone.map(({ node }) => node.id));
    for (let at = 0; at < nodes.length; at += 1) {
      if (!out.has(nodes[at]?.id ?? -1)) continue;
      let last = at;
      while (last + 1 < nodes.length && out.has(nodes[last + 1]?.id ?? -1)) last += 1;
      const run = cut(text, first.statement, nodes[at - 1], nodes[at], nodes[last], nodes[last + 1], PYTHON);
      if (run === undefined) return undefined;
      splices.push(...run);
      at = last;
    }
  }
  return { splices, statements };
}
