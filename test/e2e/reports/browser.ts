/** A real Chromium without a window, driven by its own protocol over two pipes: nothing listens on the network, and no package is needed for it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Readable, Writable } from 'node:stream';
import { findProgram } from './debian.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const PACKAGES = ['chromium', 'fonts-liberation', 'fonts-dejavu-core'];

/** Path of a Chromium: that of `DEKEY_CHROMIUM`, or one on the PATH; in CI one is installed from Debian when there is none. Undefined when none can be had. */
export function findBrowser(): string | undefined {
  const named = process.env['DEKEY_CHROMIUM'];
  return named !== undefined && named !== '' ? named : findProgram(NAMES, PACKAGES);
}

type Answer = Readonly<Record<string, unknown>>;
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Answer;
  readonly result?: Answer;
  readonly error?: { readonly message: string };
}

export interface Screen {
  readonly width: number;
  readonly height: number;
  readonly scale?: number;
  readonly isPhone?: boolean;
}

/** One tab. Every request that it makes is kept in `requests`, every refusal of the page's policy in `refused`. */
export class Tab {
  readonly requests: string[] = [];
  readonly refused: string[] = [];
  readonly errors: string[] = [];
  readonly #process: ChildProcess;
  readonly #input: Writable;
  readonly #profile: string;
  readonly #waiting = new Map<number, { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void }>();
  readonly #events: { readonly method: string; readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  #session = '';
  #next = 1;
  #rest = Buffer.alloc(0);

  private constructor(path: string) {
    this.#profile = mkdtempSync(join(tmpdir(), 'dekey-chromium-'));
    // Root has no sandbox of Chromium's own; the pages are ours.
    this.#process = spawn(path, ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-extensions', '--hide-scrollbars', '--remote-debugging-pipe', `--user-data-dir=${this.#profile}`, 'about:blank'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    this.#input = this.#process.stdio[3] as Writable;
    (this.#process.stdio[4] as Readable).on('data', (chunk: Buffer) => this.#take(chunk));
    this.#process.once('exit', (code, signal) => {
      for (const { reject } of [...this.#waiting.values(), ...this.#events]) reject(new Error(`Chromium ended: ${code ?? signal ?? ''}`));
    });
  }

  static async open(path: string): Promise<Tab> {
    const tab = new Tab(path);
    const { targetId } = await tab.#call('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await tab.#call('Target.attachToTarget', { targetId, flatten: true });
    tab.#session = String(sessionId);
    for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await tab.#call(`${domain}.enable`, {});
    return tab;
  }

  async show(screen: Screen, media: { readonly type?: 'screen' | 'print'; readonly scheme?: 'light' | 'dark' } = {}): Promise<void> {
    await this.#call('Emulation.setDeviceMetricsOverride', { width: screen.width, height: screen.height, deviceScaleFactor: screen.scale ?? 1, mobile: screen.isPhone ?? false });
    await this.#call('Emulation.setEmulatedMedia', { media: media.type ?? 'screen', features: [{ name: 'prefers-color-scheme', value: media.scheme ?? 'light' }] });
  }

  /** Gives the milliseconds from the start of the navigation to the second frame after it was loaded, by the page's own clock. */
  async go(url: string): Promise<number> {
    // Another part of the same file would be no navigation.
    const left = this.#event('Page.loadEventFired');
    await this.#call('Page.navigate', { url: 'about:blank' });
    await left;
    const loaded = this.#event('Page.loadEventFired');
    await this.#call('Page.navigate', { url });
    await loaded;
    return Number(await this.run('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))'));
  }

  /** Runs an expression in the page and gives its value, awaited. */
  async run(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.#call('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails !== undefined) throw new Error(`the page said: ${JSON.stringify(exceptionDetails).slice(0, 600)}`);
    return (result as { value?: unknown }).value;
  }

  /** Goes to a view by its address and waits until it is drawn. */
  async view(hash: string): Promise<void> {
    await this.run(`new Promise((done) => { location.hash = ${JSON.stringify(hash)}; setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => done(1))), 30); })`);
  }

  async picture(isWhole = false): Promise<Buffer> {
    const { data } = await this.#call('Page.captureScreenshot', { format: 'png', captureBeyondViewport: isWhole });
    return Buffer.from(String(data), 'base64');
  }

  async pdf(): Promise<Buffer> {
    const { data } = await this.#call('Page.printToPDF', { printBackground: true, preferCSSPageSize: true, paperWidth: 8.27, paperHeight: 11.69 });
    return Buffer.from(String(data), 'base64');
  }

  async close(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#process.once('exit', () => resolve()));
    this.#process.kill('SIGKILL');
    await ended;
    // Its children end a moment later, and write until then.
    for (let left = 20; left > 0; left -= 1) {
      try {
        rmSync(this.#profile, { recursive: true, force: true });
        return;
      } catch {
        await pause(100);
      }
    }
  }

  #call(method: string, params: Answer): Promise<Answer> {
    const id = this.#next++;
    const message = { id, method, params, ...(this.#session === '' ? {} : { sessionId: this.#session }) };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Chromium gave no answer to ${method}`)), 60_000);
      this.#waiting.set(id, {
        resolve: (answer) => {
          clearTimeout(timer);
          resolve(answer);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      this.#input.write(`${JSON.stringify(message)}\0`);
    });
  }

  #event(method: string): Promise<void> {
    return new Promise((resolve, reject) => this.#events.push({ method, resolve, reject }));
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (let end = this.#rest.indexOf(0); end !== -1; end = this.#rest.indexOf(0)) {
      const message = JSON.parse(this.#rest.subarray(0, end).toString('utf8')) as Message;
      this.#rest = this.#rest.subarray(end + 1);
      this.#answer(message);
    }
  }

  #answer({ id, method, params, result, error }: Message): void {
    if (id !== undefined) {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result ?? {});
      else waiting?.reject(new Error(error.message));
      return;
    }
    if (method === 'Network.requestWillBeSent') this.requests.push(String((params?.['request'] as { url?: string } | undefined)?.url));
    if (method === 'Runtime.exceptionThrown') this.errors.push(JSON.stringify(params).slice(0, 400));
    if (method === 'Log.entryAdded') this.#log((params?.['entry'] ?? {}) as { text?: string; level?: string; source?: string });
    for (let index = this.#events.length - 1; index >= 0; index -= 1) {
      if (this.#events[index]?.method === method) this.#events.splice(index, 1)[0]?.resolve();
    }
  }

  #log({ text = '', level, source }: { readonly text?: string; readonly level?: string; readonly source?: string }): void {
    if (source === 'security' || /Content Security Policy|TrustedHTML/.test(text)) this.refused.push(text);
    else if (level === 'error') this.errors.push(text);
  }
}
