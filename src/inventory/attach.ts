import type { SecretSighting, ReferenceSighting } from '../model/inventory.ts';
import { CONFIDENCES } from '../model/levels.ts';
import type { Provider } from '../model/provider.ts';
import type { Consumption } from './consumption.ts';
import { type Draft, isStoredOnly, nameDraft } from './drafts.ts';
import type { Holding, Holdings } from './holdings.ts';
import { lastOfRoute, normalName } from './names.ts';
import { compareLocations, compareText, keyOf, listAt, type TargetOrder } from './order.ts';
import { lastTime } from './places.ts';
import type { NameGroup } from './references.ts';

/** Who uses what is stored, and what belongs together there. */
interface StoredKeys extends Holdings {
  readonly consumption: Consumption;
}

export interface NamedDrafts {
  /** Credentials known only by name. */
  readonly drafts: readonly Draft[];
  /** By target and normalised name: what the name stands for. */
  readonly draftByName: ReadonlyMap<string, readonly Draft[]>;
}

interface AttachContext {
  readonly order: TargetOrder;
  readonly providers: readonly Provider[];
  readonly stores: StoredKeys | undefined;
}

/** Gives every group of references to the credential that its name stands for. */
export function attachNames(groups: readonly NameGroup[], held: readonly Draft[], { order, providers, stores }: AttachContext): NamedDrafts {
  const heldByName = indexByName(held);
  const providersOfName = new Map<string, Set<string>>();
  for (const { target, provider, names } of groups) {
    for (const name of names) {
      const key = keyOf(target, name);
      providersOfName.set(key, (providersOfName.get(key) ?? new Set()).add(provider));
    }
  }

  const found: Found = { drafts: [], draftByName: new Map(), draftByHolding: new Map(), providers };
  for (const holding of stores?.all ?? []) {
    const draft = valueOf(holding, heldByName);
    if (draft === undefined) continue;
    found.draftByHolding.set(holding, draft);
    draft.holdings.push(holding);
  }
  const byEntry = indexByEntry(held);
  for (const whole of groups) {
    const group = withoutEntries(whole, byEntry, found);
    if (group === undefined) continue;
    const candidates = candidatesFor(group, heldByName, providersOfName);
    attachGroup(group, { candidates, chosen: likeliest(candidates, group.target, order), split: splitByHolding(group.references, stores) }, found);
  }
  for (const holding of stores?.all ?? []) storedDraft(holding, found);
  return found;
}

/** Where a cluster's own Secret was read, by its name. */
const SECRET = /\/secret\/([^/]+)\.(?:ya?ml|json)$/;

/** Seen credentials by target and the entry of a Secret that holds them: `claude/api-key`. */
function indexByEntry(held: readonly Draft[]): ReadonlyMap<string, Draft> {
  const index = new Map<string, Draft>();
  for (const draft of held) {
    if (draft.lifetime === 'short' || isDoubtful(draft)) continue;
    for (const { location } of draft.secrets.flatMap((group) => group.sightings)) {
      const [, holder] = SECRET.exec(location.path) ?? [];
      if (holder !== undefined && location.route !== undefined) index.set(keyOf(location.target, `${holder}/${lastOfRoute(location.route)}`), draft);
    }
  }
  return index;
}

/** Gives references that name an entry whose value was seen to that credential, whatever else has its name; what is left of the group, if anything. */
function withoutEntries(group: NameGroup, byEntry: ReadonlyMap<string, Draft>, found: Found): NameGroup | undefined {
  if (byEntry.size === 0) return group;
  const rest = group.references.filter((reference) => {
    const draft = reference.entry === undefined ? undefined : byEntry.get(keyOf(group.target, reference.entry));
    if (draft === undefined) return true;
    draft.references.push(reference);
    draft.names.add(reference.name);
    listAt(found.draftByName, keyOf(group.target, normalName(reference.name))).push(draft);
    return false;
  });
  return rest.length === 0 ? undefined : rest.length === group.references.length ? group : { ...group, references: rest };
}

/** What has been attached so far. */
interface Found {
  readonly drafts: Draft[];
  readonly draftByName: Map<string, Draft[]>;
  readonly draftByHolding: Map<Holding, Draft>;
  readonly providers: readonly Provider[];
}

