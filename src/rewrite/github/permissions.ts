import { entry, get, textOf, type YamlNode } from '../../support/yaml.ts';
import type { YamlEdit, YamlMap } from '../yaml-edit.ts';
import type { House } from './actions.ts';
import { isWhole, neededBy, type Read } from './permission-needs.ts';

/** Scopes of GITHUB_TOKEN that `read-all` stands for (@actions/workflow-parser 0.3.61), but for two so new that linters call them unknown. */
const READABLE = ['actions', 'artifact-metadata', 'attestations', 'checks', 'contents', 'deployments', 'discussions', 'issues', 'models', 'packages', 'pages', 'pull-requests', 'repository-projects', 'security-events', 'statuses'] as const;

/** What makes a job able to ask for its token. */
export type PermissionEdit =
  | { readonly kind: 'none' }
  | { readonly kind: 'edits'; readonly edits: readonly YamlEdit[]; readonly what: string; readonly reviewed: boolean }
  | { readonly kind: 'impossible'; readonly reason: string };

/** Edits that give `job` `id-token: write` and take nothing away from it. `count`: jobs of the workflow; `called`: jobs of a workflow that it calls, which have no more than it has. */
export function permissionEdit(root: YamlMap, job: YamlMap, count: number, house: House, read: Read, called: readonly YamlMap[] = []): PermissionEdit {
  const comment = `${house.gap}# workload identity federation`;
  const line = `id-token: write${comment}`;
  const own = entry(job, 'permissions');
  if (own !== undefined) return extend(job, own.value, line, comment, house);
  const shared = entry(root, 'permissions');
  if (shared === undefined) return create(job, [...neededBy([job, ...called], read), ['id-token', 'write']], comment, isWhole([job, ...called]), house);
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

/** `write` between the quotes that the other levels have. */
function quotedLine(line: string, permissions: YamlMap): string {
  const styles = permissions.entries.flatMap(({ value }) => (value.kind === 'scalar' ? [value.style] : []));
  const [style = 'plain'] = styles;
  return styles.every((one) => one === style) && (style === 'single' || style === 'double') ? line.replace(/^id-token: write/, style === 'single' ? "id-token: 'write'" : 'id-token: "write"') : line;
}
