import { itemsByToken, type PagedApi } from '../_shared/api-pages.ts';
import { type Fields, ShapeError } from '../_shared/api-shape.ts';

const DAY = 86_400;
const DAYS = 30;

/**
 * What keys cost in the last 30 days, by id: `12.40 USD`; several currencies are joined with a comma. A key that cost nothing is not among them.
 *
 * @throws HttpError, ShapeError
 */
export async function readCosts(api: PagedApi, now: string): Promise<ReadonlyMap<string, string>> {
  const from = Math.floor(Date.parse(now) / 1000 / DAY) * DAY - DAYS * DAY;
  const sums = new Map<string, Map<string, number>>();
  for await (const bucket of itemsByToken(api, '/organization/costs', { start_time: from, bucket_width: '1d', 'group_by[]': ['api_key_id'], limit: 180 }, { items: 'data', next: 'next_page', cursor: 'page' })) {
    for (const row of bucket.list('results')) {
      const [id, amount] = [row.maybeId('api_key_id'), row.maybeWithin('amount')];
      if (id === undefined || amount === undefined) continue;
      const byCurrency = sums.get(id) ?? new Map<string, number>();
      const currency = (amount.maybeText('currency') ?? 'usd').toUpperCase();
      byCurrency.set(currency, (byCurrency.get(currency) ?? 0) + valueOf(amount, api.service));
      sums.set(id, byCurrency);
    }
  }
  return new Map([...sums].map(([id, byCurrency]) => [id, [...byCurrency].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([currency, sum]) => `${sum.toFixed(2)} ${currency}`).join(', ')]));
}

/** A number, by the types; one that is written as a text is taken, too. */
function valueOf(amount: Fields, service: string): number {
  let text: string | undefined;
  try {
    text = amount.maybeText('value');
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    return amount.maybeNumber('value') ?? 0;
  }
  const value = Number(text ?? 0);
  if (!Number.isFinite(value)) throw new ShapeError(service, 'value of an amount', 'no number');
  return value;
}
