/**
 * Edits of YAML by splices. A file is never printed: each edit is lowered to the bytes it touches, and what the text means afterwards is compared
 * with what was intended.
 *
 * Import late: parsing YAML is slow to load.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Splice } from '../model/change.ts';
import { parseYaml, sourceRange, type YamlEntry, type YamlFile, type YamlNode, type YamlScalar } from '../support/yaml.ts';
import { blankBelow, blanksAbove, CannotEdit, colonAfter, columnText, commentsAbove, cutFromFlow, dashOf, documentMark, flowEntry, indented, isBlankBefore, isFlow, KEEPS_BLANKS, keyStart, lineEnd, lineStart, outerOf, requireRestIsComment, restyle } from './_yaml-lines.ts';
import { plain, type Plain, type PlainEntry, scalarValue, strip } from './_yaml-meaning.ts';
import { lineEnding, spliceText } from './edit.ts';

export type YamlMap = Extract<YamlNode, { readonly kind: 'map' }>;
export type YamlSequence = Extract<YamlNode, { readonly kind: 'seq' }>;

/** Nodes are those of one parsed file. Texts are YAML without indentation, lines ended by `\n`. */
export type YamlEdit =
  /** Takes out an entry with its lines; a map left empty goes too, up to the first that is not. `names`: a single comment line above that names one of them goes with it. */
  | { readonly kind: 'remove-entry'; readonly holder: YamlMap; readonly entry: YamlEntry; readonly names?: readonly string[] }
  | { readonly kind: 'remove-item'; readonly holder: YamlSequence; readonly item: YamlNode; readonly names?: readonly string[] }
  /** Takes the block map or list out that is the value of an entry, and leaves the key: `workflow_call:`. */
  | { readonly kind: 'clear-value'; readonly holder: YamlMap; readonly entry: YamlEntry }
  /** Adds entries after `after`, before `before`, or at the end of the map. */
  | { readonly kind: 'add-entries'; readonly holder: YamlMap; readonly after?: YamlEntry; readonly before?: YamlEntry; readonly text: string }
  /** Adds items (`- name: x\n  run: y\n`) before `before`, or at the end. */
  | { readonly kind: 'add-items'; readonly holder: YamlSequence; readonly before?: YamlNode; readonly text: string }
  /** Adds a document (`text` without its `---`) beside the one with this root. */
  | { readonly kind: 'add-document'; readonly beside: YamlNode; readonly where: 'before' | 'after'; readonly text: string }
  /** Takes a document out, with the comments right above it. */
  | { readonly kind: 'remove-document'; readonly root: YamlNode }
  /** Puts another value, as YAML source on one line, in place of a scalar. */
  | { readonly kind: 'replace'; readonly scalar: YamlScalar; readonly text: string }
  /** Makes a list of a value on one line: the items of `before`, then itself. */
  | { readonly kind: 'wrap-value'; readonly holder: YamlMap; readonly entry: YamlEntry; readonly before: string }
  /** Replaces the part `[from, to)` of a scalar's value. */
  | { readonly kind: 'replace-within'; readonly scalar: YamlScalar; readonly from: number; readonly to: number; readonly text: string };

/** What became of a set of edits. */
export type YamlOutcome = { readonly ok: true; readonly text: string; readonly splices: readonly Splice[] } | { readonly ok: false; readonly reason: string };

/** A parsed file that edits can be made in. */
export class YamlEditor {
  readonly file: YamlFile;
  readonly #text: string;
  readonly #ended: boolean;
  readonly #places = new Map<YamlNode, Place[]>();

