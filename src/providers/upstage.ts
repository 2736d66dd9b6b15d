import type { Provider } from '../model/provider.ts';
import { ASSIGNED_REACH, assigned, keyNames } from './_shapes.ts';

export const provider: Provider = {
  id: 'upstage',
  title: 'Upstage',
  checked: '2026-11-23',
  words: ['upstage'],
  hosts: ['api.upstage.ai'],
  env: [
    { name: 'UPSTAGE_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'python',
      packages: ['langchain_upstage'],
      constructors: ['ChatUpstage', 'UpstageEmbeddings'],
      keyArguments: ['api_key', 'upstage_api_key'],
      implicitEnv: ['UPSTAGE_API_KEY'],
    },
  ],
  detectors: [
    {
      id: 'upstage-api-key',
      title: 'Upstage API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: keyNames('upstage'),
      pattern: assigned(['upstage'], '(?:up_[A-Za-z0-9]{29,47}|[A-Za-z0-9]{40,50})'),
      boundary: 'alnum',
      window: { before: 8, after: ASSIGNED_REACH + 58 },
      publicPrefix: '',
      minEntropy: 3.9,
      confidence: { shape: 'medium' },
      context: { words: ['upstage'], distance: 160, relation: 'assigned' },
      inBinary: false,
      samples: {
        ok: [
          'UPSTAGE_API_KEY=up_{alnum:32}\n',
          'os.environ["UPSTAGE_API_KEY"] = "up_{alnum:32}"',
          '- name: UPSTAGE_API_KEY\n  value: "up_{alnum:32}"\n',
          "const upstageApiKey = 'up_{alnum:32}';",
        ],
        ng: [
          'UPSTAGE_API_KEY=${{{{ secrets.UPSTAGE_API_KEY }}\n',
          'UPSTAGE_API_KEY=your-upstage-api-key-goes-here-now\n',
          'UPSTAGE_API_KEY=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          '"upstage": "{hex:64}"',
          'UPSTAGE_MODEL=up_{alnum:32}\n',
          'UPSTAGE_API_KEY={hex:64}',
        ],
      },
      evidence: { grade: 'M', source: 'betterleaks' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://console.upstage.ai/docs',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Upstage dashboard (console.upstage.ai).',
};
