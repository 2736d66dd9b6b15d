import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeFolder } from '../scripts/judges/install.ts';
import type { Inventory } from '../src/model/inventory.ts';
import { render, type RenderOptions } from '../src/report/index.ts';
import { MARKDOWN_LIMIT } from '../src/report/markdown.ts';
import { code, plain } from '../src/report/markdown-text.ts';
import { credential, factor, hostileInventory, HOSTILE_NAMES, inventoryOf, place, plainOptions, referenceFinding, richInventory, secretFinding, workload, type CredentialDraft } from './report-sample.ts';

const HEAD = 'b'.repeat(40);
const permalink = { url: `https://github.com/acme/support-bot/blob/${HEAD}/`, commit: HEAD };
const MORE_HOSTILE = ['${{ github.token }}', '@team closes #1', '![x](https://evil.test/p.png)', 'www.evil.test', 'a@evil.test', '`'.repeat(100), '`a``b`', '|', '\\|', 'x\\', '</details>', '<!-- ', '| --- |', ' ', '', '$`x`$', '\u{e0041}tag', 'a\u2028b', 'https://evil.test'];

async function markdown(inventory: Inventory, options: Partial<RenderOptions> = {}): Promise<string> {
  return await render('markdown', inventory, { ...plainOptions, ...options });
}

/** One credential for each name, in all the places a name can stand. */
function named(names: readonly string[]): Inventory {
  const jobs = names.map((name, index) => workload(`w-${index}`, index % 2 === 0 ? 'github-actions' : name, name, place(name, 1, 1)));
  const drafts = names.map((name, index): CredentialDraft => ({
    credential: credential({ id: `c-${index}`, provider: 'tavily', preview: name, seen: index % 3 !== 0, disposition: 'none', names: [name], confidence: index % 7 === 6 ? 'low' : 'high' }),
    score: 50,
    level: 'medium',
    factors: [factor('EX', 'T', 20, name)],
    findings: [secretFinding('tavily-key', 'tavily', place(name, 2, 3)), referenceFinding(jobs[index] ?? workload('w', 'code', name, place(name, 1, 1)), 'tavily', name, 'ci-secret', place(name, 7, 5))],
  }));
  const skipped = [{ reason: names[0] ?? '', count: 3, examples: names.slice(0, 20), incomplete: true }, { reason: names[1] ?? '', count: 3, examples: [], incomplete: false }];
  return inventoryOf(drafts, jobs, {
    targets: [{ id: 't1', kind: 'git', name: names[2] ?? '.', complete: false, files: 1, objects: 0, bytes: 0, skipped, facts: { head: HEAD } }],
    problems: names.map((name) => ({ path: name, line: 1, message: name, fix: name })),
  });
}

