import type { Provider } from '../model/provider.ts';
import { ASSIGNED_REACH, assigned, keyNames, literals } from './_shapes.ts';

export const provider: Provider = {
  id: 'exa',
  title: 'Exa',
  checked: '2026-11-23',
  words: ['exa ai', 'exa api', 'exa search', 'exa'],
  hosts: ['api.exa.ai'],
  env: [
    { name: 'EXA_API_KEY', kind: 'api-key' },
    { name: 'EXA_AI_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['exa-js', '@exalabs/ai-sdk'],
      constructors: ['Exa', 'webSearch'],
      keyArguments: ['apiKey'],
      implicitEnv: ['EXA_API_KEY', 'EXASEARCH_API_KEY'],
    },
    {
      language: 'python',
      packages: ['exa_py', 'langchain_exa'],
      constructors: ['Exa', 'AsyncExa', 'ExaSearchRetriever', 'ExaSearchResults'],
      keyArguments: ['api_key', 'exa_api_key'],
      implicitEnv: ['EXA_API_KEY'],
    },
  ],
  detectors: [
    {
      id: 'exa-api-key',
      title: 'Exa API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [...keyNames('exa', 'exa ai'), ...literals('new Exa(', '= Exa(', 'api.exa.ai')],
      pattern: assigned(['exa', 'exa ai'], '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', ['\\bExa\\([\\s"\'`]{1,20}', 'api\\.exa\\.ai[^\\n\\u0000]{0,120}?x-api-key["\'` :=]{1,6}']),
      boundary: 'url',
      window: { before: 8, after: ASSIGNED_REACH + 44 },
      publicPrefix: '',
      minEntropy: 3,
      proof: 'uuid-v4',
      confidence: { shape: 'medium' },
      context: { words: ['exa'], distance: 160, relation: 'assigned' },
      inBinary: false,
      samples: {
        ok: [
          'EXA_API_KEY={uuid}\n',
          'os.environ["EXA_API_KEY"] = "{uuid}"',
          '- name: EXA_API_KEY\n  value: "{uuid}"\n',
          "const exaApiKey = '{uuid}';",
          'const exa = new Exa("{uuid}");',
          'curl https://api.exa.ai/search -H "x-api-key: {uuid}"',
        ],
        ng: [
          'EXA_API_KEY=${{{{ secrets.EXA_API_KEY }}\n',
          'EXA_API_KEY=your-exa-api-key-goes-here-now\n',
          'EXA_API_KEY=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          '"exa": "{hex:64}"',
          'EXA_MODEL={uuid}\n',
          'EXAMPLE_API_KEY_REQUEST_ID={uuid}\n',
          'EXA_REQUEST_ID={uuid}\n',
        ],
      },
      evidence: { grade: 'M', source: 'titus' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://docs.exa.ai',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Exa dashboard (dashboard.exa.ai/api-keys).',
};
