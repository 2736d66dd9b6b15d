import type { Emission } from '../model/federation.ts';
import type { MigrationPlan, PlannedFile, PlannedInput } from '../model/plan.ts';
import type { Input } from '../model/text.ts';
import type { DraftPlan, PlanOptions } from './plan.ts';

export interface FileToWrite {
  readonly path: string;
  readonly text: string;
}

/** What was emitted under one heading of the plan, with the inputs it asked for. */
export interface EmittedPart extends Emission {
  /** A party, or a folder of the workload's side. */
  readonly party: string;
  readonly asked: readonly Input[];
}

/**
 * The whole plan: the draft, with every file, every input that files ask for, and its README. Pure.
 *
 * @throws Error when two files have one path: a defect of an emitter
 */
export function finishPlan(
  draft: DraftPlan,
  parts: readonly EmittedPart[],
  values: PlanOptions['values'],
  tools: { readonly digest: (text: string) => string; readonly readme: (plan: MigrationPlan) => string },
): { readonly plan: MigrationPlan; readonly files: readonly FileToWrite[]; readonly readme: string } {
  const emitted = parts.flatMap(({ files }) => files).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const paths = new Set<string>();
  for (const { path } of emitted) {
    if (paths.has(path)) throw new Error(`two files at ${path}`);
    paths.add(path);
  }
  const inputs = new Map<string, PlannedInput>(draft.inputs.map((input) => [input.id, input]));
  for (const input of parts.flatMap(({ asked }) => asked)) {
    const value = values.get(input.id);
    inputs.set(input.id, inputs.get(input.id) ?? { ...input, value: value?.value ?? null, from: value?.from ?? null });
  }
  const allInputs = [...inputs.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const base: MigrationPlan = {
    ...draft,
    summary: { ...draft.summary, inputsToFill: allInputs.filter(({ value }) => value === null).length },
    inputs: allInputs,
    manual: parts.flatMap(({ party, manual }) => (manual.length === 0 ? [] : [{ party, steps: manual }])),
    files: emitted.map(({ path, kind, role, purpose, text }): PlannedFile => ({ path, kind, role, purpose, sha256: tools.digest(text) })),
  };
  const readme = tools.readme(base);
  const listed: PlannedFile = { path: 'README.md', kind: 'markdown', role: 'read', purpose: 'This plan for people, to be followed from top to bottom.', sha256: tools.digest(readme) };
  return { plan: { ...base, files: [listed, ...base.files] }, files: [{ path: 'README.md', text: readme }, ...emitted.map(({ path, text }) => ({ path, text }))], readme };
}
