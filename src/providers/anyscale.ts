import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'anyscale',
  title: 'Anyscale',
  checked: '2026-11-23',
  words: ['anyscale'],
  hosts: ['api.endpoints.anyscale.com'],
  env: [
    { name: 'ANYSCALE_API_KEY', kind: 'api-key' },
    { name: 'ANYSCALE_CLI_TOKEN', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'python',
      packages: ['langchain_community.chat_models'],
      constructors: ['ChatAnyscale'],
      keyArguments: ['anyscale_api_key'],
      implicitEnv: ['ANYSCALE_API_KEY'],
    },
  ],
  detectors: [],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://docs.anyscale.com',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Anyscale dashboard.',
};
