import { describe, expect, test } from 'vitest';
import type { AppliedFile } from '../src/model/apply.ts';
import type { CampaignItem, CampaignResult } from '../src/model/pull-request.ts';
import { renderCampaignJson } from '../src/report/campaign-json.ts';
import { renderCampaignText } from '../src/report/campaign-text.ts';
import { code, inert } from '../src/report/markdown-inert.ts';
import { commitMessage, farewell, pullRequestBody, pullRequestTitle, type PullRequestWords } from '../src/report/pull-request.ts';
import { plainPalette } from '../src/report/text-page.ts';
import { trackingBody } from '../src/report/tracking-issue.ts';

const HOSTILE = ['${{ github.token }}', 'a\nb', '@acme/team', '@ada', 'closes #1', 'GH-1', 'acme/app#2', '<img src=x onerror=alert(1)>', '<!-- hidden', '-->', '[x](javascript:alert(1))', '![x](https://evil.test/x.png)', 'https://evil.test', 'www.evil.test', '`code`', '``` fence', '| cell |', '# head', '**bold**', '::error::x', '\u202egnp', '\u001b[2J', '$math$', 'e@evil.test', '\\#1', '&#64;ada', '1'.repeat(40), ':tada:', '~~x~~'];

function file(path: string, more: Partial<AppliedFile> = {}): AppliedFile {
  return {
    target: 't0', path, sha256: { before: null, after: null }, declined: [], refusals: [],
    changes: [{ id: 'evals/anthropic', line: 8, title: 'evals: key input becomes federation inputs', why: 'It has to.', safety: 'unsafe', reason: 'a script may need more.', migrations: ['m1'], rewriter: 'github-actions' }],
    hunks: [{ oldStart: 1, oldLines: 1, newStart: 1, newLines: 2, lines: [{ kind: 'removed', text: '          anthropic_api_key: x', ending: '\n' }, { kind: 'added', text: '      id-token: write # workload identity federation', ending: '\n' }, { kind: 'added', text: '      contents: read', ending: '\n' }] }],
    ...more,
  };
}

const SUMMARY = { files: 1, changes: 1, safe: 0, unsafe: 1, declined: 0, added: 2, removed: 1, refused: {}, dropped: 0, leftovers: 0, madeBefore: 0 };

function words(more: Partial<PullRequestWords> = {}): PullRequestWords {
  return {
    repository: 'acme/app', isPublic: false, providers: ['Anthropic'], files: [file('.github/workflows/ci.yml')], summary: SUMMARY,
    toSet: [{ where: 'variable', name: 'ANTHROPIC_FEDERATION_RULE_ID', input: 'anthropic.federation_rule_id', title: 'rule', how: 'x', identity: null, value: null }, { where: 'variable', name: 'ANTHROPIC_WORKSPACE_ID', input: 'anthropic.workspace_id', title: 'w', how: 'x', identity: null, value: 'wrkspc_1' }],
    identities: [{ id: 'app-ci-main', party: 'Anthropic', subject: 'repo:acme@1029384/app@5566778:ref:refs/heads/main', unknown: [] }],
    keys: [{ name: 'ANTHROPIC_API_KEY', provider: 'Anthropic', revoke: 'Archive it in the Console.', keptBy: [] }], ...more,
  };
}

