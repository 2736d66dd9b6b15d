/**
 * Edited programs with real SDKs: before the edit each works with the old key and fails without it; after it, each works without any key by a federated token, and fails where no
 * identity is given. Nothing leaves loopback.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { transform } from 'esbuild';
import { table } from '../../../bench/table.ts';
import { rewriteFolder } from '../../rewrite/kit.ts';
import { type SdkSet, sdkFolder } from './_sdk-js.ts';
import type { Way } from './_providers.ts';
import { startWorld, type World } from './_world-js.ts';
import { typeCheckExamples } from './_types-js.ts';

interface Program {
  readonly name: string;
  readonly sets: readonly SdkSet[];
  /** Platform it is said to run on. */
  readonly runsOn: string;
  readonly audience: string;
  readonly file: string;
  readonly text: string;
  readonly manifest: string;
  /** Variables of the loopback servers that this client would trip over. */
  readonly without?: readonly string[];
  /** How often the token of the platform may be shown by one run. */
  readonly exchanges?: number;
}

const K8S = { runsOn: 'eks' };
const CLAUDE = { ...K8S, audience: 'https://api.anthropic.com', sets: ['anthropic-floor', 'anthropic'], manifest: '{"dependencies":{"@anthropic-ai/sdk":"^0.94.0"}}' } as const;
const GPT = { ...K8S, audience: 'https://api.openai.com/v1', sets: ['openai-floor', 'openai'], manifest: '{"dependencies":{"openai":"^7.8.0"}}' } as const;
const AZURE = { runsOn: 'aks', without: ['OPENAI_BASE_URL'], audience: 'api://AzureADTokenExchange', manifest: '{"dependencies":{"openai":"^4.42.0"}}' } as const;
const AWS = { ...K8S, audience: 'sts.amazonaws.com', sets: ['aws'], manifest: '{"dependencies":{"@aws-sdk/client-bedrock-runtime":"^3.900.0"}}' } as const;
const RAW = { sets: ['raw'], exchanges: 1, manifest: '{"dependencies":{"axios":"^1.7.0"}}' } as const;
const PING = `messages: [{ role: 'user', content: 'ping' }]`;

