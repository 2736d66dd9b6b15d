/** Plain columns for a terminal. */
export type Row = readonly string[];

/** Lines of a table: the first column to the left, numbers to the right. A column is numeric when all its cells below the heading start with a digit or `-`. */
export function table(heading: Row, rows: readonly Row[]): string[] {
  const widths = heading.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const numeric = heading.map((_, column) => rows.length > 0 && rows.every((row) => /^(?:[-\d]|$)/.test(row[column] ?? '')));
  const line = (row: Row): string =>
    `  ${row.map((cell, column) => (numeric[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join('  ')}`.trimEnd();
  return [line(heading), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

export function share(part: number, whole: number): string {
  return whole === 0 ? `${part}/0` : `${part}/${whole} = ${(part / whole).toFixed(4)}`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

export function seconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}
