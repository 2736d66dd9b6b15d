import type { ReferenceSighting, WorkloadSighting } from '../model/inventory.ts';
import type { Confidence } from '../model/levels.ts';
import type { CredentialKind } from '../model/provider.ts';
import type { ReferenceStore } from '../model/reference.ts';
import { splitFact } from './calls.ts';
import { normalName, pairStem } from './names.ts';
import { compareText, keyOf, listAt } from './order.ts';
import { highestConfidence } from './places.ts';

/** All references of one target that, by their names, consume the same credential. */
export interface NameGroup {
  readonly target: string;
  readonly provider: string;
  readonly kind: CredentialKind;
  /** The name the credential is stored under, as most references spell it. For a pair, that of the id. */
  readonly title: string;
  /** Normalised names. */
  readonly names: ReadonlySet<string>;
  /** Normalised aliases that no other group of the target has. */
  readonly aliases: ReadonlySet<string>;
  readonly references: readonly ReferenceSighting[];
}

/** Stores that hold a value under a name of their own, so that the name there is the credential's, not a variable's. */
const HOLDING_STORES: ReadonlySet<ReferenceStore> = new Set<ReferenceStore>(['ci-secret', 'cluster-secret', 'vault']);

/**
 * Groups references into credentials known by name: same target, same provider, same name without case and separators.
 *
 * A variable that receives exactly one stored secret (`OPENAI_API_KEY: ${{ secrets.PROD_OPENAI }}`) is that secret, so references to
 * the variable join it. When two secrets may arrive in one variable nothing says which, and the three stay apart. The two halves of
 * an access key pair are one credential. A name that one provider is surest of is that provider's: a client library of one provider
 * that is handed `OTHER_API_KEY` speaks to the other's compatible API.
 *
 * @param references in total order.
 */
export function groupByName(references: readonly ReferenceSighting[], workloads: ReadonlyMap<string, WorkloadSighting>): NameGroup[] {
  const byName = new Map<string, ReferenceSighting[]>();
  for (const reference of references) listAt(byName, keyOfName(reference, reference.name)).push(reference);

  const parents = new Map<string, string>();
  joinDoubtfulProviders(byName, parents);
  joinAliases(references, byName, workloads, parents);
  joinHalves(byName, parents);

  const merged = new Map<string, ReferenceSighting[]>();
  for (const [key, members] of byName) {
    const list = listAt(merged, rootOf(parents, key));
    for (const member of members) list.push(member);
  }
  return namedGroups([...merged.values()]);
}

function keyOfName(reference: ReferenceSighting, name: string): string {
  return keyOf(reference.location.target, reference.provider, normalName(name));
}

function rootOf(parents: Map<string, string>, key: string): string {
  let root = key;
  for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) root = parent;
  // Path compression keeps a long chain of aliases linear.
  for (let at = key; at !== root; ) {
    const next = parents.get(at) ?? root;
    parents.set(at, root);
    at = next;
  }
  return root;
}

function unite(parents: Map<string, string>, a: string, b: string): void {
  const left = rootOf(parents, a);
  const right = rootOf(parents, b);
  if (left !== right) parents.set(right, left);
}

function joinDoubtfulProviders(byName: ReadonlyMap<string, readonly ReferenceSighting[]>, parents: Map<string, string>): void {
  const rivals = new Map<string, { readonly key: string; readonly confidence: Confidence }[]>();
  for (const [key, members] of byName) {
    const [first] = members;
    if (first === undefined) continue;
    const confidence = highestConfidence(members.map((member) => member.confidence));
    listAt(rivals, keyOf(first.location.target, normalName(first.name))).push({ key, confidence });
  }
  for (const claims of rivals.values()) {
    const best = highestConfidence(claims.map(({ confidence }) => confidence));
    const [surest, ...equals] = claims.filter(({ confidence }) => confidence === best);
    // Equally sure claims to a shared name (`API_KEY` in two packages) may be two keys.
    if (surest === undefined || equals.length > 0) continue;
    for (const { key } of claims) unite(parents, surest.key, key);
  }
}

