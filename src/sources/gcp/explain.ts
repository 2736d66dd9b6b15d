import type { RemoteCall, RemoteExplanation } from '../remote.ts';

/**
 * Everything that is asked. Sources (read 2026-11-29): the REST references of the seven services and their discovery documents (`@googleapis/iam` 38, `@googleapis/serviceusage` 24);
 * `googleapis/googleapis`, `google/api/apikeys/v2`; docs.cloud.google.com/policy-intelligence, `activities.query`; the permissions as IAM's reference lists them.
 */
export const CALLS = {
  services: { call: 'GET serviceusage.googleapis.com/v1/projects/{project}/services', permission: 'serviceusage.services.list', title: 'services that are enabled' },
  apiKeys: { call: 'GET apikeys.googleapis.com/v2/projects/{project}/locations/global/keys', permission: 'apikeys.keys.list', title: 'API keys' },
  serviceAccounts: { call: 'GET iam.googleapis.com/v1/projects/{project}/serviceAccounts', permission: 'iam.serviceAccounts.list', title: 'service accounts' },
  serviceAccountKeys: { call: 'GET iam.googleapis.com/v1/projects/{project}/serviceAccounts/{email}/keys', permission: 'iam.serviceAccountKeys.list', title: 'keys of a service account' },
  lastUse: {
    call: 'GET policyanalyzer.googleapis.com/v1/projects/{project}/locations/global/activityTypes/serviceAccountKeyLastAuthentication/activities:query',
    permission: 'policyanalyzer.serviceAccountKeyLastAuthenticationActivities.query',
    title: 'last use of service account keys',
  },
  iamPolicies: { call: 'GET cloudasset.googleapis.com/v1/projects/{project}:searchAllIamPolicies', permission: 'cloudasset.assets.searchAllIamPolicies', title: 'roles of service accounts that have keys, in the project and on what is in it' },
  role: { call: 'GET iam.googleapis.com/v1/roles/{role}', permission: '', title: 'what a role of Google’s allows' },
  ownRole: { call: 'GET iam.googleapis.com/v1/projects/{project}/roles/{role}', permission: 'iam.roles.get', title: 'what a role of the project allows' },
  organizationRole: { call: 'GET iam.googleapis.com/v1/organizations/{organization}/roles/{role}', permission: 'iam.roles.get', title: 'what a role of the organisation allows' },
  policies: { call: 'GET orgpolicy.googleapis.com/v2/projects/{project}/policies/{constraint}', permission: 'orgpolicy.policy.get', title: 'organisation policies on keys, as they apply to the project (:getEffectivePolicy)' },
  pools: { call: 'GET iam.googleapis.com/v1/projects/{project}/locations/global/workloadIdentityPools', permission: 'iam.workloadIdentityPools.list', title: 'workload identity pools' },
  providers: { call: 'GET iam.googleapis.com/v1/projects/{project}/locations/global/workloadIdentityPools/{pool}/providers', permission: 'iam.workloadIdentityPoolProviders.list', title: 'providers of a workload identity pool' },
} as const satisfies Readonly<Record<string, RemoteCall>>;

/** What `dekey explain gcp` prints. */
export const explainGcp: RemoteExplanation = {
  title: 'Google Cloud project',
  calls: Object.values(CALLS),
  login: [
    'GOOGLE_OAUTH_ACCESS_TOKEN or CLOUDSDK_AUTH_ACCESS_TOKEN: an access token.',
    'Otherwise gcloud auth print-access-token, where gcloud is installed and logged in (not on Windows, where gcloud is a script: set the variable there).',
    'GOOGLE_CLOUD_QUOTA_PROJECT (or CLOUDSDK_BILLING_QUOTA_PROJECT): the project that calls are counted for; the login of a person needs one for some services, and serviceusage.services.use in it.',
    'CLOUDSDK_API_ENDPOINT_OVERRIDES_APIKEYS, _IAM, _SERVICEUSAGE, _ORGPOLICY, _POLICYANALYZER and _CLOUDASSET: other addresses of the services, as gcloud takes them.',
    'The least role is the one below: gcloud iam roles create dekey_read --project PROJECT --file role.yaml',
  ],
  policy: ['title: dekey reads', 'stage: GA', 'includedPermissions:', ...[...new Set(Object.values(CALLS).map(({ permission }) => permission))].filter((permission) => permission !== '').toSorted().map((permission) => `- ${permission}`)],
  limits: [
    'API keys that reach neither Gemini nor Vertex AI are counted and not listed. A key without restrictions reaches Gemini where the Gemini API is enabled.',
    'The API tells nothing of the last use of API keys. That of service account keys is about a day old, and goes back as far as Google has looked.',
    'Roles of service accounts are those given in the project, as Cloud Asset Inventory has them (where that API is enabled): those given above it or through groups, and who may act as an account, are not read.',
    'Whether Google still takes a standard key (AIza…) for Gemini is not told by any of these calls.',
  ],
};
