import { storeKind } from '../model/account.ts';
import type { Credential, Finding, TargetReport, Workload } from '../model/inventory.ts';
import { wrapWords } from './layout.ts';
import { accountSentence, describeAccount, storedWords } from './account-messages.ts';
import { counted, dayOf, describeFinding, formatCount } from './messages.ts';
import { paragraph, rows, type Row } from './text-list.ts';
import { EXAMPLES, findingsOf, INDENT, isAccepted, LABEL, type Page } from './text-page.ts';

/** Rows that a folded list shows. */
const ROWS = { stored: 2, repositories: 3, section: 5 } as const;

/** Kinds that stand with their credential, or in a list of their own: the account's section counts the others. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set(['stored-key', 'listed-key', 'unused-key', 'missing-key']);

/** True for what an API listed: a repository, or the organisation. */
export function isOfAccount(target: TargetReport | undefined): boolean {
  return target?.kind === 'github' || target?.kind === 'github-organization';
}

/** `acme/app` for the target `github:acme/app`; `machine` for `machine:`, which has no other name. */
export function accountName(page: Page, target: TargetReport | undefined): string {
  return page.clean((target?.name ?? '').replace(/^[a-z-]{1,20}:(?=.)|:$/, ''));
}

// --- in the block of a credential ---

/** `stored  organisation secret, all 1,200 repositories, set 2025-03-02, 412 days ago`. */
export function storedLines(page: Page, findings: readonly Finding[]): string[] {
  const stored = findings.filter(({ class: kind, detector }) => kind === 'account' && detector === 'stored-key');
  const shown = page.options.verbose || stored.length <= ROWS.stored + 1 ? stored : stored.slice(0, ROWS.stored);
  const lines = shown.flatMap((finding) => wrapWords(storedNotes(page, finding).join(', '), page.width - INDENT - LABEL));
  if (shown.length < stored.length) lines.push(page.paint.dim(`${page.glyphs.ellipsis} and ${formatCount(stored.length - shown.length)} more`));
  return paragraph(page, 'stored', lines);
}

/** `listed  ci of ann@acme.example, made 2025-03-02, never expires, last used 2026-11-20, may call models`. */
export function listedLines(page: Page, findings: readonly Finding[]): string[] {
  const listed = findings.filter(({ class: kind, detector }) => kind === 'account' && detector === 'listed-key');
  return paragraph(page, 'listed', listed.flatMap((finding) => wrapWords(listedNotes(page, finding).join(', '), page.width - INDENT - LABEL)));
}

function listedNotes(page: Page, { arguments: said, location }: Finding): string[] {
  const date = (word: string, value: string | undefined, never: string): string => (value === undefined ? '' : value === 'never' ? never : `${word} ${dayOf(value)}`);
  const owner = said['owner'] === undefined || said['ownerKind'] === 'none' ? '' : ` of ${page.clean(said['owner'])}`;
  const place = page.targets.size === 1 ? '' : ` in ${page.clean(page.targets.get(location.target)?.name ?? '')}`;
  return [
    `${page.clean(said['name'] ?? '')}${owner}${place}`,
    said['status'] === 'leaked' ? 'found in public by its issuer' : said['status'] === 'active' ? '' : page.clean(said['status'] ?? ''),
    said['ownerKind'] === 'none' ? 'nobody owns it' : '',
    date('made', said['created'], ''),
    date('expires', said['expires'], 'never expires'),
    date('last used', said['lastUsed'], 'never used'),
    said['can'] === undefined ? '' : `may ${page.clean(said['can'])}`,
  ].filter((note) => note !== '');
}

function storedNotes(page: Page, finding: Finding): string[] {
  const said = finding.arguments;
  const target = page.targets.get(finding.location.target);
  const isShared = said['scope'] === 'organization';
  const place = isShared || page.targets.size === 1 ? '' : ` of ${accountName(page, target)}`;
  return [`${storedWords(said, page.clean)}${place}`, readersNote(said), PROTECTION_NOTES[said['protection'] ?? ''] ?? '', ...setNotes(said)].filter((note) => note !== '');
}

const PROTECTION_NOTES: Readonly<Record<string, string>> = { reviewers: 'reviewers approve its jobs', branches: 'for some branches only', none: 'no rule guards it' };
const VISIBILITY_WORDS: Readonly<Record<string, string>> = { all: 'all ', private: 'all private ', selected: '' };

function readersNote(said: Finding['arguments']): string {
  const readers = said['readers'];
  if (readers === undefined) return '';
  if (readers === '0') return 'no repository may read it';
  if (readers === '1') return '1 repository';
  return `${VISIBILITY_WORDS[said['visibility'] ?? ''] ?? ''}${formatCount(Number(readers))} repositories`;
}

