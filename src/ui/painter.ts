import type { Size } from './layout.ts';

/** Other screen, cursor away, no wrapping at the edge; and back. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[2J';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[0m\u001b[?1049l';

/**
 * Turns whole frames into what a terminal has to be told: only the lines that changed, each by its own address. Little goes over a slow line,
 * nothing flickers, and no frame is ever scrolled.
 */
export class Painter {
  readonly #write: (bytes: string) => void;
  #lines: readonly string[] = [];
  #isOpen = false;

  constructor(write: (bytes: string) => void) {
    this.#write = write;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#write(ENTER);
  }

  /** Safe to be called twice, and from a handler of the end of the process. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#lines = [];
    this.#write(LEAVE);
  }

  /** Forgets what is on the screen: the next frame is drawn whole. */
  reset(): void {
    if (!this.#isOpen) return;
    this.#lines = [];
    this.#write('\u001b[0m\u001b[2J');
  }

  paint(frame: string, { rows }: Pick<Size, 'rows'>): void {
    if (!this.#isOpen) return;
    const lines = frame.split('\n').slice(0, rows);
    // A line is erased before it is drawn: behind a full one, erasing would take its last character.
    let bytes = '';
    for (const [index, line] of lines.entries()) if (line !== this.#lines[index]) bytes += `\u001b[${index + 1};1H\u001b[2K${line}\u001b[0m`;
    for (let index = lines.length; index < this.#lines.length; index += 1) bytes += `\u001b[${index + 1};1H\u001b[2K`;
    this.#lines = lines;
    if (bytes !== '') this.#write(bytes);
  }
}
