import type { AccountSetting } from '../../model/account.ts';
import { facts } from '../_shared/account-source.ts';
import { cut, type Fields } from '../_shared/api-shape.ts';

type Setting = Omit<AccountSetting, 'target'>;

/**
 * A provider of a pool: an issuer, and a rule that says which of its tokens get in. Whom they may become is in policies that are not read.
 *
 * @param isPoolOff the pool is disabled, and with it the provider
 * @throws ShapeError
 */
export function providerSettings(item: Fields, isPoolOff: boolean): readonly Setting[] {
  const id = item.id('name');
  const [pool, name] = [id.split('/').at(-3) ?? '', id.split('/').at(-1) ?? id];
  const oidc = item.maybeWithin('oidc');
  const aws = item.maybeWithin('aws')?.maybeText('accountId');
  const allowed = oidc?.maybeTexts('allowedAudiences') ?? [];
  // Without a list of its own, the audience is the provider's full name (reference of WorkloadIdentityPoolProvider.Oidc).
  const audiences = oidc === undefined ? undefined : allowed.length > 0 ? allowed.join(',') : `https://iam.googleapis.com/${id}`;
  const url = oidc?.maybeText('issuerUri');
  const enabled = String(!isPoolOff && item.maybeFlag('disabled') !== true);
  const kind = oidc !== undefined ? 'oidc' : aws !== undefined ? 'aws' : item.maybeWithin('saml') !== undefined ? 'saml' : item.maybeWithin('x509') !== undefined ? 'x509' : undefined;
  const mapping = item.maybePairs('attributeMapping').map(([attribute, expression]) => `${attribute}=${expression}`);
  return [
    { kind: 'issuer', name: `${pool}/${name}`, facts: facts({ id, type: kind, url, audiences, awsAccount: aws, enabled }) },
    { kind: 'rule', name: `${pool}/${name}`, facts: facts({ id, issuer: url, audience: audiences, condition: item.maybeText('attributeCondition'), mapping: cut(mapping.join(', ')), awsAccount: aws, enabled }) },
  ];
}

/** Constraints that forbid keys; those of `iam.managed` are newer, and either kind counts (docs.cloud.google.com/organization-policy/restrict-service-accounts). */
export const CONSTRAINTS = [
  'iam.disableServiceAccountKeyCreation',
  'iam.disableServiceAccountKeyUpload',
  'iam.managed.disableServiceAccountApiKeyCreation',
  'iam.managed.disableServiceAccountKeyCreation',
  'iam.managed.disableServiceAccountKeyUpload',
] as const;

/** @throws ShapeError */
export function policySetting(constraint: string, policy: Fields): Setting {
  const rules = policy.maybeWithin('spec')?.maybeList('rules') ?? [];
  return { kind: 'policy', name: constraint, facts: { enforced: String(rules.some((rule) => rule.maybeFlag('enforce') === true)) } };
}
