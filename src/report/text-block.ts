import type { Credential, Finding, Workload } from '../model/inventory.ts';
import { SEVERITIES } from '../model/levels.ts';
import type { Location } from '../model/location.ts';
import { displayWidth, pad, shortenMiddle, wrapItems, wrapWords } from './layout.ts';
import { credentialTitle, dayOf, DISPOSITION_LABELS, isInTree, LIVENESS_LABELS, shortId, shortProviderTitle, storeLabel } from './messages.ts';
import { placePrefix } from './scanned.ts';
import { accountName, isOfAccount, listedLines, REPOSITORY_LIST, repositoryRows, storedLines } from './text-account.ts';
import { paragraph, rows, widest, type Row } from './text-list.ts';
import { EXAMPLES, findingsOf, INDENT, isAccepted, LABEL, FEDERATE, type Page } from './text-page.ts';

/** Rows that a folded list shows. A list one longer is shown whole: the fold line would take as much room. */
const ROWS = { places: 4, users: 3 } as const;

/** Everything the report says about one credential, as lines. With `isSummed` its score is a sum without the evidence, however much else is shown. */
export function block(page: Page, credential: Credential, isSummed = false): string[] {
  const findings = findingsOf(page, credential);
  const secrets = findings.filter((finding) => finding.class !== 'reference' && finding.class !== 'account');
  const repositories = repositoryRows(page, credential, (workload) => workloadName(page, workload));
  const places = [...secrets.filter(({ location }) => isInTree(location)), ...secrets.filter(({ location }) => !isInTree(location))].map((finding) => placeRow(page, finding));
  return [
    ...blockHeader(page, credential, findings),
    ...rows(page, places, { label: '', limit: ROWS.places, noun: 'places', isBrief: false }),
    ...listedLines(page, findings),
    ...storedLines(page, findings),
    ...(repositories === undefined
      ? rows(page, userRows(page, credential, findings), { label: 'used by', limit: ROWS.users, noun: 'workloads', isBrief: isCompact(page, credential) })
      : rows(page, repositories, REPOSITORY_LIST)),
    ...factLines(page, credential, secrets),
    ...(credential.risk.factors.length > 0 && isWorthReasons(page, credential) ? reasons(isSummed ? { ...page, options: { ...page.options, verbose: false } } : page, credential) : []),
    ...nextSteps(page, credential, findings),
  ];
}

/** A key known by name and of no great weight takes two lines, so that a long list of them stays readable. */
function isCompact(page: Page, credential: Credential): boolean {
  return !page.options.verbose && !credential.seen && SEVERITIES.indexOf(credential.risk.level) > SEVERITIES.indexOf('high');
}

function isWorthReasons(page: Page, credential: Credential): boolean {
  return !isCompact(page, credential) && credential.lifetime === 'long';
}

function blockHeader(page: Page, credential: Credential, findings: readonly Finding[]): string[] {
  const rank = pad(`${credential.risk.level.toUpperCase()} ${credential.risk.score}`, 11);
  const title = page.clean(credentialTitle(credential, findings, page.catalog));
  const known = findings.some(({ detector }) => detector === 'listed-key') ? ' (listed)' : ' (name only)';
  const preview = page.clean(credential.preview) + (credential.seen ? '' : known);
  const liveness = LIVENESS_LABELS[credential.liveness];
  const right = [liveness, DISPOSITION_LABELS[credential.disposition]].filter((item) => item !== '').join(`, `);
  const left = ` ${rank}  ${title}  ${preview}`;
  const painted = ` ${page.paint[credential.risk.level](rank)}  ${page.paint.strong(title)}  ${preview}`;
  const paintRight = credential.disposition === 'today' ? page.paint.good : page.paint.dim;
  const gap = page.width - displayWidth(left) - displayWidth(right);
  if (gap >= 2) return [painted + ' '.repeat(gap) + paintRight(right)];
  const hanging = ' '.repeat(displayWidth(rank) + 3);
  if (displayWidth(left) <= page.width) return [painted, hanging + paintRight(right)];
  return [` ${page.paint[credential.risk.level](rank)}  ${page.paint.strong(title)}`, hanging + preview, hanging + paintRight(right)];
}

function placeRow(page: Page, finding: Finding): Row {
  const { location } = finding;
  const notes = [historyNote(location)];
  if (location.encoding !== undefined && location.encoding.length > 0) notes.push(`in ${location.encoding.join(' in ')}`);
  if (finding.allowed !== undefined) notes.push(`allowed: ${page.clean(finding.allowed)}`);
  if (finding.baselined !== undefined) notes.push(isKnown(page, finding) ? page.clean(finding.baselined) : `baseline: ${page.clean(finding.baselined)}`);
  if (page.options.verbose && !isInTree(location) && location.history?.objectType === 'blob') notes.push(`line ${location.line}`);
  if (page.options.verbose && location.route !== undefined) notes.push(page.clean(location.route));
  const said = [notes.filter((note) => note !== '').join(', ')];
  return isInTree(location) ? { place: placeOf(page, location), location, notes: said } : { place: historyPlace(page, location), notes: said };
}