describe('the text of a pull request', () => {
  test('what holds of several places is said once', () => {
    const refusals: AppliedFile['refusals'] = [{ code: 'no-path', line: 12, reason: 'Tavily has no federation.', byHand: 'Keep it.', migrations: [], shadows: false }];
    const [change] = file('x').changes;
    const changes = (own: string): AppliedFile['changes'] => (change === undefined ? [] : [{ ...change, reason: `Look at this: the token lives an hour; ${own}.` }]);
    const body = pullRequestBody(words({ files: [file('a.yml', { refusals, changes: changes('one') }), file('b.yml', { refusals, changes: changes('two') })] }));
    expect(body).toContain('- `a.yml:12`, `b.yml:12` (no-path): Tavily has no federation.\n');
    expect(body).toContain('- `a.yml:8`, `b.yml:8`: the token lives an hour.\n- `a.yml:8`: one.\n- `b.yml:8`: two.\n');
  });

  test('as a reviewer reads it', () => {
    const refusals: AppliedFile['refusals'] = [{ code: 'no-path', line: 12, reason: 'Tavily has no federation.', byHand: 'Keep it.', migrations: [], shadows: false }];
    expect(`${pullRequestTitle(words())}\n\n${commitMessage(words())}\n\n${pullRequestBody(words({ files: [file('.github/workflows/ci.yml', { refusals })] }))}`).toBe(`ci: use workload identity federation for Anthropic in 1 workflow

Each run shows its own short-lived token in place of a stored key.

1 change in 1 file; all other bytes are as they were.
The stored secrets are untouched: reverting this commit is enough to go back.

Replaces the stored key \`ANTHROPIC_API_KEY\` of Anthropic with the identity of the run itself: a token that ends by itself, within the hour, and that no other repository can get.
A key that does not exist cannot leak, and nobody has to rotate it.

| file | change | permissions written |
| --- | --- | --- |
| \`.github/workflows/ci.yml\` | evals: key input becomes federation inputs | \`id-token: write\`, \`contents: read\` |

**Before merging**
- [ ] Anthropic lets \`app-ci-main\` in, and trusts \`repo:acme@1029384/app@5566778:ref:refs/heads/main\`
- [ ] Set, and no secret (2): \`ANTHROPIC_FEDERATION_RULE_ID\`, \`ANTHROPIC_WORKSPACE_ID=wrkspc_1\`

**Until then** nothing changes. Merged earlier, a job stops at its first call and says what is not set; no other job is touched.

**Look at**
- \`.github/workflows/ci.yml:8\`: a script may need more.

**Checked**: 1 file, +2 −1 lines, every other byte as it was; the parser of each kind of file finds no problem that it had not before; a second run changes nothing more.

**Not changed**
- \`.github/workflows/ci.yml:12\` (no-path): Tavily has no federation.

**After merging**
- [ ] One green run of each changed job
- [ ] Delete the secret \`ANTHROPIC_API_KEY\` where it is stored: repository, environment or organisation (there only when no other repository reads it)
- [ ] Revoke the key at Anthropic: Archive it in the Console.

**Rollback**: revert this commit. The stored secrets are untouched until somebody deletes them.
`);
  });

  test('however much there is to say, it is at most sixty lines and far below what GitHub takes', () => {
    const many = Array.from({ length: 90 }, (_, index) => file(`.github/workflows/${'x'.repeat(3000)}${index}.yml`, {
      changes: Array.from({ length: 9 }, (_unused, at) => ({ id: `${at}`, line: at + 1, title: 't'.repeat(5000) + at, why: '', safety: 'unsafe' as const, reason: `${'r'.repeat(5000)}${index}${at}`, migrations: [], rewriter: 'github-actions' })),
      refusals: Array.from({ length: 9 }, (_unused, at) => ({ code: 'no-path' as const, line: at + 1, reason: 'y '.repeat(4000), byHand: '', migrations: [], shadows: false })),
    }));
    const body = pullRequestBody(words({
      files: many, providers: ['A', 'B', 'C', 'D', 'E'],
      toSet: Array.from({ length: 60 }, (_, index) => ({ where: index % 2 === 0 ? 'variable' as const : 'config-map' as const, name: `NAME_${index}`, input: 'x', title: 'x', how: 'x', identity: null, value: 'v'.repeat(3000) })),
      identities: Array.from({ length: 40 }, (_, index) => ({ id: `i-${index}`, party: 'Anthropic', subject: 's'.repeat(5000), unknown: [{ name: `N${index}`, how: 'h'.repeat(3000) }] })),
      keys: Array.from({ length: 60 }, (_, index) => ({ name: `KEY_${index}`, provider: `P${index}`, revoke: 'r '.repeat(2000), keptBy: index % 2 === 0 ? [] : ['a:1', 'b:2', 'c:3'] })),
    }));
    expect(body.trimEnd().split('\n').length).toBeLessThanOrEqual(58);
    expect(body.length).toBeLessThan(40_000);
  });

  test('a key that something else still uses is kept, and says by what', () => {
    const body = pullRequestBody(words({ keys: [{ name: 'ANTHROPIC_API_KEY', provider: 'Anthropic', revoke: 'x', keptBy: ['.github/workflows/other.yml:7'] }] }));
    expect(body).toContain('- Keep `ANTHROPIC_API_KEY`: `.github/workflows/other.yml:7` still uses it');
    expect(body).not.toContain('Delete the secret');
    expect(body).not.toContain('Revoke');
  });

  test('where a key stands in plain sight is not told to the public', () => {
    const files = [file('.github/workflows/ci.yml', { refusals: [{ code: 'literal-key', line: 40, reason: 'It holds a key.', byHand: 'x', migrations: [], shadows: false }] })];
    expect(pullRequestBody(words({ files }))).toContain('`.github/workflows/ci.yml:40` (literal-key)');
    const shown = pullRequestBody(words({ files, isPublic: true }));
    expect(shown).not.toContain('ci.yml:40');
    expect(shown).toContain('- 1 place is named in the output of dekey only');
  });

  test.each(HOSTILE)('%j does nothing, wherever it comes from', (hostile) => {
    const all = words({
      repository: hostile, providers: [hostile], identities: [{ id: hostile, party: 'Anthropic', subject: hostile, unknown: [{ name: hostile, how: hostile }] }],
      keys: [{ name: hostile, provider: 'Anthropic', revoke: 'x', keptBy: [hostile] }, { name: hostile, provider: 'Anthropic', revoke: 'x', keptBy: [] }],
      toSet: [{ where: 'variable', name: hostile, input: 'x', title: hostile, how: hostile, identity: hostile, value: hostile }],
      files: [file(`.github/workflows/${hostile}.yml`, { changes: [{ id: hostile, line: 1, title: hostile, why: hostile, safety: 'unsafe', reason: hostile, migrations: [], rewriter: 'x' }], refusals: [{ code: 'no-path', line: 1, reason: hostile, byHand: hostile, migrations: [], shadows: false }] })],
    });
    expect(acting(pullRequestBody(all))).toEqual([]);
    expect(pullRequestTitle(all)).toMatch(/^ci: use workload identity federation for [A-Za-z0-9 .()+-]+ in 1 workflow$/);
    expect(acting(commitMessage(all))).toEqual([]);
    expect(acting(farewell(hostile))).toEqual([]);
    expect(acting(trackingBody([{ ...ITEM, number: null, repository: hostile, provider: hostile, reason: hostile }], ''))).toEqual([]);
  });
});

