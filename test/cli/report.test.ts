import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareInventories } from '../../src/inventory/compare.ts';
import { mergeInventories, sameTargets } from '../../src/inventory/merge.ts';
import { dateInName, trendOf } from '../../src/inventory/trend.ts';
import type { Inventory } from '../../src/model/inventory.ts';
import { render } from '../../src/report/index.ts';
import { sparkline } from '../../src/report/text-since.ts';
import { Kit, requireBuild } from '../e2e/kit.ts';
import { plainOptions, richInventory } from '../report-sample.ts';

const kit = new Kit(91);
let folder = '';

function named(name: string): Inventory {
  const inventory = richInventory();
  return { ...inventory, targets: inventory.targets.map((target) => ({ ...target, name })) };
}

/** Without its first credential, and with a smaller score of the second. */
function smaller(inventory: Inventory): Inventory {
  const [gone, next, ...rest] = inventory.credentials;
  if (gone === undefined || next === undefined) throw new Error('the sample has credentials');
  return { ...inventory, credentials: [{ ...next, risk: { ...next.risk, level: 'medium' } }, ...rest], findings: inventory.findings.filter(({ credential }) => credential !== gone.id) };
}

beforeAll(async () => {
  requireBuild();
  folder = kit.folder('report');
  const write = async (name: string, inventory: Inventory): Promise<void> => writeFileSync(join(folder, name), await render('json', inventory, plainOptions));
  await write('a.json', named('./a'));
  await write('b.json', named('./b'));
  await write('old-2026-10-01.json', smaller(named('./a')));
});
afterAll(() => kit.remove());

describe('merging', () => {
  test('targets are numbered anew, equal ids get a number, everything still leads somewhere', () => {
    const merged = mergeInventories([named('./a'), named('./b')]);
    expect(merged.targets.map(({ id, name }) => [id, name])).toEqual([['t1', './a'], ['t2', './b']]);
    expect(merged.summary).toMatchObject({ credentials: 12, findings: 2 * richInventory().findings.length, pathToZero: { today: 2, afterChange: 4, none: 2 } });
    const ids = { credentials: new Set(merged.credentials.map(({ id }) => id)), findings: new Set(merged.findings.map(({ id }) => id)), workloads: new Set(merged.workloads.map(({ id }) => id)) };
    expect(ids.credentials.size).toBe(12);
    for (const finding of merged.findings) {
      expect(ids.credentials.has(finding.credential)).toBe(true);
      if (finding.workload !== undefined) expect(ids.workloads.has(finding.workload)).toBe(true);
    }
    for (const credential of merged.credentials) expect(credential.findings.every((id) => ids.findings.has(id))).toBe(true);
    expect(merged.workloads.every(({ uses }) => uses.every((id) => ids.credentials.has(id)))).toBe(true);
    expect(mergeInventories([named('./a')])).toEqual(named('./a'));
  });

  test('keys are one only by the fingerprint of the operator', () => {
    const print = (inventory: Inventory): Inventory => ({ ...inventory, credentials: inventory.credentials.map((one) => (one.id === 'c-1' ? { ...one, fingerprint: 'ab'.repeat(32) } : one)) });
    const merged = mergeInventories([print(named('./a')), print(named('./b'))]);
    expect(merged.credentials).toHaveLength(11);
    expect(merged.credentials.find(({ id }) => id === 'c-1')?.findings).toHaveLength(16);
    expect(merged.findings.filter(({ credential }) => credential === 'c-1')).toHaveLength(16);
  });

  test('a target that is in two files is named', () => {
    expect(sameTargets([{ name: 'a.json', inventory: named('./a') }, { name: 'b.json', inventory: named('./a') }])).toEqual([{ target: './a', files: ['a.json', 'b.json'] }]);
    expect(sameTargets([{ name: 'a.json', inventory: named('./a') }, { name: 'b.json', inventory: named('./b') }])).toEqual([]);
  });
});

describe('comparing', () => {
  test('new, fixed, changed and days open', () => {
    const now = richInventory();
    const { credentials, fixed, findings } = compareInventories(now, { name: 'old.json', date: '2026-10-01', inventory: smaller(now) }, '2026-11-29');
    expect(credentials.get('c-1')).toMatchObject({ state: 'new', opened: '2026-02-11', daysOpen: 291 });
    expect(credentials.get('c-2')).toMatchObject({ state: 'changed', was: { level: 'medium' }, opened: '2026-10-01', daysOpen: 59 });
    expect(credentials.get('c-3')).toMatchObject({ state: 'same', daysOpen: 59 });
    expect({ fixed: fixed.length, findings }).toEqual({ fixed: 0, findings: { added: 8, removed: 0 } });
    const back = compareInventories(smaller(now), { name: 'old.json', inventory: now }, '2026-11-29');
    expect(back.fixed.map(({ id }) => id)).toEqual(['c-1']);
  });

  test('a key whose first place went is the same key', () => {
    const now = richInventory();
    const moved = { ...now, credentials: now.credentials.map((one) => (one.id === 'c-1' ? { ...one, id: 'c-other' } : one)), findings: now.findings.map((one) => (one.credential === 'c-1' ? { ...one, credential: 'c-other' } : one)) };
    const { credentials, fixed } = compareInventories(moved, { name: 'old.json', inventory: now }, '2026-11-29');
    expect(credentials.get('c-other')?.state).toBe('same');
    expect(fixed).toEqual([]);
  });

  test('days in names, points of a curve', () => {
    expect(['dekey-2026-11-29.json', 'x20261129.json', 'a.json', 'dekey-2026-13-40.json', 'run-120261129.json'].map(dateInName)).toEqual(['2026-11-29', '2026-11-29', undefined, undefined, undefined]);
    expect(trendOf([{ date: '2026-02-01', inventory: richInventory() }, { date: '2026-01-01', inventory: richInventory() }, { date: '2026-02-01', inventory: richInventory() }]).map(({ date, keys }) => [date, keys])).toEqual([['2026-01-01', 4], ['2026-02-01', 8]]);
    expect([sparkline([8, 4, 0], true), sparkline([8, 4, 0], false)]).toEqual(['\u2588\u2585\u2581', '#+_']);
  });
});

