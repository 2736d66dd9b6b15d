/** Fenced blocks of a Markdown page, and what their info strings say of them. */

/**
 * After the language: the name of a world the commands run in (`demo`, `organisation`, `accounts`, `anywhere`), `exit=N` for the exit code of the last command, `not-run="why"`;
 * for what is not run, what it is: `output` (of the commands before it), `generated` (the page itself is compared), `config`, `workflow`, `steps`, `gitlab`.
 */
export interface Block {
  readonly page: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly kind: string;
  readonly exit: number;
  readonly notRun: string | undefined;
  readonly text: string;
}

export const WORLDS = ['demo', 'organisation', 'accounts', 'anywhere'] as const;
export type WorldName = (typeof WORLDS)[number];

export function blocksOf(page: string, text: string): readonly Block[] {
  const blocks: Block[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const open = /^(`{3,})(\S*) ?(.*)$/.exec(lines[at] ?? '');
    if (open === null) continue;
    const [, fence = '', language = '', info = ''] = open;
    const end = lines.findIndex((line, index) => index > at && line === fence);
    if (end < 0) throw new Error(`${page}:${at + 1}: the block has no end`);
    blocks.push({ page, line: at + 1, language, kind: /^[a-z]+(?= |$)/.exec(info)?.[0] ?? '', exit: Number(/\bexit=(\d)\b/.exec(info)?.[1] ?? 0), notRun: /\bnot-run="([^"]+)"/.exec(info)?.[1], text: lines.slice(at + 1, end).join('\n') });
    at = end;
  }
  return blocks;
}

/** A command a line; one that ends in a backslash goes on. */
export function commandsOf({ text }: Block): readonly string[] {
  return text.replaceAll('\\\n', ' ').split('\n').map((line) => line.replace(/\s+#\s.*$/, '').trim()).filter((line) => line !== '' && !line.startsWith('#'));
}

/** How long things take is another on each machine, and how long ago something was another each day. */
export function masked(text: string): string {
  return text.replaceAll(/\b\d+(?:\.\d+)? (?:ms|s)\b/g, 'N s').replaceAll(/[\d,]+ days ago/g, 'N days ago').split('\n').map((line) => line.trimEnd()).join('\n').trim();
}

/** What of `shown` is not so in `real`, or nothing. A line with nothing but an ellipsis stands for any number of lines. */
export function misfit(shown: string, real: string): string | undefined {
  const parts = masked(shown).split(/^[ +-]*\u2026$/m).map((part) => part.replace(/^\n|\n$/g, ''));
  const whole = masked(real);
  if (parts.length === 1) return parts[0] === whole ? undefined : whole;
  const lines = whole.split('\n');
  let at = 0;
  for (const [index, part] of parts.entries()) {
    if (part === '') continue;
    const wanted = part.split('\n');
    const isThere = (from: number): boolean => wanted.every((line, offset) => lines[from + offset] === line);
    const last = lines.length - wanted.length;
    // The first part begins the output, the last one ends it.
    const from = index === parts.length - 1 ? last : at;
    const to = index === 0 ? at : last;
    let found = from;
    while (found <= to && !isThere(found)) found += 1;
    if (found < at || found > to) return `these lines are not there, or not in this place:\n${part}\n--- of what was printed:\n${lines.slice(at).join('\n')}`;
    at = found + wanted.length;
  }
  return undefined;
}
