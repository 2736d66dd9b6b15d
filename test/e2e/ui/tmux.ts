/** A real terminal without a window: a server of tmux of our own, on a socket of its own, that no configuration of anybody's reaches. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Path of a tmux; in CI one is installed from Debian when there is none. Undefined when none can be had. */
export function findTmux(): string | undefined {
  const found = onPath();
  if (found !== undefined || (process.env['CI'] ?? '') === '' || process.getuid?.() !== 0) return found;
  for (const args of [['update', '-qq'], ['install', '-y', '-qq', '--no-install-recommends', 'tmux']]) {
    const { status } = spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeout: 400_000 });
    if (status !== 0) return undefined;
  }
  return onPath();
}

function onPath(): string | undefined {
  return (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'tmux')).find((path) => existsSync(path));
}

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly cwd: string;
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
}

const PROMPT = 'ready> ';
const PATIENCE_MS = 30_000;
const POLL_MS = 40;
let serial = 0;

/** One shell in one terminal. */
export class Terminal {
  readonly #tmux: string;
  readonly #socket: string;
  readonly #raw: string;

  constructor(tmux: string, { columns, rows, cwd, home, env = {} }: TerminalOptions) {
    serial += 1;
    this.#tmux = tmux;
    this.#socket = join(home, `tmux-${serial}`);
    this.#raw = join(home, `tmux-${serial}.raw`);
    const environment = { PATH: process.env['PATH'] ?? '', HOME: home, LANG: 'C.UTF-8', TERM: 'xterm-256color', SHELL: '/bin/bash', PS1: PROMPT, ...env };
    execFileSync(tmux, ['-u', '-f', '/dev/null', '-S', this.#socket, 'new-session', '-d', '-x', String(columns), '-y', String(rows), `exec env -u TMUX -u TMUX_PANE PS1='${PROMPT}' bash --norc --noprofile`], { cwd, env: environment });
    this.#run('set-option', '-g', 'status', 'off');
    // A window of the size that was asked for, whatever else is attached.
    this.#run('set-option', '-g', 'window-size', 'manual');
    this.#run('set-option', '-g', 'escape-time', '0');
    this.#run('resize-window', '-x', String(columns), '-y', String(rows));
    this.#run('pipe-pane', '-O', `cat >> '${this.#raw}'`);
  }

  #run(...args: readonly string[]): string {
    return execFileSync(this.#tmux, ['-S', this.#socket, ...args], { encoding: 'utf8' });
  }

  /** Names of keys (`Enter`, `PageDown`, `C-c`) or characters. */
  press(...keys: readonly string[]): void {
    this.#run('send-keys', ...keys);
  }

  /** As it is, character by character. */
  type(text: string): void {
    this.#run('send-keys', '-l', text);
  }

  resize(columns: number, rows: number): void {
    this.#run('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** What is on the screen, without blanks at the ends of lines. */
  screen(): string {
    return this.#run('capture-pane', '-p').replace(/\n+$/, '');
  }

  /** With the colours. */
  styled(): string {
    return this.#run('capture-pane', '-p', '-e');
  }

  /** What the terminal itself says: `cursor_flag`, `alternate_on`, `pane_title`. */
  fact(name: string): string {
    return this.#run('display-message', '-p', `#{${name}}`).trim();
  }

  /** Every byte that was written to it so far. */
  raw(): string {
    return existsSync(this.#raw) ? readFileSync(this.#raw, 'latin1') : '';
  }

  /** Waits until the screen is as it should be, and gives it. @throws with the last screen when it never is. */
  async until(what: string, fits: RegExp | ((screen: string) => boolean), patience = PATIENCE_MS): Promise<string> {
    const end = Date.now() + patience;
    for (;;) {
      const screen = this.screen();
      if (typeof fits === 'function' ? fits(screen) : fits.test(screen)) return screen;
      if (Date.now() > end) throw new Error(`${what}: waited in vain; the screen is\n${screen}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Types a command, waits for the prompt behind its output, and gives what stands between. */
  async shell(command: string): Promise<string> {
    serial += 1;
    this.press('C-l');
    this.type(`${command}; echo "end-${serial}-$?"`);
    this.press('Enter');
    const screen = await this.until(command, new RegExp(`^end-${serial}-\\d+$`, 'm'));
    return screen;
  }

  close(): void {
    spawnSync(this.#tmux, ['-S', this.#socket, 'kill-server'], { stdio: 'ignore' });
  }
}
