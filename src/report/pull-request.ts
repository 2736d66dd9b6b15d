import type { AppliedFile, ApplySummary, ValueToSet } from '../model/apply.ts';
import { code, inert, isInert, shortened } from './markdown-inert.ts';
import { counted } from './messages.ts';

/** One identity that has to be let in first. */
export interface IdentityWords {
  /** Id in the plan. */
  readonly id: string;
  /** Title of the relying party: `Anthropic`. */
  readonly party: string;
  /** Subject of the tokens exactly as they are issued, with `${INPUT}` where a value is not known; null where claims do the work. */
  readonly subject: string | null;
  /** Where to read each value that is not known. */
  readonly unknown: readonly { readonly name: string; readonly how: string }[];
}

/** One stored key that is not needed any more, or still is. */
export interface KeyWords {
  /** Name of the secret. */
  readonly name: string;
  readonly provider: string;
  /** How a key ends at its provider, one sentence. */
  readonly revoke: string;
  /** `path:line` of what still uses it; empty when it can go. */
  readonly keptBy: readonly string[];
}

/** Everything that the text of one pull request says. */
export interface PullRequestWords {
  /** `acme/app`. */
  readonly repository: string;
  readonly isPublic: boolean;
  /** Titles of the providers, at least one. */
  readonly providers: readonly string[];
  readonly files: readonly AppliedFile[];
  readonly summary: ApplySummary;
  readonly toSet: readonly ValueToSet[];
  readonly identities: readonly IdentityWords[];
  readonly keys: readonly KeyWords[];
}

const MOST_FILES = 8;
const MOST_IDENTITIES = 4;
const MOST_UNKNOWN = 3;
const MOST_VALUES = 12;
const MOST_LOOKS = 5;
const MOST_REFUSALS = 4;
const MOST_KEYS = 5;

/** `ci: use workload identity federation for Anthropic in 2 workflows`. Made of registry words and counts only: a title becomes a commit message, where GitHub closes issues. */
export function pullRequestTitle({ providers, files }: Pick<PullRequestWords, 'providers' | 'files'>): string {
  const changed = files.filter(({ changes }) => changes.length > 0);
  const isWorkflows = changed.every(({ path }) => path.startsWith('.github/'));
  return `ci: use workload identity federation for ${listed(providers)} in ${isWorkflows ? counted(changed.length, 'workflow', 'workflows') : counted(changed.length, 'file', 'files')}`;
}

/** The message of the commit under its first line: nothing of it comes from a scan. */
export function commitMessage({ summary }: Pick<PullRequestWords, 'summary'>): string {
  return [
    'Each run shows its own short-lived token in place of a stored key.',
    '',
    `${counted(summary.changes, 'change', 'changes')} in ${counted(summary.files, 'file', 'files')}; all other bytes are as they were.`,
    'The stored secrets are untouched: reverting this commit is enough to go back.',
  ].join('\n');
}

/** The description, at most 58 lines without its hidden ones. What comes from a scan is in code spans or has no word that GitHub acts on. */
export function pullRequestBody(words: PullRequestWords): string {
  const parts = [why(words), table(words), before(words), looks(words), proof(words), untouched(words), after(words), rollback()];
  return `${parts.filter((part) => part.length > 0).map((part) => part.join('\n')).join('\n\n')}\n`;
}

/** What a pull request is closed with. */
export function farewell(why: string): string {
  return `Closed by dekey: ${inert(why)} If something is to be done after all, the next run opens another.`;
}

function why({ keys, providers }: PullRequestWords): string[] {
  const names = [...new Set(keys.map(({ name }) => name))];
  const what = names.length === 0 ? 'stored keys' : names.length === 1 ? `the stored key ${code(names[0] ?? '')}` : `the stored keys ${joined(names.slice(0, MOST_KEYS).map(code), names.length - MOST_KEYS)}`;
  return [`Replaces ${what} of ${listed(providers)} with the identity of the run itself: a token that ends by itself, within the hour, and that no other repository can get.`, 'A key that does not exist cannot leak, and nobody has to rotate it.'];
}

