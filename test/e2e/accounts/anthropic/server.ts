/**
 * Anthropic's Admin API on this machine: shapes of `@anthropic-ai/sdk` 1.12.0, rules of platform.claude.com (admin-api, wif-admin-api, usage report). An Admin API key
 * is refused for service accounts and federation.
 */
import { type AccountServer, type Answer, pageAfter, pageByToken, startAccountServer } from '../loopback.ts';

/** Made in two parts, so that no scanner takes them for keys. */
export const ADMIN_KEY = `sk-ant-${'admin01-'}${'loopback'.repeat(4)}`;
export const ADMIN_TOKEN = `sk-ant-${'oat01-'}${'loopback'.repeat(4)}`;

export interface AnthropicWorld {
  readonly organization: { readonly id: string; readonly name: string };
  readonly keys: readonly ({ readonly id: string } & Readonly<Record<string, unknown>>)[];
  readonly workspaces: readonly ({ readonly id: string } & Readonly<Record<string, unknown>>)[];
  readonly users: readonly ({ readonly id: string } & Readonly<Record<string, unknown>>)[];
  readonly serviceAccounts: readonly Readonly<Record<string, unknown>>[];
  readonly issuers: readonly Readonly<Record<string, unknown>>[];
  readonly rules: readonly Readonly<Record<string, unknown>>[];
  /** Days on which a key was used: `2026-11-20`. */
  readonly use: readonly { readonly day: string; readonly key: string | null }[];
}

const DAY = 86_400_000;
const NAMES = { items: 'data', next: 'next_page', cursor: 'page', limit: 'limit' };
const ROOT = '/v1/organizations/';

export async function startAnthropic(world: AnthropicWorld, mostInAPage = 100): Promise<AccountServer> {
  return await startAccountServer(
    ({ path, query, headers }) => {
      if (headers['anthropic-version'] === undefined) return refuse(400, 'anthropic-version: header is required');
      const isKey = headers['x-api-key'] === ADMIN_KEY && headers.authorization === undefined;
      const isToken = headers.authorization === `Bearer ${ADMIN_TOKEN}` && headers['x-api-key'] === undefined;
      if (!isKey && !isToken) return refuse(401, 'invalid x-api-key');
      const name = path.startsWith(ROOT) ? path.slice(ROOT.length) : '';
      if (!isToken && /^(?:service_accounts|federation_)/.test(name)) return refuse(403, 'Admin API keys are not accepted');
      if (name === 'me') return { status: 200, body: { ...world.organization, type: 'organization' } };
      if (name === 'api_keys') return pageAfter(world.keys, query, 'after_id', mostInAPage);
      if (name === 'users') return pageAfter(world.users, query, 'after_id', mostInAPage);
      if (name === 'workspaces') return pageAfter(world.workspaces.filter(({ archived_at: archived }) => archived === null || query.get('include_archived') === 'true'), query, 'after_id', mostInAPage);
      if (name === 'usage_report/messages') return usage(world, query);
      const lists: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = { service_accounts: world.serviceAccounts, federation_issuers: world.issuers, federation_rules: world.rules };
      const list = lists[name];
      if (list === undefined) return refuse(404, 'Not found');
      if (Number(query.get('limit')) > 100) return refuse(400, 'limit: must be at most 100');
      return pageByToken(list.filter((item) => (item['archived_at'] ?? null) === null || query.get('include_archived') === 'true'), query, NAMES, mostInAPage);
    },
    (status) => refuse(status, 'refused').body,
  );
}

function refuse(status: number, message: string): Answer {
  const type = status === 401 ? 'authentication_error' : status === 403 ? 'permission_error' : status === 404 ? 'not_found_error' : status === 429 ? 'rate_limit_error' : 'invalid_request_error';
  return { status, body: { type: 'error', error: { type, message }, request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy' } };
}

/** Buckets of a day, at most 31 in an answer; more are refused, as the service does. */
function usage({ use }: AnthropicWorld, query: URLSearchParams): Answer {
  const [from, limit] = [Date.parse(query.get('starting_at') ?? ''), Number(query.get('limit') ?? 7)];
  // Strictly before, the stricter reading of its documentation.
  const ending = query.get('ending_at');
  const to = ending === null ? from + 31 * DAY : Date.parse(ending) - DAY;
  if (Number.isNaN(from) || Number.isNaN(to) || query.get('bucket_width') !== '1d' || limit > 31) return refuse(400, 'limit: must be at most 31 for 1d');
  if (query.getAll('group_by[]').join(',') !== 'api_key_id') return refuse(400, 'group_by: the test asks for api_key_id');
  const start = Number(query.get('page') ?? from);
  const days = Array.from({ length: Math.min(limit, Math.round((to - start) / DAY)) }, (_, index) => new Date(start + index * DAY).toISOString());
  const next = start + days.length * DAY;
  const data = days.map((day) => ({
    starting_at: day,
    ending_at: new Date(Date.parse(day) + DAY).toISOString(),
    results: use.filter((one) => day.startsWith(one.day)).map(({ key }) => ({ api_key_id: key, workspace_id: null, model: null, uncached_input_tokens: 12, output_tokens: 34 })),
  }));
  return { status: 200, body: { data, has_more: next < to, next_page: next < to ? String(next) : null } };
}
