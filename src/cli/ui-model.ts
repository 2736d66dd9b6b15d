import { basename } from 'node:path';
import type { Credential, Inventory } from '../model/inventory.ts';
import type { Migration } from '../model/plan.ts';
import { effortOf } from '../report/html/data-credentials.ts';
import { counted, credentialTitle, DISPOSITION_LABELS, shortProviderTitle } from '../report/messages.ts';
import { whenLabel } from '../report/plan-words.ts';
import type { RenderOptions } from '../report/renderer.ts';
import { wrapWords } from '../report/layout.ts';
import { groupCredentials } from '../report/text.ts';
import { block, signed } from '../report/text-block.ts';
import { findingsOf, type Page, pageOf } from '../report/text-page.ts';
import { mark, markPalette, parseMarks, plainText, wrapLine } from '../ui/marks.ts';
import type { Detail, UiModel, UiRow } from '../ui/model.ts';

/** Steps and ways besides the best one that a pane shows of each migration. */
const MOST = { edits: 6, ways: 3, searched: 60 } as const;

type Group = keyof ReturnType<typeof groupCredentials>;
const FOLDED: Readonly<Partial<Record<Group, string>>> = { doubtful: 'to be looked at', shortLived: 'expires', accepted: 'accepted' };
const STATES = { today: 'today', 'after-change': 'after change', none: 'no path', 'not-a-key': 'expires' } as const;

/** What the screen shows of an inventory and its plan. Every text is made inert here; what leaves has no control character but our own marks. */
export function uiModel(inventory: Inventory, migrations: readonly Migration[], options: Omit<RenderOptions, 'width' | 'verbose' | 'color' | 'failOn'>): UiModel {
  const page = pageOf(inventory, { ...options, width: 80, verbose: true, color: false, failOn: 'high' }, markPalette);
  const credentials = new Map(inventory.credentials.map((credential) => [credential.id, credential]));
  const byCredential = new Map<string, Migration[]>();
  for (const migration of migrations) for (const id of migration.credentials) byCredential.set(id, [...(byCredential.get(id) ?? []), migration]);
  const groups = groupCredentials(page);
  const groupOf = new Map<string, Group>();
  for (const group of ['certain', 'doubtful', 'shortLived', 'accepted', 'unused', 'missing'] as const) for (const { id } of groups[group]) groupOf.set(id, group);
  const rows = inventory.credentials.map((credential) => rowOf(page, credential, groupOf.get(credential.id) ?? 'certain', byCredential.get(credential.id) ?? []));
  let known: { readonly id: string; readonly width: number; readonly detail: Detail } | undefined;
  return {
    title: titleOf(page),
    rows,
    incomplete: inventory.targets.every(({ complete }) => complete) ? '' : 'not everything could be read',
    detail: ({ id }, width) => {
      if (known?.id === id && known.width === width) return known.detail;
      const credential = credentials.get(id);
      const detail = credential === undefined ? { lines: [], migrations: [] } : detailOf({ ...page, width: Math.max(56, width) }, credential, byCredential.get(id) ?? [], width);
      known = { id, width, detail };
      return detail;
    },
  };
}

function titleOf(page: Page): string {
  // `.` says nothing to somebody who has several of these open.
  const names = page.inventory.targets.map(({ name }) => page.clean(name === '.' ? basename(page.options.cwd ?? '.') : name));
  return names.length <= 2 ? names.join(', ') : `${names[0] ?? ''} and ${names.length - 1} more`;
}

function rowOf(page: Page, credential: Credential, group: Group, migrations: readonly Migration[]): UiRow {
  const findings = findingsOf(page, credential);
  const places = findings.filter((finding) => finding.class !== 'reference').length;
  const title = page.clean(credentialTitle(credential, findings, page.catalog));
  const provider = page.clean(shortProviderTitle(credential.provider, page.catalog));
  const label = page.clean(credential.preview);
  const folded = FOLDED[group];
  const today = credential.disposition === 'today';
  const users = credential.workloads.slice(0, MOST.searched).flatMap((id) => page.workloads.get(id)?.name ?? []);
  const searched = [title, provider, credential.provider, label, ...credential.names, credential.risk.level, DISPOSITION_LABELS[credential.disposition], ...new Set(findings.slice(0, MOST.searched).map(({ location }) => location.path)), ...users];
  return {
    id: credential.id,
    level: credential.risk.level,
    score: credential.risk.score,
    provider,
    title,
    label,
    places: places === 0 ? findings.length : places,
    workloads: credential.workloads.length,
    state: folded ?? (credential.disposition === 'none' && migrations.some(({ chosen }) => chosen !== null) ? 'reduced' : STATES[credential.disposition]),
    stateStyle: folded === undefined && today ? 'good' : folded === undefined && credential.disposition === 'after-change' ? 'medium' : 'dim',
    search: searched.map(page.clean).join('\n').toLowerCase(),
    isFolded: folded !== undefined,
    migrations: migrations.filter(({ chosen }) => chosen !== null).map(({ id }) => id),
  };
}

