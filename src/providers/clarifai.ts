import type { Provider } from '../model/provider.ts';
import { ASSIGNED_REACH, assigned, keyNames, literals } from './_shapes.ts';

export const provider: Provider = {
  id: 'clarifai',
  title: 'Clarifai',
  checked: '2026-11-23',
  words: ['clarifai'],
  hosts: ['api.clarifai.com'],
  env: [
    { name: 'CLARIFAI_PAT', kind: 'api-key' },
    { name: 'CLARIFAI_API_KEY', kind: 'api-key' },
    { name: 'CLARIFAI_SESSION_TOKEN', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'python',
      packages: ['clarifai', 'clarifai.client', 'langchain_community.llms'],
      constructors: ['Model', 'User', 'App', 'Clarifai'],
      keyArguments: ['pat', 'clarifai_pat_key'],
      implicitEnv: ['CLARIFAI_PAT'],
    },
  ],
  detectors: [
    {
      id: 'clarifai-api-key',
      title: 'Clarifai personal access token',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [...keyNames('clarifai'), ...literals('CLARIFAI_PAT', 'clarifai_pat', 'clarifaiPat')],
      pattern: assigned(['clarifai'], '[a-z0-9]{32}', ['clarifai[\\w.-]{0,24}[Kk]ey[ ]{1,4}']),
      boundary: 'alnum',
      window: { before: 8, after: ASSIGNED_REACH + 40 },
      publicPrefix: '',
      minEntropy: 3.1,
      confidence: { shape: 'medium' },
      context: { words: ['clarifai'], distance: 160, relation: 'assigned' },
      inBinary: false,
      samples: {
        ok: [
          'CLARIFAI_PAT={hex:32}\n',
          'os.environ["CLARIFAI_PAT"] = "{hex:32}"',
          '- name: CLARIFAI_PAT\n  value: "{hex:32}"\n',
          "const clarifaiApiKey = '{hex:32}';",
        ],
        ng: [
          'CLARIFAI_PAT=${{{{ secrets.CLARIFAI_PAT }}\n',
          'CLARIFAI_PAT=your-clarifai-api-key-goes-here-now\n',
          'CLARIFAI_PAT=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          '"clarifai": "{hex:64}"',
          'CLARIFAI_MODEL={hex:32}\n',
          'CLARIFAI_MODEL_VERSION_ID={hex:32}\n',
        ],
      },
      evidence: { grade: 'M', source: 'trufflehog' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://docs.clarifai.com',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Clarifai dashboard (clarifai.com/settings/security).',
};
