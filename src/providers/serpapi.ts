import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'serpapi',
  title: 'SerpApi',
  checked: '2026-11-23',
  words: ['serpapi', 'serp api'],
  hosts: ['serpapi.com'],
  env: [
    { name: 'SERPAPI_API_KEY', kind: 'api-key' },
    { name: 'SERPAPI_KEY', kind: 'api-key' },
    { name: 'SERP_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'python',
      packages: ['langchain_community.utilities', 'serpapi'],
      constructors: ['SerpAPIWrapper', 'GoogleSearch'],
      keyArguments: ['serpapi_api_key', 'api_key'],
      implicitEnv: ['SERPAPI_API_KEY'],
    },
  ],
  detectors: [],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://serpapi.com',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the SerpApi dashboard.',
};
