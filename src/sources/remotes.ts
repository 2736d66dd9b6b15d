import { ACCOUNT_KINDS, type AccountKind } from '../model/inventory.ts';
import type { OpenRemote } from './remote.ts';

/** A target `KIND:REST` of an account, a cluster or this machine; undefined for a path, and for `github:`, which has a source with options of its own. */
export function parseRemoteTarget(target: string): { readonly kind: AccountKind; readonly rest: string } | undefined {
  const colon = target.indexOf(':');
  const kind = ACCOUNT_KINDS.find((one) => one === target.slice(0, Math.max(0, colon)));
  return kind === undefined ? undefined : { kind, rest: target.slice(colon + 1) };
}

/** Loads the source: each is a bundle of its own, which most runs never open. */
export const OPENERS: Readonly<Partial<Record<AccountKind, () => Promise<OpenRemote>>>> = {
};

/** Kinds that open no connection. */
export const LOCAL_KINDS: ReadonlySet<AccountKind> = new Set<AccountKind>(['machine']);
