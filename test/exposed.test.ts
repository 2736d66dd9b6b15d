import { describe, expect, test } from 'vitest';
import { renderExposed } from '../src/cli/commands/exposed.ts';
import { gatewaysIn, HOLDERS } from '../src/holders/index.ts';
import { exposureOf } from '../src/inventory/exposed.ts';
import type { Inventory, WorkloadSighting } from '../src/model/inventory.ts';
import { platforms } from '../src/platforms/index.ts';
import { buildNameTable } from '../src/providers/_names.ts';
import { providers } from '../src/providers/index.ts';
import { buildInventory } from '../src/risk/score-inventory.ts';
import { job, repository, secretUse, stored } from './support/account-world.ts';

const CI = '.github/workflows/ci.yml';

function inventoryOf(uses: readonly (readonly [WorkloadSighting, string, string])[], accounts = false): Inventory {
  const workloads = [...new Map(uses.map(([workload]) => [workload.id, workload])).values()];
  const targets = [...new Set(workloads.map(({ location }) => location.target))].map((id) => repository(id));
  const references = uses.map(([workload, name, provider], index) => secretUse(workload, name, { provider, line: 10 + index }));
  const sightings = { targets, secrets: [], references, workloads, problems: [], ...(accounts ? { accounts: { stored: [stored('app', 'OPENAI_API_KEY')], settings: [], readWhole: {} } } : {}) };
  return buildInventory(sightings, providers, { version: '0.0.0', now: '2026-11-29T00:00:00Z', public: false }, buildNameTable(providers));
}

function holder(id: string) {
  const found = HOLDERS.find((one) => one.id === id);
  if (found === undefined) throw new Error(id);
  return found;
}

function heldBy(id: string, inventory: Inventory): Record<string, string> {
  return Object.fromEntries(exposureOf(inventory, holder(id)).keys.map(({ credential, held }) => [credential.names[0] ?? '', held]));
}

describe('what a service held', () => {
  const evals = job('app', CI, 'evals');
  const other = job('app', CI, 'other');
  const elsewhere = job('site', CI, 'test');

  test('its own keys, what is used with it, what the repository has besides, and nothing of other repositories', () => {
    const inventory = inventoryOf([[evals, 'BRAINTRUST_API_KEY', 'braintrust'], [evals, 'OPENAI_API_KEY', 'openai'], [other, 'ANTHROPIC_API_KEY', 'anthropic'], [elsewhere, 'MISTRAL_API_KEY', 'mistral']]);
    expect(heldBy('braintrust', inventory)).toEqual({ BRAINTRUST_API_KEY: 'own', OPENAI_API_KEY: 'likely', ANTHROPIC_API_KEY: 'possible' });
    expect(heldBy('helicone', inventory)).toEqual({});
  });

  test('what passes through its gateway', () => {
    const proxied = job('app', CI, 'chat', { gateways: 'braintrust,helicone' });
    const inventory = inventoryOf([[proxied, 'OPENAI_API_KEY', 'openai'], [other, 'ANTHROPIC_API_KEY', 'anthropic']]);
    expect(heldBy('helicone', inventory)).toEqual({ OPENAI_API_KEY: 'held', ANTHROPIC_API_KEY: 'possible' });
    // Of several keys it is not to be seen which one goes there; the service's own key is none of them.
    const several = inventoryOf([[proxied, 'OPENAI_API_KEY', 'openai'], [proxied, 'HF_TOKEN', 'huggingface'], [proxied, 'HELICONE_API_KEY', 'helicone']]);
    expect(heldBy('helicone', several)).toEqual({ OPENAI_API_KEY: 'likely', HF_TOKEN: 'likely', HELICONE_API_KEY: 'own' });
    expect(exposureOf(several, holder('helicone')).keys.find(({ held }) => held === 'likely')?.reasons).toEqual(['ci.yml › chat names the gateway of Helicone, and uses this beside other keys']);
    expect(heldBy('helicone', inventoryOf([[proxied, 'OPENAI_API_KEY', 'openai'], [proxied, 'HELICONE_API_KEY', 'helicone']]))).toEqual({ OPENAI_API_KEY: 'held', HELICONE_API_KEY: 'own' });
  });

  test('what runs on it, and what its store lists', () => {
    expect(heldBy('github', inventoryOf([[evals, 'OPENAI_API_KEY', 'openai']]))).toEqual({ OPENAI_API_KEY: 'held' });
    expect(heldBy('circleci', inventoryOf([[evals, 'OPENAI_API_KEY', 'openai']]))).toEqual({});
    const { keys } = exposureOf(inventoryOf([[evals, 'OPENAI_API_KEY', 'openai']], true), holder('github'));
    expect(keys[0]?.reasons).toContain('stored there as repository secret OPENAI_API_KEY');
  });
});