  /** `text`: the whole file. */
  constructor(text: string) {
    this.#text = text;
    this.#ended = text === '' || text.endsWith('\n');
    // With a final line end every line is like the others; it is taken away again.
    this.file = parseYaml(this.#ended ? text : `${text}${lineEnding(text)}`);
    for (const root of this.file.documents) this.#place(root, { kind: 'root' });
  }

  /** Whether an edit of `node` would change several places of the document. */
  isShared(node: YamlNode): boolean {
    const places = this.#places.get(node) ?? [];
    if (places.length !== 1) return places.length > 1;
    const [place] = places;
    return place === undefined || place.kind === 'root' ? false : this.isShared(place.holder);
  }

  /** The map or sequence that holds `node`, when it is held once. */
  holderOf(node: YamlNode): YamlNode | undefined {
    const [place, ...others] = this.#places.get(node) ?? [];
    return place === undefined || place.kind === 'root' || others.length > 0 ? undefined : place.holder;
  }

  /** From 1. */
  lineOf(node: YamlNode | YamlEntry): number {
    return this.file.lines.position('keyRange' in node ? node.keyRange.start : node.range.start).line;
  }

  /** Makes `edits` together, reads the result again, and compares it with what was intended. `beside`: splices that change no meaning, such as those of comments. */
  make(edits: readonly YamlEdit[], beside: readonly Splice[] = []): YamlOutcome {
    try {
      const settled = this.#settle(unique(edits));
      const splices = [...settled.flatMap((edit) => this.#lower(edit, settled)), ...beside];
      const made = spliceText(this.file.text, splices);
      if (made === undefined) return { ok: false, reason: 'two edits touch the same text' };
      const after = new YamlEditor(made.text);
      if (after.file.problems.length > this.file.problems.length) return { ok: false, reason: `the text afterwards would not be readable: ${after.file.problems[0]?.message ?? ''}` };
      const wanted = this.#intended(settled);
      const got = after.file.documents.map((root) => plain(root, new Map()));
      if (!isDeepStrictEqual(strip(wanted), strip(got))) return { ok: false, reason: 'the text afterwards would not mean what was intended' };
      if (this.#ended) return { ok: true, text: made.text, splices: made.splices };
      return this.#unended(made.text, made.splices);
    } catch (error) {
      if (error instanceof CannotEdit) return { ok: false, reason: error.message };
      throw error;
    }
  }

  /** Takes the added line end away again: what reaches into it becomes one splice up to the real end of the text. */
  #unended(text: string, splices: readonly Splice[]): YamlOutcome {
    const ending = lineEnding(this.#text);
    const bare = text.endsWith(ending) ? text.slice(0, -ending.length) : text;
    const { length } = this.#text;
    const at = splices.findIndex(({ start, end }) => end > length || start >= length);
    if (at === -1) return { ok: true, text: bare, splices };
    if (KEEPS_BLANKS.test(text)) return { ok: false, reason: 'the end of the file decides what a block before it holds' };
    const before = splices.slice(0, at);
    const start = Math.min(splices[at]?.start ?? length, length);
    const moved = before.reduce((sum, splice) => sum + splice.text.length - (splice.end - splice.start), start);
    // Where nothing is left behind it, the line end before goes with the last line.
    const back = Math.max(0, moved - bare.length);
    const made = spliceText(this.#text, [...before, { start: start - back, end: length, text: bare.slice(moved) }]);
    if (made === undefined || made.text !== bare) return { ok: false, reason: 'the end of the file cannot be kept as it is' };
    return { ok: true, text: made.text, splices: made.splices };
  }

  #place(node: YamlNode, place: Place): void {
    const places = this.#places.get(node);
    if (places !== undefined) {
      places.push(place);
      return;
    }
    this.#places.set(node, [place]);
    if (node.kind === 'map') {
      for (const entry of node.entries) if (entry.via?.kind !== 'merge') this.#place(entry.value, { kind: 'entry', holder: node, entry });
      // What a merge key brings stands elsewhere too: counted as a second place.
      for (const entry of node.entries) if (entry.via?.kind === 'merge') this.#place(entry.value, { kind: 'entry', holder: node, entry });
    } else if (node.kind === 'seq') {
      for (const [index, item] of node.items.entries()) this.#place(item, { kind: 'item', holder: node, index });
    }
  }

  /** Turns the removal of all of a map's entries into the removal of the map. */
  #settle(edits: readonly YamlEdit[]): readonly YamlEdit[] {
    for (let current = edits; ; ) {
      const emptied = [...new Set(current.flatMap((edit) => (edit.kind === 'remove-entry' || edit.kind === 'remove-item' ? [edit.holder] : [])))].find((holder) => this.#isEmptied(holder, current));
      if (emptied === undefined) return current;
      const place = this.#places.get(emptied)?.[0];
      if (place === undefined || place.kind === 'root') throw new CannotEdit('nothing would be left of the file');
      const rest = current.filter((edit) => !((edit.kind === 'remove-entry' || edit.kind === 'remove-item') && edit.holder === emptied));
      const names = current.flatMap((edit) => ((edit.kind === 'remove-entry' || edit.kind === 'remove-item') && edit.holder === emptied ? (edit.names ?? []) : []));
      const removal: YamlEdit = place.kind === 'entry' ? { kind: 'remove-entry', holder: place.holder, entry: place.entry, names } : { kind: 'remove-item', holder: place.holder, item: emptied, names };
      current = unique([...rest, removal]);
    }
  }

  #isEmptied(holder: YamlMap | YamlSequence, edits: readonly YamlEdit[]): boolean {
    if (edits.some((edit) => (edit.kind === 'add-entries' || edit.kind === 'add-items') && edit.holder === holder)) return false;
    if (holder.kind === 'map') return holder.entries.every((entry) => edits.some((edit) => edit.kind === 'remove-entry' && edit.entry === entry));
    return holder.items.every((item) => edits.some((edit) => edit.kind === 'remove-item' && edit.item === item));
  }

  #lower(edit: YamlEdit, all: readonly YamlEdit[]): readonly Splice[] {
    if (this.isShared(touched(edit))) throw new CannotEdit('it is reached through an alias or a merge key, so one edit would change several places');
    switch (edit.kind) {
      case 'remove-entry':
        return this.#removeEntry(edit.holder, edit.entry, edit.names ?? [], all);
      case 'remove-item':
        return this.#removeItem(edit.holder, edit.item, edit.names ?? []);
      case 'clear-value':
        return this.#clearValue(edit.entry);
      case 'add-entries':
        return edit.before === undefined ? this.#addEntries(edit.holder, edit.after, edit.text, all) : this.#addEntriesBefore(edit.holder, edit.before, edit.text);
      case 'add-items':
        return this.#addItems(edit.holder, edit.before, edit.text);
      case 'add-document':
        return this.#addDocument(edit.beside, edit.where, edit.text);
      case 'remove-document':
        return this.#removeDocument(edit.root);
      case 'replace':
        return this.#replace(edit.scalar, edit.text);
      case 'wrap-value':
        return this.#wrapValue(edit.holder, edit.entry, edit.before);
      case 'replace-within':
        return this.#replaceWithin(edit.scalar, edit.from, edit.to, edit.text);
    }
  }

  #removeEntry(holder: YamlMap, entry: YamlEntry, names: readonly string[], all: readonly YamlEdit[]): readonly Splice[] {
    if (entry.via?.kind === 'merge') throw new CannotEdit('it comes through a merge key');
    const { text } = this.file;
    const from = keyStart(text, entry);
    const to = entry.via?.kind === 'alias' ? entry.via.range.end : this.#endOf(entry.value, entry.keyRange.end);
    // What is added right behind it takes its place, with its comma: see #addToFlow.
    const isReplaced = all.some((edit) => edit.kind === 'add-entries' && edit.holder === holder && edit.after === entry);
    if (isFlow(text, holder)) return isReplaced ? [] : [cutFromFlow(text, from, to)];
    const start = lineStart(text, from);
    const head = text.slice(start, from).replace(/^\uFEFF/, '');
    const end = lineEnd(text, to);
    requireRestIsComment(text.slice(to, end));
    if (/^[ \t]*$/.test(head)) {
      const above = this.#commentAbove(start, head, names) + (text.charCodeAt(start) === 0xfeff ? 1 : 0);
      // One that had nothing yet is filled where it is.
      const isFilled = isReplaced && (entry.value.kind === 'scalar' ? entry.value.value === '' : entry.value.kind === 'seq' && entry.value.items.length === 0);
      return [{ start: isFilled ? above : blanksAbove(text, above, end), end, text: '' }];
    }
    if (!/^[ \t]*(?:-[ \t]+)+$/.test(head)) throw new CannotEdit('it does not stand on a line of its own');
    // The first key of an item: the next one takes its place behind the dash.
    const next = holder.entries.find((other) => other.keyRange.start > entry.keyRange.start && other.via?.kind !== 'merge' && !all.some((edit) => edit.kind === 'remove-entry' && edit.entry === other));
    if (next === undefined) throw new CannotEdit('it is the only one beside those that go');
    const nextStart = keyStart(text, next);
    const between = text.slice(end, lineStart(text, nextStart));
    if (between.split(/\r?\n/).some((line) => line.trim().startsWith('#'))) throw new CannotEdit('a comment stands between it and the next');
    const others = holder.entries.filter((other) => other.keyRange.start > entry.keyRange.start && other.keyRange.start < next.keyRange.start);
    if (others.length > 0) throw new CannotEdit('several go at the beginning of an item');
    return [{ start: from, end: nextStart, text: '' }];
  }

  #removeItem(holder: YamlSequence, item: YamlNode, names: readonly string[]): readonly Splice[] {
    const { text } = this.file;
    const to = this.#endOf(item, item.range.start);
    if (isFlow(text, holder)) return [cutFromFlow(text, outerOf(item).start, to)];
    const dash = dashOf(text, outerOf(item).start);
    const start = lineStart(text, dash);
    if (!/^\uFEFF?[ \t]*$/.test(text.slice(start, dash))) throw new CannotEdit('it does not stand on a line of its own');
    const end = lineEnd(text, to);
    requireRestIsComment(text.slice(to, end));
    const above = this.#commentAbove(start, text.slice(start, dash), names);
    const from = above + (above === 0 && text.charCodeAt(0) === 0xfeff ? 1 : 0);
    return [{ start: blanksAbove(text, from, end), end: blankBelow(text, from, end, item === holder.items[0]), text: '' }];
  }

