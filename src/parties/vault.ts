import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'vault',
  title: 'Vault or OpenBao',
  checked: '2026-11-23',
  audience: { free: 'vault' },
  issuers: 'any',
  uploadsKeys: true,
  subject: 'glob',
  claims: 'strings',
  lifetime: 600,
  status: 'general',
  prerequisites: ['The auth method jwt is enabled, and a KV version 2 store holds the keys.'],
  source: 'https://developer.hashicorp.com/vault/docs/auth/jwt',
};
