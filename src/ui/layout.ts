export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Below this there is a message and nothing else. */
export const SMALLEST: Size = { columns: 60, rows: 15 };
/** From here on list and details stand side by side; or, where it is only high, one above the other. */
const SIDE_BY_SIDE = 150;
const STACKED = 44;
/** Title above; a line for notices and one for keys below. */
export const EDGES = { above: 1, below: 2 } as const;
/** What is filtered by, and the names of the columns. */
export const LIST_HEAD = 2;

interface Pane {
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly kind: 'one' | 'side' | 'stack';
  /** With its head. */
  readonly list: Pane;
  readonly detail: Pane;
  /** Rows of the list that are seen at once. */
  readonly listRows: number;
}

export function isTooSmall({ columns, rows }: Size): boolean {
  return columns < SMALLEST.columns || rows < SMALLEST.rows;
}

export function layoutOf({ columns, rows }: Size): Layout {
  const height = Math.max(1, rows - EDGES.above - EDGES.below);
  if (columns >= SIDE_BY_SIDE) {
    const width = Math.max(78, Math.floor(columns * 0.46));
    return layout('side', { width, height }, { width: columns - width - 3, height });
  }
  if (rows >= STACKED) {
    const upper = Math.floor(height * 0.4);
    return layout('stack', { width: columns, height: upper }, { width: columns, height: height - upper - 1 });
  }
  return layout('one', { width: columns, height }, { width: columns, height });
}

function layout(kind: Layout['kind'], list: Pane, detail: Pane): Layout {
  return { kind, list, detail, listRows: Math.max(1, list.height - LIST_HEAD) };
}
