import type { JoinedCredential, JoinedFinding } from '../inventory/build.ts';
import { splitFact } from '../inventory/calls.ts';
import { storeKind } from '../model/account.ts';
import type { Disposition, Liveness, RiskFactor, RiskScore, TargetReport, Workload } from '../model/inventory.ts';
import type { Location } from '../model/location.ts';
import type { Privilege, Provider } from '../model/provider.ts';
import type { ReferenceStore } from '../model/reference.ts';
import { FACTOR_SCALES, factorOf, type FactorChoice, scoreOf } from './factors.ts';
import { formatVector } from './vector.ts';

/** Everything about one credential that bears on its score. */
export interface CredentialView {
  readonly credential: JoinedCredential;
  readonly findings: readonly JoinedFinding[];
  readonly workloads: readonly Workload[];
  /** The credential's provider; undefined when the registry has none of that id. */
  readonly provider: Provider | undefined;
  readonly targets: ReadonlyMap<string, TargetReport>;
  readonly liveness: Liveness;
  readonly disposition: Disposition;
  /** True when what was scanned is readable by anyone. */
  readonly public: boolean;
  /** Milliseconds since 1970; NaN when the clock cannot be read. */
  readonly now: number;
}

/**
 * Scores one credential. Factors that add nothing are left out, so the vector is the sum and nothing else.
 *
 * What is no key (expires by itself, expired, refused by its provider) is not scored: its vector is `NK` alone, level info.
 */
export function assess(view: CredentialView): RiskScore {
  const factors = view.disposition === 'not-a-key' ? [factorOf({ code: 'NK', value: notAKeyValue(view) })] : factorsOf(view);
  return { ...scoreOf(factors), vector: formatVector(factors), factors };
}

function notAKeyValue({ credential, liveness }: CredentialView): 'S' | 'E' | 'D' {
  if (credential.lifetime === 'short') return 'S';
  return liveness === 'expired' ? 'E' : 'D';
}

function factorsOf(view: CredentialView): RiskFactor[] {
  const factors = [
    exposure(view),
    privilege(view),
    storage(view),
    age(view),
    spread(view),
    reuse(view),
    clientBundle(view),
    forkCode(view),
    unreachable(view),
    liveness(view),
    spend(view),
    replaceability(view),
  ];
  return factors.flatMap((factor) => (factor === undefined || factor.points === 0 ? [] : [factor]));
}

function secretsOf(view: CredentialView): JoinedFinding[] {
  return view.findings.filter((finding) => finding.class === 'secret');
}

/** What stores list of the credential. */
function storedOf(view: CredentialView): JoinedFinding[] {
  return view.findings.filter(({ class: kind, detector }) => kind === 'account' && detector === 'stored-key');
}

/** What lists of its issuer say of the credential. */
function listedOf(view: CredentialView): JoinedFinding[] {
  return view.findings.filter(({ class: kind, detector }) => kind === 'account' && detector === 'listed-key');
}

function exposure(view: CredentialView): RiskFactor | undefined {
  const options = view.credential.seen
    ? secretsOf(view).map(({ location }) => factorOf({ code: 'EX', value: exposureOfPlace(location, isPublic(view, location), guardOf(view, location)) }, undefined, placeOf(location)))
    : storesOf(view).flatMap((store) => {
        const value = EXPOSURE_OF_STORE[store];
        return value === undefined ? [] : [factorOf({ code: 'EX', value })];
      });
  return worst(options);
}

/** As the run was told, or as the platform says of this repository. */
function isPublic(view: CredentialView, { target }: Location): boolean {
  return view.public || view.targets.get(target)?.facts['visibility'] === 'public';
}

/** What guards a value that was read through an API: a store of secrets, or the settings of what runs. Nothing guards a file. */
function guardOf({ targets }: CredentialView, { target, path }: Location): 'cluster' | 'ci' | 'settings' | undefined {
  switch (targets.get(target)?.kind) {
    case 'kubernetes':
      return path.includes('/secret/') ? 'cluster' : 'settings';
    case 'gitlab':
      return path.endsWith('/variables.env') ? 'ci' : undefined;
    case 'aws':
      return 'settings';
    default:
      return undefined;
  }
}

