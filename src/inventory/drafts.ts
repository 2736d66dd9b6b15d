import type { ListedKey } from '../model/account.ts';
import type { ReferenceSighting, SecretSighting } from '../model/inventory.ts';
import { CONFIDENCES } from '../model/levels.ts';
import type { CredentialKind, Lifetime, Privilege, Provider } from '../model/provider.ts';
import type { Holding } from './holdings.ts';
import { compareLocations, compareText, listAt, sortTotally, type TargetOrder } from './order.ts';
import { findPairs, type SecretGroup } from './pairs.ts';
import { foldPlaces, type SecretPlace } from './places.ts';
import type { NameGroup } from './references.ts';

/** Widest first. An unknown privilege is taken as wide as an account's. */
const PRIVILEGES = ['admin', 'account', 'unknown', 'project', 'restricted'] as const satisfies readonly Privilege[];

/** One credential under construction. */
export interface Draft {
  readonly provider: string;
  readonly kind: CredentialKind;
  readonly lifetime: Lifetime;
  readonly privilege: Privilege;
  readonly preview: string;
  /** Groups of equal secrets: none for a credential known by name, two for a pair. */
  readonly secrets: readonly SecretGroup[];
  readonly places: readonly SecretPlace[];
  readonly references: ReferenceSighting[];
  /** Spellings of the names it is stored under or assigned to. */
  readonly names: Set<string>;
  /** Ids of workload sightings that use it without naming it. */
  readonly inheritedBy: Set<string>;
  ambiguous: boolean;
  /** Stored secrets that are this credential. */
  readonly holdings: Holding[];
  /** Objects of lists of its issuer that are this credential. */
  readonly listed: ListedKey[];
  /** How they were found to be: `id`, `hint`, `ending`. */
  readonly listedBy: Set<string>;
}

/** Equal secrets, by their identity. */
export function groupSecrets(sightings: readonly SecretSighting[], order: TargetOrder): SecretGroup[] {
  // The identity is keyed anew in each run, so it may group but never order.
  const sorted = sortTotally(sightings, (a, b) => compareLocations(a.location, b.location, order) || compareText(a.detector, b.detector), 'identity');
  const byIdentity = new Map<string, SecretSighting[]>();
  for (const sighting of sorted) listAt(byIdentity, sighting.identity).push(sighting);
  return [...byIdentity.values()].flatMap((members, index) => {
    const [first, ...rest] = members;
    if (first === undefined) return [];
    let best = first;
    for (const sighting of rest) {
      if (CONFIDENCES.indexOf(sighting.confidence) < CONFIDENCES.indexOf(best.confidence)) best = sighting;
    }
    return [{ index, sightings: members, best }];
  });
}

/** One draft for each secret that was seen; the two halves of a pair are one. */
export function secretDrafts(groups: readonly SecretGroup[], order: TargetOrder): Draft[] {
  const pairs = findPairs(groups);
  const paired = new Set(pairs.flat());
  const drafts = pairs.map(([id, secret]) => secretDraft([id, secret], id.best.preview, 'pair', order));
  for (const group of groups) {
    if (!paired.has(group)) drafts.push(secretDraft([group], group.best.preview, group.best.kind, order));
  }
  return drafts;
}

function secretDraft(secrets: readonly [SecretGroup, ...SecretGroup[]], preview: string, kind: CredentialKind, order: TargetOrder): Draft {
  const [main] = secrets;
  const sightings = secrets.flatMap((group) => group.sightings);
  const places = secrets.flatMap((group) => foldPlaces(group.sightings));
  const isLong = secrets.some((group) => group.sightings.some(({ lifetime }) => lifetime === 'long'));
  return {
    provider: main.best.provider,
    kind,
    lifetime: isLong ? 'long' : 'short',
    privilege: widest(trusted(sightings).map(({ privilege }) => privilege)),
    preview,
    secrets,
    places: places.toSorted((a, b) => comparePlaces(a, b, order)),
    references: [],
    names: new Set(trusted(sightings).flatMap(({ assignedTo }) => (assignedTo === undefined ? [] : [assignedTo]))),
    inheritedBy: new Set(),
    ambiguous: false,
    holdings: [],
    listed: [],
    listedBy: new Set(),
  };
}

/** What the doubtful sightings say counts only when there are no others. */
export function trusted(sightings: readonly SecretSighting[]): readonly SecretSighting[] {
  const sure = sightings.filter(({ confidence }) => confidence !== 'low');
  return sure.length > 0 ? sure : sightings;
}

function widest(privileges: readonly Privilege[]): Privilege {
  return PRIVILEGES.find((privilege) => privileges.includes(privilege)) ?? 'unknown';
}

/** The tree's places first: they are what a reader can open. */
function comparePlaces(a: SecretPlace, b: SecretPlace, order: TargetOrder): number {
  return Number(isStoredOnly(a)) - Number(isStoredOnly(b)) || compareLocations(a.location, b.location, order);
}

/** Seen in git's objects, and not in the tree. */
export function isStoredOnly(place: SecretPlace): boolean {
  return place.sighting.location.history !== undefined;
}

/** A credential of which only a name is known. */
export function nameDraft(group: Pick<NameGroup, 'provider' | 'kind' | 'title'>, providers: readonly Provider[]): Draft {
  return {
    provider: group.provider,
    kind: group.kind,
    lifetime: group.kind === 'session-token' ? 'short' : 'long',
    privilege: privilegeOfKind(group, providers),
    preview: group.title,
    secrets: [],
    places: [],
    references: [],
    names: new Set(),
    inheritedBy: new Set(),
    ambiguous: false,
    holdings: [],
    listed: [],
    listedBy: new Set(),
  };
}

/** The most that a key of this provider and kind can do; unknown as soon as one format's privilege is. */
function privilegeOfKind({ provider, kind }: Pick<NameGroup, 'provider' | 'kind'>, providers: readonly Provider[]): Privilege {
  if (kind === 'admin-key') return 'admin';
  const formats = providers.find(({ id }) => id === provider)?.detectors.filter((detector) => detector.kind === kind && detector.lifetime === 'long') ?? [];
  const privileges = formats.map(({ privilege }) => privilege);
  return privileges.includes('unknown') ? 'unknown' : widest(privileges);
}
