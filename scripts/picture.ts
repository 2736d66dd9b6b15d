/** Draws what a terminal shows as an SVG: text stays text, every column stands where it stood whatever font the reader has, light and dark follow the reader. Pure. */

export interface Picture {
  /** What it shows, in a sentence, for those who do not see it. */
  readonly title: string;
  /** What was typed. */
  readonly command: string;
  /** What came back, with the escape sequences of its colours. */
  readonly output: string;
}

/** Pixels. */
const CELL = { width: 8, height: 20, font: 13.3 } as const;
const EDGE = { side: 20, top: 18 } as const;

/** By name: on white, on black. Each has a contrast of 4.5 or more there. */
const COLOURS: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  back: ['#ffffff', '#0d1117'],
  line: ['#d1d9e0', '#3d444d'],
  text: ['#1f2328', '#f0f6fc'],
  dim: ['#59636e', '#9198a1'],
  red: ['#c21c2c', '#ff8882'],
  yellow: ['#8a5b00', '#e3b341'],
  green: ['#116329', '#56d364'],
  cyan: ['#0550ae', '#79c0ff'],
};
/** What the sequences of a terminal mean, of those that the report uses. */
const CODES: Readonly<Record<string, Partial<Style>>> = {
  1: { isBold: true }, 2: { isDim: true }, 22: { isBold: false, isDim: false }, 31: { colour: 'red' }, 32: { colour: 'green' }, 33: { colour: 'yellow' }, 36: { colour: 'cyan' }, 39: { colour: 'text' },
};
const FULL = '\u2588';
const SHADE = '\u2591';

interface Style {
  readonly colour: string;
  readonly isBold: boolean;
  readonly isDim: boolean;
}

interface Run extends Style {
  readonly column: number;
  readonly text: string;
}

const PLAIN: Style = { colour: 'text', isBold: false, isDim: false };

export function draw({ title, command, output }: Picture): string {
  const lines = [[{ ...PLAIN, column: 0, text: '$', colour: 'dim' }, { ...PLAIN, column: 2, text: command, isBold: true }], [], ...output.trimEnd().split('\n').map(runsOf)];
  const columns = Math.max(...lines.flat().map(({ column, text }) => column + text.length));
  const width = columns * CELL.width + 2 * EDGE.side;
  const height = lines.length * CELL.height + 2 * EDGE.top;
  const styles = (index: 0 | 1): string => Object.entries(COLOURS).map(([name, pair]) => `.${name}{fill:${pair[index]}}`).join('');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">`,
    `<title id="title">${escaped(title)}</title>`,
    `<style>text{font:${CELL.font}px ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace;white-space:pre}.bold{font-weight:bold}${styles(0)}.frame{stroke:${COLOURS['line']?.[0] ?? ''}}.shade{opacity:.3}`,
    `@media(prefers-color-scheme:dark){${styles(1)}.frame{stroke:${COLOURS['line']?.[1] ?? ''}}}</style>`,
    `<rect class="back frame" x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="10"/>`,
    ...lines.flatMap((runs, row) => runs.map((run) => drawn(run, row))),
    '</svg>',
    '',
  ].join('\n');
}

/** A line in pieces, cut where the style changes and where there are two blanks: each piece is put at its own column. */
function runsOf(line: string): readonly Run[] {
  const runs: Run[] = [];
  let style = PLAIN;
  let column = 0;
  for (const part of line.split(/(\u001b\[\d+m)/)) {
    const code = /^\u001b\[(\d+)m$/.exec(part)?.[1];
    if (code !== undefined) {
      const change = CODES[code];
      if (change === undefined) throw new Error(`the picture knows no colour ${code}`);
      style = { ...style, ...change };
      continue;
    }
    for (const { 0: text, index } of part.matchAll(/[\u2588]+|[\u2591]+|[^\s\u2588\u2591]+(?: [^\s\u2588\u2591]+)*/g)) runs.push({ ...style, column: column + index, text });
    column += part.length;
  }
  return runs;
}

function drawn({ column, text, colour, isBold, isDim }: Run, row: number): string {
  const x = EDGE.side + column * CELL.width;
  const y = EDGE.top + row * CELL.height;
  const width = text.length * CELL.width;
  // Blocks are drawn: in many fonts the characters leave gaps.
  if (text.startsWith(FULL) || text.startsWith(SHADE)) return `<rect class="${colour}${text.startsWith(SHADE) ? ' shade' : ''}" x="${x}" y="${y + 4}" width="${width}" height="13"/>`;
  return `<text class="${isDim && colour === 'text' ? 'dim' : colour}${isBold ? ' bold' : ''}" x="${x}" y="${y + 15}" textLength="${width}" lengthAdjust="spacingAndGlyphs">${escaped(text)}</text>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
