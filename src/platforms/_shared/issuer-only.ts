import type { Platform } from '../../model/reference.ts';

/** The reading half of a platform none of whose files we read: it is known as an issuer, or as a place that issues nothing. */
export const issuerOnly: Pick<Platform, 'isIssuerOnly' | 'matches' | 'extract'> = {
  isIssuerOnly: true,
  matches: () => false,
  extract: () => ({ references: [], workloads: [], values: [], problems: [] }),
};
