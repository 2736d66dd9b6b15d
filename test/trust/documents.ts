/** Documents as the parties have them, with one part of each open to change. */
import {
  readAnthropicRule,
  readDatabricksPolicy,
  readHuggingFacePublisher,
  readOpenAiRule,
  readOpenRouterPolicy,
  readSnowflakeUser,
  readVaultRole,
} from '../../src/trust/read-rules.ts';
import { readAwsTrust, type AwsRole } from '../../src/trust/read-aws.ts';
import { readAzureCredential } from '../../src/trust/read-azure.ts';
import { readGoogleProvider, type GoogleProvider } from '../../src/trust/read-google.ts';
import { readKubernetesWorkload } from '../../src/trust/read-kubernetes.ts';
import { readWorkflow } from '../../src/trust/read-workflow.ts';
import type { TrustDocument, TrustReading } from '../../src/trust/model.ts';
import { parseYaml } from '../../src/support/yaml.ts';

export const GITHUB = 'token.actions.githubusercontent.com';
export const SUBJECT = 'repo:acme@10/app@20:ref:refs/heads/main';
export const NAMED = 'repo:acme/app:ref:refs/heads/main';
export const POOL = 'projects/123/locations/global/workloadIdentityPools/ci';

/** The only document of a reading that has no problems. */
export function only(reading: TrustReading): TrustDocument {
  const [document, ...more] = reading.documents;
  if (document === undefined || more.length > 0 || reading.problems.length > 0) throw new Error(`not one document: ${JSON.stringify(reading.problems)}`);
  return document;
}

export type Conditions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Condition keys without their issuer: `sub` becomes `ISSUER:sub`; a key with a colon stays. */
export function statement(conditions: Conditions, provider: string = GITHUB, more: Readonly<Record<string, unknown>> = {}): object {
  const keyed = Object.fromEntries(
    Object.entries(conditions).map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries(keys).map(([key, value]) => [key.includes(':') ? key : `${provider}:${key}`, value])),
    ]),
  );
  return {
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${provider}` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: keyed,
    ...more,
  };
}

export function aws(statements: object | readonly object[], role: AwsRole = {}): TrustDocument {
  return only(readAwsTrust(JSON.stringify({ Version: '2012-10-17', Statement: statements }), role));
}

export const AUD = { aud: 'sts.amazonaws.com' };

/** A role with one subject of GitHub. */
export function awsSubject(sub: unknown, operator = 'StringEquals', claims: Readonly<Record<string, unknown>> = {}): TrustDocument {
  return aws(
    statement(operator === 'StringEquals' ? { StringEquals: { ...AUD, ...claims, sub } } : { StringEquals: { ...AUD, ...claims }, [operator]: { sub } }),
  );
}

/** A role with one pattern on the subject of an issuer. */
export function awsOf(provider: string, sub: string, claims: Readonly<Record<string, unknown>> = {}): TrustDocument {
  return aws(
    statement(
      { StringEquals: { ...AUD, ...claims }, [/[*?]/.test(sub) ? 'StringLike' : 'StringEquals']: { ...(/[*?]/.test(sub) ? {} : { ...AUD, ...claims }), sub } },
      provider,
    ),
  );
}

export function google(changes: Partial<GoogleProvider> = {}): TrustDocument {
  return only(
    readGoogleProvider({
      issuer: `https://${GITHUB}`,
      allowedAudiences: ['https://example.com/google'],
      attributeMapping: { 'google.subject': 'assertion.sub', 'attribute.repository_id': 'assertion.repository_id' },
      attributeCondition: `assertion.repository_owner_id == '10' && assertion.repository_id == '20' && assertion.ref == 'refs/heads/main'`,
      bindings: [`principalSet://iam.googleapis.com/${POOL}/attribute.repository_id/20`],
      ...changes,
    }),
  );
}

export function azure(changes: Readonly<Record<string, unknown>> = {}): TrustDocument {
  return only(
    readAzureCredential(JSON.stringify({ name: 'main', issuer: `https://${GITHUB}`, subject: SUBJECT, audiences: ['api://AzureADTokenExchange'], ...changes })),
  );
}

