import { expect, test } from 'vitest';
import { TargetError } from '../../src/model/errors.ts';
import { CALLS, type AwsCall } from '../../src/sources/aws/calls.ts';
import type { AwsAccount } from '../e2e/accounts/aws/account.ts';
import { allowedByExplanation } from '../e2e/accounts/aws/read.ts';
import { READS } from '../e2e/accounts/aws/server.ts';
import { emptyAccount, readServer } from './kit.ts';

const created = new Date('2025-01-01T00:00:00Z');
const keyId = (tail: string): string => `${['AK', 'IA'].join('')}${tail.padEnd(16, 'Q')}`;

/** Something of everything, so that every call is made. */
const ACCOUNT: AwsAccount = {
  ...emptyAccount(),
  users: ['a', 'b', 'c', 'd'].map((name) => ({ name, created, keys: [{ id: keyId(name.toUpperCase()), status: 'Active', created }] })),
  bedrock: [{ id: 'ACCA1', user: 'a', status: 'Active', created }],
  providers: [{ url: 'token.actions.githubusercontent.com', clients: [] }],
  regions: {
    'eu-central-1': {
      functions: [{ FunctionName: 'f', Environment: { Variables: { X: 'y' } } }],
      tasks: [{ family: 't', containerDefinitions: [{ environment: [{ name: 'X', value: 'y' }] }] }],
      projects: [{ name: 'p', environment: { environmentVariables: [{ name: 'X', value: 'y' }] } }],
      services: [{ ServiceName: 's', SourceConfiguration: { CodeRepository: { CodeConfiguration: { CodeConfigurationValues: { RuntimeEnvironmentVariables: { X: 'y' } } } } } }],
      models: [{ ModelName: 'm', PrimaryContainer: { Environment: { X: 'y' } } }],
      components: [{ InferenceComponentName: 'i', Specification: { Container: { Environment: { X: 'y' } } } }],
      secrets: { s: 'x' },
      parameters: { p: { type: 'String', value: 'x' } },
    },
  },
};
const ALL = Object.values<AwsCall>(CALLS).filter(({ permission, only }) => permission !== '' && only !== 'organization');

test.each(ALL.map((call) => [call.call, call] as const))('without %s the rest is read, and the permission is named', async (name) => {
  const { targets, server } = await readServer('@all', { accounts: [ACCOUNT], allowed: allowedByExplanation().filter((action) => action !== name) }, { readValues: true });
  const gaps = targets[0]?.skipped.filter(({ incomplete }) => incomplete) ?? [];
  expect(gaps.map(({ reason }) => reason).filter((reason) => reason.startsWith(`${name}: not allowed`))).toHaveLength(1);
  expect(gaps.filter(({ reason }) => !reason.startsWith(name)).map(({ reason }) => reason)).toEqual(name === 'iam:ListAccessKeys' ? ['credential report: has access keys of users that could not be listed'] : []);
  expect(server.calls.filter(({ action }) => action === name).every(({ outcome }) => outcome === 'denied')).toBe(true);
});

test('without any permission nothing is said to be empty', async () => {
  const { targets, accounts } = await readServer('', { accounts: [ACCOUNT], allowed: [] });
  expect(accounts.listed).toEqual([]);
  const reasons = targets[0]?.skipped.filter(({ incomplete }) => incomplete).map(({ reason }) => reason) ?? [];
  for (const action of ['iam:ListUsers', 'iam:GetAccountAuthorizationDetails', 'iam:ListServiceSpecificCredentials', 'iam:GetAccountSummary', 'iam:GetCredentialReport', 'lambda:ListFunctions', 'secretsmanager:ListSecrets']) expect(reasons).toContain(`${action}: not allowed`);
});

test('without the policies of users a key is of unknown privilege, and says so', async () => {
  const { accounts } = await readServer('', { accounts: [ACCOUNT], allowed: allowedByExplanation().filter((action) => action !== 'iam:GetAccountAuthorizationDetails') });
  expect(accounts.listed?.[0]).toMatchObject({ id: keyId('A'), privilege: 'unknown', facts: { note: 'its policies were not read' } });
  expect(accounts.listed?.[0]?.facts).not.toHaveProperty('can');
});

