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
  federation: {
    kind: 'after-change',
    note: 'A self-hosted Weaviate can accept OIDC tokens; cloud keys have no confirmed exchange.',
    source: 'https://docs.weaviate.io/deploy/configuration/oidc',
  },
  spend: 'none',
  revoke: 'Delete the key in the Weaviate dashboard.',
};
