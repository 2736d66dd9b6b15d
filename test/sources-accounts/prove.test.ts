import { expect, it } from 'vitest';
import { proveAnthropic } from '../e2e/accounts/anthropic/prove.ts';
import { proveAzure } from '../e2e/accounts/azure/prove.ts';
import { proveGcp } from '../e2e/accounts/gcp/prove.ts';
import { proveOpenai } from '../e2e/accounts/openai/prove.ts';
import type { Proof } from '../e2e/github/checks.ts';

const PROOFS: readonly (readonly [string, () => Promise<Proof>])[] = [
  ['anthropic', proveAnthropic],
  ['openai', proveOpenai],
  ['gcp', proveGcp],
  ['azure', proveAzure],
];

// On Windows `az` is a script, which is never run.
it.each(PROOFS.filter(([name]) => name !== 'azure' || process.platform !== 'win32'))('%s: all of a large account is found, nothing else, and every refusal is named', { timeout: 240_000 }, async (_, prove) => {
  const { failures, lines } = await prove();
  expect(failures).toEqual([]);
  expect(lines.length).toBeGreaterThan(2);
});
