import type { Credential, Finding, Inventory, Skipped, TargetReport, Workload } from '../model/inventory.ts';
import { SEVERITIES, type Severity } from '../model/levels.ts';
import type { Location } from '../model/location.ts';
import type { Problem } from '../model/reference.ts';
import { displayWidth, pad, shortenMiddle, wrapItems, wrapWords } from './layout.ts';
import {
  catalogOf,
  counted,
  credentialTitle,
  dayOf,
  DISPOSITION_LABELS,
  formatCount,
  isInTree,
  LIVENESS_LABELS,
  shortId,
  shortProviderTitle,
  storeLabel,
  type Catalog,
} from './messages.ts';
import type { Renderer, RenderOptions } from './renderer.ts';
import { percentEncodePath } from '../support/escape.ts';
import { placePrefix, printable, printableAscii } from './scanned.ts';

type Style = Severity | 'strong' | 'dim' | 'good' | 'command';
export type Palette = Readonly<Record<Style, (text: string) => string>>;

export const plainPalette: Palette = {
  critical: asIs,
  high: asIs,
  medium: asIs,
  low: asIs,
  info: asIs,
  strong: asIs,
  dim: asIs,
  good: asIs,
  command: asIs,
};

/** Characters of our own wording that a terminal without UTF-8 cannot show. */
const GLYPHS = {
  unicode: { dot: '·', ellipsis: '…', arrow: '→', filled: '█', half: '▒', empty: '░' },
  ascii: { dot: '-', ellipsis: '...', arrow: '->', filled: '#', half: '=', empty: '.' },
} as const;

/** Where the rows of a block's labels begin and where their text begins. */
const INDENT = 3;
const LABEL = 9;
const BAR = 16;
/** Rows that a folded list shows. A list one longer is shown whole: the fold line would take as much room. */
const ROWS = { places: 4, users: 3, problems: 3, blocks: 25 } as const;
const EXAMPLES = 2;
const PLAN_COMMAND = 'dekey plan';

interface Page {
  readonly inventory: Inventory;
  readonly options: RenderOptions;
  readonly width: number;
  readonly paint: Palette;
  readonly glyphs: (typeof GLYPHS)[keyof typeof GLYPHS];
  readonly clean: (scanned: string) => string;
  readonly catalog: Catalog;
  readonly targets: ReadonlyMap<string, TargetReport>;
  readonly findings: ReadonlyMap<string, Finding>;
  readonly workloads: ReadonlyMap<string, Workload>;
}

/** A row of a list: an openable place, and what is said about it. */
interface Row {
  /** Stands before the place, in a column of its own. */
  readonly lead?: string;
  readonly place: string;
  readonly location?: Location;
  readonly notes: readonly string[];
}

/**
 * The report for people: one block per credential, worst first, then what it adds up to and what was not looked at.
 *
 * @returns lines of at most `width` columns, except where a place or a name has no blank to break at: a place is never cut.
 */
export function textRenderer(paint: Palette): Renderer {
  return (inventory, options) => {
    const page = pageOf(inventory, options, paint);
    const groups = groupCredentials(page);
    const sections = [
      inventory.findings.length === 0 ? [...nothingFound(page)] : header(page),
      ...credentialSections(page, groups),
      ...(inventory.findings.length === 0 ? [] : [summary(page, groups)]),
      coverage(page),
      problems(page),
      commands(page, groups),
    ];
    const lines = sections.filter((section) => section.length > 0).flatMap((section, index) => (index === 0 ? section : ['', ...section]));
    return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
  };
}

function asIs(text: string): string {
  return text;
}

function pageOf(inventory: Inventory, options: RenderOptions, paint: Palette): Page {
  const isUnicode = options.unicode !== false;
  return {
    inventory,
    options,
    width: Math.max(60, Math.min(200, Math.trunc(options.width) || 80)),
    paint,
    glyphs: isUnicode ? GLYPHS.unicode : GLYPHS.ascii,
    clean: isUnicode ? printable : printableAscii,
    catalog: catalogOf(options.providers, options.platforms),
    targets: new Map(inventory.targets.map((target) => [target.id, target])),
    findings: new Map(inventory.findings.map((finding) => [finding.id, finding])),
    workloads: new Map(inventory.workloads.map((workload) => [workload.id, workload])),
  };
}

interface Groups {
  readonly certain: readonly Credential[];
  readonly doubtful: readonly Credential[];
  readonly shortLived: readonly Credential[];
  readonly accepted: readonly Credential[];
}

