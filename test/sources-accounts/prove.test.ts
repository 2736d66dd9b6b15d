import { expect, it } from 'vitest';
import { proveAnthropic } from '../e2e/accounts/anthropic/prove.ts';

it.each([['anthropic', proveAnthropic]])('%s: all of a large account is found, nothing else, and every refusal is named', async (_, prove) => {
  const { failures, lines } = await prove();
  expect(failures).toEqual([]);
  expect(lines.length).toBeGreaterThan(2);
});
