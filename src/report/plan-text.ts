import type { Migration, MigrationPlan } from '../model/plan.ts';
import { pad, wrapItems, wrapWords } from './layout.ts';
import { counted } from './messages.ts';
import { conditions, foldersOf, type PlanTitles, WHEN_LABELS, whenLabel } from './plan-words.ts';
import { printable, printableAscii } from './scanned.ts';
import type { Palette } from './text-page.ts';

export interface PlanTextOptions {
  readonly titles: PlanTitles;
  /** Columns; clamped to 60..200. */
  readonly width: number;
  readonly unicode: boolean;
  readonly verbose: boolean;
  /** Where the plan was written, as the user named it; absent when it was only shown. */
  readonly written?: string;
}

const ROWS = 30;
const BAR = 16;

/** The plan on one screen: a row for each workload, what is trusted, what is to be filled in, what it adds up to. Ends with a line feed. */
export function renderPlanText(plan: MigrationPlan, paint: Palette, options: PlanTextOptions): string {
  const width = Math.max(60, Math.min(200, Math.trunc(options.width) || 80));
  const clean = options.unicode ? printable : printableAscii;
  const arrow = options.unicode ? '→' : '->';
  const view: View = { plan, paint, options, width, clean, arrow };
  const sections = [head(view), rows(view), trusted(view), toFill(view), sums(view), incomplete(view), next(view)];
  const lines = sections.filter((section) => section.length > 0).flatMap((section, index) => (index === 0 ? section : ['', ...section]));
  const text = `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
  return options.unicode ? text : text.replaceAll('→', '->').replaceAll('·', '-').replaceAll('…', '...');
}

interface View {
  readonly plan: MigrationPlan;
  readonly paint: Palette;
  readonly options: PlanTextOptions;
  readonly width: number;
  readonly clean: (text: string) => string;
  readonly arrow: string;
}

function head({ plan, paint, arrow }: View): string[] {
  const { summary } = plan;
  if (summary.keys === 0) return ['Nothing to plan: no long-lived key and nothing that uses one was found.'];
  const left = summary.keys - summary.pathToZero.today - summary.pathToZero.afterChange;
  return [`${paint.strong('Plan')}  ${counted(summary.workloads, 'workload', 'workloads')}, ${counted(summary.keys, 'key', 'keys')} ${arrow} ${counted(left, 'key', 'keys')}`];
}

function rows(view: View): string[] {
  const { plan, options, paint } = view;
  const groups = new Map<string, Migration[]>();
  for (const migration of (['today', 'after-change', 'none'] as const).flatMap((when) => plan.migrations.filter((each) => each.when === when && each.chosen !== null))) {
    const key = `${whenLabel(migration)}\n${migration.provider}\n${migration.chosen?.title ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), migration]);
  }
  const all = [...groups.values()];
  const limit = options.verbose || all.length <= ROWS + 1 ? all.length : ROWS;
  const lines = all.slice(0, limit).flatMap((group) => pathRows(view, group));
  if (limit < all.length) lines.push(paint.dim(` … and ${counted(all.length - limit, 'more path', 'more paths')}: --verbose, or README.md of the plan`));
  return [...lines, ...stuckRows(view)];
}

/** Workloads that take one and the same path. */
function pathRows(view: View, group: readonly Migration[]): string[] {
  const { paint, width, clean, options } = view;
  const [first] = group;
  if (first?.chosen === undefined || first.chosen === null) return [];
  const label = pad(whenLabel(first), 13);
  const style = first.when === 'today' ? paint.good : first.when === 'after-change' ? paint.medium : paint.dim;
  const indent = ' '.repeat(15);
  const reason = first.when === 'today' ? '' : reasonFor(first);
  const details = [...(reason === '' ? [] : [reason]), ...(options.verbose ? [...new Set(group.flatMap(({ warnings }) => warnings)), ...first.runnersUp.map(({ title, reason: why }) => `else: ${title}. ${why}`)] : [])];
  const [line = '', ...rest] = wrapWords(`${clean(first.chosen.title)}  (${options.titles.provider(first.provider)})`, width - indent.length);
  return [
    ` ${style(label)} ${line}`,
    ...rest.map((part) => indent + part),
    ...wrapWords(nameList(view, group), width - indent.length).map((part) => indent + part),
    ...details.flatMap((detail) => wrapWords(clean(detail), width - indent.length).map((part) => paint.dim(indent + part))),
  ];
}

function nameList({ clean, options }: View, group: readonly Migration[]): string {
  const names = [...new Set(group.map(({ name }) => name))];
  const some = options.verbose || names.length <= 4 ? names : names.slice(0, 3);
  return `${some.map(clean).join(', ')}${names.length > some.length ? ` and ${names.length - some.length} more` : ''}`;
}

