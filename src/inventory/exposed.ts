import type { Credential, Finding, Inventory, Workload } from '../model/inventory.ts';
import type { Location } from '../model/location.ts';
import type { Held, Holder } from '../model/holder.ts';

/** A key of ours that a service held, or may have held. */
export interface ExposedKey {
  readonly credential: Credential;
  readonly held: Held;
  /** Why that is said, each with its place: whole sentences without a full stop. */
  readonly reasons: readonly string[];
  /** All workloads that use it, wherever they run: what stops when the key goes. */
  readonly users: readonly Workload[];
  /** Where its value stands, and what lists and stores say of it. */
  readonly places: readonly Finding[];
  /** Where it is asked for by name. */
  readonly named: readonly Finding[];
}

/** The answer to "this service was breached: which of our keys did it hold?" */
export interface Exposure {
  readonly holder: Holder;
  /** Surest first, then worst. */
  readonly keys: readonly ExposedKey[];
  /** Targets that were not read whole: there may be more. */
  readonly incomplete: readonly string[];
  /** Names of all targets by id. */
  readonly targets: ReadonlyMap<string, string>;
}

const ORDER: readonly Held[] = ['held', 'own', 'likely', 'possible'];

/**
 * Which keys of an inventory a service held. Pure.
 *
 * - `held`: a store of the service lists it; a workload that runs on the service takes it from the service's own store; or a workload that names a gateway of the service has no other key to pass through it.
 * - `own`: it opens our account there, and so whatever we have saved in it.
 * - `likely`: a workload that names a gateway of the service uses it beside other keys; or a workload uses it together with the service, so it may have been saved there for playgrounds, evaluations or calls.
 * - `possible`: the same repository uses the service in another place.
 *
 * Keys that work no more are left out.
 */
export function exposureOf(inventory: Inventory, holder: Holder): Exposure {
  const view = viewOf(inventory, holder);
  const keys = inventory.credentials.flatMap((credential): ExposedKey[] => {
    if (credential.disposition === 'not-a-key') return [];
    const found = judge(credential, view);
    if (found === undefined) return [];
    const findings = credential.findings.flatMap((id) => view.findings.get(id) ?? []);
    return [{
      credential,
      held: found.held,
      reasons: [...new Set(found.reasons)],
      users: credential.workloads.flatMap((id) => view.workloads.get(id) ?? []),
      places: findings.filter(({ class: of, detector }) => of === 'secret' || detector === 'stored-key' || detector === 'listed-key'),
      named: findings.filter(({ class: of }) => of === 'reference'),
    }];
  });
  return {
    holder,
    keys: keys.toSorted((a, b) => ORDER.indexOf(a.held) - ORDER.indexOf(b.held) || b.credential.risk.score - a.credential.risk.score || (a.credential.id < b.credential.id ? -1 : 1)),
    incomplete: inventory.targets.filter(({ complete }) => !complete).map(({ name }) => name),
    targets: new Map(inventory.targets.map(({ id, name }) => [id, name])),
  };
}

interface View {
  readonly holder: Holder;
  readonly findings: ReadonlyMap<string, Finding>;
  readonly workloads: ReadonlyMap<string, Workload>;
  /** Of stored secrets, by credential: the stores that hold it and are the service's. */
  readonly stored: ReadonlyMap<string, readonly string[]>;
  /** Workloads that use the service: by a key of it, or through a gateway. */
  readonly using: ReadonlySet<string>;
  /** Of these, those that have several keys which are not the service's own: which of them passes through its gateway is not to be seen. */
  readonly several: ReadonlySet<string>;
  /** Targets with such a workload, or with a key of the service. */
  readonly targets: ReadonlyMap<string, string>;
}

function viewOf(inventory: Inventory, holder: Holder): View {
  const workloads = new Map(inventory.workloads.map((workload) => [workload.id, workload]));
  const findings = new Map(inventory.findings.map((finding) => [finding.id, finding]));
  const stored = new Map<string, string[]>();
  for (const { credential, store, name, scope } of inventory.accounts?.stored ?? []) {
    if (holder.stores?.includes(store) !== true) continue;
    stored.set(credential, [...(stored.get(credential) ?? []), `stored there as ${scope} secret ${name}`]);
  }
  const own = new Set(inventory.credentials.filter(({ provider }) => provider === holder.provider).map(({ id }) => id));
  const using = new Set(inventory.workloads.filter((workload) => workload.uses.some((id) => own.has(id)) || passesThrough(workload, holder)).map(({ id }) => id));
  const several = new Set([...using].filter((id) => (workloads.get(id)?.uses ?? []).filter((use) => !own.has(use)).length > 1));
  const targets = new Map<string, string>();
  for (const id of using) {
    const location = workloads.get(id)?.location;
    if (location !== undefined && !targets.has(location.target)) targets.set(location.target, placeOf(location));
  }
  for (const { credential, location } of findings.values()) if (own.has(credential) && !targets.has(location.target)) targets.set(location.target, placeOf(location));
  return { holder, findings, workloads, stored, using, several, targets };
}

/** What an account lists has no lines. */
function placeOf({ path, line, logical }: Location): string {
  return logical === true ? path : `${path}:${line}`;
}

function passesThrough({ facts }: Workload, { id }: Holder): boolean {
  return (facts['gateways'] ?? '').split(',').includes(id);
}

function judge(credential: Credential, view: View): { readonly held: Held; readonly reasons: readonly string[] } | undefined {
  const { holder } = view;
  const users = credential.workloads.flatMap((id) => view.workloads.get(id) ?? []);
  if (credential.provider === holder.provider) return { held: 'own', reasons: [`it opens our account at ${holder.title}, and whatever is saved in it`] };
  const held = [
    ...(view.stored.get(credential.id) ?? []),
    ...users.filter((workload) => passesThrough(workload, holder) && !view.several.has(workload.id)).map(({ name }) => `${name} sends it through ${holder.title}`),
    ...runningThere(credential, users, view),
  ];
  if (held.length > 0) return { held: 'held', reasons: held };
  const likely = users.filter(({ id }) => view.using.has(id)).map((workload) => (passesThrough(workload, holder) ? `${workload.name} names the gateway of ${holder.title}, and uses this beside other keys` : `${workload.name} uses it together with ${holder.title}`));
  if (likely.length > 0) return { held: 'likely', reasons: likely };
  const possible = credential.findings.flatMap((id) => {
    const target = view.findings.get(id)?.location.target ?? '';
    const place = view.targets.get(target);
    return place === undefined ? [] : [`the same target uses ${holder.title} at ${place}`];
  });
  return possible.length > 0 ? { held: 'possible', reasons: possible } : undefined;
}

/** What runs on the service gets its secrets from it, except from a vault of somebody else. */
function runningThere(credential: Credential, users: readonly Workload[], { holder, findings }: View): string[] {
  if (holder.platforms === undefined) return [];
  return users.flatMap(({ id, name, platform }) => {
    if (holder.platforms?.includes(platform) !== true) return [];
    const stores = credential.findings.flatMap((one) => {
      const finding = findings.get(one);
      return finding?.class === 'reference' && finding.workload === id ? [finding.arguments['store'] ?? 'unknown'] : [];
    });
    return stores.length === 0 || stores.some((store) => store !== 'vault' && store !== 'prompt') ? [`${name} runs there and takes it from its settings`] : [];
  });
}
