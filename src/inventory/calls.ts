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

/** A file of a target that a workload calls. */
export interface CalledFile {
  readonly target: string;
  readonly path: string;
}

/** Resolves what workloads call; `undefined` for a file of a repository that is not in the scan. */
export interface CallResolver {
  (call: string, target: string): CalledFile | undefined;
}

/**
 * @param reach `target`: only calls within a target are followed; `run`: also those into another repository of the run, whatever revision they name.
 */
export function callResolver(targets: readonly TargetReport[], reach: 'target' | 'run'): CallResolver {
  const remotes = new Map(targets.map((target) => [target.id, target.facts['remote']]));
  const byRemote = new Map<string, string>();
  if (reach === 'run') {
    for (const { id, facts } of targets) {
      const remote = facts['remote']?.toLowerCase();
      if (remote !== undefined && !byRemote.has(remote)) byRemote.set(remote, id);
    }
  }
  return (call, target) => {
    const remote = remotes.get(target);
    const path = localPath(call, remote);
    if (path !== undefined) return { target, path };
    const [owner, repository, ...rest] = call.split('@')[0]?.split('/') ?? [];
    const host = remote?.split('/')[0];
    if (owner === undefined || repository === undefined || rest.length === 0 || host === undefined) return undefined;
    const other = byRemote.get(`${host}/${owner}/${repository}`.toLowerCase());
    return other === undefined ? undefined : { target: other, path: rest.join('/') };
  };
}

/**
 * Which workloads receive, unseen, the secrets of which others: a job that calls a reusable workflow with `secrets: inherit` hands it
 * every secret it has, so it uses whatever the called jobs use. What a repository outside the scan does with a secret is not known.
 *
 * @returns caller id -> ids of the called workloads, through any number of calls; a caller is never its own callee.
 */
export function inheritedCalls(workloads: readonly WorkloadSighting[], resolve: CallResolver): Map<string, Set<string>> {
  const byFile = new Map<string, WorkloadSighting[]>();
  for (const workload of workloads) listAt(byFile, keyOf(workload.location.target, workload.location.path)).push(workload);

  const direct = new Map<string, WorkloadSighting[]>();
  for (const workload of workloads) {
    if (!splitFact(workload.facts['secrets']).includes('inherit')) continue;
    const called = splitFact(workload.facts['calls']).flatMap((call) => {
      const file = resolve(call, workload.location.target);
      return file === undefined ? [] : (byFile.get(keyOf(file.target, file.path)) ?? []);
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

/** `./dir/x.yml` or `$/dir/x.yml`, or `owner/repo/dir/x.yml@ref` when the target is that repository. */
function localPath(call: string, remote: string | undefined): string | undefined {
  if (/^[.$]\//.test(call)) return call.slice(2);
  const [owner, repository, ...rest] = call.split('@')[0]?.split('/') ?? [];
  if (owner === undefined || repository === undefined || rest.length === 0 || remote === undefined) return undefined;
  const own = remote.toLowerCase().endsWith(`/${owner}/${repository}`.toLowerCase());
  return own ? rest.join('/') : undefined;
}
