import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'braintrust',
  title: 'Braintrust',
  checked: '2026-11-23',
  words: ['braintrust'],
  hosts: ['api.braintrust.dev'],
  env: [
    { name: 'BRAINTRUST_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['braintrust', 'autoevals'],
      constructors: ['initLogger', 'Eval', 'init', 'login'],
      keyArguments: ['apiKey'],
      implicitEnv: ['BRAINTRUST_API_KEY'],
    },
    {
      language: 'python',
      packages: ['braintrust', 'autoevals'],
      constructors: ['init_logger', 'Eval', 'init', 'login'],
      keyArguments: ['api_key'],
      implicitEnv: ['BRAINTRUST_API_KEY'],
    },
  ],
  detectors: [
    {
      id: 'braintrust-api-key',
      title: 'Braintrust API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [{ text: 'sk-', followedBy: { class: 'alnum', count: 48 } }],
      pattern: '(?<key>sk-(?![A-Za-z0-9]{20}T3BlbkFJ)[A-Za-z0-9]{48})',
      boundary: 'url',
      window: { before: 200, after: 251 },
      publicPrefix: 'sk-',
      minEntropy: 4.25,
      confidence: { shape: 'medium' },
      context: { words: ['braintrust'], distance: 200, relation: 'near' },
      inBinary: false,
      samples: {
        ok: ['BRAINTRUST_API_KEY=sk-{alnum:48}\n', 'braintrust = client(api_key="sk-{alnum:48}")', '{"BRAINTRUST_API_KEY": "sk-{alnum:48}"}'],
        ng: [
          'BRAINTRUST_API_KEY=sk-...\n',
          'BRAINTRUST_API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          'BRAINTRUST_API_KEY="sk-your-api-key-here"',
          "const PREFIX = 'sk-';",
          '{base64:12}sk-{alnum:91}',
        ],
      },
      evidence: { grade: 'M', source: 'trufflehog' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://www.braintrust.dev/docs',
  },
  spend: 'none',
  revoke: 'Delete the key in the Braintrust dashboard (braintrust.dev/app/settings).',
};
