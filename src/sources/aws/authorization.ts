import { GetAccountAuthorizationDetailsCommand, type GroupDetail, type IAMClient, type ManagedPolicyDetail, type RoleDetail, type UserDetail } from '@aws-sdk/client-iam';
import { CALLS } from './calls.ts';
import type { Gaps } from './gaps.ts';
import { type Permissions, readPolicy, type Statement } from './permissions.ts';

/** A user with what its policies allow. */
export interface UserRights {
  readonly name: string;
  readonly arn: string;
  readonly created?: Date;
  readonly permissions: Permissions;
  /** Name of the policy by which AWS shuts in a user whose key it found in public. */
  readonly quarantine?: string;
}

/** What one paged call says of a whole account. */
export interface Authorization {
  readonly users: ReadonlyMap<string, UserRights>;
  readonly roles: readonly RoleDetail[];
  /** False when a page is missing: rights may be wider than is said, and users may be missing. */
  readonly whole: boolean;
}

/** Most that IAM gives at once; it may give less. Fewer calls, since their number is what IAM limits. */
export const LARGEST_PAGE = 1000;

/** AWSCompromisedKeyQuarantine, …V2, …V3: attached by AWS itself, and by nobody else. */
const QUARANTINE = /:policy\/(AWSCompromisedKeyQuarantine(?:V\d{1,2})?)$/;

export async function readAuthorization(iam: IAMClient, gaps: Gaps): Promise<Authorization> {
  const users: UserDetail[] = [];
  const groups: GroupDetail[] = [];
  const roles: RoleDetail[] = [];
  const policies: ManagedPolicyDetail[] = [];
  const { whole } = await gaps.all(CALLS.authorization, async (Marker) => {
    const page = await iam.send(new GetAccountAuthorizationDetailsCommand({ Filter: ['User', 'Group', 'Role', 'LocalManagedPolicy', 'AWSManagedPolicy'], MaxItems: LARGEST_PAGE, ...(Marker === undefined ? {} : { Marker }) }));
    users.push(...(page.UserDetailList ?? []));
    groups.push(...(page.GroupDetailList ?? []));
    roles.push(...(page.RoleDetailList ?? []));
    policies.push(...(page.Policies ?? []));
    return { items: [], next: page.IsTruncated === true ? page.Marker : undefined };
  });
  const texts = new Map(policies.flatMap((policy) => {
    const text = policy.PolicyVersionList?.find(({ IsDefaultVersion }) => IsDefaultVersion)?.Document;
    return policy.Arn === undefined || text === undefined ? [] : [[policy.Arn, text] as const];
  }));
  const byName = new Map(groups.map((group) => [group.GroupName ?? '', group]));
  return { users: new Map(users.map((user) => [user.UserName ?? '', rightsOf(user, byName, texts)])), roles, whole };
}

function rightsOf(user: UserDetail, groups: ReadonlyMap<string, GroupDetail>, texts: ReadonlyMap<string, string>): UserRights {
  const statements: Statement[] = [];
  const unread: string[] = [];
  const take = (name: string, text: string | undefined): readonly Statement[] | undefined => {
    const read = text === undefined ? undefined : readPolicy(text);
    if (read === undefined) unread.push(name);
    return read;
  };
  const holders = [user, ...(user.GroupList ?? []).map((name) => groups.get(name) ?? name)];
  for (const holder of holders) {
    if (typeof holder === 'string') {
      unread.push(`group ${holder}`);
      continue;
    }
    const inline = 'UserPolicyList' in holder ? holder.UserPolicyList : 'GroupPolicyList' in holder ? holder.GroupPolicyList : undefined;
    for (const { PolicyName, PolicyDocument } of inline ?? []) statements.push(...(take(PolicyName ?? '', PolicyDocument) ?? []));
    for (const { PolicyArn = '', PolicyName } of holder.AttachedManagedPolicies ?? []) statements.push(...(take(PolicyName ?? PolicyArn, texts.get(PolicyArn)) ?? []));
  }
  const boundaryArn = user.PermissionsBoundary?.PermissionsBoundaryArn;
  const boundary = boundaryArn === undefined ? undefined : take(boundaryArn.slice(boundaryArn.indexOf('policy/') + 7), texts.get(boundaryArn));
  const quarantine = (user.AttachedManagedPolicies ?? []).map(({ PolicyArn = '' }) => QUARANTINE.exec(PolicyArn)?.[1]).find((name) => name !== undefined);
  const name = user.UserName ?? '';
  return {
    name,
    arn: user.Arn ?? '',
    ...(user.CreateDate === undefined ? {} : { created: user.CreateDate }),
    permissions: { statements: statements.map((one) => filled(one, name)), ...(boundary === undefined ? {} : { boundary: boundary.map((one) => filled(one, name)) }), unread },
    ...(quarantine === undefined ? {} : { quarantine }),
  };
}

/** `${aws:username}` in a resource is the user itself; other variables stay, and match nothing. */
function filled(statement: Statement, user: string): Statement {
  const patterns = statement.resources.patterns.map((pattern) => pattern.replaceAll('${aws:username}', user));
  return { ...statement, resources: { ...statement.resources, patterns } };
}
