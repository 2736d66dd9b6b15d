import type { Inventory } from '../model/inventory.ts';

/** How things stood on one day. */
export interface TrendPoint {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  /** Keys on the path to zero: the sum of the three that follow. */
  readonly keys: number;
  readonly today: number;
  readonly afterChange: number;
  readonly none: number;
  /** Credentials of level critical or high. */
  readonly severe: number;
  readonly findings: number;
}

/** The day that a file's name says, `YYYY-MM-DD` or `YYYYMMDD`; undefined when it says none. */
export function dateInName(name: string): string | undefined {
  for (const [, year = '', month = '', day = ''] of name.matchAll(/(?<!\d)(20\d\d)-?(\d\d)-?(\d\d)(?!\d{3})/g)) {
    const date = `${year}-${month}-${day}`;
    if (!Number.isNaN(Date.parse(date)) && new Date(date).toISOString().startsWith(date)) return date;
  }
  return undefined;
}

/** One point a day, oldest first; inventories of one day are of different targets and are added up. Pure. */
export function trendOf(dated: readonly { readonly date: string; readonly inventory: Inventory }[]): readonly TrendPoint[] {
  const byDay = new Map<string, TrendPoint>();
  for (const { date, inventory } of dated) {
    const { pathToZero, byLevel, findings } = inventory.summary;
    const before = byDay.get(date) ?? { date, keys: 0, today: 0, afterChange: 0, none: 0, severe: 0, findings: 0 };
    byDay.set(date, {
      date,
      keys: before.keys + pathToZero.today + pathToZero.afterChange + pathToZero.none,
      today: before.today + pathToZero.today,
      afterChange: before.afterChange + pathToZero.afterChange,
      none: before.none + pathToZero.none,
      severe: before.severe + byLevel.critical + byLevel.high,
      findings: before.findings + findings,
    });
  }
  return [...byDay.values()].toSorted((a, b) => (a.date < b.date ? -1 : 1));
}
