import { entry, get, itemsOf, textOf, walk, type YamlNode } from '../../support/yaml.ts';
import type { YamlEdit, YamlMap } from '../yaml-edit.ts';
import type { House } from './actions.ts';

/** Scopes of GITHUB_TOKEN that `read-all` stands for (@actions/workflow-parser 0.3.61), but for two so new that linters call them unknown. */
const READABLE = ['actions', 'artifact-metadata', 'attestations', 'checks', 'contents', 'deployments', 'discussions', 'issues', 'models', 'packages', 'pages', 'pull-requests', 'repository-projects', 'security-events', 'statuses'] as const;

/** What makes a job able to ask for its token. */
export type PermissionEdit =
  | { readonly kind: 'none' }
  | { readonly kind: 'edits'; readonly edits: readonly YamlEdit[]; readonly what: string; readonly reviewed: boolean }
  | { readonly kind: 'impossible'; readonly reason: string };

/** Edits that give `job` `id-token: write` and take nothing away from it. `count`: jobs of the workflow; `called`: jobs of a workflow that it calls, which have no more than it has. */
export function permissionEdit(root: YamlMap, job: YamlMap, count: number, house: House, called: readonly YamlMap[] = []): PermissionEdit {
  const comment = `${house.gap}# workload identity federation`;
  const line = `id-token: write${comment}`;
  const own = entry(job, 'permissions');
  if (own !== undefined) return extend(job, own.value, line, comment, house);
  const shared = entry(root, 'permissions');
  if (shared === undefined) return create(job, [...neededBy([job, ...called]), ['id-token', 'write']], comment, isPlain([job, ...called]), house);
  if (textOf(shared.value) === 'write-all') return { kind: 'none' };
  if (shared.value.kind === 'map' && grantsToken(shared.value)) return { kind: 'none' };
  if (count === 1) return extend(root, shared.value, line, comment, house);
  if (textOf(shared.value) === 'read-all') return create(job, [...READABLE.map((scope) => [scope, 'read'] as const), ['id-token', 'write']], comment, true, house);
  if (shared.value.kind !== 'map') return { kind: 'impossible', reason: 'the permissions of the workflow are no list of scopes' };
  const copied = shared.value.entries.flatMap(({ key, value }) => (key === 'id-token' || textOf(value) === undefined ? [] : [[key, textOf(value) ?? ''] as const]));
  return create(job, [...copied, ['id-token', 'write']], comment, true, house);
}

function extend(holder: YamlMap, permissions: YamlNode, line: string, comment: string, house: House): PermissionEdit {
  if (permissions.kind === 'map') {
    if (grantsToken(permissions)) return { kind: 'none' };
    const existing = entry(permissions, 'id-token');
    if (existing?.value.kind === 'scalar') return { kind: 'edits', edits: [{ kind: 'replace', scalar: existing.value, text: 'write' }], what: '`id-token` becomes `write`', reviewed: true };
    // A comment between braces would swallow the brace.
    return { kind: 'edits', edits: [{ kind: 'add-entries', holder: permissions, text: `${permissions.entries.length === 0 ? 'id-token: write' : quotedLine(line, permissions)}\n` }], what: '`id-token: write` is added to the permissions', reviewed: true };
  }
  const word = textOf(permissions);
  if (word === 'write-all') return { kind: 'none' };
  if (word === 'read-all' && holder.kind === 'map') {
    const old = entry(holder, 'permissions');
    const before = old === undefined ? undefined : holder.entries[holder.entries.indexOf(old) - 1];
    const beside = before ?? (old === undefined ? undefined : holder.entries[holder.entries.indexOf(old) + 1]);
    if (old === undefined || beside === undefined) return { kind: 'impossible', reason: 'the permissions stand alone' };
    const scopes = [...READABLE.map((scope) => [scope, 'read'] as const), ['id-token', 'write'] as const];
    return { kind: 'edits', edits: [{ kind: 'remove-entry', holder, entry: old }, { kind: 'add-entries', holder, after: beside, text: block(scopes, comment, house) }], what: '`read-all` gives no token, so it is written out and `id-token: write` added', reviewed: true };
  }
  return { kind: 'impossible', reason: 'the permissions are empty or computed' };
}

function create(job: YamlMap, scopes: readonly (readonly [string, string])[], comment: string, reviewed: boolean, house: House): PermissionEdit {
  const after = entry(job, 'runs-on') ?? entry(job, 'uses') ?? job.entries[0];
  if (after === undefined) return { kind: 'impossible', reason: 'the job is empty' };
  const kept = scopes.filter(([scope]) => scope !== 'id-token').map(([scope, level]) => `${scope}: ${level}`);
  return { kind: 'edits', edits: [{ kind: 'add-entries', holder: job, after, text: block(scopes, comment, house) }], what: `\`id-token: write\` is added; ${kept.join(', ') || 'nothing else'} ${kept.length === 1 ? 'is' : 'are'} written out, since a permissions block drops all that it does not name`, reviewed };
}

function block(scopes: readonly (readonly [string, string])[], comment: string, { indent }: House): string {
  return `permissions:\n${scopes.map(([scope, level]) => `${' '.repeat(indent)}${scope}: ${level}${scope === 'id-token' ? comment : ''}\n`).join('')}`;
}

function grantsToken(permissions: YamlNode): boolean {
  return textOf(get(permissions, 'id-token')) === 'write';
}

type Level = 'read' | 'write';

