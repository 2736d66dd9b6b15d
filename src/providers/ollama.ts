import type { Provider } from '../model/provider.ts';
import { ASSIGNED_REACH, assigned, keyNames } from './_shapes.ts';

export const provider: Provider = {
  id: 'ollama',
  title: 'Ollama cloud',
  checked: '2026-11-23',
  words: ['ollama'],
  hosts: ['ollama.com'],
  env: [
    { name: 'OLLAMA_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['ollama'],
      constructors: ['Ollama'],
      keyArguments: ['headers'],
      implicitEnv: [],
    },
    {
      language: 'python',
      packages: ['ollama'],
      constructors: ['Client', 'AsyncClient'],
      keyArguments: ['headers'],
      implicitEnv: ['OLLAMA_API_KEY'],
    },
  ],
  detectors: [
    {
      id: 'ollama-api-key',
      title: 'Ollama cloud API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: keyNames('ollama'),
      pattern: assigned(['ollama'], '[0-9a-f]{32}\\.[A-Za-z0-9_-]{24}'),
      boundary: 'url',
      window: { before: 8, after: ASSIGNED_REACH + 65 },
      publicPrefix: '',
      minEntropy: 3.9,
      confidence: { shape: 'medium' },
      context: { words: ['ollama'], distance: 160, relation: 'assigned' },
      inBinary: false,
      samples: {
        ok: [
          'OLLAMA_API_KEY={hex:32}.{url:24}\n',
          'os.environ["OLLAMA_API_KEY"] = "{hex:32}.{url:24}"',
          '- name: OLLAMA_API_KEY\n  value: "{hex:32}.{url:24}"\n',
          "const ollamaApiKey = '{hex:32}.{url:24}';",
        ],
        ng: [
          'OLLAMA_API_KEY=${{{{ secrets.OLLAMA_API_KEY }}\n',
          'OLLAMA_API_KEY=your-ollama-api-key-goes-here-now\n',
          'OLLAMA_API_KEY=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          '"ollama": "{hex:64}"',
          'OLLAMA_MODEL={hex:32}.{url:24}\n',
        ],
      },
      evidence: { grade: 'M', source: 'betterleaks, titus' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://docs.ollama.com',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Ollama dashboard (ollama.com/settings/keys).',
};
