import { endOf, gitFailure, isRefusal, spawnGit } from './command.ts';
import type { GitProblem } from './command.ts';
import type { ObjectNames } from './object-names.ts';
import type { GitRepository } from './repository.ts';

export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag';

/** Where the contents of objects go. All calls come in the order the objects were asked for. */
export interface ObjectSink {
  /**
   * A place of at least `size` bytes, which is filled before `end`; undefined to pass over the object, and `end` is then not called.
   * The place may be the same for every object.
   */
  begin(oid: string, type: ObjectType, size: number): Uint8Array | undefined;
  end(oid: string, type: ObjectType, size: number): void;
  /** The store does not have the object, or not whole. May come after `begin` in place of `end`. */
  missing(oid: string, why: 'missing' | 'damaged'): void;
}

/** Git ends at a damaged object and is started again behind it. After this many the rest is called damaged as well. */
const MOST_RESTARTS = 2000;
/** From this size on git streams a loose object and may give fewer bytes than it said; see `SETTINGS` in command.ts. */
const STREAMED_BYTES = 512 * 2 ** 20;
/** Names handed to git at a time. Larger saves system calls, smaller lets git begin sooner. */
const NAMES_AT_A_TIME = 1500;
const LONGEST_HEADER = 160;
const NEWLINE = 10;

/**
 * Reads whole objects through one `git cat-file --batch`. Contents are copied once, from the pipe into what `sink.begin` gave. Fastest when
 * `oids` are in the order of `listObjects`, which is that of the pack.
 *
 * @throws TargetError when git cannot be run on the repository at all; what `sink` throws.
 */
export async function readObjects(repo: GitRepository, oids: readonly string[] | ObjectNames, sink: ObjectSink, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
  const names = nameReader(oids);
  let at = 0;
  for (let restarts = 0; at < names.count; restarts += 1) {
    const run = await readRun(repo, names, at, names.count, sink, options.signal);
    if (run.at === names.count) return;
    if (run.at === 0 && isRefusal(run.problem)) throw gitFailure(repo, 'cat-file', run.problem);
    at = run.at;
    if (restarts >= MOST_RESTARTS) break;
    // By itself the object is either read whole or shown to be at fault: answers to others cannot be mixed into it.
    const alone = await readRun(repo, names, at, at + 1, sink, options.signal);
    if (alone.at === at) sink.missing(names.name(at), 'damaged');
    at += 1;
  }
  for (; at < names.count; at += 1) sink.missing(names.name(at), 'damaged');
}

interface NameReader {
  readonly count: number;
  name(index: number): string;
  /** Lines for git's input. */
  lines(from: number, to: number): Uint8Array | string;
}

function nameReader(oids: readonly string[] | ObjectNames): NameReader {
  if ('bytes' in oids) return { count: oids.count, name: (index) => oids.name(index), lines: (from, to) => oids.lines(from, to) };
  for (const oid of oids) if (!/^[0-9a-f]{40,64}$/.test(oid)) throw new Error('not an object id');
  return { count: oids.length, name: (index) => oids[index] ?? '', lines: (from, to) => `${oids.slice(from, to).join('\n')}\n` };
}

/** One git process for the objects from `start` to `end`. Gives the index of the first that was not answered whole. */
async function readRun(repo: GitRepository, names: NameReader, start: number, end: number, sink: ObjectSink, signal: AbortSignal | undefined): Promise<{ at: number; problem: GitProblem }> {
  const child = spawnGit(repo, ['cat-file', '--batch', '--buffer'], signal);
  const ended = endOf(child);

  let sent = start;
  function send(): void {
    while (sent < end) {
      const to = Math.min(sent + NAMES_AT_A_TIME, end);
      const lines = names.lines(sent, to);
      sent = to;
      if (!child.stdin.write(lines)) return;
    }
    child.stdin.end();
  }
  child.stdin.on('drain', send);
  send();

  let at = start;
  const header = Buffer.alloc(LONGEST_HEADER);
  let headerLength = 0;
  let type: ObjectType = 'blob';
  let name = '';
  let size = 0;
  /** Bytes of the object's contents still to come; -1 while in a header, and 0 means the newline behind the contents. */
  let left = -1;
  let place: Uint8Array | undefined;

  /** Takes what git wrote; false when the rest of it is of no use. */
  function take(chunk: Buffer): boolean {
    let from = 0;
    while (from < chunk.length) {
      if (left > 0) {
        const step = Math.min(left, chunk.length - from);
        if (place !== undefined) place.set(step === chunk.length ? chunk : chunk.subarray(from, from + step), size - left);
        left -= step;
        from += step;
        continue;
      }
      if (left === 0) {
        if (chunk[from] !== NEWLINE) return false;
        from += 1;
        left = -1;
        at += 1;
        if (place !== undefined) sink.end(name, type, size);
        continue;
      }
      const stop = chunk.indexOf(NEWLINE, from);
      const lineEnd = stop < 0 ? chunk.length : stop;
      if (at >= end || headerLength + lineEnd - from > LONGEST_HEADER) return false;
      let text: string;
      if (headerLength === 0 && stop >= 0) {
        text = chunk.toString('latin1', from, lineEnd);
      } else {
        chunk.copy(header, headerLength, from, lineEnd);
        headerLength += lineEnd - from;
        if (stop < 0) return true;
        text = header.toString('latin1', 0, headerLength);
        headerLength = 0;
      }
      from = lineEnd + 1;
      name = names.name(at);
      // Another name means that an object before this one had another length than git said.
      if (!text.startsWith(name)) return false;
      if (text.endsWith(' missing')) {
        sink.missing(name, 'missing');
        at += 1;
        continue;
      }
      type = objectType(text.charCodeAt(name.length + 1), text.charCodeAt(name.length + 2));
      size = Number(text.slice(text.lastIndexOf(' ') + 1));
      if (!Number.isSafeInteger(size)) return false;
      if (size >= STREAMED_BYTES && end - start > 1) return false;
      place = sink.begin(name, type, size);
      if (place !== undefined && place.length < size) throw new Error('the sink gave too small a place');
      if (place === undefined && end - start === 1) {
        at += 1;
        return false;
      }
      left = size;
    }
    return true;
  }

  let failure: { error: unknown } | undefined;
  let stopped = false;
  child.stdout.on('data', (chunk: Buffer) => {
    if (stopped) return;
    try {
      stopped = !take(chunk);
    } catch (error) {
      stopped = true;
      failure = { error };
    }
    if (stopped) child.kill('SIGKILL');
  });
  const { problem } = await ended;
  if (failure !== undefined) throw failure.error;
  signal?.throwIfAborted();
  return { at, problem };
}

function objectType(first: number, second: number): ObjectType {
  if (first === 98) return 'blob';
  if (first === 99) return 'commit';
  return second === 114 ? 'tree' : 'tag';
}
