import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'infisical',
  title: 'Infisical',
  checked: '2026-11-23',
  audience: { free: 'infisical' },
  issuers: 'any',
  uploadsKeys: false,
  subject: 'exact',
  claims: 'strings',
  lifetime: 600,
  status: 'general',
  prerequisites: ['A machine identity with OIDC authentication exists in the organisation.'],
  source: 'https://infisical.com/docs/documentation/platform/identities/oidc-auth/github',
};
