import type { CampaignLimits } from '../../model/pull-request.ts';

/** What the user allows; undefined: no limit of that kind. */
export interface LimitOptions {
  /** New pull requests in this run. */
  readonly run?: number;
  /** Open at the same time. */
  readonly open?: number;
  readonly hour?: number;
}

/** Counts what is opened against the limits. */
export class Limits {
  readonly #options: LimitOptions;
  #run = 0;
  #open: number;
  #hour: number;

  /**
   * @param open pull requests of the campaign that are known to be open now
   * @param lastHour those that were opened in the hour before now
   */
  constructor(options: LimitOptions, open: number, lastHour: number) {
    this.#options = options;
    this.#open = open;
    this.#hour = lastHour;
  }

  /** Why no other may be opened now, as a sentence; undefined when one may. */
  get reason(): string | undefined {
    const { run, open, hour } = this.#options;
    if (run !== undefined && this.#run >= run) return `--limit ${run} is reached.`;
    if (open !== undefined && this.#open >= open) return `--max-open ${open} is reached.`;
    return hour !== undefined && this.#hour >= hour ? `--per-hour ${hour} is reached.` : undefined;
  }

  countOpened(): void {
    this.#run += 1;
    this.#open += 1;
    this.#hour += 1;
  }

  /** One that was open before. */
  countFound(): void {
    this.#open += 1;
  }

  countClosed(): void {
    this.#open -= 1;
  }

  get left(): CampaignLimits {
    const of = (limit: number | undefined, used: number): { readonly limit: number; readonly left: number } | null => (limit === undefined ? null : { limit, left: Math.max(0, limit - used) });
    const { run, open, hour } = this.#options;
    return { run: of(run, this.#run), open: of(open, this.#open), hour: of(hour, this.#hour) };
  }
}