/** Workloads that are held up by one and the same thing stand together. */
function stuckRows(view: View): string[] {
  const { plan, paint, width, options } = view;
  const groups = new Map<string, Migration[]>();
  for (const migration of plan.migrations) {
    if (migration.noPath === null) continue;
    // What has been read of the files is each row's own; a count of files is not what tells groups apart.
    const key = `${migration.when}\n${migration.noPath.code}\n${migration.noPath.reason.replace(/\d+/g, '')}\n${migration.noPath.unblock}`;
    groups.set(key, [...(groups.get(key) ?? []), migration]);
  }
  const order: readonly Migration['when'][] = ['today', 'after-change', 'none'];
  const sorted = [...groups.values()].toSorted((a, b) => order.indexOf(a[0]?.when ?? 'none') - order.indexOf(b[0]?.when ?? 'none'));
  return sorted.flatMap((group) => {
    const [first] = group;
    if (first?.noPath === undefined || first.noPath === null) return [];
    const label = pad(whenLabel(first), 13);
    const style = first.when === 'after-change' ? paint.medium : paint.dim;
    const providers = [...new Set(group.map(({ provider }) => options.titles.provider(provider)))];
    const what = `${nameList(view, group)}  (${providers.slice(0, 4).join(', ')}${providers.length > 4 ? `, ${providers.length - 4} more` : ''})`;
    const indent = ' '.repeat(15);
    const [line = '', ...rest] = wrapWords(what, width - indent.length);
    const reason = group.length > 1 && first.noPath.code === 'where-it-runs-unknown' ? 'Source files read these keys, and nothing scanned says where they run.' : first.noPath.reason;
    return [` ${style(label)} ${line}`, ...rest.map((part) => indent + part), ...wrapWords(`${reason} ${first.noPath.unblock}`, width - indent.length).map((part) => paint.dim(indent + part))];
  });
}

function reasonFor({ chosen, when }: Migration): string {
  if (chosen === null) return '';
  if (when === 'none') return chosen.reason;
  if (chosen.change === 'model') return 'the code that calls it needs another client or model';
  if (chosen.change === 'code') return 'the code that makes the client has to change';
  return chosen.status === 'on-request' ? 'the provider has to switch it on first' : chosen.reason;
}

function trusted(view: View): string[] {
  const { plan, width, clean, paint, options } = view;
  const limit = options.verbose ? plan.identities.length : Math.min(plan.identities.length, 4);
  const lines = plan.identities.slice(0, limit).flatMap((identity) => {
    const { target, refusals, tightness } = identity;
    const open = refusals.filter(({ refusedBy }) => refusedBy === null);
    const refused = `refuses ${counted(refusals.length - open.length, 'kind of other token', 'kinds of other tokens')}${tightness.holds === true ? '' : ' (not proven tight)'}`;
    const list = conditions(identity).filter((condition) => !condition.startsWith('iss') && !condition.startsWith('aud'));
    return [
      ` ${paint.strong(options.titles.party(target.party))}  ${target.id}`,
      ...wrapItems(list.map(clean), '  ', width - 3).map((line) => `   ${line}`),
      ...wrapWords(`${refused}${open.length === 0 ? '' : `; cannot tell apart: ${open.map(({ title }) => title).join(', ')}`}`, width - 3).map((line) => paint.dim(`   ${line}`)),
    ];
  });
  if (lines.length === 0) return [];
  return ['Trusted', ...lines, ...(limit < plan.identities.length ? [paint.dim(` … and ${counted(plan.identities.length - limit, 'more identity', 'more identities')}`)] : [])];
}

function toFill({ plan, width, paint, clean }: View): string[] {
  const open = plan.inputs.filter(({ value }) => value === null);
  if (open.length === 0) return [];
  const shownInputs = open.slice(0, 12).map(({ id }) => id);
  return [
    'To fill in',
    ...wrapItems(shownInputs, ', ', width - 3).map((line) => `   ${clean(line)}`),
    ...(open.length > shownInputs.length ? [paint.dim(`   … and ${open.length - shownInputs.length} more`)] : []),
    paint.dim('   in dekey.config.json ("plan": { "inputs": ... }) or with --set ID=VALUE; where to read each: README.md of the plan'),
  ];
}

function sums({ plan, paint, options }: View): string[] {
  const { pathToZero, keys, reduced } = plan.summary;
  if (keys === 0) return [];
  const cells = (count: number): number => Math.round((count / keys) * BAR);
  const today = cells(pathToZero.today);
  const later = Math.min(BAR - today, cells(pathToZero.afterChange));
  const [full, half, empty] = options.unicode ? ['█', '▒', '░'] : ['#', '=', '.'];
  const bar = `${paint.good((full ?? '').repeat(today))}${(half ?? '').repeat(later)}${(empty ?? '').repeat(BAR - today - later)}`;
  const parts = [`${pathToZero.today} ${WHEN_LABELS.today}`, `${pathToZero.afterChange} after a change`, `${pathToZero.none} without a path${reduced > 0 ? ` (${reduced} kept behind a broker)` : ''}`];
  return [`Path to zero   ${bar}  ${parts.join(' · ')}`];
}

function incomplete({ plan, clean }: View): string[] {
  const cut = plan.targets.filter(({ complete }) => !complete);
  return cut.length === 0 ? [] : [`Not read whole: ${cut.map(({ name }) => clean(name)).join(', ')}. What was missed is not in the plan; dekey scan names it.`];
}

function next({ plan, options, paint, clean }: View): string[] {
  if (options.written === undefined || plan.summary.keys === 0) return [];
  const folders = foldersOf(plan).map((folder) => `${folder}/`);
  return [`Written        ${clean(options.written)}/  (README.md first${folders.length === 0 ? '' : `, then ${folders.join(', ')}`})`, ...(plan.identities.length === 0 ? [] : [paint.dim('               nothing was created, and no file of yours was changed'), '', paint.command(`dekey apply ${clean(options.written)}`), paint.dim('  shows what becomes of your files')])];
}

