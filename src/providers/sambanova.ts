import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'sambanova',
  title: 'SambaNova',
  checked: '2026-11-23',
  words: ['sambanova', 'samba nova'],
  hosts: ['api.sambanova.ai'],
  env: [
    { name: 'SAMBANOVA_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'python',
      packages: ['langchain_sambanova', 'sambanova'],
      constructors: ['ChatSambaNovaCloud', 'ChatSambaNova', 'SambaNova'],
      keyArguments: ['api_key', 'sambanova_api_key'],
      implicitEnv: ['SAMBANOVA_API_KEY'],
    },
  ],
  detectors: [],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://docs.sambanova.ai',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the SambaNova dashboard.',
};
