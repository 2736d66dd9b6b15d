import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'writer',
  title: 'Writer',
  checked: '2026-11-23',
  words: ['writer ai', 'writer api', 'palmyra'],
  hosts: ['api.writer.com'],
  env: [
    { name: 'WRITER_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['writer-sdk'],
      constructors: ['Writer'],
      keyArguments: ['apiKey'],
      implicitEnv: ['WRITER_API_KEY'],
    },
    {
      language: 'python',
      packages: ['writerai', 'langchain_writer'],
      constructors: ['Writer', 'AsyncWriter', 'ChatWriter'],
      keyArguments: ['api_key'],
      implicitEnv: ['WRITER_API_KEY'],
    },
  ],
  detectors: [],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://dev.writer.com',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Writer dashboard.',
};
