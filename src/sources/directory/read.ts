import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, realpathSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { isInside } from '../../support/paths.ts';

/** Why a file is not read; `incomplete` means the target was not read whole. */
export interface SkippedFile {
  readonly kind: 'skipped';
  readonly reason: string;
  readonly incomplete: boolean;
}

export type FileRead = { readonly kind: 'bytes'; readonly bytes: Buffer } | SkippedFile;

const UNREADABLE: SkippedFile = { kind: 'skipped', reason: 'unreadable', incomplete: true };

// On a FIFO without a writer, opening would wait for ever without O_NONBLOCK. Windows knows neither flag, nor FIFOs in folders.
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** An open regular file. Whoever gets the descriptor closes it. */
export type FileOpen = { readonly kind: 'open'; readonly descriptor: number; readonly size: number } | SkippedFile;

/**
 * Opens a regular file of at most `maxSize` bytes for reading. Links, FIFOs, devices and folders are not opened; nothing hangs and nothing throws.
 *
 * @param root when given, the absolute and resolved folder that the opened file must still lie in, even if a folder on the way was
 *   swapped for a link after it was listed.
 */
export function openFileSafely(absolute: string, maxSize: number, root?: string): FileOpen {
  let descriptor: number;
  try {
    descriptor = openSync(absolute, OPEN_FLAGS);
  } catch (error) {
    return openFailure(error);
  }
  let refusal: SkippedFile | undefined;
  try {
    const status = fstatSync(descriptor);
    refusal = refusalOf(status, maxSize) ?? escapeOf(absolute, descriptor, status, root);
    if (refusal === undefined) return { kind: 'open', descriptor, size: status.size };
  } catch {
    refusal = UNREADABLE;
  }
  closeSync(descriptor);
  return refusal;
}

/** Reads a whole file as {@link openFileSafely} opens it. A file that grows meanwhile is read as long as it was. */
export function readFileSafelySync(absolute: string, maxSize: number, root?: string): FileRead {
  const opened = openFileSafely(absolute, maxSize, root);
  if (opened.kind === 'skipped') return opened;
  try {
    const bytes = Buffer.allocUnsafeSlow(opened.size);
    let filled = 0;
    while (filled < bytes.length) {
      const got = readSync(opened.descriptor, bytes, filled, bytes.length - filled, null);
      if (got === 0) break;
      filled += got;
    }
    return { kind: 'bytes', bytes: bytes.subarray(0, filled) };
  } catch {
    return UNREADABLE;
  } finally {
    closeSync(opened.descriptor);
  }
}

/** As {@link readFileSafelySync}, without holding up the event loop while the disk works. */
export async function readFileSafely(absolute: string, maxSize: number, root?: string): Promise<FileRead> {
  let handle;
  try {
    handle = await open(absolute, OPEN_FLAGS);
  } catch (error) {
    return openFailure(error);
  }
  try {
    const status = await handle.stat();
    const refusal = refusalOf(status, maxSize) ?? escapeOf(absolute, handle.fd, status, root);
    if (refusal !== undefined) return refusal;
    const bytes = Buffer.allocUnsafeSlow(status.size);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, null);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return { kind: 'bytes', bytes: bytes.subarray(0, filled) };
  } catch {
    return UNREADABLE;
  } finally {
    await handle.close();
  }
}

/** `20 MB` for 20 MiB: the words in which a size cap is told. */
export function sizeWords(bytes: number): string {
  if (bytes >= 1 << 20) return `${Number((bytes / (1 << 20)).toFixed(1))} MB`;
  if (bytes >= 1 << 10) return `${Number((bytes / (1 << 10)).toFixed(1))} KB`;
  return `${bytes} bytes`;
}

interface Status {
  readonly size: number;
  readonly dev: number;
  readonly ino: number;
  isFile(): boolean;
}

function refusalOf(status: Status, maxSize: number): SkippedFile | undefined {
  if (!status.isFile()) return { kind: 'skipped', reason: 'not a regular file', incomplete: false };
  if (status.size > maxSize) return { kind: 'skipped', reason: `over ${sizeWords(maxSize)}`, incomplete: false };
  return undefined;
}

function escapeOf(absolute: string, descriptor: number, status: Status, root: string | undefined): SkippedFile | undefined {
  if (root === undefined || isInside(root, realPathOf(absolute, descriptor, status))) return undefined;
  return { kind: 'skipped', reason: 'symlink out of the root', incomplete: false };
}

/** Where the open file lies. Asked of the kernel where it can say; else resolved again and compared, and '' when it is another file by now. */
function realPathOf(absolute: string, descriptor: number, status: Status): string {
  if (process.platform === 'linux') {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      // Not every container mounts /proc.
    }
  }
  const resolved = realpathSync.native(absolute);
  const now = statSync(resolved);
  return now.dev === status.dev && now.ino === status.ino ? resolved : '';
}

function openFailure(error: unknown): SkippedFile {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  // ELOOP is O_NOFOLLOW meeting a link; ENXIO is a socket, or a device without a driver.
  if (code === 'ELOOP' || code === 'EMLINK') return { kind: 'skipped', reason: 'symlink', incomplete: false };
  if (code === 'ENXIO' || code === 'ENODEV') return { kind: 'skipped', reason: 'not a regular file', incomplete: false };
  return UNREADABLE;
}
