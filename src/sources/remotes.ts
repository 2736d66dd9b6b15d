import { ACCOUNT_KINDS, type AccountKind } from '../model/inventory.ts';
import type { OpenRemote } from './remote.ts';

/** A target `KIND:REST` of an account, a cluster or this machine; undefined for a path, and for `github:`, which has a source with options of its own. */
export function parseRemoteTarget(target: string): { readonly kind: AccountKind; readonly rest: string } | undefined {
  const colon = target.indexOf(':');
  const kind = ACCOUNT_KINDS.find((one) => one === target.slice(0, Math.max(0, colon)));
  return kind === undefined ? undefined : { kind, rest: target.slice(colon + 1) };
}

/** Loads the source: each is a bundle of its own, which most runs never open. */
export const OPENERS: Readonly<Record<AccountKind, () => Promise<OpenRemote>>> = {
  aws: async () => (await import('./aws/index.ts')).openAws,
  anthropic: async () => (await import('./accounts.ts')).openAnthropic,
  openai: async () => (await import('./accounts.ts')).openOpenai,
  gcp: async () => (await import('./accounts.ts')).openGcp,
  azure: async () => (await import('./accounts.ts')).openAzure,
  kubernetes: async () => (await import('./accounts.ts')).openKubernetes,
  gitlab: async () => (await import('./accounts.ts')).openGitlab,
  machine: async () => (await import('./accounts.ts')).openMachine,
};

/** Kinds that open no connection. */
export const LOCAL_KINDS: ReadonlySet<AccountKind> = new Set<AccountKind>(['machine']);
