import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { nameMask } from '../src/detect/mask.ts';
import { maskInventory } from '../src/inventory/mask.ts';
import { readInventory } from '../src/inventory/read.ts';
import { ACCOUNT_FINDINGS } from '../src/model/account.ts';
import type { Inventory, Sightings } from '../src/model/inventory.ts';
import { platforms } from '../src/platforms/index.ts';
import { buildNameTable } from '../src/providers/_names.ts';
import { providers } from '../src/providers/index.ts';
import { type Format, render, type RenderOptions } from '../src/report/index.ts';
import { displayWidth } from '../src/report/layout.ts';
import { describeCode, listCodes } from '../src/report/messages.ts';
import { buildInventory } from '../src/risk/score-inventory.ts';
import { accountOf, job, madeUpOrganization, organization, repository, secretUse, setting, stored, world } from './support/account-world.ts';

const judge = join(import.meta.dirname, '../scripts/judges/sarif.mjs');
const isJudgeInstalled = existsSync(join(import.meta.dirname, '../.judges/node_modules/@microsoft/sarif-multitool'));
const judged = test.skipIf(!isJudgeInstalled && process.env['DEKEY_JUDGES'] !== 'required');

const NAMES = buildNameTable(providers);

function inventoryOf(sightings: Sightings): Inventory {
  const built = buildInventory(sightings, providers, { version: '0.1.0', now: '2026-11-24T00:00:00Z', public: false }, NAMES);
  return maskInventory(built, nameMask(providers, () => false));
}

async function rendered(format: Format, inventory: Inventory, more: Partial<RenderOptions> = {}): Promise<string> {
  return render(format, inventory, { providers, platforms, width: 80, color: false, verbose: false, failOn: 'high', elapsedMs: 91_000, ...more });
}

/** The organisation, some of which could not be read. */
function partlyRead(): Sightings {
  const whole = madeUpOrganization(1200);
  const reason = 'repository secrets: 403, needs "Secrets" repository permissions (read)';
  const targets = whole.targets.map((target, index) => (index % 400 === 399 ? { ...target, complete: false, facts: { ...target.facts, tree: 'whole' }, skipped: [{ reason, count: 1, examples: [target.name], incomplete: true }] } : target));
  return { ...whole, targets };
}

const HOSTILE = ['EVIL\u001b[2J_OPENAI_API_KEY', 'OPENAI_API_KEY\n::error::x', 'OPENAI_API_KEY_[a](https://evil.example)', 'OPENAI_API_KEY_\u202egpj', 'OPENAI_API_KEY_{0}', '<img src=x>_OPENAI_API_KEY', '##[error]_OPENAI_API_KEY'];

function hostile(): Sightings {
  const repositories = ['app', 'site', 'docs'].map((name) => repository(name, { visibility: 'public' }));
  const targets = [organization({ name: 'github:ac\u001b[31mme' }), ...repositories];
  const user = job('app', '.github/workflows/c\u202ei.yml', 'te\nst', { environment: HOSTILE[0] ?? '' });
  return world({
    targets,
    workloads: [user],
    references: HOSTILE.map((name, index) => secretUse(user, name, { line: 10 + index })),
    accounts: accountOf(targets, {
      stored: HOSTILE.slice(2).flatMap((name) => [stored('app', name), stored('site', name, { scope: 'environment', environment: name }), stored('docs', name)]),
      settings: HOSTILE.flatMap((name) => [setting('app', 'deploy-key', name, { readOnly: 'false' }), setting('site', 'environment', name, { reviewers: '0', branches: 'all' }), setting('app', 'runner', name, { selfHosted: 'true' }), setting('org', 'app-installation', name, { permissions: 'contents:write' })]),
    }),
  });
}

describe('an organisation as text', () => {
  test('of 1,200 repositories looks as recorded at 80 columns', async () => {
    await expect(await rendered('text', inventoryOf(partlyRead()))).toMatchFileSnapshot('../fixtures/report/organization-80.txt');
  });

  test('of few repositories, unfolded, looks as recorded', async () => {
    await expect(await rendered('text', inventoryOf(madeUpOrganization(24)), { width: 100, verbose: true })).toMatchFileSnapshot('../fixtures/report/organization-verbose.txt');
  });

  test('keeps to the width, and to a size that a person reads', async () => {
    const inventory = inventoryOf(madeUpOrganization(1200));
    for (const width of [60, 80, 120]) {
      const lines = (await rendered('text', inventory, { width })).split('\n');
      expect(lines.length).toBeLessThan(width < 80 ? 120 : 90);
      for (const line of lines) if (!/\S:\d+(?::\d+)?(?:,.*)?$/.test(line)) expect(displayWidth(line), line).toBeLessThanOrEqual(width);
    }
  });
});

