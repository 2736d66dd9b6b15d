import { closeSync, constants, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Skipped } from '../../model/inventory.ts';
import { isPlainRelative } from '../../support/paths.ts';
import { sizeWords } from '../directory/read.ts';

export interface UnpackLimits {
  /** Bytes of one file; larger ones are named, not written. */
  readonly file: number;
  /** Bytes of the whole archive, unpacked, whatever is in it. */
  readonly archive: number;
  readonly entries: number;
}

/** GitHub takes no file above 100 MB; a repository above these is named as not read whole. */
export const UNPACK_LIMITS: UnpackLimits = { file: 100 * 2 ** 20, archive: 4 * 2 ** 30, entries: 500_000 };

export interface Unpacked {
  readonly files: number;
  readonly bytes: number;
  readonly skipped: readonly Skipped[];
}

/** The archive is not one, or is a bomb: fetching it again would not help. */
export class BadArchive extends Error {}

const LONGEST_NAME = 255;
const LONGEST_PATH = 3072;
const DEEPEST = 200;
const MOST_EXAMPLES = 20;

/**
 * Unpacks a `.tar.gz` into a new, private folder: regular files only, without its first folder, each as a new file that no link leads to.
 *
 * What is no plain file (links, devices), has a name that could lead out, or comes a second time is counted and left out. Contents are written as they come, so
 * memory does not grow with the archive.
 *
 * @throws BadArchive for what is no archive or exceeds the limits; other errors are those of the stream and of the disk
 */
export async function unpack(body: AsyncIterable<Uint8Array>, folder: string, limits: UnpackLimits = UNPACK_LIMITS): Promise<Unpacked> {
  const { extract } = await import('tar-stream');
  const archive = extract();
  const target = new Target(folder, limits);
  const feeding = pipeline(Readable.from(body), createGunzip(), countBytes(limits.archive), archive).catch((error: unknown) => {
    archive.destroy(error instanceof Error ? error : new Error('the archive cannot be read'));
    throw error;
  });
  feeding.catch(() => undefined);
  try {
    for await (const entry of archive) {
      const { name, type, size } = entry.header;
      const write = target.begin(name, type ?? 'unknown', size ?? 0);
      try {
        for await (const chunk of entry) if (chunk instanceof Uint8Array) write?.(chunk);
      } finally {
        target.end();
      }
    }
    await feeding;
  } catch (error) {
    if (error instanceof Error && /tar header|Unexpected end of data/i.test(error.message)) throw new BadArchive('the archive is damaged');
    throw error;
  }
  return target.finish();
}

function countBytes(most: number) {
  return async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > most) throw new BadArchive(`the archive is over ${sizeWords(most)} unpacked`);
      yield chunk;
    }
  };
}

class Target {
  readonly #folder: string;
  readonly #limits: UnpackLimits;
  readonly #made = new Set<string>();
  readonly #skipped = new Map<string, { count: number; examples: string[]; incomplete: boolean }>();
  #open: number | undefined;
  #entries = 0;
  #files = 0;
  #bytes = 0;

  constructor(folder: string, limits: UnpackLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  /** Opens the file of an entry; undefined when nothing of it is written. */
  begin(name: string, type: string, size: number): ((chunk: Uint8Array) => void) | undefined {
    this.#entries += 1;
    if (this.#entries > this.#limits.entries) throw new BadArchive(`the archive has over ${this.#limits.entries} entries`);
    const path = name.slice(name.indexOf('/') + 1);
    if (type === 'directory' || path === '') return undefined;
    if (type === 'symlink') return this.#skip('symlink', path, false);
    if (type !== 'file' && type !== 'contiguous-file') return this.#skip('not a regular file', path, false);
    if (!name.includes('/') || !isPlainRelative(name) || path.includes('\\')) return this.#skip('archive entry with a name that leads elsewhere', path, true);
    const parts = path.split('/');
    if (parts.length > DEEPEST || Buffer.byteLength(path) > LONGEST_PATH || parts.some((part) => Buffer.byteLength(part) > LONGEST_NAME)) return this.#skip('name too long', path, true);
    if (!Number.isSafeInteger(size) || size < 0) throw new BadArchive('the archive is damaged');
    if (size > this.#limits.file) return this.#skip(`over ${sizeWords(this.#limits.file)}`, path, false);
    const full = join(this.#folder, ...parts);
    try {
      this.#makeFolder(dirname(full));
      this.#open = openSync(full, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0), 0o600);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      // A name twice, also in another letter case where that does not count, or a file where a folder should be.
      if (code === 'EEXIST' || code === 'ENOTDIR' || code === 'EISDIR') return this.#skip('name twice in the archive', path, true);
      if (code === 'EILSEQ' || code === 'EINVAL' || code === 'ENAMETOOLONG') return this.#skip('name that this system does not take', path, true);
      throw error;
    }
    this.#files += 1;
    this.#bytes += size;
    const file = this.#open;
    return (chunk) => {
      for (let at = 0; at < chunk.length; ) at += writeSync(file, chunk, at);
    };
  }

  end(): void {
    if (this.#open !== undefined) closeSync(this.#open);
    this.#open = undefined;
  }

  finish(): Unpacked {
    const skipped = [...this.#skipped].map(([reason, { count, examples, incomplete }]) => ({ reason, count, examples: examples.toSorted(), incomplete }));
    return { files: this.#files, bytes: this.#bytes, skipped };
  }

  #makeFolder(folder: string): void {
    if (this.#made.has(folder)) return;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#made.add(folder);
  }

  #skip(reason: string, path: string, incomplete: boolean): undefined {
    const known = this.#skipped.get(reason) ?? { count: 0, examples: [], incomplete };
    known.count += 1;
    if (known.examples.length < MOST_EXAMPLES) known.examples.push(path.slice(0, 300));
    this.#skipped.set(reason, known);
  }
}
