import type { Provider } from '../model/provider.ts';
import { bedrock, foundry, vertex } from './_routes.ts';

export const provider: Provider = {
  id: 'together',
  title: 'Together AI',
  checked: '2026-11-23',
  words: ['together ai', 'togetherai', 'together api', 'together'],
  hosts: ['api.together.xyz', 'api.together.ai'],
  env: [
    { name: 'TOGETHER_API_KEY', kind: 'api-key' },
    { name: 'TOGETHERAI_API_KEY', kind: 'api-key' },
    { name: 'TOGETHER_AI_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['together-ai'],
      constructors: ['Together'],
      keyArguments: ['apiKey'],
      implicitEnv: ['TOGETHER_API_KEY'],
    },
    {
      language: 'javascript',
      packages: ['@ai-sdk/togetherai'],
      constructors: ['createTogetherAI', 'togetherai'],
      keyArguments: ['apiKey'],
      implicitEnv: ['TOGETHER_AI_API_KEY', 'TOGETHER_API_KEY'],
    },
    {
      language: 'javascript',
      packages: ['@langchain/community/chat_models/togetherai', '@langchain/together-ai', '@langchain/community/llms/togetherai'],
      constructors: ['ChatTogetherAI', 'TogetherAI', 'TogetherAIEmbeddings'],
      keyArguments: ['apiKey', 'togetherAIApiKey'],
      implicitEnv: ['TOGETHER_AI_API_KEY'],
    },
    {
      language: 'python',
      packages: ['together'],
      constructors: ['Together', 'AsyncTogether'],
      keyArguments: ['api_key'],
      implicitEnv: ['TOGETHER_API_KEY'],
    },
    {
      language: 'python',
      packages: ['langchain_together'],
      constructors: ['ChatTogether', 'Together', 'TogetherEmbeddings'],
      keyArguments: ['api_key', 'together_api_key'],
      implicitEnv: ['TOGETHER_API_KEY'],
    },
    {
      language: 'python',
      packages: ['llama_index.llms.together', 'llama_index.embeddings.together'],
      constructors: ['TogetherLLM', 'TogetherEmbedding'],
      keyArguments: ['api_key'],
      implicitEnv: ['TOGETHER_API_KEY'],
    },
  ],
  detectors: [
    {
      id: 'together-api-key',
      title: 'Together AI API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [{ text: 'tgp_v1_', followedBy: { class: 'url', count: 43 } }],
      pattern: '(?<key>tgp_v1_[A-Za-z0-9_-]{43})',
      boundary: 'url',
      window: { before: 8, after: 66 },
      publicPrefix: 'tgp_v1_',
      minEntropy: 4.2,
      confidence: { shape: 'high' },
      samples: {
        ok: ['TOGETHER_API_KEY=tgp_v1_{url:43}\n', 'together = client(api_key="tgp_v1_{url:43}")', '{"TOGETHER_API_KEY": "tgp_v1_{url:43}"}'],
        ng: [
          'TOGETHER_API_KEY=tgp_v1_...\n',
          'TOGETHER_API_KEY=tgp_v1_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          'TOGETHER_API_KEY="tgp_v1_your-api-key-here"',
          "const PREFIX = 'tgp_v1_';",
          '{base64:12}tgp_v1_{alnum:90}',
        ],
      },
      evidence: { grade: 'H', source: 'betterleaks, titus' },
    },
  ],
  routes: [
    bedrock('the open-weight model'),
    vertex('the open-weight model'),
    foundry('the open-weight model'),
  ],
  federation: {
    kind: 'after-change',
    note: 'No workload federation found; open-weight models run on Bedrock, Vertex AI and Azure.',
    source: 'https://docs.together.ai',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Together AI dashboard (api.together.ai/settings/api-keys).',
};
