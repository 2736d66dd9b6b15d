import type { Provider } from '../model/provider.ts';
import { foundry, vertex } from './_routes.ts';

export const provider: Provider = {
  id: 'xai',
  title: 'xAI (Grok)',
  checked: '2026-11-23',
  words: ['xai', 'grok', 'x ai'],
  hosts: ['api.x.ai', 'console.x.ai'],
  env: [
    { name: 'XAI_API_KEY', kind: 'api-key' },
    { name: 'GROK_API_KEY', kind: 'api-key' },
    { name: 'XAI_KEY', kind: 'api-key' },
    { name: 'XAI_MANAGEMENT_KEY', kind: 'admin-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['@ai-sdk/xai'],
      constructors: ['createXai', 'xai'],
      keyArguments: ['apiKey'],
      implicitEnv: ['XAI_API_KEY'],
    },
    {
      language: 'javascript',
      packages: ['@langchain/xai'],
      constructors: ['ChatXAI'],
      keyArguments: ['apiKey'],
      implicitEnv: ['XAI_API_KEY'],
    },
    {
      language: 'python',
      packages: ['xai_sdk'],
      constructors: ['Client', 'AsyncClient'],
      keyArguments: ['api_key', 'management_api_key'],
      implicitEnv: ['XAI_API_KEY'],
    },
    {
      language: 'python',
      packages: ['langchain_xai'],
      constructors: ['ChatXAI'],
      keyArguments: ['api_key', 'xai_api_key'],
      implicitEnv: ['XAI_API_KEY'],
    },
  ],
  detectors: [
    {
      id: 'xai-api-key',
      title: 'xAI API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [{ text: 'xai-', followedBy: { class: 'url', count: 70 } }],
      pattern: '(?<key>xai-[A-Za-z0-9_-]{70,120})',
      boundary: 'url',
      window: { before: 8, after: 140 },
      publicPrefix: 'xai-',
      minEntropy: 4.6,
      confidence: { shape: 'high' },
      samples: {
        ok: ['XAI_API_KEY=xai-{alnum:80}\n', 'xai = client(api_key="xai-{alnum:80}")', '{"XAI_API_KEY": "xai-{alnum:80}"}'],
        ng: [
          'XAI_API_KEY=xai-...\n',
          'XAI_API_KEY=xai-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          'XAI_API_KEY="xai-your-api-key-here"',
          "const PREFIX = 'xai-';",
          '{base64:12}xai-{alnum:164}',
          'pplx-{alnum:48}',
        ],
      },
      evidence: { grade: 'H', source: 'betterleaks, trufflehog, kingfisher' },
    },
  ],
  routes: [
    foundry('Grok', { status: 'on-request', note: 'Check: that the model is offered there, its price and its data terms.' }),
    vertex('Grok', { status: 'on-request', note: 'Check: that the model is offered there, its price and its data terms.' }),
  ],
  federation: {
    kind: 'after-change',
    note: 'No workload federation found; Grok models run on Azure Foundry, which accepts one.',
    source: 'https://docs.x.ai',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the xAI dashboard (console.x.ai).',
};
