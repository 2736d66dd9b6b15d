import type { AccountInventory } from '../../model/account.ts';
import type { Credential, Finding } from '../../model/inventory.ts';
import { CONFIDENCES, SEVERITIES } from '../../model/levels.ts';
import { counted, credentialTitle, DISPOSITION_LABELS, LIVENESS_LABELS, storeLabel } from '../messages.ts';
import { historyNote, historyPlace, replacement, rotation } from '../text-block.ts';
import { isInTree } from '../messages.ts';
import { isAccepted, type Page } from '../text-page.ts';
import { CLASSES, DISPOSITIONS, type FindingRow, GROUPS, type Group, type PageCredential } from './page-data.ts';

/** Texts by number, each once. Number 0 is ''. */
export class Strings {
  readonly list: string[] = [''];
  readonly #numbers = new Map<string, number>([['', 0]]);

  number(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.list.push(text);
    this.#numbers.set(text, this.list.length - 1);
    return this.list.length - 1;
  }
}

/** Places of each thing in the lists of the page. */
export interface Indexes {
  readonly credentials: ReadonlyMap<string, number>;
  readonly workloads: ReadonlyMap<string, number>;
  readonly targets: ReadonlyMap<string, number>;
  readonly findings: ReadonlyMap<string, number>;
  readonly providers: ReadonlyMap<string, number>;
}

export function findingRow(page: Page, finding: Finding, titleOf: (finding: Finding) => string, at: Indexes, strings: Strings): FindingRow {
  const { location } = finding;
  const name = finding.arguments['name'];
  const notes = [
    isInTree(location) || location.logical === true ? '' : 'history only',
    historyNote(location),
    location.encoding === undefined || location.encoding.length === 0 ? '' : `in ${location.encoding.join(' in ')}`,
    finding.class === 'reference' ? [storeLabel(finding), page.clean(name ?? '')].filter((part) => part !== '').join(' ') : '',
    location.route === undefined ? '' : page.clean(location.route),
  ].filter((note) => note !== '');
  const state = finding.allowed === undefined ? (finding.baselined === undefined ? '' : `baseline: ${page.clean(finding.baselined)}`) : `allowed: ${page.clean(finding.allowed)}`;
  const path = location.history !== undefined && location.history.objectType !== 'blob' ? historyPlace(page, location) : page.clean(location.path);
  return [
    at.credentials.get(finding.credential) ?? -1,
    CLASSES.indexOf(finding.class),
    Math.max(0, SEVERITIES.indexOf(finding.severity)),
    Math.max(0, CONFIDENCES.indexOf(finding.confidence)),
    at.targets.get(location.target) ?? -1,
    strings.number(path),
    location.logical === true ? 0 : location.line,
    location.logical === true ? 0 : location.column,
    at.workloads.get(finding.workload ?? '') ?? -1,
    strings.number(titleOf(finding)),
    strings.number(notes.join(', ')),
    strings.number(state),
  ];
}

export interface CredentialContext {
  readonly page: Page;
  readonly at: Indexes;
  readonly strings: Strings;
  readonly groupOf: ReadonlyMap<string, Group>;
  /** What is said of each credential by the APIs, by its id. */
  readonly listed: ReadonlyMap<string, NonNullable<AccountInventory['listed']>[number]>;
}

