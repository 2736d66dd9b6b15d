import { describe, expect, test } from 'vitest';
import { commentSplices, staleMentions, staleReads } from '../../src/rewrite/github/comments.ts';

const KEY = 'ANTHROPIC_API_KEY';
const BEFORE = `    anthropic_api_key: \${{ secrets.${KEY} }}\n`;
const AFTER = '    anthropic_federation_rule_id: ${{ vars.ANTHROPIC_FEDERATION_RULE_ID }}\n';

/** The comment afterwards; undefined where it stays as it is. */
function written(comment: string): string | undefined {
  return commentSplices(`${comment}\n${BEFORE}`, `${comment}\n${AFTER}`, [KEY], [])[0]?.text;
}

describe('comments about a secret', () => {
  test.each([
    [`# Required secrets: ${KEY}`, '# Required repository variables: ANTHROPIC_FEDERATION_RULE_ID'],
    [`#   - Set ${KEY} in repository secrets.`, '#   - Required repository variables: ANTHROPIC_FEDERATION_RULE_ID.'],
    [`# Add the secret \`${KEY}\` to your repository's secrets`, '# Required repository variables: ANTHROPIC_FEDERATION_RULE_ID'],
    [`# Needs the ${KEY} secret`, '# Required repository variables: ANTHROPIC_FEDERATION_RULE_ID'],
    [`# ${KEY} must be set in the repo secrets`, '# Required repository variables: ANTHROPIC_FEDERATION_RULE_ID'],
  ])('%s', (comment, wanted) => {
    expect(written(comment)).toBe(wanted);
  });

  test.each([`# Required secrets: ${KEY}, SLACK_TOKEN`, `# Required secrets: ${KEY} (from the console)`, `# Required secrets: ${KEY}_2`, `# Set ${KEY} in repository secrets, then run it`])('says more: %s', (comment) => {
    expect(written(comment)).toBeUndefined();
  });

  test('in a script it is a line of a program', () => {
    const comment = `# Required secrets: ${KEY}`;
    expect(commentSplices(`${comment}\n${BEFORE}`, `${comment}\n${AFTER}`, [KEY], [{ start: 0, end: 100 }])).toEqual([]);
  });

  test('what still speaks of it is listed, by the lines as they stand', () => {
    const rest = `# Uses ${KEY}.\nname: Evals\n- run: echo "${KEY} is missing"\n`;
    expect(staleMentions(BEFORE + rest, AFTER + rest, [KEY])).toMatchObject([{ line: 2, reason: `Lines 2 and 4 still speak of the secret ${KEY}, which the workflow no longer reads.`, byHand: 'Let them name what is read now: ANTHROPIC_FEDERATION_RULE_ID.' }]);
    // While one place reads it nothing is stale.
    expect(staleMentions(BEFORE + BEFORE + rest, BEFORE + AFTER + rest, [KEY])).toEqual([]);
  });

  test('of a variable that a token is put into only what speaks of a secret', () => {
    const set = `    ${KEY}: \${{ steps.token.outputs.token }}\n`;
    const rest = `# The program reads ${KEY}.\n# Store ${KEY} as a secret.\n`;
    expect(staleMentions(BEFORE + rest, set + rest, [KEY])).toMatchObject([{ line: 3 }]);
  });

  test('what still asks for it, beside places that no longer do', () => {
    const asks = `- run: test -n "\${{ secrets.${KEY} }}"\n`;
    expect(staleReads(BEFORE + asks, AFTER + asks, [KEY])).toMatchObject([{ line: 2, reason: expect.stringContaining('The line still asks for the secret') }]);
    expect(staleReads(asks, asks, [KEY])).toEqual([]);
    expect(staleReads(BEFORE, AFTER, [KEY])).toEqual([]);
  });
});
