import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'weaviate',
  title: 'Weaviate',
  checked: '2026-11-23',
  audience: { free: '{weaviate.client_id}' },
  issuers: 'any',
  uploadsKeys: false,
  subject: 'exact',
  claims: 'none',
  lifetime: 3600,
  status: 'on-request',
  prerequisites: ['The server is your own, and its OpenID Connect settings name one issuer.'],
  source: 'https://docs.weaviate.io/deploy/configuration/oidc',
};