  #clearValue({ keyRange, value, via }: YamlEntry): readonly Splice[] {
    const { text } = this.file;
    if (via !== undefined || value.kind === 'scalar' || isFlow(text, value)) throw new CannotEdit('its value is no block of its own');
    const start = lineEnd(text, colonAfter(text, keyRange.end));
    const end = lineEnd(text, this.#endOf(value, keyRange.end));
    requireRestIsComment(text.slice(colonAfter(text, keyRange.end), start));
    if (start >= end) throw new CannotEdit('its value is no block of its own');
    return [{ start, end, text: '' }];
  }

  #addEntries(holder: YamlMap, after: YamlEntry | undefined, added: string, all: readonly YamlEdit[]): readonly Splice[] {
    const { text } = this.file;
    if (isFlow(text, holder)) {
      const isReplaced = after !== undefined && all.some((edit) => edit.kind === 'remove-entry' && edit.entry === after);
      return [this.#addToFlow(holder, added, isReplaced ? after : undefined)];
    }
    const own = holder.entries.filter(({ via }) => via?.kind !== 'merge');
    const first = own[0];
    const last = after ?? own.at(-1);
    if (first === undefined || last === undefined) throw new CannotEdit('the map has no entry to stand beside');
    const indent = columnText(text, keyStart(text, first));
    const at = lineEnd(text, last.via?.kind === 'alias' ? last.via.range.end : this.#endOf(last.value, last.keyRange.end));
    return [{ start: at, end: at, text: indented(added, indent) }];
  }

  #addEntriesBefore(holder: YamlMap, before: YamlEntry, added: string): readonly Splice[] {
    const { text } = this.file;
    if (isFlow(text, holder)) throw new CannotEdit('the map stands between braces');
    const key = keyStart(text, before);
    const start = lineStart(text, key);
    const head = text.slice(start, key).replace(/^\uFEFF/, '');
    if (before.via?.kind === 'merge') throw new CannotEdit('it comes through a merge key');
    // Behind the dash of an item the new entries take its place, and it moves to a line of its own.
    if (!/^[ \t]*$/.test(head)) return [{ start: key, end: key, text: indented(added, columnText(text, key)).slice(columnText(text, key).length) + columnText(text, key) }];
    const at = commentsAbove(text, start, head) + (start === 0 && text.charCodeAt(0) === 0xfeff ? 1 : 0);
    return [{ start: at, end: at, text: indented(added, head) }];
  }

