import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { join, sep } from 'node:path';
import { readFileSafelySync, sizeWords } from '../sources/directory/read.ts';
import { isPlainRelative } from '../support/paths.ts';

/** A person wrote what is edited here, and nobody writes so much. */
const LARGEST = 20 * 2 ** 20;

/** A file of a target as it stands. */
export type FileState =
  | { readonly kind: 'text'; readonly text: string; readonly bytes: Buffer; readonly sha256: string }
  | { readonly kind: 'missing' }
  /** `why` continues "the file": `is a symbolic link`. */
  | { readonly kind: 'unreadable'; readonly why: string; readonly byHand: string };

/** Reads a regular file below `root` (absolute, links resolved) as text; no link on the way is followed, and decoding loses nothing. */
export function readText(root: string, path: string): FileState {
  if (!isPlainRelative(path)) return { kind: 'unreadable', why: 'lies outside the target', byHand: 'Plan the folder that holds it.' };
  const link = linkOnTheWay(root, path);
  if (link === 'missing') return { kind: 'missing' };
  if (link !== undefined) return { kind: 'unreadable', why: link === path ? 'is a symbolic link, which is never written through' : `lies below the symbolic link ${link}, which is never followed`, byHand: 'Plan the folder that the link leads to.' };
  const read = readFileSafelySync(join(root, path), LARGEST, root);
  if (read.kind === 'skipped') {
    if (read.reason === 'symlink out of the root' || read.reason === 'symlink') return { kind: 'unreadable', why: 'is reached through a symbolic link, which is never followed', byHand: 'Plan the folder that the link leads to.' };
    if (read.reason === 'not a regular file') return { kind: 'unreadable', why: 'is not a regular file', byHand: 'Put a regular file there, and plan again.' };
    if (read.reason.startsWith('over ')) return { kind: 'unreadable', why: `is larger than ${sizeWords(LARGEST)}`, byHand: 'Edit it by hand, as the README of the plan says.' };
    return { kind: 'unreadable', why: 'cannot be read', byHand: 'Check its permissions.' };
  }
  return stateOf(read.bytes);
}

/** A file of these bytes. */
export function stateOf(bytes: Buffer): FileState {
  const text = decode(bytes);
  if (text === undefined) return { kind: 'unreadable', why: 'is not UTF-8 text', byHand: 'Edit it by hand, or save it as UTF-8 and plan again.' };
  return { kind: 'text', text, bytes, sha256: digestOf(bytes) };
}

/** The first link among the parts of `path`, `missing` when a part is not there. */
export function linkOnTheWay(root: string, path: string): string | undefined {
  let current = root;
  const passed: string[] = [];
  for (const part of path.split('/')) {
    current = current.endsWith(sep) ? current + part : current + sep + part;
    passed.push(part);
    let status;
    try {
      status = lstatSync(current, { throwIfNoEntry: false });
    } catch {
      return 'missing';
    }
    if (status === undefined) return 'missing';
    if (status.isSymbolicLink()) return passed.join('/');
  }
  return undefined;
}

/** Undefined for what is not UTF-8. A byte-order mark stays, so that encoding the text gives the same bytes. */
function decode(bytes: Buffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes('\0') || !Buffer.from(text, 'utf8').equals(bytes) ? undefined : text;
  } catch {
    return undefined;
  }
}

export function digestOf(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
