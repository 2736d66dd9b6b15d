import { GetAccountSummaryCommand, IAMClient, ListAccountAliasesCommand, ListUsersCommand } from '@aws-sdk/client-iam';
import type { AccountSetting } from '../../model/account.ts';
import { LARGEST_PAGE, readAuthorization } from './authorization.ts';
import { CALLS } from './calls.ts';
import { type CredentialReport, readCredentialReport, ROOT_ROW } from './credential-report.ts';
import { readIssuers, rulesOf } from './federation.ts';
import type { Gaps } from './gaps.ts';
import { type Key, readAccessKeys, readBedrockKeys, type User } from './keys.ts';
import { type Access, clientOptions } from './login.ts';

export interface IamRead {
  readonly keys: readonly Key[];
  readonly settings: readonly Omit<AccountSetting, 'target'>[];
  readonly facts: Readonly<Record<string, string>>;
}

/** Everything IAM tells of one account. */
export async function readIam(access: Access, now: string, gaps: Gaps): Promise<IamRead> {
  const iam = new IAMClient(clientOptions(access, 'IAM'));
  try {
    const alias = await gaps.attempt(CALLS.aliases, async () => (await iam.send(new ListAccountAliasesCommand({}))).AccountAliases?.[0]);
    const authorization = await readAuthorization(iam, gaps);
    const listed = await gaps.all(CALLS.users, async (Marker) => {
      const page = await iam.send(new ListUsersCommand({ MaxItems: LARGEST_PAGE, ...(Marker === undefined ? {} : { Marker }) }));
      return { items: page.Users, next: page.IsTruncated === true ? page.Marker : undefined };
    });
    const report = await readCredentialReport(iam, gaps);
    const userOf = (name: string, arn = '', signedIn = false): User => {
      const rights = authorization.users.get(name);
      return { name, arn: rights?.arn ?? arn, hasPassword: signedIn || report?.rows.get(name)?.hasPassword === true, ...(rights === undefined || !authorization.whole ? {} : { rights }) };
    };
    // Either list may be refused; a user of one of them is a user.
    const users = new Map([...authorization.users.values()].map(({ name, arn }) => [name, userOf(name, arn)]));
    for (const { UserName = '', Arn, PasswordLastUsed } of listed.items) users.set(UserName, userOf(UserName, Arn, PasswordLastUsed !== undefined));
    const accessKeys = await readAccessKeys(iam, [...users.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)), gaps);
    const bedrock = await readBedrockKeys(iam, (name) => users.get(name) ?? userOf(name), now, gaps);
    const root = await readRoot(iam, report, gaps);
    if (report !== undefined) compare(report, accessKeys, gaps);
    return {
      keys: [...accessKeys.keys, ...bedrock.items, ...root],
      settings: [...(await readIssuers(iam, gaps)), ...rulesOf(authorization.roles)],
      facts: { ...(alias === undefined ? {} : { alias }), ...(report?.made === undefined ? {} : { credentialReport: report.made.toISOString() }) },
    };
  } finally {
    iam.destroy();
  }
}

/** Keys of the root user. IAM tells that there are some, the report which; neither tells an id. */
async function readRoot(iam: IAMClient, report: CredentialReport | undefined, gaps: Gaps): Promise<readonly Key[]> {
  const present = await gaps.attempt(CALLS.summary, async () => (await iam.send(new GetAccountSummaryCommand({}))).SummaryMap?.AccountAccessKeysPresent ?? 0);
  const rows = report?.rows.get(ROOT_ROW)?.keys ?? [];
  const key = (id: string): Key => ({
    provider: 'aws',
    kind: 'pair',
    privilege: 'admin',
    id,
    name: 'root user',
    status: 'active',
    owner: { kind: 'root', name: 'root user' },
    expires: 'never',
    facts: { root: 'true', can: 'call models, create keys, read secrets, change permissions' },
  });
  if (rows.length > 0) {
    return rows.map((row, index) => {
      const base = key(`root-access-key-${index + 1}`);
      const stale = present === 0 ? { note: 'the account says that it has none by now: the report is older' } : {};
      return {
        ...base,
        status: row.active ? 'active' : 'inactive',
        ...(row.rotated === undefined ? {} : { created: row.rotated }),
        lastUsed: row.lastUsed ?? 'never',
        facts: { ...base.facts, ...stale, ...(row.lastUsedBy === undefined ? {} : { lastUsedBy: row.lastUsedBy }) },
      };
    });
  }
  if (present === undefined || present === 0) return [];
  return [{ ...key('root-access-key'), facts: { ...key('').facts, note: 'the credential report has no row of it: its age and last use are not known' } }];
}

/** A second count, by another way: keys that the report has and the lists have not were hidden from us. */
function compare(report: CredentialReport, { keys, countByUser }: { readonly keys: readonly Key[]; readonly countByUser: ReadonlyMap<string, number> }, gaps: Gaps): void {
  const made = report.made?.getTime() ?? 0;
  for (const { user, keys: reported, more } of report.rows.values()) {
    if (user === ROOT_ROW) continue;
    const counted = countByUser.get(user);
    // Its own gap tells of a list that was refused. A user deleted since is in the report for up to four hours.
    if (counted === undefined) {
      if (reported.length > 0 && keys.length === 0 && countByUser.size === 0) gaps.add('credential report: has access keys of users that could not be listed', user);
      continue;
    }
    const older = keys.filter((key) => key.provider === 'aws' && key.name === user && (key.created === undefined || Date.parse(key.created) <= made)).length;
    // Deleted since, most likely: the report is up to four hours old.
    if (reported.length + more > counted) gaps.add('credential report: has more access keys of a user than iam:ListAccessKeys', user, false);
    else if (older > reported.length + more && more === 0 && reported.length < 2) gaps.add('credential report: has fewer access keys of a user than iam:ListAccessKeys', user, false);
  }
}
