import type { Edge, Fate, PageData } from '../page-data.ts';
import { counted, h, number, s, table } from './dom.ts';

const WIDTH = 760;
const ROW = 46;
const TOP = 26;
const NODE = { width: 250, height: 34 } as const;
/** Nodes of a column; the rest are one node. */
const MOST = 12;

interface Column {
  readonly names: readonly string[];
  /** How many different keys each has to do with. */
  readonly keys: readonly number[];
  readonly at: (index: number) => number;
}

const FATE_WORDS: Readonly<Record<Fate, string>> = {
  token: 'token of the platform, today',
  change: 'token, after a change',
  unknown: 'where it runs shows no token yet',
  stays: 'the key stays: no federation',
};

/** Who holds whose keys today, what is left of that after the change, and the same as a table. */
export function federationMap(data: PageData): HTMLElement {
  const { left, right } = columnsOf(data);
  const sum = (fate: Fate): number => data.edges.filter((edge) => edge.fate === fate).reduce((total, { keys }) => total + keys, 0);
  const legend = h('ul', { class: 'legend' }, ...(['token', 'change', 'unknown', 'stays'] as const).map((fate) => h('li', { class: sum(fate) === 0 ? 'nil' : undefined }, sample(fate), ` ${FATE_WORDS[fate]}`)));
  const platform = ({ platform: index }: Edge): string => data.platforms[index]?.title ?? 'nobody known';
  const rows = data.edges.map((edge) => [platform(edge), data.providers[edge.provider]?.title ?? '', number(edge.workloads), number(edge.keys), FATE_WORDS[edge.fate]]);
  return h(
    'div',
    { class: 'map' },
    h('div', { class: 'map-pair' },
      h('figure', { tabindex: '0' }, h('figcaption', {}, h('h2', {}, 'Now'), h('p', {}, 'Each line is keys that workloads hold.')), drawing(data, left, right, false)),
      h('figure', { tabindex: '0' }, h('figcaption', {}, h('h2', {}, 'After'), h('p', {}, 'Workloads show who they are; a key is left only where the line is grey.')), drawing(data, left, right, true))),
    legend,
    h('h2', {}, 'The same as a table'),
    table('Keys by platform and provider', ['Workloads run on', 'Provider', 'Workloads#', 'Keys#', 'After'], rows),
  );
}

function columnsOf({ platforms, providers, edges }: PageData): { readonly left: Column; readonly right: Column } {
  const used = new Set(edges.map(({ platform }) => platform));
  const order = [...platforms.keys(), -1].filter((index) => used.has(index));
  const wanted = [...providers.keys()].filter((index) => edges.some(({ provider }) => provider === index));
  return {
    left: column(order, (index) => platforms[index]?.title ?? 'nobody known', (index) => platforms[index]?.keys ?? edges.filter(({ platform }) => platform === index).reduce((sum, { keys }) => sum + keys, 0), 'other platforms'),
    right: column(wanted, (index) => providers[index]?.title ?? '', (index) => providers[index]?.keys ?? 0, 'other providers'),
  };
}

function column(order: readonly number[], nameOf: (index: number) => string, keysOf: (index: number) => number, others: string): Column {
  const shown = order.length <= MOST ? order : order.slice(0, MOST - 1);
  const rowOf = new Map(shown.map((index, row) => [index, row]));
  const names = [...shown.map(nameOf), ...(shown.length < order.length ? [others] : [])];
  const rest = order.slice(shown.length).reduce((sum, index) => sum + keysOf(index), 0);
  return { names, keys: [...shown.map(keysOf), rest], at: (index) => rowOf.get(index) ?? names.length - 1 };
}

function drawing(data: PageData, left: Column, right: Column, isAfter: boolean): SVGElement {
  const rows = Math.max(left.names.length, right.names.length, 1);
  const height = TOP + rows * ROW;
  const y = (side: Column, row: number): number => TOP + ((row + 0.5) * (rows * ROW)) / side.names.length;
  const lines = merged(data.edges, left, right, isAfter);
  const most = Math.max(1, ...lines.map(({ keys }) => keys));
  const label = isAfter ? `After: ${counted(data.stats.none, 'key stays', 'keys stay')}, of providers without federation` : `Now: ${left.names.length} platforms hold keys of ${right.names.length} providers`;
  const svg = s('svg', { viewBox: `0 0 ${WIDTH} ${height}`, class: 'graph', role: 'img', 'aria-label': `${label}. The table below says the same.` });
  svg.append(s('text', { x: '0', y: '14', class: 'head' }, 'workloads on'), s('text', { x: String(WIDTH), y: '14', class: 'head', 'text-anchor': 'end' }, 'provider'));
  const from = NODE.width;
  const to = WIDTH - NODE.width;
  const middle = (from + to) / 2;
  for (const { row, end, fate, keys } of lines) {
    const [a, b] = [y(left, row) + FATE_SHIFT[fate], y(right, end) + FATE_SHIFT[fate]];
    svg.append(s('path', { d: `M${from},${a} C${middle},${a} ${middle},${b} ${to},${b}`, class: `edge ${isAfter ? fate : 'key'}`, 'stroke-width': (1 + 4 * Math.sqrt(keys / most)).toFixed(2) }, s('title', {}, `${left.names[row] ?? ''} to ${right.names[end] ?? ''}: ${counted(keys, 'key', 'keys')}, ${isAfter ? FATE_WORDS[fate] : 'long-lived'}`)));
  }
  left.names.forEach((name, row) => svg.append(node(0, y(left, row), name, left.keys[row] ?? 0)));
  right.names.forEach((name, row) => svg.append(node(to, y(right, row), name, right.keys[row] ?? 0)));
  return svg;
}

/** Lines of different fates between the same two do not lie on each other. */
const FATE_SHIFT: Readonly<Record<Fate, number>> = { token: -6, change: -2, unknown: 2, stays: 6 };

interface Line {
  readonly row: number;
  readonly end: number;
  readonly fate: Fate;
  readonly keys: number;
}

function merged(edges: readonly Edge[], left: Column, right: Column, isAfter: boolean): readonly Line[] {
  const lines = new Map<string, Line>();
  for (const { platform, provider, fate: real, keys } of edges) {
    const line = { row: left.at(platform), end: right.at(provider), fate: isAfter ? real : ('unknown' as const), keys };
    const key = `${line.row} ${line.end} ${line.fate}`;
    lines.set(key, { ...line, keys: keys + (lines.get(key)?.keys ?? 0) });
  }
  return [...lines.values()];
}

function node(x: number, y: number, name: string, keys: number): SVGElement {
  const shown = name.length > 22 ? `${name.slice(0, 21)}\u2026` : name;
  return s('g', { class: 'node' },
    s('rect', { x: String(x + 0.5), y: String(y - NODE.height / 2), width: String(NODE.width - 1), height: String(NODE.height), rx: '4' }),
    s('text', { x: String(x + 12), y: String(y + 5) }, shown),
    s('text', { x: String(x + NODE.width - 12), y: String(y + 5), 'text-anchor': 'end', class: 'count' }, number(keys)),
    s('title', {}, name));
}

function sample(fate: Fate): SVGElement {
  return s('svg', { viewBox: '0 0 36 10', class: 'sample', 'aria-hidden': 'true' }, s('line', { x1: '0', x2: '36', y1: '5', y2: '5', class: `edge ${fate}`, 'stroke-width': '3' }));
}
