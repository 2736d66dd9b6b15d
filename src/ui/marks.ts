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

/** Lines of at most `width` columns: what is longer goes on in the next, behind `indent` blanks. */
export function wrapLine(line: Line, width: number, indent = 0): readonly Line[] {
  if (lineWidth(line) <= width) return [line];
  const lines: Span[][] = [[]];
  let used = 0;
  for (const { text, style } of line) {
    let piece = '';
    const flush = (): void => {
      if (piece !== '') lines.at(-1)?.push(style === undefined ? { text: piece } : { text: piece, style });
      piece = '';
    };
    for (const character of text) {
      const columns = displayWidth(character);
      if (used + columns > width) {
        flush();
        const blanks = Math.min(indent, Math.max(0, width - 8));
        lines.push(blanks === 0 ? [] : [{ text: ' '.repeat(blanks) }]);
        used = blanks;
      }
      piece += character;
      used += columns;
    }
    flush();
  }
  return lines;
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
