import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'azure',
  title: 'Microsoft Entra',
  checked: '2026-11-23',
  audience: { fixed: 'api://AzureADTokenExchange' },
  issuers: 'any',
  uploadsKeys: false,
  subject: 'exact',
  claims: 'none',
  lifetime: 3600,
  exchange: {
    url: 'https://login.microsoftonline.com/{azure.tenant_id}/oauth2/v2.0/token',
    encoding: 'form',
    grant: 'client_credentials',
    tokenField: 'client_assertion',
    fields: {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_id: '{azure.client_id}',
      scope: 'https://cognitiveservices.azure.com/.default',
    },
  },
  issues: 'azure-identity',
  status: 'general',
  prerequisites: ['The resource has a custom subdomain, which Entra tokens need.'],
  source: 'https://learn.microsoft.com/en-us/entra/workload-id/workload-identity-federation',
};
