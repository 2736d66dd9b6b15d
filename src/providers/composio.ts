import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'composio',
  title: 'Composio',
  checked: '2026-11-23',
  words: ['composio'],
  hosts: ['backend.composio.dev'],
  env: [
    { name: 'COMPOSIO_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['@composio/core', 'composio-core'],
      constructors: ['Composio', 'OpenAIToolSet'],
      keyArguments: ['apiKey'],
      implicitEnv: ['COMPOSIO_API_KEY'],
    },
    {
      language: 'python',
      packages: ['composio', 'composio_openai', 'composio_langchain'],
      constructors: ['Composio', 'ComposioToolSet'],
      keyArguments: ['api_key'],
      implicitEnv: ['COMPOSIO_API_KEY'],
    },
  ],
  detectors: [],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://docs.composio.dev',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Composio dashboard.',
};
