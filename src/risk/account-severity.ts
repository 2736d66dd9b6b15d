import type { AccountFinding } from '../model/account.ts';
import type { Credential, Finding } from '../model/inventory.ts';
import type { Severity } from '../model/levels.ts';

/** Days from which an old key weighs more: the same step as in the factor of age. */
const VERY_OLD = 365;

/**
 * Severity by kind. What an account says of names and settings makes a leak likelier or worse, and is no leak: medium at most. A key that its issuer found in public, and one of the root user,
 * are more than that.
 *
 * A key that nobody uses is pure risk (OWASP NHI1:2025); runners of public repositories run the code of strangers; an environment without rules, and a branch
 * without any, let whoever may push act as what a federation rule trusts there (TP011). The rest widens what a mistake elsewhere can reach.
 */
const SEVERITIES: Readonly<Record<AccountFinding, Severity>> = {
  'stored-key': 'medium',
  'unused-key': 'medium',
  'missing-key': 'low',
  'old-key': 'low',
  'wide-key': 'medium',
  'same-name': 'info',
  'token-write': 'low',
  'public-runner': 'medium',
  'open-environment': 'medium',
  'deploy-key': 'low',
  'app-write': 'low',
  'open-branch': 'low',
  'listed-key': 'medium',
  'leaked-key': 'critical',
  'root-key': 'high',
  'ownerless-key': 'medium',
  'open-key': 'medium',
  'local-auth': 'medium',
  'idle-key': 'medium',
  'keys-allowed': 'low',
};

export function accountSeverity(finding: Pick<Finding, 'detector' | 'arguments'>, credential: Pick<Credential, 'disposition'> | undefined): Severity {
  if (credential?.disposition === 'not-a-key') return 'info';
  if (finding.detector === 'old-key' && Number(finding.arguments['days']) >= VERY_OLD) return 'medium';
  if (finding.detector === 'open-branch' && finding.arguments['federated'] === 'true') return 'medium';
  return Object.hasOwn(SEVERITIES, finding.detector) ? SEVERITIES[finding.detector as AccountFinding] : 'info';
}
