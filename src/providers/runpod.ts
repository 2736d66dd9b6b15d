import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'runpod',
  title: 'RunPod',
  checked: '2026-11-23',
  words: ['runpod'],
  hosts: ['api.runpod.io', 'rest.runpod.io'],
  env: [
    { name: 'RUNPOD_API_KEY', kind: 'api-key' },
    { name: 'RUNPOD_AI_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'python',
      packages: ['runpod'],
      constructors: ['Endpoint', 'runpod.Endpoint', 'runpod.create_pod'],
      keyArguments: ['api_key', 'runpod.api_key'],
      implicitEnv: ['RUNPOD_API_KEY'],
    },
    {
      language: 'javascript',
      packages: ['runpod-sdk'],
      constructors: ['runpodSdk'],
      keyArguments: ['apiKey'],
      implicitEnv: [],
    },
  ],
  detectors: [
    {
      id: 'runpod-api-key',
      title: 'RunPod API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [{ text: 'rpa_', followedBy: { class: 'upper-alnum', count: 40 } }],
      pattern: '(?<key>rpa_[A-Z0-9]{40}[A-Za-z0-9]{6})',
      boundary: 'alnum',
      window: { before: 8, after: 66 },
      publicPrefix: 'rpa_',
      minEntropy: 3.95,
      confidence: { shape: 'high' },
      samples: {
        ok: [
          'RUNPOD_API_KEY=rpa_{upper-alnum:40}{alnum:6}\n',
          'runpod = client(api_key="rpa_{upper-alnum:40}{alnum:6}")',
          '{"RUNPOD_API_KEY": "rpa_{upper-alnum:40}{alnum:6}"}',
        ],
        ng: [
          'RUNPOD_API_KEY=rpa_...\n',
          'RUNPOD_API_KEY=rpa_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          'RUNPOD_API_KEY="rpa_your-api-key-here"',
          "const PREFIX = 'rpa_';",
          '{base64:12}rpa_{alnum:90}',
        ],
      },
      evidence: { grade: 'M', source: 'betterleaks' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://docs.runpod.io',
  },
  spend: 'prepaid',
  revoke: 'Delete the key in the RunPod dashboard (console.runpod.io/user/settings).',
};
