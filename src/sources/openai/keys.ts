import type { KeyOwner, ListedKey } from '../../model/account.ts';
import { facts, hintOf } from '../_shared/account-source.ts';
import { type Fields, expiryOf } from '../_shared/api-shape.ts';

type Key = Omit<ListedKey, 'target'>;

/** @throws ShapeError */
export function projectKey(item: Fields, project: string, isArchived: boolean, spent: string | undefined, now: string): Key {
  const owner = projectOwner(item);
  const access = item.maybeText('owner_project_access');
  const isOwnerless = owner?.kind === 'none' || access === 'inactive';
  return {
    ...common(item, now),
    kind: 'api-key',
    privilege: 'project',
    ...(owner === undefined ? {} : { owner }),
    facts: facts({
      project,
      can: 'call models, everything else in its project',
      ownerAccess: access,
      ownerless: isOwnerless ? 'true' : undefined,
      spend30d: spent,
      note: access === 'inactive' ? 'its owner has no access to the project any more' : isArchived ? 'its project is archived' : undefined,
    }),
  };
}

/** @throws ShapeError */
export function adminKey(item: Fields, spent: string | undefined, now: string): Key {
  const owner = item.maybeWithin('owner');
  const name = owner?.maybeText('name') ?? owner?.maybeText('id');
  const isService = owner?.maybeText('object')?.includes('service_account') === true || owner?.maybeText('type') === 'service_account';
  return {
    ...common(item, now),
    kind: 'admin-key',
    privilege: 'admin',
    ...(name === undefined ? {} : { owner: { kind: isService ? 'service-account' : 'person', name } }),
    facts: facts({ can: 'manage keys, projects and members', spend30d: spent }),
  };
}

function common(item: Fields, now: string): Omit<Key, 'kind' | 'privilege' | 'owner' | 'facts'> {
  const [created, ends, used] = [item.maybeTime('created_at'), item.maybeTime('expires_at'), item.maybeTime('last_used_at')];
  const hint = hintOf(item.maybeText('redacted_value'));
  const expires = item.isNull('expires_at') ? 'never' : ends === undefined ? undefined : expiryOf(ends);
  const lastUsed = item.isNull('last_used_at') ? 'never' : used;
  return {
    provider: 'openai',
    id: item.id('id'),
    name: item.maybeText('name') ?? '',
    // There is no disabled key: what is listed works until it ends or is deleted.
    status: ends !== undefined && ends <= now ? 'expired' : 'active',
    ...(created === undefined ? {} : { created }),
    ...(expires === undefined ? {} : { expires }),
    ...(lastUsed === undefined ? {} : { lastUsed }),
    ...(hint === undefined ? {} : { hint }),
  };
}

/** Undefined: the answer does not say. A key of old that has an owner object with nobody in it belongs to nobody. */
function projectOwner(item: Fields): KeyOwner | undefined {
  if (item.isNull('owner')) return { kind: 'none', name: '' };
  const owner = item.maybeWithin('owner');
  if (owner === undefined) return undefined;
  const [user, account] = [owner.maybeWithin('user'), owner.maybeWithin('service_account')];
  if (user !== undefined) return { kind: 'person', name: user.maybeText('email') ?? user.maybeText('name') ?? user.id('id') };
  if (account !== undefined) return { kind: 'service-account', name: account.maybeText('name') ?? account.id('id') };
  return { kind: 'none', name: '' };
}
