import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'doppler',
  title: 'Doppler',
  checked: '2026-11-23',
  audience: { free: 'https://api.doppler.com' },
  issuers: 'any',
  uploadsKeys: false,
  subject: 'exact',
  claims: 'strings',
  lifetime: 600,
  status: 'general',
  prerequisites: ['Service account identities need a Team or Enterprise plan.'],
  source: 'https://docs.doppler.com/docs/service-account-identities',
};
