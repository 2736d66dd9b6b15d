import type { Limit } from './types.ts';

/** All pauses are taken through one of these, so that tests need not wait. Milliseconds. */
export type Sleeper = (ms: number) => Promise<void>;

/** Why requests wait, for a line on the terminal. */
export interface Wait {
  readonly why: 'primary' | 'secondary';
  readonly resource: string;
  readonly ms: number;
}

/** GitHub's words: at least a minute when it does not say how long, then longer each time (workload-platforms.md, 8.5). */
const SECONDARY_PAUSE = 60_000;
const LONGEST_PAUSE = 15 * 60_000;
/** A clock of GitHub's and one of ours differ by less than this. */
const SLACK = 1000;
const LONGEST_HEADER_WAIT = 2 * 3_600_000;

/**
 * Holds requests back while a limit is in force: the primary one of each resource until it resets, a secondary one for all.
 *
 * What is on its way is counted against what is left, so that parallel requests do not run over the limit together.
 */
export class Gate {
  readonly limits = new Map<string, Limit>();
  readonly #sleep: Sleeper;
  readonly #onWait: (wait: Wait) => void;
  /** By resource, when its present hour ends by GitHub's clock, in seconds. */
  readonly #windows = new Map<string, number>();
  readonly #inFlight = new Map<string, number>();
  #closedUntil = 0;
  /** Secondary limits in a row, without one answer between them. */
  #inARow = 0;
  #announced = 0;

  constructor(sleep: Sleeper, onWait: (wait: Wait) => void) {
    this.#sleep = sleep;
    this.#onWait = onWait;
  }

  /** Waits until a request of `resource` may go; the caller says when it is answered with {@link left}. */
  async enter(resource: string): Promise<void> {
    for (;;) {
      const now = Date.now();
      if (this.#closedUntil > now) {
        await this.#wait({ why: 'secondary', resource, ms: this.#closedUntil - now });
        continue;
      }
      const limit = this.limits.get(resource);
      const inFlight = this.#inFlight.get(resource) ?? 0;
      if (limit === undefined || limit.resetsAt <= now || limit.remaining > inFlight) break;
      // Those on their way may turn out to be free (304), so a moment is waited for them first.
      if (limit.remaining > 0) await this.#sleep(20);
      else await this.#wait({ why: 'primary', resource, ms: limit.resetsAt - now });
    }
    this.#inFlight.set(resource, (this.#inFlight.get(resource) ?? 0) + 1);
  }

  left(resource: string): void {
    this.#inFlight.set(resource, Math.max(0, (this.#inFlight.get(resource) ?? 1) - 1));
  }

  /** Takes note of what an answer says of the primary limit. */
  note(headers: Readonly<Record<string, string>>, asked: string): void {
    const remaining = wholeNumber(headers['x-ratelimit-remaining']);
    const reset = wholeNumber(headers['x-ratelimit-reset']);
    const limit = wholeNumber(headers['x-ratelimit-limit']);
    if (remaining === undefined || reset === undefined) return;
    const resource = headers['x-ratelimit-resource'] ?? asked;
    const theirNow = Date.parse(headers['date'] ?? '');
    const now = Date.now();
    const ahead = reset * 1000 - (Number.isNaN(theirNow) ? now : theirNow) + SLACK;
    const resetsAt = now + Math.min(Math.max(ahead, 0), LONGEST_HEADER_WAIT);
    const before = this.limits.get(resource);
    // Answers arrive in any order: within one window the lowest is the newest.
    const window = this.#windows.get(resource) ?? 0;
    if (reset < window) return;
    this.#windows.set(resource, reset);
    const least = before !== undefined && reset === window ? Math.min(before.remaining, remaining) : remaining;
    this.limits.set(resource, { limit: limit ?? before?.limit ?? remaining, remaining: least, resetsAt });
  }

  /** A secondary limit: nothing goes for `seconds`, or for a minute and more when GitHub did not say. */
  close(seconds: number | undefined): void {
    const ms = seconds === undefined ? Math.min(SECONDARY_PAUSE * 2 ** this.#inARow, LONGEST_PAUSE) : Math.min(seconds * 1000, LONGEST_HEADER_WAIT);
    // Requests that were on their way together hit the same limit together: that is one time.
    if (this.#closedUntil <= Date.now()) this.#inARow += 1;
    this.#closedUntil = Math.max(this.#closedUntil, Date.now() + ms);
  }

  /** An ordinary answer: the limit is over. */
  open(): void {
    if (this.#closedUntil <= Date.now()) this.#inARow = 0;
  }

  async #wait(wait: Wait): Promise<void> {
    const until = Date.now() + wait.ms;
    if (Math.abs(until - this.#announced) > 2 * SLACK) this.#onWait(wait);
    this.#announced = until;
    await this.#sleep(wait.ms);
  }
}

/** Spreads requests: at most `perMinute` in any sixty seconds, in groups small enough to start at once. */
export class Pace {
  readonly #sleep: Sleeper;
  readonly #perMs: number;
  readonly #most: number;
  #tokens: number;
  #at = Date.now();

  constructor(perMinute: number, sleep: Sleeper) {
    this.#most = Math.max(1, Math.floor(perMinute / 15));
    // Whatever was saved up may go in the same minute as what that minute brings.
    this.#perMs = (perMinute - this.#most) / 60_000;
    this.#tokens = this.#most;
    this.#sleep = sleep;
  }

  async take(): Promise<void> {
    const now = Date.now();
    this.#tokens = Math.min(this.#most, this.#tokens + Math.max(0, now - this.#at) * this.#perMs);
    this.#at = now;
    this.#tokens -= 1;
    if (this.#tokens < 0) await this.#sleep(-this.#tokens / this.#perMs);
  }
}

/** Runs at most `most` at a time, in the order they came, each starting at least `spacing` after the one before. */
export class Lanes {
  readonly #most: number;
  readonly #spacing: number;
  readonly #sleep: Sleeper;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #last = 0;

  constructor(most: number, spacing: number, sleep: Sleeper) {
    this.#most = most;
    this.#spacing = spacing;
    this.#sleep = sleep;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#most) await new Promise<void>((resume) => this.#waiting.push(resume));
    else this.#running += 1;
    try {
      const pause = this.#last + this.#spacing - Date.now();
      if (this.#spacing > 0 && pause > 0) await this.#sleep(pause);
      this.#last = Date.now();
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
