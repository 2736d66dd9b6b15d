import type { AccountInventory, AccountSightings } from '../model/account.ts';
import type { Credential, Finding, ReferenceSighting, Sightings, TargetReport, Workload, WorkloadSighting } from '../model/inventory.ts';
import { CONFIDENCES } from '../model/levels.ts';
import type { Provider } from '../model/provider.ts';
import type { NameTable, Problem, ReferenceStore } from '../model/reference.ts';
import { accountFindings, type AccountEntry } from './account-findings.ts';
import { attachNames, VALUES } from './attach.ts';
import { callResolver, inheritedCalls, splitFact } from './calls.ts';
import { type Consumption, readConsumption } from './consumption.ts';
import { digest, idMaker } from './digest.ts';
import { type Draft, groupSecrets, secretDrafts, trusted } from './drafts.ts';
import { type Holdings, holdingsOf } from './holdings.ts';
import { attachListed } from './listed.ts';
import { normalName } from './names.ts';
import { compareLocations, compareText, keyOf, sortedUnique, sortTotally, targetOrder, type TargetOrder } from './order.ts';
import { highestConfidence, type SecretPlace } from './places.ts';
import { groupByName } from './references.ts';

/** A finding before it is scored. */
export interface JoinedFinding extends Omit<Finding, 'severity' | 'baselined'> {
  /** Where the consumed value comes from, for references. */
  readonly store?: ReferenceStore;
}

/** A credential before it is scored. `findings` lists the tree's places, then those in history, then the references. */
export type JoinedCredential = Omit<Credential, 'risk' | 'disposition'>;

/** Sightings, joined: which places and which workloads belong to which credential. */
export interface JoinedInventory {
  readonly targets: readonly TargetReport[];
  readonly credentials: readonly JoinedCredential[];
  readonly findings: readonly JoinedFinding[];
  readonly workloads: readonly Workload[];
  readonly problems: readonly Problem[];
  readonly accounts?: AccountInventory;
}

/** What a join needs to know when an account was read. */
export interface AccountContext {
  /** Tells a stored key's name from any other. */
  readonly names: NameTable;
  /** ISO date; ages count up to it. */
  readonly now: string;
  /** Days without use from which a listed key is called idle; 90 when absent. */
  readonly unusedAfter?: number;
}

/** Who uses what is stored, and what belongs together there. */
interface Stores extends Holdings {
  readonly accounts: AccountSightings;
  readonly consumption: Consumption;
  readonly names: NameTable;
  readonly now: number;
  readonly unusedAfter: number | undefined;
}

/**
 * Joins what was seen into credentials, findings and workloads: pure, and the same for any order of the same sightings.
 *
 * - A secret is one credential however often it occurs; its two halves, when it has them, are one credential of kind `pair`.
 * - References without a value are one credential per provider and name in each target (`seen: false`).
 * - A name whose value was seen in the same target joins that credential. When several values stand under one name, the references
 *   go to the likeliest (in the tree, then surest, then newest) and all of them carry the fact `ambiguous=true`.
 * - A secret of low confidence, or one that expires by itself, takes no references.
 * - What a store of an account lists is one credential per stored secret, whatever targets use it; each reference goes to the one it consumes. A secret that
 *   one repository stores, and whose value was seen there under that name, is that credential.
 *
 * @param context needed when the sightings hold those of an account
 */
