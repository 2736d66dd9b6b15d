/** Asks for single keys on a terminal. */
export class Asker {
  readonly #keys: string[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  readonly #take = (chunk: Buffer): void => {
    this.#keys.push(...chunk.toString('utf8'));
    this.#wake?.();
  };
  readonly #end = (): void => {
    this.#ended = true;
    this.#wake?.();
  };

  constructor() {
    process.stdin.setRawMode(true);
    process.stdin.on('data', this.#take);
    process.stdin.on('end', this.#end);
    process.stdin.resume();
  }

  /** Waits for one of `answers` (small letters); other keys are passed over. Ctrl-C, Ctrl-D and Escape are `q`. */
  async ask<A extends string>(question: string, answers: readonly A[]): Promise<A | 'q'> {
    process.stdout.write(question);
    for (;;) {
      const key = this.#keys.shift();
      if (key === undefined) {
        if (this.#ended) return 'q';
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      const answer = LEAVING.has(key) ? 'q' : answers.find((one) => one === key.toLowerCase());
      if (answer === undefined) continue;
      process.stdout.write(`${answer}\n`);
      return answer;
    }
  }

  close(): void {
    process.stdin.off('data', this.#take);
    process.stdin.off('end', this.#end);
    process.stdin.setRawMode(false);
    process.stdin.pause();
  }
}

const LEAVING: ReadonlySet<string> = new Set(['\u0003', '\u0004', '\u001b']);
