import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { abilitiesOfAccessKey, abilitiesOfBedrockKey } from '../../src/sources/aws/abilities.ts';
import { matchesGlob, type Permissions, readPolicy, reachOf } from '../../src/sources/aws/permissions.ts';

const MODEL = { action: 'bedrock:InvokeModel', resource: 'arn:aws:bedrock:none-none-0::foundation-model/dekey.none' };
const OWN = 'arn:aws:bedrock:none-none-0:000000000000:provisioned-model/none';
const ARN = 'arn:aws:iam::111122223333:user/ci';

const of = (...statements: readonly object[]): Permissions => ({ statements: statements.flatMap((Statement) => readPolicy(JSON.stringify({ Statement })) ?? []), unread: [] });
const allow = (Action: string | readonly string[], Resource: string | readonly string[] = '*', Condition?: object): object => ({ Effect: 'Allow', Action, Resource, ...(Condition === undefined ? {} : { Condition }) });
const deny = (Action: string | readonly string[], Resource: string | readonly string[] = '*', Condition?: object): object => ({ ...allow(Action, Resource, Condition), Effect: 'Deny' });
const TLS = (value: unknown): object => ({ Bool: { 'aws:SecureTransport': value } });
const MFA = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } };

describe('reach', () => {
  test.each<readonly [string, Permissions, string]>([
    ['nothing allowed', of(), 'none'],
    ['by name', of(allow('bedrock:InvokeModel')), 'all'],
    ['in other letters', of(allow('BEDROCK:invokemodel')), 'all'],
    ['by wildcard', of(allow('bedrock:Invoke*')), 'all'],
    ['by question mark', of(allow('bedrock:InvokeMode?')), 'all'],
    ['by star', of(allow('*')), 'all'],
    ['another service', of(allow('s3:*')), 'none'],
    ['all models of a region', of(allow('bedrock:*', 'arn:aws:bedrock:us-east-1::foundation-model/*')), 'all'],
    ['one model', of(allow('bedrock:*', 'arn:aws:bedrock:*::foundation-model/anthropic.claude-*')), 'some'],
    ['everything on resources of another service', of(allow('*', 'arn:aws:s3:::bucket/*')), 'none'],
    ['under a condition', of(allow('bedrock:*', '*', MFA)), 'conditional'],
    ['over TLS alone', of(allow('bedrock:*', '*', TLS('true'))), 'all'],
    ['over TLS alone, and with MFA', of(allow('bedrock:*', '*', { Bool: { 'AWS:securetransport': 'true', 'aws:MultiFactorAuthPresent': 'true' } })), 'conditional'],
    ['over TLS or not', of(allow('bedrock:*', '*', TLS(['true', 'false']))), 'all'],
    ['without TLS alone', of(allow('bedrock:*', '*', TLS(false))), 'none'],
    ['denied without TLS', of(allow('*'), deny('*', '*', TLS('false'))), 'all'],
    ['denied without TLS, by the careful', of(allow('*'), deny('*', '*', { BoolIfExists: { 'aws:SecureTransport': 'false' } })), 'all'],
    ['denied without TLS and from elsewhere', of(allow('*'), deny('*', '*', { Bool: { 'aws:SecureTransport': 'false' }, NotIpAddress: { 'aws:SourceIp': '192.0.2.0/24' } })), 'all'],
    ['denied over TLS', of(allow('*'), deny('*', '*', TLS('true'))), 'none'],
    ['under a condition that is none', of(allow('bedrock:*', '*', { Bool: 'true' })), 'conditional'],
    ['under a condition on TLS of another kind', of(allow('bedrock:*', '*', { Null: { 'aws:SecureTransport': 'false' } })), 'conditional'],
    ['under a condition, and some without', of(allow('bedrock:*', '*', MFA), allow('bedrock:*', 'arn:aws:bedrock:*::foundation-model/x')), 'some'],
    ['everything but IAM', of({ Effect: 'Allow', NotAction: ['iam:*', 'organizations:*'], Resource: '*' }), 'all'],
    ['everything but models', of({ Effect: 'Allow', NotAction: 'bedrock:*', Resource: '*' }), 'none'],
    ['denied by name', of(allow('*'), deny('bedrock:InvokeModel')), 'none'],
    ['denied in one region', of(allow('*'), deny('bedrock:*', 'arn:aws:bedrock:us-east-1::foundation-model/*')), 'some'],
    ['denied under a condition', of(allow('*'), deny('bedrock:*', '*', MFA)), 'conditional'],
    ['denied on resources of another service', of(allow('*'), deny('*', 'arn:aws:s3:::bucket')), 'all'],
    ['denied everything but one service', of(allow('*'), { Effect: 'Deny', NotAction: 's3:*', Resource: '*' }), 'none'],
    ['denied on everything but one model', of(allow('*'), { Effect: 'Deny', Action: 'bedrock:*', NotResource: 'arn:aws:bedrock:*::foundation-model/x' }), 'some'],
    ['allowed on everything but one bucket', of({ Effect: 'Allow', Action: '*', NotResource: 'arn:aws:s3:::bucket' }), 'all'],
    ['allowed on everything but the models of one region', of({ Effect: 'Allow', Action: '*', NotResource: 'arn:aws:bedrock:us-east-1::foundation-model/*' }), 'some'],
    ['the boundary does not allow it', { ...of(allow('*')), boundary: of(allow('s3:*')).statements }, 'none'],
    ['the boundary allows one model', { ...of(allow('*')), boundary: of(allow('bedrock:*', 'arn:aws:bedrock:*::foundation-model/x')).statements }, 'some'],
    ['the boundary alone allows nothing', { ...of(), boundary: of(allow('*')).statements }, 'none'],
    ['the boundary denies it', { ...of(allow('*')), boundary: of(allow('*'), deny('bedrock:*')).statements }, 'none'],
  ])('%s', (_, permissions, reach) => {
    expect(reachOf(permissions, MODEL)).toBe(reach);
  });
});