function table({ files }: PullRequestWords): string[] {
  const changed = files.filter(({ changes }) => changes.length > 0);
  return [
    '| file | change | permissions written |',
    '| --- | --- | --- |',
    ...changed.slice(0, MOST_FILES).map((file) => `| ${code(shortened(file.path, 120))} | ${changeCell(file)} | ${permissions(file)} |`),
    ...(changed.length > MOST_FILES ? [`| and ${counted(changed.length - MOST_FILES, 'file', 'files')} more | see the diff | |`] : []),
  ];
}

const MOST_CHANGES = 3;

function changeCell({ changes }: AppliedFile): string {
  const titles = [...new Set(changes.map(({ title }) => inert(title, 120)))];
  return `${titles.slice(0, MOST_CHANGES).join('; ')}${titles.length > MOST_CHANGES ? `; ${titles.length - MOST_CHANGES} more` : ''}`;
}

/** Read from the lines that are added, so that a reviewer sees what the file says afterwards. */
function permissions({ hunks }: AppliedFile): string {
  const found = hunks.flatMap(({ lines }) => lines.flatMap(({ kind, text }) => (kind === 'added' ? (/^\s*([a-z][a-z-]{1,30}): (read|write|none)\b/.exec(text)?.slice(1, 3).join(': ') ?? []) : [])));
  return [...new Set(found)].map(code).join(', ') || 'as they are';
}

function before({ identities, toSet }: PullRequestWords): string[] {
  const rows = identities.slice(0, MOST_IDENTITIES).map(({ id, party, subject }) => `- [ ] ${party} lets ${code(id)} in${subject === null ? '' : `, and trusts ${code(shortened(subject, 300))}`}`);
  const unknown = [...new Map(identities.flatMap((identity) => identity.unknown.map(({ name, how }) => [name, how])))].slice(0, MOST_UNKNOWN);
  for (const [name, how] of unknown) rows.push(`  - ${code(`\${${name}}`)} is what this prints: ${code(shortened(how, 200))}`);
  if (identities.length > MOST_IDENTITIES) rows.push(`- [ ] and ${counted(identities.length - MOST_IDENTITIES, 'identity', 'identities')} more: see the plan`);
  const variables = toSet.filter(({ where }) => where === 'variable');
  const configured = toSet.filter(({ where }) => where === 'config-map');
  if (variables.length > 0) rows.push(`- [ ] Set, and no secret (${variables.length}): ${joined(variables.slice(0, MOST_VALUES).map(shownValue), variables.length - MOST_VALUES)}`);
  if (configured.length > 0) rows.push(`- [ ] In the ConfigMap \`dekey-identity\` (${configured.length}): ${joined(configured.slice(0, MOST_VALUES).map(shownValue), configured.length - MOST_VALUES)}`);
  if (rows.length === 0) return [];
  return ['**Before merging**', ...rows, '', '**Until then** nothing changes. Merged earlier, a job stops at its first call and says what is not set; no other job is touched.'];
}

function shownValue({ name, value }: ValueToSet): string {
  return code(value === null ? name : `${name}=${shortened(value, 80)}`);
}

/** What the author of a change could not see from the file alone. */
function looks({ files }: PullRequestWords): string[] {
  const unsafe = files.flatMap(({ path, changes }) => changes.filter(({ safety }) => safety === 'unsafe').map(({ line, reason }) => ({ place: `${path}:${line}`, reason })));
  const byReason = new Map<string, string[]>();
  // What holds of several jobs is said once, though each has points of its own beside it.
  for (const { place, reason } of unsafe) for (const point of pointsOf(reason)) byReason.set(point, [...(byReason.get(point) ?? []), place]);
  if (byReason.size === 0) return [];
  const rows = [...byReason].slice(0, MOST_LOOKS).map(([reason, places]) => `- ${places.slice(0, 2).map((place) => code(shortened(place, 120))).join(', ')}${places.length > 2 ? ` and ${places.length - 2} more` : ''}: ${inert(reason)}`);
  return ['**Look at**', ...rows, ...(byReason.size > MOST_LOOKS ? [`- and ${counted(byReason.size - MOST_LOOKS, 'point', 'points')} more, in the output of dekey`] : [])];
}

