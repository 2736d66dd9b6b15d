import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'serper',
  title: 'Serper',
  checked: '2026-11-23',
  words: ['serper'],
  hosts: ['google.serper.dev'],
  env: [
    { name: 'SERPER_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'python',
      packages: ['langchain_community.utilities'],
      constructors: ['GoogleSerperAPIWrapper'],
      keyArguments: ['serper_api_key'],
      implicitEnv: ['SERPER_API_KEY'],
    },
  ],
  detectors: [],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://serper.dev',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Serper dashboard.',
};
