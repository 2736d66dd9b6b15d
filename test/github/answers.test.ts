import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Answers } from '../../src/github/answers.ts';
import { temporaryFolder } from './loopback.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');
const DAY = 86_400_000;
const filesOf = (folder: string): readonly string[] => readdirSync(folder).toSorted();

describe('answers on disk', () => {
  it('are found by the next run, the newest of each', () => {
    const folder = temporaryFolder();
    const first = new Answers(folder, 'a', NOW);
    first.keep('/x', { body: '1', etag: '"1"', link: '<y>' }, NOW);
    first.keep('/x', { body: '2', etag: '"2"' }, NOW);
    first.keep('/none', { body: '3' }, NOW);
    first.end();
    const second = new Answers(folder, 'a', NOW + 1);
    expect(second.isResumed).toBe(false);
    expect(second.earlier('/x')).toEqual({ body: '2', etag: '"2"' });
    expect([second.has('/x'), second.has('/none'), second.earlier('/none'), second.ofThisRun('/x')]).toEqual([true, false, undefined, undefined]);
    second.keep('/x', { body: 'ü\n"', etag: '"3"' }, NOW);
    expect(new Answers(folder, 'b', NOW + 2).earlier('/x')).toEqual({ body: 'ü\n"', etag: '"3"' });
  });

  it('of a run that was killed are taken up, whatever the kill cut off', () => {
    const folder = temporaryFolder();
    const killed = new Answers(folder, 'a', NOW);
    killed.keep('/x', { body: '1' }, NOW);
    killed.keep('/cut', { body: 'long'.repeat(100) }, NOW);
    const [file = ''] = filesOf(folder);
    truncateSync(join(folder, file), readFileSync(join(folder, file)).length - 50);
    const next = new Answers(folder, 'a', NOW + 1000);
    expect([next.isResumed, next.ofThisRun('/x'), next.ofThisRun('/cut')]).toEqual([true, { body: '1' }, undefined]);
    // Of another kind, or too long ago, nothing is taken up.
    expect(new Answers(folder, 'b', NOW + 2000).isResumed).toBe(false);
    expect(new Answers(folder, 'a', NOW + DAY).isResumed).toBe(false);
  });

  it('an answer that is still true belongs to the run that asked', () => {
    const folder = temporaryFolder();
    const first = new Answers(folder, 'a', NOW);
    first.keep('/x', { body: '1', etag: '"1"' }, NOW);
    first.end();
    const killed = new Answers(folder, 'a', NOW + 1);
    killed.confirm('/x', NOW + 1);
    expect(new Answers(folder, 'a', NOW + 2).ofThisRun('/x')).toEqual({ body: '1', etag: '"1"' });
  });

  it('are put together when there are many files, and what no run used for long goes', () => {
    const folder = temporaryFolder();
    for (let run = 0; run < 17; run += 1) {
      const answers = new Answers(folder, 'a', NOW + run);
      answers.keep(`/${run}`, { body: String(run), etag: '"e"' }, run === 3 ? NOW - 100 * DAY : NOW);
      answers.end();
    }
    const last = new Answers(folder, 'a', NOW + 99);
    expect(filesOf(folder)).toHaveLength(1);
    expect(Array.from({ length: 17 }, (_, run) => last.earlier(`/${run}`)?.body)).toEqual(Array.from({ length: 17 }, (_, run) => (run === 3 ? undefined : String(run))));
  });

  it('that somebody else wrote into are passed over', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'answers-1764417600000-00000000.ndjson'), '{"k":1}\nnull\n[]\n{"__proto__":{"polluted":1}}\nnot json\n');
    appendFileSync(join(folder, 'other.txt'), 'x');
    const answers = new Answers(folder, 'a', NOW);
    expect(answers.earlier('/x')).toBeUndefined();
    expect('polluted' in {}).toBe(false);
  });
});
