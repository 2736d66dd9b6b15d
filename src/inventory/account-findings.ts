import { type AccountFinding, type AccountInventory, type AccountSetting, type AccountSightings, type InventoryStored, type ListedKey, storeKind } from '../model/account.ts';
import type { Finding, ReferenceSighting, TargetReport, WorkloadSighting } from '../model/inventory.ts';
import type { ReferenceStore } from '../model/reference.ts';
import { accountCode, accountLocation } from './account-places.ts';
import { settingFindings } from './account-settings.ts';
import { type Consumption, wholeStores } from './consumption.ts';
import type { Holding } from './holdings.ts';
import { daysSince, inventoryListed, listedEntries, listedFacts } from './listed-findings.ts';
import { compareText, keyOf, sortTotally, targetOrder, type TargetOrder } from './order.ts';
import { isReadByTreesOnly, ownerOf, type Slot, upper } from './stores.ts';

/** A credential under construction, as far as findings of an account look at it. */
export interface StoredView {
  /** Values that were seen: none for a credential known by name. */
  readonly secrets: readonly unknown[];
  readonly references: readonly ReferenceSighting[];
  readonly inheritedBy: ReadonlySet<string>;
  readonly holdings: readonly Holding[];
  readonly listed: readonly ListedKey[];
  readonly listedBy: ReadonlySet<string>;
}

/** A finding of class account before it has an id. */
export interface AccountEntry<D> {
  readonly draft?: D;
  readonly code: string;
  readonly finding: Pick<Finding, 'class' | 'provider' | 'detector' | 'confidence' | 'location' | 'arguments' | 'allowed'> & { readonly store?: ReferenceStore };
  /** Id of a workload sighting. */
  readonly workload?: string;
  readonly stable: readonly string[];
}

export interface AccountView {
  readonly accounts: AccountSightings;
  readonly consumption: Consumption;
  readonly unrelated: number;
  readonly workloads: ReadonlyMap<string, WorkloadSighting>;
  readonly targets: readonly TargetReport[];
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Days without use from which a listed key is called idle; 90 when absent. */
  readonly unusedAfter: number | undefined;
}

export interface AccountResult<D> {
  readonly entries: readonly AccountEntry<D>[];
  /** What the account adds to the facts of a credential. */
  factsOf(draft: D): readonly (readonly [string, string])[];
  inventory(idOf: (draft: D) => string): AccountInventory;
}

/** From here on a key is called old: CIS AWS 7.0 2.12 and AWS AI Security Framework AISF-IAM-03 ask for a new one within 90 days. */
const OLD = 90;
/** From so many repositories on, one name says that one key may have been copied. */
const SAME_NAME = 3;
/** A shared secret is too widely visible when at most one in so many that may read it does, and so many more may. */
const WIDE = { oneIn: 4, more: 5 } as const;

/** As what a store that lists a key counts. */
const REFERENCE_STORES = { ci: 'ci-secret', vault: 'vault', keychain: 'vault', file: 'file' } as const;

/** The view, with what is asked of it for each secret. */
interface Lookup extends AccountView {
  readonly order: TargetOrder;
  readonly byId: ReadonlyMap<string, TargetReport>;
  /** Settings of environments by target and name in lower case. */
  readonly environments: ReadonlyMap<string, AccountSetting>;
}

