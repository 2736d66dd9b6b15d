import type { AccountSightings, StoreId } from '../model/account.ts';
import type { ReferenceSighting, TargetReport, WorkloadSighting } from '../model/inventory.ts';
import { callResolver, type CallResolver, inheritedCalls, splitFact } from './calls.ts';
import { keyOf, listAt } from './order.ts';
import { indexStores, type Meaning, ownerOf, type Slot, type StoreIndex, storesRead, upper } from './stores.ts';

/** A reference that names a secret which no store holds, where all stores that could were read whole. */
export interface Missing {
  /** An organisation holds one of that name, and this repository may not read it. */
  readonly isHidden: boolean;
  /** Another store has one of that name, for runs that somebody else starts (Dependabot); runs of people get nothing. */
  readonly elsewhere?: StoreId;
  /** The stores that were looked in. */
  readonly stores: readonly StoreId[];
}

/** Who uses which stored secret. */
export interface Consumption {
  readonly index: StoreIndex;
  readonly meaningOf: ReadonlyMap<ReferenceSighting, Meaning>;
  readonly missing: ReadonlyMap<ReferenceSighting, Missing>;
  /** Ids of the workloads that use a slot: those that name it, and those that hand it on unseen. */
  readonly usersOf: ReadonlyMap<Slot, ReadonlySet<string>>;
  /** Targets in which any stored secret may be used without being named, or whose tree was not read: nothing there is unused for sure. */
  readonly opaque: ReadonlySet<string>;
}

/** GitHub allows ten levels of called workflows. */
const MOST_LEVELS = 10;

interface Reading {
  readonly index: StoreIndex;
  readonly workloads: ReadonlyMap<string, WorkloadSighting>;
  readonly resolve: CallResolver;
  readonly meaningOf: Map<ReferenceSighting, Meaning>;
  readonly usersOf: Map<Slot, Set<string>>;
}

/**
 * Finds for each reference the stored secret it consumes. Pure, and close to linear in what it is given.
 *
 * A secret that a called workflow declares is whatever its callers pass, so it is looked for at them; one that it takes by `secrets: inherit` is looked up
 * among the secrets of the caller, in the environment that the called job names.
 *
 * @param references each place once, in total order
 */
export function readConsumption(
  accounts: AccountSightings,
  references: readonly ReferenceSighting[],
  workloads: ReadonlyMap<string, WorkloadSighting>,
  targets: readonly TargetReport[],
): Consumption {
  const reading: Reading = { index: indexStores(accounts, targets), workloads, resolve: callResolver(targets, 'run'), meaningOf: new Map(), usersOf: new Map() };
  const handed: ReferenceSighting[] = [];
  for (const reference of references) {
    const workload = workloads.get(reference.workload);
    if (workload === undefined || storesRead(workload.platform, reference.store).length === 0) continue;
    const isParameter = declares(workload, reference.name);
    const meaning = lookUp(reading, reference, workload, workload.location.target);
    // Only an environment of the called job itself outdoes what the caller passes.
    if (meaning !== undefined && (!isParameter || meaning.slot.scope === 'environment')) settle(reading, reference, meaning);
    else if (isParameter || workload.facts['reusable'] === 'true') handed.push(reference);
  }
  const reached = inheritedCalls([...workloads.values()], reading.resolve);
  followCallers(reading, references, handed, reached);
  noteInherited(reading, references, reached);
  return { index: reading.index, meaningOf: reading.meaningOf, missing: missingOf(accounts, reading, references, targets), usersOf: reading.usersOf, opaque: opaqueTargets(reading, targets, reached) };
}

function declares(workload: WorkloadSighting, name: string): boolean {
  return splitFact(workload.facts['declares']).some((declared) => upper(declared) === upper(name));
}

function lookUp(reading: Reading, reference: ReferenceSighting, workload: WorkloadSighting, target: string): Meaning | undefined {
  const stores = storesRead(workload.platform, reference.store);
  return reading.index.find({ target, environment: workload.facts['environment'], stores, name: reference.name });
}

