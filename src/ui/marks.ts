import { displayWidth } from '../report/layout.ts';

/** How a piece of text looks. `chosen` is the row that the cursor is on. */
export type Style = 'critical' | 'high' | 'medium' | 'low' | 'info' | 'strong' | 'dim' | 'good' | 'command' | 'chosen';

export interface Span {
  readonly text: string;
  readonly style?: Style;
}

/** One line of the screen. */
export type Line = readonly Span[];

/**
 * Styles travel inside texts as private marks: an opening letter behind U+0001, and U+0002. Texts that were scanned have no control characters left
 * when they come here, so a mark is always ours.
 */
const OPEN = '\u0001';
const CLOSE = '\u0002';
const LETTERS: Readonly<Record<Style, string>> = { critical: 'c', high: 'h', medium: 'm', low: 'l', info: 'i', strong: 's', dim: 'd', good: 'g', command: 'k', chosen: 'x' };
const STYLES: ReadonlyMap<string, Style> = new Map(Object.entries(LETTERS).map(([style, letter]) => [letter, style as Style]));

export function mark(style: Style, text: string): string {
  return text === '' ? '' : `${OPEN}${LETTERS[style]}${text}${CLOSE}`;
}

/** A palette for the renderers of text reports, whose lines then are shown here. */
export const markPalette = {
  critical: (text: string) => mark('critical', text),
  high: (text: string) => mark('high', text),
  medium: (text: string) => mark('medium', text),
  low: (text: string) => mark('low', text),
  info: (text: string) => mark('info', text),
  strong: (text: string) => mark('strong', text),
  dim: (text: string) => mark('dim', text),
  good: (text: string) => mark('good', text),
  command: (text: string) => mark('command', text),
} as const;

/** Marked text as spans; the innermost mark counts. */
export function parseMarks(text: string): Line {
  const spans: Span[] = [];
  const open: (Style | undefined)[] = [];
  for (const [index, part] of text.split(/([\u0001\u0002])/).entries()) {
    if (part === CLOSE) open.pop();
    else if (part === OPEN) open.push(undefined);
    else if (part !== '') {
      const isOpening = open.length > 0 && open.at(-1) === undefined && index > 0;
      if (isOpening) open[open.length - 1] = STYLES.get(part.charAt(0)) ?? 'strong';
      const rest = isOpening ? part.slice(1) : part;
      const style = open.at(-1);
      if (rest !== '') spans.push(style === undefined ? { text: rest } : { text: rest, style });
    }
  }
  return spans;
}

export function plainText(line: Line): string {
  return line.map(({ text }) => text).join('');
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + displayWidth(text), 0);
}

/** How far back from the edge a line is broken at a blank, and not in the middle of a word. */
const WORD = 30;

interface Cell {
  readonly text: string;
  readonly style: Style | undefined;
  readonly columns: number;
}

/** Lines of at most `width` columns: what is longer goes on in the next, behind `indent` blanks, at a blank where there is one near. No character is lost but the blank at a break. */
export function wrapLine(line: Line, width: number, indent = 0): readonly Line[] {
  if (lineWidth(line) <= width) return [line];
  const hanging: readonly Cell[] = Array.from({ length: Math.min(indent, Math.max(0, width - 8)) }, () => ({ text: ' ', style: undefined, columns: 1 }));
  const lines: Cell[][] = [[]];
  let used = 0;
  for (const { text, style } of line) {
    for (const character of text) {
      const columns = displayWidth(character);
      const current = lines.at(-1) ?? [];
      if (used + columns > width) {
        const blank = character === ' ' ? -1 : current.findLastIndex((cell) => cell.text === ' ');
        const isNear = blank > hanging.length && current.length - blank <= WORD;
        const moved = isNear ? current.splice(blank + 1) : [];
        lines.push([...hanging, ...moved]);
        used = hanging.length + moved.reduce((sum, cell) => sum + cell.columns, 0);
        // At the end of a line a blank is not seen.
        if (character === ' ') continue;
      }
      lines.at(-1)?.push({ text: character, style, columns });
      used += columns;
    }
  }
  return lines.map(spansOf);
}

/** Cells of one style together. */
function spansOf(cells: readonly Cell[]): Line {
  const spans: { text: string; style: Style | undefined }[] = [];
  for (const { text, style } of cells) {
    const last = spans.at(-1);
    if (last !== undefined && last.style === style) last.text += text;
    else spans.push({ text, style });
  }
  return spans.map(({ text, style }) => (style === undefined ? { text } : { text, style }));
}

/** Exactly `width` columns: cut, or filled with blanks. */
export function fitLine(line: Line, width: number): Line {
  const fitted: Span[] = [];
  let room = width;
  for (const { text, style } of line) {
    if (room <= 0) break;
    const columns = displayWidth(text);
    const kept = columns <= room ? text : takeColumns(text, room);
    room -= columns <= room ? columns : displayWidth(kept);
    if (kept !== '') fitted.push(style === undefined ? { text: kept } : { text: kept, style });
    if (kept !== text) break;
  }
  return room > 0 ? [...fitted, { text: ' '.repeat(room) }] : fitted;
}

function takeColumns(text: string, width: number): string {
  let taken = '';
  let used = 0;
  for (const character of text) {
    used += displayWidth(character);
    if (used > width) break;
    taken += character;
  }
  return taken;
}

/** At most `width` columns, the end giving way to `ellipsis`. */
export function shortenEnd(text: string, width: number, ellipsis: string): string {
  if (displayWidth(text) <= width) return text;
  const room = width - displayWidth(ellipsis);
  return room < 1 ? takeColumns(text, Math.max(0, width)) : takeColumns(text, room) + ellipsis;
}
