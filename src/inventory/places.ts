import { CONFIDENCES, type Confidence } from '../model/levels.ts';
import type { CommitStamp, HistoryPlace, Location } from '../model/location.ts';
import type { SecretSighting } from '../model/inventory.ts';
import { keyOf, listAt } from './order.ts';

/** One place of one secret, as a person counts places: a spot in the tree, or a path that held it once. */
export interface SecretPlace {
  /** The sighting that speaks for the place. */
  readonly sighting: SecretSighting;
  /** Its location, with what every folded version says about history. */
  readonly location: Location;
  /** How many stored versions of the file were folded into this place; 0 when only the tree was seen. */
  readonly versions: number;
  readonly allowed?: string;
}

/**
 * Folds the sightings of one secret into places.
 *
 * Within one path, the tree speaks first: each spot in the tree is a place, and stored versions of the file only add their dates to
 * it (to the spot with the same line text, else to the first). A path with stored versions alone is one place, however many versions
 * hold the secret and wherever in them: fifty rows for one deleted line tell a reader nothing that two dates do not.
 *
 * @param sightings of one identity, in total order.
 */
export function foldPlaces(sightings: readonly SecretSighting[]): SecretPlace[] {
  const byPath = new Map<string, SecretSighting[]>();
  for (const sighting of sightings) listAt(byPath, keyOf(sighting.location.target, sighting.location.path)).push(sighting);

  const places: SecretPlace[] = [];
  for (const there of byPath.values()) {
    const stored = there.filter((sighting) => sighting.location.history !== undefined);
    const spots = spotsOf(there.filter((sighting) => sighting.location.history === undefined));
    if (spots.length === 0) places.push(placeOf([latest(stored)], stored));
    else places.push(...enriched(spots, stored));
  }
  return places;
}

/** Sightings of the same span: two detectors, or the same file read twice. Best first. */
function spotsOf(tree: readonly SecretSighting[]): [SecretSighting, ...SecretSighting[]][] {
  const spots = new Map<string, [SecretSighting, ...SecretSighting[]]>();
  for (const sighting of tree) {
    const key = keyOf(String(sighting.location.start), String(sighting.location.end));
    const spot = spots.get(key);
    if (spot === undefined) spots.set(key, [sighting]);
    else if (surer(sighting, spot[0])) spot.unshift(sighting);
    else spot.push(sighting);
  }
  return [...spots.values()];
}

function enriched(spots: readonly [SecretSighting, ...SecretSighting[]][], stored: readonly SecretSighting[]): SecretPlace[] {
  const spotByLine = new Map<string, number>();
  spots.forEach(([first], index) => {
    if (!spotByLine.has(first.lineDigest)) spotByLine.set(first.lineDigest, index);
  });
  const versions: SecretSighting[][] = spots.map(() => []);
  for (const sighting of stored) versions[spotByLine.get(sighting.lineDigest) ?? 0]?.push(sighting);
  return spots.map((spot, index) => placeOf(spot, versions[index] ?? []));
}

function placeOf(spot: readonly [SecretSighting, ...SecretSighting[]], stored: readonly SecretSighting[]): SecretPlace {
  const [sighting] = spot;
  const histories = stored.flatMap(({ location }) => (location.history === undefined ? [] : [location.history]));
  const history = mergeHistory(histories);
  const allowed = spot.find((one) => one.allowed !== undefined)?.allowed;
  return {
    sighting,
    location: history === undefined ? sighting.location : { ...sighting.location, history },
    versions: new Set(histories.map(({ object }) => object)).size,
    ...(allowed === undefined ? {} : { allowed }),
  };
}

/** The version a reader would open: what HEAD holds, else the newest. The caller gives at least one. */
function latest(stored: readonly SecretSighting[]): SecretSighting {
  let best: SecretSighting | undefined;
  for (const sighting of stored) {
    if (best === undefined || newer(sighting, best)) best = sighting;
  }
  if (best === undefined) throw new RangeError('a place needs at least one sighting');
  return best;
}

function newer(a: SecretSighting, b: SecretSighting): boolean {
  const left = a.location.history;
  const right = b.location.history;
  if (left === undefined || right === undefined) return false;
  return isNewer(left, right) || (!isNewer(right, left) && surer(a, b));
}

function isNewer(a: HistoryPlace, b: HistoryPlace): boolean {
  if (a.inHead !== b.inHead) return a.inHead;
  if (a.reachable !== b.reachable) return a.reachable;
  return lastTime(a) > lastTime(b);
}

/** Milliseconds of the last commit that held it; -Infinity when no commit is known. */
export function lastTime(history: HistoryPlace): number {
  return Math.max(timeOf(history.lastSeen), timeOf(history.firstSeen));
}

function timeOf(stamp: CommitStamp | undefined): number {
  const time = stamp === undefined ? Number.NaN : Date.parse(stamp.authored);
  return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time;
}

function mergeHistory(histories: readonly HistoryPlace[]): HistoryPlace | undefined {
  let newest: HistoryPlace | undefined;
  let first: CommitStamp | undefined;
  let last: CommitStamp | undefined;
  for (const history of histories) {
    if (newest === undefined || isNewer(history, newest)) newest = history;
    if (isDated(history.firstSeen) && (first === undefined || timeOf(history.firstSeen) < timeOf(first))) first = history.firstSeen;
    if (isDated(history.lastSeen) && (last === undefined || timeOf(history.lastSeen) > timeOf(last))) last = history.lastSeen;
  }
  if (newest === undefined) return undefined;
  return {
    object: newest.object,
    objectType: newest.objectType,
    reachable: histories.some(({ reachable }) => reachable),
    inHead: histories.some(({ inHead }) => inHead),
    ...(first === undefined ? {} : { firstSeen: first }),
    ...(last === undefined ? {} : { lastSeen: last }),
  };
}

function isDated(stamp: CommitStamp | undefined): stamp is CommitStamp {
  return timeOf(stamp) !== Number.NEGATIVE_INFINITY;
}

function surer(a: { readonly confidence: Confidence }, b: { readonly confidence: Confidence }): boolean {
  return CONFIDENCES.indexOf(a.confidence) < CONFIDENCES.indexOf(b.confidence);
}

/** The highest of several; `low` when there is none. */
export function highestConfidence(confidences: Iterable<Confidence>): Confidence {
  let best: Confidence = 'low';
  for (const confidence of confidences) {
    if (CONFIDENCES.indexOf(confidence) < CONFIDENCES.indexOf(best)) best = confidence;
  }
  return best;
}
