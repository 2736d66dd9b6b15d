import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'langfuse',
  title: 'Langfuse',
  checked: '2026-11-23',
  words: ['langfuse'],
  hosts: ['cloud.langfuse.com', 'us.cloud.langfuse.com'],
  env: [
    { name: 'LANGFUSE_SECRET_KEY', kind: 'secret-key' },
    { name: 'LANGFUSE_INIT_PROJECT_SECRET_KEY', kind: 'secret-key' },
    { name: 'LANGFUSE_PUBLIC_KEY', kind: 'access-key', notAKey: true },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['langfuse', '@langfuse/client', 'langfuse-langchain', '@langfuse/otel'],
      constructors: ['Langfuse', 'LangfuseClient', 'CallbackHandler', 'LangfuseSpanProcessor'],
      keyArguments: ['secretKey'],
      implicitEnv: ['LANGFUSE_SECRET_KEY'],
    },
    {
      language: 'python',
      packages: ['langfuse', 'langfuse.openai', 'langfuse.langchain'],
      constructors: ['Langfuse', 'get_client', 'CallbackHandler'],
      keyArguments: ['secret_key'],
      implicitEnv: ['LANGFUSE_SECRET_KEY'],
    },
  ],
  detectors: [
    {
      id: 'langfuse-secret-key',
      title: 'Langfuse secret key',
      kind: 'secret-key',
      lifetime: 'long',
      privilege: 'project',
      literals: [{ text: 'sk-lf-', followedBy: { class: 'hex', count: 8 } }],
      pattern: '(?<key>sk-lf-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})',
      boundary: 'url',
      window: { before: 8, after: 58 },
      publicPrefix: 'sk-lf-',
      minEntropy: 2.85,
      confidence: { shape: 'high' },
      samples: {
        ok: ['LANGFUSE_SECRET_KEY=sk-lf-{uuid}\n', 'langfuse = client(api_key="sk-lf-{uuid}")', '{"LANGFUSE_SECRET_KEY": "sk-lf-{uuid}"}'],
        ng: [
          'LANGFUSE_SECRET_KEY=sk-lf-...\n',
          'LANGFUSE_SECRET_KEY=sk-lf-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          'LANGFUSE_SECRET_KEY="sk-lf-your-api-key-here"',
          "const PREFIX = 'sk-lf-';",
          '{base64:12}sk-lf-{alnum:82}',
          'LANGFUSE_PUBLIC_KEY=pk-lf-{uuid}',
          'sk-lf-00000000-0000-0000-0000-000000000000',
        ],
      },
      evidence: { grade: 'H', source: 'trufflehog' },
    },
  ],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://langfuse.com/docs',
  },
  spend: 'none',
  revoke: 'Delete the key in the Langfuse project settings dashboard.',
};
