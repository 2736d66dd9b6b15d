import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'apify',
  title: 'Apify',
  checked: '2026-11-23',
  words: ['apify'],
  hosts: ['api.apify.com'],
  env: [
    { name: 'APIFY_TOKEN', kind: 'api-key' },
    { name: 'APIFY_API_TOKEN', kind: 'api-key' },
    { name: 'APIFY_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['apify-client', 'apify'],
      constructors: ['ApifyClient', 'Actor'],
      keyArguments: ['token'],
      implicitEnv: ['APIFY_TOKEN'],
    },
    {
      language: 'python',
      packages: ['apify_client', 'apify'],
      constructors: ['ApifyClient', 'ApifyClientAsync', 'Actor'],
      keyArguments: ['token'],
      implicitEnv: ['APIFY_TOKEN'],
    },
  ],
  detectors: [
    {
      id: 'apify-api-token',
      title: 'Apify API token',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [{ text: 'apify_api_', followedBy: { class: 'alnum', count: 34 } }],
      pattern: '(?<key>apify_api_[A-Za-z0-9]{34,38})',
      boundary: 'alnum',
      window: { before: 8, after: 64 },
      publicPrefix: 'apify_api_',
      minEntropy: 3.9,
      confidence: { shape: 'high' },
      samples: {
        ok: ['APIFY_TOKEN=apify_api_{alnum:36}\n', 'apify = client(api_key="apify_api_{alnum:36}")', '{"APIFY_TOKEN": "apify_api_{alnum:36}"}'],
        ng: [
          'APIFY_TOKEN=apify_api_...\n',
          'APIFY_TOKEN=apify_api_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          'APIFY_TOKEN="apify_api_your-api-key-here"',
          "const PREFIX = 'apify_api_';",
          '{base64:12}apify_api_{alnum:88}',
        ],
      },
      evidence: { grade: 'H', source: 'betterleaks, trufflehog' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://docs.apify.com',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Apify dashboard (console.apify.com/settings/integrations).',
};
