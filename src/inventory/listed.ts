import type { ListedKey } from '../model/account.ts';
import type { TargetReport } from '../model/inventory.ts';
import type { Provider } from '../model/provider.ts';
import { type Draft, nameDraft } from './drafts.ts';
import { compareText, keyOf, listAt, sortTotally, targetOrder } from './order.ts';

/** How a listed key was found to be one that was seen. Surest first. */
type Proof = 'id' | 'hint' | 'ending';

/**
 * Gives every listed key to the credential whose value was seen elsewhere, or makes one for it. Pure; the same for any order.
 *
 * A value and an object of a list are the same when the list names a public part that stands in the value (the id of an access key), or shows its beginning and its end. Where the list
 * shows less than three characters of a beginning, its end alone has to do, and only where no other key seen and no other key listed of the provider has that end.
 *
 * @param held credentials whose value was seen; those that are found get the key
 * @returns credentials of which nothing but the list is known
 */
export function attachListed(listed: readonly ListedKey[], held: readonly Draft[], targets: readonly TargetReport[], providers: readonly Provider[]): Draft[] {
  const index = indexSeen(held);
  const keys = uniqueKeys(listed, targets);
  const endings = countEndings(keys);
  const made: Draft[] = [];
  for (const key of keys) {
    const found = draftOf(key, index, endings);
    if (found === undefined) {
      made.push(listedDraft(key, providers));
      continue;
    }
    found.draft.listed.push(key);
    found.draft.listedBy.add(found.proof);
    found.draft.names.add(key.name);
  }
  return made;
}

function uniqueKeys(listed: readonly ListedKey[], targets: readonly TargetReport[]): ListedKey[] {
  const order = targetOrder(targets);
  const sorted = sortTotally(listed, (a, b) => (order.get(a.target) ?? order.size) - (order.get(b.target) ?? order.size) || compareText(a.target, b.target) || compareText(a.provider, b.provider) || compareText(a.id, b.id), 'hintIdentity');
  const byId = new Map<string, ListedKey>();
  for (const key of sorted) {
    const id = keyOf(key.target, key.provider, key.id);
    if (!byId.has(id)) byId.set(id, key);
  }
  return [...byId.values()];
}

interface SeenIndex {
  readonly byFact: ReadonlyMap<string, readonly Draft[]>;
  readonly byHint: ReadonlyMap<string, readonly Draft[]>;
  readonly byEnding: ReadonlyMap<string, readonly Draft[]>;
}

function indexSeen(held: readonly Draft[]): SeenIndex {
  const index = { byFact: new Map<string, Draft[]>(), byHint: new Map<string, Draft[]>(), byEnding: new Map<string, Draft[]>() };
  for (const draft of held) {
    const facts = new Set<string>();
    const hints = new Set<string>();
    for (const { sightings } of draft.secrets) {
      for (const sighting of sightings) {
        for (const [name, value] of Object.entries(sighting.facts)) facts.add(keyOf(name, value));
        if (sighting.hint !== undefined && sighting.hint !== '') hints.add(keyOf(draft.provider, sighting.hint));
      }
    }
    for (const fact of facts) listAt(index.byFact, fact).push(draft);
    for (const hint of hints) listAt(index.byHint, hint).push(draft);
    const ending = /\u2026(.+)$/.exec(draft.preview)?.[1];
    if (ending !== undefined) listAt(index.byEnding, keyOf(draft.provider, ending)).push(draft);
  }
  return index;
}

/** How many listed keys of a provider share an end. */
function countEndings(keys: readonly ListedKey[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) {
    const ending = endingOf(key);
    if (ending !== undefined) counts.set(ending, (counts.get(ending) ?? 0) + 1);
  }
  return counts;
}

function endingOf({ provider, hint }: ListedKey): string | undefined {
  return hint === undefined || hint.tail.length < 4 ? undefined : keyOf(provider, hint.tail.slice(-4));
}

function draftOf(key: ListedKey, index: SeenIndex, endings: ReadonlyMap<string, number>): { readonly draft: Draft; readonly proof: Proof } | undefined {
  if (key.publicPart !== undefined) {
    const found = only(index.byFact.get(keyOf(key.publicPart.fact, key.publicPart.value)));
    if (found !== undefined) return { draft: found, proof: 'id' };
  }
  if (key.hintIdentity !== undefined) {
    const found = only(index.byHint.get(keyOf(key.provider, key.hintIdentity)));
    return found === undefined ? undefined : { draft: found, proof: 'hint' };
  }
  const ending = endingOf(key);
  const found = ending === undefined || endings.get(ending) !== 1 ? undefined : only(index.byEnding.get(ending));
  return found === undefined ? undefined : { draft: found, proof: 'ending' };
}

function only(drafts: readonly Draft[] | undefined): Draft | undefined {
  return drafts?.length === 1 ? drafts[0] : undefined;
}

function listedDraft(key: ListedKey, providers: readonly Provider[]): Draft {
  const { provider, kind, privilege, name, id } = key;
  const draft = nameDraft({ provider, kind, title: previewOf(key, providers) }, providers);
  draft.names.add(name === '' ? id : name);
  draft.listed.push(key);
  return { ...draft, lifetime: 'long', ...(privilege === 'unknown' ? {} : { privilege }) };
}

/** As a value of that key would be shown. */
function previewOf({ provider, publicPart, hint, name, id }: ListedKey, providers: readonly Provider[]): string {
  if (publicPart?.fact === 'key-id') return `key ${publicPart.value.slice(0, 8)}…`;
  if (hint !== undefined && hint.tail.length >= 4) {
    const prefixes = providers.find((one) => one.id === provider)?.detectors.map(({ publicPrefix }) => publicPrefix).filter((prefix) => hint.head.startsWith(prefix)) ?? [];
    return `${prefixes.toSorted((a, b) => b.length - a.length)[0] ?? ''}…${hint.tail.slice(-4)}`;
  }
  return name === '' ? id : name;
}
