import { describe, expect, test } from 'vitest';
import { readAwsTrust } from '../../src/trust/read-aws.ts';
import { readAnthropicRule, readHuggingFacePublisher, readRuleFields } from '../../src/trust/read-rules.ts';
import { auditTrust, describeRule, trustRules } from '../../src/trust/rules.ts';
import type { TrustContext, TrustDocument } from '../../src/trust/model.ts';
import {
  anthropic,
  AUD,
  aws,
  awsOf,
  awsSubject,
  azure,
  databricks,
  flexible,
  GITHUB,
  google,
  huggingface,
  kubernetes,
  NAMED,
  only,
  openai,
  openrouter,
  pod,
  POOL,
  snowflake,
  statement,
  SUBJECT,
  vault,
  workflow,
} from './documents.ts';

/** A document, alone or with what is known beside it. */
type Case = TrustDocument | readonly [TrustDocument, TrustContext];

interface RuleCase {
  readonly bad: readonly Case[];
  readonly good: readonly Case[];
}

const REPOSITORY = { host: 'github', path: 'acme/app', id: '20', ownerId: '10' } as const;
const EKS = 'oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF';
const CIRCLE = 'oidc.circleci.com/org/11111111-2222-3333-4444-555555555555';
const TFC = 'app.terraform.io';
const TFC_SUBJECT = 'organization:acme:project:core:workspace:app:run_phase:apply';
const GITLAB_SUBJECT = 'project_path:acme/app:ref_type:branch:ref:main';
const GITLAB_IDS = { project_id: '20', namespace_id: '10' };
const SPIFFE = { issuer: 'https://spire.example.com', audiences: ['https://api.example.com'] };
const SHA = '0123456789abcdef0123456789abcdef01234567';

function spiffe(subject: string, changes: Partial<Parameters<typeof readRuleFields>[1]> = {}): TrustDocument {
  return only(readRuleFields('infisical', { ...SPIFFE, subject, dialect: 'vault', ...changes }));
}

function cluster(subject: string, changes: Partial<Parameters<typeof readRuleFields>[1]> = {}): TrustDocument {
  return only(readRuleFields('databricks', { issuer: `https://${EKS}`, audiences: ['https://example.com/databricks'], subject, ...changes }));
}

function job(text: string, head = 'on: push'): TrustDocument {
  return workflow(`${head}\njobs:\n  evals:\n    runs-on: ubuntu-latest\n    permissions: { id-token: write, contents: read }\n${text}`);
}

const CHECKOUT = `    steps:\n      - uses: actions/checkout@${SHA}\n      - run: make\n`;