export function joinCredentials(sightings: Sightings, providers: readonly Provider[], context?: AccountContext): JoinedInventory {
  const order = targetOrder(sightings.targets);
  const workloads = uniqueWorkloads(sightings.workloads, order);
  const workloadById = new Map(workloads.map((workload) => [workload.id, workload]));
  const references = uniqueReferences(sightings.references, order).filter(notAnEntry(sightings));

  const stores = readStores(sightings, references, workloadById, context);

  const held = secretDrafts(groupSecrets(sightings.secrets, order), order);
  const listed = attachListed(sightings.accounts?.listed ?? [], held, sightings.targets, providers);
  const groups = groupByName(references, workloadById);
  const named = attachNames(groups, held, { order, providers, stores });
  const drafts = [...held, ...named.drafts, ...listed];
  passInherited(drafts, named.draftByName, inheritedCalls(workloads, callResolver(sightings.targets, 'target')), workloadById);
  for (const draft of drafts) {
    for (const slot of draft.holdings.flatMap(({ slots }) => slots)) for (const user of stores?.consumption.usersOf.get(slot) ?? []) draft.inheritedBy.add(user);
  }

  return assemble(drafts, workloads, { order, sightings, stores });
}

/** An entry that GitLab or AWS lists stands once more in the text of its values, and nothing there uses it. In a repository a file of that name is one like any other. */
function notAnEntry({ accounts, targets }: Sightings): (reference: ReferenceSighting) => boolean {
  const read = new Set(targets.flatMap(({ id, kind }) => (kind === 'gitlab' || kind === 'aws' ? [id] : [])));
  const entries = new Set(accounts?.stored.flatMap(({ target, name }) => (read.has(target) ? [keyOf(target, normalName(name))] : [])));
  return ({ name, location: { target, path } }) => !VALUES.test(path) || !entries.has(keyOf(target, normalName(name)));
}

function readStores(sightings: Sightings, references: readonly ReferenceSighting[], workloads: ReadonlyMap<string, WorkloadSighting>, context: AccountContext | undefined): Stores | undefined {
  const { accounts, targets } = sightings;
  if (accounts === undefined) return undefined;
  if (context === undefined) throw new RangeError('sightings of an account are joined by the names of providers and a date');
  const consumption = readConsumption(accounts, references, workloads, targets);
  return { accounts, consumption, names: context.names, now: Date.parse(context.now), unusedAfter: context.unusedAfter, ...holdingsOf(consumption, context.names) };
}

function uniqueWorkloads(sightings: readonly WorkloadSighting[], order: TargetOrder): WorkloadSighting[] {
  const byId = new Map<string, WorkloadSighting>();
  const sorted = sortTotally(sightings, (a, b) => compareLocations(a.location, b.location, order) || compareText(a.id, b.id));
  for (const workload of sorted) {
    if (!byId.has(workload.id)) byId.set(workload.id, workload);
  }
  return [...byId.values()];
}

function uniqueReferences(sightings: readonly ReferenceSighting[], order: TargetOrder): ReferenceSighting[] {
  const byPlace = new Map<string, ReferenceSighting>();
  for (const reference of sortTotally(sightings, (a, b) => compareReferences(a, b, order))) {
    const { target, path, start, end } = reference.location;
    const key = keyOf(target, path, String(start), String(end), reference.workload, reference.provider, normalName(reference.name));
    const before = byPlace.get(key);
    if (before === undefined || compareClaims(reference, before) < 0) byPlace.set(key, reference);
  }
  return [...byPlace.values()];
}

/** Of two readers of one place, the surer; else the one that found the less guarded store. */
function compareClaims(a: ReferenceSighting, b: ReferenceSighting): number {
  return CONFIDENCES.indexOf(a.confidence) - CONFIDENCES.indexOf(b.confidence) || STORES.indexOf(a.store) - STORES.indexOf(b.store);
}

function compareReferences(a: ReferenceSighting, b: ReferenceSighting, order: TargetOrder): number {
  return compareLocations(a.location, b.location, order) || compareText(a.workload, b.workload) || compareText(a.name, b.name);
}

/** Least guarded first, the known before the unknown. */
const STORES = ['ci-secret', 'environment', 'file', 'unknown', 'cluster-secret', 'prompt', 'vault'] as const satisfies readonly ReferenceStore[];

