import { describe, expect, test } from 'vitest';
import type { Inventory } from '../src/model/inventory.ts';
import { displayWidth, shortenMiddle, wrapItems } from '../src/report/layout.ts';
import { render, type RenderOptions } from '../src/report/index.ts';
import { credential, emptyTarget, factor, history, hostileInventory, inventoryOf, place, plainOptions, richInventory, secretFinding } from './report-sample.ts';

async function text(inventory: Inventory, more: Partial<RenderOptions> = {}): Promise<string> {
  return render('text', inventory, { ...plainOptions, ...more });
}

describe('the text report', () => {
  for (const width of [80, 120]) {
    test(`looks as recorded at ${width} columns`, async () => {
      await expect(await text(richInventory(), { width })).toMatchFileSnapshot(`../fixtures/report/rich-${width}.txt`);
    });
  }

  test('looks as recorded with everything unfolded', async () => {
    await expect(await text(richInventory(), { width: 100, verbose: true })).toMatchFileSnapshot('../fixtures/report/rich-verbose.txt');
  });

  test('looks as recorded for hostile names', async () => {
    await expect(await text(hostileInventory(), { width: 100, verbose: true })).toMatchFileSnapshot('../fixtures/report/hostile.txt');
  });

  test('says in one line what was scanned when nothing was found', async () => {
    expect(await text(inventoryOf([], []), { width: 100 })).toBe('No AI API key and nothing that uses one in 1,284 files and 61,902 objects of history (1.9 s).\n');
  });

  test('says what was not read even when nothing was found', async () => {
    const targets = [{ ...emptyTarget, complete: false, skipped: [{ reason: 'missing object', count: 2, examples: ['aa', 'bb'], incomplete: true }] }];
    expect(await text(inventoryOf([], [], { targets }))).toContain('\n Could not be read: 2 missing objects (aa, bb). Names: --verbose\n');
  });

  test('keeps to the width except for places, which are never cut', async () => {
    for (const width of [60, 80, 100, 140, 200]) {
      for (const line of (await text(richInventory(), { width })).split('\n')) {
        if (!/\S:\d+:\d+$/.test(line)) expect(displayWidth(line), line).toBeLessThanOrEqual(width);
      }
    }
  });

  test('clamps a width that no terminal has', async () => {
    expect(await text(richInventory(), { width: 3 })).toBe(await text(richInventory(), { width: 60 }));
    expect(await text(richInventory(), { width: 9999 })).toBe(await text(richInventory(), { width: 200 }));
    expect(await text(richInventory(), { width: Number.NaN })).toBe(await text(richInventory(), { width: 80 }));
  });

  test('colour changes how it looks and nothing it says', async () => {
    const colored = await text(richInventory(), { color: true });
    expect(colored).toMatch(/\u001b\[/);
    expect(colored.replace(/\u001b\[[0-9;]*m/g, '')).toBe(await text(richInventory()));
  });

  test('is pure ASCII for a terminal without UTF-8', async () => {
    for (const inventory of [richInventory(), hostileInventory()]) {
      expect(await text(inventory, { unicode: false, verbose: true })).toMatch(/^[\n\x20-\x7e]*$/);
    }
  });

  test('prints no control, direction or zero-width character of a scanned name', async () => {
    for (const verbose of [false, true]) expect(await text(hostileInventory(), { verbose })).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  });

  test('holds nothing a CI runner takes for a command', async () => {
    for (const line of (await text(hostileInventory(), { verbose: true })).split('\n')) {
      expect(line.trimStart().startsWith('::'), line).toBe(false);
      expect(line).not.toMatch(/##(?:vso|teamcity)?\[/);
    }
  });

  test('puts the worst key first whatever the order of the inventory', async () => {
    const inventory = richInventory();
    const shuffled = { ...inventory, credentials: inventory.credentials.toReversed() };
    const levels = [...(await text(shuffled)).matchAll(/^ (CRITICAL|HIGH|MEDIUM|LOW|INFO) /gm)].map(([, level]) => level);
    expect(levels).toEqual(['CRITICAL', 'HIGH', 'LOW']);
  });

  test('folds what needs a person, and shows it on demand', async () => {
    const folded = await text(richInventory());
    expect(folded).toContain(' 1 more that a person should look at: --verbose');
    expect(folded).not.toContain('docs/setup.md');
    expect(await text(richInventory(), { verbose: true })).toContain('support-bot/docs/setup.md:40:12');
  });

  test('tells a key that is committed from one that is only in history', async () => {
    const findings = [
      secretFinding('anthropic-api-key', 'anthropic', place('kept.txt', 1, 1, { history: history({ inHead: true }) })),
      secretFinding('anthropic-api-key', 'anthropic', place('gone.txt', 1, 1, { history: history() })),
      secretFinding('anthropic-api-key', 'anthropic', place('commit:0d3f5b7', 1, 1, { history: history({ objectType: 'commit', inHead: true }) })),
    ];
    const draft = { credential: credential({ id: 'c', provider: 'anthropic', preview: 'sk-ant-api03-…f3AA' }), score: 70, level: 'high' as const, factors: [factor('EX', 'H', 70, 'in private history')], findings };
    const shown = await text(inventoryOf([draft], []));
    expect(shown).toMatch(/^ {3}kept\.txt:1:1 +committed 2026-02-11, still in HEAD$/m);
    expect(shown).toMatch(/^ {3}history: gone\.txt +until 2026-03-02, still in a81c9e2$/m);
    expect(shown).toMatch(/^ {3}commit message: 0d3f5b7 +2026-03-02$/m);
    expect(shown).toContain('1 rotate it (every clone has it)');
  });

  test('links places to absolute files, escaped, only when asked', async () => {
    const linked = await text(richInventory(), { hyperlinks: true, cwd: '/home/a b' });
    expect(linked).toContain('\u001b]8;;file:///home/a%20b/support-bot/.env.production\u001b\\support-bot/.env.production:3:19\u001b]8;;\u001b\\');
    expect(await text(richInventory(), { hyperlinks: true })).not.toContain('\u001b');
  });

  test('folds a long list of keys', async () => {
    const drafts = Array.from({ length: 40 }, (_, index) => ({
      credential: credential({ id: `c${index}`, provider: 'openai', preview: `KEY_${index}`, seen: false }),
      score: 50,
      level: 'medium' as const,
      factors: [],
      findings: [secretFinding('openai-project-key', 'openai', place(`f${index}`, 1, 1))],
    }));
    const shown = await text(inventoryOf(drafts, []));
    expect(shown).toContain(' … and 15 more keys, none above medium 50: --verbose');
    expect(shown).not.toContain('KEY_25 ');
    expect(await text(inventoryOf(drafts, []), { verbose: true })).toContain('KEY_39 ');
  });
});

describe('columns', () => {
  test('count wide and combining characters as terminals do', () => {
    expect(displayWidth('日本')).toBe(4);
    expect(displayWidth('e\u0301')).toBe(1);
    expect(displayWidth('a…b')).toBe(3);
  });

  test('shortening keeps both ends and the limit', () => {
    expect(shortenMiddle('abcdefghij', 7, '…')).toBe('abc…hij');
    expect(displayWidth(shortenMiddle('日本語日本語', 7, '…'))).toBeLessThanOrEqual(7);
    expect(shortenMiddle('short', 7, '…')).toBe('short');
  });

  test('wrapping never loses an item', () => {
    expect(wrapItems(['aa', 'bb', 'cc dd ee'], ' · ', 7)).toEqual(['aa · bb', 'cc dd', 'ee']);
  });
});
