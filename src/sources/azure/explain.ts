import type { RemoteCall, RemoteExplanation } from '../remote.ts';

const GRAPH = 'Application.Read.All of Microsoft Graph';

/**
 * Everything that is asked. Sources (read 2026-11-29): `@azure/arm-cognitiveservices` 8.1.0; the REST references of Microsoft.Authorization 2022-04-01 and
 * Microsoft.ManagedIdentity 2024-11-30; `@microsoft/microsoft-graph-types` 2.43.1; learn.microsoft.com/graph/api. Never `listKeys`: it gives the keys themselves.
 */
export const CALLS = {
  subscription: { call: 'GET /subscriptions/{subscription}', permission: 'Reader on the subscription', title: 'name of the subscription' },
  accounts: { call: 'GET /subscriptions/{subscription}/providers/Microsoft.CognitiveServices/accounts', permission: 'Reader on the subscription', title: 'Azure AI accounts' },
  roles: { call: 'GET /subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions', permission: 'Reader on the subscription', title: 'what roles allow' },
  assignments: { call: 'GET /subscriptions/{subscription}/providers/Microsoft.Authorization/roleAssignments', permission: 'Reader on the subscription', title: 'roles of applications in the subscription' },
  identities: { call: 'GET /subscriptions/{subscription}/providers/Microsoft.ManagedIdentity/userAssignedIdentities', permission: 'Reader on the subscription', title: 'managed identities' },
  identityRules: {
    call: 'GET /subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}/federatedIdentityCredentials',
    permission: 'Reader on the subscription',
    title: 'federated credentials of a managed identity',
  },
  applications: { call: 'GET graph.microsoft.com/v1.0/applications', permission: GRAPH, title: 'applications, with their client secrets and federated credentials' },
  principals: { call: 'GET graph.microsoft.com/v1.0/servicePrincipals', permission: GRAPH, title: 'service principals, with their client secrets' },
  groups: { call: 'GET graph.microsoft.com/v1.0/servicePrincipals/{id}/transitiveMemberOf', permission: GRAPH, title: 'groups of an application that has client secrets, where groups have roles' },
  owners: { call: 'GET graph.microsoft.com/v1.0/applications/{id}/owners', permission: GRAPH, title: 'owners of an application that has client secrets' },
} as const satisfies Readonly<Record<string, RemoteCall>>;

/** What `dekey explain azure` prints. */
export const explainAzure: RemoteExplanation = {
  title: 'Azure subscription, and the applications of its tenant',
  calls: Object.values(CALLS),
  login: [
    'az login: tokens are asked of az account get-access-token, for the resource manager and for Microsoft Graph (not on Windows, where az is a script).',
    'az cloud show says which cloud it is; az cloud set chooses another (AzureUSGovernment, AzureChinaCloud).',
    'The least role: az role assignment create --assignee PRINCIPAL --role Reader --scope /subscriptions/SUBSCRIPTION',
    'Applications: a member of the tenant may read them as a rule; an application needs Application.Read.All of Microsoft Graph.',
  ],
  limits: [
    'Both keys of an account are one entry: Azure tells neither their age nor their last use, and they end only when they are replaced.',
    'Client secrets are those of the whole tenant. What their application may do is told for this subscription, by roles of its own and of its groups.',
    'Last use of client secrets is not read: the call is in preview.',
    'Azure Policy that forbids keys for accounts to come is not read.',
    'Other services that take keys (AI Search, endpoints of Machine Learning, API Management) are not read.',
  ],
};