function passInherited(
  drafts: readonly Draft[],
  draftByName: ReadonlyMap<string, readonly Draft[]>,
  calls: ReadonlyMap<string, ReadonlySet<string>>,
  workloadById: ReadonlyMap<string, WorkloadSighting>,
): void {
  if (calls.size === 0) return;
  const usedBy = new Map<string, Set<Draft>>();
  for (const draft of drafts) {
    for (const { store, workload } of draft.references) {
      if (store === 'ci-secret') usedBy.set(workload, (usedBy.get(workload) ?? new Set()).add(draft));
    }
  }
  for (const [caller, called] of calls) {
    for (const id of called) {
      for (const draft of usedBy.get(id) ?? []) draft.inheritedBy.add(caller);
      const callee = workloadById.get(id);
      for (const name of splitFact(callee?.facts['declares'])) {
        for (const draft of draftByName.get(keyOf(callee?.location.target ?? '', normalName(name))) ?? []) draft.inheritedBy.add(caller);
      }
    }
  }
}

/** A finding that has no id yet. */
interface Entry {
  /** Absent for a finding of an account that belongs to no credential. */
  readonly draft?: Draft;
  readonly code: string;
  readonly finding: Omit<JoinedFinding, 'id' | 'credential' | 'fingerprint' | 'code' | 'workload'>;
  /** Id of a workload sighting. */
  readonly workload?: string;
  /** What the fingerprint is taken over, apart from the ordinal. */
  readonly stable: readonly string[];
}

interface AssembleContext {
  readonly order: TargetOrder;
  readonly sightings: Sightings;
  readonly stores: Stores | undefined;
}

function assemble(drafts: readonly Draft[], workloads: readonly WorkloadSighting[], { order, sightings, stores }: AssembleContext): JoinedInventory {
  const workloadById = new Map(workloads.map((workload) => [workload.id, workload]));
  const remotes = remotesOf(sightings);
  const ids = workloadIds(workloads, remotes);
  const account = stores === undefined ? undefined : accountFindings(drafts, { ...stores, workloads: workloadById, targets: sightings.targets });
  const entries = sortTotally(
    [...drafts.flatMap((draft) => entriesOf(draft, workloadById)), ...(account?.entries ?? []).map(accountEntry)],
    (a, b) => compareEntries(a, b, order),
    'draft',
  );

  const makeFindingId = idMaker('f');
  const ordinals = new Map<string, number>();
  const printed = entries.map((entry) => {
    // Counted within a target, so that scanning one more target changes no fingerprint.
    const { target } = entry.finding.location;
    const key = keyOf(target, ...entry.stable);
    const ordinal = ordinals.get(key) ?? 0;
    ordinals.set(key, ordinal + 1);
    const fingerprint = digest([...entry.stable, String(ordinal), ...(remotes.get(target) ?? [])]).slice(0, 32);
    return { entry, fingerprint, id: makeFindingId(fingerprint) };
  });

  const fingerprintOf = new Map<Draft, string>();
  const findingIds = new Map<Draft, { tree: string[]; stored: string[]; references: string[]; account: string[] }>();
  for (const { entry, fingerprint, id } of printed) {
    if (entry.draft === undefined) continue;
    if (!fingerprintOf.has(entry.draft)) fingerprintOf.set(entry.draft, fingerprint);
    let lists = findingIds.get(entry.draft);
    if (lists === undefined) findingIds.set(entry.draft, (lists = { tree: [], stored: [], references: [], account: [] }));
    if (entry.finding.class === 'account') lists.account.push(id);
    else if (entry.finding.class === 'reference') lists.references.push(id);
    else if (entry.finding.location.history?.inHead === false) lists.stored.push(id);
    else lists.tree.push(id);
  }

  const makeCredentialId = idMaker('c');
  const credentialIds = new Map<Draft, string>();
  // Insertion order of `fingerprintOf` is the order of first findings.
  for (const [draft, fingerprint] of fingerprintOf) {
    credentialIds.set(draft, makeCredentialId(digest([draft.provider, draft.kind, draft.preview, fingerprint])));
  }

  const uses = new Map<string, Set<string>>();
  const credentials = [...credentialIds].map(([draft, id]): JoinedCredential => {
    const users = sortedUnique([...draft.references.map(({ workload }) => workload), ...draft.inheritedBy]).filter((user) => ids.has(user));
    for (const user of users) uses.set(user, (uses.get(user) ?? new Set()).add(id));
    const lists = findingIds.get(draft);
    return joinedCredential(draft, id, [...(lists?.tree ?? []), ...(lists?.stored ?? []), ...(lists?.references ?? []), ...(lists?.account ?? [])], sortedUnique(users.map((user) => ids.get(user) ?? '')), account?.factsOf(draft) ?? []);
  });

  return {
    targets: sightings.targets,
    credentials,
    findings: printed.map(({ entry, fingerprint, id }) => {
      const workload = entry.workload === undefined ? undefined : ids.get(entry.workload);
      return { id, code: entry.code, ...entry.finding, credential: (entry.draft === undefined ? undefined : credentialIds.get(entry.draft)) ?? '', ...(workload === undefined ? {} : { workload }), fingerprint };
    }),
    workloads: workloads.flatMap((workload): Workload[] => {
      const used = uses.get(workload.id);
      // A workload that consumes no key is not what this inventory lists.
      if (used === undefined) return [];
      const { platform, name, location, identity, facts } = workload;
      return [{ id: ids.get(workload.id) ?? '', platform, name, location, uses: sortedUnique(used), identity, facts: sortedFacts(Object.entries(facts)), federationPath: null }];
    }),
    problems: uniqueProblems(sightings.problems),
    ...(account === undefined ? {} : { accounts: account.inventory((draft) => credentialIds.get(draft) ?? '') }),
  };
}