/** The block of the text report with everything unfolded, what the plan makes of the key, and what its score rests on. */
function detailOf(page: Page, credential: Credential, migrations: readonly Migration[], width: number): Detail {
  const lines: string[] = [];
  const starts: { id: string; line: number }[] = [];
  const add = (line: string, indent = 0): void => {
    for (const one of wrapLine(parseMarks(line), width, indent)) lines.push(marked(one));
  };
  const prose = (text: string, indent: number, paint: (line: string) => string = (line) => line): void => {
    for (const line of wrapWords(page.clean(text), Math.max(20, width - indent))) add(' '.repeat(indent) + paint(line), indent);
  };
  for (const line of block(page, credential, true)) add(line, 12);
  const effort = credential.disposition === 'not-a-key' || credential.confidence === 'low' ? '' : effortOf(page, credential);
  if (effort !== '') {
    const [first = '', ...rest] = wrapWords(page.clean(effort), Math.max(20, width - 12));
    add(`   effort   ${first}`, 12);
    for (const line of rest) add(' '.repeat(12) + line, 12);
  }
  lines.push('', mark('strong', ` What replaces it${migrations.length === 0 ? '' : `: ${counted(migrations.length, 'migration', 'migrations')}`}`));
  if (migrations.length === 0) prose(noMigration(credential), 3, (line) => mark('dim', line));
  const arrow = page.glyphs.arrow;
  for (const migration of migrations) {
    const { chosen, noPath } = migration;
    lines.push('');
    const style = migration.when === 'today' ? 'good' : migration.when === 'after-change' ? 'medium' : 'dim';
    const head = `${mark(style, whenLabel(migration))}  ${mark('strong', page.clean(migration.name))}`;
    if (chosen === null) {
      add(`   ${head}`, 6);
      if (noPath !== null) {
        prose(noPath.reason, 6);
        prose(noPath.unblock, 6, (line) => mark('dim', line));
      }
      continue;
    }
    // The box that is drawn before it takes five columns.
    const [first, ...rest] = wrapLine(parseMarks(head), width - 5, 6);
    starts.push({ id: migration.id, line: lines.length });
    lines.push(marked(first ?? []), ...rest.map(marked));
    prose(`${page.clean(migration.path)}:${migration.line}`, 6, (line) => mark('dim', line));
    prose(chosen.title.replaceAll('→', arrow), 6);
    prose(chosen.reason, 6, (line) => mark('dim', line));
    migration.edits.slice(0, MOST.edits).forEach((edit, index) => prose(`${index + 1} ${edit}`, 6));
    for (const warning of migration.warnings) prose(`! ${warning}`, 6, (line) => mark('medium', line));
    for (const way of migration.runnersUp.filter(({ title }) => title !== chosen.title).slice(0, MOST.ways)) prose(`else: ${way.title.replaceAll('→', arrow)}. ${way.reason}`, 6, (line) => mark('dim', line));
  }
  if (credential.risk.factors.length > 0) {
    lines.push('', mark('strong', ` Why ${credential.risk.score}, and what that rests on`));
    for (const { label, points, evidence } of credential.risk.factors) {
      add(`  ${signed(points).padStart(4)} ${page.clean(label)}`, 7);
      prose(evidence, 7, (line) => mark('dim', line));
    }
    prose(credential.risk.vector, 7, (line) => mark('dim', line));
  }
  return { lines, migrations: starts };
}

function noMigration(credential: Credential): string {
  if (credential.disposition === 'not-a-key') return 'Nothing has to: it expires by itself, or works no more.';
  if (credential.workloads.length === 0) return 'No workload is known to use it: find out who does, then delete it at its provider.';
  return 'The plan has nothing for it.';
}

/** Spans as a text with marks again. */
function marked(line: ReturnType<typeof parseMarks>): string {
  return plainText(line) === '' ? '' : line.map(({ text, style }) => (style === undefined ? text : mark(style, text))).join('');
}
