import type { AccountSightings } from '../../src/model/account.ts';
import type { RemoteContext, RemoteTarget } from '../../src/sources/remote.ts';
import { openAws } from '../../src/sources/aws/index.ts';
import { explainAws } from '../../src/sources/aws/explain.ts';
import type { AwsAccount } from '../e2e/accounts/aws/account.ts';
import { type AwsServer, type AwsServerOptions, startAwsServer } from '../e2e/accounts/aws/server.ts';

export const NOW = '2026-11-29T12:00:00.000Z';
/** Put together here, so that no file holds it whole. */
export const LOGIN = ['AK', 'IA', 'LOOPBACKLOOPBACK'].join('').slice(0, 20);

/** Every action that the policy of `dekey explain aws` allows. */
export function allowedByExplanation(): readonly string[] {
  const policy: { readonly Statement: readonly { readonly Action: readonly string[] }[] } = JSON.parse((explainAws.policy ?? []).join('\n'));
  return policy.Statement.flatMap(({ Action }) => Action);
}

export function emptyAccount(id = '111122223333'): AwsAccount {
  return { id, users: [], groups: [], policies: {}, roles: [], bedrock: [], providers: [], regions: {} };
}

export interface Read {
  readonly targets: readonly RemoteTarget[];
  readonly accounts: AccountSightings;
  readonly notes: readonly string[];
  readonly server: AwsServer;
}

/** Reads `aws:REST` of a server made for it. */
export async function readAws(rest: string, options: Partial<AwsServerOptions> & Pick<AwsServerOptions, 'accounts'>, given: { readonly readValues?: boolean; readonly env?: Readonly<Record<string, string>> } = {}): Promise<Read> {
  const server = await startAwsServer({ accessKeyId: LOGIN, allowed: allowedByExplanation(), ...options });
  try {
    const notes: string[] = [];
    const context: RemoteContext = { firstId: 3, env: { ...server.env, ...given.env }, home: '/nowhere', version: '0', readValues: given.readValues === true, now: NOW, note: (line) => notes.push(line) };
    const source = await openAws(rest, context);
    const targets: RemoteTarget[] = [];
    for await (const target of source.read()) targets.push(target);
    await source.finish();
    return { targets, accounts: source.accounts(), notes, server };
  } finally {
    await server.stop();
  }
}
