import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'hume',
  title: 'Hume AI',
  checked: '2026-11-23',
  words: ['hume', 'hume ai'],
  hosts: ['api.hume.ai'],
  env: [
    { name: 'HUME_API_KEY', kind: 'api-key' },
    { name: 'HUME_SECRET_KEY', kind: 'secret-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['hume', '@ai-sdk/hume'],
      constructors: ['HumeClient', 'createHume', 'hume'],
      keyArguments: ['apiKey', 'secretKey'],
      implicitEnv: ['HUME_API_KEY'],
    },
    {
      language: 'python',
      packages: ['hume'],
      constructors: ['HumeClient', 'AsyncHumeClient'],
      keyArguments: ['api_key'],
      implicitEnv: ['HUME_API_KEY'],
    },
  ],
  detectors: [],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://dev.hume.ai',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Hume AI dashboard.',
};
