import type { Provider } from '../model/provider.ts';
import { bedrock, foundry, vertex } from './_routes.ts';

export const provider: Provider = {
  id: 'deepseek',
  title: 'DeepSeek',
  checked: '2026-11-23',
  words: ['deepseek', 'deep seek'],
  hosts: ['api.deepseek.com', 'platform.deepseek.com'],
  env: [
    { name: 'DEEPSEEK_API_KEY', kind: 'api-key' },
    { name: 'DEEPSEEK_KEY', kind: 'api-key' },
    { name: 'DEEP_SEEK_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['@ai-sdk/deepseek'],
      constructors: ['createDeepSeek', 'deepseek'],
      keyArguments: ['apiKey'],
      implicitEnv: ['DEEPSEEK_API_KEY'],
    },
    {
      language: 'javascript',
      packages: ['@langchain/deepseek'],
      constructors: ['ChatDeepSeek'],
      keyArguments: ['apiKey'],
      implicitEnv: ['DEEPSEEK_API_KEY'],
    },
    {
      language: 'python',
      packages: ['langchain_deepseek'],
      constructors: ['ChatDeepSeek'],
      keyArguments: ['api_key'],
      implicitEnv: ['DEEPSEEK_API_KEY'],
    },
    {
      language: 'python',
      packages: ['llama_index.llms.deepseek'],
      constructors: ['DeepSeek'],
      keyArguments: ['api_key'],
      implicitEnv: ['DEEPSEEK_API_KEY'],
    },
  ],
  detectors: [
    {
      id: 'deepseek-api-key',
      title: 'DeepSeek API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [{ text: 'sk-', followedBy: { class: 'alnum', count: 32 } }],
      pattern: '(?<key>sk-[0-9a-f]{32})',
      boundary: 'url',
      window: { before: 200, after: 235 },
      publicPrefix: 'sk-',
      minEntropy: 2.95,
      confidence: { shape: 'medium' },
      context: { words: ['deepseek'], distance: 200, relation: 'near' },
      inBinary: false,
      samples: {
        ok: [
          'DEEPSEEK_API_KEY=sk-{hex:32}\n',
          'deepseek = client(api_key="sk-{hex:32}")',
          '{"DEEPSEEK_API_KEY": "sk-{hex:32}"}',
          "new OpenAI({ baseURL: 'https://api.deepseek.com', apiKey: 'sk-{hex:32}' })",
        ],
        ng: [
          'DEEPSEEK_API_KEY=sk-...\n',
          'DEEPSEEK_API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          'DEEPSEEK_API_KEY="sk-your-api-key-here"',
          "const PREFIX = 'sk-';",
          '{base64:12}sk-{alnum:75}',
          'DASHSCOPE_API_KEY=sk-{hex:32}',
        ],
      },
      evidence: { grade: 'H', source: 'betterleaks, trufflehog, titus' },
    },
  ],
  routes: [
    bedrock('DeepSeek models'),
    vertex('DeepSeek models'),
    foundry('DeepSeek models'),
  ],
  federation: {
    kind: 'after-change',
    note: 'No workload federation found; the open weights run on Bedrock, Vertex AI and Azure.',
    source: 'https://api-docs.deepseek.com',
  },
  spend: 'prepaid',
  revoke: 'Delete the key in the DeepSeek dashboard (platform.deepseek.com/api_keys).',
};
