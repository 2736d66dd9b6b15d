import { GetSecretValueCommand, ListSecretsCommand, type SecretListEntry, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CALLS } from '../calls.ts';
import { inLanes } from '../gaps.ts';
import { clientOptions } from '../login.ts';
import { AT_A_TIME, dotenv, type Found, type Place } from './_place.ts';

/** Names and dates of secrets; with `--read-values` also what is in them. */
export const secretsManager: Place = async ({ access, region, gaps, readValues }) => {
  const client = new SecretsManagerClient(clientOptions(access, 'SECRETS_MANAGER', region));
  const { items } = await gaps.all(CALLS.secrets, async (NextToken) => {
    const page = await client.send(new ListSecretsCommand(NextToken === undefined ? {} : { NextToken }));
    return { items: page.SecretList, next: page.NextToken };
  }, region);
  const texts = !readValues ? [] : await inLanes(items, AT_A_TIME, async ({ ARN, Name = '' }) => {
    const value = await gaps.attempt(CALLS.secretValue, async () => await client.send(new GetSecretValueCommand({ SecretId: ARN ?? Name })), Name);
    const text = value?.SecretString ?? textOf(value?.SecretBinary);
    return text === undefined ? [] : [dotenv(region, 'secrets-manager', Name, text)];
  });
  client.destroy();
  return { texts: texts.flat(), stored: items.flatMap(storedOf) };
};

function storedOf({ Name, CreatedDate, LastChangedDate }: SecretListEntry): Found['stored'] {
  if (Name === undefined) return [];
  return [{
    store: 'aws-secrets-manager',
    scope: 'repository',
    name: Name,
    ...(CreatedDate === undefined ? {} : { created: CreatedDate.toISOString() }),
    ...(LastChangedDate === undefined ? {} : { updated: LastChangedDate.toISOString() }),
  }];
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined || bytes.includes(0) ? undefined : Buffer.from(bytes).toString('utf8');
}
