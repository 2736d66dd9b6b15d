import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PrefilterLiteral } from '../../src/model/provider.ts';
import { LAYOUT, inClass } from '../../src/detect/prefilter/layout.ts';
import { Prefilter } from '../../src/detect/prefilter/prefilter.ts';
import { seededRandom } from '../support/recipes.ts';

/** What the module must find, said in the plainest way. */
function naive(text: string, literals: readonly PrefilterLiteral[]): string[] {
  const hits: string[] = [];
  literals.forEach((literal, index) => {
    const hay = literal.ignoreCase === true ? text.toLowerCase() : text;
    const needle = literal.ignoreCase === true ? literal.text.toLowerCase() : literal.text;
    for (let at = hay.indexOf(needle); at !== -1; at = hay.indexOf(needle, at + 1)) {
      const { followedBy } = literal;
      const after = text.slice(at + needle.length, at + needle.length + (followedBy?.count ?? 0));
      if (followedBy !== undefined && (after.length < followedBy.count || [...after].some((character) => !inClass(character, followedBy.class)))) continue;
      hits.push(`${at}:${index}`);
    }
  });
  return hits.toSorted();
}

function found(prefilter: Prefilter, text: string): string[] {
  const bytes = Buffer.from(text, 'latin1');
  prefilter.reserve(bytes.length).set(bytes);
  const hits: string[] = [];
  prefilter.scan(bytes.length, (offset, literal) => hits.push(`${offset}:${literal}`));
  return hits.toSorted();
}

const ALPHABET = 'abAB_-10 \n';

