/** Columns a terminal gives to `text`: two for East Asian wide characters and emoji, none for combining marks. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

function characterWidth(character: string): number {
  if (character <= '~') return 1;
  if (/^\p{M}$/u.test(character)) return 0;
  return /^(?:\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|[\u3000-\u303f\uff01-\uff60])$/u.test(character) ? 2 : 1;
}

/** `text` filled with spaces to `width` columns; longer text stays whole. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** At most `width` columns: the middle gives way to `ellipsis`, because names differ at their ends. */
export function shortenMiddle(text: string, width: number, ellipsis: string): string {
  if (displayWidth(text) <= width) return text;
  const room = width - displayWidth(ellipsis);
  if (room < 2) return takeColumns([...text], width);
  const characters = [...text];
  const tail = takeColumns(characters.toReversed(), Math.floor(room / 2));
  const head = takeColumns(characters, room - displayWidth(tail));
  return head + ellipsis + [...tail].toReversed().join('');
}

function takeColumns(characters: readonly string[], width: number): string {
  let taken = '';
  let used = 0;
  for (const character of characters) {
    used += characterWidth(character);
    if (used > width) return taken;
    taken += character;
  }
  return taken;
}

/**
 * Packs whole items into lines of at most `width` columns. An item wider than a line is broken at its spaces, and stands over the
 * edge only where it has none. `separator` stands between items of one line and is dropped where a line ends.
 */
export function wrapItems(items: readonly string[], separator: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const item of items) {
    const joined = line === '' ? item : line + separator + item;
    if (displayWidth(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = displayWidth(item) <= width ? [item] : wrapWords(item, width);
    for (const piece of pieces.slice(0, -1)) lines.push(piece);
    line = pieces.at(-1) ?? '';
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** `text` broken at spaces into lines of at most `width` columns. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (line !== '' && displayWidth(joined) > width) {
      lines.push(line);
      line = word;
    } else line = joined;
  }
  lines.push(line);
  return lines;
}
