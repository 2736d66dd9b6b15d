import type { Credential, Inventory } from '../model/inventory.ts';
import { isDoubtful, item, name, openFindings, row } from './markdown-rows.ts';
import { code, folded, plain } from './markdown-text.ts';
import { counted, formatCount, shortProviderTitle } from './messages.ts';
import type { RenderOptions } from './renderer.ts';
import { type Groups, groupCredentials, merged, shares, skippedPhrase } from './text.ts';
import { type Page, pageOf, plainPalette } from './text-page.ts';
import { sinceMarkdown } from './text-since.ts';

/** GitHub refuses a comment of more than 65,536 characters and a summary of more than 1 MiB; with this many bytes the text fits in both, with room for what a poster adds. */
export const MARKDOWN_LIMIT = 60_000;
/** Rows of the table and of each folded list, tried in turn until the whole text is short enough. */
const ROW_LIMITS = [100, 60, 40, 25, 15, 8, 4, 2, 1, 0] as const;
const MOST_PROBLEMS = 10;
const MOST_EXAMPLES = 5;
const BAR = 16;

/**
 * The report for a job summary, an issue or a comment on a pull request: what it adds up to, a table of keys worst first, and the rest folded away. Whatever was scanned
 * stands in code spans, where nothing of it is acted on. What was accepted, and what the base had already, is counted and not listed.
 *
 * @returns at most {@link MARKDOWN_LIMIT} bytes of UTF-8: rows that do not fit are counted.
 */
export function renderMarkdown(inventory: Inventory, options: RenderOptions): string {
  const page = pageOf(inventory, { ...options, unicode: true, hyperlinks: false }, plainPalette);
  const groups = openGroups(page);
  let text = '';
  for (const limit of ROW_LIMITS) {
    text = rendered(page, groups, limit);
    if (Buffer.byteLength(text) <= MARKDOWN_LIMIT) break;
  }
  return text;
}

/** Groups by what is left to list: a key whose sure places are all accepted or known is one to look at. */
function openGroups(page: Page): Groups {
  const groups = groupCredentials(page);
  const [certain, left]: [Credential[], Credential[]] = [[], []];
  for (const credential of groups.certain) (isDoubtful(page, credential) ? left : certain).push(credential);
  return { ...groups, certain, doubtful: [...left, ...groups.doubtful] };
}

function rendered(page: Page, groups: Groups, limit: number): string {
  const sections = [headline(page, groups), unread(page), pathToZero(page, groups), sinceMarkdown(page.options), table(page, groups, limit), next(page, groups), reasons(page, groups, limit), doubtful(page, groups, limit), shortLived(page, groups, limit), problems(page, limit), notListed(page), coverage(page), footer(page)];
  return `${sections.filter((section) => section.length > 0).map((section) => section.join('\n')).join('\n\n')}\n`;
}

function headline(page: Page, { certain, doubtful }: Groups): string[] {
  const { base } = page.options;
  if (certain.length === 0) return [`### ${nothing(page, doubtful.length > 0)}`];
  const seen = certain.filter((credential) => openFindings(page, credential).some((finding) => finding.class === 'secret')).length;
  const workloads = new Set(certain.flatMap((credential) => openFindings(page, credential).flatMap(({ workload }) => workload ?? []))).size;
  const parts = [
    ...(seen > 0 ? [`${counted(seen, 'key', 'keys')} in plain sight`] : []),
    ...(certain.length > seen ? [`${counted(certain.length - seen, 'key', 'keys')} known by name`] : []),
    ...(workloads > 0 ? [`${counted(workloads, 'workload uses', 'workloads use')} ${certain.length === 1 ? 'it' : 'them'}`] : []),
  ];
  return [`### ${base === undefined ? 'AI API keys' : 'New AI API keys and uses'}: ${parts.join(' · ')}`];
}

function nothing({ inventory: { findings }, options: { base } }: Page, hasDoubtful: boolean): string {
  if (base !== undefined) return `No new AI API key${hasDoubtful ? ' that is certain' : ', and no new use of one'}`;
  if (hasDoubtful) return 'No AI API key that is certain';
  return findings.some(({ allowed, baselined }) => allowed !== undefined || baselined !== undefined) ? 'No AI API key or use of one besides what was accepted' : 'No AI API key and nothing that uses one';
}

/** Said first: a clean report of half a repository is not clean. */
function unread({ inventory }: Page): string[] {
  const missing = merged(inventory.targets, true);
  if (missing.length === 0) return [];
  const shown = missing.slice(0, MOST_EXAMPLES).map(({ reason, count, examples }) => `> - ${formatCount(count)} × ${code(reason, 200)}${examples.length === 0 ? '' : `: ${examples.slice(0, MOST_EXAMPLES).map((example) => code(example)).join(', ')}${count > Math.min(examples.length, MOST_EXAMPLES) ? ', …' : ''}`}`);
  return ['> [!WARNING]', '> Not everything could be read, so there may be more:', ...shown, ...(missing.length > shown.length ? [`> - and ${counted(missing.length - shown.length, 'more reason', 'more reasons')}`] : [])];
}

function pathToZero(page: Page, { certain }: Groups): string[] {
  if (certain.length === 0) return [];
  const of = (wanted: Credential['disposition']): Credential[] => certain.filter(({ disposition }) => disposition === wanted);
  const counts = [of('today').length, of('after-change').length, of('none').length] as const;
  if (counts[0] + counts[1] + counts[2] === 0) return [];
  const names = [...new Set(of('none').map(({ provider }) => shortProviderTitle(provider, page.catalog)))];
  const shown = `${names.slice(0, 3).map(plain).join(', ')}${names.length > 3 ? ', …' : ''}`;
  const [filled, half] = shares(counts);
  const items = [...(counts[0] > 0 ? [`${formatCount(counts[0])} today`] : []), ...(counts[1] > 0 ? [`${formatCount(counts[1])} after a change`] : []), ...(counts[2] > 0 ? [`${formatCount(counts[2])} without federation (${shown})`] : [])];
  return [`Path to zero \`${'█'.repeat(filled)}${'▒'.repeat(half)}${'░'.repeat(BAR - filled - half)}\` ${items.join(' · ')}`];
}

