import { describe, expect, test } from 'vitest';
import { progressLine } from '../../src/cli/progress.ts';
import { bytesText, durationText, paceOf, PhaseClock } from '../../src/support/progress.ts';

describe('pace', () => {
  test('bytes tell more than things, things more than nothing', () => {
    expect(paceOf({ artifacts: 90, bytes: 25 }, { artifacts: 100, bytes: 100 }, 2000)).toMatchObject({ share: 0.25, bytesPerSecond: 12.5, secondsLeft: 6 });
    expect(paceOf({ artifacts: 50, bytes: 25 }, { artifacts: 100, bytes: 0 }, 2000)).toMatchObject({ share: 0.5, secondsLeft: 2 });
    expect(paceOf({ artifacts: 50, bytes: 25 }, { artifacts: 0, bytes: 0 }, 2000)).toMatchObject({ share: undefined, secondsLeft: undefined });
  });

  test('no guess too early, and none beyond the end', () => {
    expect(paceOf({ artifacts: 1, bytes: 0 }, { artifacts: 100, bytes: 0 }, 5000).secondsLeft).toBeUndefined();
    expect(paceOf({ artifacts: 50, bytes: 0 }, { artifacts: 100, bytes: 0 }, 300).secondsLeft).toBeUndefined();
    expect(paceOf({ artifacts: 300, bytes: 0 }, { artifacts: 100, bytes: 0 }, 5000)).toMatchObject({ share: 1, secondsLeft: 0 });
    expect(paceOf({ artifacts: 0, bytes: 0 }, { artifacts: 10, bytes: 0 }, 0)).toEqual({ share: 0, bytesPerSecond: 0, artifactsPerSecond: 0, secondsLeft: undefined });
  });

  test('a phase has its own beginning', () => {
    const clock = new PhaseClock();
    expect([clock.elapsed('files', 1000), clock.elapsed('files', 1500), clock.elapsed('objects', 4000), clock.elapsed('objects', 4250)]).toEqual([0, 500, 0, 250]);
  });

  test('times and sizes for people', () => {
    expect([0, 0.2, 59, 60, 125, 3600, 7860].map(durationText)).toEqual(['0 s', '1 s', '59 s', '1 min 0 s', '2 min 5 s', '1 h 0 min', '2 h 11 min']);
    expect([0, 512_000, 4_200_000, 318_000_000, 1_200_000_000, 24_000_000_000].map(bytesText)).toEqual(['0 kB', '512 kB', '4.2 MB', '318 MB', '1.2 GB', '24 GB']);
  });
});

describe('the line on standard error', () => {
  const done = { artifacts: 12_345, bytes: 1.2e9 };
  const total = { artifacts: 61_902, bytes: 2.4e9 };

  test('says how much, how fast and how long still', () => {
    expect(progressLine('objects', done, total, 4000, 200)).toBe(' [============            ]   50 %  12,345 of 61,902 objects  1.2 GB of 2.4 GB  300 MB/s  4 s left');
    expect(progressLine('objects', done, { artifacts: 61_902, bytes: 0 }, 4000, 200)).toBe(' [=====                   ]   19 %  12,345 of 61,902 objects  1.2 GB  300 MB/s  17 s left');
    expect(progressLine('repositories', { artifacts: 12, bytes: 0 }, { artifacts: 0, bytes: 0 }, 4000, 200)).toBe(' 12 repositories  3/s');
  });

  test('leaves out what there is no room for, and never reaches the last column', () => {
    expect(progressLine('objects', done, total, 4000, 80)).toBe(' [============            ]   50 %  12,345 of 61,902 objects  4 s left');
    expect(progressLine('objects', done, total, 4000, 60)).toBe('  50 %  12,345 of 61,902 objects  4 s left');
    for (let columns = 1; columns < 140; columns += 1) expect(progressLine('objects', done, total, 4000, columns).length).toBeLessThanOrEqual(Math.max(20, columns - 1));
  });
});