describe('every format', () => {
  test('of an account follows the schema, and a saved one is read back', async () => {
    const schema: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../schema/inventory.schema.json'), 'utf8'));
    if (typeof schema !== 'object' || schema === null) throw new TypeError('the schema is no object');
    const validate = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(schema);
    const folder = mkdtempSync(join(tmpdir(), 'dekey-test-'));
    try {
      for (const sightings of [madeUpOrganization(120), hostile()]) {
        const inventory = inventoryOf(sightings);
        const text = await rendered('json', inventory);
        validate(JSON.parse(text));
        expect(validate.errors ?? []).toEqual([]);
        const path = join(folder, 'inventory.json');
        writeFileSync(path, text);
        const back = readInventory(path);
        expect(back.accounts).toEqual(inventory.accounts);
        expect(back.credentials).toEqual(inventory.credentials);
        writeFileSync(path, text.replace('"readers": [', '"readers": ["x", 7,'));
        expect(() => readInventory(path)).toThrow(/accounts\.stored\[0\]\.readers is missing or not a list of texts/);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('keeps hostile names inert', async () => {
    const inventory = inventoryOf(hostile());
    for (const format of ['text', 'json', 'sarif', 'github'] as const) {
      const text = await rendered(format, inventory, { verbose: true });
      // eslint-disable-next-line no-control-regex
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
      for (const line of text.split('\n')) if (/^\s*::/.test(line)) expect(line).toMatch(/^::(?:error|warning|notice) /);
      expect(text).not.toMatch(/##\[error\]/);
    }
    const sarif = await rendered('sarif', inventory);
    const texts: string[] = JSON.parse(sarif).runs[0].results.map(({ message }: { message: { text: string } }) => message.text);
    for (const text of texts) expect(text).not.toMatch(/(?<!\\)\[[^\]]*\]\(/);
  });

  judged('of an account passes an independent validator of SARIF', { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dekey-test-'));
    try {
      const files: string[] = [];
      for (const [name, sightings] of Object.entries({ organization: madeUpOrganization(120), hostile: hostile() })) {
        const file = join(folder, `${name}.sarif`);
        files.push(file);
        writeFileSync(file, await rendered('sarif', inventoryOf(sightings)));
      }
      const verdict = spawnSync(process.execPath, [judge, ...files], { encoding: 'utf8' });
      expect(verdict.stdout + verdict.stderr).toBe(files.map((file) => `${file}: valid\n`).join(''));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

test('SARIF names the thing in the account, and shows who uses a stored key', async () => {
  const { results } = JSON.parse(await rendered('sarif', inventoryOf(madeUpOrganization(6)))).runs[0];
  const shared = results.find(({ ruleId, message }: { ruleId: string; message: { text: string } }) => ruleId === 'DK-ACCOUNT-STORED-KEY' && message.text.includes('OPENAI_API_KEY'));
  expect(shared.locations).toEqual([
    {
      physicalLocation: { artifactLocation: { uri: 'account%3Agithub-actions/organization/OPENAI_API_KEY', uriBaseId: 'TARGET1' }, region: { startLine: 1, startColumn: 1, endLine: 1, endColumn: 1 } },
      logicalLocations: [{ fullyQualifiedName: 'github:acme/github-actions/organization/OPENAI_API_KEY', kind: 'resource' }],
    },
  ]);
  expect(shared.message.text).toBe('Organisation secret OPENAI_API_KEY holds an AI key, set 2025-03-02. 6 repositories may read it, 2 use it.');
  expect(shared.relatedLocations.map(({ message }: { message: { text: string } }) => message.text)).toEqual(['ci.yml › test uses the key.', 'ci.yml › test uses the key.']);
});

test('an annotation that hangs on no file says whose finding it is', async () => {
  const lines = (await rendered('github', inventoryOf(madeUpOrganization(6)))).split('\n');
  expect(lines).toContainEqual(expect.stringMatching(/^::warning title=AI key in a secret store::acme: Organisation secret OPENAI_API_KEY holds an AI key/));
  expect(lines).toContainEqual(expect.stringMatching(/::acme\/service-0000\/\.github\/workflows\/ci\.yml:12: /));
});

test('every kind of finding is explained', () => {
  const codes = listCodes(providers, platforms);
  for (const kind of ACCOUNT_FINDINGS) {
    const code = `DK-ACCOUNT-${kind.toUpperCase()}`;
    expect(codes).toContain(code);
    const described = describeCode(code, providers, platforms);
    for (const text of [described?.what, described?.why, described?.fix]) expect(text).toMatch(/^[A-Z].*[.)]$/s);
  }
  expect(describeCode('DK-ACCOUNT-TOSTRING', providers, platforms)).toBeUndefined();
});
