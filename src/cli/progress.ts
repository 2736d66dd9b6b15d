import type { Progress } from '../scan/tasks.ts';

/** Quiet for the first second: most scans are done by then. */
const PATIENCE_MS = 1000;
const REDRAW_MS = 100;
const BAR = 24;

/** A one-line bar on standard error, only on a terminal. */
export class ProgressBar {
  readonly #stream: NodeJS.WriteStream;
  readonly #enabled: boolean;
  readonly #started = Date.now();
  #drawn = 0;
  #visible = false;

  constructor(stream: NodeJS.WriteStream, quiet: boolean) {
    this.#stream = stream;
    this.#enabled = stream.isTTY === true && !quiet && process.env['TERM'] !== 'dumb';
  }

  /** Draws at most ten times a second. `total.bytes` 0 means unknown: then only the count is shown. */
  update(phase: string, progress: Progress, total: Progress): void {
    const now = Date.now();
    if (!this.#enabled || now - this.#started < PATIENCE_MS || now - this.#drawn < REDRAW_MS) return;
    this.#drawn = now;
    const share = total.bytes > 0 ? Math.min(1, progress.bytes / total.bytes) : 0;
    const seconds = (now - this.#started) / 1000;
    const left = share > 0.02 ? `  ${Math.ceil((seconds * (1 - share)) / share)} s left` : '';
    const filled = Math.round(share * BAR);
    const bar = total.bytes > 0 ? `[${'='.repeat(filled)}${' '.repeat(BAR - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %  ` : '';
    const line = ` ${bar}${count(progress.artifacts)} of ${count(total.artifacts)} ${phase}${progress.bytes > 0 ? `  ${megabytes(progress.bytes / seconds)}/s` : ''}${left}`;
    this.#stream.write(`\r\u001b[2K${line.slice(0, Math.max(20, this.#stream.columns - 1))}`);
    this.#visible = true;
  }

  /** Takes the line away; nothing of it stays in the scrollback. */
  clear(): void {
    if (this.#visible) this.#stream.write('\r\u001b[2K');
    this.#visible = false;
  }
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