/** True for what the base of the run had already. */
function isKnown({ options }: Page, { baselined }: Finding): boolean {
  return options.base !== undefined && baselined === options.base.reason;
}

/** `path:line:column` from the folder of the run, as terminals and editors open it. */
function placeOf(page: Page, location: Location): string {
  const target = page.targets.get(location.target);
  const place = isOfAccount(target) ? `${accountName(page, target)}/${page.clean(location.path)}` : page.clean(`${placePrefix(target)}${location.path}`);
  return `${place}:${location.line}:${location.column}`;
}

export function historyPlace(page: Page, location: Location): string {
  const target = page.targets.size > 1 ? placePrefix(page.targets.get(location.target)) : '';
  const kind = location.history?.objectType ?? 'blob';
  if (kind === 'blob') return `history: ${page.clean(target + location.path)}`;
  const name = location.path.startsWith(`${kind}:`) ? location.path.slice(kind.length + 1) : location.path;
  return `${kind === 'commit' ? 'commit message' : 'tag'}: ${page.clean(target + name)}`;
}

export function historyNote(location: Location): string {
  const { history } = location;
  if (history === undefined) return '';
  const first = history.firstSeen;
  const last = history.lastSeen ?? first;
  if (history.objectType !== 'blob') return last === undefined ? '' : dayOf(last.authored);
  if (isInTree(location)) return first === undefined ? 'in HEAD' : `committed ${dayOf(first.authored)}, still in HEAD`;
  if (!history.reachable) return `on no branch, still in object ${shortId(history.object)}`;
  if (last === undefined) return `still in object ${shortId(history.object)}`;
  return `until ${dayOf(last.authored)}, still in ${shortId(last.commit)}`;
}

function userRows(page: Page, credential: Credential, findings: readonly Finding[]): Row[] {
  const byWorkload = new Map<string, Finding[]>();
  for (const finding of findings) {
    if (finding.class !== 'reference') continue;
    const id = finding.workload ?? '';
    const list = byWorkload.get(id);
    if (list === undefined) byWorkload.set(id, [finding]);
    else list.push(finding);
  }
  const found: Row[] = [];
  for (const [id, references] of usersByWeight(page, byWorkload)) {
    const workload = page.workloads.get(id);
    const shown = page.options.verbose ? references : references.slice(0, 1);
    shown.forEach((finding, index) => {
      const more = page.options.verbose || references.length === 1 ? '' : `+${references.length - 1} ${references.length === 2 ? 'place' : 'places'}`;
      found.push(userRow(page, credential, finding, workload, index === 0 ? more : ''));
    });
  }
  for (const id of credential.workloads) {
    const workload = page.workloads.get(id);
    if (workload === undefined || byWorkload.has(id)) continue;
    found.push({ lead: page.clean(workload.platform), place: placeOf(page, workload.location), location: workload.location, notes: [workloadName(page, workload)] });
  }
  return found;
}

/** What runs unattended and could prove who it is comes first, source files last: there are many of them, and they say least. */
function usersByWeight(page: Page, byWorkload: ReadonlyMap<string, Finding[]>): [string, Finding[]][] {
  const weight = ([id]: readonly [string, unknown]): number => {
    const platform = page.workloads.get(id)?.platform ?? 'code';
    if (platform === 'code') return 2;
    return page.catalog.platforms.get(platform)?.issuesTokens === true ? 0 : 1;
  };
  return [...byWorkload].toSorted((a, b) => weight(a) - weight(b));
}

function userRow(page: Page, credential: Credential, finding: Finding, workload: Workload | undefined, more: string): Row {
  const name = finding.arguments['name'];
  const from = [storeLabel(finding), name === undefined || name === credential.preview || credential.names.includes(name) ? '' : page.clean(name)].filter((item) => item !== '').join(' ');
  const accepted = isKnown(page, finding) ? 'not new' : isAccepted(finding) ? 'accepted' : '';
  const route = page.options.verbose && finding.location.route !== undefined ? page.clean(finding.location.route) : '';
  const last = [from, more, accepted, route].filter((item) => item !== '').join(', ');
  return {
    lead: page.clean(workload?.platform ?? finding.detector),
    place: placeOf(page, finding.location),
    location: finding.location,
    notes: [workload === undefined ? '' : workloadName(page, workload), last],
  };
}

/** The name without what the place beside it says already: `evals` for `ci.yml › evals`, nothing for a file named by itself. */
function workloadName(page: Page, workload: Workload): string {
  const { path } = workload.location;
  const file = path.slice(path.lastIndexOf('/') + 1);
  if (workload.name === path || workload.name === file) return '';
  for (const prefix of [`${path} › `, `${file} › `]) {
    if (workload.name.startsWith(prefix)) return page.clean(workload.name.slice(prefix.length));
  }
  return page.clean(workload.name);
}

