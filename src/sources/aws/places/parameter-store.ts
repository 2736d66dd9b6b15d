import { DescribeParametersCommand, GetParametersCommand, type Parameter, SSMClient } from '@aws-sdk/client-ssm';
import { CALLS } from '../calls.ts';
import { failureOf } from '../failures.ts';
import { inLanes } from '../gaps.ts';
import { clientOptions } from '../login.ts';
import { dotenv, type Place } from './_place.ts';

/** Names in one call, at most. */
const BATCH = 10;

/** Names and dates of parameters; with `--read-values` also what is in them, decrypted. */
export const parameterStore: Place = async ({ access, region, gaps, readValues }) => {
  const client = new SSMClient(clientOptions(access, 'SSM', region));
  const { items } = await gaps.all(CALLS.parameters, async (NextToken) => {
    const page = await client.send(new DescribeParametersCommand({ MaxResults: 50, ...(NextToken === undefined ? {} : { NextToken }) }));
    return { items: page.Parameters, next: page.NextToken };
  }, region);
  const names = items.flatMap(({ Name }) => (Name === undefined ? [] : [Name]));
  const get = async (some: readonly string[]): Promise<readonly Parameter[]> => {
    const { Parameters, InvalidParameters } = await client.send(new GetParametersCommand({ Names: [...some], WithDecryption: true }));
    for (const name of InvalidParameters ?? []) gaps.add('ssm:GetParameters: no longer there', name, false);
    return Parameters ?? [];
  };
  const batches = Array.from({ length: Math.ceil(names.length / BATCH) }, (_, index) => names.slice(index * BATCH, (index + 1) * BATCH));
  const values = !readValues ? [] : await inLanes(batches, 2, async (batch) => {
    try {
      return await get(batch);
    } catch (error) {
      if (failureOf(error, CALLS.parameterValues.call) === undefined) throw error;
      // One parameter that cannot be decrypted takes the whole answer with it.
      return (await inLanes(batch, 2, async (name) => (await gaps.attempt(CALLS.parameterValues, async () => await get([name]), name)) ?? [])).flat();
    }
  });
  client.destroy();
  return {
    texts: values.flat().flatMap(({ Name, Value }) => (Name === undefined || Value === undefined ? [] : [dotenv(region, 'parameter-store', Name, Value)])),
    stored: items.flatMap(({ Name, LastModifiedDate }) => (Name === undefined ? [] : [{ store: 'aws-parameter-store' as const, scope: 'repository' as const, name: Name, ...(LastModifiedDate === undefined ? {} : { updated: LastModifiedDate.toISOString() }) }])),
  };
};
