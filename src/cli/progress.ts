import { type Amount, bytesText, durationText, paceOf, PhaseClock } from '../support/progress.ts';
import { EXIT_CODES } from './exit-codes.ts';

/** Quiet for the first second: most scans are done by then. */
const PATIENCE_MS = 1000;
const REDRAW_MS = 100;
const BAR = 24;

/** Where a scan says how far it is. */
export interface ProgressSink {
  readonly update: (phase: string, done: Amount, total: Amount) => void;
  /** Takes away what is shown, because something else is about to be printed. */
  readonly clear: () => void;
  /** There will be no more. */
  readonly end: () => void;
}

/** A one-line bar on standard error, only on a terminal. While it lives, Ctrl-C ends the run with nothing left on the line and nothing written. */
export class ProgressBar implements ProgressSink {
  readonly #stream: NodeJS.WriteStream;
  readonly #enabled: boolean;
  readonly #started = Date.now();
  readonly #clock = new PhaseClock();
  #drawn = 0;
  #visible = false;
  readonly #interrupted = (): void => {
    this.clear();
    // At once: no report is written of half a scan. A second Ctrl-C has nothing to wait for either.
    process.exit(EXIT_CODES.interrupted.code);
  };

  constructor(stream: NodeJS.WriteStream, quiet: boolean) {
    this.#stream = stream;
    this.#enabled = stream.isTTY === true && !quiet && process.env['TERM'] !== 'dumb';
    process.on('SIGINT', this.#interrupted);
  }

  /** Draws at most ten times a second. */
  readonly update = (phase: string, done: Amount, total: Amount): void => {
    const now = Date.now();
    const elapsed = this.#clock.elapsed(phase, now);
    if (!this.#enabled || now - this.#started < PATIENCE_MS || now - this.#drawn < REDRAW_MS) return;
    this.#drawn = now;
    this.#stream.write(`\r\u001b[2K${progressLine(phase, done, total, elapsed, this.#stream.columns)}`);
    this.#visible = true;
  };

  /** Nothing of it stays in the scrollback. */
  readonly clear = (): void => {
    if (this.#visible) this.#stream.write('\r\u001b[2K');
    this.#visible = false;
  };

  readonly end = (): void => {
    this.clear();
    process.off('SIGINT', this.#interrupted);
  };
}

/** One line that ends before the last column. What there is no room for is left out, the least telling first. */
export function progressLine(phase: string, done: Amount, total: Amount, elapsedMs: number, columns: number): string {
  const { share, bytesPerSecond, artifactsPerSecond, secondsLeft } = paceOf(done, total, elapsedMs);
  const filled = Math.round((share ?? 0) * BAR);
  const parts: { readonly text: string; readonly rank: number }[] = [];
  if (share !== undefined) parts.push({ text: `[${'='.repeat(filled)}${' '.repeat(BAR - filled)}]`, rank: 3 }, { text: `${String(Math.floor(share * 100)).padStart(3)} %`, rank: 1 });
  parts.push({ text: `${count(done.artifacts)}${total.artifacts > 0 ? ` of ${count(total.artifacts)}` : ''} ${phase}`, rank: 0 });
  if (done.bytes > 0) parts.push({ text: total.bytes > 0 ? `${bytesText(done.bytes)} of ${bytesText(total.bytes)}` : bytesText(done.bytes), rank: 5 });
  if (elapsedMs > 0) parts.push({ text: done.bytes > 0 ? `${bytesText(bytesPerSecond)}/s` : `${count(Math.round(artifactsPerSecond))}/s`, rank: 4 });
  if (secondsLeft !== undefined) parts.push({ text: `${durationText(secondsLeft)} left`, rank: 2 });
  const room = Math.max(20, (columns || 80) - 1);
  for (let most = 5; most >= 0; most -= 1) {
    const line = ` ${parts.filter(({ rank }) => rank <= most).map(({ text }) => text).join('  ')}`;
    if (line.length <= room || most === 0) return line.slice(0, room);
  }
  return '';
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
