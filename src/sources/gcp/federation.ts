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

/**
 * Policies that forbid keys, each with the constraints that do so: those of `iam.managed` are newer, and either is enough
 * (docs.cloud.google.com/organization-policy/restrict-service-accounts).
 */
const POLICIES: readonly (readonly string[])[] = [
  ['iam.disableServiceAccountKeyCreation', 'iam.managed.disableServiceAccountKeyCreation'],
  ['iam.disableServiceAccountKeyUpload', 'iam.managed.disableServiceAccountKeyUpload'],
  ['iam.managed.disableServiceAccountApiKeyCreation'],
];
export const CONSTRAINTS: readonly string[] = POLICIES.flat();

/**
 * Whether a policy is in force for all of the project; undefined where that hangs on tags of what a key is made for. A rule without a condition is for all that no rule with one is for
 * (docs.cloud.google.com/organization-policy/scope-policies).
 *
 * @throws ShapeError
 */
export function isEnforced(policy: Fields): boolean | undefined {
  const rules = (policy.maybeWithin('spec')?.maybeList('rules') ?? []).map((rule) => ({ enforces: rule.maybeFlag('enforce') === true, isConditional: rule.maybeWithin('condition')?.maybeText('expression') !== undefined }));
  const usual = rules.some(({ enforces, isConditional }) => enforces && !isConditional);
  return rules.some(({ enforces, isConditional }) => isConditional && enforces !== usual) ? undefined : usual;
}

/**
 * One setting for each policy that is known: in force when one of its constraints is, out of force when none is and all were read.
 *
 * @param enforced by constraint; undefined: it could not be read
 */
export function policySettings(enforced: ReadonlyMap<string, boolean | undefined>): readonly Setting[] {
  return POLICIES.flatMap((constraints): readonly Setting[] => {
    const by = constraints.filter((constraint) => enforced.get(constraint) === true);
    if (by.length === 0 && constraints.some((constraint) => enforced.get(constraint) === undefined)) return [];
    return [{ kind: 'policy', name: constraints[0] ?? '', facts: facts({ enforced: String(by.length > 0), by: by.join(',') }) }];
  });
}