function factLines(page: Page, credential: Credential, secrets: readonly Finding[]): string[] {
  const facts = Object.entries(credential.facts)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${page.clean(key)} ${page.clean(value)}`);
  const room = page.width - INDENT - LABEL;
  const doubts = [...new Set(secrets.flatMap((finding) => finding.arguments['reasons'] ?? []))].map(page.clean);
  const sure = page.options.verbose || credential.confidence === 'low' ? wrapItems(doubts, `; `, room) : [];
  return [
    ...(page.options.verbose ? paragraph(page, 'facts', wrapItems(facts, ` ${page.glyphs.dot} `, room)) : []),
    ...paragraph(page, 'evidence', sure.map((line) => page.paint.dim(line))),
  ];
}

function reasons(page: Page, credential: Credential): string[] {
  const { risk } = credential;
  const label = `why ${risk.score}`;
  const room = page.width - INDENT - LABEL;
  if (!page.options.verbose) {
    const counting = risk.factors.filter(({ points }) => points !== 0);
    const sum = counting.reduce((total, { points }) => total + points, 0);
    const items = counting.map((factor) => `${page.clean(factor.label)} ${signed(factor.points)}`);
    if (sum > risk.score) items.push(`capped at ${risk.score}`);
    return paragraph(page, label, wrapItems(items, ` ${page.glyphs.dot} `, room));
  }
  const column = Math.min(widest(risk.factors, (factor) => displayWidth(page.clean(factor.label))), Math.floor(room / 2));
  const lines = risk.factors.flatMap((factor) => {
    const [first = '', ...rest] = wrapWords(page.clean(factor.evidence), Math.max(20, room - column - 7));
    const start = `${signed(factor.points).padStart(4)} ${pad(shortenMiddle(page.clean(factor.label), column, page.glyphs.ellipsis), column)}`;
    return [`${start}  ${page.paint.dim(first)}`, ...rest.map((line) => ' '.repeat(column + 7) + page.paint.dim(line))];
  });
  return paragraph(page, label, [...lines, page.paint.dim(page.clean(risk.vector))]);
}

export function signed(points: number): string {
  return points < 0 ? String(points) : `+${points}`;
}

function nextSteps(page: Page, credential: Credential, findings: readonly Finding[]): string[] {
  if (isCompact(page, credential) || credential.lifetime === 'short' || findings.every(isAccepted)) return [];
  const room = page.width - INDENT - LABEL;
  if (credential.confidence === 'low') return paragraph(page, 'next', wrapWords('look at it; if it is no key, say so with dekey:allow REASON', room));
  const steps = [...rotation(credential, findings), ...replacement(page, credential)];
  // By itself it says no more than the `replace today` above.
  if (steps.length === 1 && steps[0] === FEDERATE) return [];
  const items = steps.length === 1 ? steps : steps.map((step, index) => `${index + 1} ${step}`);
  const lines = wrapItems(items, '   ', room);
  return paragraph(page, 'next', lines.map((line) => line.replace(FEDERATE, page.paint.strong(FEDERATE))));
}

/** Where nothing is known of commits. */
export const UNCOMMITTED = 'keep it out of commits';

/** What has to happen to the value that was seen, before anything is planned. */
export function rotation(credential: Credential, findings: readonly Finding[]): string[] {
  if (!credential.seen) return [];
  if (credential.liveness === 'dead' || credential.liveness === 'expired') return ['remove it: it no longer works'];
  if (isPublic(credential)) return ['rotate now (it is public)'];
  const secrets = findings.filter((finding) => finding.class === 'secret');
  if (secrets.some(({ location }) => location.history?.inHead === true)) return ['rotate it (every clone has it)'];
  if (secrets.some(({ location }) => location.history !== undefined)) return ['rotate it (history keeps it)'];
  return [UNCOMMITTED];
}

function isPublic(credential: Credential): boolean {
  return credential.risk.factors.some(({ code, label }) => code === 'EX' && /\bpublic\b/.test(label));
}

export function replacement(page: Page, credential: Credential): string[] {
  const provider = shortProviderTitle(credential.provider, page.catalog);
  if (credential.disposition === 'none') return [`keep its successor in a vault: ${page.clean(provider)} has no federation`];
  const issuers = new Set<string>();
  for (const id of credential.workloads) {
    const platform = page.catalog.platforms.get(page.workloads.get(id)?.platform ?? '');
    if (platform?.issuesTokens === true) issuers.add(platform.title);
  }
  const routes = [...issuers].slice(0, EXAMPLES).map((issuer) => `${page.clean(issuer)} ${page.glyphs.arrow} ${page.clean(provider)}`);
  return [routes.length === 0 ? FEDERATE : `${FEDERATE}: ${routes.join(', ')}`];
}