function setNotes(said: Finding['arguments']): string[] {
  const { updated, days } = { updated: said['updated'], days: said['days'] };
  if (updated === undefined) return ['date not known'];
  return [`set ${dayOf(updated)}`, ...(days === undefined ? [] : [`${counted(Number(days), 'day', 'days')} ago`])];
}

/** The users of a credential by repository, when they are in several: the list of 1,200 jobs of a shared key helps nobody. */
export function repositoryRows(page: Page, credential: Credential, nameOf: (workload: Workload) => string): Row[] | undefined {
  if (page.options.verbose) return undefined;
  const byTarget = new Map<string, Workload[]>();
  for (const id of credential.workloads) {
    const workload = page.workloads.get(id);
    if (workload === undefined) continue;
    const list = byTarget.get(workload.location.target);
    if (list === undefined) byTarget.set(workload.location.target, [workload]);
    else list.push(workload);
  }
  const targets = [...byTarget.keys()].map((id) => page.targets.get(id));
  if (targets.length < 2 || !targets.every(isOfAccount)) return undefined;
  // In the order of the targets, which is the order in which a reader knows them.
  return page.inventory.targets.flatMap((target): Row[] => {
    const workloads = byTarget.get(target.id);
    const [first, ...more] = workloads ?? [];
    if (first === undefined) return [];
    const { path } = first.location;
    const name = nameOf(first);
    const file = page.clean(path.slice(path.lastIndexOf('/') + 1));
    return [{ place: accountName(page, target), notes: [name === '' ? file : `${file} › ${name}`, more.length === 0 ? '' : `and ${counted(more.length, 'more workload', 'more workloads')}`].filter((note) => note !== '') }];
  });
}

export const REPOSITORY_LIST = { label: 'used by', limit: ROWS.repositories, noun: 'repositories', isBrief: false } as const;

/**
 * Puts secrets of one name, kind and level that single repositories store behind the first of them: thirty blocks that differ in the repository alone hide
 * what else there is.
 */
export function foldSameName(page: Page, credentials: readonly Credential[]): { readonly first: Credential; readonly more: readonly Credential[] }[] {
  const groups: Credential[][] = [];
  const byName = new Map<string, Credential[]>();
  for (const credential of credentials) {
    const key = page.options.verbose ? undefined : ownSecretKey(page, credential);
    const known = key === undefined ? undefined : byName.get(key);
    if (known !== undefined) {
      known.push(credential);
      continue;
    }
    const group = [credential];
    groups.push(group);
    if (key !== undefined) byName.set(key, group);
  }
  const isFolded = groups.some(({ length }) => length > 1);
  const places = isFolded ? new Map(page.inventory.findings.map(({ id }, index) => [id, index])) : new Map<string, number>();
  const placeOf = ({ findings }: Credential): number => Math.min(...findings.map((id) => places.get(id) ?? places.size));
  return groups.flatMap((group) => {
    const [first, ...more] = group.length === 1 ? group : group.toSorted((a, b) => placeOf(a) - placeOf(b));
    return first === undefined ? [] : [{ first, more }];
  });
}

/** Set in one repository, and not in a whole organisation, a cloud's store or a keychain. */
function isOfRepository(said: Finding['arguments']): boolean {
  return said['scope'] !== 'organization' && storeKind(said['store']) === 'ci';
}

function ownSecretKey(page: Page, credential: Credential): string | undefined {
  if (credential.seen) return undefined;
  const stored = findingsOf(page, credential).filter(({ class: kind, detector }) => kind === 'account' && detector === 'stored-key');
  if (stored.length === 0 || stored.some(({ arguments: said }) => !isOfRepository(said))) return undefined;
  return JSON.stringify([credential.provider, credential.kind, credential.preview, credential.risk.level]);
}

/** `   and of 29 more repositories, each a secret of its own: acme/a, acme/b, …`. */
export function sameNameLines(page: Page, more: readonly Credential[]): string[] {
  if (more.length === 0) return [];
  const holders = new Set(more.flatMap((credential) => findingsOf(page, credential).flatMap(({ class: kind, location }) => (kind === 'account' ? [location.target] : []))));
  const named = page.inventory.targets.filter(({ id }) => holders.has(id)).slice(0, EXAMPLES);
  const names = named.map((target) => accountName(page, target)).join(', ');
  const count = counted(more.length, 'more secret of this name', 'more secrets of this name');
  const text = `and ${count} in ${counted(holders.size, 'repository', 'repositories')}: ${names}${holders.size > named.length ? `, ${page.glyphs.ellipsis}` : ''}`;
  return wrapWords(text, page.width - INDENT - LABEL).map((line) => page.paint.dim(' '.repeat(INDENT + LABEL) + line));
}

