import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'moonshot',
  title: 'Moonshot AI (Kimi)',
  checked: '2026-11-23',
  words: ['moonshot', 'kimi', 'moonshotai'],
  hosts: ['api.moonshot.ai', 'api.moonshot.cn'],
  env: [
    { name: 'MOONSHOT_API_KEY', kind: 'api-key' },
    { name: 'KIMI_API_KEY', kind: 'api-key' },
    { name: 'MOONSHOTAI_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['@ai-sdk/moonshotai'],
      constructors: ['createMoonshotAI', 'moonshotai'],
      keyArguments: ['apiKey'],
      implicitEnv: ['MOONSHOT_API_KEY'],
    },
    {
      language: 'python',
      packages: ['langchain_community.chat_models.moonshot'],
      constructors: ['MoonshotChat'],
      keyArguments: ['api_key', 'moonshot_api_key'],
      implicitEnv: ['MOONSHOT_API_KEY'],
    },
  ],
  detectors: [
    {
      id: 'moonshot-api-key',
      title: 'Moonshot API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [{ text: 'sk-', followedBy: { class: 'url', count: 48 } }],
      pattern: '(?<key>sk-(?![A-Za-z0-9]{20}T3BlbkFJ)[A-Za-z0-9_-]{48})',
      boundary: 'url',
      window: { before: 200, after: 251 },
      publicPrefix: 'sk-',
      minEntropy: 4.25,
      confidence: { shape: 'medium' },
      context: { words: ['moonshot', 'kimi'], distance: 200, relation: 'near' },
      inBinary: false,
      samples: {
        ok: ['MOONSHOT_API_KEY=sk-{url:48}\n', 'moonshot = client(api_key="sk-{url:48}")', '{"MOONSHOT_API_KEY": "sk-{url:48}"}'],
        ng: [
          'MOONSHOT_API_KEY=sk-...\n',
          'MOONSHOT_API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          'MOONSHOT_API_KEY="sk-your-api-key-here"',
          "const PREFIX = 'sk-';",
          '{base64:12}sk-{alnum:91}',
        ],
      },
      evidence: { grade: 'M', source: 'betterleaks' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://platform.moonshot.ai/docs',
  },
  spend: 'prepaid',
  revoke: 'Delete the key in the Moonshot dashboard (platform.moonshot.ai).',
};
