import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'vercel-ai-gateway',
  title: 'Vercel AI Gateway',
  checked: '2026-11-23',
  audience: { free: 'https://vercel.com' },
  issuers: { only: ['vercel'], note: 'it takes the tokens of projects on Vercel only.' },
  uploadsKeys: false,
  subject: 'exact',
  claims: 'none',
  lifetime: 3600,
  status: 'general',
  prerequisites: ['The project runs on Vercel with OIDC federation switched on.'],
  source: 'https://vercel.com/docs/ai-gateway/authentication-and-byok/oidc',
};
