import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'litellm',
  title: 'LiteLLM proxy',
  checked: '2026-11-23',
  audience: { free: 'litellm' },
  issuers: 'any',
  uploadsKeys: false,
  subject: 'exact',
  claims: 'none',
  lifetime: 3600,
  status: 'general',
  prerequisites: ['The proxy has an Enterprise licence and JWT authentication switched on, with JWT_AUDIENCE set.'],
  source: 'https://docs.litellm.ai/docs/proxy/token_auth',
};
