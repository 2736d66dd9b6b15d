import type { MigrationPlan, PlannedKey, PlanSummary } from '../model/plan.ts';

/** The counts of a plan, or of a part of one. Pure. */
export function summaryOf({ migrations, keys, identities, inputs }: Pick<MigrationPlan, 'migrations' | 'keys' | 'identities' | 'inputs'>): PlanSummary {
  const count = (when: PlannedKey['when']): number => keys.filter((key) => key.when === when).length;
  return {
    workloads: migrations.length,
    keys: keys.length,
    pathToZero: { today: count('today'), afterChange: count('after-change'), none: count('none') },
    reduced: keys.filter(({ outcome }) => outcome === 'reduced').length,
    identities: identities.length,
    refusalsChecked: identities.reduce((sum, { refusals }) => sum + refusals.length, 0),
    inputsToFill: inputs.filter(({ value }) => value === null).length,
  };
}
