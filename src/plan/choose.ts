import type { PlannedKey } from '../model/plan.ts';
import type { DraftPlan } from './plan.ts';
import { summaryOf } from './summary.ts';

/**
 * The part of a plan that carries out `chosen`, with the identities and inputs that it needs. A key that a workload outside of it goes on using is kept. Pure.
 */
export function chooseMigrations(draft: DraftPlan, chosen: ReadonlySet<string>): DraftPlan {
  const migrations = draft.migrations.filter(({ id }) => chosen.has(id));
  const needed = new Set(migrations.flatMap((migration) => migration.chosen?.hops ?? []).flatMap(({ identity, otherRuns = [] }) => [identity, ...otherRuns.map((other) => other.identity)]));
  const identities = draft.identities.filter(({ target }) => needed.has(target.id)).map((identity) => ({ ...identity, migrations: identity.migrations.filter((id) => chosen.has(id)) }));
  const keys = draft.keys.filter((key) => key.migrations.some((id) => chosen.has(id))).map((key): PlannedKey => {
    const own = key.migrations.filter((id) => chosen.has(id));
    return own.length === key.migrations.length ? key : { ...key, when: 'none', outcome: 'kept', migrations: own };
  });
  const used = usedInputs([identities, migrations.map(({ environment }) => environment.set)]);
  const inputs = draft.inputs.filter(({ id, value }) => used.has(id) || value !== null);
  return {
    ...draft,
    summary: summaryOf({ migrations, keys, identities, inputs }),
    keys,
    migrations,
    identities,
    inputs,
  };
}

/** Ids of inputs wherever they stand: as parts of a text (`{ input }`), or as `{id}` in a template. */
function usedInputs(value: unknown, found: Set<string> = new Set()): Set<string> {
  if (typeof value === 'string') for (const [, id = ''] of value.matchAll(/\{([a-z0-9_]+(?:\.[a-z0-9_]+)+)\}/g)) found.add(id);
  else if (Array.isArray(value)) for (const one of value) usedInputs(one, found);
  else if (typeof value === 'object' && value !== null) {
    for (const [name, one] of Object.entries(value)) {
      if (name === 'input' && typeof one === 'string') found.add(one);
      else usedInputs(one, found);
    }
  }
  return found;
}
