import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'github-copilot',
  title: 'GitHub Copilot',
  checked: '2026-11-23',
  audience: { free: 'https://github.com' },
  issuers: { only: ['github-actions'], note: 'it takes the token that GitHub Actions gives each job, and no other.' },
  uploadsKeys: false,
  subject: 'exact',
  claims: 'none',
  lifetime: 3600,
  status: 'general',
  prerequisites: ['The organisation allows Copilot CLI billed to the organisation.'],
  source: 'https://docs.github.com/en/copilot/how-tos/copilot-cli/use-copilot-cli-in-actions',
};