describe('the command', () => {
  const report = (...args: string[]): { code: number | null; stdout: string; stderr: string } => kit.dekey(['report', ...args], { cwd: folder });

  test('every format of one file, and two as one', () => {
    for (const format of ['text', 'json', 'sarif', 'github', 'markdown', 'html', 'csv', 'junit']) {
      const { code, stdout, stderr } = report('a.json', 'b.json', '--format', format);
      expect({ format, code, stderr }).toEqual({ format, code: 0, stderr: '' });
      expect(stdout.length).toBeGreaterThan(200);
    }
    expect((JSON.parse(report('a.json', 'b.json', '--format', 'json').stdout) as Inventory).summary.credentials).toBe(12);
  });

  test('what is new since an earlier one, and the curve', () => {
    writeFileSync(join(folder, 'no-day.json'), readFileSync(join(folder, 'a.json')));
    const { code, stdout, stderr } = report('a.json', '--since', 'old-2026-10-01.json', '--trend', '.');
    expect(code).toBe(0);
    expect(stdout).toContain(' Since 2026-10-01   1 new \u00b7 0 fixed \u00b7 1 changed \u00b7 oldest open ');
    expect(stdout).toMatch(/Curve to zero {2}\S+ {2}4 on 2026-10-01, 4 on 20\d\d-\d\d-\d\d/);
    expect(report('a.json', '--since', 'old-2026-10-01.json', '--format', 'markdown').stdout).toMatch(/\n\nSince `2026-10-01`: 1 new \u00b7 0 fixed \u00b7 1 changed \u00b7 oldest open \d+ days\n\n/);
    expect(stderr).toContain('no-day.json has no date in its name');
  });

  test('exit codes: 0, 1 with --fail-on, 2 for what is no inventory, the same target twice, or --share without html', () => {
    expect(report('a.json').code).toBe(0);
    expect(report('a.json', '--fail-on', 'critical').code).toBe(1);
    writeFileSync(join(folder, 'broken.json'), '{"schemaVersion":"1.0","tool":{"name":"dekey"}}');
    expect(report('broken.json')).toMatchObject({ code: 2 });
    const whole = JSON.parse(readFileSync(join(folder, 'a.json'), 'utf8')) as Record<string, unknown[]>;
    writeFileSync(join(folder, 'half.json'), JSON.stringify({ ...whole, credentials: (whole['credentials'] ?? []).map((one) => ({ ...(one as object), risk: { score: 1 } })) }));
    expect(report('half.json')).toMatchObject({ code: 2, stderr: expect.stringContaining('credentials[0].risk is missing or not a score with factors') as string });
    expect(report('a.json', 'a.json').stderr).toContain('both hold ./a');
    expect(report('a.json', '--share')).toMatchObject({ code: 2 });
    expect(report('missing.json').code).toBe(2);
  });

  test('changes of a plan: what is no output of apply, and where they cannot be shown, is said', () => {
    const write = (value: unknown): string => {
      writeFileSync(join(folder, 'changes.json'), JSON.stringify(value));
      return report('a.json', '--format', 'html', '--changes', 'changes.json', '-o', 'out.html').stderr;
    };
    const file = { target: 't0', path: 'ci.yml', diff: '', changes: [], refusals: [{ line: 3, reason: 'no', byHand: 'do', migrations: [] }] };
    expect(write({ schemaVersion: '1.0', tool: { name: 'dekey' }, files: [file] })).toBe('');
    expect(write({ schemaVersion: '1.0', tool: { name: 'dekey' }, files: [{ ...file, diff: 7 }] })).toContain('changes.json is not what dekey apply prints: files[0].diff is not a text');
    expect(report('a.json', '--format', 'html', '--changes', 'no.json').stderr).toContain('there is no no.json');
    expect(report('a.json', '--changes', 'changes.json')).toMatchObject({ code: 2, stderr: expect.stringContaining('--changes is for --format html') as string });
  });

  test('a file that opens alone', () => {
    expect(report('a.json', '--format', 'html', '--share', '-o', 'out.html')).toMatchObject({ code: 0, stdout: '' });
    expect(readFileSync(join(folder, 'out.html'), 'utf8')).toMatch(/^<!doctype html>/);
  });
});
