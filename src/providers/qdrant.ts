import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'qdrant',
  title: 'Qdrant',
  checked: '2026-11-23',
  words: ['qdrant'],
  hosts: ['cloud.qdrant.io'],
  env: [
    { name: 'QDRANT_API_KEY', kind: 'api-key' },
    { name: 'QDRANT_KEY', kind: 'api-key' },
    { name: 'QDRANT_CLOUD_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['@qdrant/js-client-rest'],
      constructors: ['QdrantClient'],
      keyArguments: ['apiKey'],
      implicitEnv: [],
    },
    {
      language: 'python',
      packages: ['qdrant_client'],
      constructors: ['QdrantClient', 'AsyncQdrantClient'],
      keyArguments: ['api_key'],
      implicitEnv: [],
    },
  ],
  detectors: [],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://qdrant.tech/documentation/cloud/authentication/',
  },
  spend: 'none',
  revoke: 'Delete the key in the Qdrant dashboard.',
};
