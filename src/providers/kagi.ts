import type { Provider } from '../model/provider.ts';
import { ASSIGNED_REACH, assigned, keyNames } from './_shapes.ts';

export const provider: Provider = {
  id: 'kagi',
  title: 'Kagi',
  checked: '2026-11-23',
  words: ['kagi'],
  hosts: ['kagi.com'],
  env: [
    { name: 'KAGI_API_KEY', kind: 'api-key' },
    { name: 'KAGI_API_TOKEN', kind: 'api-key' },
    { name: 'KAGI_TOKEN', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'python',
      packages: ['kagiapi'],
      constructors: ['KagiClient'],
      keyArguments: ['api_key'],
      implicitEnv: ['KAGI_API_KEY'],
    },
  ],
  detectors: [
    {
      id: 'kagi-api-key',
      title: 'Kagi API token',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: keyNames('kagi'),
      pattern: assigned(['kagi'], '[A-Za-z0-9_-]{11}\\.[A-Za-z0-9_-]{43}'),
      boundary: 'url',
      window: { before: 8, after: ASSIGNED_REACH + 63 },
      publicPrefix: '',
      minEntropy: 4.5,
      confidence: { shape: 'medium' },
      context: { words: ['kagi'], distance: 160, relation: 'assigned' },
      inBinary: false,
      samples: {
        ok: [
          'KAGI_API_KEY={url:11}.{url:43}\n',
          'os.environ["KAGI_API_KEY"] = "{url:11}.{url:43}"',
          '- name: KAGI_API_KEY\n  value: "{url:11}.{url:43}"\n',
          "const kagiApiKey = '{url:11}.{url:43}';",
        ],
        ng: [
          'KAGI_API_KEY=${{{{ secrets.KAGI_API_KEY }}\n',
          'KAGI_API_KEY=your-kagi-api-key-goes-here-now\n',
          'KAGI_API_KEY=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          '"kagi": "{hex:64}"',
          'KAGI_MODEL={url:11}.{url:43}\n',
        ],
      },
      evidence: { grade: 'M', source: 'betterleaks' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://help.kagi.com/kagi/api/overview.html',
  },
  spend: 'prepaid',
  revoke: 'Delete the key in the Kagi dashboard (kagi.com/settings/api).',
};