/** What the stores and settings say, beside what the trees say. Pure; `drafts` in any order. */
export function accountFindings<D extends StoredView>(drafts: readonly D[], account: AccountView): AccountResult<D> {
  const environments = account.accounts.settings.filter(({ kind }) => kind === 'environment');
  const order = targetOrder(account.targets);
  const view: Lookup = {
    ...account,
    order,
    byId: new Map(account.targets.map((target) => [target.id, target])),
    environments: new Map(environments.map((setting) => [keyOf(setting.target, setting.name.toLowerCase()), setting])),
  };
  const usedBy = new Map<Slot, ReadonlySet<string>>();
  for (const [slot, users] of view.consumption.usersOf) usedBy.set(slot, new Set([...users].flatMap((user) => view.workloads.get(user)?.location.target ?? [])));
  const sameName = sameNames(drafts, view);
  const draftOf = new Map(drafts.flatMap((draft) => draft.holdings.flatMap(({ slots }) => slots.map((slot) => [slot, draft] as const))));
  const entries: AccountEntry<D>[] = [];
  for (const draft of drafts) {
    for (const key of draft.listed) entries.push(...listedEntries(key, { now: view.now, unusedAfter: view.unusedAfter, users: usersOf(draft, view) }).map((entry) => ({ draft, ...entry })));
    for (const holding of draft.holdings) for (const slot of holding.slots) entries.push(...slotEntries(draft, holding, slot, usedBy.get(slot) ?? new Set(), view));
  }
  entries.push(...missingEntries(drafts, view), ...sameNameEntries<D>(sameName, view), ...settingEntries(drafts, [...draftOf.keys()], view));
  return {
    entries,
    factsOf: (draft) => {
      const slots = draft.holdings.flatMap((holding) => holding.slots);
      const most = Math.max(0, ...slots.map((slot) => sameName.get(nameKey(slot, view))?.targets.size ?? 0));
      return [
        ...listedFacts(draft.listed, draft.listedBy),
        ...(isMissing(draft, view) ? [['missing', 'true'] as const] : []),
        ...(most >= SAME_NAME ? [['same-name', `${most} repositories`] as const] : []),
        ...(isMerelyStored(draft, slots, usedBy, view) ? [['unused', 'true'] as const] : []),
      ];
    },
    inventory: (idOf) => ({
      stored: view.consumption.index.slots.flatMap((slot) => {
        const draft = draftOf.get(slot);
        return draft === undefined ? [] : [storedOf(slot, idOf(draft), [...(usedBy.get(slot) ?? [])], order)];
      }),
      ...(view.accounts.listed === undefined ? {} : { listed: listedOf(drafts, idOf, order) }),
      unrelated: view.unrelated,
      settings: settingsOf(view),
      readWhole: Object.fromEntries(Object.entries(view.accounts.readWhole).map(([id, stores]) => [id, [...new Set(stores)].toSorted(compareText)] as const).toSorted(([a], [b]) => compareText(a, b))),
    }),
  };
}

/** Workloads that name the key, or get it from one that does. */
function usersOf({ references, inheritedBy }: StoredView, { workloads }: AccountView): number {
  return new Set([...references.map(({ workload }) => workload), ...inheritedBy].filter((id) => workloads.has(id))).size;
}

function storedOf(slot: Slot, credential: string, users: readonly string[], order: TargetOrder): InventoryStored {
  const { target, store, scope, environment, name, created, updated, visibility, readers } = slot;
  return {
    target,
    store,
    scope,
    ...(environment === undefined ? {} : { environment }),
    name,
    ...(created === undefined ? {} : { created }),
    ...(updated === undefined ? {} : { updated }),
    ...(visibility === undefined ? {} : { visibility }),
    readers,
    credential,
    usedBy: users.toSorted((a, b) => (order.get(a) ?? order.size) - (order.get(b) ?? order.size) || compareText(a, b)),
  };
}

function listedOf<D extends StoredView>(drafts: readonly D[], idOf: (draft: D) => string, order: TargetOrder): NonNullable<AccountInventory['listed']> {
  const all = drafts.flatMap((draft) => draft.listed.map((key) => inventoryListed(key, idOf(draft))));
  return sortTotally(all, (a, b) => (order.get(a.target) ?? order.size) - (order.get(b.target) ?? order.size) || compareText(a.target, b.target) || compareText(a.provider, b.provider) || compareText(a.id, b.id));
}

function settingsOf({ accounts, order }: Lookup): AccountInventory['settings'] {
  return sortTotally(accounts.settings, (a, b) => (order.get(a.target) ?? order.size) - (order.get(b.target) ?? order.size) || compareText(a.target, b.target) || compareText(a.kind, b.kind) || compareText(a.name, b.name));
}

// --- one stored secret ---