function table(page: Page, { certain }: Groups, limit: number): string[] {
  if (certain.length === 0) return [];
  const rows = certain.slice(0, limit).map((credential) => row(page, credential));
  return [...(rows.length === 0 ? [] : ['| risk | key | where | next |', '| :-- | :-- | :-- | :-- |', ...rows]), ...more(certain, limit, 'key')];
}

/** What the list leaves out, and how bad the worst of it is. */
function more(credentials: readonly Credential[], limit: number, noun: string): string[] {
  const worst = credentials[limit];
  if (worst === undefined) return [];
  return ['', `… and ${counted(credentials.length - limit, `more ${noun}`, `more ${noun}s`)}, none above ${worst.risk.level} ${worst.risk.score}. \`dekey scan --verbose\` lists all.`];
}

function next(page: Page, { certain }: Groups): string[] {
  const replaceable = certain.some(({ disposition }) => disposition === 'today' || disposition === 'after-change');
  const [worst] = certain;
  const first = worst === undefined ? undefined : openFindings(page, worst)[0];
  if (first === undefined) return [];
  const commands = [...(replaceable ? ['`npx dekey plan` works out what replaces each key, `npx dekey apply` shows the change.'] : []), `${code(`npx dekey explain ${first.code}`)} says what the first one is and what to do.`];
  return [commands.join(' ')];
}

function reasons(page: Page, { certain }: Groups, limit: number): string[] {
  const scored = certain.filter(({ risk, lifetime }) => lifetime === 'long' && risk.factors.some(({ points }) => points !== 0));
  const lines = scored.slice(0, limit).map((credential) => {
    const factors = credential.risk.factors.filter(({ points }) => points !== 0).map(({ label, points }) => `${plain(label)} ${points < 0 ? points : `+${points}`}`);
    return `- **${credential.risk.level}** ${credential.risk.score}, ${name(page, credential)}: ${factors.join(' · ')}`;
  });
  return folded(`Why these scores`, lines.length === 0 ? [] : [...lines, ...more(scored, limit, 'key')]);
}

function doubtful(page: Page, groups: Groups, limit: number): string[] {
  const { doubtful: all } = groups;
  return folded(`${formatCount(all.length)} more that a person should look at`, all.length === 0 ? [] : [...all.slice(0, limit).map((credential) => item(page, credential)), ...more(all, limit, 'key')]);
}

function shortLived(page: Page, groups: Groups, limit: number): string[] {
  const { shortLived: all } = groups;
  return folded(counted(all.length, 'token that expires by itself', 'tokens that expire by themselves'), all.length === 0 ? [] : [...all.slice(0, limit).map((credential) => item(page, credential)), ...more(all, limit, 'token')]);
}

function problems({ inventory: { problems: all }, options: { base } }: Page, limit: number): string[] {
  // They are there whatever a change brings.
  if (base !== undefined) return [];
  const shown = all.slice(0, Math.min(limit, MOST_PROBLEMS));
  const lines = shown.map(({ path, line, message }) => `- ${code(line > 0 ? `${path}:${line}` : path)}: ${code(message, 200)}`);
  return folded(counted(all.length, 'file that could not be read by its structure', 'files that could not be read by their structure'), all.length === 0 ? [] : [...lines, ...(all.length > shown.length ? [`- and ${formatCount(all.length - shown.length)} more`] : [])]);
}

function notListed({ inventory: { findings }, options: { base } }: Page): string[] {
  const known = base === undefined ? 0 : findings.filter(({ baselined }) => baselined === base.reason).length;
  const accepted = findings.filter(({ allowed, baselined }) => allowed !== undefined || baselined !== undefined).length - known;
  const parts = [
    ...(known > 0 && base !== undefined ? [`${counted(known, 'finding', 'findings')} that ${code(base.name)} has already`] : []),
    ...(accepted > 0 ? [counted(accepted, 'accepted finding', 'accepted findings')] : []),
  ];
  return parts.length === 0 ? [] : [`Not listed: ${parts.join(', ')}.`];
}

function coverage({ inventory, options: { base } }: Page): string[] {
  if (base !== undefined) return [];
  const left = merged(inventory.targets, false);
  return left.length === 0 ? [] : [`Not looked at: ${left.slice(0, MOST_EXAMPLES).map(({ reason, count }) => plain(skippedPhrase(reason, count))).join(', ')}${left.length > MOST_EXAMPLES ? ', …' : ''}.`];
}

function footer({ inventory, options: { base } }: Page): string[] {
  const { targets, tool } = inventory;
  const files = targets.reduce((sum, target) => sum + target.files, 0);
  const objects = targets.reduce((sum, target) => sum + target.objects, 0);
  const names = targets.map(({ name: one }) => one).filter((one) => one !== '.');
  const parts = [
    `${tool.name} ${plain(tool.version)}`,
    ...(names.length === 0 ? [] : [`${names.slice(0, 3).map((one) => code(one)).join(', ')}${names.length > 3 ? ` and ${counted(names.length - 3, 'more target', 'more targets')}` : ''}`]),
    counted(files, 'file', 'files'),
    ...(objects > 0 ? [`${counted(objects, 'object', 'objects')} of history`] : []),
    ...(base === undefined ? [] : [`compared with ${code(base.name)}`]),
  ];
  return [`<sub>${parts.join(' · ')}</sub>`];
}