test('the answer says what to do first, what stops, and what cannot be seen', () => {
  const inventory = inventoryOf([[job('app', CI, 'evals'), 'BRAINTRUST_API_KEY', 'braintrust'], [job('app', CI, 'evals'), 'OPENAI_API_KEY', 'openai']]);
  const text = renderExposed(inventory, 'Braintrust', 'text', 80);
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  for (const part of ['1 of our own account there, 1 likely there', 'Used by  ci.yml › evals (github-actions)', 'End it ', 'an identity can take its place today', 'What cannot be seen from here']) expect(text).toContain(part);
  expect(JSON.parse(renderExposed(inventory, 'braintrust', 'json', 80))).toMatchObject({ kind: 'dekey-exposure', keys: [{ held: 'own' }, { held: 'likely' }] });
  expect(renderExposed(inventory, 'fly', 'text', 80)).toContain('Nothing in this inventory uses Fly.io');
  expect(() => renderExposed(inventory, 'acme', 'text', 80)).toThrow('nothing is known of a service "acme"');
});

test('what ends with a key is said no surer than it is', () => {
  const inventory = inventoryOf([[job('app', CI, 'evals'), 'BRAINTRUST_API_KEY', 'braintrust'], [job('site', CI, 'test'), 'OPENAI_API_KEY', 'openai']]);
  const [credential] = inventory.credentials.filter(({ provider }) => provider === 'braintrust');
  if (credential === undefined) throw new Error('no key');
  const told = (targets: Inventory['targets'], more: Partial<Inventory['findings'][number]> = {}): string => {
    const findings = inventory.findings.map((finding) => (finding.credential === credential.id ? { ...finding, ...more } : finding));
    return renderExposed({ ...inventory, targets, findings, credentials: [{ ...credential, workloads: [] }] }, 'braintrust', 'text', 120);
  };
  expect(told(inventory.targets)).toContain('no workload that was scanned: ending it should stop nothing here');
  expect(told(inventory.targets.map((target) => ({ ...target, complete: false })))).toContain('no workload that was scanned, and not all was');
  expect(told(inventory.targets, { class: 'secret', detector: 'braintrust-api-key' })).toContain('what runs the files below may use it');
  // Two repositories have a file of that name.
  expect(told(inventory.targets)).toContain(`Named    github:acme/app: ${CI}:10`);
  expect(JSON.parse(renderExposed(inventory, 'braintrust', 'json', 80))).toMatchObject({ targets: [{ id: 'app', name: 'github:acme/app' }, { id: 'site', name: 'github:acme/site' }] });
});

test('the registry names platforms and providers that exist, and gateways are found in texts', () => {
  for (const { id, provider, platforms: on = [] } of HOLDERS) {
    if (provider !== undefined) expect(providers.map((one) => one.id), id).toContain(provider);
    for (const platform of on) expect(platforms.map((one) => one.id), id).toContain(platform);
  }
  expect(new Set(HOLDERS.map(({ id }) => id)).size).toBe(HOLDERS.length);
  expect(gatewaysIn('base_url="https://oai.helicone.ai/v1"  # https://openrouter.ai/api/v1')).toEqual(['helicone', 'openrouter']);
  expect(gatewaysIn('https://braintrust.dev')).toEqual([]);
  expect(gatewaysIn('https://my-openrouter.ai/api/v1 https://notapi.portkey.ai')).toEqual([]);
  expect(gatewaysIn('https://eu.openrouter.ai/api/v1')).toEqual(['openrouter']);
});
