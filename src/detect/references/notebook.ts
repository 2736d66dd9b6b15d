/** Reads Jupyter notebooks: the source of each code cell, with a map from its characters to those of the file. */

/** One code cell, decoded. */
export interface Cell {
  readonly index: number;
  readonly text: string;
  /** For each source text of the cell: where it begins in `text`, and where its characters stand in the file. */
  readonly parts: readonly CellPart[];
}

interface CellPart {
  /** Index in the cell's `source`; -1 when the source is one text. */
  readonly index: number;
  readonly start: number;
  /** Offset in the file of the first character after the quote. */
  readonly raw: number;
  /** Offset in the file of each character, for parts with escapes; absent when characters stand as they are. */
  readonly offsets?: readonly number[];
}

export interface Notebook {
  readonly cells: readonly Cell[];
  /** Language of the kernel in lower case, `python` when the notebook does not say. */
  readonly language: string;
}

const DEEPEST = 64;

/** Reads a notebook in one pass over its JSON, without building it. Anything that is not a notebook gives no cells. */
export function readNotebook(text: string): Notebook {
  const cells: Cell[] = [];
  let language = 'python';
  // The path to where the reader stands: keys of objects and positions in lists.
  const keys: (string | number)[] = [];
  const lists: boolean[] = [];
  let depth = 0;
  let afterColon = false;
  let cellType = '';
  let strings: { index: number; raw: number; rawEnd: number }[] = [];
  let at = 0;

  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 34) {
      const end = stringEnd(text, at + 1);
      const isKey = depth > 0 && depth <= DEEPEST && lists[depth - 1] === false && !afterColon;
      if (isKey) keys[depth - 1] = end - at < 60 ? text.slice(at + 1, end) : '';
      else take(at + 1, end);
      at = end + 1;
      continue;
    }
    at += 1;
    if (code === 123 || code === 91) {
      depth += 1;
      afterColon = false;
      if (depth <= DEEPEST) {
        lists[depth - 1] = code === 91;
        keys[depth - 1] = code === 91 ? 0 : '';
      }
      if (depth === 3 && inCells()) {
        cellType = '';
        strings = [];
      }
    } else if (code === 125 || code === 93) {
      if (depth === 3 && code === 125 && inCells()) endCell();
      depth = Math.max(0, depth - 1);
      afterColon = false;
    } else if (code === 58) afterColon = true;
    else if (code === 44) {
      afterColon = false;
      const key = keys[depth - 1];
      if (depth <= DEEPEST && typeof key === 'number') keys[depth - 1] = key + 1;
    }
  }
  return { cells, language };

  function inCells(): boolean {
    return keys[0] === 'cells' && lists[1] === true && lists[0] === false;
  }

  function take(raw: number, rawEnd: number): void {
    if (inCells() && depth === 3 && keys[2] === 'cell_type') cellType = text.slice(raw, Math.min(rawEnd, raw + 20));
    else if (inCells() && depth === 3 && keys[2] === 'source') strings.push({ index: -1, raw, rawEnd });
    else if (inCells() && depth === 4 && keys[2] === 'source' && typeof keys[3] === 'number') strings.push({ index: keys[3], raw, rawEnd });
    else if (keys[0] === 'metadata' && depth === 3 && (keys[1] === 'kernelspec' || keys[1] === 'language_info') && (keys[2] === 'language' || (keys[1] === 'language_info' && keys[2] === 'name'))) {
      language = text.slice(raw, Math.min(rawEnd, raw + 30)).toLowerCase();
    }
  }

  function endCell(): void {
    const index = keys[1];
    if (cellType !== 'code' || strings.length === 0 || typeof index !== 'number') return;
    const pieces: string[] = [];
    const parts: CellPart[] = [];
    let length = 0;
    for (const { index: part, raw, rawEnd } of strings) {
      const decoded = decode(text, raw, rawEnd);
      parts.push({ index: part, start: length, raw, ...(decoded.offsets === undefined ? {} : { offsets: decoded.offsets }) });
      pieces.push(decoded.text);
      length += decoded.text.length;
    }
    cells.push({ index, text: pieces.join(''), parts });
  }
}

/** Where the character at `offset` of a cell stands in the file, and in which source text. */
export function placeInFile(cell: Cell, offset: number): { offset: number; route: string } {
  let low = 0;
  let high = cell.parts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((cell.parts[middle]?.start ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const part = cell.parts[low];
  if (part === undefined) return { offset: 0, route: `cells[${cell.index}].source` };
  const within = offset - part.start;
  const raw = part.offsets === undefined ? part.raw + within : (part.offsets[within] ?? part.offsets.at(-1) ?? part.raw);
  return { offset: raw, route: part.index < 0 ? `cells[${cell.index}].source` : `cells[${cell.index}].source[${part.index}]` };
}

function stringEnd(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 92) at += 1;
    else if (code === 34) return at;
  }
  return text.length;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '"': '"', '\\': '\\', '/': '/' };

function decode(text: string, start: number, end: number): { text: string; offsets?: readonly number[] } {
  const raw = text.slice(start, end);
  const first = raw.indexOf('\\');
  if (first < 0) return { text: raw };
  // The usual text has one escape, the newline at its end, before which all offsets stand as they are.
  if (first === raw.length - 2 && raw.endsWith('\\n')) return { text: `${raw.slice(0, -2)}\n` };
  const pieces: string[] = [];
  const offsets: number[] = [];
  for (let at = 0; at < raw.length; at += 1) {
    offsets.push(start + at);
    const character = raw.charAt(at);
    if (character !== '\\') {
      pieces.push(character);
      continue;
    }
    const sign = raw.charAt(at + 1);
    const hex = sign === 'u' ? raw.slice(at + 2, at + 6) : '';
    if (/^[0-9a-fA-F]{4}$/.test(hex)) {
      pieces.push(String.fromCharCode(Number.parseInt(hex, 16)));
      at += 5;
    } else {
      pieces.push(Object.hasOwn(ESCAPES, sign) ? (ESCAPES[sign] ?? sign) : sign);
      at += 1;
    }
  }
  offsets.push(start + raw.length);
  return { text: pieces.join(''), offsets };
}
