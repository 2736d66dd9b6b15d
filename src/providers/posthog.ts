import type { Provider } from '../model/provider.ts';

export const provider: Provider = {
  id: 'posthog',
  title: 'PostHog',
  checked: '2026-11-23',
  words: ['posthog personal'],
  hosts: ['us.i.posthog.com', 'eu.i.posthog.com'],
  env: [
    { name: 'POSTHOG_PERSONAL_API_KEY', kind: 'api-key' },
    { name: 'POSTHOG_API_KEY', kind: 'api-key', notAKey: true },
    { name: 'NEXT_PUBLIC_POSTHOG_KEY', kind: 'api-key', notAKey: true },
  ],
  sdks: [],
  detectors: [],
  federation: {
    kind: 'none',
    note: 'No workload federation found in public documentation; keep the key in a secret manager reached with a workload identity.',
    source: 'https://posthog.com/docs/api',
  },
  spend: 'none',
  revoke: 'Delete the key in the PostHog dashboard.',
};
