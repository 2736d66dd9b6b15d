import type { Credential, Skipped, TargetReport } from '../model/inventory.ts';
import { SEVERITIES } from '../model/levels.ts';
import type { Problem } from '../model/reference.ts';
import { displayWidth, shortenMiddle, wrapItems, wrapWords } from './layout.ts';
import { counted, formatCount, shortProviderTitle } from './messages.ts';
import type { Renderer } from './renderer.ts';
import { accountName, accountSection, foldSameName, isOfAccount, looseEnds, sameNameLines } from './text-account.ts';
import { block } from './text-block.ts';
import { EXAMPLES, findingsOf, isAccepted, type Page, type Palette, pageOf } from './text-page.ts';
import { sinceLines } from './text-since.ts';

export { plainPalette, type Palette } from './text-page.ts';

/** Cells of the path-to-zero bar. */
const BAR = 16;
/** Blocks and problems that a folded report shows. A list one longer is shown whole: the fold line would take as much room. */
const ROWS = { problems: 3, blocks: 25 } as const;

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
      ...looseEnds(page, groups),
      accountSection(page),
      ...(inventory.findings.length === 0 ? [] : [summary(page, groups)]),
      sinceLines(page),
      coverage(page),
      problems(page),
      commands(page, groups),
    ];
    const lines = sections.filter((section) => section.length > 0).flatMap((section, index) => (index === 0 ? section : ['', ...section]));
    return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
  };
}

export interface Groups {
  readonly certain: readonly Credential[];
  readonly doubtful: readonly Credential[];
  readonly shortLived: readonly Credential[];
  readonly accepted: readonly Credential[];
  /** Stored, and used by nothing. */
  readonly unused: readonly Credential[];
  /** Asked for, and stored nowhere. */
  readonly missing: readonly Credential[];
}

export function groupCredentials(page: Page): Groups {
  const certain: Credential[] = [];
  const doubtful: Credential[] = [];
  const shortLived: Credential[] = [];
  const accepted: Credential[] = [];
  const unused: Credential[] = [];
  const missing: Credential[] = [];
  const worstFirst = page.inventory.credentials.toSorted(
    (a, b) => SEVERITIES.indexOf(a.risk.level) - SEVERITIES.indexOf(b.risk.level) || b.risk.score - a.risk.score,
  );
  for (const credential of worstFirst) {
    const findings = findingsOf(page, credential);
    if (findings.length > 0 && findings.every(isAccepted)) accepted.push(credential);
    else if (credential.lifetime === 'short' || credential.disposition === 'not-a-key') shortLived.push(credential);
    else if (credential.confidence === 'low') doubtful.push(credential);
    else if (credential.facts['unused'] === 'true') unused.push(credential);
    else if (credential.facts['missing'] === 'true') missing.push(credential);
    else certain.push(credential);
  }
  return { certain, doubtful, shortLived, accepted, unused, missing };
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
  const organizations = page.inventory.targets.filter(({ kind }) => kind === 'github-organization');
  const repositories = page.inventory.targets.filter(({ kind }) => kind === 'github').length;
  // An organisation stands for its repositories, which nobody named.
  const isFolded = organizations.length > 0 && !page.options.verbose;
  const shown = isFolded ? page.inventory.targets.filter(({ kind }) => kind !== 'github') : page.inventory.targets;
  const names = shown.map(({ name, kind }) => (isFolded && kind === 'github-organization' && organizations.length === 1 ? `${page.clean(name)} (${counted(repositories, 'repository', 'repositories')})` : page.clean(name)));
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
  const blocks = foldSameName(page, groups.certain);
  const limit = page.options.verbose ? blocks.length : ROWS.blocks;
  const shown = blocks.length <= limit + 1 ? blocks : blocks.slice(0, limit);
  const sections = shown.map(({ first, more }) => [...block(page, first), ...sameNameLines(page, more)]);
  const hidden = blocks.slice(shown.length).flatMap(({ first, more }) => [first, ...more]);
  const [worst] = hidden;
  if (worst !== undefined) {
    sections.push([page.paint.dim(` ${page.glyphs.ellipsis} and ${counted(hidden.length, 'more key', 'more keys')}, none above ${worst.risk.level} ${worst.risk.score}: --verbose`)]);
  }
  const folded = [
    [groups.doubtful, 'more that a person should look at', 'A person should look at these'],
    [groups.shortLived, shortLivedWords(groups.shortLived), 'These expire by themselves, or work no more'],
    [groups.accepted, acceptedBy(page, groups.accepted), 'Accepted'],
  ] as const;
  const notes: string[] = [];
  for (const [credentials, note, title] of folded) {
    if (credentials.length === 0) continue;
    if (page.options.verbose) sections.push([page.paint.strong(` ${title}`)], ...credentials.map((credential) => block(page, credential)));
    else notes.push(page.paint.dim(` ${formatCount(credentials.length)} ${note}: --verbose`));
  }
  return [...sections, notes];
}