const PROGRAMS: readonly Program[] = [
  { ...CLAUDE, name: 'Anthropic, argument', file: 'src/a.ts', text: `import Anthropic from '@anthropic-ai/sdk';\n\nconst client = new Anthropic({ apiKey: process.env.ANTHROPIC_API_KEY!, maxRetries: 0 });\nawait client.messages.create({ model: 'm', max_tokens: 1, ${PING} });\n` },
  { ...CLAUDE, name: 'Anthropic, only argument, empty default', file: 'src/a.mjs', text: `import { Anthropic } from '@anthropic-ai/sdk';\n\nconst client = new Anthropic({\n  apiKey: process.env['ANTHROPIC_API_KEY'] ?? '',\n});\nawait client.messages.create({ model: 'm', max_tokens: 1, ${PING} }, { maxRetries: 0 });\n` },
  { ...CLAUDE, name: 'Anthropic, constant and guard, CommonJS', file: 'src/a.cjs', text: `const Anthropic = require('@anthropic-ai/sdk');\n\nconst apiKey = process.env.ANTHROPIC_API_KEY;\nif (!apiKey) {\n  console.error('no key');\n  process.exit(1);\n}\n\nconst client = new Anthropic({ apiKey, maxRetries: 0 });\nclient.messages.create({ model: 'm', max_tokens: 1, ${PING} }).catch((error) => {\n  console.error(error);\n  process.exit(1);\n});\n` },
  { ...GPT, name: 'OpenAI, argument', file: 'src/o.ts', text: `import OpenAI from 'openai';\n\nconst client = new OpenAI({ apiKey: process.env.OPENAI_API_KEY, maxRetries: 0 });\nawait client.chat.completions.create({ model: 'm', ${PING} });\n` },
  { ...GPT, name: 'OpenAI, nothing given', file: 'src/o.mjs', text: `import OpenAI from 'openai';\n\nconst client = new OpenAI();\nawait client.chat.completions.create({ model: 'm', ${PING} }, { maxRetries: 0 });\n` },
  { ...GPT, name: 'OpenAI, lines, CommonJS', file: 'src/o.cjs', text: `const { OpenAI } = require("openai")\n\nconst client = new OpenAI({\n    maxRetries: 0,\n    apiKey: process.env["OPENAI_API_KEY"]\n})\nclient.chat.completions.create({ model: "m", ${PING} }).catch((error) => {\n    console.error(error)\n    process.exit(1)\n})\n` },
  { ...AZURE, sets: ['azure-floor', 'azure'], name: 'Azure OpenAI, argument', file: 'src/z.ts', text: `import { AzureOpenAI } from 'openai';\n\nconst client = new AzureOpenAI({ apiKey: process.env.AZURE_OPENAI_API_KEY, endpoint: process.env.GPT_URL, apiVersion: '2024-10-21', maxRetries: 0 });\nawait client.chat.completions.create({ model: 'm', ${PING} });\n` },
  { ...AZURE, sets: ['azure-floor', 'azure'], name: 'Azure OpenAI, lines, CommonJS', file: 'src/z.cjs', text: `const { AzureOpenAI } = require('openai');\n\nconst client = new AzureOpenAI({\n  endpoint: process.env.GPT_URL,\n  apiKey: process.env.AZURE_OPENAI_API_KEY,\n  apiVersion: '2024-10-21',\n  maxRetries: 0,\n});\nclient.chat.completions.create({ model: 'm', ${PING} }).catch((error) => {\n  console.error(error);\n  process.exit(1);\n});\n` },
  { ...AZURE, sets: ['azure-langchain'], name: 'LangChain, AzureChatOpenAI', file: 'src/l.ts', manifest: '{"dependencies":{"@langchain/openai":"^1.5.0"}}', text: `import { AzureChatOpenAI } from '@langchain/openai';\n\nconst model = new AzureChatOpenAI({\n  azureOpenAIApiKey: process.env.AZURE_OPENAI_API_KEY,\n  azureOpenAIEndpoint: process.env.GPT_URL,\n  azureOpenAIApiDeploymentName: 'm',\n  azureOpenAIApiVersion: '2024-10-21',\n  maxRetries: 0,\n});\nawait model.invoke('ping');\n` },
  { ...AZURE, sets: ['azure'], name: 'Vercel AI SDK, createAzure', file: 'src/v.ts', manifest: '{"dependencies":{"@ai-sdk/azure":"^3.0.110"}}', text: `import { createAzure } from '@ai-sdk/azure';\nimport { generateText } from 'ai';\n\nconst azure = createAzure({ apiKey: process.env.AZURE_OPENAI_API_KEY, baseURL: process.env.GPT_URL });\nawait generateText({ model: azure.chat('m'), prompt: 'ping', maxRetries: 0 });\n` },
  { ...AWS, name: 'Bedrock, credentials', file: 'src/b.ts', text: `import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';\n\nconst client = new BedrockRuntimeClient({\n  region: process.env.AWS_REGION,\n  credentials: {\n    accessKeyId: process.env.AWS_ACCESS_KEY_ID!,\n    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY!,\n  },\n  maxAttempts: 1,\n});\nawait client.send(new ConverseCommand({ modelId: 'm', messages: [{ role: 'user', content: [{ text: 'ping' }] }] }));\n` },
  { ...AWS, name: 'Bedrock, constants and guard', file: 'src/b.mjs', text: `import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';\n\nconst accessKeyId = process.env.AWS_ACCESS_KEY_ID;\nconst secretAccessKey = process.env.AWS_SECRET_ACCESS_KEY;\nif (!accessKeyId || !secretAccessKey) throw new Error('no keys');\n\nconst client = new BedrockRuntimeClient({ region: process.env.AWS_REGION, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 });\nawait client.send(new ConverseCommand({ modelId: 'm', messages: [{ role: 'user', content: [{ text: 'ping' }] }] }));\n` },
  { ...AWS, name: 'Claude on Bedrock, AnthropicBedrock', file: 'src/c.ts', manifest: '{"dependencies":{"@anthropic-ai/bedrock-sdk":"^1.0.0"}}', text: `import AnthropicBedrock from '@anthropic-ai/bedrock-sdk';\n\nconst client = new AnthropicBedrock({\n  awsAccessKey: process.env.AWS_ACCESS_KEY_ID,\n  awsSecretKey: process.env.AWS_SECRET_ACCESS_KEY,\n  awsRegion: process.env.AWS_REGION,\n  maxRetries: 0,\n});\nawait client.messages.create({ model: 'm', max_tokens: 1, ${PING} });\n` },
  { ...AWS, name: 'Vercel AI SDK, createAmazonBedrock', file: 'src/d.ts', manifest: '{"dependencies":{"@ai-sdk/amazon-bedrock":"^4.0.0"}}', text: `import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';\nimport { generateText } from 'ai';\n\nconst bedrock = createAmazonBedrock({\n  region: process.env.AWS_REGION,\n  accessKeyId: process.env.AWS_ACCESS_KEY_ID,\n  secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,\n  baseURL: process.env.BEDROCK_URL,\n});\nawait generateText({ model: bedrock('m'), prompt: 'ping', maxRetries: 0 });\n` },
  { runsOn: 'eks', audience: `https://iam.googleapis.com/projects/1029384/locations/global/workloadIdentityPools/cluster-pool/providers/cluster`, sets: ['google'], name: 'Gemini, GoogleGenAI', file: 'src/g.ts', manifest: '{"dependencies":{"@google/genai":"^2.0.0"}}', text: `import { GoogleGenAI } from '@google/genai';\n\nconst ai = new GoogleGenAI({ apiKey: process.env.GEMINI_API_KEY });\nawait ai.models.generateContent({ model: 'gemini-2.5-flash', contents: 'ping' });\n` },
  {
    ...CLAUDE, ...RAW, name: 'Anthropic, by fetch, together and one after another', file: 'src/r.ts',
    text: `async function ask(): Promise<void> {\n  const response = await fetch('https://api.anthropic.com/v1/messages', {\n    method: 'POST',\n    headers: {\n      'content-type': 'application/json',\n      'x-api-key': process.env.ANTHROPIC_API_KEY!,\n      'anthropic-version': '2023-06-01',\n    },\n    body: JSON.stringify({ model: 'm', max_tokens: 1, ${PING} }),\n  });\n  if (!response.ok) throw new Error(String(response.status));\n}\n\nawait Promise.all([ask(), ask()]);\nawait ask();\n\nexport {};\n`,
  },
  {
    ...CLAUDE, ...RAW, name: 'Anthropic, Headers with a bearer, guard, CommonJS', file: 'src/r.cjs',
    text: `const fs = require("fs")\n\nasync function main() {\n    const key = process.env.ANTHROPIC_API_KEY\n    if (!key) throw new Error("no key")\n\n    const headers = new Headers({ Authorization: \`Bearer \${key}\`, "Anthropic-Version": "2023-06-01" })\n    for (const page of [1, 2]) {\n        const response = await fetch(\`https://api.anthropic.com/v1/models?page=\${page}\`, { headers })\n        if (!response.ok) throw new Error(String(response.status))\n    }\n    fs.writeSync(1, "done")\n}\n\nmain().catch((error) => {\n    console.error(error)\n    process.exit(1)\n})\n`,
  },
  {
    ...GPT, ...RAW, name: 'OpenAI, by fetch, constant at the top', file: 'src/p.mjs',
    text: `const apiKey = process.env['OPENAI_API_KEY'];\nif (!apiKey) {\n  console.error('no key');\n  process.exit(1);\n}\n\nconst headers = { 'Content-Type': 'application/json', 'Authorization': 'Bearer ' + apiKey };\nfor (const content of ['ping', 'pong']) {\n  const response = await fetch('https://api.openai.com/v1/chat/completions', { method: 'POST', headers, body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }) });\n  if (!response.ok) throw new Error(String(response.status));\n}\n`,
  },
  {
    ...GPT, ...RAW, name: 'OpenAI, by axios', file: 'src/p.ts',
    text: `import axios from 'axios';\n\nconst API = 'https://api.openai.com/v1';\n\nclass Chat {\n  async ask(content: string): Promise<unknown> {\n    const { data } = await axios.post(\`\${API}/chat/completions\`, { model: 'm', messages: [{ role: 'user', content }] }, { headers: { Authorization: \`Bearer \${process.env.OPENAI_API_KEY}\` }, adapter: 'fetch' });\n    return data;\n  }\n}\n\nconst chat = new Chat();\nawait chat.ask('ping');\nawait chat.ask('pong');\n`,
  },
];