describe('prefilter', () => {
  test('finds exactly what a plain search finds, on random text over a small alphabet', () => {
    const random = seededRandom(7);
    const pick = (count: number): string => Array.from({ length: count }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]).join('');
    for (let round = 0; round < 40; round += 1) {
      const literals: PrefilterLiteral[] = Array.from({ length: 1 + Math.floor(random() * 60) }, () => ({
        text: pick(3 + Math.floor(random() * 6)),
        ...(random() < 0.3 ? { ignoreCase: true as const } : {}),
        ...(random() < 0.4 ? { followedBy: { class: random() < 0.5 ? ('alnum' as const) : ('url' as const), count: Math.floor(random() * 5) } } : {}),
      }));
      const prefilter = new Prefilter(literals);
      for (const length of [0, 1, 3, 15, 16, 17, 31, 64, 1000, 20_000]) {
        const text = pick(length);
        expect(found(prefilter, text)).toEqual(naive(text, literals));
      }
    }
  });

  test('finds a literal at every offset of a block and at the very end', () => {
    const prefilter = new Prefilter([{ text: 'T3BlbkFJ' }, { text: 'hf_', followedBy: { class: 'alnum', count: 4 } }]);
    for (let offset = 0; offset < 40; offset += 1) {
      expect(found(prefilter, `${' '.repeat(offset)}T3BlbkFJ`)).toEqual([`${offset}:0`]);
      expect(found(prefilter, `${' '.repeat(offset)}hf_abcd`)).toEqual([`${offset}:1`]);
      expect(found(prefilter, `${' '.repeat(offset)}hf_abc`)).toEqual([]);
    }
  });

  test('a shorter input after a longer one does not see the old bytes', () => {
    const prefilter = new Prefilter([{ text: 'needle' }]);
    expect(found(prefilter, 'xx needle')).toHaveLength(1);
    expect(found(prefilter, 'xx nee')).toHaveLength(0);
  });

  test('goes on when there are more hits than its buffer holds', () => {
    const prefilter = new Prefilter([{ text: 'aaa' }]);
    expect(found(prefilter, 'a'.repeat(200_002))).toHaveLength(200_000);
  });

  test('takes every byte value', () => {
    const prefilter = new Prefilter([{ text: 'sk-ant-' }]);
    const bytes = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), Buffer.from('sk-ant-'), Buffer.from([255, 0, 255])]);
    expect(found(prefilter, bytes.toString('latin1'))).toEqual(['256:0']);
  });

  test('what is carried over from a base and what is scanned anew give what a scan of the whole gives', () => {
    const literals: readonly PrefilterLiteral[] = [{ text: 'abc' }, { text: 'needle', ignoreCase: true }, { text: 'sk-', followedBy: { class: 'alnum', count: 20 } }];
    const prefilter = new Prefilter(literals);
    const piece = fc.oneof(fc.constantFrom('abc', 'NeEdle', 'sk-', 'a', 'b', 'ab', 'sk', 'x'.repeat(90), `sk-${'7'.repeat(20)}`, ' '), fc.string({ maxLength: 40 }));
    const text = fc.array(piece, { maxLength: 30 }).map((parts) => Buffer.from(parts.join(''), 'utf8'));
    const command = fc.oneof(
      fc.record({ insert: fc.array(piece, { minLength: 1, maxLength: 4 }).map((parts) => Buffer.from(parts.join('')).subarray(0, 127)) }),
      fc.record({ from: fc.nat(), count: fc.nat() }),
    );
    fc.assert(
      fc.property(text, fc.array(command, { maxLength: 12 }), (base, commands) => {
        const delta: number[] = [];
        const result: Buffer[] = [];
        for (const one of commands) {
          if ('insert' in one) {
            if (one.insert.length === 0) continue;
            delta.push(one.insert.length, ...one.insert);
            result.push(one.insert);
          } else if (base.length > 0) {
            const from = one.from % base.length;
            const count = 1 + (one.count % (base.length - from));
            delta.push(0x80 | 0x0f | 0x70, from & 255, (from >> 8) & 255, 0, 0, count & 255, (count >> 8) & 255, 0);
            result.push(base.subarray(from, from + count));
          }
        }
        const whole = Buffer.concat(result);
        const place = (bytes: Uint8Array): number => {
          const address = prefilter.allocate(bytes.length);
          prefilter.view(address, bytes.length).set(bytes);
          return address;
        };
        const baseAt = place(base);
        const deltaAt = place(Uint8Array.from(delta));
        const out = prefilter.allocate(whole.length);
        const copies = prefilter.applyDelta(deltaAt, delta.length, baseAt, base.length, out, whole.length);
        expect(Buffer.from(prefilter.view(out, whole.length)).equals(whole)).toBe(true);
        if (copies === undefined) throw new Error('the delta was refused');
        const known = prefilter.scanAt(baseAt, base.length, () => {});
        if (known === undefined) throw new Error('too many hits');
        const expected: string[] = [];
        const given: string[] = [];
        prefilter.scanAt(out, whole.length, (offset, literal) => expected.push(`${offset}:${literal}`));
        prefilter.scanCopied(out, whole.length, copies, known, (offset, literal) => given.push(`${offset}:${literal}`));
        expect(given).toEqual(expected);
        for (const address of [baseAt, deltaAt, out]) prefilter.release(address);
      }),
      { numRuns: 400 },
    );
  });

  test('a delta that does not fit is refused and writes nothing beside its place', () => {
    const prefilter = new Prefilter([{ text: 'abc' }]);
    const base = prefilter.allocate(100);
    const delta = prefilter.allocate(100);
    const out = prefilter.allocate(50);
    const behind = prefilter.allocate(100);
    prefilter.view(behind, 100).fill(7);
    const apply = (...bytes: number[]): unknown => {
      prefilter.view(delta, 100).set(bytes);
      return prefilter.applyDelta(delta, bytes.length, base, 100, out, 50);
    };
    expect(apply(0x90, 50)).toBeDefined();
    for (const bad of [[0x90, 51], [0x91, 60, 50], [0x90], [0], [51, 1], [0x9f, 255, 255, 255, 255, 50], [0xff, 0, 0, 0, 0, 255, 255, 255], [0x90, 49], [50, ...Array.from({ length: 49 }, () => 1)]]) {
      expect(apply(...bad)).toBeUndefined();
    }
    expect([...prefilter.view(behind, 100)].every((byte) => byte === 7)).toBe(true);
  });

  test('the module and its layout agree on every address', () => {
    const source = readFileSync(join(import.meta.dirname, '../../src/detect/prefilter/assembly/index.ts'), 'utf8');
    const address = (name: string): number => Number(new RegExp(`const ${name}: usize = (\\d+);`).exec(source)?.[1]);
    expect({ tables: address('TABLES'), classes: address('CLASSES'), lower: address('LOWER'), heads: address('HEADS'), entries: address('ENTRIES'), hits: address('HITS'), bitmap: address('BITMAP') }).toEqual({
      tables: LAYOUT.tables, classes: LAYOUT.classes, lower: LAYOUT.lower, heads: LAYOUT.heads, entries: LAYOUT.entries, hits: LAYOUT.hits, bitmap: LAYOUT.bitmap,
    });
  });
});
