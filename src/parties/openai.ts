import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'openai',
  title: 'OpenAI',
  checked: '2026-11-23',
  audience: { free: 'https://api.openai.com/v1' },
  issuers: {
    only: ['aks', 'aws-compute', 'azure-identity', 'eks', 'github-actions', 'gke', 'google-compute', 'kubernetes', 'spiffe'],
    note: 'the documentation names GitHub Actions, Kubernetes, AWS, Azure, Google Cloud and SPIFFE; other issuers have to be asked for.',
  },
  uploadsKeys: true,
  subject: 'exact',
  claims: 'strings',
  lifetime: 3600,
  exchange: {
    url: 'https://auth.openai.com/oauth/token',
    encoding: 'json',
    grant: 'urn:ietf:params:oauth:grant-type:token-exchange',
    tokenField: 'subject_token',
    fields: {
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      identity_provider_id: '{openai.identity_provider_id}',
      service_account_id: '{openai.service_account_id}',
    },
  },
  status: 'general',
  prerequisites: ['An admin key, made with a short expiry and deleted afterwards, creates provider, rule and service account.'],
  source: 'https://developers.openai.com/api/docs/guides/workload-identity-federation',
};
