import { expect, test } from 'vitest';
import { WELCOME } from '../../src/cli/first-run.ts';

test('five lines, which fit a terminal of 80 columns', () => {
  expect(WELCOME).toHaveLength(5);
  expect(WELCOME.filter((line) => line.length > 80)).toEqual([]);
});
