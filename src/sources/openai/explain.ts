import type { RemoteCall, RemoteExplanation } from '../remote.ts';

const MANAGEMENT = 'the scope api.management.read';
/** No published text names the scope of these calls; a refusal does. */
const FEDERATION = 'an admin key that may read it';

/**
 * Everything that is asked. Source: `openai` 7.57.0 of npm, `src/resources/admin/organization` (read 2026-11-29). The scopes are those that OpenAI's own refusals name
 * ("Missing scopes: api.management.read", of usage and costs api.usage.read), as users report them.
 */
export const CALLS = {
  projects: { call: 'GET /organization/projects', permission: MANAGEMENT, title: 'projects' },
  keys: { call: 'GET /organization/projects/{project_id}/api_keys', permission: MANAGEMENT, title: 'API keys of a project' },
  adminKeys: { call: 'GET /organization/admin_api_keys', permission: MANAGEMENT, title: 'admin keys' },
  costs: { call: 'GET /organization/costs', permission: 'the scope api.usage.read', title: 'costs by key' },
  providers: { call: 'GET /organization/workload_identity_providers', permission: FEDERATION, title: 'workload identity providers' },
  rules: { call: 'GET /organization/workload_identity_providers/{id}/federation_rules', permission: FEDERATION, title: 'federation rules of a provider' },
  serviceAccounts: { call: 'GET /organization/projects/{project_id}/service_accounts', permission: MANAGEMENT, title: 'service accounts that federation rules name' },
} as const satisfies Readonly<Record<string, RemoteCall>>;

/** What `dekey explain openai` prints. */
export const explainOpenai: RemoteExplanation = {
  title: 'OpenAI organisation, through its administration API',
  calls: Object.values(CALLS),
  login: [
    'OPENAI_ADMIN_KEY: an admin key, made by an owner of the organisation (platform.openai.com, Settings, Organization, Admin keys). Give it the scopes api.management.read and api.usage.read alone, when it is made.',
    'OPENAI_BASE_URL: another address than https://api.openai.com/v1.',
    'openai: reads the organisation that the key belongs to, archived projects too.',
  ],
  limits: [
    'Keys are listed whether or not their owner still has access to the project (owner_project_access=any); a key whose owner has none is called ownerless.',
    'User keys from before there were projects have no list of their own.',
    'Cost is that of the last 30 days.',
    'Which permissions a project key has is not told: it is taken for one that may do all in its project.',
    'Matchers of a federation rule are compared as they stand; what an attribute transformation makes of a claim is not worked out.',
  ],
};
