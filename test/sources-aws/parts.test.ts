import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/model/errors.ts';
import { readReport } from '../../src/sources/aws/credential-report.ts';
import { explainAws } from '../../src/sources/aws/explain.ts';
import { failureOf } from '../../src/sources/aws/failures.ts';
import { regionOf } from '../../src/sources/aws/login.ts';
import { dotenv } from '../../src/sources/aws/places/_place.ts';
import { parseAwsTarget } from '../../src/sources/aws/target.ts';

describe('a target', () => {
  test.each<readonly [string, object]>([
    ['', {}],
    ['prod', { profile: 'prod' }],
    ['Admin-111122223333', { profile: 'Admin-111122223333' }],
    ['anna@example.com', { profile: 'anna@example.com' }],
    ['anna@example.com@eu-central-1', { profile: 'anna@example.com', regions: ['eu-central-1'] }],
    ['@us-gov-west-1,us-east-1,us-east-1', { regions: ['us-gov-west-1', 'us-east-1'] }],
    ['prod@all', { profile: 'prod', regions: 'all' }],
    ['prod/Audit', { profile: 'prod', role: 'Audit' }],
    ['/team/Audit@all', { role: 'team/Audit', regions: 'all' }],
  ])('%j', (rest, wanted) => {
    expect(parseAwsTarget(rest)).toEqual(wanted);
  });

  test.each(['prod/', 'prod/a b', 'prod/a/', 'a\u0000b'])('%j cannot be', (rest) => {
    expect(() => parseAwsTarget(rest)).toThrow(UsageError);
  });
});

test('the region of a profile is read from a configuration file', () => {
  const text = '[default]\nregion = eu-west-1\n[profile prod]\noutput = json\nregion=us-east-2\n[sso-session x]\nsso_region = eu-north-1\n[profile "a b"]\n  region = no\nregion = ap-south-1\n';
  expect(['default', 'prod', 'a b', 'x', 'none'].map((name) => regionOf(text, name))).toEqual(['eu-west-1', 'us-east-2', 'ap-south-1', undefined, undefined]);
});

test('the credential report is read by the names of its columns', () => {
  const text = 'arn,user,password_enabled,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,additional_credentials_info\r\nx,"a,""b",true,true,2024-05-01T10:00:00+00:00,no_information,N/A,s3,false,N/A,1\r\ny,<root_account>,not_supported,false,2020-01-01T00:00:00+00:00,N/A,N/A,N/A,not_supported,N/A,\r\n';
  expect([...readReport(text).values()]).toEqual([
    { user: 'a,"b', hasPassword: true, keys: [{ active: true, rotated: '2024-05-01T10:00:00.000Z', lastUsedBy: 's3' }], more: 1 },
    { user: '<root_account>', hasPassword: false, keys: [{ active: false, rotated: '2020-01-01T00:00:00.000Z' }], more: 0 },
  ]);
  expect(readReport('').size).toBe(0);
});

describe('a failure', () => {
  const error = (name: string, extra: object = {}): Error => Object.assign(new Error('x'), { name }, extra);
  const service = (name: string, httpStatusCode: number): Error => error(name, { $fault: 'client', $metadata: { httpStatusCode, attempts: 8 } });

  test.each<readonly [string, Error, string | undefined]>([
    ['denied', service('AccessDenied', 403), 'not allowed'],
    ['denied with another word', service('AccessDeniedException', 400), 'not allowed'],
    ['an expired login', service('ExpiredTokenException', 403), 'the login is not accepted (ExpiredTokenException)'],
    ['a region that is switched off', service('UnrecognizedClientException', 403), 'the login is not accepted (UnrecognizedClientException)'],
    ['a user deleted meanwhile', service('NoSuchEntityException', 404), 'no longer there'],
    ['throttled', service('Throttling', 400), 'throttled, given up after 8 attempts'],
    ['refused', service('ValidationException', 400), 'refused (ValidationException)'],
    ['no name', service('Unknown', 502), 'what answers does not speak as AWS does (HTTP 502)'],
    ['an answer that is no XML', error('SyntaxError', { $metadata: { httpStatusCode: 500 } }), 'what answers does not speak as AWS does (HTTP 500)'],
    ['nobody there', error('Error', { code: 'ECONNREFUSED' }), 'no answer (ECONNREFUSED)'],
    ['too late', error('TimeoutError'), 'no answer in time'],
    ['a fault of ours', error('TypeError'), undefined],
  ])('%s', (_, given, why) => {
    expect(failureOf(given, 'iam:ListUsers')?.why).toBe(why);
  });

  test('of a service that is not in the region leaves nothing out', () => {
    const given = error('Error', { code: 'ENOTFOUND' });
    expect(failureOf(given, 'apprunner:ListServices')?.isIncomplete).toBe(false);
    expect(failureOf(given, 'iam:ListUsers')?.isIncomplete).toBe(true);
    expect(failureOf(service('UnrecognizedClientException', 403), 'lambda:ListFunctions')?.why).toContain('the region may not be switched on');
  });
});

test('a stored value becomes lines of a dotenv file', () => {
  expect(dotenv('eu-central-1', 'secrets-manager', 'prod/openai-key', 'value "x"\n')).toEqual({ path: 'aws/eu-central-1/secrets-manager/prod/openai-key.env', text: 'OPENAI_KEY="value \\"x\\"\\n"\n' });
  expect(dotenv('eu-central-1', 'parameter-store', '/prod/ai', '{"OPENAI_API_KEY":"a","port":1,"deep":{"x":[1]}}').text).toBe('OPENAI_API_KEY="a"\nPORT="1"\nDEEP="{\\"x\\":[1]}"\n');
  expect(dotenv('eu-central-1', 'parameter-store', '/', '{no json').text).toBe('_="{no json"\n');
});

test('the explanation names a permission for every call, and a policy that is JSON', () => {
  expect(explainAws.calls.filter(({ permission, call }) => permission === '' && call !== 'sts:GetCallerIdentity')).toEqual([]);
  expect(explainAws.calls.filter(({ onlyValues }) => onlyValues).map(({ call }) => call)).toEqual(['secretsmanager:GetSecretValue', 'ssm:GetParameters']);
  expect(JSON.parse((explainAws.policy ?? []).join('\n'))).toMatchObject({ Version: '2012-10-17', Statement: [{ Sid: 'DekeyInventory' }, { Sid: 'DekeyOrganization' }, { Sid: 'DekeyReadValues' }] });
});
