import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { render } from '../src/report/index.ts';
import { csvCell, csvText } from '../src/support/csv.ts';
import { hostileInventory, plainOptions, richInventory } from './report-sample.ts';

/** Rows of cells by RFC 4180, as a strict reader sees them. */
function parse(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    let cell = '';
    if (text[at] === '"') {
      at += 1;
      while (at < text.length && !(text[at] === '"' && text[at + 1] !== '"')) {
        cell += text[at] ?? '';
        at += text[at] === '"' ? 2 : 1;
      }
      at += 1;
    } else {
      while (at < text.length && text[at] !== ',' && text[at] !== '\r') {
        cell += text[at] ?? '';
        at += 1;
      }
    }
    row.push(cell);
    if (text[at] === ',') at += 1;
    else {
      if (text.slice(at, at + 2) !== '\r\n') throw new Error(`no line end at ${at}`);
      at += 2;
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

describe('cells', () => {
  test('what a spreadsheet would run is a text', () => {
    for (const text of ['=1+1', '+1', '-1', '@sum', '\t=1', '\r=1', ' =1', '\uff1d1', "=cmd|' /C calc'!A0", '=HYPERLINK("https://evil.test","x")']) {
      expect(csvCell(text)).toMatch(/^"'/);
    }
    expect(csvCell("=cmd|' /C calc'!A0")).toBe(`"'=cmd|' /C calc'!A0"`);
  });

  test('quotes, commas and line ends by RFC 4180; the rest as it is', () => {
    expect(['a', 'a,b', 'a"b', 'a\nb', '', '1'].map(csvCell)).toEqual(['a', '"a,b"', '"a""b"', '"a\nb"', '', '1']);
  });

  test('any texts come back, but for the apostrophe', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 4 }), { maxLength: 5 }), (rows) => {
        const back = parse(csvText(rows));
        expect(back.map((row) => row.map((cell) => cell.replace(/^'/, '')))).toEqual(rows.map((row) => row.map((cell) => cell.replace(/^'/, ''))));
        for (const cell of back.flat()) expect(/^[\s]*[=+\-@]/.test(cell)).toBe(false);
      }),
    );
  });
});

describe('the report', () => {
  test('one line a finding, with its credential, place and state', async () => {
    const inventory = richInventory();
    const [names = [], ...rows] = parse(await render('csv', inventory, plainOptions));
    expect(rows).toHaveLength(inventory.findings.length);
    const at = (row: readonly string[] | undefined, name: string): string | undefined => row?.[names.indexOf(name)];
    const first = rows.find((row) => at(row, 'path') === 'src/agent/client.ts');
    expect(['level', 'score', 'provider', 'credential', 'preview', 'replacement', 'line', 'column', 'state'].map((name) => at(first, name))).toEqual(['critical', '96', 'Anthropic', 'Anthropic API key', 'sk-ant-api03-\u2026f3AA', 'replace today', '14', '18', 'open']);
    const bot = rows.find((row) => at(row, 'path') === 'deploy/bot.yaml');
    expect(['platform', 'workload', 'class'].map((name) => at(bot, name))).toEqual(['kubernetes', 'Deployment/bot', 'reference']);
    expect(rows.map((row) => at(row, 'state'))).toContain('allowed: revoked in 2024, kept for the parser test');
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([names.length]));
  });

  test('hostile names are texts on one line', async () => {
    const text = await render('csv', hostileInventory(), plainOptions);
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
    for (const cell of parse(text).flat()) expect(cell).not.toMatch(/^[\s]*[=+\-@]/);
  });
});