function groupCredentials(page: Page): Groups {
  const certain: Credential[] = [];
  const doubtful: Credential[] = [];
  const shortLived: Credential[] = [];
  const accepted: Credential[] = [];
  const worstFirst = page.inventory.credentials.toSorted(
    (a, b) => SEVERITIES.indexOf(a.risk.level) - SEVERITIES.indexOf(b.risk.level) || b.risk.score - a.risk.score,
  );
  for (const credential of worstFirst) {
    const findings = findingsOf(page, credential);
    if (findings.length > 0 && findings.every(isAccepted)) accepted.push(credential);
    else if (credential.lifetime === 'short' || credential.disposition === 'not-a-key') shortLived.push(credential);
    else if (credential.confidence === 'low') doubtful.push(credential);
    else certain.push(credential);
  }
  return { certain, doubtful, shortLived, accepted };
}

function findingsOf(page: Page, credential: Credential): Finding[] {
  return credential.findings.flatMap((id) => page.findings.get(id) ?? []);
}

function isAccepted(finding: Finding): boolean {
  return finding.allowed !== undefined || finding.baselined !== undefined;
}

/** One line with room to breathe, else one closer set, else as many as it takes. */
function headerLines(page: Page, items: readonly string[]): string[] {
  const wide = wrapItems(items, `  ${page.glyphs.dot}  `, page.width);
  return wide.length === 1 ? wide : wrapItems(items, ` ${page.glyphs.dot} `, page.width - 2);
}

function header(page: Page): string[] {
  const { tool } = page.inventory;
  const items = [targetNames(page), extent(page, ', '), elapsed(page)].filter((item) => item !== '');
  const name = `${tool.name} ${tool.version}`;
  const [first = '', ...rest] = headerLines(page, [name, ...items]);
  return [page.paint.strong(first.slice(0, name.length)) + first.slice(name.length), ...rest.map((line) => `  ${line}`)];
}

function targetNames(page: Page): string {
  const names = page.inventory.targets.map(({ name }) => page.clean(name));
  if (names.length > 3 && !page.options.verbose) return `${names.slice(0, 2).join(', ')} and ${names.length - 2} more targets`;
  return names.join(', ');
}

function extent(page: Page, joint: string): string {
  const files = page.inventory.targets.reduce((sum, target) => sum + target.files, 0);
  const objects = page.inventory.targets.reduce((sum, target) => sum + target.objects, 0);
  const parts = [counted(files, 'file', 'files')];
  if (objects > 0) parts.push(`${counted(objects, 'object', 'objects')} of history`);
  return parts.join(joint);
}

