import type { Provider } from '../model/provider.ts';
import { ASSIGNED_REACH, assigned, keyNames } from './_shapes.ts';

export const provider: Provider = {
  id: 'lighton',
  title: 'LightOn Paradigm',
  checked: '2026-11-23',
  words: ['lighton', 'lighton paradigm'],
  hosts: ['paradigm.lighton.ai'],
  env: [
    { name: 'PARADIGM_API_KEY', kind: 'api-key', confidence: 'medium' },
    { name: 'LIGHTON_API_KEY', kind: 'api-key' },
  ],
  sdks: [],
  detectors: [
    {
      id: 'lighton-api-key',
      title: 'LightOn Paradigm API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: keyNames('lighton', 'paradigm'),
      pattern: assigned(['lighton', 'paradigm'], '[A-Za-z0-9_-]{40,80}'),
      boundary: 'url',
      window: { before: 8, after: ASSIGNED_REACH + 88 },
      publicPrefix: '',
      minEntropy: 4.3,
      confidence: { shape: 'medium' },
      context: { words: ['lighton', 'paradigm'], distance: 160, relation: 'assigned' },
      inBinary: false,
      samples: {
        ok: [
          'PARADIGM_API_KEY={url:48}\n',
          'os.environ["PARADIGM_API_KEY"] = "{url:48}"',
          '- name: PARADIGM_API_KEY\n  value: "{url:48}"\n',
          "const lightonApiKey = '{url:48}';",
        ],
        ng: [
          'PARADIGM_API_KEY=${{{{ secrets.PARADIGM_API_KEY }}\n',
          'PARADIGM_API_KEY=your-lighton-api-key-goes-here-now\n',
          'PARADIGM_API_KEY=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          '"lighton": "{hex:64}"',
          'LIGHTON_MODEL={url:48}\n',
        ],
      },
      evidence: { grade: 'M', source: 'betterleaks' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://docs.lighton.ai',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the LightOn Paradigm dashboard.',
};
