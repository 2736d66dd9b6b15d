import type { FileRefusal, Replacement, Rewriting } from '../types.ts';

/** Files of each system, as scans know them. */
export const FILES = {
  'gitlab-ci': /\.gitlab-ci\.ya?ml$|(?:^|\/)\.gitlab\/(?!(?:issue|merge_request)_templates\/)(?:.*\/)?[^/]+\.ya?ml$/,
  circleci: /(?:^|\/)\.circleci\/(?:.*\/)?[^/]+\.ya?ml$|(?:^|\/)circle\.yml$/,
  buildkite: /(?:^|\/)\.buildkite\/(?:.*\/)?[^/]+\.ya?ml$|(?:^|\/)buildkite\.ya?ml$/,
  'bitbucket-pipelines': /(?:^|\/)bitbucket-pipelines\.ya?ml$/,
  'azure-pipelines': /(?:^|\/)\.?azure-pipelines?[^/]*\.ya?ml$|(?:^|\/)\.(?:azuredevops|azure-pipelines|azure|pipelines|ado|vsts-ci|vsts)\/(?:.*\/)?[^/]+\.ya?ml$/i,
  jenkins: /(?:^|\/)(?:Jenkinsfile[^/]*|[^/]*\.[jJ]enkinsfile)$|(?:^|\/)vars\/[^/]+\.groovy$/,
  'google-cloud-build': /(?:^|\/)(?:[^/]*[._-])?cloud-?build(?:[._-][^/]*)?\.(?:ya?ml|json)$/i,
} as const satisfies Readonly<Record<string, RegExp>>;

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
function plainOrQuoted(line: string): string {
  return /^[A-Za-z(][^\n]*$/.test(line) && !/: |:$| #|^(?:true|false|null)$/.test(line) ? line : `'${line.replaceAll("'", "''")}'`;
}
