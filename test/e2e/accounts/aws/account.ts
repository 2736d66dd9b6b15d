/** An account as the server on loopback holds it: what IAM and the other services would know, in short. */

export type Document = Readonly<Record<string, unknown>>;

export interface AwsKey {
  readonly id: string;
  readonly status: 'Active' | 'Inactive';
  readonly created: Date;
  readonly used?: { readonly at: Date; readonly service: string; readonly region: string };
}

export interface AwsUser {
  readonly name: string;
  readonly created: Date;
  readonly keys: readonly AwsKey[];
  readonly passwordUsed?: Date;
  readonly hasPassword?: boolean;
  readonly inline?: Readonly<Record<string, Document>>;
  readonly groups?: readonly string[];
  readonly attached?: readonly string[];
  readonly boundary?: string;
}

export interface BedrockCredential {
  readonly id: string;
  readonly user: string;
  readonly alias?: string;
  readonly status: 'Active' | 'Inactive' | 'Expired';
  readonly created: Date;
  readonly expires?: Date;
  readonly service?: string;
}

export interface AwsRegion {
  readonly functions?: readonly Document[];
  readonly tasks?: readonly Document[];
  readonly projects?: readonly Document[];
  readonly services?: readonly Document[];
  readonly models?: readonly Document[];
  readonly components?: readonly Document[];
  /** By name. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly parameters?: Readonly<Record<string, { readonly type: 'String' | 'SecureString'; readonly value: string; readonly isSealed?: boolean }>>;
}

export interface AwsAccount {
  readonly id: string;
  readonly alias?: string;
  readonly users: readonly AwsUser[];
  readonly groups: readonly { readonly name: string; readonly inline?: Readonly<Record<string, Document>>; readonly attached?: readonly string[] }[];
  /** By ARN. */
  readonly policies: Readonly<Record<string, Document>>;
  readonly roles: readonly { readonly name: string; readonly trust: Document }[];
  readonly bedrock: readonly BedrockCredential[];
  readonly rootKey?: { readonly created: Date; readonly used?: { readonly at: Date; readonly service: string; readonly region: string } };
  /** Keys the report has and the lists have not, by user. */
  readonly reportsMore?: Readonly<Record<string, number>>;
  readonly providers: readonly { readonly url: string; readonly clients: readonly string[] }[];
  readonly outbound?: string;
  readonly regions: Readonly<Record<string, AwsRegion>>;
}

export function userArn(account: AwsAccount, user: string): string {
  return `arn:aws:iam::${account.id}:user/${user}`;
}

const COLUMNS = ['user', 'arn', 'user_creation_time', 'password_enabled', 'password_last_used', 'password_last_changed', 'password_next_rotation', 'mfa_active', ...keyColumns('1'), ...keyColumns('2'), 'cert_1_active', 'cert_1_last_rotated', 'cert_2_active', 'cert_2_last_rotated'];

function keyColumns(which: string): readonly string[] {
  return ['active', 'last_rotated', 'last_used_date', 'last_used_region', 'last_used_service'].map((name) => `access_key_${which}_${name}`);
}

/** The credential report as CSV, with the row of the root user. */
export function credentialReport(account: AwsAccount): string {
  const time = (date: Date | undefined): string => date?.toISOString().replace('.000Z', '+00:00') ?? 'N/A';
  const keyCells = (key: AwsKey | undefined): readonly string[] => (key === undefined ? ['false', 'N/A', 'N/A', 'N/A', 'N/A'] : [String(key.status === 'Active'), time(key.created), time(key.used?.at), key.used?.region ?? 'N/A', key.used?.service ?? 'N/A']);
  const row = (name: string, arn: string, created: Date, password: readonly [string, string], keys: readonly (AwsKey | undefined)[]): string =>
    [name, arn, time(created), ...password, 'N/A', 'N/A', 'false', ...keyCells(keys[0]), ...keyCells(keys[1]), 'false', 'N/A', 'false', 'N/A'].join(',');
  const epoch = new Date('2020-01-01T00:00:00Z');
  const root = row('<root_account>', `arn:aws:iam::${account.id}:root`, epoch, ['not_supported', 'no_information'], [account.rootKey === undefined ? undefined : { id: '', status: 'Active', ...account.rootKey }]);
  const rows = account.users.map((user) => {
    const hidden = Array.from({ length: account.reportsMore?.[user.name] ?? 0 }, (): AwsKey => ({ id: '', status: 'Active', created: user.created }));
    return row(user.name, userArn(account, user.name), user.created, user.hasPassword === true || user.passwordUsed !== undefined ? ['true', time(user.passwordUsed)] : ['false', 'N/A'], [...user.keys, ...hidden]);
  });
  return [COLUMNS.join(','), root, ...rows].join('\n');
}
