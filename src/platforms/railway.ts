import type { Platform } from '../model/reference.ts';
import { issuerOnly } from './_shared/issuer-only.ts';

export const platform: Platform = {
  id: 'railway',
  title: 'Railway',
  checked: '2026-11-23',
  issuesTokens: false,
  whyNot: {
    reason: 'No identity token for services was found at Railway.',
    unblock: 'Move the call to a platform that issues one, or keep the key scoped, capped and rotated.',
    source: 'https://docs.railway.com/guides/variables',
  },
  ...issuerOnly,
};
