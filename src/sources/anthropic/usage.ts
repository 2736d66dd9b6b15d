import { itemsByToken, type PagedApi } from '../_shared/api-pages.ts';

const DAY = 86_400_000;
/** The most that one answer holds of buckets of a day. */
const WINDOW = 31;
const WINDOWS = 12;

/** Days on which keys were used. */
export interface Use {
  /** By id of the key: the last day, ISO 8601 in UTC. */
  readonly last: ReadonlyMap<string, string>;
  /** First day that was looked at. */
  readonly since: string;
}

/**
 * Looks back in windows of 31 days, and no further than is needed: until each of `wanted` was seen, or is younger than the window.
 *
 * @param wanted ids of keys with their days of creation, where they are known
 * @throws HttpError, ShapeError
 */
export async function readUse(api: PagedApi, wanted: ReadonlyMap<string, string | undefined>, now: string): Promise<Use> {
  const last = new Map<string, string>();
  const tomorrow = Math.floor(Date.parse(now) / DAY) * DAY + DAY;
  let from = tomorrow;
  for (let window = 0; window < WINDOWS && (window === 0 || isOpen(wanted, last, from)); window += 1) {
    // "Buckets that end before": whether one that ends just then is meant is not told, so that windows share a day, and the newest has no end.
    const to = window === 0 ? tomorrow : from + DAY;
    from = to - WINDOW * DAY;
    const range = { starting_at: isoDay(from), ending_at: window === 0 ? undefined : isoDay(to), bucket_width: '1d', 'group_by[]': ['api_key_id'], limit: WINDOW };
    for await (const bucket of itemsByToken(api, '/v1/organizations/usage_report/messages', range, { items: 'data', next: 'next_page', cursor: 'page' })) {
      const day = bucket.maybeTime('starting_at');
      for (const row of bucket.list('results')) {
        // Null: the Workbench, or use that belongs to no key.
        const id = row.maybeId('api_key_id');
        if (id !== undefined && day !== undefined && day > (last.get(id) ?? '')) last.set(id, day);
      }
    }
  }
  return { last, since: isoDay(from) };
}

function isOpen(wanted: ReadonlyMap<string, string | undefined>, last: ReadonlyMap<string, string>, from: number): boolean {
  return [...wanted].some(([id, created]) => !last.has(id) && (created === undefined || Date.parse(created) < from));
}

function isoDay(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}

/** What is known of one key. */
export function useOf(id: string, created: string | undefined, use: Use | undefined): { readonly lastUsed?: string; readonly note?: string } {
  if (use === undefined) return {};
  const day = use.last.get(id);
  if (day !== undefined) return { lastUsed: day };
  // Of a key that is older than what was looked at, it is not known that it never was used.
  if (created !== undefined && created >= use.since) return { lastUsed: 'never' };
  return { note: `not used for the Messages API since ${use.since.slice(0, 10)}` };
}
