import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { GitRepository } from '../repository.ts';
import { findName, readPackIndex } from './pack-index.ts';
import { BLOB, COMMIT, type PackPlan, TAG, nameOfEntry, planPack } from './pack-plan.ts';

/** All objects a repository holds, ready to be read without git. */
export interface ObjectStore {
  readonly packs: readonly PackPlan[];
  /** Loose objects that no pack holds, sorted by id. Among them are trees. */
  readonly loose: readonly { readonly oid: string; readonly path: string }[];
  /** Blobs, commits and tags that the packs hold. */
  readonly packed: number;
}

/** Why the files of a store cannot be read here and git has to be asked. */
export interface UnsupportedStore {
  readonly unsupported: string;
}

const LARGEST_INDEX = 2 ** 31;

/**
 * Opens the store of a repository with its alternates. Reads the indexes and once through each pack's headers, no object.
 *
 * @returns `unsupported` for anything out of the ordinary: git then has the last word on what the store holds.
 */
export function openObjectStore(repository: GitRepository): ObjectStore | UnsupportedStore {
  if (repository.alternates.length > 0 && !repository.alternatesAllowed) return { unsupported: 'object directories outside the repository' };
  const width = repository.objectFormat === 'sha256' ? 32 : 20;
  try {
    const packs: PackPlan[] = [];
    for (const folder of repository.objectFolders) {
      for (const name of readdirOrEmpty(join(folder, 'pack')).toSorted()) {
        if (!name.endsWith('.idx')) continue;
        const base = join(folder, 'pack', name.slice(0, -'.idx'.length));
        const plan = openPack(base, width);
        if (plan === undefined) return { unsupported: 'a pack of another version, or one that does not go with its index' };
        packs.push(plan);
      }
    }
    markKnown(packs);
    let packed = 0;
    for (const { types, known } of packs) for (let entry = 0; entry < types.length; entry += 1) if (known[entry] === 0 && isScanned(types[entry])) packed += 1;
    return { packs, loose: looseObjects(repository.objectFolders, packs, width), packed };
  } catch (error) {
    return { unsupported: error instanceof Error && 'code' in error ? `a pack cannot be read (${String(error.code)})` : 'a pack cannot be read' };
  }
}

function openPack(base: string, width: 20 | 32): PackPlan | undefined {
  const info = lstatSync(`${base}.idx`);
  if (!info.isFile() || info.size > LARGEST_INDEX) return undefined;
  const index = readPackIndex(readFileSync(`${base}.idx`), width);
  if (index === undefined) return undefined;
  const path = `${base}.pack`;
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const pack = fstatSync(descriptor);
    return pack.isFile() ? planPack(path, descriptor, pack.size, index) : undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** An object that several packs hold is read from the first. */
function markKnown(packs: readonly PackPlan[]): void {
  for (const [at, { names, nameOf, known, width }] of packs.entries()) {
    for (let entry = 0; at > 0 && entry < nameOf.length; entry += 1) {
      const name = (nameOf[entry] ?? 0) * width;
      const id = names.subarray(name, name + width);
      if (packs.slice(0, at).some((other) => findName(other.names, width, id) >= 0)) known[entry] = 1;
    }
  }
}

function isScanned(type: number | undefined): boolean {
  return type === BLOB || type === COMMIT || type === TAG || type === 0;
}

function looseObjects(folders: readonly string[], packs: readonly PackPlan[], width: number): { oid: string; path: string }[] {
  const found = new Map<string, string>();
  for (const folder of folders) {
    for (const start of readdirOrEmpty(folder)) {
      if (!/^[0-9a-f]{2}$/.test(start)) continue;
      for (const rest of readdirOrEmpty(join(folder, start))) {
        const oid = start + rest;
        if (oid.length !== 2 * width || !/^[0-9a-f]+$/.test(oid) || found.has(oid)) continue;
        const id = Buffer.from(oid, 'hex');
        if (!packs.some(({ names }) => findName(names, width, id) >= 0)) found.set(oid, join(folder, start, rest));
      }
    }
  }
  return [...found].map(([oid, path]) => ({ oid, path })).toSorted((a, b) => (a.oid < b.oid ? -1 : 1));
}

/** Objects that hang on a base the pack does not hold: only git may know more. */
export function unreadNames(store: ObjectStore): string[] {
  return store.packs.flatMap((plan) => plan.unread.filter((entry) => plan.known[entry] === 0).map((entry) => nameOfEntry(plan, entry)));
}

function readdirOrEmpty(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
