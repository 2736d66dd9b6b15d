import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'onepassword',
  title: '1Password',
  checked: '2026-11-23',
  audience: { free: 'https://1password.com' },
  issuers: { only: ['github-actions'], note: 'the preview takes tokens of GitHub Actions only.' },
  uploadsKeys: false,
  subject: 'exact',
  claims: 'none',
  lifetime: 600,
  status: 'preview',
  prerequisites: ['The 1Password Credential Broker preview is switched on.'],
  source: 'https://github.com/1Password/load-secrets-action',
};
