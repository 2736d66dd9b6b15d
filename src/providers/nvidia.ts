import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'nvidia',
  title: 'NVIDIA NIM and NGC',
  checked: '2026-11-23',
  words: ['nvidia', 'nvapi', 'ngc', 'nvidia nim'],
  hosts: ['integrate.api.nvidia.com', 'api.ngc.nvidia.com', 'build.nvidia.com'],
  env: [
    { name: 'NVIDIA_API_KEY', kind: 'api-key' },
    { name: 'NGC_API_KEY', kind: 'api-key' },
    { name: 'NVIDIA_NIM_API_KEY', kind: 'api-key' },
    { name: 'NIM_API_KEY', kind: 'api-key' },
    { name: 'NGC_CLI_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'python',
      packages: ['langchain_nvidia_ai_endpoints'],
      constructors: ['ChatNVIDIA', 'NVIDIAEmbeddings', 'NVIDIARerank'],
      keyArguments: ['api_key', 'nvidia_api_key'],
      implicitEnv: ['NVIDIA_API_KEY'],
    },
    {
      language: 'python',
      packages: ['llama_index.llms.nvidia', 'llama_index.embeddings.nvidia'],
      constructors: ['NVIDIA', 'NVIDIAEmbedding'],
      keyArguments: ['api_key', 'nvidia_api_key'],
      implicitEnv: ['NVIDIA_API_KEY'],
    },
  ],
  detectors: [
    {
      id: 'nvidia-api-key',
      title: 'NVIDIA API key',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [{ text: 'nvapi-', followedBy: { class: 'url', count: 60 } }],
      pattern: '(?<key>nvapi-[A-Za-z0-9_-]{60,70})',
      boundary: 'url',
      window: { before: 8, after: 92 },
      publicPrefix: 'nvapi-',
      minEntropy: 4.55,
      confidence: { shape: 'high' },
      samples: {
        ok: ['NVIDIA_API_KEY=nvapi-{url:64}\n', 'nvidia = client(api_key="nvapi-{url:64}")', '{"NVIDIA_API_KEY": "nvapi-{url:64}"}'],
        ng: [
          'NVIDIA_API_KEY=nvapi-...\n',
          'NVIDIA_API_KEY=nvapi-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          'NVIDIA_API_KEY="nvapi-your-api-key-here"',
          "const PREFIX = 'nvapi-';",
          '{base64:12}nvapi-{alnum:116}',
        ],
      },
      evidence: { grade: 'H', source: 'betterleaks, trufflehog, titus' },
    },
  ],
  federation: {
    kind: 'after-change',
    note: 'No workload federation found; models run self-hosted or on a cloud that accepts one.',
    source: 'https://docs.api.nvidia.com',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the NGC dashboard (org.ngc.nvidia.com/setup/api-keys).',
};
