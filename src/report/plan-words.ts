import type { MigrationPlan, Migration, PlannedIdentity } from '../model/plan.ts';
import type { Text } from '../model/text.ts';

/** Titles of registry ids, so that a renderer needs no registry. */
export interface PlanTitles {
  readonly provider: (id: string) => string;
  readonly platform: (id: string) => string;
  readonly party: (id: string) => string;
}

export const WHEN_LABELS: Readonly<Record<Migration['when'], string>> = { today: 'today', 'after-change': 'after change', none: 'no path' };

/** `brokered` and not `no path` where something is done for a key that stays. */
export function whenLabel(migration: Migration): string {
  return migration.when === 'none' && migration.chosen !== null ? 'reduced' : WHEN_LABELS[migration.when];
}

/** With `${NAME}` where an input stands. */
export function shown(text: Text): string {
  return text.map((part) => (typeof part === 'string' ? part : `\${${part.input.toUpperCase().replaceAll('.', '_')}}`)).join('');
}

/** The conditions of one identity, one a line: `sub = repo:...`. */
export function conditions({ target }: PlannedIdentity): readonly string[] {
  const { policy } = target;
  return [
    `iss = ${shown(policy.issuer)}`,
    `aud = ${shown(policy.audience)}`,
    ...(policy.subject === undefined ? [] : [`sub ${policy.subject.kind === 'exact' ? '=' : 'begins with'} ${shown(policy.subject.text)}`]),
    ...policy.claims.map(({ claim, value }) => `${claim} = ${shown(value)}`),
  ];
}

/** Before the first step that touches a provider: the folders of the plan, in the order in which they are used. */
export function foldersOf(plan: MigrationPlan): readonly string[] {
  return [...new Set(plan.files.flatMap(({ path }) => (path.includes('/') ? [path.slice(0, path.indexOf('/'))] : [])))];
}
