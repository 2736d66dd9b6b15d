import type { Count, Family, GithubApi, Limit } from '../../github/types.ts';
import { visible } from '../../support/escape.ts';
import { type Endpoint, ENDPOINTS } from './families.ts';
import { endpointsOf, pathOf, type ReadOptions } from './repository.ts';
import type { Listing, RepositoryFacts } from './repositories.ts';

/** Requests that a run is going to make, by family. */
export interface Budget {
  readonly byFamily: ReadonlyMap<Family, number>;
  readonly total: number;
  /** Of those, answered before: when nothing changed they cost nothing. */
  readonly kept: number;
}

/** Requests in a second that GitHub takes without a secondary limit: 900 a minute. Servers of one's own set no such limit, and answer about as fast as this. */
const CLOUD_RATE = 15;
const SERVER_RATE = 100;

/** Counts what {@link endpointsOf} lists. How many pages a list has is not known before; nearly all have one. */
export function budgetOf(api: GithubApi, listing: Listing, organization: readonly Endpoint[], options: ReadOptions, isTreeKept: (repository: RepositoryFacts) => boolean): Budget {
  const byFamily = new Map<Family, number>();
  let kept = 0;
  const add = (family: Family, count: number): void => {
    if (count > 0) byFamily.set(family, (byFamily.get(family) ?? 0) + count);
  };
  for (const { family } of organization) add(family, 1);
  for (const repository of listing.repositories) {
    for (const endpoint of endpointsOf(repository, api, options)) {
      add(endpoint.family, 1);
      if (api.isKept(pathOf(endpoint, repository))) kept += 1;
      if (endpoint === ENDPOINTS.environments) add(ENDPOINTS.environmentSecrets.family, repository.environments ?? 0);
    }
    if (!options.isQuick && !repository.isClosed && repository.head !== undefined && !isTreeKept(repository)) add(ENDPOINTS.trees.family, 1);
  }
  return { byFamily, kept, total: [...byFamily.values()].reduce((sum, count) => sum + count, 0) };
}

/** The budget in words, a line each, for standard error. */
export function budgetLines(api: GithubApi, listing: Listing, { byFamily, total, kept }: Budget, now: number): readonly string[] {
  const { repositories } = listing;
  const archived = repositories.filter(({ isArchived }) => isArchived).length;
  const forks = repositories.filter(({ isFork }) => isFork).length;
  const notes = [...(archived === 0 ? [] : [`${count(archived)} archived`]), ...(forks === 0 ? [] : [`${count(forks)} forks`])];
  const limit = api.limits.get('core');
  return [
    `GitHub: ${visible(listing.login)} at ${api.host.host}, as ${visible(api.account)}: ${count(repositories.length)} ${repositories.length === 1 ? 'repository' : 'repositories'}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`,
    `Requests: about ${count(total)} (${[...byFamily].map(([family, number]) => `${family} ${count(number)}`).join(', ')})${kept === 0 ? '' : `; ${count(kept)} of them ask only whether something changed, which is free when not`}`,
    limitLine(api, limit, total - kept, total, now),
  ];
}

function limitLine(api: GithubApi, limit: Limit | undefined, costly: number, total: number, now: number): string {
  const working = total / (api.host.isMetered ? CLOUD_RATE : SERVER_RATE);
  if (limit === undefined) return `Limit: none that ${api.host.host} tells; about ${duration(working)}`;
  const left = `Limit: ${count(limit.remaining)} of ${count(limit.limit)} left until ${new Date(limit.resetsAt).toTimeString().slice(0, 5)}`;
  if (costly <= limit.remaining) return `${left}; about ${duration(working)}`;
  const resets = Math.ceil((costly - limit.remaining) / Math.max(1, limit.limit));
  const waiting = Math.max(0, limit.resetsAt - now) / 1000 + (resets - 1) * 3600;
  return `${left}; the rest waits for ${resets === 1 ? 'the reset' : `${resets} resets`}: about ${duration(waiting + working / (resets + 1))}. The run can be stopped: the next one goes on where it was.`;
}

/** What was sent, for the end of the run. */
export function countLine(counts: ReadonlyMap<Family, Count>): string {
  let sent = 0;
  let unchanged = 0;
  let repeated = 0;
  for (const one of counts.values()) {
    sent += one.sent;
    unchanged += one.unchanged;
    repeated += one.repeated;
  }
  const families = [...counts].filter(([, one]) => one.sent > 0).map(([family, one]) => `${family} ${count(one.sent)}`);
  return `GitHub: ${count(sent)} requests sent (${families.join(', ')}), ${count(unchanged)} unchanged, ${count(repeated)} repeated`;
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.ceil(seconds))} s`;
  if (seconds < 5400) return `${Math.ceil(seconds / 60)} min`;
  const minutes = Math.ceil(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
