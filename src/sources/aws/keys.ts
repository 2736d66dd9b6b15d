import { GetAccessKeyLastUsedCommand, type IAMClient, ListAccessKeysCommand, type ServiceSpecificCredentialMetadata, ListServiceSpecificCredentialsCommand, type AccessKeyMetadata } from '@aws-sdk/client-iam';
import type { KeyOwner, ListedKey } from '../../model/account.ts';
import { type Abilities, abilitiesOfAccessKey, abilitiesOfBedrockKey } from './abilities.ts';
import type { UserRights } from './authorization.ts';
import { CALLS } from './calls.ts';
import { type Gaps, inLanes, type Listed } from './gaps.ts';

export type Key = Omit<ListedKey, 'target'>;

/** A user, as far as the lists tell. */
export interface User {
  readonly name: string;
  readonly arn: string;
  /** It signs in by hand: a person's. */
  readonly hasPassword: boolean;
  /** Absent where the policies could not be read. */
  readonly rights?: UserRights;
}

/** IAM's limits are small and unknown; more at once only means more repeats. */
const AT_A_TIME = 5;
const BEDROCK = 'bedrock.amazonaws.com';
/** A date further off stands for "never": the console offers it as such. */
const NEVER_DAYS = 10_000;
const DAY = 86_400_000;
const NOT_SEEN = 'service control policies and policies of resources were not read';

export async function readAccessKeys(iam: IAMClient, users: readonly User[], gaps: Gaps): Promise<{ readonly keys: readonly Key[]; readonly countByUser: ReadonlyMap<string, number> }> {
  const countByUser = new Map<string, number>();
  const read = await inLanes(users, AT_A_TIME, async (user) => {
    // The name is always sent: without it IAM answers for whoever asks.
    const { items, whole } = await gaps.all(CALLS.accessKeys, async (Marker) => {
      const page = await iam.send(new ListAccessKeysCommand({ UserName: user.name, ...(Marker === undefined ? {} : { Marker }) }));
      return { items: page.AccessKeyMetadata, next: page.IsTruncated === true ? page.Marker : undefined };
    }, user.name);
    if (whole) countByUser.set(user.name, items.length);
    return await inLanes(items, 1, async (key) => accessKey(key, user, await lastUse(iam, key.AccessKeyId ?? '', gaps)));
  });
  return { keys: read.flat(), countByUser };
}

async function lastUse(iam: IAMClient, id: string, gaps: Gaps): Promise<Pick<ListedKey, 'lastUsed' | 'facts'> | undefined> {
  return await gaps.attempt(CALLS.lastUsed, async () => {
    const used = (await iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: id }))).AccessKeyLastUsed;
    // The date alone says it: the region may be N/A for a key that was used.
    if (used?.LastUsedDate === undefined) return { lastUsed: 'never', facts: {} };
    const by = [used.ServiceName, used.Region].filter((part): part is string => part !== undefined && part !== 'N/A');
    return { lastUsed: used.LastUsedDate.toISOString(), facts: by.length === 0 ? {} : { lastUsedBy: by.join(' in ') } };
  }, id);
}

function accessKey({ AccessKeyId: id = '', Status, CreateDate }: AccessKeyMetadata, user: User, used: Pick<ListedKey, 'lastUsed' | 'facts'> | undefined): Key {
  const abilities = user.rights === undefined ? undefined : abilitiesOfAccessKey(user.rights.permissions, user.arn);
  const status = Status === 'Active' ? 'active' : Status === 'Expired' ? 'expired' : 'inactive';
  return {
    provider: 'aws',
    kind: 'pair',
    id,
    name: user.name,
    ...rated(user, status, abilities),
    owner: ownerOf(user),
    ...(CreateDate === undefined ? {} : { created: CreateDate.toISOString() }),
    // No access key ends by itself.
    expires: 'never',
    ...(used?.lastUsed === undefined ? {} : { lastUsed: used.lastUsed }),
    publicPart: { fact: 'key-id', value: id },
    facts: { ...factsOf(user, abilities), ...used?.facts },
  };
}