/** Failures; empty when everything is as it should be. `folder` is one of real repositories' files, whose edits are type-checked too. */
export async function proveJavascript(say: (lines: readonly string[]) => void, folder?: string, only = /./): Promise<readonly string[]> {
  const failures: string[] = [];
  const rows: string[][] = [];
  const world = await startWorld();
  try {
    for (const program of PROGRAMS.filter(({ name }) => only.test(name))) {
      const edited = await edit(program);
      if ('failure' in edited) {
        failures.push(`${program.name}: ${edited.failure}`);
        continue;
      }
      for (const set of program.sets) {
        const row = await prove(world, program, edited.text, set);
        rows.push([program.name, set, ...row.cells]);
        failures.push(...row.failures.map((failure) => `${program.name} (${set}): ${failure}`));
      }
    }
  } finally {
    await world.stop();
  }
  say(table(['program', 'packages', 'before, key', 'before, no key', 'after, identity', 'after, none', 'after, both'], rows));
  if (folder !== undefined) failures.push(...(await typeCheckExamples(say, folder)));
  return failures;
}

/** The program after the edit that the real pipeline makes of it. */
async function edit({ file, text, manifest, runsOn }: Pick<Program, 'file' | 'text' | 'manifest' | 'runsOn'>): Promise<{ readonly text: string } | { readonly failure: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'dekey-edit-'));
  try {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
    writeFileSync(join(folder, 'package.json'), manifest);
    const files = await rewriteFolder(folder, { runsOn: { code: runsOn } });
    const made = files.find(({ path }) => path === file);
    if (made === undefined || made.after === text) return { failure: `not edited: ${made?.refusals.map(({ reason }) => reason).join(' ') ?? 'nothing found'}` };
    return { text: made.after };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Row {
  readonly cells: readonly string[];
  readonly failures: readonly string[];
}

async function prove(world: World, program: Program, after: string, set: SdkSet): Promise<Row> {
  const installed = sdkFolder(set);
  if ('failure' in installed) return { cells: ['-', '-', '-', '-', '-'], failures: [`cannot be installed: ${installed.failure}`] };
  const folder = mkdtempSync(join(installed.folder, 'run-'));
  const failures: string[] = [];
  const attempt = async (title: string, text: string, variables: Readonly<Record<string, string>>, wanted: Way): Promise<string> => {
    await world.freshToken(program.audience);
    world.exchanges();
    const { code, output, ways } = await run(world, folder, program, text, variables);
    const exchanges = world.exchanges();
    if (wanted === 'token' && program.exchanges !== undefined && exchanges !== program.exchanges) failures.push(`${title}: ${exchanges} exchanges where ${program.exchanges} is right`);
    if (wanted === 'token' && program.exchanges !== undefined && ways.length < 2) failures.push(`${title}: ${ways.length} requests where several are right`);
    const last = ways.at(-1);
    const got: Way = code === 0 && last !== undefined ? last : 'refused';
    if (got !== wanted || (wanted === 'token' && ways.includes('key'))) failures.push(`${title}: ${got} where ${wanted} is right${code === 0 ? '' : `: ${output.trim().split('\n').join(' | ').slice(0, 1500)}`}`);
    return got;
  };
  try {
    const cells = [
      await attempt('before, with the key', program.text, world.withKey, 'key'),
      await attempt('before, without the key', program.text, {}, 'refused'),
      await attempt('after, with the identity', after, world.withIdentity, 'token'),
      await attempt('after, with nothing', after, {}, 'refused'),
    ];
    // A key that was left behind: told, not wanted, because it is the SDK that decides.
    await world.freshToken(program.audience);
    const both = await run(world, folder, program, after, { ...world.withKey, ...world.withIdentity });
    return { cells: [...cells, both.code === 0 ? (both.ways.at(-1) ?? 'refused') : 'refused'], failures };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(world: World, folder: string, { file, without = [] }: Program, text: string, variables: Readonly<Record<string, string>>): Promise<{ readonly code: number | null; readonly output: string; readonly ways: readonly Way[] }> {
  const isTyped = file.endsWith('.ts');
  const path = join(folder, isTyped ? 'program.mjs' : `program${file.slice(file.lastIndexOf('.'))}`);
  writeFileSync(path, isTyped ? (await transform(text, { loader: 'ts', format: 'esm', target: 'node20' })).code : text);
  world.ways();
  const { PATH = '' } = process.env;
  const places = Object.fromEntries(Object.entries(world.places).filter(([name]) => !without.includes(name)));
  const child = spawn(process.execPath, ['--import', world.preload, path], { cwd: folder, env: { PATH, HOME: folder, ...places, ...variables }, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  let output = '';
  child.stdout.on('data', (part: Buffer) => (output += part.toString('utf8')));
  child.stderr.on('data', (part: Buffer) => (output += part.toString('utf8')));
  const code = await new Promise<number | null>((ended) => child.on('close', ended));
  return { code, output, ways: world.ways() };
}
