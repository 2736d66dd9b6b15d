import { describe, expect, test } from 'vitest';
import { platforms as registeredPlatforms } from '../src/platforms/index.ts';
import { providers as registeredProviders } from '../src/providers/index.ts';
import { catalogOf, credentialTitle, describeCode, describeFinding, formatCount, listCodes, sentenceOf } from '../src/report/messages.ts';
import { place, platforms, providers, richInventory, secretFinding } from './report-sample.ts';

describe('the wording', () => {
  test('exists for every detector and platform of the registries', () => {
    for (const [someProviders, somePlatforms] of [
      [registeredProviders, registeredPlatforms],
      [providers, platforms],
    ] as const) {
      for (const code of listCodes(someProviders, somePlatforms)) {
        const described = describeCode(code, someProviders, somePlatforms);
        expect(described?.code).toBe(code);
        for (const text of [described?.title, described?.what, described?.why, described?.fix, described?.help]) {
          expect(text, code).toMatch(/\S/);
          expect(text, code).not.toMatch(/undefined|\[object| {2}|\.\./);
        }
      }
    }
    expect(listCodes(providers, platforms)).toEqual(expect.arrayContaining(['DK-REF-GITHUB-ACTIONS', 'DK-REF-CODE']));
  });

  test('takes a code in any case and refuses one that nobody has', () => {
    expect(describeCode('dk-secret-anthropic-api-key', providers, platforms)?.title).toBe('Anthropic API key');
    expect(describeCode('dk-secret-anthropic-api-key/possible', providers, platforms)?.title).toBe('Possible Anthropic API key');
    for (const code of ['DK-SECRET-NOPE', 'DK-REF-', '', '__proto__', 'DK-SECRET-__PROTO__']) expect(describeCode(code, providers, platforms)).toBeUndefined();
  });

  test('says what federation can do for the key, with source and date', () => {
    const native = describeCode('DK-SECRET-ANTHROPIC-API-KEY', providers, platforms);
    expect(native?.fix).toContain('accepts workload identity federation');
    expect(native?.help).toContain('Source: https://platform.claude.com/docs');
    expect(native?.help).toContain('as of 2026-10-02');
    expect(describeCode('DK-SECRET-AWS-SESSION-TOKEN', providers, platforms)?.why).toContain('expires by itself');
    expect(describeCode('DK-REF-DOCKER-COMPOSE', providers, platforms)?.fix).toContain('issues no identity token');
  });

  test('knows the codes that no registry lists: values known by name, and uses in source code', () => {
    expect(describeCode('DK-SECRET-TAVILY-VALUE', providers, platforms)).toMatchObject({ title: 'Tavily credential', code: 'DK-SECRET-TAVILY-VALUE' });
    expect(describeCode('DK-SECRET-NOBODY-VALUE', providers, platforms)).toBeUndefined();
    expect(describeCode('DK-REF-CODE', providers, platforms)?.title).toBe('AI API key used in source code');
  });

  test('a finding of an unknown detector still has a title, without the unknown id', () => {
    const finding = secretFinding('new-thing', 'constructor] (x', place('a', 1, 1));
    expect(describeFinding(finding, catalogOf(providers, platforms)).title).toBe('an unknown provider credential');
  });

  test('a key known only by name is called after its provider and kind', () => {
    const inventory = richInventory();
    const titles = inventory.credentials.map((one) => credentialTitle(one, inventory.findings.filter(({ credential }) => credential === one.id), catalogOf(providers, platforms)));
    expect(titles).toEqual(['Anthropic API key', 'OpenAI API key', 'OpenAI project key', 'OpenAI project key', 'Tavily API key', 'AWS session token']);
  });

  test('every scanned part of a sentence passes through the escape', () => {
    const inventory = richInventory();
    const catalog = catalogOf(providers, platforms);
    const finding = inventory.findings.find(({ class: kind }) => kind === 'reference');
    if (finding === undefined) throw new Error('the sample lost its references');
    const subject = { finding, credential: inventory.credentials[0], workload: inventory.workloads[0] };
    expect(sentenceOf(subject, catalog, () => 'X')).toBe('X (X) takes the Anthropic API key X from a CI secret. Federation can replace it today.');
  });

  test('numbers are grouped the same everywhere', () => {
    expect([0, 999, 1000, 1_234_567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567']);
  });
});
