import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Finding, Inventory } from '../src/model/inventory.ts';
import { render } from '../src/report/index.ts';
import { credential, emptyTarget, hostileInventory, HOSTILE_NAMES, inventoryOf, place, plainOptions, richInventory, secretFinding } from './report-sample.ts';

const judge = join(import.meta.dirname, '../scripts/judges/sarif.mjs');
const isJudgeInstalled = existsSync(join(import.meta.dirname, '../.judges/node_modules/@microsoft/sarif-multitool'));
// `npm run judges` installs the validator and requires these; on a machine without it the other tests still speak.
const judged = test.skipIf(!isJudgeInstalled && process.env['DEKEY_JUDGES'] !== 'required');

async function sarif(inventory: Inventory): Promise<string> {
  return render('sarif', inventory, plainOptions);
}

async function runOf(inventory: Inventory) {
  return JSON.parse(await sarif(inventory)).runs[0];
}

describe('the SARIF report', () => {
  test('is as recorded', async () => {
    await expect(await sarif(richInventory())).toMatchFileSnapshot('../fixtures/report/rich.sarif');
  });

  judged("passes an independent validator with GitHub's rules on", { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dekey-test-'));
    try {
      const inventories = { rich: richInventory(), hostile: hostileInventory(), empty: inventoryOf([], []) };
      const files: string[] = [];
      for (const [name, inventory] of Object.entries(inventories)) {
        files.push(join(folder, `${name}.sarif`));
        writeFileSync(join(folder, `${name}.sarif`), await sarif(inventory));
      }
      const verdict = spawnSync(process.execPath, [judge, ...files], { encoding: 'utf8' });
      expect(verdict.stdout + verdict.stderr).toBe(files.map((file) => `${file}: valid\n`).join(''));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  judged('the validator does complain about a bad file', { timeout: 60_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'dekey-test-'));
    try {
      writeFileSync(join(folder, 'bad.sarif'), '{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[{"message":{"text":"a"}}]}]}');
      expect(spawnSync(process.execPath, [judge, join(folder, 'bad.sarif')]).status).toBe(1);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('lists only the rules that its results use, each found by its index', async () => {
    const run = await runOf(richInventory());
    const used = new Set<string>();
    for (const result of run.results) {
      expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
      used.add(result.ruleId);
    }
    expect(run.tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual([...used].toSorted());
    expect(used).toContain('DK-SECRET-OPENAI-PROJECT-KEY');
    expect(used).toContain('DK-SECRET-OPENAI-PROJECT-KEY/possible');
  });

  test('a doubtful finding is a note under a rule of its own, never critical', async () => {
    const run = await runOf(richInventory());
    const rule = run.tool.driver.rules.find(({ id }: { id: string }) => id.endsWith('/possible'));
    expect(rule.properties).toMatchObject({ precision: 'low', 'security-severity': '0.5' });
    expect(run.results.find(({ ruleId }: { ruleId: string }) => ruleId === rule.id).level).toBe('note');
    expect(run.tool.driver.rules.find(({ id }: { id: string }) => id === 'DK-SECRET-ANTHROPIC-API-KEY').properties['security-severity']).toBe('9.5');
  });

  test('a flow leads from the secret to each place that uses it', async () => {
    const run = await runOf(richInventory());
    const uris = run.results[0].codeFlows[0].threadFlows.map(({ locations }: { locations: { location: { physicalLocation: { artifactLocation: { uri: string } } } }[] }) =>
      locations.map(({ location }) => location.physicalLocation.artifactLocation.uri),
    );
    expect(uris).toEqual([
      ['support-bot/src/agent/client.ts', 'support-bot/.github/workflows/ci.yml'],
      ['support-bot/src/agent/client.ts', 'support-bot/.github/workflows/ci.yml'],
      ['support-bot/src/agent/client.ts', 'support-bot/deploy/bot.yaml'],
    ]);
  });

  test('accepted findings are suppressed with their reasons, and the others say that they are not', async () => {
    const run = await runOf(richInventory());
    const suppressions = run.results.map((result: { suppressions: unknown[] }) => result.suppressions).filter((list: unknown[]) => list.length > 0);
    expect(suppressions).toEqual([
      [{ kind: 'inSource', status: 'accepted', justification: 'revoked in 2024, kept for the parser test' }],
      [{ kind: 'external', status: 'accepted', justification: 'accepted until the fixture is rewritten' }],
    ]);
    expect(run.results[0].suppressions).toEqual([]);
  });

  test('a finding that only history holds names its commit and brings its own line hash', async () => {
    const run = await runOf(richInventory());
    const old = run.results.find((result: { message: { text: string } }) => result.message.text.includes('deploy/old.sh'));
    expect(old.message.text).toContain('commit a81c9e2 of 2026-03-02 still holds it');
    expect(old.partialFingerprints.primaryLocationLineHash).toMatch(/^[0-9a-f]{16}:1$/);
    expect(run.results[0].partialFingerprints).not.toHaveProperty('primaryLocationLineHash');
  });

  test('says where the tree came from only when the remote is a plain host and path', async () => {
    expect((await runOf(richInventory())).versionControlProvenance).toEqual([
      { repositoryUri: 'https://github.com/acme/support-bot', revisionId: 'b'.repeat(40), branch: 'main', mappedTo: { uriBaseId: '%SRCROOT%' } },
    ]);
    expect(await runOf(hostileInventory())).not.toHaveProperty('versionControlProvenance');
  });

  test('what was not read makes the run unsuccessful and is named', async () => {
    const [invocation] = (await runOf(hostileInventory())).invocations;
    expect(invocation.executionSuccessful).toBe(false);
    expect(invocation.toolExecutionNotifications[0]).toMatchObject({ level: 'error', descriptor: { id: 'DK-NOT-READ' } });
    expect((await runOf(richInventory())).invocations[0].executionSuccessful).toBe(true);
  });

  test('every URI is a relative reference that leads back to its path', async () => {
    const run = await runOf(hostileInventory());
    HOSTILE_NAMES.forEach((name, index) => {
      const { uri } = run.results[index].locations[0].physicalLocation.artifactLocation;
      expect(uri).toMatch(/^(?:[A-Za-z0-9\-._~/]|%[0-9A-F]{2})+$/);
      expect(decodeURIComponent(uri).endsWith(name.replace(/\p{Cs}/gu, '\ufffd'))).toBe(true);
    });
  });

  test('scanned text makes no link, no placeholder and no raw control character', async () => {
    const written = await sarif(hostileInventory());
    expect(written).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    expect(written).not.toMatch(/##(?:vso)?\[/);
    const texts = (await runOf(hostileInventory())).results.map((result: { message: { text: string } }) => result.message.text);
    expect(texts.some((text: string) => text.includes('\\[x\\](javascript'))).toBe(true);
    for (const text of texts) {
      expect(text).not.toMatch(/(?<!\\)\[[^\]]*(?<!\\)\]\(/);
      expect(text).not.toMatch(/(?<!\{)\{[^{}]*\}(?!\})/);
    }
  });

  test('targets outside the folder of the run get roots of their own when there are several', async () => {
    const findings = ['t1', 't2'].map((target) => secretFinding('anthropic-api-key', 'anthropic', place('a.txt', 1, 1, { target })));
    const draft = { credential: credential({ id: 'c', provider: 'anthropic', preview: 'x' }), score: 90, level: 'critical' as const, factors: [], findings };
    const run = await runOf(inventoryOf([draft], [], { targets: [emptyTarget, { ...emptyTarget, id: 't2', name: '/srv/other' }] }));
    expect(run.results.map((result: { locations: { physicalLocation: { artifactLocation: unknown } }[] }) => result.locations[0]?.physicalLocation.artifactLocation)).toEqual([
      { uri: 'a.txt', uriBaseId: '%SRCROOT%' },
      { uri: 'a.txt', uriBaseId: 'TARGET2' },
    ]);
    expect(JSON.stringify(run)).not.toContain('"uri":"/srv');
  });

  test('beyond what GitHub takes, the worst are kept and the rest is counted', async () => {
    const findings = Array.from({ length: 25_010 }, (_, index): Finding => {
      const isWorst = index >= 25_000;
      return secretFinding('openai-project-key', 'openai', place(`f${index}`, 1, 1), { severity: isWorst ? 'critical' : 'low' });
    });
    const drafts = findings.map((finding, index) => ({ credential: credential({ id: `c${index}`, provider: 'openai', preview: 'x' }), score: 30, level: 'low' as const, factors: [], findings: [finding] }));
    const run = await runOf(inventoryOf(drafts, []));
    expect(run.results).toHaveLength(25_000);
    expect(run.results.filter(({ level }: { level: string }) => level === 'error')).toHaveLength(10);
    expect(run.invocations[0].toolExecutionNotifications[0].message.text).toBe('10 findings are left out: a run may hold 25000 results. The worst are kept.');
  });
});

test('a key in ten thousand places is rendered in every format without delay', { timeout: 30_000 }, async () => {
  const findings = Array.from({ length: 10_000 }, (_, index) => secretFinding('anthropic-api-key', 'anthropic', place(`f${index}`, 1, 1)));
  const draft = { credential: credential({ id: 'c', provider: 'anthropic', preview: 'x' }), score: 90, level: 'critical' as const, factors: [], findings };
  const inventory = inventoryOf([draft], []);
  const started = performance.now();
  for (const format of ['text', 'json', 'sarif', 'github', 'markdown'] as const) expect(await render(format, inventory, { ...plainOptions, verbose: true })).toContain('f0');
  // Work that grew with the square of the places would take minutes.
  expect(performance.now() - started).toBeLessThan(15_000);
});
