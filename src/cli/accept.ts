import { type Baseline, applyBaseline } from '../config/baseline.ts';
import type { IgnoreRule } from '../config/load-config.ts';
import type { Finding, Inventory } from '../model/inventory.ts';
import { compileGlobs } from '../support/glob.ts';

/** What a person has accepted: rules of the configuration, and a baseline. */
export interface Acceptance {
  readonly ignore: readonly IgnoreRule[];
  readonly baseline: Baseline | undefined;
  /** ISO date; what has expired before it no longer counts. */
  readonly today: string;
}

/** Marks accepted findings; they stay in the inventory and are counted. `notes` are for standard error: what expired, what no longer fits. Pure. */
export function accept(inventory: Inventory, { ignore, baseline, today }: Acceptance): { inventory: Inventory; notes: readonly string[] } {
  const notes: string[] = [];
  const rules = ignore.flatMap((rule) => {
    if (rule.expires === undefined || rule.expires >= today) return [{ rule, globs: compileGlobs([rule.path]) }];
    notes.push(`the ignore rule for ${rule.path} expired on ${rule.expires} and no longer counts`);
    return [];
  });
  let findings: readonly Finding[] = inventory.findings.map((finding) => {
    if (finding.allowed !== undefined) return finding;
    const hit = rules.find(({ rule, globs }) => (rule.code === undefined || rule.code === finding.code) && globs.matches(finding.location.path));
    return hit === undefined ? finding : { ...finding, allowed: hit.rule.reason };
  });
  if (baseline !== undefined) {
    const applied = applyBaseline(findings, baseline, today);
    findings = applied.findings;
    for (const entry of applied.expired) notes.push(`accepted until ${entry.expires ?? 'now'}, counts again: ${entry.code} in ${entry.path}`);
    if (applied.stale.length > 0) notes.push(`${applied.stale.length} accepted findings are gone; --update-baseline takes them out`);
  }
  const allowed = findings.filter((finding) => finding.allowed !== undefined).length;
  const baselined = findings.filter((finding) => finding.baselined !== undefined).length;
  return { inventory: { ...inventory, findings, summary: { ...inventory.summary, allowed, baselined } }, notes };
}
