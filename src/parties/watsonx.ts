import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'watsonx',
  title: 'IBM Cloud',
  checked: '2026-11-23',
  audience: { free: 'iam' },
  issuers: { only: [], note: 'trusted profiles take the compute tokens of IBM Cloud itself; other issuers are not confirmed.' },
  uploadsKeys: false,
  subject: 'exact',
  claims: 'none',
  lifetime: 3600,
  status: 'on-request',
  prerequisites: ['A trusted profile is bound to the cluster or virtual server on IBM Cloud.'],
  source: 'https://cloud.ibm.com/docs/account?topic=account-create-trusted-profile',
};
