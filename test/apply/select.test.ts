import { describe, expect, test } from 'vitest';
import { type Selectable, selection } from '../../src/apply/select.ts';

const change = (path: string, id: string, more: Partial<Selectable> = {}): Selectable => ({ path, id, rewriter: 'github-actions', safety: 'unsafe', providers: ['anthropic'], ...more });
const ALL = [
  change('.github/workflows/ci.yml', 'evals/anthropic', { safety: 'safe' }),
  change('.github/workflows/ci.yml', 'review/openai', { providers: ['openai'] }),
  change('deploy/bot.yaml', 'bot/anthropic', { rewriter: 'kubernetes' }),
];
const PATHS = [...ALL.map(({ path }) => path), 'src/other.ts'];

describe('--only', () => {
  test.each([
    [[], [0, 1, 2]],
    [['safe'], [0]],
    [['safe', 'unsafe'], [0, 1, 2]],
    [['anthropic'], [0, 2]],
    [['anthropic', 'openai', 'kubernetes'], [2]],
    [['ci.yml'], [0, 1]],
    [['.github/'], [0, 1]],
    [['deploy/**', 'ci.yml', 'safe'], [0]],
    [['evals/anthropic'], [0]],
    [['*/openai', 'evals/*'], [0, 1]],
    [['evals/*', 'deploy/'], []],
    [['other.ts'], []],
  ] as const)('%j takes %j', (patterns, indexes) => {
    const isSelected = selection(patterns, ALL, PATHS);
    expect(ALL.flatMap((one, index) => (isSelected(one) ? [index] : []))).toEqual(indexes);
  });

  test('a word that fits nothing is an error that lists what there is', () => {
    expect(() => selection(['gitlab-ci'], ALL, PATHS)).toThrow('--only gitlab-ci fits no change of this plan');
    expect(() => selection(['[', 'safe'], ALL, PATHS)).toThrow('fits no change');
    expect(() => selection(['{a,b}'.repeat(12)], ALL, PATHS)).toThrow('1,000 alternatives');
    try {
      selection(['x'], ALL, PATHS);
    } catch (error) {
      expect(error).toMatchObject({ fix: 'There is: safe, unsafe; provider anthropic, openai; rewriter github-actions, kubernetes; path .github/workflows/ci.yml, deploy/bot.yaml; change bot/anthropic, evals/anthropic, review/openai.' });
    }
  });
});
