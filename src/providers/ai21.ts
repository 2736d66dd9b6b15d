import type { Provider } from '../model/provider.ts';
import { bedrock } from './_routes.ts';

export const provider: Provider = {
  id: 'ai21',
  title: 'AI21 Labs',
  checked: '2026-11-23',
  words: ['ai21'],
  hosts: ['api.ai21.com'],
  env: [
    { name: 'AI21_API_KEY', kind: 'api-key' },
    { name: 'AI21_LABS_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['ai21'],
      constructors: ['AI21'],
      keyArguments: ['apiKey'],
      implicitEnv: ['AI21_API_KEY'],
    },
    {
      language: 'python',
      packages: ['ai21', 'langchain_ai21'],
      constructors: ['AI21Client', 'AsyncAI21Client', 'ChatAI21'],
      keyArguments: ['api_key'],
      implicitEnv: ['AI21_API_KEY'],
    },
  ],
  detectors: [],
  routes: [
    bedrock('AI21 models', { status: 'on-request', note: 'Check: that the model is offered there, its price and its data terms.' }),
  ],
  federation: {
    kind: 'after-change',
    note: 'No workload federation found; the models run on Bedrock and Vertex AI.',
    source: 'https://docs.ai21.com',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the AI21 Labs dashboard.',
};
