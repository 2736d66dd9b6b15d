import type { AccountInventory } from '../model/account.ts';
import type { Credential, Finding, Inventory, TargetReport, Workload } from '../model/inventory.ts';
import { compareLocations, compareText, sortedUnique, targetOrder, worstFirst } from './order.ts';
import { summaryOf } from './summary.ts';

/** An inventory and what it is called: the file it was read from. */
export interface NamedInventory {
  readonly name: string;
  readonly inventory: Inventory;
}

/**
 * One inventory out of several of different targets, in the order given. Pure.
 *
 * Targets are numbered anew (`t1`, `t2`, …). Other ids stay as they are unless an earlier file has the same one: ids are made from places, so two folders that
 * look alike have equal ids for different things, and the later one gets `-2` behind it. Credentials of different files are joined only when both carry an equal
 * `fingerprint`, which the operator's own key makes (`--fingerprint-key`): nothing else says that two keys are one. The worse of the two scores stands, with its
 * factors; it is not worked out anew. Counts are.
 */
export function mergeInventories(inventories: readonly Inventory[]): Inventory {
  const [first, ...more] = inventories;
  if (first === undefined) throw new RangeError('nothing to merge');
  if (more.length === 0) return first;
  const ids = { t: new Set<string>(), c: new Set<string>(), f: new Set<string>(), w: new Set<string>() };
  const parts = inventories.map((inventory) => renumbered(inventory, ids));
  const { credentials, renamed } = joinByFingerprint(parts.flatMap((part) => part.credentials));
  const nameOf = (id: string): string => renamed.get(id) ?? id;
  const targets = parts.flatMap((part) => part.targets);
  const order = targetOrder(targets);
  const findings = parts.flatMap((part) => part.findings).map((finding): Finding => ({ ...finding, credential: nameOf(finding.credential) })).toSorted((a, b) => compareLocations(a.location, b.location, order) || compareText(a.id, b.id));
  const workloads = parts.flatMap((part) => part.workloads).map((workload): Workload => ({ ...workload, uses: [...new Set(workload.uses.map(nameOf))] })).toSorted((a, b) => compareLocations(a.location, b.location, order) || compareText(a.id, b.id));
  const accounts = mergedAccounts(parts.flatMap((part) => part.accounts ?? []), nameOf);
  return {
    schemaVersion: accounts === undefined ? '1.0' : '1.1',
    tool: first.tool,
    targets,
    summary: summaryOf(credentials, findings, workloads),
    credentials: credentials.toSorted(worstFirst),
    findings,
    workloads,
    problems: parts.flatMap((part) => part.problems),
    ...(accounts === undefined ? {} : { accounts }),
  };
}

/** Targets that two of the inventories hold: adding them up would count every key twice. Folders named by `.` cannot be told apart, and are not named. */
export function sameTargets(inventories: readonly NamedInventory[]): readonly { readonly target: string; readonly files: readonly [string, string] }[] {
  const seen = new Map<string, string>();
  const found: { target: string; files: readonly [string, string] }[] = [];
  for (const { name, inventory } of inventories) {
    const own = new Set<string>();
    for (const target of inventory.targets) {
      const key = JSON.stringify([target.kind, target.name, target.facts['remote'] ?? '']);
      if (target.name === '.' && target.facts['remote'] === undefined) continue;
      own.add(key);
      const before = seen.get(key);
      if (before !== undefined) found.push({ target: target.name, files: [before, name] });
    }
    for (const key of own) seen.set(key, seen.get(key) ?? name);
  }
  return found;
}

type Taken = Readonly<Record<'t' | 'c' | 'f' | 'w', Set<string>>>;