function exposureOfPlace(location: Location, isPublic: boolean, guard: ReturnType<typeof guardOf>): 'PH' | 'PT' | 'RH' | 'RT' | 'SS' | 'EN' {
  if (guard !== undefined) return guard === 'settings' ? 'EN' : 'SS';
  if (location.history === undefined) return isPublic ? 'PT' : 'RT';
  return isPublic ? 'PH' : 'RH';
}

type ValueOf<Code extends FactorChoice['code']> = Extract<FactorChoice, { code: Code }>['value'];

/** What is asked of a person each time stands nowhere, so it is exposed nowhere. */
const EXPOSURE_OF_STORE: Readonly<Record<ReferenceStore, ValueOf<'EX'> | undefined>> = {
  'ci-secret': 'SS',
  'cluster-secret': 'SS',
  vault: 'VA',
  environment: 'EN',
  file: 'EN',
  prompt: undefined,
  unknown: 'EN',
};

const STORAGE_OF_STORE: Readonly<Record<ReferenceStore, ValueOf<'ST'>>> = {
  'ci-secret': 'C',
  'cluster-secret': 'K',
  vault: 'V',
  environment: 'E',
  file: 'E',
  prompt: 'A',
  unknown: 'E',
};

function storesOf({ findings }: CredentialView): ReferenceStore[] {
  return [...new Set(findings.flatMap(({ store }) => (store === undefined ? [] : [store])))];
}

const PRIVILEGE_VALUE: Readonly<Record<Privilege, ValueOf<'PR'>>> = { admin: 'A', account: 'W', unknown: 'U', project: 'P', restricted: 'R' };

function privilege(view: CredentialView): RiskFactor {
  return factorOf({ code: 'PR', value: isHalf(view) ? 'H' : PRIVILEGE_VALUE[view.credential.privilege] });
}

/** An access key id that was seen without its secret, at a provider whose ids have one. */
function isHalf({ credential, provider }: CredentialView): boolean {
  if (!credential.seen || credential.kind !== 'access-key') return false;
  return [...(provider?.detectors ?? []), ...(provider?.env ?? [])].some(({ kind }) => kind === 'secret-key');
}

function storage(view: CredentialView): RiskFactor | undefined {
  if (view.credential.seen) return worst(secretsOf(view).map(({ location }) => factorOf({ code: 'ST', value: isHalf(view) ? 'H' : STORAGE_OF_GUARD[guardOf(view, location) ?? 'none'] }, undefined, placeOf(location))));
  const [stored] = storedOf(view);
  return worst(
    storesOf(view).map((store) => (stored === undefined || store !== 'ci-secret' ? factorOf({ code: 'ST', value: STORAGE_OF_STORE[store] }) : factorOf({ code: 'ST', value: STORAGE_OF_STORE[store] }, storedLabel(stored), storedPlace(stored)))),
  );
}

const STORAGE_OF_GUARD = { cluster: 'K', ci: 'C', settings: 'E', none: 'P' } as const;

const SCOPE_LABELS: Readonly<Record<string, string>> = { organization: 'organisation secret', repository: 'repository secret', environment: 'environment secret' };
const PROTECTION_LABELS: Readonly<Record<string, string>> = { reviewers: ', reviewers approve its jobs', branches: ', for some branches only', none: ', environment without rules' };

/** `organisation secret`, `environment secret, environment without rules`. */
function storedLabel({ arguments: said }: JoinedFinding): string {
  return `${SCOPE_LABELS[said['scope'] ?? ''] ?? 'CI secret'}${PROTECTION_LABELS[said['protection'] ?? ''] ?? ''}`;
}

