import type { Provider } from '../model/provider.ts';
import { ASSIGNED_REACH, assigned, keyNames, literals } from './_shapes.ts';

export const provider: Provider = {
  id: 'baseten',
  title: 'Baseten',
  checked: '2026-11-23',
  words: ['baseten'],
  hosts: ['api.baseten.co', 'inference.baseten.co'],
  env: [
    { name: 'BASETEN_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['@ai-sdk/baseten'],
      constructors: ['createBaseten', 'baseten'],
      keyArguments: ['apiKey'],
      implicitEnv: ['BASETEN_API_KEY'],
    },
    {
      language: 'python',
      packages: ['langchain_baseten', 'llama_index.llms.baseten', 'baseten_performance_client'],
      constructors: ['ChatBaseten', 'Baseten', 'PerformanceClient'],
      keyArguments: ['api_key', 'baseten_api_key'],
      implicitEnv: ['BASETEN_API_KEY'],
    },
  ],
  detectors: [
    {
      id: 'baseten-api-key',
      title: 'Baseten API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [...keyNames('baseten'), ...literals('Baseten-Token')],
      pattern: assigned(['baseten'], '[A-Za-z0-9]{8}\\.[A-Za-z0-9]{32}', ['Baseten-Token["\': ]{1,6}Api-Key ']),
      boundary: 'alnum',
      window: { before: 8, after: ASSIGNED_REACH + 49 },
      publicPrefix: '',
      minEntropy: 4.2,
      confidence: { shape: 'medium' },
      context: { words: ['baseten'], distance: 160, relation: 'assigned' },
      inBinary: false,
      samples: {
        ok: [
          'BASETEN_API_KEY={alnum:8}.{alnum:32}\n',
          'os.environ["BASETEN_API_KEY"] = "{alnum:8}.{alnum:32}"',
          '- name: BASETEN_API_KEY\n  value: "{alnum:8}.{alnum:32}"\n',
          "const basetenApiKey = '{alnum:8}.{alnum:32}';",
          'curl https://inference.baseten.co -H "Baseten-Token: Api-Key {alnum:8}.{alnum:32}"',
        ],
        ng: [
          'BASETEN_API_KEY=${{{{ secrets.BASETEN_API_KEY }}\n',
          'BASETEN_API_KEY=your-baseten-api-key-goes-here-now\n',
          'BASETEN_API_KEY=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          '"baseten": "{hex:64}"',
          'BASETEN_MODEL={alnum:8}.{alnum:32}\n',
        ],
      },
      evidence: { grade: 'M', source: 'titus' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://docs.baseten.co',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Baseten dashboard (app.baseten.co/settings/api_keys).',
};
