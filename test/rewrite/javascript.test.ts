import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { compareVersions, isAtLeast, isBreaking, readRange } from '../../src/rewrite/code/_ranges.ts';
import { rewriter } from '../../src/rewrite/code/javascript.ts';
import { rewriter as manifest } from '../../src/rewrite/code/package-json.ts';
import { loadGrammars } from '../../src/rewrite/code/syntax.ts';
import { rewriteText } from '../../src/rewrite/run.ts';
import type { Kept, Replacement, RewriteContext } from '../../src/rewrite/types.ts';

beforeAll(() => loadGrammars(['typescript', 'tsx', 'javascript']));

const ANTHROPIC: Replacement = {
  migration: 'm-bot-anthropic',
  provider: 'anthropic',
  title: 'Anthropic',
  workload: 'Deployment/bot',
  platform: 'kubernetes',
  path: 'k8s/bot.yaml',
  line: 1,
  names: ['ANTHROPIC_API_KEY'],
  variables: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'],
  readByClients: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'],
  hosts: ['api.anthropic.com'],
  parties: ['anthropic'],
  route: 'native',
  class: 'native',
  outcome: 'gone',
  change: 'configuration',
  identity: { id: 'bot', audience: ['https://api.anthropic.com'], permission: 'inference', subject: undefined },
  suffix: '',
  set: {},
  remove: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'],
  floors: [{ language: 'javascript', package: '@anthropic-ai/sdk', version: '0.94.0' }],
};
const OPENAI: Replacement = { ...ANTHROPIC, migration: 'm-bot-openai', provider: 'openai', title: 'OpenAI', names: ['OPENAI_API_KEY'], variables: ['OPENAI_API_KEY'], parties: ['openai'], change: 'code', floors: [{ language: 'javascript', package: 'openai', version: '7.8.0' }] };
const AZURE: Replacement = { ...OPENAI, migration: 'm-bot-azure-openai', provider: 'azure-openai', title: 'Azure OpenAI', names: ['AZURE_OPENAI_API_KEY'], variables: ['AZURE_OPENAI_API_KEY'], parties: ['azure'], floors: [] };
const KEPT: Kept = { migration: 'm-job-openai', provider: 'openai', title: 'OpenAI', workload: 'ci.yml › test', platform: 'travis', path: '.travis.yml', line: 3, names: ['OPENAI_API_KEY'], code: 'platform-issues-no-token', reason: 'No token.', unblock: 'Move.' };

function contextOf(all: readonly Replacement[], files: Readonly<Record<string, string>> = {}, kept: readonly Kept[] = []): RewriteContext {
  return { own: [], all, kept, paths: Object.keys(files), read: (path) => files[path], value: () => undefined, ids: 'vars' };
}

function edit(text: string, all: readonly Replacement[] = [ANTHROPIC, OPENAI, AZURE], path = 'src/a.ts', kept: readonly Kept[] = []): { readonly after: string; readonly refusals: readonly string[]; readonly safety: readonly string[] } {
  const { after, refusals, made } = rewriteText(rewriter, path, text, contextOf(all, { 'package.json': '{"dependencies":{"@anthropic-ai/sdk":"^1.0.0"}}' }, kept));
  return { after, refusals: refusals.map(({ code, reason }) => `${code}: ${reason}`), safety: made.map(({ safety }) => safety) };
}

const SDK = "import Anthropic from '@anthropic-ai/sdk';\n";

