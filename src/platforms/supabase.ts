import type { Platform } from '../model/reference.ts';
import { issuerOnly } from './_shared/issuer-only.ts';

export const platform: Platform = {
  id: 'supabase',
  title: 'Supabase Edge Functions',
  checked: '2026-11-23',
  issuesTokens: false,
  whyNot: {
    reason: 'Edge Functions get no identity token.',
    unblock: 'Let the function call a service of your own on a platform that issues one, or keep the key scoped, capped and rotated.',
    source: 'https://supabase.com/docs/guides/functions/secrets',
  },
  ...issuerOnly,
};
