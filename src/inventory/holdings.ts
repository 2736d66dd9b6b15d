import { CONFIDENCES, type Confidence } from '../model/levels.ts';
import type { ReferenceSighting } from '../model/inventory.ts';
import type { CredentialKind } from '../model/provider.ts';
import type { NameTable } from '../model/reference.ts';
import type { Consumption } from './consumption.ts';
import { pairStem } from './names.ts';
import { compareText, keyOf, listAt } from './order.ts';
import { highestConfidence } from './places.ts';
import type { Slot } from './stores.ts';

/** Stored secrets that are one credential: one, or the two halves of an access key. */
export interface Holding {
  readonly slots: readonly [Slot, ...Slot[]];
  readonly provider: string;
  readonly kind: CredentialKind;
  readonly confidence: Confidence;
  /** The stored name; for a pair that of the id. */
  readonly title: string;
}

export interface Holdings {
  /** In total order. */
  readonly all: readonly Holding[];
  readonly holdingOf: ReadonlyMap<Slot, Holding>;
  /** Stored secrets that are no AI credential, as far as names and uses tell. */
  readonly unrelated: number;
}

interface Claim {
  readonly provider: string;
  readonly kind: CredentialKind;
  readonly confidence: Confidence;
}

/**
 * Says whose key each stored secret is: what its references say, surest and most frequent first, else what its name says. What neither knows is left out,
 * and so is a stored name that says too little (`GH_TOKEN`) and that nothing uses.
 */
export function holdingsOf(consumption: Consumption, names: NameTable): Holdings {
  const claims = new Map<Slot, ReferenceSighting[]>();
  for (const [reference, { slot, others }] of consumption.meaningOf) for (const one of [slot, ...others]) listAt(claims, one).push(reference);

  const alone: { readonly slot: Slot; readonly claim: Claim }[] = [];
  let unrelated = 0;
  for (const slot of consumption.index.slots) {
    const claim = claimOf(slot, claims.get(slot) ?? [], names);
    if (claim === undefined) unrelated += 1;
    else alone.push({ slot, claim });
  }

  const byStem = new Map<string, typeof alone>();
  for (const one of alone) {
    const { slot, claim } = one;
    const isHalf = claim.kind === 'access-key' || claim.kind === 'secret-key';
    // Under its own name a whole key stands by itself.
    const stem = isHalf ? ['half', pairStem(slot.name)] : ['whole', slot.name];
    listAt(byStem, keyOf(slot.owner, slot.store, slot.scope, slot.environment ?? '', claim.provider, ...stem)).push(one);
  }
  const all = [...byStem.values()].flatMap(paired);
  return { all, holdingOf: new Map(all.flatMap((holding) => holding.slots.map((slot) => [slot, holding] as const))), unrelated };
}

function paired(members: readonly { readonly slot: Slot; readonly claim: Claim }[]): Holding[] {
  const id = members.find(({ claim }) => claim.kind === 'access-key');
  const isPair = id !== undefined && members.some(({ claim }) => claim.kind === 'secret-key');
  if (!isPair) return members.map(({ slot, claim }) => ({ slots: [slot], title: slot.name, ...claim }));
  const others = members.filter((member) => member !== id);
  return [
    {
      slots: [id.slot, ...others.map(({ slot }) => slot)],
      provider: id.claim.provider,
      kind: 'pair',
      confidence: highestConfidence(members.map(({ claim }) => claim.confidence)),
      title: id.slot.name,
    },
  ];
}

function claimOf(slot: Slot, references: readonly ReferenceSighting[], names: NameTable): Claim | undefined {
  if (references.length === 0) {
    // Programs change what they keep under a name.
    if (slot.holds !== undefined) return { ...slot.holds, confidence: 'medium' };
    const match = names.lookup(slot.name);
    return match === undefined || match.confidence === 'low' ? undefined : { provider: match.provider, kind: match.kind, confidence: match.confidence };
  }
  const counted = new Map<string, { readonly claim: Claim; count: number }>();
  for (const { provider, kind, confidence } of references) {
    const key = keyOf(provider, kind, confidence);
    const known = counted.get(key);
    if (known === undefined) counted.set(key, { claim: { provider, kind, confidence }, count: 1 });
    else known.count += 1;
  }
  const [best] = [...counted.values()].toSorted(
    (a, b) =>
      CONFIDENCES.indexOf(a.claim.confidence) - CONFIDENCES.indexOf(b.claim.confidence) ||
      b.count - a.count ||
      compareText(a.claim.provider, b.claim.provider) ||
      compareText(a.claim.kind, b.claim.kind),
  );
  return best?.claim;
}
