import type { AccountFinding, AccountSetting } from '../model/account.ts';
import type { TargetReport } from '../model/inventory.ts';
import { compareText, keyOf } from './order.ts';

/** A setting worth a finding: at most one of a kind in a target, however many names it has there. */
export interface SettingFinding {
  readonly finding: AccountFinding;
  readonly target: string;
  readonly details: Readonly<Record<string, string>>;
}

export interface SettingView {
  readonly targets: readonly TargetReport[];
  /** Targets that store or use an AI key: elsewhere a setting bears on nothing here. */
  readonly concerned: ReadonlySet<string>;
  /** Targets in which a workload asks for an identity token already. */
  readonly federated: ReadonlySet<string>;
  readonly holdsKeys: (target: string, environment: string) => boolean;
}

/** Names that a finding repeats. */
const MOST_NAMED = 5;

/** Permissions of an App by which it can read keys of workloads, or act as one: what it may write there decides what runs. */
const ACTING_PERMISSIONS: ReadonlySet<string> = new Set(['actions', 'administration', 'contents', 'environments', 'organization_secrets', 'organization_self_hosted_runners', 'secrets', 'workflows']);

/** The settings that bear on who may act as a workload. A fact that was not read says nothing. Pure; the same for any order. */
export function settingFindings(settings: readonly AccountSetting[], view: SettingView): SettingFinding[] {
  const targets = new Map(view.targets.map((target) => [target.id, target]));
  const found = new Map<string, { readonly finding: AccountFinding; readonly target: string; readonly names: string[]; readonly facts: Readonly<Record<string, string>> }>();
  for (const setting of settings) {
    const target = targets.get(setting.target);
    if (target === undefined || (target.kind !== 'github-organization' && !view.concerned.has(target.id))) continue;
    const judged = judge(setting, target, view);
    if (judged === undefined) continue;
    const key = keyOf(judged.finding, target.id);
    const known = found.get(key);
    if (known === undefined) found.set(key, { ...judged, target: target.id, names: [setting.name] });
    else known.names.push(setting.name);
  }
  return [...found.values()].map(({ finding, target, names, facts }) => {
    const distinct = [...new Set(names)].toSorted(compareText);
    return { finding, target, details: { ...facts, count: String(distinct.length), names: distinct.slice(0, MOST_NAMED).join(', ') } };
  });
}

function judge({ kind, name, facts, target: id }: AccountSetting, target: TargetReport, view: SettingView): { finding: AccountFinding; facts: Readonly<Record<string, string>> } | undefined {
  switch (kind) {
    case 'workflow-token':
      return facts['default'] === 'write' ? { finding: 'token-write', facts: {} } : undefined;
    case 'runner': {
      const isPublic = target.kind === 'github' ? target.facts['visibility'] === 'public' : facts['public'] === 'true';
      return isPublic && facts['selfHosted'] === 'true' ? { finding: 'public-runner', facts: {} } : undefined;
    }
    case 'environment':
      return facts['reviewers'] === '0' && facts['branches'] === 'all' && view.holdsKeys(id, name) ? { finding: 'open-environment', facts: {} } : undefined;
    case 'deploy-key':
      return facts['readOnly'] === 'false' && facts['enabled'] !== 'false' ? { finding: 'deploy-key', facts: {} } : undefined;
    case 'app-installation':
      return writes(facts['permissions']) && facts['suspended'] !== 'true' ? { finding: 'app-write', facts: {} } : undefined;
    case 'branch-protection': {
      const isDefault = facts['default'] === 'true' || (facts['default'] === undefined && target.facts['branch'] === name);
      return isDefault && facts['protected'] === 'false' ? { finding: 'open-branch', facts: { federated: String(view.federated.has(id)) } } : undefined;
    }
    case 'policy':
      return facts['enforced'] === 'false' ? { finding: 'keys-allowed', facts: {} } : undefined;
    case 'actions':
    case 'oidc-subject':
    case 'issuer':
    case 'rule':
    case 'token-projection':
      return undefined;
  }
}

function writes(permissions: string | undefined): boolean {
  return (permissions ?? '').split(',').some((entry) => {
    const [what = '', how] = entry.trim().split(':');
    return (how === 'write' || how === 'admin') && ACTING_PERMISSIONS.has(what);
  });
}
