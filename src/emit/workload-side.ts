import type { Emission, Emitter, Target } from '../model/federation.ts';
import type { MigrationPlan } from '../model/plan.ts';
import type { Input } from '../model/text.ts';
import { CLUSTERS } from './_pod-token.ts';
import { emitGuardrails } from './guardrails.ts';
import { emitKubernetes } from './kubernetes.ts';
import { emitSpire } from './spire.ts';

/** What was made for a folder that belongs to no party, with the inputs it asked for. */
export interface WorkloadSide extends Emission {
  readonly party: string;
  readonly asked: readonly Input[];
}

/** What the workloads' own platforms need (service accounts, volumes, registration entries), and what keeps new keys from being made. Pure. */
export function emitWorkloadSide(plan: Pick<MigrationPlan, 'identities' | 'migrations' | 'keys' | 'inputs'>, values: ReadonlyMap<string, { readonly value: string }>): readonly WorkloadSide[] {
  const targets = plan.identities.map(({ target }) => target);
  const known = new Map<string, Input>(plan.inputs.map((input) => [input.id, input]));
  const run = (party: string, emitter: Emitter, own: readonly Target[]): readonly WorkloadSide[] => {
    if (own.length === 0) return [];
    const asked = new Map<string, Input>();
    const answer = (input: Input) => {
      asked.set(input.id, input);
      const given = values.get(input.id);
      return given === undefined ? [{ input: input.id }] : [given.value];
    };
    const emission = emitter(own, answer, known);
    return [{ party, ...emission, asked: [...asked.values()] }];
  };
  const parties = [...new Set(targets.map(({ party }) => party))].toSorted();
  return [
    ...run('kubernetes', emitKubernetes(plan.migrations), targets.filter(({ platform }) => CLUSTERS.has(platform))),
    ...run('spire', emitSpire, targets.filter(({ platform }) => platform === 'spiffe')),
    ...run('guardrails', (_, ask) => emitGuardrails(parties, [...new Set(plan.keys.map(({ provider }) => provider))].toSorted(), ask), targets),
  ];
}
