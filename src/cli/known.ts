import type { JoinedInventory } from '../inventory/build.ts';
import type { Finding, Inventory, Workload } from '../model/inventory.ts';

/** Why a finding does not count: it was there before. What `Finding.baselined` says then. */
export function knownReason(base: string): string {
  return `already in ${base}`;
}

/**
 * Marks the findings that `base` has too: they stay in the inventory, are counted as baselined, and are not new. What somebody accepted keeps its reason. Pure.
 *
 * A finding is known by its fingerprint. A use of a key is also known when the same workload of the same file used that name before at another place in the file, for
 * as many uses as there were: a step put in front of another moves no key. A file under a new name is new.
 */
export function markKnown(inventory: Inventory, base: { readonly name: string; readonly inventory: JoinedInventory }): Inventory {
  const known = new Set(base.inventory.findings.map(keyOf));
  const spare = new Map<string, number>();
  const namesBefore = namesOf(base.inventory.workloads);
  const namesNow = namesOf(inventory.workloads);
  const now = new Set(inventory.findings.map(keyOf));
  for (const finding of base.inventory.findings) {
    if (finding.class === 'reference' && !now.has(keyOf(finding))) add(spare, useOf(finding, namesBefore), 1);
  }
  const reason = knownReason(base.name);
  const findings = inventory.findings.map((finding): Finding => {
    const isKnown = known.has(keyOf(finding)) || (finding.class === 'reference' && add(spare, useOf(finding, namesNow), -1));
    return isKnown && finding.allowed === undefined && finding.baselined === undefined ? { ...finding, baselined: reason } : finding;
  });
  const baselined = findings.filter((finding) => finding.baselined !== undefined).length;
  return { ...inventory, findings, summary: { ...inventory.summary, baselined } };
}

type Comparable = Pick<Finding, 'class' | 'code' | 'fingerprint' | 'location' | 'workload' | 'arguments'>;

/** Fingerprints count within a target. */
function keyOf({ fingerprint, location }: Comparable): string {
  return `${location.target}\n${fingerprint}`;
}

function useOf({ code, location, workload, arguments: { name = '' } }: Comparable, names: ReadonlyMap<string, string>): string {
  return [location.target, code, location.path, name, names.get(workload ?? '') ?? ''].join('\n');
}

function namesOf(workloads: readonly Workload[]): ReadonlyMap<string, string> {
  return new Map(workloads.map(({ id, name }) => [id, name]));
}

/** Adds to a count that never goes below zero; false when it would. */
function add(counts: Map<string, number>, key: string, step: 1 | -1): boolean {
  const next = (counts.get(key) ?? 0) + step;
  if (next < 0) return false;
  counts.set(key, next);
  return true;
}
