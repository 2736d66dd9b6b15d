import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'mistral',
  title: 'Mistral AI',
  checked: '2026-11-23',
  audience: { free: 'https://api.mistral.ai' },
  issuers: { only: ['aks', 'eks', 'gke', 'kubernetes'], note: 'it is documented for Kubernetes service accounts only.' },
  uploadsKeys: false,
  subject: 'exact',
  claims: 'none',
  lifetime: 3600,
  status: 'on-request',
  prerequisites: ['An organisation admin registers the cluster as a trusted issuer; a workspace admin creates the service account.'],
  source: 'https://docs.mistral.ai/admin/identity-access/workload-identity',
};