function slotEntries<D extends StoredView>(draft: D, holding: Holding, slot: Slot, usedBy: ReadonlySet<string>, view: Lookup): AccountEntry<D>[] {
  const entry = (finding: AccountFinding, confidence: Finding['confidence'], details: Readonly<Record<string, string | undefined>>, store?: ReferenceStore): AccountEntry<D> => {
    const location = accountLocation(slot.target, slot.store, slot.scope, ...(slot.environment === undefined ? [] : [slot.environment]), slot.name);
    return {
      draft,
      code: accountCode(finding),
      finding: {
        class: 'account',
        provider: holding.provider,
        detector: finding,
        // Doubt about whose key it is is doubt about all that is said of it.
        confidence: holding.confidence === 'low' ? 'low' : confidence,
        location,
        arguments: defined({ name: slot.name, store: slot.store, scope: slot.scope, environment: slot.environment, ...details }),
        ...(store === undefined ? {} : { store }),
      },
      stable: [accountCode(finding), location.path],
    };
  };
  const days = daysSince(slot.updated, view.now);
  const readers = slot.scope === 'organization' ? String(slot.readers.length) : undefined;
  const users = String(usedBy.size);
  const entries = [
    entry('stored-key', holding.confidence, { created: slot.created, updated: slot.updated, days: days?.toString(), visibility: slot.visibility, readers, users, protection: protectionOf(slot, view) }, REFERENCE_STORES[storeKind(slot.store)]),
  ];
  if (days !== undefined && days >= OLD) entries.push(entry('old-key', 'high', { updated: slot.updated, days: String(days) }));
  if (usedBy.size === 0 && isUnused(slot, view)) entries.push(entry('unused-key', 'medium', { updated: slot.updated, days: days?.toString(), readers }));
  if (isTooWide(slot, usedBy, view)) entries.push(entry('wide-key', 'medium', { visibility: slot.visibility, readers, users }));
  return entries;
}

/** How the environment that holds it is guarded; undefined when that was not read. */
function protectionOf(slot: Slot, { environments }: Lookup): string | undefined {
  if (slot.environment === undefined) return undefined;
  const facts = environments.get(keyOf(slot.target, slot.environment.toLowerCase()))?.facts;
  const reviewers = facts?.['reviewers'];
  const branches = facts?.['branches'];
  if (reviewers === undefined || branches === undefined) return undefined;
  if (Number(reviewers) > 0) return 'reviewers';
  return branches === 'all' ? 'none' : 'branches';
}

/** Nobody names it, and everybody who could was read. A branch other than the default one is not read, so it is never said for sure. */
function isUnused(slot: Slot, { accounts, consumption, byId }: Lookup): boolean {
  if (!isReadByTreesOnly(slot.store) || !wholeStores(accounts, slot.target).includes(slot.store)) return false;
  // Whoever else may read a secret of an organisation is known only where the organisation itself was asked.
  if (slot.scope === 'organization' && byId.get(slot.target)?.kind !== 'github-organization') return false;
  return slot.readers.every((reader) => byId.has(reader) && !consumption.opaque.has(reader));
}

function isTooWide(slot: Slot, usedBy: ReadonlySet<string>, { consumption }: AccountView): boolean {
  if (slot.scope !== 'organization' || (slot.visibility !== 'all' && slot.visibility !== 'private') || usedBy.size === 0) return false;
  const unsure = slot.readers.filter((reader) => !usedBy.has(reader) && consumption.opaque.has(reader)).length;
  const most = usedBy.size + unsure;
  return most * WIDE.oneIn <= slot.readers.length && slot.readers.length - most >= WIDE.more;
}

// --- names that no store holds ---

/** All that is known of it is that workflows name a secret which no store holds. */
function isMissing({ secrets, holdings, listed, references }: StoredView, { consumption }: AccountView): boolean {
  return secrets.length === 0 && holdings.length === 0 && listed.length === 0 && references.length > 0 && references.every((reference) => consumption.missing.has(reference));
}

/** All that is known of it is that stores hold it, and that nothing uses it there. */
function isMerelyStored({ secrets, references, inheritedBy }: StoredView, slots: readonly Slot[], usedBy: ReadonlyMap<Slot, ReadonlySet<string>>, view: Lookup): boolean {
  return secrets.length === 0 && references.length === 0 && inheritedBy.size === 0 && slots.length > 0 && slots.every((slot) => (usedBy.get(slot)?.size ?? 0) === 0 && isUnused(slot, view));
}

