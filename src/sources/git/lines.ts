import { endOf, spawnGit } from './command.ts';
import type { GitArguments, GitProblem } from './command.ts';
import type { GitRepository } from './repository.ts';

/**
 * Runs git and hands over each whole line of its output as the bytes `chunk[from, to)`, which are valid only during the call.
 * Memory does not grow with the output. Never rejects for what git does; a `signal` that fires rejects, and so does an error of `onLine`.
 */
export async function readLines(
  repo: GitRepository,
  args: GitArguments,
  onLine: (chunk: Buffer, from: number, to: number) => void,
  options: { readonly input?: Uint8Array | string; readonly signal?: AbortSignal | undefined } = {},
): Promise<{ readonly code: number; readonly problem: GitProblem }> {
  const child = spawnGit(repo, args, options.signal);
  const ended = endOf(child);
  let rest: Buffer = Buffer.alloc(0);
  let failure: { error: unknown } | undefined;

  function take(chunk: Buffer): void {
    let from = 0;
    for (;;) {
      const stop = chunk.indexOf(10, from);
      if (stop < 0) break;
      onLine(chunk, from, stop);
      from = stop + 1;
    }
    rest = from === chunk.length ? Buffer.alloc(0) : chunk.subarray(from);
  }

  child.stdout.on('data', (chunk: Buffer) => {
    if (failure !== undefined) return;
    if (rest.length > LONGEST_LINE) return;
    try {
      take(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]));
    } catch (error) {
      failure = { error };
      child.kill('SIGKILL');
    }
  });
  child.stdin.end(options.input ?? '');
  const end = await ended;
  options.signal?.throwIfAborted();
  if (failure !== undefined) throw failure.error;
  return end;
}

/** Paths and ref names are far shorter; whatever is longer is hostile and ends the reading. */
const LONGEST_LINE = 1 << 22;
