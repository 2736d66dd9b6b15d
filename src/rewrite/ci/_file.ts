import type { FileRefusal, Replacement, Rewriting } from '../types.ts';

export const nothing: Rewriting = { changes: [], refusals: [] };

/** A file that cannot be read cannot be edited. */
export function unreadable(own: readonly Replacement[], line: number): Rewriting {
  const refusals = own.map(({ migration }): FileRefusal => ({ code: 'not-readable', line, reason: 'The file does not parse, or has two entries of one name.', byHand: 'Correct it and run again.', migrations: [migration], shadows: true }));
  return { changes: [], refusals };
}

/** `ci.yml › evals`, as scans call the job. */
export function nameOf(path: string, job: string): string {
  return `${path.slice(path.lastIndexOf('/') + 1)} › ${job}`;
}

/** Characters between the start of the line and `at`. */
export function columnOf(text: string, at: number): number {
  return at - (at <= 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1);
}

/** `key:` with lines below it, each `step` further in. */
export function block(key: string, lines: string, step: number): string {
  return `${key}:\n${lines.replace(/^(?=.)/gm, ' '.repeat(step))}`;
}

/** A command as an item of a list, as a literal block when it has several lines. */
export function item(command: string): string {
  if (!command.includes('\n')) return `- ${plainOrQuoted(command)}\n`;
  return `- |\n${command.trimEnd().replace(/^(?=.)/gm, '  ')}\n`;
}

/** A line of shell as a YAML scalar: plain where that reads the same. */
export function plainOrQuoted(line: string): string {
  return /^[A-Za-z(][^\n]*$/.test(line) && !/: |:$| #|^(?:true|false|null)$/.test(line) ? line : `'${line.replaceAll("'", "''")}'`;
}
