import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'cerebras',
  title: 'Cerebras',
  checked: '2026-11-23',
  words: ['cerebras'],
  hosts: ['api.cerebras.ai'],
  env: [
    { name: 'CEREBRAS_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['@cerebras/cerebras_cloud_sdk'],
      constructors: ['Cerebras'],
      keyArguments: ['apiKey'],
      implicitEnv: ['CEREBRAS_API_KEY'],
    },
    {
      language: 'javascript',
      packages: ['@ai-sdk/cerebras'],
      constructors: ['createCerebras', 'cerebras'],
      keyArguments: ['apiKey'],
      implicitEnv: ['CEREBRAS_API_KEY'],
    },
    {
      language: 'javascript',
      packages: ['@langchain/cerebras'],
      constructors: ['ChatCerebras'],
      keyArguments: ['apiKey'],
      implicitEnv: ['CEREBRAS_API_KEY'],
    },
    {
      language: 'python',
      packages: ['cerebras.cloud.sdk'],
      constructors: ['Cerebras', 'AsyncCerebras'],
      keyArguments: ['api_key'],
      implicitEnv: ['CEREBRAS_API_KEY'],
    },
    {
      language: 'python',
      packages: ['langchain_cerebras', 'llama_index.llms.cerebras'],
      constructors: ['ChatCerebras', 'Cerebras'],
      keyArguments: ['api_key'],
      implicitEnv: ['CEREBRAS_API_KEY'],
    },
  ],
  detectors: [
    {
      id: 'cerebras-api-key',
      title: 'Cerebras API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [{ text: 'csk-', followedBy: { class: 'alnum', count: 48 } }],
      pattern: '(?<key>csk-[a-z0-9]{48})',
      boundary: 'alnum',
      window: { before: 8, after: 68 },
      publicPrefix: 'csk-',
      minEntropy: 3.95,
      confidence: { shape: 'high' },
      samples: {
        ok: [
          'CEREBRAS_API_KEY=csk-{lower-alnum:48}\n',
          'cerebras = client(api_key="csk-{lower-alnum:48}")',
          '{"CEREBRAS_API_KEY": "csk-{lower-alnum:48}"}',
        ],
        ng: [
          'CEREBRAS_API_KEY=csk-...\n',
          'CEREBRAS_API_KEY=csk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          'CEREBRAS_API_KEY="csk-your-api-key-here"',
          "const PREFIX = 'csk-';",
          '{base64:12}csk-{alnum:92}',
        ],
      },
      evidence: { grade: 'H', source: 'betterleaks, titus' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://inference-docs.cerebras.ai',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Cerebras dashboard (cloud.cerebras.ai).',
};
