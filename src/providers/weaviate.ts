import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'weaviate',
  title: 'Weaviate',
  checked: '2026-11-23',
  words: ['weaviate', 'wcd'],
  hosts: ['weaviate.cloud', 'weaviate.network'],
  env: [
    { name: 'WEAVIATE_API_KEY', kind: 'api-key' },
    { name: 'WCD_API_KEY', kind: 'api-key' },
    { name: 'WCS_API_KEY', kind: 'api-key' },
  ],
  sdks: [
    {
      language: 'javascript',
      packages: ['weaviate-client', 'weaviate-ts-client'],
      constructors: ['ApiKey', 'weaviate.ApiKey'],
      keyArguments: ['apiKey'],
      implicitEnv: [],
    },
    {
      language: 'python',
      packages: ['weaviate', 'weaviate.auth'],
      constructors: ['Auth.api_key', 'AuthApiKey', 'connect_to_weaviate_cloud'],
      keyArguments: ['api_key', 'auth_credentials'],
      implicitEnv: [],
    },
  ],
  detectors: [],
  routes: [
    {
      id: 'native',
      title: 'Weaviate with OpenID Connect',
      class: 'native',
      party: 'weaviate',
      permission: 'inference',
      change: 'code',
      floors: [],
      env: {},
      remove: ['WEAVIATE_API_KEY'],
      precedence: 'A client with a key does not send a token.',
      edits: ['Give the client the identity token as bearer ({weaviate.url}).'],
      probe: 'GET /v1/meta with the token answers 200.',
      status: 'on-request',
      note: 'Check: it holds for servers of your own; whether Weaviate Cloud takes other issuers is not confirmed.',
      checked: '2026-11-23',
      source: 'https://docs.weaviate.io/deploy/configuration/oidc',
    },
  ],
  federation: {
    kind: 'after-change',
    note: 'A self-hosted Weaviate can accept OIDC tokens; cloud keys have no confirmed exchange.',
    source: 'https://docs.weaviate.io/deploy/configuration/oidc',
  },
  spend: 'none',
  revoke: 'Delete the key in the Weaviate dashboard.',
};
