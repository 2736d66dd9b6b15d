import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import type { ObjectType } from '../read-objects.ts';

export type LooseObject = { readonly kind: 'object'; readonly type: ObjectType; readonly bytes: Uint8Array } | { readonly kind: 'too large' } | { readonly kind: 'unread' };

const LONGEST_HEADER = 32;

/** Reads one loose object. Trees come without their bytes: nobody here wants them. */
export function readLooseObject(path: string, largest: number): LooseObject {
  const stored = readStored(path, largest + LONGEST_HEADER + 65_536);
  if (stored === 'too large') return { kind: 'too large' };
  if (stored === undefined) return { kind: 'unread' };
  try {
    const start = inflateSync(stored.subarray(0, 512), { finishFlush: 2, maxOutputLength: 2 ** 20 });
    const zero = start.subarray(0, LONGEST_HEADER).indexOf(0);
    const header = /^(blob|tree|commit|tag) (0|[1-9][0-9]{0,15})$/.exec(start.toString('latin1', 0, Math.max(0, zero)));
    const type = header?.[1];
    if (type !== 'blob' && type !== 'tree' && type !== 'commit' && type !== 'tag') return { kind: 'unread' };
    if (type === 'tree') return { kind: 'object', type, bytes: new Uint8Array(0) };
    const size = Number(header?.[2]);
    if (size > largest) return { kind: 'too large' };
    const whole = zero + 1 + size;
    const bytes = inflateSync(stored, { chunkSize: Math.max(64, whole + 1), maxOutputLength: whole });
    return bytes.length === whole ? { kind: 'object', type, bytes: bytes.subarray(zero + 1) } : { kind: 'unread' };
  } catch {
    return { kind: 'unread' };
  }
}

function readStored(path: string, most: number): Buffer | 'too large' | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const info = fstatSync(descriptor);
    if (!info.isFile()) return undefined;
    if (info.size > most) return 'too large';
    const bytes = Buffer.allocUnsafe(info.size);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0));
  } catch {
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}
