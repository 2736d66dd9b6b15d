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

/** Rows with what every query needs of them, worked out once. */
export interface Searchable<T> {
  readonly rows: readonly T[];
  /** All texts of a row in lower case. */
  readonly texts: readonly string[];
  /** By column: where each row stands when all are sorted by it; equal rows stand in the same place. Made when it is first asked for. */
  readonly ranks: (column: Column<T>) => readonly number[];
}

export function searchable<T>(rows: readonly T[], columns: readonly Column<T>[]): Searchable<T> {
  const made = new Map<string, readonly number[]>();
  const ranks = (column: Column<T>): readonly number[] => {
    const known = made.get(column.name) ?? ranksOf(rows, column);
    made.set(column.name, known);
    return known;
  };
  return { rows, texts: rows.map((row) => columns.map((column) => column.text(row)).join('\n').toLowerCase()), ranks };
}

function ranksOf<T>(rows: readonly T[], { rank, text }: Column<T>): readonly number[] {
  if (rank !== undefined) return rows.map(rank);
  const texts = rows.map(text);
  const order = new Map([...new Set(texts)].toSorted().map((value, index) => [value, index]));
  return texts.map((value) => order.get(value) ?? 0);
}

/** The rows that a query leaves, in its order. */
export function select<T>({ rows, texts, ranks }: Searchable<T>, columns: readonly Column<T>[], filters: readonly Filter<T>[], query: Query): readonly T[] {
  const words = query.words.toLowerCase().split(/\s+/).filter((word) => word !== '');
  const chosen = filters.flatMap((filter) => {
    const value = Object.hasOwn(query.chosen, filter.id) ? query.chosen[filter.id] : undefined;
    return value === undefined || value === '' ? [] : [{ filter, value }];
  });
  const left: number[] = [];
  rows.forEach((row, index) => {
    const text = texts[index] ?? '';
    if (words.every((word) => text.includes(word)) && chosen.every(({ filter, value }) => filter.value(row) === value)) left.push(index);
  });
  const isDown = query.sort.startsWith('-');
  const column = columns.find(({ name }) => name === (isDown ? query.sort.slice(1) : query.sort));
  if (column !== undefined) {
    const by = ranks(column);
    const sign = isDown ? -1 : 1;
    // Equal rows keep the order of the data.
    left.sort((a, b) => sign * ((by[a] ?? 0) - (by[b] ?? 0)) || a - b);
  }
  const found: T[] = [];
  for (const index of left) {
    const row = rows[index];
    if (row !== undefined) found.push(row);
  }
  return found;
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
