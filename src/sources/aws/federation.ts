import { GetOpenIDConnectProviderCommand, GetOutboundWebIdentityFederationInfoCommand, type IAMClient, ListOpenIDConnectProvidersCommand, type RoleDetail } from '@aws-sdk/client-iam';
import type { AccountSetting } from '../../model/account.ts';
import { CALLS } from './calls.ts';
import { type Gaps, inLanes } from './gaps.ts';
import { fieldsOf, policyRoot, textsOf } from './permissions.ts';

type Setting = Omit<AccountSetting, 'target'>;

/** Issuers that the account trusts, and the one that it is itself. */
export async function readIssuers(iam: IAMClient, gaps: Gaps): Promise<readonly Setting[]> {
  const arns = await gaps.attempt(CALLS.oidcProviders, async () => ((await iam.send(new ListOpenIDConnectProvidersCommand({}))).OpenIDConnectProviderList ?? []).flatMap(({ Arn }) => (Arn === undefined ? [] : [Arn])));
  const trusted = await inLanes(arns ?? [], 4, async (arn): Promise<readonly Setting[]> => {
    const read = await gaps.attempt(CALLS.oidcProvider, async () => await iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn })), arn);
    const url = `https://${(read?.Url ?? issuerOf(arn)).replace(/^https:\/\//, '')}`;
    return [{ kind: 'issuer', name: issuerOf(arn), facts: { url, ...(read?.ClientIDList === undefined ? {} : { audiences: read.ClientIDList.toSorted().join(',') }) } }];
  });
  const own = await gaps.attempt(CALLS.outbound, async (): Promise<readonly Setting[]> => {
    try {
      const { IssuerIdentifier: url, JwtVendingEnabled } = await iam.send(new GetOutboundWebIdentityFederationInfoCommand({}));
      return url === undefined || JwtVendingEnabled === false ? [] : [{ kind: 'issuer', name: 'this account', facts: { url, own: 'true' } }];
    } catch (error) {
      // Not switched on: the account is no issuer.
      if (error instanceof Error && error.name.startsWith('FeatureDisabled')) return [];
      throw error;
    }
  });
  return [...trusted.flat(), ...(own ?? [])];
}

/** `token.actions.githubusercontent.com` of `arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com`. */
function issuerOf(arn: string): string {
  return arn.slice(arn.indexOf('oidc-provider/') + 'oidc-provider/'.length);
}

/** Who may become each role by an identity token. Pure. */
export function rulesOf(roles: readonly RoleDetail[]): readonly Setting[] {
  return roles.flatMap(({ RoleName = '', Arn = '', AssumeRolePolicyDocument = '' }) => {
    const given = policyRoot(AssumeRolePolicyDocument)?.['Statement'];
    return (Array.isArray(given) ? given : [given]).flatMap((one: unknown) => {
      const statement = fieldsOf(one);
      if (statement?.['Effect'] !== 'Allow') return [];
      return textsOf(fieldsOf(statement['Principal'])?.['Federated']).flatMap((provider): readonly Setting[] => {
        if (!provider.includes(':oidc-provider/')) return [];
        const issuer = issuerOf(provider);
        const tests = testsOf(statement['Condition'], issuer);
        return [{
          kind: 'rule',
          name: RoleName,
          // Without a test of the subject, every identity of the issuer may become the role.
          facts: { issuer: `https://${issuer}`, subject: tests.get('sub')?.join(',') ?? '*', ...(tests.has('aud') ? { audience: tests.get('aud')?.join(',') ?? '' } : {}), becomes: Arn },
        }];
      });
    });
  });
}

/** Values that a claim has to have, by claim; only tests that let nothing else pass. */
function testsOf(condition: unknown, issuer: string): ReadonlyMap<string, readonly string[]> {
  const tests = new Map<string, readonly string[]>();
  for (const [operator, keys] of Object.entries(fieldsOf(condition) ?? {})) {
    if (!/^(?:ForAnyValue:)?String(?:Equals|Like|EqualsIgnoreCase)$/i.test(operator)) continue;
    for (const [key, values] of Object.entries(fieldsOf(keys) ?? {})) {
      if (!key.toLowerCase().startsWith(`${issuer.toLowerCase()}:`)) continue;
      tests.set(key.slice(issuer.length + 1).toLowerCase(), textsOf(values).toSorted());
    }
  }
  return tests;
}