export function pageCredential(credential: Credential, findings: readonly Finding[], { page, at, strings, groupOf, listed }: CredentialContext): PageCredential {
  const clean = (text: string): number => strings.number(page.clean(text));
  const isSettled = credential.lifetime === 'short' || findings.every(isAccepted);
  const steps = isSettled ? [] : credential.confidence === 'low' ? ['look at it; if it is no key, say so with dekey:allow REASON'] : [...rotation(credential, findings), ...replacement(page, credential)];
  const notes = [credential.seen ? '' : 'known by name only', LIVENESS_LABELS[credential.liveness], credential.confidence === 'low' ? 'a person should look' : '', `privilege: ${credential.privilege}`].filter((note) => note !== '');
  const change = page.options.comparison?.credentials.get(credential.id);
  return {
    id: credential.id,
    provider: at.providers.get(credential.provider) ?? -1,
    title: page.clean(credentialTitle(credential, findings, page.catalog)),
    preview: page.clean(credential.preview),
    seen: credential.seen,
    level: Math.max(0, SEVERITIES.indexOf(credential.risk.level)),
    score: credential.risk.score,
    group: GROUPS.indexOf(groupOf.get(credential.id) ?? 'open'),
    confidence: Math.max(0, CONFIDENCES.indexOf(credential.confidence)),
    disposition: Math.max(0, DISPOSITIONS.indexOf(credential.disposition)),
    notes: notes.map(clean),
    names: credential.names.map(clean),
    facts: Object.entries(credential.facts).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [clean(key), clean(value)] as const),
    owner: clean(ownerOf(credential, listed)),
    factors: credential.risk.factors.map(({ label, points, evidence }) => [clean(label), points, clean(evidence)] as const),
    vector: clean(credential.risk.vector),
    steps: steps.map(clean),
    effort: strings.number(isSettled || credential.confidence === 'low' ? '' : effortOf(page, credential)),
    findings: credential.findings.flatMap((id) => at.findings.get(id) ?? []),
    workloads: credential.workloads.flatMap((id) => at.workloads.get(id) ?? []),
    ...(change === undefined ? {} : { change: { state: change.state, was: wasText(page, change), opened: change.opened ?? '', days: change.daysOpen ?? -1 } }),
  };
}

type Change = NonNullable<Page['options']['comparison']>['credentials'] extends ReadonlyMap<string, infer C> ? C : never;

/** `was high 70, was no federation, 2 findings more, 1 fewer`. */
function wasText(page: Page, { was, added, removed, state }: Change): string {
  if (state !== 'changed') return '';
  const risk = was?.level === undefined && was?.score === undefined ? '' : `was ${[was.level, was.score].filter((part) => part !== undefined).join(' ')}`;
  return [
    page.clean(risk),
    was?.disposition === undefined ? '' : `was: ${DISPOSITION_LABELS[was.disposition]}`,
    added === 0 ? '' : `${counted(added, 'new finding', 'new findings')}`,
    removed === 0 ? '' : `${counted(removed, 'finding gone', 'findings gone')}`,
  ].filter((part) => part !== '').join(', ');
}

/** Who the issuer says answers for it, or the facts in the key itself. */
function ownerOf(credential: Credential, listed: CredentialContext['listed']): string {
  const owner = listed.get(credential.id)?.owner;
  if (owner?.kind === 'none') return 'nobody, says its issuer';
  if (owner !== undefined) return `${owner.kind}: ${owner.name}`;
  const fact = ['owner', 'user', 'email', 'client-email', 'account', 'project'].find((name) => Object.hasOwn(credential.facts, name));
  return fact === undefined ? '' : `${fact}: ${credential.facts[fact] ?? ''}`;
}

/** How much there is to do, in what can be counted. */
export function effortOf(page: Page, credential: Credential): string {
  const users = credential.workloads.flatMap((id) => page.workloads.get(id) ?? []);
  if (credential.disposition === 'not-a-key') return '';
  if (users.length === 0) return 'no workload is known to use it: find out who does, then delete it';
  const files = new Set(users.map(({ location }) => JSON.stringify([location.target, location.path])));
  const code = users.filter(({ platform }) => platform === 'code').length;
  const parts = [`${counted(users.length, 'workload', 'workloads')} in ${counted(files.size, 'file', 'files')}`];
  if (credential.disposition === 'today') parts.push('settings only');
  if (credential.disposition === 'after-change') parts.push('code, or what the provider grants, changes too');
  if (credential.disposition === 'none') parts.push('the key stays: store, lease and rotation change');
  if (code > 0) parts.push(`where ${counted(code, 'source file', 'source files')} ${code === 1 ? 'runs' : 'run'} has to be found out`);
  return parts.join('; ');
}
