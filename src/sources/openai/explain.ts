import type { RemoteCall, RemoteExplanation } from '../remote.ts';

const KEY = 'an admin key that may read it';

/**
 * Everything that is asked. Source: `openai` 7.57.0 of npm, `src/resources/admin/organization` (read 2026-11-29). Admin keys can be narrowed when they are made; no
 * published text lists the names of those permissions, so none is given here.
 */
export const CALLS = {
  projects: { call: 'GET /organization/projects', permission: KEY, title: 'projects' },
  keys: { call: 'GET /organization/projects/{project_id}/api_keys', permission: KEY, title: 'API keys of a project' },
  adminKeys: { call: 'GET /organization/admin_api_keys', permission: KEY, title: 'admin keys' },
  costs: { call: 'GET /organization/costs', permission: KEY, title: 'costs by key' },
  providers: { call: 'GET /organization/workload_identity_providers', permission: KEY, title: 'workload identity providers' },
  rules: { call: 'GET /organization/workload_identity_providers/{id}/federation_rules', permission: KEY, title: 'federation rules of a provider' },
  serviceAccounts: { call: 'GET /organization/projects/{project_id}/service_accounts', permission: KEY, title: 'service accounts that federation rules name' },
} as const satisfies Readonly<Record<string, RemoteCall>>;

/** What `dekey explain openai` prints. */
export const explainOpenai: RemoteExplanation = {
  title: 'OpenAI organisation, through its administration API',
  calls: Object.values(CALLS),
  login: [
    'OPENAI_ADMIN_KEY: an admin key, made by an owner of the organisation (platform.openai.com, Settings, Organization, Admin keys). Let it read alone.',
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
