import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'portkey',
  title: 'Portkey',
  checked: '2026-11-23',
  words: ['portkey'],
  hosts: ['api.portkey.ai'],
  env: [
    { name: 'PORTKEY_API_KEY', kind: 'api-key' },
    { name: 'PORTKEY_VIRTUAL_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['portkey-ai', '@portkey-ai/vercel-provider'],
      constructors: ['Portkey', 'createPortkey'],
      keyArguments: ['apiKey', 'virtualKey'],
      implicitEnv: ['PORTKEY_API_KEY'],
    },
    {
      language: 'python',
      packages: ['portkey_ai'],
      constructors: ['Portkey', 'AsyncPortkey'],
      keyArguments: ['api_key', 'virtual_key'],
      implicitEnv: ['PORTKEY_API_KEY'],
    },
  ],
  detectors: [],
  routes: [
    {
      id: 'gateway-jwt',
      title: 'Portkey with workload identity to providers',
      class: 'gateway',
      party: 'portkey',
      permission: 'inference',
      change: 'code',
      floors: [],
      env: {},
      remove: ['PORTKEY_API_KEY'],
      precedence: 'The client sends whatever it was given as key.',
      edits: ['Send the identity token in place of the key, and point the base URL at {portkey.base_url}.'],
      probe: 'One request through the gateway is answered.',
      status: 'on-request',
      note: '',
      checked: '2026-11-23',
      source: 'https://portkey.ai/docs/product/model-catalog/workload-identity-federation',
    },
  ],
  federation: {
    kind: 'after-change',
    note: 'The gateway reaches OpenAI and Anthropic by workload identity federation; callers can use JWTs on enterprise plans.',
    source: 'https://portkey.ai/docs/product/model-catalog/workload-identity-federation',
  },
  spend: 'unknown',
  revoke: 'Delete the key in the Portkey dashboard.',
};
