import type { Finding } from '../model/inventory.ts';
import { compileGlobs } from '../support/glob.ts';
import { isPast } from './json-reader.ts';
import type { IgnoreRule } from './load-config.ts';

export interface IgnoredFindings {
  /** All of them, in the same order; those a rule accepts carry its reason in `allowed`. */
  readonly findings: readonly Finding[];
  /** Rules past their day: they accept nothing any more. */
  readonly expired: readonly IgnoreRule[];
  /** Rules that met no finding: they can go. */
  readonly unused: readonly IgnoreRule[];
}

/**
 * Marks what the `ignore` rules of the configuration accept; nothing is removed, so that the report can show and count it.
 * A comment beside the finding says more than a rule, so a finding that has one keeps it. The first rule that fits decides.
 *
 * @param today `YYYY-MM-DD`.
 */
export function applyIgnoreRules(findings: readonly Finding[], rules: readonly IgnoreRule[], today: string): IgnoredFindings {
  const expired = rules.filter((rule) => isPast(rule.expires, today));
  const active = rules.filter((rule) => !isPast(rule.expires, today)).map((rule) => ({ rule, glob: compileGlobs([rule.path]) }));
  const used = new Set<IgnoreRule>();
  const marked = findings.map((finding) => {
    const match = active.find(({ rule, glob }) => (rule.code === undefined || rule.code === finding.code) && glob.matches(finding.location.path));
    if (match === undefined) return finding;
    used.add(match.rule);
    return finding.allowed === undefined ? { ...finding, allowed: match.rule.reason } : finding;
  });
  return { findings: marked, expired, unused: active.flatMap(({ rule }) => (used.has(rule) ? [] : [rule])) };
}
