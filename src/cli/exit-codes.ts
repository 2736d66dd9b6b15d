import type { Severity } from '../model/levels.ts';
import { atLeast } from '../model/levels.ts';
import type { Inventory } from '../model/inventory.ts';

/** The one table of exit codes; `docs/cli.md` prints it. */
export const EXIT_CODES = {
  clean: { code: 0, short: 'nothing as bad as --fail-on', meaning: 'ran; nothing at or above --fail-on' },
  findings: { code: 1, short: 'findings as bad as --fail-on', meaning: 'findings at or above --fail-on; for apply: a key is left that would win over the new identity' },
  usage: { code: 2, short: 'bad usage or configuration', meaning: 'bad usage or configuration' },
  incomplete: { code: 3, short: 'something could not be read; the report names it', meaning: 'incomplete: a target could not be read whole; what is missing is named in the report' },
  internal: { code: 4, short: 'internal error', meaning: 'internal error' },
  interrupted: { code: 130, short: 'interrupted with Ctrl-C; nothing was written', meaning: 'interrupted with Ctrl-C during a scan or in `dekey ui`: no report was written' },
} as const;

/**
 * Exit code of a scan. Findings count when their credential's level reaches `failOn`, their confidence is above low, and nobody has accepted them.
 * An incomplete read outranks a clean result, but not findings: what was found is certain.
 */
export function exitCodeOf(inventory: Inventory, failOn: Severity | 'none'): number {
  if (failOn !== 'none' && inventory.findings.some((finding) => counts(finding, failOn))) return EXIT_CODES.findings.code;
  return inventory.targets.every((target) => target.complete) ? EXIT_CODES.clean.code : EXIT_CODES.incomplete.code;
}

function counts(finding: Inventory['findings'][number], failOn: Severity): boolean {
  return finding.allowed === undefined && finding.baselined === undefined && finding.confidence !== 'low' && atLeast(finding.severity, failOn);
}