function joinAliases(
  references: readonly ReferenceSighting[],
  byName: ReadonlyMap<string, readonly ReferenceSighting[]>,
  workloads: ReadonlyMap<string, WorkloadSighting>,
  parents: Map<string, string>,
): void {
  const namesByAlias = new Map<string, Set<string>>();
  for (const reference of references) {
    if (reference.alias === undefined) continue;
    const alias = keyOfName(reference, reference.alias);
    const name = keyOfName(reference, reference.name);
    if (alias === name) continue;
    const names = namesByAlias.get(alias);
    if (names === undefined) namesByAlias.set(alias, new Set([name]));
    else names.add(name);
  }
  for (const [alias, names] of namesByAlias) {
    const [name] = names;
    const underAlias = byName.get(alias);
    if (name === undefined || names.size > 1 || underAlias === undefined) continue;
    const hasOwnValue = underAlias.some((reference) => HOLDING_STORES.has(reference.store) && !isParameter(reference, workloads));
    if (!hasOwnValue) unite(parents, name, alias);
  }
}

/** A secret that the workload's file declares as a parameter is whatever the caller passes, not a stored secret of that name. */
function isParameter(reference: ReferenceSighting, workloads: ReadonlyMap<string, WorkloadSighting>): boolean {
  const name = normalName(reference.name);
  return splitFact(workloads.get(reference.workload)?.facts['declares']).some((declared) => normalName(declared) === name);
}

function joinHalves(byName: ReadonlyMap<string, readonly ReferenceSighting[]>, parents: Map<string, string>): void {
  const byStem = new Map<string, { readonly key: string; readonly kind: CredentialKind }[]>();
  for (const [key, members] of byName) {
    const first = members[0];
    if (first === undefined || (first.kind !== 'access-key' && first.kind !== 'secret-key')) continue;
    listAt(byStem, keyOf(first.location.target, first.provider, pairStem(first.name))).push({ key, kind: first.kind });
  }
  for (const halves of byStem.values()) {
    const id = halves.find(({ kind }) => kind === 'access-key');
    if (id === undefined || !halves.some(({ kind }) => kind === 'secret-key')) continue;
    for (const half of halves) unite(parents, id.key, half.key);
  }
}

function namedGroups(members: readonly (readonly ReferenceSighting[])[]): NameGroup[] {
  const owners = new Map<string, number>();
  const aliasesOf = members.map((references) => {
    const keys = new Set<string>();
    for (const reference of references) {
      if (reference.alias !== undefined) keys.add(keyOfName(reference, reference.alias));
    }
    for (const key of keys) owners.set(key, (owners.get(key) ?? 0) + 1);
    return keys;
  });
  return members.flatMap((references, index) => {
    const [first] = references;
    if (first === undefined) return [];
    const aliases = new Set<string>();
    for (const reference of references) {
      if (reference.alias === undefined) continue;
      const key = keyOfName(reference, reference.alias);
      if (aliasesOf[index]?.has(key) === true && owners.get(key) === 1) aliases.add(normalName(reference.alias));
    }
    const kinds = new Set(references.map(({ kind }) => kind));
    const isPair = kinds.has('access-key') && kinds.has('secret-key');
    const speaking = isPair ? references.filter(({ kind }) => kind === 'access-key') : references;
    const title = commonestName(speaking);
    const titled = speaking.filter(({ name }) => name === title);
    const best = highestConfidence(titled.map(({ confidence }) => confidence));
    const surest = titled.find(({ confidence }) => confidence === best) ?? first;
    return [
      {
        target: first.location.target,
        provider: surest.provider,
        kind: isPair ? 'pair' : surest.kind,
        title,
        names: new Set(references.map(({ name }) => normalName(name))),
        aliases,
        references,
      },
    ];
  });
}

/** A stored secret's name before that of a variable or parameter it is passed in, the frequent before the rare. */
function commonestName(references: readonly ReferenceSighting[]): string {
  const passed = new Set(references.flatMap(({ name, alias }) => (alias === undefined || normalName(alias) === normalName(name) ? [] : [normalName(alias)])));
  const held = references.filter(({ store }) => HOLDING_STORES.has(store));
  const original = held.filter(({ name }) => !passed.has(normalName(name)));
  const [speaking = references] = [original, held].filter((some) => some.length > 0);
  const counts = new Map<string, number>();
  for (const { name } of speaking) counts.set(name, (counts.get(name) ?? 0) + 1);
  const [commonest] = [...counts].toSorted(([a, countA], [b, countB]) => countB - countA || compareText(a, b));
  return commonest?.[0] ?? '';
}