test.concurrent('what is throttled is asked again', async () => {
  const { targets, accounts, server } = await readServer('', { accounts: [ACCOUNT], throttle: { 'iam:ListUsers': 1, 'lambda:ListFunctions': 1 } });
  expect(accounts.listed).toHaveLength(5);
  expect(targets[0]?.skipped.filter(({ incomplete }) => incomplete)).toEqual([]);
  expect(server.calls.filter(({ outcome }) => outcome === 'throttled')).toHaveLength(2);
});

test.concurrent('what does not speak as AWS does is named', async () => {
  const { targets } = await readServer('', { accounts: [ACCOUNT], broken: ['iam:ListServiceSpecificCredentials', 'codebuild:ListProjects'] });
  expect(targets[0]?.skipped.filter(({ incomplete }) => incomplete).map(({ reason }) => reason).toSorted()).toEqual(['codebuild:ListProjects: what answers does not speak as AWS does (HTTP 500)', 'iam:ListServiceSpecificCredentials: what answers does not speak as AWS does (HTTP 500)']);
});

test('a login that is not accepted is an error that names the fix', async () => {
  const refused = readServer('', { accounts: [ACCOUNT] }, { env: { AWS_ACCESS_KEY_ID: keyId('OTHER') } });
  await expect(refused).rejects.toThrow(TargetError);
  await expect(refused).rejects.toMatchObject({ message: 'aws: sts:GetCallerIdentity: the login is not accepted (InvalidClientTokenId)', fix: expect.stringContaining('aws sso login') });
});

test('a profile that is not there is an error that names the fix', async () => {
  await expect(readServer('nobody', { accounts: [ACCOUNT] })).rejects.toMatchObject({ message: expect.stringContaining('aws (profile nobody): no login: '), fix: expect.stringContaining('aws sso login --profile nobody') });
});

test.concurrent('an address where nothing of AWS answers is an error', async () => {
  await expect(readServer('', { accounts: [ACCOUNT], broken: ['sts:GetCallerIdentity'] })).rejects.toMatchObject({ message: 'aws: sts:GetCallerIdentity: what answers does not speak as AWS does (HTTP 500)' });
});

test('keys that only the report knows are not passed over', async () => {
  const { targets } = await readServer('', { accounts: [{ ...ACCOUNT, reportsMore: { b: 1 } }] });
  expect(targets[0]?.skipped).toContainEqual({ reason: 'credential report: has more access keys of a user than iam:ListAccessKeys', count: 1, examples: ['b'], incomplete: false });
});

test('an organisation is read account by account, and those that refuse are named', async () => {
  const accounts = ['111122223333', '222233334444', '333344445555', '444455556666'].map((id) => ({ ...ACCOUNT, id, alias: `acme-${id.slice(0, 1)}` }));
  const { targets, accounts: told, notes, server } = await readServer('/Audit', { accounts, closed: ['333344445555'] });
  expect(targets.map(({ id, name, facts }) => [id, name, facts['account'], facts['accountName']])).toEqual([
    ['t3', 'aws:/111122223333', '111122223333', 'acme-1'], ['t4', 'aws:/222233334444', '222233334444', 'acme-2'], ['t5', 'aws:/444455556666', '444455556666', 'acme-4'],
  ]);
  expect(targets[0]?.skipped).toContainEqual({ reason: 'accounts not covered: sts:AssumeRole of Audit: not allowed', count: 1, examples: ['333344445555'], incomplete: true });
  expect(told.listed?.map(({ target }) => target)).toEqual(['t3', 't4', 't5'].flatMap((target) => Array.from({ length: 5 }, () => target)));
  expect(notes).toEqual(['AWS: 3 accounts of the organisation are read']);
  expect(server.calls.filter(({ action }) => !READS.test(action))).toEqual([]);
  await expect(readServer('/Audit', { accounts, allowed: [] })).rejects.toMatchObject({ message: 'aws: organizations:ListAccounts: not allowed' });
});
