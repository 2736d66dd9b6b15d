import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCel } from '../../src/trust/cel.ts';
import type { TrustReading } from '../../src/trust/model.ts';
import { readAwsTrust } from '../../src/trust/read-aws.ts';
import { readAzureCredential } from '../../src/trust/read-azure.ts';
import { claimOfMapping, readGoogleProvider } from '../../src/trust/read-google.ts';
import { readKubernetesWorkload } from '../../src/trust/read-kubernetes.ts';
import {
  readAnthropicRule,
  readDatabricksPolicy,
  readOpenAiRule,
  readOpenRouterPolicy,
  readRuleFields,
  readSnowflakeUser,
  readVaultRole,
} from '../../src/trust/read-rules.ts';
import { readWorkflow } from '../../src/trust/read-workflow.ts';
import { isAnchored } from '../../src/trust/regex.ts';
import { auditTrust } from '../../src/trust/rules.ts';
import { parseYaml } from '../../src/support/yaml.ts';
import { AUD, aws, flexible, GITHUB, google, kubernetes, statement, SUBJECT, workflow } from './documents.ts';

const READERS: Readonly<Record<string, (text: string) => TrustReading>> = {
  aws: readAwsTrust,
  azure: readAzureCredential,
  anthropic: (text) => readAnthropicRule(text, text),
  openai: (text) => readOpenAiRule(text, text),
  vault: (text) => readVaultRole(text, text),
  openrouter: readOpenRouterPolicy,
  databricks: readDatabricksPolicy,
  snowflake: readSnowflakeUser,
  workflow: readWorkflow,
  kubernetes: (text) => readKubernetesWorkload(parseYaml(text)),
  google: (text) =>
    readGoogleProvider({ issuer: text, attributeCondition: text, attributeMapping: { 'google.subject': text }, bindings: [text], allowedAudiences: [text] }),
  fields: (text) => readRuleFields('infisical', { issuer: text, subject: text, audiences: [text], claims: { [text]: text }, dialect: 'vault' }),
};

/** Words that readers look for, so that random documents get past the first question. */
const WORDS = [
  'Statement',
  'Effect',
  'Allow',
  'Principal',
  'Federated',
  'Action',
  'sts:*',
  'Condition',
  'StringLike',
  'match',
  'condition',
  'claims',
  'issuer',
  'subject',
  'audiences',
  'bound_claims',
  'jobs',
  'steps',
  'permissions',
  'id-token',
  'uses',
  'on',
  'spec',
  'containers',
  'volumes',
  `${GITHUB}:sub`,
  'claimsMatchingExpression',
  'repo:*',
  '*',
  'oidc_policy',
  'Role',
  'AssumeRolePolicyDocument',
  'data',
  'config',
  'provider',
];
const word = fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 8 }));
const { value: tree } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    word,
    fc.constantFrom(true, null, 7),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(word, tie('value'), { maxKeys: 4 }),
  ),
}));

describe.each(Object.entries(READERS))('%s', (_name, read) => {
  test('never throws, and neither does the audit of what was read', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      tree.map((value) => JSON.stringify(value)),
      fc.json(),
    );
    fc.assert(
      fc.property(text, (source) => {
        const { documents, problems } = read(source);
        for (const document of documents) expect(Array.isArray(auditTrust(document, { privileged: true, variables: { a: 'b' } }))).toBe(true);
        expect(Array.isArray(problems)).toBe(true);
      }),
    );
  });

  test('deep nesting and long rows of one sign are survived', () => {
    for (const sign of ["'", '*', '"', '$', '{', 'a=', '<a']) expect(() => read(`WORKLOAD_IDENTITY = ( A = (${sign.repeat(5000)} )`)).not.toThrow();
    expect(() => read('['.repeat(20_000))).not.toThrow();
    expect(() => read(`${'('.repeat(5000)}a`)).not.toThrow();
  });
});

