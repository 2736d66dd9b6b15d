import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'openrouter',
  title: 'OpenRouter',
  checked: '2026-11-23',
  audience: { free: 'https://openrouter.ai' },
  issuers: 'any',
  uploadsKeys: false,
  subject: 'exact',
  claims: 'none',
  lifetime: 900,
  exchange: {
    url: 'https://openrouter.ai/api/v1/oauth/token',
    encoding: 'form',
    grant: 'urn:ietf:params:oauth:grant-type:token-exchange',
    tokenField: 'subject_token',
    fields: {
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      federation_policy_id: '{openrouter.federation_policy_id}',
      scope: 'inference',
    },
  },
  status: 'on-request',
  prerequisites: ['OpenRouter switches workload identity on for the organisation.'],
  source: 'https://openrouter.ai/docs/guides/overview/auth/workload-identity-federation',
};