/** Scopes that steps need, by the action's name: what their documentation asks for. */
const BY_ACTION: readonly (readonly [RegExp, Readonly<Record<string, Level>>])[] = [
  [/^actions\/checkout@/, { contents: 'read' }],
  [/^actions\/stale@/, { issues: 'write', 'pull-requests': 'write' }],
  [/^actions\/labeler@/, { 'pull-requests': 'write' }],
  [/^actions\/first-interaction@/, { issues: 'write', 'pull-requests': 'write' }],
  [/^actions\/deploy-pages@/, { pages: 'write' }],
  [/^actions\/attest(?:-build-provenance|-sbom)?@/, { attestations: 'write' }],
  [/^actions\/dependency-review-action@/, { 'pull-requests': 'write' }],
  [/^actions\/github-script@/, { issues: 'write', 'pull-requests': 'write' }],
  [/^peter-evans\/create-pull-request@/, { contents: 'write', 'pull-requests': 'write' }],
  [/^peter-evans\/create-or-update-comment@/, { issues: 'write', 'pull-requests': 'write' }],
  [/^(?:marocchino\/sticky-pull-request-comment|thollander\/actions-comment-pull-request)@/, { 'pull-requests': 'write' }],
  [/^(?:softprops\/action-gh-release|ncipollo\/release-action|goreleaser\/goreleaser-action|release-drafter\/release-drafter|googleapis\/release-please-action)@/, { contents: 'write', 'pull-requests': 'write' }],
  [/^(?:stefanzweifel\/git-auto-commit-action|EndBug\/add-and-commit|JamesIves\/github-pages-deploy-action|peaceiris\/actions-gh-pages)@/, { contents: 'write' }],
  [/^github\/codeql-action\//, { actions: 'read', 'security-events': 'write' }],
  [/^(?:dorny\/test-reporter|EnricoMi\/publish-unit-test-result-action)/, { checks: 'write', 'pull-requests': 'write' }],
  [/^dorny\/paths-filter@/, { 'pull-requests': 'read' }],
  [/^anthropics\/claude-code-action/, { actions: 'read', issues: 'write', 'pull-requests': 'write' }],
  [/^google-github-actions\/run-gemini-cli@/, { issues: 'write', 'pull-requests': 'write' }],
];

const BY_COMMAND: readonly (readonly [RegExp, Readonly<Record<string, Level>>])[] = [
  [/\bgh\s+pr\s+(?:comment|create|edit|close|merge|review|ready)\b/, { 'pull-requests': 'write' }],
  [/\bgh\s+pr\b/, { 'pull-requests': 'read' }],
  [/\bgh\s+issue\s+(?:comment|create|edit|close)\b/, { issues: 'write' }],
  [/\bgh\s+issue\b/, { issues: 'read' }],
  [/\bgh\s+release\s+(?:create|edit|upload|delete)\b/, { contents: 'write' }],
  [/\bgh\s+(?:workflow\s+(?:run|enable|disable)|run\s+(?:rerun|cancel|delete)|cache\s+delete)\b/, { actions: 'write' }],
  [/\bgh\s+(?:run|workflow|cache)\b/, { actions: 'read' }],
  [/\bgit\s+push\b/, { contents: 'write' }],
  [/\bghcr\.io\b/, { packages: 'write' }],
];

/** Whether nothing but actions that are known to read alone can use the token of the repository: then the list is whole. */
function isPlain(jobs: readonly YamlNode[]): boolean {
  return jobs.every((job) => {
    const steps = itemsOf(get(job, 'steps'));
    return steps.length > 0 && steps.every((step) => {
      const uses = textOf(get(step, 'uses'));
      const scalars: string[] = [];
      walk(step, '', ({ value }) => scalars.push(value));
      const isMentioned = scalars.some((value) => /github\.token|secrets\.GITHUB_TOKEN/i.test(value)) || /\bgh\s|\bgit\s+push\b/.test(textOf(get(step, 'run')) ?? '');
      return !isMentioned && (uses === undefined || BY_ACTION.some(([pattern, scopes]) => pattern.test(uses) && Object.values(scopes).every((level) => level === 'read')) || /^actions\/(?:setup-[a-z]+|cache)@/.test(uses));
    });
  });
}

/** What the steps of jobs need beside their token: `contents: read` at least. */
function neededBy(jobs: readonly YamlNode[]): readonly (readonly [string, string])[] {
  const needed = new Map<string, Level>([['contents', 'read']]);
  const want = (scopes: Readonly<Record<string, Level>>): void => {
    for (const [scope, level] of Object.entries(scopes)) if (needed.get(scope) !== 'write') needed.set(scope, level);
  };
  for (const step of jobs.flatMap((job) => itemsOf(get(job, 'steps')))) {
    const uses = textOf(get(step, 'uses')) ?? '';
    const run = textOf(get(step, 'run')) ?? '';
    for (const [pattern, scopes] of BY_ACTION) if (pattern.test(uses)) want(scopes);
    for (const [pattern, scopes] of BY_COMMAND) if (pattern.test(run)) want(scopes);
    if (uses.startsWith('docker/login-action@') && textOf(get(get(step, 'with'), 'registry')) === 'ghcr.io') want({ packages: 'write' });
  }
  return [...needed].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** `write` between the quotes that the other levels have. */
function quotedLine(line: string, permissions: YamlMap): string {
  const styles = permissions.entries.flatMap(({ value }) => (value.kind === 'scalar' ? [value.style] : []));
  const [style = 'plain'] = styles;
  return styles.every((one) => one === style) && (style === 'single' || style === 'double') ? line.replace(/^id-token: write/, style === 'single' ? "id-token: 'write'" : 'id-token: "write"') : line;
}