function storedPlace({ arguments: said }: JoinedFinding): string {
  const set = said['updated'] === undefined ? '' : `, set ${said['updated'].slice(0, 10)}`;
  // A vault and a keychain belong to no repository.
  const kind = storeKind(said['store']);
  return `${kind === 'ci' ? (SCOPE_LABELS[said['scope'] ?? ''] ?? 'CI secret') : `${kind === 'vault' ? 'vault' : 'keychain'} entry`} ${said['name'] ?? ''}${set}`;
}

/** The most points; among equals the one that stands first in the scale, which is the better known. */
function worst(factors: readonly RiskFactor[]): RiskFactor | undefined {
  let found: RiskFactor | undefined;
  for (const factor of factors) {
    if (found === undefined || factor.points > found.points || (factor.points === found.points && rankOf(factor) < rankOf(found))) found = factor;
  }
  return found;
}

function rankOf({ code, value }: RiskFactor): number {
  return FACTOR_SCALES.find((scale) => scale.code === code)?.values.findIndex((one) => one.value === value) ?? 0;
}

const DAY = 86_400_000;
const QUARTER = 90;

interface Dated {
  readonly time: number;
  readonly place: string;
  /** What a store says: when the value was set there. */
  readonly isStored: boolean;
}

/** A key is at least as old as the first commit that shows it, and as the day on which a store was given it. */
function age(view: CredentialView): RiskFactor {
  let first: Dated | undefined;
  for (const { location } of secretsOf(view)) first = earlier(first, { time: Date.parse(location.history?.firstSeen?.authored ?? ''), place: placeOf(location), isStored: false });
  for (const stored of storedOf(view)) first = earlier(first, { time: Date.parse(stored.arguments['updated'] ?? ''), place: storedPlace(stored), isStored: true });
  for (const { arguments: said } of listedOf(view)) first = earlier(first, { time: Date.parse(said['created'] ?? ''), place: `made ${(said['created'] ?? '').slice(0, 10)}, says its issuer`, isStored: false });
  const days = first === undefined ? Number.NaN : Math.floor((view.now - first.time) / DAY);
  // `now` may be no more exact than a date; an author date further in the future is a wrong clock, not a young key.
  if (first === undefined || !(days >= -1)) return factorOf({ code: 'AG', value: 'U' });
  // A shallow clone starts in the middle: what seems young may only have been cut off.
  if (days < QUARTER && isCutOff(view)) return factorOf({ code: 'AG', value: 'U' });
  const label = days <= 0 ? 'new today' : `${count(days, 'day')} old`;
  return factorOf({ code: 'AG', value: ageValue(days) }, first.isStored ? (days <= 0 ? 'set today' : `set ${count(days, 'day')} ago`) : label, first.place);
}

function earlier(known: Dated | undefined, other: Dated): Dated | undefined {
  return Number.isNaN(other.time) || (known !== undefined && known.time <= other.time) ? known : other;
}

function isCutOff(view: CredentialView): boolean {
  return secretsOf(view).some(({ location }) => view.targets.get(location.target)?.facts['shallow'] === 'true');
}

function ageValue(days: number): 'Y' | 'Q' | 'M' | 'N' {
  if (days >= 365) return 'Y';
  if (days >= QUARTER) return 'Q';
  return days >= 30 ? 'M' : 'N';
}

function spread(view: CredentialView): RiskFactor {
  const counted = view.credential.seen ? [...secretsOf(view), ...storedOf(view), ...listedOf(view)] : view.findings;
  const places = new Set(counted.map(({ location }) => JSON.stringify([location.target, location.path, location.start, location.end]))).size;
  const workloads = view.workloads.length;
  const label = workloads === 0 ? count(places, 'place') : `${count(workloads, 'workload')}, ${count(places, 'place')}`;
  return factorOf({ code: 'SP', value: spreadValue(places + workloads) }, label);
}

function spreadValue(total: number): 'X' | 'L' | 'M' | 'S' {
  if (total >= 16) return 'X';
  if (total >= 6) return 'L';
  return total >= 3 ? 'M' : 'S';
}