function missingEntries<D extends StoredView>(drafts: readonly D[], { consumption }: AccountView): AccountEntry<D>[] {
  if (consumption.missing.size === 0) return [];
  const draftOf = new Map(drafts.flatMap((draft) => draft.references.map((reference) => [reference, draft] as const)));
  const byName = new Map<string, { readonly first: ReferenceSighting; count: number }>();
  for (const reference of consumption.missing.keys()) {
    const key = keyOf(reference.location.target, upper(reference.name));
    const known = byName.get(key);
    if (known === undefined) byName.set(key, { first: reference, count: 1 });
    else known.count += 1;
  }
  return [...byName.values()].map(({ first, count }) => {
    const draft = draftOf.get(first);
    const found = consumption.missing.get(first);
    const code = accountCode('missing-key');
    return {
      ...(draft === undefined ? {} : { draft }),
      code,
      finding: {
        class: 'account',
        provider: first.provider,
        detector: 'missing-key',
        confidence: 'medium',
        location: first.location,
        arguments: defined({ name: first.name, store: found?.stores[0], places: String(count), hidden: found?.isHidden === true ? 'true' : undefined, elsewhere: found?.elsewhere }),
        ...(first.allowed === undefined ? {} : { allowed: first.allowed }),
      },
      workload: first.workload,
      stable: [code, first.location.path, first.name],
    };
  });
}

// --- one name in many repositories ---

interface SameName {
  readonly owner: string;
  readonly name: string;
  readonly targets: Set<string>;
}

function nameKey(slot: Slot, { byId }: Lookup): string {
  return keyOf(ownerOf(byId.get(slot.target)) ?? slot.target, upper(slot.name));
}

function sameNames(drafts: readonly StoredView[], { byId }: Lookup): Map<string, SameName> {
  const found = new Map<string, SameName>();
  for (const slot of drafts.flatMap(({ holdings }) => holdings.flatMap(({ slots }) => slots))) {
    const owner = ownerOf(byId.get(slot.target));
    if (owner === undefined || slot.scope === 'organization') continue;
    const key = keyOf(owner, upper(slot.name));
    const known = found.get(key) ?? { owner, name: upper(slot.name), targets: new Set<string>() };
    known.targets.add(slot.target);
    found.set(key, known);
  }
  return found;
}

/** That names are equal proves nothing, so it is said once a name, and at low confidence. */
function sameNameEntries<D>(sameName: ReadonlyMap<string, SameName>, { targets }: AccountView): AccountEntry<D>[] {
  return [...sameName.values()].flatMap(({ owner, name, targets: holders }) => {
    if (holders.size < SAME_NAME) return [];
    const place = targets.find((target) => target.kind === 'github-organization' && ownerOf(target) === owner) ?? targets.find(({ id }) => holders.has(id));
    const location = accountLocation(place?.id ?? '', 'names', name);
    const code = accountCode('same-name');
    return [{ code, finding: { class: 'account', provider: '', detector: 'same-name', confidence: 'low', location, arguments: { name, repositories: String(holders.size) } }, stable: [code, location.path] }];
  });
}

// --- settings ---

function settingEntries<D extends StoredView>(drafts: readonly D[], slots: readonly Slot[], view: AccountView): AccountEntry<D>[] {
  const concerned = new Set<string>();
  for (const { references, inheritedBy, listed } of drafts) {
    for (const { target } of listed) concerned.add(target);
    for (const { location } of references) concerned.add(location.target);
    for (const user of inheritedBy) concerned.add(view.workloads.get(user)?.location.target ?? '');
  }
  const environments = new Set<string>();
  for (const slot of slots) {
    if (slot.scope !== 'organization') concerned.add(slot.target);
    if (slot.environment !== undefined) environments.add(keyOf(slot.target, slot.environment.toLowerCase()));
  }
  const federated = new Set([...view.workloads.values()].filter(({ identity }) => identity.kind === 'enabled').map(({ location }) => location.target));
  const holdsKeys = (target: string, environment: string): boolean => environments.has(keyOf(target, environment.toLowerCase()));
  return settingFindings(view.accounts.settings, { targets: view.targets, concerned, federated, holdsKeys }).map(({ finding, target, details }) => {
    const location = accountLocation(target, 'settings', finding);
    return { code: accountCode(finding), finding: { class: 'account', provider: '', detector: finding, confidence: 'high', location, arguments: details }, stable: [accountCode(finding), location.path] };
  });
}

function defined(facts: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}
