import type { Provider } from '../model/provider.ts';
import { ASSIGNED_REACH, assigned, keyNames, literals } from './_shapes.ts';

export const provider: Provider = {
  id: 'assemblyai',
  title: 'AssemblyAI',
  checked: '2026-11-23',
  words: ['assemblyai', 'assembly ai'],
  hosts: ['api.assemblyai.com', 'api.eu.assemblyai.com'],
  env: [
    { name: 'ASSEMBLYAI_API_KEY', kind: 'api-key' },
    { name: 'ASSEMBLY_AI_API_KEY', kind: 'api-key' },
    { name: 'ASSEMBLYAI_KEY', kind: 'api-key' },
    { name: 'AAI_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['assemblyai'],
      constructors: ['AssemblyAI'],
      keyArguments: ['apiKey'],
      implicitEnv: [],
    },
    {
      language: 'javascript',
      packages: ['@ai-sdk/assemblyai'],
      constructors: ['createAssemblyAI', 'assemblyai'],
      keyArguments: ['apiKey'],
      implicitEnv: ['ASSEMBLYAI_API_KEY'],
    },
    {
      language: 'python',
      packages: ['assemblyai'],
      constructors: ['Transcriber', 'aai.Transcriber'],
      keyArguments: ['api_key', 'aai.settings.api_key', 'assemblyai.settings.api_key'],
      implicitEnv: ['ASSEMBLYAI_API_KEY'],
    },
  ],
  detectors: [
    {
      id: 'assemblyai-api-key',
      title: 'AssemblyAI API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [...keyNames('assemblyai', 'assembly ai', 'aai'), ...literals('AssemblyAI(', 'aai.settings.api_key')],
      pattern: assigned(['assemblyai', 'assembly ai', 'aai'], '[a-z0-9]{32}'),
      boundary: 'alnum',
      window: { before: 8, after: ASSIGNED_REACH + 40 },
      publicPrefix: '',
      minEntropy: 3.1,
      confidence: { shape: 'medium' },
      context: { words: ['assembly', 'aai'], distance: 160, relation: 'assigned' },
      inBinary: false,
      samples: {
        ok: [
          'ASSEMBLYAI_API_KEY={lower-alnum:32}\n',
          'os.environ["ASSEMBLYAI_API_KEY"] = "{lower-alnum:32}"',
          '- name: ASSEMBLYAI_API_KEY\n  value: "{lower-alnum:32}"\n',
          "const assemblyaiApiKey = '{lower-alnum:32}';",
          'aai.settings.api_key = "{hex:32}"',
        ],
        ng: [
          'ASSEMBLYAI_API_KEY=${{{{ secrets.ASSEMBLYAI_API_KEY }}\n',
          'ASSEMBLYAI_API_KEY=your-assemblyai-api-key-goes-here-now\n',
          'ASSEMBLYAI_API_KEY=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          '"assemblyai": "{hex:64}"',
          'ASSEMBLYAI_MODEL={lower-alnum:32}\n',
          'ASSEMBLYAI_TRANSCRIPT_ID={hex:32}\n',
        ],
      },
      evidence: { grade: 'H', source: 'betterleaks, trufflehog, titus' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://www.assemblyai.com/docs',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the AssemblyAI dashboard (assemblyai.com/dashboard/api-keys).',
};