describe('what it says', () => {
  test('the headline, the table worst first, the next step, and the rest folded away', async () => {
    const text = await markdown(richInventory());
    const rows = text.split('\n').filter((line) => line.startsWith('| **'));
    expect(text).toMatch(/^### AI API keys: 1 key in plain sight · 2 keys known by name · 9 workloads use them\n/);
    expect(text).toContain('Path to zero `██████▒▒▒▒▒░░░░░` 1 today · 1 after a change · 1 without federation (Tavily)');
    expect(rows.map((row) => row.split('|')[1])).toEqual([' **critical**&nbsp;96 ', ' **high**&nbsp;61 ', ' **low**&nbsp;38 ']);
    expect(rows[0]).toContain('Anthropic API key<br>`sk-ant-api03-…f3AA`');
    expect(rows[0]).toContain('`support-bot/src/agent/client.ts:14`');
    expect(rows[0]).toContain('`history: deploy/old.sh` until 2026-03-02, still in a81c9e2');
    expect(rows[0]).toContain('GitHub Actions: `ci.yml › evals`<br>Kubernetes: `Deployment/bot`');
    expect(rows[0]).toContain('**replace today**<br>rotate now (it is public)<br>federate: GitHub Actions → Anthropic, Kubernetes → Anthropic');
    expect(rows[1]).toContain('and 3 more workloads');
    expect(text).toContain('<details><summary>1 more that a person should look at</summary>');
    expect(text).toContain('<details><summary>1 token that expires by itself</summary>');
    expect(text).toContain('in public history +38 · whole workspace +22');
    expect(text).toContain('Not listed: 2 accepted findings.');
    expect(text).not.toContain('dead-key');
    expect(text).toContain('<sub>dekey 0.1.0 · `./support-bot` · 1,284 files · 61,902 objects of history</sub>');
    expect(text).not.toContain('1.9 s');
  });

  test('with a base only what is new is listed; what it had is counted', async () => {
    const inventory = richInventory();
    const reason = 'already in a1b2c3d';
    const known = { ...inventory, findings: inventory.findings.map((finding) => (finding.location.path === 'deploy/bot.yaml' || finding.allowed !== undefined ? finding : { ...finding, baselined: reason })) };
    const text = await markdown(known, { base: { name: 'a1b2c3d', reason } });
    expect(text).toMatch(/^### New AI API keys and uses: 1 key known by name · 1 workload uses it\n/);
    expect(text.split('\n').filter((line) => line.startsWith('| **'))).toHaveLength(1);
    expect(text).toContain('was here before');
    expect(text).toContain('Deployment/bot');
    expect(text).not.toContain('evals');
    expect(text).not.toContain('client.ts');
    expect(text).toContain('Not listed: 18 findings that `a1b2c3d` has already, 1 accepted finding.');
    const none = await markdown({ ...known, findings: known.findings.map((finding) => ({ ...finding, baselined: reason })) }, { base: { name: 'a1b2c3d', reason } });
    expect(none).toMatch(/^### No new AI API key, and no new use of one\n/);
    expect(none).not.toContain('| risk |');
  });

  test('nothing found, and nothing that is certain', async () => {
    expect(await markdown(inventoryOf([], []))).toMatch(/^### No AI API key and nothing that uses one\n\n<sub>/);
    const rich = richInventory();
    const doubtful = { ...rich, credentials: rich.credentials.filter(({ confidence }) => confidence === 'low') };
    expect(await markdown(doubtful)).toMatch(/^### No AI API key that is certain\n/);
  });

  test('what could not be read comes before everything that was', async () => {
    const text = await markdown(hostileInventory());
    expect(text.indexOf('> [!WARNING]')).toBeLessThan(text.indexOf('| risk |'));
    expect(text).toContain('Not everything could be read');
  });

  test('places lead to the commit that was scanned, and to no address that the scanned tree names', async () => {
    const rich = richInventory();
    const inventory = { ...rich, targets: rich.targets.map((target) => ({ ...target, name: '.', facts: { ...target.facts, remote: 'evil.test/acme/support-bot' } })) };
    expect(await markdown(inventory, { permalink })).toContain(`[\`src/agent/client.ts:14\`](${permalink.url}src/agent/client.ts#L14)`);
    expect(await markdown(inventory, { permalink })).not.toContain('evil.test');
    expect(await markdown(inventory, { permalink: { ...permalink, commit: 'c'.repeat(40) } })).not.toContain('](http');
    expect(await markdown(inventory)).not.toContain('](http');
  });
});

describe('how large it gets', () => {
  test.each([200, 1200])('%i keys with long names stay within the limit, and the rest is counted', async (count) => {
    const text = await markdown(named(Array.from({ length: count }, (_, index) => `${'長い'.repeat(60)}/${index}`)), { permalink });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MARKDOWN_LIMIT);
    expect(text).toMatch(/^… and [\d,]+ more keys, none above medium 50\./m);
    expect(text).toContain('<sub>dekey');
  });

  test('a full report of ordinary size is not cut', async () => {
    expect(await markdown(named(Array.from({ length: 30 }, (_, index) => `path/to/file-${index}.ts`)))).not.toMatch(/^… and/m);
  });
});

describe('hostile names', () => {
  const names = [...HOSTILE_NAMES, ...MORE_HOSTILE];

  test('each stands in code spans alone, on one line, and no cell is added to a row', async () => {
    const text = await markdown(named(names), { permalink });
    for (const line of text.split('\n')) {
      // What is outside of code spans is ours: words, escaped signs, and the links we made.
      const outside = line.replace(/`[^`]*`/g, '`').replaceAll(/\]\(https:\/\/github\.com\/acme\/support-bot\/blob\/b{40}\/[\w.~%/-]+#L\d+\)/g, '').replaceAll(/&#\d+;/g, '');
      expect(outside).not.toMatch(/@|\]\(|https?:|www\.|#\d|\$\{\{|!\[|<img|<!--|^\s*::/i);
      expect(outside.match(/</g)?.length ?? 0).toBe(outside.match(/<(?:br|\/?details|\/?summary|\/?sub)>/g)?.length ?? 0);
      if (line.startsWith('| **')) expect(line.match(/\|/g)).toHaveLength(5);
    }
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u202e\u2028\ufeff]|[\u{e0000}-\u{e007f}]/u);
  });

  test('any text at all is a code span of one backquote, or escaped', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (text) => {
        expect(code(text)).toMatch(/^`[^`|\n\r]+`$/);
        expect(plain(text).replaceAll(/&#\d+;/g, '')).not.toMatch(/[`|<>*_@#[\]\n\r$]|www\.|:\/\//i);
      }),
    );
  });

  const python = join(judgeFolder, 'python', 'bin', 'python');
  const judge = join(import.meta.dirname, '../scripts/judges/gfm.py');
  const isInstalled = spawnSync(python, ['-c', 'import cmarkgfm']).status === 0;

  test.skipIf(!isInstalled && process.env['DEKEY_JUDGES'] !== 'required')('GitHub\'s own renderer makes nothing of them but code (installed by npm run judges)', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dekey-gfm-'));
    try {
      const html = async (inventory: Inventory): Promise<string> => {
        writeFileSync(join(folder, 'a.md'), await markdown(inventory, { permalink }));
        return execFileSync(python, [judge, join(folder, 'a.md')], { encoding: 'utf8' });
      };
      for (const list of [names, names.toReversed(), names.map((name) => `${name}${name}`)]) {
        const page = await html(named(list));
        const tags = new Set([...page.matchAll(/<(\/?[a-zA-Z!][^\s>]*)/g)].map(([, tag]) => tag?.replace('/', '')));
        expect([...tags].filter((tag) => !['h3', 'p', 'blockquote', 'ul', 'li', 'code', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'br', 'strong', 'details', 'summary', 'sub', 'a'].includes(tag ?? ''))).toEqual([]);
        for (const [, href = ''] of page.matchAll(/<a href="([^"]*)"/g)) expect(href.startsWith(permalink.url)).toBe(true);
        // Mentions and references are made of text outside of code.
        const outside = page.replace(/<code>[\s\S]*?<\/code>/g, '').replace(/<a href="[^"]*">/g, '');
        expect(/.{0,40}(?:@|#\d|https?:|www\.).{0,40}/.exec(outside)?.[0]).toBeUndefined();
        // Every row has four cells, and no row was lost.
        for (const row of page.match(/<tr>[\s\S]*?<\/tr>/g) ?? []) expect(row.match(/<t[dh][ >]/g)).toHaveLength(4);
        expect(page.match(/<tr>/g)?.length).toBeGreaterThan(20);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