const CASES: Readonly<Record<string, RuleCase>> = {
  TP001: {
    bad: [
      aws(statement({ StringEquals: AUD })),
      aws(statement({ StringEquals: { ...AUD, repository_id: '20' } })),
      aws(statement({ StringEquals: AUD, Null: { sub: 'false' } })),
    ],
    good: [awsSubject(SUBJECT), aws(statement({ StringEquals: { aud: 'acme' } }, 'oidc.vercel.com')), aws(statement({ StringEquals: AUD }, EKS))],
  },
  TP002: {
    bad: [aws(statement({ StringEquals: { sub: SUBJECT } })), aws(statement({ StringEquals: { sub: SUBJECT }, StringLike: { aud: '*' } }))],
    good: [awsSubject(SUBJECT)],
  },
  TP003: {
    bad: [
      ...['repo:*', '*', 'repo:*/app:ref:refs/heads/main', 'repo:a*e/app:ref:refs/heads/main', 'repo:?cme/app:ref:refs/heads/main', 're*'].map((sub) =>
        awsSubject(sub, 'StringLike'),
      ),
      awsOf('gitlab.com', 'project_path:*'),
      awsOf(TFC, 'organization:*:project:core:workspace:app:run_phase:apply'),
      databricks({ subject: undefined }),
      snowflake(''),
      openrouter({ subject: undefined }),
      only(readHuggingFacePublisher({ provider: 'github', branch: 'main' })),
      anthropic({ subject_prefix: 'repo:*' }),
    ],
    good: [awsSubject(SUBJECT), awsSubject('repo:acme/*', 'StringLike'), databricks(), snowflake(), openrouter(), huggingface()],
  },
  TP004: {
    bad: [
      awsSubject('repo:acme*', 'StringLike'),
      awsSubject('repo:acme*/app:ref:refs/heads/main', 'StringLike'),
      anthropic({ subject_prefix: 'repo:acme*' }),
      google({ attributeCondition: `assertion.sub.startsWith('repo:acme')` }),
    ],
    good: [awsSubject('repo:acme/app:*', 'StringLike'), google({ attributeCondition: `assertion.sub.startsWith('repo:acme/app:')` })],
  },
  TP005: {
    bad: [
      awsSubject('repo:acme/app*', 'StringLike'),
      awsSubject('repo:acme/app*:ref:refs/heads/main', 'StringLike'),
      awsOf('gitlab.com', 'project_path:acme/app*'),
      flexible(`claims['sub'] matches 'repo:acme/app*'`),
    ],
    good: [awsSubject('repo:acme/app:*', 'StringLike'), awsOf('gitlab.com', 'project_path:acme/app:*')],
  },
  TP006: {
    bad: [
      awsSubject('repo:acme/*', 'StringLike'),
      awsSubject('repo:acme/*:ref:refs/heads/main', 'StringLike'),
      anthropic({ subject_prefix: undefined, claims: { repository_owner_id: '10' } }),
      aws(statement({ StringEquals: AUD }, CIRCLE)),
    ],
    good: [awsSubject('repo:acme/app:*', 'StringLike'), awsSubject(SUBJECT), awsOf(CIRCLE, 'org/1/project/2/user/*', { 'oidc.circleci.com/project-id': '2' })],
  },
  TP007: {
    bad: [
      awsSubject('repo:acme/app:*', 'StringLike'),
      awsSubject('repo:acme/app:environment:*', 'StringLike'),
      openai({ attribute_matchers: { repository_id: '20' } }),
      google({ attributeCondition: `assertion.repository_owner_id == '10' && assertion.repository_id == '20'` }),
      awsOf('agent.buildkite.com', 'organization:acme:pipeline:app:*'),
    ],
    good: [
      awsSubject(SUBJECT),
      awsSubject('repo:acme/app:*', 'StringLike', { ref: 'refs/heads/main' }),
      awsOf('agent.buildkite.com', 'organization:acme:pipeline:app:ref:refs/heads/main:commit:*'),
      openai(),
    ],
  },
  TP008: {
    bad: [
      awsSubject('repo:acme@10/app@20:pull_request'),
      [azure({ subject: 'repo:acme@10/app@20:pull_request' }), { privileged: true }],
      anthropic({ claims: { event_name: 'pull_request_target' } }),
    ],
    good: [awsSubject(SUBJECT), [awsSubject('repo:acme@10/app@20:pull_request'), { privileged: false }]],
  },
  TP009: {
    bad: [
      awsSubject('repo:acme/app:ref:refs/heads/*', 'StringLike'),
      awsSubject('repo:acme/app:ref:refs/heads/feature*', 'StringLike'),
      awsSubject('repo:acme/app:ref:*', 'StringLike'),
      google({ attributeCondition: `assertion.repository_id == '20' && assertion.ref.startsWith('refs/heads/')` }),
      [awsSubject('repo:acme/app:ref:refs/heads/rel*', 'StringLike'), { repositories: [{ ...REPOSITORY, protectedRefs: ['refs/heads/release/*'] }] }],
    ],
    good: [
      awsSubject(SUBJECT),
      [awsSubject('repo:acme/app:ref:refs/heads/release/*', 'StringLike'), { repositories: [{ ...REPOSITORY, protectedRefs: ['refs/heads/rel*'] }] }],
    ],
  },
  TP010: {
    bad: [awsSubject('repo:acme/app:ref:refs/tags/*', 'StringLike'), awsSubject('repo:acme/app:ref:refs/tags/v?', 'StringLike')],
    good: [
      awsSubject('repo:acme@10/app@20:ref:refs/tags/v1'),
      [awsSubject('repo:acme/app:ref:refs/tags/v*', 'StringLike'), { repositories: [{ ...REPOSITORY, protectedRefs: ['refs/tags/*'] }] }],
    ],
  },
  TP011: {
    bad: [
      [awsSubject('repo:acme@10/app@20:environment:prod'), { repositories: [{ ...REPOSITORY, environments: { prod: false } }] }],
      awsSubject('repo:acme@10/app@20:environment:prod'),
      awsSubject('repo:acme/app:environment:prod*', 'StringLike'),
    ],
    good: [
      [awsSubject('repo:acme@10/app@20:environment:prod%3Aeu'), { repositories: [{ ...REPOSITORY, environments: { 'prod:eu': true } }] }],
      awsSubject(SUBJECT),
    ],
  },
  TP012: {
    bad: [
      [awsSubject(NAMED), { repositories: [REPOSITORY] }],
      [awsSubject(SUBJECT), { repositories: [{ ...REPOSITORY, id: '21' }] }],
      [awsSubject(NAMED), { repositories: [{ host: 'github', path: 'acme/app', exists: false }] }],
    ],
    good: [
      [awsSubject(SUBJECT), { repositories: [REPOSITORY] }],
      [awsSubject(NAMED, 'StringEquals', { repository_id: '20', repository_owner_id: '10' }), { repositories: [REPOSITORY] }],
      awsSubject(NAMED),
      [awsSubject('repo:acme/other:ref:refs/heads/main'), { repositories: [REPOSITORY] }],
    ],
  },
  TP013: {
    bad: [
      [awsSubject(NAMED), { repositories: [{ host: 'github', path: 'acme/app', subjectForm: 'immutable' }] }],
      [awsSubject(NAMED), { repositories: [{ host: 'github', path: 'acme/app', subjectForm: 'custom' }] }],
      [awsSubject([NAMED, SUBJECT]), { repositories: [{ host: 'github', path: 'acme/app', subjectPrefix: 'repo:acme@10/app@20' }] }],
    ],
    good: [
      [awsSubject(SUBJECT), { repositories: [{ ...REPOSITORY, subjectForm: 'immutable', subjectPrefix: 'repo:acme@10/app@20' }] }],
      awsSubject([NAMED, SUBJECT]),
    ],
  },
  TP014: {
    bad: [
      awsSubject('workflow:deploy:ref:refs/heads/main'),
      [awsSubject(SUBJECT), { repositories: [{ ...REPOSITORY, subjectTemplate: ['workflow', 'ref'] }] }],
    ],
    good: [
      awsSubject('repository_owner_id:10:repository_id:20:ref:refs/heads/main'),
      [awsSubject(SUBJECT), { repositories: [{ ...REPOSITORY, subjectTemplate: ['repo', 'job_workflow_ref'] }] }],
    ],
  },
  TP015: {
    bad: [
      anthropic({ subject_prefix: undefined, condition: `claims.workflow == 'deploy'` }),
      vault({ bound_subject: '', bound_claims: { actor: 'octocat' } }),
      awsSubject('actor:octocat'),
    ],
    good: [
      anthropic({ subject_prefix: undefined, condition: `claims.workflow == 'deploy' && claims.repository_id == '20' && claims.ref == 'refs/heads/main'` }),
    ],
  },
  TP016: {
    bad: [
      anthropic({ subject_prefix: undefined, claims: { job_workflow_ref: `acme/wf/.github/workflows/x.yml@${SHA}` } }),
      flexible(`claims['sub'] matches 'repo:acme/app:*' and claims['job_workflow_ref'] matches 'acme/wf/.github/workflows/x.yml@*'`),
      awsSubject(NAMED, 'StringEquals', { job_workflow_ref: 'acme/wf/.github/workflows/x.yml@refs/heads/main' }),
    ],
    good: [
      awsSubject(NAMED, 'StringEquals', { job_workflow_ref: `acme/wf/.github/workflows/x.yml@${SHA}` }),
      awsSubject(NAMED, 'StringEquals', { job_workflow_ref: 'acme/app/.github/workflows/x.yml@refs/heads/main' }),
    ],
  },
  TP017: {
    bad: [awsSubject('repo:acme/app:*', 'ForAllValues:StringLike'), awsSubject(SUBJECT, 'ForAllValues:StringEquals')],
    good: [awsSubject(SUBJECT), awsSubject(SUBJECT, 'ForAnyValue:StringEquals')],
  },
  TP018: { bad: [awsSubject(SUBJECT, 'StringEqualsIfExists')], good: [awsSubject(SUBJECT)] },
  TP019: {
    bad: [
      awsSubject('repo:acme/app:*'),
      awsSubject(SUBJECT, 'StringLike'),
      azure({ subject: 'repo:acme/app:*' }),
      anthropic({ subject_prefix: 'repo:acme/*/x' }),
    ],
    good: [awsSubject(SUBJECT), awsSubject('repo:acme/app:*', 'StringLike'), anthropic({ subject_prefix: 'repo:acme/app:*' })],
  },
  TP020: {
    bad: [awsSubject('repo:evil/*', 'StringNotLike'), awsSubject(SUBJECT, 'StringNotEquals')],
    good: [awsSubject(SUBJECT), aws(statement({ StringEquals: { ...AUD, sub: SUBJECT }, StringNotEquals: { actor: 'octocat' } }))],
  },
  TP021: {
    bad: [
      aws(statement({ StringEquals: AUD }, GITHUB, { Principal: { Federated: '*' } })),
      aws(
        statement({ StringEquals: { ...AUD, sub: SUBJECT } }, GITHUB, {
          Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${GITHUB}`, AWS: '*' },
        }),
      ),
      aws(statement({ StringEquals: { ...AUD, sub: SUBJECT } }, GITHUB, { Action: 'sts:*' })),
      aws({ ...statement({ StringEquals: { ...AUD, sub: SUBJECT } }), Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::111122223333:root' } }),
    ],
    good: [
      awsSubject(SUBJECT),
      aws(statement({ StringEquals: { ...AUD, sub: SUBJECT } }, GITHUB, { Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'] })),
    ],
  },
  TP022: {
    bad: [aws([statement({ StringEquals: { ...AUD, sub: SUBJECT } }), statement({ StringEquals: AUD })])],
    good: [
      aws([statement({ StringEquals: { ...AUD, sub: SUBJECT } }), statement({ StringEquals: { ...AUD, sub: NAMED } })]),
      aws([statement({ StringEquals: { ...AUD, sub: SUBJECT } }), { Effect: 'Deny', Principal: '*', Action: 'sts:AssumeRoleWithWebIdentity' }]),
      aws([statement({ StringEquals: { ...AUD, sub: SUBJECT } }), { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }]),
    ],
  },
  TP023: {
    bad: [
      aws(statement({ StringEquals: { ...AUD, 'gitlab.com:sub': GITLAB_SUBJECT } })),
      aws(statement({ StringEquals: { ...AUD, [`https://${GITHUB}:sub`]: SUBJECT } })),
      aws(statement({ StringEquals: { ...AUD, [`${GITHUB}/:sub`]: SUBJECT } })),
      aws(statement({ StringEquals: { ...AUD, sub: SUBJECT } }, `https://${GITHUB}`)),
    ],
    good: [
      awsSubject(SUBJECT),
      awsOf(CIRCLE, 'org/1/project/2/user/*', { 'oidc.circleci.com/project-id': '2' }),
      aws(statement({ StringEquals: { ...AUD, sub: SUBJECT }, IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } })),
    ],
  },
  TP024: {
    bad: [
      aws(statement({ StringEquals: { ...AUD, sub: SUBJECT } }), { attachedPolicies: ['arn:aws:iam::aws:policy/AdministratorAccess'] }),
      aws(statement({ StringEquals: { ...AUD, sub: SUBJECT } }), { maxSessionSeconds: 43200 }),
      aws(statement({ StringEquals: { ...AUD, sub: SUBJECT } }), {
        inlinePolicies: [JSON.stringify({ Statement: { Effect: 'Allow', Action: '*', Resource: '*' } })],
      }),
      only(
        readAwsTrust(
          JSON.stringify({
            Role: {
              MaxSessionDuration: 7200,
              AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify({ Statement: statement({ StringEquals: { ...AUD, sub: SUBJECT } }) })),
            },
          }),
        ),
      ),
    ],
    good: [
      aws(statement({ StringEquals: { ...AUD, sub: SUBJECT } }), {
        maxSessionSeconds: 3600,
        inlinePolicies: [JSON.stringify({ Statement: [{ Effect: 'Allow', Action: 'bedrock:InvokeModel', Resource: '*' }] })],
      }),
    ],
  },
  TP025: {
    bad: [google({ attributeCondition: '' }), google({ attributeCondition: '  ' })],
    good: [google(), google({ issuer: `https://${EKS}`, attributeCondition: '' })],
  },
  TP026: {
    bad: [
      google({
        attributeCondition: `assertion.repository_owner == 'acme' && assertion.ref == 'refs/heads/main'`,
        bindings: [`principalSet://iam.googleapis.com/${POOL}/*`],
      }),
    ],
    good: [google(), google({ attributeCondition: `assertion.repository == 'acme/app' && assertion.repository_owner_id == '10'` })],
  },
  TP027: {
    bad: [google({ bindings: [`principalSet://iam.googleapis.com/${POOL}/*`] })],
    good: [google(), google({ bindings: [`principal://iam.googleapis.com/${POOL}/subject/${SUBJECT}`] })],
  },
  TP028: {
    bad: [
      google({ attributeCondition: `assertion.sub.startsWith('repo:acme')` }),
      google({ attributeCondition: `assertion.sub.contains('acme/app')` }),
      google({ attributeCondition: `assertion.repository.matches('acme/app')` }),
      google({ attributeCondition: `assertion.repository_id == '20' || assertion.ref == 'refs/heads/main'` }),
      google({ attributeCondition: 'true' }),
      google({ attributeCondition: `assertion.repository_owner_id != '11'` }),
      google({ attributeCondition: `size(assertion.repository) > 3` }),
    ],
    good: [
      google(),
      google({ attributeCondition: `assertion.sub.startsWith('repo:acme@10/app@20:')` }),
      google({ attributeCondition: `assertion.repository.matches('^acme/app$') && assertion.repository_id == '20'` }),
      google({ attributeCondition: `assertion.repository_id == '20' && (assertion.ref == 'refs/heads/main' || assertion.ref == 'refs/heads/next')` }),
      google({ attributeCondition: `attribute.repository_id in ['20', '21']` }),
    ],
  },
  TP029: {
    bad: [
      google({ attributeMapping: { 'google.subject': 'assertion.actor' } }),
      google({ attributeMapping: { 'google.subject': `assertion.ref + ':' + assertion.workflow` } }),
      google({ bindings: [`principal://iam.googleapis.com/${POOL}/subject/repo:acme@10/app@20:ref:refs/heads/${'x'.repeat(100)}`] }),
    ],
    good: [google(), google({ attributeMapping: { 'google.subject': `'gh:' + assertion.repository_id + ':' + assertion.ref` } })],
  },
  TP030: {
    bad: [
      google({ allowedAudiences: [] }),
      [google(), { siblings: [google({ issuer: 'https://gitlab.com', attributeCondition: `assertion.project_id == '7'` })] }],
    ],
    good: [google(), [google(), { siblings: [google({ issuer: 'https://gitlab.com', pool: 'projects/123/locations/global/workloadIdentityPools/other' })] }]],
  },
  TP031: {
    bad: [flexible(`claims['sub'] matches 'repo:*'`), flexible(`claims['sub'] matches 'repo:acme/*'`), flexible(`claims['sub']  matches 'repo:acme/app:*'`)],
    good: [flexible(`claims['sub'] matches 'repo:acme@10/app@20:ref:refs/heads/*'`), azure()],
  },
  TP032: {
    bad: [
      azure({ subject: 'Repo:acme/app:ref:refs/heads/main' }),
      azure({ subject: ` ${SUBJECT}` }),
      azure({ subject: 'repo:<owner>/app:ref:refs/heads/main' }),
      azure({ subject: 'repo:{org}/app:ref:refs/heads/main' }),
    ],
    good: [
      azure(),
      azure({ subject: 'repo:Acme/App:environment:Production' }),
      azure({
        issuer: 'https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc',
        subject: '{01234567-89ab-cdef-0123-456789abcdef}:{11234567-89ab-cdef-0123-456789abcdef}',
      }),
    ],
  },
  TP033: {
    bad: [azure({ audiences: ['https://example.com'] }), azure({ audiences: [] })],
    good: [azure(), azure({ audiences: ['api://AzureADTokenExchangeUSGov'] })],
  },
  TP034: {
    bad: [[azure({ subject: NAMED }), { repositories: [{ host: 'github', path: 'acme/app', exists: false }] }]],
    good: [[azure(), { repositories: [REPOSITORY] }]],
  },
  TP035: {
    bad: [
      [azure(), { azure: { roles: ['Owner'] } }],
      [azure(), { azure: { clientSecrets: 1 } }],
    ],
    good: [[azure(), { azure: { roles: ['Cognitive Services OpenAI User'], clientSecrets: 0 } }]],
  },
  TP036: {
    bad: [
      awsOf('gitlab.com', 'project_path:*'),
      awsOf('gitlab.com', 'project_path:acme/*'),
      anthropic({ subject_prefix: undefined, claims: { ref: 'main' } }, {}, { issuer_url: 'https://gitlab.com' }),
    ],
    good: [awsOf('gitlab.com', GITLAB_SUBJECT, GITLAB_IDS), awsOf('gitlab.com', 'project_id:20:ref_type:branch:ref:main')],
  },
  TP037: {
    bad: [awsOf('gitlab.com', 'project_path:acme/app:ref_type:*:ref:*'), [awsOf('gitlab.com', GITLAB_SUBJECT), { privileged: true }]],
    good: [
      awsOf('gitlab.com', GITLAB_SUBJECT),
      [awsOf('gitlab.com', GITLAB_SUBJECT, { ref_protected: 'true' }), { privileged: true }],
      [awsOf('gitlab.com', 'project_path:acme/app:ref_type:*:ref:*'), { privileged: false }],
    ],
  },
  TP038: {
    bad: [aws(statement({ StringEquals: { aud: 'https://gitlab.com', sub: GITLAB_SUBJECT } }, 'gitlab.com'))],
    good: [awsOf('gitlab.com', GITLAB_SUBJECT)],
  },
  TP039: {
    bad: [
      awsOf(TFC, 'organization:*'),
      anthropic({ subject_prefix: undefined, claims: { terraform_workspace_name: 'app' } }, {}, { issuer_url: `https://${TFC}` }),
    ],
    good: [awsOf(TFC, TFC_SUBJECT)],
  },
  TP040: {
    bad: [awsOf(TFC, 'organization:acme:project:core:workspace:*'), awsOf(TFC, 'organization:acme:project:*:workspace:app:run_phase:apply')],
    good: [awsOf(TFC, TFC_SUBJECT)],
  },
  TP041: {
    bad: [awsOf(TFC, 'organization:acme:project:core:workspace:app:run_phase:*'), awsOf(TFC, 'organization:acme:project:core:workspace:app:*')],
    good: [awsOf(TFC, TFC_SUBJECT), [awsOf(TFC, 'organization:acme:project:core:workspace:app:run_phase:*'), { privileged: false }]],
  },
  TP042: {
    bad: [
      ...['system:serviceaccount:*:*', 'system:serviceaccount:prod:*', 'system:serviceaccount:prod:default', 'system:serviceaccount:prod:ai-*', '*'].map(
        (sub) => awsOf(EKS, sub),
      ),
      aws(statement({ StringEquals: AUD }, EKS)),
      kubernetes(pod('{ audience: "https://api.anthropic.com", path: token }').replace('serviceAccountName: bot', 'serviceAccountName: default')),
    ],
    good: [
      awsOf(EKS, 'system:serviceaccount:prod:bot'),
      cluster('system:serviceaccount:prod:bot'),
      kubernetes(pod('{ audience: "https://api.anthropic.com", path: token }')),
    ],
  },
  TP043: {
    bad: [
      kubernetes(pod('{ path: token }')),
      kubernetes(pod('{ audience: "https://kubernetes.default.svc", path: token }')),
      kubernetes(pod('{ audience: "https://api.anthropic.com", expirationSeconds: 86400, path: token }')),
      kubernetes('apiVersion: v1\nkind: Secret\nmetadata: { name: old }\ntype: kubernetes.io/service-account-token\n'),
      kubernetes(`spec:\n  containers:\n    - name: app\n      env: [{ name: AI_TOKEN_FILE, value: /var/run/secrets/kubernetes.io/serviceaccount/token }]\n`),
      cluster('system:serviceaccount:prod:bot', { audiences: ['https://kubernetes.default.svc'] }),
      cluster('system:serviceaccount:prod:bot', { audiences: [`https://${EKS}`] }),
    ],
    good: [
      kubernetes(pod('{ audience: "https://api.anthropic.com", expirationSeconds: 3600, path: token }')),
      kubernetes(pod('{ path: token }').replace('name: token', 'name: kube-api-access-abcde')),
      cluster('system:serviceaccount:prod:bot'),
    ],
  },
  TP044: {
    bad: [
      cluster('system:serviceaccount:prod:bot', { issuer: 'https://kubernetes.default.svc.cluster.local' }),
      cluster('system:serviceaccount:prod:bot', { issuer: 'http://cluster.example.com' }),
      cluster('system:serviceaccount:prod:bot', { issuer: 'https://10.0.0.1:6443' }),
    ],
    good: [
      cluster('system:serviceaccount:prod:bot'),
      cluster('system:serviceaccount:prod:bot', { issuer: 'https://cluster.example.com' }),
      anthropic(
        { subject_prefix: 'system:serviceaccount:prod:bot' },
        {},
        { issuer_url: 'https://kubernetes.default.svc.cluster.local', jwks: { type: 'inline', keys: [] } },
      ),
    ],
  },
  TP045: {
    bad: [spiffe('spiffe://corp.example/*'), spiffe('spiffe://corp.example'), spiffe('spiffe://corp.example/ns/prod/*')],
    good: [spiffe('spiffe://corp.example/ns/prod/sa/bot')],
  },
  TP046: {
    bad: [
      spiffe('spiffe://corp.example/ns/prod/sa/bot', { audiences: ['production'] }),
      spiffe('spiffe://corp.example/ns/prod/sa/bot', { audiences: ['spiffe://corp.example'] }),
      aws([statement({ StringEquals: { ...AUD, sub: ['spiffe://corp.example/a', 'spiffe://other.example/a'] } }, 'spire.example.com')]),
    ],
    good: [spiffe('spiffe://corp.example/ns/prod/sa/bot')],
  },
  TP047: {
    bad: [anthropic({ subject_prefix: 'repo:acme/*' }), anthropic({ subject_prefix: 'repo:acme/app*' }), openai({ subject: 'repo:acme/*' })],
    good: [anthropic(), anthropic({ subject_prefix: 'repo:acme@10/app@20:*' }), openai()],
  },
  TP048: {
    bad: [
      anthropic({}, { workspace_id: undefined, applies_to_all_workspaces: true }),
      anthropic({}, { oauth_scope: 'org:admin' }),
      [anthropic({}, { oauth_scope: 'workspace:developer' }), { use: 'inference' }],
    ],
    good: [anthropic(), [anthropic(), { use: 'inference' }], anthropic({}, { oauth_scope: 'workspace:developer' })],
  },
  TP049: {
    bad: [
      anthropic({ audience: undefined }),
      openai({}, { audience: '' }),
      anthropic({ audience: 'https://github.com/acme' }),
      openrouter({ audience: undefined }),
    ],
    good: [anthropic(), openai(), openrouter()],
  },
  TP050: {
    bad: [
      anthropic({ subject_prefix: undefined, condition: 'true' }),
      anthropic({ subject_prefix: undefined, condition: 'has(claims.sub)' }),
      anthropic({ subject_prefix: undefined, condition: `claims.repository_id == '20' || has(claims.ref)` }),
      anthropic({ subject_prefix: undefined, condition: `claims.repository.matches('acme/app')` }),
      anthropic({ subject_prefix: undefined, condition: `claims.sub.contains('acme/app')` }),
      openai({ attribute_matchers: {} }),
      openai({ attribute_matchers: { ref: 'refs/heads/main' } }),
    ],
    good: [
      anthropic(),
      openai(),
      anthropic({ subject_prefix: undefined, condition: `claims.repository_id == '20' && claims.ref in ['refs/heads/main']` }),
      anthropic({ condition: `claims.event_name != 'pull_request'` }),
    ],
  },
  TP051: {
    bad: [
      anthropic({ subject_prefix: undefined, condition: `claims.sub in ['repo:acme/app:ref:refs/heads/main', 'repo:acme/other:ref:refs/heads/main']` }),
      [anthropic(), { siblings: [anthropic({ subject_prefix: 'repo:acme/other:ref:refs/heads/main' })] }],
    ],
    good: [
      anthropic({ subject_prefix: undefined, condition: `claims.sub in ['${NAMED}', '${SUBJECT}']` }),
      [
        anthropic(),
        {
          siblings: [
            anthropic({ subject_prefix: 'repo:acme/other:ref:refs/heads/main' }, { target: { type: 'service_account', service_account_id: 'svac_other' } }),
          ],
        },
      ],
    ],
  },
  TP052: { bad: [anthropic({}, { token_lifetime_seconds: 7200 })], good: [anthropic()] },
  TP053: {
    bad: [
      anthropic({}, {}, { jwks: { type: 'inline', keys: [] } }),
      anthropic({}, {}, { jwks: { type: 'explicit_url', url: 'https://keys.example.com/jwks' } }),
      anthropic({}, {}, { issuer_url: `http://${GITHUB}` }),
      [anthropic(), { siblings: [anthropic({}, { issuer_id: 'fdis_second' })] }],
    ],
    good: [anthropic(), [anthropic({}, {}, { jwks: { type: 'inline', keys: [] } }), { keysRenewed: true }], [anthropic(), { siblings: [anthropic()] }]],
  },
  TP054: {
    bad: [
      vault({ bound_subject: undefined }),
      vault({ bound_claims_type: 'glob', bound_claims: { ref: 'refs/heads/*' } }),
      vault({ bound_audiences: [] }),
      vault({ bound_subject: undefined, bound_claims: { ref: 'refs/heads/main' } }),
    ],
    good: [
      vault(),
      vault({ bound_subject: undefined, bound_claims: { repository_id: '20', ref: ['refs/heads/main'] } }),
      vault({ bound_claims_type: 'glob', bound_claims: { repository_id: '20' } }),
    ],
  },
  TP055: {
    bad: [
      workflow(`on: push\npermissions: { id-token: write }\njobs:\n  a: { runs-on: x, steps: [{ run: make }] }\n  b: { runs-on: x, steps: [{ run: make }] }\n`),
      workflow(`on: push\npermissions: write-all\njobs:\n  a: { runs-on: x, steps: [{ run: make }] }\n`),
      job(CHECKOUT, 'on: [push, pull_request]'),
      job(
        `    steps:\n      - uses: actions/checkout@${SHA}\n        with: { ref: '\${{ github.event.pull_request.head.sha }}' }\n`,
        'on: pull_request_target',
      ),
      job(`    if: github.actor != 'x' || github.event_name == 'push'\n${CHECKOUT}`, 'on: [push, pull_request]'),
    ],
    good: [
      job(CHECKOUT),
      job(`    if: github.event_name == 'push' && github.ref == 'refs/heads/main'\n${CHECKOUT}`, 'on: [push, pull_request]'),
      job(`    if: \${{ github.event_name != 'pull_request' }}\n${CHECKOUT}`, 'on: { push: {}, pull_request: {} }'),
      job(`    steps:\n      - run: echo\n`, 'on: pull_request_target'),
    ],
  },
  TP056: {
    bad: [
      job('    steps:\n      - uses: vendor/action@v1\n'),
      job('    steps:\n      - uses: docker://example/image:1\n'),
      workflow(`on: push\njobs:\n  call:\n    permissions: { id-token: write }\n    uses: vendor/wf/.github/workflows/x.yml@main\n`),
    ],
    good: [
      job(`    steps:\n      - uses: vendor/action@${SHA} # v1\n      - uses: actions/setup-node@v4\n      - uses: ./local\n`),
      workflow(`on: push\njobs:\n  lint:\n    runs-on: x\n    steps: [{ uses: vendor/action@v1 }]\n`),
      [job('    steps:\n      - uses: acme/action@v1\n'), { repositories: [REPOSITORY] }],
    ],
  },
  TP057: {
    bad: [
      job('    env: { ANTHROPIC_API_KEY: "${{ secrets.ANTHROPIC_API_KEY }}", ANTHROPIC_FEDERATION_RULE_ID: fdrl_x }\n    steps: [{ run: make }]\n'),
      job(
        `    steps:\n      - uses: aws-actions/configure-aws-credentials@${SHA}\n        with: { role-to-assume: x }\n      - run: make\n        env: { AWS_SECRET_ACCESS_KEY: "\${{ secrets['AWS_SECRET_ACCESS_KEY'] }}" }\n`,
      ),
    ],
    good: [
      job('    env: { ANTHROPIC_FEDERATION_RULE_ID: fdrl_x }\n    steps: [{ run: make }]\n'),
      job('    env: { OPENAI_API_KEY: "${{ secrets.OPENAI_API_KEY }}", ANTHROPIC_FEDERATION_RULE_ID: fdrl_x }\n    steps: [{ run: make }]\n'),
    ],
  },
  TP058: {
    bad: [
      awsSubject('repo:${org}/app:ref:refs/heads/main'),
      azure({ subject: 'repo:{{ org }}/app:ref:refs/heads/main' }),
      awsSubject('repo:${aws:PrincipalTag/org}/app:*', 'StringLike'),
      anthropic({ subject_prefix: 'repo:YOUR_ORG/app:ref:refs/heads/main' }),
    ],
    good: [
      awsSubject(SUBJECT),
      awsSubject('repo:acme/app:environment:${*}', 'StringLike'),
      [awsSubject('repo:${org}/app:ref:refs/heads/main'), { variables: { org: 'acme' } }],
    ],
  },
  TP059: {
    bad: [
      only(
        readAwsTrust(
          `{"Statement":{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/${GITHUB}"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{},"Condition":{}}}`,
        ),
      ),
      only(
        readAwsTrust(
          `{"Statement":{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/${GITHUB}"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"${GITHUB}:sub":"a","${GITHUB.toUpperCase()}:SUB":"b"}}}}`,
        ),
      ),
      only(readAnthropicRule('{"match":{"audience":"a","audience":"b"}}')),
      workflow('on: push\npermissions: {}\npermissions: write-all\njobs: { a: { runs-on: x } }\n'),
      kubernetes('spec:\n  serviceAccountName: a\n  serviceAccountName: b\n  containers: []\n'),
    ],
    good: [awsSubject(SUBJECT), workflow('on: push\njobs: { a: { runs-on: x } }\n')],
  },
  TP060: {
    bad: [
      awsSubject('repo:acme/app\u200b:ref:refs/heads/main'),
      awsSubject('repo:\u0430cme/app:ref:refs/heads/main'),
      databricks({ issuer: 'https://token.actions.\u0261ithubusercontent.com' }),
      databricks({ issuer: 'https://Token.Actions.githubusercontent.com' }),
      awsSubject('Repo:acme/app:ref:refs/heads/main'),
      awsSubject('repo:acme/app:Environment:prod'),
      awsSubject('repo:acme%2Fapp:ref:refs/heads/main'),
      [awsSubject('repo:Acme/app:ref:refs/heads/main'), { repositories: [REPOSITORY] }],
    ],
    good: [awsSubject(SUBJECT), awsSubject('repo:Acme/App:environment:Prod%3AEU'), awsSubject('repo:acme/app:ref:refs/heads/caf\u00e9')],
  },
  TP061: {
    bad: [
      `https://${GITHUB}.evil.example`,
      `https://user@${GITHUB}`,
      `https://${GITHUB}:8443`,
      `https://${GITHUB}?x=1`,
      `https://token.action.githubusercontent.com`,
      `https://tokens.actions.githubusercontent.com`,
      `https://gitIab.com`,
      `http://${GITHUB}`,
      `https://${GITHUB}/`,
      'https://gitlab.com/acme',
    ].map((issuer) => databricks({ issuer })),
    good: [
      `https://${GITHUB}`,
      `https://${GITHUB}/acme-corp`,
      'https://gitlab.example.com',
      'https://keycloak.example.com:8443/realms/x',
      'https://token.actions.acme.ghe.com',
      'https://scale.io',
      `https://${EKS}`,
      'https://sts.windows.net/1111/',
    ].map((issuer) => databricks({ issuer })),
  },
  TP062: {
    bad: [aws([statement({ StringEquals: { ...AUD, sub: SUBJECT } }), statement({ StringEquals: { ...AUD, sub: GITLAB_SUBJECT } }, 'gitlab.com')])],
    good: [
      awsSubject(SUBJECT),
      aws([
        statement({ StringEquals: { ...AUD, sub: 'system:serviceaccount:a:b' } }, EKS),
        statement({ StringEquals: { ...AUD, sub: 'system:serviceaccount:a:b' } }, `${EKS}00`),
      ]),
    ],
  },
  TP063: {
    bad: [
      awsSubject(SUBJECT, 'StringEquals', { event_name: 'push' }),
      aws(statement({ StringEquals: { ...AUD, sub: SUBJECT }, StringNotEquals: { event_name: 'pull_request' } })),
      awsOf('gitlab.example.com', GITLAB_SUBJECT, { project_id: '20' }),
      awsOf(TFC, TFC_SUBJECT, { terraform_run_phase: 'apply' }),
    ],
    good: [
      awsSubject(SUBJECT, 'StringEquals', { repository_id: '20' }),
      awsOf('gitlab.com', GITLAB_SUBJECT, GITLAB_IDS),
      awsOf(CIRCLE, 'org/1/project/2/user/*', { 'oidc.circleci.com/project-id': '2' }),
    ],
  },
};

function audit(entry: Case): ReturnType<typeof auditTrust> {
  return 'party' in entry ? auditTrust(entry) : auditTrust(entry[0], entry[1]);
}

test('there is a case for each of the 63 rules, and a rule for each case', () => {
  const ids = Array.from({ length: 63 }, (_, index) => `TP${String(index + 1).padStart(3, '0')}`);
  expect(trustRules.map(({ id }) => id)).toEqual(ids);
  expect(Object.keys(CASES)).toEqual(ids);
});

describe.each(Object.entries(CASES))('%s', (id, { bad, good }) => {
  test.each(bad.map((entry, index) => [index + 1, entry] as const))('fires on bad document %i', (_index, entry) => {
    const found = audit(entry).filter(({ rule }) => rule === id);
    expect(found).not.toEqual([]);
    for (const finding of found) {
      expect(finding.message).toMatch(/"|`|no |neither|applies_to|NotPrincipal|nothing/);
      expect(finding.fix).not.toBe('');
    }
  });
  test.each(good.map((entry, index) => [index + 1, entry] as const))('is silent on good document %i', (_index, entry) => {
    expect(audit(entry).filter(({ rule }) => rule === id)).toEqual([]);
  });
});

describe('what findings say', () => {
  test.each([
    [awsSubject('repo:acme*', 'StringLike'), 'TP004', 'repo:acmex/x:pull_request'],
    [awsSubject('repo:acme/app*', 'StringLike'), 'TP005', 'repo:acme/appx:pull_request'],
    [awsSubject('repo:acme/*', 'StringLike'), 'TP006', 'repo:acme/x:pull_request'],
    [awsSubject('repo:acme/app:*', 'StringLike'), 'TP007', 'repo:acme/app:pull_request'],
    [awsSubject('repo:acme/app:ref:refs/heads/feature*', 'StringLike'), 'TP009', 'repo:acme/app:ref:refs/heads/feature'],
    [awsOf(EKS, 'system:serviceaccount:prod:*'), 'TP042', 'system:serviceaccount:prod:x'],
  ])('shows a shortest subject that gets in: %#', (document, id, subject) => {
    const found = auditTrust(document).find(({ rule }) => rule === id);
    expect(found?.counterexample).toBe(subject);
    expect(found?.message).toContain(`also matches "${subject}"`);
  });

  test.each([
    [awsSubject('repo:acme/app:*', 'StringLike'), { privileged: false }, 'TP007', 'medium'],
    [awsSubject('repo:acme/app:*', 'StringLike'), {}, 'TP007', 'high'],
    [awsSubject('repo:*/app:ref:refs/heads/main', 'StringLike', { repository_id: '20' }), {}, 'TP003', 'medium'],
    [aws(statement({ StringEquals: { ...AUD, sub: SUBJECT }, StringNotEquals: { event_name: 'x' } })), {}, 'TP063', 'critical'],
    [awsSubject(SUBJECT, 'StringEquals', { event_name: 'push' }), {}, 'TP063', 'medium'],
    [aws(statement({ StringEquals: { ...AUD, repository_id: '20' } })), {}, 'TP001', 'medium'],
    [google({ attributeCondition: '', bindings: [`principalSet://iam.googleapis.com/${POOL}/*`] }), {}, 'TP027', 'critical'],
  ] as const)('severity follows what is known: %#', (document, context, id, severity) => {
    expect(auditTrust(document, context).find(({ rule }) => rule === id)?.severity).toBe(severity);
  });

  test('what is not known is called unknown, and only there', () => {
    const environment = awsSubject('repo:acme@10/app@20:environment:prod');
    expect(auditTrust(environment).map(({ rule, status }) => [rule, status])).toEqual([['TP011', 'unknown']]);
    expect(auditTrust(environment, { repositories: [{ ...REPOSITORY, environments: { prod: false } }] }).map(({ status }) => status)).toEqual(['found']);
    expect(auditTrust(awsSubject('repo:${org}/app:ref:refs/heads/main')).map(({ rule, status }) => [rule, status])).toEqual([['TP058', 'unknown']]);
  });

  test('rules whose facts are not confirmed say so', () => {
    expect(auditTrust(google({ allowedAudiences: [] })).find(({ rule }) => rule === 'TP030')?.message).toContain('check this');
    expect(trustRules.filter(({ unverified }) => unverified).map(({ id }) => id)).toEqual(['TP014', 'TP030']);
  });

  test('places are JSON pointers to the value', () => {
    const found = auditTrust(awsSubject('repo:acme/*', 'StringLike')).find(({ rule }) => rule === 'TP006');
    expect(found?.place).toBe(`/Statement/Condition/StringLike/${GITHUB}:sub`);
  });

  test('hidden characters are spelled out', () => {
    expect(auditTrust(awsSubject('repo:acme/app\u200b:ref:refs/heads/main')).find(({ rule }) => rule === 'TP060')?.message).toContain('\\u{200b}');
  });

  test('rules are described by id', () => {
    expect(describeRule('tp007')?.title).toBe('Every run of the repository or project let in');
    expect(describeRule('TP099')).toBeUndefined();
  });
});