/** The same inventory with ids that none before it has. */
function renumbered(inventory: Inventory, taken: Taken): Inventory {
  const targetIds = new Map(inventory.targets.map(({ id }) => [id, freshTarget(taken.t)]));
  const idsOf = (items: readonly { readonly id: string }[], used: Set<string>): ReadonlyMap<string, string> => {
    const before = new Set(used);
    return new Map(items.map(({ id }) => [id, fresh(id, before, used)]));
  };
  const credentialIds = idsOf(inventory.credentials, taken.c);
  const findingIds = idsOf(inventory.findings, taken.f);
  const workloadIds = idsOf(inventory.workloads, taken.w);
  const target = (id: string): string => targetIds.get(id) ?? id;
  const credential = (id: string): string => credentialIds.get(id) ?? id;
  const workload = (id: string): string => workloadIds.get(id) ?? id;
  return {
    ...inventory,
    targets: inventory.targets.map((one): TargetReport => ({ ...one, id: target(one.id) })),
    credentials: inventory.credentials.map((one): Credential => ({ ...one, id: credential(one.id), findings: one.findings.map((id) => findingIds.get(id) ?? id), workloads: one.workloads.map(workload) })),
    findings: inventory.findings.map((one): Finding => ({
      ...one,
      id: findingIds.get(one.id) ?? one.id,
      credential: credential(one.credential),
      location: { ...one.location, target: target(one.location.target) },
      ...(one.workload === undefined ? {} : { workload: workload(one.workload) }),
    })),
    workloads: inventory.workloads.map((one): Workload => ({ ...one, id: workload(one.id), uses: one.uses.map(credential), location: { ...one.location, target: target(one.location.target) } })),
    ...(inventory.accounts === undefined ? {} : { accounts: renumberedAccounts(inventory.accounts, target, credential) }),
  };
}

function renumberedAccounts(accounts: AccountInventory, target: (id: string) => string, credential: (id: string) => string): AccountInventory {
  return {
    ...accounts,
    ...(accounts.listed === undefined ? {} : { listed: accounts.listed.map((one) => ({ ...one, target: target(one.target), credential: credential(one.credential) })) }),
    stored: accounts.stored.map((one) => ({ ...one, target: target(one.target), readers: one.readers.map(target), usedBy: one.usedBy.map(target), credential: credential(one.credential) })),
    settings: accounts.settings.map((one) => ({ ...one, target: target(one.target) })),
    readWhole: Object.fromEntries(Object.entries(accounts.readWhole).map(([id, stores]) => [target(id), stores])),
  };
}

function mergedAccounts(accounts: readonly AccountInventory[], nameOf: (id: string) => string): AccountInventory | undefined {
  if (accounts.length === 0) return undefined;
  const listed = accounts.flatMap((one) => one.listed ?? []).map((one) => ({ ...one, credential: nameOf(one.credential) }));
  return {
    ...(accounts.some((one) => one.listed !== undefined) ? { listed } : {}),
    stored: accounts.flatMap(({ stored }) => stored).map((one) => ({ ...one, credential: nameOf(one.credential) })),
    unrelated: accounts.reduce((sum, { unrelated }) => sum + unrelated, 0),
    settings: accounts.flatMap(({ settings }) => settings),
    readWhole: Object.assign({}, ...accounts.map(({ readWhole }) => readWhole)),
  };
}

function freshTarget(used: Set<string>): string {
  const id = `t${used.size + 1}`;
  used.add(id);
  return id;
}

function fresh(id: string, before: ReadonlySet<string>, used: Set<string>): string {
  let candidate = id;
  for (let count = 2; before.has(candidate); count += 1) candidate = `${id}-${count}`;
  used.add(candidate);
  return candidate;
}

function joinByFingerprint(credentials: readonly Credential[]): { readonly credentials: readonly Credential[]; readonly renamed: ReadonlyMap<string, string> } {
  const byFingerprint = new Map<string, Credential>();
  const kept = new Map<string, Credential>();
  const renamed = new Map<string, string>();
  for (const credential of credentials) {
    const before = credential.fingerprint === undefined ? undefined : byFingerprint.get(credential.fingerprint);
    if (before === undefined) {
      kept.set(credential.id, credential);
      if (credential.fingerprint !== undefined) byFingerprint.set(credential.fingerprint, credential);
      continue;
    }
    const [worse, other] = credential.risk.score > before.risk.score ? [credential, before] : [before, credential];
    const joined: Credential = {
      ...worse,
      id: before.id,
      names: sortedUnique([...worse.names, ...other.names]),
      findings: [...before.findings, ...credential.findings],
      workloads: sortedUnique([...before.workloads, ...credential.workloads]),
    };
    renamed.set(credential.id, before.id);
    kept.set(before.id, joined);
    byFingerprint.set(credential.fingerprint ?? '', joined);
  }
  return { credentials: [...kept.values()], renamed };
}
