/** Splices in objects, statements and imports as a person would make them. */
import type { Splice } from '../../model/change.ts';
import { ABOUT_DEFAULT } from './_shared.ts';
import { type JsFile, statementOf } from './javascript-file.ts';
import type { SyntaxNode } from './syntax.ts';

/** Entries of an object literal: what is between its braces, without comments. */
export function membersOf(object: SyntaxNode): readonly SyntaxNode[] {
  return object.namedChildren.filter(({ type }) => type !== 'comment');
}

/** The entry of that name; `undefined` when it is not there by that name. */
export function memberOf(object: SyntaxNode, name: string): SyntaxNode | undefined {
  return membersOf(object).find((member) => nameOfMember(member) === name);
}

export function nameOfMember(member: SyntaxNode): string | undefined {
  if (member.type === 'shorthand_property_identifier') return member.text;
  const key = member.childForFieldName('key') ?? (member.type === 'method_definition' ? member.childForFieldName('name') : null);
  if (key === null) return undefined;
  return key.type === 'string' ? key.text.slice(1, -1) : key.type === 'property_identifier' ? key.text : undefined;
}

/** The value of an entry: of a shorthand one, its name. */
export function valueOfMember(member: SyntaxNode): SyntaxNode | undefined {
  if (member.type === 'shorthand_property_identifier') return member;
  return member.type === 'pair' ? (member.childForFieldName('value') ?? undefined) : undefined;
}

/**
 * Takes entries out of an object literal with their commas, lines and the comments that are about them. When nothing is left the object goes too, where it is
 * the only argument of a call; otherwise its braces stay.
 *
 * @param names words that show a comment to be about what goes.
 */
export function cutMembers(file: JsFile, object: SyntaxNode, gone: readonly SyntaxNode[], names: readonly string[]): readonly Splice[] {
  const { text } = file;
  const members = membersOf(object);
  const isGone = (member: SyntaxNode): boolean => gone.some(({ id }) => id === member.id);
  const kept = members.filter((member) => !isGone(member));
  const comments = object.namedChildren.filter(({ type }) => type === 'comment');
  if (kept.length === 0 && comments.every((comment) => isAbout(comment, gone, text, names))) {
    const list = object.parent;
    if (list?.type === 'arguments' && list.namedChildren.length === 1) return [{ start: list.startIndex, end: list.endIndex, text: '()' }];
    return [{ start: object.startIndex, end: object.endIndex, text: '{}' }];
  }
  const splices: Splice[] = [];
  for (const [index, member] of members.entries()) {
    if (!isGone(member)) continue;
    const next = members[index + 1];
    const before = members[index - 1];
    const comma = commaAfter(object, member);
    const end = comma?.endIndex ?? member.endIndex;
    const start = lineStart(text, member.startIndex);
    const lineEnd = endOfLine(text, end);
    const trailing = text.slice(end, lineEnd).trim();
    const alone = text.slice(start, member.startIndex).trim() === '' && (trailing === '' || isComment(trailing)) && (next === undefined || next.startIndex >= lineEnd);
    if (alone && object.endIndex > lineEnd) {
      splices.push({ start: commentAbove(text, start, object.startIndex, names), end: lineEnd, text: '' });
      // The last entry had no comma behind it: neither has the one that is last now.
      if (next === undefined && comma === undefined) splices.push(...withoutComma(object, before, isGone, members));
    } else if (next !== undefined) splices.push({ start: member.startIndex, end: next.startIndex, text: '' });
    else if (before === undefined || isGone(before)) {
      const previous = members.slice(0, index).findLast((other) => !isGone(other));
      if (previous === undefined) splices.push({ start: member.startIndex, end, text: '' });
      else splices.push({ start: previous.endIndex, end: member.endIndex, text: '' });
    } else splices.push({ start: before.endIndex, end: member.endIndex, text: '' });
  }
  return merged(splices);
}

function withoutComma(object: SyntaxNode, before: SyntaxNode | undefined, isGone: (member: SyntaxNode) => boolean, members: readonly SyntaxNode[]): readonly Splice[] {
  if (before === undefined) return [];
  const last = isGone(before) ? members.findLast((member) => !isGone(member) && member.startIndex < before.startIndex) : before;
  const comma = last === undefined ? undefined : commaAfter(object, last);
  return comma === undefined ? [] : [{ start: comma.startIndex, end: comma.endIndex, text: '' }];
}

