import type { RemoteCall, RemoteExplanation } from '../remote.ts';

const ADMIN_KEY = 'an Admin API key, or a token with the scope org:admin';
const TOKEN = 'a token with the scope org:admin (an Admin API key is not accepted)';

/**
 * Everything that is asked. Sources: `@anthropic-ai/sdk` 1.12.0, `src/resources/organization`; platform.claude.com/docs/en/manage-claude/admin-api, `…/wif-admin-api`,
 * `…/api/admin-api/usage-cost/get-messages-usage-report` (read 2026-11-29).
 */
export const CALLS = {
  me: { call: 'GET /v1/organizations/me', permission: ADMIN_KEY, title: 'organisation that the login belongs to' },
  keys: { call: 'GET /v1/organizations/api_keys', permission: ADMIN_KEY, title: 'API keys' },
  workspaces: { call: 'GET /v1/organizations/workspaces', permission: ADMIN_KEY, title: 'names of workspaces' },
  users: { call: 'GET /v1/organizations/users', permission: ADMIN_KEY, title: 'people that keys belong to' },
  usage: { call: 'GET /v1/organizations/usage_report/messages', permission: ADMIN_KEY, title: 'use of the Messages API by key' },
  serviceAccounts: { call: 'GET /v1/organizations/service_accounts', permission: TOKEN, title: 'service accounts' },
  issuers: { call: 'GET /v1/organizations/federation_issuers', permission: TOKEN, title: 'federation issuers' },
  rules: { call: 'GET /v1/organizations/federation_rules', permission: TOKEN, title: 'federation rules' },
} as const satisfies Readonly<Record<string, RemoteCall>>;

/** What `dekey explain anthropic` prints. */
export const explainAnthropic: RemoteExplanation = {
  title: 'Anthropic organisation, through its Admin API',
  calls: Object.values(CALLS),
  login: [
    'ANTHROPIC_ADMIN_KEY (or ANTHROPIC_ADMIN_API_KEY): an Admin API key, made by an admin of the organisation in the Console. It cannot be narrowed: it may change keys and members, too.',
    'ANTHROPIC_AUTH_TOKEN (or ANTHROPIC_OAUTH_TOKEN): a token with the scope org:admin, which ends by itself and reads service accounts, issuers and rules besides. It is enough alone:',
    '  ant auth login --profile admin --scope "org:admin"',
    '  export ANTHROPIC_AUTH_TOKEN=$(ant auth print-credentials --profile admin --access-token)',
    'ANTHROPIC_BASE_URL: another address than https://api.anthropic.com.',
    'anthropic: reads the organisation of the login; anthropic:ORGANIZATION-ID also makes sure that it is this one.',
  ],
  limits: [
    'Admin API keys are not in the list of keys: they are seen in the Console alone.',
    'Last use is the last day with use of the Messages API, of about a year; use of other APIs is not counted by key.',
    'Cost is not told by key.',
    'An API key that an individual account made outside an organisation is not listed by any API.',
  ],
};
