import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'bifrost',
  title: 'Bifrost gateway',
  checked: '2026-11-23',
  audience: { free: 'bifrost' },
  issuers: 'any',
  uploadsKeys: false,
  subject: 'exact',
  claims: 'strings',
  lifetime: 3600,
  status: 'on-request',
  prerequisites: ['Workload identity is an Enterprise feature: ask for it.'],
  source: 'https://docs.getbifrost.ai/enterprise/workload-identity/overview',
};
