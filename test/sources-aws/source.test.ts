import { describe, expect, test } from 'vitest';
import type { AwsAccount } from '../e2e/accounts/aws/account.ts';
import { NOW } from '../e2e/accounts/aws/read.ts';
import { READS } from '../e2e/accounts/aws/server.ts';
import { emptyAccount, readServer } from './kit.ts';

const DAY = 86_400_000;
const ago = (days: number): Date => new Date(Date.parse(NOW) - days * DAY);
const keyId = (tail: string): string => `${['AK', 'IA'].join('')}${tail.padEnd(16, 'Q')}`;
const allow = (...Action: readonly string[]) => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] });

const ACCOUNT: AwsAccount = {
  ...emptyAccount(),
  alias: 'acme-prod',
  users: [
    { name: 'anna', created: ago(900), passwordUsed: ago(2), keys: [{ id: keyId('ANNA'), status: 'Active', created: ago(800), used: { at: ago(1), service: 'bedrock', region: 'eu-central-1' } }], groups: ['admins'] },
    { name: 'ci', created: ago(500), keys: [{ id: keyId('CI'), status: 'Active', created: ago(500) }, { id: keyId('CIOLD'), status: 'Inactive', created: ago(700), used: { at: ago(600), service: 's3', region: 'N/A' } }], inline: { models: allow('bedrock:InvokeModel') } },
    { name: 'leaked', created: ago(300), keys: [{ id: keyId('LEAK'), status: 'Active', created: ago(300) }], inline: { models: allow('bedrock:*') }, attached: ['arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3'] },
    { name: 'BedrockAPIKey-ab12', created: ago(100), keys: [], attached: ['arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess'] },
  ],
  groups: [{ name: 'admins', attached: ['arn:aws:iam::aws:policy/AdministratorAccess'] }],
  policies: {
    'arn:aws:iam::aws:policy/AdministratorAccess': allow('*'),
    'arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess': allow('bedrock:CallWithBearerToken', 'bedrock:InvokeModel*'),
    'arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3': { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: ['bedrock:InvokeModel', 'iam:UpdateAccessKey'], Resource: '*' }] },
  },
  bedrock: [
    { id: 'ACCA1', user: 'BedrockAPIKey-ab12', alias: 'BedrockAPIKey-ab12-at-111122223333', status: 'Active', created: ago(100) },
    { id: 'ACCA2', user: 'ci', status: 'Active', created: ago(50), expires: new Date(Date.parse(NOW) + 36_600 * DAY) },
    { id: 'ACCA3', user: 'ci', status: 'Active', created: ago(50), expires: ago(1) },
    { id: 'ACCA4', user: 'ci', status: 'Inactive', created: ago(50), expires: new Date(Date.parse(NOW) + 30 * DAY) },
  ],
  rootKey: { created: ago(2000), used: { at: ago(400), service: 'iam', region: 'us-east-1' } },
  providers: [{ url: 'token.actions.githubusercontent.com', clients: ['sts.amazonaws.com'] }],
  outbound: 'https://abc.tokens.sts.global.api.aws',
  roles: [
    { name: 'deploy', trust: { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRoleWithWebIdentity', Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com' }, Condition: { StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' }, StringLike: { 'token.actions.githubusercontent.com:sub': ['repo:acme/app:*'] } } }] } },
    { name: 'service', trust: { Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'ec2.amazonaws.com' } } } },
  ],
};

describe('an account', () => {
  test('gives its keys with their owners, dates and rights', async () => {
    const { accounts, targets, server } = await readServer('', { accounts: [ACCOUNT] });
    expect(targets.map(({ id, kind, name, facts }) => ({ id, kind, name, account: facts['account'], alias: facts['alias'] }))).toEqual([{ id: 't3', kind: 'aws', name: 'aws:', account: '111122223333', alias: 'acme-prod' }]);
    expect(targets[0]?.skipped).toEqual([{ reason: 'regions other than eu-central-1: not asked for', count: 1, examples: [], incomplete: false }]);
    const keys = new Map((accounts.listed ?? []).map((key) => [key.id, key]));
    expect([...keys.keys()]).toEqual([keyId('ANNA'), keyId('CI'), keyId('CIOLD'), keyId('LEAK'), 'ACCA1', 'ACCA2', 'ACCA3', 'ACCA4', 'root-access-key-1']);
    expect(keys.get(keyId('ANNA'))).toMatchObject({ target: 't3', provider: 'aws', kind: 'pair', privilege: 'admin', status: 'active', owner: { kind: 'person', name: 'anna' }, created: ago(800).toISOString(), expires: 'never', lastUsed: ago(1).toISOString(), publicPart: { fact: 'key-id', value: keyId('ANNA') }, facts: { can: 'call models, create keys, read secrets, change permissions', lastUsedBy: 'bedrock in eu-central-1' } });
    expect(keys.get(keyId('CI'))).toMatchObject({ privilege: 'account', status: 'active', owner: { kind: 'service-account', name: 'ci' }, lastUsed: 'never', facts: { can: 'call models' } });
    expect(keys.get(keyId('CIOLD'))).toMatchObject({ status: 'inactive', lastUsed: ago(600).toISOString(), facts: { lastUsedBy: 's3' } });
    expect(keys.get(keyId('LEAK'))).toMatchObject({ status: 'leaked', facts: { quarantine: 'AWSCompromisedKeyQuarantineV3' } });
    expect(keys.get('ACCA1')).toMatchObject({ provider: 'aws-bedrock', kind: 'api-key', privilege: 'account', status: 'active', expires: 'never', publicPart: { fact: 'user', value: 'BedrockAPIKey-ab12' }, facts: { consoleMade: 'true', can: 'call models' } });
    expect(keys.get('ACCA1')).not.toHaveProperty('lastUsed');
    // The user may call models, but not with a bearer token.
    expect(keys.get('ACCA2')).toMatchObject({ expires: 'never', privilege: 'restricted', facts: { can: '' } });
    expect(keys.get('ACCA3')).toMatchObject({ status: 'expired' });
    expect(keys.get('ACCA4')).toMatchObject({ status: 'inactive', expires: new Date(Date.parse(NOW) + 30 * DAY).toISOString() });
    expect(keys.get('root-access-key-1')).toMatchObject({ privilege: 'admin', owner: { kind: 'root' }, created: ago(2000).toISOString(), lastUsed: ago(400).toISOString(), facts: { root: 'true', lastUsedBy: 'iam in us-east-1' } });
    expect(server.calls.filter(({ action }) => !READS.test(action))).toEqual([]);
  });

  test('gives the issuers it trusts and the roles they open', async () => {
    const { accounts } = await readServer('', { accounts: [ACCOUNT] });
    expect(accounts.settings).toEqual([
      { target: 't3', kind: 'issuer', name: 'token.actions.githubusercontent.com', facts: { url: 'https://token.actions.githubusercontent.com', audiences: 'sts.amazonaws.com' } },
      { target: 't3', kind: 'issuer', name: 'this account', facts: { url: 'https://abc.tokens.sts.global.api.aws', own: 'true' } },
      { target: 't3', kind: 'rule', name: 'deploy', facts: { issuer: 'https://token.actions.githubusercontent.com', subject: 'repo:acme/app:*', audience: 'sts.amazonaws.com', becomes: 'arn:aws:iam::111122223333:role/deploy' } },
    ]);
  });
});
