import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildPage } from '../scripts/page.mjs';
import { compareInventories } from '../src/inventory/compare.ts';
import type { PlannedChanges } from '../src/model/apply.ts';
import type { Finding, Inventory } from '../src/model/inventory.ts';
import { migrationId } from '../src/model/plan.ts';
import { choices, searchable, select, windowOf } from '../src/report/html/page/rows.ts';
import type { PageData } from '../src/report/html/page-data.ts';
import { render, type RenderOptions } from '../src/report/index.ts';
import { hostileInventory, inventoryOf, plainOptions, richInventory } from './report-sample.ts';

// The page of this tree, not of the last build.
beforeAll(async () => await buildPage(`${import.meta.dirname}/../src/report/html`));

async function html(inventory: Inventory, options: Partial<RenderOptions> = {}): Promise<string> {
  return await render('html', inventory, { ...plainOptions, ...options });
}

function dataOf(text: string): PageData {
  return JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(text)?.[1] ?? '') as PageData;
}

describe('the file', () => {
  test('allows its own script and style by their hashes and nothing else', async () => {
    const text = await html(richInventory());
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(text)?.[1] ?? '';
    const script = /<script>(.*?)<\/script>/s.exec(text)?.[1] ?? '';
    const style = /<style>(.*?)<\/style>/s.exec(text)?.[1] ?? '';
    const hash = (part: string): string => `'sha256-${createHash('sha256').update(part).digest('base64')}'`;
    expect(script.length).toBeGreaterThan(10_000);
    expect(policy.split('; ')).toEqual(["default-src 'none'", `script-src ${hash(script)}`, `style-src ${hash(style)}`, "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"]);
    expect(text).not.toMatch(/https?:\/\/(?!www\.w3\.org\/2000\/svg)[a-z.]+[^\s"]*\.(?:js|css|woff2?|png|svg)/);
    expect(text.replace(/<script.*?<\/script>/gs, '')).not.toMatch(/ on[a-z]+=| style=| src=/);
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|fetch\(|XMLHttpRequest|WebSocket/);
  });

  test('hostile names do not leave the data', async () => {
    const text = await html(hostileInventory());
    expect(text.match(/<script/g)).toHaveLength(2);
    expect(text.match(/<\/script>/g)).toHaveLength(2);
    expect(text).not.toContain('<img');
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u202a-\u202e\ud800-\udfff]|##(?:vso)?\[/);
    const data = dataOf(text);
    expect(data.strings).toContain('<img src=x onerror=alert(1)>');
    expect(data.strings).toContain('__proto__');
    expect(data.strings).toContain('\\u{202e}gnp.exe');
  });

  test('a name cannot end the element of the data', async () => {
    const inventory = richInventory();
    const hostile = { ...inventory, targets: inventory.targets.map((target) => ({ ...target, name: '</script><script>alert(1)</script><!--' })) };
    const text = await html(hostile);
    expect(text.match(/<script/g)).toHaveLength(2);
    expect(text).not.toContain('<!--');
    expect(dataOf(text).title).toBe('</script><script>alert(1)</script><!--');
  });
});

describe('the data', () => {
  test('counts, keys worst first, places, workloads, edges and what was left out', async () => {
    const data = dataOf(await html(richInventory()));
    expect(data.stats).toMatchObject({ credentials: 6, seen: 1, named: 2, doubtful: 1, accepted: 1, shortLived: 1, today: 1, afterChange: 1, none: 1, levels: [1, 1, 0, 1, 0] });
    expect(data.credentials.map(({ id }) => id)[0]).toBe('c-1');
    const [first] = data.credentials;
    const words = (numbers: readonly number[] = []): string[] => numbers.map((at) => data.strings[at] ?? '');
    expect(words(first?.steps)).toEqual(['rotate now (it is public)', 'federate: GitHub Actions \u2192 Anthropic, Kubernetes \u2192 Anthropic']);
    expect(data.strings[first?.effort ?? 0]).toBe('2 workloads in 2 files; settings only');
    expect(first?.factors.map(([label, points]) => [data.strings[label], points])[0]).toEqual(['in public history', 38]);
    expect(data.edges.map(({ platform, provider, fate, keys }) => [data.platforms[platform]?.title, data.providers[provider]?.title, fate, keys])).toContainEqual(['GitHub Actions', 'Anthropic', 'token', 1]);
    expect(data.edges.map(({ fate }) => fate)).toContain('stays');
    expect(data.skipped.map(({ reason, count }) => [reason, count])).toEqual([['over 20 MB', 3], ['submodule', 1]]);
    expect(data.problems).toHaveLength(1);
    expect(data.readiness).toBeUndefined();
  });

  test('the scorecard is there when the inventory has findings about readiness: the weakest counts, and unknown is no score', async () => {
    const inventory = richInventory();
    const [sample] = inventory.findings;
    if (sample === undefined) throw new Error('the sample has findings');
    const finding = (id: string, control: string, score: string, path: string, more: Readonly<Record<string, string>> = {}): Finding => ({ ...sample, id, class: 'readiness', code: `DK-READY-${control.replace('.', '-')}`, credential: '', location: { ...sample.location, path, line: 7 }, arguments: { control, score, ...more } });
    const data = dataOf(
      await html({
        ...inventory,
        findings: [...inventory.findings, finding('r1', 'P1.2', '2', 'a.yaml'), finding('r2', 'P1.2', '0', 'b.yaml', { identity: 'bot\u202e' }), finding('r3', 'P1.6', 'unknown', 'c.yaml'), finding('r4', 'P1.8', 'n/a', 'd.json'), finding('r5', 'P3.4', '2', 'e.tf'), finding('r6', 'P9.9', '2', 'f.tf')],
      }),
    );
    const [first, second, third, fourth, others] = data.readiness ?? [];
    const score = (id: string): number | undefined => first?.controls.find((one) => one.id === id)?.score;
    expect([first?.id, second?.id, third?.id, fourth?.id, others?.title]).toEqual(['P1', 'P2', 'P3', 'P4', 'Others']);
    // absent, partial, met, not applicable, unknown
    expect([score('P1.2'), score('P1.6'), score('P1.8'), score('P1.1')]).toEqual([0, 4, 3, 4]);
    expect([first?.level, second?.level, third?.level, fourth?.level]).toEqual([0, 4, 4, 4]);
    const whole = dataOf(await html({ ...inventory, findings: ['P3.1', 'P3.2', 'P3.3', 'P3.4', 'P3.5', 'P3.6'].map((one, index) => finding(`r${index}`, one, index === 2 ? 'n/a' : '2', 'a.tf')) }));
    expect(whole.readiness?.[2]?.level).toBe(2);
    expect(first?.controls.find(({ id }) => id === 'P1.2')).toMatchObject({ places: ['a.yaml:7', 'b.yaml:7'], more: 0, says: [expect.stringMatching(/^identity bot[^\u202e]*$/)] });
    expect(data.readiness?.slice(0, 4).flatMap(({ controls }) => controls)).toHaveLength(26);
    expect(others?.controls.map(({ id }) => id)).toEqual(['DK-READY-P9-9']);
    const text = await render('sarif', { ...inventory, findings: [finding('r2', 'P1.2', '0', 'b.yaml', { identity: 'bot' })] }, plainOptions);
    expect(text).toContain('P1.2 one identity for each agent: absent; identity bot.');
  });

  test('shared: counts, and nothing of the scanned world', async () => {
    const inventory = richInventory();
    const old = { ...inventory, credentials: inventory.credentials.map((credential) => ({ ...credential, id: `${credential.id}-old`, findings: [] })), findings: [] };
    const text = await html(inventory, { share: true, comparison: compareInventories(inventory, { name: 'acme-secret.json', inventory: old }, '2026-11-29') });
    const data = dataOf(text);
    for (const word of ['support-bot', 'ANTHROPIC_API_KEY', 'sk-ant', 'client.ts', 'ci.yml', 'Deployment', 'acme', 'submodule', 'vendor', 'c-1', 'w-1', 'release.yml']) expect(JSON.stringify(data)).not.toContain(word);
    expect(text.slice(0, text.indexOf('<style>'))).not.toContain('support-bot');
    expect(data.stats.credentials).toBe(6);
    expect(data.since).toMatchObject({ added: 6, fixed: 6, fixedKeys: [] });
    expect(data.edges.length).toBeGreaterThan(0);
  });

  test('nothing found', async () => {
    expect(dataOf(await html(inventoryOf([], []))).stats).toMatchObject({ findings: 0, credentials: 0, today: 0 });
  });
});

describe('rows of a list', () => {
  const rows = Array.from({ length: 20_000 }, (_, index) => ({ name: `src/service-${index % 97}/File${index}.ts`, level: index % 5 === 0 ? 'high' : 'low', size: (index * 7919) % 1000 }));
  type Row = (typeof rows)[number];
  const columns = [{ name: 'Name', text: ({ name }: Row) => name }, { name: 'Size', text: ({ size }: Row) => String(size), rank: ({ size }: Row) => size }];
  const filters = [{ id: 'level', label: 'Any level', value: ({ level }: Row) => level }];
  const source = searchable(rows, columns);

  test('words in any case and order, choices, and sorting that keeps the order of equals', () => {
    expect(select(source, columns, filters, { words: 'FILE199 service-5/', chosen: {}, sort: '' }).every(({ name }) => name.includes('service-5/') && name.includes('File199'))).toBe(true);
    expect(select(source, columns, filters, { words: '', chosen: { level: 'high' }, sort: '' })).toHaveLength(4000);
    const up = select(source, columns, filters, { words: '', chosen: {}, sort: 'Size' });
    expect(up.slice(0, 2).map(({ name }) => name)).toEqual(['src/service-0/File0.ts', 'src/service-30/File1000.ts']);
    expect(select(source, columns, filters, { words: '', chosen: {}, sort: '-Size' })[0]?.size).toBe(999);
    expect(select(source, columns, filters, { words: '', chosen: { constructor: 'x' }, sort: '__proto__' })).toHaveLength(20_000);
    expect(choices(rows, filters[0] ?? { id: '', label: '', value: () => '' })).toEqual([['high', 4000], ['low', 16_000]]);
  });

  test('the window holds what is seen and a little more, at either end too', () => {
    expect(windowOf(20_000, 40, 0, 800, 10)).toEqual({ first: 0, count: 40 });
    expect(windowOf(20_000, 40, 400_000, 800, 10)).toEqual({ first: 9990, count: 40 });
    expect(windowOf(20_000, 40, 799_600, 800, 10)).toEqual({ first: 19_980, count: 20 });
    expect(windowOf(0, 40, 0, 800, 10)).toEqual({ first: 0, count: 0 });
  });
});

describe('what a plan changes', () => {
  const changes = (path: string, migrations: readonly string[]): PlannedChanges => ({
    files: [
      { target: 't0', path, diff: '@@ -1,2 +1,1 @@\n-\tkey: x\u001b[31m</script>\n same\n', changes: [{ title: 'a: b', why: 'why', safety: 'unsafe', reason: 'rests on c', migrations }], refusals: [{ line: 3, reason: 'no', byHand: 'do', migrations: ['m-other-openai'] }] },
      { target: 't0', path: 'other', diff: '', changes: [], refusals: [{ line: 3, reason: 'no', byHand: 'do', migrations: ['m-nobody-openai'] }] },
    ],
  });

  test('stands on the page of the keys it takes out, with nothing hidden in it', async () => {
    const inventory = richInventory();
    const user = inventory.credentials.find(({ workloads }) => workloads.length > 0);
    if (user === undefined) throw new Error('the sample has users');
    const data = dataOf(await html(inventory, { changes: changes('a\u202eb.yml', [migrationId(user.workloads[0] ?? '', user.provider)]) }));
    const at = data.credentials.findIndex(({ id }) => id === user.id);
    expect(data.changes).toEqual([{ path: 'a\\u{202e}b.yml', diff: '@@ -1,2 +1,1 @@\n-\tkey: x\\u{1b}[31m</script>\n same\n', changes: [{ title: 'a: b', why: 'why', rests: 'rests on c', of: [at] }], refusals: [{ line: 3, reason: 'no', byHand: 'do', of: [] }] }]);
  });

  test('is not in a report without a plan, nor in one to share', async () => {
    expect(dataOf(await html(richInventory())).changes).toBeUndefined();
    expect(await html(richInventory(), { share: true, changes: changes('secret-path', []) })).not.toContain('secret-path');
  });
});
