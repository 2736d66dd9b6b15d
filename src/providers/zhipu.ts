import type { Provider } from '../model/provider.ts';
import { ASSIGNED_REACH, assigned, keyNames, literals } from './_shapes.ts';

export const provider: Provider = {
  id: 'zhipu',
  title: 'Zhipu AI (Z.ai, GLM)',
  checked: '2026-11-23',
  words: ['zhipu', 'zhipuai', 'zai', 'bigmodel', 'glm'],
  hosts: ['api.z.ai', 'open.bigmodel.cn'],
  env: [
    { name: 'ZAI_API_KEY', kind: 'api-key' },
    { name: 'ZHIPUAI_API_KEY', kind: 'api-key' },
    { name: 'ZHIPU_API_KEY', kind: 'api-key' },
    { name: 'GLM_API_KEY', kind: 'api-key' },
    { name: 'BIGMODEL_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'python',
      packages: ['zhipuai', 'zai'],
      constructors: ['ZhipuAI', 'ZaiClient'],
      keyArguments: ['api_key'],
      implicitEnv: ['ZHIPUAI_API_KEY', 'ZAI_API_KEY'],
    },
    {
      language: 'python',
      packages: ['langchain_community.chat_models'],
      constructors: ['ChatZhipuAI'],
      keyArguments: ['api_key'],
      implicitEnv: ['ZHIPUAI_API_KEY'],
    },
  ],
  detectors: [
    {
      id: 'zhipu-api-key',
      title: 'Zhipu API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [...keyNames('zhipuai', 'zhipu', 'zai', 'glm', 'bigmodel'), ...literals('ZhipuAI(', 'ZaiClient(')],
      pattern: assigned(['zhipuai', 'zhipu', 'zai', 'glm', 'bigmodel'], '[0-9a-f]{32}\\.[A-Za-z0-9]{16}'),
      boundary: 'alnum',
      window: { before: 8, after: ASSIGNED_REACH + 57 },
      publicPrefix: '',
      minEntropy: 3.6,
      confidence: { shape: 'medium' },
      context: { words: ['zhipuai', 'zhipu', 'zai', 'glm', 'bigmodel'], distance: 160, relation: 'assigned' },
      inBinary: false,
      samples: {
        ok: [
          'ZAI_API_KEY={hex:32}.{alnum:16}\n',
          'os.environ["ZAI_API_KEY"] = "{hex:32}.{alnum:16}"',
          '- name: ZAI_API_KEY\n  value: "{hex:32}.{alnum:16}"\n',
          "const zhipuaiApiKey = '{hex:32}.{alnum:16}';",
        ],
        ng: [
          'ZAI_API_KEY=${{{{ secrets.ZAI_API_KEY }}\n',
          'ZAI_API_KEY=your-zhipuai-api-key-goes-here-now\n',
          'ZAI_API_KEY=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          '"zhipuai": "{hex:64}"',
          'ZHIPUAI_MODEL={hex:32}.{alnum:16}\n',
        ],
      },
      evidence: { grade: 'M', source: 'betterleaks' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://docs.z.ai',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Z.ai dashboard (z.ai/manage-apikey/apikey-list).',
};