interface GroupView {
  /** Seen credentials that the name may stand for, and the likeliest of them. */
  readonly candidates: readonly Draft[];
  readonly chosen: Draft | undefined;
  readonly split: SplitReferences;
}

function attachGroup(group: NameGroup, { candidates, chosen, split }: GroupView, found: Found): void {
  const { byHolding, missing, rest } = split;
  const attach = (draft: Draft, references: readonly ReferenceSighting[]): void => {
    for (const reference of references) {
      draft.references.push(reference);
      draft.names.add(reference.name);
    }
    for (const name of group.names) listAt(found.draftByName, keyOf(group.target, name)).push(draft);
  };
  const noteDoubt = (): void => {
    for (const candidate of candidates) candidate.ambiguous ||= candidates.length > 1;
  };
  const unstored = (references: readonly ReferenceSighting[]): void => {
    noteDoubt();
    const draft = chosen ?? nameDraft(group, found.providers);
    if (chosen === undefined) found.drafts.push(draft);
    attach(draft, references);
  };

  if (byHolding.size === 0) return unstored(group.references);
  const [only, ...more] = byHolding.keys();
  // One repository's secret, and a value seen there under its name: the one is the other, as with names alone.
  if (chosen !== undefined && only !== undefined && more.length === 0 && only.slots[0].scope !== 'organization' && !found.draftByHolding.has(only)) {
    found.draftByHolding.set(only, chosen);
    chosen.holdings.push(only);
    noteDoubt();
  }
  for (const [holding, references] of byHolding) attach(storedDraft(holding, found), references);
  // What no store holds is not what the environment of another job holds.
  const left = chosen === undefined ? missing : [...missing, ...rest];
  if (left.length > 0) unstored(left);
  if (chosen === undefined && rest.length > 0) attach(storedDraft(mainHolding(byHolding), found), rest);
}

/** Where the values of a store's entries are written, one below the other, when its API gives them. */
export const VALUES = /(?:^|\/)variables\.env$/;

/** The credential whose value the store itself gave for this entry. */
function valueOf({ slots: [slot] }: Holding, heldByName: ReadonlyMap<string, ReadonlySet<Draft>>): Draft | undefined {
  // A keychain gives none: a variable of this machine with the name of an entry may hold another key.
  if (slot.scope === 'user') return undefined;
  const drafts = [...(heldByName.get(keyOf(slot.target, normalName(slot.name))) ?? [])];
  const given = drafts.filter(({ secrets }) => secrets.some(({ sightings }) => sightings.some(({ location, assignedTo }) => location.target === slot.target && VALUES.test(location.path) && assignedTo !== undefined && normalName(assignedTo) === normalName(slot.name))));
  return given.length === 1 ? given[0] : undefined;
}

function storedDraft(holding: Holding, { drafts, draftByHolding, providers }: Found): Draft {
  const known = draftByHolding.get(holding);
  if (known !== undefined) return known;
  const draft = nameDraft(holding, providers);
  draft.holdings.push(holding);
  draftByHolding.set(holding, draft);
  drafts.push(draft);
  return draft;
}

interface SplitReferences {
  readonly byHolding: ReadonlyMap<Holding, readonly ReferenceSighting[]>;
  /** Those that name a secret which no store holds. */
  readonly missing: readonly ReferenceSighting[];
  /** Those that name no stored secret: reads of a variable, other stores. */
  readonly rest: readonly ReferenceSighting[];
}

function splitByHolding(references: readonly ReferenceSighting[], stores: StoredKeys | undefined): SplitReferences {
  const byHolding = new Map<Holding, ReferenceSighting[]>();
  const missing: ReferenceSighting[] = [];
  const rest: ReferenceSighting[] = [];
  if (stores === undefined) return { byHolding, missing, rest: references };
  for (const reference of references) {
    const meaning = stores.consumption.meaningOf.get(reference);
    const holding = meaning === undefined ? undefined : stores.holdingOf.get(meaning.slot);
    if (holding !== undefined) listAt(byHolding, holding).push(reference);
    else if (stores.consumption.missing.has(reference)) missing.push(reference);
    else rest.push(reference);
  }
  return { byHolding, missing, rest };
}

