import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'minimax',
  title: 'MiniMax',
  checked: '2026-11-23',
  words: ['minimax'],
  hosts: ['api.minimax.io', 'api.minimaxi.com'],
  env: [
    { name: 'MINIMAX_API_KEY', kind: 'api-key' },
    { name: 'MINIMAX_GROUP_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['vercel-minimax-ai-provider'],
      constructors: ['createMinimax', 'minimax'],
      keyArguments: ['apiKey'],
      implicitEnv: ['MINIMAX_API_KEY'],
    },
    {
      language: 'python',
      packages: ['langchain_community.chat_models', 'langchain_community.llms'],
      constructors: ['MiniMaxChat', 'Minimax'],
      keyArguments: ['minimax_api_key'],
      implicitEnv: ['MINIMAX_API_KEY'],
    },
  ],
  detectors: [
    {
      id: 'minimax-api-key',
      title: 'MiniMax API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [{ text: 'sk-api-', followedBy: { class: 'url', count: 119 } }],
      pattern: '(?<key>sk-api-[A-Za-z0-9_-]{119})',
      boundary: 'url',
      window: { before: 8, after: 142 },
      publicPrefix: 'sk-api-',
      minEntropy: 5.05,
      confidence: { shape: 'high' },
      samples: {
        ok: ['MINIMAX_API_KEY=sk-api-{url:119}\n', 'minimax = client(api_key="sk-api-{url:119}")', '{"MINIMAX_API_KEY": "sk-api-{url:119}"}'],
        ng: [
          'MINIMAX_API_KEY=sk-api-...\n',
          'MINIMAX_API_KEY=sk-api-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          'MINIMAX_API_KEY="sk-api-your-api-key-here"',
          "const PREFIX = 'sk-api-';",
          '{base64:12}sk-api-{alnum:166}',
        ],
      },
      evidence: { grade: 'M', source: 'betterleaks' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://platform.minimax.io/docs',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the MiniMax dashboard (platform.minimax.io).',
};
