import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'akeyless',
  title: 'Akeyless',
  checked: '2026-11-23',
  audience: { free: 'https://api.akeyless.io' },
  issuers: 'any',
  uploadsKeys: false,
  subject: 'exact',
  claims: 'strings',
  lifetime: 600,
  status: 'general',
  prerequisites: ['An authentication method of type OAuth 2.0/JWT exists for the issuer.'],
  source: 'https://docs.akeyless.io/docs/auth-with-oauth-20jwt',
};
