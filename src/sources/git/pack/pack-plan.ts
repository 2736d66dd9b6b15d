import { readSync } from 'node:fs';
import { entryHeader, LONGEST_ENTRY_HEADER } from './entry-header.ts';
import { type PackIndex, findName } from './pack-index.ts';

/** Object types as packs number them. */
export const COMMIT = 1;
export const TREE = 2;
export const BLOB = 3;
export const TAG = 4;

/**
 * What has to be known of a pack to read its objects without git, one number for each entry in the order of offsets. Shared memory: passing it to a
 * thread copies nothing.
 */
export interface PackPlan {
  readonly path: string;
  /** Bytes of an object id. */
  readonly width: number;
  readonly names: Uint8Array<SharedArrayBuffer>;
  /** Place of an entry's name among `names`. */
  readonly nameOf: Uint32Array<SharedArrayBuffer>;
  /** One more than there are entries: the last is where the objects end. */
  readonly offsets: Float64Array<SharedArrayBuffer>;
  /** The entry that a delta is made from; -1 for whole objects. */
  readonly parents: Int32Array<SharedArrayBuffer>;
  /** How many entries are made from it. */
  readonly children: Uint32Array<SharedArrayBuffer>;
  /** Type of the object, followed through deltas; 0 when that leads nowhere. */
  readonly types: Uint8Array<SharedArrayBuffer>;
  /** 1 for entries whose object is already read from elsewhere. */
  readonly known: Uint8Array<SharedArrayBuffer>;
  /**
   * Entries of all commits, blobs and tags in the order to read them: whole objects in the order of the pack, each followed by all that is made from it. Of the
   * children of one entry the one with most descendants comes last, so that only as many bases are needed at one time as the
   * number of entries has binary digits.
   */
  readonly order: Uint32Array<SharedArrayBuffer>;
  /** Entries that only git may be able to read. */
  readonly unread: readonly number[];
}

/** Bytes read at a time while going through the headers. */
const STRIDE = 4 * 2 ** 20;

/**
 * Works out the plan of a pack. `descriptor` is the open pack file of `size` bytes.
 *
 * @returns undefined when the file is no pack of version 2 or does not go with the index.
 */
export function planPack(path: string, descriptor: number, size: number, index: PackIndex): PackPlan | undefined {
  const { count, width } = index;
  const start = Buffer.alloc(12);
  if (size < start.length + width || readSync(descriptor, start, 0, start.length, 0) !== start.length) return undefined;
  if (start.toString('latin1', 0, 4) !== 'PACK' || start.readUInt32BE(4) !== 2 || start.readUInt32BE(8) !== count) return undefined;
  const end = Buffer.alloc(width);
  if (readSync(descriptor, end, 0, width, size - width) !== width || !end.equals(index.packChecksum)) return undefined;

  const offsets = new Float64Array(new SharedArrayBuffer(8 * (count + 1)));
  offsets.set(index.offsets);
  offsets[count] = size - width;
  offsets.sort();
  if (offsets[count] !== size - width || (offsets[0] ?? 0) < start.length) return undefined;
  for (let entry = 0; entry < count; entry += 1) if ((offsets[entry] ?? 0) === offsets[entry + 1]) return undefined;

  const nameOf = new Uint32Array(new SharedArrayBuffer(4 * count));
  const entryOf = new Uint32Array(count);
  for (let name = 0; name < count; name += 1) {
    const entry = entryAt(offsets, index.offsets[name] ?? 0);
    nameOf[entry] = name;
    entryOf[name] = entry;
  }

  const parents = new Int32Array(new SharedArrayBuffer(4 * count)).fill(-1);
  const types = new Uint8Array(new SharedArrayBuffer(count));
  readHeaders(descriptor, offsets, parents, types, (id) => {
    const name = findName(index.names, width, id);
    return name < 0 ? -1 : (entryOf[name] ?? -1);
  }, width);
  const children = new Uint32Array(new SharedArrayBuffer(4 * count));
  return {
    path,
    width,
    names: index.names,
    nameOf,
    offsets,
    parents,
    children,
    types,
    known: new Uint8Array(new SharedArrayBuffer(count)),
    ...readingOrder(parents, children, types),
  };
}

/** An entry's object id, as text. */
export function nameOfEntry(plan: PackPlan, entry: number): string {
  const at = (plan.nameOf[entry] ?? 0) * plan.width;
  return Buffer.from(plan.names.buffer, at, plan.width).toString('hex');
}

