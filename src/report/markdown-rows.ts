import type { Credential, Finding, Workload } from '../model/inventory.ts';
import type { Location } from '../model/location.ts';
import { code, linked, plain } from './markdown-text.ts';
import { counted, credentialTitle, DISPOSITION_LABELS, isInTree, LIVENESS_LABELS } from './messages.ts';
import { isInside, placePrefix } from './scanned.ts';
import { historyNote, historyPlace, replacement, rotation, UNCOMMITTED } from './text-block.ts';
import { FEDERATE, findingsOf, isAccepted, type Page } from './text-page.ts';

/** Lines that a cell gives to places and to workloads. A list one longer is shown whole: the line that counts the rest would take as much room. */
const SHOWN = { places: 4, users: 4 } as const;

/** Cells of one row: risk, key, where, next step. Each is Markdown without line ends. */
export function row(page: Page, credential: Credential): string {
  const open = openFindings(page, credential);
  const cells = [`**${credential.risk.level}**&nbsp;${credential.risk.score}`, keyCell(page, credential), whereCell(page, credential, open), nextCell(page, credential, open)];
  return `| ${cells.join(' | ')} |`;
}

/** What nobody has accepted and the base did not have; of a key that is sure, only what is sure. */
export function openFindings(page: Page, credential: Credential): Finding[] {
  const open = findingsOf(page, credential).filter((finding) => !isAccepted(finding));
  const sure = open.filter(({ confidence }) => confidence !== 'low');
  return sure.length > 0 ? sure : open;
}

/** True when all that is left to list of a key is of low confidence. */
export function isDoubtful(page: Page, credential: Credential): boolean {
  return openFindings(page, credential).every(({ confidence }) => confidence === 'low');
}

function wasBefore(page: Page, credential: Credential): boolean {
  const { base } = page.options;
  return base !== undefined && findingsOf(page, credential).some(({ baselined }) => baselined === base.reason);
}

/** One line for lists that are folded away: key and first places. */
export function item(page: Page, credential: Credential): string {
  const findings = openFindings(page, credential);
  const shown = findings.slice(0, 3).map((finding) => place(page, finding.location));
  const more = findings.length > shown.length ? ` and ${counted(findings.length - shown.length, 'more place', 'more places')}` : '';
  return `- ${name(page, credential)}: ${shown.join(', ')}${more}`;
}

/** `Anthropic API key `sk-ant-api03-…PUAA``. */
export function name(page: Page, credential: Credential): string {
  return `${plain(credentialTitle(credential, findingsOf(page, credential), page.catalog))} ${code(credential.preview, 60)}`;
}

function keyCell(page: Page, credential: Credential): string {
  const title = plain(credentialTitle(credential, findingsOf(page, credential), page.catalog));
  const notes = [credential.seen ? '' : 'known by name', LIVENESS_LABELS[credential.liveness], wasBefore(page, credential) ? 'was here before' : ''].filter((note) => note !== '');
  return [title, code(credential.preview, 60), ...(notes.length === 0 ? [] : [notes.map(plain).join(', ')])].join('<br>');
}

function whereCell(page: Page, credential: Credential, open: readonly Finding[]): string {
  // Of one thing in an account several things may be said.
  const told = new Set<string>();
  const places = open.filter(({ class: kind, location: { logical, target, path } }) => {
    if (kind === 'reference') return false;
    if (logical !== true) return true;
    const thing = JSON.stringify([target, path]);
    return !told.has(thing) && told.add(thing).size > 0;
  });
  const ordered = [...places.filter(({ location }) => isInTree(location)), ...places.filter(({ location }) => !isInTree(location))];
  return [
    ...cut(ordered, SHOWN.places, ({ location }) => place(page, location), ['more place', 'more places']),
    ...cut(users(page, credential, open), SHOWN.users, (user) => userLine(page, user), ['more workload', 'more workloads']),
  ].join('<br>');
}

/** Only what is shown is made into text: a key may stand in ten thousand places. */
function cut<T>(items: readonly T[], most: number, line: (item: T) => string, [one, many]: readonly [string, string]): readonly string[] {
  const shown = items.length <= most + 1 ? items : items.slice(0, most);
  return [...shown.map(line), ...(shown.length < items.length ? [`and ${counted(items.length - shown.length, one, many)}`] : [])];
}

/** `path:line`, with a link where the file can be opened; for what is in history only, where the bytes still are. */
function place(page: Page, location: Location): string {
  if (location.logical === true) return code(`${page.targets.size > 1 ? placePrefix(page.targets.get(location.target)) : ''}${location.path}`);
  if (!isInTree(location)) {
    const note = historyNote(location);
    return `${code(historyPlace(page, location))}${note === '' ? '' : ` ${plain(note)}`}`;
  }
  const wrapped = location.encoding === undefined || location.encoding.length === 0 ? '' : ` in ${plain(location.encoding.join(' in '))}`;
  return `${openable(page, location, `${placePrefix(page.targets.get(location.target))}${location.path}:${location.line}`)}${wrapped}`;
}

function openable(page: Page, location: Location, text: string): string {
  return linked(code(text), isPushed(page, location) ? page.options.permalink?.url : undefined, `${placePrefix(page.targets.get(location.target))}${location.path}`, location.line);
}

/** True for a place in the commit that the job checked out, which has been pushed by then. */
function isPushed(page: Page, location: Location): boolean {
  const target = page.targets.get(location.target);
  return target !== undefined && isInside(target) && isInTree(location) && target.facts['head'] === page.options.permalink?.commit;
}

interface User {
  readonly workload: Workload;
  /** Where it takes the key. */
  readonly location: Location;
}

/** The workloads that use a key. Those that can prove who they are come first. */
function users(page: Page, credential: Credential, open: readonly Finding[]): readonly User[] {
  const byWorkload = new Map<string, Finding>();
  for (const finding of open) {
    if (finding.class === 'reference' && finding.workload !== undefined && !byWorkload.has(finding.workload)) byWorkload.set(finding.workload, finding);
  }
  const ids = [...byWorkload.keys(), ...(findingsOf(page, credential).some(isAccepted) ? [] : credential.workloads.filter((id) => !byWorkload.has(id)))];
  const found = ids.flatMap((id): User[] => {
    const workload = page.workloads.get(id);
    return workload === undefined ? [] : [{ workload, location: byWorkload.get(id)?.location ?? workload.location }];
  });
  return found.toSorted((a, b) => weightOf(page, a.workload.platform) - weightOf(page, b.workload.platform));
}

/** What runs it, and its name, which leads to where it takes the key. */
function userLine(page: Page, { workload, location }: User): string {
  const platform = page.catalog.platforms.get(workload.platform)?.title;
  const who = platform === undefined ? 'code' : plain(platform);
  return `${who}: ${openable(page, location, workload.name === location.path ? `${workload.name}:${location.line}` : workload.name)}`;
}

function weightOf(page: Page, platform: string): number {
  if (platform === 'code') return 2;
  return page.catalog.platforms.get(platform)?.issuesTokens === true ? 0 : 1;
}

function nextCell(page: Page, credential: Credential, open: readonly Finding[]): string {
  const isOut = open.some((finding) => finding.class === 'secret' && isPushed(page, finding.location));
  const first = rotation(credential, open).map((step) => (step === UNCOMMITTED && isOut ? 'rotate it (it was pushed)' : step));
  const steps = [...first, ...replacement(page, credential)].filter((step) => step !== FEDERATE);
  return [`**${DISPOSITION_LABELS[credential.disposition]}**`, ...steps.map(plain)].join('<br>');
}
