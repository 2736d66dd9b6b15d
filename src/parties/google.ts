import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'google',
  title: 'Google Cloud',
  checked: '2026-11-23',
  audience: {
    free: 'https://iam.googleapis.com/projects/{google.project_number}/locations/global/workloadIdentityPools/dekey/providers/{identity}',
  },
  issuers: 'any',
  uploadsKeys: true,
  subject: 'exact',
  claims: 'expression',
  maxSubject: 127,
  lifetime: 3600,
  exchange: {
    url: 'https://sts.googleapis.com/v1/token',
    encoding: 'json',
    grant: 'urn:ietf:params:oauth:grant-type:token-exchange',
    tokenField: 'subject_token',
    fields: {
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      audience: '//iam.googleapis.com/projects/{google.project_number}/locations/global/workloadIdentityPools/dekey/providers/{identity}',
    },
  },
  issues: 'google-compute',
  status: 'general',
  prerequisites: ['The APIs iam, iamcredentials and sts are enabled in the project.'],
  source: 'https://cloud.google.com/iam/docs/workload-identity-federation',
};
