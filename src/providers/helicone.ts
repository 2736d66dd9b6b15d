import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'helicone',
  title: 'Helicone',
  checked: '2026-11-23',
  words: ['helicone'],
  hosts: ['api.helicone.ai', 'oai.helicone.ai', 'ai-gateway.helicone.ai'],
  env: [
    { name: 'HELICONE_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['@helicone/helpers', '@helicone/ai-sdk-provider'],
      constructors: ['HeliconeManualLogger', 'createHelicone'],
      keyArguments: ['apiKey'],
      implicitEnv: ['HELICONE_API_KEY'],
    },
  ],
  detectors: [],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://docs.helicone.ai',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Helicone dashboard.',
};
