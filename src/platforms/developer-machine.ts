import type { Platform } from '../model/reference.ts';
import { issuerOnly } from './_shared/issuer-only.ts';

export const platform: Platform = {
  id: 'developer-machine',
  title: 'Developer machine',
  checked: '2026-11-23',
  issuesTokens: false,
  whyNot: {
    reason: 'A laptop or notebook runs as a person, not as a workload: there is nothing to attest.',
    unblock: 'Replace the shared key by each person’s own login (ant auth login, codex login, gcloud auth application-default login, aws sso login, az login).',
    source: 'https://platform.claude.com/docs/en/manage-claude/workload-identity-federation',
  },
  ...issuerOnly,
};
