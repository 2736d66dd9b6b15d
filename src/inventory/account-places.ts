import type { AccountFinding } from '../model/account.ts';
import type { Location } from '../model/location.ts';

/** Where a thing of an account is said to stand. */
export function accountLocation(target: string, ...name: readonly string[]): Location {
  return { target, path: `account:${name.join('/')}`, start: 0, end: 0, line: 1, column: 1, endLine: 1, endColumn: 1, logical: true };
}

export function accountCode(finding: AccountFinding): string {
  return `DK-ACCOUNT-${finding.toUpperCase()}`;
}
