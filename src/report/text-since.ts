import type { Comparison } from '../inventory/compare.ts';
import type { TrendPoint } from '../inventory/trend.ts';
import { wrapItems } from './layout.ts';
import { code } from './markdown-text.ts';
import { counted, credentialTitle, formatCount } from './messages.ts';
import type { RenderOptions } from './renderer.ts';
import type { Page } from './text-page.ts';

/** Credentials that are named; more are counted. */
const NAMED = 5;
/** Points of the curve: as many cells. */
const CELLS = 24;

/** What came and went since an earlier inventory, and the curve to zero. No line for what was not asked for. */
export function sinceLines(page: Page): string[] {
  const { comparison, trend } = page.options;
  return [...(comparison === undefined || comparison.name === '' ? [] : comparisonLines(page, comparison)), ...(trend === undefined || trend.length < 2 ? [] : trendLines(page, trend))];
}

/** `40 new`, `25 fixed`, `50 changed`, `oldest open 291 days`. */
function changes(comparison: Comparison): string[] {
  const states = [...comparison.credentials.values()];
  const count = (state: string): number => states.filter((one) => one.state === state).length;
  const days = states.flatMap(({ daysOpen }) => daysOpen ?? []);
  return [
    `${formatCount(count('new'))} new`,
    `${formatCount(comparison.fixed.length)} fixed`,
    `${formatCount(count('changed'))} changed`,
    ...(days.length === 0 ? [] : [`oldest open ${counted(Math.max(...days), 'day', 'days')}`]),
  ];
}

/** The same for Markdown, as lines; no line for what was not asked for. */
export function sinceMarkdown({ comparison, trend = [] }: RenderOptions): string[] {
  const [first, last] = [trend[0], trend.at(-1)];
  return [
    ...(comparison === undefined || comparison.name === '' ? [] : [`Since ${code(comparison.date ?? comparison.name, 60)}: ${changes(comparison).join(' \u00b7 ')}`]),
    ...(first === undefined || last === undefined || trend.length < 2 ? [] : [`Curve to zero \`${sparkline(sampled(trend, CELLS).map(({ keys }) => keys), true)}\` ${formatCount(first.keys)} on ${first.date}, ${formatCount(last.keys)} on ${last.date}`]),
  ];
}

function comparisonLines(page: Page, comparison: Comparison): string[] {
  const label = ` Since ${page.clean(comparison.date ?? comparison.name)}   `;
  const [first = '', ...rest] = wrapItems(changes(comparison), ` ${page.glyphs.dot} `, Math.max(20, page.width - label.length));
  return [`${label}${first}`, ...rest.map((line) => ' '.repeat(label.length) + line), ...named(page, comparison)];
}

function named(page: Page, comparison: Comparison): string[] {
  const isNew = page.inventory.credentials.filter(({ id }) => comparison.credentials.get(id)?.state === 'new').map((credential) => ({ credential, findings: credential.findings.flatMap((id) => page.findings.get(id) ?? []) }));
  const fixed = comparison.fixed.map((credential) => ({ credential, findings: comparison.fixedFindings.filter((finding) => finding.credential === credential.id) }));
  const lines = (title: string, list: typeof isNew): string[] => {
    const shown = page.options.verbose || list.length <= NAMED + 1 ? list : list.slice(0, NAMED);
    const more = list.length > shown.length ? [page.paint.dim(`   ${page.glyphs.ellipsis} and ${formatCount(list.length - shown.length)} more ${title}: --verbose`)] : [];
    return [...shown.map(({ credential, findings }) => `   ${title.padEnd(6)} ${page.clean(credentialTitle(credential, findings, page.catalog))}  ${page.clean(credential.preview)}`), ...more];
  };
  return [...lines('new', isNew), ...lines('fixed', fixed)];
}

function trendLines(page: Page, trend: readonly TrendPoint[]): string[] {
  const shown = sampled(trend, CELLS);
  const first = trend[0];
  const last = trend.at(-1);
  if (first === undefined || last === undefined) return [];
  const curve = sparkline(shown.map(({ keys }) => keys), page.options.unicode !== false);
  return [` Curve to zero  ${curve}  ${formatCount(first.keys)} on ${page.clean(first.date)}, ${formatCount(last.keys)} on ${page.clean(last.date)}`];
}

/** At most `most` of the points, the first and the last among them. */
function sampled<T>(points: readonly T[], most: number): readonly T[] {
  if (points.length <= most) return points;
  return Array.from({ length: most }, (_, index) => points[Math.round((index * (points.length - 1)) / (most - 1))]).flatMap((point) => point ?? []);
}

/** One character a value, from nothing to the largest of them. */
export function sparkline(values: readonly number[], isUnicode: boolean): string {
  const steps = isUnicode ? ['\u2581', '\u2582', '\u2583', '\u2584', '\u2585', '\u2586', '\u2587', '\u2588'] : ['_', '.', '-', '=', '+', '*', '%', '#'];
  const most = Math.max(1, ...values);
  return values.map((value) => steps[Math.min(7, Math.round((value / most) * 7))]).join('');
}
