import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'databricks',
  title: 'Databricks',
  checked: '2026-11-23',
  audience: { free: '{databricks.account_id}' },
  issuers: 'any',
  uploadsKeys: false,
  subject: 'exact',
  claims: 'none',
  lifetime: 3600,
  exchange: {
    url: '{databricks.host}/oidc/v1/token',
    encoding: 'form',
    grant: 'urn:ietf:params:oauth:grant-type:token-exchange',
    tokenField: 'subject_token',
    fields: { subject_token_type: 'urn:ietf:params:oauth:token-type:jwt', client_id: '{databricks.client_id}', scope: 'all-apis' },
  },
  status: 'general',
  prerequisites: ['An account admin may create federation policies of service principals.'],
  source: 'https://docs.databricks.com/aws/en/dev-tools/auth/provider-github',
};