export function flexible(value: string): TrustDocument {
  return azure({ subject: undefined, claimsMatchingExpression: { value, languageVersion: 1 } });
}

export const CLAUDE_ISSUER = { issuer_url: `https://${GITHUB}`, name: 'github', jwks: { type: 'discovery' } };

export function anthropic(
  match: Readonly<Record<string, unknown>> = {},
  changes: Readonly<Record<string, unknown>> = {},
  issuer: Readonly<Record<string, unknown>> = {},
): TrustDocument {
  const rule = {
    name: 'main',
    issuer_id: 'fdis_example',
    match: { subject_prefix: SUBJECT, audience: 'https://api.anthropic.com', ...match },
    target: { type: 'service_account', service_account_id: 'svac_example' },
    workspace_id: 'wrkspc_example',
    oauth_scope: 'workspace:inference',
    token_lifetime_seconds: 600,
    ...changes,
  };
  return only(readAnthropicRule(JSON.stringify(rule), JSON.stringify({ ...CLAUDE_ISSUER, ...issuer })));
}

export function openai(changes: Readonly<Record<string, unknown>> = {}, provider: Readonly<Record<string, unknown>> = {}): TrustDocument {
  const rule = {
    project_id: 'proj_example',
    service_account_id: 'sa_example',
    attribute_matchers: { repository_id: '20', ref: 'refs/heads/main' },
    ...changes,
  };
  return only(
    readOpenAiRule(
      JSON.stringify(rule),
      JSON.stringify({ type: 'oidc', issuer: `https://${GITHUB}`, audience: 'https://api.openai.com/v1', verification: { type: 'discovery' }, ...provider }),
    ),
  );
}

export function vault(changes: Readonly<Record<string, unknown>> = {}, config: Readonly<Record<string, unknown>> = {}): TrustDocument {
  const role = {
    role_type: 'jwt',
    user_claim: 'sub',
    bound_subject: SUBJECT,
    bound_audiences: ['https://vault.example.com'],
    bound_claims_type: 'string',
    token_ttl: 600,
    ...changes,
  };
  return only(readVaultRole(JSON.stringify(role), JSON.stringify({ oidc_discovery_url: `https://${GITHUB}`, bound_issuer: `https://${GITHUB}`, ...config })));
}

export function databricks(policy: Readonly<Record<string, unknown>> = {}): TrustDocument {
  return only(
    readDatabricksPolicy(
      JSON.stringify({ oidc_policy: { issuer: `https://${GITHUB}`, audiences: ['https://example.com/databricks'], subject: SUBJECT, ...policy } }),
    ),
  );
}

export function openrouter(policy: Readonly<Record<string, unknown>> = {}): TrustDocument {
  return only(readOpenRouterPolicy(JSON.stringify({ issuer: `https://${GITHUB}`, audience: 'https://openrouter.ai', subject: SUBJECT, ...policy })));
}

export function snowflake(subject: string | undefined = SUBJECT): TrustDocument {
  return only(
    readSnowflakeUser(
      `CREATE USER app TYPE = SERVICE WORKLOAD_IDENTITY = ( TYPE = OIDC ISSUER = 'https://${GITHUB}' ${subject === undefined ? '' : `SUBJECT = '${subject.replaceAll("'", "''")}'`} OIDC_AUDIENCE_LIST = ('snowflakecomputing.com') );`,
    ),
  );
}

export function huggingface(fields: Parameters<typeof readHuggingFacePublisher>[0] = {}): TrustDocument {
  return only(readHuggingFacePublisher({ provider: 'github', repository: 'acme/app', branch: 'main', ...fields }));
}

export function kubernetes(text: string): TrustDocument {
  return only(readKubernetesWorkload(parseYaml(text)));
}

export function pod(token: string, more = ''): string {
  return `
apiVersion: v1
kind: Pod
metadata: { name: bot }
spec:
  serviceAccountName: bot
${more}
  containers:
    - name: app
      image: example/app
  volumes:
    - name: token
      projected:
        sources:
          - serviceAccountToken: ${token}
`;
}

export function workflow(text: string): TrustDocument {
  return only(readWorkflow(text));
}
