import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'wandb',
  title: 'Weights & Biases',
  checked: '2026-11-23',
  audience: { free: 'https://api.wandb.ai' },
  issuers: 'any',
  uploadsKeys: false,
  subject: 'exact',
  claims: 'none',
  lifetime: 3600,
  exchange: {
    url: 'https://api.wandb.ai/oidc/token',
    encoding: 'form',
    grant: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    tokenField: 'assertion',
    fields: {},
  },
  status: 'preview',
  prerequisites: ['The organisation has an Enterprise licence, and an admin sets up the JWT issuer.'],
  source: 'https://docs.wandb.ai/platform/hosting/iam/identity_federation',
};
