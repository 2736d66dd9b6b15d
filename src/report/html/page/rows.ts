/** A column of a long list: what it shows, how it is sorted and what goes into the CSV file. No DOM here: tests run it as it is. */
export interface Column<T> {
  readonly name: string;
  /** Also the cell of the CSV file. */
  readonly text: (row: T) => string;
  /** What it is sorted by; by the text when absent. */
  readonly rank?: (row: T) => number;
}

/** A choice above the list: the rows whose value is the chosen one. */
export interface Filter<T> {
  readonly id: string;
  readonly label: string;
  readonly value: (row: T) => string;
}

export interface Query {
  /** Words that all have to occur, in any case and order. */
  readonly words: string;
  /** Chosen values, by id of the filter; '' and absent for all. */
  readonly chosen: Readonly<Record<string, string>>;
  /** Name of a column, with `-` in front for the other way round; '' for the order of the data. */
  readonly sort: string;
}

/** Rows with their texts in lower case, worked out once. */
export interface Searchable<T> {
  readonly rows: readonly T[];
  readonly texts: readonly string[];
}

export function searchable<T>(rows: readonly T[], columns: readonly Column<T>[]): Searchable<T> {
  return { rows, texts: rows.map((row) => columns.map((column) => column.text(row)).join('\n').toLowerCase()) };
}

/** The rows that a query leaves, in its order. Linear, but for sorting. */
export function select<T>({ rows, texts }: Searchable<T>, columns: readonly Column<T>[], filters: readonly Filter<T>[], query: Query): readonly T[] {
  const words = query.words.toLowerCase().split(/\s+/).filter((word) => word !== '');
  const chosen = filters.flatMap((filter) => {
    const value = Object.hasOwn(query.chosen, filter.id) ? query.chosen[filter.id] : undefined;
    return value === undefined || value === '' ? [] : [{ filter, value }];
  });
  const left = rows.filter((row, index) => {
    const text = texts[index] ?? '';
    return words.every((word) => text.includes(word)) && chosen.every(({ filter, value }) => filter.value(row) === value);
  });
  const isDown = query.sort.startsWith('-');
  const column = columns.find(({ name }) => name === (isDown ? query.sort.slice(1) : query.sort));
  return column === undefined ? left : sorted(left, column, isDown);
}

function sorted<T>(rows: readonly T[], { rank, text }: Column<T>, isDown: boolean): readonly T[] {
  const sign = isDown ? -1 : 1;
  if (rank !== undefined) {
    const ranked = rows.map((row, index) => ({ row, index, by: rank(row) }));
    return ranked.toSorted((a, b) => sign * (a.by - b.by) || a.index - b.index).map(({ row }) => row);
  }
  const worded = rows.map((row, index) => ({ row, index, by: text(row) }));
  return worded.toSorted((a, b) => sign * (a.by < b.by ? -1 : a.by > b.by ? 1 : 0) || a.index - b.index).map(({ row }) => row);
}

/** Values of a filter that occur, in the order of first occurrence, with how often. */
export function choices<T>(rows: readonly T[], filter: Filter<T>): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const value = filter.value(row);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].filter(([value]) => value !== '');
}

/** First row to draw and how many, for a window of `height` that is scrolled by `top`, with some beyond either edge. */
export function windowOf(count: number, rowHeight: number, top: number, height: number, beyond: number): { readonly first: number; readonly count: number } {
  const first = Math.max(0, Math.min(count, Math.floor(top / rowHeight)) - beyond);
  return { first, count: Math.max(0, Math.min(count - first, Math.ceil(height / rowHeight) + 2 * beyond)) };
}
