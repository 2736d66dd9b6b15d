import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'fal',
  title: 'fal.ai',
  checked: '2026-11-23',
  words: ['fal ai', 'falai'],
  hosts: ['fal.run', 'queue.fal.run'],
  env: [
    { name: 'FAL_KEY', kind: 'api-key' },
    { name: 'FAL_API_KEY', kind: 'api-key' },
    { name: 'FAL_KEY_SECRET', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['@fal-ai/client', '@fal-ai/serverless-client', '@ai-sdk/fal'],
      constructors: ['fal.config', 'createFal', 'createFalClient', 'fal'],
      keyArguments: ['credentials', 'apiKey'],
      implicitEnv: ['FAL_KEY', 'FAL_API_KEY'],
    },
    {
      language: 'python',
      packages: ['fal_client'],
      constructors: ['SyncClient', 'AsyncClient', 'fal_client.subscribe', 'fal_client.run'],
      keyArguments: ['key'],
      implicitEnv: ['FAL_KEY'],
    },
  ],
  detectors: [],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://docs.fal.ai',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the fal.ai dashboard.',
};
