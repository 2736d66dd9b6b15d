import { atLeast, SEVERITIES, type Severity } from '../model/levels.ts';
import type { UiRow } from './model.ts';

export const SORTS = ['risk', 'provider', 'places', 'name'] as const;
export type Sort = (typeof SORTS)[number];

export interface Filter {
  readonly query: string;
  /** Short title; '' for all. */
  readonly provider: string;
  /** This bad or worse; '' for all. */
  readonly severity: Severity | '';
  readonly sort: Sort;
}

export const NO_FILTER: Filter = { query: '', provider: '', severity: '', sort: 'risk' };

export function isFiltered({ query, provider, severity }: Filter): boolean {
  return query !== '' || provider !== '' || severity !== '';
}

/** The rows that a filter lets through, in its order. Each word of the query has to occur somewhere in a row. */
export function shownRows(rows: readonly UiRow[], { query, provider, severity, sort }: Filter): readonly UiRow[] {
  const words = query.toLowerCase().split(' ').filter((word) => word !== '');
  const kept = rows.filter((row) => (provider === '' || row.provider === provider) && (severity === '' || atLeast(row.level, severity)) && words.every((word) => row.search.includes(word)));
  return kept.toSorted((a, b) => orderOf(sort, a, b) || byRisk(a, b) || compareText(a.title, b.title) || compareText(a.label, b.label) || compareText(a.id, b.id));
}

function orderOf(sort: Sort, a: UiRow, b: UiRow): number {
  switch (sort) {
    case 'risk':
      return byRisk(a, b);
    case 'provider':
      return compareText(a.provider.toLowerCase(), b.provider.toLowerCase());
    case 'places':
      return b.places - a.places;
    case 'name':
      return compareText(a.label.toLowerCase(), b.label.toLowerCase());
  }
}

/** What needs nobody's attention comes last, whatever its level. */
function byRisk(a: UiRow, b: UiRow): number {
  return Number(a.isFolded) - Number(b.isFolded) || SEVERITIES.indexOf(a.level) - SEVERITIES.indexOf(b.level) || b.score - a.score;
}

export function providersOf(rows: readonly UiRow[]): readonly string[] {
  return [...new Set(rows.map(({ provider }) => provider))].toSorted((a, b) => compareText(a.toLowerCase(), b.toLowerCase()));
}

/** The next of `['', ...values]`, round and round. */
export function cycle<T extends string>(values: readonly T[], now: T | '', step: 1 | -1): T | '' {
  const all: readonly (T | '')[] = ['', ...values];
  return all[(all.indexOf(now) + step + all.length) % all.length] ?? '';
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
