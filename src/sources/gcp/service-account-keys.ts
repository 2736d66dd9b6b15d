import type { ListedKey } from '../../model/account.ts';
import { facts } from '../_shared/account-source.ts';
import { itemsByToken, type PagedApi } from '../_shared/api-pages.ts';
import { type Fields, expiryOf } from '../_shared/api-shape.ts';

export interface ServiceAccount {
  readonly email: string;
  readonly isDisabled: boolean;
}

/** @throws ShapeError */
export function serviceAccount(item: Fields): ServiceAccount {
  return { email: item.id('email'), isDisabled: item.maybeFlag('disabled') === true };
}

/** Last use by id of the key; undefined `last`: it was not used since `since`. */
export type KeyUses = ReadonlyMap<string, { readonly last: string | undefined; readonly since: string | undefined }>;

/** @throws HttpError, ShapeError */
export async function readKeyUses(api: PagedApi, project: string): Promise<KeyUses> {
  const uses = new Map<string, { last: string | undefined; since: string | undefined }>();
  const path = `/v1/projects/${encodeURIComponent(project)}/locations/global/activityTypes/serviceAccountKeyLastAuthentication/activities:query`;
  for await (const item of itemsByToken(api, path, { pageSize: 1000 }, { items: 'activities', next: 'nextPageToken', cursor: 'pageToken', isSparse: true })) {
    const key = keyOf(item.id('fullResourceName'));
    uses.set(key, { last: item.maybeWithin('activity')?.maybeTime('lastAuthenticatedTime'), since: item.maybeWithin('observationPeriod')?.maybeTime('startTime') });
  }
  return uses;
}

/** The key's own id is unique by itself; the project may be named by its number in one answer and by its id in the other. */
function keyOf(name: string): string {
  return name.split('/').at(-1) ?? name;
}

/**
 * A key that a person made. `publicPart` is what the detector reads out of a JSON file: its `private_key_id`.
 *
 * @param enabled services of the project; undefined when they could not be read
 * @throws ShapeError
 */
export function serviceAccountKey(item: Fields, account: ServiceAccount, project: string, uses: KeyUses, enabled: ReadonlySet<string> | undefined, now: string, vertex: string): Omit<ListedKey, 'target'> {
  const name = item.id('name');
  const id = keyOf(name);
  const [created, ends] = [item.maybeTime('validAfterTime'), item.maybeTime('validBeforeTime')];
  const reason = item.maybeText('disableReason') ?? '';
  const isLeaked = /EXPOSED|COMPROMISE/.test(reason) || item.maybeList('extendedStatus').some((status) => /EXPOSED|COMPROMISE/.test(status.maybeText('key') ?? ''));
  const isOff = item.maybeFlag('disabled') === true || account.isDisabled;
  const lastUsed = lastUseOf(uses.get(id), created);
  return {
    provider: 'google-vertex',
    kind: 'service-account-key',
    privilege: 'unknown',
    id: name,
    name: `${account.email} ${id.slice(0, 8)}`,
    status: isLeaked ? 'leaked' : isOff ? 'inactive' : ends !== undefined && ends <= now ? 'expired' : 'active',
    owner: { kind: 'service-account', name: account.email },
    ...(created === undefined ? {} : { created }),
    ...(ends === undefined ? {} : { expires: expiryOf(ends) }),
    ...(lastUsed === undefined ? {} : { lastUsed }),
    publicPart: { fact: 'key-id', value: id },
    facts: facts({
      project,
      reaches: enabled?.has(vertex) === true ? 'vertex' : undefined,
      origin: item.maybeText('keyOrigin')?.toLowerCase().replaceAll('_', ' '),
      accountDisabled: account.isDisabled ? 'true' : undefined,
      disabled: isLeaked && isOff ? 'true' : undefined,
      note: 'which roles its service account has was not read',
    }),
  };
}

/** `never` only when the key is no older than what was looked at. */
function lastUseOf(use: { readonly last: string | undefined; readonly since: string | undefined } | undefined, created: string | undefined): string | undefined {
  if (use === undefined || use.last !== undefined) return use?.last;
  return use.since !== undefined && created !== undefined && created >= use.since ? 'never' : undefined;
}