/** `Look at this: a; b.` in its parts. */
function pointsOf(reason: string): readonly string[] {
  const list = /^look at this: (.*?)\.?$/is.exec(reason)?.[1];
  return list === undefined ? [reason] : list.split('; ').map((point) => `${point}.`);
}

function proof({ summary }: PullRequestWords): string[] {
  return [`**Checked**: ${counted(summary.files, 'file', 'files')}, +${summary.added} −${summary.removed} lines, every other byte as it was; the parser of each kind of file finds no problem that it had not before; a second run changes nothing more.`];
}

function untouched({ files, isPublic }: PullRequestWords): string[] {
  const refusals = files.flatMap(({ path, refusals: its }) => its.filter(({ code: its_ }) => its_ !== 'dropped').map((refusal) => ({ path, ...refusal })));
  // Where a key stands in plain sight is not for everybody to read.
  const shown = isPublic ? refusals.filter(({ code: its }) => its !== 'literal-key') : refusals;
  const hidden = refusals.length - shown.length;
  if (refusals.length === 0) return [];
  const groups = new Map<string, (typeof shown)[number][]>();
  for (const refusal of shown) groups.set(`${refusal.code}\n${refusal.reason}`, [...(groups.get(`${refusal.code}\n${refusal.reason}`) ?? []), refusal]);
  const all = [...groups.values()];
  const rest = all.slice(MOST_REFUSALS).flat().length;
  return [
    '**Not changed**',
    ...all.slice(0, MOST_REFUSALS).flatMap(([first, ...more]) => (first === undefined ? [] : `- ${[first, ...more].slice(0, 2).map(({ path, line }) => code(`${shortened(path, 120)}:${line}`)).join(', ')}${more.length > 1 ? ` and ${more.length - 1} more` : ''} (${first.code}): ${inert(first.reason, 200)}`)),
    ...(rest > 0 ? [`- and ${counted(rest, 'place', 'places')} more, in the output of dekey`] : []),
    ...(hidden > 0 ? [`- ${counted(hidden, 'place is', 'places are')} named in the output of dekey only`] : []),
  ];
}

function after({ keys }: PullRequestWords): string[] {
  const going = keys.filter(({ keptBy }) => keptBy.length === 0);
  const staying = keys.filter(({ keptBy }) => keptBy.length > 0);
  const providers = [...new Map(going.map(({ provider, revoke }) => [provider, revoke]))];
  return [
    '**After merging**',
    '- [ ] One green run of each changed job',
    ...(going.length === 0 ? [] : [`- [ ] Delete the ${going.length === 1 ? 'secret' : 'secrets'} ${joined(going.slice(0, MOST_KEYS).map(({ name }) => code(name)), going.length - MOST_KEYS)} where ${going.length === 1 ? 'it is' : 'they are'} stored: repository, environment or organisation (there only when no other repository reads it)`]),
    ...providers.slice(0, 3).map(([provider, revoke]) => `- [ ] Revoke the key at ${provider}: ${inert(revoke, 200)}`),
    ...staying.slice(0, 3).map(({ name, keptBy }) => `- Keep ${code(name)}: ${keptBy.slice(0, 2).map((place) => code(shortened(place, 120))).join(', ')}${keptBy.length > 2 ? ` and ${keptBy.length - 2} more` : ''} still ${keptBy.length === 1 ? 'uses' : 'use'} it`),
  ];
}

function rollback(): string[] {
  return ['**Rollback**: revert this commit. The stored secrets are untouched until somebody deletes them.'];
}

/** `Anthropic`, `Anthropic and OpenAI`, `4 providers`. Titles are ours, but a plan may name a provider that we do not know. */
function listed(titles: readonly string[]): string {
  const clean = [...new Set(titles.map((title) => (/^[A-Za-z][A-Za-z0-9 .()+&-]{0,39}$/.test(title) && isInert(title.replaceAll(' & ', ' ')) ? title : 'another provider')))];
  if (clean.length === 0) return 'AI providers';
  return clean.length > 3 ? `${clean.length} providers` : clean.length === 1 ? (clean[0] ?? '') : `${clean.slice(0, -1).join(', ')} and ${clean.at(-1) ?? ''}`;
}

function joined(items: readonly string[], more: number): string {
  return `${items.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