/** Runs of entries that go give pieces that touch or lie in one another. */
function merged(splices: readonly Splice[]): readonly Splice[] {
  const result: Splice[] = [];
  for (const splice of splices.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = result.at(-1);
    if (last !== undefined && splice.start <= last.end && last.text === '' && splice.text === '') result[result.length - 1] = { start: last.start, end: Math.max(last.end, splice.end), text: '' };
    else result.push(splice);
  }
  return result;
}

function commaAfter(object: SyntaxNode, member: SyntaxNode): SyntaxNode | undefined {
  let isNext = false;
  for (const child of object.children) {
    if (child.id === member.id) isNext = true;
    else if (isNext && child.type === ',') return child;
    else if (isNext && child.type !== 'comment') return undefined;
  }
  return undefined;
}

function isComment(text: string): boolean {
  return text.startsWith('//') || /^\/\*[^]*\*\/$/.test(text);
}

function isAbout(comment: SyntaxNode, gone: readonly SyntaxNode[], text: string, names: readonly string[]): boolean {
  return namesOneOf(comment.text, names) || ABOUT_DEFAULT.test(comment.text) || gone.some((member) => text.slice(member.endIndex, comment.startIndex).trim().replace(/^,$/, '') === '' && !text.slice(member.endIndex, comment.startIndex).includes('\n') && member.endIndex <= comment.startIndex);
}

export function namesOneOf(text: string, names: readonly string[]): boolean {
  return names.some((name) => new RegExp(`(?<![\\w-])${name.replace(/[^\w]/g, '\\$&')}(?![\\w-])`, 'i').test(text));
}

export function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

/** Behind the line end of the line at `at`. */
export function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end + 1;
}

export function indentAt(text: string, at: number): string {
  const start = lineStart(text, at);
  return /^[ \t]*/.exec(text.slice(start, at))?.[0] ?? '';
}

/** A comment about a key, right above what holds it. */
const KEY_COMMENT = /\b(?:api[\s_-]?)?(?:keys?|credentials?|secrets?)\b/i;

/** Start of the own-line comment right above `start` that names one of `names`; else `start`. Nothing before `least` is looked at. */
function commentAbove(text: string, start: number, least: number, names: readonly string[]): number {
  const above = lineStart(text, start - 1);
  if (start === 0 || above < least) return start;
  const line = text.slice(above, start).trim();
  const further = above === 0 ? '' : text.slice(lineStart(text, above - 1), above).trim();
  return isComment(line) && !further.startsWith('//') && speaksOfKey(line, names) ? above : start;
}

function speaksOfKey(comment: string, names: readonly string[]): boolean {
  return namesOneOf(comment, names) || KEY_COMMENT.test(comment) || ABOUT_DEFAULT.test(comment);
}

/** Takes away what is said of an entry, in the line above it and behind it: another stands in its place. */
export function withoutRemarks({ text }: JsFile, object: SyntaxNode, member: SyntaxNode, names: readonly string[]): readonly Splice[] {
  const start = lineStart(text, member.startIndex);
  const above = commentAbove(text, start, object.startIndex, names);
  const from = commaAfter(object, member)?.endIndex ?? member.endIndex;
  const remark = text.slice(from, endOfLine(text, from)).trimEnd();
  const isRemark = isComment(remark.trim()) && speaksOfKey(remark, names);
  return [...(above < start ? [{ start: above, end: start, text: '' }] : []), ...(isRemark ? [{ start: from, end: from + remark.length, text: '' }] : [])];
}

/** The lines of a whole statement, with the comment above that is about it. Undefined when it shares a line with something else. */
export function linesOf(file: JsFile, statement: SyntaxNode, names: readonly string[]): Splice | undefined {
  const { text } = file;
  const first = lineStart(text, statement.startIndex);
  if (text.slice(first, statement.startIndex).replace(/^\uFEFF/, '').trim() !== '') return undefined;
  const end = endOfLine(text, statement.endIndex);
  const trailing = text.slice(statement.endIndex, end).trim();
  if (trailing !== '' && trailing !== ';' && !isComment(trailing)) return undefined;
  return { start: commentAbove(text, first, 0, names) + (first === 0 && text.charCodeAt(0) === 0xfeff ? 1 : 0), end, text: '' };
}

