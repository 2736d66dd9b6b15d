/** Turns offsets into lines and columns, both from 1. Built once a text, then O(log lines) a question. */
export class LineIndex {
  readonly #starts: readonly number[];
  readonly #length: number;

  /** `\n`, `\r\n` and a lone `\r` end a line. */
  constructor(text: string) {
    const starts = [0];
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === 10 || (code === 13 && text.charCodeAt(at + 1) !== 10)) starts.push(at + 1);
    }
    this.#starts = starts;
    this.#length = text.length;
  }

  /** Line and column of the character at `offset`; an offset past the end is taken as the end. */
  position(offset: number): { line: number; column: number } {
    const wanted = Math.max(0, Math.min(offset, this.#length));
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= wanted) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: wanted - (this.#starts[low] ?? 0) + 1 };
  }

  /** The span from `start` to `end` (half open), with both ends as lines and columns. */
  span(start: number, end: number): { start: number; end: number; line: number; column: number; endLine: number; endColumn: number } {
    const from = this.position(start);
    const to = this.position(end);
    return { start, end, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
  }
}
