import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Platform } from '../src/model/reference.ts';
import { buildNameTable } from '../src/providers/_names.ts';
import { platforms } from '../src/platforms/index.ts';
import { providers } from '../src/providers/index.ts';
import { describeCode, listCodes } from '../src/report/messages.ts';

const ROOT = join(import.meta.dirname, '..');
const DAY_MS = 86_400_000;
/** Facts about vendors are looked at again within a year. */
const OLDEST_DAYS = 365;

/** What stands for `@KEY@` in fixtures: without a form, and put together here so that no file holds it whole. */
const VALUE = ['w3Kd9', 'pTz7', 'QfL2m', 'Yb6X', 'hN8sRc'].join('');

/** Names of the files that make up a registry. */
function members(folder: string): string[] {
  return readdirSync(join(ROOT, 'src', folder), { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.startsWith('_') && entry.name !== 'index.ts')
    .map((entry) => entry.name.slice(0, -3))
    .toSorted();
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => statSync(join(folder, path)).isFile());
}

/** The text of every test, to see that a fixture is used. */
const testSources = filesBelow(join(ROOT, 'test'))
  .filter((path) => path.endsWith('.test.ts') && !path.endsWith('contract.test.ts'))
  .map((path) => readFileSync(join(ROOT, 'test', path), 'utf8'));

describe('every member of a registry has the same set of parts', () => {
  test('the id of a provider is the name of its file, and every file is registered', () => {
    expect(providers.map(({ id }) => id).toSorted()).toEqual(members('providers'));
  });

  test('the id of a platform is the name of its file, and every file is registered', () => {
    expect(platforms.map(({ id }) => id).toSorted()).toEqual(members('platforms'));
  });

  test.each(providers.map((provider) => [provider.id, provider] as const))('provider %s', (id, provider) => {
    const text = JSON.stringify(provider);
    expect(text, 'scaffolding is filled in').not.toContain('TODO');
    expect(`${provider.title}${provider.revoke}${provider.federation.note}`).toMatch(/\S/);
    // A provider that nothing can lead to would never be found.
    const names = provider.env.filter(({ notAKey }) => notAKey !== true);
    expect(names.length + provider.detectors.length).toBeGreaterThan(0);
    for (const detector of provider.detectors) {
      expect(detector.samples.ok.length, `${detector.id} has samples that must be found`).toBeGreaterThan(0);
      expect(detector.samples.ng.length, `${detector.id} has samples that must not be found`).toBeGreaterThan(0);
      expect(describeCode(`DK-SECRET-${detector.id.toUpperCase()}`, providers, platforms)?.title).toBe(detector.title);
    }
    expect(isDay(provider.checked), `${id} was checked on a day`).toBe(true);
  });

  test.each(platforms.map((platform) => [platform.id, platform] as const))('platform %s', (id, platform) => {
    const folder = join(ROOT, 'fixtures/platforms', id);
    // Some platforms are known as issuers only: none of their files is read, so what they are tested by is their tokens.
    if (platform.isIssuerOnly === true) {
      expect(platform.tokens ?? platform.whyNot, `${id} says what its tokens are, or why there are none`).toBeDefined();
      expect(isDay(platform.checked), `${id} was checked on a day`).toBe(true);
      return;
    }
    expect(existsSync(folder), `fixtures/platforms/${id} exists`).toBe(true);
    const cases = readdirSync(folder);
    expect(cases.length).toBeGreaterThan(0);
    let found = 0;
    let read = 0;
    for (const name of cases) {
      expect(filesBelow(join(folder, name)).length, `${id}/${name} holds something`).toBeGreaterThan(0);
      if (existsSync(join(folder, name, 'input'))) {
        found += uses(platform, join(folder, name, 'input'));
        read += 1;
      } else expect(testSources.some((source) => source.includes(`${name}/`)), `${id}/${name} is used by a test`).toBe(true);
    }
    if (read > 0) expect(found, `${id} finds something in its fixtures`).toBeGreaterThan(0);
    expect(platform.title).toMatch(/\S/);
    expect(isDay(platform.checked), `${id} was checked on a day`).toBe(true);
    expect(describeCode(`DK-REF-${id.toUpperCase()}`, providers, platforms)?.title).toContain(platform.title);
  });
});

/** References and values that a platform finds in the files below `folder`, all of which are its own. */
function uses(platform: Platform, folder: string): number {
  const names = buildNameTable(providers);
  let found = 0;
  for (const path of filesBelow(folder)) {
    const file = { path: path.replaceAll('\\', '/'), text: readFileSync(join(folder, path), 'utf8').replace(/@KEY(?:64)?@/g, VALUE) };
    expect(platform.matches(file), `${platform.id} takes ${path} for its own`).toBe(true);
    const { references, values } = platform.extract(file, names);
    found += references.length + values.length;
  }
  return found;
}

test('every code has a description with all its parts', () => {
  const codes = listCodes(providers, platforms);
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes) {
    const described = describeCode(code, providers, platforms);
    expect(described?.code).toBe(code);
    for (const part of [described?.title, described?.what, described?.why, described?.fix]) expect(part, code).toMatch(/\S/);
  }
});

// Complains and does not fail: an old fact is no reason to stop a fix from being released.
test('facts that were not checked for a year are named', () => {
  const old = [...providers, ...platforms].filter(({ checked }) => Date.now() - Date.parse(checked) > OLDEST_DAYS * DAY_MS);
  if (old.length > 0) console.warn(`not compared with their sources for ${OLDEST_DAYS} days: ${old.map(({ id, checked }) => `${id} (${checked})`).join(', ')}`);
  const tomorrow = Date.now() + DAY_MS;
  expect([...providers, ...platforms].filter(({ checked }) => Date.parse(checked) > tomorrow).map(({ id }) => id), 'nobody checked in the future').toEqual([]);
});

function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);
}
