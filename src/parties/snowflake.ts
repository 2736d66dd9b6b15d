import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'snowflake',
  title: 'Snowflake',
  checked: '2026-11-23',
  audience: { free: 'snowflakecomputing.com' },
  issuers: 'any',
  uploadsKeys: false,
  subject: 'exact',
  claims: 'none',
  maxSubject: 255,
  lifetime: 3600,
  status: 'general',
  prerequisites: ['A role with CREATE USER makes the service user.'],
  source: 'https://docs.snowflake.com/en/user-guide/workload-identity-federation',
};
