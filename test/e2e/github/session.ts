/** The built program against a loopback GitHub: one folder, one organisation, one server. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Inventory } from '../../../src/model/inventory.ts';
import { DEKEY, Kit, type Ran } from '../kit.ts';
import type { Record } from './server/journal.ts';
import { GithubServer, type ServerOptions } from './server/server.ts';
import type { World } from './server/state.ts';
import { makeWorld, tokenText, type Truth, type WorldOptions } from './world/make.ts';

/** What one run of the program asked for, and what came of it. */
export interface Run extends Ran {
  readonly records: readonly Record[];
  readonly seconds: number;
}

export interface RunOptions {
  /** Which of the world's tokens: `scan` reads, `write` opens pull requests. */
  readonly token?: string;
  readonly cache?: string;
  readonly cwd?: string;
  /** Kills the program, as nothing else can stop it, once this many requests came. */
  readonly killAfter?: number;
  readonly timeoutMs?: number;
}

/** A second of ours is a minute of GitHub's where limits are counted by the minute. */
const FAST = { minuteMs: 1000, retryAfter: 1, primary: 1_000_000 } as const;

export class Session {
  readonly kit: Kit;
  readonly world: World;
  readonly truth: Truth;
  readonly server: GithubServer;
  readonly folder: string;
  readonly #children = new Set<ChildProcess>();

  private constructor(kit: Kit, world: World, truth: Truth, server: GithubServer) {
    this.kit = kit;
    this.world = world;
    this.truth = truth;
    this.server = server;
    this.folder = kit.folder('work');
  }

  static async open(seed: number, world: Omit<WorldOptions, 'folder' | 'key' | 'seed'>, options: ServerOptions = {}): Promise<Session> {
    const kit = new Kit(seed);
    const made = makeWorld({ ...world, seed, folder: kit.folder('github'), key: (kind) => kit.key(kind) });
    const server = new GithubServer(made.world, { ...options, limits: { ...FAST, ...options.limits } });
    await server.start();
    return new Session(kit, made.world, made.truth, server);
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await this.server.stop();
    this.kit.remove();
  }

  async dekey(args: readonly string[], { token = 'scan', cache = 'cache', cwd = this.folder, killAfter, timeoutMs = 1_200_000 }: RunOptions = {}): Promise<Run> {
    const { server } = this;
    server.journal.take();
    const home = join(this.kit.home, 'home');
    mkdirSync(home, { recursive: true });
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: home,
      NO_COLOR: '1',
      TMPDIR: process.env['TMPDIR'] ?? '/tmp',
      GITHUB_API_URL: server.url,
      GITHUB_TOKEN: tokenText(token),
      DEKEY_CACHE_DIR: join(this.kit.home, cache),
    };
    const started = performance.now();
    const child = spawn(process.execPath, [DEKEY, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#children.add(child);
    const [out, err] = [collect(child.stdout), collect(child.stderr)];
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    const watch = killAfter === undefined ? undefined : setInterval(() => {
      if (server.journal.records.length >= killAfter) child.kill('SIGKILL');
    }, 2);
    const [code, signal] = await new Promise<[number | null, string | null]>((done, failed) => {
      child.once('error', failed);
      child.once('close', (...ended) => done(ended));
    });
    clearTimeout(timer);
    clearInterval(watch);
    this.#children.delete(child);
    const [stdout, stderr] = [await out, await err];
    this.kit.keep(`stdout of ${args.join(' ')}`, stdout);
    this.kit.keep(`stderr of ${args.join(' ')}`, stderr);
    return { code: signal === null ? (code ?? -1) : -1, stdout, stderr, records: server.journal.take(), seconds: (performance.now() - started) / 1000 };
  }

  /** A scan with its inventory. @throws when there is none. */
  async scan(args: readonly string[], options: RunOptions = {}): Promise<Run & { readonly inventory: Inventory }> {
    const file = join(this.folder, `inventory-${Math.random().toString(36).slice(2)}.json`);
    const ran = await this.dekey(['scan', ...args, '--format', 'json', '--output', file, '--fail-on', 'none'], options);
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      throw new Error(`no inventory, code ${ran.code}: ${ran.stderr.slice(-2000)}`);
    }
    this.kit.keep(`inventory of ${args.join(' ')}`, text);
    const inventory: Inventory = JSON.parse(text);
    return { ...ran, inventory };
  }
}

async function collect(stream: NodeJS.ReadableStream | null): Promise<string> {
  const parts: Buffer[] = [];
  if (stream !== null) for await (const part of stream) parts.push(Buffer.isBuffer(part) ? part : Buffer.from(part));
  return Buffer.concat(parts).toString('utf8');
}
