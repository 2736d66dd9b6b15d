import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changedLines, hunksOf, linesOf, plainHunksOf } from '../../src/apply/diff.ts';
import type { KeySpan } from '../../src/apply/keys.ts';
import { spliceBytes, undoSplices } from '../../src/apply/splices.ts';
import type { Hunk } from '../../src/model/apply.ts';
import { gitPatch, unifiedText } from '../../src/report/apply-patch.ts';

/** Few different lines, so that much is alike and little is certain. */
const line = fc.constantFrom('a\n', 'b\n', '  - x\n', '\n', 'é😀\n', 'c\r\n', '- y: 1\n', '\ufeffk\n');
const text = fc.tuple(fc.array(line, { maxLength: 30 }), fc.constantFrom('', 'end', '😀', '\r')).map(([lines, end]) => lines.join('') + end);

function versions(before: string, after: string, keysBefore: readonly KeySpan[] = [], keysAfter: readonly KeySpan[] = []) {
  return { before, after, keysBefore, keysAfter };
}

/** Applies hunks as a strict reader would: every line they name has to be there. */
function patched(before: string, hunks: readonly Hunk[]): string {
  const lines = linesOf(before);
  const out: string[] = [];
  let at = 0;
  for (const hunk of hunks) {
    const start = hunk.oldStart - (hunk.oldLines === 0 ? 0 : 1);
    out.push(...lines.slice(at, start));
    at = start;
    for (const { kind, text: shown, ending } of hunk.lines) {
      if (kind === 'added') out.push(shown + ending);
      else {
        expect(lines[at]).toBe(shown + ending);
        if (kind === 'same') out.push(shown + ending);
        at += 1;
      }
    }
    expect(hunk.lines.filter(({ kind }) => kind !== 'added')).toHaveLength(hunk.oldLines);
    expect(hunk.lines.filter(({ kind }) => kind !== 'removed')).toHaveLength(hunk.newLines);
  }
  return [...out, ...lines.slice(at)].join('');
}

describe('a diff', () => {
  test('leads from one text to the other', () => {
    fc.assert(fc.property(text, text, (before, after) => {
      expect(patched(before, hunksOf(versions(before, after)))).toBe(after);
    }), { numRuns: 500 });
  });

  test('names no line that is the same on both sides as changed', () => {
    const before = linesOf('steps:\n  - a: 1\n    b: 2\n  - a: 1\n    c: 3\n');
    const after = linesOf('steps:\n  - a: 1\n    b: 2\n  - a: 1\n    n: 9\n  - a: 1\n    c: 3\n');
    expect(changedLines(before, after)).toEqual([{ oldFrom: 3, oldTo: 3, newFrom: 3, newTo: 5 }]);
  });

  test('hides keys, also those over several lines', () => {
    const before = 'a\nkey: SECRETSECRET\nb\nx\nPEM1\nPEM2 tail\n';
    const span = (part: string, end = part) => ({ start: before.indexOf(part), end: before.indexOf(end) + end.length, preview: 'S…1234' });
    const hunks = hunksOf(versions(before, `new\n${before}`, [span('SECRETSECRET'), span('PEM1', 'PEM2')]));
    expect(unifiedText(hunks)).toBe('@@ -1,3 +1,4 @@\n+new\n a\n key: S…1234\n b\n');
    expect(unifiedText(hunksOf(versions(before, before.replace('x\n', 'y\n'), [span('SECRETSECRET'), span('PEM1', 'PEM2')])))).toBe('@@ -1,6 +1,6 @@\n a\n key: S…1234\n b\n-x\n+y\n S…1234\n … tail\n');
  });
});

describe('a patch without keys', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'dekey-patch-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('holds none of the lines with a key, and git takes it for what it is', () => {
    let taken = 0;
    let number = 0;
    fc.assert(fc.property(fc.array(fc.constantFrom('K', 'a', 'b', 'c', 'd'), { minLength: 4, maxLength: 24 }), fc.array(fc.tuple(fc.nat(30), fc.boolean()), { minLength: 1, maxLength: 3 }), (letters, edits) => {
      // Every line is one of a kind, so that there is one way to apply.
      const lines = letters.map((letter, index) => `${letter}${index}\n`);
      const after = [...lines];
      for (const [at, adds] of edits) {
        const index = at % after.length;
        if (adds) after.splice(index, 0, `n${index}-${after.length}\n`);
        else if (after[index]?.startsWith('K') === false) after.splice(index, 1);
      }
      const spans = (all: readonly string[]): readonly KeySpan[] => {
        let at = 0;
        return all.flatMap((one) => {
          at += one.length;
          return one.startsWith('K') ? [{ start: at - one.length, end: at - 1, preview: '…' }] : [];
        });
      };
      const before = lines.join('');
      const wanted = after.join('');
      if (before === wanted) return;
      const hunks = plainHunksOf(versions(before, wanted, spans(lines), spans(after)));
      if (hunks === undefined) return;
      const patch = gitPatch('f.txt', hunks);
      expect(patch).not.toMatch(/^[ +-](?:K|…)/m);
      expect(patched(before, hunks)).toBe(wanted);
      number += 1;
      if (number > 40) return;
      writeFileSync(join(folder, 'f.txt'), before);
      writeFileSync(join(folder, 'p'), patch);
      execFileSync('git', ['apply', 'p'], { cwd: folder, stdio: 'pipe' });
      expect(readFileSync(join(folder, 'f.txt'), 'utf8')).toBe(wanted);
      taken += 1;
    }), { numRuns: 200 });
    expect(taken).toBeGreaterThan(10);
  });
});

describe('undoing', () => {
  test('restores every byte, and keeps no more than was taken', () => {
    fc.assert(fc.property(text, text, (before, after) => {
      const splices = undoSplices(before, after);
      expect(spliceBytes(Buffer.from(after), splices)?.equals(Buffer.from(before))).toBe(true);
      expect(splices.every(({ text: removed }) => before.includes(removed))).toBe(true);
    }), { numRuns: 500 });
  });

  test('never cuts a character in two', () => {
    for (const [before, after] of [['😀', '😃'], ['x😀y', 'x😃y'], ['é', 'è'], ['a😀', 'a'], ['😀😀', '😀']] as const) {
      const splices = undoSplices(before, after);
      expect(spliceBytes(Buffer.from(after), splices)?.toString('utf8')).toBe(before);
      for (const { text: removed } of splices) expect(Buffer.from(removed, 'utf8').toString('utf8')).toBe(removed);
    }
  });

  test('splices that do not fit give nothing', () => {
    expect(spliceBytes(Buffer.from('abc'), [{ start: 2, end: 9, text: '' }])).toBeUndefined();
    expect(spliceBytes(Buffer.from('abc'), [{ start: 2, end: 3, text: '' }, { start: 1, end: 2, text: '' }])).toBeUndefined();
  });
});
