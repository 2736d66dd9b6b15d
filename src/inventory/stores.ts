import type { AccountSightings, StoreId, StoredSecret } from '../model/account.ts';
import type { TargetReport } from '../model/inventory.ts';
import type { ReferenceStore } from '../model/reference.ts';
import { compareText, keyOf, listAt, sortedUnique, targetOrder, type TargetOrder } from './order.ts';

/** One secret of one store: what was listed for it, once, however many targets listed it. */
export interface Slot extends StoredSecret {
  /** Whose it is: the organisation (`github.com/acme`), or the id of the repository's target. */
  readonly owner: string;
  readonly readerSet: ReadonlySet<string>;
}

/** Where workloads of a platform look a name up, in that order, and by which kind of reference they ask for it. */
interface PlatformStores {
  readonly stores: readonly StoreId[];
  readonly by: ReadonlySet<ReferenceStore>;
  /** All that reads the first of them stands in the tree, so that "no workload names it" can be said at all. */
  readonly isWholeInTree: boolean;
}

/**
 * A run that Dependabot starts reads its own store under the same names; so does one that an agent starts. Codespaces hands its secrets to whatever runs
 * there, so who reads them is not to be seen.
 */
const PLATFORM_STORES: Readonly<Record<string, PlatformStores>> = {
  'github-actions': { stores: ['github-actions', 'github-dependabot', 'github-agents'], by: new Set(['ci-secret']), isWholeInTree: true },
  // Every variable stands in the environment of every job, so that no list of names says which are used.
  'gitlab-ci': { stores: ['gitlab-ci'], by: new Set(['ci-secret', 'environment', 'unknown']), isWholeInTree: false },
  devcontainer: { stores: ['github-codespaces'], by: new Set(['ci-secret', 'environment', 'prompt', 'unknown']), isWholeInTree: false },
};

/** The stores that a reference of this kind, in a workload of this platform, can mean; none when it means something else. */
export function storesRead(platform: string, by: ReferenceStore): readonly StoreId[] {
  const entry = Object.hasOwn(PLATFORM_STORES, platform) ? PLATFORM_STORES[platform] : undefined;
  return entry?.by.has(by) === true ? entry.stores : [];
}

/** Whether all that reads this store stands in the trees. */
export function isReadByTreesOnly(store: StoreId): boolean {
  return Object.values(PLATFORM_STORES).some(({ stores, isWholeInTree }) => isWholeInTree && stores[0] === store);
}

/** What a name means in one place. */
export interface Meaning {
  readonly slot: Slot;
  /** Others that it can mean as well: another environment where the file computes which, another store for runs that somebody else starts. */
  readonly others: readonly Slot[];
}

export interface NameQuestion {
  /** Id of the target whose secrets are asked. */
  readonly target: string;
  /** As the file says it: a name, or an expression; undefined for a job without. */
  readonly environment: string | undefined;
  readonly stores: readonly StoreId[];
  readonly name: string;
}

export interface StoreIndex {
  /** In total order. */
  readonly slots: readonly Slot[];
  /** By the platform's own precedence: environment, repository, organisation. */
  find(question: NameQuestion): Meaning | undefined;
  /** Secrets of this name that organisations hold, whether or not the asker may read them. */
  ofOrganizations(store: StoreId, name: string): readonly Slot[];
}

/** Puts what was listed in order. Pure; the same for any order of the same lists. */
export function indexStores(accounts: AccountSightings, targets: readonly TargetReport[]): StoreIndex {
  const slots = slotsOf(accounts.stored, targets);
  const own = new Map<string, Slot>();
  const environments = new Map<string, Slot[]>();
  const shared = new Map<string, Slot[]>();
  for (const slot of slots) {
    const name = upper(slot.name);
    if (slot.scope === 'organization') listAt(shared, keyOf(slot.store, name)).push(slot);
    else if (slot.scope === 'repository' || slot.scope === 'user') own.set(keyOf(slot.store, slot.target, name), slot);
    else listAt(environments, keyOf(slot.store, slot.target, name)).push(slot);
  }

  function inStore(store: StoreId, { target, environment, name }: NameQuestion): Slot[] {
    const wanted = upper(name);
    const there = environment === undefined ? [] : (environments.get(keyOf(store, target, wanted)) ?? []);
    const isComputed = environment?.includes('${{') === true;
    const [named] = isComputed ? [] : there.filter((slot) => isSameEnvironment(slot.environment, environment, store));
    const wider = own.get(keyOf(store, target, wanted)) ?? shared.get(keyOf(store, wanted))?.find(({ readerSet }) => readerSet.has(target));
    return [named ?? wider, ...(isComputed ? there : [])].flatMap((slot) => slot ?? []);
  }

  return {
    slots,
    find: (question) => {
      const [slot, ...others] = question.stores.flatMap((store) => inStore(store, question));
      return slot === undefined ? undefined : { slot, others };
    },
    ofOrganizations: (store, name) => shared.get(keyOf(store, upper(name))) ?? [],
  };
}

