import { closeSync, openSync, readSync, constants } from 'node:fs';
import { inflateSync } from 'node:zlib';
import type { ObjectType } from '../read-objects.ts';
import { deltaSizes, entryHeader } from './entry-header.ts';
import { BLOB, COMMIT, type PackPlan, TAG, nameOfEntry } from './pack-plan.ts';

/** Memory that objects are rebuilt in. Addresses are good until released; views until the next call that makes room. */
export interface ObjectMemory<Copies> {
  allocate(size: number): number;
  release(address: number): void;
  view(address: number, size: number): Uint8Array;
  /** Bytes that are handed out. */
  readonly live: number;
  /** Writes at `out` what a delta makes of its base; undefined when it does not fit the sizes. */
  applyDelta(delta: number, deltaSize: number, base: number, baseSize: number, out: number, outSize: number): Copies | undefined;
}

/** An object as it stands in memory, and what its base gave. */
export interface EntryObject<Copies, Note> {
  readonly oid: string;
  readonly type: ObjectType;
  readonly address: number;
  readonly size: number;
  /** For an object made from another: what `take` returned for that one, and which bytes are the same in both. */
  readonly base: { readonly note: Note; readonly copies: Copies } | undefined;
}

export interface EntrySink<Copies, Note> {
  readonly memory: ObjectMemory<Copies>;
  /** Objects above this many bytes, and all that is made from them, are passed over. */
  readonly largest: number;
  /** Each object, bases first. The note is kept while objects made from this one are still to come. `known` objects come too, for their note's sake. */
  take(object: EntryObject<Copies, Note>, known: boolean): Note;
  /** An object that could not be read here; git may do better, or say why not. */
  unread(oid: string): void;
  tooLarge(oid: string): void;
}

/** Bases that may wait in memory at one time: a store made to need more is left to git. */
const MOST_LIVE = 96 * 2 ** 20;
const READ_AHEAD = 16 * 1024;

interface Live<Note> {
  readonly address: number;
  readonly size: number;
  readonly note: Note;
  left: number;
}

/**
 * Reads the entries `order[from..to)` of a pack, which have to be whole families: see {@link PackPlan.order}. No process is started. Every byte
 * read is checked against the sizes the pack states and by the checksum of its compression; objects' ids are not computed.
 *
 * @throws what `sink` throws.
 */
export function readEntries<Copies, Note>(plan: PackPlan, from: number, to: number, sink: EntrySink<Copies, Note>): void {
  const { memory } = sink;
  const live = new Map<number, Live<Note>>();
  const descriptor = open(plan.path);
  if (descriptor === undefined) {
    for (let at = from; at < to; at += 1) if (plan.known[plan.order[at] ?? 0] === 0) sink.unread(nameOfEntry(plan, plan.order[at] ?? 0));
    return;
  }
  const file = new ReadAhead(descriptor);

  /** Puts the object in memory. */
  function build(entry: number): { address: number; size: number; copies: Copies | undefined; base: Live<Note> | undefined } | 'too large' | undefined {
    const start = plan.offsets[entry] ?? 0;
    const stored = file.read(start, (plan.offsets[entry + 1] ?? 0) - start);
    const header = entryHeader(stored, 0, stored.length, plan.width);
    if (header === undefined) return undefined;
    if (header.size > sink.largest) return 'too large';
    const bytes = inflate(stored.subarray(header.data), header.size);
    if (bytes === undefined) return undefined;
    if (header.kind === 'whole') {
      const address = memory.allocate(bytes.length);
      memory.view(address, bytes.length).set(bytes);
      return { address, size: bytes.length, copies: undefined, base: undefined };
    }
    const base = live.get(plan.parents[entry] ?? -1);
    const sizes = deltaSizes(bytes);
    if (base === undefined || sizes === undefined || sizes.base !== base.size) return undefined;
    if (sizes.result > sink.largest) return 'too large';
    if (memory.live + sizes.result > MOST_LIVE && live.size > 1) return undefined;
    const length = bytes.length - sizes.commands;
    const delta = memory.allocate(length);
    const address = memory.allocate(sizes.result);
    memory.view(delta, length).set(bytes.subarray(sizes.commands));
    const copies = memory.applyDelta(delta, length, base.address, base.size, address, sizes.result);
    memory.release(delta);
    if (copies !== undefined) return { address, size: sizes.result, copies, base };
    memory.release(address);
    return undefined;
  }

  function done(parent: number): void {
    const base = live.get(parent);
    if (base === undefined) return;
    base.left -= 1;
    if (base.left > 0) return;
    live.delete(parent);
    memory.release(base.address);
  }

  try {
    for (let at = from; at < to; at += 1) {
      const entry = plan.order[at] ?? 0;
      const known = plan.known[entry] === 1;
      const oid = nameOfEntry(plan, entry);
      const object = build(entry);
      if (object === undefined || object === 'too large') {
        if (!known) {
          if (object === undefined) sink.unread(oid);
          else sink.tooLarge(oid);
        }
      } else {
        const { address, size, copies, base } = object;
        const note = sink.take({ oid, type: typeOf(plan.types[entry] ?? 0), address, size, base: base === undefined || copies === undefined ? undefined : { note: base.note, copies } }, known);
        const left = plan.children[entry] ?? 0;
        if (left === 0) memory.release(address);
        else live.set(entry, { address, size, note, left });
      }
      done(plan.parents[entry] ?? -1);
    }
  } finally {
    for (const { address } of live.values()) memory.release(address);
    closeSync(descriptor);
  }
}

/** Undefined when the pack is gone: git repacks when it likes, and then knows where its objects went. */
function open(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch {
    return undefined;
  }
}

function typeOf(type: number): ObjectType {
  if (type === BLOB) return 'blob';
  if (type === COMMIT) return 'commit';
  return type === TAG ? 'tag' : 'tree';
}

/** Exactly `size` bytes, or undefined: a stream that gives more or less is damaged, and no longer one is ever kept. */
export function inflate(bytes: Uint8Array, size: number): Buffer | undefined {
  try {
    // One byte more than needed spares zlib's loop a second, empty round.
    const result = inflateSync(bytes, { chunkSize: Math.max(64, size + 1), maxOutputLength: Math.max(1, size) });
    return result.length === size ? result : undefined;
  } catch {
    return undefined;
  }
}

/** Reads stretches of a file, most of which lie close behind each other. What it returns is good until the next call. */
class ReadAhead {
  readonly #descriptor: number;
  #buffer = Buffer.allocUnsafe(READ_AHEAD);
  #from = 0;
  #to = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  read(offset: number, length: number): Buffer {
    if (offset < this.#from || offset + length > this.#to) {
      if (length > this.#buffer.length) this.#buffer = Buffer.allocUnsafe(length);
      // Far from the last place only what is asked: children stand where they like.
      const near = offset >= this.#from && offset < this.#to + READ_AHEAD;
      this.#from = offset;
      this.#to = offset + readSync(this.#descriptor, this.#buffer, 0, near ? Math.max(length, READ_AHEAD) : length, offset);
    }
    return this.#buffer.subarray(offset - this.#from, Math.min(this.#to, offset + length) - this.#from);
  }
}