describe('what goes, with its commas and lines', () => {
  test.each([
    ['new Anthropic({ apiKey: process.env.ANTHROPIC_API_KEY })', 'new Anthropic()'],
    ['new Anthropic({apiKey: process.env.ANTHROPIC_API_KEY})', 'new Anthropic()'],
    ['new Anthropic({ apiKey: process.env.ANTHROPIC_API_KEY, })', 'new Anthropic()'],
    ['new Anthropic({ apiKey: process.env.ANTHROPIC_API_KEY, maxRetries: 1 })', 'new Anthropic({ maxRetries: 1 })'],
    ['new Anthropic({ maxRetries: 1, apiKey: process.env.ANTHROPIC_API_KEY })', 'new Anthropic({ maxRetries: 1 })'],
    ['new Anthropic({ maxRetries: 1, apiKey: process.env.ANTHROPIC_API_KEY, })', 'new Anthropic({ maxRetries: 1, })'],
    ['new Anthropic({ maxRetries: 1, apiKey: process.env.ANTHROPIC_API_KEY, timeout: 2 })', 'new Anthropic({ maxRetries: 1, timeout: 2 })'],
    ["new Anthropic({ 'apiKey': process.env['ANTHROPIC_API_KEY']! })", 'new Anthropic()'],
    ['new Anthropic({ apiKey: (process.env.ANTHROPIC_API_KEY as string) })', 'new Anthropic()'],
    ["new Anthropic({ apiKey: process.env.ANTHROPIC_API_KEY || '' })", 'new Anthropic()'],
    ['new Anthropic({ apiKey: `${process.env.ANTHROPIC_API_KEY}` })', 'new Anthropic()'],
    ['new Anthropic({\n  apiKey: process.env.ANTHROPIC_API_KEY,\n})', 'new Anthropic()'],
    ['new Anthropic({\n  apiKey: process.env.ANTHROPIC_API_KEY,\n  // four\n  maxRetries: 4,\n})', 'new Anthropic({\n  // four\n  maxRetries: 4,\n})'],
    ['new Anthropic({\n  maxRetries: 4,\n  apiKey: process.env.ANTHROPIC_API_KEY\n})', 'new Anthropic({\n  maxRetries: 4\n})'],
    ['new Anthropic({\n  maxRetries: 4,\n  // The API key.\n  apiKey: process.env.ANTHROPIC_API_KEY, // secret\n})', 'new Anthropic({\n  maxRetries: 4,\n})'],
    ['new Anthropic({\n  // keep me\n  // and me\n  apiKey: process.env.ANTHROPIC_API_KEY,\n  timeout: 1,\n})', 'new Anthropic({\n  // keep me\n  // and me\n  timeout: 1,\n})'],
    ['new Anthropic({ apiKey: process.env.ANTHROPIC_API_KEY, authToken: null })', 'new Anthropic({ authToken: null })'],
    ["new Anthropic({ apiKey: requireEnv('ANTHROPIC_API_KEY'), timeout: 1 })", 'new Anthropic({ timeout: 1 })'],
  ])('%s', (before, after) => {
    expect(edit(`${SDK}const c = ${before};\n`)).toMatchObject({ after: `${SDK}const c = ${after};\n`, refusals: [] });
  });

  test('a constant and its check go, and one blank line stays', () => {
    const before = `${SDK}\n// Our key.\nconst key = process.env.ANTHROPIC_API_KEY;\n\nif (!key) throw new Error('no key');\n\nexport const c = new Anthropic({ apiKey: key });\n`;
    expect(edit(before)).toMatchObject({ after: `${SDK}\nexport const c = new Anthropic();\n`, safety: ['unsafe'] });
  });

  test('line ends, byte order mark and a missing final line end stay', () => {
    const before = `\uFEFF${SDK}const c = new Anthropic({\r\n\tapiKey: process.env.ANTHROPIC_API_KEY,\r\n\ttimeout: 1,\r\n});`.replace(SDK, SDK.replace('\n', '\r\n'));
    expect(edit(before).after).toBe(before.replace('\tapiKey: process.env.ANTHROPIC_API_KEY,\r\n', ''));
  });
});

describe('safe only when nothing changes while the variable is set', () => {
  test.each([
    ['{ apiKey: process.env.ANTHROPIC_API_KEY }', 'safe'],
    ["{ apiKey: process.env.ANTHROPIC_API_KEY ?? '' }", 'safe'],
    ["{ apiKey: process.env.ANTHROPIC_API_KEY ?? 'dummy' }", 'unsafe'],
    ['{ ...options, apiKey: process.env.ANTHROPIC_API_KEY }', 'unsafe'],
  ])('%s', (options, safety) => {
    expect(edit(`${SDK}const c = new Anthropic(${options});\n`).safety).toEqual([safety]);
  });
});

describe('left alone', () => {
  test.each([
    ['another package', "import Anthropic from './anthropic';\nconst c = new Anthropic({ apiKey: process.env.OTHER });\n"],
    ['only its type', "import type Anthropic from '@anthropic-ai/sdk';\nexport const f = (c: Anthropic) => c;\n"],
    ["somebody else's key", "import OpenAI from 'openai';\nconst c = new OpenAI({ baseURL: 'https://openrouter.ai/api/v1', apiKey: process.env.OPENROUTER_API_KEY });\n"],
    ['a local server', "import OpenAI from 'openai';\nconst c = new OpenAI({ baseURL: 'http://localhost:11434/v1', apiKey: 'ollama' });\n"],
    ['already done', "import OpenAI from 'openai';\nconst c = new OpenAI({ apiKey: null, workloadIdentity });\n"],
    ['nothing given', `${SDK}const c = new Anthropic();\n`],
  ])('%s', (_, text) => {
    expect(edit(text)).toMatchObject({ after: text, refusals: [] });
  });

  test('a short-lived token under the same name', () => {
    const text = "import OpenAI from 'openai';\nconst c = new OpenAI({ apiKey: process.env.OPENAI_API_KEY });\n";
    expect(edit(text, [{ ...OPENAI, platform: 'github-actions', route: 'native-step', change: 'configuration' }])).toMatchObject({ after: text, refusals: [] });
  });
});

