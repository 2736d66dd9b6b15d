import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { buildSite, readParts } from '../../scripts/site/build.ts';
import { renderMarkdown } from '../../scripts/site/markdown.ts';
import { makeSite } from '../../scripts/site/site.ts';

const ROOT = join(import.meta.dirname, '../..');
const parts = readParts(ROOT);
const site = makeSite(parts);
const folder = mkdtempSync(join(tmpdir(), 'dekey-site-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The site with another text for one page. */
function withPage(path: string, change: (text: string) => string): readonly string[] {
  return makeSite({ ...parts, pages: parts.pages.map((page) => (page.path === path ? { path, text: change(page.text) } : page)) }).faults;
}

describe('the site', () => {
  test('has every page, and every link leads to a page and a part that is there', () => {
    expect(site.faults).toEqual([]);
    expect(site.files.size).toBeGreaterThan(60);
    expect([...site.files.keys()]).toEqual(expect.arrayContaining(['index.html', 'guides/ci.html', 'paths/index.html', 'paths/anthropic-native.html', 'images/scan.svg', 'schema/inventory.schema.json']));
  });

  test('a link that leads nowhere is named, and so is a page that nothing leads to', () => {
    expect(withPage('docs/guides/ci.md', (text) => `${text}\n[gone](gone.md)\n`)).toEqual(['docs/guides/ci.md: docs/guides/gone.md is no part of the site']);
    expect(withPage('docs/guides/ci.md', (text) => `${text}\n[part](../apply.md#no-such-part)\n`)).toEqual(['docs/guides/ci.md: apply.html has no part #no-such-part']);
    expect(withPage('docs/guides/ci.md', (text) => `${text}\n[out](../../src/cli/main.ts)\n`)).toEqual(['docs/guides/ci.md: src/cli/main.ts is no part of the site']);
    expect(makeSite({ ...parts, pages: [...parts.pages, { path: 'docs/lonely.md', text: '# Lonely\n' }] }).faults).toEqual(['nothing leads to docs/lonely.md']);
  });

  test('a page asks for nothing but what lies in the site', () => {
    for (const [path, text] of site.files) {
      if (!path.endsWith('.html')) continue;
      for (const [, address] of text.matchAll(/<(?:script|link|img)[^>]*?(?:src|href)="([^"]*)"/g)) {
        expect(address, path).not.toMatch(/^(?:[a-z]+:|\/)/);
        const file = join('/', path, '..', address ?? '').slice(1);
        expect(site.files.has(file), `${path}: ${file}`).toBe(true);
      }
      expect(text, path).toMatch(/<html lang="en">[\s\S]*<title>[^<]{5,}<\/title>[\s\S]*<main id="content"/);
    }
    expect(site.files.get('assets/site.css')).not.toMatch(/url\(|@import/);
  });

  test('is written into a folder of its own, and over nothing else', () => {
    const out = join(folder, 'site');
    expect(buildSite(ROOT, out).count).toBe(site.files.size);
    writeFileSync(join(out, 'left.html'), 'of an earlier run');
    buildSite(ROOT, out);
    expect(existsSync(join(out, 'left.html'))).toBe(false);
    expect(readFileSync(join(out, 'index.html'), 'utf8')).toBe(site.files.get('index.html'));
    writeFileSync(join(folder, 'mine.txt'), 'mine');
    expect(() => buildSite(ROOT, folder)).toThrow(/was not made by this/);
    expect(readFileSync(join(folder, 'mine.txt'), 'utf8')).toBe('mine');
  });
});

describe('a page', () => {
  const rendered = (text: string): string => renderMarkdown(text, (link) => link).html;

  test('headings have the addresses that GitHub gives them', () => {
    const { ids, title } = renderMarkdown('# One `two`\n\n## What *is* it, really?\n\n## Again\n\n## Again\n', (link) => link);
    expect([...ids]).toEqual(['one-two', 'what-is-it-really', 'again', 'again-1']);
    expect(title).toBe('One two');
  });

  test('a text of a block stays a text, what came and went is marked, and the words behind the language are for the tests', () => {
    expect(rendered('```sh demo exit=1\ndekey scan <b> # look\n```')).toBe('<pre tabindex="0" class="sh"><code>dekey scan &lt;b&gt; <span class="comment"># look</span></code></pre>\n');
    expect(rendered('```diff output\n+ in\n- out\n  same\n```')).toContain('<ins>+ in</ins>\n<del>- out</del>\n  same');
  });

  test('a table scrolls by itself; comments are left out; other HTML is refused', () => {
    expect(rendered('| a |\n| --- |\n| `b` |\n')).toMatch(/^<div class="scroll few" tabindex="0" role="region" aria-label="Table 1"><table>[\s\S]*<th scope="col">a<\/th>/);
    expect(rendered('<!-- for editors -->\n\nText.\n')).toBe('<p>Text.</p>\n');
    expect(() => rendered('<script>alert(1)</script>\n')).toThrow(/has HTML/);
  });
});
