import type { WorkloadContext } from '../../model/issuer.ts';

/** Names of service accounts that every pod of a namespace has: an identity for all is one for nobody. */
const SHARED: ReadonlySet<string> = new Set(['', 'default']);

/** The ServiceAccount a workload has, or the one of its own that the plan makes: a DNS label of at most 63 characters. */
export function serviceAccountFor(workload: Pick<WorkloadContext, 'name' | 'facts' | 'repository'>): { readonly name: string; readonly isNew: boolean } {
  const given = workload.facts['serviceAccount'] ?? '';
  if (!SHARED.has(given) && /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(given)) return { name: given, isNew: false };
  const own = chartName(workload) ?? workload.name.slice(workload.name.lastIndexOf('/') + 1);
  const clean = own.toLowerCase().replace(/[^a-z0-9-]+/g, '-').slice(0, 63).replace(/^-+|-+$/g, '');
  return { name: clean === '' || SHARED.has(clean) ? 'ai-workload' : clean, isNew: true };
}

/** Folders that say only that a chart is in them. */
const PLAIN: ReadonlySet<string> = new Set(['chart', 'charts', 'helm', 'deploy', 'deployment', 'k8s', 'kubernetes', 'infra', 'values', 'environments']);

/** `bot` of `charts/bot/values.yaml`: values are one workload, and are named after the folder of their chart or, where that says nothing, after the repository. */
function chartName({ name, repository }: Pick<WorkloadContext, 'name' | 'repository'>): string | undefined {
  const folders = name.split('/');
  if (!/values[^/]*\.ya?ml$/.test(folders.pop() ?? '')) return undefined;
  return folders.findLast((folder) => !PLAIN.has(folder.toLowerCase())) ?? repository?.name ?? '';
}
