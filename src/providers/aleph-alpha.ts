import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'aleph-alpha',
  title: 'Aleph Alpha',
  checked: '2026-11-23',
  words: ['aleph alpha', 'alephalpha'],
  hosts: ['api.aleph-alpha.com'],
  env: [
    { name: 'ALEPH_ALPHA_API_KEY', kind: 'api-key' },
    { name: 'AA_TOKEN', kind: 'api-key', confidence: 'medium' },
  ],
  sdks: [
    {
      language: 'python',
      packages: ['aleph_alpha_client'],
      constructors: ['Client', 'AsyncClient'],
      keyArguments: ['token'],
      implicitEnv: [],
    },
  ],
  detectors: [],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://docs.aleph-alpha.com',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Aleph Alpha dashboard.',
};