/** The one that most references of the group consume, the first of them among equals: a variable of that name is likeliest to hold it. */
function mainHolding(byHolding: ReadonlyMap<Holding, readonly ReferenceSighting[]>): Holding {
  let best: [Holding, number] | undefined;
  for (const [holding, references] of byHolding) if (best === undefined || references.length > best[1]) best = [holding, references.length];
  if (best === undefined) throw new RangeError('a group without a stored secret has no main one');
  return best[0];
}

/** Seen credentials by target and the names their values stand under. */
function indexByName(held: readonly Draft[]): Map<string, Set<Draft>> {
  const index = new Map<string, Set<Draft>>();
  for (const draft of held) {
    if (draft.lifetime === 'short' || isDoubtful(draft)) continue;
    for (const { location, assignedTo } of draft.secrets.flatMap((group) => group.sightings)) {
      const names = [assignedTo, location.route === undefined ? undefined : lastOfRoute(location.route)];
      for (const name of names) {
        if (name === undefined) continue;
        const key = keyOf(location.target, normalName(name));
        index.set(key, (index.get(key) ?? new Set()).add(draft));
      }
    }
  }
  return index;
}

function isDoubtful(draft: Draft): boolean {
  return draft.secrets.every(({ best }) => best.confidence === 'low');
}

/**
 * The seen credentials that may be what the group's references consume: same provider under the name, else under an alias, else, when
 * the name belongs to one provider only, any key that stands under it (`OPENAI_API_KEY` set to the key of a compatible API).
 */
function candidatesFor(group: NameGroup, heldByName: ReadonlyMap<string, ReadonlySet<Draft>>, providersOfName: ReadonlyMap<string, ReadonlySet<string>>): Draft[] {
  const underName = draftsUnder(group, group.names, heldByName);
  const own = underName.filter(({ provider }) => provider === group.provider);
  if (own.length > 0) return own;
  const underAlias = draftsUnder(group, group.aliases, heldByName).filter(({ provider }) => provider === group.provider);
  if (underAlias.length > 0) return underAlias;
  const isOwnName = [...group.names].every((name) => providersOfName.get(keyOf(group.target, name))?.size === 1);
  return isOwnName ? underName : [];
}

function draftsUnder(group: NameGroup, names: ReadonlySet<string>, heldByName: ReadonlyMap<string, ReadonlySet<Draft>>): Draft[] {
  return [...new Set([...names].flatMap((name) => [...(heldByName.get(keyOf(group.target, name)) ?? [])]))];
}

function likeliest(candidates: readonly Draft[], target: string, order: TargetOrder): Draft | undefined {
  const [first] = candidates.toSorted((a, b) => {
    const [freshA, freshB] = [freshness(a, target), freshness(b, target)];
    if (freshA.inTree !== freshB.inTree) return freshA.inTree ? -1 : 1;
    const surer = bestConfidence(a) - bestConfidence(b);
    if (surer !== 0) return surer;
    if (freshA.time !== freshB.time) return freshA.time > freshB.time ? -1 : 1;
    return compareDrafts(a, b, order);
  });
  return first;
}

function bestConfidence(draft: Draft): number {
  return Math.min(...draft.secrets.map(({ best }) => CONFIDENCES.indexOf(best.confidence)));
}

function freshness(draft: Draft, target: string): { inTree: boolean; time: number } {
  const here = draft.places.filter(({ location }) => location.target === target);
  return {
    inTree: here.some((place) => !isStoredOnly(place) || place.location.history?.inHead === true),
    time: here.reduce((time, { location }) => Math.max(time, location.history === undefined ? time : lastTime(location.history)), Number.NEGATIVE_INFINITY),
  };
}

/** By first place, then preview: total over different credentials, and never by identity. */
function compareDrafts(a: Draft, b: Draft, order: TargetOrder): number {
  const [left, right] = [firstLocation(a), firstLocation(b)];
  const byPlace = left === undefined || right === undefined ? 0 : compareLocations(left, right, order);
  return byPlace || compareText(a.provider, b.provider) || compareText(a.kind, b.kind) || compareText(a.preview, b.preview);
}

function firstLocation(draft: Draft): SecretSighting['location'] | undefined {
  return (draft.places[0] ?? draft.references[0])?.location;
}
