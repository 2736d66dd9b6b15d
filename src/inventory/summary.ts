import type { Credential, Finding, Summary, Workload } from '../model/inventory.ts';
import type { Severity } from '../model/levels.ts';

/** `byLevel` counts credentials, low confidence included; the path to zero counts keys that are surely there, so no name that no store holds. */
export function summaryOf(credentials: readonly Credential[], findings: readonly Finding[], workloads: readonly Workload[]): Summary {
  const byLevel: Record<Severity, number> = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  const pathToZero = { today: 0, afterChange: 0, none: 0 };
  for (const { risk, confidence, disposition, facts } of credentials) {
    byLevel[risk.level] += 1;
    if (confidence === 'low' || facts['missing'] === 'true') continue;
    if (disposition === 'today') pathToZero.today += 1;
    if (disposition === 'after-change') pathToZero.afterChange += 1;
    if (disposition === 'none') pathToZero.none += 1;
  }
  return {
    findings: findings.length,
    credentials: credentials.length,
    workloads: workloads.length,
    byLevel,
    pathToZero,
    allowed: findings.filter(({ allowed }) => allowed !== undefined).length,
    baselined: findings.filter(({ baselined }) => baselined !== undefined).length,
  };
}
