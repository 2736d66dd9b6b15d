import type { Kept, Replacement, RewriteContext } from '../../src/rewrite/types.ts';

/** A replacement as the plan makes it for Anthropic on GitHub Actions, with `parts` changed. */
export function replacement(parts: Partial<Replacement> = {}): Replacement {
  return {
    migration: 'm-1',
    provider: 'anthropic',
    title: 'Anthropic',
    workload: 'ci.yml › evals',
    platform: 'github-actions',
    path: '.github/workflows/ci.yml',
    line: 3,
    names: ['ANTHROPIC_API_KEY'],
    variables: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_ADMIN_KEY'],
    readByClients: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'],
    hosts: ['api.anthropic.com'],
    parties: ['anthropic'],
    route: 'native',
    class: 'native',
    outcome: 'gone',
    change: 'configuration',
    identity: { id: 'gha-app', audience: ['https://api.anthropic.com'], permission: 'inference', subject: ['repo:acme/app:ref:refs/heads/main'] },
    suffix: '',
    set: {
      ANTHROPIC_FEDERATION_RULE_ID: '{anthropic.federation_rule_id}',
      ANTHROPIC_ORGANIZATION_ID: '{anthropic.organization_id}',
      ANTHROPIC_SERVICE_ACCOUNT_ID: '{anthropic.service_account_id}',
      ANTHROPIC_WORKSPACE_ID: '{anthropic.workspace_id}',
      ANTHROPIC_IDENTITY_TOKEN_FILE: '{token-file}',
    },
    remove: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'],
    floors: [],
    ...parts,
  };
}

export const BEDROCK: Partial<Replacement> = {
  provider: 'aws-bedrock',
  title: 'Amazon Bedrock',
  names: ['AWS_BEARER_TOKEN_BEDROCK', 'bedrock_api_key'],
  variables: ['AWS_BEARER_TOKEN_BEDROCK'],
  parties: ['aws'],
  set: { AWS_REGION: '{aws.region}', AWS_ROLE_ARN: '{aws.role_arn}', AWS_WEB_IDENTITY_TOKEN_FILE: '{token-file}' },
  remove: ['AWS_BEARER_TOKEN_BEDROCK'],
};

export function kept(parts: Partial<Kept> = {}): Kept {
  return { migration: 'k-1', provider: 'anthropic', title: 'Anthropic', workload: 'worker', platform: 'heroku', path: 'app.json', line: 1, names: ['ANTHROPIC_API_KEY'], code: 'platform-issues-no-token', reason: 'Heroku gives dynos no identity token.', unblock: 'Move the call.', ...parts };
}

/** What surrounds `path`; `files` are those of the target. */
export function contextFor(path: string, parts: Partial<RewriteContext> = {}, files: Readonly<Record<string, string>> = {}): RewriteContext {
  const all = parts.all ?? [replacement()];
  return { own: all.filter((one) => one.path === path), all, kept: [], paths: Object.keys(files), read: (other) => files[other], value: () => undefined, ids: 'vars', ...parts };
}
