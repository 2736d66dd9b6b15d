import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'portkey',
  title: 'Portkey gateway',
  checked: '2026-11-23',
  audience: { free: 'portkey' },
  issuers: 'any',
  uploadsKeys: false,
  subject: 'exact',
  claims: 'none',
  lifetime: 900,
  status: 'on-request',
  prerequisites: ['JWT authentication of callers is an Enterprise feature: ask for it.'],
  source: 'https://portkey.ai/docs/product/model-catalog/workload-identity-federation',
};