describe('IAM trust policies', () => {
  test('an action of many stars takes no time', () => {
    expect(aws(statement({ StringEquals: { ...AUD, sub: SUBJECT } }, GITHUB, { Action: `${'*'.repeat(200)}x` })).arms).toEqual([]);
  });

  test('every condition is kept, with operator, place and key', () => {
    const [arm] = aws(
      statement({ StringEquals: { ...AUD, sub: [SUBJECT] }, 'ForAllValues:StringLikeIfExists': { ref: 'x*' }, IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } }),
    ).arms;
    expect(arm?.issuer).toBe(`https://${GITHUB}`);
    expect(arm?.conditions.map(({ claim, operator, ifExists, quantifier, isRequest }) => [claim, operator, ifExists, quantifier, isRequest])).toEqual([
      ['aud', 'StringEquals', undefined, undefined, undefined],
      ['sub', 'StringEquals', undefined, undefined, undefined],
      ['ref', 'ForAllValues:StringLikeIfExists', true, 'all', undefined],
      ['aws:SourceIp', 'IpAddress', undefined, undefined, true],
    ]);
    expect(arm?.conditions[1]?.place).toBe(`/Statement/Condition/StringEquals/${GITHUB}:sub`);
  });

  test('operators that are not understood bound nothing', () => {
    expect(auditTrust(aws(statement({ StringEquals: AUD, ArnLike: { sub: SUBJECT } }))).map(({ rule }) => rule)).toContain('TP001');
  });

  test('several statements and principals are several arms; Deny and services are none', () => {
    const document = aws([
      statement({ StringEquals: { sub: 'a' } }, GITHUB, {
        Principal: { Federated: [`arn:aws:iam::111122223333:oidc-provider/${GITHUB}`, 'arn:aws:iam::111122223333:oidc-provider/gitlab.com'] },
      }),
      { Effect: 'Deny', Principal: '*', Action: '*' },
      { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ]);
    expect(document.arms.map(({ issuer, place }) => [issuer, place])).toEqual([
      [`https://${GITHUB}`, '/Statement/0'],
      ['https://gitlab.com', '/Statement/0'],
    ]);
  });

  test('what is no policy is a problem', () => {
    expect(readAwsTrust('{}').problems).toHaveLength(1);
    expect(readAwsTrust('').documents).toEqual([]);
    expect(readAwsTrust('{"Statement":').problems).not.toEqual([]);
  });

  test('session tags of Buildkite are claims', () => {
    const document = aws(
      statement(
        {
          StringEquals: { ...AUD, 'aws:RequestTag/organization_slug': 'acme', 'aws:RequestTag/pipeline_slug': 'app', 'aws:RequestTag/build_branch': 'main' },
          StringLike: { sub: 'organization:acme:*' },
        },
        'agent.buildkite.com',
      ),
    );
    expect(auditTrust(document).filter(({ severity }) => severity !== 'medium')).toEqual([]);
  });
});

describe('Google', () => {
  test('the condition and the binding hold at once', () => {
    const { arms } = google({
      attributeCondition: `assertion.repository_owner_id == '10' || google.subject == 'x'`,
      bindings: ['user:a@example.com', 'principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/attribute.repository_id/20'],
    });
    expect(arms.map(({ conditions }) => conditions.map(({ claim }) => claim))).toEqual([
      ['repository_owner_id', 'aud', 'repository_id'],
      ['sub', 'aud', 'repository_id'],
    ]);
  });

  test.each([
    ['assertion.sub', 'sub'],
    [`assertion['oidc.circleci.com/project-id']`, 'oidc.circleci.com/project-id'],
    [`assertion.sub + 'x'`, undefined],
    [`assertion.a == 'y' || assertion.b`, undefined],
  ])('mapping %s copies %s', (mapping, claim) => {
    expect(claimOfMapping(mapping)).toBe(claim);
  });

  test('an attribute that is computed bounds nothing', () => {
    const document = google({
      attributeMapping: { 'google.subject': 'assertion.sub', 'attribute.repository_id': `assertion.repository.split('/')[0]` },
      attributeCondition: `attribute.repository_id == '20'`,
    });
    expect(auditTrust(document).map(({ rule }) => rule)).toContain('TP028');
  });

  test('a condition that cannot be read is a problem', () => {
    expect(readGoogleProvider({ issuer: 'https://gitlab.com', attributeCondition: 'assertion.sub ==' }).problems).toHaveLength(1);
  });
});

