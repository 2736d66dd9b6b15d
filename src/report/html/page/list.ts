import { csvText } from '../../../support/csv.ts';
import { button, counted, h, number } from './dom.ts';
import { choices, type Column, type Filter, type Query, searchable, select, windowOf } from './rows.ts';

/** A column with its cell. */
export interface ListColumn<T> extends Column<T> {
  readonly cell?: (row: T) => Node | string;
  /** `number`, `wide`, `minor` (left out on a narrow screen). */
  readonly kind?: string;
}

export interface ListOptions<T> {
  readonly label: string;
  readonly one: string;
  readonly many: string;
  readonly rows: readonly T[];
  readonly columns: readonly ListColumn<T>[];
  readonly filters: readonly Filter<T>[];
  readonly query: Query;
  /** Called with each query, so that the address can hold it. */
  readonly onQuery: (query: Query) => void;
}

/** Rows drawn beyond either edge, so that scrolling by keyboard finds the next one there. */
const BEYOND = 12;
/** Rows that go to paper. */
const PRINTED = 1000;

/** Draws the list that is open, whole for paper. */
let drawAll: (all: boolean) => void = () => undefined;
addEventListener('beforeprint', () => drawAll(true));
addEventListener('afterprint', () => drawAll(false));

/** A list of any length: search, choices, sorting, a file to take away, and a table that draws only the rows in view. */
export function list<T>(options: ListOptions<T>): HTMLElement {
  const { columns, filters, rows } = options;
  const source = searchable(rows, columns);
  let query = options.query;
  let shown: readonly T[] = [];

  const status = h('p', { class: 'status', role: 'status' });
  const body = h('tbody');
  const headers = columns.map((column) => header(column, () => ask({ ...query, sort: query.sort === column.name ? `-${column.name}` : query.sort === `-${column.name}` ? '' : column.name })));
  const grid = h('table', { class: 'rows', 'aria-rowcount': '0' }, h('caption', { class: 'hidden' }, options.label), h('thead', {}, h('tr', { 'aria-rowindex': '1' }, ...headers)), body);
  const frame = h('div', { class: 'frame', tabindex: '0', role: 'region', 'aria-label': options.label }, grid);
  const drawn = new Map<number, HTMLTableRowElement>();
  const above = spacer();
  const below = spacer();

  function ask(next: Query): void {
    query = next;
    shown = select(source, columns, filters, query);
    drawn.clear();
    frame.scrollTop = 0;
    grid.setAttribute('aria-rowcount', String(shown.length + 1));
    status.textContent = shown.length === rows.length ? counted(shown.length, options.one, options.many) : `${number(shown.length)} of ${counted(rows.length, options.one, options.many)}`;
    columns.forEach((column, index) => headers[index]?.setAttribute('aria-sort', query.sort === column.name ? 'ascending' : query.sort === `-${column.name}` ? 'descending' : 'none'));
    draw();
    options.onQuery(query);
  }

  function draw(all = false): void {
    const rowHeight = Number.parseFloat(getComputedStyle(frame).getPropertyValue('--row')) || 40;
    const part = all ? { first: 0, count: Math.min(shown.length, PRINTED) } : windowOf(shown.length, rowHeight, frame.scrollTop, frame.clientHeight || 800, BEYOND);
    const last = part.first + part.count;
    // A row that has the focus stays, wherever the list is scrolled to.
    for (const [index, row] of drawn) if ((index < part.first || index >= last) && !row.contains(document.activeElement)) drawn.delete(index);
    for (let index = part.first; index < last; index += 1) {
      const row = shown[index];
      if (row !== undefined && !drawn.has(index)) drawn.set(index, rowOf(columns, row, index));
    }
    const kept = [...drawn.keys()].toSorted((a, b) => a - b);
    above.height((all ? 0 : part.first) * rowHeight);
    below.height((all ? 0 : shown.length - last) * rowHeight);
    const wanted = [above.row, ...kept.filter((index) => index >= part.first && index < last).flatMap((index) => drawn.get(index) ?? []), below.row];
    if (wanted.length !== body.children.length || wanted.some((row, index) => body.children[index] !== row)) replaceKeepingFocus(body, wanted);
    if (shown.length === 0) body.replaceChildren(h('tr', { class: 'empty' }, h('td', { colspan: '2' }, 'Nothing fits. Clear the search or choose less.')));
  }

  frame.addEventListener('scroll', () => draw(), { passive: true });
  frame.addEventListener('keydown', (event) => moveFocus(event, body));
  drawAll = (all) => draw(all);
  new ResizeObserver(() => draw()).observe(frame);

  const search = h('input', { type: 'search', placeholder: 'Search', 'aria-label': `Search ${options.many}`, value: query.words, autocomplete: 'off', spellcheck: 'false' });
  search.addEventListener('input', () => ask({ ...query, words: search.value }));
  const selects = filters.map((filter) => chooser(filter, rows, query.chosen[filter.id] ?? '', (value) => ask({ ...query, chosen: { ...query.chosen, [filter.id]: value } })));
  const bar = h('div', { class: 'bar', role: 'search' }, search, ...selects);
  const under = h('div', { class: 'bar under' }, status, button('Save as CSV', () => save(options.many, [columns.map(({ name }) => name), ...shown.map((row) => columns.map((column) => column.text(row)))])));
  // Before the first paint the frame has no height yet.
  queueMicrotask(() => {
    ask(query);
    // So that the first click on a header of twenty thousand rows does not wait.
    const idle = (at: number): void => {
      const column = columns[at];
      if (column === undefined || !frame.isConnected) return;
      source.ranks(column);
      warm(() => idle(at + 1));
    };
    warm(() => idle(0));
  });
  return h('div', { class: 'list' }, bar, under, frame);
}