// --- sections of their own ---

/** Keys that are stored and that nothing uses, and names that nothing stores. */
export function looseEnds(page: Page, { unused, missing }: { readonly unused: readonly Credential[]; readonly missing: readonly Credential[] }): string[][] {
  return [
    section(page, 'Stored, and used by no workflow', ofKind(page, unused, 'unused-key'), unusedRow),
    section(page, 'Asked for, and stored nowhere', ofKind(page, missing, 'missing-key'), missingRow),
  ];
}

/** In the order of places: credentials of one weight come in an order that means nothing to a reader. */
function ofKind(page: Page, credentials: readonly Credential[], kind: string): Finding[] {
  const ids = new Set(credentials.map(({ id }) => id));
  return page.inventory.findings.filter(({ detector, class: of, credential }) => of === 'account' && detector === kind && ids.has(credential));
}

function section(page: Page, title: string, findings: readonly Finding[], rowOf: (page: Page, finding: Finding) => Row): string[] {
  const open = findings.filter((finding) => !isAccepted(finding));
  if (open.length === 0) return [];
  const list = rows(page, open.map((finding) => rowOf(page, finding)), { label: '', limit: ROWS.section, noun: 'secrets: --verbose', isBrief: false });
  return [page.paint.strong(` ${title}`) + page.paint.dim(`  ${counted(open.length, 'secret', 'secrets')}`), ...list];
}

function unusedRow(page: Page, { arguments: said, location }: Finding): Row {
  const isShared = said['scope'] === 'organization';
  const where = `${storedWords(said, page.clean)}${isShared ? '' : ` of ${accountName(page, page.targets.get(location.target))}`}`;
  return { place: page.clean(said['name'] ?? ''), notes: [[where, readersNote(said), ...setNotes(said)].filter((note) => note !== '').join(', ')] };
}

function missingRow(page: Page, { arguments: said, location }: Finding): Row {
  const places = said['places'] === '1' || said['places'] === undefined ? '' : `, ${said['places']} places`;
  const hidden = said['hidden'] === 'true' ? ', an organisation secret of that name is not for this repository' : '';
  return { place: page.clean(said['name'] ?? ''), notes: [`${accountName(page, page.targets.get(location.target))} ${page.clean(location.path)}:${location.line}${places}${hidden}`] };
}

/** What else the account says, one line a kind: how many, and where when they are few. */
export function accountSection(page: Page): string[] {
  const byCode = new Map<string, Finding[]>();
  for (const finding of page.inventory.findings) {
    if (finding.class !== 'account' || isAccepted(finding) || TOLD_ELSEWHERE.has(finding.detector)) continue;
    const list = byCode.get(finding.code);
    if (list === undefined) byCode.set(finding.code, [finding]);
    else list.push(finding);
  }
  if (byCode.size === 0) return [];
  const room = page.width - INDENT;
  const lines = [...byCode].toSorted(([a], [b]) => (a < b ? -1 : 1)).flatMap(([code, findings]) => {
    const [first] = findings;
    if (first === undefined) return [];
    const number = formatCount(findings.length).padStart(6);
    const title = (describeAccount(code) ?? describeFinding(first, page.catalog)).title;
    const where = findings.length > EXAMPLES ? '' : `: ${findings.map((finding) => whereOf(page, finding)).join(', ')}`;
    const text = wrapWords(`${title}${where}`, room - 8);
    const head = text.map((line, index) => `${' '.repeat(INDENT)}${index === 0 ? `${number}  ` : ' '.repeat(8)}${line}`);
    const names = page.options.verbose ? findings.flatMap((finding) => wrapWords(`${whereOf(page, finding)}: ${accountSentence(finding, page.clean) ?? ''}`, room - 8).map((line) => page.paint.dim(`${' '.repeat(INDENT + 8)}${line}`))) : [];
    return [...head, ...(page.options.verbose ? [page.paint.dim(`${' '.repeat(INDENT + 8)}${page.clean(code)}`)] : []), ...names];
  });
  return [page.paint.strong(' Account'), ...lines];
}

function whereOf(page: Page, { arguments: said, location }: Finding): string {
  const target = accountName(page, page.targets.get(location.target));
  return said['name'] === undefined ? target : `${page.clean(said['name'])} of ${target}`;
}
