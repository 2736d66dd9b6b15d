/**
 * The audit of trust policies: rules TP001 to TP063, run over the documents themselves. Facts behind the rules were last read on 2026-11-23; a rule whose
 * fact is not confirmed is marked `unverified` and says `check this` in what it reports.
 */
import type { Arm, ClaimMatcher, TrustContext, TrustDocument, TrustFinding, TrustRule } from './model.ts';
import { awsRules } from './rules/aws.ts';
import { azureRules } from './rules/azure.ts';
import { clusterRules } from './rules/clusters.ts';
import { googleRules } from './rules/google.ts';
import { providerRules } from './rules/providers.ts';
import { subjectRules } from './rules/subjects.ts';
import { textRules } from './rules/texts.ts';
import { workflowRules } from './rules/workflows.ts';

/** All rules, by id. */
export const trustRules: readonly TrustRule[] = [
  ...awsRules,
  ...azureRules,
  ...clusterRules,
  ...googleRules,
  ...providerRules,
  ...subjectRules,
  ...textRules,
  ...workflowRules,
].toSorted((a, b) => (a.id < b.id ? -1 : 1));

/** The rule of this id (`TP007`), without regard to letter case. */
export function describeRule(id: string): TrustRule | undefined {
  return trustRules.find((rule) => rule.id === id.toUpperCase());
}

/**
 * What is wrong with one document, by rule. An empty list is a pass only for a document that was read without problems.
 *
 * @param context what is known beside the document; what is not known is never taken for good
 */
export function auditTrust(document: TrustDocument, context: TrustContext = {}): readonly TrustFinding[] {
  const resolved = context.variables === undefined ? document : withVariables(document, context.variables);
  return trustRules.flatMap((rule) => rule.check(resolved, context));
}

/** The document with known `${name}` and `${var.name}` filled in. */
function withVariables(document: TrustDocument, variables: Readonly<Record<string, string>>): TrustDocument {
  const fill = (text: string): string =>
    text.replace(/\$\{(?:var\.)?([A-Za-z_]\w*)\}/g, (whole, name: string) => (Object.hasOwn(variables, name) ? (variables[name] ?? whole) : whole));
  const fillMatcher = (matcher: ClaimMatcher): ClaimMatcher =>
    matcher.kind === 'not' ? { ...matcher, of: fillMatcher(matcher.of) } : 'values' in matcher ? { ...matcher, values: matcher.values.map(fill) } : matcher;
  const fillArm = (arm: Arm): Arm => ({
    ...arm,
    issuer: arm.issuer === undefined ? undefined : fill(arm.issuer),
    conditions: arm.conditions.map((condition) => ({ ...condition, matcher: fillMatcher(condition.matcher) })),
  });
  const { google } = document;
  return {
    ...document,
    arms: document.arms.map(fillArm),
    ...(google === undefined ? {} : { google: { ...google, conditionArms: google.conditionArms.map(fillArm) } }),
  };
}