function elapsed(page: Page): string {
  const milliseconds = page.options.elapsedMs;
  if (milliseconds === undefined) return '';
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function nothingFound(page: Page): string[] {
  const names = targetNames(page);
  const details = [names === '.' ? '' : names, elapsed(page)].filter((item) => item !== '').join(', ');
  const scanned = extent(page, ' and ');
  return wrapWords(`No AI API key and nothing that uses one in ${scanned}${details === '' ? '' : ` (${details})`}.`, page.width);
}

function credentialSections(page: Page, groups: Groups): string[][] {
  const limit = page.options.verbose ? groups.certain.length : ROWS.blocks;
  const shown = groups.certain.length <= limit + 1 ? groups.certain : groups.certain.slice(0, limit);
  const sections = shown.map((credential) => block(page, credential));
  const hidden = groups.certain.slice(shown.length);
  const [worst] = hidden;
  if (worst !== undefined) {
    sections.push([page.paint.dim(` ${page.glyphs.ellipsis} and ${counted(hidden.length, 'more key', 'more keys')}, none above ${worst.risk.level} ${worst.risk.score}: --verbose`)]);
  }
  const folded = [
    [groups.doubtful, 'more that a person should look at', 'A person should look at these'],
    [groups.shortLived, groups.shortLived.length === 1 ? 'token that expires by itself' : 'tokens that expire by themselves', 'These expire by themselves'],
    [groups.accepted, `accepted by ${acceptedBy(page, groups.accepted)}`, 'Accepted'],
  ] as const;
  const notes: string[] = [];
  for (const [credentials, note, title] of folded) {
    if (credentials.length === 0) continue;
    if (page.options.verbose) sections.push([page.paint.strong(` ${title}`)], ...credentials.map((credential) => block(page, credential)));
    else notes.push(page.paint.dim(` ${formatCount(credentials.length)} ${note}: --verbose`));
  }
  return [...sections, notes];
}

function acceptedBy(page: Page, credentials: readonly Credential[]): string {
  const findings = credentials.flatMap((credential) => findingsOf(page, credential));
  const ways = [];
  if (findings.some(({ allowed }) => allowed !== undefined)) ways.push('a comment');
  if (findings.some(({ baselined }) => baselined !== undefined)) ways.push('the baseline');
  return ways.join(' or ');
}

function block(page: Page, credential: Credential): string[] {
  const findings = findingsOf(page, credential);
  const secrets = findings.filter((finding) => finding.class !== 'reference');
  const places = [...secrets.filter(({ location }) => isInTree(location)), ...secrets.filter(({ location }) => !isInTree(location))].map((finding) => placeRow(page, finding));
  return [
    ...blockHeader(page, credential, findings),
    ...rows(page, places, { label: '', limit: ROWS.places, noun: 'places', isBrief: false }),
    ...rows(page, userRows(page, credential, findings), { label: 'used by', limit: ROWS.users, noun: 'workloads', isBrief: isCompact(page, credential) }),
    ...factLines(page, credential, secrets),
    ...(credential.risk.factors.length > 0 && isWorthReasons(page, credential) ? reasons(page, credential) : []),
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
  const preview = page.clean(credential.preview) + (credential.seen ? '' : ' (name only)');
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
  if (finding.baselined !== undefined) notes.push(`baseline: ${page.clean(finding.baselined)}`);
  if (page.options.verbose && !isInTree(location) && location.history?.objectType === 'blob') notes.push(`line ${location.line}`);
  if (page.options.verbose && location.route !== undefined) notes.push(page.clean(location.route));
  const said = [notes.filter((note) => note !== '').join(', ')];
  return isInTree(location) ? { place: placeOf(page, location), location, notes: said } : { place: historyPlace(page, location), notes: said };
}

/** `path:line:column` from the folder of the run, as terminals and editors open it. */
function placeOf(page: Page, location: Location): string {
  return page.clean(`${placePrefix(page.targets.get(location.target))}${location.path}`) + `:${location.line}:${location.column}`;
}

function historyPlace(page: Page, location: Location): string {
  const target = page.targets.size > 1 ? placePrefix(page.targets.get(location.target)) : '';
  const kind = location.history?.objectType ?? 'blob';
  if (kind === 'blob') return `history: ${page.clean(target + location.path)}`;
  const name = location.path.startsWith(`${kind}:`) ? location.path.slice(kind.length + 1) : location.path;
  return `${kind === 'commit' ? 'commit message' : 'tag'}: ${page.clean(target + name)}`;
}

function historyNote(location: Location): string {
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
  const accepted = isAccepted(finding) ? 'accepted' : '';
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

interface ListShape {
  readonly label: string;
  readonly limit: number;
  readonly noun: string;
  /** One line a row: place and first note, and the second as far as it fits. */
  readonly isBrief: boolean;
}

function rows(page: Page, all: readonly Row[], { label, limit, noun, isBrief }: ListShape): string[] {
  if (all.length === 0) return [];
  const shown = page.options.verbose || all.length <= limit + 1 ? all : all.slice(0, limit);
  const start = label === '' ? INDENT : INDENT + LABEL;
  const leads = widest(shown, ({ lead = '' }) => displayWidth(lead));
  const lead = leads === 0 ? 0 : leads + 2;
  const room = page.width - start - lead;
  const nameWidth = widest(shown, ({ notes }) => (notes.length > 1 ? displayWidth(notes[0] ?? '') : 0));
  const placeRoom = isBrief ? room : Math.floor(room * 0.55);
  const widths = shown.map(({ place }) => displayWidth(place));
  const fitting = widths.filter((width) => width <= placeRoom);
  // Cells of several columns are read downwards, so one place too long puts them all under their places.
  const isStacked = fitting.length === 0 || (!isBrief && fitting.length < widths.length && shown.some(({ notes }) => notes.length > 1));
  const column = isStacked ? 0 : widest(fitting, (width) => width) + 2;
  const lines = shown.flatMap((row) => rowLines(page, isBrief ? brief(page, row, room - column) : row, { lead, column, nameWidth, room }));
  if (shown.length < all.length) lines.push(page.paint.dim(`${page.glyphs.ellipsis} and ${formatCount(all.length - shown.length)} more ${noun}`));
  return lines.map((line, index) => (index === 0 ? labelled(page, label, line) : ' '.repeat(start) + line));
}

/** One line: the name where there is room for enough of it to be worth reading, and nothing else. */
function brief(page: Page, { notes: [name = ''], ...row }: Row, room: number): Row {
  const isWorth = displayWidth(name) <= room || room >= 12;
  return { ...row, notes: isWorth ? [shortenMiddle(name, room, page.glyphs.ellipsis)] : [] };
}

/** A loop, because a spread argument list of some hundred thousand rows would overflow the stack. */
function widest<T>(items: readonly T[], widthOf: (item: T) => number): number {
  let width = 0;
  for (const item of items) width = Math.max(width, widthOf(item));
  return width;
}

interface RowShape {
  /** Columns before the place, to the first column of the notes, of the name among the notes, and of the line after the lead. */
  readonly lead: number;
  readonly column: number;
  readonly nameWidth: number;
  readonly room: number;
}

function rowLines(page: Page, row: Row, shape: RowShape): string[] {
  const lead = page.paint.dim(pad(row.lead ?? '', shape.lead));
  const place = lead + (row.location === undefined ? row.place : linked(page, row.place, row.location));
  // A place too long for the column stands alone, and what is said about it goes under it.
  const isAlone = displayWidth(row.place) + 2 > shape.column;
  const indent = isAlone ? Math.max(0, 4 - shape.lead) : shape.column;
  const room = shape.room - indent;
  const said = wrapItems(noteCells(page, row.notes, { nameWidth: shape.nameWidth, room }), '  ', Math.max(12, room))
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .map((line) => page.paint.dim(line));
  const under = ' '.repeat(shape.lead + indent);
  if (isAlone) return [place, ...said.map((line) => under + line)];
  const [first, ...rest] = said;
  if (first === undefined) return [place];
  return [place + ' '.repeat(indent - displayWidth(row.place)) + first, ...rest.map((line) => under + line)];
}

function noteCells(page: Page, notes: readonly string[], { nameWidth, room }: { readonly nameWidth: number; readonly room: number }): readonly string[] {
  if (notes.length < 2) return notes;
  const [name = '', ...rest] = notes;
  return nameWidth === 0 ? rest : [pad(shortenMiddle(name, Math.max(12, room), page.glyphs.ellipsis), Math.min(nameWidth, room)), ...rest];
}

function labelled(page: Page, label: string, text: string): string {
  if (label === '') return ' '.repeat(INDENT) + text;
  return ' '.repeat(INDENT) + page.paint.dim(pad(label, LABEL)) + text;
}

/** `lines` under a label: the first beside it, the others below that. */
function paragraph(page: Page, label: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => (index === 0 ? labelled(page, label, line) : ' '.repeat(INDENT + LABEL) + line));
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

function signed(points: number): string {
  return points < 0 ? String(points) : `+${points}`;
}

function nextSteps(page: Page, credential: Credential, findings: readonly Finding[]): string[] {
  if (isCompact(page, credential) || credential.lifetime === 'short' || findings.every(isAccepted)) return [];
  const room = page.width - INDENT - LABEL;
  if (credential.confidence === 'low') return paragraph(page, 'next', wrapWords('look at it; if it is no key, say so with dekey:allow REASON', room));
  const steps = [...rotation(credential, findings), ...replacement(page, credential)];
  // The bare command stands at the end of the report already.
  if (steps.length === 1 && steps[0] === PLAN_COMMAND) return [];
  const items = steps.length === 1 ? steps : steps.map((step, index) => `${index + 1} ${step}`);
  const lines = wrapItems(items, '   ', room);
  return paragraph(page, 'next', lines.map((line) => line.replace(PLAN_COMMAND, page.paint.command(PLAN_COMMAND))));
}

/** What has to happen to the value that was seen, before anything is planned. */
function rotation(credential: Credential, findings: readonly Finding[]): string[] {
  if (!credential.seen) return [];
  if (credential.liveness === 'dead' || credential.liveness === 'expired') return ['remove it: it no longer works'];
  if (isPublic(credential)) return ['rotate now (it is public)'];
  const secrets = findings.filter((finding) => finding.class === 'secret');
  if (secrets.some(({ location }) => location.history?.inHead === true)) return ['rotate it (every clone has it)'];
  if (secrets.some(({ location }) => location.history !== undefined)) return ['rotate it (history keeps it)'];
  return ['keep it out of commits'];
}

function isPublic(credential: Credential): boolean {
  return credential.risk.factors.some(({ code, label }) => code === 'EX' && /\bpublic\b/.test(label));
}

function replacement(page: Page, credential: Credential): string[] {
  const provider = shortProviderTitle(credential.provider, page.catalog);
  if (credential.disposition === 'none') return [`keep its successor in a vault: ${page.clean(provider)} has no federation`];
  const issuers = new Set<string>();
  for (const id of credential.workloads) {
    const platform = page.catalog.platforms.get(page.workloads.get(id)?.platform ?? '');
    if (platform?.issuesTokens === true) issuers.add(platform.title);
  }
  const routes = [...issuers].slice(0, EXAMPLES).map((issuer) => `${page.clean(issuer)} ${page.glyphs.arrow} ${page.clean(provider)}`);
  return [`${PLAN_COMMAND}${routes.length === 0 ? '' : `   ${routes.join(', ')}`}`];
}

function summary(page: Page, groups: Groups): string[] {
  const { glyphs, paint, inventory } = page;
  const live = groups.certain;
  const seen = live.filter((credential) => credential.seen).length;
  const named = live.length - seen;
  const users = new Set(live.flatMap((credential) => credential.workloads)).size;
  const parts: string[] = [];
  if (seen > 0) parts.push(`${counted(seen, 'key', 'keys')} in plain sight`);
  if (named > 0) parts.push(`${counted(named, 'key', 'keys')} known by name`);
  if (users > 0) parts.push(`${counted(users, 'workload uses', 'workloads use')} ${live.length === 1 ? 'it' : 'them'}`);
  if (parts.length === 0) parts.push('No key that is certain');
  const lines = wrapItems(parts, ` ${glyphs.dot} `, page.width - 1).map((line) => ` ${line}`);
  const path = inventory.summary.pathToZero;
  const total = path.today + path.afterChange + path.none;
  if (total === 0) return lines;
  const names = [...new Set(live.filter(({ disposition }) => disposition === 'none').map(({ provider }) => page.clean(shortProviderTitle(provider, page.catalog))))];
  const shownNames = names.length > 3 ? `${names.slice(0, 3).join(', ')}, ${glyphs.ellipsis}` : names.join(', ');
  const items: string[] = [];
  if (path.today > 0) items.push(`${formatCount(path.today)} today`);
  if (path.afterChange > 0) items.push(`${formatCount(path.afterChange)} after a change`);
  if (path.none > 0) items.push(`${formatCount(path.none)} without federation${shownNames === '' ? '' : ` (${shownNames})`}`);
  const label = ' Path to zero   ';
  const [first = '', ...rest] = wrapItems(items, ` ${glyphs.dot} `, page.width - label.length - BAR - 2);
  const [filled, half] = shares([path.today, path.afterChange, path.none]);
  const bar = paint.good(glyphs.filled.repeat(filled)) + paint.medium(glyphs.half.repeat(half)) + paint.dim(glyphs.empty.repeat(BAR - filled - half));
  return [...lines, `${label}${bar}  ${first}`, ...rest.map((line) => ' '.repeat(label.length + BAR + 2) + line)];
}

/** Cells of the bar for the first two of three counts. What exists is never rounded away, and what is left undone never hidden. */
function shares([today, afterChange, none]: readonly [number, number, number]): [number, number] {
  const total = today + afterChange + none;
  const cells = [today, afterChange, none].map((count) => (count === 0 ? 0 : Math.max(1, Math.round((count / total) * BAR))));
  const over = cells.reduce((sum, count) => sum + count, 0) - BAR;
  const longest = cells.indexOf(Math.max(...cells));
  cells[longest] = (cells[longest] ?? 0) - over;
  return [cells[0] ?? 0, cells[1] ?? 0];
}

function coverage(page: Page): string[] {
  const missing = merged(page.inventory.targets.flatMap(({ skipped }) => skipped).filter(({ incomplete }) => incomplete));
  const leftOut = merged(page.inventory.targets.flatMap(({ skipped }) => skipped).filter(({ incomplete }) => !incomplete));
  const details = page.options.verbose ? '' : '. Names: --verbose';
  const lines: string[] = [];
  if (missing.length > 0) lines.push(...coverageLine(page, 'Could not be read: ', missing, leftOut.length > 0 ? '' : details).map(page.paint.high));
  if (leftOut.length > 0) lines.push(...coverageLine(page, 'Not looked at: ', leftOut, details).map(page.paint.dim));
  return lines;
}

function coverageLine(page: Page, label: string, skipped: readonly Skipped[], end: string): string[] {
  const items = skipped.map((one) => skippedText(page, one));
  const last = items.length - 1;
  const punctuated = items.map((item, index) => (index === last ? item + end : `${item},`));
  const [first = '', ...rest] = wrapItems(punctuated, ' ', page.width - label.length - 1);
  return [` ${label}${first}`, ...rest.map((line) => ' '.repeat(label.length + 1) + line)];
}

function skippedText(page: Page, { reason, count, examples }: Skipped): string {
  const text = skippedPhrase(page.clean(reason), count);
  if (page.options.verbose) return `${text}${examples.length === 0 ? '' : ` (${examples.map(page.clean).join(', ')}${count > examples.length ? `, ${page.glyphs.ellipsis}` : ''})`}`;
  const named = count <= EXAMPLES && examples.length === count ? examples.map((example) => shortenMiddle(page.clean(example), 30, page.glyphs.ellipsis)) : [];
  return named.length === 0 ? text : `${text} (${named.join(', ')})`;
}

/** Reasons are written to be read alone; here they get a number in front of them. */
function skippedPhrase(reason: string, count: number): string {
  const files = counted(count, 'file', 'files');
  if (reason === 'binary' || reason === 'unreadable') return `${formatCount(count)} ${reason} ${count === 1 ? 'file' : 'files'}`;
  if (reason.startsWith('over ')) return `${files} ${reason}`;
  if (reason.startsWith('symlink')) return counted(count, reason, reason.replace('symlink', 'symlinks'));
  if (reason === 'submodule') return counted(count, 'submodule', 'submodules');
  if (/^(?:missing|corrupt|unreadable|large) object$/.test(reason)) return counted(count, reason, `${reason}s`);
  return `${files} (${reason})`;
}

function merged(skipped: readonly Skipped[]): Skipped[] {
  const byReason = new Map<string, Skipped>();
  for (const one of skipped) {
    const known = byReason.get(one.reason);
    byReason.set(one.reason, known === undefined ? one : { ...known, count: known.count + one.count, examples: [...known.examples, ...one.examples] });
  }
  return [...byReason.values()];
}

function problems(page: Page): string[] {
  const all = page.inventory.problems;
  if (all.length === 0) return [];
  const shown = page.options.verbose || all.length <= ROWS.problems + 1 ? all : all.slice(0, ROWS.problems);
  const lines = shown.flatMap((problem) => problemLines(page, problem));
  if (shown.length < all.length) lines.push(page.paint.dim(` ${page.glyphs.ellipsis} and ${counted(all.length - shown.length, 'more problem', 'more problems')}: --verbose`));
  return lines;
}

function problemLines(page: Page, { path, line, message, fix }: Problem): string[] {
  const place = page.clean(path) + (line > 0 ? `:${line}` : '');
  const text = page.clean(message);
  const head = displayWidth(place) + displayWidth(text) + 3 <= page.width ? [` ${page.paint.medium(place)}  ${text}`] : [` ${page.paint.medium(place)}`, ...wrapWords(text, page.width - 3).map((one) => `   ${one}`)];
  return fix === '' ? head : [...head, ...wrapWords(page.clean(fix), page.width - 3).map((one) => page.paint.dim(`   ${one}`))];
}

/** The commands that lead on from here, only those that have something to do. */
function commands(page: Page, groups: Groups): string[] {
  const [worst] = groups.certain;
  if (worst === undefined) return [];
  const lines: string[] = [];
  if (groups.certain.some(({ disposition }) => disposition === 'today' || disposition === 'after-change')) {
    lines.push(` ${page.paint.command(PLAN_COMMAND)}      write the migration and its configuration`);
  }
  const findings = findingsOf(page, worst);
  const first = findings.find((finding) => finding.class === 'secret') ?? findings[0];
  if (first !== undefined) lines.push(` ${page.paint.command(`dekey explain ${page.clean(first.code)}`)}`);
  return lines;
}

/** The place as an OSC 8 link to its file, for terminals that said they know it. */
function linked(page: Page, place: string, location: Location): string {
  if (page.options.hyperlinks !== true) return place;
  const path = `${placePrefix(page.targets.get(location.target))}${location.path}`;
  const absolute = path.startsWith('/') ? path : page.options.cwd === undefined ? undefined : `${page.options.cwd}/${path}`;
  if (absolute === undefined || !absolute.startsWith('/')) return place;
  const uri = `file://${percentEncodePath(absolute)}`;
  return `\u001b]8;;${uri}\u001b\\${place}\u001b]8;;\u001b\\`;
}
