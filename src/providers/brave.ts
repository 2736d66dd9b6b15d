import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'brave',
  title: 'Brave Search',
  checked: '2026-11-23',
  words: ['brave search', 'brave api', 'brave'],
  hosts: ['api.search.brave.com'],
  env: [
    { name: 'BRAVE_API_KEY', kind: 'api-key' },
    { name: 'BRAVE_SEARCH_API_KEY', kind: 'api-key' },
    { name: 'BRAVE_SEARCH_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'python',
      packages: ['langchain_community.tools', 'langchain_community.utilities'],
      constructors: ['BraveSearch', 'BraveSearchWrapper'],
      keyArguments: ['api_key'],
      implicitEnv: ['BRAVE_SEARCH_API_KEY'],
    },
    {
      language: 'javascript',
      packages: ['@langchain/community/tools/brave_search'],
      constructors: ['BraveSearch'],
      keyArguments: ['apiKey'],
      implicitEnv: ['BRAVE_SEARCH_API_KEY'],
    },
  ],
  detectors: [
    {
      id: 'brave-api-key',
      title: 'Brave Search API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [{ text: 'BSA', followedBy: { class: 'url', count: 24 } }],
      pattern: '(?<key>BSA[A-Za-z0-9_-]{24,40})',
      boundary: 'url',
      window: { before: 160, after: 203 },
      publicPrefix: 'BSA',
      minEntropy: 3.5,
      confidence: { shape: 'medium' },
      context: { words: ['brave', 'x-subscription-token'], distance: 160, relation: 'near' },
      inBinary: false,
      samples: {
        ok: ['BRAVE_API_KEY=BSA{url:28}\n', 'brave = client(api_key="BSA{url:28}")', '{"BRAVE_API_KEY": "BSA{url:28}"}'],
        ng: [
          'BRAVE_API_KEY=BSA...\n',
          'BRAVE_API_KEY=BSAxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          'BRAVE_API_KEY="BSAyour-api-key-here"',
          "const PREFIX = 'BSA';",
          '{base64:12}BSA{alnum:83}',
        ],
      },
      evidence: { grade: 'M', source: 'betterleaks' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://api-dashboard.search.brave.com/app/documentation',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Brave Search API dashboard.',
};
