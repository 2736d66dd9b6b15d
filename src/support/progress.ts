/** How far something is, counted in things and in bytes; zero where that is not known. */
export interface Amount {
  readonly artifacts: number;
  readonly bytes: number;
}

export interface Pace {
  /** From 0 to 1; undefined when it is not known how much there is. */
  readonly share: number | undefined;
  readonly bytesPerSecond: number;
  readonly artifactsPerSecond: number;
  /** Undefined while it is too early to say. */
  readonly secondsLeft: number | undefined;
}

/** Before this share, or this long, a guess would jump about. */
const LEAST_SHARE = 0.02;
const LEAST_MS = 1000;

/** What can be said of a run of one phase from its beginning to now. Bytes tell more than things where both are known. */
export function paceOf(done: Amount, total: Amount, elapsedMs: number): Pace {
  const share = total.bytes > 0 ? done.bytes / total.bytes : total.artifacts > 0 ? done.artifacts / total.artifacts : undefined;
  const bounded = share === undefined ? undefined : Math.min(1, share);
  const seconds = elapsedMs / 1000;
  return {
    share: bounded,
    bytesPerSecond: seconds > 0 ? done.bytes / seconds : 0,
    artifactsPerSecond: seconds > 0 ? done.artifacts / seconds : 0,
    secondsLeft: bounded === undefined || bounded < LEAST_SHARE || elapsedMs < LEAST_MS ? undefined : (seconds * (1 - bounded)) / bounded,
  };
}

/** `12 s`, `3 min 5 s`, `2 h 10 min`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `512 kB`, `4.2 MB`, `318 MB`, `1.2 GB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  const [value, unit] = bytes < 1e9 ? [bytes / 1e6, 'MB'] : [bytes / 1e9, 'GB'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** How long the phase at hand has run: the pace of one says nothing of the next. */
export class PhaseClock {
  #phase = '';
  #began = 0;

  elapsed(phase: string, now: number): number {
    if (phase !== this.#phase) {
      this.#phase = phase;
      this.#began = now;
    }
    return now - this.#began;
  }
}
