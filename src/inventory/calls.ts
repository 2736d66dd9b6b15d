import type { TargetReport, WorkloadSighting } from '../model/inventory.ts';
import { keyOf, listAt } from './order.ts';

/** The items of a comma-separated fact; none when the fact is absent. */
export function splitFact(fact: string | undefined): string[] {
  if (fact === undefined) return [];
  return fact
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/**
 * Which workloads receive, unseen, the secrets of which others: a job that calls a reusable workflow with `secrets: inherit` hands it
 * every secret it has, so it uses whatever the called jobs use. Only calls within the target are followed: what another repository
 * does with a secret is not in the scan.
 *
 * @returns caller id -> ids of the called workloads, through any number of calls; a caller is never its own callee.
 */
export function inheritedCalls(workloads: readonly WorkloadSighting[], targets: readonly TargetReport[]): Map<string, Set<string>> {
  const byFile = new Map<string, WorkloadSighting[]>();
  for (const workload of workloads) listAt(byFile, keyOf(workload.location.target, workload.location.path)).push(workload);
  const remotes = new Map(targets.map((target) => [target.id, target.facts['remote']]));

  const direct = new Map<string, WorkloadSighting[]>();
  for (const workload of workloads) {
    if (!splitFact(workload.facts['secrets']).includes('inherit')) continue;
    const { target } = workload.location;
    const called = splitFact(workload.facts['calls']).flatMap((call) => {
      const path = localPath(call, remotes.get(target));
      return path === undefined ? [] : (byFile.get(keyOf(target, path)) ?? []);
    });
    if (called.length > 0) direct.set(workload.id, called);
  }

  const all = new Map<string, Set<string>>();
  for (const caller of direct.keys()) {
    const reached = new Set<string>();
    const open = [...(direct.get(caller) ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next.id === caller || reached.has(next.id)) continue;
      reached.add(next.id);
      for (const further of direct.get(next.id) ?? []) open.push(further);
    }
    all.set(caller, reached);
  }
  return all;
}

/** `./dir/x.yml`, or `owner/repo/dir/x.yml@ref` when the target is that repository. */
function localPath(call: string, remote: string | undefined): string | undefined {
  if (call.startsWith('./')) return call.slice(2);
  const [owner, repository, ...rest] = call.split('@')[0]?.split('/') ?? [];
  if (owner === undefined || repository === undefined || rest.length === 0 || remote === undefined) return undefined;
  const own = remote.toLowerCase().endsWith(`/${owner}/${repository}`.toLowerCase());
  return own ? rest.join('/') : undefined;
}