describe('refused', () => {
  const openai = "import OpenAI from 'openai';\nconst c = new OpenAI({ apiKey: process.env.OPENAI_API_KEY });\n";
  test.each([
    ['a workload keeps its key', [OPENAI], [KEPT], /which keeps its key, may run this code too/],
    ['workloads take different ways', [OPENAI, { ...OPENAI, platform: 'github-actions', route: 'native-step' }], [], /take different ways/],
    ['two exchanges', [{ ...OPENAI, parties: ['google', 'openai'] as const }], [], /leads over google and openai/],
    ['another model', [{ ...OPENAI, route: 'bedrock', class: 'same-model' as const, change: 'model' as const }], [], /another vendor's endpoint/],
    ['no ready token', [{ ...OPENAI, platform: 'aws-compute' }], [], /no ready way to the token/],
  ])('%s', (_, all, kept, reason) => {
    const { after, refusals } = edit(openai, all, 'src/a.ts', kept);
    expect(after).toBe(openai);
    expect(refusals.join()).toMatch(reason);
  });

  test.each([
    [`${SDK}const c = new Anthropic({ apiKey: process.env.ANTHROPIC_API_KEY });\nlog(process.env.ANTHROPIC_API_KEY);\n`, /also read outside the client/],
    [`${SDK}const c = new Anthropic({ apiKey: process.env.ANTHROPIC_API_KEY, baseURL });\n`, /given a base URL/],
    [`${SDK}const c = new Anthropic({ apiKey: 'x'.repeat(30) ?? process.env.ANTHROPIC_API_KEY });\n`, /more than one place/],
    [`'use client';\n${SDK}const c = new Anthropic({ apiKey: process.env.ANTHROPIC_API_KEY });\n`, /browser or an edge runtime/],
    ["import { anthropic } from '@ai-sdk/anthropic';\nexport const model = anthropic('claude-sonnet-4-5');\n", /takes only a fixed key/],
    ["import { ChatAnthropic } from '@langchain/anthropic';\nexport const model = new ChatAnthropic({ model: 'claude-sonnet-4-5' });\n", /throws without a key/],
    ["import { run } from '@openai/agents';\nimport OpenAI from 'openai';\nconst c = new OpenAI();\nawait run(agent, 'hi');\n", /Agents SDK makes its client/],
    [`${SDK}export const key = process.env.ANTHROPIC_API_KEY;\nconst c = new Anthropic({ apiKey: key });\n`, /declared together/],
  ])('%#', (text, reason) => {
    const { after, refusals } = edit(text);
    expect(after).toBe(text);
    expect(refusals.join()).toMatch(reason);
  });

  test('keys of another store under the names of AWS', () => {
    const text = "import { S3Client } from '@aws-sdk/client-s3';\nconst c = new S3Client({ endpoint: process.env.S3_ENDPOINT, credentials: { accessKeyId: process.env.AWS_ACCESS_KEY_ID!, secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY! } });\n";
    const aws: Replacement = { ...ANTHROPIC, migration: 'm-bot-aws', provider: 'aws', title: 'Amazon Web Services', names: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'], parties: ['aws'], floors: [] };
    expect(edit(text, [aws])).toMatchObject({ after: text, refusals: [expect.stringMatching(/given an endpoint/)] });
    expect(edit(text.replace('endpoint: process.env.S3_ENDPOINT, ', ''), [aws])).toMatchObject({ after: "import { S3Client } from '@aws-sdk/client-s3';\nconst c = new S3Client();\n", refusals: [] });
  });

  test('a literal is never shown', () => {
    const literal = `sk-${'a1B2'.repeat(12)}`;
    const text = `${SDK}const c = new Anthropic({ apiKey: '${literal}' });\nconst k = process.env.ANTHROPIC_API_KEY;\n`;
    const { after, refusals } = edit(text);
    expect(after).toBe(text);
    expect(refusals.join()).toContain('literal-key');
    expect(refusals.join()).not.toContain(literal);
  });
});

describe('any text', () => {
  const pieces = ['import Anthropic from "@anthropic-ai/sdk";', 'const { AzureOpenAI } = require("openai")', 'new Anthropic({', 'new AzureOpenAI({', 'apiKey', ':', 'process.env.ANTHROPIC_API_KEY', 'process.env["AZURE_OPENAI_API_KEY"]', '})', ',', '...x', '\n', '  ', '// key\n', 'const key = ', 'if (!key) throw 1;', 'key', '??', '""', '(', ')', '{', '}', ';', '`', '\r\n', '\t', '\uFEFF', '/*', '*/', 'é', '😀'];
  const run = (text: string): void => {
    const { after, made } = rewriteText(rewriter, 'a.ts', text, contextOf([ANTHROPIC, OPENAI, AZURE]));
    if (made.length === 0) expect(after).toBe(text);
    // Nothing but the splices is touched.
    let at = 0;
    let rebuilt = '';
    for (const { start, end, text: inserted } of made.flatMap(({ splices }) => splices).toSorted((a, b) => a.start - b.start || a.end - b.end)) {
      rebuilt += text.slice(at, start) + inserted.replace(/\r?\n/g, after.includes('\r\n') && !after.replaceAll('\r\n', '').includes('\n') ? '\r\n' : '\n');
      at = end;
    }
    expect((rebuilt + text.slice(at)).replaceAll('\r\n', '\n')).toBe(after.replaceAll('\r\n', '\n'));
  };

  test('is read without an error, and changed nowhere but in its splices', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), (parts) => run(parts.join(' '))), { numRuns: 150 });
  });

  test.each([['deep', `${SDK}const c = new Anthropic({ apiKey: ${'('.repeat(3000)}process.env.ANTHROPIC_API_KEY${')'.repeat(3000)} });`], ['long', `${SDK}const c = new Anthropic({ apiKey: ${Array.from({ length: 3000 }, () => 'process.env.ANTHROPIC_API_KEY').join(' ?? ')} });`], ['wide', `${SDK}${'const c = new Anthropic({ apiKey: process.env.ANTHROPIC_API_KEY });\n'.repeat(400)}`]])('%s', (_, text) => {
    const started = performance.now();
    run(text);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('ranges', () => {
  test.each([
    ['^0.61.0', '0.94.0', false],
    ['^0.94.0', '0.94.0', true],
    ['~1.2', '0.94.0', true],
    ['4', '7.8.0', false],
    ['*', '7.8.0', true],
    ['latest', '7.8.0', true],
    ['>=0.90 <2', '0.94.0', false],
    ['1.x', '0.94.0', true],
    ['workspace:*', '0.94.0', undefined],
    ['npm:other@1', '0.94.0', undefined],
    ['acme/app', '0.94.0', undefined],
  ])('%s at least %s: %s', (range, floor, wanted) => {
    expect(isAtLeast(range, floor)).toBe(wanted);
  });

  test('compared by numbers', () => {
    expect(compareVersions('0.100.0', '0.94.0')).toBeGreaterThan(0);
    expect(isBreaking('0.61.0', '0.94.0')).toBe(true);
    expect(isBreaking('7.1.0', '7.8.0')).toBe(false);
    expect(readRange('file:../x').kind).toBe('elsewhere');
  });

  test.each([
    ['{"dependencies":{"openai":"^7.1.0"}}', '{"dependencies":{"openai":"^7.8.0"}}'],
    ['{ "dependencies": { "zod": "4.1.0", "openai": "7.1.0" } }', '{ "dependencies": { "zod": "4.1.0", "openai": "7.8.0" } }'],
    ['\uFEFF{\r\n\t"dependencies": {\r\n\t\t"openai": "~6.2"\r\n\t}\r\n}', '\uFEFF{\r\n\t"dependencies": {\r\n\t\t"openai": "~7.8.0"\r\n\t}\r\n}'],
  ])('%#', (before, after) => {
    const files = { 'package.json': before, 'src/a.ts': "import OpenAI from 'openai';\nexport const c = new OpenAI({ apiKey: process.env.OPENAI_API_KEY });\n" };
    expect(rewriteText(manifest, 'package.json', before, contextOf([OPENAI], files)).after).toBe(after);
  });

  test.each(['', '{', '[]', '{"dependencies": []}', '{"dependencies": {"openai": 7}}', '['.repeat(5000)])('no package.json: %j', (text) => {
    expect(rewriteText(manifest, 'package.json', text, contextOf([OPENAI])).after).toBe(text);
  });
});