  #addDocument(root: YamlNode, where: 'before' | 'after', added: string): readonly Splice[] {
    const { text } = this.file;
    if (where === 'after') {
      const at = documentMark(text, lineEnd(text, this.#endOf(root, root.range.end))) ?? text.length;
      return [{ start: at, end: at, text: `---\n${added}` }];
    }
    const start = lineStart(text, outerOf(root).start);
    const head = text.slice(start, outerOf(root).start).replace(/^\uFEFF/, '');
    if (head.trim() !== '') throw new CannotEdit('the document does not begin on a line of its own');
    const above = commentsAbove(text, start, '');
    // What stands at the top of a file is about the file.
    const at = above === 0 ? start + (start === 0 && text.charCodeAt(0) === 0xfeff ? 1 : 0) : above;
    return [{ start: at, end: at, text: `${added}---\n` }];
  }

  #removeDocument(root: YamlNode): readonly Splice[] {
    const { text } = this.file;
    const first = lineStart(text, outerOf(root).start);
    const index = this.file.documents.indexOf(root);
    const previous = this.file.documents[index - 1];
    const end = documentMark(text, lineEnd(text, this.#endOf(root, root.range.end))) ?? text.length;
    if (text.startsWith('...', end)) throw new CannotEdit('the document ends with three dots');
    if (previous !== undefined) {
      let own: number | undefined;
      for (let at = documentMark(text, lineEnd(text, this.#endOf(previous, previous.range.end))); at !== undefined && at <= first; at = documentMark(text, lineEnd(text, at + 3))) {
        if (text.startsWith('...', at)) throw new CannotEdit('the document before ends with three dots');
        own = at;
      }
      if (own === undefined) throw new CannotEdit('where the document begins is not clear');
      return [{ start: blanksAbove(text, own, end), end, text: '' }];
    }
    if (end === text.length) throw new CannotEdit('nothing would be left of the file');
    const above = commentsAbove(text, first, '');
    const start = above === 0 ? first : above;
    // With the mark of the next one: one that stands above is its mark then.
    return [{ start: start + (start === 0 && text.charCodeAt(0) === 0xfeff ? 1 : 0), end: lineEnd(text, end + 3), text: '' }];
  }

  #addToFlow(holder: YamlMap, added: string, replaced: YamlEntry | undefined): Splice {
    const { text } = this.file;
    const lines = added.trimEnd().split('\n').map(flowEntry);
    if (replaced !== undefined) {
      if (replaced.via !== undefined) throw new CannotEdit('its value stands elsewhere');
      return { start: keyStart(text, replaced), end: this.#endOf(replaced.value, replaced.keyRange.end), text: lines.join(', ') };
    }
    const close = holder.range.end - 1;
    if (text[close] !== '}') throw new CannotEdit('the closing brace is not where it should be');
    const last = holder.entries.at(-1);
    if (last === undefined) {
      const gap = text.slice(holder.range.start + 1, close);
      if (gap.trim() !== '') throw new CannotEdit('a comment stands between the braces');
      return { start: holder.range.start, end: holder.range.end, text: `{ ${lines.join(', ')} }` };
    }
    const end = this.#endOf(last.value, last.keyRange.end);
    const gap = text.slice(end, close);
    if (!/^[ \t]*$/.test(gap)) throw new CannotEdit('a comma, comment or line end stands before the closing brace');
    return { start: end, end, text: `, ${lines.join(', ')}` };
  }

  #addItems(holder: YamlSequence, before: YamlNode | undefined, added: string): readonly Splice[] {
    const { text } = this.file;
    if (isFlow(text, holder)) return [this.#addItemsToFlow(holder, before, added)];
    const first = holder.items[0];
    if (first === undefined) throw new CannotEdit('the list is empty');
    const dash = dashOf(text, outerOf(before ?? first).start);
    const indent = text.slice(lineStart(text, dash), dash);
    if (!/^[ \t]*$/.test(indent)) throw new CannotEdit('the item does not begin on a line of its own');
    const width = outerOf(before ?? first).start - dash - 1;
    const styled = width >= 1 && width <= 4 && first.kind === 'map' ? restyle(added, width) : added;
    const body = indented(styled, indent);
    if (before === undefined) {
      const last = holder.items.at(-1) ?? first;
      const at = lineEnd(text, this.#endOf(last, last.range.start));
      return [{ start: at, end: at, text: body }];
    }
    // Comments right above an item are about it; one that is indented otherwise may be text of a block.
    const above = commentsAbove(text, lineStart(text, dash), indent);
    const at = above === 0 && text.charCodeAt(0) === 0xfeff ? 1 : above;
    const index = holder.items.indexOf(before);
    const spaced = index > 0 ? isBlankBefore(text, at) : holder.items.length > 1 && isBlankBefore(text, lineStart(text, dashOf(text, outerOf(holder.items[1] ?? first).start)));
    return [{ start: at, end: at, text: spaced ? `${body}\n` : body }];
  }

  #addItemsToFlow(holder: YamlSequence, before: YamlNode | undefined, added: string): Splice {
    const { text } = this.file;
    const items = added.trimEnd().split('\n').map((line) => /^- ([^#]+)$/.exec(line)?.[1]);
    const last = holder.items.at(-1);
    if (last === undefined || items.includes(undefined)) throw new CannotEdit('it does not fit between brackets');
    if (before !== undefined) return { start: outerOf(before).start, end: outerOf(before).start, text: `${items.join(', ')}, ` };
    const end = this.#endOf(last, last.range.end);
    if (!/^[ \t]*\]/.test(text.slice(end, end + 80))) throw new CannotEdit('a comma, comment or line end stands before the closing bracket');
    return { start: end, end, text: `, ${items.join(', ')}` };
  }

  #replace(scalar: YamlScalar, text: string): readonly Splice[] {
    if (text.includes('\n') || scalar.style === 'literal' || scalar.style === 'folded') throw new CannotEdit('a value of several lines is not replaced as a whole');
    const { start, end } = scalar.outer;
    // An absent value (`key:`) has no place of its own behind the colon.
    if (start === end) throw new CannotEdit('there is no value to replace');
    return [{ start, end, text }];
  }

  #wrapValue(holder: YamlMap, entry: YamlEntry, before: string): readonly Splice[] {
    const { value } = entry;
    const source = this.file.text;
    if (value.kind !== 'scalar' || value.outer.start === value.outer.end || source.slice(value.outer.start, value.outer.end).includes('\n')) throw new CannotEdit('its value does not stand on one line');
    if (entry.via !== undefined || isFlow(source, holder)) throw new CannotEdit('it does not stand on a line of its own');
    const start = colonAfter(source, entry.keyRange.end);
    // An anchor or tag would come to stand on the item.
    if (source.slice(start, value.outer.start).trim() !== '') throw new CannotEdit('something stands between the key and its value');
    return [{ start, end: value.outer.start, text: `\n${indented(`${before.trimEnd()}\n- `, `${columnText(source, keyStart(source, entry))}  `)}` }];
  }

  #replaceWithin(scalar: YamlScalar, from: number, to: number, text: string): readonly Splice[] {
    const { start, end } = sourceRange(this.file, scalar, from, to);
    if (from === 0 && to === 0 && scalar.style === 'literal' && text.endsWith('\n')) {
      const at = lineStart(this.file.text, start);
      return [{ start: at, end: at, text: indented(text, columnText(this.file.text, start)) }];
    }
    if (text === '' && scalar.style === 'literal' && to > from && (from === 0 || scalar.value[from - 1] === '\n') && scalar.value[to - 1] === '\n') {
      // Whole lines go with their indentation.
      const source = this.file.text;
      const last = source.indexOf('\n', sourceRange(this.file, scalar, to - 1, to - 1).start);
      return [{ start: lineStart(source, start), end: last === -1 ? source.length : last + 1, text: '' }];
    }
    if (this.file.text.slice(start, end) !== scalar.value.slice(from, to)) throw new CannotEdit('the text is folded or escaped there');
    if ((scalar.style === 'single' && text.includes("'")) || (scalar.style === 'double' && /["\\]/.test(text))) throw new CannotEdit('the new text would need escapes');
    if (text.includes('\n') && scalar.style !== 'literal') throw new CannotEdit('the new text has several lines');
    if (scalar.style === 'literal' && text.includes('\n')) return [{ start, end, text: indented(text, columnText(this.file.text, scalar.range.start)).trimStart().replace(/\n$/, '') }];
    return [{ start, end, text }];
  }

  /** Where `node`'s own text ends; `fallback` for an absent value. */
  #endOf(node: YamlNode, fallback: number): number {
    if (node.kind === 'scalar') {
      if (node.style === 'literal' || node.style === 'folded') return Math.max(node.range.end, this.file.text.indexOf('\n', node.outer.start));
      if (node.outer.start === node.outer.end) return Math.max(fallback, colonAfter(this.file.text, fallback));
      return node.outer.end;
    }
    return this.#deepEnd(node);
  }

  /** A trimmed range may end inside what a block scalar keeps. */
  #deepEnd(node: YamlNode): number {
    return node.range.end;
  }

  /** Start of the line at `start`, or of the single comment line above it that names one of `names`. */
  #commentAbove(start: number, indent: string, names: readonly string[]): number {
    if (start === 0 || names.length === 0) return start;
    const { text } = this.file;
    const above = lineStart(text, start - 1);
    const line = text.slice(above, start);
    const further = above === 0 ? '' : text.slice(lineStart(text, above - 1), above);
    if (!line.trim().startsWith('#') || line.slice(0, line.indexOf('#')) !== indent || further.trim().startsWith('#')) return start;
    return names.some((name) => new RegExp(`(?<![\\w-])${name.replace(/[^\w]/g, '\\$&')}(?![\\w-])`, 'i').test(line)) ? above : start;
  }

  // --- what is intended ---

  #intended(edits: readonly YamlEdit[]): unknown[] {
    const known = new Map<YamlNode, Plain>();
    const roots = this.file.documents.map((root) => plain(root, known));
    // What is added stands beside what was there before: it comes first.
    const inOrder = [...edits.filter(({ kind }) => kind.startsWith('add-')), ...edits.filter(({ kind }) => !kind.startsWith('add-'))];
    for (const edit of inOrder) intend(edit, known, roots);
    // Parts of one value are replaced from its end on, so that the places before stay where they are.
    const parts = edits.filter((edit) => edit.kind === 'replace-within').toSorted((a, b) => b.from - a.from || b.to - a.to);
    for (const { scalar, from, to, text } of parts) {
      const node = known.get(scalar);
      if (node?.kind !== 'scalar') continue;
      const value = node.value ?? scalar.value;
      node.value = value.slice(0, from) + text + value.slice(to);
    }
    return roots;
  }
}

type Place = { readonly kind: 'root' } | { readonly kind: 'entry'; readonly holder: YamlMap; readonly entry: YamlEntry } | { readonly kind: 'item'; readonly holder: YamlSequence; readonly index: number };

/** The node that an edit changes: it must not be reached in two ways. */
function touched(edit: YamlEdit): YamlNode {
  if (edit.kind === 'replace' || edit.kind === 'replace-within') return edit.scalar;
  if (edit.kind === 'add-document') return edit.beside;
  return edit.kind === 'remove-document' ? edit.root : edit.holder;
}

/** Does in the meaning of a file what `edit` does in its text. */
function intend(edit: YamlEdit, known: ReadonlyMap<YamlNode, Plain>, roots: Plain[]): void {
  const node = known.get(touched(edit));
  switch (edit.kind) {
    case 'replace':
    case 'replace-within':
      if (node?.kind !== 'scalar') throw new CannotEdit('there is nothing to replace');
      node.value = edit.kind === 'replace' ? scalarValue(edit.text) : undefined;
      if (edit.kind === 'replace') node.tag = undefined;
      return;
    case 'add-document': {
      const [added, ...more] = parseYaml(edit.text).documents;
      const index = node === undefined ? -1 : roots.indexOf(node);
      if (added === undefined || more.length > 0 || index === -1) throw new CannotEdit('what is added is no document');
      roots.splice(edit.where === 'before' ? index : index + 1, 0, plain(added, new Map()));
      return;
    }
    case 'remove-document': {
      const index = node === undefined ? -1 : roots.indexOf(node);
      if (index === -1) throw new CannotEdit('there is no such document');
      roots.splice(index, 1);
      return;
    }
    case 'remove-entry':
      if (node?.kind !== 'map') throw new CannotEdit('the edit does not fit the file');
      node.entries = node.entries.filter(({ of }) => of !== edit.entry);
      return;
    case 'clear-value':
      if (node?.kind !== 'map') throw new CannotEdit('the edit does not fit the file');
      node.entries = node.entries.map((entry) => (entry.of === edit.entry ? { ...entry, value: { kind: 'scalar', value: '', tag: undefined } } : entry));
      return;
    case 'wrap-value': {
      const before = parseYaml(edit.before).documents[0];
      if (node?.kind !== 'map' || before?.kind !== 'seq') throw new CannotEdit('the edit does not fit the file');
      const items = before.items.map((item) => plain(item, new Map()));
      node.entries = node.entries.map((entry) => (entry.of === edit.entry ? { ...entry, value: { kind: 'seq', tag: undefined, items: [...items, entry.value] } } : entry));
      return;
    }
    case 'remove-item':
      if (node?.kind !== 'seq') throw new CannotEdit('the edit does not fit the file');
      node.items = node.items.filter((item) => item !== known.get(edit.item));
      return;
    case 'add-entries': {
      const added = parseYaml(edit.text).documents[0];
      if (added?.kind !== 'map' || node?.kind !== 'map') throw new CannotEdit('what is added is no map');
      node.entries = [...node.entries, ...added.entries.map(({ key, value }): PlainEntry => ({ key, value: plain(value, new Map()), of: undefined }))];
      return;
    }
    case 'add-items': {
      const added = parseYaml(edit.text).documents[0];
      if (added?.kind !== 'seq' || node?.kind !== 'seq') throw new CannotEdit('what is added is no list');
      const before = edit.before === undefined ? undefined : known.get(edit.before);
      const at = before === undefined ? node.items.length : node.items.indexOf(before);
      if (at === -1) throw new CannotEdit('what it is to stand before is not there');
      node.items = [...node.items.slice(0, at), ...added.items.map((item) => plain(item, new Map())), ...node.items.slice(at)];
    }
  }
}

function unique(edits: readonly YamlEdit[]): readonly YamlEdit[] {
  const kept: YamlEdit[] = [];
  for (const edit of edits) {
    if (!kept.some((other) => isSame(other, edit))) kept.push(edit);
  }
  return kept;
}

function isSame(a: YamlEdit, b: YamlEdit): boolean {
  if (a.kind === 'remove-entry') return b.kind === 'remove-entry' && a.entry === b.entry;
  if (a.kind === 'clear-value') return b.kind === 'clear-value' && a.entry === b.entry;
  if (a.kind === 'remove-item') return b.kind === 'remove-item' && a.item === b.item;
  if (a.kind === 'add-entries') return b.kind === 'add-entries' && a.holder === b.holder && a.text === b.text;
  if (a.kind === 'add-document') return b.kind === 'add-document' && a.beside === b.beside && a.text === b.text;
  if (a.kind === 'remove-document') return b.kind === 'remove-document' && a.root === b.root;
  if (a.kind === 'add-items') return b.kind === 'add-items' && a.holder === b.holder && a.before === b.before && a.text === b.text;
  if (a.kind === 'wrap-value') return b.kind === 'wrap-value' && a.entry === b.entry && a.before === b.before;
  if (a.kind === 'replace') return b.kind === 'replace' && a.scalar === b.scalar && a.text === b.text;
  return b.kind === 'replace-within' && a.scalar === b.scalar && a.from === b.from && a.to === b.to && a.text === b.text;
}

