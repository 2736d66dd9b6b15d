import type { AccountSetting } from '../../model/account.ts';
import { facts } from '../_shared/account-source.ts';
import type { Fields } from '../_shared/api-shape.ts';

type Setting = Omit<AccountSetting, 'target'>;

/** @throws ShapeError */
export function issuerOf(item: Fields): { readonly id: string; readonly url: string; readonly setting: Setting } {
  const [id, url] = [item.id('id'), item.id('issuer_url')];
  return { id, url, setting: { kind: 'issuer', name: item.maybeText('name') ?? id, facts: facts({ id, url, keys: item.maybeWithin('jwks')?.maybeText('type') }) } };
}

/**
 * Both shapes: the general one has `workspace_ids`, the beta one `workspace_id`. `subject` is compared as a whole unless it ends in `*`.
 *
 * @throws ShapeError
 */
export function ruleOf(item: Fields, issuers: ReadonlyMap<string, string>, accounts: ReadonlyMap<string, { readonly name: string }>): Setting {
  const [id, match, target] = [item.id('id'), item.within('match'), item.within('target')];
  const issuer = item.maybeId('issuer_id');
  const account = target.maybeId('service_account_id');
  const workspaces = [...item.maybeTexts('workspace_ids'), item.maybeText('workspace_id') ?? ''].filter((one) => one !== '');
  return {
    kind: 'rule',
    name: item.maybeText('name') ?? id,
    facts: facts({
      id,
      issuer: issuer === undefined ? undefined : (issuers.get(issuer) ?? item.maybeText('issuer_name') ?? issuer),
      subject: match.maybeText('subject_prefix'),
      audience: match.maybeText('audience'),
      claims: match.maybePairs('claims').map(([name, value]) => `${name}=${value}`).join(','),
      condition: match.maybeText('condition'),
      becomes: target.maybeText('service_account_name') ?? (account === undefined ? undefined : (accounts.get(account)?.name ?? account)),
      scope: item.maybeText('oauth_scope'),
      workspaces: item.maybeFlag('applies_to_all_workspaces') === true ? 'all' : [...new Set(workspaces)].join(','),
      seconds: item.maybeNumber('token_lifetime_seconds')?.toString(),
    }),
  };
}
