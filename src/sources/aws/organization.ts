import { ListAccountsCommand, OrganizationsClient } from '@aws-sdk/client-organizations';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { TargetError } from '../../model/errors.ts';
import { CALLS } from './calls.ts';
import { failureOf } from './failures.ts';
import { Gaps, inLanes } from './gaps.ts';
import { type Access, assume, clientOptions, type Login } from './login.ts';

export interface Member {
  readonly account: string;
  readonly name: string;
  readonly access: Access;
}

/**
 * Active accounts of the organisation that let `role` in; the account of the login comes first, with the login itself. Accounts that refuse are named in `gaps`.
 *
 * @throws TargetError when the accounts cannot be listed at all
 */
export async function membersOf(login: Login, role: string, gaps: Gaps): Promise<readonly Member[]> {
  const client = new OrganizationsClient(clientOptions(login, 'ORGANIZATIONS'));
  const tried = new Gaps();
  const { items, whole } = await tried.all(CALLS.accounts, async (NextToken) => {
    const page = await client.send(new ListAccountsCommand(NextToken === undefined ? {} : { NextToken }));
    return { items: page.Accounts, next: page.NextToken };
  });
  client.destroy();
  const refusal = tried.skipped[0]?.reason;
  if (!whole && items.length === 0) {
    throw new TargetError(`aws: ${refusal ?? 'the accounts of the organisation cannot be listed'}`, 'Log in to the management account or a delegated administrator with a role that may list accounts, or name one account: aws:PROFILE.');
  }
  for (const { reason } of tried.skipped) gaps.add(reason);
  const others = items.filter(({ Id }) => Id !== undefined && Id !== login.account);
  const members = await inLanes(others, 5, async ({ Id: account = '', Name: name = '', State, Status }): Promise<readonly Member[]> => {
    // `State` replaces `Status`; older partitions may have the old one only.
    if ((State ?? Status) !== 'ACTIVE') {
      gaps.add('accounts of the organisation that are not active', account, false);
      return [];
    }
    const access = assume(login, account, role);
    const why = await refusalOf(access);
    if (why === undefined) return [{ account, name, access }];
    gaps.add(`accounts not covered: sts:AssumeRole of ${role}: ${why}`, account);
    return [];
  });
  const own = items.find(({ Id }) => Id === login.account)?.Name ?? '';
  return [{ account: login.account, name: own, access: login }, ...members.flat()];
}

async function refusalOf(access: Access): Promise<string | undefined> {
  const sts = new STSClient(clientOptions(access, 'STS'));
  try {
    await sts.send(new GetCallerIdentityCommand({}));
    return undefined;
  } catch (error) {
    const failure = failureOf(error, CALLS.assume.call);
    if (failure === undefined) throw error;
    return failure.why;
  } finally {
    sts.destroy();
  }
}
