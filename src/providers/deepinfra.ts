import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'deepinfra',
  title: 'DeepInfra',
  checked: '2026-11-23',
  words: ['deepinfra', 'deep infra'],
  hosts: ['api.deepinfra.com'],
  env: [
    { name: 'DEEPINFRA_API_KEY', kind: 'api-key' },
    { name: 'DEEPINFRA_API_TOKEN', kind: 'api-key' },
    { name: 'DEEPINFRA_TOKEN', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['@ai-sdk/deepinfra'],
      constructors: ['createDeepInfra', 'deepinfra'],
      keyArguments: ['apiKey'],
      implicitEnv: ['DEEPINFRA_API_KEY'],
    },
    {
      language: 'python',
      packages: ['langchain_community.chat_models', 'llama_index.llms.deepinfra'],
      constructors: ['ChatDeepInfra', 'DeepInfraLLM'],
      keyArguments: ['deepinfra_api_token', 'api_key'],
      implicitEnv: ['DEEPINFRA_API_TOKEN'],
    },
  ],
  detectors: [],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://deepinfra.com/docs',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the DeepInfra dashboard.',
};
