import { AccountClient, ListRegionsCommand } from '@aws-sdk/client-account';
import { CALLS } from './calls.ts';
import type { Gaps } from './gaps.ts';
import { type Access, clientOptions } from './login.ts';
import type { AwsTarget } from './target.ts';

/** Regions to read, sorted. When the list is refused, the region of the login is read, and that is noted. */
export async function regionsOf(asked: AwsTarget['regions'], access: Access, gaps: Gaps): Promise<readonly string[]> {
  if (asked !== undefined && asked !== 'all') return asked.toSorted();
  if (asked === undefined) {
    gaps.add(`regions other than ${access.region}: not asked for`, undefined, false);
    return [access.region];
  }
  const client = new AccountClient(clientOptions(access, 'ACCOUNT'));
  const { items } = await gaps.all(CALLS.regions, async (NextToken) => {
    const page = await client.send(new ListRegionsCommand({ RegionOptStatusContains: ['ENABLED', 'ENABLED_BY_DEFAULT'], ...(NextToken === undefined ? {} : { NextToken }) }));
    return { items: page.Regions, next: page.NextToken };
  });
  client.destroy();
  const names = items.flatMap(({ RegionName }) => (RegionName === undefined ? [] : [RegionName]));
  return names.length === 0 ? [access.region] : names.toSorted();
}
