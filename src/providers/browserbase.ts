import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'browserbase',
  title: 'Browserbase',
  checked: '2026-11-23',
  words: ['browserbase'],
  hosts: ['api.browserbase.com'],
  env: [
    { name: 'BROWSERBASE_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['@browserbasehq/sdk', '@browserbasehq/stagehand'],
      constructors: ['Browserbase', 'Stagehand'],
      keyArguments: ['apiKey'],
      implicitEnv: ['BROWSERBASE_API_KEY'],
    },
    {
      language: 'python',
      packages: ['browserbase', 'stagehand'],
      constructors: ['Browserbase', 'Stagehand'],
      keyArguments: ['api_key'],
      implicitEnv: ['BROWSERBASE_API_KEY'],
    },
  ],
  detectors: [],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://docs.browserbase.com',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Browserbase dashboard.',
};
