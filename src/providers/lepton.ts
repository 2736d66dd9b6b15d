import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'lepton',
  title: 'Lepton AI',
  checked: '2026-11-23',
  words: ['lepton', 'leptonai'],
  hosts: ['lepton.run'],
  env: [
    { name: 'LEPTON_API_TOKEN', kind: 'api-key' },
    { name: 'LEPTON_API_KEY', kind: 'api-key' },
  ],
  sdks: [],
  detectors: [],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://docs.nvidia.com/dgx-cloud/lepton',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Lepton AI dashboard.',
};
