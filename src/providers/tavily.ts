import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'tavily',
  title: 'Tavily',
  checked: '2026-11-23',
  words: ['tavily'],
  hosts: ['api.tavily.com'],
  env: [
    { name: 'TAVILY_API_KEY', kind: 'api-key' },
    { name: 'TAVILY_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['@tavily/core', '@tavily/ai-sdk', '@langchain/tavily'],
      constructors: ['tavily', 'TavilyClient', 'TavilySearch', 'tavilySearch'],
      keyArguments: ['apiKey', 'tavilyApiKey'],
      implicitEnv: ['TAVILY_API_KEY'],
    },
    {
      language: 'python',
      packages: ['tavily', 'langchain_tavily', 'langchain_community.tools.tavily_search'],
      constructors: ['TavilyClient', 'AsyncTavilyClient', 'TavilySearch', 'TavilySearchResults'],
      keyArguments: ['api_key', 'tavily_api_key'],
      implicitEnv: ['TAVILY_API_KEY'],
    },
  ],
  detectors: [
    {
      id: 'tavily-api-key',
      title: 'Tavily API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [{ text: 'tvly-', followedBy: { class: 'url', count: 32 } }],
      pattern: '(?<key>tvly-(?:dev-|prod-|)[A-Za-z0-9_-]{32,64})',
      boundary: 'url',
      window: { before: 8, after: 90 },
      publicPrefix: 'tvly-',
      minEntropy: 3.85,
      confidence: { shape: 'high' },
      samples: {
        ok: [
          'TAVILY_API_KEY=tvly-{alnum:32}\n',
          'tavily = client(api_key="tvly-{alnum:32}")',
          '{"TAVILY_API_KEY": "tvly-{alnum:32}"}',
          'TAVILY_API_KEY=tvly-dev-{alnum:32}',
          'url: https://mcp.tavily.com/mcp/?tavilyApiKey=tvly-prod-{alnum:32}',
        ],
        ng: [
          'TAVILY_API_KEY=tvly-...\n',
          'TAVILY_API_KEY=tvly-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          'TAVILY_API_KEY="tvly-your-api-key-here"',
          "const PREFIX = 'tvly-';",
          '{base64:12}tvly-{alnum:114}',
        ],
      },
      evidence: { grade: 'M', source: 'titus' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://docs.tavily.com',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Tavily dashboard (app.tavily.com).',
};
