import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { joinCredentials } from '../../src/inventory/build.ts';
import { parties } from '../../src/parties/index.ts';
import { partyInputs } from '../../src/parties/inputs.ts';
import { scan } from '../../src/pipeline.ts';
import { makePlan, type PlanOptions } from '../../src/plan/plan.ts';
import { platforms } from '../../src/platforms/index.ts';
import { providers } from '../../src/providers/index.ts';
import { rewriters } from '../../src/rewrite/index.ts';
import { replacementsOf } from '../../src/rewrite/replacements.ts';
import { prepare, type RewrittenFile, rewriteTarget } from '../../src/rewrite/target.ts';
import type { IdStyle, Rewriter } from '../../src/rewrite/types.ts';
import { scoreInventory } from '../../src/risk/score-inventory.ts';
import { listFilesBelow } from './files.ts';

/** What the operator of a case said; `case.json` of a fixture. */
export interface Settings {
  /** Default `github.com/acme/app`. */
  readonly repository?: string;
  /** Default `main`. */
  readonly branch?: string;
  /** By platform id of the file (`code`, `dockerfile`): where it runs. */
  readonly runsOn?: Readonly<Record<string, string>>;
  readonly set?: Readonly<Record<string, string>>;
  readonly ids?: IdStyle;
}

/** Scans, plans and rewrites a folder in this process, as `dekey plan` and `dekey apply` would. */
export async function rewriteFolder(folder: string, settings: Settings = {}, only: readonly Rewriter[] = rewriters): Promise<readonly RewrittenFile[]> {
  const sightings = await scan({ targets: ['.'], cwd: folder, history: false, staged: false, include: [], exclude: ['dekey-plan/**'], includeIgnored: true, maxFileSize: 2 ** 24, workers: 1, allowAlternates: false, onProgress: () => undefined });
  const scored = scoreInventory(joinCredentials(sightings, providers), providers, { version: '0.0.0', now: '2026-11-24T00:00:00Z', public: false });
  const repository = settings.repository ?? 'github.com/acme/app';
  // A case is a repository of its own, whatever clone and branch this one is in.
  const inventory = { ...scored, targets: scored.targets.map((target) => ({ ...target, facts: { ...target.facts, branch: settings.branch ?? 'main', defaultBranch: settings.branch ?? 'main', remote: repository } })) };
  const values: PlanOptions['values'] = new Map(Object.entries(settings.set ?? {}).map(([id, value]) => [id, { value, from: '--set' }]));
  const options: PlanOptions = { version: '0.0.0', values, runsOn: Object.entries(settings.runsOn ?? {}).map(([what, platform]) => ({ matches: (workload) => workload.platform === what, platform })), sources: [] };
  const plan = makePlan(inventory, { platforms, providers, parties, partyInputs }, options);
  const target = inventory.targets[0]?.id ?? '';
  const paths = listFilesBelow(folder);
  await prepare(only, paths);
  const { replacements, kept } = replacementsOf(plan, target, providers);
  return rewriteTarget(only, {
    paths,
    read: (path) => (paths.includes(path) ? readFileSync(join(folder, path), 'utf8') : undefined),
    replacements,
    kept,
    value: (input) => values.get(input)?.value,
    ids: settings.ids ?? 'vars',
  });
}

/** What was decided, a line each, as a reviewer would list it. */
export function describeFiles(files: readonly RewrittenFile[]): string {
  const lines = files.flatMap(({ path, changes, declined, refusals }) => [
    path,
    ...changes.map(({ line, title, safety, reason, id }) => `  ${line}: ${safety}: ${title} [${id}]\n      ${reason}`),
    ...declined.map(({ line, title }) => `  ${line}: declined: ${title}`),
    ...refusals.map(({ line, code, reason, byHand, shadows }) => `  ${line}: refused (${code}${shadows ? ', shadows' : ''}): ${reason}\n      by hand: ${byHand}`),
  ]);
  return lines.length === 0 ? 'nothing\n' : `${lines.join('\n')}\n`;
}
