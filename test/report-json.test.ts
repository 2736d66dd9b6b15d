import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { Inventory } from '../src/model/inventory.ts';
import { render } from '../src/report/index.ts';
import { hostileInventory, HOSTILE_NAMES, inventoryOf, plainOptions, richInventory } from './report-sample.ts';

const schema: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../schema/inventory.schema.json'), 'utf8'));

function validator(): (value: unknown) => string[] {
  if (typeof schema !== 'object' || schema === null) throw new TypeError('the schema is no object');
  const validate = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(schema);
  return (value) => (validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`));
}

async function json(inventory: Inventory): Promise<string> {
  return render('json', inventory, plainOptions);
}

describe('the JSON report', () => {
  test('follows its schema', async () => {
    const errors = validator();
    for (const inventory of [richInventory(), hostileInventory(), inventoryOf([], [])]) expect(errors(JSON.parse(await json(inventory)))).toEqual([]);
  });

  test('the schema refuses what the contract does not name, at every level', () => {
    const errors = validator();
    const [credential] = richInventory().credentials;
    expect(errors({ ...inventoryOf([], []), extra: 1 })).toEqual([' must NOT have additional properties']);
    expect(errors({ ...inventoryOf([], []), credentials: [{ ...credential, secret: 'x' }] })).toEqual(['/credentials/0 must NOT have additional properties']);
    expect(JSON.stringify(schema).match(/"type":"object"(?!,"additionalProperties")/g)).toBeNull();
  });

  test('gives back the inventory, with a message for each finding', async () => {
    const inventory = richInventory();
    const back = JSON.parse(await json(inventory));
    const findings = back.findings.map(({ message, ...finding }: { message: string }) => {
      expect(message).toMatch(/\w.*\.$/);
      return finding;
    });
    expect({ ...back, findings }).toEqual(inventory);
  });

  test('the bytes do not depend on the order in which members were set', async () => {
    const inventory = richInventory();
    const reversed: Inventory = JSON.parse(JSON.stringify(inventory), (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).toReversed()) : value,
    );
    expect(await json(reversed)).toBe(await json(inventory));
  });

  test('members stand in the order of the contract', async () => {
    const back = JSON.parse(await json(richInventory()));
    expect(Object.keys(back)).toEqual(['schemaVersion', 'tool', 'targets', 'summary', 'credentials', 'findings', 'workloads', 'problems']);
    expect(Object.keys(back.credentials[0])).toEqual(['id', 'provider', 'kind', 'lifetime', 'privilege', 'preview', 'seen', 'names', 'confidence', 'liveness', 'facts', 'risk', 'findings', 'workloads', 'disposition']);
  });

  test('hostile names come back unchanged from bytes that act on nothing', async () => {
    const written = await json(hostileInventory());
    expect(written).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    expect(written).not.toMatch(/##(?:vso)?\[/);
    expect(written).not.toMatch(/^\s*::/m);
    const back = JSON.parse(written);
    expect(back.findings.slice(0, HOSTILE_NAMES.length).map(({ location }: { location: { path: string } }) => location.path)).toEqual(HOSTILE_NAMES);
    expect(Object.hasOwn(back.credentials[0].facts, '__proto__')).toBe(true);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });
});