/** What GitHub would make something of, outside code spans and our own table, boxes and bold words. */
function acting(markdown: string): readonly string[] {
  return markdown.split('\n').flatMap((line) => {
    const bare = line.replace(/(`+)(?!`).*?(?<!`)\1(?!`)/g, '').replace(/^- \[ \] /, '').replace(/\*\*(?:Before merging|Until then|Look at|Checked|Not changed|After merging|Rollback)\*\*/, '').replace(/^\| .* \|$|^\| \| *$/, (row) => row.replace(/(?<!\\)\|/g, ''));
    return [...bare.matchAll(/@|#\d|GH-\d|[<>`*~]|!\[|\]\(|:\/\/|www\.|\$|\[|\u001b|\u202e|[0-9a-f]{40}|(?<!\\)\|/g)].map(([sign]) => `${sign} in ${JSON.stringify(line)}`);
  });
}

test('a span of code holds any word, and is one line', () => {
  for (const hostile of HOSTILE) {
    expect(code(hostile)).not.toMatch(/[\n\u001b\u202e]/);
    expect(inert(`so ${hostile} it`)).not.toMatch(/[\n\u001b\u202e]/);
  }
  expect(inert('Uses secrets.KEY_A, and "x".')).toBe('Uses `secrets.KEY_A`, and "x".');
});

const ITEM: CampaignItem = { repository: 'acme/app', provider: null, branch: 'dekey/wif-0', fork: null, outcome: 'created', reason: null, fix: null, number: 7, url: 'https://github.com/acme/app/pull/7', state: 'draft', wanted: null, notes: [] };

const RESULT: CampaignResult = {
  schemaVersion: '1.0', tool: { name: 'dekey', version: '0.0.0' }, kind: 'publish', plan: 'a'.repeat(64), host: 'github.com', written: true, actor: 'bot', trackingIssue: null, notes: ['One thing.'], requests: { 'pull-requests': 5 },
  items: [ITEM, { ...ITEM, repository: 'acme/b', outcome: 'left', reason: 'A person pushed to the branch (abc1234).', fix: 'Merge or close it.' }, { ...ITEM, repository: 'acme/c', outcome: 'failed', reason: 'GitHub failed.', fix: 'Run again.', number: null, url: null, state: null }],
  limits: { run: { limit: 5, left: 4 }, open: null, hour: { limit: 10, left: 3 } }, progress: { repositories: 3, merged: 0, open: 2 },
};

describe('the table of a campaign', () => {
  test('each row, the sum, what is left of the limits, and what comes next', () => {
    expect(renderCampaignText(RESULT, plainPalette, { width: 80, unicode: true, usedBy: () => undefined, command: 'dekey apply --pull-request --write' })).toBe(` created     acme/app  #7 draft
             https://github.com/acme/app/pull/7
 left alone  acme/b  #7 draft
             https://github.com/acme/app/pull/7
             A person pushed to the branch (abc1234).
             Merge or close it.
 failed      acme/c
             GitHub failed.
             Run again.

Sum          1 created, 1 left alone, 1 failed
Path to zero 0 of 3 pull requests merged, 2 open
Limits       this run 4 of 5 left · this hour 3 of 10 left
Requests     pull-requests 5
Note         One thing.

dekey apply --pull-request --write
  goes on: what is there already is not made again
`);
  });

  test('as JSON, with diffs as text and nothing that acts', () => {
    const wanted = { title: 't', body: 'b\u202e', labels: [], reviewers: [], isDraft: true, base: 'main', files: [file('a')], summary: SUMMARY, toSet: [] };
    const json = renderCampaignJson({ ...RESULT, items: [{ ...ITEM, wanted }] });
    expect(json).not.toContain('\u202e');
    expect(JSON.parse(json).items[0].wanted.files[0]).toMatchObject({ path: 'a', diff: expect.stringContaining('+      id-token: write') });
  });
});
