import { describe, expect, test } from 'vitest';
import { emitAws } from '../../src/emit/aws.ts';
import type { Target } from '../../src/model/federation.ts';
import type { Input, Text } from '../../src/model/text.ts';

function target(id: string, permission: Target['permission'] = 'cloud-access'): Target {
  return {
    id, party: 'aws', platform: 'github-actions', workload: `deploy.yml › ${id}`, path: '.github/workflows/deploy.yml', facts: {}, permission, provider: 'aws', keys: ['AWS_ACCESS_KEY_ID'], lifetime: 3600,
    policy: { issuer: ['https://token.actions.githubusercontent.com'], issuerIsShared: true, audience: ['sts.amazonaws.com'], subject: { kind: 'exact', text: [`repo:acme/app:environment:${id}`] }, claims: [], uploadsKeys: false },
  };
}

function scriptOf(targets: readonly Target[]): string {
  const ask = (input: Input): Text => [{ input: input.id }];
  return emitAws(targets, ask, new Map()).files.find(({ path }) => path === 'aws/create.sh')?.text ?? '';
}

/** The variable whose policy each role gets. */
function attached(script: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...script.matchAll(/attach-role-policy --role-name (\S+) --policy-arn "\$\{(\w+)\}"/g)].map(([, role = '', variable = '']) => [role, variable]));
}

describe('managed policies of roles', () => {
  test('one role has the one that is asked for', () => {
    expect(attached(scriptOf([target('app-main')]))).toEqual({ 'app-main': 'AWS_POLICY_ARN' });
  });

  test('each of several has its own, which the script asks for by name', () => {
    const script = scriptOf([target('app-development'), target('app-production')]);
    expect(attached(script)).toEqual({ 'app-development': 'AWS_POLICY_ARN_APP_DEVELOPMENT', 'app-production': 'AWS_POLICY_ARN_APP_PRODUCTION' });
    expect(script).toContain('AWS_POLICY_ARN_APP_PRODUCTION:?');
  });

  test('roles whose policy the plan writes are not counted', () => {
    expect(attached(scriptOf([target('app-main'), target('app-model', 'bedrock-invoke')]))).toEqual({ 'app-main': 'AWS_POLICY_ARN' });
  });
});
