import type { Provider } from '../model/provider.ts';
import { ASSIGNED_REACH, assigned, keyNames, literals } from './_shapes.ts';

export const provider: Provider = {
  id: 'snowflake',
  title: 'Snowflake (Cortex)',
  checked: '2026-11-23',
  words: ['snowflake'],
  hosts: ['snowflakecomputing.com'],
  env: [
    { name: 'SNOWFLAKE_PAT', kind: 'api-key' },
    { name: 'SNOWFLAKE_TOKEN', kind: 'api-key', confidence: 'medium' },
    { name: 'SNOWFLAKE_PASSWORD', kind: 'client-secret' },
    { name: 'SNOWFLAKE_PRIVATE_KEY', kind: 'client-secret' },
    { name: 'SNOWFLAKE_PRIVATE_KEY_PASSPHRASE', kind: 'client-secret' },
  ],
  sdks: [
    {
      language: 'python',
      packages: ['snowflake.connector', 'snowflake.snowpark', 'snowflake.core'],
      constructors: ['connect', 'Session.builder', 'snowflake.connector.connect'],
      keyArguments: ['password', 'token', 'private_key'],
      implicitEnv: [],
    },
    {
      language: 'javascript',
      packages: ['snowflake-sdk'],
      constructors: ['createConnection', 'snowflake.createConnection'],
      keyArguments: ['password', 'token', 'privateKey'],
      implicitEnv: [],
    },
  ],
  detectors: [
    {
      id: 'snowflake-access-token',
      title: 'Snowflake programmatic access token',
      kind: 'api-key',
      lifetime: 'long',
      privilege: 'account',
      literals: [
        ...keyNames('snowflake'),
        ...literals('SNOWFLAKE_TOKEN', 'SNOWFLAKE_PAT', 'SNOWFLAKE_PASSWORD', 'snowflake_token', 'snowflake_password', 'snowflakeToken'),
      ],
      pattern: assigned(['snowflake'], 'eyJ[A-Za-z0-9_-]{10,600}\\.[A-Za-z0-9_-]{20,800}\\.[A-Za-z0-9_-]{20,700}'),
      boundary: 'url',
      window: { before: 8, after: ASSIGNED_REACH + 708 },
      publicPrefix: '',
      minEntropy: 4.4,
      confidence: { shape: 'medium' },
      context: { words: ['snowflake'], distance: 160, relation: 'assigned' },
      inBinary: false,
      samples: {
        ok: [
          'SNOWFLAKE_PAT=eyJ{url:60}.eyJ{url:160}.{url:86}\n',
          'os.environ["SNOWFLAKE_PAT"] = "eyJ{url:60}.eyJ{url:160}.{url:86}"',
          '- name: SNOWFLAKE_PAT\n  value: "eyJ{url:60}.eyJ{url:160}.{url:86}"\n',
          "const snowflakeApiKey = 'eyJ{url:60}.eyJ{url:160}.{url:86}';",
        ],
        ng: [
          'SNOWFLAKE_PAT=${{{{ secrets.SNOWFLAKE_PAT }}\n',
          'SNOWFLAKE_PAT=your-snowflake-api-key-goes-here-now\n',
          'SNOWFLAKE_PAT=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
          '"snowflake": "{hex:64}"',
          'SNOWFLAKE_MODEL=eyJ{url:60}.eyJ{url:160}.{url:86}\n',
        ],
      },
      evidence: { grade: 'M', source: 'betterleaks' },
    },
  ],
  routes: [
    {
      id: 'native',
      title: 'Snowflake workload identity',
      class: 'native',
      party: 'snowflake',
      permission: 'inference',
      change: 'code',
      floors: [{ language: 'javascript', package: 'snowflake-sdk', version: '3.3.0' }],
      env: { SNOWFLAKE_AUTHENTICATOR: 'WORKLOAD_IDENTITY', SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER: 'OIDC' },
      remove: ['SNOWFLAKE_PASSWORD', 'SNOWFLAKE_PRIVATE_KEY'],
      precedence: 'The authenticator decides: with WORKLOAD_IDENTITY the password is not read.',
      edits: [
        'Give the driver authenticator WORKLOAD_IDENTITY, workloadIdentityProvider OIDC and the token; on GitHub Actions snowflakedb/snowflake-actions with use-oidc: true does it.',
      ],
      probe: 'SELECT CURRENT_USER() names the service user.',
      status: 'general',
      note: 'Cortex through SQL works over that connection; whether its REST interface takes the token is not confirmed.',
      checked: '2026-11-23',
      source: 'https://docs.snowflake.com/en/user-guide/workload-identity-federation',
    },
  ],
  federation: {
    kind: 'native',
    note: 'Service users with WORKLOAD_IDENTITY accept tokens of AWS, Azure, Google Cloud or an OIDC issuer through the drivers and the CLI.',
    source: 'https://docs.snowflake.com/en/user-guide/workload-identity-federation',
  },
  spend: 'uncapped',
  revoke: 'ALTER USER name REMOVE PROGRAMMATIC ACCESS TOKEN token_name; change the password of password users.',
};
