import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'e2b',
  title: 'E2B',
  checked: '2026-11-23',
  words: ['e2b'],
  hosts: ['api.e2b.dev', 'e2b.dev'],
  env: [
    { name: 'E2B_API_KEY', kind: 'api-key' },
    { name: 'E2B_ACCESS_TOKEN', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['e2b', '@e2b/code-interpreter'],
      constructors: ['Sandbox', 'Sandbox.create'],
      keyArguments: ['apiKey'],
      implicitEnv: ['E2B_API_KEY'],
    },
    {
      language: 'python',
      packages: ['e2b', 'e2b_code_interpreter'],
      constructors: ['Sandbox', 'AsyncSandbox'],
      keyArguments: ['api_key'],
      implicitEnv: ['E2B_API_KEY'],
    },
  ],
  detectors: [],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://e2b.dev/docs',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the E2B dashboard.',
};