function settle(reading: Reading, reference: ReferenceSighting, meaning: Meaning): void {
  reading.meaningOf.set(reference, meaning);
  for (const slot of [meaning.slot, ...meaning.others]) noteUser(reading, slot, reference.workload);
}

function noteUser({ usersOf }: Reading, slot: Slot, workload: string): void {
  const users = usersOf.get(slot);
  if (users === undefined) usersOf.set(slot, new Set([workload]));
  else users.add(workload);
}

/** Gives each handed reference what its callers hand to it, from the outermost caller inwards. */
function followCallers(reading: Reading, references: readonly ReferenceSighting[], handed: readonly ReferenceSighting[], reached: ReadonlyMap<string, ReadonlySet<string>>): void {
  if (handed.length === 0) return;
  const passing = passedSecrets(reading, references);
  const inheritors = new Map<string, WorkloadSighting[]>();
  for (const [caller, called] of reached) {
    const workload = reading.workloads.get(caller);
    if (workload !== undefined) for (const id of called) listAt(inheritors, id).push(workload);
  }
  let open = handed;
  for (let level = 0; level < MOST_LEVELS && open.length > 0; level += 1) {
    const left: ReferenceSighting[] = [];
    for (const reference of open) {
      const workload = reading.workloads.get(reference.workload);
      if (workload === undefined) continue;
      const { target, path } = workload.location;
      const passed = (passing.get(keyOf(target, path, upper(reference.name))) ?? []).flatMap((one) => reading.meaningOf.get(one) ?? []);
      const inherited = (inheritors.get(workload.id) ?? []).flatMap((caller) => lookUp(reading, reference, workload, caller.location.target) ?? []);
      const slots = [...new Set([...passed, ...inherited].flatMap(({ slot, others }) => [slot, ...others]))];
      const [slot, ...others] = slots;
      if (slot === undefined) left.push(reference);
      else settle(reading, reference, { slot, others });
    }
    if (left.length === open.length) return;
    open = left;
  }
}

