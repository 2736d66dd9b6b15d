import type { ListedKey } from '../../model/account.ts';
import { facts } from '../_shared/account-source.ts';
import { itemsByToken, type PagedApi } from '../_shared/api-pages.ts';
import type { AccountReach } from './roles.ts';
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

/** What is known of a project beside its keys. */
export interface KeyView {
  readonly project: string;
  readonly uses: KeyUses;
  /** Services of the project; undefined when they could not be read. */
  readonly enabled: ReadonlySet<string> | undefined;
  readonly now: string;
  readonly vertex: string;
  /** What the key's account may do; undefined when that could not be read. */
  readonly reach: AccountReach | undefined;
}

/**
 * A key that a person made. `publicPart` is what the detector reads out of a JSON file: its `private_key_id`.
 *
 * @throws ShapeError
 */
export function serviceAccountKey(item: Fields, account: ServiceAccount, { project, uses, enabled, now, vertex, reach }: KeyView): Omit<ListedKey, 'target'> {
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
    privilege: reach?.privilege ?? 'unknown',
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
      can: reach?.can,
      conditional: reach?.conditional,
      roles: reach?.roles,
      note: reach === undefined ? 'which roles its service account has was not read' : `roles given above the project or through groups were not read${reach.isWhole ? '' : ', nor what some of its roles allow'}`,
    }),
  };
}

/** `never` only when the key is no older than what was looked at. */
function lastUseOf(use: { readonly last: string | undefined; readonly since: string | undefined } | undefined, created: string | undefined): string | undefined {
  if (use === undefined || use.last !== undefined) return use?.last;
  return use.since !== undefined && created !== undefined && created >= use.since ? 'never' : undefined;
}
