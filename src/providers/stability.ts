import type { Provider } from '../model/provider.ts';
import { bedrock } from './_routes.ts';

export const provider: Provider = {
  id: 'stability',
  title: 'Stability AI',
  checked: '2026-11-23',
  words: ['stability', 'stability ai', 'stabilityai', 'stable diffusion'],
  hosts: ['api.stability.ai'],
  env: [
    { name: 'STABILITY_API_KEY', kind: 'api-key' },
    { name: 'STABILITY_KEY', kind: 'api-key' },
    { name: 'STABILITYAI_API_KEY', kind: 'api-key' },
    { name: 'STABILITY_AI_API_KEY', kind: 'api-key' },
    { name: 'DREAMSTUDIO_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'python',
      packages: ['stability_sdk.client', 'stability_sdk'],
      constructors: ['StabilityInference'],
      keyArguments: ['key'],
      implicitEnv: ['STABILITY_KEY'],
    },
  ],
  detectors: [
    {
      id: 'stability-api-key',
      title: 'Stability AI API key',
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
      context: { words: ['stability', 'dreamstudio'], distance: 200, relation: 'near' },
      inBinary: false,
      samples: {
        ok: ['STABILITY_API_KEY=sk-{alnum:48}\n', 'stability = client(api_key="sk-{alnum:48}")', '{"STABILITY_API_KEY": "sk-{alnum:48}"}'],
        ng: [
          'STABILITY_API_KEY=sk-...\n',
          'STABILITY_API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          'STABILITY_API_KEY="sk-your-api-key-here"',
          "const PREFIX = 'sk-';",
          '{base64:12}sk-{alnum:91}',
          'OPENAI_API_KEY=sk-{alnum:48}',
        ],
      },
      evidence: { grade: 'H', source: 'betterleaks, titus' },
    },
  ],
  routes: [
    bedrock('Stability models'),
  ],
  federation: {
    kind: 'after-change',
    note: 'No workload federation found; Bedrock carries Stability models.',
    source: 'https://platform.stability.ai/docs',
  },
  spend: 'prepaid',
  revoke: 'Delete the key in the Stability dashboard (platform.stability.ai/account/keys).',
};