/** By called file and name of the parameter: the references that pass a secret for it. */
function passedSecrets(reading: Reading, references: readonly ReferenceSighting[]): Map<string, ReferenceSighting[]> {
  const passing = new Map<string, ReferenceSighting[]>();
  for (const reference of references) {
    const workload = reading.workloads.get(reference.workload);
    const call = workload?.facts['calls'];
    if (workload === undefined || call === undefined || !/\.secrets[.[]/.test(reference.location.route ?? '')) continue;
    const file = reading.resolve(call, workload.location.target);
    if (file !== undefined) listAt(passing, keyOf(file.target, file.path, upper(reference.alias ?? reference.name))).push(reference);
  }
  return passing;
}

/** A caller that hands on all its secrets uses those of them that the called workflows name. */
function noteInherited(reading: Reading, references: readonly ReferenceSighting[], reached: ReadonlyMap<string, ReadonlySet<string>>): void {
  if (reached.size === 0) return;
  const byWorkload = new Map<string, ReferenceSighting[]>();
  for (const reference of references) listAt(byWorkload, reference.workload).push(reference);
  for (const [caller, called] of reached) {
    const target = reading.workloads.get(caller)?.location.target;
    if (target === undefined) continue;
    for (const id of called) {
      const workload = reading.workloads.get(id);
      if (workload === undefined) continue;
      for (const reference of byWorkload.get(id) ?? []) {
        const meaning = lookUp(reading, reference, workload, target);
        if (meaning !== undefined) for (const slot of [meaning.slot, ...meaning.others]) noteUser(reading, slot, caller);
      }
    }
  }
}

function opaqueTargets(reading: Reading, targets: readonly TargetReport[], reached: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const unread = new Set(targets.filter((target) => !isTreeRead(target)).map(({ id }) => id));
  const opaque = new Set(unread);
  for (const workload of reading.workloads.values()) {
    const secrets = splitFact(workload.facts['secrets']);
    const { target } = workload.location;
    if (secrets.includes('all') || secrets.includes('computed')) opaque.add(target);
    if (!secrets.includes('inherit')) continue;
    for (const call of splitFact(workload.facts['calls'])) {
      const file = reading.resolve(call, target);
      if (file === undefined || unread.has(file.target)) opaque.add(target);
    }
  }
  for (const [caller, called] of reached) {
    const target = reading.workloads.get(caller)?.location.target ?? '';
    for (const id of called) {
      const workload = reading.workloads.get(id);
      const secrets = splitFact(workload?.facts['secrets']);
      const leadsOut = secrets.includes('inherit') && splitFact(workload?.facts['calls']).some((call) => reading.resolve(call, workload?.location.target ?? '') === undefined);
      if (secrets.includes('all') || secrets.includes('computed') || leadsOut) opaque.add(target);
    }
  }
  return opaque;
}

/** Whether all files were read in which a workload can name a secret. The source says so where other things of the target could not be read. */
function isTreeRead({ complete, facts }: TargetReport): boolean {
  const tree = facts['tree'];
  return tree === undefined ? complete : tree === 'whole' || tree === 'workflows';
}

/** Copilot's agents run it with secrets of their own. */
const AGENT_SETUP = /(?:^|\/)copilot-setup-steps\.ya?ml$/;

function missingOf(accounts: AccountSightings, reading: Reading, references: readonly ReferenceSighting[], targets: readonly TargetReport[]): Map<ReferenceSighting, Missing> {
  const byId = new Map(targets.map((target) => [target.id, target]));
  const organizations = new Map(targets.filter(({ kind }) => kind === 'github-organization').map((target) => [ownerOf(target), target.id]));
  const missing = new Map<ReferenceSighting, Missing>();
  for (const reference of references) {
    const workload = reading.workloads.get(reference.workload);
    const target = byId.get(reference.location.target);
    if (workload === undefined || target === undefined || reference.confidence === 'low') continue;
    // An agent's own secrets count for its own workflow only.
    const stores = storesRead(workload.platform, reference.store).filter((store) => store !== 'github-agents');
    const [store] = stores;
    if (store === undefined || !isAskedForSure(workload, reference) || !hasOwnSecrets(target)) continue;
    const meaning = reading.meaningOf.get(reference);
    if (meaning !== undefined && (meaning.slot.store === store || isForOthers(workload))) continue;
    const organization = organizations.get(ownerOf(target));
    const holders = organization === undefined ? [target.id] : [target.id, organization];
    if (!holders.every((holder) => stores.every((one) => wholeStores(accounts, holder).includes(one)))) continue;
    const isHidden = reading.index.ofOrganizations(store, reference.name).some(({ owner }) => owner === ownerOf(target));
    missing.set(reference, { isHidden, stores, ...(meaning === undefined ? {} : { elsewhere: meaning.slot.store }) });
  }
  return missing;
}

/** A workflow for the runs of Dependabot alone: its names mean Dependabot's secrets. */
function isForOthers({ name, location }: WorkloadSighting): boolean {
  return /dependabot/i.test(`${location.path} ${name}`);
}

export function wholeStores({ readWhole }: AccountSightings, target: string): readonly StoreId[] {
  return Object.hasOwn(readWhole, target) ? (readWhole[target] ?? []) : [];
}

/** Runs where it stands, with the repository's own secrets, and nothing about the name or the environment is computed or handed in. */
function isAskedForSure(workload: WorkloadSighting, reference: ReferenceSighting): boolean {
  const { facts, location } = workload;
  if (facts['active'] === 'false' || facts['nested'] === 'true' || facts['reusable'] === 'true' || declares(workload, reference.name)) return false;
  if (facts['environment']?.includes('${{') === true || AGENT_SETUP.test(location.path)) return false;
  return !/^GITHUB_/i.test(reference.name);
}

/** A fork, a template or an archive keeps workflows that are not meant to run there. */
function hasOwnSecrets({ kind, facts }: TargetReport): boolean {
  return kind === 'github' && facts['fork'] !== 'true' && facts['template'] !== 'true' && facts['archived'] !== 'true';
}
