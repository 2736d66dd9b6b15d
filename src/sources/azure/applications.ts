import type { AccountSetting, KeyOwner, ListedKey } from '../../model/account.ts';
import { facts } from '../_shared/account-source.ts';
import { type Fields, expiryOf } from '../_shared/api-shape.ts';
import type { Reach } from './roles.ts';

type Setting = Omit<AccountSetting, 'target'>;

/** An application, or a service principal that has secrets of its own. */
export interface Application {
  readonly of: 'applications' | 'servicePrincipals';
  readonly id: string;
  readonly clientId: string;
  readonly name: string;
  readonly secrets: readonly Fields[];
  readonly rules: readonly Setting[];
}

/** @throws ShapeError */
export function applicationOf(item: Fields, of: Application['of']): Application {
  const [id, clientId] = [item.id('id'), item.id('appId')];
  const name = item.maybeText('displayName') ?? clientId;
  return { of, id, clientId, name, secrets: item.maybeList('passwordCredentials'), rules: item.maybeList('federatedIdentityCredentials').map((rule) => ruleOf(rule, name, clientId)) };
}

/**
 * A federated credential, of an application or of a managed identity.
 *
 * @param rule the object that has the issuer
 * @param named where its name is, when that is another
 * @throws ShapeError
 */
export function ruleOf(rule: Fields, becomes: string, clientId: string | undefined, named: Fields = rule): Setting {
  const issuer = rule.id('issuer');
  return {
    kind: 'rule',
    name: `${becomes}: ${named.maybeText('name') ?? issuer}`,
    facts: facts({ issuer, subject: rule.maybeText('subject'), audience: rule.maybeTexts('audiences').join(','), condition: rule.maybeWithin('claimsMatchingExpression')?.maybeText('value'), becomes, clientId }),
  };
}

/** The issuers that rules trust, each once, with all of their audiences. */
export function issuersOf(rules: readonly Setting[]): readonly Setting[] {
  const audiences = new Map<string, Set<string>>();
  for (const { facts: told } of rules) {
    const [issuer, audience] = [told['issuer'], told['audience']];
    if (issuer === undefined) continue;
    const known = audiences.get(issuer) ?? new Set();
    for (const one of audience?.split(',') ?? []) known.add(one);
    audiences.set(issuer, known);
  }
  return [...audiences].map(([url, names]) => ({ kind: 'issuer', name: url, facts: facts({ url, audiences: [...names].toSorted().join(',') }) }));
}

/**
 * A client secret. Its first three characters are all that is told of it.
 *
 * @param owner undefined: not known
 * @throws ShapeError
 */
export function secretOf(item: Fields, { of, id, clientId, name }: Application, owner: KeyOwner | undefined, reach: (Reach & { readonly isWhole: boolean }) | undefined, now: string): Omit<ListedKey, 'target'> {
  const [created, ends, head] = [item.maybeTime('startDateTime'), item.maybeTime('endDateTime'), item.maybeText('hint')];
  return {
    provider: 'azure',
    kind: 'client-secret',
    privilege: reach?.privilege ?? 'unknown',
    id: `${of}/${id}/passwordCredentials/${item.id('keyId')}`,
    name: item.maybeText('displayName') ?? name,
    status: ends !== undefined && ends <= now ? 'expired' : 'active',
    ...(owner === undefined ? {} : { owner }),
    ...(created === undefined ? {} : { created }),
    ...(ends === undefined ? {} : { expires: expiryOf(ends) }),
    // More than that would be no hint.
    ...(head === undefined || head.length > 4 ? {} : { hint: { head, tail: '' } }),
    facts: facts({
      application: name,
      clientId,
      can: reach?.can,
      roles: reach?.roles,
      reaches: reach?.reaches,
      ownerless: owner?.kind === 'none' ? 'true' : undefined,
      note: reach === undefined ? 'which roles it has in the subscription was not read' : !reach.isWhole ? 'which roles it has through groups was not read' : reach.roles === undefined ? 'no role in the subscription' : undefined,
    }),
  };
}

/** @throws ShapeError */
export function ownerName(item: Fields): string {
  return item.maybeText('userPrincipalName') ?? item.maybeText('displayName') ?? item.id('id');
}