/**
 * What sets apart equal places of many repositories of one account, so that no repository's ids and fingerprints depend on which others were read. Empty for
 * folders and checkouts: what is accepted in one of them stays accepted wherever it lies.
 */
function remotesOf({ targets }: Sightings): ReadonlyMap<string, readonly string[]> {
  return new Map(targets.map(({ id, kind, name, facts }) => [id, kind === 'directory' || kind === 'git' ? [] : [facts['remote'] ?? (kind === 'github' || kind === 'github-organization' ? id : name)]]));
}

function workloadIds(workloads: readonly WorkloadSighting[], remotes: ReadonlyMap<string, readonly string[]>): Map<string, string> {
  const make = idMaker('w');
  return new Map(workloads.map(({ id, platform, location, name }) => [id, make(digest([platform, location.path, location.route ?? '', name, ...(remotes.get(location.target) ?? [])]))]));
}

function accountEntry({ draft, code, finding, workload, stable }: AccountEntry<Draft>): Entry {
  return { ...(draft === undefined ? {} : { draft }), code, finding, ...(workload === undefined ? {} : { workload }), stable };
}

function entriesOf(draft: Draft, workloadById: ReadonlyMap<string, WorkloadSighting>): Entry[] {
  return [...draft.places.map((place) => secretEntry(draft, place)), ...draft.references.map((reference) => referenceEntry(draft, reference, workloadById))];
}

function secretEntry(draft: Draft, place: SecretPlace): Entry {
  const { sighting, location, versions, allowed } = place;
  const { provider, detector, confidence, preview, kind, assignedTo, reasons } = sighting;
  const code = `DK-SECRET-${detector.toUpperCase()}`;
  return {
    draft,
    code,
    finding: {
      class: 'secret',
      provider,
      detector,
      confidence,
      location,
      arguments: definedFacts({
        kind,
        name: assignedTo,
        preview,
        reasons: reasons.length === 0 ? undefined : reasons.join('; '),
        versions: versions > 1 ? String(versions) : undefined,
      }),
      ...(allowed === undefined ? {} : { allowed }),
    },
    stable: [code, location.path, sighting.lineDigest, preview],
  };
}