/** Entry that begins at `offset`; -1 when none does. */
function entryAt(offsets: Float64Array, offset: number): number {
  let low = 0;
  let high = offsets.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((offsets[middle] ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return offsets[low] === offset && low < offsets.length - 1 ? low : -1;
}

const UNKNOWN_PARENT = -2;

/** Fills in `types` of whole objects and `parents` of deltas. */
function readHeaders(descriptor: number, offsets: Float64Array, parents: Int32Array, types: Uint8Array, entryOfId: (id: Uint8Array) => number, width: number): void {
  const window = Buffer.allocUnsafe(STRIDE);
  let windowAt = 0;
  let windowEnd = 0;
  const end = offsets[offsets.length - 1] ?? 0;
  for (let entry = 0; entry < offsets.length - 1; entry += 1) {
    const offset = offsets[entry] ?? 0;
    if (offset + LONGEST_ENTRY_HEADER > windowEnd && windowEnd < end) {
      windowAt = offset;
      windowEnd = offset + readSync(descriptor, window, 0, Math.min(STRIDE, end - offset), offset);
    }
    const header = entryHeader(window, offset - windowAt, Math.min(windowEnd, offsets[entry + 1] ?? 0) - windowAt, width);
    if (header === undefined) parents[entry] = UNKNOWN_PARENT;
    else if (header.kind === 'whole') types[entry] = header.type;
    else {
      const parent = header.kind === 'offset' ? entryAt(offsets, offset - header.back) : entryOfId(header.base);
      parents[entry] = parent < 0 || parent === entry ? UNKNOWN_PARENT : parent;
    }
  }
}

/** Fills in `children`, and `types` of deltas. */
function readingOrder(parents: Int32Array, children: Uint32Array, types: Uint8Array): { order: Uint32Array<SharedArrayBuffer>; unread: number[] } {
  const count = parents.length;
  for (const parent of parents) if (parent >= 0) children[parent] = (children[parent] ?? 0) + 1;
  const firsts = new Uint32Array(count + 1);
  for (let entry = 0; entry < count; entry += 1) firsts[entry + 1] = (firsts[entry] ?? 0) + (children[entry] ?? 0);
  const filled = firsts.slice();
  const family = new Uint32Array(firsts[count] ?? 0);
  for (let entry = 0; entry < count; entry += 1) {
    const parent = parents[entry] ?? -1;
    if (parent < 0) continue;
    family[filled[parent] ?? 0] = entry;
    filled[parent] = (filled[parent] ?? 0) + 1;
  }

  // Parents before children: whole objects first, then what is made from them. What is not reached hangs in the air, or in a circle.
  const reached = new Uint32Array(count);
  let last = 0;
  for (let entry = 0; entry < count; entry += 1) if (parents[entry] === -1) reached[last++] = entry;
  const roots = last;
  for (let at = 0; at < last; at += 1) {
    const entry = reached[at] ?? 0;
    for (let child = firsts[entry] ?? 0; child < (firsts[entry + 1] ?? 0); child += 1) {
      const next = family[child] ?? 0;
      types[next] = types[entry] ?? 0;
      reached[last++] = next;
    }
  }
  const weights = new Uint32Array(count).fill(1);
  for (let at = last - 1; at >= roots; at -= 1) {
    const entry = reached[at] ?? 0;
    const parent = parents[entry] ?? 0;
    weights[parent] = (weights[parent] ?? 0) + (weights[entry] ?? 0);
  }

  const order: number[] = [];
  const stack: number[] = [];
  for (let root = 0; root < roots; root += 1) {
    const entry = reached[root] ?? 0;
    if (types[entry] === TREE) continue;
    stack.push(entry);
    while (stack.length > 0) {
      const next = stack.pop() ?? 0;
      order.push(next);
      const from = stack.length;
      for (let child = firsts[next] ?? 0; child < (firsts[next + 1] ?? 0); child += 1) stack.push(family[child] ?? 0);
      // The heaviest goes to the bottom: it is taken last.
      for (let at = from + 1; at < stack.length; at += 1) {
        const heaviest = stack[from] ?? 0;
        const other = stack[at] ?? 0;
        if ((weights[other] ?? 0) <= (weights[heaviest] ?? 0)) continue;
        stack[from] = other;
        stack[at] = heaviest;
      }
    }
  }
  const shared = new Uint32Array(new SharedArrayBuffer(4 * order.length));
  shared.set(order);
  const seen = new Uint8Array(count);
  for (let at = 0; at < last; at += 1) seen[reached[at] ?? 0] = 1;
  const unread: number[] = [];
  for (let entry = 0; entry < count; entry += 1) if (seen[entry] === 0) unread.push(entry);
  return { order: shared, unread };
}
