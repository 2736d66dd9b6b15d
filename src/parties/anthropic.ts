import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'anthropic',
  title: 'Anthropic',
  checked: '2026-11-23',
  audience: { free: 'https://api.anthropic.com' },
  issuers: 'any',
  uploadsKeys: true,
  subject: 'exact-or-trailing-star',
  claims: 'expression',
  lifetime: 3600,
  exchange: {
    url: 'https://api.anthropic.com/v1/oauth/token',
    encoding: 'json',
    grant: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    tokenField: 'assertion',
    fields: {
      federation_rule_id: '{anthropic.federation_rule_id}',
      organization_id: '{anthropic.organization_id}',
      service_account_id: '{anthropic.service_account_id}',
      workspace_id: '{anthropic.workspace_id}',
    },
  },
  status: 'general',
  prerequisites: ['A person with the role admin or owner logs in once with the scope org:admin to create issuer, service account and rule.'],
  source: 'https://platform.claude.com/docs/en/manage-claude/workload-identity-federation',
};
