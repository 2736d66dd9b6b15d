/** A Go template as far as its text shows it: lines of YAML, and the actions between them. Linear. */
export interface Template {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly TemplateLine[];
  readonly actions: readonly Action[];
}

export interface TemplateLine {
  readonly start: number;
  readonly end: number;
  /** Of the text of YAML on it. */
  readonly indent: number;
  /** The text without actions, comments and the dash of an item; empty for a line of nothing else. */
  readonly bare: string;
  readonly isItem: boolean;
  /** Where the text behind a dash begins. */
  readonly contentAt: number;
}

/** `{{ ... }}`. */
export interface Action {
  /** Without braces and trims, blanks as one. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** What it stands in, from the outside in; for `end` and `else` the block they belong to is the last. */
  readonly blocks: readonly Block[];
}

export interface Block {
  readonly kind: 'if' | 'with' | 'range' | 'define' | 'else';
  readonly condition: string;
  readonly start: number;
}

/** Bounded, so that braces without an end cost little. */
const ACTION = /\{\{-?\s{0,40}(?:\/\*[^]{0,4000}?\*\/\s{0,40}-?|(?:"(?:[^"\\\n]|\\.){0,400}"|`[^`]{0,400}`|[^}"`]|\}(?!\})){0,1000})\}\}/g;

export function parseTemplate(path: string, text: string): Template {
  return { path, text, lines: linesOf(text), actions: actionsOf(text) };
}

export function actionsOf(text: string): readonly Action[] {
  const actions: Action[] = [];
  let blocks: readonly Block[] = [];
  for (const match of text.matchAll(ACTION)) {
    const inner = match[0].replace(/^\{\{-?/, '').replace(/-?\}\}$/, '').replace(/\s+/g, ' ').trim();
    if (inner.startsWith('/*')) continue;
    const start = match.index;
    actions.push({ text: inner, start, end: start + match[0].length, blocks });
    const opened = /^(if|with|range|define|block)\b ?(.*)$/.exec(inner);
    if (opened !== null) blocks = [...blocks, { kind: kindOf(opened[1] ?? ''), condition: opened[2] ?? '', start }];
    else if (/^else\b/.test(inner)) blocks = [...blocks.slice(0, -1), { kind: 'else', condition: inner, start: blocks.at(-1)?.start ?? start }];
    else if (inner === 'end') blocks = blocks.slice(0, -1);
  }
  return actions;
}

function kindOf(word: string): Block['kind'] {
  return word === 'if' || word === 'with' || word === 'range' ? word : 'define';
}

function linesOf(text: string): readonly TemplateLine[] {
  // Actions of several lines leave blank lines where they stood.
  const bare = text.replace(ACTION, (action) => action.replace(/[^\n]/g, '\u0000'));
  const lines: TemplateLine[] = [];
  for (let start = 0; start <= text.length; ) {
    const stop = text.indexOf('\n', start);
    const end = stop === -1 ? text.length : stop;
    const line = bare.slice(start, end).replace(/\u0000+/g, (hidden) => ' '.repeat(hidden.length)).replace(/(?:^|\s)#.*$/, '').trimEnd();
    const hasAction = bare.slice(start, end).includes('\u0000');
    const indent = line.length - line.trimStart().length;
    const item = /^(\s*)-(\s+|$)/.exec(line);
    // What stands behind a dash or a key may be an action.
    const leading = bare.slice(start, end);
    const dashIndent = /^(\s*)-\s/.exec(leading)?.[1]?.length;
    const isItem = item !== null || dashIndent !== undefined;
    const content = isItem ? line.slice((dashIndent ?? indent) + 1).trim() : line.trim();
    lines.push({
      start,
      end,
      indent: dashIndent ?? indent,
      bare: content === '' && isItem && hasAction ? '-' : content,
      isItem,
      contentAt: (dashIndent ?? indent) + 1 + (/^\s*-(\s*)/.exec(leading)?.[1]?.length ?? 0),
    });
    start = end + 1;
  }
  return lines;
}
