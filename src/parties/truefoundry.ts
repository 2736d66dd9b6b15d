import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'truefoundry',
  title: 'TrueFoundry gateway',
  checked: '2026-11-23',
  audience: { free: 'truefoundry' },
  issuers: 'any',
  uploadsKeys: false,
  subject: 'exact',
  claims: 'strings',
  lifetime: 3600,
  status: 'general',
  prerequisites: ['An admin adds the issuer and maps its claims to a virtual account.'],
  source: 'https://www.truefoundry.com/docs/platform/identity-providers/workload-identity-federation',
};