function reuse(view: CredentialView): RiskFactor | undefined {
  const targets = new Set(view.findings.flatMap(({ class: kind, location }) => (kind === 'account' ? [] : [location.target]))).size;
  let widest: JoinedFinding | undefined;
  for (const stored of storedOf(view)) if (readersOf(stored) > readersOf(widest)) widest = stored;
  const readers = readersOf(widest);
  // Whoever may read it holds it, whether or not anything there uses it.
  const reach = Math.max(targets, readers);
  if (reach < 2) return undefined;
  const value = reach >= 3 ? 'X' : 'M';
  if (widest === undefined || readers < targets) return factorOf({ code: 'RU', value }, `in ${targets} targets`);
  return factorOf({ code: 'RU', value }, `readable by ${readers >= 1000 ? `${Math.floor(readers / 1000)},${String(readers % 1000).padStart(3, '0')}` : readers} repositories`, storedPlace(widest));
}

function readersOf(stored: JoinedFinding | undefined): number {
  return Number(stored?.arguments['readers'] ?? 0);
}

/** Prefixes by which build tools know variables to copy into the client's code, as their manuals give them (2026-11-23). */
const CLIENT_PREFIXES = ['NEXT_PUBLIC_', 'NUXT_PUBLIC_', 'EXPO_PUBLIC_', 'PUBLIC_', 'VITE_', 'REACT_APP_', 'VUE_APP_', 'GATSBY_', 'STORYBOOK_'] as const;

function clientBundle({ credential, findings }: CredentialView): RiskFactor | undefined {
  const aliases = findings.flatMap((finding) => finding.arguments['alias'] ?? []);
  const name = [...credential.names, ...aliases].find((one) => CLIENT_PREFIXES.some((prefix) => one.startsWith(prefix)));
  return name === undefined ? undefined : factorOf({ code: 'CB', value: 'Y' }, `shipped to browsers as ${name}`);
}

function forkCode({ workloads }: CredentialView): RiskFactor | undefined {
  const exposed = workloads.find(({ facts }) => facts['pull_request_target'] === 'true' || splitFact(facts['triggers']).includes('pull_request_target'));
  return exposed === undefined ? undefined : factorOf({ code: 'FK', value: 'Y' }, undefined, placeOf(exposed.location));
}

function unreachable(view: CredentialView): RiskFactor | undefined {
  const left = secretsOf(view).find(({ location }) => location.history?.reachable === false);
  return left === undefined ? undefined : factorOf({ code: 'UO', value: 'Y' }, undefined, placeOf(left.location));
}

/** Only a key known to work adds points; one that was not checked keeps its score. */
function liveness(view: CredentialView): RiskFactor | undefined {
  switch (view.liveness) {
    case 'live':
      return factorOf({ code: 'LV', value: 'L' });
    case 'live-restricted':
      return factorOf({ code: 'LV', value: 'R' });
    case 'live-no-funds':
      return factorOf({ code: 'LV', value: 'F' });
    case 'expired':
    case 'dead':
    case 'unknown':
    case 'not-checkable':
    case 'not-checked':
      return undefined;
  }
}

const SPEND_VALUE: Readonly<Record<Provider['spend'], ValueOf<'SE'>>> = { uncapped: 'U', unknown: 'X', capped: 'C', prepaid: 'P', none: 'N' };

function spend({ provider }: CredentialView): RiskFactor {
  return factorOf({ code: 'SE', value: SPEND_VALUE[provider?.spend ?? 'unknown'] });
}

function replaceability({ disposition, provider }: CredentialView): RiskFactor | undefined {
  switch (disposition) {
    case 'today':
      return factorOf({ code: 'RP', value: 'T' }, undefined, provider?.federation.note);
    case 'after-change':
      return factorOf({ code: 'RP', value: 'C' }, undefined, provider?.federation.note);
    case 'none':
      return factorOf({ code: 'RP', value: 'N' }, undefined, provider?.federation.note);
    case 'not-a-key':
      return undefined;
  }
}

function placeOf({ path, line }: Location): string {
  return `${path}:${line}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
