import type { AccountSetting } from '../../model/account.ts';
import { facts } from '../_shared/account-source.ts';
import type { Fields } from '../_shared/api-shape.ts';

/** A provider, with what its rules need of it. */
export interface Provider {
  readonly id: string;
  readonly issuer: string;
  readonly audience: string | undefined;
  readonly setting: Omit<AccountSetting, 'target'>;
}

/** @throws ShapeError */
export function providerOf(item: Fields): Provider {
  const [id, issuer, audience] = [item.id('id'), item.id('issuer'), item.maybeText('audience')];
  const keys = item.maybeWithin('verification')?.maybeText('type');
  return { id, issuer, audience, setting: { kind: 'issuer', name: item.maybeText('name') ?? id, facts: facts({ id, url: issuer, audiences: audience, keys, enabled: item.maybeFlag('enabled')?.toString() }) } };
}

export interface Rule {
  readonly id: string;
  readonly name: string | undefined;
  readonly project: string | undefined;
  readonly account: string | undefined;
  readonly matchers: readonly (readonly [string, string])[];
  readonly permissions: string | undefined;
  readonly enabled: string | undefined;
}

/** @throws ShapeError */
export function ruleOf(item: Fields): Rule {
  const permissions = item.maybeWithin('permissions');
  const scopes = permissions?.maybeTexts('scopes').join(' ') ?? '';
  return {
    id: item.id('id'),
    name: item.maybeText('name'),
    project: item.maybeId('project_id'),
    account: item.maybeId('service_account_id'),
    matchers: item.maybePairs('attribute_matchers'),
    permissions: scopes === '' ? permissions?.maybeText('type') : scopes,
    enabled: item.maybeFlag('enabled')?.toString(),
  };
}

/** @param accounts names of service accounts by id */
export function settingOf(rule: Rule, provider: Provider, projects: ReadonlyMap<string, string>, accounts: ReadonlyMap<string, string>): Omit<AccountSetting, 'target'> {
  return {
    kind: 'rule',
    name: rule.name ?? rule.id,
    facts: facts({
      id: rule.id,
      issuer: provider.issuer,
      audience: provider.audience,
      subject: rule.matchers.find(([name]) => name === 'sub')?.[1],
      claims: rule.matchers.filter(([name]) => name !== 'sub').map(([name, value]) => `${name}=${value}`).join(','),
      becomes: rule.account === undefined ? undefined : (accounts.get(rule.account) ?? rule.account),
      project: rule.project === undefined ? undefined : (projects.get(rule.project) ?? rule.project),
      scope: rule.permissions,
      enabled: rule.enabled,
    }),
  };
}
