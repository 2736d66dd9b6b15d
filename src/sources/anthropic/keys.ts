import type { KeyOwner, ListedKey } from '../../model/account.ts';
import type { Privilege } from '../../model/provider.ts';
import { facts, hintOf } from '../_shared/account-source.ts';
import { type Fields, expiryOf } from '../_shared/api-shape.ts';

/** Those that keys act as, by id. */
export interface Principals {
  readonly users: ReadonlyMap<string, { readonly name: string; readonly isAdmin: boolean }>;
  readonly serviceAccounts: ReadonlyMap<string, { readonly name: string; readonly isAdmin: boolean }>;
}

/** A key as the list gives it. `lastUsed` comes from elsewhere. */
export interface AnthropicKey {
  readonly id: string;
  readonly name: string;
  readonly status: ListedKey['status'];
  readonly isArchived: boolean;
  readonly created: string | undefined;
  readonly expires: string | undefined;
  readonly shown: string | undefined;
  /** Undefined: the answer does not say. `none`: it acts as nobody. */
  readonly principal: { readonly kind: 'user' | 'service-account'; readonly id: string } | 'none' | undefined;
  readonly creator: string | undefined;
  /** Undefined: the answer does not say. */
  readonly scope: { readonly workspace: string } | 'organization' | undefined;
}

/** @throws ShapeError */
export function readKey(item: Fields, now: string): AnthropicKey {
  const told = item.id('status');
  const expires = item.maybeTime('expires_at');
  const isOver = told === 'expired' || (expires !== undefined && expires <= now);
  return {
    id: item.id('id'),
    name: item.maybeText('name') ?? '',
    status: told === 'inactive' || told === 'archived' ? 'inactive' : isOver ? 'expired' : 'active',
    isArchived: told === 'archived',
    created: item.maybeTime('created_at'),
    expires: item.isNull('expires_at') ? 'never' : expires === undefined ? undefined : expiryOf(expires),
    shown: item.maybeText('partial_key_hint'),
    principal: principalOf(item),
    creator: item.maybeWithin('created_by')?.maybeId('id'),
    scope: scopeOf(item),
  };
}

function principalOf(item: Fields): AnthropicKey['principal'] {
  if (item.isNull('principal')) return 'none';
  const principal = item.maybeWithin('principal');
  const [user, account] = [principal?.maybeId('user_id'), principal?.maybeId('service_account_id')];
  if (user !== undefined) return { kind: 'user', id: user };
  return account === undefined ? undefined : { kind: 'service-account', id: account };
}

/** Before API version 2026-10-21 there was `workspace_id` in its place, null for the default workspace. */
function scopeOf(item: Fields): AnthropicKey['scope'] {
  const scope = item.maybeWithin('scope');
  if (scope === undefined) return item.isNull('workspace_id') ? { workspace: 'default' } : workspaceOf(item.maybeId('workspace_id'));
  return scope.maybeId('type') === 'organization' ? 'organization' : workspaceOf(scope.maybeId('workspace_id'));
}

function workspaceOf(id: string | undefined): AnthropicKey['scope'] {
  return id === undefined ? undefined : { workspace: id };
}

export function listedOf(key: AnthropicKey, principals: Principals, workspaces: ReadonlyMap<string, string>, use: { readonly lastUsed?: string; readonly note?: string }): Omit<ListedKey, 'target'> {
  const owner = ownerOf(key, principals);
  const hint = hintOf(key.shown);
  const workspace = typeof key.scope === 'object' ? (workspaces.get(key.scope.workspace) ?? key.scope.workspace) : undefined;
  const privilege = privilegeOf(key, principals);
  return {
    provider: 'anthropic',
    kind: 'api-key',
    privilege,
    id: key.id,
    name: key.name,
    status: key.status,
    ...(owner === undefined ? {} : { owner }),
    ...(key.created === undefined ? {} : { created: key.created }),
    ...(key.expires === undefined ? {} : { expires: key.expires }),
    ...(use.lastUsed === undefined ? {} : { lastUsed: use.lastUsed }),
    ...(hint === undefined ? {} : { hint }),
    facts: facts({
      workspace,
      can: CAN[privilege],
      ownerless: owner?.kind === 'none' ? 'true' : undefined,
      archived: key.isArchived ? 'true' : undefined,
      createdBy: key.creator === undefined ? undefined : (principals.users.get(key.creator)?.name ?? principals.serviceAccounts.get(key.creator)?.name ?? key.creator),
      note: use.note,
    }),
  };
}

/** What a key does is what its scope and, without a workspace, the role of its principal let it do (anthropic.md, 3.1 and 3.5). */
const CAN: Partial<Readonly<Record<Privilege, string>>> = {
  project: 'call models, everything else in its workspace',
  account: 'call models in every workspace of its owner',
  admin: 'call models, manage keys and members',
};

function privilegeOf({ scope, principal }: AnthropicKey, { users, serviceAccounts }: Principals): Privilege {
  if (scope === undefined) return 'unknown';
  if (scope !== 'organization') return 'project';
  if (typeof principal !== 'object') return 'account';
  return (principal.kind === 'user' ? users : serviceAccounts).get(principal.id)?.isAdmin === true ? 'admin' : 'account';
}

function ownerOf({ principal }: AnthropicKey, { users, serviceAccounts }: Principals): KeyOwner | undefined {
  if (principal === undefined) return undefined;
  if (principal === 'none') return { kind: 'none', name: '' };
  return principal.kind === 'user' ? { kind: 'person', name: users.get(principal.id)?.name ?? principal.id } : { kind: 'service-account', name: serviceAccounts.get(principal.id)?.name ?? principal.id };
}
