import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DekeyError } from '../../model/errors.ts';
import type { ObjectFormat } from './repository.ts';

/** One entry of a git index: a tracked file, a submodule, or (in a sparse index) a folder left out of the worktree. */
export interface IndexEntry {
  /** From the worktree root, with `/`. A sparse folder ends in `/`. Checked: never absolute, never with `..`. */
  readonly path: string;
  /** File mode as git keeps it: 0o100644, 0o100755, 0o120000 (link), 0o160000 (submodule), 0o040000 (sparse folder). */
  readonly mode: number;
  readonly oid: string;
  /** 0, or 1 to 3 for the sides of an unresolved merge. */
  readonly stage: number;
  /** Size of the file when it was last looked at, in bytes modulo 2^32. */
  readonly size: number;
  /** Announced by `git add -N`: has a path and no content yet. */
  readonly intentToAdd: boolean;
  /** Left out of the worktree by sparse checkout. */
  readonly skipWorktree: boolean;
}

export const MODE_SUBMODULE = 0o160000;

const HEADER_BYTES = 12;
/** Ten 32-bit words of stat data before the object id. */
const STAT_BYTES = 40;
const LARGEST_INDEX = 1 << 30;

/**
 * Entries of the index of a worktree, in git's order. No index (a bare or a new repository) gives none.
 * Reads versions 2 to 4. Git is not run.
 *
 * @throws DekeyError naming the file when it is damaged, or split over two files.
 */
export async function readIndex(gitDir: string, format: ObjectFormat): Promise<readonly IndexEntry[]> {
  const path = join(gitDir, 'index');
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) return [];
  if (!info.isFile() || info.size > LARGEST_INDEX) throw unusable(path, 'is not a regular file of a possible size');
  return parseIndex(await readFile(path), format, path);
}

/** Paths of the submodules among `entries`. */
export function submodulePaths(entries: readonly IndexEntry[]): readonly string[] {
  return entries.filter((entry) => entry.mode === MODE_SUBMODULE && entry.stage === 0).map((entry) => entry.path);
}

/** Entries in the bytes of an index file; `name` is for messages. */
export function parseIndex(bytes: Buffer, format: ObjectFormat, name: string): readonly IndexEntry[] {
  const width = format === 'sha256' ? 32 : 20;
  const end = bytes.length - width;
  if (end < HEADER_BYTES || bytes.toString('latin1', 0, 4) !== 'DIRC') throw unusable(name, 'is not a git index');
  const version = bytes.readUInt32BE(4);
  if (version < 2 || version > 4) throw unusable(name, `has version ${version}, which is not known`);
  checkDigest(bytes, end, format, name);

  const count = bytes.readUInt32BE(8);
  const entries: IndexEntry[] = [];
  let at = HEADER_BYTES;
  let previous: Buffer = Buffer.alloc(0);
  for (let index = 0; index < count; index += 1) {
    const start = at;
    if (at + STAT_BYTES + width + 2 > end) throw unusable(name, 'ends within an entry');
    const mode = bytes.readUInt32BE(at + 24);
    const size = bytes.readUInt32BE(at + 36);
    at += STAT_BYTES;
    const oid = bytes.toString('hex', at, at + width);
    at += width;
    const flags = bytes.readUInt16BE(at);
    at += 2;
    let extended = 0;
    if ((flags & 0x4000) !== 0) {
      if (version < 3 || at + 2 > end) throw unusable(name, 'has an entry its version does not allow');
      extended = bytes.readUInt16BE(at);
      at += 2;
    }

    let keep = 0;
    if (version === 4) {
      const strip = readVarint(bytes, at, end, name);
      at = strip.end;
      if (strip.value > previous.length) throw unusable(name, 'has an entry that shortens a path beyond its start');
      keep = previous.length - strip.value;
    }
    const stop = bytes.indexOf(0, at);
    if (stop < 0 || stop >= end) throw unusable(name, 'ends within a path');
    const path = keep === 0 ? bytes.subarray(at, stop) : Buffer.concat([previous.subarray(0, keep), bytes.subarray(at, stop)]);
    // Versions 2 and 3 pad with 1 to 8 zero bytes so that every entry begins at a multiple of eight.
    at = version === 4 ? stop + 1 : start + Math.floor((stop - start + 8) / 8) * 8;
    previous = path;

    const text = path.toString('utf8');
    if (!isSafePath(text)) throw unusable(name, 'holds a path that leads out of the worktree');
    entries.push({
      path: text,
      mode,
      oid,
      stage: (flags >> 12) & 3,
      size,
      intentToAdd: (extended & 0x2000) !== 0,
      skipWorktree: (extended & 0x4000) !== 0,
    });
  }
  checkExtensions(bytes, at, end, name);
  return entries;
}

function checkDigest(bytes: Buffer, end: number, format: ObjectFormat, name: string): void {
  const stored = bytes.subarray(end);
  // `index.skipHash` leaves zeros in place of a digest.
  if (stored.every((byte) => byte === 0)) return;
  if (!createHash(format).update(bytes.subarray(0, end)).digest().equals(stored)) throw unusable(name, 'does not match its own checksum');
}

function checkExtensions(bytes: Buffer, start: number, end: number, name: string): void {
  let at = start;
  while (at + 8 <= end) {
    const signature = bytes.toString('latin1', at, at + 4);
    if (signature === 'link') throw new DekeyError(`${name} is a split index, which is not supported`, 'Run `git update-index --no-split-index` in the repository and scan again.');
    at += 8 + bytes.readUInt32BE(at + 4);
  }
  if (at > end) throw unusable(name, 'ends within an extension');
}

/** Git's offset encoding: seven bits a byte, each continued group counted from one higher. */
function readVarint(bytes: Buffer, start: number, end: number, name: string): { value: number; end: number } {
  let at = start;
  let value = 0;
  for (;;) {
    if (at >= end || value > 0xff_ffff) throw unusable(name, 'has a length that cannot be');
    const byte = bytes[at] ?? 0;
    at += 1;
    value = value * 128 + (byte & 0x7f);
    if ((byte & 0x80) === 0) return { value, end: at };
    value += 1;
  }
}

function isSafePath(path: string): boolean {
  if (path === '' || path.startsWith('/')) return false;
  // Cheap test first: hardly any path has two dots in a row.
  return !path.includes('..') || !path.split('/').includes('..');
}

function unusable(name: string, why: string): DekeyError {
  return new DekeyError(`${name} ${why}`, 'Run `git status` or `git reset` in the repository to write it anew.');
}