/**
 * Bedrock API keys of all users.
 *
 * @param now ISO date
 */
export async function readBedrockKeys(iam: IAMClient, userOf: (name: string) => User, now: string, gaps: Gaps): Promise<Listed<Key>> {
  const { items, whole } = await gaps.all(CALLS.bedrockKeys, async (Marker) => {
    const page = await iam.send(new ListServiceSpecificCredentialsCommand({ AllUsers: true, ServiceName: BEDROCK, ...(Marker === undefined ? {} : { Marker }) }));
    return { items: page.ServiceSpecificCredentials, next: page.IsTruncated === true ? page.Marker : undefined };
  });
  return { items: items.filter(({ ServiceName }) => ServiceName === BEDROCK).map((one) => bedrockKey(one, userOf(one.UserName ?? ''), Date.parse(now))), whole };
}

function bedrockKey({ ServiceSpecificCredentialId: id = '', Status, CreateDate, ExpirationDate, ServiceCredentialAlias: alias }: ServiceSpecificCredentialMetadata, user: User, now: number): Key {
  const abilities = user.rights === undefined ? undefined : abilitiesOfBedrockKey(user.rights.permissions);
  const isPast = ExpirationDate !== undefined && ExpirationDate.getTime() <= now;
  const status = Status === 'Expired' || isPast ? 'expired' : Status === 'Active' ? 'active' : 'inactive';
  // Written into the value before its secret part, and read there by the detector.
  const written = alias === undefined ? undefined : /^(BedrockAPIKey[A-Za-z0-9+=,.@_-]*?)(?:-at-\d{12})?$/.exec(alias)?.[1];
  const isPhantom = /^BedrockAPIKey-[A-Za-z0-9]+$/.test(user.name);
  return {
    provider: 'aws-bedrock',
    kind: 'api-key',
    id,
    name: alias ?? user.name,
    ...rated(user, status, abilities),
    owner: ownerOf(user),
    ...(CreateDate === undefined ? {} : { created: CreateDate.toISOString() }),
    expires: ExpirationDate === undefined || ExpirationDate.getTime() - now > NEVER_DAYS * DAY ? 'never' : ExpirationDate.toISOString(),
    ...(written === undefined ? {} : { publicPart: { fact: 'user', value: written } }),
    facts: { ...factsOf(user, abilities), ...(isPhantom ? { consoleMade: 'true' } : {}) },
  };
}

function rated(user: User, status: ListedKey['status'], abilities: Abilities | undefined): Pick<ListedKey, 'status' | 'privilege'> {
  // A key that is switched off opens nothing, found or not.
  return { status: user.rights?.quarantine !== undefined && status === 'active' ? 'leaked' : status, privilege: abilities?.privilege ?? 'unknown' };
}

function ownerOf({ name, hasPassword }: User): KeyOwner {
  return { kind: hasPassword ? 'person' : 'service-account', name };
}

function factsOf({ rights, arn }: User, abilities: Abilities | undefined): Readonly<Record<string, string>> {
  const notes = [
    ...(rights === undefined ? ['its policies were not read'] : [NOT_SEEN]),
    ...(rights === undefined || rights.permissions.unread.length === 0 ? [] : [`not read: ${rights.permissions.unread.toSorted().join(', ')}`]),
    ...(rights?.quarantine === undefined ? [] : ['AWS does not say which key of the user it found']),
  ];
  return {
    ...(abilities === undefined ? {} : { can: abilities.can.join(', ') }),
    ...(abilities === undefined || abilities.conditional.length === 0 ? {} : { conditional: abilities.conditional.join(', ') }),
    ...(rights?.quarantine === undefined ? {} : { quarantine: rights.quarantine }),
    ...(arn === '' ? {} : { user: arn }),
    note: notes.join('; '),
  };
}
