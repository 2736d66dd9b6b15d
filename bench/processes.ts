/** Starting programs, timing them, and measuring the memory of everything they start. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const DEKEY = join(process.cwd(), 'bin', 'dekey.js');
const LARGEST_OUTPUT = 2 ** 30;

export interface Ran {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs dekey to its end, with an environment that changes nothing about its output. */
export function dekey(args: readonly string[], cwd: string): Ran {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [DEKEY, ...args], { cwd, maxBuffer: LARGEST_OUTPUT, env: plainEnvironment() });
  if (error !== undefined) throw error;
  return { code: status ?? -1, stdout, stderr: stderr.toString('utf8') };
}

export function plainEnvironment(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', LANG: 'C.UTF-8' };
}

/** Wall time of one run in milliseconds. Output goes to /dev/null; `input` is a file. */
export async function timed(program: string, args: readonly string[], options: { readonly cwd: string; readonly input?: string; readonly exits?: readonly number[] }): Promise<number> {
  const input = openSync(options.input ?? '/dev/null', 'r');
  const sink = openSync('/dev/null', 'w');
  try {
    const started = performance.now();
    const child = spawn(program, args, { cwd: options.cwd, stdio: [input, sink, sink], env: plainEnvironment() });
    const code = await new Promise<number>((done, failed) => {
      child.on('error', failed);
      child.on('exit', (status) => done(status ?? -1));
    });
    const elapsed = performance.now() - started;
    if (!(options.exits ?? [0]).includes(code)) throw new Error(`${program} ${args.join(' ')} ended with code ${code}`);
    return elapsed;
  } finally {
    closeSync(input);
    closeSync(sink);
  }
}

export interface Memory {
  /** Bytes, at the moment when the sum was largest. */
  readonly sum: number;
  readonly node: number;
  readonly git: number;
  /** Samples taken; too few mean that the peak may have been missed. */
  readonly samples: number;
}

const SAMPLE_MS = 50;

/**
 * Peak resident memory of a process and everything below it, sampled from /proc. Pages that processes share are counted in each of them,
 * so the sum is an upper bound.
 */
export async function peakMemory(program: string, args: readonly string[], options: { readonly cwd: string }): Promise<Memory> {
  const sink = openSync('/dev/null', 'w');
  const child = spawn(program, args, { cwd: options.cwd, stdio: ['ignore', sink, sink], env: plainEnvironment() });
  let peak: Memory = { sum: 0, node: 0, git: 0, samples: 0 };
  let samples = 0;
  const timer = setInterval(() => {
    if (child.pid === undefined) return;
    const node = residentBytes(child.pid);
    let git = 0;
    for (const pid of descendants(child.pid)) git += residentBytes(pid);
    samples += 1;
    if (node + git > peak.sum) peak = { sum: node + git, node, git, samples };
  }, SAMPLE_MS);
  try {
    await new Promise<void>((done, failed) => {
      child.on('error', failed);
      child.on('exit', () => done());
    });
  } finally {
    clearInterval(timer);
    closeSync(sink);
  }
  return { ...peak, samples };
}

/** A child belongs to the thread that started it, so every thread is asked. */
function descendants(pid: number): number[] {
  const found: number[] = [];
  const open = [pid];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const thread of readNames(`/proc/${next}/task`)) {
      for (const child of readText(`/proc/${next}/task/${thread}/children`).split(' ')) {
        if (child === '') continue;
        found.push(Number(child));
        open.push(Number(child));
      }
    }
  }
  return found;
}

function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readText(`/proc/${pid}/status`))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** Processes end while they are looked at. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readNames(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
