import { expect, it } from 'vitest';
import { proveAnthropic } from '../e2e/accounts/anthropic/prove.ts';
import { proveGcp } from '../e2e/accounts/gcp/prove.ts';
import { proveOpenai } from '../e2e/accounts/openai/prove.ts';

it.each([
  ['anthropic', proveAnthropic],
  ['openai', proveOpenai],
  ['gcp', proveGcp],
])('%s: all of a large account is found, nothing else, and every refusal is named', async (_, prove) => {
  const { failures, lines } = await prove();
  expect(failures).toEqual([]);
  expect(lines.length).toBeGreaterThan(2);
});
