import type { ByteClass } from '../../model/provider.ts';

/** Addresses inside the prefilter's memory; `assembly/index.ts` says the same and a test compares the two. */
export const LAYOUT = {
  tables: 1024,
  classes: 2048,
  lower: 2304,
  heads: 4096,
  entries: 16_384,
  literals: 262_144,
  hits: 458_752,
  bitmap: 983_040,
  input: 1_048_576,
} as const;

/** Entries that fit between `entries` and `literals`. A literal takes one, or up to eight when it ignores case. */
export const MAX_ENTRIES = (LAYOUT.literals - LAYOUT.entries) / 16 - 1;

/** One bit per class, so that the module can test membership with one load. */
export const CLASS_BITS: Readonly<Record<ByteClass, number>> = {
  hex: 1,
  alnum: 2,
  url: 4,
  base64: 8,
  'upper-alnum': 16,
  base32: 32,
  any: 64,
};

const MEMBERS: Readonly<Record<ByteClass, RegExp>> = {
  hex: /[0-9a-f]/,
  alnum: /[A-Za-z0-9]/,
  url: /[A-Za-z0-9_-]/,
  base64: /[A-Za-z0-9+/]/,
  'upper-alnum': /[A-Z0-9]/,
  base32: /[A-Z2-7]/,
  any: /[^]/,
};

/** True when the character belongs to the class. */
export function inClass(character: string, name: ByteClass): boolean {
  return MEMBERS[name].test(character);
}

/** Class bits of every byte value. */
export function classTable(): Uint8Array {
  const table = new Uint8Array(256);
  for (const name of ['hex', 'alnum', 'url', 'base64', 'upper-alnum', 'base32', 'any'] as const) {
    for (let byte = 0; byte < 256; byte += 1) if (inClass(String.fromCharCode(byte), name)) table[byte] = (table[byte] ?? 0) | CLASS_BITS[name];
  }
  return table;
}
