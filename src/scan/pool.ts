import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import type { EngineOptions, Progress, Task, TaskResult } from './tasks.ts';

const DEAF_MS = 50;

type Message = { kind: 'progress'; progress: Progress } | { kind: 'done'; result: TaskResult } | { kind: 'failed'; message: string; stack?: string };

/**
 * Runs `tasks` on `workers` threads and returns their results in the order of the tasks, whatever finished first.
 * With one worker and `inline` everything runs in the calling thread: a small folder is done before a thread would have started.
 */
export async function runTasks(tasks: readonly Task[], options: EngineOptions, workers: number, inline: boolean, onProgress: (progress: Progress) => void): Promise<TaskResult[]> {
  if (tasks.length === 0) return [];
  const total = new Totals(onProgress);
  if (inline || workerFile() === undefined) {
    const { ScanEngine } = await import('./engine.ts');
    const engine = new ScanEngine(options);
    const results: TaskResult[] = [];
    let heard = performance.now();
    for (const [index, task] of tasks.entries()) {
      // Reading and matching never wait, so a thread that does it all hears no Ctrl-C and draws no screen unless it is given a turn.
      if (performance.now() - heard > DEAF_MS) {
        await new Promise((resolve) => setImmediate(resolve));
        heard = performance.now();
      }
      const result = await engine.run(task, (progress) => total.update(index, progress));
      total.update(index, { artifacts: result.count, bytes: result.bytes });
      results.push(result);
    }
    return results;
  }
  const results: (TaskResult | undefined)[] = tasks.map(() => undefined);
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(workers, tasks.length) }, async () => {
      const worker = await startWorker(options);
      try {
        while (next < tasks.length) {
          const index = next;
          next += 1;
          const task = tasks[index];
          if (task === undefined) break;
          const result = await runOn(worker, task, (progress) => total.update(index, progress));
          total.update(index, { artifacts: result.count, bytes: result.bytes });
          results[index] = result;
        }
      } finally {
        await worker.terminate();
      }
    }),
  );
  return results.flatMap((result) => (result === undefined ? [] : [result]));
}

/** Sums what tasks report, each of which counts from its own start. */
class Totals {
  readonly #parts = new Map<number, Progress>();
  readonly #report: (progress: Progress) => void;
  #artifacts = 0;
  #bytes = 0;

  constructor(report: (progress: Progress) => void) {
    this.#report = report;
  }

  update(index: number, progress: Progress): void {
    const before = this.#parts.get(index) ?? { artifacts: 0, bytes: 0 };
    this.#artifacts += progress.artifacts - before.artifacts;
    this.#bytes += progress.bytes - before.bytes;
    this.#parts.set(index, progress);
    this.#report({ artifacts: this.#artifacts, bytes: this.#bytes });
  }
}

/** The built worker: beside this module in the bundle, or in `dist` when the sources themselves are run (tests). */
function workerFile(): string | undefined {
  for (const place of ['./worker.cjs', '../../dist/worker.cjs']) {
    const path = fileURLToPath(new URL(place, import.meta.url));
    if (existsSync(path)) return path;
  }
  return undefined;
}

async function startWorker(options: EngineOptions): Promise<Worker> {
  const { Worker: Thread } = await import('node:worker_threads');
  // A worker inherits no environment and no flags: nothing of the user's shell can change what it does or leak through it.
  return new Thread(workerFile() ?? '', { workerData: options, execArgv: [], env: { PATH: process.env['PATH'] ?? '' }, resourceLimits: { maxOldGenerationSizeMb: 1024 } });
}

async function runOn(worker: Worker, task: Task, onProgress: (progress: Progress) => void): Promise<TaskResult> {
  return await new Promise<TaskResult>((resolve, reject) => {
    const finish = (act: () => void): void => {
      worker.off('message', onMessage);
      worker.off('error', onError);
      worker.off('exit', onExit);
      act();
    };
    const onMessage = (message: Message): void => {
      if (message.kind === 'progress') onProgress(message.progress);
      if (message.kind === 'done') finish(() => resolve(message.result));
      if (message.kind === 'failed') finish(() => reject(new Error(message.message, { cause: message.stack })));
    };
    const onError = (error: Error): void => finish(() => reject(error));
    const onExit = (code: number): void => finish(() => reject(new Error(`a scanning thread ended with code ${code}`)));
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.on('exit', onExit);
    worker.postMessage(task);
  });
}