/** `3 tokens that expire by themselves`; an issuer also lists keys that are switched off. */
function shortLivedWords(credentials: readonly Credential[]): string {
  const ended = credentials.filter(({ lifetime }) => lifetime !== 'short').length;
  const one = credentials.length === 1;
  if (ended === 0) return one ? 'token that expires by itself' : 'tokens that expire by themselves';
  if (ended === credentials.length) return one ? 'key that works no more' : 'keys that work no more';
  return 'that expire by themselves or work no more';
}

function acceptedBy(page: Page, credentials: readonly Credential[]): string {
  const findings = credentials.flatMap((credential) => findingsOf(page, credential));
  const ways = [];
  if (findings.some(({ allowed }) => allowed !== undefined)) ways.push('accepted by a comment');
  const known = page.options.base?.reason;
  if (findings.some(({ baselined }) => baselined !== undefined && baselined !== known)) ways.push('accepted by the baseline');
  if (known !== undefined && findings.some(({ baselined }) => baselined === known)) ways.push(page.clean(known));
  // `accepted by a comment or the baseline`.
  return ways.join(' or ').replace(' or accepted by', ' or');
}

function summary(page: Page, groups: Groups): string[] {
  const { glyphs, paint, inventory } = page;
  const live = groups.certain;
  const seen = live.filter((credential) => credential.seen).length;
  const stored = live.filter((credential) => !credential.seen && credential.findings.some((id) => page.findings.get(id)?.detector === 'stored-key')).length;
  const listed = live.filter((credential) => !credential.seen && credential.findings.some((id) => page.findings.get(id)?.detector === 'listed-key')).length;
  const named = live.length - seen - stored - listed;
  const users = new Set(live.flatMap((credential) => credential.workloads)).size;
  const parts: string[] = [];
  if (seen > 0) parts.push(`${counted(seen, 'key', 'keys')} in plain sight`);
  if (stored > 0) parts.push(`${counted(stored, 'key', 'keys')} in secret stores`);
  if (listed > 0) parts.push(`${counted(listed, 'key', 'keys')} in accounts`);
  if (named > 0) parts.push(`${counted(named, 'key', 'keys')} known by name`);
  if (groups.unused.length > 0) parts.push(`${counted(groups.unused.length, 'key', 'keys')} that nothing uses`);
  if (users > 0) parts.push(`${counted(users, 'workload uses', 'workloads use')} ${live.length + groups.unused.length === 1 ? 'it' : 'them'}`);
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
export function shares([today, afterChange, none]: readonly [number, number, number]): [number, number] {
  const total = today + afterChange + none;
  const cells = [today, afterChange, none].map((count) => (count === 0 ? 0 : Math.max(1, Math.round((count / total) * BAR))));
  const over = cells.reduce((sum, count) => sum + count, 0) - BAR;
  const longest = cells.indexOf(Math.max(...cells));
  cells[longest] = (cells[longest] ?? 0) - over;
  return [cells[0] ?? 0, cells[1] ?? 0];
}

function coverage(page: Page): string[] {
  const missing = merged(page.inventory.targets, true);
  const leftOut = merged(page.inventory.targets, false);
  const details = page.options.verbose ? '' : '. Names: --verbose';
  const lines: string[] = [];
  if (missing.length > 0) lines.push(...coverageLine(page, 'Could not be read: ', missing, leftOut.length > 0 ? '' : details).map(page.paint.high));
  if (leftOut.length > 0) lines.push(...coverageLine(page, 'Not looked at: ', leftOut, details).map(page.paint.dim));
  if (page.options.verbose) lines.push(...readers(page));
  return lines;
}

/** How history was read, where our own reader could not: it takes longer then. */
function readers(page: Page): string[] {
  const read = new Set(page.inventory.targets.flatMap(({ facts }) => facts['historyReader'] ?? []));
  return [...read].filter((reader) => reader !== 'packs').flatMap((reader) => wrapWords(`History was read through ${page.clean(reader)}`, page.width - 1).map((line) => page.paint.dim(` ${line}`)));
}

function coverageLine(page: Page, label: string, skipped: readonly Left[], end: string): string[] {
  const items = skipped.map((one) => skippedText(page, one));
  const last = items.length - 1;
  const punctuated = items.map((item, index) => (index === last ? item + end : `${item},`));
  const [first = '', ...rest] = wrapItems(punctuated, ' ', page.width - label.length - 1);
  return [` ${label}${first}`, ...rest.map((line) => ' '.repeat(label.length + 1) + line)];
}

function skippedText(page: Page, { reason, count, examples, repositories }: Left): string {
  const text = repositories.size === 0 ? skippedPhrase(page.clean(reason), count) : `${page.clean(reason)}, in ${repositoriesPhrase(page, [...repositories])}`;
  if (page.options.verbose) return `${text}${examples.length === 0 ? '' : ` (${examples.map(page.clean).join(', ')}${count > examples.length ? `, ${page.glyphs.ellipsis}` : ''})`}`;
  const named = count <= EXAMPLES && examples.length === count ? examples.map((example) => shortenMiddle(page.clean(example), 30, page.glyphs.ellipsis)) : [];
  return named.length === 0 ? text : `${text} (${named.join(', ')})`;
}

/** Reasons are written to be read alone; here they get a number in front of them. */
function repositoriesPhrase(page: Page, targets: readonly TargetReport[]): string {
  const [only, ...more] = targets;
  return more.length === 0 ? accountName(page, only) : counted(targets.length, 'repository', 'repositories');
}

export function skippedPhrase(reason: string, count: number): string {
  const files = counted(count, 'file', 'files');
  if (reason === 'binary' || reason === 'unreadable') return `${formatCount(count)} ${reason} ${count === 1 ? 'file' : 'files'}`;
  if (reason.startsWith('over ')) return `${files} ${reason}`;
  if (reason.startsWith('symlink')) return counted(count, reason, reason.replace('symlink', 'symlinks'));
  if (reason.startsWith('commits ')) return reason;
  if (reason === 'submodule') return counted(count, 'submodule', 'submodules');
  if (/^(?:missing|corrupt|unreadable|large) object$/.test(reason)) return counted(count, reason, `${reason}s`);
  return `${files} (${reason})`;
}

interface Left extends Skipped {
  /** Targets of an account: what an API leaves out is told by where, as what it is stands in the reason. */
  readonly repositories: ReadonlySet<TargetReport>;
}

/** What was left out of all targets, by reason. */
export function merged(targets: readonly TargetReport[], incomplete: boolean): Left[] {
  const byReason = new Map<string, { readonly first: Skipped; readonly repositories: Set<TargetReport>; count: number; readonly examples: string[] }>();
  for (const target of targets) {
    for (const one of target.skipped) {
      if (one.incomplete !== incomplete) continue;
      const known = byReason.get(one.reason) ?? { first: one, repositories: new Set(), count: 0, examples: [] };
      // Files of a repository are counted as files of a folder are.
      if (isOfAccount(target) && !isOfFiles(one.reason)) known.repositories.add(target);
      known.count += one.count;
      known.examples.push(...one.examples);
      byReason.set(one.reason, known);
    }
  }
  return [...byReason.values()].map(({ first, repositories, count, examples }) => ({ ...first, repositories, count, examples }));
}

/** Reasons that the reading of a tree or of its history gives. */
function isOfFiles(reason: string): boolean {
  return /^(?:binary|unreadable|submodule|over |symlink|commits |(?:missing|corrupt|unreadable|large) object$)/.test(reason);
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
  const findings = findingsOf(page, worst);
  const first = findings.find((finding) => finding.class === 'secret') ?? findings[0];
  if (first !== undefined) lines.push(command(page, `dekey explain ${page.clean(first.code)}`, 'what it is and what to do'));
  const replaced = groups.certain.find(({ disposition }) => disposition === 'today' || disposition === 'after-change');
  if (replaced !== undefined) lines.push(command(page, `dekey explain ${page.clean(replaced.provider)}`, 'what takes the place of its keys'));
  return lines;
}

function command(page: Page, text: string, what: string): string {
  const gap = 2 + Math.max(0, 44 - displayWidth(text));
  return 1 + displayWidth(text) + gap + displayWidth(what) > page.width ? ` ${page.paint.command(text)}` : ` ${page.paint.command(text)}${' '.repeat(gap)}${what}`;
}
