import type { Trend } from '../page-data.ts';
import { h, number, s } from './dom.ts';

interface Part {
  readonly name: string;
  readonly kind: string;
  readonly count: number;
}

/** One bar in three parts; what exists is never too thin to see. */
export function pathBar(today: number, afterChange: number, none: number): HTMLElement {
  const parts: readonly Part[] = [
    { name: 'today', kind: 'today', count: today },
    { name: 'after a change', kind: 'change', count: afterChange },
    { name: 'no federation', kind: 'none', count: none },
  ];
  const total = today + afterChange + none;
  const bar = h('div', { class: 'path', role: 'img', 'aria-label': `Path to zero: ${parts.map(({ name, count }) => `${number(count)} ${name}`).join(', ')}` });
  for (const { kind, count } of parts) {
    if (count === 0) continue;
    const segment = h('span', { class: kind });
    segment.style.flexGrow = String(Math.max(count, total * 0.012));
    bar.append(segment);
  }
  const legend = h('ul', { class: 'legend' }, ...parts.map(({ name, kind, count }) => h('li', { class: count === 0 ? 'nil' : undefined }, h('span', { class: `swatch ${kind}`, 'aria-hidden': 'true' }), h('strong', {}, number(count)), ` ${name}`)));
  return h('div', { class: 'path-block' }, bar, legend);
}

/** Named counts as bars of one scale. */
export function bars(label: string, rows: readonly { readonly name: Node | string; readonly count: number; readonly kind: string }[]): HTMLElement {
  const most = Math.max(1, ...rows.map(({ count }) => count));
  return h(
    'table',
    { class: 'bars' },
    h('caption', { class: 'hidden' }, label),
    h('tbody', {}, ...rows.map(({ name, count, kind }) => {
      const bar = h('span', { class: `bar-fill ${kind}` });
      bar.style.width = `${count === 0 ? 0 : Math.max(0.6, (count / most) * 100)}%`;
      return h('tr', {}, h('th', { scope: 'row' }, name), h('td', { class: 'number' }, number(count)), h('td', { class: 'track', 'aria-hidden': 'true' }, bar));
    })),
  );
}

const WIDTH = 640;
const HEIGHT = 200;
const EDGE = { left: 52, right: 12, top: 12, bottom: 26 } as const;

/** The curve to zero: three layers, oldest day on the left. Days are as far apart as they are. */
export function trendChart(points: readonly Trend[]): HTMLElement {
  const times = points.map(({ date }) => Date.parse(date));
  const start = times[0] ?? 0;
  const span = Math.max(1, (times.at(-1) ?? 0) - start);
  const most = niceTop(Math.max(1, ...points.map(({ today, afterChange, none }) => today + afterChange + none)));
  const x = (index: number): number => EDGE.left + (((times[index] ?? start) - start) / span) * (WIDTH - EDGE.left - EDGE.right);
  const y = (count: number): number => HEIGHT - EDGE.bottom - (count / most) * (HEIGHT - EDGE.top - EDGE.bottom);
  const layers = [
    { kind: 'none', low: () => 0, high: (p: Trend) => p.none },
    { kind: 'change', low: (p: Trend) => p.none, high: (p: Trend) => p.none + p.afterChange },
    { kind: 'today', low: (p: Trend) => p.none + p.afterChange, high: (p: Trend) => p.none + p.afterChange + p.today },
  ];
  const first = points[0];
  const last = points.at(-1);
  const sum = (point: Trend | undefined): number => (point === undefined ? 0 : point.today + point.afterChange + point.none);
  const drawing = s('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: 'chart', role: 'img', 'aria-label': `Keys from ${sum(first)} on ${first?.date ?? ''} to ${sum(last)} on ${last?.date ?? ''}` });
  for (const mark of [0, most / 2, most]) {
    drawing.append(s('line', { x1: String(EDGE.left), x2: String(WIDTH - EDGE.right), y1: String(y(mark)), y2: String(y(mark)), class: 'grid' }));
    drawing.append(s('text', { x: String(EDGE.left - 8), y: String(y(mark) + 4), 'text-anchor': 'end' }, number(mark)));
  }
  for (const { kind, low, high } of layers) {
    const top = points.map((point, index) => `${x(index)},${y(high(point))}`);
    const bottom = points.map((point, index) => `${x(index)},${y(low(point))}`).toReversed();
    drawing.append(s('polygon', { points: [...top, ...bottom].join(' '), class: `area ${kind}` }));
  }
  drawing.append(s('polyline', { points: points.map((point, index) => `${x(index)},${y(sum(point))}`).join(' '), class: 'curve' }));
  drawing.append(s('text', { x: String(EDGE.left), y: String(HEIGHT - 8) }, first?.date ?? ''), s('text', { x: String(WIDTH - EDGE.right), y: String(HEIGHT - 8), 'text-anchor': 'end' }, last?.date ?? ''));
  return h('figure', {}, drawing);
}

/** The next number of the kind 1, 2, 4, 5 or 10 with zeros. */
function niceTop(most: number): number {
  const step = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 4, 6, 8, 10].find((factor) => factor * step >= most) ?? 10) * step;
}
