import type { RelyingParty } from '../model/federation.ts';

export const party: RelyingParty = {
  id: 'aws',
  title: 'AWS',
  checked: '2026-11-23',
  audience: { fixed: 'sts.amazonaws.com' },
  issuers: 'any',
  refusesFinalSlash: true,
  uploadsKeys: false,
  subject: 'glob',
  claims: {
    byIssuer: {
      'token.actions.githubusercontent.com': ['actor', 'actor_id', 'enterprise_id', 'environment', 'job_workflow_ref', 'ref', 'repository', 'repository_id', 'workflow'],
      'token.actions.githubusercontent.com/{slug}': ['actor', 'actor_id', 'enterprise_id', 'environment', 'job_workflow_ref', 'ref', 'repository', 'repository_id', 'workflow'],
      'token.actions.{tenant}.ghe.com': ['actor', 'actor_id', 'enterprise_id', 'environment', 'job_workflow_ref', 'ref', 'repository', 'repository_id', 'workflow'],
      'gitlab.com': [
        'namespace_id',
        'project_id',
        'ref_protected',
        'pipeline_source',
        'runner_environment',
        'user_id',
        'user_login',
        'user_email',
        'user_access_level',
      ],
      'oidc.circleci.com/org/{organization}': ['oidc.circleci.com/project-id'],
      'agent.buildkite.com': ['organization_id', 'organization_slug', 'pipeline_id', 'pipeline_slug', 'build_branch', 'cluster_id', 'cluster_name'],
    },
  },
  lifetime: 3600,
  exchange: {
    url: 'https://sts.{aws.region}.amazonaws.com/',
    encoding: 'form',
    grant: 'AssumeRoleWithWebIdentity',
    tokenField: 'WebIdentityToken',
    fields: { RoleArn: '{aws.role_arn}', RoleSessionName: 'dekey' },
  },
  issues: 'aws-compute',
  status: 'general',
  prerequisites: ['The account may create IAM roles and one OpenID Connect provider for each issuer.'],
  source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html',
};
