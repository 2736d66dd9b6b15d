import type { PlannedChanges } from '../../model/apply.ts';
import type { Credential } from '../../model/inventory.ts';
import { migrationId } from '../../model/plan.ts';
import type { PageFileChange } from './page-data.ts';

/**
 * The changes of a plan by file, each with the credentials whose keys it takes out: a migration is of one workload and one provider.
 *
 * @param order the credentials as the page numbers them
 * @param clean shows hidden characters of one line
 */
export function pageChanges({ files }: PlannedChanges, order: readonly Credential[], clean: (text: string) => string): readonly PageFileChange[] {
  const byMigration = new Map<string, number[]>();
  for (const [index, { provider, workloads }] of order.entries()) {
    for (const workload of workloads) {
      const id = migrationId(workload, provider);
      const known = byMigration.get(id);
      if (known === undefined) byMigration.set(id, [index]);
      else known.push(index);
    }
  }
  const of = (migrations: readonly string[]): readonly number[] => [...new Set(migrations.flatMap((id) => byMigration.get(id) ?? []))].toSorted((a, b) => a - b);
  return files.map(({ path, diff, changes, refusals }) => ({
    path: clean(path),
    // Of what is hidden, tabs and line ends are what a diff is made of.
    diff: diff.replaceAll(/[^\n\t]+/g, clean),
    changes: changes.map(({ title, why, safety, reason, migrations }) => ({ title: clean(title), why: clean(why), rests: safety === 'safe' ? '' : clean(reason), of: of(migrations) })),
    refusals: refusals.map(({ line, reason, byHand, migrations }) => ({ line, reason: clean(reason), byHand: clean(byHand), of: of(migrations) })),
  })).filter(({ changes, refusals }) => [...changes, ...refusals].some((one) => one.of.length > 0));
}
