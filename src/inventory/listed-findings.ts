import { type AccountFinding, type InventoryListed, type ListedKey, UNUSED_AFTER } from '../model/account.ts';
import type { Finding } from '../model/inventory.ts';
import type { ReferenceStore } from '../model/reference.ts';
import { accountCode, accountLocation } from './account-places.ts';

/** From here on a key is called old. */
const OLD = 90;
const DAY = 86_400_000;

/** A finding about a listed key, before it has an id. */
export interface ListedEntry {
  readonly code: string;
  readonly finding: Pick<Finding, 'class' | 'provider' | 'detector' | 'confidence' | 'location' | 'arguments'> & { readonly store?: ReferenceStore };
  readonly stable: readonly string[];
}

/** What is known of a key beside its entry in the list. */
export interface ListedView {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Days without use from which it is called idle. */
  readonly unusedAfter: number | undefined;
  /** How many workloads were found that use it. */
  readonly users: number;
}

/** What the list itself says of a key. Pure. */
export function listedEntries(key: ListedKey, { now, unusedAfter = UNUSED_AFTER.usual, users }: ListedView): readonly ListedEntry[] {
  const location = accountLocation(key.target, 'keys', key.provider, key.id);
  const said = saidOf(key, now);
  const entry = (kind: AccountFinding, more: Readonly<Record<string, string>> = {}, store?: ReferenceStore): ListedEntry => {
    const code = accountCode(kind);
    return {
      code,
      finding: { class: 'account', provider: key.provider, detector: kind, confidence: 'high', location, arguments: { ...said, ...more }, ...(store === undefined ? {} : { store }) },
      stable: [code, location.path],
    };
  };
  // Where its holders keep it is not known from a list.
  const entries = [entry('listed-key', {}, 'unknown')];
  if (key.status === 'leaked') entries.push(entry('leaked-key'));
  if (key.owner?.kind === 'root') entries.push(entry('root-key'));
  if (key.status === 'inactive' || key.status === 'expired') return entries;
  // An owner who has left the organisation answers for nothing any more.
  if (key.owner?.kind === 'none' || key.facts['ownerless'] === 'true') entries.push(entry('ownerless-key'));
  if (key.facts['restrictions'] === 'none') entries.push(entry('open-key'));
  if (key.facts['localAuth'] === 'true') entries.push(entry('local-auth'));
  const age = daysSince(key.created, now);
  if (age !== undefined && age >= OLD) entries.push(entry('old-key', { days: String(age) }));
  if (isIdle(key, { age, now, unusedAfter })) entries.push(entry('idle-key', { unusedAfter: String(unusedAfter), users: String(users) }));
  return entries;
}

/** No use in so many days; one that was never used has had as many days to be. */
function isIdle({ lastUsed }: ListedKey, { age, now, unusedAfter }: { readonly age: number | undefined; readonly now: number; readonly unusedAfter: number }): boolean {
  if (lastUsed === undefined) return false;
  const days = lastUsed === 'never' ? age : daysSince(lastUsed, now);
  return days !== undefined && days >= unusedAfter;
}

function saidOf({ name, id, status, owner, created, expires, lastUsed, privilege, facts }: ListedKey, now: number): Readonly<Record<string, string>> {
  const said: Readonly<Record<string, string | undefined>> = {
    name: name === '' ? id : name,
    id,
    status,
    owner: owner === undefined ? undefined : owner.kind === 'none' ? 'nobody' : owner.name,
    ownerKind: owner?.kind,
    created,
    days: daysSince(created, now)?.toString(),
    expires,
    lastUsed,
    idleDays: lastUsed === undefined || lastUsed === 'never' ? undefined : daysSince(lastUsed, now)?.toString(),
    privilege,
    can: facts['can'],
  };
  return Object.fromEntries(Object.entries(said).flatMap(([fact, value]) => (value === undefined ? [] : [[fact, value] as const])));
}

/** Whole days since an ISO date; undefined when there is none, or it lies further ahead than a time zone explains. */
export function daysSince(date: string | undefined, now: number): number | undefined {
  const days = Math.floor((now - Date.parse(date ?? '')) / DAY);
  return days >= -1 ? Math.max(0, days) : undefined;
}

/** What lists add to the facts of a credential: of several lists, the widest word. */
export function listedFacts(keys: readonly ListedKey[], proofs: ReadonlySet<string>): readonly (readonly [string, string])[] {
  const [key] = keys;
  if (key === undefined) return [];
  const latest = keys.flatMap(({ lastUsed }) => (lastUsed === undefined ? [] : [lastUsed])).toSorted((a, b) => Number(a === 'never') - Number(b === 'never') || (a < b ? 1 : -1))[0];
  const own: readonly (readonly [string, string | undefined])[] = [
    ['status', key.status],
    ['owner', key.owner === undefined ? undefined : key.owner.kind === 'none' ? 'nobody' : key.owner.name],
    ['created', key.created],
    ['expires', key.expires === 'never' ? undefined : key.expires],
    ['last-used', latest],
    ['can', key.facts['can']],
    ['spend', key.facts['spend30d']],
    // The end of a key alone is no proof.
    ['joined-by', proofs.has('ending') ? 'the end of the key alone' : undefined],
  ];
  return own.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

/** As the inventory keeps it: without the hint, which shows more of a value than a preview may. */
export function inventoryListed(key: ListedKey, credential: string): InventoryListed {
  const { target, provider, kind, privilege, id, name, status, owner, created, expires, lastUsed, publicPart, facts } = key;
  return {
    target, provider, kind, privilege, id, name, status,
    ...(owner === undefined ? {} : { owner }),
    ...(created === undefined ? {} : { created }),
    ...(expires === undefined ? {} : { expires }),
    ...(lastUsed === undefined ? {} : { lastUsed }),
    ...(publicPart === undefined ? {} : { publicPart }),
    facts,
    credential,
  };
}
