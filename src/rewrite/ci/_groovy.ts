/** As much of Groovy as it takes to find a call and its end. */

/** Comments blanked out, offsets kept. Strings are stepped over; one that does not close ends with its line, those in three quotes do not. */
export function blankComments(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"' || character === "'") {
      at = endOfString(text, at) - 1;
      continue;
    }
    const next = character === '/' ? text[at + 1] : undefined;
    if (next !== '/' && next !== '*') continue;
    const close = next === '/' ? text.indexOf('\n', at) : text.indexOf('*/', at + 2);
    const end = close === -1 ? text.length : next === '/' ? close : close + 2;
    parts.push(text.slice(from, at), text.slice(at, end).replace(/[^\n]/g, ' '));
    from = end;
    at = end - 1;
  }
  parts.push(text.slice(from));
  return parts.join('');
}

/** Place of the `)` that closes the `(` at `open`; strings are stepped over. */
export function closingOf(code: string, open: number): number | undefined {
  let depth = 0;
  for (let at = open; at < code.length && at - open < 20_000; at += 1) {
    const character = code[at];
    if (character === '"' || character === "'") at = endOfString(code, at) - 1;
    else if (character === '(') depth += 1;
    else if (character === ')') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return undefined;
}

/** From 1. */
export function lineOf(text: string, at: number): number {
  let line = 1;
  for (let next = text.indexOf('\n'); next !== -1 && next < at; next = text.indexOf('\n', next + 1)) line += 1;
  return line;
}

function endOfString(text: string, start: number): number {
  const quote = text[start] ?? '';
  if (text.startsWith(quote.repeat(3), start)) {
    const close = text.indexOf(quote.repeat(3), start + 3);
    return close === -1 ? text.length : close + 3;
  }
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\\') at += 1;
    else if (character === quote || character === '\n') return at + 1;
  }
  return text.length;
}