/** Takes whole lines out; of the blank lines that would meet, one stays. */
export function cutLines({ text }: JsFile, all: readonly Splice[]): readonly Splice[] {
  const isBlank = (from: number, to: number): boolean => to > from && text.slice(from, to).trim() === '';
  const joined: Splice[] = [];
  for (const piece of all.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    // Nothing but blank lines between two that go.
    if (last !== undefined && (piece.start <= last.end || isBlank(last.end, piece.start))) joined[joined.length - 1] = { start: last.start, end: Math.max(last.end, piece.end), text: '' };
    else joined.push(piece);
  }
  return joined.map(({ start, end }) => {
    const before = start === 0 ? '' : text.slice(lineStart(text, start - 1), start).trim();
    const opens = start <= 1 || before === '' || before.endsWith('{') || before.endsWith(':');
    const after = text.slice(end, endOfLine(text, end)).trim();
    if (opens && isBlank(end, endOfLine(text, end))) return { start, end: endOfLine(text, end), text: '' };
    // A blank line in front of what closes the block.
    if (before === '' && start > 0 && (after.startsWith('}') || end >= text.length)) return { start: lineStart(text, start - 1), end, text: '' };
    return { start, end, text: '' };
  });
}

/** Before the statement that `node` is in: on a line of its own, with its indent. */
export function beforeStatement(file: JsFile, node: SyntaxNode, lines: readonly string[]): Splice | undefined {
  let statement = statementOf(node);
  while (statement !== undefined && statement.parent?.type !== 'program' && statement.parent?.type !== 'statement_block') {
    const parent: SyntaxNode | null = statement.parent;
    statement = parent === null ? undefined : statementOf(parent);
  }
  if (statement === undefined) return undefined;
  const indent = indentAt(file.text, statement.startIndex);
  if (file.text.slice(lineStart(file.text, statement.startIndex), statement.startIndex) !== indent) return undefined;
  return { start: statement.startIndex, end: statement.startIndex, text: lines.map((line) => `${line}\n${indent}`).join('') };
}

/** On lines of their own behind the last import; undefined when nothing is imported. */
export function afterImports({ text, imports, style }: JsFile, lines: readonly string[]): Splice | undefined {
  const last = imports.at(-1)?.statement;
  if (last === undefined) return undefined;
  const at = endOfLine(text, last.endIndex);
  const rest = text.slice(last.endIndex, at).trim();
  if (!text.slice(last.endIndex, at).endsWith('\n') || (rest !== '' && rest !== ';' && !isComment(rest))) return undefined;
  const isTight = text.slice(at, endOfLine(text, at)).trim() !== '';
  return { start: at, end: at, text: `\n${lines.map((line) => line.replace(/^ +/, (blanks) => style.unit.repeat(blanks.length / 2))).join('\n')}\n${isTight ? '\n' : ''}` };
}

/** What a file has to import. */
export interface Needed {
  readonly package: string;
  readonly names: readonly string[];
}

/** Imports what is missing of `needed`, the way the file imports. `beside` is the package whose import it stands next to. */
export function addImports(file: JsFile, needed: readonly Needed[], beside: string): readonly Splice[] | undefined {
  const splices: Splice[] = [];
  for (const { package: name, names } of needed) {
    const missing = names.filter((one) => file.bindings.get(one)?.package !== name);
    if (missing.length === 0) continue;
    // Somebody else's name.
    if (missing.some((one) => file.identifiers.has(one))) return undefined;
    const known = file.imports.find((one) => one.package === name && !one.typeOnly && openList(one.statement) !== undefined);
    if (known !== undefined) {
      const list = openList(known.statement);
      const last = list?.namedChildren.findLast(({ type }) => type !== 'comment');
      if (last === undefined) return undefined;
      const startsLine = file.text.slice(lineStart(file.text, last.startIndex), last.startIndex).trim() === '';
      const gap = startsLine ? `,\n${indentAt(file.text, last.startIndex)}` : ', ';
      splices.push({ start: last.endIndex, end: last.endIndex, text: missing.map((one) => `${gap}${one}`).join('') });
      continue;
    }
    const made = newImport(file, { package: name, names: missing }, beside);
    if (made === undefined) return undefined;
    splices.push(made);
  }
  return splices;
}

