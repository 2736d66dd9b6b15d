import type { SecretSighting } from '../model/inventory.ts';
import { pairStem } from './names.ts';
import { keyOf, listAt } from './order.ts';

/** All sightings of one identity, in total order, with their index among all identities. */
export interface SecretGroup {
  readonly index: number;
  readonly sightings: readonly SecretSighting[];
  /** The surest sighting: it says what the secret is. */
  readonly best: SecretSighting;
}

/** Halves further apart than this are not taken for one pair. */
const MAX_LINES = 20;

/** Other halves looked at on each side of a half, which keeps a file of nothing but halves linear. */
const MAX_NEIGHBOURS = 8;

interface Candidate {
  readonly id: SecretGroup;
  readonly secret: SecretGroup;
  /** Worst last, compared in order. */
  readonly rank: readonly number[];
}

/**
 * Finds which access key id belongs to which secret access key: named by the detector (`facts.pair`), else the nearest in the same
 * file. An id has one secret and a secret one id, so the best candidates are taken first and each half is used once.
 *
 * A half that a person has to look at (confidence low) never pairs with one that is sure.
 *
 * @returns pairs as [id, secret].
 */
export function findPairs(groups: readonly SecretGroup[]): [SecretGroup, SecretGroup][] {
  const halves = groups.filter(({ best }) => (best.kind === 'access-key' || best.kind === 'secret-key') && best.lifetime === 'long');
  const candidates = [...namedByDetector(halves), ...nearInFile(halves)].toSorted((a, b) => compareRanks(a.rank, b.rank));
  const taken = new Set<SecretGroup>();
  const pairs: [SecretGroup, SecretGroup][] = [];
  for (const { id, secret } of candidates) {
    if (taken.has(id) || taken.has(secret)) continue;
    taken.add(id).add(secret);
    pairs.push([id, secret]);
  }
  return pairs;
}

function* namedByDetector(halves: readonly SecretGroup[]): Generator<Candidate> {
  const byFact = new Map<string, SecretGroup[]>();
  for (const half of halves) {
    for (const { facts, provider } of half.sightings) {
      const pair = facts['pair'];
      if (pair !== undefined) listAt(byFact, keyOf(provider, pair)).push(half);
    }
  }
  for (const members of byFact.values()) {
    const unique = [...new Set(members)];
    const id = unique.find(({ best }) => best.kind === 'access-key');
    const secret = unique.find(({ best }) => best.kind === 'secret-key');
    if (id !== undefined && secret !== undefined) yield { id, secret, rank: [0, 0, 0, 0, 0, id.index, secret.index] };
  }
}

function* nearInFile(halves: readonly SecretGroup[]): Generator<Candidate> {
  const byFile = new Map<string, { group: SecretGroup; sighting: SecretSighting }[]>();
  for (const group of halves) {
    for (const sighting of group.sightings) {
      const { target, path, history } = sighting.location;
      listAt(byFile, keyOf(sighting.provider, target, path, history?.object ?? '')).push({ group, sighting });
    }
  }
  for (const there of byFile.values()) {
    const inOrder = there.toSorted((a, b) => a.sighting.location.start - b.sighting.location.start || a.group.index - b.group.index);
    for (const [at, left] of inOrder.entries()) {
      for (const right of inOrder.slice(at + 1, at + 1 + MAX_NEIGHBOURS)) {
        const candidate = candidateOf(left.group, left.sighting, right.group, right.sighting);
        if (candidate !== undefined) yield candidate;
      }
    }
  }
}

function candidateOf(leftGroup: SecretGroup, left: SecretSighting, rightGroup: SecretGroup, right: SecretSighting): Candidate | undefined {
  if (leftGroup.best.kind === rightGroup.best.kind) return undefined;
  if ((leftGroup.best.confidence === 'low') !== (rightGroup.best.confidence === 'low')) return undefined;
  const lines = right.location.line - left.location.endLine;
  if (lines > MAX_LINES) return undefined;
  const idFirst = leftGroup.best.kind === 'access-key';
  const [id, secret] = idFirst ? [leftGroup, rightGroup] : [rightGroup, leftGroup];
  const stemsDiffer = left.assignedTo !== undefined && right.assignedTo !== undefined && pairStem(left.assignedTo) !== pairStem(right.assignedTo);
  const bytes = right.location.start - left.location.end;
  // People write the id first: it decides where rows of id, secret, id, secret stand equally close.
  return { id, secret, rank: [1, stemsDiffer ? 1 : 0, Math.max(0, lines), idFirst ? 0 : 1, bytes, id.index, secret.index] };
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [at, value] of a.entries()) {
    const difference = value - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
