/**
 * GitHub's documented limits (docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api), with windows that a test can make short: what takes an hour there takes
 * seconds here, by the same rules.
 */
export interface LimitSettings {
  /** Requests in a window, and points of GraphQL: GitHub's are 5,000. */
  readonly primary: number;
  readonly primaryWindowMs: number;
  /** Points in a minute: a GET counts 1, a change 5. */
  readonly pointsAMinute: number;
  /** What counts as a minute for the secondary limits. */
  readonly minuteMs: number;
  readonly contentAMinute: number;
  readonly concurrency: number;
  /** Sent as `retry-after`, in seconds, with a secondary refusal. */
  readonly retryAfter: number;
}

export const LIMITS: LimitSettings = { primary: 5_000, primaryWindowMs: 3_600_000, pointsAMinute: 900, minuteMs: 60_000, contentAMinute: 80, concurrency: 100, retryAfter: 60 };

export type Resource = 'core' | 'graphql';

export interface Refusal {
  readonly kind: 'primary' | 'secondary';
  readonly headers: Readonly<Record<string, string>>;
}

interface Window {
  ends: number;
  used: number;
}

export class Limits {
  settings: LimitSettings;
  inFlight = 0;
  /** Most that were in flight at once. */
  highest = 0;
  /** How often a window of the primary limit began anew after it had been used up. */
  crossed = 0;
  readonly #primary = new Map<string, Window>();
  readonly #points = new Map<string, Window>();
  readonly #content = new Map<string, Window>();

  constructor(settings: LimitSettings) {
    this.settings = settings;
  }

  /** To be asked before a request is answered. `holder`: whose limit it is. */
  refusal(holder: string, resource: Resource, isChange: boolean): Refusal | undefined {
    const { concurrency, pointsAMinute, contentAMinute, minuteMs, retryAfter } = this.settings;
    const later = { kind: 'secondary', headers: { 'retry-after': String(retryAfter) } } as const;
    if (this.inFlight > concurrency) return later;
    const points = current(this.#points, `${holder} ${resource}`, minuteMs);
    points.used += isChange ? 5 : 1;
    if (points.used > (resource === 'graphql' ? (pointsAMinute * 2000) / 900 : pointsAMinute)) return later;
    if (isChange) {
      const content = current(this.#content, holder, minuteMs);
      content.used += 1;
      if (content.used > contentAMinute) return later;
    }
    const primary = this.#window(holder, resource);
    return primary.used >= this.settings.primary ? { kind: 'primary', headers: this.headers(holder, resource) } : undefined;
  }

  spend(holder: string, resource: Resource, points: number): void {
    this.#window(holder, resource).used += points;
  }

  headers(holder: string, resource: Resource): Readonly<Record<string, string>> {
    const { limit, remaining, used, reset } = this.state(holder, resource);
    return { 'x-ratelimit-limit': String(limit), 'x-ratelimit-remaining': String(remaining), 'x-ratelimit-used': String(used), 'x-ratelimit-reset': String(reset), 'x-ratelimit-resource': resource };
  }

  state(holder: string, resource: Resource): { readonly limit: number; readonly remaining: number; readonly used: number; readonly reset: number } {
    const { used, ends } = this.#window(holder, resource);
    const { primary } = this.settings;
    return { limit: primary, remaining: Math.max(0, primary - used), used: Math.min(used, primary), reset: Math.ceil(ends / 1000) };
  }

  #window(holder: string, resource: Resource): Window {
    const key = `${holder} ${resource}`;
    const before = this.#primary.get(key);
    const window = current(this.#primary, key, this.settings.primaryWindowMs);
    if (before !== undefined && before !== window && before.used >= this.settings.primary) this.crossed += 1;
    return window;
  }
}

/** GitHub tells the end in whole seconds, so that is when a window ends. */
function current(windows: Map<string, Window>, key: string, length: number): Window {
  const time = Date.now();
  const known = windows.get(key);
  if (known !== undefined && known.ends > time) return known;
  const made = { ends: length >= 2000 ? Math.ceil((time + length) / 1000) * 1000 : time + length, used: 0 };
  windows.set(key, made);
  return made;
}
