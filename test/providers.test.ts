import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compileRules } from '../src/detect/compile.ts';
import { ByteScanner } from '../src/detect/scan-bytes.ts';
import { CONFIDENCES } from '../src/model/levels.ts';
import { type Detector, LANGUAGES, type Provider } from '../src/model/provider.ts';
import { buildNameTable } from '../src/providers/_names.ts';
import { providers } from '../src/providers/index.ts';
import { expandRecipe, seededRandom } from './support/recipes.ts';

/** Every ok sample is filled this often: a floor that loses real keys shows up as a failure here. */
const FILLINGS = 12;
const KEYS = { run: new Uint8Array(32).fill(7) };
const detectors = providers.flatMap((provider) => provider.detectors.map((detector) => ({ provider, detector })));

test('the registry holds every file of the folder', () => {
  const files = readdirSync(new URL('../src/providers', import.meta.url))
    .filter((name) => name.endsWith('.ts') && !name.startsWith('_') && name !== 'index.ts')
    .map((name) => name.slice(0, -3));
  expect(providers.map((provider) => provider.id).toSorted()).toEqual(files.toSorted());
});

describe.each(providers.map((provider) => [provider.id, provider] as const))('provider %s', (_, provider) => {
  test('is complete', () => {
    expect(provider.id).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
    expect(provider.title).not.toBe('');
    expect(new Date(`${provider.checked}T00:00:00Z`).toISOString().slice(0, 10)).toBe(provider.checked);
    expect(provider.words.length).toBeGreaterThan(0);
    for (const word of provider.words) expect(word).toBe(word.toLowerCase());
    expect(provider.hosts.length).toBeGreaterThan(0);
    for (const host of provider.hosts) expect(host).toMatch(/^[a-z0-9.-]+\.[a-z]+$/);
    expect(provider.env.some((entry) => entry.notAKey === undefined)).toBe(true);
    for (const entry of provider.env) expect(entry.name).toMatch(/^[A-Z][A-Z0-9_]{2,}$/);
    expect(provider.federation.source).toMatch(/^https:\/\//);
    expect(provider.federation.note).not.toBe('');
    expect(provider.revoke).toMatch(/\.$/);
  });

  test('describes its SDKs with known languages and no doubles', () => {
    for (const sdk of provider.sdks) {
      expect(LANGUAGES).toContain(sdk.language);
      expect(sdk.packages.length).toBeGreaterThan(0);
      expect(sdk.constructors.length).toBeGreaterThan(0);
      expect(new Set(sdk.constructors).size).toBe(sdk.constructors.length);
      expect(new Set(sdk.packages).size).toBe(sdk.packages.length);
    }
  });
});

test('detector ids and known names are unique', () => {
  const ids = detectors.map(({ detector }) => detector.id);
  expect(ids).toEqual([...new Set(ids)]);
  const names = providers.flatMap((provider) => provider.env.map((entry) => entry.name));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

describe.each(detectors.map(({ provider, detector }) => [detector.id, provider, detector] as const))('detector %s', (id, provider, detector) => {
  test('is complete and bounded', () => {
    expect(id.startsWith(`${provider.id}-`)).toBe(true);
    expect(id).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)+$/);
    expect(detector.literals.length).toBeGreaterThan(0);
    for (const { text } of detector.literals) {
      expect(text.length).toBeGreaterThanOrEqual(3);
      expect(text).toMatch(/^[\x20-\x7e]+$/);
    }
    const pattern = new RegExp(detector.pattern, detector.ignoreCase === true ? 'i' : '');
    expect(detector.pattern.match(/\(\?<key>/g)).toHaveLength(1);
    expect(pattern.flags).not.toContain('u');
    expect(unboundedRepeats(detector.pattern)).toEqual([]);
    expect(detector.minEntropy).toBeGreaterThan(0);
    expect(CONFIDENCES).toContain(detector.confidence.shape);
    expect(detector.samples.ok.length).toBeGreaterThanOrEqual(2);
    expect(detector.samples.ng.length).toBeGreaterThanOrEqual(4);
    if (detector.context === undefined) return;
    expect(detector.confidence.shape).not.toBe('high');
  });

  test('finds its key in every good sample', () => {
    const scanner = scannerFor(provider, detector);
    for (const sample of detector.samples.ok) {
      for (let seed = 1; seed <= FILLINGS; seed += 1) {
        const { text, keys } = expandRecipe(sample, seededRandom(seed * 7919 + sample.length));
        const found = scan(scanner, text).filter((sighting) => sighting.confidence !== 'low');
        const shown = `${sample} (seed ${seed})`;
        expect(found.length, shown).toBeGreaterThan(0);
        for (const sighting of found) expect(keys, shown).toContain(text.slice(sighting.start, sighting.end));
      }
    }
  });

  test('reports nothing of weight in the traps', () => {
    const scanner = scannerFor(provider, detector);
    for (const sample of detector.samples.ng) {
      for (let seed = 1; seed <= 4; seed += 1) {
        const { text } = expandRecipe(sample, seededRandom(seed));
        const found = scan(scanner, text).filter((sighting) => sighting.confidence !== 'low');
        expect(found.map((sighting) => text.slice(sighting.start, sighting.end)), sample).toEqual([]);
      }
    }
  });

  test('stays linear on hostile input', () => {
    const scanner = scannerFor(provider, detector);
    const text = detector.literals.map(({ text: literal }) => `${literal}${'a'.repeat(40)}${' "='.repeat(40)}${literal}${'A1'.repeat(200)}`).join('');
    const hostile = text.repeat(Math.ceil(100_000 / text.length));
    const started = performance.now();
    scan(scanner, hostile);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('name table', () => {
  const names = buildNameTable(providers);

  test.each([
    ['OPENAI_API_KEY', 'openai', 'high'],
    ['secrets.OPENAI_API_KEY', 'openai', 'high'],
    ['secrets.OPENAI_API_KEY_PROD', 'openai', 'medium'],
    ['openai-api-key', 'openai', 'high'],
    ['openaiApiKey', 'openai', 'high'],
    ['OpenAIApiKey', 'openai', 'high'],
    ['my-openai-key', 'openai', 'medium'],
    ['TEST_OPENAI_KEY', 'openai', 'medium'],
    ['NEXT_PUBLIC_OPENAI_API_KEY', 'openai', 'medium'],
    ['spring.ai.openai.api-key', 'openai', 'medium'],
    ['openai-secrets', 'openai', 'medium'],
    ['OPENAI_API_KEY_2', 'openai', 'medium'],
    ['OPENAI_BACKUP_KEY2', 'openai', 'medium'],
    ['API_KEY_OPENAI', 'openai', 'medium'],
    ['AZURE_OPENAI_API_KEY', 'azure-openai', 'high'],
    ['PROD_AZURE_OPENAI_API_KEY', 'azure-openai', 'medium'],
    ['azure-openai-us-east-key', 'azure-openai', 'medium'],
    ['azureOpenAIKey', 'azure-openai', 'high'],
    ['anthropic_api_key', 'anthropic', 'high'],
    ['INPUT_ANTHROPIC_API_KEY', 'anthropic', 'medium'],
    ['CLAUDE_CODE_OAUTH_TOKEN', 'anthropic', 'high'],
    ['claude-code-key', 'anthropic', 'medium'],
    ['GOOGLE_GENERATIVE_AI_API_KEY', 'google-gemini', 'high'],
    ['APP_GOOGLE_GENERATIVE_AI_API_KEY', 'google-gemini', 'medium'],
    ['GOOGLE_APPLICATION_CREDENTIALS', 'google-vertex', 'medium'],
    ['GCP_CREDENTIALS_FILE', 'google-vertex', 'medium'],
    ['hf_token', 'huggingface', 'high'],
    ['HUGGING_FACE_TOKEN', 'huggingface', 'high'],
    ['AWS_ACCESS_KEY_ID', 'aws', 'high'],
    ['aws-secret-access-key', 'aws', 'high'],
    ['AWS_SECRET_ACCESS_KEY_STAGING', 'aws', 'medium'],
    ['AWS_ACCESS_KEY_ID_PROD', 'aws', 'medium'],
    ['AWS_BEARER_TOKEN_BEDROCK', 'aws-bedrock', 'high'],
    ['TOGETHER_API_KEY', 'together', 'high'],
    ['CO_API_KEY', 'cohere', 'medium'],
    ['secret/data/ci/MISTRAL_API_KEY', 'mistral', 'high'],
  ])('%s is a key of %s', (name, provider, confidence) => {
    expect(names.lookup(name)).toMatchObject({ provider, confidence });
  });

  test.each([
    '',
    'API_KEY',
    'OPENAI_MODEL',
    'secrets.OPENAI_MODEL',
    'OPENAI_BASE_URL',
    'AZURE_OPENAI_ENDPOINT',
    'AZURE_OPENAI_API_VERSION',
    'AZURE_OPENAI_DEPLOYMENT',
    'OPENAI_ORG_ID',
    'OPENAI_PROJECT',
    'AWS_REGION',
    'BEDROCK_REGION',
    'OPENAI_MAX_TOKENS',
    'OPENAI_TOKEN_COUNT',
    'OPENAI_TOKEN_LIMIT',
    'OPENAI_MAX_OUTPUT_TOKEN',
    'AWS_SESSION_TOKEN',
    'PROD_AWS_SESSION_TOKEN',
    'GITHUB_TOKEN',
    'INPUT_GITHUB_TOKEN',
    'OPENAI_API_KEY_FILE',
    'ANTHROPIC_API_KEY_PATH',
    'OPENAI_KEY_ID',
    'OPENAI_SECRET_ARN',
    'OPENAI_SECRET_NAME',
    'ANTHROPIC_IDENTITY_TOKEN',
    'ANTHROPIC_IDENTITY_TOKEN_FILE',
    'LANGFUSE_PUBLIC_KEY',
    'VERCEL_OIDC_TOKEN',
    'CURSOR_NEXT_TOKEN',
    'nextCursorToken',
    'modalKey',
    'vertexKey',
    'hasOpenAIKey',
    'getAnthropicApiKey',
    'gcp_kms_key',
    'ACME_CO_API_KEY',
    'GEMINI_PAT',
    'APP_SECRET_PEM_HUGGINGFACE_HUB_BOT',
    'monkey',
    'openaikeyboard',
    'A'.repeat(100_000),
  ])('%.40s is not a key', (name) => {
    expect(names.lookup(name)).toBeUndefined();
  });

  test('every known name that is a key has its own provider and kind', () => {
    for (const provider of providers) {
      for (const entry of provider.env) {
        const expected = entry.notAKey === true ? undefined : { provider: provider.id, kind: entry.kind, confidence: entry.confidence ?? 'high' };
        expect(names.lookup(entry.name), entry.name).toEqual(expected);
        expect(names.lookup(entry.name.toLowerCase().replaceAll('_', '-')), entry.name).toEqual(expected);
      }
    }
  });

  test('an admin name has the admin kind, a secret half the secret kind', () => {
    expect(names.lookup('MY_ANTHROPIC_ADMIN_TOKEN')?.kind).toBe('admin-key');
    expect(names.lookup('aws_dev_secret')?.kind).toBe('secret-key');
  });

  test('two tables from one registry in any order agree on names without rivals', () => {
    const reversed = buildNameTable(providers.toReversed());
    for (const name of ['PROD_AZURE_OPENAI_API_KEY', 'my-openai-key', 'groq_token', 'MY_GEMINI_KEY']) expect(reversed.lookup(name)).toEqual(names.lookup(name));
  });
});

describe('recipes', () => {
  test('the same seed gives the same text, another seed another', () => {
    const make = (seed: number): string => expandRecipe('{alnum:40} {uuid} {gcp-json}', seededRandom(seed)).text;
    expect(make(1)).toBe(make(1));
    expect(make(1)).not.toBe(make(2));
  });

  test('a key is the recipe with the constant text beside it', () => {
    const { text, keys } = expandRecipe('{{ KEY="sk-{hex:4}-mid-{hex:4}" } {same:1} {nothing} ${{{{ x }}', seededRandom(3));
    expect(keys[0]).toMatch(/^sk-[0-9a-f]{4}-mid-[0-9a-f]{4}$/);
    expect(text.startsWith('{ KEY="')).toBe(true);
    expect(text.endsWith(`" } ${keys[1]} {nothing} \${{ x }}`)).toBe(true);
    expect(keys[0]?.startsWith(`sk-${keys[1]}`)).toBe(true);
  });

  test('special recipes have the structure they stand for', () => {
    const random = seededRandom(5);
    const account = JSON.parse(expandRecipe('{gcp-json}', random).text);
    expect(account).toMatchObject({ type: 'service_account', private_key_id: expect.stringMatching(/^[0-9a-f]{40}$/) });
    expect(JSON.parse(expandRecipe('{gcp-user-json}', random).text)).toMatchObject({ type: 'authorized_user', refresh_token: expect.stringMatching(/^1\/\/0/) });
    const bedrock = expandRecipe('{absk}', random).text;
    expect(Buffer.from(bedrock.slice(4), 'base64').toString()).toMatch(/^BedrockAPIKey-[a-z0-9]{4}-at-\d{12}:/);
    expect(expandRecipe('{github-crc:ghp_}', random).text).toMatch(/^ghp_[A-Za-z0-9]{36}$/);
  });
});

function scannerFor(provider: Provider, detector: Detector): ByteScanner {
  return new ByteScanner(compileRules([{ ...provider, detectors: [detector] }], 'tree'), KEYS);
}

function scan(scanner: ByteScanner, text: string): ReturnType<ByteScanner['scan']> {
  const bytes = Buffer.from(text, 'utf8');
  scanner.reserve(bytes.length).set(bytes);
  return scanner.scan(bytes.length, false);
}

/** Repeats without an upper bound, and bounded groups that hold another repeat: either can make a pattern slower than linear. */
function unboundedRepeats(pattern: string): string[] {
  const plain = pattern.replace(/\\./g, '_').replace(/\[[^\]]*\]/g, '_');
  const bad = [...plain.matchAll(/[*+]|\{\d+,\}/g)].map((match) => match[0]);
  const repeated = [...plain.matchAll(/\([^()]*\{\d[^()]*\)(?:\{|\?)/g)].map((match) => match[0]);
  return [...bad, ...repeated];
}
