import { eachObject } from './commit-graph.ts';
import { type IdTable, IntList } from './id-table.ts';
import type { ObjectNames } from './object-names.ts';
import type { GitRepository } from './repository.ts';

/** The part of a store's trees that lies between the wanted blobs and the commits: which tree holds which, under what name. */
export interface TreeGraph {
  /** 1 for the trees that hold a wanted blob, at any depth. */
  readonly marked: Uint8Array;
  /** Subtrees of tree `t`: edges from `edgeStart[t]` to `edgeStart[t + 1]`. */
  readonly edgeStart: Int32Array;
  readonly edgeChild: IntList;
  readonly edgeName: IntList;
  /** Entries for wanted blobs: tree, name and position of the blob, side by side. */
  readonly hitTree: IntList;
  readonly hitName: IntList;
  readonly hitBlob: IntList;
  readonly names: NameTable;
}

/** Above this many subtree entries (200 MB) they are not all kept; the trees are then read once for each level of folders. */
const MOST_EDGES = 16_000_000;
const MOST_SWEEPS = 100;
const MOST_HITS = 8_000_000;

/** Reads every tree of the store once and keeps what leads to a wanted blob. */
export async function readTreeGraph(
  repo: GitRepository,
  trees: { readonly names: ObjectNames; readonly table: IdTable },
  wanted: IdTable,
  wantedNames: ObjectNames,
  options: { readonly signal?: AbortSignal | undefined; readonly mostEdges?: number } = {},
): Promise<TreeGraph> {
  const mostEdges = options.mostEdges ?? MOST_EDGES;
  const count = trees.names.count;
  const width = trees.names.width / 2;
  const marked = new Uint8Array(count);
  const edgeStart = new Int32Array(count + 1);
  const edgeChild = new IntList();
  const edgeName = new IntList();
  const hitTree = new IntList();
  const hitName = new IntList();
  const hitBlob = new IntList();
  const names = new NameTable();
  // Two bytes of an id rule out nearly every entry before the table is asked.
  const possible = new Uint8Array(1 << 16);
  for (let index = 0; index < wantedNames.count; index += 1) possible[Number.parseInt(wantedNames.name(index).slice(0, 4), 16)] = 1;
  let overflow = false;
  let sweep = 0;

  function readTree(tree: number, bytes: Buffer): void {
    const length = bytes.length;
    let at = 0;
    while (at < length) {
      const isTree = bytes[at] === 0x34; // '4' of 40000
      while (at < length && bytes[at] !== 0x20) at += 1;
      at += 1;
      const nameStart = at;
      let hash = 0;
      for (; at < length; at += 1) {
        const byte = bytes[at] ?? 0;
        if (byte === 0) break;
        hash = (Math.imul(hash, 31) + byte) | 0;
      }
      const nameEnd = at;
      at += 1;
      if (at + width > length) return;
      if (isTree) {
        const child = trees.table.find(bytes, at);
        if (child >= 0 && (sweep === 0 ? !overflow : marked[child] === 1)) {
          edgeChild.push(child);
          edgeName.push(names.idOf(bytes, nameStart, nameEnd, hash));
          if (sweep > 0) marked[tree] = 1;
          else if (edgeChild.length > mostEdges) overflow = true;
        }
      } else if (sweep === 0 && possible[((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)] === 1 && hitTree.length < MOST_HITS) {
        const blob = wanted.find(bytes, at);
        if (blob >= 0) {
          hitTree.push(tree);
          hitName.push(names.idOf(bytes, nameStart, nameEnd, hash));
          hitBlob.push(blob);
          marked[tree] = 1;
        }
      }
      at += width;
    }
  }

  async function readAll(): Promise<void> {
    edgeChild.clear();
    edgeName.clear();
    let tree = 0;
    await eachObject(repo, trees.names, options.signal, (bytes) => {
      if (bytes !== undefined) readTree(tree, bytes);
      tree += 1;
      edgeStart[tree] = edgeChild.length;
    });
  }

  await readAll();
  if (!overflow) {
    markAncestors(marked, edgeStart, edgeChild, count);
    return { marked, edgeStart, edgeChild, edgeName, hitTree, hitName, hitBlob, names };
  }
  let known = -1;
  for (let total = sum(marked); total !== known && sweep < MOST_SWEEPS; total = sum(marked)) {
    known = total;
    sweep += 1;
    await readAll();
  }
  return { marked, edgeStart, edgeChild, edgeName, hitTree, hitName, hitBlob, names };
}

function markAncestors(marked: Uint8Array, edgeStart: Int32Array, edgeChild: IntList, count: number): void {
  const parentStart = new Int32Array(count + 1);
  for (let edge = 0; edge < edgeChild.length; edge += 1) {
    const slot = edgeChild.at(edge) + 1;
    parentStart[slot] = (parentStart[slot] ?? 0) + 1;
  }
  for (let tree = 0; tree < count; tree += 1) parentStart[tree + 1] = (parentStart[tree + 1] ?? 0) + (parentStart[tree] ?? 0);
  const parents = new Int32Array(edgeChild.length);
  const fill = parentStart.slice();
  for (let tree = 0; tree < count; tree += 1) {
    for (let edge = edgeStart[tree] ?? 0; edge < (edgeStart[tree + 1] ?? 0); edge += 1) {
      const child = edgeChild.at(edge);
      const slot = fill[child] ?? 0;
      parents[slot] = tree;
      fill[child] = slot + 1;
    }
  }
  const stack: number[] = [];
  for (let tree = 0; tree < count; tree += 1) if (marked[tree] === 1) stack.push(tree);
  for (let tree = stack.pop(); tree !== undefined; tree = stack.pop()) {
    for (let at = parentStart[tree] ?? 0; at < (parentStart[tree + 1] ?? 0); at += 1) {
      const parent = parents[at] ?? 0;
      if (marked[parent] === 1) continue;
      marked[parent] = 1;
      stack.push(parent);
    }
  }
}

function sum(flags: Uint8Array): number {
  let total = 0;
  for (const flag of flags) total += flag;
  return total;
}

/** Numbers for names of files and folders: a repository has few that differ. */
export class NameTable {
  readonly #names: Buffer[] = [];
  #hashes = new IntList();
  #slots = new Int32Array(1 << 12).fill(-1);

  idOf(bytes: Buffer, from: number, to: number, hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = spread(hash) & mask;
    for (;;) {
      const id = this.#slots[slot] ?? -1;
      if (id < 0) return this.#add(bytes, from, to, hash, slot);
      if (this.#hashes.at(id) === hash && this.#equals(id, bytes, from, to)) return id;
      slot = (slot + 1) & mask;
    }
  }

  text(id: number): string {
    return this.#names[id]?.toString('utf8') ?? '';
  }

  #equals(id: number, bytes: Buffer, from: number, to: number): boolean {
    const name = this.#names[id];
    if (name === undefined || name.length !== to - from) return false;
    for (let at = 0; at < name.length; at += 1) if (name[at] !== bytes[from + at]) return false;
    return true;
  }

  #add(bytes: Buffer, from: number, to: number, hash: number, slot: number): number {
    const id = this.#names.length;
    this.#names.push(Buffer.from(bytes.subarray(from, to)));
    this.#hashes.push(hash);
    this.#slots[slot] = id;
    if (this.#names.length * 2 > this.#slots.length) this.#grow();
    return id;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let id = 0; id < this.#names.length; id += 1) {
      let slot = spread(this.#hashes.at(id)) & mask;
      while ((slots[slot] ?? -1) >= 0) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.#slots = slots;
  }
}

function spread(hash: number): number {
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
}
