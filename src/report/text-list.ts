import type { Location } from '../model/location.ts';
import { percentEncodePath } from '../support/escape.ts';
import { displayWidth, pad, shortenMiddle, wrapItems } from './layout.ts';
import { formatCount } from './messages.ts';
import { placePrefix } from './scanned.ts';
import { INDENT, LABEL, type Page } from './text-page.ts';

/** A row of a list: an openable place, and what is said about it. */
export interface Row {
  /** Stands before the place, in a column of its own. */
  readonly lead?: string;
  readonly place: string;
  readonly location?: Location;
  readonly notes: readonly string[];
}

interface ListShape {
  readonly label: string;
  readonly limit: number;
  readonly noun: string;
  /** One line a row: place and first note, and the second as far as it fits. */
  readonly isBrief: boolean;
}

/** The list as lines, folded to its limit unless everything is asked for. No rows, no lines. */
export function rows(page: Page, all: readonly Row[], { label, limit, noun, isBrief }: ListShape): string[] {
  if (all.length === 0) return [];
  const shown = page.options.verbose || all.length <= limit + 1 ? all : all.slice(0, limit);
  const start = label === '' ? INDENT : INDENT + LABEL;
  const leads = widest(shown, ({ lead = '' }) => displayWidth(lead));
  const lead = leads === 0 ? 0 : leads + 2;
  const room = page.width - start - lead;
  const nameWidth = widest(shown, ({ notes }) => (notes.length > 1 ? displayWidth(notes[0] ?? '') : 0));
  const placeRoom = isBrief ? room : Math.floor(room * 0.55);
  const widths = shown.map(({ place }) => displayWidth(place));
  const fitting = widths.filter((width) => width <= placeRoom);
  // Cells of several columns are read downwards, so one place too long puts them all under their places.
  const isStacked = fitting.length === 0 || (!isBrief && fitting.length < widths.length && shown.some(({ notes }) => notes.length > 1));
  const column = isStacked ? 0 : widest(fitting, (width) => width) + 2;
  const lines = shown.flatMap((row) => rowLines(page, isBrief ? brief(page, row, room - column) : row, { lead, column, nameWidth, room }));
  if (shown.length < all.length) lines.push(page.paint.dim(`${page.glyphs.ellipsis} and ${formatCount(all.length - shown.length)} more ${noun}`));
  return lines.map((line, index) => (index === 0 ? labelled(page, label, line) : ' '.repeat(start) + line));
}

/** One line: the name where there is room for enough of it to be worth reading, and nothing else. */
function brief(page: Page, { notes: [name = ''], ...row }: Row, room: number): Row {
  const isWorth = displayWidth(name) <= room || room >= 12;
  return { ...row, notes: isWorth ? [shortenMiddle(name, room, page.glyphs.ellipsis)] : [] };
}

/** A loop, because a spread argument list of some hundred thousand rows would overflow the stack. */
export function widest<T>(items: readonly T[], widthOf: (item: T) => number): number {
  let width = 0;
  for (const item of items) width = Math.max(width, widthOf(item));
  return width;
}

interface RowShape {
  /** Columns before the place, to the first column of the notes, of the name among the notes, and of the line after the lead. */
  readonly lead: number;
  readonly column: number;
  readonly nameWidth: number;
  readonly room: number;
}

function rowLines(page: Page, row: Row, shape: RowShape): string[] {
  const lead = page.paint.dim(pad(row.lead ?? '', shape.lead));
  const place = lead + (row.location === undefined ? row.place : linked(page, row.place, row.location));
  // A place too long for the column stands alone, and what is said about it goes under it.
  const isAlone = displayWidth(row.place) + 2 > shape.column;
  const indent = isAlone ? Math.max(0, 4 - shape.lead) : shape.column;
  const room = shape.room - indent;
  const said = wrapItems(noteCells(page, row.notes, { nameWidth: shape.nameWidth, room }), '  ', Math.max(12, room))
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .map((line) => page.paint.dim(line));
  const under = ' '.repeat(shape.lead + indent);
  if (isAlone) return [place, ...said.map((line) => under + line)];
  const [first, ...rest] = said;
  if (first === undefined) return [place];
  return [place + ' '.repeat(indent - displayWidth(row.place)) + first, ...rest.map((line) => under + line)];
}

function noteCells(page: Page, notes: readonly string[], { nameWidth, room }: { readonly nameWidth: number; readonly room: number }): readonly string[] {
  if (notes.length < 2) return notes;
  const [name = '', ...rest] = notes;
  return nameWidth === 0 ? rest : [pad(shortenMiddle(name, Math.max(12, room), page.glyphs.ellipsis), Math.min(nameWidth, room)), ...rest];
}

function labelled(page: Page, label: string, text: string): string {
  if (label === '') return ' '.repeat(INDENT) + text;
  return ' '.repeat(INDENT) + page.paint.dim(pad(label, LABEL)) + text;
}

/** `lines` under a label: the first beside it, the others below that. */
export function paragraph(page: Page, label: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => (index === 0 ? labelled(page, label, line) : ' '.repeat(INDENT + LABEL) + line));
}

/** The place as an OSC 8 link to its file, for terminals that said they know it. */
function linked(page: Page, place: string, location: Location): string {
  if (page.options.hyperlinks !== true) return place;
  const path = `${placePrefix(page.targets.get(location.target))}${location.path}`;
  const absolute = path.startsWith('/') ? path : page.options.cwd === undefined ? undefined : `${page.options.cwd}/${path}`;
  if (absolute === undefined || !absolute.startsWith('/')) return place;
  const uri = `file://${percentEncodePath(absolute)}`;
  return `\u001b]8;;${uri}\u001b\\${place}\u001b]8;;\u001b\\`;
}
