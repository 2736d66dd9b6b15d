import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'litellm',
  title: 'LiteLLM proxy',
  checked: '2026-11-23',
  words: ['litellm'],
  hosts: ['litellm.ai'],
  env: [
    { name: 'LITELLM_API_KEY', kind: 'api-key' },
    { name: 'LITELLM_MASTER_KEY', kind: 'admin-key' },
    { name: 'LITELLM_PROXY_API_KEY', kind: 'api-key' },
    { name: 'LITELLM_SALT_KEY', kind: 'client-secret' },
  ],
  sdks: [
    {
      language: 'python',
      packages: ['langchain_litellm', 'litellm.proxy'],
      constructors: ['ChatLiteLLM', 'ChatLiteLLMRouter'],
      keyArguments: ['api_key'],
      implicitEnv: [],
    },
  ],
  detectors: [],
  routes: [
    {
      id: 'gateway-jwt',
      title: 'LiteLLM with JWT authentication',
      class: 'gateway',
      party: 'litellm',
      permission: 'inference',
      change: 'code',
      floors: [],
      env: {},
      remove: ['LITELLM_API_KEY', 'LITELLM_MASTER_KEY'],
      precedence: 'The client sends whatever it was given as key: give it the identity token.',
      edits: ['Send the identity token as bearer in place of the virtual key, and point the base URL at {litellm.base_url}.'],
      probe: 'GET /v1/models at the proxy with the token answers 200.',
      status: 'general',
      note: '',
      checked: '2026-11-23',
      source: 'https://docs.litellm.ai/docs/proxy/token_auth',
    },
  ],
  federation: {
    kind: 'after-change',
    note: 'The proxy accepts JWTs of an identity provider (`enable_jwt_auth`, Enterprise licence); always set the audience.',
    source: 'https://docs.litellm.ai/docs/proxy/token_auth',
  },
  spend: 'unknown',
  revoke: 'Delete the virtual key (POST /key/delete), or change the master key of the proxy.',
};
