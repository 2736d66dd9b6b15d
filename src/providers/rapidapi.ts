import type { Provider } from '../model/provider.ts';
import { ASSIGNED_REACH, assigned, keyNames, literals } from './_shapes.ts';

export const provider: Provider = {
  id: 'rapidapi',
  title: 'RapidAPI',
  checked: '2026-11-23',
  words: ['rapidapi', 'rapid api', 'x rapidapi'],
  hosts: ['rapidapi.com'],
  env: [
    { name: 'RAPIDAPI_KEY', kind: 'api-key' },
    { name: 'RAPID_API_KEY', kind: 'api-key' },
    { name: 'RAPIDAPI_API_KEY', kind: 'api-key' },
    { name: 'X_RAPIDAPI_KEY', kind: 'api-key' },
  ],
  sdks: [],
  detectors: [
    {
      id: 'rapidapi-api-key',
      title: 'RapidAPI key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [...keyNames('rapidapi', 'rapid api'), ...literals('x-rapidapi-key', 'X-RapidAPI-Key')],
      pattern: assigned(['rapidapi', 'rapid api'], '[a-z0-9_-]{50}'),
      boundary: 'url',
      window: { before: 8, after: ASSIGNED_REACH + 58 },
      publicPrefix: '',
      minEntropy: 3.9,
      confidence: { shape: 'medium' },
      context: { words: ['rapid'], distance: 160, relation: 'assigned' },
      inBinary: false,
      samples: {
        ok: [
          'RAPIDAPI_KEY={lower-alnum:10}msh{lower-alnum:15}p{lower-alnum:6}jsn{lower-alnum:12}\n',
          'os.environ["RAPIDAPI_KEY"] = "{lower-alnum:10}msh{lower-alnum:15}p{lower-alnum:6}jsn{lower-alnum:12}"',
          '- name: RAPIDAPI_KEY\n  value: "{lower-alnum:10}msh{lower-alnum:15}p{lower-alnum:6}jsn{lower-alnum:12}"\n',
          "const rapidapiApiKey = '{lower-alnum:10}msh{lower-alnum:15}p{lower-alnum:6}jsn{lower-alnum:12}';",
          "headers: { 'X-RapidAPI-Key': '{lower-alnum:50}' }",
        ],
        ng: [
          'RAPIDAPI_KEY=${{{{ secrets.RAPIDAPI_KEY }}\n',
          'RAPIDAPI_KEY=your-rapidapi-api-key-goes-here-now\n',
          'RAPIDAPI_KEY=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          '"rapidapi": "{hex:64}"',
          'RAPIDAPI_MODEL={lower-alnum:10}msh{lower-alnum:15}p{lower-alnum:6}jsn{lower-alnum:12}\n',
        ],
      },
      evidence: { grade: 'M', source: 'betterleaks' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://docs.rapidapi.com',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the RapidAPI dashboard (rapidapi.com/developer/apps).',
};
