import type { Octokit as Rest } from '@octokit/rest';
import type { GithubHost } from './types.ts';

/** Enough that one answer in five may be a fault and a run of ten thousand requests ends whole. */
const MOST_REPEATS = 7;
const MOST_LIMITED = 12;

/** What {@link makeOctokit} gives: requests with the repeats of Octokit's throttling and retry plugins. */
export type Requests = Pick<Rest, 'request'>;

/**
 * Octokit with its throttling and retry plugins. They decide whether a request is sent again; when, and how many at once, is for our gate and lanes: their own pauses
 * are taken out, since each of them holds up one request only and cannot be shortened in tests.
 */
export async function makeOctokit(host: GithubHost, version: string): Promise<Requests> {
  const [{ Octokit }, { throttling }, { retry }] = await Promise.all([import('@octokit/rest'), import('@octokit/plugin-throttling'), import('@octokit/plugin-retry')]);
  const Client = Octokit.plugin(retry, throttling);
  const open = { key: () => ({ schedule: async <A extends readonly unknown[], R>(_: unknown, task: (...args: A) => Promise<R>, ...args: A): Promise<R> => await task(...args) }) };
  return new Client({
    baseUrl: host.rest,
    userAgent: `dekey/${version}`,
    // Nothing of a request is ever logged.
    log: silent,
    request: { log: silent },
    retry: { retries: MOST_REPEATS, retryAfterBaseValue: 0, doNotRetry: [400, 401, 403, 404, 405, 409, 410, 415, 422, 429, 451] },
    throttle: {
      global: open,
      auth: open,
      search: open,
      write: open,
      notifications: open,
      retryAfterBaseValue: 0,
      onRateLimit: (_seconds: number, _options: object, _octokit: unknown, repeated: number) => repeated < MOST_LIMITED,
      onSecondaryRateLimit: (_seconds: number, _options: object, _octokit: unknown, repeated: number) => repeated < MOST_LIMITED,
    },
  });
}

const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing };

function nothing(): void {
  // Octokit's own words go nowhere.
}