describe('expressions', () => {
  const read = (text: string): unknown =>
    readCel(text, (parts) => (parts[0] === 'claims' && parts.length > 1 ? parts.slice(1).join('/') : undefined), '').arms?.map((arm) =>
      arm.map(({ claim, matcher }) => [claim, matcher.kind, 'values' in matcher ? matcher.values.join('|') : '']),
    );

  test.each([
    [`claims.a == "x"`, [[['a', 'exact', 'x']]]],
    [`'x' == claims['a.b/c']`, [[['a.b/c', 'exact', 'x']]]],
    [`claims["kubernetes.io"].namespace == 'prod'`, [[['kubernetes.io/namespace', 'exact', 'prod']]]],
    [
      `claims.a in ['x', "y"] && !(claims.b != 'z')`,
      [
        [
          ['a', 'exact', 'x|y'],
          ['b', 'exact', 'z'],
        ],
      ],
    ],
    [`claims.a.startsWith('x') || claims.b.matches("^y$")`, [[['a', 'prefix', 'x']], [['b', 'regex', '^y$']]]],
    [
      `has(claims.a) && !has(claims.b)`,
      [
        [
          ['a', 'present', ''],
          ['b', 'absent', ''],
        ],
      ],
    ],
    [`claims.a == 'it\\'s \\u0041\\x42'`, [[['a', 'exact', "it's AB"]]]],
    [`claims.a == r'\\d'`, [[['a', 'exact', '\\d']]]],
    [
      `claims.verified == true && claims.n == 7`,
      [
        [
          ['verified', 'exact', 'true'],
          ['n', 'exact', '7'],
        ],
      ],
    ],
    [`'x' in claims.groups`, [[['groups', 'exact', 'x']]]],
    [`true || claims.a == 'x'`, [[], [['a', 'exact', 'x']]]],
    [`false`, []],
    [`claims.a == claims.b`, [[['', 'unknown', '']]]],
    [`claims.a == 'x' ? true : false`, [[['', 'unknown', '']]]],
    [`claims.list.exists(e, e == 'x')`, [[['', 'unknown', '']]]],
    [`claims.a == 'x' // note`, [[['a', 'exact', 'x']]]],
  ])('%s', (text, arms) => {
    expect(read(text)).toEqual(arms);
  });

  test.each([`claims.a ==`, `claims.a = 'x'`, `'x`, `(claims.a == 'x'`, `claims.a == 'x') `, `claims.a == '\\q'`, '', '@'])('%s is no expression', (text) => {
    expect(read(text)).toBeUndefined();
  });

  test('alternatives that multiply beyond reason are not known', () => {
    const text = Array.from({ length: 12 }, (_, index) => `(claims.a${index} == 'x' || claims.b${index} == 'x')`).join(' && ');
    expect(
      readCel(text, (parts) => parts[1], '')
        .arms?.flat()
        .some(({ matcher }) => matcher.kind === 'unknown'),
    ).toBe(true);
  });
});

test.each([
  ['^a$', true],
  ['a', false],
  ['^a', false],
  ['^a|b$', false],
  ['^(a|b)$', true],
  ['^(?:a|b)$', true],
  ['^a\\$', false],
  ['^(a)(b|c)$', true],
])('whether %s is anchored: %s', (source, anchored) => {
  expect(isAnchored(source)).toBe(anchored);
});

