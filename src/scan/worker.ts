import { parentPort, workerData } from 'node:worker_threads';
import { ScanEngine } from './engine.ts';
import type { EngineOptions, Task } from './tasks.ts';

/** Messages of a worker to the pool: `done` ends a task, `failed` is a fault of ours and carries no scanned text. */
const port = parentPort;
if (port === null) throw new Error('worker.ts runs only as a worker thread');
const options: EngineOptions = workerData;
const engine = new ScanEngine(options);

port.on('message', (task: Task) => {
  engine
    .run(task, (progress) => port.postMessage({ kind: 'progress', progress }))
    .then((result) => port.postMessage({ kind: 'done', result }))
    .catch((error: unknown) => port.postMessage({ kind: 'failed', message: error instanceof Error ? error.message : 'unknown fault', stack: error instanceof Error ? error.stack : undefined }));
});