test.each([
  ['denied', of(allow('*'), deny('bedrock:*', 'arn:aws:bedrock:*::foundation-model/*'))],
  ['left out', of({ Effect: 'Allow', Action: '*', NotResource: 'arn:aws:bedrock:*::foundation-model/*' })],
])('what is %s on one kind of model is still allowed on another', (_, permissions) => {
  expect([reachOf(permissions, MODEL), reachOf(permissions, { ...MODEL, besides: [OWN] })]).toEqual(['none', 'some']);
});

describe('for any policies', () => {
  const actions = fc.constantFrom('*', 'bedrock:*', 'bedrock:InvokeModel', 'bedrock:invoke*', 'bedrock:Get*', 's3:*');
  const resources = fc.constantFrom('*', 'arn:aws:bedrock:*::foundation-model/*', 'arn:aws:bedrock:us-east-1::foundation-model/a', 'arn:aws:bedrock:*:*:provisioned-model/*', 'arn:aws:s3:::bucket');
  const statement = fc.record({ effect: fc.constantFrom('Allow', 'Deny'), not: fc.boolean(), action: actions, notResource: fc.boolean(), resource: resources, condition: fc.boolean() }).map(({ effect, not, action, notResource, resource, condition }) => ({ Effect: effect, [not ? 'NotAction' : 'Action']: action, [notResource ? 'NotResource' : 'Resource']: resource, ...(condition ? { Condition: MFA } : {}) }));
  const statements = fc.array(statement, { maxLength: 5 });
  const rank = (permissions: Permissions): number => ['none', 'conditional', 'some', 'all'].indexOf(reachOf(permissions, { ...MODEL, besides: [OWN] }));

  test('a denial or a boundary widens nothing, an allowance narrows nothing, and order is nothing', () => {
    fc.assert(fc.property(statements, statement, statements, (own, more, boundary) => {
      const [before, after] = [rank(of(...own)), rank(of(...own, more))];
      expect(more.Effect === 'Deny' ? after <= before : after >= before).toBe(true);
      expect(rank({ ...of(...own), boundary: of(...boundary).statements })).toBeLessThanOrEqual(before);
      expect(rank(of(...own.toReversed()))).toBe(before);
    }), { numRuns: 2000 });
  });

  test('a wildcard matches what a regular expression of the same meaning matches', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '?'), maxLength: 6 });
    fc.assert(fc.property(pattern, text, (one, other) => {
      expect(matchesGlob(one, other)).toBe(new RegExp(`^${one.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(other));
    }), { numRuns: 3000 });
  });
});

describe('a policy', () => {
  test('is read as it is and percent-encoded', () => {
    const text = JSON.stringify({ Version: '2012-10-17', Statement: allow('bedrock:*') });
    expect(readPolicy(encodeURIComponent(text))).toEqual(readPolicy(text));
    expect(readPolicy(text)).toHaveLength(1);
  });

  test.each(['', '{', '%', '%7B', '[]', '"x"', '1', 'null'])('that is none gives nothing: %j', (text) => {
    expect(readPolicy(text)).toBeUndefined();
  });

  test('with statements that are none gives the others', () => {
    expect(readPolicy(JSON.stringify({ Statement: [null, 1, { Effect: 'Maybe' }, { Effect: 'Allow' }, allow('s3:*')] }))).toHaveLength(1);
  });
});

describe('an access key', () => {
  test.each<readonly [string, Permissions, string, string, string]>([
    ['of an administrator', of(allow('*')), 'admin', 'call models, create keys, read secrets, change permissions', ''],
    ['that may do all of IAM', of(allow('iam:*')), 'admin', 'create keys, change permissions', ''],
    ['that may put policies on itself', of(allow('iam:PutUserPolicy', ARN)), 'admin', 'change permissions', ''],
    ['that may put policies on roles only', of(allow('iam:Put*', 'arn:aws:iam::111122223333:role/*')), 'restricted', '', ''],
    ['of an administrator with a second factor', of(allow('*', '*', MFA)), 'unknown', 'call models, create keys, read secrets, change permissions', 'call models, create keys, read secrets, change permissions'],
    ['for one endpoint', of(allow('sagemaker:InvokeEndpoint', 'arn:aws:sagemaker:eu-central-1:111122223333:endpoint/mine')), 'restricted', 'call models', ''],
    ['for the newer endpoint of Bedrock', of(allow('bedrock-mantle:CreateInference')), 'account', 'call models', ''],
    ['that reads parameters', of(allow('ssm:GetParameter*', 'arn:aws:ssm:*:*:parameter/prod/*')), 'restricted', 'read secrets', ''],
    ['with a policy nobody may read', { ...of(), unread: ['x'] }, 'unknown', '', ''],
  ])('%s', (_, permissions, privilege, can, conditional) => {
    const abilities = abilitiesOfAccessKey(permissions, ARN);
    expect({ privilege: abilities.privilege, can: abilities.can.join(', '), conditional: abilities.conditional.join(', ') }).toEqual({ privilege, can, conditional });
  });
});

test('a Bedrock key needs the right to be one beside the right to call', () => {
  expect(abilitiesOfBedrockKey(of(allow('bedrock:InvokeModel')))).toEqual({ privilege: 'restricted', can: [], conditional: [] });
  expect(abilitiesOfBedrockKey(of(allow('bedrock:CallWithBearerToken')))).toMatchObject({ can: [] });
  expect(abilitiesOfBedrockKey(of(allow(['bedrock:InvokeModel', 'bedrock:CallWithBearerToken'])))).toEqual({ privilege: 'account', can: ['call models'], conditional: [] });
  expect(abilitiesOfBedrockKey(of(allow('bedrock-mantle:*')))).toMatchObject({ privilege: 'account' });
  // The rights of the user beyond models are none of its keys'.
  expect(abilitiesOfBedrockKey(of(allow('*')))).toMatchObject({ privilege: 'account', can: ['call models'] });
});

test('a wildcard is matched in time that does not run away', () => {
  const begun = performance.now();
  expect(matchesGlob(`${'*a'.repeat(200)}b`, 'a'.repeat(5000))).toBe(false);
  expect(performance.now() - begun).toBeLessThan(2000);
  expect([matchesGlob('', ''), matchesGlob('*', ''), matchesGlob('?', ''), matchesGlob('a*c', 'abc'), matchesGlob('a*c', 'ab')]).toEqual([true, true, false, true, false]);
});
