import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'jina',
  title: 'Jina AI',
  checked: '2026-11-23',
  words: ['jina', 'jinaai'],
  hosts: ['api.jina.ai', 'r.jina.ai', 's.jina.ai'],
  env: [
    { name: 'JINA_API_KEY', kind: 'api-key' },
    { name: 'JINA_AI_API_KEY', kind: 'api-key' },
    { name: 'JINAAI_API_KEY', kind: 'api-key' },
    { name: 'JINA_AUTH_TOKEN', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['@langchain/community/embeddings/jina'],
      constructors: ['JinaEmbeddings'],
      keyArguments: ['apiKey'],
      implicitEnv: ['JINA_API_KEY', 'JINAAI_API_KEY'],
    },
    {
      language: 'python',
      packages: ['langchain_community.embeddings', 'llama_index.embeddings.jinaai'],
      constructors: ['JinaEmbeddings', 'JinaEmbedding'],
      keyArguments: ['jina_api_key', 'api_key'],
      implicitEnv: ['JINA_API_KEY'],
    },
  ],
  detectors: [
    {
      id: 'jina-api-key',
      title: 'Jina AI API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [{ text: 'jina_', followedBy: { class: 'alnum', count: 60 } }],
      pattern: '(?<key>jina_[A-Za-z0-9]{60})',
      boundary: 'alnum',
      window: { before: 8, after: 81 },
      publicPrefix: 'jina_',
      minEntropy: 4.5,
      confidence: { shape: 'high' },
      samples: {
        ok: ['JINA_API_KEY=jina_{alnum:60}\n', 'jina = client(api_key="jina_{alnum:60}")', '{"JINA_API_KEY": "jina_{alnum:60}"}'],
        ng: [
          'JINA_API_KEY=jina_...\n',
          'JINA_API_KEY=jina_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          'JINA_API_KEY="jina_your-api-key-here"',
          "const PREFIX = 'jina_';",
          '{base64:12}jina_{alnum:105}',
        ],
      },
      evidence: { grade: 'M', source: 'titus' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://jina.ai/embeddings',
  },
  spend: 'prepaid',
  revoke: 'Delete the key in the Jina dashboard (jina.ai/api-dashboard).',
};
