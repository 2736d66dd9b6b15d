import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'cursor',
  title: 'Cursor',
  checked: '2026-11-23',
  words: ['cursor api', 'cursor agent'],
  hosts: ['api.cursor.com', 'api2.cursor.sh'],
  env: [
    { name: 'CURSOR_API_KEY', kind: 'api-key' },
  ],
  sdks: [],
  detectors: [
    {
      id: 'cursor-api-key',
      title: 'Cursor API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [{ text: 'key_', followedBy: { class: 'hex', count: 64 } }],
      pattern: '(?<key>key_[0-9a-f]{64})',
      boundary: 'alnum',
      window: { before: 120, after: 188 },
      publicPrefix: 'key_',
      minEntropy: 3.35,
      confidence: { shape: 'medium' },
      context: { words: ['cursor'], distance: 120, relation: 'near' },
      inBinary: false,
      samples: {
        ok: ['CURSOR_API_KEY=key_{hex:64}\n', 'cursor = client(api_key="key_{hex:64}")', '{"CURSOR_API_KEY": "key_{hex:64}"}'],
        ng: [
          'CURSOR_API_KEY=key_...\n',
          'CURSOR_API_KEY=key_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          'CURSOR_API_KEY="key_your-api-key-here"',
          "const PREFIX = 'key_';",
          '{base64:12}key_{alnum:108}',
          'primary_key_{hex:64}',
        ],
      },
      evidence: { grade: 'H', source: 'betterleaks, titus' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://cursor.com/docs',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Cursor dashboard (cursor.com/dashboard).',
};