/** GitHub tells neither environments nor secrets apart by case. GitLab limits a variable to environments by a pattern, `review/*`. */
function isSameEnvironment(stored: string | undefined, asked: string | undefined, store: StoreId): boolean {
  if (store !== 'gitlab-ci' || stored === undefined || asked === undefined || !stored.includes('*')) return stored?.toLowerCase() === asked?.toLowerCase();
  return new RegExp(`^${stored.split('*').map((part) => part.replaceAll(/[^\w-]/g, '\\$&')).join('.*')}$`).test(asked);
}

/** The form in which names of secrets are equal. */
export function upper(name: string): string {
  return name.toUpperCase();
}

/** The organisation of a target, `github.com/acme` in lower case: of a repository its remote without the last part. */
export function ownerOf(target: TargetReport | undefined): string | undefined {
  const remote = target?.facts['remote']?.toLowerCase();
  if (target === undefined || remote === undefined) return undefined;
  return target.kind === 'github-organization' ? remote : remote.slice(0, Math.max(0, remote.lastIndexOf('/')));
}

function slotsOf(stored: readonly StoredSecret[], targets: readonly TargetReport[]): Slot[] {
  const order = targetOrder(targets);
  const byId = new Map(targets.map((target) => [target.id, target]));
  const merged = new Map<string, { readonly owner: string; readonly rows: StoredSecret[] }>();
  for (const row of stored) {
    // Several repositories may each list the one secret of their organisation.
    const owner = row.scope === 'organization' ? (ownerOf(byId.get(row.target)) ?? row.target) : row.target;
    const key = keyOf(owner, row.store, row.scope, row.environment?.toLowerCase() ?? '', upper(row.name));
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { owner, rows: [row] });
    else known.rows.push(row);
  }
  return [...merged.values()].flatMap(({ owner, rows }) => slotOf(owner, rows, order, byId)).toSorted((a, b) => compareSlots(a, b, order));
}

function slotOf(owner: string, rows: readonly StoredSecret[], order: TargetOrder, targets: ReadonlyMap<string, TargetReport>): Slot[] {
  const sorted = rows.toSorted((a, b) => listing(a) - listing(b) || compareSlots(a, b, order));
  function listing({ target }: StoredSecret): number {
    return targets.get(target)?.kind === 'github-organization' ? 0 : 1;
  }
  const [first] = sorted;
  if (first === undefined) return [];
  const readers = new Set(rows.flatMap((row) => row.readers));
  const created = sortedUnique(rows.flatMap((row) => row.created ?? []))[0];
  const updated = sortedUnique(rows.flatMap((row) => row.updated ?? [])).at(-1);
  const visibility = sorted.find((row) => row.visibility !== undefined)?.visibility;
  return [
    {
      target: first.target,
      store: first.store,
      scope: first.scope,
      ...(first.environment === undefined ? {} : { environment: first.environment }),
      name: first.name,
      ...(created === undefined ? {} : { created }),
      ...(updated === undefined ? {} : { updated }),
      ...(visibility === undefined ? {} : { visibility }),
      ...(first.holds === undefined ? {} : { holds: first.holds }),
      readers: [...readers].toSorted((a, b) => (order.get(a) ?? order.size) - (order.get(b) ?? order.size) || compareText(a, b)),
      owner,
      readerSet: readers,
    },
  ];
}

function compareSlots(a: StoredSecret, b: StoredSecret, order: TargetOrder): number {
  return (
    (order.get(a.target) ?? order.size) - (order.get(b.target) ?? order.size) ||
    compareText(a.target, b.target) ||
    compareText(a.store, b.store) ||
    compareText(a.scope, b.scope) ||
    compareText(a.environment ?? '', b.environment ?? '') ||
    compareText(a.name, b.name) ||
    compareText(a.updated ?? '', b.updated ?? '') ||
    compareText(a.created ?? '', b.created ?? '') ||
    compareText(a.visibility ?? '', b.visibility ?? '')
  );
}