function referenceEntry(draft: Draft, reference: ReferenceSighting, workloadById: ReadonlyMap<string, WorkloadSighting>): Entry {
  const { provider, kind, name, alias, store, confidence, location, allowed } = reference;
  const workload = workloadById.get(reference.workload);
  const platform = workload?.platform ?? 'unknown';
  const code = `DK-REF-${platform.toUpperCase()}`;
  return {
    draft,
    code,
    finding: {
      class: 'reference',
      provider,
      detector: platform,
      confidence,
      location,
      arguments: definedFacts({ alias, kind, name, store }),
      store,
      ...(allowed === undefined ? {} : { allowed }),
    },
    ...(workload === undefined ? {} : { workload: reference.workload }),
    stable: [code, location.path, location.route ?? '', name, workload?.name ?? ''],
  };
}

function compareEntries(a: Entry, b: Entry, order: TargetOrder): number {
  return (
    compareLocations(a.finding.location, b.finding.location, order) ||
    compareText(a.code, b.code) ||
    compareText(a.workload ?? '', b.workload ?? '') ||
    compareText(a.stable.join('\n'), b.stable.join('\n'))
  );
}

function joinedCredential(draft: Draft, id: string, findings: readonly string[], workloads: readonly string[], storedFacts: readonly (readonly [string, string])[]): JoinedCredential {
  const sightings = draft.secrets.flatMap((group) => group.sightings);
  const fingerprint = draft.secrets[0]?.sightings.find((sighting) => sighting.fingerprint !== undefined)?.fingerprint;
  return {
    id,
    provider: draft.provider,
    kind: draft.kind,
    lifetime: draft.lifetime,
    privilege: privilegeOf(draft),
    preview: draft.preview,
    seen: draft.secrets.length > 0,
    names: sortedUnique([...draft.names, ...draft.holdings.flatMap(({ slots }) => slots.map(({ name }) => name))]),
    confidence: draft.listed.length > 0 && draft.secrets.length === 0 ? 'high' : highestConfidence((draft.secrets.length > 0 ? sightings : [...draft.references, ...draft.holdings]).map(({ confidence }) => confidence)),
    liveness: livenessOf(draft),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    facts: sortedFacts([...trusted(sightings).toReversed().flatMap(({ facts }) => Object.entries(facts)), ...(draft.ambiguous ? [['ambiguous', 'true'] as const] : []), ...storedFacts]),
    findings,
    workloads,
  };
}

/** What the issuer says of a key is more than what its form says. */
function privilegeOf({ privilege, listed }: Draft): Draft['privilege'] {
  return listed.find((key) => key.privilege !== 'unknown')?.privilege ?? privilege;
}

/** As the issuer's own list says. Of several lists the one in which it still works. */
function livenessOf({ listed, listedBy }: Draft): Credential['liveness'] {
  if (listed.length === 0 || listedBy.has('ending')) return 'not-checked';
  if (listed.some(({ status }) => status === 'active' || status === 'leaked')) return 'live';
  return listed.some(({ status }) => status === 'expired') ? 'expired' : 'dead';
}

/** Later entries win. Built from entries, so that a fact called `__proto__` is a fact and nothing else. */
function sortedFacts(entries: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries([...new Map(entries)].toSorted(([a], [b]) => compareText(a, b)));
}

function definedFacts(facts: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}

function uniqueProblems(problems: readonly Problem[]): Problem[] {
  const sorted = sortTotally(problems, (a, b) => compareText(a.path, b.path) || a.line - b.line || compareText(a.message, b.message) || compareText(a.fix, b.fix));
  const seen = new Set<string>();
  return sorted.filter(({ path, line, message, fix }) => {
    const key = keyOf(path, String(line), message, fix);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
