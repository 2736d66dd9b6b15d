import { mayRunOn } from '../../platforms/_shared/github-events.ts';

/** The expression inside `${{ }}`, when the whole text is one. */
export function unwrap(text: string): string {
  const inner = /^\$\{\{([\s\S]*)\}\}$/.exec(text.trim())?.[1];
  return inner === undefined || inner.includes('${{') ? text.trim() : inner.trim();
}

/** An expression as YAML: plain where it can be, else in single quotes. */
export function quoteIfNeeded(text: string): string {
  return /^[A-Za-z(_$]/.test(text) && !/: | #|^\$\{\{.*: /.test(text) ? text : `'${text.replaceAll("'", "''")}'`;
}

/** `name: value` with the value between the quotes that its neighbours have. */
export function quotedAs(line: string, style: string): string {
  const [, name, value] = /^([\w.-]+): (.+)$/.exec(line) ?? [];
  if (name === undefined || value === undefined || /^["']/.test(value) || /["'\\]/.test(value)) return line;
  return style === 'single' ? `${name}: '${value}'` : style === 'double' ? `${name}: "${value}"` : line;
}

/** Whether a condition keeps runs for pull requests out. */
export function excludesPullRequests(condition: string): boolean {
  return !mayRunOn(condition, 'pull_request');
}
