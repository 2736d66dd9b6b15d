import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'cartesia',
  title: 'Cartesia',
  checked: '2026-11-23',
  words: ['cartesia'],
  hosts: ['api.cartesia.ai'],
  env: [
    { name: 'CARTESIA_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['@cartesia/cartesia-js'],
      constructors: ['CartesiaClient', 'Cartesia'],
      keyArguments: ['apiKey'],
      implicitEnv: ['CARTESIA_API_KEY'],
    },
    {
      language: 'python',
      packages: ['cartesia'],
      constructors: ['Cartesia', 'AsyncCartesia'],
      keyArguments: ['api_key'],
      implicitEnv: ['CARTESIA_API_KEY'],
    },
  ],
  detectors: [],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://docs.cartesia.ai',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Cartesia dashboard.',
};