function openList(statement: SyntaxNode): SyntaxNode | undefined {
  const clause = statement.namedChildren.find(({ type }) => type === 'import_clause');
  const list = clause?.namedChildren.find(({ type }) => type === 'named_imports') ?? statement.namedChildren.find(({ type }) => type === 'variable_declarator')?.childForFieldName('name');
  return list?.type === 'named_imports' || list?.type === 'object_pattern' ? list : undefined;
}

function newImport({ text, imports, style }: JsFile, { package: name, names }: Needed, beside: string): Splice | undefined {
  const anchor = imports.find((one) => one.package === beside && !one.typeOnly) ?? imports.at(-1);
  if (anchor === undefined) return undefined;
  const { semicolon } = style;
  const quote = /["'](?=[^"']*["'][^"']*$)/.exec(anchor.statement.text)?.[0] ?? style.quote;
  const line = anchor.module === 'import' ? `import { ${names.join(', ')} } from ${quote}${name}${quote}${semicolon}` : `const { ${names.join(', ')} } = require(${quote}${name}${quote})${semicolon}`;
  // Among sorted neighbours it takes its place; else it stands behind the import it belongs to.
  // What is imported for what it does has its place in the order.
  const block = blockOf(text, imports, anchor).filter(({ statement }) => !/^import\s*["']/.test(statement.text));
  const isSorted = block.every((one, index) => index === 0 || compareNames(block[index - 1]?.package ?? '', one.package) <= 0);
  const next = isSorted ? block.find((one) => compareNames(name, one.package) < 0) : undefined;
  // A comment above the first may be about the file, or about that import.
  const isHeaded = next !== undefined && next === block[0] && isComment(text.slice(lineStart(text, lineStart(text, next.statement.startIndex) - 1), lineStart(text, next.statement.startIndex)).trim());
  if (isHeaded) return { start: anchor.statement.endIndex, end: anchor.statement.endIndex, text: `\n${line}` };
  const place = next?.statement ?? (isSorted ? block.at(-1) : anchor)?.statement ?? anchor.statement;
  if (next !== undefined) return { start: place.startIndex, end: place.startIndex, text: `${line}\n` };
  return { start: place.endIndex, end: place.endIndex, text: `\n${line}` };
}

/** Imports that stand on lines without a gap between them, round `anchor`. */
function blockOf(text: string, imports: JsFile['imports'], anchor: JsFile['imports'][number]): readonly JsFile['imports'][number][] {
  const at = imports.indexOf(anchor);
  const touches = (a: JsFile['imports'][number], b: JsFile['imports'][number]): boolean => a.module === b.module && /^;?[ \t]*\r?\n[ \t]*$/.test(text.slice(a.statement.endIndex, b.statement.startIndex));
  let first = at;
  let last = at;
  for (let other = imports[first - 1], own = imports[first]; other !== undefined && own !== undefined && touches(other, own); other = imports[first - 1], own = imports[first]) first -= 1;
  for (let other = imports[last + 1], own = imports[last]; other !== undefined && own !== undefined && touches(own, other); other = imports[last + 1], own = imports[last]) last += 1;
  return imports.slice(first, last + 1);
}

/** Packages before files of one's own, as most sorters have it. */
function compareNames(a: string, b: string): number {
  const own = (name: string): number => (/^[.~#]|^@\//.test(name) ? 1 : 0);
  return own(a) - own(b) || (a.toLowerCase() < b.toLowerCase() ? -1 : a.toLowerCase() > b.toLowerCase() ? 1 : 0);
}

/** Whether the call's own text has something the grammar could not read. */
export function isSound(node: SyntaxNode): boolean {
  return !node.hasError;
}
