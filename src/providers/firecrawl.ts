import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'firecrawl',
  title: 'Firecrawl',
  checked: '2026-11-23',
  words: ['firecrawl'],
  hosts: ['api.firecrawl.dev'],
  env: [
    { name: 'FIRECRAWL_API_KEY', kind: 'api-key' },
    { name: 'FIRECRAWL_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['@mendable/firecrawl-js', 'firecrawl', '@langchain/community/document_loaders/web/firecrawl'],
      constructors: ['FirecrawlApp', 'Firecrawl', 'FireCrawlLoader'],
      keyArguments: ['apiKey'],
      implicitEnv: ['FIRECRAWL_API_KEY'],
    },
    {
      language: 'python',
      packages: ['firecrawl', 'langchain_community.document_loaders'],
      constructors: ['FirecrawlApp', 'Firecrawl', 'AsyncFirecrawl', 'FireCrawlLoader'],
      keyArguments: ['api_key'],
      implicitEnv: ['FIRECRAWL_API_KEY'],
    },
  ],
  detectors: [
    {
      id: 'firecrawl-api-key',
      title: 'Firecrawl API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [{ text: 'fc-', followedBy: { class: 'hex', count: 32 } }],
      pattern: '(?<key>fc-[0-9a-f]{32})',
      boundary: 'url',
      window: { before: 200, after: 235 },
      publicPrefix: 'fc-',
      minEntropy: 2.95,
      confidence: { shape: 'medium' },
      context: { words: ['firecrawl'], distance: 200, relation: 'near' },
      inBinary: false,
      samples: {
        ok: ['FIRECRAWL_API_KEY=fc-{hex:32}\n', 'firecrawl = client(api_key="fc-{hex:32}")', '{"FIRECRAWL_API_KEY": "fc-{hex:32}"}'],
        ng: [
          'FIRECRAWL_API_KEY=fc-...\n',
          'FIRECRAWL_API_KEY=fc-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          'FIRECRAWL_API_KEY="fc-your-api-key-here"',
          "const PREFIX = 'fc-';",
          '{base64:12}fc-{alnum:75}',
          '<script src="fc-{hex:32}.js">',
        ],
      },
      evidence: { grade: 'M', source: 'titus' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://docs.firecrawl.dev',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Firecrawl dashboard (firecrawl.dev/app/api-keys).',
};
