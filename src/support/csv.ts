/** What a spreadsheet takes for the start of a formula, in their wide forms too: some input methods write those, and some programs obey them. */
const FORMULA = /^[\s\u00a0]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/**
 * One cell of a CSV file by RFC 4180. A text that a spreadsheet would run as a formula gets an apostrophe in front and quotes around it; the apostrophe is
 * what spreadsheets themselves write before a text that is not to be worked out.
 */
export function csvCell(text: string): string {
  if (FORMULA.test(text)) return `"'${text.replaceAll('"', '""')}"`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Lines end in CRLF, the last one too. */
export function csvText(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}
