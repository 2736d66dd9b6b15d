import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nameMask } from '../src/detect/mask.ts';
import { maskInventory } from '../src/inventory/mask.ts';
import type { Inventory } from '../src/model/inventory.ts';
import { providers } from '../src/providers/index.ts';
import { expandRecipe, seededRandom } from './support/recipes.ts';

const mask = nameMask(providers, () => false);

/** Places where a file gives things names, and a key may stand. */
const PLACES: readonly ((key: string) => string)[] = [
  (key) => key,
  (key) => `config/${key}.json`,
  (key) => `jobs.a.env.${key}`,
  (key) => `services["${key}"].environment[0]`,
  (key) => `feature/${key}`,
  (key) => `t0:.mcp.json:agent-config:mcpServers.${key}`,
  (key) => `there is no ${key} here`,
];

/** Characters in a row that give a key away. */
const TELLING = 12;

describe('keys in names', () => {
  const detectors = providers.flatMap((provider) => provider.detectors.filter(({ publicPrefix, context }) => publicPrefix.length >= 3 && context === undefined).map((detector) => ({ id: detector.id, detector })));

  test.each(detectors)('$id: no place gives it away', ({ detector }) => {
    for (const [number, sample] of detector.samples.ok.entries()) {
      const { keys } = expandRecipe(sample, seededRandom(number + 1));
      for (const key of keys.filter((one) => !one.includes('\n') && one.startsWith(detector.publicPrefix))) {
        for (const place of PLACES) {
          const shown = mask(place(key));
          for (let at = detector.publicPrefix.length; at + TELLING <= key.length; at += 1) expect(shown).not.toContain(key.slice(at, at + TELLING));
        }
      }
    }
  });

  test.each(['{alnum:32}', '{alnum:40}', '{alnum:84}', '{url:43}', '{base64:40}'])('%s, of no known form: nearly always', (recipe) => {
    let shown = 0;
    for (let seed = 1; seed <= 400; seed += 1) {
      const { text } = expandRecipe(recipe, seededRandom(seed));
      if (mask(`env.${text}`).includes(text)) shown += 1;
    }
    // A slash may cut base64 into pieces that are short by themselves.
    expect(shown).toBeLessThan(recipe.startsWith('{base64') ? 40 : 5);
  });

  test('a text that is a key of this scan is hidden whatever it looks like', () => {
    const hex = 'deadbeef'.repeat(4);
    const knowing = nameMask(providers, (text) => text === hex);
    expect(knowing(`snapshots/${hex}/a.json`)).toBe('snapshots/…beef/a.json');
    expect(mask(`snapshots/${hex}/a.json`)).toContain(hex);
  });

  test.each([
    'src/components/ChatCompletionMessageToolCallInput2.tsx',
    'snapshots/9d774732f0e985d717a26e126e6574d089375b0d/report.json',
    '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
    'dist/assets/index-BxY7q9sK.js',
    'prisma/migrations/20240807111358_models_add_openai_gpt_4o_2024_08_06/migration.sql',
    'releasenotes/notes/add-TEI-embedders-8c76593bc25a7219.yaml',
    'NEXT_PUBLIC_AZURE_OPENAI_API_KEY_2_EASTUS',
    'us-central1-docker.pkg.dev/project-123456/images/service-account-7',
    'jobs.integration-tests-python3.steps[12].env.OPENAI_API_KEY',
    'arn:aws:iam::123456789012:role/GitHubActionsDeployRole2024',
    'feature/JIRA-12345-use-gpt4o-mini-2024-07-18-everywhere',
    'DK1/EX:P/BR:W/ST:P/AG:Y/PR:U/FD:N',
    'claude-3-5-sonnet-20241022-v2:0',
    'text-embedding-3-small',
    '.yarn/cache/@anthropic-ai-sdk-npm-0.20.1-8f1f0a5b1c-9.zip',
    'packages/langchain_core/tests/unit_tests/__snapshots__/test_runnable.ambr',
  ])('an ordinary name stays: %s', (name) => {
    expect(mask(name)).toBe(name);
  });

  test('any text: a second pass changes nothing, and the same text gives the same', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 120 }), (text) => {
        const once = mask(text);
        expect(mask(once)).toBe(once);
        expect(mask(text)).toBe(once);
      }),
    );
  });

  test('long hostile names take no time to speak of', () => {
    const started = performance.now();
    for (const text of ['a1'.repeat(50_000), 'A'.repeat(100_000), `${'sk-'.repeat(30_000)}x1`, '-_'.repeat(50_000)]) mask(text);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

test('an inventory is masked to its last text, and what is clean is passed on as it is', () => {
  const clean = { targets: [{ name: 'a' }], findings: [{ code: 'X', place: { path: 'p' } }] };
  // Only the shape of any object matters here.
  const inventory = clean as unknown as Inventory;
  expect(maskInventory(inventory, (text) => text)).toBe(inventory);
  expect(maskInventory(inventory, (text) => (text === 'p' ? '…' : text))).toEqual({ targets: [{ name: 'a' }], findings: [{ code: 'X', place: { path: '…' } }] });
});