describe('other documents', () => {
  test('flexible expressions have one space round each word', () => {
    expect(
      flexible(`claims['sub'] matches 'repo:acme/app:*' and claims['job_workflow_ref'] eq 'x'`).arms[0]?.conditions.map(({ claim, matcher }) => [
        claim,
        matcher.kind,
      ]),
    ).toEqual([
      ['sub', 'glob'],
      ['job_workflow_ref', 'exact'],
      ['aud', 'exact'],
    ]);
    expect(flexible(`claims['sub'] matches "repo:acme/app:*"`).arms[0]?.conditions[0]?.matcher.kind).toBe('unknown');
  });

  test('a credential with both a subject and an expression is a problem', () => {
    expect(
      readAzureCredential(JSON.stringify({ issuer: 'https://gitlab.com', subject: 'a', claimsMatchingExpression: { value: `claims['sub'] eq 'a'` } })).problems,
    ).toHaveLength(1);
    expect(
      readAzureCredential(
        JSON.stringify({ properties: { issuer: 'https://gitlab.com', subject: 'a', audiences: ['b'] } }),
      ).documents[0]?.arms[0]?.conditions.map(({ place }) => place),
    ).toEqual(['/properties/subject', '/properties/audiences']);
  });

  test('Snowflake statements are read with quotes and comments', () => {
    const { documents } = readSnowflakeUser(`
      -- WORKLOAD_IDENTITY = ( TYPE = OIDC ISSUER = 'https://x' )
      CREATE USER a TYPE = SERVICE WORKLOAD_IDENTITY = ( TYPE = OIDC ISSUER = 'https://gitlab.com' SUBJECT = 'it''s (a)' OIDC_AUDIENCE_LIST = ('one', 'two') );
      ALTER USER b SET WORKLOAD_IDENTITY = ( TYPE = AWS ARN = 'arn:aws:iam::111122223333:role/x' );
      CREATE USER c WORKLOAD_IDENTITY = ( TYPE = OIDC ISSUER = 'https://gitlab.com' ISSUER = 'https://evil.example' SUBJECT = 'a' );`);
    expect(documents.map(({ arms }) => arms[0]?.conditions.map(({ matcher }) => ('values' in matcher ? matcher.values : [])))).toEqual([
      [["it's (a)"], ['one', 'two']],
      [['a']],
    ]);
    expect(documents[1]?.duplicateKeys.map(({ key }) => key)).toEqual(['ISSUER']);
    expect(readSnowflakeUser('select 1').problems).toHaveLength(1);
  });

  test('the claim that Databricks compares may be another one', () => {
    expect(
      readDatabricksPolicy('{"oidc_policy":{"issuer":"https://gitlab.com","subject":"20","subject_claim":"project_id"}}').documents[0]?.arms[0]?.conditions.map(
        ({ claim }) => claim,
      ),
    ).toEqual(['project_id']);
  });

  test('pods are found wherever their template stands', () => {
    const { kubernetes: facts } = kubernetes(`
apiVersion: batch/v1
kind: CronJob
metadata: { name: nightly }
spec:
  jobTemplate:
    spec:
      template:
        spec:
          serviceAccountName: nightly
          containers: [{ name: app }]
          volumes: [{ name: t, projected: { sources: [{ serviceAccountToken: { audience: a, expirationSeconds: 600, path: t } }] } }]
`);
    expect(facts?.pods).toEqual([{ place: '/0/spec/jobTemplate/spec/template/spec', name: 'nightly', serviceAccount: 'nightly', hasToken: true }]);
    expect(facts?.tokens).toEqual([
      {
        place: '/0/spec/jobTemplate/spec/template/spec/volumes/0/projected/sources/0/serviceAccountToken',
        kind: 'projected',
        audience: 'a',
        expirationSeconds: 600,
      },
    ]);
  });

  test('permissions of a job replace those of its workflow', () => {
    const { workflow: facts } = workflow(
      'on: { push: {}, pull_request: {} }\npermissions: { id-token: write }\njobs:\n  a: { permissions: { contents: read }, steps: [] }\n  b: { steps: [{ parallel: [{ uses: vendor/x@v1 }] }] }\n  c: { permissions: write-all }\n',
    );
    expect(facts?.triggers).toEqual(['push', 'pull_request']);
    expect(facts?.jobs.map(({ name, idToken }) => [name, idToken])).toEqual([
      ['a', 'none'],
      ['b', 'workflow'],
      ['c', 'job'],
    ]);
    expect(facts?.jobs[1]?.uses).toEqual([{ place: '/jobs/b/steps/0/parallel/0/uses', text: 'vendor/x@v1' }]);
  });
});
