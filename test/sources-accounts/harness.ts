import { afterEach } from 'vitest';
import type { AccountSightings, ListedKey } from '../../src/model/account.ts';
import type { OpenRemote, RemoteContext, RemoteTarget } from '../../src/sources/remote.ts';
import type { AccountServer } from '../e2e/accounts/loopback.ts';

export const NOW = '2026-11-29T12:00:00Z';

const servers: AccountServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

/** Stopped after the test. */
export function kept(server: AccountServer): AccountServer {
  servers.push(server);
  return server;
}

export interface ReadAccount {
  readonly target: RemoteTarget;
  readonly accounts: AccountSightings;
  readonly key: (id: string) => ListedKey;
  readonly reasons: readonly string[];
  readonly notes: readonly string[];
}

export async function readAccount(open: OpenRemote, rest: string, env: RemoteContext['env']): Promise<ReadAccount> {
  const notes: string[] = [];
  const source = await open(rest, { firstId: 4, env, home: '/nowhere', version: '0.0.0', readValues: false, now: NOW, note: (line) => notes.push(line) });
  const targets: RemoteTarget[] = [];
  for await (const one of source.read()) targets.push(one);
  await source.finish();
  const [target] = targets;
  if (target === undefined || targets.length !== 1) throw new Error(`${targets.length} targets`);
  const accounts = source.accounts();
  const key = (id: string): ListedKey => {
    const found = accounts.listed?.find((one) => one.id === id);
    if (found === undefined) throw new Error(`no key ${id}`);
    return found;
  };
  return { target, accounts, key, reasons: target.skipped.map(({ reason }) => reason), notes };
}
