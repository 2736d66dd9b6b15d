import type { AccountSightings } from '../../../../src/model/account.ts';
import { explainAws } from '../../../../src/sources/aws/explain.ts';
import { openAws } from '../../../../src/sources/aws/index.ts';
import type { RemoteTarget } from '../../../../src/sources/remote.ts';

/** The day on which everything is read. */
export const NOW = '2026-11-29T12:00:00.000Z';

export interface Read {
  readonly targets: readonly RemoteTarget[];
  readonly accounts: AccountSightings;
  readonly notes: readonly string[];
}

/** Reads `aws:REST` as the command would. */
export async function readAws(rest: string, env: Readonly<Record<string, string>>, readValues: boolean, firstId = 0): Promise<Read> {
  const notes: string[] = [];
  const source = await openAws(rest, { firstId, env, home: '/nowhere', version: '0', readValues, now: NOW, note: (line) => notes.push(line) });
  const targets: RemoteTarget[] = [];
  for await (const target of source.read()) targets.push(target);
  await source.finish();
  return { targets, accounts: source.accounts(), notes };
}

/** Every action that the policy of `dekey explain aws` allows. */
export function allowedByExplanation(): readonly string[] {
  const policy: { readonly Statement: readonly { readonly Action: readonly string[] }[] } = JSON.parse((explainAws.policy ?? []).join('\n'));
  return policy.Statement.flatMap(({ Action }) => Action);
}