/** When nothing else is to be done; not at all in a browser that cannot say when that is. */
function warm(work: () => void): void {
  if ('requestIdleCallback' in globalThis) requestIdleCallback(work);
}

function header<T>({ name, kind }: ListColumn<T>, sort: () => void): HTMLTableCellElement {
  return h('th', { scope: 'col', class: kind, 'aria-sort': 'none' }, button(name, sort));
}

function rowOf<T>(columns: readonly ListColumn<T>[], row: T, index: number): HTMLTableRowElement {
  return h('tr', { 'aria-rowindex': String(index + 2) }, ...columns.map((column) => {
    const content = column.cell?.(row) ?? column.text(row);
    return h('td', { class: column.kind, title: column.text(row) }, content);
  }));
}

/** One cell: more would be columns of their own where some are left out. */
function spacer(): { readonly row: HTMLTableRowElement; readonly height: (pixels: number) => void } {
  const cell = h('td');
  const row = h('tr', { class: 'spacer', 'aria-hidden': 'true' }, cell);
  return { row, height: (pixels) => (cell.style.height = `${pixels}px`) };
}

/** Nodes that stay are not taken out, so the one with the focus keeps it. */
function replaceKeepingFocus(body: HTMLElement, wanted: readonly HTMLElement[]): void {
  const stays = new Set<Element>(wanted);
  for (const child of Array.from(body.children)) if (!stays.has(child)) child.remove();
  let before: Element | null = body.firstElementChild;
  for (const row of wanted) {
    if (row === before) before = before.nextElementSibling;
    else body.insertBefore(row, before);
  }
}

/** Up and down lead from link to link. */
function moveFocus(event: KeyboardEvent, body: HTMLElement): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const links = [...body.querySelectorAll<HTMLAnchorElement>('tr:not(.spacer) td a:first-of-type')];
  const at = links.findIndex((link) => link === document.activeElement);
  const row = at === -1 ? undefined : links[at]?.closest('tr');
  const next = at === -1 ? links[0] : links.find((link, index) => (event.key === 'ArrowDown' ? index > at && link.closest('tr') !== row : link.closest('tr') === row?.previousElementSibling));
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

function chooser<T>(filter: Filter<T>, rows: readonly T[], value: string, choose: (value: string) => void): HTMLElement {
  const select = h('select', { 'aria-label': filter.label }, h('option', { value: '' }, filter.label));
  for (const [choice, count] of choices(rows, filter)) select.append(h('option', { value: choice }, `${choice} (${number(count)})`));
  select.value = value;
  select.addEventListener('change', () => choose(select.value));
  return select;
}

function save(name: string, rows: readonly (readonly string[])[]): void {
  const address = URL.createObjectURL(new Blob([csvText(rows)], { type: 'text/csv;charset=utf-8' }));
  const anchor = h('a', { href: address, download: `dekey-${name.replaceAll(' ', '-')}.csv` });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
