import type { Provider } from '../model/provider.ts';
import { ASSIGNED_REACH, assigned, keyNames } from './_shapes.ts';

export const provider: Provider = {
  id: 'greptile',
  title: 'Greptile',
  checked: '2026-11-23',
  words: ['greptile'],
  hosts: ['api.greptile.com'],
  env: [
    { name: 'GREPTILE_API_KEY', kind: 'api-key' },
  ],
  sdks: [],
  detectors: [
    {
      id: 'greptile-api-key',
      title: 'Greptile API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: keyNames('greptile'),
      pattern: assigned(['greptile'], '[A-Za-z0-9+/]{48}'),
      boundary: 'base64',
      window: { before: 8, after: ASSIGNED_REACH + 56 },
      publicPrefix: '',
      minEntropy: 4.45,
      confidence: { shape: 'medium' },
      context: { words: ['greptile'], distance: 160, relation: 'assigned' },
      inBinary: false,
      samples: {
        ok: [
          'GREPTILE_API_KEY={base64:48}\n',
          'os.environ["GREPTILE_API_KEY"] = "{base64:48}"',
          '- name: GREPTILE_API_KEY\n  value: "{base64:48}"\n',
          "const greptileApiKey = '{base64:48}';",
        ],
        ng: [
          'GREPTILE_API_KEY=${{{{ secrets.GREPTILE_API_KEY }}\n',
          'GREPTILE_API_KEY=your-greptile-api-key-goes-here-now\n',
          'GREPTILE_API_KEY=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          '"greptile": "{hex:64}"',
          'GREPTILE_MODEL={base64:48}\n',
        ],
      },
      evidence: { grade: 'M', source: 'betterleaks' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://www.greptile.com/docs',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Greptile dashboard (app.greptile.com).',
};
