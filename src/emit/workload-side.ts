import type { Emission, Emitter, Target } from '../model/federation.ts';
import type { Input } from '../model/text.ts';
import { emitGuardrails } from './guardrails.ts';
import { emitKubernetes } from './kubernetes.ts';
import { emitSpire } from './spire.ts';

const CLUSTERS: ReadonlySet<string> = new Set(['kubernetes', 'eks', 'gke', 'aks']);

/** What was made for a folder that belongs to no party, with the inputs it asked for. */
export interface WorkloadSide extends Emission {
  readonly party: string;
  readonly asked: readonly Input[];
}

/** What the workloads' own platforms need (service accounts, volumes, registration entries), and what keeps new keys from being made. Pure. */
export function emitWorkloadSide(targets: readonly Target[], providers: readonly string[], values: ReadonlyMap<string, { readonly value: string }>, known: ReadonlyMap<string, Input>): readonly WorkloadSide[] {
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
    ...run('kubernetes', emitKubernetes, targets.filter(({ platform }) => CLUSTERS.has(platform))),
    ...run('spire', emitSpire, targets.filter(({ platform }) => platform === 'spiffe')),
    ...run('guardrails', (_, ask) => emitGuardrails(parties, [...new Set(providers)].toSorted(), ask), targets),
  ];
}
