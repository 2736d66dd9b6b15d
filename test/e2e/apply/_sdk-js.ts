/** SDKs of AI providers from npm, in the first version that an edit asks for and in a later one, each set in a folder of its own. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { judgeFolder } from '../../../scripts/judges/install.ts';

export const SDK_SETS = {
  'anthropic-floor': ['@anthropic-ai/sdk@0.94.0'],
  anthropic: ['@anthropic-ai/sdk@1.12.0', '@langchain/anthropic@1.5.11', '@langchain/core@1.4.0'],
  'openai-floor': ['openai@7.8.0'],
  openai: ['openai@7.57.0', '@langchain/openai@1.6.0', '@langchain/core@1.4.0', 'zod@4.1.12'],
  'azure-floor': ['openai@4.42.0', '@azure/identity@4.2.0'],
  azure: ['openai@6.49.0', '@azure/identity@4.13.1', '@ai-sdk/azure@3.0.128', 'ai@6.0.326', 'zod@4.1.12'],
  'azure-langchain': ['@langchain/openai@1.5.8', '@langchain/core@1.4.0', '@azure/identity@4.13.1', 'zod@4.1.12'],
  aws: ['@aws-sdk/client-bedrock-runtime@3.1164.0', '@aws-sdk/credential-providers@3.1164.0', '@anthropic-ai/bedrock-sdk@1.1.3', '@ai-sdk/amazon-bedrock@4.0.186', 'ai@6.0.326', 'zod@4.1.12'],
  google: ['@google/genai@2.32.0'],
  raw: ['axios@1.12.2'],
  types: [
    'openai@7.57.0', '@anthropic-ai/sdk@1.12.0', '@anthropic-ai/bedrock-sdk@1.1.3', '@azure/identity@4.13.1', '@google/genai@2.32.0', '@aws-sdk/client-bedrock-runtime@3.1164.0', '@aws-sdk/credential-providers@3.1164.0',
    '@langchain/openai@1.6.0', '@langchain/anthropic@1.5.11', '@langchain/core@1.4.0', '@ai-sdk/azure@3.0.128', '@ai-sdk/amazon-bedrock@4.0.186', 'ai@6.0.326', 'zod@4.1.12', '@types/node@22.19.1', '@types/react@19.2.7', 'dotenv@17.2.3', '@types/jest@30.0.0',
  ],
} as const;
export type SdkSet = keyof typeof SDK_SETS;

/** The folder of a set, installed when it is not there yet; undefined with the reason when npm cannot. */
export function sdkFolder(name: SdkSet): { readonly folder: string } | { readonly failure: string } {
  const folder = join(judgeFolder, 'sdk-js', name);
  const packages = SDK_SETS[name];
  const stamp = join(folder, '.installed');
  const wanted = createHash('sha256').update(packages.join(' ')).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return { folder };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  // Some say they want a newer Node than they use; peers of wrappers pull in versions of their own: what is named is what is tried.
  const run = spawnSync('npm', ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--legacy-peer-deps', '--engine-strict=false', '--loglevel=error', ...packages], { cwd: folder, encoding: 'utf8', timeout: 600_000, shell: process.platform === 'win32' });
  if (run.status !== 0) return { failure: `${run.stdout}\n${run.stderr}`.trim().split('\n').slice(-3).join(' | ') };
  writeFileSync(stamp, wanted);
  return { folder };
}
